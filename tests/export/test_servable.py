"""Export: what is published answers like the model; what fails a gate is not published."""

import contextlib
import json
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from corpora import SST, small
from exported import answers_of_a_fresh_process
from tensorflow_serving.apis import prediction_log_pb2

import export.__main__ as command
import keras_seq
from export import WARMUP_FILE, folders, gates, servable
from export.ops import used_ops
from keras_seq import train
from keras_seq.answers import RankedLabels
from keras_seq.formats import Table
from keras_seq.run import Run
from serving import configs

TEXTS = ["a fine film", "the plot is dull , but the music is superb", "not bad"]


def test_a_servable_is_published_with_warm_up_requests(servables):
    version = servables / "tiny" / "1"
    assert {p.name for p in servables.joinpath("tiny").iterdir()} == {"1"}
    ops = used_ops(version)
    assert "CudnnRNNV3" in ops.everywhere, "a GPU is used where there is one"
    assert "CudnnRNNV3" not in ops.on_cpu
    records = list(tf.data.TFRecordDataset(str(version / WARMUP_FILE)).as_numpy_iterator())
    requests = [prediction_log_pb2.PredictionLog.FromString(r).predict_log.request for r in records]
    assert len(requests) == 9
    assert requests[0].model_spec.name == "tiny"
    assert tf.make_ndarray(requests[-1].inputs["text"]).shape == (8,)


def test_the_signature_has_one_string_input_and_named_answers(servables):
    signature = tf.saved_model.load(str(servables / "tiny" / "1")).signatures["serving_default"]
    (_, inputs) = signature.structured_input_signature
    assert inputs == {"text": tf.TensorSpec([None], tf.string, name="text")}
    outputs = {name: (spec.dtype, len(spec.shape)) for name, spec in signature.structured_outputs.items()}
    assert outputs == {
        "label": (tf.string, 1),
        "score": (tf.float32, 1),
        "labels": (tf.string, 2),
        "scores": (tf.float32, 2),
    }
    assert signature(text=tf.constant([], tf.string))["labels"].shape == (0, 2)


def test_a_signature_is_traced_once(tmp_path, monkeypatch):
    """Of what takes longest in an export there is no more than it needs."""
    calls, call = [], RankedLabels.call

    def counted(layer, scores):
        calls.append(scores.shape)
        return call(layer, scores)

    model = small()
    monkeypatch.setattr(RankedLabels, "call", counted)
    servable.write(model, {"text": TEXTS}, "m", tmp_path / "1")
    assert len(calls) == 1
    answer = tf.saved_model.load(str(tmp_path / "1")).signatures["serving_default"](text=tf.constant(["x"]))
    assert answer["label"].numpy() == [b"b"]


def test_versions_count_up_old_ones_go_and_none_is_overwritten(tiny_run, tmp_path, monkeypatch, capsys):
    """Whatever is in them: the servables of this test are empty."""

    def empty(run, requests, name, written, serving, fresh):
        written.mkdir()
        return ""

    monkeypatch.setattr(command, "FreshProcess", contextlib.nullcontext)
    monkeypatch.setattr(command, "_write_and_check", empty)
    arguments = [str(tiny_run), "--to", str(tmp_path)]
    assert command.main(arguments) == 0
    assert command.main([*arguments, "--version", "7"]) == 0
    assert command.main([*arguments, "--keep", "2"]) == 0
    assert list(folders.versions(tmp_path / "tiny")) == [7, 8]
    assert "removed version 1" in capsys.readouterr().out
    assert command.main([*arguments, "--version", "2", "--keep", "1"]) == 0
    assert list(folders.versions(tmp_path / "tiny")) == [2, 8], "what was just published stays"
    with pytest.raises(SystemExit, match="2"):
        command.main([*arguments, "--version", "8"])
    assert "this version is there already" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        command.main([*arguments, "--version", "0"])


def test_the_models_of_a_folder_are_listed_for_tensorflow_serving(tmp_path):
    (tmp_path / "film").mkdir()
    folders.list_in_config(tmp_path, "film")
    path = tmp_path / folders.CONFIG_FILE
    own = path.read_text(encoding="utf-8").replace(
        '"tensorflow"', '"tensorflow" version_labels { key: "stable" value: 1 }'
    )
    path.write_text(f"# mine\n{own}", encoding="utf-8")
    folders.list_in_config(tmp_path, "film")
    assert path.read_text(encoding="utf-8").startswith("# mine"), "nothing to change, nothing written"
    (tmp_path / "other").mkdir()
    folders.list_in_config(tmp_path, "other")
    film, other = configs.read_models(path).model_config_list.config
    assert (film.name, film.base_path, film.version_labels["stable"]) == ("film", "/models/film", 1)
    assert (other.name, other.model_platform) == ("other", "tensorflow")
    (tmp_path / "film").rmdir()
    folders.list_in_config(tmp_path, "other")
    assert [model.name for model in configs.read_models(path).model_config_list.config] == ["other"]
    path.write_text("model_config_list {", encoding="utf-8")
    with pytest.raises(keras_seq.RecipeError, match="cannot be read"):
        folders.list_in_config(tmp_path, "other")


def test_a_folder_that_cannot_be_written(tiny_run, tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SystemExit, match="2"):
        command.main([str(tiny_run), "--to", str(tmp_path / "file")])
    assert "cannot be written" in capsys.readouterr().err


def written(model, tmp_path, inputs=TEXTS):
    folder = tmp_path / "m" / "1"
    servable.write(model, {model.inputs[0].name: list(inputs)}, "m", folder)
    return folder


@pytest.mark.parametrize(
    "call", [lambda model: model, lambda model: model(["x"])], ids=["new", "asked before"]
)
def test_a_model_that_was_asked_exports_the_same_graph(call, tiny_run, tmp_path):
    asked = keras_seq.load(tiny_run)
    call(asked)
    saved = tf.saved_model.load(str(written(asked, tmp_path)))
    assert not hasattr(saved, "_graph")
    assert list(saved.signatures) == ["serving_default"]


EDGES = ["", " ", "🙂 👩‍👧", "word " * 10_000, "naïve 日本語 العربية ру́сский", "\x00\x01 film", "!" * 300]


def row(answer, place):
    return {name: values[place] for name, values in answer.items()}


def sentences():
    """The test sentences of the Stanford Sentiment Treebank, where they are beside the project."""
    path = SST / "sst2_test.tsv"
    return [example.input for example in Table(str(path), 0, 1)] if path.exists() else []


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param(TEXTS + EDGES, id="edges"),
        pytest.param(
            sentences(),
            id="sst",
            marks=[pytest.mark.real_data, pytest.mark.skipif(not SST.exists(), reason="no SST")],
        ),
    ],
)
def test_trained_model_file_and_servable_give_the_same_answers(inputs, recipe_file, tmp_path, monkeypatch):
    """The model in memory, the file, and the servable in a fresh process; alone and in batches of 32."""
    trained = []
    save = Run.save_model
    monkeypatch.setattr(Run, "save_model", lambda run, model: (trained.append(model), save(run, model)))
    run = tmp_path / "tiny"
    assert train.main([str(recipe_file), "--run", str(run)]) == 0
    assert command.main([str(run), "--to", str(tmp_path)]) == 0
    crowds = [(inputs[start:] + inputs * 32)[:32] for start in range(0, len(inputs), 32)]
    fresh = answers_of_a_fresh_process(tmp_path / "tiny" / "1", [*([text] for text in inputs), *crowds])
    models = [trained[0], keras_seq.load(run), keras.saving.load_model(run / "model.keras")]
    together = [[gates._ask(model, crowd) for crowd in crowds] for model in models] + [fresh[len(inputs) :]]
    for position in range(len(inputs)):
        answers = [row(fresh[position], 0), row(gates._ask(models[0], [inputs[position]]), 0)]
        answers += [row(batches[position // 32], position % 32) for batches in together]
        for answer in answers[1:]:
            np.testing.assert_allclose(answer["scores"], answers[0]["scores"], atol=1e-5)
            assert answer["label"] == answers[0]["label"] or abs(answer["score"] - 0.5) < 1e-5


def test_the_request_file_is_a_predict_request_in_column_format(tiny_run):
    body = json.loads(pathlib.Path(tiny_run, "requests.json").read_text(encoding="utf-8"))
    assert list(body) == ["inputs"]
    assert len(body["inputs"]["text"]) == 8
