"""A linear-chain conditional random field: a score for every tag after every other, and the loss to train it
by.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from keras_seq import tagging
from keras_seq.layers.linear_chain import ILLEGAL, log_partition, log_partition_less, posterior, viterbi

__all__ = ["CRF", "ILLEGAL", "CRFLoss", "legal_iobes", "log_partition", "posterior", "viterbi"]


@keras.saving.register_keras_serializable("keras_seq")
class CRF(keras.layers.Layer):
    """Scores of tags `(batch, time, num_tags)` -> log-potentials `(batch, time, num_tags, num_tags)`.

    Train it with `CRFLoss`; `viterbi` and `posterior` read the answer. A mask `(batch, time)`, padding on the
    right, ends here. All is float32, whatever the dtype policy: give it float32 scores where precision
    matters.

    Source: Lafferty et al. 2001, section 3.

    Args:
        num_tags: tags, one or more.
        legal_transitions: `[i][j]` is true where tag j may follow tag i; None allows all.
        legal_start: the tags that a sequence may start with; None allows all.
        legal_end: the tags that a sequence may end with; None allows all.

    Raises:
        ValueError: where the shape of an argument or of the scores is not that of `num_tags`.

    Example:
        >>> layer = CRF(5, **legal_iobes(1))
        >>> viterbi(layer(np.zeros((2, 3, 5), "float32"))).shape
        TensorShape([2, 3])
    """

    def __init__(
        self,
        num_tags: int,
        legal_transitions: Sequence[Sequence[bool]] | None = None,
        legal_start: Sequence[bool] | None = None,
        legal_end: Sequence[bool] | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.num_tags, self.supports_masking = num_tags, True
        self.legal_start = _flags("legal_start", legal_start, num_tags)
        self.legal_end = _flags("legal_end", legal_end, num_tags)
        self.legal_transitions = None
        if legal_transitions is not None:
            rows = [_flags("legal_transitions", row, num_tags) for row in legal_transitions]
            if len(rows) != num_tags:
                raise ValueError(f"legal_transitions: expected {num_tags} rows (num_tags), given {len(rows)}")
            self.legal_transitions = rows

    def build(self, emissions_shape) -> None:
        if emissions_shape[-1] != self.num_tags:
            raise ValueError(
                f"expected {self.num_tags} scores a step (num_tags), given {emissions_shape[-1]}"
            )
        size = self.num_tags
        self.transitions = self.add_weight(shape=(size, size), initializer="zeros", name="transitions")
        self.start = self.add_weight(shape=(size,), initializer="zeros", name="start")
        self.end = self.add_weight(shape=(size,), initializer="zeros", name="end")

    def call(self, emissions: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        steps = tf.range(tf.shape(emissions)[1])
        mask = tf.ones_like(emissions[..., 0], tf.bool) if mask is None else tf.cast(mask, tf.bool)
        is_last = mask & ~tf.concat([mask[:, 1:], tf.zeros_like(mask[:, :1])], axis=1)
        start = _constrained(self.start, self.legal_start)
        transitions = _constrained(self.transitions, self.legal_transitions)
        end = _constrained(self.end, self.legal_end)
        entering = tf.where((steps == 0)[:, None, None], start, transitions)
        staying = tf.where(tf.eye(self.num_tags, dtype=tf.bool), 0.0, ILLEGAL)
        scores = emissions + tf.where(is_last[..., None], end, 0.0)
        return tf.where(mask[..., None, None], scores[:, :, None] + entering, staying)

    def compute_mask(self, emissions, mask=None):
        return None

    def compute_output_shape(self, emissions_shape):
        return (*emissions_shape, self.num_tags)

    def get_config(self) -> dict:
        legal = {name: getattr(self, name) for name in ("legal_transitions", "legal_start", "legal_end")}
        return {**super().get_config(), "num_tags": self.num_tags, **legal}


@keras.saving.register_keras_serializable("keras_seq")
class CRFLoss(keras.losses.Loss):
    """The negative log-likelihood of a whole sequence of tags, in nats: `(batch,)` before the reduction.

    `y_true` `(batch, time)` has the tags, -1 where a step is padded; `y_pred` has the log-potentials of
    `CRF`.

    Source: Lafferty et al. 2001, section 4.
    """

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        tags, num_tags = tf.cast(y_true, tf.int32), y_pred.shape[-1]
        previous = tf.concat([tf.zeros_like(tags[:, :1]), tags[:, :-1]], axis=1)
        steps = tf.reshape(tf.range(tf.size(tags)), tf.shape(tags))
        edges = (steps * num_tags + tf.maximum(previous, 0)) * num_tags + tf.maximum(tags, 0)
        scores = tf.where(tags >= 0, tf.gather(tf.reshape(y_pred, [-1]), edges), 0.0)
        return log_partition_less(y_pred, scores)


def legal_iobes(num_types: int) -> dict[str, list]:
    """What `CRF` takes to allow all IOBES sequences over `num_types` entity types, and no others.

    The tags are numbered as in `tagging.tag_names`.

    Returns:
        `legal_transitions`, `legal_start` and `legal_end`.
    """
    tags = range(tagging.num_tags(num_types))
    starts = [
        tag == tagging.OUTSIDE_ID or tagging.is_first(tag) for tag in tags
    ]  # no entity is open before it
    ends = [tag == tagging.OUTSIDE_ID or tagging.is_last(tag) for tag in tags]  # none is open after it
    types = [tagging.type_id(tag) for tag in tags]
    transitions = [
        [starts[j] if ends[i] else not starts[j] and types[i] == types[j] for j in tags] for i in tags
    ]
    return {"legal_transitions": transitions, "legal_start": starts, "legal_end": ends}


def _constrained(weight, legal):
    """The weight, and `ILLEGAL` where it is not legal: there it has no gradient."""
    weight = tf.convert_to_tensor(weight)
    return weight if legal is None else tf.where(legal, weight, ILLEGAL)


def _flags(name: str, values: Sequence[bool] | None, count: int) -> list[bool] | None:
    if values is None:
        return None
    if len(values) != count:
        raise ValueError(f"{name}: expected {count} flags (num_tags), given {len(values)}: {values}")
    return [bool(value) for value in values]
