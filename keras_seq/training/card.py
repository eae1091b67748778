"""card.md: what a run is, its data, its numbers, pictures, its worst examples, and how to use it."""

from __future__ import annotations

import html
import json
import re
import shlex
import urllib.parse
from collections.abc import Callable, Sequence
from typing import Any

from keras_seq import pictures
from keras_seq.answers.answering import Attention
from keras_seq.applications import APPLICATIONS
from keras_seq.contract import Answer
from keras_seq.formats import Example
from keras_seq.recipe import Recipe
from keras_seq.run import Run
from keras_seq.tagging import Entity
from keras_seq.training import scoring

SHOWN_CHARACTERS = 200  # of an input in a table
# Light colours that people with any colour vision tell apart (Tol 2021), for the types of entities.
SPAN_COLORS = (
    "#99ddff",
    "#eedd88",
    "#ffaabb",
    "#bbcc33",
    "#ee8866",
    "#dddddd",
    "#44bb99",
    "#77aadd",
    "#aaaa00",
)
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
    looks: Callable[[], Sequence[Attention]] = tuple,
) -> None:
    """Write the card and its pictures into the run; what of it cannot be made is left out, with a warning.

    Args:
        run: where.
        recipe: resolved.
        metrics: scores by split, and "training" for how it was trained.
        worst: examples of the last split with their answers, worst first.
        spans: `Objective.spans`; where there are spans, a page shows them in colour.
        looks: gives, of a few inputs, where the model looked; a picture shows it.
    """
    split = "test" if "test" in metrics else "validation"
    drawn = _pictures(run, metrics[split])
    looked = _looked(run, looks)
    with pictures.spared(str(run.card_file)):
        parts = [
            f"# {_cell(run.name)}",
            f"An LSTM model for **{recipe.application}** ({APPLICATIONS[recipe.application]}), trained with keras_seq.",
            "## Data",
            _data(recipe, metrics),
            "## Numbers",
            *(
                f"{name}:\n\n{_fenced(scoring.table(metrics[name]))}"
                for name in ("validation", "test")
                if name in metrics
            ),
            *_chosen(metrics),
            _training(metrics["training"]),
            *(f"![{name.removesuffix('.png')}]({name})" for name in drawn),
            *looked,
            f"## The {len(worst)} worst examples of the {split} split",
            _worst(worst) if spans is None else _worst_spans(run, worst, spans),
            "## Use",
            _use(run, str(next(iter(run.read_requests().values()))[0])),
            "## Recipe",
            _fenced(run.recipe_file.read_text(encoding="utf-8").rstrip("\n"), "yaml"),
        ]
        run.card_file.write_text("\n\n".join(parts) + "\n", encoding="utf-8", errors="replace")


def _pictures(run: Run, scores: dict[str, Any]) -> list[str]:
    """The names of the pictures that could be drawn."""
    drawn: list[str] = []
    with pictures.spared(str(run.learning_curves_file)):
        drawn += pictures.learning_curves(run)
    classes = scores.get("classes", {})
    if "confusion_matrix" in scores and len(classes) <= scoring.MOST_CLASSES_IN_A_MATRIX:
        with pictures.spared(str(run.confusion_matrix_file)):
            drawn += pictures.confusion_matrix(run, scores["confusion_matrix"], list(classes))
    return drawn


def _looked(run: Run, looks: Callable[[], Sequence[Attention]]) -> list[str]:
    about = (
        "Where the model looks (a column a piece of the input) while it chooses each piece of its answer (a row), the "
        "darker the more:"
    )
    with pictures.spared(str(run.attention_file)):
        return [
            part for name in pictures.attention(run, looks()) for part in (about, f"![attention]({name})")
        ]
    return []


def _training(training: dict[str, Any]) -> str:
    by, decided = training["monitor"], training["decided_by"]
    if decided != by:
        by = f"{decided}, because {by} was the same in every epoch"
    return (
        f"Best of {training['epochs']} epochs on validation, by {by}: {training['best_epoch']}. "
        f"{training['parameters']:,} parameters, {training['batch_size']} examples a step, {training['seconds']:.0f} s "
        f"of training at {training['examples_per_second']:,.0f} examples a second (scoring included) on "
        f"{training['cpu_cores']} CPU cores; finished {training['finished']}."
    )


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
        return " and ".join(map(_code, place))
    phrases = recipe.data.get("phrases") if split == "train" else None
    more = f" and the phrases of {_code(phrases)}" if phrases else ""
    return f"this part of train: {place}" if isinstance(place, float) else f"{_code(str(place))}{more}"


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
        lists = (
            "; ".join(f"{text[e.start : e.end]} ({e.type})" for e in side) or "none"
            for side in (true, answered)
        )
        rows.append(f"| {' | '.join(map(_cell, lists))} | {_cell(text)} |")
        marked = (_marked(text, side, other, types) for side, other in ((true, answered), (answered, true)))
        page.append("<p><b>true</b> {}<br><b>answered</b> {}</p>".format(*marked))
    key = " ".join(
        f'<mark style="background:{color}">{html.escape(name)}</mark>' for name, color in types.items()
    )
    title = html.escape(run.name)
    page_text = PAGE.format(title=title, key=key, rows="\n".join(page))
    run.worst_examples_file.write_text(page_text, encoding="utf-8", errors="replace")
    return "\n".join(
        [f"In colour: [{run.worst_examples_file.name}]({run.worst_examples_file.name}).", "", *rows]
    )


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
    """A text as plain text of a Markdown table: one line, nothing of it read as Markdown, HTML or a formula."""
    short = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    short = short.replace("&", "&amp;").replace("$", "&#36;")
    for special in "\\|`*_<>[]~":
        short = short.replace(special, "\\" + special)
    return " ".join(short.split())


def _code(text: str) -> str:
    """A path as inline code in a Markdown table."""
    ticks = "`" * (_longest_ticks(text) + 1)
    padding = " " if text[:1] == "`" or text[-1:] == "`" else ""
    line = " ".join(text.split()).replace("|", "\\|")
    return f"{ticks}{padding}{line}{padding}{ticks}"


def _fenced(text: str, language: str = "") -> str:
    """A block of code, in a fence that nothing in it ends."""
    fence = "`" * max(_longest_ticks(text) + 1, 3)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest_ticks(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _use(run: Run, question: str) -> str:
    question = json.dumps(question[:SHOWN_CHARACTERS], ensure_ascii=False)
    folder, requests = shlex.quote(str(run.path)), shlex.quote(f"@{run.requests_file}")
    address = f"localhost:8501/v1/models/{urllib.parse.quote(run.name)}:predict"
    python = [
        "import keras_seq",
        "",
        f"model = keras_seq.load({json.dumps(str(run.path), ensure_ascii=False)})",
    ]
    commands = [
        f"python -m keras_seq.evaluate {folder}",
        f"python -m export {folder}",
        f"curl -d {requests} {address}   # where it is served",
    ]
    blocks = [
        _fenced("\n".join([*python, f"print(model([{question}]))"]), "python"),
        _fenced("\n".join(commands)),
    ]
    return "\n\n".join(blocks)
