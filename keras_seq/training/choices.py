"""Keys of a recipe's `training:` that do not go together, told before TensorFlow is imported."""

from __future__ import annotations

from typing import Any

from keras_seq.errors import RecipeError


def check(training: dict[str, Any]) -> None:
    """Complain of keys that other keys leave without a meaning.

    Args:
        training: a checked recipe's, every key there.

    Raises:
        RecipeError: with every such key, a line each, and what to do.
    """
    problems = _problems(training)
    if problems:
        raise RecipeError("\n  ".join(problems))


def _problems(training: dict[str, Any]) -> list[str]:
    optimizer, schedule = training["optimizer"], training["learning_rate_schedule"]
    problems = []
    if training["momentum"] is not None and optimizer != "sgd":
        problems.append(
            f"training.momentum: is of optimizer: sgd; the optimizer is {optimizer}, so leave it out"
        )
    if training["weight_decay"] and optimizer == "adam":
        problems.append("training.weight_decay: Adam with a decay of weights is optimizer: adamw")
    for key in ("plateau_patience", "plateau_factor"):
        if training[key] is not None and schedule != "plateau":
            problems.append(
                f"training.{key}: is of learning_rate_schedule: plateau; the schedule is {schedule}, so leave it out"
            )
    patience, every = training["patience"], training["evaluate_every"]
    if patience is not None and patience < every:
        problems.append(
            f"training.patience: {patience} epochs are over before answers are scored again (evaluate_every: {every}); "
            "make it larger"
        )
    if training["distribution"] == "multi_worker":
        refused = {
            "steps_per_execution: 1": training["steps_per_execution"] > 1,
            "precision: mixed_bfloat16 or float32": training["precision"] == "mixed_float16",
        }
        problems += [
            f"training.{instead}: nothing else goes with distribution: multi_worker"
            for instead, is_refused in refused.items()
            if is_refused
        ]
    return problems
