"""Scores of answers that are texts, against true ones: BLEU, chrF."""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence, Set
from typing import Any, NamedTuple

import numpy as np
import sacrebleu

from keras_seq.formats import Answer, Example
from keras_seq.metrics.scorer import Scorer

BLEU_WORDS = 4  # the longest sequences that BLEU counts
UNSPACED = {
    "chinese": re.compile(
        "[\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    ),
    "other": re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"),
}


class Written(NamedTuple):
    """What the score of generated texts needs of one answer.

    Attributes:
        true: all texts that are right.
        answered: the one that was answered.
        log_probability: of the first true one, by the model; None where the model does not give it.
        pieces: of the first true one, its end among them.
    """

    true: tuple[str, ...]
    answered: str
    log_probability: float | None = None
    pieces: float = 0.0


class TextScorer(Scorer):
    """Scores of generated texts: see `generated`.

    Args:
        classes, seen: as in `Scorer`; not needed here.
        output: the name of the answer's best text.
    """

    def __init__(
        self, classes: Sequence[str] = (), seen: Set[str] = frozenset(), *, output: str = "text"
    ) -> None:
        super().__init__(classes, seen)
        self.output = output
        self._records: list[Written] = []

    def add(self, example: Example, answer: Answer) -> float:
        """Count an answer; its error is what its chrF lacks of 100."""
        truth = (answer.get("log_probability"), answer.get("true_pieces", 0.0))
        self._records.append(Written(example.truths, answer[self.output], *truth))
        return 100 - sentence_chrf(example.truths, answer[self.output])

    def scores(self) -> dict[str, Any]:
        """See `generated`."""
        return generated(self._records)


def generated(records: list[Written]) -> dict[str, Any]:
    """BLEU and chrF of whole texts, from sacreBLEU (Post 2018), and the cross-entropy of the true texts.

    Args:
        records: of every example.

    Returns:
        `bleu` and `chrf` from 0 to 100, the main one of them first, each with the signature that says how it
        was made; `cross_entropy` in nats a piece, and `perplexity`, where the model gives log-probabilities.
    """
    true, answered, *truths = zip(*records, strict=True)
    main = main_score(true)
    scorers = {"bleu": _bleu(true), "chrf": sacrebleu.CHRF()}
    names = sorted(scorers, key=lambda name: name != main)
    return {
        **{name: scorers[name].corpus_score(answered, references(true)).score for name in names},
        **likelihood(list(zip(*truths, strict=True))),
        "examples": len(records),
        **{f"{name}_signature": str(scorers[name].get_signature()) for name in names},
    }


def likelihood(truths: Sequence[tuple[float | None, float]]) -> dict[str, float]:
    """`cross_entropy` of true texts, in nats a piece, and `perplexity`; {} where the model does not give it.

    Args:
        truths: of each the log-probability, or None, and the number of pieces.
    """
    log_probabilities, pieces = zip(*truths, strict=True)
    if None in log_probabilities:
        return {}
    cross_entropy = -sum(log_probabilities) / max(sum(pieces), 1)
    return {"cross_entropy": cross_entropy, "perplexity": float(np.exp(min(cross_entropy, 100.0)))}


def bleu(true: Sequence[tuple[str, ...]], answered: Sequence[str]) -> float:
    """BLEU of whole texts, from 0 to 100."""
    return _bleu(true).corpus_score(answered, references(true)).score


def chrf(true: Sequence[tuple[str, ...]], answered: Sequence[str]) -> float:
    """chrF of whole texts, from 0 to 100; unlike BLEU it tells short texts apart."""
    return sacrebleu.CHRF().corpus_score(answered, references(true)).score


TEXT_SCORES = {"bleu": bleu, "chrf": chrf}


def main_score(true: Sequence[tuple[str, ...]]) -> str:
    """Which of `TEXT_SCORES` tells more of answers to these truths.

    That is "chrf" where most are shorter than four words: BLEU counts sequences of four, and is 0 without
    any.
    """
    tokenize = _bleu(true).tokenizer
    long = sum(len(tokenize(texts[0]).split()) >= BLEU_WORDS for texts in true)
    return "bleu" if 2 * long >= len(true) else "chrf"


def references(true: Sequence[tuple[str, ...]]) -> list[list[Any]]:
    """Truths in sacreBLEU's form: the first of each example, the second of each, and so on; None where an
    example has no more.
    """
    most = max(map(len, true))
    return [[texts[n] if n < len(texts) else None for texts in true] for n in range(most)]


def tokenizer_of(texts: Sequence[str]) -> str:
    """sacreBLEU's tokenizer for texts: "zh" where most letters are Chinese, "char" where they are of another
    language that is written without spaces (Japanese, Thai, Lao, Khmer, Burmese), else "13a", its own choice.
    """
    letters = [character for text in texts for character in text if character.isalpha()]
    kinds = collections.Counter(
        next((name for name, script in UNSPACED.items() if script.match(c)), "") for c in letters
    )
    if 2 * (kinds.total() - kinds[""]) <= kinds.total():
        return "13a"
    # Japanese is written with Chinese characters too, but never with them alone.
    return "zh" if kinds["chinese"] > 0.9 * (kinds.total() - kinds[""]) else "char"


def _bleu(true: Sequence[tuple[str, ...]]) -> sacrebleu.BLEU:
    """BLEU for true texts; it does not ask whether the answers look tokenized."""
    return sacrebleu.BLEU(tokenize=tokenizer_of([text for texts in true for text in texts]), force=True)


def sentence_chrf(true: Sequence[str], answered: str) -> float:
    """chrF of one text against all that are right, from 0 to 100."""
    return sacrebleu.sentence_chrf(answered, list(true)).score
