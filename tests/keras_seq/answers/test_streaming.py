"""A stream: however a sound is cut, its text is that of the whole, and is final when it says so."""

import functools

import numpy as np
import pytest
import streams
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.answers.streaming import Stream, stream_signatures

SAMPLES = 20_011  # 1.25 s: seven blocks, and a part of one


@functools.cache
def made(subsampling=4):
    """A network, and a stream's signatures."""
    network = streams.network(subsampling)
    return network, stream_signatures(network, streams.letters())


def run(signatures, rows):
    """What a batch of streams is answered; each row is pieces, and a row that has ended gets empty ones."""
    told, state = [], {}
    for number in range(max(map(len, rows))):
        pcm = tf.constant([row[number] if number < len(row) else b"" for row in rows])
        name = "stream_step" if state else "stream_start"
        told.append(signatures[name].answers({"pcm": pcm, **state}))
        state = streams.state_of(told[-1])
    last = {"pcm": tf.constant([b""] * len(rows)), **state}
    return [*told, signatures["stream_finish"].answers(last)]


def heard(told, row=0):
    return b"".join(answer["final"].numpy()[row] for answer in told).decode()


def cut(samples, cuts):
    return streams.cut(samples.tobytes(), cuts)


@pytest.mark.parametrize("subsampling", [1, 3, 4])
def test_a_stream_hears_what_the_whole_sound_says(subsampling):
    network, signatures = made(subsampling)
    samples = streams.sound(subsampling, SAMPLES)
    expected = streams.transcript(network, samples)
    assert len(expected) > 3
    told = run(signatures, [cut(samples, [5120, 10_001, 10_002, 30_000])])
    assert heard(told) == expected
    assert told[-1]["pending"].numpy()[0] == b""
    np.testing.assert_allclose(told[-1]["seconds"], [SAMPLES / 16_000], rtol=1e-6)


@given(st.lists(st.integers(0, 2 * SAMPLES), max_size=8))
@tried_on(15)
def test_any_cutting_gives_the_same_text(cuts):
    _, signatures = made()
    samples = streams.sound(5, SAMPLES)
    told = run(signatures, [cut(samples, cuts)])
    expected, whole = at_once()
    assert heard(told) == heard(whole) == expected
    for name in ("endpoint", "seconds"):
        assert told[-1][name] == whole[-1][name]


@functools.cache
def at_once():
    """The transcript of the network, and the answers of a stream of one piece."""
    network, signatures = made()
    samples = streams.sound(5, SAMPLES)
    return streams.transcript(network, samples), run(signatures, [cut(samples, [])])


@given(
    st.lists(
        st.tuples(st.integers(0, SAMPLES), st.lists(st.integers(0, SAMPLES), max_size=4)),
        min_size=2,
        max_size=4,
    )
)
@tried_on(8)
def test_streams_of_a_batch_know_nothing_of_each_other(rows):
    _, signatures = made()
    samples = streams.sound(6, SAMPLES)
    pieces = [cut(samples[:length], [min(at, 2 * length) for at in cuts]) for length, cuts in rows]
    together = run(signatures, pieces)
    for row, piece in enumerate(pieces):
        assert heard(together, row) == heard(run(signatures, [piece]))


def test_final_text_stays_and_pending_text_is_what_the_next_letters_add_to():
    network, signatures = made(1)
    samples = streams.sound(1, SAMPLES)
    assert " " in streams.transcript(network, samples)
    pieces, final = cut(samples, range(0, 2 * SAMPLES, 5120)), ""
    for number, answer in enumerate(run(signatures, [pieces])[:-1], 1):
        final += answer["final"].numpy()[0].decode()
        blocks = max(0, sum(map(len, pieces[:number])) // 2 - 240) // 2560
        so_far = streams.transcript(network, samples[: blocks * 2560 + 240]) if blocks else ""
        assert so_far.startswith(final + answer["pending"].numpy()[0].decode()), "what it heard is all told"
        assert " " not in answer["pending"].numpy()[0].decode()[1:]


def test_the_end_of_an_utterance_makes_its_last_word_final():
    """The network of this test says a letter where there is sound, and the blank in silence."""
    network = streams.network()
    signatures = stream_signatures(network, streams.letters())
    logits = network.get_layer("logits")
    kernel, bias = np.zeros(logits.kernel.shape, "float32"), np.zeros(10, "float32")
    bias[[0, 3]] = 20, -20
    logits.set_weights([kernel, bias])
    silent = b"\0" * 2 * 16_000
    told = run(signatures, [[silent, silent]])
    assert [float(answer["endpoint"][0]) for answer in told] == [0, 0, 0], "nothing was said"
    logits.set_weights([kernel, -bias])
    first = signatures["stream_start"].answers({"pcm": tf.constant([b"\0" * 2 * 2800])})
    assert (first["pending"].numpy()[0], float(first["endpoint"][0])) == (b"b", 0)
    logits.set_weights([kernel, bias])
    later = signatures["stream_step"].answers({"pcm": tf.constant([silent]), **streams.state_of(first)})
    assert (later["final"].numpy()[0], later["pending"].numpy()[0], float(later["endpoint"][0])) == (
        b"",
        b"b",
        0,
    )
    ended = signatures["stream_step"].answers(
        {"pcm": tf.constant([silent[:5120]]), **streams.state_of(later)}
    )
    assert (ended["final"].numpy()[0], ended["pending"].numpy()[0], float(ended["endpoint"][0])) == (
        b"b",
        b"",
        1,
    )


def test_nothing_is_a_stream_too():
    _, signatures = made()
    told = run(signatures, [[b""]])
    assert [heard(told), float(told[-1]["seconds"][0]), float(told[-1]["endpoint"][0])] == ["", 0, 0]
    assert signatures["stream_start"].answers({"pcm": tf.constant([], tf.string)})["final"].shape == (0,)
    assert heard(run(signatures, [[b"\x01"]])) == "", "half a sample is none"


def test_the_signatures_have_one_state_and_its_size_and_the_latency_are_told():
    _, signatures = made()
    start, step, finish = (signatures[f"stream_{name}"] for name in ("start", "step", "finish"))
    assert start.specs == {"pcm": tf.TensorSpec([None], tf.string, "pcm")}
    assert step.specs == finish.specs
    state = {name: spec for name, spec in step.specs.items() if name != "pcm"}
    assert {spec.dtype for spec in state.values()} == {tf.float32}
    told = signatures["stream_start"].answers({"pcm": tf.constant([b"", b""])})
    assert {name: (2, *spec.shape[1:]) for name, spec in state.items()} == {
        name: value.shape for name, value in streams.state_of(told).items()
    }
    floats = sum(spec.shape[1:].num_elements() for spec in state.values())
    assert floats == 2800 + 3 + 3 * 8 + 8 + 4 * 3 + 4 * 6 + 64 + 3
    assert start.facts == {
        **{
            "sample_rate": 16_000,
            "block_ms": 160,
            "lookahead_ms": 15,
            "latency_ms": 175,
            "endpoint_ms": 1000,
        },
        **{"state_floats": floats, "state_bytes": 4 * floats},
    }
    assert told["latency_ms"].numpy().tolist() == [175, 175]
    assert Stream(streams.network(3), streams.letters()).facts()["block_ms"] == 150


def test_examples_are_what_the_signatures_take():
    """Raw inputs of any size; their pieces are cut within a sample."""
    _, signatures = made()
    raw = tf.constant([b"", b"\xff", bytes(range(256)) * 80, streams.sound(7, 30_000).tobytes()])
    for name, signature in signatures.items():
        examples = signature.examples(raw)
        assert set(examples) == set(signature.specs)
        assert len(signature.answers(examples)["final"]) == 4
        lengths = tf.strings.length(examples["pcm"]).numpy().tolist()
        assert lengths == ([0, 1, 12_345, 12_345] if name == "stream_start" else [0, 0, 8135, 12_345])


def test_a_network_that_waits_for_the_end_has_no_stream():
    assert stream_signatures(streams.network(bidirectional=True), streams.letters()) == {}
