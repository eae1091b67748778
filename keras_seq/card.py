"""card.md: what a run is, its data, its numbers, pictures, its worst examples, and how to use it."""

from __future__ import annotations

import html
import json
import math
import shlex
import urllib.parse
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.figure
import numpy as np

from keras_seq import scoring
from keras_seq.applications import APPLICATIONS
from keras_seq.formats import Example
from keras_seq.layers.answers import Attention
from keras_seq.pipeline import Answer
from keras_seq.recipe import Recipe
from keras_seq.run import Run
from keras_seq.tagging import Entity

SHOWN_CHARACTERS = 200  # of an input in a table
MOST_SHOWN_PIECES = 60  # of an input or an answer whose attention is drawn
# Light colours that people with any colour vision tell apart (Tol 2021), for the types of entities.
SPAN_COLORS = ("#99ddff", "#eedd88", "#ffaabb", "#bbcc33", "#ee8866", "#dddddd", "#44bb99", "#77aadd", "#aaaa00")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}: worst examples</title><style>
body {{ font: 16px/1.9 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }}
b {{ display: inline-block; width: 5.5em; color: #666; font-weight: normal; }}
mark {{ padding: .15em .3em; border-radius: .25em; }} mark.wrong {{ border-bottom: 3px solid #cc0000; }}
small {{ color: #333; }} p {{ border-top: 1px solid #ddd; padding-top: .6em; margin: .6em 0; }}
</style></head><body><h1>{title}: worst examples</h1>
<div>{key} Underlined in red: a true entity that was not answered, or an answered one that is not true.</div>
{rows}
</body></html>
"""


def write(
    run: Run,
    recipe: Recipe,
    metrics: dict[str, Any],
    worst: list[tuple[Example, Answer]],
    spans: Callable[[Example, Answer], tuple[list[Entity], list[Entity]]] | None = None,
    looks: Sequence[Attention] = (),
) -> None:
    """Write the card and its pictures into the run.

    Args:
        run: where.
        recipe: resolved.
        metrics: scores by split, and "training" for how it was trained.
        worst: examples of the last split with their answers, worst first.
        spans: `Objective.spans`; where there are spans, a page shows them in colour.
        looks: of a few inputs, where the model looked; a picture shows it.
    """
    split = "test" if "test" in metrics else "validation"
    pictures = [_learning_curves(run)]
    if "confusion_matrix" in metrics[split] and len(metrics[split]["classes"]) <= scoring.MOST_CLASSES_IN_A_MATRIX:
        pictures.append(_confusion_matrix(run, metrics[split]))
    training = metrics["training"]
    parts = [
        f"# {run.name}",
        f"An LSTM model for **{recipe.application}** ({APPLICATIONS[recipe.application]}), trained with keras_seq.",
        "## Data",
        _data(recipe, metrics),
        "## Numbers",
        *(f"{name}:\n\n```\n{scoring.table(metrics[name])}\n```" for name in ("validation", "test") if name in metrics),
        *_chosen(metrics),
        f"Best of {training['epochs']} epochs on validation: {training['best_epoch']}. {training['parameters']:,} "
        f"parameters, {training['seconds']:.0f} s of training at {training['examples_per_second']:,.0f} examples "
        f"a second (scoring included) on {training['cpu_cores']} CPU cores; finished {training['finished']}.",
        *(f"![{name.removesuffix('.png')}]({name})" for name in pictures),
        *_attention(run, looks),
        f"## The {len(worst)} worst examples of the {split} split",
        _worst(worst) if spans is None else _worst_spans(run, worst, spans),
        "## Use",
        _use(run, str(next(iter(run.read_requests().values()))[0])),
        "## Recipe",
        f"```yaml\n{run.recipe_file.read_text(encoding='utf-8')}```",
    ]
    run.card_file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _chosen(metrics: dict[str, Any]) -> list[str]:
    """What the validation split decided after training, where it decided something."""
    names = ", ".join(f"{key} {value:.4g}" for key, value in metrics.get("serving", {}).items())
    return [f"Chosen on validation, whose scores are so much the better for it: {names}."] if names else []


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
    if isinstance(place, list):
        return " and ".join(f"`{path}`" for path in place)
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


def _worst_spans(run: Run, worst: list[tuple[Example, Answer]], spans: Callable) -> str:
    """The table of the card, and the page that shows the same in colour."""
    rows, page = ["| true | answered | input |", "|---|---|---|"], []
    types: dict[str, str] = {}
    for example, answer in worst:
        text, (true, answered) = str(example.input), spans(example, answer)
        for entity in sorted({*true, *answered}, key=lambda entity: entity.type):
            types.setdefault(entity.type, SPAN_COLORS[len(types) % len(SPAN_COLORS)])
        lists = ("; ".join(f"{text[e.start : e.end]} ({e.type})" for e in side) or "none" for side in (true, answered))
        rows.append(f"| {' | '.join(map(_cell, lists))} | {_cell(text)} |")
        marked = (_marked(text, side, other, types) for side, other in ((true, answered), (answered, true)))
        page.append("<p><b>true</b> {}<br><b>answered</b> {}</p>".format(*marked))
    key = " ".join(f'<mark style="background:{color}">{html.escape(name)}</mark>' for name, color in types.items())
    title = html.escape(run.name)
    run.worst_examples_file.write_text(PAGE.format(title=title, key=key, rows="\n".join(page)), encoding="utf-8")
    return "\n".join([f"In colour: [{run.worst_examples_file.name}]({run.worst_examples_file.name}).", "", *rows])


def _marked(text: str, entities: list[Entity], others: list[Entity], colors: dict[str, str]) -> str:
    """A text as HTML, its entities in the colours of their types, those that the other side lacks underlined."""
    pieces, end = [], 0
    for entity in entities:
        wrong = "" if entity in others else ' class="wrong"'
        inside = f"{html.escape(text[entity.start : entity.end])} <small>{html.escape(entity.type)}</small>"
        mark = f'<mark{wrong} style="background:{colors[entity.type]}">{inside}</mark>'
        pieces += [html.escape(text[end : entity.start]), mark]
        end = entity.end
    return "".join([*pieces, html.escape(text[end:])])


def _cell(text: str) -> str:
    short = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    short = short.replace("&", "&amp;")
    for special in "\\|`*_<>[]~":
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
    names = [name.removeprefix("val_") for name in history[0] if name.startswith("val_")]
    figure = matplotlib.figure.Figure(figsize=(4.5 * len(names), 3.2), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    epochs = [row["epoch"] for row in history]
    for axis, name in zip(axes, names, strict=True):
        if name in history[0]:  # else only answers to the validation split are scored by it
            axis.plot(epochs, [row[name] for row in history], "o-", label="train", color="#8a8a8a")
        axis.plot(epochs, [row[f"val_{name}"] for row in history], "o-", label="validation", color="#0b6e99")
        axis.set(title=name, xlabel="epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
        axis.legend()
    figure.savefig(run.learning_curves_file, dpi=120)
    return run.learning_curves_file.name


def _attention(run: Run, looks: Sequence[Attention]) -> list[str]:
    looks = [look for look in looks if look.target and max(map(len, look[:2])) <= MOST_SHOWN_PIECES]
    if not looks:
        return []
    sizes = [(0.3 * len(look.source) + 1.2, 0.3 * len(look.target) + 1.2) for look in looks]
    widths, heights = zip(*sizes, strict=True)
    figure = matplotlib.figure.Figure(figsize=(sum(widths), max(heights)), layout="constrained")
    for axis, look in zip(figure.subplots(1, len(looks), squeeze=False, width_ratios=widths)[0], looks, strict=True):
        axis.imshow(look.weights, cmap="Blues", vmin=0, vmax=1)
        axis.xaxis.tick_top()
        axis.set_xticks(range(len(look.source)), look.source, rotation=90, parse_math=False)
        axis.set_yticks(range(len(look.target)), look.target, parse_math=False)
    figure.savefig(run.attention_file, dpi=120)
    return [
        "Where the model looks (a column a piece of the input) while it chooses each piece of its answer (a row), the "
        "darker the more:",
        f"![attention]({run.attention_file.name})",
    ]


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
