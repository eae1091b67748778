"""Where the built-in corpora are kept on disk."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable

from keras_seq.errors import RecipeError


def written(name: str, version: int, write: Callable[[pathlib.Path], None]) -> pathlib.Path:
    """The folder of a sample corpus, written where it is not there yet.

    The folder is in `KERAS_SEQ_CACHE`, or in the user's cache folder. It appears whole or not at all.

    Args:
        name: of the corpus.
        version: in the folder's name; another version is another folder.
        write: fills an empty folder with the corpus's files.

    Raises:
        RecipeError: when it cannot be written there.
    """
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    cache = pathlib.Path(os.environ.get("KERAS_SEQ_CACHE") or f"{home}/keras_seq").expanduser()
    target = cache / f"{name}_{version}"
    try:
        if not target.exists():
            _write(target, write)
    except OSError as error:
        raise RecipeError(
            f"{cache}: the sample corpus cannot be written: {error.strerror}; KERAS_SEQ_CACHE names another folder"
        ) from None
    return target


def _write(target: pathlib.Path, write: Callable[[pathlib.Path], None]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = pathlib.Path(tempfile.mkdtemp(prefix=target.name, dir=target.parent))
    try:
        write(part)
        part.chmod(0o755)
        part.rename(target)
    except OSError:
        if not target.exists():  # else another process was faster
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
