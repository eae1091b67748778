"""What `fit` is given -> batches: every form of inputs and truths, and one sentence where there is no use of it."""

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.answers.pairs import Kind, Pairs
from keras_seq.answers.raw_inputs import as_strings
from keras_seq.errors import DataError

TEXTS, TRUTHS = ["a", "bb", "ccc", "dddd", "eeeee"], ["no", "yes", "no", "no", "yes"]


def truths(given, inputs):
    found = as_strings(given, "answer")
    if b"maybe" in found.numpy():
        raise DataError("'maybe' is no answer")
    return found


def pairs(**changes):
    """Of texts and answers; both are their lengths in what the network takes."""
    kind = Kind("text", False, truths, lambda *both: tuple(map(tf.strings.length, both)))
    return Pairs(kind._replace(**changes))


def read(data):
    """The rows of all batches: length of the text, length of the truth, and the weight."""
    return [row for batch in data for row in zip(*(part.numpy().tolist() for part in batch), strict=True)]


LENGTHS = [(1, 2), (2, 3), (3, 2), (4, 2), (5, 3)]


@pytest.mark.parametrize(
    "form", [list, tuple, np.array, tf.constant], ids=["list", "tuple", "array", "tensor"]
)
def test_forms_of_strings_are_paired_in_their_order(form):
    made = pairs()
    data = made.batches(made.rows(form(TEXTS), form(TRUTHS)), batch_size=2)
    assert [len(batch[0]) for batch in data] == [2, 2, 1]
    assert read(data) == LENGTHS


@pytest.mark.parametrize("shuffle", [False, True])
def test_every_pass_of_lists_has_all_rows_once(shuffle):
    made = pairs()
    data, steps = made.passes(made.rows(TEXTS, TRUTHS), 2, shuffle, None, 1)
    assert steps == 3
    read_ahead = iter(data)
    passes = [read(next(read_ahead) for _ in range(steps)) for _ in range(20)]
    assert all(sorted(one) == LENGTHS for one in passes)
    assert (len({tuple(one) for one in passes}) > 1) is shuffle


def test_who_counts_steps_and_who_takes_several_at_once_gets_the_rows_once():
    made = pairs()
    rows = made.rows(TEXTS, TRUTHS)
    for given, asked, at_once in ((rows, 2, 1), (rows, None, 2), (DATASET, None, 1)):
        data, steps = made.passes(given, 2, False, asked, at_once)
        assert (read(data), steps) == (LENGTHS, asked)


def test_a_dataset_is_taken_batched_or_not_with_weights_or_without():
    made, rows = pairs(), (TEXTS, TRUTHS)
    data = tf.data.Dataset.from_tensor_slices(rows)
    assert [len(batch[0]) for batch in made.batches(made.rows(data), 4)] == [4, 1]
    assert [len(batch[0]) for batch in made.batches(made.rows(data.batch(3)), 4)] == [3, 2]
    assert read(made.batches(made.rows(data))) == LENGTHS
    weighted = tf.data.Dataset.from_tensor_slices((*rows, [0.5] * 5))
    assert read(made.batches(made.rows(weighted))) == [(*pair, 0.5) for pair in LENGTHS]
    named = data.map(lambda text, truth: ({"text": text}, truth))
    assert read(made.batches(made.rows(named))) == LENGTHS


def test_inputs_that_the_model_alone_takes_become_strings_first():
    made = pairs(raw=lambda given: ["x" * number for number in given])
    assert read(made.batches(made.rows([2, 3], ["no", "yes"]))) == [(2, 2), (3, 3)]


def test_rows_are_shuffled_anew_for_every_epoch_and_stay_pairs():
    tf.random.set_seed(1)
    made, texts = pairs(), ["x" * length for length in range(1, 30)]
    data = made.batches(made.rows(texts, texts), batch_size=8, shuffle=True)
    first, second = read(data), read(data)
    assert first != second
    assert sorted(first) == sorted(second) == [(length, length) for length in range(1, 30)]


def test_weights_go_with_their_rows():
    made = pairs()
    data = made.batches(made.rows(TEXTS, TRUTHS, [1, 2, 3, 4, 5]), batch_size=4)
    assert read(data) == [(*pair, weight) for weight, pair in enumerate(LENGTHS, 1)]


def test_the_last_rows_are_held_out():
    made = pairs()
    parts = made.divided(made.rows(TEXTS, TRUTHS, [1, 2, 3, 4, 5]), 0.4)
    first, last = ([text.decode() for text in rows[0].numpy()] for rows in parts)
    assert (first, last) == (TEXTS[:3], TEXTS[3:])
    assert [weight for rows in parts for weight in rows[2].numpy()] == [1, 2, 3, 4, 5]
    for part in (0.6, 1.0):
        with pytest.raises(
            DataError, match=rf"validation_split: {part} of 2 texts leaves none to train or none"
        ):
            made.divided(made.rows(["a", "b"], ["c", "d"]), part)


DATASET = tf.data.Dataset.from_tensor_slices((TEXTS, TRUTHS))
WRONG = {
    "no truths": (lambda: pairs().rows(TEXTS), TypeError, "a list with a truth for each, given no truths"),
    "fewer": (lambda: pairs().rows(TEXTS, TRUTHS[:2]), DataError, "5 texts and 2 truths; expected a truth"),
    "none": (lambda: pairs().rows([], []), DataError, "expected a list of texts, given an empty one"),
    "one": (lambda: pairs().rows("a", "no"), TypeError, "expected a list of texts, given one: 'a'"),
    "one truth": (
        lambda: pairs().rows(["a"], "no"),
        TypeError,
        "expected a list of answers, given one: 'no'",
    ),
    "unknown": (lambda: pairs().rows(["a"], ["maybe"]), DataError, "'maybe' is no answer"),
    "weights": (
        lambda: pairs().rows(TEXTS, TRUTHS, [1, 2]),
        DataError,
        r"sample_weight: expected a number for each of 5 texts, given shape \(2,\)",
    ),
    "no weights": (
        lambda: pairs(weighted=False).rows(TEXTS, TRUTHS, [1] * 5),
        TypeError,
        "sample_weight: the loss is a mean over all of a batch",
    ),
    "truths twice": (
        lambda: pairs().rows(DATASET, TRUTHS),
        TypeError,
        "has the truths and the weights in it",
    ),
    "texts alone": (
        lambda: pairs().batches(DATASET.map(lambda text, truth: text)),
        TypeError,
        r"expected a dataset of \(text, truth\) pairs; given one of TensorSpec",
    ),
    "numbers": (
        lambda: pairs().batches(DATASET.map(lambda text, truth: (text, 1))),
        TypeError,
        r"whose truths are strings, as model\.truths\(\.\.\.\) makes them; given TensorSpec\(.*int32",
    ),
    "weighted dataset": (
        lambda: pairs(weighted=False).batches(DATASET.map(lambda text, truth: (text, truth, 1.0))),
        TypeError,
        "single texts have no weight",
    ),
    "divided dataset": (lambda: pairs().divided(DATASET, 0.5), TypeError, "take.* and skip"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(name):
    call, error, message = WRONG[name]
    with pytest.raises(error, match=message):
        call()


def test_what_is_wrong_with_a_truth_of_a_dataset_is_said_likewise():
    made = pairs()
    data = made.batches(tf.data.Dataset.from_tensor_slices((TEXTS, [*TRUTHS[:4], "maybe"])), batch_size=2)
    with pytest.raises(DataError, match=r"^'maybe' is no answer$"), made.reading():
        list(data)


def test_what_is_wrong_with_the_dataset_itself_stays_tensorflow_s():
    made = pairs()
    broken = DATASET.map(lambda text, truth: (text, tf.strings.substr(truth, 9, 1)))
    with pytest.raises(tf.errors.InvalidArgumentError), made.reading():
        list(made.batches(broken))
