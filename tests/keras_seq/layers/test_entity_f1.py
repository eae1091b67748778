"""EntityF1: the same as counting by hand, and in `fit` and `evaluate`."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.layers import CRF, CRFLoss, EntityF1
from keras_seq.layers.crf import legal_iobes

TYPES = 2
TAGS = 4 * TYPES + 1
# Runs of tags: a word outside, or an entity of a type (0 or 1) and a length.
RUNS = st.one_of(st.none(), st.tuples(st.integers(0, TYPES - 1), st.integers(1, 3)))


def tags_of(runs, length):
    """Legal IOBES tag ids of just `length` words; what would go beyond is outside."""
    tags = []
    for run in runs:
        kind, count = run or (0, 0)
        if len(tags) + max(count, 1) > length:
            break
        tags += [0] if run is None else [4 + 4 * kind]
        if count > 1:
            tags[-1:] = [1 + 4 * kind, *[2 + 4 * kind] * (count - 2), 3 + 4 * kind]
    return tags + [0] * (length - len(tags))


def entities(tags):
    """`(start, end, type)` of every entity, word by word."""
    found, start = set(), 0
    for index, tag in enumerate(tags):
        if tag and (tag - 1) % 4 in (0, 3):
            start = index
        if tag and (tag - 1) % 4 in (2, 3):
            found.add((start, index + 1, (tag - 1) // 4))
    return found


@st.composite
def batches(draw):
    """True and predicted tag ids, a list of each a row; a row's predictions are often its truths."""
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        length = draw(st.integers(0, 8))
        true = draw(st.lists(RUNS, max_size=8))
        changed = draw(st.lists(st.tuples(st.integers(0, 7), RUNS), max_size=2))
        predicted = list(true)
        for index, run in changed:
            predicted[index : index + 1] = [run]
        rows.append((tags_of(true, length), tags_of(predicted, length)))
    return rows


def padded(rows, time, filler):
    return np.array([[*row, *[filler] * (time - len(row))] for row in rows], int).reshape(len(rows), time)


def update(metric, rows, time=10):
    """Give the metric a batch of `(true, predicted)` tag ids, the latter as potentials that have them as best
    path.
    """
    true = padded([row for row, _ in rows], time, -1)
    predicted = padded(
        [row for _, row in rows], time, 4
    )  # an entity on every padded step, which must not count
    emissions = 20 * np.eye(TAGS, dtype="float32")[predicted]
    metric.update_state(true, CRF(TAGS, **legal_iobes(TYPES))(emissions, mask=true >= 0))


@tried_on(60)
@given(st.lists(batches(), min_size=1, max_size=2))
def test_f1_is_what_counting_entities_by_hand_gives(parts):
    metric = EntityF1()
    correct = true = predicted = 0
    for rows in parts:
        update(metric, rows)
        correct += sum(len(entities(a) & entities(b)) for a, b in rows)
        true += sum(len(entities(a)) for a, _ in rows)
        predicted += sum(len(entities(b)) for _, b in rows)
    assert (metric.correct, metric.true, metric.predicted) == (correct, true, predicted)
    expected = 2 * correct / (true + predicted) if true + predicted else 0.0
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("true", "predicted", "expected"),
    [
        ([0, 0, 0], [0, 0, 0], 0.0),
        ([1, 2, 3], [1, 2, 3], 1.0),
        ([1, 2, 3], [5, 6, 7], 0.0),
        ([1, 2, 3], [1, 3, 0], 0.0),
        ([4, 1, 3], [4, 4, 4], 0.4),
        ([4, 8, 0], [4, 0, 0], 2 / 3),
        ([], [], 0.0),
    ],
)
def test_an_entity_counts_where_start_end_and_type_are_right(true, predicted, expected):
    metric = EntityF1()
    update(metric, [(true, predicted)])
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-6)


def test_the_entities_of_every_row_are_its_own():
    metric = EntityF1()
    update(metric, [([4, 4, 4], [4, 0, 0]), ([4, 4, 4], [0, 0, 4]), ([4, 4, 4], [0, 4, 0])])
    assert (metric.correct, metric.true, metric.predicted) == (3, 9, 3)


def test_a_reset_forgets_the_counts():
    metric = EntityF1()
    update(metric, [([4, 0], [4, 0])])
    metric.reset_state()
    assert metric.result() == 0
    update(metric, [([4, 0], [0, 4])])
    assert metric.result() == 0
    assert (metric.true, metric.predicted) == (1, 1)


def test_fit_and_evaluate_report_f1(tmp_path):
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    symbols = keras.Input((None,), dtype="int32", name="symbols")
    emissions = keras.layers.Embedding(TAGS + 1, TAGS, mask_zero=True, name="emissions")(symbols)
    model = keras.Model(symbols, CRF(TAGS, name="crf", **legal_iobes(TYPES))(emissions))
    model.compile(keras.optimizers.Adam(0.3), CRFLoss(), metrics=[EntityF1()])
    runs = [
        (random.integers(2), random.integers(1, 4)) if random.random() < 0.5 else None for _ in range(64 * 9)
    ]
    lengths = random.integers(1, 10, size=64)
    tags = padded([tags_of(runs[i * 9 : i * 9 + 9], length) for i, length in enumerate(lengths)], 9, -1)
    history = model.fit(
        tags + 1, tags, batch_size=16, epochs=4, validation_data=(tags + 1, tags), verbose=0
    ).history
    assert history["f1"][0] < history["val_f1"][-1] == 1.0
    assert model.evaluate(tags + 1, tags, verbose=0, return_dict=True)["f1"] == 1.0
    wrong = np.where(tags >= 0, (tags + 1) % TAGS + 1, 0)
    assert model.evaluate(wrong, tags, verbose=0, return_dict=True)["f1"] < 0.5
    model.save(tmp_path / "tagger.keras")
    copy = keras.models.load_model(tmp_path / "tagger.keras")
    assert copy.evaluate(tags + 1, tags, verbose=0, return_dict=True)["f1"] == 1.0
