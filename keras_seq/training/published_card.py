"""card.md of a model that is given away: like a run's, with examples of the publisher's own and no sentence of
the data.
"""

from __future__ import annotations

import json
import shlex
import urllib.parse
from typing import Any, NamedTuple

from keras_seq import pictures
from keras_seq.answers import Answering
from keras_seq.answers.presentation import input_text
from keras_seq.applications import APPLICATIONS
from keras_seq.formats import Answer
from keras_seq.recipe import Recipe
from keras_seq.run import Run
from keras_seq.training import card_parts
from keras_seq.training.card_parts import SHOWN_CHARACTERS, cell, code, fenced, table
from keras_seq.training.scoring import Scored

DIGITS = 3  # of the numbers in an answer


class Publication(NamedTuple):
    """What a card says of a model that is given away.

    Attributes:
        name: of the model.
        recipe: with the paths that the card shows.
        model: with the weights that are published.
        metrics: with "published".
        scored: the scores by split; the last is that of the pictures.
        answers: the model's, to the requests.
        history: of the training.
    """

    name: str
    recipe: Recipe
    model: Answering
    metrics: dict[str, Any]
    scored: dict[str, Scored]
    answers: list[Answer]
    history: list[dict[str, float]]


def write(to: Run, of: Publication) -> None:
    """Write the card and its pictures; what of it cannot be made is left out, with a warning.

    Args:
        to: the model's folder, with its recipe and its requests; `called` is what it is loaded by.
        of: what the card says.
    """
    last, about = list(of.scored.values())[-1], of.metrics["published"]
    ((_, requests),) = to.read_requests().items()
    drawn = [
        *card_parts.drawn(to, "learning curves", lambda: [pictures.learning_curves(of.history)]),
        *card_parts.drawn(to, "pictures of the scores", lambda: last.scorer.pictures(last.metrics)),
        *card_parts.drawn(to, "pictures of the answers", lambda: of.model.pictures(requests)),
    ]
    with pictures.spared(str(to.card_file)):
        parts = [
            f"# {cell(of.name)}",
            _about(of.recipe, about),
            f"**Licence of the data:** {cell(about['licence'], shown=len(about['licence']))}",
            "## Use",
            _use(to, of, requests),
            "## Examples",
            _examples(of, requests),
            "## Data",
            card_parts.data(of.recipe, of.metrics),
            "## Numbers",
            *(f"{split}:\n\n{fenced(one.table)}" for split, one in of.scored.items()),
            *card_parts.chosen(of.metrics),
            *_compared(of.metrics),
            card_parts.training(of.metrics["training"]),
            *drawn,
            "## Recipe",
            f"Trained again by{_in_directory(of)}:\n\n{fenced(about['command'])}",
            fenced(to.recipe_file.read_text(encoding="utf-8").rstrip("\n"), "yaml"),
        ]
        to.card_file.write_text("\n\n".join(parts) + "\n", encoding="utf-8", errors="replace")


def _in_directory(of: Publication) -> str:
    """What the command takes for granted."""
    needed = ", DIR being the folder of the data" if of.recipe.needs_files else ""
    started = of.metrics["training"].get("started")
    if started and of.recipe.training["init_from"] is None:
        needed += (
            f", and with --set training.init_from=RUN, RUN being {started['from']} that it started from,"
        )
    return needed


def _about(recipe: Recipe, about: dict[str, Any]) -> str:
    application = f"**{recipe.application}** ({APPLICATIONS[recipe.application].about})"
    return (
        f"An LSTM model for {application}, trained with keras_seq. Languages: {', '.join(about['languages'])}. "
        f"{about['bytes'] / 1e6:.1f} MB, {about['weights']} weights. Published on {about['date']} by keras_seq "
        f"{about['version']}."
    )


def _use(to: Run, of: Publication, requests: list[str | bytes]) -> str:
    model = shlex.quote(to.called)
    directory = " --directory DIR" if of.recipe.needs_files else ""
    takes_files = isinstance(requests[0], bytes)
    text = str(requests[0])[:SHOWN_CHARACTERS]
    example = 'pathlib.Path("FILE").read_bytes()' if takes_files else json.dumps(text, ensure_ascii=False)
    python = [
        *(["import pathlib", ""] if takes_files else []),
        "import keras_seq",
        "",
        f"model = keras_seq.load({json.dumps(to.called, ensure_ascii=False)})",
        f"print(model([{example}]))",
    ]
    address = f"localhost:8501/v1/models/{urllib.parse.quote(of.name)}:predict"
    commands = [
        f"python -m keras_seq.predict {model} {'FILE' if takes_files else shlex.quote(text)}",
        f"python -m keras_seq.evaluate {model}{directory}",
        f"python -m export {model}",
        f"curl -d @requests.json {address}   # where it is served; the file is beside this card",
    ]
    return "\n\n".join([fenced("\n".join(python), "python"), fenced("\n".join(commands))])


def _examples(of: Publication, requests: list[str | bytes]) -> str:
    rows = []
    for raw, answer in zip(requests, of.answers, strict=True):
        readable = rounded(of.model.readable(raw, answer), DIGITS)
        rows.append([cell(input_text(raw)), code(json.dumps(readable, ensure_ascii=False))])
    return table(["input", "answer"], rows)


def _compared(metrics: dict[str, Any]) -> list[str]:
    """The scores by weights and by seeds; no table where there is one of them alone."""
    about = metrics["published"]
    splits = list(about["float32"])
    score = next(iter(metrics["validation"]))
    parts = []
    if about["weights"] != "float32":
        rows = {"float32": about["float32"], about["weights"]: {s: metrics[s][score] for s in splits}}
        parts.append(_scores("weights", score, splits, rows))
    if len(about["seeds"]) > 1:
        text = f"Of {len(about['seeds'])} seeds, the one with the best {score} on validation is published:"
        parts += [text, _scores("seed", score, splits, about["seeds"])]
    return parts


def _scores(what: str, score: str, splits: list[str], rows: dict[str, dict[str, float]]) -> str:
    columns = [what, *(f"{split} {cell(score)}" for split in splits)]
    return table(columns, [[name, *(f"{row[s]:.4f}" for s in splits)] for name, row in rows.items()])


def rounded(value: Any, digits: int) -> Any:
    """A value of Python's own kinds with its floats rounded, also in lists and dicts."""
    if isinstance(value, dict):
        return {key: rounded(inner, digits) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner, digits) for inner in value]
    return round(value, digits) if isinstance(value, float) else value
