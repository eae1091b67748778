"""What cards are made of: texts and paths as Markdown, tables, pictures, and what was trained on what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from keras_seq import pictures
from keras_seq.pictures import Picture
from keras_seq.recipe import Recipe
from keras_seq.run_files import RunFiles
from keras_seq.sections import PATH, marked
from keras_seq.splits import SPLITS
from keras_seq.training.transfer import counted

SHOWN_CHARACTERS = 200  # of an input in a table


def drawn(run: RunFiles, what: str, made: Callable[[], Sequence[Picture]]) -> list[str]:
    """Draw pictures into a run; the parts of its card that show those that could be drawn.

    Args:
        run: where.
        what: is drawn, for a warning.
        made: gives the pictures.
    """
    parts: list[str] = []
    wanted: Sequence[Picture] = ()
    with pictures.spared(what):
        wanted = made()
    for picture in wanted:
        path = run.picture_file(picture.name)
        with pictures.spared(str(path)):
            picture.draw(path)
            parts += [picture.about] if picture.about else []
            parts.append(f"![{picture.name}]({path.name})")
            if picture.sound:
                sound = run.sound_file(picture.name)
                sound.write_bytes(picture.sound)
                player = f'<audio controls src="{sound.name}"></audio>'
                parts.append(f"{player} [{sound.name}]({sound.name})")
    return parts


def training(training: dict[str, Any]) -> str:
    """How a run was trained, in a line: "training" of its metrics."""
    by, decided = training["monitor"], training["decided_by"]
    if decided != by:
        by = f"{decided}, because {by} was the same in every epoch"
    batches = f"{training['batch_size']} examples a step"
    if "batch_budget" in training:
        batches = f"at most {training['batch_budget']:,} a step, padding included"
    return (
        f"Best of {training['epochs']} epochs on validation, by {by}: {training['best_epoch']}. "
        f"{training['parameters']:,} parameters, {batches}, "
        f"{training['seconds']:.0f} s of training at {training['examples_per_second']:,.0f} examples a second "
        f"(scoring included) on {_machine(training)}; finished {training['finished']}."
        f"{_started(training.get('started'))}"
    )


def _machine(training: dict[str, Any]) -> str:
    cores, workers = f"{training['cpu_cores']} CPU cores", training.get("workers", 1)
    return f"{workers} workers, the chief's machine with {cores}" if workers > 1 else cores


def _started(started: dict[str, Any] | None) -> str:
    """What a training started from, where that was a trained model."""
    if started is None:
        return ""
    return f" It started from {code(started['from'])}: {'; '.join(counted(started['entries']))}."


def chosen(metrics: dict[str, Any]) -> list[str]:
    """What the validation split decided after training, where it decided something."""
    names = ", ".join(f"{key} {value:.4g}" for key, value in metrics.get("serving", {}).items())
    return [f"Chosen on validation, so its scores flatter a little: {names}."] if names else []


def data(recipe: Recipe, metrics: dict[str, Any]) -> str:
    """A table of the splits: how many examples, and where they are from."""
    numbers = {"train": metrics["training"]} | {
        split: metrics[split] for split in SPLITS[1:] if split in metrics
    }
    rows = [[split, str(one["examples"]), _place(recipe, split)] for split, one in numbers.items()]
    return table(["split", "examples", "from"], rows)


def _place(recipe: Recipe, split: str) -> str:
    """Where a split is from: its file, its files, the part of train, or the built-in corpus."""
    place = recipe.data.get(split)
    if recipe.data.get("source") == "sample" or place is None:
        return "the built-in sample corpus"
    if isinstance(place, float):
        return f"this part of train: {place}"
    places = [code(str(one)) for one in (place if isinstance(place, list) else [place])]
    if split == "train":
        others = [key for key in marked(PATH, recipe.application, "data") if key not in SPLITS]
        places += [f"{key} {code(recipe.data[key])}" for key in others if recipe.data[key]]
    return " and ".join(places)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; its cells are Markdown, as `cell` and `code` give it."""
    lines = [f"| {' | '.join(cells)} |" for cells in (columns, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(columns), *lines[1:]])


def cell(text: str, shown: int = SHOWN_CHARACTERS) -> str:
    """A text as plain text of a Markdown table: one line, nothing of it read as Markdown, HTML or a formula.

    Args:
        text: any.
        shown: characters of it, at most.
    """
    short = text if len(text) <= shown else text[: shown - 1] + "…"
    short = short.replace("&", "&amp;").replace("$", "&#36;")
    for special in "\\|`*_<>[]~":
        short = short.replace(special, "\\" + special)
    return " ".join(short.split())


def code(text: str) -> str:
    """A path as inline code in a Markdown table."""
    ticks = "`" * (_longest_ticks(text) + 1)
    padding = " " if text[:1] == "`" or text[-1:] == "`" else ""
    line = " ".join(text.split()).replace("|", "\\|")
    return f"{ticks}{padding}{line}{padding}{ticks}"


def fenced(text: str, language: str = "") -> str:
    """A block of code, in a fence that nothing in it ends."""
    fence = "`" * max(_longest_ticks(text) + 1, 3)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest_ticks(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
