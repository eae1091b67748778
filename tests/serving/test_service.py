"""What both interfaces have in common: requests are counted whatever becomes of them, states are newest first."""

import pytest
from loaders import PATIENCE, Loader, available, config, error_of, eventually, folder, policy, serving
from tensorflow_serving.apis import model_pb2

from serving.errors import Code, ServingError
from serving.metrics import Metrics
from serving.service import Service, answered_by


class Counting(Metrics):
    def __init__(self):
        super().__init__()
        self.counted = []

    def count_request(self, *request):
        self.counted.append(request[:4])
        super().count_request(*request)


@pytest.mark.parametrize(
    ("error", "status"),
    [(None, "OK"), (ServingError(Code.NOT_FOUND, "no"), "NOT_FOUND"), (KeyError("x"), "INTERNAL")],
)
def test_a_request_is_counted_whatever_becomes_of_it(error, status):
    metrics = Counting()
    service = Service(None, metrics)

    def ask():
        with service.counted("m", "predict", "REST"):
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            ask()
    else:
        ask()
    assert metrics.counted == [("m", "predict", "REST", status)]


def test_models_are_found_by_name_and_states_are_newest_first(tmp_path):
    with serving(Loader()) as serve:
        models = serve()
        models.apply(config(("m", folder(tmp_path, versions=[1, 2]), policy("all {}"))), PATIENCE)
        eventually(lambda: len(available(models)) == 2)
        service = Service(models, Metrics())
        spec = model_pb2.ModelSpec(name="m")
        with service.use(spec) as (version, _):
            assert version == 2
        assert [one.version for one in service.status(spec).model_version_status] == [2, 1]
        spec.version.value = 1
        assert [one.version for one in service.status(spec).model_version_status] == [1]
        spec.version.value = 7
        wanted = (Code.NOT_FOUND, "Could not find version 7 of model m")
        assert error_of(service.status, spec) == wanted
        unnamed = error_of(lambda: service.use(model_pb2.ModelSpec()).__enter__())
        assert unnamed == (Code.INVALID_ARGUMENT, "ModelSpec has no name specified.")


def test_an_answer_names_who_gave_it():
    spec = answered_by("m", "", 3)
    assert (spec.name, spec.signature_name, spec.version.value) == ("m", "serving_default", 3)
