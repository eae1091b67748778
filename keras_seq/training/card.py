"""card.md: what a run is, its data, its numbers, pictures, its worst examples, and how to use it."""

from __future__ import annotations

import html
import json
import shlex
import urllib.parse
from typing import Any

from keras_seq import pictures, reading
from keras_seq.answers import Answering
from keras_seq.answers.presentation import WorstExamples
from keras_seq.applications import APPLICATIONS
from keras_seq.formats import Example
from keras_seq.pictures import Picture
from keras_seq.recipe import Recipe
from keras_seq.run import Run
from keras_seq.training import card_parts
from keras_seq.training.card_parts import SHOWN_CHARACTERS, cell, fenced
from keras_seq.training.scoring import Scored

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
        *card_parts.drawn(run, "learning curves", lambda: [pictures.learning_curves(run.read_history())]),
        *card_parts.drawn(run, "pictures of the scores", lambda: last.scorer.pictures(last.metrics)),
        *card_parts.drawn(run, "pictures of the answers", lambda: model.pictures(requests)),
        *card_parts.drawn(run, "pictures of examples", lambda: _of_typical(last.scorer.typical(), model)),
    ]
    with pictures.spared(str(run.card_file)):
        parts = [
            f"# {cell(run.name)}",
            f"An LSTM model for **{recipe.application}** ({APPLICATIONS[recipe.application].about}), trained with "
            "keras_seq.",
            "## Data",
            card_parts.data(recipe, metrics),
            "## Numbers",
            *(f"{name}:\n\n{fenced(one.table)}" for name, one in scored.items()),
            *card_parts.chosen(metrics),
            card_parts.training(metrics["training"]),
            *drawn,
            f"## The {len(last.worst)} worst examples of the {split} split",
            _worst(run, model.worst_examples(last.worst)),
            "## Use",
            _use(run),
            "## Recipe",
            fenced(run.recipe_file.read_text(encoding="utf-8").rstrip("\n"), "yaml"),
        ]
        run.card_file.write_text("\n\n".join(parts) + "\n", encoding="utf-8", errors="replace")


def _of_typical(examples: list[tuple[str, Example]], model: Answering) -> list[Picture]:
    """Pictures of how named examples are answered; their raw inputs are read as the model takes them."""
    if not examples:
        return []
    return model.pictures_of(
        [(name, one, reading.contents(one.input, model.file_contents)) for name, one in examples]
    )


def _worst(run: Run, worst: WorstExamples) -> str:
    table = card_parts.table(worst.columns, [[*map(cell, row)] for row in worst.rows])
    if worst.page:
        page = PAGE.format(title=html.escape(run.name), body=worst.page)
        run.worst_examples_file.write_text(page, encoding="utf-8", errors="replace")
        name = run.worst_examples_file.name
        return f"In colour: [{name}]({name}).\n\n{table}"
    return table


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
        fenced("\n".join([*python, f"print(model([{example}]))"]), "python"),
        fenced("\n".join(commands)),
    ]
    return "\n\n".join(blocks)
