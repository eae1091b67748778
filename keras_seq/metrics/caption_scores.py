"""Scores of captions: BLEU, ROUGE-L, CIDEr-D against all true ones; beside them what is right without looking."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from keras_seq.formats import Answer, Example
from keras_seq.metrics.bootstrap import Interval, interval, resamples
from keras_seq.metrics.caption_overlap import bleu, counts_of, rouge_l
from keras_seq.metrics.caption_words import words_of
from keras_seq.metrics.cider import LONGEST, CiderD
from keras_seq.metrics.scorer import Scorer
from keras_seq.metrics.text_scores import likelihood, sentence_chrf
from keras_seq.seen import Fingerprints

CONSTANT_IMAGE = "constant_image_caption"  # an output, of answers that have it
BASELINES = ("constant_image", "random_caption")
COMPARED = ("bleu_4", "cider")  # the scores that have intervals, and baselines beside them
RANDOM_SEED = 29
SHOWN = 4  # best, and worst, examples in the card
KEPT_CAPTIONS = 1000


class Judged(NamedTuple):
    """What the scores of captions are made of, a row a picture.

    Attributes:
        counts: of BLEU, `(pictures, 10)`; see `caption_overlap.counts_of`.
        rouge_l: `(pictures,)`.
        cider: likewise.
    """

    counts: np.ndarray
    rouge_l: np.ndarray
    cider: np.ndarray

    def scores(self) -> dict[str, float]:
        """`bleu_4` first, `bleu_1` to `bleu_3`, `rouge_l` and `cider`, all as papers print them: per cent, and CIDEr-D
        times 100.
        """
        summed = self.counts.sum(axis=0)
        orders = (LONGEST, *range(1, LONGEST))
        found = {f"bleu_{order}": float(bleu(summed, order)) for order in orders}
        return {**found, "rouge_l": float(self.rouge_l.mean()), "cider": float(self.cider.mean())}

    def resampled(self) -> dict[str, np.ndarray]:
        """The scores of `COMPARED` of 1000 resamples of the pictures, `(resamples,)` each."""
        times = resamples(len(self.counts))
        return {
            "bleu_4": bleu(times @ self.counts, LONGEST),
            "cider": times @ self.cider / len(self.cider),
        }


class Judge:
    """Judges captions of a split's pictures.

    Args:
        true: of each picture, all captions that are right.
    """

    def __init__(self, true: Sequence[Sequence[str]]) -> None:
        self._references = [[words_of(text) for text in row] for row in true]
        self._cider = CiderD(self._references)

    def __call__(self, answered: Sequence[str]) -> Judged:
        """What one caption of each picture is worth."""
        answers = [words_of(text) for text in answered]
        pairs = list(zip(answers, self._references, strict=True))
        return Judged(
            np.array([counts_of(*pair) for pair in pairs]),
            np.array([rouge_l(*pair) for pair in pairs]),
            self._cider.scores(answers),
        )


def margins(first: Judged, second: Judged) -> dict[str, tuple[float, Interval]]:
    """By how much the first of two is better on the same pictures, and the interval of that: paired resamples."""
    (mine, others), (here, there) = (
        (first.scores(), second.scores()),
        (first.resampled(), second.resampled()),
    )
    return {name: (mine[name] - others[name], interval(here[name] - there[name])) for name in COMPARED}


def some_captions(captions: Iterable[str], count: int = KEPT_CAPTIONS) -> set[str]:
    """A seeded sample of training captions, for `Preprocessing.seen`: what a random one is drawn of."""
    different = sorted(set(captions))
    order = np.random.default_rng(RANDOM_SEED).permutation(len(different))
    return {different[place] for place in order[:count].tolist()}


class CaptionScorer(Scorer):
    """Scores of the output `caption`; see `Judged.scores`, and `caption_words` for what a word is.

    Beside `bleu_4` and `cider` stand those of captions that owe nothing to the picture: `constant_image_*`, of what
    the same model says of a grey picture (the output `constant_image_caption`), and `random_caption_*`, of captions
    drawn from those of training, where `seen` has some. `intervals` has where `bleu_4` and `cider` lie in 95 % of
    resamples of the pictures, and by how much they are above the constant picture's in as many.

    Args:
        classes: not needed here.
        seen: captions of training; of fingerprints nothing can be drawn.
    """

    def __init__(self, classes: Sequence[str] = (), seen: Set[str] = frozenset()) -> None:
        super().__init__(classes, seen)
        self._examples: list[Example] = []
        self._answers: list[Answer] = []
        self._cider: np.ndarray | None = None

    def add(self, example: Example, answer: Answer) -> float:
        """Count an answer; its error is what its chrF lacks of 100: CIDEr takes the whole split."""
        self._examples.append(example)
        kept = ("caption", CONSTANT_IMAGE, "log_probability", "true_pieces")
        self._answers.append({name: answer[name] for name in kept if name in answer})
        return 100 - sentence_chrf(example.truths, answer["caption"])

    def scores(self) -> dict[str, Any]:
        """`bleu_4` first; see the class."""
        judge = Judge([example.truths for example in self._examples])
        own = judge([answer["caption"] for answer in self._answers])
        self._cider = own.cider
        others = {name: judge(captions) for name, captions in self._baselines().items()}
        baselines = {
            f"{name}_{score}": one.scores()[score] for name, one in others.items() for score in COMPARED
        }
        intervals = {name: list(interval(values)) for name, values in own.resampled().items()}
        if BASELINES[0] in others:
            found = margins(own, others[BASELINES[0]])
            intervals |= {f"{name}_over_{BASELINES[0]}": list(found[name][1]) for name in COMPARED}
        true = [(answer.get("log_probability"), answer.get("true_pieces", 0.0)) for answer in self._answers]
        return {
            **own.scores(),
            **likelihood(true),
            **baselines,
            "examples": len(self._examples),
            "intervals": intervals,
        }

    def _baselines(self) -> dict[str, list[str]]:
        """Captions that owe nothing to the pictures, by what they are called."""
        found = {}
        if all(CONSTANT_IMAGE in answer for answer in self._answers):
            found["constant_image"] = [answer[CONSTANT_IMAGE] for answer in self._answers]
        if self.seen and not isinstance(self.seen, Fingerprints):
            captions = sorted(self.seen)
            places = np.random.default_rng(RANDOM_SEED).integers(len(captions), size=len(self._answers))
            found["random_caption"] = [captions[place] for place in places.tolist()]
        return found

    def typical(self) -> list[tuple[str, Example]]:
        """The examples with the best CIDEr, and with the worst, once `scores` was asked."""
        if self._cider is None:
            return []
        order = np.argsort(-self._cider, kind="stable").tolist()
        best, worst = order[:SHOWN], order[SHOWN:][::-1][:SHOWN]
        named = {"best": best, "worst": worst}
        return [
            (f"{name}_{place}", self._examples[at])
            for name, places in named.items()
            for place, at in enumerate(places, 1)
        ]

    def table(self, scores: dict[str, Any]) -> str:
        """A line for each score, with its interval and the baselines where there are some."""
        others = [name for name in BASELINES if f"{name}_{COMPARED[0]}" in scores]
        rows = [["", "score", "95 % interval", *(name.replace("_", " ") for name in others)]]
        beside = {f"{name}_{score}" for name in BASELINES for score in COMPARED}
        for name, value in scores.items():
            if isinstance(value, float) and name not in beside:
                low_high = scores["intervals"].get(name)
                shown = f"{low_high[0]:.2f} to {low_high[1]:.2f}" if low_high else ""
                cells = [f"{scores[f'{one}_{name}']:.2f}" if name in COMPARED else "" for one in others]
                rows.append([name, f"{value:.2f}", shown, *cells])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(_line(row, widths) for row in rows)


def _line(cells: list[str], widths: list[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    padded = [f"{first[0]:{first[1]}}", *(f"{cell:>{width}}" for cell, width in others)]
    return "  ".join(padded).rstrip()


def _score(name: str, true: Sequence[Sequence[str]], answered: Sequence[str]) -> float:
    return Judge(true)(answered).scores()[name]


SCORES = ("bleu_4", *(f"bleu_{order}" for order in range(1, LONGEST)), "rouge_l", "cider")
CAPTION_SCORES: dict[str, Callable[[Sequence[Sequence[str]], Sequence[str]], float]] = {
    name: functools.partial(_score, name) for name in SCORES
}
