"""Files of captions, whatever their kind -> rows: token files, tables, JSON."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

from keras_seq.errors import DataError
from keras_seq.formats.caption_json import json_rows
from keras_seq.formats.caption_rows import CaptionRow, chosen
from keras_seq.formats.cells import Cells
from keras_seq.formats.lines import JSON_SUFFIXES, lines, short, suffix
from keras_seq.sections import Column

TABLES = (".csv", ".tsv")
TOKEN = re.compile(r"([^\t]+)#\d+\t(.*)", re.DOTALL)  # image#number TAB caption
TOKEN_START = re.compile(r"[^\t,]+#\d+(\s|$)")


def caption_rows(
    path: pathlib.Path,
    image: Column | None = None,
    caption: Column | None = None,
    header: bool | None = None,
    part: str | None = None,
) -> Iterator[CaptionRow]:
    """The rows of a captions file, `.gz` or not, in their order.

    `.json` and `.jsonl`: see `caption_json`.
    `.csv` and `.tsv`: columns of images and captions.
    All others, by their first line: `image#0 TAB caption` is a token file, as those of Flickr8k and Flickr30k
        (Hodosh et al. 2013, Young et al. 2014); else cells between tabs are TSV, and others CSV, as Kaggle's
        `captions.txt`.

    Args:
        path: of the file.
        image: the column of the images: a name, or a number from 0. None: of a known name, or the first.
        caption: likewise of the captions; or the second.
        header: whether the first line of a table is a header. None: it is where a column has a name, or a known
            name stands in the first line.
        part: see `json_rows`.

    Raises:
        DataError: with file:line.
    """
    kind = suffix(path)
    if kind in JSON_SUFFIXES:
        return json_rows(path, image, caption, part)
    if kind in TABLES:
        return _table(path, kind, image, caption, header)
    first = next((line for _, line in lines(path) if line.strip()), "")
    if image is None and caption is None and header is None and TOKEN_START.match(first):
        return _token(path)
    if first and "\t" not in first and "," not in first:
        what = "has neither a tab nor a comma; expected image#0, a tab and a caption, or a table"
        raise DataError(f"{path}: the first line {what}; it is {short(first)}")
    return _table(path, ".tsv" if "\t" in first else ".csv", image, caption, header)


def _token(path: pathlib.Path) -> Iterator[CaptionRow]:
    for number, line in lines(path):
        if not line.strip():
            continue
        found, where = TOKEN.fullmatch(line), f"{path}:{number}"
        if found is None:
            what = "expected image#0, a tab and a caption"
            raise DataError(f"{where}: {what}; the line is {short(line)}")
        yield CaptionRow.of(found[1], found[2], where)


def _table(
    path: pathlib.Path, kind: str, image: Column | None, caption: Column | None, header: bool | None
) -> Iterator[CaptionRow]:
    names = [] if header is False else Cells(path, {}, True, kind).names or []
    image, caption = chosen(names, image, caption, f"{path}:1", header is True)
    cells = Cells(path, {"image": image, "caption": caption}, header, kind)
    name, text = cells.numbers
    for line, row in cells:
        where = f"{path}:{line}"
        if "\n" in row[text]:
            raise DataError(
                f"{where}: the caption {short(row[text])} has a line break; is a quote not closed?"
            )
        yield CaptionRow.of(row[name], row[text], where)
