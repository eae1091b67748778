"""The process that Keras and TensorFlow are imported into: settings of shell and home that would change a
model.

Below everything else in the import order, and in plain old Python: it also says what is missing where the
project's packages are not installed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pathlib
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

NEEDED = (
    "pydantic",
    "ruamel.yaml",
    "numpy",
    "tensorflow",
    "tensorflow_text",
    "keras",
    "sklearn",
    "matplotlib",
)
OLDEST_PYTHON = (3, 11)
QUIET = "3"  # errors alone
# Meant for other programs of the user's; each would change, or end, what a command of ours does.
KERAS_SETTINGS = ("KERAS_NNX_ENABLED", "KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH")


def prepare() -> None:
    """Set the process up for Keras 3 on TensorFlow; called before any of them is imported.

    Raises:
        ImportError: when packages are missing, or Keras is imported already, with another backend.
    """
    running = command()
    if running and threading.current_thread() is threading.main_thread():
        signal.signal(
            signal.SIGINT, signal.SIG_DFL
        )  # nothing is begun yet; `errors.user_errors` gives it back
    problem = _missing() or _another_backend()
    if problem and running:
        print(f"error: {problem}", file=sys.stderr)
        raise SystemExit(2)
    if problem:
        raise ImportError(problem)
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.pop("TF_USE_LEGACY_KERAS", None)  # TF-Text would look for Keras 2
    # Eight lines of TensorFlow's about GPUs that are not there; who sets this wants to read them.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", QUIET)
    if running:
        for name in KERAS_SETTINGS:
            os.environ.pop(name, None)
        # Keras reads float type, backend and more from keras.json in this folder, and writes it where it is
        # absent.
        os.environ["KERAS_HOME"] = os.devnull


def command() -> str:
    """The module of ours that this process was started with (`python -m NAME`, or its script); "" in others."""
    specification = getattr(sys.modules.get("__main__"), "__spec__", None)
    script = pathlib.Path(sys.argv[0] if sys.argv else "").name
    if script.startswith("keras-seq-"):
        name = "export" if script == "keras-seq-export" else f"keras_seq.{script.removeprefix('keras-seq-')}"
    elif specification is not None:
        name = specification.name
    elif sys.argv[:1] == [
        "-m"
    ]:  # Python is still looking for the module (the documentation of sys.argv says so)
        found = (re.fullmatch(r"-[bBdEhiIOPqRsSuvVx]*m(.*)", word) for word in sys.orig_argv)
        place, match = next((n, m) for n, m in enumerate(found) if m)
        name = match[1] or sys.orig_argv[place + 1]
    else:
        name = ""
    return name.removesuffix(".__main__") if name.split(".")[0] in ("keras_seq", "export") else ""


def import_keras() -> Any:
    """Keras, for a command: a signal that comes while it is imported ends the process at once, without a
    traceback.

    The libraries below turn a KeyboardInterrupt within their import into errors of their own.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    before: dict[int, Any] = {}
    if in_main_thread and "keras" not in sys.modules:
        before = {number: signal.signal(number, _leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with quiet():
            import keras
            import tensorflow as tf  # noqa: F401  (Keras imports it too; TF-Text wants it first)
            import tensorflow_text  # noqa: F401
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return keras


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Put aside what TensorFlow's libraries write to stderr while they are imported; shown where the import
    fails.

    TensorFlow 2.21 says there what it finds of GPUs and oneDNN whatever TF_CPP_MIN_LOG_LEVEL is; who sets
    another level than ours sees all of it. What Python writes meanwhile goes where it always did.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") != QUIET or "tensorflow" in sys.modules or not _writes_to(2):
        yield
        return
    python_stderr, stderr = sys.stderr, os.dup(2)
    with (
        tempfile.TemporaryFile() as aside,
        os.fdopen(stderr, "w", buffering=1, errors="backslashreplace") as real,
    ):
        try:
            os.dup2(aside.fileno(), 2)
            sys.stderr = real
            yield
        except BaseException:
            aside.seek(0)
            os.write(stderr, aside.read())
            raise
        finally:
            sys.stderr = python_stderr
            os.dup2(stderr, 2)


def _writes_to(number: int) -> bool:
    """Whether Python's stderr is the file of that number, and open."""
    try:
        return sys.stderr.fileno() == number and bool(os.fstat(number))
    except (AttributeError, OSError, ValueError):
        return False


def _leave(number: int, frame: Any) -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):  # nobody reads it
        os.write(sys.stderr.fileno(), b"\ninterrupted\n" if number == signal.SIGINT else b"\n")
    os._exit(128 + number)


def _missing() -> str:
    if sys.version_info < OLDEST_PYTHON:
        return f"this is Python {sys.version.split()[0]} ({sys.executable}); keras_seq needs 3.11 or newer"
    missing = [name for name in NEEDED if name not in sys.modules and not _is_there(name)]
    if not missing:
        return ""
    project = pathlib.Path(__file__).parent.parent
    activate = "activate the environment that keras_seq is installed in"
    if (project / ".venv" / "bin" / "activate").exists():
        activate = f"activate the project's environment (. {project / '.venv' / 'bin' / 'activate'})"
    elif (project / "Makefile").exists():
        activate = f"make the project's environment (make -C {project} environment) and activate it"
    install = (
        f"{sys.executable} -m pip install {project if (project / 'pyproject.toml').exists() else 'keras_seq'}"
    )
    return f"{sys.executable} has no {', '.join(missing)}: {activate}, or install what is missing ({install})"


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of the package above it
        return False


def _another_backend() -> str:
    keras = sys.modules.get("keras")
    backend = keras.backend.backend() if keras is not None and hasattr(keras, "backend") else "tensorflow"
    if backend == "tensorflow":
        return ""
    return (
        f"Keras is imported already, with the backend {backend!r}; keras_seq needs TensorFlow: import keras_seq "
        "before keras, or set KERAS_BACKEND=tensorflow"
    )
