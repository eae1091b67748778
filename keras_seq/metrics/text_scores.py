"""Scores of answers that are texts, against true ones: BLEU, chrF."""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import sacrebleu

BLEU_WORDS = 4  # the longest sequences that BLEU counts
UNSPACED = {
    "chinese": re.compile(
        "[\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    ),
    "other": re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"),
}


class Translated(NamedTuple):
    """What the score of translations needs of one answer.

    Attributes:
        true: the true translation.
        answered: the one that was answered.
        log_probability: of the true one, by the model.
        pieces: of the true one, its end among them.
    """

    true: str
    answered: str
    log_probability: float
    pieces: float


def translations(records: list[Translated]) -> dict[str, Any]:
    """BLEU and chrF of whole texts, from sacreBLEU (Post 2018), and the cross-entropy of the true
    translations.

    Args:
        records: of every example.

    Returns:
        `bleu` and `chrf` from 0 to 100, the main one of them first, each with the signature that says how it
        was made; `cross_entropy` in nats a piece, and `perplexity`.
    """
    true, answered, log_probabilities, pieces = zip(*records, strict=True)
    cross_entropy = -sum(log_probabilities) / max(sum(pieces), 1)
    main = main_score(true)
    scorers = {"bleu": _bleu(true), "chrf": sacrebleu.CHRF()}
    names = sorted(scorers, key=lambda name: name != main)
    return {
        **{name: scorers[name].corpus_score(answered, [true]).score for name in names},
        "cross_entropy": cross_entropy,
        "perplexity": float(np.exp(min(cross_entropy, 100.0))),
        "examples": len(records),
        **{f"{name}_signature": str(scorers[name].get_signature()) for name in names},
    }


def bleu(true: Sequence[str], answered: Sequence[str]) -> float:
    """BLEU of whole texts, from 0 to 100."""
    return _bleu(true).corpus_score(answered, [true]).score


def chrf(true: Sequence[str], answered: Sequence[str]) -> float:
    """chrF of whole texts, from 0 to 100; unlike BLEU it says something of texts that are short."""
    return sacrebleu.CHRF().corpus_score(answered, [true]).score


TRANSLATION_SCORES = {"bleu": bleu, "chrf": chrf}


def main_score(true: Sequence[str]) -> str:
    """Which of `TRANSLATION_SCORES` says more of answers to these translations.

    That is "chrf" where most are shorter than four words: BLEU counts sequences of four, and is 0 without
    any.
    """
    tokenize = _bleu(true).tokenizer
    return (
        "bleu" if 2 * sum(len(tokenize(text).split()) >= BLEU_WORDS for text in true) >= len(true) else "chrf"
    )


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


def _bleu(true: Sequence[str]) -> sacrebleu.BLEU:
    """BLEU for true texts; it does not ask whether the answers look tokenized."""
    return sacrebleu.BLEU(tokenize=tokenizer_of(true), force=True)


def sentence_chrf(true: str, answered: str) -> float:
    """chrF of one text, from 0 to 100."""
    return sacrebleu.sentence_chrf(answered, [true]).score
