"""Warm-up requests are replayed before a version is available, and one that fails, fails the load."""

import pytest
import serving_models
import tensorflow as tf
from served import example, floats, spec
from tensorflow_serving.apis import prediction_log_pb2

from serving.errors import Code, ServingError
from serving.inference import loading
from serving.metrics import Metrics


@pytest.fixture(scope="module")
def half_plus_two(tmp_path_factory):
    path = tmp_path_factory.mktemp("warmup") / "1"
    serving_models.half_plus_two(path, 2.0)
    return path


def predict_log(signature_name="serving_default"):
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.CopyFrom(spec("m", signature_name))
    log.predict_log.request.inputs["x"].CopyFrom(floats(1))
    return log


def example_logs():
    logs = [prediction_log_pb2.PredictionLog() for _ in range(3)]
    classify, regress, several = (
        logs[0].classify_log.request,
        logs[1].regress_log.request,
        logs[2].multi_inference_log.request,
    )
    classify.model_spec.CopyFrom(spec("m", "classify_x_to_y"))
    regress.model_spec.CopyFrom(spec("m", "regress_x_to_y"))
    several.tasks.add(model_spec=regress.model_spec, method_name="tensorflow/serving/regress")
    for request in (classify, regress, several):
        request.input.example_list.examples.append(example(x=1))
    return logs


def load(path, records, with_warmup=True):
    file = path / loading.WARMUP_FILE
    file.parent.mkdir(exist_ok=True)
    if isinstance(records, bytes):
        file.write_bytes(records)
    else:
        with tf.io.TFRecordWriter(str(file)) as writer:
            for record in records:
                writer.write(record if isinstance(record, bytes) else record.SerializeToString())
    servable = loading.Loader(Metrics(), with_warmup=with_warmup)("m", 1, str(path))
    try:
        return loading.replay(servable, file) if with_warmup else 0
    finally:
        servable.close()


def test_every_kind_of_request_is_replayed(half_plus_two):
    assert load(half_plus_two, [predict_log(), *example_logs()]) == 4
    assert load(half_plus_two, []) == 0


@pytest.mark.parametrize(
    ("records", "code", "text"),
    [
        ([predict_log("no")], Code.FAILED_PRECONDITION, 'Serving signature key "no" not found.'),
        ([b"\xff\xff"], Code.INVALID_ARGUMENT, "Failed to parse warmup record"),
        (
            b"not a TFRecord, by its length",
            Code.DATA_LOSS,
            "Please verify your warmup data is in TFRecord format",
        ),
        ([prediction_log_pb2.PredictionLog()], Code.UNIMPLEMENTED, "Unsupported log_type for warmup"),
        (
            [predict_log()] * 1001,
            Code.INVALID_ARGUMENT,
            "Number of warmup records exceeds the maximum (1000)",
        ),
    ],
)
def test_a_record_that_fails_fails_the_load(half_plus_two, records, code, text):
    with pytest.raises(ServingError) as caught:
        load(half_plus_two, records)
    assert caught.value.code == code
    assert text in caught.value.message
    assert load(half_plus_two, records, with_warmup=False) == 0
