"""Captions in JSON -> rows: COCO's, Karpathy's, lists of objects, JSON lines."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

from keras_seq.errors import DataError
from keras_seq.formats.caption_rows import CaptionRow, chosen
from keras_seq.formats.lines import json_lines, lines, short, suffix
from keras_seq.sections import Column

# Of Karpathy and Fei-Fei's files: a split of ours -> its names there. What MS COCO's validation images are left with
# after theirs were drawn, "restval", is for training.
PARTS = {"train": ("train", "restval"), "validation": ("val",), "test": ("test",)}
KINDS = (
    "COCO's (images and annotations), Karpathy's (images with sentences), a list of objects, or JSON lines, "
    "with an image and its caption each"
)


def json_rows(
    path: pathlib.Path, image: Column | None = None, caption: Column | None = None, part: str | None = None
) -> Iterator[CaptionRow]:
    """The rows of a JSON file, `.gz` or not; all of it is held in memory where it is no JSON lines.

    COCO: `images` with `id` and `file_name`, `annotations` with `image_id` and `caption` (Chen et al. 2015).
    Karpathy's `dataset_*.json`: `images` with `filename`, `split` and `sentences` with `raw`, and perhaps
        `filepath`, the folder (Karpathy and Fei-Fei 2015).
    A list of objects, or JSON lines: an image and a caption each, or a list of its captions.

    Args:
        path: of the file.
        image: of objects, the key of the image; None: a known one.
        caption: likewise of the captions.
        part: "train", "validation" or "test": of a file that names the splits of its images, these alone.

    Raises:
        DataError: where it is none of these.
    """
    whole = None if suffix(path) == ".jsonl" else _whole(path)
    if whole is None:
        for number, row in json_lines(path):
            yield from _of_object(row, image, caption, f"{path}:{number}")
    elif isinstance(whole, list):
        for number, row in enumerate(whole):
            yield from _of_object(row, image, caption, f"{path}:[{number}]")
    elif "annotations" in whole:
        yield from _coco(path, _objects(path, whole, "images"), _objects(path, whole, "annotations"))
    else:
        yield from _karpathy(path, _objects(path, whole, "images"), part)


def _whole(path: pathlib.Path) -> dict | list | None:
    """What a file that is one JSON value holds; None where it is JSON lines."""
    first = next((line for _, line in lines(path) if line.strip()), "")
    if not first:
        return None
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        value = _parsed(path)  # the value goes over several lines
        if isinstance(value, dict) and not isinstance(value.get("images"), list):
            raise DataError(
                f"{path}: captions are expected in {KINDS}; its keys are {short(list(value))}"
            ) from None
    if isinstance(value, dict):
        return value if isinstance(value.get("images"), list) else None
    return value if isinstance(value, list) and any(isinstance(one, dict) for one in value) else None


def _parsed(path: pathlib.Path) -> Any:
    try:
        return json.loads("\n".join(line for _, line in lines(path)))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        what = f"not valid JSON: {getattr(error, 'msg', error)}; expected {KINDS}"
        raise DataError(f"{path}:{line}: {what}") from None


def _of_object(row: Any, image: Column | None, caption: Column | None, where: str) -> Iterator[CaptionRow]:
    """The rows of an object, or of a list of cells."""
    if not isinstance(row, dict | list):
        raise DataError(f"{where}: expected an image and its caption; the row is {short(row)}")
    names = list(row) if isinstance(row, dict) else []
    columns = chosen(names, image, caption, where, isinstance(row, dict))
    try:
        name, captions = (row[column] for column in columns)  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        raise DataError(
            f"{where}: has no {' and '.join(map(repr, columns))}; the row is {short(row)}"
        ) from None
    yield from CaptionRow.several(name, captions, where)


def _objects(path: pathlib.Path, whole: dict, key: str) -> list[tuple[str, dict]]:
    """Where each object of a list stands, and the object."""
    if not isinstance(whole.get(key), list):
        raise DataError(f"{path}: {key!r} is no list; captions are expected in {KINDS}")
    found = [(f"{path}:{key}[{number}]", one) for number, one in enumerate(whole[key])]
    for where, one in found:
        if not isinstance(one, dict):
            raise DataError(f"{where}: expected an object; given {short(one)}")
    return found


def _value(one: dict, key: str, where: str, hint: str = "") -> Any:
    if key not in one:
        raise DataError(f"{where}: has no {key!r}{hint}; it is {short(one)}")
    return one[key]


def _coco(
    path: pathlib.Path, images: list[tuple[str, dict]], annotations: list[tuple[str, dict]]
) -> Iterator[CaptionRow]:
    names = {str(_value(one, "id", where)): _value(one, "file_name", where) for where, one in images}
    without = {str(one["id"]): where for where, one in images}
    for where, one in annotations:
        caption = _value(one, "caption", where, "; COCO's captions are in captions_*.json")
        number = str(_value(one, "image_id", where))
        if number not in names:
            raise DataError(f"{where}: no image has the id {number}; it is {short(one)}")
        without.pop(number, None)
        yield CaptionRow.of(names[number], caption, where)
    for number, where in without.items():
        yield CaptionRow.of(names[number], None, where)


def _karpathy(path: pathlib.Path, images: list[tuple[str, dict]], part: str | None) -> Iterator[CaptionRow]:
    wanted = PARTS.get(part or "")
    there: dict[str, None] = {}
    for where, one in images:
        expected = f"; captions are expected in {KINDS}"
        sentences = _value(one, "sentences", where, expected)
        name = "/".join(str(one[key]) for key in ("filepath", "filename") if one.get(key))
        split = str(one.get("split"))
        there[split] = None
        if wanted is not None and split not in wanted:
            continue
        if not isinstance(sentences, list) or not all(isinstance(text, dict) for text in sentences):
            raise DataError(f"{where}: 'sentences' is no list of objects; it is {short(sentences)}")
        yield from CaptionRow.several(name, [_value(text, "raw", where) for text in sentences], where)
    if wanted is not None and there.keys().isdisjoint(wanted):
        raise DataError(
            f"{path}: no image is of the split {' or '.join(wanted)}; it has {', '.join(there) or 'none'}"
        )
