"""Files that are parts one after the other, each of which says where the next one begins: walked through in the
graph in a few steps, however many parts there are.

Ops used: core TensorFlow.
"""

from __future__ import annotations

import tensorflow as tf


def walked(first: tf.Tensor | int, following: tf.Tensor) -> tf.Tensor:
    """The places that one comes to from `first`, in their order, up to the first that follows itself; int32.

    From a list of the first n places and the place that is n further than each, 2n are known: so a million of
    places are twenty steps (pointer jumping, Hillis and Steele 1986).

    Args:
        first: a place.
        following: the place after each place, `(places,)` int32; never an earlier one.
    """

    def goes_on(places: tf.Tensor, further: tf.Tensor) -> tf.Tensor:
        return further[places[-1]] != places[-1]

    def double(places: tf.Tensor, further: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.concat([places, tf.gather(further, places)], axis=0), tf.gather(further, further)

    start = tf.reshape(tf.cast(first, tf.int32), [1])
    shapes = [tf.TensorShape([None]), tf.TensorShape([None])]
    places, _ = tf.while_loop(goes_on, double, [start, following], shapes)
    is_new = tf.concat([[True], places[1:] != places[:-1]], axis=0)
    return tf.boolean_mask(places, is_new)


def ends(following: tf.Tensor) -> tf.Tensor:
    """The last place of the walk from each place, `(places,)` int32; `following` as of `walked`."""

    def double(last: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        further = tf.gather(last, last)
        return further, tf.reduce_any(further != last)

    shapes = [tf.TensorShape([None]), tf.TensorShape([])]
    last, _ = tf.while_loop(lambda _, goes_on: goes_on, double, [following, tf.constant(True)], shapes)
    return last
