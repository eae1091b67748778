"""What held-out examples decide about a trained tagger: how many entities it answers, and what its scores
mean.

Source: Platt 1999, "Probabilistic Outputs for Support Vector Machines" (a logistic function of the score).
"""

from __future__ import annotations

import keras
import numpy as np
import sklearn.linear_model
import tensorflow as tf

from keras_seq.answers.entities import log_odds, outcomes, penalized
from keras_seq.layers.linear_chain import viterbi
from keras_seq.tagging import is_first

OUTSIDE_PENALTIES = [0.25 * step for step in range(11)]


def calibrate(network: keras.Model, data: tf.data.Dataset, fixed: dict[str, float]) -> dict[str, float]:
    """The outside penalty with the best F1 on held-out examples, and with it the calibration of the scores.

    Args:
        network: inputs -> log-potentials of IOBES tags.
        data: of `(inputs, tags)`, the tags -1 on padding.
        fixed: an `outside_penalty` in it is the one that scores are calibrated for.

    Returns:
        `outside_penalty`, and where some answered entities are right, mostly those of higher scores,
        `score_slope` and `score_intercept`: arguments of `TaggedTokens`.
    """
    potentials_of = tf.function(
        lambda inputs: network(inputs, training=False), reduce_retracing=True, autograph=False
    )

    @tf.function(reduce_retracing=True, autograph=False)
    def answered(potentials, tags, penalty):
        scores, right = outcomes(potentials, viterbi(penalized(potentials, penalty, tags >= 0)), tags)
        return log_odds(scores), right

    penalties = [fixed["outside_penalty"]] if "outside_penalty" in fixed else OUTSIDE_PENALTIES
    found: list[list] = [[] for _ in penalties]
    true = 0
    for inputs, tags in data:
        potentials = potentials_of(inputs)
        true += np.count_nonzero(is_first(tags))
        for pairs, penalty in zip(found, penalties, strict=True):
            pairs.append(answered(potentials, tags, tf.constant(penalty, tf.float32)))
    sides = [[np.concatenate(side) for side in zip(*pairs, strict=True)] for pairs in found]
    f1 = [2 * right.sum() / max(len(right) + true, 1) for _, right in sides]
    best = int(np.argmax(f1))
    odds, right = sides[best]
    if len(set(right.tolist())) < 2:
        return {"outside_penalty": penalties[best]}
    fitted = sklearn.linear_model.LogisticRegression().fit(odds[:, None], right)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:  # too few entities to tell
        return {"outside_penalty": penalties[best]}
    return {"outside_penalty": penalties[best], "score_slope": slope, "score_intercept": intercept}
