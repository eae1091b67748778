"""What held-out examples decide: the penalty with the best F1, and scores that say how many entities are
right.
"""

import keras
import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.answers.entities import penalized
from keras_seq.layers import CRF, EntityF1
from keras_seq.layers.crf import legal_iobes
from keras_seq.tuning.calibration import OUTSIDE_PENALTIES, calibrate

TAGS, SINGLE = 5, 4


def tagger():
    """Scores of tags -> log-potentials, without weights that were learned."""
    emissions = keras.Input((None, TAGS))
    return keras.Model(emissions, CRF(TAGS, **legal_iobes(1))(emissions))


def words(count, odds_of_single, share_right, seed=1):
    """Sentences of one word: its scores, and whether it is an entity, as often as `share_right` says."""
    emissions = np.zeros((count, 1, TAGS), "float32")
    emissions[:, 0, SINGLE] = odds_of_single
    right = np.random.default_rng(seed).random(count) < share_right
    return tf.data.Dataset.from_tensors((emissions, np.where(right, SINGLE, 0)[:, None].astype("int32")))


@tried_on(5)
@given(st.integers(0, 100))
def test_the_penalty_is_the_one_with_the_best_f1(seed):
    random = np.random.default_rng(seed)
    tags = random.choice([0, SINGLE], size=(40, 3), p=[0.6, 0.4]).astype("int32")
    emissions = random.normal(size=(40, 3, TAGS)).astype("float32")
    np.put_along_axis(emissions, tags[..., None], 1.0, axis=-1)
    emissions[..., 0] += 1.5
    network, f1 = tagger(), []
    for penalty in OUTSIDE_PENALTIES:
        metric = EntityF1()
        metric.update_state(tags, penalized(network(emissions), penalty, tags >= 0))
        f1.append(float(metric.result()))
    found = calibrate(network, tf.data.Dataset.from_tensors((emissions, tags)).repeat(2), {})
    assert found["outside_penalty"] == OUTSIDE_PENALTIES[f1.index(max(f1))] > 0


def test_scores_that_are_too_sure_are_softened_to_the_part_that_is_right():
    data = words(600, 4.0, 0.7).concatenate(words(600, 1.0, 0.55, seed=2))
    found = calibrate(tagger(), data, {})
    assert found["outside_penalty"] == 0
    for odds, share in ((4.0, 0.7), (1.0, 0.55)):
        score = 1 / (1 + np.exp(-found["score_slope"] * odds - found["score_intercept"]))
        np.testing.assert_allclose(score, share, atol=0.05)


def test_nothing_is_fitted_where_all_are_right_or_the_surer_ones_are_wrong():
    assert calibrate(tagger(), words(50, 2.0, 1.0), {}) == {"outside_penalty": 0.0}
    wrong_way = words(200, 4.0, 0.2).concatenate(words(200, 1.0, 0.9, seed=2))
    assert set(calibrate(tagger(), wrong_way, {})) == {"outside_penalty"}


def test_padding_and_sentences_without_entities_are_no_answers():
    emissions = np.zeros((2, 3, TAGS), "float32")
    emissions[..., 0] = 9.0
    tags = np.array([[0, 0, -1], [-1, -1, -1]], "int32")
    assert calibrate(tagger(), tf.data.Dataset.from_tensors((emissions, tags)), {}) == {
        "outside_penalty": 0.0
    }


def test_a_penalty_that_the_recipe_gives_is_kept_and_calibrated_for():
    data = words(600, -1.0, 0.7)  # entities that no path takes without a penalty
    assert "score_slope" not in calibrate(tagger(), data, {"outside_penalty": 0.0})
    found = calibrate(tagger(), data, {"outside_penalty": 2.0})
    assert found["outside_penalty"] == 2.0
