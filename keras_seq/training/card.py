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
from keras_seq.answers import Answering
from keras_seq.answers.presentation import WorstExamples
from keras_seq.applications import APPLICATIONS
from keras_seq.pictures import Picture
from keras_seq.recipe import Recipe
from keras_seq.run import Run
from keras_seq.sections import PATH, marked
from keras_seq.splits import SPLITS
from keras_seq.training.scoring import Scored

SHOWN_CHARACTERS = 200  # of an input in a table
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}: worst examples</title><style>
body {{ font: 16px/1.9 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }}
b {{ display: inline-block; width: 5.5em; color: #666; font-weight: normal; }}
mark {{ padding: .15em .3em; border-radius: .25em; }} mark.wrong {{ border-bottom: 3px solid #cc0000; }}
small {{ color: #333; }} p {{ border-top: 1px solid #ddd; padding-top: .6em; margin: .6em 0; }}
</style></head><body><h1>{title}: worst examples</h1>
{body}
</body></html>
"""


def write(
    run: Run, recipe: Recipe, model: Answering, metrics: dict[str, Any], scored: dict[str, Scored]
) -> None:
    """Write the card and its pictures into the run; what of it cannot be made is left out, with a warning.

    Args:
        run: where.
        recipe: resolved.
        model: the run's.
        metrics: of the run: scores by split, and "training" for how it was trained.
        scored: the same scores with the worst examples, by split; the last is that of the report.
    """
    split, last = list(scored.items())[-1]
    requests = next(iter(run.read_requests().values()))
    drawn = [
        *_drawn(run, "learning curves", lambda: [pictures.learning_curves(run.read_history())]),
        *_drawn(run, "pictures of the scores", lambda: last.scorer.pictures(last.metrics)),
        *_drawn(run, "pictures of the answers", lambda: model.pictures(requests)),
    ]
    with pictures.spared(str(run.card_file)):
        parts = [
            f"# {_cell(run.name)}",
            f"An LSTM model for **{recipe.application}** ({APPLICATIONS[recipe.application].about}), trained with "
            "keras_seq.",
            "## Data",
            _data(recipe, metrics),
            "## Numbers",
            *(f"{name}:\n\n{_fenced(one.table)}" for name, one in scored.items()),
            *_chosen(metrics),
            _training(metrics["training"]),
            *drawn,
            f"## The {len(last.worst)} worst examples of the {split} split",
            _worst(run, model.worst_examples(last.worst)),
            "## Use",
            _use(run),
            "## Recipe",
            _fenced(run.recipe_file.read_text(encoding="utf-8").rstrip("\n"), "yaml"),
        ]
        run.card_file.write_text("\n\n".join(parts) + "\n", encoding="utf-8", errors="replace")


def _drawn(run: Run, what: str, made: Callable[[], Sequence[Picture]]) -> list[str]:
    """Draw pictures; the parts of the card that show those that could be drawn."""
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
    return parts


def _training(training: dict[str, Any]) -> str:
    by, decided = training["monitor"], training["decided_by"]
    if decided != by:
        by = f"{decided}, because {by} was the same in every epoch"
    return (
        f"Best of {training['epochs']} epochs on validation, by {by}: {training['best_epoch']}. "
        f"{training['parameters']:,} parameters, {training['batch_size']} examples a step, "
        f"{training['seconds']:.0f} s of training at {training['examples_per_second']:,.0f} examples a second "
        f"(scoring included) on {training['cpu_cores']} CPU cores; finished {training['finished']}."
    )


def _chosen(metrics: dict[str, Any]) -> list[str]:
    """What the validation split decided after training, where it decided something."""
    names = ", ".join(f"{key} {value:.4g}" for key, value in metrics.get("serving", {}).items())
    return [f"Chosen on validation, so its scores flatter a little: {names}."] if names else []


def _data(recipe: Recipe, metrics: dict[str, Any]) -> str:
    rows = [f"| train | {metrics['training']['examples']} | {_place(recipe, 'train')} |"]
    rows += [
        f"| {split} | {metrics[split]['examples']} | {_place(recipe, split)} |"
        for split in ("validation", "test")
        if split in metrics
    ]
    return "\n".join(["| split | examples | from |", "|---|---|---|", *rows])


def _place(recipe: Recipe, split: str) -> str:
    """Where a split is from: its file, its files, the part of train, or the built-in corpus."""
    place = recipe.data.get(split)
    if recipe.data.get("source") == "sample" or place is None:
        return "the built-in sample corpus"
    if isinstance(place, float):
        return f"this part of train: {place}"
    places = [_code(str(one)) for one in (place if isinstance(place, list) else [place])]
    if split == "train":
        others = [key for key in marked(PATH, recipe.application, "data") if key not in SPLITS]
        places += [f"{key} {_code(recipe.data[key])}" for key in others if recipe.data[key]]
    return " and ".join(places)


def _worst(run: Run, worst: WorstExamples) -> str:
    lines = [f"| {' | '.join(worst.columns)} |", "|" + "---|" * len(worst.columns)]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in worst.rows]
    if worst.page:
        page = PAGE.format(title=html.escape(run.name), body=worst.page)
        run.worst_examples_file.write_text(page, encoding="utf-8", errors="replace")
        name = run.worst_examples_file.name
        lines = [f"In colour: [{name}]({name}).", "", *lines]
    return "\n".join(lines)


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


def _use(run: Run) -> str:
    folder, requests = shlex.quote(str(run.path)), shlex.quote(f"@{run.requests_file}")
    address = f"localhost:8501/v1/models/{urllib.parse.quote(run.name)}:predict"
    example = json.dumps(run.example[:SHOWN_CHARACTERS], ensure_ascii=False)
    python = [
        "import keras_seq",
        "",
        f"model = keras_seq.load({json.dumps(str(run.path), ensure_ascii=False)})",
    ]
    if run.takes_files:
        python[:1] = ["import pathlib", "", "import keras_seq"]
        example = f"pathlib.Path({json.dumps(run.example, ensure_ascii=False)}).read_bytes()"
    commands = [
        f"python -m keras_seq.evaluate {folder}",
        f"python -m export {folder}",
        f"curl -d {requests} {address}   # where it is served",
    ]
    blocks = [
        _fenced("\n".join([*python, f"print(model([{example}]))"]), "python"),
        _fenced("\n".join(commands)),
    ]
    return "\n\n".join(blocks)
