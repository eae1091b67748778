"""One row of a captions file: an image and a caption of it, and which columns or keys these stand in."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from keras_seq.errors import DataError
from keras_seq.formats.lines import refuse_surrogates, short
from keras_seq.sections import Column

# Names of columns and keys that are known, such as those of Kaggle's files and of Hugging Face's image folders.
IMAGES = ("image", "image_name", "file_name", "filename", "image_path", "path", "file")
CAPTIONS = ("caption", "captions", "comment", "text", "sentences")
NUMBERS = (0, 1)  # of the columns, where no name is known


class CaptionRow(NamedTuple):
    """A caption as its file has it.

    Attributes:
        image: the name of its image, or its path from the folder of the images.
        caption: one line; "" where it is empty, None where the file names an image and no caption.
        where: "file:line", for messages.
    """

    image: str
    caption: str | None
    where: str

    @classmethod
    def of(cls, image: Any, caption: Any, where: str) -> CaptionRow:
        """A row of what stands in a file; white space at the edges of a caption, or doubled in it, is lost.

        Raises:
            DataError: where that is no name and no text.
        """
        if not isinstance(image, str) or not (caption is None or isinstance(caption, str)):
            raise DataError(
                f"{where}: expected the name of an image and a caption; given {short((image, caption))}"
            )
        if not image.strip():
            raise DataError(f"{where}: the name of the image is empty; the caption is {short(caption)}")
        refuse_surrogates(image, "name of the image", where)
        refuse_surrogates(caption or "", "caption", where)
        return cls(image.strip(), None if caption is None else " ".join(caption.split()), where)

    @classmethod
    def several(cls, image: Any, captions: Any, where: str) -> Iterator[CaptionRow]:
        """The rows of an image whose captions stand in a list, or in a text of one."""
        if captions == []:
            captions = [None]
        for caption in captions if isinstance(captions, list) else [captions]:
            yield cls.of(image, caption, where)


def chosen(
    names: Collection[str], image: Column | None, caption: Column | None, where: str, has_names: bool
) -> tuple[Column, Column]:
    """The columns of images and of captions: those that are given, else of known names, else the first two.

    Args:
        names: of the columns, or what stands in their place in the first row.
        image: as the recipe gives it.
        caption: likewise.
        where: for messages.
        has_names: whether these are certainly names.

    Raises:
        DataError: when a name is needed and none is known.
    """
    found: list[Column | None] = [
        next((name for name in known if name in names), None) if given is None else given
        for given, known in ((image, IMAGES), (caption, CAPTIONS))
    ]
    has_names = has_names or isinstance(found[0], str) or isinstance(caption, str)
    for what, column, known in zip(("image", "caption"), found, (IMAGES, CAPTIONS), strict=True):
        if column is None and has_names:
            expected = f"expected one of {', '.join(known)}, or data.{what}: its name"
            raise DataError(f"{where}: no column of the {what}s is known: {short(list(names))}; {expected}")
    first, second = (
        number if column is None else column for number, column in zip(NUMBERS, found, strict=True)
    )
    return first, second
