"""Images and their captions -> raw examples: an image's file, with all its captions."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
from collections.abc import Iterable, Iterator

from keras_seq import progress
from keras_seq.errors import DataError
from keras_seq.formats.caption_files import caption_rows
from keras_seq.formats.examples import Example, File
from keras_seq.formats.faults import Faults
from keras_seq.formats.lines import files, lines, refuse_surrogates, short
from keras_seq.sections import Column

FOLDERS = ("", "images", "Images")  # beside a file of captions or a list, where images are looked for
SUFFIX = ".jpg"  # of an image that a list names without one, as those of Flickr30k Entities do
LENGTH = 1  # of every image: all are made of one size, so that none goes with none rather than with others


@dataclasses.dataclass(slots=True)
class _Described:
    """An image of a captions file.

    Attributes:
        where: the file names it first.
        captions: all that are not empty.
        empty: where the others stand.
    """

    where: str
    captions: list[str] = dataclasses.field(default_factory=list)
    empty: list[str] = dataclasses.field(default_factory=list)


class Captions:
    """Images and their captions, from whatever lists them: an iterable of `Example`, over and over.

    One example an image, with all its captions, wherever in the file they stand: the input is a `File`, of which
    nothing is looked at here, the truth a tuple of texts. The kinds of files are those of `caption_files`. A split
    list is a name of an image a line, as `Flickr_8k.trainImages.txt`; examples are then in its order. The captions
    of all images are held in memory while an iteration begins, those of its own until it ends.

    Passed over are empty captions, images without a caption, and an image's second line in a list. When an
    iteration first gets there, it prints how many, and the first by name.

    Args:
        path: a file of captions; or a split list, where `captions` has the captions. A pattern takes several.
        captions: a file of captions, or a pattern.
        root: the folder of the images; None: that of the list, or that of the captions, or `images/` in one of
            them: where the first image is.
        image: the column, or key, of the images in tables and JSON lines: a name, or a number from 0; None: a known
            name, or the first.
        caption: likewise of the captions; of JSON lines it may hold a list of them.
        header: whether the first line of a table is a header; None: it is where a column has a name.
        part: "train", "validation" or "test", of a file that names the splits of its images (Karpathy's), where no
            list does.
        reports: whether it prints.

    Raises:
        DataError: while iterating, with file:line.
    """

    def __init__(
        self,
        path: str,
        captions: str | None = None,
        root: str | None = None,
        image: Column | None = None,
        caption: Column | None = None,
        header: bool | None = None,
        part: str | None = None,
        reports: bool = True,
    ) -> None:
        self.path, self.captions, self.root, self.columns = path, captions, root, (image, caption)
        self.header, self.part, self._reported = header, part, not reports

    def __iter__(self) -> Iterator[Example]:
        sources = files(self.path)
        captioned = files(self.captions) if self.captions is not None else sources
        described = self._described(captioned, None if self.captions is not None else self.part)
        if self.captions is None:
            listed = [(name, one.where) for name, one in described.items()]
        else:
            listed = list(self._listed(sources, described))
        found = self._usable(listed, described)
        described.clear()
        folder = self._folder([*sources, *captioned], next(iter(found)))
        for name, (where, truths) in found.items():
            yield Example(File(str(folder / name), LENGTH), truths, where)

    def _described(self, paths: list[pathlib.Path], part: str | None) -> dict[str, _Described]:
        """The images of captions files by name, in the order in which they come first."""
        found: dict[str, _Described] = {}
        for path in paths:
            is_empty = True
            for name, caption, where in caption_rows(path, *self.columns, self.header, part):
                is_empty = False
                one = found.setdefault(name, _Described(where))
                if caption:
                    one.captions.append(caption)
                elif caption is not None:
                    one.empty.append(where)
            if is_empty:
                raise DataError(f"{path}: has no captions (an empty file, or a header alone)")
        return found

    def _listed(
        self, paths: Iterable[pathlib.Path], described: dict[str, _Described]
    ) -> Iterator[tuple[str, str]]:
        """The names of split lists, as the captions have them, and where each stands."""
        for path in paths:
            named = ((number, line.strip()) for number, line in lines(path) if line.strip())
            number = 0
            for number, name in named:
                where = f"{path}:{number}"
                if "\t" in name:
                    what = "has a tab; expected the name of an image, as data.captions is given"
                    raise DataError(f"{where}: {what}; the line is {short(name)}")
                refuse_surrogates(name, "name", where)
                last = pathlib.PurePosixPath(name).name
                if name not in described and name + SUFFIX in described:
                    name += SUFFIX
                elif name not in described and last in described:
                    what = f"the captions have {last!r}; expected names as they stand in {self.captions}"
                    raise DataError(f"{where}: {short(name)} is a path, and {what}")
                yield name, where
            if not number:
                raise DataError(f"{path}: names no image (an empty file)")

    def _usable(
        self, listed: list[tuple[str, str]], described: dict[str, _Described]
    ) -> dict[str, tuple[str, tuple[str, ...]]]:
        """By the names of images that have captions, where each stands, and its captions; tells of the others."""
        found: dict[str, tuple[str, tuple[str, ...]]] = {}
        images, captions = Faults(), Faults()
        for name, where in listed:
            one = described.get(name)
            if name in found:
                images.add(f"named twice: {short(name)}", where)
                continue
            for place in one.empty if one else ():
                captions.add(f"empty: {short(name)}", place)
            if one is None or not one.captions:
                images.add(f"without a caption: {short(name)}", where)
            else:
                found[name] = where, tuple(one.captions)
        if not found:
            beside = "" if self.captions is None else f" in {self.captions}"
            raise DataError(f"{self.path}: none of {len(listed)} images has a caption{beside}: {images}")
        if not self._reported:
            self._reported = True
            for what, total, faults in (("images", f" of {len(listed)}", images), ("captions", "", captions)):
                if faults.count:
                    progress.say(f"{self.path}: passed over {faults.count}{total} {what}: {faults}")
        return found

    def _folder(self, paths: Iterable[pathlib.Path], name: str) -> pathlib.Path:
        """The folder that the images' names start at."""
        if self.root is not None:
            return pathlib.Path(self.root)
        parents = dict.fromkeys(path.parent for path in paths)
        places = [parent / folder for parent, folder in itertools.product(parents, FOLDERS)]
        return next((place for place in places if File.of(place / name).length), places[0])
