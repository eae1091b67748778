"""What comes before TensorFlow is imported: checks that need none, and progress while the rest takes long."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

from tensorflow_serving.config import model_server_config_pb2

from serving import configs, listening
from serving.models import versions

SILENT_SECONDS = 2.5  # after which a dot shows that the server still starts
MOST_FILES = 10_240  # open at a time, where the system names no limit; macOS takes no more

log = logging.getLogger("serving")


class Configured(NamedTuple):
    """The contents of the files and folders that the flags name; None where no flag names one."""

    models: model_server_config_pb2.ModelServerConfig
    batching: configs.Batching | None
    metrics_path: str | None


def configured(flags: argparse.Namespace) -> Configured:
    """Read what the flags name.

    Raises:
        ValueError: when a file or a folder cannot be used.
    """
    monitoring = (
        configs.read_monitoring(flags.monitoring_config_file) if flags.monitoring_config_file else None
    )
    return Configured(
        models=_models(flags),
        batching=configs.read_batching(flags.batching_parameters_file) if flags.enable_batching else None,
        metrics_path=monitoring.path if monitoring and monitoring.enable else None,
    )


def check(flags: argparse.Namespace) -> None:
    """Check files, folders and ports, without TensorFlow.

    A model without a version is a warning and no error: one may come.

    Raises:
        ServingError, ValueError, OSError: when the server cannot be started.
    """
    models = configured(flags).models
    listening.check(flags.host, flags.port, flags.rest_api_port)
    for name, settings in versions.check_models(models.model_config_list.config).items():
        try:
            has_version = bool(versions.list_versions(settings.base_path)[0])
        except (OSError, ValueError) as error:
            log.warning("%s: %s: %s", name, settings.base_path, getattr(error, "strerror", None) or error)
        else:
            if not has_version:
                log.warning(
                    "%s: %s: no version is here yet, such as %s", name, settings.base_path, "1/saved_model.pb"
                )


def _models(flags: argparse.Namespace) -> model_server_config_pb2.ModelServerConfig:
    if flags.model_config_file:
        return configs.read_models(flags.model_config_file)
    if flags.folder:
        return configs.models_of_folder(flags.folder)
    config = model_server_config_pb2.ModelServerConfig()
    base_path = configs.unicode(os.path.abspath(flags.model_base_path))  # noqa: PTH100  (not resolved: a link may be set anew)
    name = configs.unicode(flags.model_name or "default")
    config.model_config_list.config.add(name=name, base_path=base_path, model_platform=versions.PLATFORM)
    return config


def allow_many_files() -> None:
    """Raise the number of files that may be open, as far as the system lets: a connection is one."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Where even this is too many, fewer clients at a time are served: no reason not to start.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextlib.contextmanager
def quiet(log_handler: Log) -> Iterator[None]:
    """Put aside what TensorFlow's libraries write to stderr while they are imported; shown where the import
    fails.

    TensorFlow 2.21 writes there what it finds of GPUs and oneDNN whatever TF_CPP_MIN_LOG_LEVEL is; who sets
    another level than ours sees it. The log, and what else Python writes, goes where it always did.
    """
    try:
        is_stderr = log_handler.stream.fileno() == 2 and bool(os.fstat(2))
    except (AttributeError, OSError, ValueError):  # closed, or a stand-in
        is_stderr = False
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") != "3" or not is_stderr:
        yield
        return
    python_stderr, number = sys.stderr, os.dup(2)
    with (
        tempfile.TemporaryFile() as aside,
        os.fdopen(number, "w", buffering=1, errors="backslashreplace") as real,
    ):
        try:
            os.dup2(aside.fileno(), 2)
            sys.stderr = log_handler.stream = real
            yield
        except BaseException:
            aside.seek(0)
            os.write(number, aside.read())
            raise
        finally:
            with log_handler.lock or contextlib.nullcontext():
                sys.stderr = log_handler.stream = python_stderr
            os.dup2(number, 2)


class Log(logging.StreamHandler):
    """The log on stderr, and dots in between while something lasts (`alive`)."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self._last = time.monotonic()
        self._is_dotted = False
        self._over = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, after the end of a line of dots."""
        self._end_dots()
        super().emit(record)
        self._last = time.monotonic()

    @contextlib.contextmanager
    def alive(self) -> Iterator[None]:
        """Write a dot whenever nothing has been written for a while, until the block ends."""
        self._over.clear()
        beating = threading.Thread(target=self._beat, name="alive", daemon=True)
        beating.start()
        try:
            yield
        finally:
            self._over.set()
            beating.join()
            self._end_dots()

    def _beat(self) -> None:
        while not self._over.wait(SILENT_SECONDS / 10):
            with self.lock or contextlib.nullcontext():
                if time.monotonic() - self._last >= SILENT_SECONDS:
                    self._write(".")
                    self._is_dotted = True

    def _end_dots(self) -> None:
        with self.lock or contextlib.nullcontext():
            if self._is_dotted:
                self._write("\n")
            self._is_dotted = False

    def _write(self, text: str) -> None:
        self._last = time.monotonic()
        with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or full: no reason to end
            self.stream.write(text)
            self.stream.flush()


def start_log() -> Log:
    """Have the log on stderr; TensorFlow's and uvicorn's own lines only where they are errors."""
    handler = Log()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=[handler]
    )
    for name in ("tensorflow", "uvicorn"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return handler


def say(line: str) -> None:
    """Print a line on stdout; where that cannot be written, the server serves all the same."""
    try:
        print(line, flush=True)
    except OSError as error:
        log.warning("stdout cannot be written: %s; %s", error.strerror, line)
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # or the end of the program fails to flush it
