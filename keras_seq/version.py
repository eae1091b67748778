"""The version of this package: of the checkout that it stands in, or of the installed package."""

from __future__ import annotations

import functools
import importlib.metadata
import pathlib
import tomllib


@functools.cache
def version() -> str:
    """As "0.1.0"; a checkout's own comes first, since another version may be installed beside it."""
    project_file = pathlib.Path(__file__).parent.parent / "pyproject.toml"
    try:
        project = tomllib.loads(project_file.read_text(encoding="utf-8"))["project"]
        if project["name"].replace("-", "_") == "keras_seq":
            return project["version"]
    except (OSError, KeyError, ValueError):
        pass
    try:
        return importlib.metadata.version("keras_seq")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
