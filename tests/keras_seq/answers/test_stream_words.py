"""Steps of a stream -> text: what is final never changes, and all of it is the transcript."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.answers.stream_words import MOST_LETTERS, Words
from keras_seq.layers.ctc import IMPOSSIBLE
from keras_seq.preprocessing.letters import Letters

ALPHABET = [" ", "a", "é"]
PIECES = {"_": "", "s": " ", "a": "a", "é": "é", "A": " aé", "E": " é"}  # a character a step -> its text
STEP = 0.04  # seconds
END = 25  # steps
spelled = st.lists(st.sampled_from("_ aé"), max_size=40).map("".join)  # a character a step; _ is the blank


def scores_of(steps, names=("_", *ALPHABET)):
    """Scores in which the best labels are these, and whether a step is none of padding, which is written as a
    dot."""
    best = [names.index(step) if step != "." else 0 for step in steps]
    scores = np.full([len(steps), len(names)], IMPOSSIBLE, "float32")
    scores[np.arange(len(steps)), best] = 0
    return scores, [step != "." for step in steps]


def transcript(steps):
    """The definition, of the whole: repeated labels once, no blanks, single spaces."""
    return " ".join("".join(label for label, _ in itertools.groupby(steps) if label != "_").split())


def graph(words):
    """A chunk of steps -> the state, final texts, pending texts, and whether an utterance has ended."""

    def step(state, scores, mask):
        state, final = words.step(state, scores, mask)
        return state, final, words.pending(state), words.is_end(state)

    state = {name: tf.TensorSpec([None, *value.shape[1:]]) for name, value in words.start(1).items()}
    others = [tf.TensorSpec([None, None, None]), tf.TensorSpec([None, None], tf.bool)]
    return tf.function(step, [state, *others], autograph=False)


WORDS = Words(Letters(ALPHABET), STEP)
STEPPED = graph(WORDS)


def run(chunks, words=WORDS, step=STEPPED, names=("_", *ALPHABET)):
    """Final texts, pending texts and whether an utterance has ended, after each chunk of steps of one stream."""
    state, told = words.start(1), []
    for chunk in chunks:
        scores, mask = scores_of(chunk, names)
        state, final, pending, is_end = step(state, tf.constant(scores[None]), tf.constant([mask]))
        told.append((final.numpy()[0].decode(), pending.numpy()[0].decode(), bool(is_end[0])))
    return told


def chunked(steps, size):
    return [steps[start : start + size] for start in range(0, len(steps), size)]


@given(st.lists(spelled, min_size=1, max_size=6), st.integers(1, 5))
@tried_on(40)
def test_final_texts_and_the_last_pending_one_are_the_transcript(parts, size):
    steps = "".join(parts) or "_"
    told = run(chunked(steps, size))
    heard = ""
    for number, (final, pending, is_end) in enumerate(told, 1):
        heard += final
        assert heard + pending == transcript(steps[: number * size])
        assert not (is_end and pending)


class OfPieces:
    """Labels that spell as pieces do: some of them begin a word."""

    label_texts, boundaries = list(PIECES.values()), (1, (4, 5))


WORDS_OF_PIECES = Words(OfPieces(), STEP)
STEPPED_PIECES = graph(WORDS_OF_PIECES)


def run_pieces(chunks):
    return run(chunks, WORDS_OF_PIECES, STEPPED_PIECES, tuple(PIECES))


@given(st.lists(st.text(st.sampled_from("".join(PIECES))), min_size=1, max_size=6), st.integers(1, 5))
@tried_on(40)
def test_final_texts_of_pieces_are_the_transcript_too(parts, size):
    steps, heard = "".join(parts) or "_", ""
    for number, (final, pending, is_end) in enumerate(run_pieces(chunked(steps, size)), 1):
        heard += final
        labels = [label for label, _ in itertools.groupby(steps[: number * size])]
        assert heard + pending == " ".join("".join(PIECES[label] for label in labels).split())
        assert not (is_end and pending)


def test_a_word_of_pieces_is_final_at_the_piece_that_begins_another():
    assert run_pieces(["A", "é_", "é", "ss", "E", "aA", "_" * END]) == [
        ("", "aé", False),
        ("", "aéé", False),
        ("", "aééé", False),
        ("aééé", "", False),
        ("", " é", False),
        (" éa", " aé", False),
        (" aé", "", True),
    ]


def test_a_word_is_final_once_the_next_one_begins():
    assert run(["a", "é_", "_ _", "_a", "  ", "é"]) == [
        ("", "a", False),
        ("", "aé", False),
        ("aé", "", False),
        ("", " a", False),
        (" a", "", False),
        ("", " é", False),
    ]


def test_silence_ends_an_utterance_once_something_was_said():
    silent = "_" * (END - 1)
    assert [is_end for _, _, is_end in run([silent, "__", " ", "a", silent, "_", " ", "_a", "_"])] == [
        *(False, False, False, False, False, True, True, False, False)
    ]
    (_, before, _), (final, after, _), (_, more, _) = run(["a" + silent, "_", "a"])
    assert (before, final, after, more) == ("a", "a", "", "a"), "the word goes on where the network says so"


def test_a_letter_that_goes_on_is_no_silence_and_padding_neither():
    assert not run(["a" * END + "_" * (END - 1), "..." * END])[-1][2]
    assert run(["a" * END + "_" * (END - 1) + "...", "_"])[-1][2]


@pytest.mark.parametrize("size", [1, 4])
def test_a_word_longer_than_there_is_room_for_is_the_same_word(size):
    steps = "é " + "a_é" * (2 * MOST_LETTERS) + " a"
    told = run(chunked(steps, size))
    assert "".join(final for final, _, _ in told) + told[-1][1] == transcript(steps)
    assert max(len(pending) for _, pending, _ in told) <= MOST_LETTERS


def test_an_alphabet_without_a_space_spells_one_word():
    words = Words(Letters(["b", "a", "é"]), STEP)
    assert run(["aé", "a"], words, graph(words)) == [("", "aé", False), ("", "aéa", False)]


def test_rows_know_nothing_of_each_other():
    texts = ["a é_", "____", "é a ", " aaé"]
    scores = tf.constant(np.stack([scores_of(text)[0] for text in texts]))
    _, final, pending, _ = STEPPED(WORDS.start(4), scores, tf.ones([4, 4], tf.bool))
    for row, text in enumerate(texts):
        assert run([text])[0][:2] == (final.numpy()[row].decode(), pending.numpy()[row].decode())


def test_a_state_that_is_none_ends_no_batch():
    scores, mask = tf.constant(np.stack([scores_of("a é_")[0]] * 2)), tf.ones([2, 4], tf.bool)
    for odd in (np.nan, np.inf, -1e30, 1e30, -1.0, 99.0):
        state = {name: value.numpy() for name, value in WORDS.start(2).items()}
        for values in state.values():
            values[1] = odd
        given = {name: tf.constant(value) for name, value in state.items()}
        _, final, pending, _ = STEPPED(given, scores, mask)
        assert (final.numpy()[0], pending.numpy()[0]) == (b"a", " é".encode())
