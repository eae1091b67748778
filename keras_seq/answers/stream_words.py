"""Scores of letters that come in pieces -> text that is final, text that may change, and the end of an utterance.

The best label of each step, as `Transcripts` takes it without a search: repeated labels once, no blanks.
"""

from __future__ import annotations

import tensorflow as tf

from keras_seq.answers.stream_sound import State, as_int
from keras_seq.decoding.word_starts import starts_word
from keras_seq.layers.ctc import BLANK
from keras_seq.preprocessing.letters import SPACE, TranscriptLabels

MOST_LETTERS = 64  # of a word that may change; a longer one becomes final piece by piece
# An utterance ends with so much silence after something was said: rule 3 of Kaldi's online-endpoint.h.
END_SECONDS = 1.0
MOST_STEPS = 2**24  # that float32 counts


class Words:
    """Scores of a stream's steps -> its words.

    The state has `word` `(batch, letters)`: labels of the word in the making, with the space before it, padded
    with 0; and `decoder` `(batch, 3)`: the last step's label, the steps of silence at the end, and 1 once there
    was any final text. Silence is steps without a letter.

    Args:
        letters: labels -> letters, or pieces.
        step_seconds: from one step to the next.
    """

    def __init__(self, letters: TranscriptLabels, step_seconds: float) -> None:
        self.label_texts, (self.space, self.openers) = letters.label_texts, letters.boundaries
        self.end_steps = round(END_SECONDS / step_seconds)

    def start(self, batch: tf.Tensor) -> State:
        """The state before the first step of so many streams; a space, which is none of the text, goes before
        it."""
        first = tf.one_hot(0, MOST_LETTERS, float(max(self.space, 0)))
        return {"word": tf.tile(first[None], [batch, 1]), "decoder": tf.zeros([batch, 3])}

    def step(self, state: State, scores: tf.Tensor, mask: tf.Tensor) -> tuple[State, tf.Tensor]:
        """The next steps: the state after them, and the text `(batch,)` string that became final.

        Args:
            state: as the last call gave it.
            scores: `(batch, time, classes)`, as `CTCScores` gives them.
            mask: `(batch, time)` bool, True where a step is none of padding.
        """
        last, silence, said = tf.unstack(tf.clip_by_value(as_int(state["decoder"]), 0, MOST_STEPS), axis=1)
        best = tf.argmax(scores, axis=-1, output_type=tf.int32)
        labels = tf.where(best == tf.concat([last[:, None], best[:, :-1]], axis=1), BLANK, best)
        silence = _silence((best != BLANK) & (best != self.space), mask, silence)
        letters = self._single_spaces(_compact(tf.concat([self._word(state), labels], axis=1)))
        end = self._end_of_final(letters, silence)
        is_final = tf.range(tf.shape(letters)[1]) < end[:, None]
        decoder = tf.stack([best[:, -1], silence, tf.where(end > 0, 1, said)], axis=1)
        word = _compact(tf.where(is_final, 0, letters))[:, :MOST_LETTERS]
        final = self._text(tf.where(is_final, letters, 0), state["decoder"][:, 2])
        return {"word": tf.cast(word, tf.float32), "decoder": tf.cast(decoder, tf.float32)}, final

    def pending(self, state: State) -> tf.Tensor:
        """The word in the making, with the space before it, `(batch,)` string."""
        text = self._text(self._word(state), state["decoder"][:, 2])
        return tf.where(text == SPACE, "", text)

    def is_end(self, state: State) -> tf.Tensor:
        """Whether an utterance has ended, `(batch,)` bool."""
        _, silence, said = tf.unstack(state["decoder"], axis=1)
        return (said > 0) & (silence >= self.end_steps)

    def _end_of_final(self, letters: tf.Tensor, silence: tf.Tensor) -> tf.Tensor:
        """The place that the final ones among labels end at, `(batch,)` int32: where the last word begins; behind
        all of them, at the end of an utterance and where a word is too long."""
        places = tf.range(tf.shape(letters)[1])
        last_begin = tf.reduce_max(tf.where(self._begins(letters), places, 0), axis=1)
        is_of_word = (letters > 0) & (letters != self.space) & (places >= last_begin[:, None])
        count = tf.math.count_nonzero(is_of_word, axis=1, dtype=tf.int32)
        is_all = ((silence >= self.end_steps) & (count > 0)) | (count >= MOST_LETTERS)
        return tf.where(is_all, tf.shape(letters)[1], last_begin)

    def _single_spaces(self, letters: tf.Tensor) -> tf.Tensor:
        """Labels without the spaces before one that begins a word, or is another space."""
        doubled = (letters[:, :-1] == self.space) & self._begins(letters[:, 1:])
        return _compact(tf.concat([tf.where(doubled, 0, letters[:, :-1]), letters[:, -1:]], axis=1))

    def _begins(self, labels: tf.Tensor) -> tf.Tensor:
        """Whether each label is the first of a word, or the space before it."""
        return (labels == self.space) | starts_word(labels, self.openers)

    def _word(self, state: State) -> tf.Tensor:
        return tf.clip_by_value(as_int(state["word"]), 0, len(self.label_texts) - 1)

    def _text(self, labels: tf.Tensor, said: tf.Tensor) -> tf.Tensor:
        """What labels spell; the text of a stream does not begin with a space."""
        text = tf.strings.reduce_join(tf.gather(tf.constant(self.label_texts), labels), axis=1)
        return tf.where(said > 0, text, tf.strings.regex_replace(text, f"^{SPACE}", ""))


def _silence(is_letter: tf.Tensor, mask: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
    """Steps since the last letter, `(batch,)` int32, of those that are no padding."""
    count = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    places = tf.range(1, tf.shape(mask)[1] + 1)
    last = tf.reduce_max(tf.where(is_letter & mask, places, 0), axis=1)
    return tf.where(last > 0, count - last, before + count)


def _compact(labels: tf.Tensor) -> tf.Tensor:
    """Labels `(batch, labels)` int32 with the zeros among them moved to the end."""
    batch, width = tf.unstack(tf.shape(labels))
    is_label = labels > 0
    places = tf.where(is_label, tf.cumsum(tf.cast(is_label, tf.int32), axis=1) - 1, width)
    rows = tf.tile(tf.range(batch)[:, None], [1, width])
    moved = tf.scatter_nd(tf.stack([rows, places], axis=-1), labels, [batch, width + 1])
    return moved[:, :width]
