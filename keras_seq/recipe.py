"""YAML recipes -> a checked `Recipe`; every complaint at once, with file:line, before TensorFlow is imported."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
from typing import Any, Literal

import pydantic
import ruamel.yaml
from ruamel.yaml.comments import TaggedScalar
from ruamel.yaml.scalarbool import ScalarBoolean

from keras_seq.applications import APPLICATIONS
from keras_seq.errors import RecipeError, reason
from keras_seq.sections import PATH, SECTIONS, STRICT, marked, nearest, section_model

ZOO = pathlib.Path(__file__).parent / "zoo"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A checked recipe; sections hold every key of their function, defaults included, paths joined to
    `directory`.
    """

    name: str
    application: str
    directory: str
    data: dict[str, Any]
    prepare: dict[str, Any]
    model: dict[str, Any]
    training: dict[str, Any]
    serving: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The resolved recipe, in a form that `load_recipe` reads back to the same values."""
        directory = pathlib.Path(self.directory).resolve()
        sections = {section: dict(getattr(self, section)) for section in SECTIONS}
        for section, values in sections.items():
            for key in marked(PATH, self.application, section):
                if isinstance(values.get(key), str | list):
                    values[key] = _resolved(values[key])
        sections["data"] = {"directory": str(directory), **sections["data"]}
        return {"application": self.application, **{k: v for k, v in sections.items() if v}}

    def differences(self, earlier: Recipe) -> list[str]:
        """The keys whose values are not those of an earlier recipe, as "model.units was 8, is 16"."""
        old, new = earlier.as_dict(), self.as_dict()
        found = [
            f"{section}.{key} was {old.get(section, {}).get(key)!r}, is {new.get(section, {}).get(key)!r}"
            for section in sorted({*old, *new} - {"application"})
            for key in sorted({*old.get(section, {}), *new.get(section, {})})
            if old.get(section, {}).get(key) != new.get(section, {}).get(key)
        ]
        if old["application"] != new["application"]:
            found.insert(0, f"application was {old['application']!r}, is {new['application']!r}")
        return found


def load_recipe(
    *paths: str | os.PathLike, overrides: list[str] | tuple[str, ...] = (), check_files: bool = True
) -> Recipe:
    """Read, merge and check recipes.

    Args:
        paths: YAML files, or names of recipes of the zoo (`sentiment`); a later one overrides the keys that
            it names.
        overrides: `section.key=value` texts, as given to `--set`; the value is YAML.
        check_files: whether files that the recipe names must exist.

    Returns:
        The `Recipe`; its name is the first file's stem.

    Raises:
        RecipeError: with every problem found, a line each.

    Example:
        >>> load_recipe("zoo/sentiment.yaml", overrides=["training.epochs=3"]).training["epochs"]
        3
    """
    if not paths:
        raise RecipeError(f"no recipe given; a file of yours, or one of the zoo: {', '.join(zoo())}")
    tree = _Tree()
    for path in paths:
        tree.merge_file(_found(pathlib.Path(path)))
    for override in overrides:
        tree.merge_override(override)
    return _checked(pathlib.Path(paths[0]).stem, tree, check_files)


def zoo() -> dict[str, pathlib.Path]:
    """The recipes that the package brings: name -> file."""
    return {path.stem: path for path in sorted(ZOO.glob("*.yaml"))}


def schema(application: str) -> dict[str, Any]:
    """The JSON Schema of an application's recipes, for editors that complete and check YAML."""
    _known_application(application, "--schema")
    sections: dict[str, Any] = {
        s: (section_model(application, s), pydantic.Field(default=None)) for s in SECTIONS
    }
    sections = {"application": (Literal[application], ...), **sections}
    whole = pydantic.create_model(f"{application} recipe", __config__=STRICT, **sections)
    return whole.model_json_schema()


def _found(path: pathlib.Path) -> pathlib.Path:
    """A recipe's file; a name alone, where no such file is, is one of the zoo's."""
    if len(path.parts) != 1 or path.suffix or os.path.isfile(path):  # noqa: PTH113 (no error for a name that is too long)
        return path
    name, known = str(path), zoo()
    if name not in known:
        raise RecipeError(f"{name}: no such file, and no such recipe in the zoo{_meant(name, list(known))}")
    return known[name]


class _Tree:
    """Merged YAML: `values[section][key]`, and where each was written."""

    def __init__(self) -> None:
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
            raise RecipeError(f"{path}: no such recipe{hint}") from None
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
            raise RecipeError(
                f"{path}:1: a recipe is a mapping (application: ..., data: ...), not {document!r}"
            )
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


def _checked(name: str, tree: _Tree, check_files: bool) -> Recipe:
    application: Any = tree.values.get("application")
    _known_application(application, tree.place("application"))
    problems = []
    for key in tree.values:
        if key != "application" and key not in SECTIONS:
            problems.append(f"{tree.place(key)}: {key}: unknown section{_meant(key, list(SECTIONS))}")
    data = tree.values.get("data")
    directory = data.get("directory", ".") if isinstance(data, dict) else "."
    context = {"directory": directory if isinstance(directory, str) else ".", "check_files": check_files}
    sections = {}
    for section in SECTIONS:
        values = tree.values.get(section)
        model = section_model(application, section)
        try:
            sections[section] = model.model_validate(
                {} if values is None else values, context=context
            ).model_dump()
        except pydantic.ValidationError as error:
            problems += _explained(error, section, tree, list(model.model_fields))
    if problems:
        count = f"{len(problems)} problems in the recipe:\n  " if len(problems) > 1 else ""
        raise RecipeError(count + "\n  ".join(problems))
    return Recipe(name=name, application=application, directory=sections["data"].pop("directory"), **sections)


def _explained(error: pydantic.ValidationError, section: str, tree: _Tree, keys: list[str]) -> list[str]:
    """One line a wrong key; the branches of a union are joined with "or"."""
    found: dict[tuple[str, ...], list[Any]] = {}
    for item in error.errors():
        found.setdefault((section, *map(str, item["loc"][:1])), []).append(item)
    lines = []
    for location, items in found.items():
        where, path, first = tree.place(*location), ".".join(location), items[0]
        if first["type"] == "extra_forbidden":
            lines.append(
                f"{where}: {path}: unknown key (given {first['input']!r}){_meant(location[-1], keys)}"
            )
        elif first["type"] == "missing":
            lines.append(f"{where}: {path}: this key is needed")
        else:
            wishes = dict.fromkeys(_wish(item) for item in items)
            lines.append(f"{where}: {path}: given {first['input']!r}, {' or '.join(wishes)}")
    return lines


def _wish(item: Any) -> str:
    text = item["msg"].removeprefix("Value error, ")
    text = re.sub(r"^Input should be (a valid dictionary.*|a valid )?", "expected ", text)
    text = text.replace("expected number", "expected a number").replace("expected none", "none")
    if item["type"] in ("model_type", "dict_type"):
        return "expected keys and values"
    if item["type"] == "literal_error" and isinstance(item["input"], str):
        text += _meant(item["input"], re.findall(r"'([^']+)'", item["ctx"]["expected"]), say_all=False)
    return text


def _meant(name: Any, names: list[str], say_all: bool = True) -> str:
    if nearest(name, names):
        return f"; did you mean {nearest(name, names)!r}?"
    return f"; expected one of {', '.join(names)}" if say_all else ""


def _known_application(application: Any, place: str) -> None:
    where = f"{place}: " if place else ""
    if application is None:
        raise RecipeError(f"{where}application: this key is needed; one of {', '.join(APPLICATIONS)}")
    if not isinstance(application, str) or application not in APPLICATIONS:
        raise RecipeError(
            f"{where}application: unknown application {application!r}{_meant(application, list(APPLICATIONS))}"
        )


def _line(mapping: ruamel.yaml.CommentedMap, key: Any) -> int:
    """The line of a key, from 1; of the mapping, for a key that `<<` brought in."""
    try:
        return mapping.lc.key(key)[0] + 1
    except (KeyError, TypeError):
        return mapping.lc.line + 1


def _resolved(path: Any) -> Any:
    return [_resolved(one) for one in path] if isinstance(path, list) else str(pathlib.Path(path).resolve())


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
