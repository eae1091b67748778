"""Batches: everything once, similar lengths together, the same order for the same seed and epoch."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from corpora import SST
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.applications import sentiment
from keras_seq.batches import Batches, count
from keras_seq.contract import Preprocessing
from keras_seq.errors import DataError
from keras_seq.feature_cache import FeatureCache
from keras_seq.formats import Example, File, Table
from keras_seq.order import Order, bucketed, shuffled
from keras_seq.preprocessing.words import WordIds
from keras_seq.reading import Reader


def examples(lengths):
    return [Example("a " * length + str(n), "xy"[n % 2], f"f:{n}") for n, length in enumerate(lengths)]


def preprocessing():
    lookup = keras.layers.StringLookup(vocabulary=["x", "y"], num_oov_indices=0, output_mode="one_hot")
    words = WordIds(["a"])
    return Preprocessing(words, lookup, lambda ids, truths: (ids, lookup(truths)), {}, ["x", "y"])


@given(st.lists(st.integers(0, 30), max_size=300), st.integers(1, 400), st.integers(1, 7), st.integers(0, 3))
@tried_on(50)
def test_every_example_is_given_once(lengths, buffer, batch_size, seed):
    given_ones = examples(lengths)
    generator = random.Random(seed)
    batches = list(bucketed(shuffled(given_ones, buffer, generator), batch_size, generator))
    assert sorted(e.where for batch in batches for e in batch) == sorted(e.where for e in given_ones)
    assert sum(len(batch) != batch_size for batch in batches) <= 1


def test_batches_hold_similar_lengths():
    lengths = random.Random(1).choices(range(100), k=1000)
    spread = [
        max(len(e.input) for e in batch) - min(len(e.input) for e in batch)
        for batch in bucketed(examples(lengths), 20, random.Random(1))
    ]
    assert np.mean(spread) < 10


def batches_of(dataset):
    return [(x.numpy().tolist(), y.numpy().tolist()) for x, y in dataset]


def test_rows_are_padded_to_the_longest_of_their_own_batch():
    data = Batches(preprocessing()).evaluation(examples([0, 1, 8, 9]), 2, 2)
    assert [x.shape[1] for x, _ in data] == [2, 10]


def test_an_epochs_order_follows_from_the_seed_and_its_number():
    data, prepared = examples(range(50)), preprocessing()

    def epochs(first, last, seed=1, skip=0):
        return batches_of(Batches(prepared).training(Order(data, 8, 20, seed), range(first, last), skip))

    both = epochs(0, 2)
    assert len(both) == 14
    assert both[:7] != both[7:]
    assert epochs(1, 2) == both[7:]
    assert epochs(0, 2, skip=3) == both[3:]
    assert epochs(0, 1, seed=2) != both[:7]


def test_unknown_labels_and_empty_splits_are_refused():
    assert count(examples([1, 2]), preprocessing(), sentiment.objective(), "validation") == 2
    with pytest.raises(
        DataError, match="f:9: label 'z' in validation, which training never had; it had 'x', 'y'"
    ):
        count([Example("a", "z", "f:9")], preprocessing(), sentiment.objective(), "validation")
    with pytest.raises(DataError, match="the test split has no examples"):
        count([], preprocessing(), sentiment.objective(), "test")


@pytest.mark.real_data
@pytest.mark.skipif(not SST.exists(), reason="the Stanford Sentiment Treebank is not beside the project")
def test_real_sentences_pad_little():
    table = Table(str(SST / "sst2_train.tsv"), 0, 1)
    words = WordIds()
    padded = real = 0
    for batch in bucketed(table, 64, random.Random(1)):
        lengths = words.split(np.array([e.input for e in batch], object)).row_lengths().numpy()
        padded, real = padded + lengths.max() * len(lengths), real + lengths.sum()
    assert real / padded > 0.93


class Bytes(keras.layers.Layer):
    """The lengths of files."""

    def call(self, raw):
        return tf.strings.length(raw)[:, None]


def of_files(folder, contents):
    """Examples of files, and what makes batches of them; a file that holds "bad" has a problem."""
    examples = []
    for number, content in enumerate(contents):
        (folder / str(number)).write_text(content, encoding="utf-8")
        examples.append(Example(File.of(folder / str(number)), ("x", "y"), f"f:{number}"))
    lookup = keras.layers.StringLookup(vocabulary=["x", "y"], num_oov_indices=0)
    prepared = Preprocessing(Bytes(), lookup, lambda lengths, truths: (lengths, lookup(truths)), {})
    reader = Reader("skip", lambda read: ["is bad" if one == b"bad" else "" for one in read])
    return examples, prepared, reader


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize(
    "contents", [["bad", "bad", "good", "goods"], ["x", "good", "bad", "bad"], ["bad", "x", "yy", "bad"]]
)
def test_an_epoch_has_its_steps_whatever_cannot_be_read(contents, cached, tmp_path):
    examples, prepared, reader = of_files(tmp_path, contents)
    cache = FeatureCache(prepared, reader, None) if cached else None
    if cached:
        reader.problems = None
        for number, content in enumerate(contents):
            if content == "bad":
                (tmp_path / str(number)).unlink()
    batches = Batches(prepared, reader, cache)
    assert len(list(batches.training(Order(examples, 2, 9, 1), range(3)))) == 6
    once = batches_of(batches.evaluation(examples, 2, 2))
    assert len(once) == 2
    with batches.errors():
        endless = iter(batches.endless_evaluation(examples, 2))
        assert batches_of(next(endless) for _ in range(6)) == once * 3


def test_a_split_of_which_nothing_can_be_used_is_one_sentence(tmp_path):
    examples, prepared, reader = of_files(tmp_path, ["bad", "bad", "bad"])
    batches = Batches(prepared, reader)
    with pytest.raises(DataError, match=r"no file can be used; f:0: .*0: is bad"), batches.errors():
        list(batches.training(Order(examples, 2, 9, 1), range(1)))


def test_training_takes_one_of_several_truths_and_evaluation_the_first(tmp_path):
    examples, prepared, reader = of_files(tmp_path, ["good"] * 40)
    batches = Batches(prepared, reader)
    (taken,) = (targets.numpy() for _, targets in batches.training(Order(examples, 40, 99, 1), range(1)))
    assert 5 < taken.sum() < 35
    again, other = (targets.numpy() for _, targets in batches.training(Order(examples, 40, 99, 1), range(2)))
    np.testing.assert_array_equal(taken, again)
    assert (taken != other).any()
    assert not any(targets.numpy().any() for _, targets in batches.evaluation(examples, 40))


@pytest.mark.parametrize("kind", ["training", "evaluation"])
def test_nothing_is_read_any_more_once_the_datasets_are_left(kind):
    """Or a stopped training may wait for it in vain."""
    asked = []

    class Endless:
        def __iter__(self):
            for number in range(10**9):
                asked.append(number)
                yield Example("a b", "x", f"f:{number}")

    batches = Batches(preprocessing())
    with batches.errors():
        if kind == "training":
            iterator = iter(batches.training(Order(Endless(), 1, 1, 1), range(1)))
        else:
            iterator = iter(batches.endless_evaluation([Example("a b", "x", "f:0")], 1))
        next(iterator)
    before = len(asked)
    list(iterator)  # what was read ahead; it ends
    assert len(asked) - before < 500
