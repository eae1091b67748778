"""A model with signatures of several inputs, texts and numbers, goes through all gates."""

import numpy as np
import pytest
import streams
import tensorflow as tf
from exported import passed_gates
from tensorflow_serving.apis import prediction_log_pb2

from export import FACTS_FILE, WARMUP_FILE, gates, servable
from export.comparison import Answers, GateError, rows

FILES = [b"RIFF" + streams.sound(seed, 8_000).tobytes() for seed in (1, 2)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    model, folder = streams.model(), tmp_path_factory.mktemp("streams") / "speech" / "1"
    servable.write(model, {"audio": FILES}, "speech", folder)
    return model, folder


def test_all_signatures_of_a_stream_pass_the_gates(made):
    model, folder = made
    lines = passed_gates(folder, model, FILES)
    assert [line.split()[1] for line in lines] == ["1", "2", "3", "4", "5", "6"]
    assert "6 requests replayed" in lines[-1], "each file, both, and one of every other signature"


def test_the_warm_up_requests_have_the_state(made):
    _, folder = made
    records = tf.data.TFRecordDataset(str(folder / WARMUP_FILE)).as_numpy_iterator()
    requests = [prediction_log_pb2.PredictionLog.FromString(one).predict_log.request for one in records]
    by_name = {request.model_spec.signature_name: request.inputs for request in requests}
    assert set(by_name["stream_start"]) == {"pcm"}
    assert len(by_name["stream_step"]) == 1 + 4 + 3 + 4, "sound; samples and words; frames; two LSTM layers"
    assert tf.make_ndarray(by_name["stream_step"]["state_counts"])[:, 2].tolist() == [2, 2]
    assert set(by_name["stream_finish"]) == set(by_name["stream_step"])


def test_what_the_servers_do_not_tell_of_it_stands_beside_it(made):
    assert '"latency_ms": 175' in (made[1] / FACTS_FILE).read_text(encoding="utf-8")


def test_another_state_is_refused():
    answered = {"stream_step": rows([{"state_word": np.array([[1.0, 2.0]])}], [1])}
    keras_model = Answers([], [], answered)
    other = Answers([], [], {"stream_step": rows([{"state_word": np.array([[1.0, 2.1]])}], [1])})
    expected = r"gate 3 \(same\): input 'x': state_word is .* from the Keras model \(stream_step\)"
    with pytest.raises(GateError, match=expected):
        gates._check_same({gates.KERAS: keras_model, gates.SESSION: other}, [b"x"], [], [b"x"])
