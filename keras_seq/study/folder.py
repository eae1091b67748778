"""The folder of a study, `studies/<recipe name>/`: the only file that knows its file names.

study.yaml        the recipe, the space and the seed: what the study was begun with
journal.log       Optuna's: what was tried and what came of it
recipes/          of every trial its recipe, `0007.yaml`
trials/           of every trial its run, `0007/`, and what it printed, `0007.log`
study.md, study.png, trials.csv   what came of it, for people and for tables
NAME_best.yaml    the recipe of the best trial
lock, trials/0007.lock   there while a process changes the study, or looks after a trial
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import time
from collections.abc import Iterator
from typing import Any

from keras_seq import yaml_tree
from keras_seq.atomic import replace
from keras_seq.errors import RecipeError, reason
from keras_seq.lock import Locked, holder, locked
from keras_seq.recipe import MAY_CHANGE, Recipe
from keras_seq.run import Run

WAIT_SECONDS = 0.02  # for a lock that another process has for a moment


class StudyFolder:
    """A study's files.

    Args:
        path: its folder.
        name: of the recipe.
    """

    def __init__(self, path: str | os.PathLike, name: str) -> None:
        self.path = pathlib.Path(path)
        self.study_file = self.path / "study.yaml"
        self.journal_file = self.path / "journal.log"
        self.recipes = self.path / "recipes"
        self.trials = self.path / "trials"
        self.report_file = self.path / "study.md"
        self.picture_file = self.path / "study.png"
        self.table_file = self.path / "trials.csv"
        self.best_file = self.path / f"{name}_best.yaml"
        self.lock_file = self.path / "lock"

    def recipe_file(self, number: int) -> pathlib.Path:
        """A trial's recipe."""
        return self.recipes / f"{number:04d}.yaml"

    def run(self, number: int) -> Run:
        """A trial's run."""
        return Run(self.trials / f"{number:04d}")

    def output_file(self, number: int) -> pathlib.Path:
        """What a trial printed."""
        return self.trials / f"{number:04d}.log"

    def claim_file(self, number: int) -> pathlib.Path:
        """The lock of who looks after a trial."""
        return self.trials / f"{number:04d}.lock"

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the study's lock, for a moment, once it is free."""
        with contextlib.ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(locked(self.lock_file))
                    break
                except Locked:
                    time.sleep(WAIT_SECONDS)
            yield

    def begin(self, recipe: Recipe, space: dict[str, Any], seed: int, fresh: bool) -> None:
        """Make the study's files, or see that they are of this very study.

        Raises:
            RecipeError: when the folder cannot be written, holds another study or something else, or, with
                `fresh`, another process is at work in it.
        """
        settings = {"recipe": recipe.as_dict(), "space": space, "seed": seed}
        try:
            with self.changing():
                others = {path.name for path in self.path.iterdir()} - {self.lock_file.name}
                if others and not self.study_file.exists():
                    raise RecipeError(
                        f"{self.path}: this folder is not empty and holds no study; name another with --study"
                    )
                if fresh:
                    self._remove()
                if self.study_file.exists():
                    self._same(settings)
                else:
                    replace(self.study_file, lambda part: yaml_tree.write(settings, part))
                self.recipes.mkdir(exist_ok=True)
                self.trials.mkdir(exist_ok=True)
        except OSError as error:
            where = error.filename or self.path
            raise RecipeError(f"{where}: the study's folder cannot be written: {reason(error)}") from None

    def mend_journal(self) -> None:
        """Take off a last line that a full disk or a crash of the system cut short; nobody may be writing."""
        if self.journal_file.exists():
            text = self.journal_file.read_bytes()
            whole = text[: text.rfind(b"\n") + 1]
            if whole != text:
                replace(self.journal_file, lambda part: part.write_bytes(whole))

    def _remove(self) -> None:
        """Remove what is the study's; whatever else is in the folder stays."""
        for claim in self.trials.glob("*.lock"):
            process = holder(claim)
            if process is not None:
                by = f", {process}," if process else ""
                raise RecipeError(
                    f"{self.path}: another process{by} is at work in this study; stop it, or name another folder "
                    "with --study"
                )
        last = self.study_file  # as long as it is there, this is a study, and may be removed
        for path in [*(set(vars(self).values()) - {self.path, self.lock_file, last}), last]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def _same(self, settings: dict[str, Any]) -> None:
        tree = yaml_tree.Tree("study")
        tree.merge_file(self.study_file)
        for one in (tree.values, settings):
            for key in MAY_CHANGE:
                one["recipe"]["training"].pop(key, None)
        old, new = _flat(tree.values), _flat(settings)
        differences = [
            f"{name} was {old.get(name)!r}, is {new.get(name)!r}"
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        ]
        if differences:
            raise RecipeError(
                f"{self.path}: this study was begun with another recipe or space ({'; '.join(differences)}); --fresh "
                "starts it over, --study DIR names another folder"
            )


def _flat(values: dict[str, Any], depth: int = 3) -> dict[str, Any]:
    """Nested keys as one, "recipe.training.epochs", down to a depth."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if depth > 1 and isinstance(value, dict):
            flat |= {f"{key}.{inner}": one for inner, one in _flat(value, depth - 1).items()}
        else:
            flat[str(key)] = value
    return flat
