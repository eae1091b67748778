"""What the package brings, by name: the recipes of the zoo, and its trained models."""

from __future__ import annotations

import os
import pathlib

ZOO = pathlib.Path(__file__).parent / "zoo"
PRETRAINED = ZOO / "pretrained"


def zoo() -> dict[str, pathlib.Path]:
    """The recipes that the package brings: name -> file."""
    return {path.stem: path for path in sorted(ZOO.glob("*.yaml"))}


def published() -> dict[str, pathlib.Path]:
    """The trained models that the package brings: name -> folder."""
    folders = sorted(PRETRAINED.iterdir()) if PRETRAINED.is_dir() else []
    return {path.name: path for path in folders if path.name[0] != "." and _is_published(path)}


def model_folder(name: str | os.PathLike) -> pathlib.Path:
    """The folder of a trained model: what exists is taken as it is; a name alone, without a suffix, where nothing of
    that name is, is one of the zoo's.
    """
    path = pathlib.Path(name)
    known = PRETRAINED / path
    if len(path.parts) != 1 or path.suffix or os.path.lexists(path):
        return path
    return known if _is_published(known) else path


def _is_published(folder: pathlib.Path) -> bool:
    """Whether a folder of the zoo is whole: scores are the last that a run gets."""
    return os.path.exists(folder / "metrics.json")  # noqa: PTH110 (no error for a name that is too long)
