"""A process of its own that loads a servable and answers questions, from the side that asks; see `fresh` for
the other.

It is started before this process imports TensorFlow, so that both do it at the same time.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import pickle
import subprocess
import sys
import tempfile
import threading
from typing import Any

from export import ANSWER_SECONDS
from keras_seq.progress import Step

SHOWN_CHARACTERS = 1500  # of what the process wrote to stderr when it failed


class FreshProcessError(Exception):
    """The process ended, or took too long, before it had answered; the message has its stderr."""


class FreshProcess:
    """The process. As a context manager it is ended with the block; it ends itself when this process is gone."""

    def __init__(self) -> None:
        home = pathlib.Path(__file__).resolve().parent.parent
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed by __exit__)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "export.fresh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=home,
            process_group=0,  # Ctrl-C is for this process, which then ends that one
        )
        self._timer = threading.Timer(ANSWER_SECONDS, self._end_late)
        self._is_late = False

    def __enter__(self) -> FreshProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()

    def ask(self, **questions: Any) -> None:
        """Send the questions; `receive` has the answers."""
        self._start_timer()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(questions).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; `receive` raises, with the reason

    def receive(self, name: str, step: Step | None = None) -> Any:
        """The next part of the answers, by its name; a step counts on meanwhile.

        Raises:
            FreshProcessError: when it does not come.
        """
        assert self._process.stdout is not None
        with contextlib.suppress(EOFError, pickle.UnpicklingError):  # how a process that has ended is seen
            while True:
                key, value = pickle.load(self._process.stdout)
                if self._timer.is_alive():  # once it was asked
                    self._start_timer()
                if key == name:
                    return value
                if key == "done" and step is not None:
                    step.count, step.total = value
        self._process.wait()
        self._errors.seek(0)
        errors = self._errors.read().decode("utf-8", "replace").strip()[-SHOWN_CHARACTERS:]
        late = f"no answer in {ANSWER_SECONDS} s" if self._is_late else ""
        raise FreshProcessError(late or errors or "it ended without a message")

    def _start_timer(self) -> None:
        """Give the process its time for the next answer."""
        self._timer.cancel()
        self._timer = threading.Timer(ANSWER_SECONDS, self._end_late)
        self._timer.daemon = True
        self._timer.start()

    def _end_late(self) -> None:
        self._is_late = True
        self._process.kill()
