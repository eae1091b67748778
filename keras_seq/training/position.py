"""The files of a run's state, as they are read: the newest, or where that is damaged the one before it."""

from __future__ import annotations

import hashlib
import io
import pathlib
import zipfile
import zlib

import numpy as np

from keras_seq import progress
from keras_seq.contract import Preprocessing
from keras_seq.errors import DataError
from keras_seq.run import Run

# What NumPy makes of an archive that is cut off, or has other bytes than its checksums say.
DAMAGED = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, KeyError, OSError, NotImplementedError)


def newest(run: Run) -> bytes | None:
    """The newest state that is whole, an archive of NumPy's; None where nothing was saved.

    Raises:
        DataError: when no state of the run is whole, or its best weights are not.
    """
    files = run.position_files
    if not files:
        return None
    saved = next(filter(None, map(_whole, files)), None)
    if saved is None:
        raise DataError(
            f"{run.state}: no state is whole, so there is nothing to go on from; --fresh starts over"
        )
    if run.best_weights_file.exists() and _whole(run.best_weights_file) is None:
        raise DataError(
            f"{run.best_weights_file}: without the weights of the best epoch so far the run cannot end well; --fresh "
            "starts over"
        )
    return saved


def _whole(file: pathlib.Path) -> bytes | None:
    """What a file holds; None, and a sentence to the user, where it is damaged."""
    try:
        content = file.read_bytes()
        with np.load(io.BytesIO(content)) as saved:
            for name in saved.files:
                saved[name]  # which compares its checksum
    except DAMAGED as error:
        progress.say(f"{file} is damaged ({error}); it is passed over")
        return None
    return content


def fingerprint(preprocessing: Preprocessing) -> str:
    """Of all that training data decides; the layer of targets of classes has nothing but these."""
    targets = None if preprocessing.classes else preprocessing.targets.get_config()
    parts: tuple = (
        preprocessing.inputs.get_config(),
        targets,
        preprocessing.classes,
        preprocessing.examples,
    )
    if preprocessing.frozen is not None:
        parts += (preprocessing.frozen.digest,)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
