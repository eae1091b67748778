"""What the commands' lines have in common: `--version`, a hint where a text begins with "-", commands to go
on with.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import unicodedata
from collections.abc import Callable
from typing import NoReturn

from keras_seq.version import version

RUN = "a run's folder, for example runs/sentiment, or the name of a trained model of the zoo"  # help of RUN
SHOWN_CHARACTERS = 60  # of a text in a command that is proposed


class CommandParser(argparse.ArgumentParser):
    """The parser of a command.

    Args:
        command: what stands after `python -m`.
        description: what it does, for `--help`.
    """

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"python -m {command}", description=description, allow_abbrev=False)
        self.add_argument("--version", action="version", version=f"keras_seq {version()}")

    def format_help(self) -> str:
        """The help, with a hint for texts: `-hilarious` is taken for `-h`."""
        hint = self._hint()
        return super().format_help() + (f"\n{hint}\n" if hint else "")

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, with a hint for texts, and exit with code 2."""
        if (
            any(word in message for word in ("unrecognized", "explicit argument", "required"))
            and self._hint()
        ):
            message += f"\n{self._hint()}"
        super().error(message)

    def _hint(self) -> str:
        """What to do with a text that argparse takes for an option; "" where a command takes no texts."""
        words = [
            str(action.metavar) for action in self._actions if not action.option_strings and action.metavar
        ]
        if "TEXT" not in words:
            return ""
        example = shlex.join(["python", "-m", self.prog.split()[-1], "--", *words[:-1], "-5 stars"])
        return f"a text that begins with - comes after --, as in: {example}"


def whole_number(least: int) -> Callable[[str], int]:
    """The type of an argument that is a whole number, such as a count, of at least `least`."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"given {text!r}, expected a whole number from {least} on")
        return int(text)

    return read


def proposed(module: str, *arguments: str) -> str:
    """A command as the shell takes it, word for word."""
    dashes = ["--"] if any(argument.startswith("-") for argument in arguments) else []
    return shlex.join(["python", "-m", module, *dashes, *arguments])


def question(text: str) -> str:
    """The beginning of a text, at most 60 characters, as an argument to try: whole words, on one line."""
    words = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text).split()
    shown = words[0] if words else ""
    for word in words[1:]:
        if len(shown) + 1 + len(word) > SHOWN_CHARACTERS:
            break
        shown += f" {word}"
    return shown[:SHOWN_CHARACTERS]  # one word alone may be longer, as where a language writes none apart


def writes_utf8() -> bool:
    """Whether every character can be printed on stdout."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
