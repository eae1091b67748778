"""Files that are there whole or not at all, whenever a process ends."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable
from typing import Any


def replace(
    path: pathlib.Path,
    write: Callable[[pathlib.Path], Any],
    part: pathlib.Path | None = None,
    earlier: pathlib.Path | None = None,
) -> None:
    """Write a file beside its place, and put it there once it is whole.

    Args:
        path: the file.
        write: writes its content into the path that it is given.
        part: what is written first; left out, `path` with `.part` behind it.
        earlier: where the file goes that was there before; left out, nowhere.

    Raises:
        OSError: with the file's name; the earlier file, if there was one, is as it was.
    """
    part = part or path.with_name(f"{path.name}.part")
    try:
        write(part)
        if earlier is not None and path.exists():
            os.replace(path, earlier)
        os.replace(part, path)
    except OSError as error:
        error.filename = str(path)  # of a full disk the system names none
        raise
    finally:
        part.unlink(missing_ok=True)


def replace_arrays(path: pathlib.Path, earlier: pathlib.Path | None, arrays: dict[str, Any]) -> None:
    """Write arrays by name in NumPy's format: HDF5, which is Keras's for weights, crashes where the disk is full.

    The others are as for `replace`.
    """
    import numpy as np

    replace(path, lambda part: np.savez(part, **arrays), path.with_name(f"part.{path.name}"), earlier)
