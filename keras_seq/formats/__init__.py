"""The field's file formats -> raw examples, streamed.

Tables (TSV, CSV, JSON lines), one folder per class, bracketed trees, tagged text (CoNLL columns, JSON lines
with entities), parallel text (two aligned files, or pairs), recorded speech (manifests and folders), clips
(class folders, split lists, tables), images with captions, and inputs alone. Nothing is read before the iteration
starts, and no row is held after it was given out: memory does not grow with the file (of class folders and of
Kaldi's, the names of the files are held; of captions, all of them are, while an iteration begins). Every complaint
is a `DataError` that starts with file:line.
"""

from keras_seq.formats.caption_remarks import Compared
from keras_seq.formats.captions import Captions
from keras_seq.formats.clips import Clips
from keras_seq.formats.examples import Answer, Example, File, Folder, at
from keras_seq.formats.folders import ClassFolders
from keras_seq.formats.inputs import Input, Inputs
from keras_seq.formats.parallel import ParallelText, UsablePairs
from keras_seq.formats.references import Referenced
from keras_seq.formats.speech import Utterances
from keras_seq.formats.tables import Table
from keras_seq.formats.tagged import TaggedColumns, TaggedSpans
from keras_seq.formats.trees import Treebank

__all__ = [
    "Answer",
    "Captions",
    "ClassFolders",
    "Clips",
    "Compared",
    "Example",
    "File",
    "Folder",
    "Input",
    "Inputs",
    "ParallelText",
    "Referenced",
    "Table",
    "TaggedColumns",
    "TaggedSpans",
    "Treebank",
    "UsablePairs",
    "Utterances",
    "at",
]
