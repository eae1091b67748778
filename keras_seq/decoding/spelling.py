"""Words by their spelling: labels in a row -> the word that they spell, in the graph."""

from __future__ import annotations

import collections
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_seq.decoding.backoff import BEHIND_ALL_KEYS, behind_all_keys

ROOT = 0  # where no label has come yet
NOWHERE = -1  # where the labels so far begin no word
NO_SHARE = -300.0  # the logarithm of hardly any probability


class Trie(NamedTuple):
    """A tree of all words' spellings, its nodes numbered from the root on, level by level."""

    keys: np.ndarray
    """`(nodes - 1,)` int64 in increasing order, of each node but the root: parent's number * classes + label.
    """
    words: np.ndarray
    """`(nodes,)` int32, the id of the word that ends at a node, or the id of no word."""
    shares: np.ndarray
    """`(nodes,)` float32, the log of the sum of the probabilities of all words that a node leads to."""


class SpellingTrie(keras.layers.Layer):
    """Nodes `(...)` and labels `(...)` -> the nodes that follow, `(...)` int32.

    Args:
        num_classes: labels are below.
        num_nodes: how many nodes there are, the root among them.
    """

    def __init__(self, num_classes: int, num_nodes: int, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "trainable": False})
        self.num_classes, self.num_nodes = num_classes, num_nodes
        own = {"shape": (num_nodes,), "trainable": False, "autocast": False}
        self.keys = self.add_weight(initializer=behind_all_keys, dtype="int64", name="keys", **own)
        self.words = self.add_weight(initializer="zeros", dtype="int32", name="words", **own)
        self.shares = self.add_weight(initializer="zeros", dtype="float32", name="shares", **own)
        self.built = True

    def fill(self, trie: Trie) -> None:
        """Take over a trie of so many nodes."""
        self.keys.assign(np.append(trie.keys, BEHIND_ALL_KEYS))
        self.words.assign(trie.words)
        self.shares.assign(trie.shares)

    def call(self, nodes: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        wanted = tf.cast(nodes, tf.int64) * self.num_classes + tf.cast(labels, tf.int64)
        wanted = tf.where(nodes < 0, tf.constant(NOWHERE, tf.int64), wanted)
        found = tf.reshape(tf.searchsorted(self.keys, tf.reshape(wanted, [-1])), tf.shape(nodes))
        return tf.where(tf.gather(self.keys, found) == wanted, found + 1, NOWHERE)

    def words_at(self, nodes: tf.Tensor, no_word: int) -> tf.Tensor:
        """The ids of the words that end at nodes, `(...)` int32; `no_word` at those that are nowhere."""
        return tf.where(nodes < 0, no_word, tf.gather(self.words, tf.maximum(nodes, 0)))

    def shares_of(self, nodes: tf.Tensor) -> tf.Tensor:
        """The log-probabilities of all words that nodes lead to, `(...)` float32; `NO_SHARE` for none."""
        return tf.where(nodes < 0, NO_SHARE, tf.gather(self.shares, tf.maximum(nodes, 0)))


def trie_of(
    spellings: Mapping[int, Sequence[int]], probabilities: Mapping[int, float], num_classes: int, no_word: int
) -> Trie:
    """The trie of words; of those with the same spelling the first one counts.

    Args:
        spellings: id -> labels.
        probabilities: id -> natural logarithm.
        num_classes: labels are below.
        no_word: the id of no word.
    """
    tree: dict = {}
    for word, labels in spellings.items():
        node = tree
        for label in labels:
            node = node.setdefault(label, {})
        node.setdefault(None, word)
    keys, words, parents = [], [no_word], [ROOT]
    waiting = collections.deque([(ROOT, tree)])
    while waiting:
        number, node = waiting.popleft()
        words[number] = node.pop(None, no_word)
        for label in sorted(node):
            waiting.append((len(words), node[label]))
            keys.append(number * num_classes + label)
            words.append(no_word)
            parents.append(number)
    shares = np.array([math.exp(probabilities[word]) if word != no_word else 0.0 for word in words])
    for number in range(len(words) - 1, ROOT, -1):  # children before their parents
        shares[parents[number]] += shares[number]
    logs = np.log(np.maximum(shares, math.exp(NO_SHARE)))
    return Trie(np.array(keys, "int64"), np.array(words, "int32"), logs.astype("float32"))
