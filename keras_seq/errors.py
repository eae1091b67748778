"""What a user did wrong, and how a command says so.

    RecipeError   what is wrong with a recipe or a command line (a `ValueError`)
    DataError     what is wrong with a file of the user's (a `ValueError`)

Both are printed without a traceback by the commands, which then exit with code 2; so is what the system
refuses (a full disk, a folder that may not be written).
"""

from __future__ import annotations

import codecs
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

from keras_seq import progress


class RecipeError(ValueError):
    """A recipe or a command line is wrong; the message says where, what was given and what was expected."""


class DataError(ValueError):
    """A file of the user's is wrong; the message starts with file:line where there is one."""


class _Terminated(BaseException):
    """SIGTERM came; what is open is closed on the way out."""


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Around a command: its errors are one message each and exit code 2; Ctrl-C, SIGTERM, a closed pipe are
    quiet.
    """
    _print_anything()
    with _signals():
        try:
            yield
            if sys.stdout is not None:
                sys.stdout.flush()
        except BrokenPipeError:  # as of `... | head`: nobody reads any more
            _drop_output()
            raise SystemExit(141) from None
        except KeyboardInterrupt:
            _complain("interrupted")
            raise SystemExit(130) from None
        except _Terminated:
            raise SystemExit(128 + signal.SIGTERM) from None
        except (RecipeError, DataError) as error:
            _complain(f"error: {error}")
            raise SystemExit(2) from None
        except OSError as error:
            where = error.filename or _refused_output(error)
            _complain(
                f"error: {f'{os.fsdecode(where)}: ' if isinstance(where, str | bytes) else ''}{reason(error)}"
            )
            raise SystemExit(2) from None


def reason(error: OSError) -> str:
    """What the system says, as "No space left on device"; some libraries put it into a text of their own."""
    if error.strerror:
        return error.strerror
    known = ("No space left on device", "Permission denied", "Read-only file system", "Disk quota exceeded")
    text = str(error)
    return next((one for one in known if one in text), text.split("\n")[0][:300] or type(error).__name__)


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """SIGINT and SIGTERM as exceptions, so that what is open is closed; as they were before, afterwards."""
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        handlers: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: _terminate}
        for number, handler in handlers.items():
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminate(number: int, frame: Any) -> None:
    raise _Terminated


def _complain(text: str) -> None:
    progress.pause()
    with contextlib.suppress(OSError, AttributeError):  # nobody reads it
        print(text, file=sys.stderr, flush=True)


def _refused_output(error: OSError) -> str | None:
    """The output's name, where it is what cannot be written; it is then given up, or Python would try once
    more.

    Files have names, and what a library writes is refused in the library's own lines: what is left was
    printed.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    if sys.stdout is None or module.partition(".")[0] not in ("keras_seq", "export", "__main__"):
        return None
    _drop_output()
    return "standard output"


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_anything() -> None:
    """Let every text be printed: bytes of file names as they were, other characters that the output lacks as
    \\xe9.
    """
    codecs.register_error("keras_seq", _printable)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="keras_seq")


def _printable(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.backslashreplace_errors(error)
