"""What came of a study: a table, a picture, and the recipe of its best trial."""

from __future__ import annotations

import csv
import math
import pathlib
import shlex
from typing import Any, NamedTuple

from keras_seq import pictures, yaml_tree
from keras_seq.atomic import replace
from keras_seq.recipe import Recipe
from keras_seq.study.folder import StudyFolder
from keras_seq.study.search import Outcome
from keras_seq.study.space import Range, Space
from keras_seq.study.tuner import with_values
from keras_seq.training.epochs import is_minimized

COLORS = {"complete": "#0b6e99", "pruned": "#b0b0b0"}
COLUMNS = 3  # of the picture


class Row(NamedTuple):
    """A trial that has ended."""

    number: int
    values: dict[str, Any]
    outcome: Outcome


class Report:
    """What is written into a study's folder.

    Args:
        folder: of the study.
        recipe: what the trials have in common.
        space: what is tried.
        score: what the trials are compared by, as the history has it.
        rows: the trials that have ended.
    """

    def __init__(
        self, folder: StudyFolder, recipe: Recipe, space: Space, score: str, rows: list[Row]
    ) -> None:
        self.folder, self.recipe, self.space = folder, recipe, space
        self.score, self.name, self.rows = score, score.removeprefix("val_"), rows

    @property
    def best(self) -> Row | None:
        """The first of the best trials among those that were trained to their end."""
        return next(iter(self._in_order()), None)

    def write(self) -> None:
        """Write it all; what of it cannot be drawn is left out, with a warning."""
        best = self.best
        replace(self.folder.table_file, self._write_table)
        if best is not None:
            replace(self.folder.best_file, lambda part: self._write_best(part, best))
            with pictures.spared(str(self.folder.picture_file)):
                replace(self.folder.picture_file, self._draw, self.folder.path / "part.png")
        text = "\n\n".join(self._parts()) + "\n"
        replace(self.folder.report_file, lambda part: part.write_text(text, encoding="utf-8"))

    def line(self, row: Row) -> str:
        """A trial in a line, for people."""
        outcome = row.outcome
        values = ", ".join(f"{name} {shown(value)}" for name, value in row.values.items())
        scored = f"{self.name} {outcome.score:.4f}" if math.isfinite(outcome.score) else ""
        epochs = f"{outcome.epochs} epochs, {outcome.seconds:.0f} s"
        told = {
            "complete": f"{scored} in epoch {outcome.best_epoch} of {epochs}",
            "pruned": f"ended early, {scored} after {epochs}",
            "failed": f"failed: {outcome.about}",
        }
        return f"trial {row.number}: {told[outcome.state]}; {values}"

    def _in_order(self) -> list[Row]:
        """The trials that were trained to their end, best first; of equal ones the earlier."""
        sign = 1 if is_minimized(self.score) else -1
        complete = [row for row in self.rows if row.outcome.state == "complete"]
        return sorted(complete, key=lambda row: (sign * row.outcome.score, row.number))

    def _write_table(self, path: pathlib.Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            names = ["state", self.name, "best_epoch", "epochs", "seconds", "about"]
            writer.writerow(["trial", *names, *self.space.dimensions])
            for row in sorted(self.rows):
                writer.writerow([row.number, *row.outcome, *row.values.values()])

    def _write_best(self, path: pathlib.Path, best: Row) -> None:
        yaml_tree.write(with_values(self.recipe, best.values), path)
        about = (
            f"# The best of {len(self.rows)} trials of {self.folder.path}: trial {best.number}, "
            f"validation {self.name} {best.outcome.score:.4f}\n"
            f"# in epoch {best.outcome.best_epoch} of {best.outcome.epochs}. "
            f"Searched: {', '.join(self.space.dimensions)}\n"
        )
        path.write_text(about + path.read_text(encoding="utf-8"), encoding="utf-8")

    def _parts(self) -> list[str]:
        states = dict.fromkeys(("complete", "pruned", "failed"), 0)
        for row in self.rows:
            states[row.outcome.state] += 1
        counted = ", ".join(f"{number} {state}" for state, number in states.items() if number)
        others = [row for row in sorted(self.rows) if row.outcome.state != "complete"]
        heads = ["trial", "state", self.name, "best epoch", "epochs", "seconds", *self.space.dimensions]
        lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
        for row in [*self._in_order(), *others]:
            state, score, best_epoch, epochs, seconds, _ = row.outcome
            cells = [row.number, state, f"{score:.4f}", best_epoch, epochs, f"{seconds:.0f}"]
            cells += [shown(value).replace("|", "\\|") for value in row.values.values()]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
        parts = [
            f"# Trials of {self.recipe.name}",
            f"{len(self.rows)} trials of an LSTM model for **{self.recipe.application}** ({counted}), compared by "
            f"{self.name} on the validation split. The test split was not read.",
        ]
        if self.best is not None:
            parts.append(f"Its best recipe: [{self.folder.best_file.name}]({self.folder.best_file.name}).")
            parts.append(f"```sh\npython -m keras_seq.train {shlex.quote(str(self.folder.best_file))}\n```")
        if self.folder.picture_file.exists():
            parts.append(f"![{self.name} of the trials]({self.folder.picture_file.name})")
        failed = [f"- {self.line(row)}" for row in others if row.outcome.state == "failed"]
        return [*parts, "\n".join(lines), *(["\n".join(failed)] if failed else [])]

    def _draw(self, path: pathlib.Path) -> None:
        """The scores in the order of the trials, and against the values of each key."""
        rows = [row for row in sorted(self.rows) if math.isfinite(row.outcome.score)]
        keys = list(self.space.dimensions)
        lines = -(-(len(keys) + 1) // COLUMNS)
        with pictures.drawing(shown(value) for row in rows for value in row.values.values()):
            columns = min(COLUMNS, len(keys) + 1)
            figure = pictures.new_figure(4.2 * columns, 3.2 * lines)
            axes = figure.subplots(lines, columns, squeeze=False).ravel()
            for axis in axes[len(keys) + 1 :]:
                axis.set_visible(False)
            self._draw_one(axes[0], rows, [row.number for row in rows], "trial")
            axes[0].xaxis.get_major_locator().set_params(integer=True)
            self._draw_best_so_far(axes[0], rows)
            for axis, key in zip(axes[1:], keys, strict=False):
                self._draw_key(axis, rows, key)
            axes[0].legend(fontsize=8)
            figure.savefig(path, dpi=120)

    def _draw_one(self, axis: Any, rows: list[Row], places: list[float], label: str) -> None:
        for state, color in COLORS.items():
            points = [
                (place, row.outcome.score)
                for place, row in zip(places, rows, strict=True)
                if row.outcome.state == state
            ]
            if points:
                mark = "o" if state == "complete" else "x"
                axis.scatter(*zip(*points, strict=True), color=color, marker=mark, s=24, label=state)
        axis.set(xlabel=label, ylabel=self.name)
        axis.grid(alpha=0.3)

    def _draw_best_so_far(self, axis: Any, rows: list[Row]) -> None:
        better = min if is_minimized(self.score) else max
        complete = [row for row in rows if row.outcome.state == "complete"]
        best = [better(row.outcome.score for row in complete[: end + 1]) for end in range(len(complete))]
        axis.step([row.number for row in complete], best, where="post", color="#0b6e99", label="best so far")

    def _draw_key(self, axis: Any, rows: list[Row], key: str) -> None:
        dimension = self.space.dimensions[key]
        if isinstance(dimension, Range):
            self._draw_one(axis, rows, [row.values[key] for row in rows], key)
            if dimension.log:
                axis.set_xscale("log")
            elif dimension.whole:
                axis.xaxis.get_major_locator().set_params(integer=True)
            return
        names = list(map(shown, dimension.values))
        self._draw_one(axis, rows, [names.index(shown(row.values[key])) for row in rows], key)
        axis.set_xticks(range(len(names)), names, parse_math=False)


def shown(value: Any) -> str:
    """A value for people: of a fraction four digits."""
    return f"{value:.4g}" if isinstance(value, float) else pictures.one_line(str(value))
