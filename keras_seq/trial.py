"""python -m keras_seq.trial RECIPE RUN: one trial of a study, as `keras_seq.tune` starts it.

That is `keras_seq.train` without the test split, for as long as standard input stays open: where the process
that looks after the study is killed, its trials save their state and end too.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from keras_seq import train
from keras_seq.command_line import CommandParser
from keras_seq.errors import user_errors


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser("keras_seq.trial", "Train one trial of a study; keras_seq.tune starts it.")
    parser.add_argument("recipe", metavar="RECIPE", help="a YAML file")
    parser.add_argument("run", metavar="RUN", help="the run's folder")
    arguments = parser.parse_args(argv)
    with user_errors():  # from here on SIGTERM is heeded
        threading.Thread(target=_end_with, args=[sys.stdin.fileno()], daemon=True).start()
        return train.main([arguments.recipe, "--run", arguments.run, "--no-test"])


def _end_with(descriptor: int) -> None:
    """Ask this process to end, as by SIGTERM, when nobody can write to a pipe any more."""
    while os.read(descriptor, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
