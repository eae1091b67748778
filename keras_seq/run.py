"""The run directory, `runs/<recipe name>/`: the only file that knows its file names.

    recipe.yaml       the resolved recipe: every key, defaults included
    model.keras       raw input -> named answers, with the best weights
    metrics.json      {"validation": {...}, "test": {...}, "training": {...}}; it is there when the run is complete
    history.csv       a line an epoch
    requests.json     a few raw validation inputs, as the body of a predict request to TensorFlow Serving
    seen.json         what of the training split scoring compares with (the entities that it had); not always there
    card.md, *.png    what the run is, for people; worst_examples.html where the answers can be shown in colour
    logs/             TensorBoard
    state/            what is needed to go on after a stop
    lock              there while a process trains; held by the system, so that none outlives its process

TensorFlow is imported by `load` alone: what the commands here say of a missing or finished run does not wait
for it.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import pathlib
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from keras_seq import request_body, yaml_tree
from keras_seq.atomic import replace, replace_arrays
from keras_seq.errors import RecipeError, reason
from keras_seq.lock import Locked, holder, locked
from keras_seq.recipe import Recipe, load_recipe


class Run:
    """A run's files by name; see the module's docstring."""

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = pathlib.Path(path)
        self.name = self.path.resolve().name
        self.recipe_file = self.path / "recipe.yaml"
        self.model_file = self.path / "model.keras"
        self.metrics_file = self.path / "metrics.json"
        self.history_file = self.path / "history.csv"
        self.requests_file = self.path / "requests.json"
        self.seen_file = self.path / "seen.json"
        self.card_file = self.path / "card.md"
        self.worst_examples_file = self.path / "worst_examples.html"
        self.gates_file = self.path / "gates.png"
        self.gradients_file = self.path / "gradients.png"
        self.logs = self.path / "logs"
        self.state = self.path / "state"
        self.position_file = self.state / "position.npz"
        self.best_weights_file = self.state / "best_weights.npz"
        self.features_file = self.state / "features.sqlite"
        self.lock_file = self.path / "lock"
        self._begin: Callable[[], None] = lambda: None

    @property
    def is_complete(self) -> bool:
        return self.metrics_file.exists()

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe; the files that it names need not be there any more."""
        return load_recipe(self.recipe_file, check_files=False)

    @contextlib.contextmanager
    def training(self, recipe: Recipe, fresh: bool) -> Iterator[None]:
        """Hold the folder for a recipe, new or as an earlier start of the same recipe left it; see `begin`.

        Nothing of an earlier run is touched here: `fresh` is done by `begin`.

        Raises:
            RecipeError: when the folder cannot be written, holds a run of another recipe or something else,
                or another process trains in it.
        """
        _check_name(self.path, self.name)
        if self._holds_a_run() and self.is_complete and not fresh:
            self._same_recipe(recipe)
            yield
            return
        try:
            others = self.path.exists() and {p.name for p in self.path.iterdir()} - {"state", "lock"}
            if others and not self._holds_a_run():
                raise RecipeError(
                    f"{self.path}: this folder is not empty and holds no run; name another with --run"
                )
            lock = contextlib.ExitStack()
            lock.enter_context(locked(self.lock_file))
        except Locked as error:
            by = f" (process {error.pid})" if error.pid else ""
            raise RecipeError(
                f"{self.path}: another training{by} is at work in this folder; wait for it, stop it, or name another "
                "folder with --run"
            ) from None
        except OSError as error:
            where = error.filename or self.path
            raise RecipeError(f"{where}: the run folder cannot be written: {reason(error)}") from None
        with lock:
            if not fresh and (self.is_complete or self.position_file.exists()):
                self._same_recipe(recipe)
                self._begin = lambda: self._write_recipe(recipe)  # how files are read may have changed
            else:
                self._begin = lambda: self._start_over(recipe)
            yield

    def begin(self) -> None:
        """Make the run's files, the old ones removed, unless it is to be gone on with.

        To be called once the data was read and found right: until then an earlier run stays as it is.
        """
        self._begin()
        self._begin = lambda: None

    def finished(self) -> Run:
        """This run, when it is one and complete.

        Raises:
            RecipeError: when it is not.
        """
        made = "a run is made by python -m keras_seq.train RECIPE"
        try:
            is_folder, is_run = self.path.is_dir(), self.recipe_file.exists()
        except OSError as error:  # as of a text where the folder should be
            raise RecipeError(f"{str(self.path)[:80]}...: no such folder ({reason(error)}); {made}") from None
        if not is_run:
            what = "this folder holds no run (it has no recipe.yaml)" if is_folder else "no such folder"
            if self.path.is_file():
                what = "is a file; expected a run's folder"
            raise RecipeError(f"{self.path}: {what}; {made}")
        if not self.is_complete:
            process = holder(self.lock_file)
            goes_on = "the command that began it goes on with it"
            if process is not None:
                goes_on = f"it is being trained{f', by process {process}' if process else ''}"
            raise RecipeError(f"{self.path}: this run is not finished; {goes_on}")
        if not self.model_file.exists():
            gone = "model.keras is gone; the command that began it, with --fresh, makes it anew"
            raise RecipeError(f"{self.path}: {gone}")
        return self

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
        def write(part: pathlib.Path) -> None:
            with part.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, list(rows[0]) if rows else ["epoch"])
                writer.writeheader()
                writer.writerows(rows)

        replace(self.history_file, write)

    def read_requests(self) -> dict[str, list[str | bytes]]:
        """Input name -> raw inputs."""
        try:
            return request_body.decoded(self.requests_file.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise RecipeError(f"{self.requests_file}: cannot be read: {error}") from None

    def write_requests(self, name: str, inputs: Iterable[str | bytes]) -> None:
        body = request_body.encoded(name, inputs)
        replace(self.requests_file, lambda part: part.write_text(body, encoding="utf-8"))

    def read_seen(self) -> set[str]:
        if not self.seen_file.exists():
            return set()
        try:
            return set(json.loads(self.seen_file.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise RecipeError(f"{self.seen_file}: cannot be read: {error}") from None

    def write_seen(self, seen: Iterable[str]) -> None:
        text = json.dumps(sorted(seen), ensure_ascii=False, indent=0)
        replace(self.seen_file, lambda part: part.write_text(text + "\n", encoding="utf-8"))

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

    def save_model(self, model: Any) -> None:
        replace(self.model_file, model.save, self.path / "part.keras")  # Keras wants the suffix

    def save_best_weights(self, network: Any) -> None:
        replace_arrays(self.best_weights_file, *(variable.numpy() for variable in network.variables))

    def load_best_weights(self, network: Any) -> None:
        import numpy as np

        with np.load(self.best_weights_file) as saved:
            for variable, name in zip(network.variables, saved.files, strict=True):
                variable.assign(saved[name])

    def save_position(self, arrays: dict[str, Any]) -> None:
        replace_arrays(self.position_file, **arrays)

    def _holds_a_run(self) -> bool:
        """A recipe alone may be anybody's; with a state or scores beside it, it is a run's."""
        return self.recipe_file.exists() and (self.state.exists() or self.is_complete)

    def _start_over(self, recipe: Recipe) -> None:
        """Remove what is the run's; whatever else is in the folder stays. Without scores it is no finished
        run.
        """
        paths = [value for value in vars(self).values() if isinstance(value, pathlib.Path)]
        # "." is its own parent.
        own = [path for path in paths if path.parent == self.path and path != self.path] + self._pictures()
        for path in sorted(own, key=lambda path: path != self.metrics_file):
            if path == self.lock_file:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        self.state.mkdir()
        self._write_recipe(recipe)

    def _write_recipe(self, recipe: Recipe) -> None:
        replace(self.recipe_file, lambda part: yaml_tree.write(recipe.as_dict(), part))

    def _pictures(self) -> list[pathlib.Path]:
        """The pictures that the card shows."""
        if not self.card_file.exists():
            return []
        text = self.card_file.read_text(encoding="utf-8", errors="replace")
        names = dict.fromkeys(re.findall(r"^!\[.*\]\((\w+)\.png\)$", text, re.MULTILINE))
        return [self.picture_file(name) for name in names]

    def _same_recipe(self, recipe: Recipe) -> None:
        differences = recipe.differences(self.recipe)
        if differences:
            raise RecipeError(
                f"{self.path}: this run was begun with another recipe ({'; '.join(differences)}); "
                "--fresh starts it over, --run DIR names another folder"
            )


def load(run: str | os.PathLike) -> Any:
    """The trained model of a run: a Keras model from raw inputs to named answers.

    Args:
        run: the run's folder; or a file that such a model was saved in by `model.save("NAME.keras")`.

    Returns:
        A `keras.Model`; call it with a list of raw inputs.

    Raises:
        RecipeError: when the folder holds no finished run.

    Example:
        >>> keras_seq.load("runs/sentiment")(["a fine film"])["label"].numpy()
        array([b'positive'], dtype=object)
    """
    path = pathlib.Path(run)
    model_file = path if path.suffix == ".keras" and path.is_file() else Run(path).finished().model_file
    import keras

    import keras_seq.answers  # noqa: F401  (it registers what the file holds)

    try:
        return keras.saving.load_model(model_file, compile=False)
    except (OSError, ValueError) as error:
        raise RecipeError(f"{model_file}: cannot be loaded: {str(error)[:300]}") from None


def _check_name(path: pathlib.Path, name: str) -> None:
    """A run's name becomes part of addresses, file names and pictures."""
    if not name or any(unicodedata.category(character) in ("Cc", "Cs") for character in str(path)):
        raise RecipeError(
            f"{str(path)!r}: a run's folder needs a name in UTF-8, without line breaks and other control "
            "characters; give one with --run"
        )
