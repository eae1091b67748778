"""The methods of TensorFlow Serving's PredictionService, on one loaded model: predict, classify, regress,
several.

The checks, their order, codes and texts are those of tensorflow_serving/servables/tensorflow
(predict_util.cc, classifier.cc, regressor.cc, multi_inference.cc, util.cc at 2.17.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import classification_pb2, inference_pb2, input_pb2, regression_pb2

from serving.errors import Code, ServingError
from serving.values import tensors
from serving.values.tensors import type_name

DEFAULT_SIGNATURE = "serving_default"
PREDICT, CLASSIFY, REGRESS = (f"tensorflow/serving/{method}" for method in ("predict", "classify", "regress"))
INPUTS, CLASSES, SCORES, OUTPUTS = (
    "inputs",
    "classes",
    "scores",
    "outputs",
)  # names in classify and regress signatures


class Model(Protocol):
    """What is asked: `engine.SavedModel`, or one behind a batcher."""

    @property
    def signatures(self) -> Mapping[str, meta_graph_pb2.SignatureDef]: ...

    def run(
        self, feeds: dict[str, np.ndarray], fetches: tuple[str, ...], timeout_ms: int | None
    ) -> list[np.ndarray]: ...


class Task(NamedTuple):
    """One method on one signature; what it feeds and fetches, by tensor name."""

    method: str
    signature: meta_graph_pb2.SignatureDef
    feed: str
    fetches: tuple[str, ...]


def predict(
    model: Model,
    signature_name: str,
    inputs: Mapping[str, np.ndarray | tensor_pb2.TensorProto],
    output_filter: Sequence[str] = (),
    timeout_ms: int | None = None,
) -> dict[str, np.ndarray]:
    """The outputs of a signature by name, all of them or those of `output_filter`.

    Args:
        model: what is asked.
        signature_name: "" for the default one.
        inputs: by name.
        output_filter: outputs that are wanted; none for all.
        timeout_ms: for this call; None for none.

    Raises:
        ServingError: FAILED_PRECONDITION for an unknown signature; INVALID_ARGUMENT for inputs that do not
            fit it.
    """
    signature_name = signature_name or DEFAULT_SIGNATURE
    if signature_name not in model.signatures:
        raise ServingError(Code.FAILED_PRECONDITION, f'Serving signature key "{signature_name}" not found.')
    signature = model.signatures[signature_name]
    feeds = _feeds(signature, inputs)
    names = _outputs(signature, output_filter)
    fetches = tuple(signature.outputs[name].name for name in names)
    return dict(zip(names, model.run(feeds, fetches, timeout_ms), strict=True))


def classify(
    model: Model, signature_name: str, examples: Sequence[bytes], timeout_ms: int | None = None
) -> classification_pb2.ClassificationResult:
    """Classes and scores of serialized tf.train.Examples."""
    task = _task(model, signature_name, CLASSIFY)
    return _classes(task, len(examples), _run([task], model, examples, timeout_ms))


def regress(
    model: Model, signature_name: str, examples: Sequence[bytes], timeout_ms: int | None = None
) -> regression_pb2.RegressionResult:
    """A value for each of some serialized tf.train.Examples."""
    task = _task(model, signature_name, REGRESS)
    return _values(task, len(examples), _run([task], model, examples, timeout_ms))


def several(
    model: Model,
    tasks: Iterable[inference_pb2.InferenceTask],
    examples: Sequence[bytes],
    timeout_ms: int | None = None,
) -> list[classification_pb2.ClassificationResult | regression_pb2.RegressionResult]:
    """The results of several classify and regress tasks, in one run of the model (MultiInference)."""
    prepared: list[Task] = []
    seen: set[str] = set()
    model_name = ""
    for task in tasks:
        if not task.model_spec.name:
            raise _invalid("Found ModelSpec with an empty model name.")
        model_name = model_name or task.model_spec.name
        if task.model_spec.name != model_name:
            raise _invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
        name = task.model_spec.signature_name or DEFAULT_SIGNATURE
        if name in seen:
            raise _invalid(f"Duplicate evaluation of signature: {name}")
        seen.add(name)
        if name not in model.signatures:
            raise _invalid(f"Requested signature not found in model graph: {name}")
        if task.method_name not in (CLASSIFY, REGRESS):
            raise ServingError(Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}")
        prepared.append(_task(model, name, task.method_name))
    found = _run(prepared, model, examples, timeout_ms)
    results = {CLASSIFY: _classes, REGRESS: _values}
    return [results[task.method](task, len(examples), found) for task in prepared]


def examples_of(request_input: input_pb2.Input) -> list[bytes]:
    """The serialized tf.train.Examples of a request; a context stands in front of each, which merges the two."""
    if request_input.WhichOneof("kind") == "example_list_with_context":
        listed = request_input.example_list_with_context
        context = listed.context.SerializeToString()
        return [context + example.SerializeToString() for example in listed.examples]
    return [example.SerializeToString() for example in request_input.example_list.examples]


def _feeds(signature: meta_graph_pb2.SignatureDef, inputs: Mapping) -> dict[str, np.ndarray]:
    given, wanted = set(inputs), set(signature.inputs)
    if len(given) > len(wanted) or (len(given) < len(wanted) and not signature.defaults):
        extra, missing = (",".join(sorted(names)) for names in (given - wanted, wanted - given))
        raise _invalid(
            f"input size does not match signature: {len(given)}!={len(wanted)} len({{{','.join(sorted(given))}}}) != "
            f"len({{{','.join(sorted(wanted))}}}). Sent extra: {{{extra}}}. Missing but required: {{{missing}}}."
        )
    feeds: dict[str, np.ndarray] = {}
    for name in sorted(wanted):
        info = signature.inputs[name]
        if name not in inputs and name not in signature.defaults:
            raise _invalid(
                f"Signature input alias: {name}(feed name: {info.name}) not found in request and no default value "
                f"provided. Inputs expected to be in the request {{{','.join(sorted(given))}}}, or default input alias "
                f"set: {','.join(sorted(signature.defaults))}"
            )
        value = inputs[name] if name in inputs else signature.defaults[name]
        feeds[info.name] = value if isinstance(value, np.ndarray) else tensors.array(value, name)
    if given - wanted:
        used, sent = ",".join(sorted(given & wanted)), ",".join(sorted(given))
        raise _invalid(f"Inputs contains invalid name. Used request inputs: {used}, request input: {sent}")
    for place, name in enumerate(sorted(wanted)):
        dtype, expected = (
            _dtype(feeds[signature.inputs[name].name]),
            tf.as_dtype(signature.inputs[name].dtype),
        )
        if dtype != expected:
            given_and_wanted = f"to be {type_name(expected)} but {type_name(dtype)} is provided"
            raise _invalid(f"Expects arg[{place}] {given_and_wanted}: input {name}")
    return feeds


def _dtype(value: np.ndarray) -> tf.DType:
    return tf.string if value.dtype == object else tf.as_dtype(value.dtype)


def _outputs(signature: meta_graph_pb2.SignatureDef, output_filter: Sequence[str]) -> list[str]:
    for place, name in enumerate(output_filter):
        if name not in signature.outputs:
            raise _invalid(
                f"output tensor alias not found in signature: {name} Outputs expected to be in the set "
                f"{{{','.join(sorted(signature.outputs))}}}."
            )
        if name in output_filter[:place]:
            raise _invalid(f"duplicate output tensor alias: {name}")
    return sorted(output_filter or signature.outputs)


def _task(model: Model, signature_name: str, method: str) -> Task:
    name = signature_name or DEFAULT_SIGNATURE
    if name not in model.signatures:
        raise _invalid(f"No signature was found with the name: {name}")
    signature = model.signatures[name]
    inputs, outputs = signature.inputs, signature.outputs
    word = {CLASSIFY: "classification", REGRESS: "regression"}[method]
    if len(inputs) != 1:
        raise _invalid("Expected one input Tensor.")
    if method == CLASSIFY and len(outputs) not in (1, 2):
        raise _invalid(f"Expected one or two output Tensors, found {len(outputs)}")
    if method == REGRESS and len(outputs) != 1:
        raise _invalid("Expected one output Tensor.")
    if INPUTS not in inputs:
        raise _invalid(f"No {word} inputs found in SignatureDef: {signature}")
    wanted = [key for key in ((CLASSES, SCORES) if method == CLASSIFY else (OUTPUTS,)) if key in outputs]
    if not wanted and method == CLASSIFY:
        raise _invalid(
            "Expected classification signature outputs to contain at least one of "
            f'"{CLASSES}" or "{SCORES}". Signature was: {signature}'
        )
    if not wanted:
        raise _invalid(f"No regression outputs found in SignatureDef: {signature}")
    return Task(method, signature, inputs[INPUTS].name, tuple(outputs[key].name for key in wanted))


def _run(
    tasks: Sequence[Task], model: Model, examples: Sequence[bytes], timeout_ms: int | None
) -> dict[str, np.ndarray]:
    """Tensor name -> value, of all that the tasks fetch."""
    if not examples:
        raise _invalid("Input is empty.")
    fetches = tuple(sorted({name for task in tasks for name in task.fetches}))
    feeds = {task.feed: np.array(examples, object) for task in tasks}
    return dict(zip(fetches, model.run(feeds, fetches, timeout_ms), strict=True)) if tasks else {}


def _classes(
    task: Task, count: int, found: Mapping[str, np.ndarray]
) -> classification_pb2.ClassificationResult:
    outputs = task.signature.outputs
    labels = _matrix("classes", tf.string, outputs, count, found)
    scores = _matrix("scores", tf.float32, outputs, count, found)
    if labels is not None and scores is not None and labels.shape[1] != scores.shape[1]:
        raise _invalid(
            f"Tensors class and score should match in dim_size(1). Got {labels.shape[1]} vs. {scores.shape[1]}"
        )
    result = classification_pb2.ClassificationResult()
    for row in range(count):
        classes = result.classifications.add().classes
        for column in range((scores if labels is None else labels).shape[1]):  # type: ignore[union-attr]
            one = classes.add()
            if labels is not None:
                one.label = labels[row, column].decode("utf-8", "replace")
            if scores is not None:
                one.score = scores[row, column]
    return result


def _matrix(
    kind: str, dtype: tf.DType, outputs: Mapping, count: int, found: Mapping[str, np.ndarray]
) -> np.ndarray | None:
    if kind not in outputs:
        return None
    values = found[outputs[kind].name]
    if values.ndim != 2:
        raise _invalid(f"Expected Tensor shape: [batch_size num_classes] but got {_shape(values)}")
    if _dtype(values) != dtype:
        raise _invalid(f"Expected {kind} Tensor of {_enum_name(dtype)}. Got: {_enum_name(_dtype(values))}")
    if len(values) != count:
        raise _invalid(f"Expected {kind} output batch size of {count}. Got: {len(values)}")
    return values


def _values(task: Task, count: int, found: Mapping[str, np.ndarray]) -> regression_pb2.RegressionResult:
    values = found[task.signature.outputs[OUTPUTS].name]
    if not (values.ndim == 1 or (values.ndim == 2 and values.shape[1] == 1)):
        raise _invalid(
            f"Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got {_shape(values)}"
        )
    if len(values) != count:
        raise _invalid(f"Input batch size did not match output batch size: {count} vs. {len(values)}")
    if _dtype(values) != tf.float32:
        raise _invalid(f"Expected output Tensor of DT_FLOAT.  Got: {_enum_name(_dtype(values))}")
    result = regression_pb2.RegressionResult()
    for value in values.ravel():
        result.regressions.add().value = value
    return result


def _enum_name(dtype: tf.DType) -> str:
    return types_pb2.DataType.Name(dtype.as_datatype_enum)


def _shape(values: np.ndarray) -> str:
    return f"[{','.join(map(str, values.shape))}]"


def _invalid(message: str) -> ServingError:
    return ServingError(Code.INVALID_ARGUMENT, message)
