"""Words by their spelling: the trie against a dict of prefixes."""

import itertools
import math

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.decoding.spelling import NOWHERE, ROOT, SpellingTrie, trie_of

spellings = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple), max_size=6)


def filled(words, num_classes=4):
    logs = {word: -0.5 * word for word in range(5, 5 + len(words))}
    trie = trie_of(dict(enumerate(words, 5)), logs, num_classes, no_word=0)
    layer = SpellingTrie(num_classes, len(trie.words))
    layer.fill(trie)
    return layer


@tried_on(30)
@given(spellings)
def test_labels_lead_to_their_word_and_others_nowhere(words):
    layer = filled(words)
    every = list(itertools.product(range(1, 4), repeat=4))
    nodes, labels = tf.fill([len(every)], ROOT), np.array(every, "int32")
    for count in range(1, 5):
        nodes = layer(nodes, tf.constant(labels[:, count - 1]))
        prefixes = [one[:count] for one in every]
        begins = [any(word[:count] == prefix for word in words) for prefix in prefixes]
        assert (nodes.numpy() != NOWHERE).tolist() == begins
        expected = [words.index(prefix) + 5 if prefix in words else 0 for prefix in prefixes]
        assert layer.words_at(nodes, 0).numpy().tolist() == expected
        firsts = list(dict.fromkeys(words))
        sums = [
            sum(math.exp(-0.5 * (words.index(word) + 5)) for word in firsts if word[:count] == prefix)
            for prefix in prefixes
        ]
        np.testing.assert_allclose(np.exp(layer.shares_of(nodes)), sums, rtol=1e-5)


def test_the_root_is_no_word_and_nodes_may_have_any_shape():
    layer = filled([(1,), (2, 2)])
    assert layer.words_at(tf.constant([[ROOT, NOWHERE]]), 9).numpy().tolist() == [[0, 9]]
    nodes = layer(tf.zeros([2, 0], tf.int32), tf.zeros([2, 0], tf.int32))
    assert nodes.shape == (2, 0)
    assert layer(tf.constant([NOWHERE]), tf.constant([1])).numpy().tolist() == [NOWHERE]
