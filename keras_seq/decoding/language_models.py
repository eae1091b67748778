"""The language model that a recipe of transcripts asks for: of an ARPA file, or learned."""

from __future__ import annotations

from collections.abc import Iterable

from keras_seq.decoding import kneser_ney
from keras_seq.decoding.ngrams import LanguageModel
from keras_seq.formats import arpa
from keras_seq.preprocessing.letters import TranscriptLabels


def language_model(
    transcripts: Iterable[str], letters: TranscriptLabels, path: str | None, order: int
) -> LanguageModel | None:
    """An n-gram model of words that are written in letters, or in pieces; None where neither a file nor an order is
    given.

    Args:
        transcripts: to learn from.
        letters: of the transcripts. Of the ways to write a word in pieces, their model's own is known; others are
            those of an unknown word.
        path: of an ARPA file; its words get the case of the letters.
        order: words in the n-grams of a model that is learned.

    Raises:
        DataError: when the file is wrong, or has no word that the letters can write.
    """
    if path is None and not order:
        return None

    def spell(word: str) -> list[int] | None:
        found = letters.labels_of(letters.as_written(word))
        if letters.openers and found[:1] == [letters.separator]:
            found = found[1:]  # it is of the text, where no piece begins the word
        return found if all(found) and letters.separator not in found else None

    if path is not None:
        ngrams = arpa.read(path)
    else:
        ngrams = kneser_ney.learn([letters.as_written(one).split() for one in transcripts], order)
    return LanguageModel.of(
        ngrams,
        spell,
        letters.separator,
        len(letters.names) + 1,
        openers=letters.openers,
        name="language_model",
    )
