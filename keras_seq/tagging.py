"""Tags of tokens <-> entities, in the schemes IOB1, IOB2 and IOBES, and tagged tokens <-> the truth of an
example.

Two persons side by side, of three tokens and of one:

    IOB1   I-PER I-PER I-PER B-PER    B- only where an entity directly follows another of its type
    IOB2   B-PER I-PER I-PER B-PER    also called BIO
    IOBES  B-PER I-PER E-PER S-PER    also BIOES; BILOU (L for E, U for S) and BMEWO (M for I, W for S) are read alike

Source: Ramshaw and Marcus 1995; Tjong Kim Sang and Veenstra 1999; Ratinov and Roth 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from keras_seq.errors import RecipeError

SCHEMES = ("IOB1", "IOB2", "IOBES")
OUTSIDE_ID, PADDING_ID = 0, -1  # of tags; those of the types follow, see `tag_names`
_PARTS = {"IOBES": "BIES", "IOB2": "BIIB"}  # the letters of a type's four ids
_IOB = {"B": "B", "I": "I"}
_LETTERS = {
    "IOB1": _IOB,
    "IOB2": _IOB,
    "IOBES": {**_IOB, "E": "E", "S": "S", "L": "E", "U": "S", "M": "I", "W": "S"},
}


class Entity(NamedTuple):
    """From `start` to before `end`, counted in tags or in code points of a text."""

    start: int
    end: int
    type: str


class TaggedToken(NamedTuple):
    """From code point `start` of a text to before `end`, with an IOB2 tag."""

    start: int
    end: int
    tag: str


class TagError(ValueError):
    """A sequence of tags is not legal in its scheme; `position` is the index of the tag that breaks it."""

    def __init__(self, position: int, given: str, expected: str) -> None:
        super().__init__(f"{given}; {expected}")
        self.position, self.given, self.expected = position, given, expected


class _Tag(NamedTuple):
    letter: str  # of B, I, E, S, O
    type: str  # empty for O


_OUTSIDE = _Tag("O", "")


def entities(tags: Sequence[str], scheme: str) -> list[Entity]:
    """The entities of a sentence's tags; `start` and `end` count tags.

    Args:
        tags: "O", or a letter and a type, as in "B-PER".
        scheme: one of `SCHEMES`.

    Raises:
        TagError: at the first tag that cannot stand where it is; the message names the scheme in which it
            could.
        RecipeError: when there is no such scheme.

    Example:
        >>> entities(["B-PER", "I-PER", "O"], "IOB2")
        [Entity(start=0, end=2, type='PER')]
    """
    if scheme not in SCHEMES:
        names = "IOB1, IOB2 (also called BIO) or IOBES (BIOES, BILOU, BMEWO)"
        raise RecipeError(f"data.scheme: unknown scheme {scheme!r}; expected {names}")
    try:
        return _entities(tags, scheme)
    except TagError as error:
        fits = next(
            (f"; it is {s} (data.scheme: {s})" for s in SCHEMES if s != scheme and _is_legal(tags, s)), ""
        )
        raise TagError(error.position, error.given + fits, error.expected) from None


def iob2(entities: Iterable[Entity], count: int) -> list[str]:
    """The IOB2 tags of `count` tokens that hold the entities.

    Raises:
        ValueError: when an entity is empty, out of range, or overlaps another.
    """
    tags = ["O"] * count
    for entity in entities:
        if not 0 <= entity.start < entity.end <= count:
            raise ValueError(f"{entity} is not within {count} tokens")
        if set(tags[entity.start : entity.end]) != {"O"}:
            raise ValueError(f"{entity} overlaps another entity")
        tags[entity.start] = f"B-{entity.type}"
        tags[entity.start + 1 : entity.end] = [f"I-{entity.type}"] * (entity.end - entity.start - 1)
    return tags


def encode(tokens: Iterable[TaggedToken]) -> str:
    """The truth of an `Example`: a line a token, its start, end and tag with tabs between; "" when there are
    none.
    """
    return "\n".join(f"{token.start}\t{token.end}\t{token.tag}" for token in tokens)


def decode(truth: str) -> list[TaggedToken]:
    """The tokens of a truth that `encode` made."""
    cells = (line.split("\t", 2) for line in truth.split("\n") if line)
    return [TaggedToken(int(start), int(end), tag) for start, end, tag in cells]


def spans(tokens: Iterable[TaggedToken]) -> list[Entity]:
    """The entities in code points, from the start of the first token to the end of the last.

    Raises:
        TagError: when the tags are not legal IOB2.
    """
    held = list(tokens)
    found = entities([token.tag for token in held], "IOB2")
    return [Entity(held[entity.start].start, held[entity.end - 1].end, entity.type) for entity in found]


def types(truth: str) -> set[str]:
    """The entity types of a truth that `encode` made."""
    return {token.tag[2:] for token in decode(truth) if token.tag != "O"}


def num_tags(num_types: int) -> int:
    """How many IOBES tags there are: O, and four of each type."""
    return 1 + 4 * num_types


def tag_names(types: Sequence[str], scheme: Literal["IOBES", "IOB2"] = "IOBES") -> list[str]:
    """The names of the tags in the order of their ids: O, then B, I, E, S of each type; or IOB2 names.

    Example:
        >>> tag_names(["LOC"])
        ['O', 'B-LOC', 'I-LOC', 'E-LOC', 'S-LOC']
    """
    return ["O", *(f"{letter}-{type}" for type in types for letter in _PARTS[scheme])]


def tag_id(type_id: Any, first: Any, last: Any, where: Callable[[Any, Any, Any], Any]) -> Any:
    """The id of the tag of a token in an entity, an array or a tensor.

    Args:
        type_id: the type, from 0.
        first: whether the token is the entity's first.
        last: whether it is the last.
        where: of the arrays' library, as `np.where` or `tf.where`.
    """
    return 1 + 4 * type_id + where(first, where(last, 3, 0), where(last, 2, 1))


def type_id(ids: Any) -> Any:
    """The types of the tags with these ids, from 0, and -1 for O: an int, an array or a tensor."""
    return (ids - 1) // 4


def is_first(ids: Any) -> Any:
    """Where an entity has its first token, tag B or S; never outside or on padding. Of anything numeric."""
    return (ids > 0) & ((ids % 4 == 1) | (ids % 4 == 0))


def is_last(ids: Any) -> Any:
    """Where an entity has its last token, tag E or S, likewise."""
    return (ids > 0) & ((ids % 4 == 3) | (ids % 4 == 0))


def surface(text: str, entity: Entity) -> str:
    """An entity as it is written, with case folded."""
    return text[entity.start : entity.end].casefold()


def entities_in(text: str, answer: Mapping[str, list]) -> list[dict[str, Any]]:
    """The entities of one answer: `text`, `type`, `start`, `end`, `score` of each."""
    found: list[dict[str, Any]] = []
    for tag, start, end, score in zip(
        *(answer[name] for name in ("tags", "starts", "ends", "scores")), strict=True
    ):
        if tag.startswith("B-"):
            found.append({"text": "", "type": tag[2:], "start": start, "end": end, "score": score})
        elif tag.startswith("I-"):
            found[-1]["end"] = end
    return [{**entity, "text": text[entity["start"] : entity["end"]]} for entity in found]


def _entities(tags: Sequence[str], scheme: str) -> list[Entity]:
    found: list[Entity] = []
    before = _OUTSIDE
    for position, tag in enumerate(tags):
        now = _parsed(tag, position, scheme)
        if not _may_follow(now, before, scheme):
            place = f"after {tags[position - 1]}" if position else "at the start"
            raise TagError(position, f"{tag} {place} is not {scheme}", _expected(now, before, scheme))
        if _starts(now, before, scheme):
            found.append(Entity(position, position + 1, now.type))
        elif now != _OUTSIDE:
            found[-1] = found[-1]._replace(end=position + 1)
        before = now
    if scheme == "IOBES" and before.letter in "BI":
        last = f"{'S' if before.letter == 'B' else 'E'}-{before.type}"
        raise TagError(len(tags) - 1, f"{tags[-1]} at the end is not IOBES", f"IOBES would have {last}")
    return found


def _parsed(tag: str, position: int, scheme: str) -> _Tag:
    if tag == "O":
        return _OUTSIDE
    letter, _, type = tag.partition("-")
    if letter not in _LETTERS[scheme] or not type:
        shapes = [f"{shape}-type" for shape in dict.fromkeys(_LETTERS[scheme].values())]
        expected = f"expected O, {', '.join(shapes[:-1])} or {shapes[-1]}"
        raise TagError(position, f"{tag!r} is no {scheme} tag", expected)
    return _Tag(_LETTERS[scheme][letter], type)


def _may_follow(now: _Tag, before: _Tag, scheme: str) -> bool:
    if scheme == "IOB1":
        return now.letter != "B" or now.type == before.type
    inside = before.letter in "BI"
    if scheme == "IOB2":
        return now.letter != "I" or now.type == before.type
    return now.letter in "IE" and now.type == before.type if inside else now.letter in "OBS"


def _starts(now: _Tag, before: _Tag, scheme: str) -> bool:
    return now.letter in "BS" or (scheme == "IOB1" and now.letter == "I" and now.type != before.type)


def _expected(now: _Tag, before: _Tag, scheme: str) -> str:
    """What could have stood where `now` may not."""
    if scheme == "IOBES":
        legal = (
            f"I-{before.type} or E-{before.type}"
            if before.letter in "BI"
            else f"B-{now.type} or S-{now.type}"
        )
    else:
        legal = f"{'I' if scheme == 'IOB1' else 'B'}-{now.type}"
    return f"{scheme} would have {legal}"


def _is_legal(tags: Sequence[str], scheme: str) -> bool:
    try:
        _entities(tags, scheme)
    except TagError:
        return False
    return True
