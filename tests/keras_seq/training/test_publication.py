"""The files of a published model: rounded only where the scores bear it, and nothing of the data in them."""

import json
import shutil

import pytest

import keras_seq
from keras_seq import keras_file, seen, tagging
from keras_seq.formats import Example
from keras_seq.metrics import EntityScorer
from keras_seq.run import Run
from keras_seq.tagging import Entity, TaggedToken, encode
from keras_seq.training import publication
from keras_seq.version import version


@pytest.mark.parametrize(
    ("name", "full", "half", "expected"),
    [
        ("accuracy", 0.85, 0.8495, True),
        ("accuracy", 0.85, 0.8485, False),
        ("accuracy", 0.85, 0.9, True),
        ("bleu", 40.0, 39.95, True),
        ("bleu", 40.0, 39.8, False),
        ("word_error_rate", 0.10, 0.1005, True),
        ("word_error_rate", 0.10, 0.1015, False),
        ("wer", 0.10, 0.1005, True),
        ("wer", 0.10, 0.1015, False),
        ("wer", 0.10, 0.05, True),
        ("f1", float("nan"), 0.5, False),
    ],
)
def test_a_thousandth_of_the_scale_is_borne(name, full, half, expected):
    assert publication.bears(name, full, half) == expected


@pytest.fixture
def told():
    return publication.Told("mine", ["a fine evening", "what a bore"], ["en"], "anything goes")


def written(folder, run, told, runs=None):
    to = Run(folder, "mine")
    to.path.mkdir()
    return to, publication.write(to, run, runs or [run], told)


def test_what_is_written_is_a_finished_run_that_scores_as_it_says(tiny_run, tmp_path, told):
    to, metrics = written(tmp_path / "mine", Run(tiny_run), told)
    assert to.finished().is_published
    assert to.read_metrics() == json.loads(json.dumps(metrics))
    assert to.read_requests() == {"text": told.inputs}
    about, before = metrics["published"], Run(tiny_run).read_metrics()
    assert about["weights"] == "float16"
    assert about["float32"] == {split: before[split]["accuracy"] for split in ("validation", "test")}
    assert about["seeds"] == {"3": about["float32"]}
    assert about["bytes"] == to.model_file.stat().st_size < 0.7 * Run(tiny_run).model_file.stat().st_size
    assert len(to.read_answers()) == 2
    assert keras_file.written_by(to.model_file) == version()
    assert keras_seq.load(to.path)(told.inputs)["label"].shape == (2,)


def test_weights_that_the_scores_do_not_bear_stay(tiny_run, tmp_path, told, monkeypatch, capsys):
    monkeypatch.setattr(publication, "bears", lambda *_: False)
    to, metrics = written(tmp_path / "mine", Run(tiny_run), told)
    assert metrics["published"]["weights"] == "float32"
    assert "the weights stay float32" in capsys.readouterr().out
    for found, expected in zip(
        keras_seq.load(to.path).get_weights(), keras_seq.load(tiny_run).get_weights(), strict=True
    ):
        assert (found == expected).all()
    assert metrics["test"] == Run(tiny_run).read_metrics()["test"]


def test_no_sentence_of_the_data_and_no_place_of_the_machine_is_written(tiny_run, tmp_path, told):
    run = Run(shutil.copytree(tiny_run, tmp_path / "run"))
    metrics = run.read_metrics()
    metrics["training"] |= {"example": "clip.wav", "began_with": "/somewhere/else.keras"}
    metrics["training"]["started"] = {"from": "/somewhere/runs/base", "entries": {"classes": {"kept": 2}}}
    run.write_metrics(metrics)
    run.write_seen({"Anna Berg"})
    to, _ = written(tmp_path / "mine", run, told)
    corpus = tiny_run.parent.parent / "corpus"
    sentences = {line.split("\t")[0] for path in corpus.iterdir() for line in path.read_text().splitlines()}
    for path in to.path.iterdir():
        if path.suffix in (".json", ".md", ".yaml"):
            text = path.read_text(encoding="utf-8")
            assert not [one for one in sentences if one in text]
            assert not [one for one in (str(corpus), "clip.wav", "/somewhere", "Anna") if one in text]
    assert "Anna Berg" in to.read_seen()
    assert to.recipe.data["train"] == "train.tsv"


def test_data_that_is_not_what_the_run_was_scored_on_is_refused(tiny_run, tmp_path, told):
    run = Run(shutil.copytree(tiny_run, tmp_path / "run"))
    metrics = run.read_metrics()
    metrics["test"]["examples"] += 1
    run.write_metrics(metrics)
    with pytest.raises(keras_seq.DataError, match="its test split has 32 examples now, and had 33"):
        written(tmp_path / "mine", run, told)


def test_scores_by_fingerprints_are_those_by_texts():
    """Unseen recall is of the entities that training never had."""
    text, names = "Anna Berg met Oslo Bank", {tagging.surface("Anna Berg", Entity(0, 9, "per")), "bergen"}
    tokens, place = [], 0
    for word, tag in zip(text.split(), ("B-per", "I-per", "O", "B-org", "I-org"), strict=True):
        tokens.append(TaggedToken(place, place + len(word), tag))
        place += len(word) + 1
    answer = {"tags": ["B-per", "B-org"], "starts": [0, 14], "ends": [9, 23], "scores": [0.5, 0.75]}
    scores = []
    for known in (names, seen.fingerprints(names), set()):
        scorer = EntityScorer(["per", "org"], known)
        scorer.add(Example(text, encode(tokens), ""), answer)
        scores.append(scorer.scores())
    assert scores[0] == scores[1] != scores[2]
    assert scores[0]["unseen_entities"] == 1


class Shouting:
    """Takes files in capital letters."""

    def file_contents(self, raw):
        if not raw.isascii():
            raise keras_seq.DataError("not ASCII")
        return raw.upper()


def test_the_publishers_files_are_written_as_clients_send_them():
    assert publication._requests(Shouting(), [b"abc", "a text"]) == [b"ABC", "a text"]
    with pytest.raises(keras_seq.DataError, match=r"^input 2 of --requests: not ASCII$"):
        publication._requests(Shouting(), [b"abc", b"\xff"])
