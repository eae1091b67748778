"""Scores of answers that are transcripts of speech: word and character error rate."""

from __future__ import annotations

import collections
from collections.abc import Sequence, Set
from typing import Any, NamedTuple

import jiwer
import numpy as np

from keras_seq.formats import Answer, Example
from keras_seq.metrics.scorer import Scorer
from keras_seq.pictures import one_line

RESAMPLES = 1000  # of the utterances, for the interval
CONFIDENCE = 0.95
SEED = 1  # of the resampling: the same answers have the same interval
MOST_CONFUSIONS = 10  # in a table

Confusion = tuple[str, str]  # a true word, and the one that was answered in its place


class Recognised(NamedTuple):
    """One utterance and its answer. White space counts as one space between words, and not at the edges.

    Attributes:
        example: the utterance.
        answer: the transcript that was answered.
        words: in the truth.
        substitutions, deletions, insertions: words of the answer that stand for another one, true words that
            it lacks, words that it has in addition, where these are fewest in all.
        characters: in the truth, spaces among them.
        character_errors: of all three kinds.
        confusions: of every substitution.
    """

    example: Example
    answer: str
    words: int
    substitutions: int
    deletions: int
    insertions: int
    characters: int
    character_errors: int
    confusions: tuple[Confusion, ...]

    @property
    def errors(self) -> int:
        """Words that are wrong, missing or too many."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def error_rate(self) -> float:
        """Errors a true word; of an empty truth, the words of the answer."""
        return self.errors / max(self.words, 1)


class TranscriptScorer(Scorer):
    """Scores of transcripts: see `recognition`.

    Args:
        classes, seen: as in `Scorer`; not needed here.
        output: the name of the answer's transcript.

    Attributes:
        records: of every answer that was added, in order.
    """

    def __init__(
        self, classes: Sequence[str] = (), seen: Set[str] = frozenset(), *, output: str = "transcript"
    ) -> None:
        super().__init__(classes, seen)
        self.output = output
        self.records: list[Recognised] = []

    def add(self, example: Example, answer: Answer) -> float:
        """Count an answer; its error is its word error rate. Of several truths, the nearest counts."""
        found = (compared(example, truth, answer[self.output]) for truth in example.truths)
        self.records.append(min(found, key=lambda record: record.error_rate))
        return self.records[-1].error_rate

    def scores(self) -> dict[str, Any]:
        """See `recognition`."""
        return recognition(self.records)

    def table(self, scores: dict[str, Any]) -> str:
        """The rates, the errors by kind, and which words are taken for which most often."""
        low, high = scores["wer_interval"]
        kinds = ", ".join(f"{scores[kind]} {kind}" for kind in ("substitutions", "deletions", "insertions"))
        lines = [
            super().table(scores),
            f"wer is {low:.4f} to {high:.4f} in {CONFIDENCE:.0%} of {RESAMPLES} resamplings of the utterances",
            f"{kinds}; {scores['words']} words in {scores['examples']} utterances",
        ]
        if confusions := self.confusions():
            lines += ["", "taken for each other most often (truth -> answer)"]
            lines += [
                f"{count:6d}  {one_line(true)} -> {one_line(said)}" for (true, said), count in confusions
            ]
        return "\n".join(lines)

    def typical(self) -> list[tuple[str, Example]]:
        """The best, the median and the worst one, of equal ones that with the most words; each once."""
        ordered = sorted(self.records, key=lambda record: (record.error_rate, -record.words))
        places = {"best": 0, "median": len(ordered) // 2, "worst": len(ordered) - 1}
        found = {place: name for name, place in places.items()}  # of few, the last name
        return [(name, ordered[place].example) for place, name in sorted(found.items())]

    def confusions(self, most: int = MOST_CONFUSIONS) -> list[tuple[Confusion, int]]:
        """The substitutions that came most often, and how often; of equal ones the first in the alphabet."""
        counts = collections.Counter(pair for record in self.records for pair in record.confusions)
        return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:most]


def compared(example: Example, truth: str, answer: str) -> Recognised:
    """An answer against one truth of an utterance, by jiwer's alignments."""
    true, said = (" ".join(text.split()) for text in (truth, answer))
    words, characters = jiwer.process_words(true, said), jiwer.process_characters(true, said)
    (true_words,), (said_words,), (chunks,) = words.references, words.hypotheses, words.alignments
    confusions = [
        pair
        for chunk in chunks
        if chunk.type == "substitute"
        for pair in zip(
            true_words[chunk.ref_start_idx : chunk.ref_end_idx],
            said_words[chunk.hyp_start_idx : chunk.hyp_end_idx],
            strict=True,
        )
    ]
    return Recognised(
        example,
        answer,
        len(true_words),
        words.substitutions,
        words.deletions,
        words.insertions,
        len(true),
        characters.substitutions + characters.deletions + characters.insertions,
        tuple(confusions),
    )


def recognition(records: Sequence[Recognised]) -> dict[str, Any]:
    """Word and character error rate of a split, from jiwer (Levenshtein 1966).

    Args:
        records: of every utterance.

    Returns:
        `wer` first: errors a true word, 0.1 being one in ten; it may be above 1. `wer_interval`: low and high
        end of its 95 % interval. `cer`: of characters, spaces among them. `sentence_error_rate`: of utterances
        with any error. `substitutions`, `deletions`, `insertions` and `words`: numbers of words. `examples`.
    """
    columns = zip(
        *((one.errors, one.words, one.character_errors, one.characters) for one in records), strict=True
    )
    errors, words, character_errors, characters = map(np.array, columns)
    return {
        "wer": _rate(errors, words),
        "wer_interval": list(interval(errors, words)),
        "cer": _rate(character_errors, characters),
        "sentence_error_rate": float(np.mean(errors > 0)),
        "substitutions": sum(one.substitutions for one in records),
        "deletions": sum(one.deletions for one in records),
        "insertions": sum(one.insertions for one in records),
        "words": int(words.sum()),
        "examples": len(records),
    }


def interval(errors: np.ndarray, words: np.ndarray) -> tuple[float, float]:
    """The bootstrap interval of an error rate: the utterances are drawn again, with replacement.

    Source: Bisani and Ney 2004, ICASSP, "Bootstrap estimates for confidence intervals in ASR performance
    evaluation".

    Args:
        errors: of each utterance, `(utterances,)`.
        words: likewise.
    """
    generator = np.random.default_rng(SEED)
    drawn = (generator.integers(len(words), size=len(words)) for _ in range(RESAMPLES))
    rates = [_rate(errors[places], words[places]) for places in drawn]
    low, high = np.quantile(rates, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _rate(errors: np.ndarray, units: np.ndarray) -> float:
    return float(errors.sum() / max(units.sum(), 1))
