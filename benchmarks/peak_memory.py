"""Trainings by the command, each in a process of its own, and the most memory that the process held."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

from keras_seq.run import Run


def trained(recipe: str, values: dict[str, Any], folder: pathlib.Path) -> tuple[float, list[dict[str, Any]]]:
    """Train a recipe with other values; the largest resident memory of the process in MiB, and its history.

    Args:
        recipe: a path.
        values: by their places in the recipe, as `{"training.epochs": 1}`.
        folder: of the run.
    """
    options = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    command = [sys.executable, "-m", "keras_seq.train", recipe, "--fresh", "--run", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the training of {folder} failed with status {status}")
    return usage.ru_maxrss / 1024, Run(folder).read_history()
