"""Trains a recipe on the workers of Ray Train: python -m keras_seq.deploy.ray_train --workers 2 RECIPE

Ray (pip install "ray[train]") chooses the machines, starts the workers with their TF_CONFIG, and starts all of them
again where one is lost; the run's folder is to be one that every machine has, because the chief may come to another.
"""

from __future__ import annotations

import os
import pathlib
import sys
from typing import Any

from keras_seq.cluster import of_environment
from keras_seq.command_line import CommandParser
from keras_seq.errors import RecipeError, user_errors
from keras_seq.launch import add_counts

FAILED = 2  # the exit code of what does not get better


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
        trained(arguments.workers, rest, arguments.gpus, arguments.restarts)
    return 0


def trained(workers: int, words: list[str], gpus: bool = False, restarts: int = 10) -> None:
    """Train on Ray, where this process is connected to, or on a Ray of its own.

    Args:
        workers: how many.
        words: arguments of `keras_seq.train`.
        gpus: whether each has one.
        restarts: how often they are started again.

    Raises:
        RecipeError: when Ray is not installed, or the training has failed.
    """
    try:
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.tensorflow import TensorflowTrainer
    except ImportError as error:
        raise RecipeError(f'{error}: Ray Train is needed; pip install "ray[train]"') from None
    words = [*words, "--set", "training.distribution=multi_worker"]
    trainer = TensorflowTrainer(
        work,
        train_loop_config={"words": words, "folder": str(pathlib.Path.cwd())},
        scaling_config=ScalingConfig(num_workers=workers, use_gpu=gpus),
        run_config=RunConfig(failure_config=FailureConfig(max_failures=restarts)),
    )
    try:
        trainer.fit()
    except Exception as error:  # Ray's own kinds differ from version to version
        raise RecipeError(f"training on Ray has failed: {error}") from None


def work(config: dict[str, Any]) -> None:
    """What each of Ray's workers does; where it fails Ray starts all again.

    Args:
        config: "words", of the command, and "folder", where its relative paths start.

    Raises:
        RuntimeError: when the training ended early.
    """
    os.chdir(config["folder"])
    from keras_seq import train

    try:
        code = train.main(config["words"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else FAILED
    if code:
        raise RuntimeError(f"worker {of_environment().index} ended with exit code {code}")


if __name__ == "__main__":
    sys.exit(main())
