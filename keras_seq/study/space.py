"""SPACE.yaml -> what is tried of which of a recipe's keys, checked as a recipe is.

model:
  units: [64, 128, 256]                                # one of these
  dropout: {low: 0.0, high: 0.5}                       # a number between the two
training:
  learning_rate: {low: 0.0003, high: 0.01, log: true}  # as likely from 0.0003 to 0.001 as from 0.001 to 0.0033
  batch_size: {low: 16, high: 64, step: 16}            # 16, 32, 48 or 64
"""

from __future__ import annotations

import itertools
import json
import math
import os
import pathlib
from typing import Any, NamedTuple

import pydantic

from keras_seq.errors import RecipeError
from keras_seq.recipe import Recipe, explained
from keras_seq.sections import SECTIONS, nearest, section_model
from keras_seq.training import choices
from keras_seq.yaml_tree import Tree

SEARCHED = ("prepare", "model", "training")
NOT_SEARCHED = {
    "data": "the trials are compared by the validation split, so they have the same data",
    "serving": "it comes after training, and the trials are compared by their epochs",
}
OF_A_RANGE = ("low", "high", "step", "log")
MOST_TOGETHER = 4096  # combinations of values that are checked


class Choices(NamedTuple):
    """Values, one of which is tried."""

    values: list[Any]

    @property
    def texts(self) -> list[str]:
        """The values as they are written into the study; a value may be a list."""
        return [json.dumps(value) for value in self.values]

    def suggested(self, trial: Any, name: str) -> Any:
        """What a trial of Optuna's tries."""
        return self.values[self.texts.index(trial.suggest_categorical(name, self.texts))]

    def encoded(self, value: Any) -> Any:
        """A value as Optuna has it; None where it is none of these."""
        text = json.dumps(value, default=str)
        return text if text in self.texts else None


class Range(NamedTuple):
    """Numbers, one of which is tried.

    Attributes:
        low: the least.
        high: the largest.
        step: between two of them; None: any number.
        log: whether their logarithms are drawn from, and not they themselves.
        whole: whether they are whole numbers.
    """

    low: float
    high: float
    step: float | None
    log: bool
    whole: bool

    def suggested(self, trial: Any, name: str) -> Any:
        """What a trial of Optuna's tries."""
        if self.whole:
            return trial.suggest_int(name, self.low, self.high, step=self.step or 1, log=self.log)
        return trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)

    def encoded(self, value: Any) -> Any:
        """A value as Optuna has it; None where it is none of these."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        places = (value - self.low) / (self.step or 1)
        on_a_step = self.step is None or abs(places - round(places)) < 1e-9
        return value if self.low <= value <= self.high and on_a_step else None


class Space(NamedTuple):
    """What is tried.

    Attributes:
        dimensions: by "section.key".
        written: the same as the file has it.
    """

    dimensions: dict[str, Choices | Range]
    written: dict[str, dict[str, Any]]

    def suggested(self, trial: Any) -> dict[str, Any]:
        """What a trial of Optuna's tries, by "section.key"."""
        return {name: one.suggested(trial, name) for name, one in self.dimensions.items()}

    def encoded(self, recipe: Recipe) -> dict[str, Any]:
        """The recipe's own values, as Optuna has them, of the keys for which they are in the space."""
        found: dict[str, Any] = {}
        for name, one in self.dimensions.items():
            section, key = name.split(".")
            value = one.encoded(getattr(recipe, section)[key])
            found |= {} if value is None else {name: value}
        return found


def load_space(path: str | os.PathLike, recipe: Recipe) -> Space:
    """Read and check a space.

    Args:
        path: a YAML file: sections, their keys, and for each key a list of values or a range.
        recipe: whose keys they are.

    Raises:
        RecipeError: with every problem found, a line each.
    """
    tree = Tree("space of values")
    tree.merge_file(pathlib.Path(path))
    dimensions: dict[str, Choices | Range] = {}
    problems = []
    for section, keys in tree.values.items():
        problem = _of_section(section, keys)
        if problem:
            problems.append(f"{tree.place(section)}: {section}: {problem}")
            continue
        for key, given in keys.items():
            found = _dimension(recipe, section, key, given, tree)
            if isinstance(found, list):
                problems += found
            else:
                dimensions[f"{section}.{key}"] = found
    if problems:
        count = f"{len(problems)} problems in the space:\n  " if len(problems) > 1 else ""
        raise RecipeError(count + "\n  ".join(problems))
    if not dimensions:
        raise RecipeError(f"{path}: names no key to be tried, as training: {{learning_rate: [0.001, 0.01]}}")
    space = Space(dimensions, tree.values)
    if wrong := _together(space, recipe):
        raise RecipeError(f"{path}: {wrong}")
    return space


def _together(space: Space, recipe: Recipe) -> str:
    """What is wrong with values of `training:` that would be tried together; "" where nothing is."""
    tried = {
        name.partition(".")[2]: one.values if isinstance(one, Choices) else [one.low, one.high]
        for name, one in space.dimensions.items()
        if name.startswith("training.")
    }
    for values in itertools.islice(itertools.product(*tried.values()), MOST_TOGETHER):
        chosen = dict(zip(tried, values, strict=True))
        training = {**recipe.training, **chosen}
        found = choices.problems(training)
        if training["distribution"] == "multi_worker":
            found.append(
                "training.distribution: multi_worker: a trial is one process; --jobs trains several at once"
            )
        if found:
            together = ", ".join(f"{key}: {value}" for key, value in chosen.items())
            return f"{found[0]} (of the trials with {together})"
    return ""


def _of_section(section: str, keys: Any) -> str:
    """What is wrong with a section; "" where nothing is."""
    if section in NOT_SEARCHED:
        return f"is not searched: {NOT_SEARCHED[section]}"
    if section not in SECTIONS:
        meant = nearest(section, list(SEARCHED))
        ask = f"did you mean {meant!r}?" if meant else f"expected one of {', '.join(SEARCHED)}"
        return f"unknown section; {ask}"
    if not isinstance(keys, dict):
        return "expected keys, and for each a list of values or a range"
    return ""


def _dimension(recipe: Recipe, section: str, key: Any, given: Any, tree: Tree) -> Choices | Range | list[str]:
    """What is tried of a key, or what is wrong with it."""
    where = f"{tree.place(section, key)}: {section}.{key}"
    problem, ends = "", []
    if isinstance(given, list):
        problem = "expected at least two different values" if _alike(given) else ""
        ends = given
    elif isinstance(given, dict) and {*given} & {*OF_A_RANGE}:
        problem = _of_range(given)
        ends = [given.get("low"), given.get("high")]
    else:
        problem = f"given {given!r}, expected a list of values or a range, as {{low: 1, high: 8}}"
        ends = [given]
    unknown = _complaints(recipe, section, key, ends[:1], tree) if key not in _keys(recipe, section) else []
    problems = unknown or ([f"{where}: {problem}"] if problem else [])
    problems = problems or _complaints(recipe, section, key, ends, tree)
    if problems:
        return problems
    if isinstance(given, list):
        return Choices(given)
    whole = all(isinstance(end, int) for end in ends) and bool(
        _complaints(recipe, section, key, [ends[0] + 0.5], tree)
    )
    return Range(ends[0], ends[1], given.get("step"), given.get("log") or False, whole)


def _of_range(given: dict[str, Any]) -> str:
    """What is wrong with a range, whatever key it is of; "" where nothing is."""
    for name in given:
        if name not in OF_A_RANGE:
            meant = nearest(name, list(OF_A_RANGE))
            ask = f"did you mean {meant!r}?" if meant else f"expected some of {', '.join(OF_A_RANGE)}"
            return f"a range has no {name!r}; {ask}"
    values: list[Any] = [given.get(name) for name in OF_A_RANGE]
    low, high, step, log = values
    for name, value in {"low": low, "high": high, "step": 1 if step is None else step}.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return f"{name}: given {value!r}, expected a number"
    if low >= high:
        return f"low ({low}) is not below high ({high})"
    if not isinstance(log, bool | None):
        return f"log: given {log!r}, expected true or false"
    if log and (step is not None or low <= 0):
        return "log: true is for numbers above 0, and without step"
    if step is not None:
        steps = (high - low) / step if step > 0 else 0.5
        if abs(steps - round(steps)) > 1e-9:
            return f"high ({high}) is not reached from low ({low}) by steps of {step}"
        if isinstance(low, int) and isinstance(high, int) and isinstance(step, float):
            return f"step: given {step}, expected a whole number, as low and high are"
    return ""


def _alike(values: list[Any]) -> bool:
    return len({json.dumps(value, default=str) for value in values}) < max(2, len(values))


def _keys(recipe: Recipe, section: str) -> list[str]:
    return list(section_model(recipe.application, section).model_fields)


def _complaints(recipe: Recipe, section: str, key: Any, values: list[Any], tree: Tree) -> list[str]:
    """What the recipe's checker says of values of a key, each thing once."""
    key = str(key)
    model, keys = section_model(recipe.application, section), _keys(recipe, section)
    context = {"directory": recipe.directory, "check_files": True}
    lines: dict[str, None] = {}
    for value in values:
        try:
            model.model_validate({key: value}, context=context)
        except pydantic.ValidationError as error:
            errors = [one for one in error.errors() if one["loc"][:1] == (key,)]  # others may be needed
            lines |= dict.fromkeys(explained(errors, section, tree, keys))
    return list(lines)
