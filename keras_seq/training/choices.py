"""Keys of a recipe's `training:` that do not go together, told before TensorFlow is imported."""

from __future__ import annotations

from typing import Any

from keras_seq.errors import RecipeError

PLATEAU_PATIENCE = 2  # where a recipe names none


def check(training: dict[str, Any]) -> None:
    """Complain of keys that other keys leave without a meaning.

    Args:
        training: a checked recipe's, every key there.

    Raises:
        RecipeError: with every such key, a line each, and what to do.
    """
    found = problems(training)
    if found:
        raise RecipeError("\n  ".join(found))


def problems(training: dict[str, Any]) -> list[str]:
    """The same, as a list."""
    optimizer, schedule = training["optimizer"], training["learning_rate_schedule"]
    found = []
    if training["momentum"] is not None and optimizer != "sgd":
        found.append(
            f"training.momentum: is of optimizer: sgd; the optimizer is {optimizer}, so leave it out"
        )
    if training["weight_decay"] and optimizer == "adam":
        found.append("training.weight_decay: Adam with a decay of weights is optimizer: adamw")
    for key in ("plateau_patience", "plateau_factor"):
        if training[key] is not None and schedule != "plateau":
            found.append(
                f"training.{key}: is of learning_rate_schedule: plateau; the schedule is {schedule}, so leave it out"
            )
    every = training["evaluate_every"]
    patiences = {"patience": training["patience"]}
    if schedule == "plateau":
        patiences["plateau_patience"] = training["plateau_patience"] or PLATEAU_PATIENCE
    found += [
        f"training.{key}: {patience} epochs are over before answers are scored again (evaluate_every: {every}); make "
        "it larger"
        for key, patience in patiences.items()
        if patience is not None and patience < every
    ]
    if training["thaw_after"] is not None and not training["freeze"]:
        found.append("training.thaw_after: is of frozen layers; training.freeze names none, so leave it out")
    if training["vocabulary"] == "keep" and training["init_from"] is None:
        found.append("training.vocabulary: keep: there is none; name a model in training.init_from")
    if training["distribution"] == "mirrored" and training["gradient_accumulation"] > 1:
        found.append("training.gradient_accumulation: 1: nothing else goes with distribution: mirrored")
    if training["distribution"] == "multi_worker":
        refused = {
            "steps_per_execution: 1": training["steps_per_execution"] > 1,
            "precision: mixed_bfloat16 or float32": training["precision"] == "mixed_float16",
        }
        found += [
            f"training.{instead}: nothing else goes with distribution: multi_worker"
            for instead, is_refused in refused.items()
            if is_refused
        ]
    return found
