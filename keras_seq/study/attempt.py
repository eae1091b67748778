"""A trial's training, in a process of its own: a run like any other, in the study's folder.

A process of its own, because TensorFlow keeps what it has traced for as long as a process lives, and because
what ends one trial (no memory left) then ends no other. What it has learned is read off the run's files.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys

from keras_seq.run import Run
from keras_seq.training.epochs import best_of

COMMAND = "keras_seq.trial"
PACKAGES = str(pathlib.Path(__file__).resolve().parents[2])


class Attempt:
    """A trial's process, from its start to its end.

    Args:
        recipe_file: of the trial.
        run: of the trial.
        output_file: where goes what the process prints.
        threads: of TensorFlow's, for one operation; 0: as many as there are cores.
    """

    def __init__(
        self, recipe_file: pathlib.Path, run: Run, output_file: pathlib.Path, threads: int = 0
    ) -> None:
        self.run, self.output_file = run, output_file
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(
            [PACKAGES, *filter(None, [environment.get("PYTHONPATH")])]
        )
        if threads:
            environment.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
        command = [sys.executable, "-P", "-m", COMMAND, str(recipe_file), str(run.path)]
        with output_file.open("ab") as output:
            # Its standard input closes when this process ends, however it does; Ctrl-C is for this one alone.
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    @property
    def is_over(self) -> bool:
        return self.process.poll() is not None

    def stop(self) -> None:
        """Ask it to save its state and to end."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Its exit code, once it has ended; a signal's number is negative."""
        code = self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        return code

    def scores(self, name: str) -> list[float]:
        """A score of every epoch that has ended."""
        return [row[name] for row in self.run.read_history()]

    def best_epoch(self, epochs: int) -> int:
        """Which of the first epochs was the best, by the run's own rule; counted from 1, 0 where none is."""
        return best_of(self.run.read_history()[:epochs], self.run.read_plan()["monitors"]).epoch + 1

    def seconds(self) -> float:
        """That its epochs took."""
        return sum(row["seconds"] for row in self.run.read_history())

    def last_words(self) -> str:
        """What it said was wrong, or else its last line."""
        lines = self.output_file.read_text(encoding="utf-8", errors="replace").splitlines()
        wrong = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        return (wrong or [line for line in lines if line.strip()] or ["it said nothing"])[-1]
