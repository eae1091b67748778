"""Scenes of coloured shapes in words: captions of a scene, and what a caption says.

    two small red circles above a large blue square
    under two little red circles there is a big blue square

say the same. Of two groups the upper one, or the left one, is named first, as people look at a page; both orders are
understood. What is said can be told true or false of a scene, attribute by attribute.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from typing import Any, NamedTuple

COLOURS = ("red", "green", "blue", "yellow", "orange", "purple")
SHAPES = ("circle", "square", "triangle")
NUMBERS: dict[int, tuple[str, ...]] = {1: ("a", "one"), 2: ("two",), 3: ("three",)}
SIZES: dict[str, tuple[str, ...]] = {"small": ("small", "little"), "large": ("large", "big")}
# Of the first group to the second -> how it is said.
RELATIONS: dict[str, tuple[str, ...]] = {
    "above": ("above", "over"),
    "below": ("below", "under"),
    "left": ("left of", "to the left of"),
    "right": ("right of", "to the right of"),
}
OPPOSITES = {"above": "below", "below": "above", "left": "right", "right": "left"}
FIRST = ("above", "left")  # where the group is that is named first
ATTRIBUTES = ("number", "size", "colour", "shape", "relation")
ALONE = ("{a}", "there {is} {a}", "the picture shows {a}", "{a} and nothing else", "only {a} can be seen")
TWO = (
    "{a} {relation} {b}",
    "there {is} {a} {relation} {b}",
    "the picture shows {a} {relation} {b}",
    "{opposite} {a} there {is_b} {b}",
    "{opposite} {a} you can see {b}",
)


class Group(NamedTuple):
    """Shapes that are alike.

    Attributes:
        number: how many, from 1 to 3.
        size: "small" or "large".
        colour: one of `COLOURS`.
        shape: one of `SHAPES`.
    """

    number: int
    size: str
    colour: str
    shape: str


class Scene(NamedTuple):
    """One group of shapes, or two.

    Attributes:
        groups: what is there.
        relation: where the first group is, as seen from the second, one of `RELATIONS`; "" of one group.
    """

    groups: tuple[Group, ...]
    relation: str = ""

    @property
    def turned(self) -> Scene:
        """The same scene, its other group first."""
        return Scene(self.groups[::-1], OPPOSITES.get(self.relation, ""))

    def as_dict(self) -> dict[str, Any]:
        """The scene as JSON has it."""
        return {"groups": [group._asdict() for group in self.groups], "relation": self.relation}

    @classmethod
    def of_dict(cls, content: dict[str, Any]) -> Scene:
        """The scene that `as_dict` gave."""
        return cls(tuple(Group(**group) for group in content["groups"]), content["relation"])


def captions(scene: Scene, generator: random.Random) -> list[str]:
    """Captions of a scene, each built in another way, all true and complete."""
    templates = list(TWO if scene.relation else ALONE)
    generator.shuffle(templates)
    return [_caption(template, scene, generator) for template in templates]


def parsed(caption: str) -> Scene | None:
    """What a caption says; None of a text that is no caption of this language.

    Case, white space, and a full stop at the end do not matter; grammar does: "two small red circle" says nothing.
    """
    text = " ".join(caption.lower().split()).removesuffix(".").rstrip()
    for letters, pattern in _patterns():
        if found := pattern.fullmatch(text):
            said = found.groupdict()
            groups = tuple(group for group in (_group(found, letter) for letter in letters) if group)
            if len(groups) < len(letters):
                return None
            if any(
                said.get(name) not in (None, _is(group))
                for name, group in zip(("is", "is_b"), groups, strict=False)
            ):
                return None
            return Scene(groups, _relation(said))
    return None


def is_true(caption: str, scene: Scene) -> bool:
    """Whether a caption says all that there is in a scene, and nothing else.

    Args:
        caption: any text; what is not of this language is false.
        scene: that it is said of.
    """
    return parsed(caption) in (scene, scene.turned)


def truths(caption: str, scene: Scene) -> dict[str, bool]:
    """Of each of `ATTRIBUTES`, whether a caption has it right, of both groups where there are two.

    Groups are compared in the order in which most is right. Nothing is right in a text of another language, or of
    another number of groups. The relation of a single group is right.
    """
    said = parsed(caption)
    if said is None or len(said.groups) != len(scene.groups):
        return dict.fromkeys(ATTRIBUTES, False)
    found = [
        {
            **{
                name: all(
                    getattr(a, name) == getattr(b, name) for a, b in zip(said.groups, one.groups, strict=True)
                )
                for name in Group._fields
            },
            "relation": said.relation == one.relation,
        }
        for one in (scene, scene.turned)
    ]
    return max(found, key=lambda right: sum(right.values()))


def _caption(template: str, scene: Scene, generator: random.Random) -> str:
    scene = scene if scene.relation in (*FIRST, "") else scene.turned
    phrases = [_phrase(group, generator) for group in scene.groups]
    words = {
        name: generator.choice(RELATIONS.get(relation, ("",)))
        for name, relation in (("relation", scene.relation), ("opposite", scene.turned.relation))
    }
    verbs = {"is": _is(scene.groups[0]), "is_b": _is(scene.groups[-1])}
    return template.format(a=phrases[0], b=phrases[-1], **words, **verbs)


def _phrase(group: Group, generator: random.Random) -> str:
    number, size = (generator.choice(words) for words in (NUMBERS[group.number], SIZES[group.size]))
    return f"{number} {size} {group.colour} {group.shape}{'s' if group.number > 1 else ''}"


def _is(group: Group) -> str:
    """The verb of a group."""
    return "is" if group.number == 1 else "are"


@functools.cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Of each template the letters of its groups, and the pattern of its captions."""

    def any_of(name: str, words: Any) -> str:
        return f"(?P<{name}>{'|'.join(words)})"

    def phrase(letter: str) -> str:
        words = {
            "number": itertools.chain.from_iterable(NUMBERS.values()),
            "size": itertools.chain.from_iterable(SIZES.values()),
            "colour": COLOURS,
        }
        parts = [any_of(f"{name}_{letter}", of_name) for name, of_name in words.items()]
        return " ".join([*parts, f"{any_of(f'shape_{letter}', SHAPES)}(?P<plural_{letter}>s?)"])

    relations = [*itertools.chain.from_iterable(RELATIONS.values())]
    fields = {"a": phrase("a"), "b": phrase("b")}
    fields |= {name: any_of(name, relations) for name in ("relation", "opposite")}
    fields |= {name: any_of(name, ("is", "are")) for name in ("is", "is_b")}
    return [
        (letters, re.compile(template.format(**fields)))
        for letters, templates in (("a", ALONE), ("ab", TWO))
        for template in templates
    ]


def _group(found: re.Match[str], letter: str) -> Group | None:
    """The group that a phrase says; None where its number is not that of its shape."""
    number = _key(NUMBERS, found[f"number_{letter}"])
    if bool(found[f"plural_{letter}"]) != (number > 1):
        return None
    size = _key(SIZES, found[f"size_{letter}"])
    return Group(number, size, found[f"colour_{letter}"], found[f"shape_{letter}"])


def _relation(said: dict[str, Any]) -> str:
    """Where the group that is named first is; "" of a single one."""
    if word := said.get("opposite"):
        return OPPOSITES[_key(RELATIONS, word)]
    return _key(RELATIONS, said["relation"]) if "relation" in said else ""


def _key(words: dict[Any, tuple[str, ...]], word: str) -> Any:
    """What a word means."""
    return next(key for key, meant in words.items() if word in meant)
