"""Lists of a split's clips, a path a line, whose first folder is the class: those of UCF101 and their like."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

from keras_seq.errors import DataError
from keras_seq.formats.lines import lines, short


def listed(path: pathlib.Path) -> Iterator[tuple[str, str, str]]:
    """Of each line file:line, the path of its clip, and its class; blank lines are passed over.

    `Class/v_Class_g01_c01.avi` a line, and perhaps the number of the class, which is not needed, behind white
    space. The class is the path's first folder; of a path that does not start at the folder of all clips (`/`,
    `..`), the folder that the clip is in. Source: Soomro et al. 2012, UCF101.

    Args:
        path: of the list, `.gz` or not.

    Raises:
        DataError: with file:line, where a line is no such path.
    """
    for number, line in lines(path):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        name = re.sub(r"\s+\d+$", "", line.strip())
        if "\t" in name:
            what = "has a tab, as a table has; expected a path; a table is named .tsv"
            raise DataError(f"{where}: {what}; the line is {short(line)}")
        parts = pathlib.PurePosixPath(name).parts
        if len(parts) < 2 or parts[-1] == "..":
            what = "expected Class/clip; lists of paths and labels are tables, .csv or .tsv"
            raise DataError(f"{where}: {what}; the line is {short(line)}")
        label = parts[-2] if parts[0] in ("/", "..") else parts[0]
        if label in ("/", ".."):
            raise DataError(f"{where}: no folder that could be the class; the line is {short(line)}")
        yield where, name, label
