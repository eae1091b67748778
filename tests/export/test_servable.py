"""Export: what is published answers like the model; what fails a gate is not published."""

import json
import pathlib
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from corpora import SST
from exported import answers_of_a_fresh_process, passed_gates
from tensorflow_serving.apis import prediction_log_pb2

import export.__main__ as command
import keras_seq
from export import WARMUP_FILE, folders, gates, servable
from export.ops import used_ops
from keras_seq import train
from keras_seq.answers import Answering
from keras_seq.formats import Table
from keras_seq.run import Run
from serving import configs

TEXTS = ["a fine film", "the plot is dull , but the music is superb", "not bad"]


@pytest.fixture(scope="module")
def servables(tiny_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("servables")
    assert command.main([str(tiny_run), "--to", str(folder)]) == 0
    return folder


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


def test_versions_count_up_old_ones_go_and_none_is_overwritten(tiny_run, tmp_path, capsys):
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


class Length(keras.layers.Layer):
    """A layer that answers with a number a text, made in the way that `how` says."""

    def __init__(self, how, **kwargs):
        super().__init__(**kwargs)
        self.how = how

    def call(self, texts):
        lengths = tf.strings.length(texts)
        if self.how == "python":
            lengths = tf.numpy_function(lambda x: x, [lengths], tf.int32)
        if self.how == "batch":
            lengths = lengths + tf.reduce_max(lengths)
        if self.how == "xla":
            lengths = tf.function(lambda x: x + 1, jit_compile=True)(lengths)
        if self.how == "cudnn":
            lengths = lengths + self.cudnn()
        if self.how == "cudnn by data":
            lengths = lengths + tf.switch_case(tf.size(lengths) % 2, [self.cudnn, lambda: 0])
        if self.how == "random":
            lengths = lengths + tf.random.uniform([], maxval=1000, dtype=tf.int32)
        if self.how == "fails":
            tf.debugging.assert_less(lengths, 11, "text")
        if self.how == "nan":
            return tf.cast(lengths, tf.float32) * np.nan
        return tf.cast(lengths, tf.float32)

    def cudnn(self):
        x, weights = tf.zeros([1, 1, 1]), tf.zeros([16])
        return tf.cast(
            tf.raw_ops.CudnnRNN(input=x, input_h=x, input_c=x, params=weights)[0][0, 0, 0], tf.int32
        )

    def compute_output_spec(self, texts):
        return keras.KerasTensor(texts.shape, dtype="float32")


def model(how):
    text = keras.Input((), dtype="string", name="text")
    return Answering(text, {"score": Length(how, name="length")(text)}, name="m")


def test_a_good_model_passes(tmp_path):
    """It answers with a text's length, so that a byte that REST, gRPC or a session lost would be seen."""
    assert {"\0", "a NUL at the end\0", "good\0bad", "\u0301"} <= set(model("good").edge_inputs(TEXTS).good)
    lines = passed_gates(written(model("good"), tmp_path), model("good"), TEXTS)
    assert [line.split()[1] for line in lines] == ["1", "2", "3", "4", "6"]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("python", "gate 1 (ops): PyFunc"),
        ("xla", "gate 1 (ops): .* must be compiled by XLA"),
        ("cudnn", "gate 2 (CPU): CudnnRNN"),
        ("cudnn by data", "gate 2 (CPU): CudnnRNN"),
        ("batch", "gate 4 (batch): input .*: score is .* alone, .* in a batch of 32 "),
        (
            "random",
            "gate 3 (same): input 'a fine film': score is .* from the Keras model, .* from the SavedModel",
        ),
        ("fails", "gate 3 (same): input 'a fine film': the Keras model fails: .*text"),
        ("nan", "gate 3 (same): .* nan"),
    ],
)
def test_each_gate_refuses_and_says_why(how, expected, tmp_path):
    expected = expected.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(gates.GateError, match=expected):
        passed_gates(written(model(how), tmp_path), model(how), TEXTS)


def test_a_model_that_is_not_the_servables_is_refused(servables, tmp_path):
    with pytest.raises(gates.GateError, match=r"gate 3 \(same\): outputs"):
        passed_gates(servables / "tiny" / "1", model("good"), TEXTS)


def test_a_servable_without_warm_up_requests_is_refused(servables, tiny_run, tmp_path):
    folder = tmp_path / "copy" / "1"
    shutil.copytree(servables / "tiny" / "1", folder)
    (folder / WARMUP_FILE).write_bytes(b"")
    with pytest.raises(gates.GateError, match=r"gate 6 \(warm-up\)"):
        passed_gates(folder, keras_seq.load(tiny_run), TEXTS)


def test_ops_that_are_neither_tensorflows_nor_tf_texts_are_refused():
    with pytest.raises(gates.GateError, match=r"IO>AudioResample \(node n\) is neither"):
        gates._check_known({"MatMul": "m", "RegexSplitWithOffsets": "r", "IO>AudioResample": "n"})


def test_a_failed_gate_publishes_nothing(tiny_run, tmp_path, monkeypatch, capsys):
    def refuse(*_):
        raise gates.GateError("gate 4 (batch): no")

    monkeypatch.setattr(gates, "check", refuse)
    assert command.main([str(tiny_run), "--to", str(tmp_path)]) == 1
    assert "nothing was published" in capsys.readouterr().err
    assert list((tmp_path / "tiny").iterdir()) == []


def test_a_poller_never_sees_a_version_that_is_not_whole(tiny_run, tmp_path, monkeypatch):
    """While the servable is written and checked, no entry of the model's folder is a number."""
    seen = []
    check = gates.check

    def look(folder, *arguments):
        seen.extend(p.name for p in (tmp_path / "tiny").iterdir())
        return check(folder, *arguments)

    monkeypatch.setattr(gates, "check", look)
    assert command.main([str(tiny_run), "--to", str(tmp_path)]) == 0
    assert seen
    assert not any(name.isdecimal() for name in seen)


EDGES = ["", " ", "🙂 👩‍👧", "word " * 10_000, "naïve 日本語 العربية ру́сский", "\x00\x01 film", "!" * 300]


@pytest.mark.parametrize(
    "call", [lambda model: model, lambda model: model(["x"])], ids=["new", "asked before"]
)
def test_a_model_that_was_asked_exports_the_same_graph(call, tiny_run, tmp_path):
    asked = keras_seq.load(tiny_run)
    call(asked)
    saved = tf.saved_model.load(str(written(asked, tmp_path)))
    assert not hasattr(saved, "_graph")
    assert list(saved.signatures) == ["serving_default"]


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
