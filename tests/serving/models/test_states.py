"""The record of a version: when it waits to be loaded, and the errors for what is not there."""

from tensorflow_serving.apis import get_model_status_pb2

from serving.errors import Code
from serving.models import states
from serving.models.states import State, Version


def test_states_are_those_of_the_protocol():
    protocol = get_model_status_pb2.ModelVersionStatus.State
    assert {state.name: state.value for state in State} == {
        name: number for name, number in protocol.items() if number
    }


def test_a_version_that_begins_again_has_no_past():
    version = Version(3)
    assert not version.waits
    version.code, version.message, version.failures = Code.INTERNAL, "damaged", 5
    version.begin()
    assert version.waits
    assert (version.state, version.failures, version.code, version.message) == (State.START, 0, Code.OK, "")


def test_between_two_tries_it_stays_loading_and_while_it_is_loaded_it_does_not_wait():
    version = Version(1)
    version.state, version.due = State.LOADING, None
    assert not version.waits
    version.begin()
    assert version.state is State.LOADING
    assert version.waits


def test_what_is_not_there_is_named_as_tensorflow_serving_names_it():
    assert states.not_found("m", None).message == "Servable not found for request: Latest(m)"
    assert states.not_found("m", 3).message == "Servable not found for request: Specific(m, 3)"
    assert states.unknown_label("best").code is Code.INVALID_ARGUMENT
