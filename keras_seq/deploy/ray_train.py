"""Trains a recipe on the workers of Ray Train: python -m keras_seq.deploy.ray_train --workers 2 RECIPE

Ray (requirements-ray.txt) chooses the machines and starts the workers with their TF_CONFIG; where one is lost, all are
started again. The run's folder is to be one that every machine has, because the chief may come to another.
"""

from __future__ import annotations

import os
import pathlib
import re
import sys
from typing import Any

from keras_seq import progress, train_command
from keras_seq.cluster import AGAIN, COMMAND_VARIABLE, of_environment
from keras_seq.command_line import CommandParser
from keras_seq.errors import RecipeError, user_errors
from keras_seq.launch import STOPPED, add_counts, attempts

FAILED = 2  # the exit code of what does not get better
ENDED = re.compile(r"ended with exit code (\d+)")


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser(
        "keras_seq.deploy.ray_train",
        "Train a recipe on Ray Train's workers; other arguments, such as --set, are those of keras_seq.train. Give "
        "--run an absolute path that every machine has.",
    )
    add_counts(parser)
    parser.add_argument("--gpus", action="store_true", help="a GPU for each worker")
    arguments, rest = parser.parse_known_args(argv)
    with user_errors():
        command = train_command.again("keras_seq.deploy.ray_train", sys.argv[1:] if argv is None else argv)
        return trained(arguments.workers, rest, arguments.gpus, arguments.restarts, command)


def trained(workers: int, words: list[str], gpus: bool, restarts: int, command: str) -> int:
    """Train on Ray, where this process is connected to, or on a Ray of its own; the exit code.

    Args:
        workers: how many.
        words: arguments of `keras_seq.train`.
        gpus: whether each has one.
        restarts: how often they are started again.
        command: that goes on, once this one has ended early.

    Raises:
        RecipeError: when Ray is not installed, the recipe is wrong, or the training has failed.
    """
    try:
        from ray.train import ScalingConfig
        from ray.train.tensorflow import TensorflowTrainer
    except ImportError as error:
        raise RecipeError(
            f"Ray Train cannot be used: {error.__cause__ or error}; pip install -r requirements-ray.txt"
        ) from None

    def attempt(words: list[str]) -> int:
        trainer = TensorflowTrainer(
            work,
            train_loop_config={"words": words, "folder": str(pathlib.Path.cwd()), "command": command},
            scaling_config=ScalingConfig(num_workers=workers, use_gpu=gpus),
        )
        try:
            trainer.fit()
        except Exception as error:  # Ray's own kinds differ from version to version
            codes = {int(code) for code in ENDED.findall(str(error))}
            if codes - {AGAIN, *STOPPED}:
                raise RecipeError(f"training on Ray has failed: {error}") from None
            progress.say(f"workers were lost: {error}")
            return next((code for code in STOPPED if code in codes), AGAIN)
        return 0

    return attempts(words, restarts, attempt)


def work(config: dict[str, Any]) -> None:
    """What each of Ray's workers does.

    Args:
        config: "words", of the command; "folder", where its relative paths start; "command", that goes on.

    Raises:
        RuntimeError: when the training ended early.
    """
    os.chdir(config["folder"])
    os.environ[COMMAND_VARIABLE] = config["command"]
    from keras_seq import train

    try:
        code = train.main(config["words"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else FAILED
    if code:
        raise RuntimeError(f"worker {of_environment().index} ended with exit code {code}")


if __name__ == "__main__":
    sys.exit(main())
