"""card.md: what a run is, its data, its numbers, pictures, its worst examples, and how to use it."""

from __future__ import annotations

import json
import math
import shlex
import urllib.parse
from typing import Any

import matplotlib.figure
import numpy as np

from keras_seq import scoring
from keras_seq.applications import APPLICATIONS
from keras_seq.formats import Example
from keras_seq.pipeline import Answer
from keras_seq.recipe import Recipe
from keras_seq.run import Run

SHOWN_CHARACTERS = 200  # of an input in a table


def write(run: Run, recipe: Recipe, metrics: dict[str, Any], worst: list[tuple[Example, Answer]]) -> None:
    """Write the card and its pictures into the run.

    Args:
        run: where.
        recipe: resolved.
        metrics: scores by split, and "training" for how it was trained.
        worst: examples of the last split with their answers, worst first.
    """
    split = "test" if "test" in metrics else "validation"
    pictures = [_learning_curves(run)]
    if 0 < len(metrics[split].get("classes", {})) <= scoring.MOST_CLASSES_IN_A_MATRIX:
        pictures.append(_confusion_matrix(run, metrics[split]))
    training = metrics["training"]
    parts = [
        f"# {run.name}",
        f"An LSTM model for **{recipe.application}** ({APPLICATIONS[recipe.application]}), trained with keras_seq.",
        "## Data",
        _data(recipe, metrics),
        "## Numbers",
        *(f"{name}:\n\n```\n{scoring.table(metrics[name])}\n```" for name in ("validation", "test") if name in metrics),
        f"Best of {training['epochs']} epochs on validation: {training['best_epoch']}. {training['parameters']:,} "
        f"parameters, {training['seconds']:.0f} s of training at {training['examples_per_second']:,.0f} examples "
        f"a second (scoring included) on {training['cpu_cores']} CPU cores; finished {training['finished']}.",
        *(f"![{name.removesuffix('.png')}]({name})" for name in pictures),
        f"## The {len(worst)} worst examples of the {split} split",
        _worst(worst),
        "## Use",
        _use(run, str(next(iter(run.read_requests().values()))[0])),
        "## Recipe",
        f"```yaml\n{run.recipe_file.read_text(encoding='utf-8')}```",
    ]
    run.card_file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _data(recipe: Recipe, metrics: dict[str, Any]) -> str:
    rows = [f"| train | {metrics['training']['examples']} | {_place(recipe, 'train')} |"]
    rows += [
        f"| {split} | {metrics[split]['examples']} | {_place(recipe, split)} |"
        for split in ("validation", "test")
        if split in metrics
    ]
    return "\n".join(["| split | examples | from |", "|---|---|---|", *rows])


def _place(recipe: Recipe, split: str) -> str:
    if recipe.data.get("source") == "sample":
        return "the built-in sample corpus"
    place = recipe.data.get(split)
    phrases = (
        f" and the phrases of `{recipe.data['phrases']}`" if split == "train" and recipe.data.get("phrases") else ""
    )
    return f"this part of train: {place}" if isinstance(place, float) else f"`{place}`{phrases}"


def _worst(worst: list[tuple[Example, Answer]]) -> str:
    rows = ["| truth | answer | input |", "|---|---|---|"]
    for example, answer in worst:
        given = ", ".join(f"{v:.3f}" if isinstance(v, float) else str(v) for v in list(answer.values())[:2])
        rows.append(f"| {_cell(example.truth)} | {_cell(given)} | {_cell(str(example.input))} |")
    return "\n".join(rows)


def _cell(text: str) -> str:
    short = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    for special in "\\|`*_<>[]":
        short = short.replace(special, "\\" + special)
    return " ".join(short.split())


def _use(run: Run, question: str) -> str:
    question = json.dumps(question[:SHOWN_CHARACTERS], ensure_ascii=False)
    folder, requests = shlex.quote(str(run.path)), shlex.quote(f"@{run.requests_file}")
    address = f"localhost:8501/v1/models/{urllib.parse.quote(run.name)}:predict"
    return "\n".join(
        [
            "```python",
            "import keras_seq",
            "",
            f"model = keras_seq.load({json.dumps(str(run.path), ensure_ascii=False)})",
            f"print(model([{question}]))",
            "```",
            "",
            "```",
            f"python -m keras_seq.evaluate {folder}",
            f"python -m export {folder}",
            f"curl -d {requests} {address}   # where it is served",
            "```",
        ]
    )


def _learning_curves(run: Run) -> str:
    history = run.read_history()
    names = [name for name in history[0] if f"val_{name}" in history[0]]
    figure = matplotlib.figure.Figure(figsize=(4.5 * len(names), 3.2), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    epochs = [row["epoch"] for row in history]
    for axis, name in zip(axes, names, strict=True):
        axis.plot(epochs, [row[name] for row in history], "o-", label="train", color="#8a8a8a")
        axis.plot(epochs, [row[f"val_{name}"] for row in history], "o-", label="validation", color="#0b6e99")
        axis.set(title=name, xlabel="epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
        axis.legend()
    figure.savefig(run.learning_curves_file, dpi=120)
    return run.learning_curves_file.name


def _confusion_matrix(run: Run, metrics: dict[str, Any]) -> str:
    matrix, classes = np.array(metrics["confusion_matrix"]), list(metrics["classes"])
    side = max(3.2, 0.45 * len(classes) + 1.5)
    figure = matplotlib.figure.Figure(figsize=(side + 0.3, side), layout="constrained")
    axis = figure.subplots()
    parts = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axis.imshow(parts, cmap="Blues", vmin=0, vmax=1)
    for (row, column), number in np.ndenumerate(matrix):
        color = "white" if parts[row, column] > 0.5 else "black"
        axis.text(
            column,
            row,
            str(number),
            ha="center",
            va="center",
            color=color,
            fontsize=min(11, 60 / math.sqrt(side * len(classes))),
        )
    rotation = 90 if len(classes) > 6 else 0
    axis.set_xticks(range(len(classes)), classes, rotation=rotation)
    axis.set_yticks(range(len(classes)), classes)
    axis.set(xlabel="answer", ylabel="truth")
    figure.savefig(run.confusion_matrix_file, dpi=120)
    return run.confusion_matrix_file.name
