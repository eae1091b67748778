"""The entities that people say are in texts -> the truths that a tagger is trained on, or what is wrong with
them.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Mapping, Sequence
from typing import Any

from keras_seq import tagging
from keras_seq.answers.presentation import known
from keras_seq.errors import DataError
from keras_seq.tagging import Entity, TaggedToken

FORM = 'a list for each text, of {"start": 0, "end": 3, "type": "person"} or (0, 3, "person")'
KEYS = ("start", "end", "type")


def entity_truth(given: Any, place: int, types: Sequence[str], text: str | None = None) -> str:
    """The entities of one text -> its truth, as `tagging.encode` makes them.

    Args:
        given: a list of dicts, which may have more keys, or of tuples; `start` and `end` in code points, `end`
            behind the last one; or a truth.
        place: of the text among others, for what is said of it.
        types: the entity types of the model.
        text: where the entities are; left out, places are not compared with it.

    Raises:
        TypeError: when it is of another form.
        DataError: when an entity is not within the text, overlaps another, or is of an unknown type.

    Example:
        >>> entity_truth([(0, 12, "person")], 0, ["person"], "Ada Lovelace wrote")
        '0\\t12\\tB-person'
    """
    if isinstance(given, str | bytes):
        truth = given.decode() if isinstance(given, bytes) else given
        entities = _of_truth(truth, place)
    else:
        entities = sorted(_entity(one, place) for one in _listed(given, place))
        truth = tagging.encode(TaggedToken(one.start, one.end, f"B-{one.type}") for one in entities)
    for entity in entities:
        _check(entity, place, types, text)
    for one, other in itertools.pairwise(entities):
        if other.start < one.end:
            raise DataError(f"text {place}: {tuple(one)} and {tuple(other)} overlap; a token has one entity")
    return truth


def _of_truth(truth: str, place: int) -> list[Entity]:
    try:
        return tagging.spans(tagging.decode(truth))
    except ValueError:
        raise DataError(f"text {place}: expected its entities, {FORM}; given {truth[:40]!r}") from None


def _listed(given: Any, place: int) -> list:
    if given is None or isinstance(given, Mapping) or not hasattr(given, "__iter__"):
        raise TypeError(f"entry {place} is no list of entities: {given!r}; expected {FORM}")
    return list(given)


def _entity(given: Any, place: int) -> Entity:
    values: Any = [given.get(key) for key in KEYS] if isinstance(given, Mapping) else given
    try:
        start, end, type = values
        if isinstance(type, str):
            return Entity(operator.index(start), operator.index(end), type)
    except (TypeError, ValueError):
        pass
    raise TypeError(f"text {place}: {given!r} is no entity; expected {FORM}")


def _check(entity: Entity, place: int, types: Sequence[str], text: str | None) -> None:
    if entity.type not in types:
        raise DataError(f"text {place}: entity type {entity.type!r} is none of {known(entity.type, types)}")
    end = "the end" if text is None else f"{len(text)} code points"
    if not 0 <= entity.start < entity.end <= (entity.end if text is None else len(text)):
        raise DataError(
            f"text {place}: {tuple(entity)} is no place in it; expected 0 <= start < end <= {end}"
        )
