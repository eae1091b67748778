"""A run's life: begun, trained, finished; found by its folder or, in the zoo, by its name; loaded.

TensorFlow is imported by `load` alone: what the commands here say of a missing or finished run does not wait
for it.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from keras_seq import keras_file
from keras_seq.catalogue import model_folder, published
from keras_seq.errors import RecipeError, reason
from keras_seq.lock import Locked, holder, locked
from keras_seq.recipe import Recipe
from keras_seq.run_files import RunFiles
from keras_seq.sections import nearest
from keras_seq.version import version


class Run(RunFiles):
    """A run, whether it is there or not yet.

    Args:
        path: its folder.
        called: how commands name it to people, where that is not the path.
    """

    def __init__(self, path: str | os.PathLike, called: str = "") -> None:
        super().__init__(path)
        self.called = called or str(path)
        self._begin: Callable[[], None] = lambda: None

    @contextlib.contextmanager
    def training(self, recipe: Recipe, fresh: bool) -> Iterator[None]:
        """Hold the folder for a recipe, new or as an earlier start of the same recipe left it; see `begin`.

        Nothing of an earlier run is touched here: `fresh` is done by `begin`.

        Raises:
            RecipeError: when the folder cannot be written, holds a run of another recipe or something else,
                or another process trains in it.
        """
        _check_name(self.path, self.name)
        if recipe.training["init_from"] == str(self.path.resolve()):
            raise RecipeError(
                f"{self.path}: training.init_from is this very folder; name another folder for the new run with --run"
            )
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
            if not fresh and (self.is_complete or self.position_files):
                self._same_recipe(recipe)
                # How files are read may have changed.
                self._begin = lambda: self.write_recipe(recipe.as_dict())
            else:
                self._begin = lambda: self._start_over(recipe)
            yield

    def begin(self) -> None:
        """Make the run's files, the old ones removed, unless it is to be gone on with.

        To be called once the data was read and found right: until then an earlier run stays as it is.
        """
        self._begin()
        self._begin = lambda: None

    def begun_since(self, moment: float) -> bool:
        """Whether its files were made since a moment, in seconds as `time.time` has them."""
        return self.recipe_file.exists() and self.recipe_file.stat().st_mtime >= moment

    def finished(self) -> Run:
        """This run, when it is one and complete.

        Raises:
            RecipeError: when it is not.
        """
        made = f"; a run is made by python -m keras_seq.train RECIPE{_in_the_zoo(self.path)}"
        try:
            is_folder, is_run = self.path.is_dir(), self.recipe_file.exists()
        except OSError as error:  # as of a text where the folder should be
            raise RecipeError(f"{str(self.path)[:80]}...: no such folder ({reason(error)}){made}") from None
        if not is_run:
            what = "this folder holds no run (it has no recipe.yaml)" if is_folder else "no such folder"
            if self.path.is_file():
                what = "is a file; expected a run's folder"
            raise RecipeError(f"{self.path}: {what}{made}")
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
        self.write_recipe(recipe.as_dict())

    def _pictures(self) -> list[pathlib.Path]:
        """The pictures that the card shows, and their sounds."""
        if not self.card_file.exists():
            return []
        text = self.card_file.read_text(encoding="utf-8", errors="replace")
        names = dict.fromkeys(re.findall(r"^!\[.*\]\((\w+)\.png\)$", text, re.MULTILINE))
        return [file(name) for name in names for file in (self.picture_file, self.sound_file)]

    def _same_recipe(self, recipe: Recipe) -> None:
        differences = recipe.differences(self.recipe)
        if differences:
            raise RecipeError(
                f"{self.path}: this run was begun with another recipe ({'; '.join(differences)}); "
                "--fresh starts it over, --run DIR names another folder"
            )


def find(run: str | os.PathLike) -> Run:
    """The run that an argument means: a folder, or the name of a model of the zoo; see `catalogue.model_folder`.

    Anything else is a run that is not there, as `Run.finished` says.
    """
    return Run(model_folder(run), str(run))


def load(run: str | os.PathLike) -> Any:
    """A trained model: a Keras model from raw inputs to named answers.

    Args:
        run: the name of a model of the zoo (`keras_seq.list_models()`), the folder of a run, or a file that
            such a model was saved in by `model.save("NAME.keras")`. What exists is taken before the zoo's.

    Returns:
        A `keras.Model`; call it with a list of raw inputs.

    Raises:
        RecipeError: when there is no such model or finished run, or another version wrote it.

    Example:
        >>> keras_seq.load("sentiment")(["a fine film"])["label"].numpy()
        array([b'positive'], dtype=object)
    """
    path = pathlib.Path(run)
    model_file = path if path.suffix == ".keras" and path.is_file() else find(run).finished().model_file
    import keras

    import keras_seq.answers  # noqa: F401  (it registers what the file holds)

    try:
        return keras.saving.load_model(model_file, compile=False)
    except Exception as error:  # what Keras does not know is of any kind
        why = f"{str(error)[:300]}{_of_another_version(model_file)}"
        raise RecipeError(f"{model_file}: cannot be loaded: {why}") from None


def _of_another_version(model_file: pathlib.Path) -> str:
    """What to do with a model that another version of this package wrote; "" where that is not the reason."""
    writer = keras_file.written_by(model_file)
    if writer in ("", version()):
        return ""
    recipe_file = Run(model_file.parent).recipe_file
    again = f"train it again from {recipe_file}" if recipe_file.exists() else "train and save it again"
    return f"; keras_seq {writer} wrote it, and this is {version()}: install that version, or {again}"


def _in_the_zoo(path: pathlib.Path) -> str:
    """What the zoo has under a path's name, or nearest to it, for a run that is not there."""
    known = published()
    alone = len(path.parts) == 1
    if path.name in known:
        how = "where no such folder is" if alone else "alone"
        return f"; the zoo has a model {path.name!r}, which is asked by its name {how}"
    if not alone or path.suffix or not known:
        return ""
    near = nearest(path.name, list(known))
    meant = f"did you mean {near!r}?" if near else f"expected one of {', '.join(known)}"
    return f", and the zoo has no such model; {meant}"


def _check_name(path: pathlib.Path, name: str) -> None:
    """A run's name becomes part of addresses, file names and pictures."""
    if not name or any(unicodedata.category(character) in ("Cc", "Cs") for character in str(path)):
        raise RecipeError(
            f"{str(path)!r}: a run's folder needs a name in UTF-8, without line breaks and other control "
            "characters; give one with --run"
        )
