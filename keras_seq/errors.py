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
from typing import Any, NoReturn

from keras_seq import progress

SENT_AGAIN_SECONDS = 0.05  # after which what lost a signal has ended


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
    with _signals() as came:
        try:
            yield
            if sys.stdout is not None:
                sys.stdout.flush()
        except Exception as error:
            if came:  # a library in whose call the signal came may have made an error of its own of it
                raise SystemExit(128 + came[0]) from None
            _say_and_exit(error)
        except KeyboardInterrupt:
            _complain("interrupted")
            raise SystemExit(130) from None
        except _Terminated:
            raise SystemExit(128 + signal.SIGTERM) from None


def _say_and_exit(error: Exception) -> NoReturn:
    """What a user can do something about as one message and an exit code; another error as it is."""
    match error:
        case BrokenPipeError():  # as of `... | head`: nobody reads any more
            _drop_output()
            raise SystemExit(141) from None
        case RecipeError() | DataError():
            _complain(f"error: {error}")
        case OSError():
            where = error.filename or _refused_output(error)
            name = f"{os.fsdecode(where)}: " if isinstance(where, str | bytes) else ""
            _complain(f"error: {name}{reason(error)}")
        case _:
            raise error
    raise SystemExit(2) from None


def reason(error: OSError) -> str:
    """What the system says, as "No space left on device"; some libraries put it into a text of their own."""
    if error.strerror:
        return error.strerror
    known = ("No space left on device", "Permission denied", "Read-only file system", "Disk quota exceeded")
    text = str(error)
    return next((one for one in known if one in text), text.split("\n")[0][:300] or type(error).__name__)


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """SIGINT and SIGTERM as exceptions, so that what is open is closed; as they were before, afterwards.

    Gives the list of those that came. One that comes in a destructor or a callback, where exceptions are lost,
    is sent again.
    """
    came: list[int] = []
    before: dict[int, Any] = {}
    unraisable = sys.unraisablehook

    def handle(number: int, frame: Any) -> None:
        came.append(number)
        raise KeyboardInterrupt if number == signal.SIGINT else _Terminated

    def again(lost: Any) -> None:
        if came and issubclass(lost.exc_type, KeyboardInterrupt | _Terminated):
            main_thread = threading.main_thread().ident
            threading.Timer(SENT_AGAIN_SECONDS, signal.pthread_kill, (main_thread, came[-1])).start()
        else:
            unraisable(lost)

    if threading.current_thread() is threading.main_thread():
        for sent in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(sent) in (signal.SIG_DFL, signal.default_int_handler):
                before[sent] = signal.signal(sent, handle)
        sys.unraisablehook = again
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if sys.unraisablehook is again:
            sys.unraisablehook = unraisable


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
