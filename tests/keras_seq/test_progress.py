"""Signs of life: what a step prints while it goes on."""

import re
import time

from keras_seq import progress


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
