"""Recipes: every complaint at once, with file:line, the value, what was expected and the nearest name."""

import json
import pathlib

import pytest
from corpora import PROJECT

from keras_seq import yaml_tree
from keras_seq.errors import RecipeError
from keras_seq.recipe import load_recipe


def write(tmp_path, text, name="r.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def complaint(*paths, **options):
    with pytest.raises(RecipeError) as error:
        load_recipe(*paths, **options)
    return str(error.value)


def test_defaults_are_filled_in():
    recipe = load_recipe(PROJECT / "zoo" / "sentiment.yaml")
    assert (recipe.name, recipe.application) == ("sentiment", "sentiment")
    assert recipe.data["source"] == "sample"
    assert recipe.model["layers"] == 1
    assert recipe.training["shuffle_buffer"] == 50000


def test_yaml_is_version_1_2(tmp_path):
    path = write(
        tmp_path,
        "application: sentiment\ndata: {source: sample, text: no}\ntraining: {learning_rate: 1e-4}\n",
    )
    recipe = load_recipe(path)
    assert recipe.data["text"] == "no"
    assert recipe.training["learning_rate"] == 1e-4


def test_anchors_quotes_and_tags_change_no_value(tmp_path):
    text = """\
application: &a sentiment
data: {source: sample, text: &c "5", label: !!str 7, labels: {&t true: &n yes, "2": two, 2024-01-01: day, ? &f 1.5 : x}}
prepare: {lowercase: *t}
model: &model {bidirectional: &b true, units: &u 8, dropout: &d 0.25, pooling: &p max}
training: {seed: &h 0x10, epochs: *u}
"""
    recipe = load_recipe(write(tmp_path, text))
    assert recipe.application == "sentiment"
    assert (recipe.data["text"], recipe.data["label"]) == ("5", "7")
    assert recipe.data["labels"] == {True: "yes", "2": "two", "2024-01-01": "day", 1.5: "x"}
    assert {type(key) for key in recipe.data["labels"]} == {bool, str, float}
    assert recipe.prepare["lowercase"] is True
    assert recipe.model["bidirectional"] is True
    assert (recipe.model["units"], recipe.model["dropout"], recipe.model["pooling"]) == (8, 0.25, "max")
    assert (recipe.training["seed"], recipe.training["epochs"]) == (16, 8)
    more = write(tmp_path, "a: &x {bidirectional: &b false}\n", "m.yaml")
    assert "a: unknown section" in complaint(tmp_path / "r.yaml", more)
    merged = load_recipe(
        tmp_path / "r.yaml", overrides=["model.bidirectional=&x false", "data.text=2024-01-01"]
    )
    assert merged.model["bidirectional"] is False
    assert merged.data["text"] == "2024-01-01"


def test_later_files_and_overrides_win(tmp_path):
    first = write(
        tmp_path, "application: sentiment\ndata: {source: sample}\ntraining: {epochs: 3, batch_size: 8}\n"
    )
    second = write(tmp_path, "training: {epochs: 4}\n", "second.yaml")
    recipe = load_recipe(first, second, overrides=["training.seed=7", "training.batch_size=9"])
    assert (recipe.name, recipe.training["epochs"], recipe.training["seed"]) == ("r", 4, 7)
    assert recipe.training["batch_size"] == 9


def test_all_problems_are_reported_at_once_with_their_places(tmp_path):
    path = write(
        tmp_path,
        "application: sentiment\n"
        "data:\n  source: sampel\n  train: nowhere.tsv\n"
        "model:\n  unit: 3\n  dropout: 1.5\n"
        "training:\n  epochs: many\n  learning_rate: yes\n"
        "modle: {}\n",
    )
    text = complaint(path, overrides=["training.seed=-1"])
    assert text.startswith("8 problems")
    for part in (
        f"{path}:3: data.source: given 'sampel', expected 'files' or 'sample'; did you mean 'sample'?",
        f"{path}:4: data.train: given 'nowhere.tsv', no file or folder at nowhere.tsv",
        f"{path}:6: model.unit: unknown key (given 3); did you mean 'units'?",
        f"{path}:7: model.dropout: given 1.5, expected less than 1",
        f"{path}:9: training.epochs: given 'many', expected integer",
        f"{path}:10: training.learning_rate: given 'yes', expected",
        f"{path}:11: modle: unknown section; did you mean 'model'?",
        "--set training.seed=-1: training.seed: given -1, expected greater than or equal to 0",
    ):
        assert part in text


def test_a_missing_file_names_the_nearest_one(tmp_path):
    (tmp_path / "train.tsv").write_text("a\tb\n", encoding="utf-8")
    path = write(tmp_path, f"application: sentiment\ndata: {{directory: {tmp_path}, train: trian.tsv}}\n")
    assert "the folder has 'train.tsv'" in complaint(path)
    assert load_recipe(path, check_files=False).data["train"] == str(tmp_path / "trian.tsv")


def test_patterns_of_files_are_allowed(tmp_path):
    (tmp_path / "part-1.tsv").write_text("a\tb\n", encoding="utf-8")
    path = write(tmp_path, f"application: sentiment\ndata: {{directory: {tmp_path}, train: part-*.tsv}}\n")
    assert load_recipe(path).data["train"] == str(tmp_path / "part-*.tsv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("application: sentiment\n  data: [\n", ":2: not valid YAML"),
        (
            "application: sentiment\ndata: {source: sample}\ndata: {}\n",
            ":3: not valid YAML: found duplicate key",
        ),
        ("application: [sentiment]\n", ":1: application: unknown application ['sentiment']"),
        ("application: {}\n", ":1: application: unknown application {}"),
        ("application: sentiment\ntraining: {seed: 5000000000}\n", ":2: training.seed: given 5000000000"),
        (
            "application: sentiment\ntraining: {learning_rate: .inf}\n",
            ":2: training.learning_rate: given inf",
        ),
        ("application: sentiment\ntraining: {seed: 2001-99-99}\n", ":2: training.seed: given '2001-99-99'"),
        ("application: sentiment\ndata: {train: ''}\n", ":2: data.train: given '', expected a path"),
        (f"application: sentiment\ndata: {{train: {'x' * 300}}}\n", "not a path"),
        ('application: sentiment\ndata: {train: "a\\0b"}\n', ":2: data.train: given 'a\\x00b'"),
        ("application: sentiment\nmodel: \x01\n", "not valid YAML"),
        (
            'application: sentiment\ndata: {labels: {"\\ud800": x}}\n',
            ":2: 'data': a text here has half of a surrogate",
        ),
        (
            "b: &b {units: x}\napplication: sentiment\nmodel: {<<: *b, dropout: 0.1}\n",
            "model.units: given 'x'",
        ),
        ("- 1\n", ":1: a recipe is a mapping"),
        ("", ":1: a recipe is a mapping"),
        ("data: {}\n", "application: this key is needed; one of sentiment"),
        (
            "application: sentimnt\n",
            ":1: application: unknown application 'sentimnt'; did you mean 'sentiment'?",
        ),
        ("application: sentiment\ndata: 3\n", ":2: data: given 3, expected keys and values"),
    ],
)
def test_broken_recipes(tmp_path, text, expected):
    assert expected in complaint(write(tmp_path, text))


def test_a_missing_recipe_names_the_nearest_one():
    assert "did you mean" in complaint(PROJECT / "zoo" / "sentimen.yaml")
    assert "no recipe given" in complaint()


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("epochs=3", "unknown section"),
        ("modle.units=3", "--set modle.units=3: modle: unknown section"),
        ("data.labels=[a, b]", "given ['a', 'b'], expected keys and values"),
        ("training.epochs", "expected section.key=value"),
        ("training=3", "is a section"),
    ],
)
def test_wrong_overrides(tmp_path, override, expected):
    path = write(tmp_path, "application: sentiment\ndata: {source: sample}\n")
    assert expected in complaint(path, overrides=[override])


def test_the_resolved_recipe_reads_back_equal_from_another_folder(tmp_path, monkeypatch):
    (tmp_path / "train.tsv").write_text("a\tb\n", encoding="utf-8")
    path = write(tmp_path, "application: sentiment\ndata: {train: train.tsv}\n")
    monkeypatch.chdir(tmp_path)
    resolved = load_recipe(path).as_dict()
    (tmp_path / "copy").mkdir()
    monkeypatch.chdir(tmp_path / "copy")
    copy = write(tmp_path / "copy", json.dumps(resolved))
    assert load_recipe(copy).as_dict() == resolved


def test_a_name_alone_is_a_recipe_of_the_zoo_unless_such_a_file_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_recipe("sentiment") == load_recipe(PROJECT / "zoo" / "sentiment.yaml")
    with pytest.raises(RecipeError, match="no such recipe in the zoo; did you mean 'sentiment'"):
        load_recipe("sentimnt")
    known = "captioning, captioning_flickr8k, captioning_flickr8k_scratch, ner,"
    with pytest.raises(RecipeError, match=f"one of the zoo: {known}"):
        load_recipe()
    (tmp_path / "sentiment").mkdir()
    assert load_recipe("sentiment").application == "sentiment"
    (tmp_path / "ner").write_text("application: sentiment\n", encoding="utf-8")
    assert load_recipe("ner").application == "sentiment"


@pytest.mark.parametrize("path", ["x" * 300, "x" * 300 + ".yaml", "."])
def test_a_recipe_that_cannot_be_read(path):
    with pytest.raises(RecipeError, match=r"no such|cannot be read: (File name too long|Is a directory)"):
        load_recipe(path)


PLACES = """
application: sentiment
data:
  directory: {folder}/data
  train: sub/train.tsv
  validation: 0.1
  test: {folder}/elsewhere/test.tsv
  phrases: trees.txt
  labels: {{"0": a, "1": b}}
prepare: {{vectors: {folder}/elsewhere/vectors.txt}}
"""


def test_a_portable_recipe_names_no_folder_of_this_machine(tmp_path):
    path = write(tmp_path, PLACES.format(folder=tmp_path))
    portable = load_recipe(path, check_files=False).portable()
    assert "directory" not in portable["data"]
    assert {key: portable["data"][key] for key in ("train", "validation", "test", "phrases")} == {
        "train": "sub/train.tsv",
        "validation": 0.1,
        "test": "test.tsv",
        "phrases": "trees.txt",
    }
    assert portable["prepare"]["vectors"] == "vectors.txt"
    assert portable["data"]["labels"] == {"0": "a", "1": "b"}
    assert str(tmp_path) not in str(portable)


@pytest.mark.parametrize("weights", ["none", "imagenet"])
def test_a_word_that_stands_in_place_of_a_path_is_none(weights, tmp_path):
    text = f"application: captioning\ndata: {{source: sample}}\nmodel: {{weights: {weights}}}\n"
    recipe = load_recipe(write(tmp_path, text))
    for one in (recipe.as_dict(), recipe.portable(), recipe.moved(tmp_path).as_dict()):
        assert one["model"]["weights"] == weights


def test_a_moved_recipe_has_its_paths_in_another_folder(tmp_path):
    recipe = load_recipe(write(tmp_path, PLACES.format(folder=tmp_path)), check_files=False)
    moved = recipe.moved(tmp_path / "new")
    assert moved.directory == str(tmp_path / "new")
    assert moved.data["train"] == str(tmp_path / "new" / "sub" / "train.tsv")
    assert moved.prepare["vectors"] == str(tmp_path / "new" / "vectors.txt")
    assert (moved.model, moved.training) == (recipe.model, recipe.training)
    assert moved.moved(tmp_path / "data").portable() == recipe.portable()
    pair = "application: translation\ndata: {train: [a.de, a.en], validation: [b.de, b.en]}\n"
    moved = load_recipe(write(tmp_path, pair), check_files=False).moved("there")
    assert moved.data["train"] == [str(pathlib.Path("there", name)) for name in ("a.de", "a.en")]


def test_two_paths_do_not_become_one(tmp_path):
    text = f"application: sentiment\ndata: {{train: {tmp_path}/a/x.tsv, validation: {tmp_path}/b/x.tsv}}\n"
    with pytest.raises(RecipeError, match=r"are both 'x.tsv'; train with a data.directory"):
        load_recipe(write(tmp_path, text), check_files=False).portable()


def started_from(tmp_path, text, more=""):
    """A recipe that starts from a run of another one."""
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("film 1 2\n", encoding="utf-8")
    base = load_recipe(write(tmp_path, text))
    (tmp_path / "run").mkdir()
    yaml_tree.write(base.as_dict(), tmp_path / "run" / "recipe.yaml")
    mine = f"data: {{source: sample}}\ntraining: {{init_from: {tmp_path / 'run'}}}\n"
    return write(tmp_path, mine + more, "mine.yaml")


BASE = """\
application: sentiment
data: {source: sample}
prepare: {max_words: 9, vectors: vectors.txt}
model: {units: 5, embedding_dim: 2}
training: {epochs: 7, learning_rate: 0.5}
"""


def test_what_is_left_out_is_as_in_the_model_that_training_starts_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = load_recipe(started_from(tmp_path, BASE, "model: {dropout: 0.25}\n"))
    assert recipe.application == "sentiment"
    assert (recipe.model["units"], recipe.model["dropout"], recipe.prepare["max_words"]) == (5, 0.25, 9)
    assert recipe.prepare["vectors"] is None  # the model has them
    assert (recipe.training["epochs"], recipe.training["learning_rate"]) == (None, 0.003)


def test_the_resolved_recipe_names_the_run_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    started_from(tmp_path, BASE)
    path = write(tmp_path, f"data: {{directory: {tmp_path}, source: sample}}\ntraining: {{init_from: run}}\n")
    recipe = load_recipe(path)
    yaml_tree.write(recipe.as_dict(), tmp_path / "resolved.yaml")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert recipe.differences(load_recipe(tmp_path / "resolved.yaml")) == []


def test_a_model_of_another_application_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = started_from(tmp_path, BASE, "application: ner\n")
    assert "mine.yaml:2: training.init_from" in complaint(path)
    assert "is a model for sentiment; the recipe is for ner" in complaint(path)


def test_a_model_that_is_not_there_is_named(tmp_path):
    text = "application: sentiment\ndata: {source: sample}\ntraining: {init_from: runs/gone}\n"
    path = write(tmp_path, text)
    assert "r.yaml:3: training.init_from: runs/gone: no run's folder" in complaint(path)
    assert load_recipe(path, check_files=False).training["init_from"] == "runs/gone"
    near = write(tmp_path, text.replace("runs/gone", "sentiment_sst3"))
    assert "did you mean 'sentiment_sst2'?" in complaint(near)


def test_a_file_of_vectors_beside_a_model_to_start_from_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = started_from(tmp_path, BASE, "prepare: {vectors: vectors.txt}\n")
    assert "mine.yaml:3: prepare.vectors: cannot stand beside training.init_from" in complaint(path)


def test_what_is_no_name_is_refused(tmp_path):
    path = write(tmp_path, "data: {source: sample}\ntraining: {init_from: 5}\n")
    assert "r.yaml:2: training.init_from: given 5, expected the name of a model" in complaint(path)
    long = write(tmp_path, f"data: {{source: sample}}\ntraining: {{init_from: {'a' * 5000}}}\n")
    assert "no run's folder, and no trained model" in complaint(long)


def test_a_resolved_recipe_does_not_ask_for_the_model_again(tmp_path, monkeypatch):
    """Not even where another one has its name now."""
    monkeypatch.chdir(tmp_path)
    recipe = load_recipe(started_from(tmp_path, BASE))
    yaml_tree.write(recipe.as_dict(), tmp_path / "resolved.yaml")
    (tmp_path / "run" / "recipe.yaml").write_text("application: ner\n", encoding="utf-8")
    again = load_recipe(tmp_path / "resolved.yaml", check_files=False, resolved=True)
    assert again.model["units"] == 5
    assert again.portable()["training"]["init_from"] is None  # a folder of this machine
