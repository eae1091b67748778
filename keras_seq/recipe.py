"""YAML recipes -> a checked `Recipe`; every complaint at once, with file:line, before TensorFlow is imported."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
from collections.abc import Callable
from typing import Any, Literal

import pydantic

from keras_seq.applications import APPLICATIONS
from keras_seq.catalogue import PRETRAINED, model_folder, published, zoo
from keras_seq.errors import RecipeError
from keras_seq.sections import PATH, SECTIONS, STRICT, marked, nearest, section_model, words
from keras_seq.yaml_tree import Tree

MAY_CHANGE = ("cache", "distribution", "unreadable")  # keys of `training:`


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

    @property
    def needs_files(self) -> bool:
        """Whether its data is the user's files, and not a built-in corpus."""
        return self.data.get("source") != "sample"

    def as_dict(self) -> dict[str, Any]:
        """The resolved recipe, in a form that `load_recipe` reads back to the same values."""
        sections = self._with_paths(_resolved)
        sections["data"] = {"directory": _resolved(self.directory), **sections["data"]}
        return {"application": self.application, **{k: v for k, v in sections.items() if v}}

    def portable(self) -> dict[str, Any]:
        """As `as_dict`, for another machine: without `directory`, and with paths that start there.

        Of a path outside of it the last part is kept.

        Raises:
            RecipeError: when two paths would become one.
        """
        directory, kept = pathlib.Path(self.directory).resolve(), dict[str, str]()

        def inside(path: str) -> str:
            whole = pathlib.Path(path).resolve()
            within = str(whole.relative_to(directory)) if whole.is_relative_to(directory) else whole.name
            if kept.setdefault(within, str(whole)) != str(whole):
                raise RecipeError(
                    f"{whole}: outside of {directory}, this path and {kept[within]} are both {within!r}; train with a "
                    "data.directory that they are in"
                )
            return within

        sections = {section: values for section, values in self._with_paths(inside).items() if values}
        start = self.training["init_from"] or ""
        sections["training"]["init_from"] = None if os.sep in start else self.training["init_from"]
        return {"application": self.application, **sections}

    def moved(self, directory: str | os.PathLike) -> Recipe:
        """The same recipe, with its data in another folder: its paths, as `portable` has them, start there."""
        portable = self.portable()
        values: dict[str, Any] = {section: portable.get(section, {}) for section in SECTIONS}
        relative = dataclasses.replace(self, directory=str(directory), **values)
        joined = relative._with_paths(lambda path: str(pathlib.Path(directory, path)))
        return dataclasses.replace(relative, **dict[str, Any](joined))

    def _with_paths(self, changed: Callable[[str], str]) -> dict[str, dict[str, Any]]:
        """The sections, with every path in them changed."""
        sections = {section: dict(getattr(self, section)) for section in SECTIONS}
        for section, values in sections.items():
            for key in marked(PATH, self.application, section):
                value = values.get(key)
                if isinstance(value, list):
                    values[key] = [*map(changed, value)]
                elif isinstance(value, str) and value not in words(self.application, section, key):
                    values[key] = changed(value)
        return sections

    def differences(self, earlier: Recipe) -> list[str]:
        """The keys whose values are not those of an earlier recipe, as "model.units was 8, is 16".

        Those that only say how files are read, and who trains, may change while a training goes on.
        """
        old, new = earlier.as_dict(), self.as_dict()
        for one in (old, new):
            for key in MAY_CHANGE:
                one["training"].pop(key, None)
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
    *paths: str | os.PathLike,
    overrides: list[str] | tuple[str, ...] = (),
    check_files: bool = True,
    resolved: bool = False,
) -> Recipe:
    """Read, merge and check recipes.

    Args:
        paths: YAML files, or names of recipes of the zoo (`sentiment`); a later one overrides the keys that
            it names.
        overrides: `section.key=value` texts, as given to `--set`; the value is YAML.
        check_files: whether files that the recipe names must exist.
        resolved: whether it is a run's, which has every key; else what it leaves out may be as in the model that
            its training starts from.

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
    tree = Tree()
    for path in paths:
        tree.merge_file(_found(pathlib.Path(path)))
    for override in overrides:
        tree.merge_override(override)
    if not resolved:
        _inherit(tree, check_files)
    return _checked(pathlib.Path(paths[0]).stem, tree, check_files)


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


def _inherit(tree: Tree, check_files: bool) -> None:
    """Of a recipe that starts from a trained model, what it leaves out of its sections is as it is there.

    What trains otherwise (`data:`, `training:`), and files, such as those of word vectors, are not taken over.
    """
    training: Any = tree.values.get("training")
    start = training.get("init_from") if isinstance(training, dict) else None
    if start is None:
        return
    where = f"{tree.place('training', 'init_from')}: training.init_from"
    if not isinstance(start, str):
        raise RecipeError(
            f"{where}: given {start!r}, expected the name of a model of the zoo or a run's folder"
        )
    folder = model_folder(start)
    file = folder / "recipe.yaml"
    if not os.path.isfile(file):  # noqa: PTH113 (no error for a name that is too long)
        if check_files:
            meant = _meant(start, list(published()))
            raise RecipeError(
                f"{where}: {start[:80]}: no run's folder, and no trained model of the zoo{meant}"
            )
        return
    base = load_recipe(file, check_files=False, resolved=True)
    application = tree.values.setdefault("application", base.application)
    if application != base.application:
        raise RecipeError(
            f"{where}: {start} is a model for {base.application}; the recipe is for {application}"
        )
    for section in ("prepare", "model", "serving"):
        own = tree.values.get(section)
        files = marked(PATH, base.application, section)
        for key in files:
            if isinstance(own, dict) and own.get(key) is not None:
                raise RecipeError(
                    f"{tree.place(section, key)}: {section}.{key}: cannot stand beside training.init_from, whose "
                    "weights it would replace"
                )
        values = {key: value for key, value in getattr(base, section).items() if key not in files}
        if own is None or isinstance(own, dict):
            tree.values[section] = values | (own or {})
    if folder.parent != PRETRAINED:
        tree.values["training"] = {**training, "init_from": str(folder.resolve())}


def _checked(name: str, tree: Tree, check_files: bool) -> Recipe:
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
            problems += explained(error.errors(), section, tree, list(model.model_fields))
    if problems:
        count = f"{len(problems)} problems in the recipe:\n  " if len(problems) > 1 else ""
        raise RecipeError(count + "\n  ".join(problems))
    return Recipe(name=name, application=application, directory=sections["data"].pop("directory"), **sections)


def explained(errors: list[Any], section: str, tree: Tree, keys: list[str]) -> list[str]:
    """What pydantic found wrong in a section, one line a key; the branches of a union are joined with "or".

    Args:
        errors: pydantic's.
        section: the recipe's.
        tree: knows where its keys were written.
        keys: those that it has.
    """
    found: dict[tuple[str, ...], list[Any]] = {}
    for item in errors:
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


def _resolved(path: str) -> str:
    return str(pathlib.Path(path).resolve())
