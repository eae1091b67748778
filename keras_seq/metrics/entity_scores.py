"""Scores of answers that are entities of a text."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence, Set
from typing import Any, NamedTuple

import numpy as np
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

from keras_seq import tagging
from keras_seq.formats import Answer, Example
from keras_seq.metrics import report
from keras_seq.metrics.scorer import Scorer
from keras_seq.tagging import Entity, TaggedToken

CALIBRATION_BINS = 10


class TaggedAnswer(NamedTuple):
    """What the score of entities needs of one answer.

    Attributes:
        true: IOB2 tags, one a unit.
        answered: the tags that were answered, for the same units.
        found: of every true entity its `surface`, and whether it was answered.
        right: of every answered entity its score, and whether it is true.
    """

    true: list[str]
    answered: list[str]
    found: list[tuple[str, bool]]
    right: list[tuple[float, bool]]

    @classmethod
    def of(cls, text: str, tokens: list[TaggedToken], entities: Sequence[dict[str, Any]]) -> TaggedAnswer:
        """Line up the truth and an answer.

        Where the true tokens make up the whole text and some are outside or inside (CoNLL columns), they are
        the units, and a token that an answered entity touches belongs to it, to the first one where there are
        two. Elsewhere (entities by their offsets) the text is cut at every start and end of a true and an
        answered entity, so that equal means equal offsets.

        Args:
            text: the raw input.
            tokens: its true tokens.
            entities: the answered ones: `start` and `end` in code points, `type`, `score`.
        """
        answered = [Entity(e["start"], e["end"], e["type"]) for e in entities]
        true = tagging.spans(tokens)
        if _make_up(text, tokens):
            units = [(token.start, token.end) for token in tokens]
        else:
            places = sorted({place for entity in (*true, *answered) for place in entity[:2]})
            units = list(itertools.pairwise(places))
        true_units, answered_units = _in_units(true, units), _in_units(answered, units)
        return cls(
            true=tagging.iob2(filter(None, true_units), len(units)),
            answered=tagging.iob2(filter(None, answered_units), len(units)),
            found=[
                (tagging.surface(text, one), unit in answered_units)
                for one, unit in zip(true, true_units, strict=True)
            ],
            right=[
                (e["score"], unit in true_units) for e, unit in zip(entities, answered_units, strict=True)
            ],
        )

    @property
    def mistakes(self) -> int:
        """True entities that were not answered, and answered ones that are not true."""
        return sum(not there for _, there in (*self.found, *self.right))


def entities(records: list[TaggedAnswer], seen: Set[str]) -> dict[str, Any]:
    """Precision, recall and F1 of whole entities, overall and a type, from seqeval in strict mode.

    An entity is right where its start, its end and its type are: what conlleval counts (Tjong Kim Sang and De
    Meulder 2003).

    Args:
        records: of every example.
        seen: the surfaces of the entities of the training split.

    Returns:
        `f1` first; `unseen_recall` is the recall of entities whose surface training never had (Augenstein et
        al. 2017); `calibration_error` the mean distance of an entity's score from the part of entities with
        such scores that is right, in ten bins (Guo et al. 2017).
    """
    kinds = sorted({tag[2:] for record in records for tag in (*record.true, *record.answered) if tag != "O"})
    # seqeval reads tags: it would take the types "x-", "-x" and "x" for one, and "-" for "_".
    codes = {"O": "O"} | {
        f"{part}-{kind}": f"{part}-{number:06}" for number, kind in enumerate(kinds) for part in "BI"
    }
    true, answered = (
        [[codes[tag] for tag in tags] for tags in rows]
        for rows in ([record.true for record in records], [record.answered for record in records])
    )
    rows: dict[str, tuple] = {}
    precision, recall, f1, support = 0.0, 0.0, 0.0, 0
    if kinds:
        score = functools.partial(
            precision_recall_fscore_support, true, answered, scheme=IOB2, zero_division=0
        )
        rows = dict(zip(kinds, zip(*score(average=None), strict=True), strict=True))
        precision, recall, f1, support = score(average="micro")
    unseen = [found for record in records for name, found in record.found if name not in seen]
    return {
        "f1": float(f1),
        "precision": float(precision),
        "recall": float(recall),
        "unseen_recall": float(np.mean(unseen)) if unseen else 0.0,
        "calibration_error": _calibration_error([pair for record in records for pair in record.right]),
        "examples": len(records),
        "entities": int(support),
        "unseen_entities": len(unseen),
        "classes": {
            name: {"precision": float(p), "recall": float(r), "f1": float(f), "examples": int(n)}
            for name, (p, r, f, n) in rows.items()
        },
    }


class EntityScorer(Scorer):
    """Scores of the outputs `tags`, `starts`, `ends` and `scores`: see `entities`."""

    def __init__(self, classes: Sequence[str] = (), seen: Set[str] = frozenset()) -> None:
        super().__init__(classes, seen)
        self._records: list[TaggedAnswer] = []

    def add(self, example: Example, answer: Answer) -> float:
        """Count an answer; its error is the number of its mistakes."""
        found = tagging.entities_in(example.input, answer)
        self._records.append(TaggedAnswer.of(example.input, tagging.decode(example.truth), found))
        return float(self._records[-1].mistakes)

    def scores(self) -> dict[str, Any]:
        """See `entities`."""
        return entities(self._records, self.seen)

    def table(self, scores: dict[str, Any]) -> str:
        """The numbers and the entity types."""
        parts = [super().table(scores)]
        if scores["classes"]:
            parts.append(report.class_table(scores["classes"]))
        return "\n\n".join(parts)


def _calibration_error(scored: list[tuple[float, bool]]) -> float:
    if not scored:
        return 0.0
    scores, right = np.array(scored, "float64").T
    bins = np.minimum((scores * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return float(
        sum(abs((scores - right)[bins == one].sum()) for one in range(CALIBRATION_BINS)) / len(scored)
    )


def _make_up(text: str, tokens: list[TaggedToken]) -> bool:
    """Whether tokens, with one character between, are the whole text; entities alone (JSON lines) all have B
    tags.
    """
    ends = [-1, *(token.end for token in tokens)]
    return (
        any(token.tag[0] != "B" for token in tokens)
        and ends[-1] == len(text)
        and all(t.start == end + 1 for t, end in zip(tokens, ends, strict=False))
    )


def _in_units(entities: list[Entity], units: list[tuple[int, int]]) -> list[Entity | None]:
    """Entities of a text, in order, as entities of the units that they touch; None where no unit is left for
    one.
    """
    found: list[Entity | None] = []
    free = 0
    for entity in entities:
        touched = [
            n
            for n, (start, end) in enumerate(units)
            if n >= free and start < entity.end and end > entity.start
        ]
        found.append(Entity(touched[0], touched[-1] + 1, entity.type) if touched else None)
        free = max(free, touched[-1] + 1 if touched else 0)
    return found
