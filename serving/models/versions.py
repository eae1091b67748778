"""What a configuration asks for: checked as a whole, and matched with the version folders that are there."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tensorflow_serving.config import model_server_config_pb2

from serving.errors import Code, ServingError

PLATFORM = "tensorflow"
LARGEST_VERSION = 2**63 - 1


class Folder(NamedTuple):
    """A version folder; `stamp` differs when it is another folder or when its contents have changed."""

    path: str
    stamp: tuple[int, ...]


@dataclass(frozen=True)
class Settings:
    """One model of a configuration.

    Args:
        name: the model's name in requests.
        base_path: the folder of its version folders.
        policy: "latest", "all" or "specific".
        num_versions: how many of the newest, for "latest".
        versions: which, for "specific".
        labels: version numbers by label.
    """

    name: str
    base_path: str
    policy: str = "latest"
    num_versions: int = 1
    versions: frozenset[int] = frozenset()
    labels: Mapping[str, int] = field(default_factory=dict)

    def choose(self, folders: Mapping[int, Folder]) -> tuple[dict[int, Folder], list[str]]:
        """The folders that the policy asks for, and what an operator should hear of those that are not there."""
        chosen = dict(folders)
        notes = []
        if self.policy == "latest":
            chosen = {version: folders[version] for version in sorted(folders)[-self.num_versions :]}
        elif self.policy == "specific":
            chosen = {version: folder for version, folder in folders.items() if version in self.versions}
            notes = [
                f"Version {version} of servable {self.name}, which was requested to be served as a 'specific' version "
                "in the servable's version policy, was not found in the file system"
                for version in sorted(self.versions - folders.keys())
            ]
        if not chosen:
            notes.append(
                f"No versions of servable {self.name} found under base path {self.base_path}. Did you forget to name "
                "your leaf directory as a number (eg. '/1/')?"
            )
        return chosen, notes


def check_models(
    configs: Iterable[model_server_config_pb2.ModelConfig], served: Iterable[str] = ()
) -> dict[str, Settings]:
    """The models of a configuration by name, in its order; `served` are the names that are configured now.

    Raises:
        ServingError: INVALID_ARGUMENT with TensorFlow Serving's text when one of them can't be served.
    """
    models: dict[str, Settings] = {}
    for config in configs:
        if not config.name:
            raise _invalid(
                f"Expected every model to have a name; got name()= with base_path()={config.base_path}"
            )
        if config.name in models:
            raise _invalid(f"Illegal to list model {config.name} multiple times in config list")
        if not _is_absolute(config.base_path):
            raise _invalid(
                f"Expected model {config.name} to have an absolute path or URI; got base_path()={config.base_path}"
            )
        _check_platform(config, config.name in set(served))
        models[config.name] = _settings(config)
    return models


def list_versions(base_path: str) -> tuple[dict[int, Folder], list[str]]:
    """The version folders under a base path by number, and what an operator should hear of them.

    Args:
        base_path: a folder; those of its folders whose names are whole numbers are versions.

    Raises:
        OSError, ValueError: when it is not there or can't be read.
    """
    paths: dict[int, pathlib.Path] = {}
    notes = []
    for path in sorted(pathlib.Path(base_path).iterdir()):
        if not re.fullmatch("[0-9]+", path.name) or int(path.name) > LARGEST_VERSION or not path.is_dir():
            continue
        version = int(path.name)
        if version in paths:
            notes.append(
                f"Duplicate version directories detected. Version {version} will be loaded from {path.name}, "
                f"{paths[version].name} will be ignored."
            )
        paths[version] = path
    return {version: Folder(str(path), _stamp(path)) for version, path in paths.items()}, notes


def _stamp(path: pathlib.Path) -> tuple[int, ...]:
    stamp: list[int] = []
    for file in (path, path / "saved_model.pb", path / "saved_model.pbtxt"):
        try:
            status = file.stat()
        except OSError:
            stamp.append(0)
        else:
            stamp += (status.st_ino, status.st_mtime_ns, status.st_size)
    return tuple(stamp)


def _settings(config: model_server_config_pb2.ModelConfig) -> Settings:
    policy = config.model_version_policy
    return Settings(
        name=config.name,
        base_path=config.base_path,
        policy=policy.WhichOneof("policy_choice") or "latest",
        num_versions=max(1, policy.latest.num_versions),
        versions=frozenset(policy.specific.versions),
        labels=dict(config.version_labels),
    )


def _is_absolute(path: str) -> bool:
    return pathlib.PurePath(path).is_absolute() or re.match(r"[a-zA-Z][a-zA-Z0-9.]*://", path) is not None


def _check_platform(config: model_server_config_pb2.ModelConfig, is_served: bool) -> None:
    platform = config.model_platform
    if config.model_type != model_server_config_pb2.MODEL_TYPE_UNSPECIFIED:
        if platform:
            raise _invalid(
                "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform."
            )
        if config.model_type != model_server_config_pb2.TENSORFLOW:
            raise _invalid(f"ModelServerConfig::model_type choice {config.model_type} not supported.")
        platform = PLATFORM
    if not platform:
        raise _invalid(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform."
        )
    if platform != PLATFORM and is_served:
        raise _invalid(
            f"Illegal to change a model's platform. For model {config.name} platform was {PLATFORM} and new platform "
            f"requested is {platform}"
        )
    if platform != PLATFORM:
        raise _invalid(f"Model {config.name} requests unsupported platform {platform}")


def _invalid(message: str) -> ServingError:
    return ServingError(Code.INVALID_ARGUMENT, message)
