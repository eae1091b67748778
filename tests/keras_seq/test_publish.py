"""python -m keras_seq.publish: the best run is taken, a folder is whole or not there, mistakes are said early."""

import shutil

import pytest
import tone
from refusals import refused

import keras_seq
from keras_seq import applications, catalogue, environment, evaluate, predict, publish, train
from keras_seq.catalogue import published
from keras_seq.run import Run

OPTIONS = ["--languages", "en", "--licence", "anything goes"]


@pytest.fixture
def requests(tmp_path):
    path = tmp_path / "requests.txt"
    path.write_text("a fine evening\n\nwhat a bore\n", encoding="utf-8")
    return path


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """An empty folder in the place of the zoo's."""
    folder = tmp_path / "pretrained"
    monkeypatch.setattr(catalogue, "PRETRAINED", folder)
    return folder


@pytest.fixture
def early(monkeypatch):
    """What is to be said before TensorFlow is imported."""
    monkeypatch.setattr(environment, "import_keras", lambda: pytest.fail("too late"))


def seeded(tiny_run, folder, seed, score):
    """A copy of the tiny run that says that it had another seed and score."""
    run = Run(shutil.copytree(tiny_run, folder))
    text = run.recipe_file.read_text(encoding="utf-8")
    run.recipe_file.write_text(text.replace("seed: 3", f"seed: {seed}"), encoding="utf-8")
    metrics = run.read_metrics()
    metrics["validation"] = {**metrics["validation"], "accuracy": score}
    run.write_metrics(metrics)
    return run


def test_a_published_model_is_used_by_its_name(tiny_run, zoo, requests, tmp_path, monkeypatch, capsys):
    assert publish.main([str(tiny_run), "--requests", str(requests), "--to", str(zoo), *OPTIONS]) == 0
    printed = capsys.readouterr().out
    assert "with float16 weights" in printed
    assert "python -m keras_seq.predict tiny 'a fine evening'" in printed
    assert [path.name for path in zoo.iterdir()] == ["tiny"]
    assert [one.name for one in keras_seq.list_models()] == ["tiny"]
    assert 'keras_seq.load("tiny")' in (zoo / "tiny" / "card.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert predict.main(["tiny", "what a bore"]) == 0
    assert '"text": "what a bore"' in capsys.readouterr().out
    assert "is not there (test.tsv); give its folder with --directory DIR" in refused(
        evaluate, "tiny", capsys=capsys
    )
    corpus = tiny_run.parent.parent / "corpus"
    assert evaluate.main(["tiny", "--directory", str(corpus)]) == 0
    accuracy = Run(zoo / "tiny").read_metrics()["test"]["accuracy"]
    assert f"accuracy     {accuracy:.4f}" in capsys.readouterr().out
    recipe = keras_seq.load_recipe(zoo / "tiny" / "recipe.yaml", overrides=[f"data.directory={corpus}"])
    assert recipe.differences(Run(tiny_run).recipe) == []


def test_the_run_with_the_best_validation_score_is_taken(tiny_run, tmp_path):
    scores = {1: 0.5, 2: 0.75, 7: 0.75}
    found = [seeded(tiny_run, tmp_path / f"tiny_{seed}", seed, score) for seed, score in scores.items()]
    assert publish.best(found).name == "tiny_2"
    assert publish.best(found[:1]) is found[0]
    assert publish._name(None, found) == "tiny"


def test_a_published_model_is_replaced_only_when_all_went_well(tiny_run, zoo, requests, monkeypatch, capsys):
    command = [str(tiny_run), "--requests", str(requests), "--to", str(zoo), *OPTIONS]
    assert publish.main(command) == 0
    before = {path.name: path.read_bytes() for path in (zoo / "tiny").iterdir()}
    saved = Run.write_metrics

    def full(self, metrics):
        raise OSError(28, "No space left on device", str(self.metrics_file))

    monkeypatch.setattr(Run, "write_metrics", full)
    assert "No space left on device" in refused(publish, *command, capsys=capsys)
    assert {path.name: path.read_bytes() for path in (zoo / "tiny").iterdir()} == before
    assert [path.name for path in zoo.iterdir()] == ["tiny"]
    monkeypatch.setattr(Run, "write_metrics", saved)
    requests.write_text("another evening\n", encoding="utf-8")
    assert publish.main(command) == 0
    assert Run(zoo / "tiny").read_requests() == {"text": ["another evening"]}
    assert [path.name for path in zoo.iterdir()] == ["tiny"]


def test_a_folder_that_is_no_published_model_is_left_alone(early, tiny_run, tmp_path, requests, capsys):
    command = [tiny_run, "--requests", requests, "--to", tmp_path, "--name", "mine", *OPTIONS]
    for made in (lambda path: path.mkdir(), lambda path: shutil.copytree(tiny_run, path)):
        shutil.rmtree(tmp_path / "mine", ignore_errors=True)
        made(tmp_path / "mine")
        assert "is there and is no published model" in refused(publish, *command, capsys=capsys)


def test_what_is_published_is_no_run(early, requests, capsys):
    message = refused(publish, published()["sentiment"], "--requests", requests, *OPTIONS, capsys=capsys)
    assert "is a published model already" in message


def test_runs_of_other_recipes_are_refused(early, tiny_run, tmp_path, requests, capsys):
    other = seeded(tiny_run, tmp_path / "other", 4, 0.5)
    text = other.recipe_file.read_text(encoding="utf-8")
    other.recipe_file.write_text(text.replace("units: 4", "units: 5"), encoding="utf-8")
    message = refused(publish, tiny_run, other.path, "--requests", requests, *OPTIONS, capsys=capsys)
    assert "(model.units was 4, is 5)" in message


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--languages", "English"], "--languages English: expected codes"),
        (["--name", "a.b"], "'a.b': not a name for a model"),
        (["--name", "../x"], "'../x': not a name for a model"),
    ],
)
def test_wrong_options(options, expected, early, tiny_run, tmp_path, requests, capsys):
    command = [tiny_run, "--requests", requests, "--to", tmp_path / "to", *OPTIONS, *options]
    assert expected in refused(publish, *command, capsys=capsys)


REQUESTS = {
    "a sentence of the data": ("r.txt", "a fine evening\n{data} \n", "stands in the data"),
    "nothing": ("r.txt", "\n \n", "expected one input or more, texts"),
    "another JSON": ("r.json", '{"instances": ["x"]}', 'expected {"inputs"'),
    "no JSON": ("r.json", "[", 'expected {"inputs"'),
    "bytes": ("r.json", '{"inputs": {"text": [{"b64": "eA=="}]}}', "expected one input or more, texts"),
}


@pytest.mark.parametrize("mistake", REQUESTS)
def test_wrong_requests(mistake, early, tiny_run, tmp_path, capsys):
    name, text, expected = REQUESTS[mistake]
    line = (tiny_run.parent.parent / "corpus" / "test.tsv").read_text(encoding="utf-8").splitlines()[3]
    path = tmp_path / name
    path.write_text(text.replace("{data}", line.split("\t")[0].upper()), encoding="utf-8")
    command = [tiny_run, "--requests", path, "--to", tmp_path / "to", *OPTIONS]
    assert expected in refused(publish, *command, capsys=capsys)
    assert not (tmp_path / "to").exists()
    assert "no such file" in refused(
        publish, tiny_run, "--requests", tmp_path / "none", *OPTIONS, capsys=capsys
    )


@pytest.fixture
def sounds(tmp_path, monkeypatch):
    """A run of an application whose inputs are files."""
    monkeypatch.setitem(applications.APPLICATIONS, "tone", applications.Application("tone", "audio -> label"))
    tone.write_corpus(tmp_path / "data", {"train": 16, "validation": 8, "test": 8})
    recipe = tmp_path / "tone.yaml"
    recipe.write_text(
        f"application: tone\ndata: {{directory: {tmp_path / 'data'}, train: train.tsv, validation: validation.tsv, "
        "test: test.tsv}\nmodel: {units: 4}\ntraining: {epochs: 1, batch_size: 8}\n",
        encoding="utf-8",
    )
    assert train.main([str(recipe), "--run", str(tmp_path / "runs" / "tone")]) == 0
    return Run(tmp_path / "runs" / "tone")


def test_a_model_of_files_is_published_with_files_of_ones_own(sounds, zoo, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    for name, raw in (("a.wav", tone.sound("c", 5)), ("b.wav", b"no sound")):
        (tmp_path / "mine" / name).write_bytes(raw)
    (tmp_path / "mine" / "list.txt").write_text("a.wav\n\nb.wav\n", encoding="utf-8")
    command = [
        str(sounds.path),
        "--requests",
        str(tmp_path / "mine" / "list.txt"),
        "--to",
        str(zoo),
        *OPTIONS,
    ]
    assert publish.main(command) == 0
    assert "python -m keras_seq.predict tone FILE" in capsys.readouterr().out
    model = Run(zoo / "tone")
    assert model.read_requests() == {"audio": [tone.sound("c", 5), b"no sound"]}
    assert [answer["problem"] == "" for answer in model.read_answers()] == [True, False]
    assert "example" not in model.read_metrics()["training"]
    card = model.card_file.read_text(encoding="utf-8")
    assert 'print(model([pathlib.Path("FILE").read_bytes()]))' in card
    assert "| 8 bytes |" in card
    (tmp_path / "mine" / "list.txt").write_text("none.wav\n", encoding="utf-8")
    assert "none.wav" in refused(publish, *command, capsys=capsys)
