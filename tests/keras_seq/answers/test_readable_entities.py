"""Entities as rows: in Python, and as columns made in the graph, which are the same."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from keras_seq.answers.readable_entities import entity_columns
from keras_seq.preprocessing.tokens import TokenFeatures
from keras_seq.tagging import entities_in

KINDS = {"text": tf.string, "type": tf.string, "start": tf.int32, "end": tf.int32, "score": tf.float32}
PIECES = ["Zoë", "👩‍👧", "e\u0301\u0301", "Li", "a\0b", "\0", " ", "北京", "\ufeff", "x.y", "👍🏽"]
features = TokenFeatures(["li"], name="tokens")
as_graph = tf.function(
    entity_columns,
    [
        tf.TensorSpec([None], tf.string),
        {
            "tags": tf.TensorSpec([None, None], tf.string),
            "starts": tf.TensorSpec([None, None], tf.int32),
            "ends": tf.TensorSpec([None, None], tf.int32),
            "scores": tf.TensorSpec([None, None], tf.float32),
        },
    ],
)


def tagged(texts, random):
    """An answer to texts: the places of their tokens, legal tags and scores by chance."""
    places = features(tf.constant(texts, tf.string, shape=(len(texts),)))
    starts, ends = places["starts"].numpy(), places["ends"].numpy()
    tags = np.full(starts.shape, "", object)
    for row, place in np.argwhere(ends > 0):
        before = tags[row, place - 1] if place else "O"
        legal = ["O", "B-x", "B-creative-work", *([f"I-{before[2:]}"] * 3 if before != "O" else [])]
        tags[row, place] = random.choice(legal)
    scores = np.where(ends > 0, random.random(), 0).astype("float32")
    return {"tags": tags, "starts": starts, "ends": ends, "scores": scores}


def shown(columns, row):
    """The rows of columns, as the client reads them: as long as the first column is not empty."""
    values = {name: tensor.numpy()[row].tolist() for name, tensor in columns.items()}
    count = sum(1 for text in values["text"] if text)
    assert not any(value for column in values.values() for value in column[count:]), "padding is on the right"
    texts = {name: [item.decode() for item in values[name]] for name in ("text", "type")}
    return [{name: column[n] for name, column in {**values, **texts}.items()} for n in range(count)]


def plain(answer, row):
    return {name: values[row].tolist() for name, values in answer.items()}


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6), max_size=4), st.randoms(use_true_random=False))
def test_columns_are_what_python_reads_off_the_answer(texts, random):
    texts = [" ".join(pieces) for pieces in texts]
    answer = tagged(texts, random)
    columns = as_graph(
        tf.constant(texts, tf.string, shape=(len(texts),)),
        {
            name: tf.constant(values, tf.string if values.dtype == object else None)
            for name, values in answer.items()
        },
    )
    assert {name: tensor.dtype for name, tensor in columns.items()} == KINDS
    assert len({tuple(tensor.shape) for tensor in columns.values()}) == 1
    assert len(columns["text"]) == len(texts)
    for row, text in enumerate(texts):
        assert shown(columns, row) == entities_in(text, plain(answer, row))


@pytest.mark.parametrize("raw", [b"\xff Li \xff\0 Li", b"Li\xff", b"\xffLi\0\xfe"])
def test_bytes_that_are_not_utf_8_count_as_replacement_characters(raw):
    places = features(tf.constant([raw]))
    tags = tf.constant([["B-x" if token == b"Li" else "O" for token in places["tokens"].numpy()[0]]])
    scores = tf.ones_like(places["starts"], tf.float32)
    answer = {"tags": tags, "starts": places["starts"], "ends": places["ends"], "scores": scores}
    found = shown(as_graph(tf.constant([raw]), answer), 0)
    assert [entity["text"] for entity in found] == ["Li"] * raw.count(b"Li")
    rows = {name: plain_row(values) for name, values in answer.items()}
    assert found == entities_in(raw.decode("utf-8", "replace"), rows)


def plain_row(tensor):
    return [item.decode() if isinstance(item, bytes) else item for item in tensor.numpy()[0].tolist()]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0), (2, 3)])
def test_without_entities_there_are_no_columns(shape):
    answer = {
        "tags": tf.fill(shape, ""),
        "starts": tf.zeros(shape, tf.int32),
        "ends": tf.zeros(shape, tf.int32),
        "scores": tf.zeros(shape),
    }
    columns = as_graph(tf.fill(shape[:1], ""), answer)
    assert {tuple(tensor.shape) for tensor in columns.values()} == {(shape[0], 0)}


def test_entities_are_read_off_tags():
    text = "Zoë 👩‍👧 met Li"
    answer = {
        "tags": ["B-per", "I-per", "O", "B-loc", ""],
        "starts": [0, 4, 8, 12, 0],
        "ends": [3, 7, 11, 14, 0],
    }
    assert entities_in(text, {**answer, "scores": [0.75, 0.75, 0.5, 0.25, 0.0]}) == [
        {"text": "Zoë 👩‍👧", "type": "per", "start": 0, "end": 7, "score": 0.75},
        {"text": "Li", "type": "loc", "start": 12, "end": 14, "score": 0.25},
    ]
    assert entities_in("", {"tags": [], "starts": [], "ends": [], "scores": []}) == []
