"""The session beneath a model: shapes are left to the operations, a call has a deadline, threads share it."""

from concurrent import futures

import numpy as np
import pytest
import tensorflow as tf

from serving.inference.session import Session


@pytest.fixture
def session():
    with tf.Graph().as_default() as graph:
        column = tf.compat.v1.placeholder(tf.float32, [None, 1], "column")
        tf.multiply(column, 2.0, name="doubled")
        text = tf.compat.v1.placeholder(tf.string, [None], "text")
        tf.strings.length(text, name="length")
        tf.identity(text[0], name="first")
        steps = tf.compat.v1.placeholder(tf.int32, [], "steps")
        tf.identity(tf.while_loop(lambda n: n < steps, lambda n: n + 1, [0])[0], name="counted")
    with Session(graph=graph) as session:
        session.seal()
        yield session


def test_a_shape_that_the_operations_take_is_taken(session):
    values = np.array([1, 2], np.float32)
    assert session.fetch({"column:0": values}, ("doubled:0",), None)[0].tolist() == [2, 4]
    with pytest.raises(ValueError, match="Cannot feed value of shape"):
        session.run("doubled:0", {"column:0": values})


def test_strings_keep_their_last_zeros(session):
    feeds = {"text:0": np.array([b"a\0\0", b""], object)}
    lengths, first = session.fetch(feeds, ("length:0", "first:0"), None)
    assert (lengths.tolist(), first) == ([3, 0], b"a\0\0")


def test_a_call_has_a_deadline(session):
    feeds = {"steps:0": np.array(10**9, np.int32)}
    with pytest.raises(tf.errors.DeadlineExceededError):
        session.fetch(feeds, ("counted:0",), 200)
    assert session.fetch({"steps:0": np.array(3, np.int32)}, ("counted:0",), 60_000)[0] == 3


def test_a_tensor_that_is_not_there_is_an_error(session):
    with pytest.raises((KeyError, ValueError), match="nobody"):
        session.fetch({}, ("nobody:0",), None)


def test_threads_share_it(session):
    def double(number):
        return session.fetch({"column:0": np.array([[number]], np.float32)}, ("doubled:0",), None)[0].item()

    with futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(double, range(200))) == [2 * number for number in range(200)]
