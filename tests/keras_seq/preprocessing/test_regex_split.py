"""Pieces by a regular expression: as TF-Text has them, in graphs without checks of what is so."""

import pytest
import tensorflow as tf
import tensorflow_text as tf_text

from keras_seq.preprocessing.regex_split import first_of_rows, of_rows, regex_split, row_ids

TEXTS = ["a b, c", "", " ", "é,,日本 x", "plain", "  "]


@pytest.mark.parametrize("texts", [TEXTS, [], [""], ["", ""]], ids=["texts", "none", "empty", "both empty"])
@pytest.mark.parametrize("as_graph", [False, True])
def test_pieces_and_places_are_those_of_tf_text(texts, as_graph):
    split = tf.function(regex_split) if as_graph else regex_split
    pieces, starts, ends = split(tf.constant(texts, tf.string), r"\s|,", ",")
    expected = tf_text.regex_split_with_offsets(tf.constant(texts, tf.string), r"\s|,", ",")
    found = (pieces, pieces.with_values(starts), pieces.with_values(ends))
    assert [one.to_list() for one in found] == [one.to_list() for one in expected]
    assert row_ids(pieces).numpy().tolist() == expected[0].value_rowids().numpy().tolist()


@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_the_first_of_rows_are_those_of_a_slice(count):
    ragged = tf.ragged.constant([["a", "b", "c"], [], ["d"], ["e", "f"], []])
    places, splits = first_of_rows(ragged, count)
    assert of_rows(tf.gather(ragged.values, places), splits).to_list() == ragged[:, :count].to_list()


def test_there_are_no_checks_in_the_graph():
    graph = tf.function(lambda texts: regex_split(texts, " ", "")[0].to_tensor())
    made = graph.get_concrete_function(tf.TensorSpec([None], tf.string)).graph
    assert not {"Assert", "If", "StatelessIf"} & {node.type for node in made.get_operations()}
