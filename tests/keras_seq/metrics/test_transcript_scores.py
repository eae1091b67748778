"""Word and character error rate, of any transcripts."""

import functools
import random

import jiwer
import numpy as np
import pytest

from keras_seq.formats import Example
from keras_seq.metrics import TranscriptScorer, transcript_scores


def scorer_of(*pairs):
    """A scorer that was given truths and answers, and the errors that it gave back."""
    scorer = TranscriptScorer()
    errors = [
        scorer.add(Example("", truth, f"m:{line}"), {"transcript": answer, "score": 1.0})
        for line, (truth, answer) in enumerate(pairs, 1)
    ]
    return scorer, errors


def distance(one, other):
    """The fewest substitutions, deletions and insertions, as they are defined."""

    @functools.cache
    def of(i, j):
        if not i or not j:
            return i + j
        last = of(i - 1, j - 1) + (one[i - 1] != other[j - 1])
        return min(last, of(i - 1, j) + 1, of(i, j - 1) + 1)

    return of(len(one), len(other))


def drawn(generator, words):
    return " ".join(generator.choices("ONE TWO TOO FOUR A".split(), k=words))


@pytest.fixture(scope="module")
def pairs():
    generator = random.Random(1)
    return [
        (drawn(generator, generator.randrange(9)), drawn(generator, generator.randrange(9)))
        for _ in range(200)
    ]


def test_the_rates_are_those_of_the_definition(pairs):
    scorer, errors = scorer_of(*pairs)
    scores = scorer.scores()
    word_errors = [distance(true.split(), said.split()) for true, said in pairs]
    words = [len(true.split()) for true, _ in pairs]
    assert scores["wer"] == pytest.approx(sum(word_errors) / sum(words))
    assert errors == pytest.approx(
        [wrong / max(all, 1) for wrong, all in zip(word_errors, words, strict=True)]
    )
    character_errors = [distance(true, said) for true, said in pairs]
    assert scores["cer"] == pytest.approx(sum(character_errors) / sum(len(true) for true, _ in pairs))
    assert scores["sentence_error_rate"] == np.mean([wrong > 0 for wrong in word_errors])
    assert scores["words"] == sum(words)
    assert scores["examples"] == len(pairs)
    assert sum(scores[kind] for kind in ("substitutions", "deletions", "insertions")) == sum(word_errors)
    said = sum(len(said.split()) for _, said in pairs)
    assert scores["insertions"] - scores["deletions"] == said - sum(words)
    assert next(iter(scores)) == "wer"


def test_they_are_those_of_jiwer_on_the_whole_split(pairs):
    scores = scorer_of(*pairs)[0].scores()
    whole = jiwer.process_words(*map(list, zip(*pairs, strict=True)))
    assert scores["wer"] == pytest.approx(whole.wer)
    for kind in ("substitutions", "deletions", "insertions"):
        assert scores[kind] == getattr(whole, kind)
    assert scores["cer"] == pytest.approx(jiwer.cer(*map(list, zip(*pairs, strict=True))))


def test_kinds_of_errors_are_told_apart():
    scorer, errors = scorer_of(("A B C D", "A X C"), ("E", "E F"), ("G", "G"))
    scores = scorer.scores()
    assert [scores[kind] for kind in ("substitutions", "deletions", "insertions")] == [1, 1, 1]
    assert scores["wer"] == 3 / 6
    assert errors == [0.5, 1.0, 0.0]
    assert [record.error_rate for record in scorer.records] == errors
    assert [record.example.where for record in scorer.records] == ["m:1", "m:2", "m:3"]


def test_white_space_is_one_space_and_case_counts():
    assert scorer_of((" A \t B ", "A  B"))[0].scores()["cer"] == 0
    assert scorer_of(("A B", "a B"))[1] == [0.5]


@pytest.mark.parametrize(
    ("pair", "wer", "cer"), [(("", ""), 0, 0), (("", "A B"), 2, 3), (("A B", ""), 1, 1), ((" ", "A"), 1, 1)]
)
def test_empty_truths_and_answers_have_scores(pair, wer, cer):
    scorer, errors = scorer_of(pair)
    scores = scorer.scores()
    assert errors == [wer]
    assert (scores["wer"], scores["cer"]) == (wer, cer)
    assert scores["wer_interval"] == [wer, wer]
    assert scorer.table(scores)


def test_of_several_truths_the_nearest_counts():
    scorer, errors = scorer_of((("A B", "A C"), "A C"))
    assert errors == [0]
    assert scorer.scores()["wer"] == 0


def test_the_interval_is_of_utterances_drawn_again(pairs):
    """A plain rendering, with numbers of its own; and it is as wide as theory has it for many utterances."""
    scorer, _ = scorer_of(*pairs)
    low, high = scorer.scores()["wer_interval"]
    assert scorer.scores()["wer_interval"] == [low, high], "the same every time"
    generator, rates = random.Random(7), []
    for _ in range(4000):
        chosen = generator.choices(scorer.records, k=len(scorer.records))
        rates.append(sum(one.errors for one in chosen) / sum(one.words for one in chosen))
    rates.sort()
    assert [low, high] == pytest.approx([rates[100], rates[-101]], abs=0.015)
    errors, words = (np.array([getattr(one, of) for one in scorer.records]) for of in ("errors", "words"))
    wer = errors.sum() / words.sum()
    deviation = np.std(errors - wer * words) * len(words) ** 0.5 / words.sum()
    assert high - low == pytest.approx(2 * 1.96 * deviation, rel=0.1)
    assert low < wer < high


def test_the_table_shows_which_words_are_taken_for_which():
    pairs = [("FIFTY A", "FIFTEEN A")] * 3 + [("B C", "D C"), ("B C", "D E"), ("X", "\x1b[1m")]
    scorer, _ = scorer_of(*pairs)
    assert scorer.confusions() == [
        (("FIFTY", "FIFTEEN"), 3),
        (("B", "D"), 2),
        (("C", "E"), 1),
        (("X", "\x1b[1m"), 1),
    ]
    lines = scorer.table(scorer.scores()).splitlines()
    assert lines[0] == "wer                 0.6364"
    assert "7 substitutions, 0 deletions, 0 insertions; 11 words in 6 utterances" in lines
    assert lines[-4:] == [
        "     3  FIFTY -> FIFTEEN",
        "     2  B -> D",
        "     1  C -> E",
        "     1  X -> \ufffd[1m",
    ]
    assert "->" not in scorer_of(("A", "A"))[0].table(scorer_of(("A", "A"))[0].scores())


def test_ten_confusions_are_shown_and_none_is_kept_with_the_scores():
    scorer, _ = scorer_of(*((f"A{number}", "B") for number in range(30)))
    assert scorer.table(scorer.scores()).count(" -> B") == transcript_scores.MOST_CONFUSIONS
    numbers = [value for value in scorer.scores().values() if not isinstance(value, list)]
    assert all(isinstance(value, int | float) for value in numbers)


def test_the_best_the_median_and_the_worst_utterance_are_typical():
    scorer, _ = scorer_of(("a b", "a"), ("a", "a"), ("a b c", "a b c"), ("a b", "c d"), ("a b c d", "a b c"))
    assert [(name, example.where) for name, example in scorer.typical()] == [
        ("best", "m:3"), ("median", "m:5"), ("worst", "m:4"),
    ]  # fmt: skip
    assert [name for name, _ in scorer_of(("a", "a"), ("b", "c"))[0].typical()] == ["best", "worst"]
