"""Tensors between JSON, protocol messages and NumPy."""

import json

import numpy as np
import pytest
import tensorflow as tf
from serving_models import DTYPES

from serving.errors import Code, ServingError
from serving.values import tensors


@pytest.mark.parametrize("name", DTYPES)
def test_a_tensor_comes_back_from_its_message(name):
    dtype = DTYPES[name]
    values = np.array([[b"a", b"\0"], [b"", b"\xff"]], object)
    if dtype != tf.string:
        values = np.array([[0, 1], [1, 3]]).astype(dtype.as_numpy_dtype)
    again = tensors.array(tensors.tensor_proto(values), "x")
    assert again.dtype == values.dtype
    np.testing.assert_array_equal(again, values)
    packed = tensors.array(tf.make_tensor_proto(values, dtype), "x")
    np.testing.assert_array_equal(packed, values)


def test_a_message_that_claims_more_than_it_holds_is_refused():
    proto = tf.make_tensor_proto(1.0)
    for size in (-1, 2**40):
        del proto.tensor_shape.dim[:]
        proto.tensor_shape.dim.add(size=size)
        with pytest.raises(ServingError, match="tensor parsing error: x"):
            tensors.array(proto, "x")


@pytest.mark.parametrize(
    "values", [np.float32([[1, 0.5], [-2, 3]]), np.int64([[1], [2**62]]), np.array([True])]
)
def test_a_tensor_comes_back_from_json(values):
    written = tensors.to_json(values, as_bytes=False)
    np.testing.assert_array_equal(tensors.from_json(json.loads(written), tf.as_dtype(values.dtype)), values)
    assert tensors.rows_to_json(values, as_bytes=False) == [tensors.to_json(row, False) for row in values]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        ([[1, 2], [3]], tf.int32),
        (["a", 1], tf.string),
        ([300], tf.uint8),
        ([1.5], tf.int32),
        ([[1], 2], tf.float32),
    ],
)
def test_what_is_no_tensor_is_refused(value, dtype):
    with pytest.raises(ServingError) as error:
        tensors.from_json(value, dtype)
    assert error.value.code is Code.INVALID_ARGUMENT
