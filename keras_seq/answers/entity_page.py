"""Entities of texts, true and answered, side by side in colour: the body of an HTML page."""

from __future__ import annotations

import html
from typing import NamedTuple

from keras_seq import tagging
from keras_seq.formats import Answer, Example
from keras_seq.tagging import Entity

# Light colours that people with any colour vision tell apart (Tol 2021), for the types of entities.
COLORS = "#99ddff #eedd88 #ffaabb #bbcc33 #ee8866 #dddddd #44bb99 #77aadd #aaaa00".split()
LEGEND = "Underlined in red: a true entity that was not answered, or an answered one that is not true."


class Compared(NamedTuple):
    """A text with its true and its answered entities."""

    text: str
    true: list[Entity]
    answered: list[Entity]


def compared(example: Example, answer: Answer) -> Compared:
    """An example and its answer, lined up."""
    found = tagging.entities_in(example.input, answer)
    answered = [Entity(one["start"], one["end"], one["type"]) for one in found]
    return Compared(example.input, tagging.spans(tagging.decode(example.truth)), answered)


def listed(text: str, entities: list[Entity]) -> str:
    """Entities in one line."""
    return "; ".join(f"{text[one.start : one.end]} ({one.type})" for one in entities) or "none"


def page(rows: list[Compared]) -> str:
    """The body of the page: a legend, and two lines for each text."""
    colors: dict[str, str] = {}
    for row in rows:
        for entity in sorted({*row.true, *row.answered}, key=lambda entity: entity.type):
            colors.setdefault(entity.type, COLORS[len(colors) % len(COLORS)])
    key = " ".join(
        f'<mark style="background:{color}">{html.escape(kind)}</mark>' for kind, color in colors.items()
    )
    lines = []
    for row in rows:
        true = _marked(row.text, row.true, row.answered, colors)
        answered = _marked(row.text, row.answered, row.true, colors)
        lines.append(f"<p><b>true</b> {true}<br><b>answered</b> {answered}</p>")
    return "\n".join([f"<div>{key} {LEGEND}</div>", *lines])


def _marked(text: str, entities: list[Entity], others: list[Entity], colors: dict[str, str]) -> str:
    """A text with its entities in the colours of their types, those that the other side lacks underlined."""
    pieces, end = [], 0
    for entity in entities:
        wrong = "" if entity in others else ' class="wrong"'
        name = html.escape(text[entity.start : entity.end])
        mark = (
            f'<mark{wrong} style="background:{colors[entity.type]}">{name} <small>{html.escape(entity.type)}'
        )
        pieces += [html.escape(text[end : entity.start]), f"{mark}</small></mark>"]
        end = entity.end
    return "".join([*pieces, html.escape(text[end:])])
