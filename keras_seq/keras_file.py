"""What is in a `.keras` file, without Keras: the version of this package that wrote it, and its weights.

The file is a zip of `config.json`, `metadata.json` and `model.weights.h5`. Keras stores it as it is, with
float32 weights; a copy with float16 weights is half as large, and Keras reads it as any other: it casts what it
reads to the type of its variables, float32.
"""

from __future__ import annotations

import io
import json
import os
import pathlib
import zipfile
import zlib
from typing import Any

VERSION_KEY = "keras_seq_version"  # in the model's configuration
BEFORE = "before 0.3.0"  # the first that says so
WEIGHTS = "model.weights.h5"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the time of every entry of a copy, so that equal models are equal files


def written_by(path: str | os.PathLike) -> str:
    """The version of this package that wrote a file: "0.3.0"; "before 0.3.0" where the file does not say.

    "" for what is no whole file of a model of this package.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config = archive.read("config.json")
        if b'"keras_seq' not in config:  # no layer is ours, as in a model of somebody else's
            return ""
        return str(json.loads(config)["config"].get(VERSION_KEY, BEFORE))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error):
        return ""


def copy(path: pathlib.Path, to: pathlib.Path, half: bool) -> None:
    """Write a `.keras` file again, compressed, and the same bytes for the same model.

    Args:
        path: the file.
        to: the copy.
        half: whether float32 weights become float16. Those that float16 cannot hold, beyond 65504, stay.
    """
    with (
        zipfile.ZipFile(path) as archive,
        zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as written,
    ):
        for name in sorted(archive.namelist()):
            content = archive.read(name)
            if name == WEIGHTS:
                content = _weights(content, half)
            written.writestr(_entry(name), content)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _weights(content: bytes, half: bool) -> bytes:
    """The content of an HDF5 file, written anew, with its float32 arrays as float16 where that is wanted."""
    import h5py

    written = io.BytesIO()
    with h5py.File(io.BytesIO(content), "r") as source, h5py.File(written, "w") as target:
        _copy_group(source, target, half)
    return written.getvalue()


def _copy_group(source: Any, target: Any, half: bool) -> None:
    import h5py

    for name, value in source.attrs.items():
        target.attrs[name] = value
    for name, one in source.items():
        if isinstance(one, h5py.Group):
            _copy_group(one, target.create_group(name), half)
            continue
        array = one[()]
        copied = target.create_dataset(name, data=_halved(array) if half else array)
        for attribute, value in one.attrs.items():
            copied.attrs[attribute] = value


def _halved(array: Any) -> Any:
    """A float32 array as float16, where that has all of its values; else the array."""
    import numpy as np

    if getattr(array, "dtype", None) != np.float32:
        return array
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if np.array_equal(np.isfinite(half), np.isfinite(array)) else array
