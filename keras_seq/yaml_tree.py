"""YAML files and overrides, merged into one tree that knows where each key was written."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import ruamel.yaml
from ruamel.yaml.comments import TaggedScalar
from ruamel.yaml.scalarbool import ScalarBoolean

from keras_seq.errors import RecipeError, reason
from keras_seq.sections import SECTIONS, nearest


class Tree:
    """Merged YAML: `values[section][key]`, and where each was written.

    Args:
        kind: what the files are, for messages.
    """

    def __init__(self, kind: str = "recipe") -> None:
        self.kind = kind
        self.values: dict[str, Any] = {}
        self.places: dict[tuple[str, ...], str] = {}

    def place(self, *keys: Any) -> str:
        """`file:line` of a key, or of the nearest section above it that was written somewhere."""
        while keys and keys not in self.places:
            keys = keys[:-1]
        return self.places.get(keys, "")

    def merge_file(self, path: pathlib.Path) -> None:
        try:
            document = _yaml().load(path.read_bytes().decode("utf-8-sig"))
        except FileNotFoundError:
            names = [str(p) for p in path.parent.glob("*.yaml")]
            hint = f"; did you mean {nearest(path, names)}?" if nearest(path, names) else ""
            raise RecipeError(f"{path}: no such {self.kind}{hint}") from None
        except OSError as error:
            raise RecipeError(f"{str(path)[:200]}: cannot be read: {reason(error)}") from None
        except UnicodeDecodeError as error:
            raise RecipeError(f"{path}: cannot be read as UTF-8 text: {error}") from None
        except ruamel.yaml.error.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            problem = (error.problem or "cannot be parsed").split("\n")[0]
            raise RecipeError(f"{path}:{line}: not valid YAML: {problem}") from None
        except (ruamel.yaml.error.YAMLError, ValueError) as error:
            problem = str(error).strip().split("\n")[0]
            raise RecipeError(f"{path}: not valid YAML: {problem}") from None
        if not isinstance(document, ruamel.yaml.CommentedMap):
            example = "application: ..., data: ..." if self.kind == "recipe" else "model: ..., training: ..."
            raise RecipeError(f"{path}:1: a {self.kind} is a mapping ({example}), not {document!r}")
        self.places.setdefault((), f"{path}:1")
        for key, value in document.items():
            self.places[(key,)] = f"{path}:{_line(document, key)}"
            if isinstance(value, ruamel.yaml.CommentedMap):
                for inner in value:
                    self.places[(key, inner)] = f"{path}:{_line(value, inner)}"
            self._merge(_plain(key), _plain(value))

    def merge_override(self, text: str) -> None:
        match = re.fullmatch(r"([\w-]+)(?:\.([\w-]+))?=(.*)", text, re.DOTALL)
        if not match:
            raise RecipeError(f"--set {text}: expected section.key=value, for example training.epochs=3")
        section, key, value = match.groups()
        try:
            value = _plain(_yaml().load(value)) if value.strip() else None
        except (ruamel.yaml.error.YAMLError, ValueError):
            raise RecipeError(f"--set {text}: the value is not valid YAML") from None
        if section in SECTIONS and key is None:
            raise RecipeError(
                f"--set {text}: {section} is a section; name one of its keys, as in {section}.key=value"
            )
        self.places[(section,) if key is None else (section, key)] = f"--set {text}"
        self.places.setdefault((section,), f"--set {text}")
        self._merge(section, value if key is None else {key: value})

    def _merge(self, key: str, value: Any) -> None:
        try:
            json.dumps([key, value], ensure_ascii=False, default=str, skipkeys=True).encode()
        except UnicodeEncodeError:
            problem = "a text here has half of a surrogate pair, which is no character"
            raise RecipeError(f"{self.place(key)}: {key!a}: {problem}") from None
        if isinstance(value, dict) and isinstance(self.values.get(key), dict):
            self.values[key] = {**self.values[key], **value}
        else:
            self.values[key] = value


def write(values: dict[str, Any], path: pathlib.Path) -> None:
    """Write keys and values as YAML, a line each."""
    yaml = ruamel.yaml.YAML()
    yaml.default_flow_style = False
    yaml.dump(values, path)


def _line(mapping: ruamel.yaml.CommentedMap, key: Any) -> int:
    """The line of a key, from 1; of the mapping, for a key that `<<` brought in."""
    try:
        return mapping.lc.key(key)[0] + 1
    except (KeyError, TypeError):
        return mapping.lc.line + 1


class _Constructor(ruamel.yaml.RoundTripConstructor):
    """ruamel.yaml's, but for dates: YAML 1.2 has none, and a column or a label may be called like one."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda constructor, node: str(node.value))


def _yaml() -> ruamel.yaml.YAML:
    yaml = ruamel.yaml.YAML(typ="rt", pure=True)
    yaml.version = (1, 2)
    yaml.Constructor = _Constructor
    return yaml


def _plain(value: Any) -> Any:
    """ruamel.yaml's marked containers, truth values, numbers and texts as Python's own."""
    if isinstance(value, dict):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(
        value, ScalarBoolean
    ):  # what `&name true` becomes: an int, as Python's own cannot be derived from
        return bool(value)
    if isinstance(value, TaggedScalar) and value.tag.value == "tag:yaml.org,2002:str":
        return str(value.value)
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
