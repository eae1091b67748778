"""How commands end: one message and an exit code, whatever goes wrong."""

import io
import os
import signal
import sys
import time

import pytest

from keras_seq import errors, progress
from keras_seq.errors import DataError, RecipeError, user_errors


def ended(error):
    """The exit code of a command that an exception ends."""
    with pytest.raises(SystemExit) as exit_, user_errors():
        raise error
    return exit_.value.code


@pytest.mark.parametrize(
    ("error", "printed"),
    [
        (RecipeError("no such recipe"), "error: no such recipe"),
        (DataError("a.tsv:3: bad"), "error: a.tsv:3: bad"),
        (OSError(28, "No space left on device", "runs/x"), "error: runs/x: No space left on device"),
        (OSError(36, "File name too long", b"long"), "error: long: File name too long"),
        (OSError(28, "No space left on device"), "error: No space left on device"),
        (
            OSError("Can't write data (errno = 28, error message = 'No space left on device')"),
            "error: No space left",
        ),
        (PermissionError(13, "Permission denied", "runs"), "error: runs: Permission denied"),
    ],
    ids=["recipe", "data", "file", "bytes", "nameless", "hdf5", "permission"],
)
def test_an_error_of_the_user_or_the_system_is_one_message(error, printed, errors_printed):
    assert ended(error) == 2
    assert errors_printed.getvalue().startswith(printed)
    assert errors_printed.getvalue().count("\n") == 1


def test_ctrl_c_and_sigterm_close_what_is_open():
    assert ended(KeyboardInterrupt()) == 130
    closed = []

    def terminated():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(30)
        finally:
            closed.append(True)

    with pytest.raises(SystemExit, match="143"), user_errors():
        terminated()
    assert closed
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_a_library_makes_of_a_signal_that_came_in_its_call_is_not_said(errors_printed):
    def call():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(30)
        except BaseException:
            raise DataError("an error of the library's own") from None

    with pytest.raises(SystemExit, match="143"), user_errors():
        call()
    assert errors_printed.getvalue() == ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, "143"), (signal.SIGINT, "130")])
def test_a_signal_that_comes_in_a_destructor_is_not_lost(number, code, errors_printed):
    class Closing:
        def __del__(self):
            os.kill(os.getpid(), number)
            time.sleep(30)

    def closed():
        Closing()
        time.sleep(30)

    with pytest.raises(SystemExit, match=code), user_errors():
        closed()
    assert "Traceback" not in errors_printed.getvalue()


def test_an_error_ends_the_line_of_the_step_that_it_ends(errors_printed):
    with pytest.raises(SystemExit), user_errors(), progress.step("reading"):
        raise DataError("a.tsv:1: bad")
    assert errors_printed.getvalue() == "reading ...\nerror: a.tsv:1: bad\n"


@pytest.mark.parametrize(
    ("encoding", "text", "printed"),
    [
        ("ascii", "naïve 日本", b"na\\xefve \\u65e5\\u672c"),
        ("utf-8", "caf\udcff naïve", b"caf\xff na\xc3\xafve"),
        ("utf-8", "half \ud83d", b"half \\ud83d"),
        ("latin-1", "naïve €", b"na\xefve \\u20ac"),
    ],
)
def test_every_text_can_be_printed(encoding, text, printed, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    errors._print_anything()
    print(text, end="", flush=True)
    assert raw.getvalue() == printed


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")  # noqa: PTH110
def test_output_that_cannot_be_written_is_one_message(monkeypatch, errors_printed):
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit, match="2"), user_errors():
            print("an answer")
    assert errors_printed.getvalue() == "error: standard output: No space left on device\n"
