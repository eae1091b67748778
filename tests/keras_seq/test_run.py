"""A run's folder: who may train in it, when an earlier run is given up, what is said before TensorFlow is
imported.
"""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import zipfile

import pytest
from corpora import PROJECT
from refusals import refused

from keras_seq import keras_file, train
from keras_seq.catalogue import published
from keras_seq.errors import RecipeError
from keras_seq.recipe import load_recipe
from keras_seq.run import Run, find, load


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_second_training_in_a_folder_is_refused(recipe_file, tmp_path, another_process, capsys):
    run = Run(tmp_path / "run")
    other = another_process(run.lock_file)
    for options in ([], ["--fresh"]):
        message = refused(train, recipe_file, "--run", run.path, *options, capsys=capsys)
        assert f"{run.path}: another training (process {other.pid}) is at work in this folder" in message
    shutil.copy(recipe_file, run.recipe_file)
    with pytest.raises(RecipeError, match=f"not finished; it is being trained, by process {other.pid}"):
        run.finished()


MISTAKES = {
    "a column that is not there": "data: {text: review}",
    "a label without a name": "data: {labels: {positive: good}}",
    "no such text": "data: {train: none.tsv}",
    "vectors of another size": "prepare: {vectors: vectors.txt}",
    "a test label that training never had": "data: {test: odd.tsv}",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_fresh_keeps_the_finished_run_until_the_new_ones_data_is_read(
    mistake, tiny_run, recipe_file, corpus, tmp_path, capsys
):
    shutil.copytree(tiny_run, tmp_path / "run")
    before = files(tmp_path / "run")
    (corpus / "vectors.txt").write_text("film 1 2 3\n", encoding="utf-8")
    (corpus / "odd.tsv").write_text("a film\tneutral\n", encoding="utf-8")
    (tmp_path / "more.yaml").write_text(MISTAKES[mistake], encoding="utf-8")
    refused(train, recipe_file, tmp_path / "more.yaml", "--fresh", "--run", tmp_path / "run", capsys=capsys)
    assert files(tmp_path / "run") == before


def test_a_new_run_with_a_mistake_leaves_nothing(recipe_file, tmp_path, capsys):
    refused(train, recipe_file, "--set", "data.text=review", "--run", tmp_path / "run", capsys=capsys)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["train", "{recipe}", "--set", "data.text=review"], "no column 'review' in the header"),
        (
            ["train", "{recipe}", "--set", "data.labels={positive: good}"],
            "label 'negative' is none of 'positive'",
        ),
        (["train", "{recipe}", "--set", "data.train="], "data.train: this key is needed"),
        (["evaluate", "{run}", "--data", "none.tsv"], "--data none.tsv: no such file"),
        (["evaluate", "{run}", "--data", "{wrong}"], "wrong.tsv:1: 1 column(s)"),
        (["predict", "{run}", "--file", "none.txt"], "none.txt: "),
        (["predict", "none", "a text"], "none: no such folder"),
        (["inspect", "none", "a text"], "none: no such folder"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_what_can_be_known_early_is_said_before_tensorflow(
    command, expected, tiny_run, recipe_file, tmp_path
):
    wrong = tmp_path / "wrong.tsv"
    wrong.write_text("one column\n", encoding="utf-8")
    places = {"{recipe}": str(recipe_file), "{run}": str(tiny_run), "{wrong}": str(wrong)}
    words = [places.get(word, word) for word in command]
    where = ["--run", str(tmp_path / "run")] if command[0] == "train" else []
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", f"keras_seq.{words[0]}", *words[1:], *where],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert expected in done.stderr
    loaded = {
        line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")
    }
    assert "keras_seq.run" in loaded
    assert not loaded & {"tensorflow", "keras", "numpy"}


def test_ctrl_c_while_tensorflow_is_imported_is_quiet(tiny_run):
    process = subprocess.Popen(
        [sys.executable, "-m", "keras_seq.predict", str(tiny_run), "a text"],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
    )
    said = process.stderr.read(len("loading TensorFlow"))
    process.send_signal(signal.SIGINT)
    said += process.communicate(timeout=120)[1]
    assert process.returncode == 130
    assert said.startswith(b"loading TensorFlow")
    assert b"interrupted" in said
    assert b"Traceback" not in said


def test_ctrl_c_after_training_keeps_what_was_trained(recipe_file, tmp_path, monkeypatch, capsys):
    def interrupted(self, model):
        raise KeyboardInterrupt

    run = Run(tmp_path / "run")
    monkeypatch.setattr(Run, "save_model", interrupted)
    arguments = [str(recipe_file), "--run", str(run.path), "--set", "training.epochs=1"]
    with pytest.raises(SystemExit, match="130"):
        train.main(arguments)
    assert (
        f"To go on, the same command again:\n  python -m keras_seq.train {recipe_file} --run"
        in capsys.readouterr().out
    )
    assert not run.lock_file.exists()
    monkeypatch.undo()
    assert train.main(arguments) == 0
    assert run.is_complete
    assert len(run.read_history()) == 1


@pytest.mark.parametrize("name", ["caf\udcff", "a\nb", "bell\a"], ids=["bytes", "line", "control"])
def test_a_run_needs_a_name_that_can_be_printed(name, recipe_file, tmp_path, capsys):
    assert "a run's folder needs a name" in refused(
        train, recipe_file, "--run", tmp_path / name, capsys=capsys
    )


def test_a_run_folder_that_is_a_file_or_too_long(recipe_file, tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "cannot be written" in refused(train, recipe_file, "--run", tmp_path / "file", capsys=capsys)
    with pytest.raises(RecipeError, match="is a file; expected a run's folder"):
        Run(tmp_path / "file").finished()
    assert "File name too long" in refused(train, recipe_file, "--run", tmp_path / ("x" * 300), capsys=capsys)
    with pytest.raises(RecipeError, match=r"no such folder \(File name too long\); a run is made by"):
        Run("the plot is superb " * 30).finished()


def test_a_full_disk_keeps_the_last_state_and_says_how_to_go_on(recipe_file, tmp_path, monkeypatch, capsys):
    run, saved = Run(tmp_path / "run"), Run.save_position

    def full(self, arrays):
        if arrays["epoch"] == 1:
            return saved(self, arrays)
        raise OSError(28, "No space left on device", str(self.position_file))

    monkeypatch.setattr(Run, "save_position", full)
    message = refused(train, recipe_file, "--run", run.path, capsys=capsys)
    assert "position.npz: No space left on device; what was trained and saved" in message
    assert f"python -m keras_seq.train {recipe_file} --run {run.path}" in message
    monkeypatch.undo()
    assert train.main([str(recipe_file), "--run", str(run.path)]) == 0
    assert "going on with" in capsys.readouterr().out
    assert run.is_complete


def test_a_file_that_cannot_be_written_leaves_no_part(tiny_run, tmp_path):
    shutil.copytree(tiny_run, tmp_path / "run")
    run = Run(tmp_path / "run")
    before = files(run.path)

    def fail(part):
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    model = type("Model", (), {"save": staticmethod(fail)})
    with pytest.raises(OSError, match="No space left") as error:
        run.save_model(model)
    assert error.value.filename == str(run.model_file)
    assert files(run.path) == before


@pytest.mark.parametrize("name", ["run [v1]", "2024", "*", "a b'c\"d"])
def test_a_run_may_be_called_anything_that_can_be_printed(name, recipe_file, tmp_path):
    run = Run(tmp_path / name)
    recipe = load_recipe(recipe_file)
    with run.training(recipe, fresh=False):
        run.begin()
        run.write_metrics({"validation": {"accuracy": 1.0}})
    assert run.is_complete
    assert json.loads(run.metrics_file.read_text(encoding="utf-8"))
    with run.training(recipe, fresh=True):
        run.begin()
        assert not run.is_complete
    assert run.recipe.as_dict() == recipe.as_dict()


def test_fresh_removes_the_pictures_that_the_card_shows_and_leaves_the_users(tiny_run, recipe_file, tmp_path):
    run = Run(shutil.copytree(tiny_run, tmp_path / "run"))
    (run.path / "mine.png").write_bytes(b"mine")
    assert run.picture_file("learning_curves").exists()
    with run.training(load_recipe(recipe_file), fresh=True):
        run.begin()
    assert sorted(path.name for path in run.path.glob("*.png")) == ["mine.png"]


def test_how_files_are_read_may_change_while_a_training_goes_on(recipe_file, tmp_path):
    run = Run(tmp_path / "run")
    with run.training(load_recipe(recipe_file), fresh=False):
        run.begin()
        run.save_position({"epoch": 1})
    other = load_recipe(recipe_file, overrides=["training.unreadable=skip", "training.cache=disk"])
    with run.training(other, fresh=False):
        run.begin()
    assert run.position_file.exists()
    assert run.recipe.training["unreadable"] == "skip"
    longer = load_recipe(recipe_file, overrides=["training.epochs=9"])
    with pytest.raises(RecipeError, match=r"training.epochs was 2, is 9"), run.training(longer, fresh=False):
        pass


def test_what_exists_is_taken_before_the_zoos_model_of_that_name(tiny_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find("sentiment").path == published()["sentiment"]
    assert find("sentiment").called == "sentiment"
    for path in ("runs/sentiment", "sentiment.keras", "sentiment/x", str(published()["sentiment"])):
        assert find(path).path == pathlib.Path(path)
        assert find(path).called == path
    shutil.copytree(tiny_run, tmp_path / "sentiment")
    assert find("sentiment").path == pathlib.Path("sentiment")


def test_an_unknown_name_says_what_the_zoo_has(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, expected in (
        ("sentimnt", "the zoo has no such model; did you mean 'sentiment'?"),
        ("xyz", "the zoo has no such model; expected one of "),
        ("runs/sentiment", "the zoo has a model 'sentiment', which is asked by its name alone"),
    ):
        with pytest.raises(RecipeError, match=re.escape(expected)):
            load(name)
    with pytest.raises(RecipeError) as error:
        load("runs/sentimnt")
    assert "the zoo" not in str(error.value)
    (tmp_path / "sentiment").mkdir()
    with pytest.raises(RecipeError, match=r"holds no run .* asked by its name where no such folder is"):
        load("sentiment")


def test_a_model_is_loaded_by_name_run_or_file(tiny_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    labels = [
        load(run)(["a fine film"])["label"].numpy()[0]
        for run in ("sentiment", tiny_run, str(tiny_run / "model.keras"), published()["sentiment"])
    ]
    assert labels[0] == labels[3] == b"positive"
    assert labels[1] == labels[2]


@pytest.mark.parametrize(
    ("writer", "expected"),
    [
        (
            "9.9.0",
            "keras_seq 9.9.0 wrote it, and this is 0.3.0: install that version, or train it again from",
        ),
        (None, "keras_seq before 0.3.0 wrote it, and this is 0.3.0: install that version, or train it again"),
        ("0.3.0", None),
    ],
)
def test_a_model_of_another_version_that_cannot_be_loaded_says_which(
    writer, expected, tiny_run, tmp_path, monkeypatch
):
    monkeypatch.setattr("keras_seq.run.version", lambda: "0.3.0")
    run = Run(shutil.copytree(tiny_run, tmp_path / "run"))
    with zipfile.ZipFile(tiny_run / "model.keras") as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(contents["config.json"])
    config["config"].pop(keras_file.VERSION_KEY, None)
    config["config"] |= {keras_file.VERSION_KEY: writer} if writer else {}
    contents["config.json"] = json.dumps(config).replace("keras_seq>WordIds", "keras_seq>Gone").encode()
    with zipfile.ZipFile(run.model_file, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    with pytest.raises(RecipeError, match=r"model.keras: cannot be loaded: ") as error:
        load(run.path)
    if expected is None:
        assert "wrote it" not in str(error.value)
    else:
        assert expected in str(error.value)


def test_a_run_cannot_start_from_itself(tiny_run, tmp_path):
    shutil.copytree(tiny_run, tmp_path / "run")
    recipe = load_recipe(tmp_path / "run" / "recipe.yaml", resolved=True)
    recipe.training["init_from"] = str(tmp_path / "run")
    run = Run(tmp_path / "run")
    with pytest.raises(RecipeError, match="this very folder"), run.training(recipe, fresh=True):
        pass
    assert run.model_file.exists()
