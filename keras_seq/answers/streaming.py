"""Speech to text while it is being spoken: signatures that a server without a memory can answer.

    stream_start   sound -> text, and the state
    stream_step    sound and the state -> text, and the state
    stream_finish  sound and the state -> text

docs/streaming.md has the protocol. A sound is computed in blocks that do not depend on how it was cut, so that
its transcript does not either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from keras_seq.answers.signatures import Signature
from keras_seq.answers.stream_network import BlockNetwork, looks_ahead
from keras_seq.answers.stream_sound import LOOKAHEAD, Blocks, Heard, State
from keras_seq.answers.stream_words import END_SECONDS, Words
from keras_seq.preprocessing.audio import HOP, RATE
from keras_seq.preprocessing.letters import TranscriptLabels

PCM = "pcm"  # the input that is sound
STATE = "state_"  # begins the names of inputs and outputs that are the state
START, STEP, FINISH = "stream_start", "stream_step", "stream_finish"
EXAMPLE_BYTES = 12_345  # of an example's piece: some blocks, and half a sample

Tensors = dict[str, tf.Tensor]


class Stream:
    """A network that looks back only, as three functions of pieces of sound. They have no memory: the state goes
    out and comes in again.

    A piece is `pcm` `(batch,)` string: 16-bit little-endian samples of one channel at 16 kHz, any number of
    bytes. The answers, `(batch,)` each, are

    final     string, text that does not change any more. All of a stream, one after the other, are the transcript.
    pending   string, the word in the making, which may
    endpoint  float32, 1 where an utterance has ended, else 0: a second of silence after something was said
    seconds   float32, what was heard so far

    Args:
        network: samples and lengths -> CTC scores, as `speech_to_text.build` makes it with `bidirectional: false`.
        letters: labels -> letters, or pieces.

    Raises:
        TypeError: when a layer is of a kind that no stream can run through.

    Example:
        >>> stream = Stream(model.network, letters)
        >>> answer = stream.start(tf.constant([first_piece]))
        >>> state = {name: value for name, value in answer.items() if name.startswith("state_")}
        >>> stream.finish({"pcm": tf.constant([last_piece]), **state})["final"]
    """

    def __init__(self, network: keras.Model, letters: TranscriptLabels) -> None:
        self._network = BlockNetwork(network)
        self._blocks = Blocks(self._network.stride)
        self._words = Words(letters, self._network.stride * HOP / RATE)
        self._run_block = self._as_graph()

    def start(self, pcm: tf.Tensor) -> Tensors:
        """The first piece -> the answers, `latency_ms`, which is that of `facts`, and the state."""
        batch = tf.shape(pcm)[0]
        answer = self._answer(self._first_state(batch), pcm, is_end=False)
        return {**answer, "latency_ms": tf.fill([batch], 1000 * self._blocks.window / RATE)}

    def step(self, inputs: Tensors) -> Tensors:
        """`pcm` and the state -> the answers and the state."""
        return self._answer(_without_prefix(inputs), inputs[PCM], is_end=False)

    def finish(self, inputs: Tensors) -> Tensors:
        """`pcm`, the last piece, and the state -> the answers; all text is final."""
        return self._answer(_without_prefix(inputs), inputs[PCM], is_end=True)

    def specs(self) -> dict[str, tf.TensorSpec]:
        """The inputs of `step` and `finish` by name."""
        state = {STATE + name: value.shape[1:] for name, value in self._first_state(1).items()}
        specs = {name: tf.TensorSpec([None, *shape], tf.float32, name) for name, shape in state.items()}
        return {PCM: tf.TensorSpec([None], tf.string, PCM), **specs}

    def facts(self) -> dict[str, Any]:
        """What a client may want to know: milliseconds, and the size of a stream's state."""
        blocks = self._blocks
        floats = sum(spec.shape[1:].num_elements() for name, spec in self.specs().items() if name != PCM)
        return {
            "sample_rate": RATE,
            "block_ms": 1000 * blocks.size / RATE,
            "lookahead_ms": 1000 * LOOKAHEAD / RATE,
            "latency_ms": 1000 * blocks.window / RATE,  # at most, from a sound to its part in an answer
            "endpoint_ms": 1000 * END_SECONDS,
            "state_floats": floats,
            "state_bytes": 4 * floats,
        }

    def _first_state(self, batch: int | tf.Tensor) -> State:
        return self._blocks.start(batch) | self._first_of_blocks(batch)

    def _answer(self, state: State, pcm: tf.Tensor, is_end: bool) -> Tensors:
        waiting, heard = self._blocks.heard(state, pcm, is_end)
        others = {name: value for name, value in state.items() if name not in waiting}
        state, final = self._over_blocks(others, heard)
        pending = self._words.pending(state)
        if is_end:
            final, pending = tf.strings.join([final, pending]), tf.fill(tf.shape(pending), "")
        endpoint = tf.cast(self._words.is_end(state), tf.float32)
        answer = {"final": final, "pending": pending, "endpoint": endpoint, "seconds": heard.seconds}
        if is_end:
            return answer
        return answer | {STATE + name: value for name, value in (waiting | state).items()}

    def _over_blocks(self, state: State, heard: Heard) -> tuple[State, tf.Tensor]:
        """The state after all blocks, and the text that became final; a row without a block keeps its state."""
        size, window, frames = self._blocks.size, self._blocks.window, self._blocks.frames

        def block(number, before, text):
            samples = heard.samples[:, number * size : number * size + window]
            mask = tf.range(frames) + number * frames < heard.frames[:, None]
            after, final = self._run_block(before, samples, mask, number < heard.blocks)
            return number + 1, after, tf.strings.join([text, final])

        most = tf.reduce_max(tf.concat([heard.blocks, [0]], axis=0))
        first = (tf.constant(0), state, tf.fill(tf.shape(heard.blocks), ""))
        _, state, final = tf.while_loop(lambda number, *_: number < most, block, first, parallel_iterations=1)
        return state, final

    def _as_graph(self) -> Callable[..., tuple[State, tf.Tensor]]:
        """A block: state, samples, which frames are no padding, and which rows have it -> the state after it, and
        the text that became final. A graph of its own, which the three functions share."""

        def block(before, samples, mask, is_due):
            after, scores, is_step = self._network.step(before, samples, mask)
            words, final = self._words.step(before, scores, is_step)
            after = {name: _chosen(is_due, value, before[name]) for name, value in (after | words).items()}
            return after, tf.where(is_due, final, "")

        state = {
            name: tf.TensorSpec([None, *value.shape[1:]]) for name, value in self._first_of_blocks().items()
        }
        samples = tf.TensorSpec([None, self._blocks.window])
        mask, is_due = tf.TensorSpec([None, self._blocks.frames], tf.bool), tf.TensorSpec([None], tf.bool)
        return tf.function(block, [state, samples, mask, is_due], autograph=False)

    def _first_of_blocks(self, batch: int | tf.Tensor = 1) -> State:
        return self._network.start(batch) | self._words.start(batch)


def stream_signatures(network: keras.Model, letters: TranscriptLabels) -> dict[str, Signature]:
    """The signatures of a stream by name; none for a network that waits for the end of a sound."""
    if any(map(looks_ahead, network.layers)):
        return {}
    stream = Stream(network, letters)
    specs = stream.specs()

    def piece(raw: tf.Tensor, number: int) -> tf.Tensor:
        begin = tf.minimum(EXAMPLE_BYTES * number, tf.strings.length(raw))
        return tf.strings.substr(raw, begin, tf.fill(tf.shape(raw), EXAMPLE_BYTES))

    def second(raw: tf.Tensor) -> Tensors:
        answer = stream.start(piece(raw, 0))
        return {PCM: piece(raw, 1), **{name: answer[name] for name in specs if name != PCM}}

    return {
        START: Signature(stream.start, specs[PCM], lambda raw: piece(raw, 0), stream.facts()),
        STEP: Signature(stream.step, specs, second),
        FINISH: Signature(stream.finish, specs, second),
    }


def _without_prefix(inputs: Tensors) -> State:
    return {name.removeprefix(STATE): value for name, value in inputs.items() if name != PCM}


def _chosen(is_new: tf.Tensor, new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
    """Rows of one or the other; both of one shape."""
    rows = tf.reshape(is_new, [-1, *[1] * (old.shape.rank - 1)])
    return tf.ensure_shape(tf.where(rows, new, old), old.shape)
