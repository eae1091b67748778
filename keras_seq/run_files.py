"""The run directory, `runs/<recipe name>/`: the only file that knows its file names.

recipe.yaml       the resolved recipe: every key, defaults included
model.keras       raw input -> named answers, with the best weights
metrics.json      {"validation": {...}, "test": {...}, "training": {...}}; it is there when the run is complete
plan.json         what was planned before the first step: epochs, steps, batch size, the scores that choose the epoch
history.csv       a line an epoch
requests.json     a few raw validation inputs, as the body of a predict request to TensorFlow Serving
answers.json      of a model that was published: its answers to the requests
seen.json         what of the training split scoring compares with (the entities that it had); not always there
card.md, *.png, *.wav   what the run is, for people; worst_examples.html where the answers can be shown in colour
logs/             TensorBoard
state/            what is needed to go on after a stop
lock              there while a process trains; held by the system, so that none outlives its process
"""

from __future__ import annotations

import contextlib
import csv
import json
import math
import os
import pathlib
from collections.abc import Iterable, Set
from typing import Any

from keras_seq import request_body, seen, yaml_tree
from keras_seq.atomic import replace, replace_arrays
from keras_seq.errors import RecipeError
from keras_seq.recipe import Recipe, load_recipe


class RunFiles:
    """A run's files by name; see the module's docstring."""

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = pathlib.Path(path)
        self.name = self.path.resolve().name
        self.recipe_file = self.path / "recipe.yaml"
        self.model_file = self.path / "model.keras"
        self.metrics_file = self.path / "metrics.json"
        self.plan_file = self.path / "plan.json"
        self.history_file = self.path / "history.csv"
        self.requests_file = self.path / "requests.json"
        self.answers_file = self.path / "answers.json"
        self.seen_file = self.path / "seen.json"
        self.card_file = self.path / "card.md"
        self.worst_examples_file = self.path / "worst_examples.html"
        self.gates_file = self.path / "gates.png"
        self.gradients_file = self.path / "gradients.png"
        self.logs = self.path / "logs"
        self.state = self.path / "state"
        self.position_file = self.state / "position.npz"
        self.earlier_position_file = self.state / "earlier_position.npz"
        self.best_weights_file = self.state / "best_weights.npz"
        self.features_file = self.state / "features.sqlite"
        self.lock_file = self.path / "lock"

    @property
    def is_complete(self) -> bool:
        return self.metrics_file.exists()

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe; the files that it names need not be there any more."""
        return load_recipe(self.recipe_file, check_files=False, resolved=True)

    def write_recipe(self, values: dict[str, Any]) -> None:
        replace(self.recipe_file, lambda part: yaml_tree.write(values, part))

    @property
    def is_published(self) -> bool:
        """Whether this is what `keras_seq.publish` made of a run; nothing is written into its folder."""
        return "published" in self.read_metrics()

    def read_metrics(self) -> dict[str, Any]:
        return json.loads(self.metrics_file.read_text(encoding="utf-8"))

    def write_metrics(self, metrics: dict[str, Any]) -> None:
        text = json.dumps(metrics, indent=2)
        replace(self.metrics_file, lambda part: part.write_text(text + "\n", encoding="utf-8"))

    def read_history(self) -> list[dict[str, float]]:
        """A dict an epoch; `epoch` counts from 1."""
        if not self.history_file.exists():
            return []
        with self.history_file.open(encoding="utf-8", newline="") as lines:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(lines)]

    def write_history(self, rows: list[dict[str, float]]) -> None:
        """A row an epoch; what was not measured in one is NaN."""

        def write(part: pathlib.Path) -> None:
            with part.open("w", encoding="utf-8", newline="") as stream:
                names = dict.fromkeys(name for row in rows for name in row) or ["epoch"]
                writer = csv.DictWriter(stream, list(names), restval=math.nan)
                writer.writeheader()
                writer.writerows(rows)

        replace(self.history_file, write)

    def read_plan(self) -> dict[str, Any]:
        """What was planned of the training; empty where it has not come so far."""
        return json.loads(self.plan_file.read_text(encoding="utf-8")) if self.plan_file.exists() else {}

    def write_plan(self, plan: dict[str, Any]) -> None:
        text = json.dumps(plan) + "\n"
        replace(self.plan_file, lambda part: part.write_text(text, encoding="utf-8"))

    def read_requests(self) -> dict[str, list[str | bytes]]:
        """Input name -> raw inputs."""
        try:
            return request_body.decoded(self.requests_file.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise RecipeError(f"{self.requests_file}: cannot be read: {error}") from None

    def write_requests(self, name: str, inputs: Iterable[str | bytes], numbers: bool = False) -> None:
        body = request_body.encoded(name, inputs, numbers)
        replace(self.requests_file, lambda part: part.write_text(body, encoding="utf-8"))

    def read_answers(self) -> list[dict[str, Any]]:
        """The answers of a published model to its requests, one each."""
        return json.loads(self.answers_file.read_text(encoding="utf-8"))

    def write_answers(self, answers: list[dict[str, Any]]) -> None:
        lines = ",\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers)
        replace(self.answers_file, lambda part: part.write_text(f"[\n{lines}\n]\n", encoding="utf-8"))

    def read_seen(self) -> Set[str]:
        """Texts, or what knows them by their fingerprints."""
        if not self.seen_file.exists():
            return set()
        try:
            return seen.decoded(self.seen_file.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecipeError(f"{self.seen_file}: cannot be read: {error}") from None

    def write_seen(self, texts: Set[str]) -> None:
        text = seen.encoded(texts)
        replace(self.seen_file, lambda part: part.write_text(text, encoding="utf-8"))

    @property
    def takes_files(self) -> bool:
        """Whether a raw input is the bytes of a file."""
        return isinstance(next(iter(self.read_requests().values()))[0], bytes)

    @property
    def example(self) -> str:
        """A raw input to ask the model: a text, or the path of a file; "" where there is none."""
        if self.takes_files:
            return self.read_metrics()["training"].get("example", "")
        texts = next(iter(self.read_requests().values()))
        return next((text for text in texts if isinstance(text, str) and text.strip()), "")

    def picture_file(self, name: str) -> pathlib.Path:
        """Where a picture of the card is."""
        return self.path / f"{name}.png"

    def sound_file(self, name: str) -> pathlib.Path:
        """Where the sound of a picture is."""
        return self.path / f"{name}.wav"

    def save_model(self, model: Any) -> None:
        replace(self.model_file, model.save, self.path / "part.keras")  # Keras wants the suffix

    def save_best_weights(self, network: Any) -> None:
        arrays = {f"arr_{n}": variable.numpy() for n, variable in enumerate(network.variables)}
        replace_arrays(self.best_weights_file, None, arrays)

    def load_best_weights(self, network: Any) -> None:
        import numpy as np

        with np.load(self.best_weights_file) as saved:
            for variable, name in zip(network.variables, saved.files, strict=True):
                variable.assign(saved[name])

    def features_file_of(self, worker: int) -> pathlib.Path:
        """Where the features that a worker keeps are: of others than the chief, whose folder this may not be, in
        files of their own.
        """
        if not worker:
            return self.features_file
        self.state.mkdir(parents=True, exist_ok=True)
        return self._features_file_of(worker)

    def remove_features_of(self, worker: int) -> None:
        """Remove what a worker other than the chief has kept, where it is not gone with the chief's folder."""
        path = self._features_file_of(worker)
        for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            file.unlink(missing_ok=True)
        for folder in (self.state, self.path):
            with contextlib.suppress(OSError):  # it is not there, or others have files in it
                folder.rmdir()

    def _features_file_of(self, worker: int) -> pathlib.Path:
        return self.features_file.with_stem(f"{self.features_file.stem}_{worker}")

    @property
    def position_files(self) -> list[pathlib.Path]:
        """Where training stood, the newest first; empty where nothing was saved."""
        return [path for path in (self.position_file, self.earlier_position_file) if path.exists()]

    def save_position(self, arrays: dict[str, Any]) -> None:
        """Save where training stands; what was saved before stays beside it."""
        replace_arrays(self.position_file, self.earlier_position_file, arrays)
