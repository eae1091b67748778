"""The gRPC interface, asked from outside: Classify, Regress, MultiInference, metadata, status, reload,
health.
"""

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from served import PATIENCE, example, floats, served, spec
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
)

CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"
MODEL = "half_plus_two"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    names = (MODEL, "bad_results", "two_signatures")
    with served(tmp_path_factory.mktemp("grpc"), "--enable_grpc_healthcheck_service", names=names) as running:
        yield running


def refused(method, request):
    """The code and the text of a call that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        method(request, timeout=PATIENCE)
    return caught.value.code().name, caught.value.details()


def with_examples(request, *examples, context=None):
    """A request with its input."""
    if context is None:
        request.input.example_list.examples.extend(examples)
    else:
        request.input.example_list_with_context.context.CopyFrom(context)
        request.input.example_list_with_context.examples.extend(examples)
    return request


def tasks(*wanted):
    """A MultiInferenceRequest of (signature, method) or (model, signature, method)."""
    request = inference_pb2.MultiInferenceRequest()
    for *model, signature_name, method in wanted:
        request.tasks.add(model_spec=spec(*(model or [MODEL]), signature_name), method_name=method)
    return request


def test_classify(server):
    request = classification_pb2.ClassificationRequest(model_spec=spec(MODEL, "classify_labels"))
    response = server.predictions.Classify(
        with_examples(request, example(x=80), example(x=20)), timeout=PATIENCE
    )
    found = [[(one.label, one.score) for one in row.classes] for row in response.result.classifications]
    assert found == [[("low", 42.0), ("high", 43.0)], [("low", 12.0), ("high", 13.0)]]
    assert response.model_spec == spec(MODEL, "classify_labels", 123)


@pytest.mark.parametrize(("which", "added"), [({}, 2), ({"version": 1}, 1), ({"label": "canary"}, 2)])
def test_regress(server, which, added):
    request = regression_pb2.RegressionRequest(model_spec=spec(MODEL, "regress_x_to_y", **which))
    response = server.predictions.Regress(
        with_examples(request, example(x=80), example(x=20)), timeout=PATIENCE
    )
    assert [one.value for one in response.result.regressions] == [40.0 + added, 10.0 + added]
    assert response.model_spec.signature_name == "regress_x_to_y"


def test_a_context_is_in_each_example(server):
    request = regression_pb2.RegressionRequest(model_spec=spec(MODEL, "regress_x_to_y"))
    with_examples(request, example(x=2), example(x=4, x2=0), context=example(x2=100))
    response = server.predictions.Regress(request, timeout=PATIENCE)
    assert [one.value for one in response.result.regressions] == [103.0, 4.0]


@pytest.mark.parametrize("method", ["Classify", "Regress"])
@pytest.mark.parametrize(
    ("model_spec", "code", "error"),
    [
        (None, "INVALID_ARGUMENT", "Missing ModelSpec"),
        (spec("nothing"), "NOT_FOUND", "Servable not found for request: Latest(nothing)"),
        (spec(MODEL, "no"), "INVALID_ARGUMENT", "No signature was found with the name: no"),
        (spec(MODEL), "INVALID_ARGUMENT", "inputs found in SignatureDef: "),
        (spec("bad_results", "{method}_other"), "INVALID_ARGUMENT", " outputs "),
        (spec("bad_results", "{method}_rank"), "INVALID_ARGUMENT", "but got [1,2,2]"),
        (spec("bad_results", "{method}_type"), "INVALID_ARGUMENT", "Tensor of DT_FLOAT."),
    ],
)
def test_what_cannot_be_classified_or_regressed(server, method, model_spec, code, error):
    kind = {
        "Classify": classification_pb2.ClassificationRequest,
        "Regress": regression_pb2.RegressionRequest,
    }[method]
    request = with_examples(kind(model_spec=model_spec), example(x=1))
    request.model_spec.signature_name = request.model_spec.signature_name.format(method=method.lower())
    if model_spec is None:
        request.ClearField("model_spec")
    found, text = refused(getattr(server.predictions, method), request)
    assert found == code
    assert error in text


@pytest.mark.parametrize("context", [None, example(x=1)])
def test_no_examples_are_refused(server, context):
    request = regression_pb2.RegressionRequest(model_spec=spec(MODEL, "regress_x_to_y"))
    found = refused(server.predictions.Regress, with_examples(request, context=context))
    assert found == ("INVALID_ARGUMENT", "Input is empty.")
    found = refused(server.predictions.MultiInference, tasks(("regress_x_to_y", REGRESS)))
    assert found == ("INVALID_ARGUMENT", "Input is empty.")


def test_multi_inference_answers_each_task(server):
    request = tasks(("regress_x_to_y", REGRESS), ("classify_x_to_y", CLASSIFY))
    response = server.predictions.MultiInference(with_examples(request, example(x=80)), timeout=PATIENCE)
    regression, classification = response.results
    assert [one.value for one in regression.regression_result.regressions] == [42.0]
    assert regression.model_spec == spec(MODEL, "regress_x_to_y", 123)
    assert classification.classification_result.classifications[0].classes[0].score == 42.0
    assert classification.model_spec == spec(MODEL, "classify_x_to_y", 123)


@pytest.mark.parametrize(
    ("request_of_tasks", "code", "error"),
    [
        (tasks(), "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (tasks(("", "regress_x_to_y", REGRESS)), "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (
            tasks(("regress_x_to_y", REGRESS), ("", "classify_x_to_y", CLASSIFY)),
            "INVALID_ARGUMENT",
            "Found ModelSpec with an empty model name.",
        ),
        (
            tasks(("regress_x_to_y", REGRESS), ("bad_results", "regress_rank", REGRESS)),
            "INVALID_ARGUMENT",
            "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
        ),
        (
            tasks(("regress_x_to_y", REGRESS), ("regress_x_to_y", REGRESS)),
            "INVALID_ARGUMENT",
            "Duplicate evaluation of signature: regress_x_to_y",
        ),
        (tasks(("no", REGRESS)), "INVALID_ARGUMENT", "Requested signature not found in model graph: no"),
        (
            tasks(("regress_x_to_y", "tensorflow/serving/predict")),
            "UNIMPLEMENTED",
            "Unsupported signature method_name: tensorflow/serving/predict",
        ),
        (
            tasks(("bad_results", "other_input", REGRESS), ("bad_results", "regress_count", REGRESS)),
            "INVALID_ARGUMENT",
            "Input batch size did not match output batch size: 1 vs. 2",
        ),
        (tasks(("nothing", "a", REGRESS)), "NOT_FOUND", "Servable not found for request: Latest(nothing)"),
    ],
)
def test_tasks_that_cannot_be_done_together(server, request_of_tasks, code, error):
    with_examples(request_of_tasks, example(x=1))
    assert refused(server.predictions.MultiInference, request_of_tasks) == (code, error)


def test_metadata_tells_the_signatures(server):
    request = get_model_metadata_pb2.GetModelMetadataRequest(
        model_spec=spec(MODEL, label="stable"), metadata_field=["signature_def"]
    )
    response = server.predictions.GetModelMetadata(request, timeout=PATIENCE)
    assert response.model_spec == spec(MODEL, version=1)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert signatures.signature_def["serving_default"].inputs["x"].name == "x:0"


@pytest.mark.parametrize(
    ("model_spec", "fields", "code", "error"),
    [
        (None, ["signature_def"], "INVALID_ARGUMENT", "Missing ModelSpec"),
        (
            spec(MODEL),
            [],
            "INVALID_ARGUMENT",
            "GetModelMetadataRequest must specify at least one metadata_field",
        ),
        (
            spec(MODEL),
            ["signature_def", "graph"],
            "INVALID_ARGUMENT",
            "Metadata field graph is not supported",
        ),
        (spec("nothing"), ["signature_def"], "NOT_FOUND", "Servable not found for request: Latest(nothing)"),
    ],
)
def test_metadata_that_is_not_there(server, model_spec, fields, code, error):
    request = get_model_metadata_pb2.GetModelMetadataRequest(model_spec=model_spec, metadata_field=fields)
    assert refused(server.predictions.GetModelMetadata, request) == (code, error)


def statuses(server, **which):
    request = get_model_status_pb2.GetModelStatusRequest(model_spec=spec(MODEL, **which))
    response = server.models.GetModelStatus(request, timeout=PATIENCE)
    available = get_model_status_pb2.ModelVersionStatus.AVAILABLE
    assert all((one.state, one.status.error_code) == (available, 0) for one in response.model_version_status)
    return [one.version for one in response.model_version_status]


def test_status_lists_the_versions_newest_first(server):
    assert statuses(server) == [123, 2, 1]
    assert statuses(server, version=2) == [2]
    request = get_model_status_pb2.GetModelStatusRequest()
    assert refused(server.models.GetModelStatus, request) == ("INVALID_ARGUMENT", "Missing ModelSpec")
    request.model_spec.name = "nothing"
    found = refused(server.models.GetModelStatus, request)
    assert found == ("NOT_FOUND", "Could not find any versions of model nothing")


def test_health_is_told_under_tensorflow_servings_names(server):
    health = health_pb2_grpc.HealthStub(server.channel)
    for name in ("", "ModelService", "PredictionService"):
        request = health_pb2.HealthCheckRequest(service=name)
        assert health.Check(request, timeout=PATIENCE).status == health_pb2.HealthCheckResponse.SERVING
    assert refused(health.Check, health_pb2.HealthCheckRequest(service="other"))[0] == "NOT_FOUND"


def reload_request(server, *names, **more):
    request = model_management_pb2.ReloadConfigRequest()
    for name in names:
        folder = server.folder / more.get("folder", name)
        request.config.model_config_list.config.add(
            name=name, base_path=str(folder), model_platform="tensorflow"
        )
    return request


def test_a_reload_adds_and_removes_models(tmp_path):
    """In a server of its own, which it leaves with other models."""
    with served(tmp_path, names=(MODEL,)) as server:
        asked = predict_pb2.PredictRequest(model_spec=spec("renamed"))
        asked.inputs["x"].CopyFrom(floats(1))
        assert refused(server.predictions.Predict, asked)[0] == "NOT_FOUND"
        response = server.models.HandleReloadConfigRequest(
            reload_request(server, "renamed", folder=MODEL), timeout=PATIENCE
        )
        assert (response.status.error_code, response.status.error_message) == (0, "")
        assert list(server.predictions.Predict(asked, timeout=PATIENCE).outputs["y"].float_val) == [2.5]
        asked.model_spec.name = MODEL
        assert refused(server.predictions.Predict, asked)[0] == "NOT_FOUND"


def test_a_reload_that_cannot_be_fails_and_changes_nothing(server):
    empty = model_management_pb2.ReloadConfigRequest()
    code, text = refused(server.models.HandleReloadConfigRequest, empty)
    assert code == "INVALID_ARGUMENT"
    assert "Only ModelConfigList is currently supported" in text
    twice = reload_request(server, "two_signatures", "two_signatures")
    assert refused(server.models.HandleReloadConfigRequest, twice)[0] == "INVALID_ARGUMENT"
    assert statuses(server) == [123, 2, 1]


def test_a_method_or_message_that_is_not_there(server):
    call = server.channel.unary_unary("/tensorflow.serving.PredictionService/Nothing")
    assert refused(call, b"")[0] == "UNIMPLEMENTED"
    call = server.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    assert refused(call, b"\xff\xff")[0] == "INTERNAL"
