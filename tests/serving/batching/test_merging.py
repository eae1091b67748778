"""Batching: how rows of several calls become one batch, and what cannot."""

import numpy as np
import pytest
from batches import SECONDS, answers, error_of, hold, queue, serving

from serving.errors import Code, ServingError


@pytest.fixture
def serve():
    with serving() as serve:
        yield serve


def test_a_batch_is_filled_to_an_allowed_size_with_the_last_calls_first_row(serve):
    model, call = serve(max_batch_size=8, allowed_batch_sizes=(1, 4, 8))
    hold(model, call)
    futures = queue(model, call, [[1.0], [2.0]], [[3.0], [4.0], [5.0]])
    model.gate.set()
    assert answers(futures) == [[1, 2], [3, 4, 5]]
    assert model.sizes == [1, 8]
    assert model.batches[1]["x:0"][:, 0].tolist() == [1, 2, 3, 4, 5, 3, 3, 3]


def test_an_empty_call_has_an_empty_answer(serve):
    model, call = serve(max_batch_size=4, allowed_batch_sizes=(2, 4))
    empty = np.zeros((0, 3), np.float32)
    assert model.batcher.run({"x:0": empty}, ("same:0",), None)[0].shape == (0, 3)
    hold(model, call)
    (full,) = queue(model, call, [[1.0, 1.0, 1.0]])
    (none,) = queue(model, call, [], x=empty)
    model.gate.set()
    assert answers([full, none]) == [[3], []]
    assert model.batches[-1]["x:0"].tolist() == [[1, 1, 1], [1, 1, 1]], (
        "filled from the last call that has a row"
    )


def test_unequal_shapes_in_a_batch_are_an_error_of_all(serve):
    model, call = serve(max_batch_size=10)
    held = hold(model, call)
    futures = queue(model, call, [[1.0]], [[2.0, 3.0]])
    model.gate.set()
    assert answers([held]) == [[0]]
    for future in futures:
        assert error_of(future) == (
            Code.FAILED_PRECONDITION,
            "Tensors with name 'x:0' from different tasks have different shapes and padding is turned off."
            "Set pad_variable_length_inputs to true, or ensure that all tensors with the same name"
            "have equal dimensions starting with the first dim.",
        )
    assert model.sizes == [1]


def test_unequal_shapes_are_padded_with_the_calls_own_first_element(serve):
    model, call = serve(max_batch_size=10, pad_variable_length_inputs=True)
    hold(model, call)
    futures = queue(model, call, [[[1.0, 2.0]]], [[[5.0], [6.0]], [[7.0], [8.0]]], fetches=("same:0",))
    model.gate.set()
    expected = [[[1, 2], [1, 1]]], [[[5, 5], [6, 5]], [[7, 5], [8, 5]]]
    assert [future.result(SECONDS)[0].tolist() for future in futures] == list(expected)


def test_texts_are_padded_and_filled_too(serve):
    model, call = serve(max_batch_size=4, pad_variable_length_inputs=True, allowed_batch_sizes=(4,))
    hold(model, call)
    texts = [np.array([[b"a", b"b"]], object), np.array([[b"c"], [b"d"]], object)]
    futures = []
    for text in texts:
        futures += queue(model, call, [], x=text, fetches=("same:0",))
    model.gate.set()
    assert [f.result(SECONDS)[0].tolist() for f in futures] == [[[b"a", b"b"]], [[b"c", b"c"], [b"d", b"c"]]]
    assert model.batches[-1]["x:0"][-1].tolist() == [b"c", b"c"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            np.zeros((1, 2)),
            np.zeros((1, 0)),
            (Code.INVALID_ARGUMENT, "Got empty tensor in batch of non-empty tensors."),
        ),
        (
            np.zeros((1, 1, 1, 1, 1, 1, 2)),
            np.zeros((1, 1, 1, 1, 1, 1, 1)),
            (Code.INVALID_ARGUMENT, "Only tensors with rank from 1 to 6 can be padded."),
        ),
        (
            np.zeros((1, 2), np.float32),
            np.zeros((1, 2), np.int32),
            (Code.INTERNAL, "Tensor concat operation failed: types of 'x:0' differ"),
        ),
    ],
)
def test_what_padding_cannot_make_equal(serve, first, second, expected):
    model, call = serve(max_batch_size=10, pad_variable_length_inputs=True)
    hold(model, call)
    futures = queue(model, call, [], x=first) + queue(model, call, [], x=second)
    model.gate.set()
    assert [error_of(future) for future in futures] == [expected, expected]


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({}, "Batching Run() must have at least one input tensor"),
        ({"x:0": np.float32(1)}, "Batching Run() input tensors must have at least one dimension"),
        (
            {"x:0": np.zeros(3), "y:0": np.zeros((2, 3))},
            "Batching Run() input tensors must have equal 0th-dimension size",
        ),
    ],
)
def test_inputs_that_have_no_common_rows(serve, feeds, message):
    model, _ = serve()
    with pytest.raises(ServingError) as caught:
        model.batcher.run({name: np.asarray(array) for name, array in feeds.items()}, ("sum:0",), None)
    assert (caught.value.code, caught.value.message) == (Code.INVALID_ARGUMENT, message)
    assert model.batches == []


@pytest.mark.parametrize(
    ("fetch", "message"),
    [
        ("scalar:0", "Batched output tensor has 0 dimensions"),
        (
            "short:0",
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the "
            "input tensors",
        ),
    ],
)
def test_outputs_that_cannot_be_handed_out_by_row(serve, fetch, message):
    _, call = serve()
    assert error_of(call([1.0], [2.0], fetches=(fetch,))) == (Code.FAILED_PRECONDITION, message)


def test_an_output_may_be_asked_for_twice(serve):
    _, call = serve()
    assert [part.tolist() for part in call([1.0], fetches=("sum:0", "sum:0")).result(SECONDS)] == [[1], [1]]
