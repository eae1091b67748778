"""What commands print while they work, how they end, and the commands that they propose."""

import io
import os
import re
import shlex
import signal
import sys
import time

import pytest

from keras_seq import errors, progress
from keras_seq.__main__ import main as overview
from keras_seq.command_line import CommandParser, proposed, question
from keras_seq.errors import DataError, RecipeError, user_errors


class Printed:
    """All that was printed on stderr so far."""

    def __init__(self, capsys):
        self.capsys, self.text = capsys, ""

    def getvalue(self):
        self.text += self.capsys.readouterr().err
        return self.text


@pytest.fixture
def errors_printed(monkeypatch, capsys):
    monkeypatch.setattr(progress, "BEAT_SECONDS", {True: 0.01, False: 0.01})
    return Printed(capsys)


def waited_for(stream, text):
    end = time.monotonic() + 30
    while text not in stream.getvalue() and time.monotonic() < end:
        time.sleep(0.01)
    return text in stream.getvalue()


def test_a_step_says_what_begins_and_shows_that_it_lives(errors_printed):
    with progress.step("learning the vocabulary"):
        assert errors_printed.getvalue().startswith("learning the vocabulary ...")
        assert waited_for(errors_printed, "vocabulary .....")
    assert errors_printed.getvalue().endswith("\n")
    assert errors_printed.getvalue().count("\n") == 1


def test_a_step_counts_in_place_on_a_terminal(errors_printed, monkeypatch):
    monkeypatch.setattr(progress, "_is_terminal", lambda: True)
    with progress.step("scoring", total=3) as scoring:
        assert list(scoring.counted("abc")) == ["a", "b", "c"]
        assert waited_for(errors_printed, "\r\x1b[Kscoring ... 3 of 3, 0 s")
    assert errors_printed.getvalue().endswith("\r\x1b[K")
    assert "\n" not in errors_printed.getvalue()


def test_a_long_step_ends_with_its_count_and_time(errors_printed, monkeypatch):
    monkeypatch.setattr(progress, "SLOW_SECONDS", 0.0)
    with progress.step("counting") as counting:
        list(counting.counted(range(1234)))
    assert errors_printed.getvalue().split("...")[1].strip(" .\n").startswith("1,234, 0 s")


def test_what_is_said_within_a_step_stands_on_a_line_of_its_own(errors_printed):
    with progress.step("outer"):
        progress.say("vectors.txt has 3 of the 4 words")
        with progress.step("inner"):
            pass
        assert waited_for(errors_printed, "inner ...\nouter ...")
    assert re.match(r"outer \.+\ninner \.+\nouter \.+\n$", errors_printed.getvalue())


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a gripping story", "a gripping story"),
        ("it's  \n fine\t", "it's fine"),
        ("word " * 40, ("word " * 12).strip()),
        ("x" * 70 + " y", "x" * 60),
        ("電影" * 50, "電影" * 30),
        ("a\0b \udcff c", "a b c"),
        (" ", ""),
    ],
    ids=["short", "quote", "words", "one long word", "no spaces", "controls", "blank"],
)
def test_a_question_is_cut_between_words(text, shown):
    assert question(text) == shown


@pytest.mark.parametrize(
    "arguments", [["runs/a b", 'it\'s -5 * "fine" $HOME `x`'], ["runs/x", "-5 stars"], ["-r", ""]]
)
def test_a_proposed_command_works_as_it_is_printed(arguments):
    parser = CommandParser("keras_seq.predict", "")
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("texts", nargs="*", metavar="TEXT")
    words = shlex.split(proposed("keras_seq.predict", *arguments))
    assert words[:3] == ["python", "-m", "keras_seq.predict"]
    found = parser.parse_args(words[3:])
    assert [found.run, *found.texts] == arguments


@pytest.mark.parametrize("text", ["-awful", "-hilarious"])
def test_a_text_that_begins_with_a_dash_gets_a_hint(text, capsys):
    parser = CommandParser("keras_seq.predict", "")
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("texts", nargs="*", metavar="TEXT")
    with pytest.raises(SystemExit):  # newer Pythons take -hilarious for -h
        parser.parse_args(["runs/x", text])
    assert "comes after --, as in: python -m keras_seq.predict -- RUN '-5 stars'" in "".join(
        capsys.readouterr()
    )


def test_the_package_itself_lists_its_commands(capsys):
    assert overview([]) == 0
    printed = capsys.readouterr().out
    for command in ("keras_seq.train", "keras_seq.inspect", "export RUN", "serving SERVABLES", "translation"):
        assert command in printed
