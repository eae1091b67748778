"""The signatures of an application's functions as checkers of a recipe's sections.

A recipe's section is called what a function is called, and its keys are that function's keyword-only
arguments: the signature is the schema. It is read from the source text (`ast`), because importing an
application means importing TensorFlow, and a typing error in a recipe should not cost five seconds.
"""

from __future__ import annotations

import ast
import difflib
import functools
import os
import pathlib
import re
import typing
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

import pydantic
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from keras_seq import applications, backbone_names


def nearest(name: Any, names: list[str]) -> str | None:
    """The name of `names` that `name` was probably meant to be, or None."""
    return next(iter(difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)), None)


def matching(pattern: str | os.PathLike) -> list[pathlib.Path]:
    """The files and folders of a path or a pattern, in order of name; none where there is nothing.

    Part by part, what exists is taken as it is called: only what does not is read as a pattern of names (`*`,
    `?`, `[...]`). A pattern does not match names that begin with a dot, unless it does too.
    """
    found = [pathlib.Path()]
    for part in pathlib.Path(pattern).parts:
        found = [path for place in found for path in _named(place, part)]
    return sorted(found)


def _named(place: pathlib.Path, part: str) -> list[pathlib.Path]:
    if os.path.lexists(place / part) or not re.search(r"[*?[]", part):
        return [place / part] if (place / part).exists() else []
    hidden = part.startswith(".")
    return (
        [path for path in place.glob(part) if hidden or not path.name.startswith(".")]
        if place.is_dir()
        else []
    )


def _existing(value: str, info: pydantic.ValidationInfo) -> str:
    """Join a path to the recipe's `directory`; complain where nothing is there."""
    context = info.context or {}
    path = pathlib.Path(context.get("directory", "."), value)
    if not value:
        raise ValueError("expected a path")
    try:
        missing = context.get("check_files") and not matching(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"not a path: {error}") from None
    if missing:
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = f"; the folder has {nearest(path.name, names)!r}" if nearest(path.name, names) else ""
        raise ValueError(f"no file or folder at {path}{hint} (relative paths start at data.directory)")
    return str(path)


def _backbone(name: str) -> str:
    """The name of a backbone as the table has it; complain of one that it does not have."""
    meant = backbone_names.canonical(name)
    if meant is None:
        hint = nearest(name, list(backbone_names.NAMES))
        own = ", ".join(backbone_names.OWN)
        ask = f"; did you mean {hint!r}?" if hint else "."
        raise ValueError(
            f"no backbone is called {name!r}{ask} There are {own}, and the networks of keras.applications, such as "
            "MobileNetV2"
        )
    return meant


class Mark(NamedTuple):
    """Says of a type what its values are for, where the type alone does not."""

    name: str


PATH = Mark("a path")
INPUT_COLUMN = Mark("the column of a table where the raw inputs stand")
INPUT_KEY = Mark("the key of JSON lines where the raw inputs stand")

Fraction = Annotated[float, Field(ge=0, lt=1)]
Part = Annotated[float, Field(gt=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
ExistingPath = Annotated[str, pydantic.AfterValidator(_existing), PATH]
ExistingPaths = Annotated[list[ExistingPath], Field(min_length=2, max_length=2)]
BackboneName = Annotated[str, pydantic.AfterValidator(_backbone)]
BackboneWeights = Literal["none", "imagenet"] | ExistingPath
Column = NonNegativeInt | str
InputColumn = Annotated[Column, INPUT_COLUMN]
InputKey = Annotated[int | str, INPUT_KEY]
NotNegative = Annotated[float, Field(ge=0)]
Patterns = Annotated[list[str], Field(min_length=1)]
Factors = dict[str, NotNegative]

SECTIONS = {
    "data": "read",
    "prepare": "prepare",
    "model": "build",
    "training": "objective",
    "serving": "present",
}
OF_ALL_TRAININGS = (  # in training/
    ("fit.py", "fit"),
    ("optimizers.py", "make"),
    ("precision.py", "computing"),
    ("schedules.py", "make"),
    ("transfer.py", "start_from"),
)
_TYPES = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "dict": dict,
    "Literal": Literal,
    "NonNegativeInt": NonNegativeInt,
    "PositiveInt": PositiveInt,
    "PositiveFloat": PositiveFloat,
    "Fraction": Fraction,
    "Part": Part,
    "Seed": Seed,
    "ExistingPath": ExistingPath,
    "ExistingPaths": ExistingPaths,
    "BackboneName": BackboneName,
    "BackboneWeights": BackboneWeights,
    "NotNegative": NotNegative,
    "Patterns": Patterns,
    "Factors": Factors,
    "Column": Column,
    "InputColumn": InputColumn,
    "InputKey": InputKey,
}
_PACKAGE = pathlib.Path(__file__).parent
STRICT = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


@functools.cache
def section_model(application: str, section: str) -> type[pydantic.BaseModel]:
    """The pydantic model of a section, made from the signature of the function behind it."""
    fields: dict[str, Any] = _keywords(applications.source(application), SECTIONS[section])
    if section == "data":
        about = "Where the relative paths of the recipe start."
        fields = {"directory": (Annotated[str, Field(description=about)], "."), **fields}
    if section == "training":
        for file, function in OF_ALL_TRAININGS:
            fields |= _keywords(_PACKAGE / "training" / file, function)
    return pydantic.create_model(section, __config__=STRICT, **fields)


def _keywords(source: pathlib.Path, function: str) -> dict[str, tuple[Any, Any]]:
    """The keyword-only arguments of a function: name -> (annotation with its description, default or ...)."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    node = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function)
    about = dict(
        re.findall(r"^ {8}(\w+): (.+(?:\n {10,}.+)*)", ast.get_docstring(node, clean=False) or "", re.M)
    )
    fields = {}
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if argument.annotation is None:
            raise TypeError(f"{source.name}: {function}({argument.arg}) has no type hint")
        annotation = eval(
            compile(ast.Expression(argument.annotation), str(source), "eval"), {"__builtins__": {}}, _TYPES
        )
        description = re.sub(r"\s+", " ", about[argument.arg]) if argument.arg in about else None
        value = ... if default is None else ast.literal_eval(default)
        fields[argument.arg] = (Annotated[annotation, Field(description=description)], value)
    return fields


def is_marked(mark: Mark, annotation: Any, metadata: Sequence[Any] = ()) -> bool:
    """Whether a field's type, or one of the types that it is made of, has a mark.

    Args:
        mark: such as `PATH`.
        annotation: the type.
        metadata: of a field, what stood beside its type in `Annotated`.
    """
    parts = typing.get_args(annotation)
    return mark in metadata or mark in parts or any(is_marked(mark, part) for part in parts)


def marked(mark: Mark, application: str, section: str) -> list[str]:
    """The keys of a section whose types have a mark."""
    fields = section_model(application, section).model_fields
    return [key for key, field in fields.items() if is_marked(mark, field.annotation, field.metadata)]


def words(application: str, section: str, key: str) -> set[str]:
    """What a key may be besides what its type says in general, as "imagenet" where a path is taken too."""

    def literals(annotation: Any) -> set[str]:
        parts = typing.get_args(annotation)
        if typing.get_origin(annotation) is Literal:
            return {part for part in parts if isinstance(part, str)}
        return set().union(*map(literals, parts))

    return literals(section_model(application, section).model_fields[key].annotation)
