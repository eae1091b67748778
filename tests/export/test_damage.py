"""Models of files in the gates: their bytes arrive unchanged on every way, and damage is answered as damage."""

import base64
import json

import keras
import pytest
import tensorflow as tf
from exported import ThisProcess, passed_gates
from tensorflow_serving.apis import prediction_log_pb2

from export import WARMUP_FILE, gates, servable
from keras_seq.answers import Answering
from keras_seq.answers.edge_inputs import EdgeInputs
from keras_seq.run import Run

MAGIC = b"TONE\0"
ODD = [
    MAGIC + b"\0in the middle, and at the end\0\0",
    MAGIC + b"\xff\xfe no UTF-8 \xed\xa0\x80",
    MAGIC + b"UTF-8 by chance",
    MAGIC + bytes(range(256)) * 4096,  # 1 MiB
]


class Digest(keras.layers.Layer):
    """Of every file that begins as it should its length and a hash, so that a lost byte is seen; of others a
    `problem`. `how` names what is wrong with the model.
    """

    def __init__(self, how, **kwargs):
        super().__init__(**kwargs)
        self.how = how

    def call(self, files):
        good = tf.strings.regex_full_match(tf.strings.substr(files, 0, len(MAGIC)), r"TONE\x00")
        good &= tf.strings.length(files) > 12
        if self.how == "fails":
            tf.debugging.assert_equal(tf.reduce_all(good), True, "not a tone")
        if self.how == "infects":
            good &= tf.reduce_all(good)
        lengths = tf.where(good, tf.strings.length(files), 7 if self.how == "answers anyway" else 0)
        hashed = tf.strings.as_string(tf.strings.to_hash_bucket_fast(files, 2**62))
        problem = tf.where(good, "", "not a tone")
        if self.how == "says nothing":
            problem = tf.where(tf.strings.length(files) > 0, "", "not a tone")
        if self.how == "complains":
            problem = tf.where(tf.strings.length(files) > 2**20, "too long", problem)
        answer = {"length": lengths, "hash": tf.where(good, hashed, ""), "problem": problem}
        if self.how == "no text":
            answer["problem"] = tf.cast(~good, tf.int32)
        if self.how == "without":
            del answer["problem"]
        return answer

    def compute_output_spec(self, files):
        kinds = {"length": "int32", "hash": "string", "problem": "string"}
        if self.how == "no text":
            kinds["problem"] = "int32"
        if self.how == "without":
            del kinds["problem"]
        return {name: keras.KerasTensor(files.shape, dtype=kind) for name, kind in kinds.items()}


class OfFiles(Answering):
    """An answering model of files."""

    takes_files = True


class AllGood(OfFiles):
    """One that says of no edge input that it is damaged."""

    def edge_inputs(self, examples):
        return EdgeInputs([MAGIC + b"another good one"], [], [])


def model(how, kind=OfFiles):
    tone = keras.Input((), dtype="string", name="tone")
    return kind(tone, Digest(how, name="answers")(tone), name="tones")


def written(model, folder):
    servable.write(model, {"tone": list(ODD)}, "tones", folder / "tones" / "1")
    return folder / "tones" / "1"


def test_a_good_model_passes_with_its_bytes_unchanged(tmp_path):
    good = model("good")
    lines = passed_gates(written(good, tmp_path), good, ODD)
    assert [line.split()[1] for line in lines] == ["1", "2", "3", "4", "5", "6"]
    assert lines[4] == (
        "gate 5 (damage): 7 damaged inputs have a problem and an empty row, 4 good ones beside them an answer"
    )


def test_a_model_says_which_edge_inputs_are_good(tmp_path):
    good = model("good", AllGood)
    assert "0 damaged inputs have a problem and an empty row, 5 good" in "".join(
        passed_gates(written(good, tmp_path), good, ODD, process=ThisProcess)
    )


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("without", r"gate 5 \(damage\): tones takes files and has no output 'problem'"),
        (
            "no text",
            r"gate 5 \(damage\): good input .TONE.*: problem is 0 from the Keras model, expected one",
        ),
        ("says nothing", r"gate 5 \(damage\): damaged input '\\x00': problem is empty from the Keras model"),
        ("complains", r"gate 5 \(damage\): good input .*\(1,048,581 bytes\): problem is 'too long' from"),
        (
            "answers anyway",
            r"gate 5 \(damage\): damaged input '': length is 7 from the Keras model beside the problem 'not",
        ),
        ("infects", r"gate 4 \(batch\): input .*: (length|hash|problem) is .+ alone, .+ in a batch of 32 "),
        ("fails", r"(?s)gate 5 \(damage\): input '': the Keras model fails: .*not a tone"),
    ],
)
def test_damage_that_is_not_answered_as_damage_is_refused(how, expected, tmp_path):
    bad = model(how)
    folder = written(bad, tmp_path)
    with pytest.raises(gates.GateError, match=expected) as caught:
        passed_gates(folder, bad, ODD, process=ThisProcess)
    assert len(str(caught.value)) < 1500


def test_warm_up_requests_hold_the_bytes_unchanged(tmp_path):
    path = written(model("good"), tmp_path) / WARMUP_FILE
    records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    requests = [prediction_log_pb2.PredictionLog.FromString(one).predict_log.request for one in records]
    sent = [list(request.inputs["tone"].string_val) for request in requests]
    assert sent == [*([raw] for raw in ODD), ODD]


def test_a_runs_request_file_holds_the_bytes_unchanged(tmp_path):
    run = Run(tmp_path)
    run.write_requests("tone", [*ODD, b""])
    assert run.read_requests() == {"tone": [*ODD, b""]}
    body = json.loads(run.requests_file.read_text(encoding="utf-8"))
    assert body["inputs"]["tone"][2] == {"b64": base64.b64encode(ODD[2]).decode()}, "even if it is UTF-8"
