"""A folder of servables: which versions are there, and how one comes and goes.

    servables/models.config       the list that TensorFlow Serving reads
    servables/NAME/1/             a version; it comes by a renaming, so that a server that polls never sees half of it
    servables/NAME/incoming-*/    one that is written and checked, locked as long as its export is alive
    servables/NAME/leaving-*/     one that is being removed

Nothing here needs TensorFlow: a wrong name, folder or version is reported before it is loaded.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import tempfile
from collections.abc import Iterator

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from keras_seq.errors import RecipeError

CONFIG_FILE = "models.config"
MOUNTED_AT = "/models/"  # where TensorFlow Serving's image has its models
LARGEST_VERSION = 2**63 - 1  # TensorFlow Serving passes over a larger one
PATTERN_CHARACTERS = r"[*?\[\]\\]"  # TensorFlow's Python takes a path with them for a pattern


def check_name(name: str) -> str:
    """A model's name, when it can be one.

    Raises:
        RecipeError: when it cannot stand in a URL or be a folder.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        raise RecipeError(
            f"{name!r}: a model's name must be UTF-8 text; give it another with --name"
        ) from None
    if name in ("", ".", "..", CONFIG_FILE) or any(character in name for character in ":/\0"):
        raise RecipeError(
            f"{name!r} cannot be a model's name: TensorFlow Serving's URLs allow no / and no :, and "
            f"{CONFIG_FILE} is a file there; give the model another name with --name"
        )
    return name


def versions(model_folder: pathlib.Path) -> dict[int, pathlib.Path]:
    """The published versions of a model and their folders, oldest first; 007 is 7, as for TensorFlow Serving."""
    entries = list(model_folder.iterdir()) if model_folder.is_dir() else []
    found = [
        (int(entry.name), entry) for entry in entries if re.fullmatch("[0-9]+", entry.name) and entry.is_dir()
    ]
    return dict(sorted(one for one in found if one[0] <= LARGEST_VERSION))


def next_version(model_folder: pathlib.Path, wanted: int | None) -> int:
    """The version that comes next, or the one that is wanted.

    Raises:
        RecipeError: when the wanted one is there, or there is no next one.
    """
    there = versions(model_folder)
    version = wanted or max(there, default=0) + 1
    while not wanted and os.path.lexists(model_folder / str(version)):  # such as a file
        version += 1
    if version in there or os.path.lexists(model_folder / str(version)):
        where = there.get(version, model_folder / str(version))
        raise RecipeError(f"{where}: this version is there already; name another with --version")
    if version > LARGEST_VERSION:
        raise RecipeError(
            f"{model_folder}: version {LARGEST_VERSION} is the last there can be; choose with --version"
        )
    return version


@contextlib.contextmanager
def incoming(model_folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """A new folder for a version that is written and checked; it goes at the end, however that comes.

    What an export left that was killed goes first.

    Yields:
        The folder, by a path that TensorFlow takes for no pattern: a link, where nothing is named by a user.

    Raises:
        RecipeError: when the folder cannot be made.
    """
    try:
        model_folder.mkdir(parents=True, exist_ok=True)
        with _locked(model_folder):
            _remove_left(model_folder)
            folder = pathlib.Path(tempfile.mkdtemp(prefix="incoming-", dir=model_folder))
            lock = os.open(folder, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as error:
        raise RecipeError(f"{error.filename or model_folder}: cannot be written: {error.strerror}") from None
    linked = pathlib.Path(tempfile.mkdtemp(prefix="keras_seq-", dir=_plain_temporary_folder()))
    try:
        link = linked / "model"
        link.symlink_to(folder.resolve(), target_is_directory=True)
        yield link
    finally:
        shutil.rmtree(linked, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def publish(written: pathlib.Path, model_folder: pathlib.Path, wanted: int | None) -> int:
    """Rename a whole servable to its version, and return it: another export may have taken a number."""
    with _locked(model_folder):
        version = next_version(model_folder, wanted)
        os.rename(written.resolve(), model_folder / str(version))
    return version


def prune(model_folder: pathlib.Path, keep: int, published: int, pinned: set[int]) -> list[int]:
    """Remove all but the newest `keep` versions, the one just published, and those that are pinned.

    Returns:
        The versions that went.
    """
    with _locked(model_folder):
        old = {
            version: folder
            for version, folder in list(versions(model_folder).items())[:-keep]
            if version not in {published, *pinned}
        }
        for folder in old.values():
            leaving = tempfile.mkdtemp(
                prefix="leaving-", dir=model_folder
            )  # not a number: no server loads it any more
            os.rename(folder, pathlib.Path(leaving, folder.name))
            shutil.rmtree(leaving)
    return list(old)


def pinned_versions(folder: pathlib.Path, name: str) -> set[int]:
    """The versions of a model that `models.config` names, by a label or by a policy of specific versions."""
    _, config = _read_config(folder)
    models = [model for model in config.model_config_list.config if model.name == name]
    specific = {version for model in models for version in model.model_version_policy.specific.versions}
    return specific | {version for model in models for version in model.version_labels.values()}


def list_in_config(folder: pathlib.Path, name: str) -> None:
    """Have a model stand in `models.config`, which TensorFlow Serving reads beside the folder mounted at
    /models.

    What else stands there, version policies and labels of yours too, stays; models whose folder is gone are
    left out.

    Raises:
        RecipeError: when the file that is there cannot be read.
    """
    path = folder / CONFIG_FILE
    with _locked(folder):
        text, config = _read_config(folder)
        before = text_format.MessageToString(config)
        listed = config.model_config_list.config
        for place in reversed(range(len(listed))):
            if (
                listed[place].base_path == MOUNTED_AT + listed[place].name
                and not (folder / listed[place].name).is_dir()
            ):
                del listed[place]
        if name not in {model.name for model in listed}:
            listed.add(name=name, base_path=MOUNTED_AT + name, model_platform="tensorflow")
        changed = text_format.MessageToString(config)
        if changed != before or not text:
            part = path.with_name(f"{path.name}.part")
            part.write_text(changed, encoding="utf-8")
            os.replace(part, path)


def _read_config(folder: pathlib.Path) -> tuple[str, model_server_config_pb2.ModelServerConfig]:
    path = folder / CONFIG_FILE
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return text, text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise RecipeError(f"{path}: cannot be read: {error}") from None


@contextlib.contextmanager
def _locked(folder: pathlib.Path) -> Iterator[None]:
    """Alone in a folder for a moment; the lock of a process that dies is gone with it."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _remove_left(model_folder: pathlib.Path) -> None:
    """Remove what an export that was killed had begun to write or to remove."""
    for left in model_folder.glob("leaving-*"):
        shutil.rmtree(left, ignore_errors=True)  # who removes has the lock of the model's folder, as we do
    for left in model_folder.glob("incoming-*"):
        with contextlib.suppress(OSError):
            lock = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while its export is alive
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(lock)


def _plain_temporary_folder() -> str:
    for folder in (tempfile.gettempdir(), "/tmp"):
        if not re.search(PATTERN_CHARACTERS, folder) and os.access(folder, os.W_OK):
            return folder
    raise RecipeError(
        f"TMPDIR={tempfile.gettempdir()}: TensorFlow takes * ? [ ] \\ for a pattern; name another folder"
    )
