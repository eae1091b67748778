"""From a tagger's log-potentials to entities: tags, places and calibrated scores, and the model that gives
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_seq import tagging
from keras_seq.answers import entity_page, presentation
from keras_seq.answers.answering import Answering
from keras_seq.answers.entity_truths import FORM, entity_truth
from keras_seq.answers.fitting import Untracked
from keras_seq.answers.presentation import WorstExamples
from keras_seq.answers.readable_entities import entity_columns
from keras_seq.answers.signatures import Signature
from keras_seq.formats import Answer, Example
from keras_seq.layers import CRFLoss, EntityF1
from keras_seq.layers.linear_chain import posterior, viterbi
from keras_seq.preprocessing import EntityTagIds, unicode
from keras_seq.tagging import entities_in

Tensors = dict[str, tf.Tensor]
SMALLEST = 1e-30  # probability, before its logarithm


@keras.saving.register_keras_serializable("keras_seq")
class TaggedTokens(keras.layers.Layer):
    """Tokens and the log-potentials of their IOBES tags -> named answers, `(batch, time)` each, padded with
    "" and 0.

    `tokens` string, `starts` and `ends` int32 as they were given; `tags` string, IOB2, of the best path;
    `scores` float32: at every token of an entity the calibrated probability of just this entity (its first
    tag's marginal, times the conditional probabilities of the others), outside the probability of standing
    outside.

    Args:
        classes: the entity types, in the order of the tag ids.
        outside_penalty: what the best path pays for every token outside; the scores don't know of it.
        score_slope: with `score_intercept`, what makes entities' probabilities the parts of them that are
            right: the logistic function of slope * log-odds + intercept (Platt 1999). 1 and 0 leave them.
        score_intercept: see `score_slope`.
    """

    def __init__(
        self,
        classes: Sequence[str],
        outside_penalty: float = 0.0,
        score_slope: float = 1.0,
        score_intercept: float = 0.0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.classes, self.outside_penalty = list(classes), outside_penalty
        self.score_slope, self.score_intercept = score_slope, score_intercept
        self.built = True

    def call(self, features: Tensors, potentials: tf.Tensor) -> Tensors:
        names = tagging.tag_names(self.classes, scheme="IOB2")
        inside = features["ends"] > 0
        ids = viterbi(penalized(potentials, self.outside_penalty, inside))
        answer = {name: features[name] for name in ("tokens", "starts", "ends")}
        tags = tf.where(inside, tf.gather(tf.constant(names), ids), "")
        scores = path_scores(potentials, ids)
        calibrated = tf.sigmoid(self.score_slope * log_odds(scores) + self.score_intercept)
        scores = tf.where(ids > 0, calibrated, scores)
        return {**answer, "tags": tags, "scores": tf.where(inside, scores, 0.0)}

    def compute_output_spec(self, features, potentials) -> dict[str, keras.KerasTensor]:
        kinds = {
            "tokens": "string",
            "starts": "int32",
            "ends": "int32",
            "tags": "string",
            "scores": "float32",
        }
        return {name: keras.KerasTensor(features["tokens"].shape, dtype=kind) for name, kind in kinds.items()}

    def get_config(self) -> dict:
        names = ("classes", "outside_penalty", "score_slope", "score_intercept")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def penalized(potentials: tf.Tensor, outside_penalty: float, real: tf.Tensor) -> tf.Tensor:
    """Log-potentials with a penalty on tag 0, outside, at the steps that are real, `(batch, time)` bool."""
    cost = outside_penalty * tf.one_hot(0, potentials.shape[-1])
    return potentials - tf.where(real[..., None, None], cost, 0.0)


def path_scores(potentials: tf.Tensor, ids: tf.Tensor) -> tf.Tensor:
    """The probability of every entity of a path of IOBES tags, at each of its tokens; outside, of standing
    outside.

    Args:
        potentials: `(batch, time, tags, tags)`, as `CRF` gives them.
        ids: the path, `(batch, time)` int32.

    Returns:
        `(batch, time)` float32.
    """
    marginals, conditionals = posterior(potentials)
    first, segments = _segments(ids)
    before = tf.concat([tf.zeros_like(ids[:, :1]), ids[:, :-1]], axis=1)
    alone = tf.gather(marginals, ids, batch_dims=2)
    after = tf.gather(tf.gather(conditionals, before, batch_dims=2), ids, batch_dims=2)
    logs = tf.math.log(tf.maximum(tf.where(first, alone, after), SMALLEST))
    sums = tf.math.segment_sum(tf.reshape(logs, [-1]), segments)
    return tf.reshape(tf.exp(tf.gather(sums, segments)), tf.shape(ids))


def outcomes(potentials: tf.Tensor, ids: tf.Tensor, true: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The entities of a path: their `path_scores`, and whether they are true, `(entities,)` each.

    Args:
        potentials: `(batch, time, tags, tags)`.
        ids: the path, `(batch, time)` int32.
        true: the true tags, -1 on padding.
    """
    first, segments = _segments(ids)
    # An entity's IOBES tags are those of no other start, end or type; padding repeats the tag before it.
    same = tf.cast(tf.reshape((ids == true) | (true < 0), [-1]), tf.int32)
    right = tf.gather(tf.math.segment_min(same, segments), segments) > 0
    begins = tf.reshape(first & (ids > 0) & (true >= 0), [-1])
    return tf.reshape(path_scores(potentials, ids), [-1])[begins], right[begins]


def log_odds(probabilities: tf.Tensor) -> tf.Tensor:
    """The logarithm of p / (1 - p), finite."""
    p = tf.clip_by_value(probabilities, 1e-6, 1 - 1e-6)
    return tf.math.log(p / (1 - p))


def _segments(ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Where an entity begins, or a token is outside, `(batch, time)` bool; and a number for each, `(batch *
    time,)`.
    """
    first = (ids == tagging.OUTSIDE_ID) | tagging.is_first(ids)
    # Step 0 of a legal path is a first one, so that no segment reaches over two rows.
    return first, tf.cumsum(tf.reshape(tf.cast(first, tf.int32), [-1])) - 1


@keras.saving.register_keras_serializable("keras_seq")
class EntityAnswering(Answering):
    """`Answering` with tags, with a signature `tokens` that takes tokens and gives a tag for each, and with
    `readable_entities`, which gives the entities alone.

    Example:
        >>> model = keras_seq.load("runs/ner")
        >>> model.tag([["Ada", "Lovelace", "wrote", "."]])
        [["B-person", "I-person", "O", "O"]]
    """

    _tag_ids: Untracked | None = None

    def tag(self, sentences: list[list[str]]) -> list[list[str]]:
        """Tokens -> their IOB2 tags, one for each."""
        if isinstance(sentences, str | bytes) or any(
            isinstance(sentence, str | bytes) for sentence in sentences
        ):
            raise TypeError(
                "expected sentences, each a list of its tokens; given texts: model(texts) takes these"
            )
        if not len(sentences):
            return []
        width = max(map(len, sentences))
        padded = [[*sentence, *[""] * (width - len(sentence))] for sentence in sentences]
        answer = self.of_tokens(tf.constant(padded, tf.string, shape=(len(sentences), width)))["tags"].numpy()
        pairs = zip(sentences, answer, strict=True)
        return [[tag.decode() or "O" for tag in row[: len(sentence)]] for sentence, row in pairs]

    def targets(self, labels) -> None:
        """Nothing: the network is trained for a tag of every token, not for labels.

        Raises:
            TypeError: with what makes them.
        """
        raise TypeError(
            "a tagger is trained for tags: model.fit(texts, entities) makes them, or "
            "keras_seq.preprocessing.tokens.EntityTagIds(model.classes); see docs/ner.md"
        )

    def truths(self, given: Any, inputs: list | None = None) -> tf.Tensor:
        """The entities of each text -> `(batch,)` string; see `Trainable.truths`, and `entity_truth` for what
        is taken.
        """
        if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
            raise TypeError(f"expected the entities of texts, {FORM}; given {given!r}")
        rows = given.numpy().tolist() if tf.is_tensor(given) else list(given)
        texts = [None] * len(rows) if inputs is None else map(presentation.decoded, inputs)
        pairs = enumerate(zip(rows, texts, strict=True))
        found = [entity_truth(row, place, self.classes, text) for place, (row, text) in pairs]
        return tf.constant(found, tf.string, shape=(len(found),))

    def training_pair(self, inputs: tf.Tensor, truths: tf.Tensor) -> tuple[Tensors, tf.Tensor]:
        """Texts and truths, `(batch,)` string each -> what the network takes, and a tag of every token."""
        if self._tag_ids is None:
            with tf.init_scope():  # its table is of no graph
                self._tag_ids = Untracked(EntityTagIds(self.classes))
        tensors = self.preprocessing(inputs)
        tags = self._tag_ids.value(truths, tensors["starts"], tensors["ends"])
        return self._network_inputs(tensors), tags

    def training_loss(self) -> tuple[Any, list]:
        """The negative log-likelihood of the tags, and the F1 of entities."""
        return CRFLoss(), [EntityF1()]

    def of_tokens(self, tokens: tf.Tensor) -> Tensors:
        """Tokens `(batch, time)` string, padded with "" -> the named answers, at each of these tokens.

        The model reads the tokens with a space between, and may divide one further (`Mary's.` into three). A
        token that touches an entity belongs to it, to the first one where there are two. `starts` and `ends`
        are places in the text with spaces.
        """
        texts = tf.strings.reduce_join(tokens, axis=1, separator=" ")
        return onto_tokens(tokens, self(texts))

    def steps(self, text: str | bytes) -> list[str]:
        """The tokens of a text."""
        tokens = self.preprocessing(tf.constant([text]))["tokens"][0].numpy()
        return [token.decode() for token in tokens]

    def signatures(self) -> dict[str, Signature]:
        """The signatures to export: `serving_default`, `tokens` and `readable_entities`."""
        spec = tf.TensorSpec([None, None], tf.string, name="tokens")
        tokens = Signature(self.of_tokens, spec, lambda texts: self(texts)["tokens"])
        of_texts = super().signatures()
        readable = of_texts["serving_default"]._replace(call=lambda raw: entity_columns(raw, self(raw)))
        return {**of_texts, "tokens": tokens, "readable_entities": readable}

    def readable(self, raw: Any, answer: dict[str, Any]) -> dict[str, Any]:
        """The entities of one answer, as people read them."""
        return {"entities": entities_in(raw, answer)}

    def worst_examples(self, examples: list[tuple[Example, Answer]]) -> WorstExamples:
        """True and answered entities, in a table and in colour."""
        compared = [entity_page.compared(example, answer) for example, answer in examples]
        rows = [
            [*(entity_page.listed(one.text, side) for side in (one.true, one.answered)), one.text]
            for one in compared
        ]
        return WorstExamples(["true", "answered", "input"], rows, entity_page.page(compared))


def onto_tokens(tokens: tf.Tensor, answer: Tensors) -> Tensors:
    """An answer about the tokens that the model made -> the answer about those that were given, `(batch,
    given)`.

    Args:
        tokens: `(batch, given)` string, padded with "".
        answer: of the given tokens with one space between.
    """
    asked = tf.shape(tokens)[1]
    # A column at least: a search over rows without any does not know how many rows there are.
    tokens = tf.pad(tokens, [[0, 0], [0, tf.cast(tf.equal(asked, 0), tf.int32)]])
    tokens = unicode.valid_with_nul(tokens)
    lengths = tf.strings.length(tokens, unit="UTF8_CHAR")
    starts = tf.cumsum(lengths + 1, axis=1, exclusive=True)
    batch, given = tf.unstack(tf.shape(tokens))
    made = tf.shape(answer["tags"])[1]
    begins = tf.strings.regex_full_match(answer["tags"], "B-.*")
    outside = (answer["tags"] == "O") | (answer["tags"] == "")
    entity = tf.where(outside, 0, tf.cumsum(tf.cast(begins, tf.int32), axis=1))
    # Of the pieces of a given token the first that is in an entity speaks for it, else simply the first.
    place = tf.searchsorted(starts, answer["starts"], side="right") - 1
    segment = tf.reshape(tf.range(batch)[:, None] * given + place, [-1])
    real = tf.reshape(answer["ends"] > 0, [-1])
    rank = tf.range(made)[None] + tf.where(outside, made, 0)
    firsts = tf.math.unsorted_segment_min(tf.reshape(rank, [-1])[real], segment[real], batch * given)
    firsts = tf.reshape(firsts, [batch, given])
    has_piece = firsts < 2 * made
    # A blank one has none; it is in an entity that goes on behind it.
    piece_starts = tf.where(answer["ends"] > 0, answer["starts"], tf.int32.max)
    behind = tf.minimum(tf.searchsorted(piece_starts, starts), made - 1)
    goes_on = tf.gather(entity, behind, batch_dims=1) == tf.gather(
        entity, tf.maximum(behind - 1, 0), batch_dims=1
    )
    goes_on &= tf.gather(piece_starts, behind, batch_dims=1) >= starts
    piece = tf.where(has_piece, firsts % made, behind)
    entity, tags, scores = (
        tf.gather(values, piece, batch_dims=1) for values in (entity, answer["tags"], answer["scores"])
    )
    entity = tf.where(has_piece | (goes_on & (behind > 0)), entity, 0)
    before = tf.concat([tf.zeros_like(entity[:, :1]), entity[:, :-1]], axis=1)
    kind = tf.strings.regex_replace(tags, "^[BI]-", "")
    part = tf.where(entity == before, "I-", "B-")
    tags = tf.where(entity > 0, part + kind, "O")
    is_token = lengths > 0
    found = {
        "tokens": tokens,
        "tags": tf.where(is_token, tags, ""),
        "starts": tf.where(is_token, starts, 0),
        "ends": tf.where(is_token, starts + lengths, 0),
        "scores": tf.where(is_token & (has_piece | (entity > 0)), scores, 0.0),
    }
    return {name: values[:, :asked] for name, values in found.items()}
