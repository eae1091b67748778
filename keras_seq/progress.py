"""What a command is doing, said when it begins, and a sign of life while it lasts.

    with step("learning the vocabulary") as learning:
        for example in learning.counted(examples):
            ...

On a terminal that is one line that counts in place; elsewhere the name of the step and a dot every 2.5
seconds, and its time where it took long. With `at_once=False` a step is named only once nothing was shown for
as long: what is usually over in a moment stays unsaid. All of it goes to stderr: what a command answers
stands on stdout alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

BEAT_SECONDS = {True: 0.5, False: 2.5}  # on a terminal, elsewhere
SLOW_SECONDS = 3.0  # from which on a step says at its end how long it took
Item = TypeVar("Item")

_steps: list[Step] = []  # those that are open, the innermost last
_last_sign = time.monotonic()  # when something was shown here


class Step:
    """A step that goes on; see `step`.

    Attributes:
        count: how many things are done, where they are counted.
        total: of how many, where that is known.
    """

    def __init__(self, name: str, total: int | None, at_once: bool) -> None:
        self.name, self.count, self.total, self._at_once = name, 0, total, at_once
        self._on_terminal = _is_terminal()
        self._started = time.monotonic()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._line_is_open = False

    def counted(self, items: Iterable[Item]) -> Iterable[Item]:
        """The items, counted as they are taken, anew whenever they are gone over."""
        return _Counted(self, items)

    def begin(self) -> None:
        """Say the step's name, and go on with signs of life until `end`."""
        if self._at_once:
            with self._lock:
                self._show_first()
        threading.Thread(target=self._beat, daemon=True).start()

    def end(self) -> None:
        """Close the line."""
        self._over.set()
        seconds = time.monotonic() - self._started
        with self._lock:
            if self._on_terminal:
                lasting = f"{self.name}: {self._state(seconds)}\n" if seconds >= SLOW_SECONDS else ""
                if self._line_is_open or lasting:
                    _write(f"\r\x1b[K{lasting if self._at_once else ''}")
            elif self._line_is_open:
                _write(f" {self._state(seconds)}\n" if seconds >= SLOW_SECONDS else "\n")
            self._line_is_open = False

    def break_line(self) -> None:
        """Close the line for something else that is said; the next sign of life begins a new one."""
        with self._lock:
            if self._line_is_open:
                _write("\r\x1b[K" if self._on_terminal else "\n")
            self._line_is_open = False

    def _beat(self) -> None:
        interval = BEAT_SECONDS[self._on_terminal]
        while not self._over.wait(max(interval / 10, _last_sign + interval - time.monotonic())):
            with self._lock:
                if time.monotonic() - _last_sign < interval:
                    continue
                if self._over.is_set() or (_steps and _steps[-1] is not self):
                    continue
                if self._on_terminal:
                    _write(f"\r\x1b[K{self.name} ... {self._state(time.monotonic() - self._started)}")
                    self._line_is_open = True
                elif self._line_is_open:
                    _write(".")
                else:
                    self._show_first()

    def _show_first(self) -> None:
        _write(f"{self.name} ...")
        self._line_is_open = True

    def _state(self, seconds: float) -> str:
        counted = (
            f"{self.count:,}" + (f" of {self.total:,}" if self.total else "") + ", " if self.count else ""
        )
        return f"{counted}{seconds:.0f} s"


@contextlib.contextmanager
def step(name: str, total: int | None = None, at_once: bool = True) -> Iterator[Step]:
    """Say what begins, and go on to show that it is alive until the block ends.

    Args:
        name: what is being done, as "learning the vocabulary".
        total: how many things there are to be done, where the block counts them (`Step.counted`) and knows.
        at_once: whether its name is shown even if it is over in a moment.
    """
    pause()
    begun = Step(name, total, at_once)
    _steps.append(begun)
    begun.begin()
    try:
        yield begun
    finally:
        begun.end()
        _steps.remove(begun)


def pause() -> None:
    """End the line of the step that goes on, if one does, because something else is going to be printed."""
    if _steps:
        _steps[-1].break_line()


def say(text: str) -> None:
    """Print a line on stdout, while steps go on."""
    global _last_sign
    pause()
    print(text, flush=True)
    _last_sign = time.monotonic()


def _is_terminal() -> bool:
    try:
        return os.isatty(sys.stderr.fileno()) and os.environ.get("TERM") != "dumb"
    except (AttributeError, OSError, ValueError):  # closed, or no file at all
        return False


class _Counted(Iterable[Item]):
    def __init__(self, step: Step, items: Iterable[Item]) -> None:
        self.step, self.items = step, items

    def __iter__(self) -> Iterator[Item]:
        self.step.count = 0
        for item in self.items:
            yield item
            self.step.count += 1


def _write(text: str) -> None:
    global _last_sign
    _last_sign = time.monotonic()
    with contextlib.suppress(AttributeError, OSError, ValueError):  # nobody reads it, and that is no error
        sys.stderr.write(text)
        sys.stderr.flush()
