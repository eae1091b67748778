"""Scores of answers that are one class each."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from sklearn import metrics

from keras_seq import pictures
from keras_seq.errors import DataError
from keras_seq.formats import Answer, Example
from keras_seq.metrics import report
from keras_seq.metrics.scorer import Scorer
from keras_seq.pictures import Picture


def classification(records: list[tuple[str, str]], classes: list[str]) -> dict[str, Any]:
    """Accuracy, macro F1, precision, recall and F1 a class, and the confusion matrix, from scikit-learn.

    Args:
        records: of every example the true class and the answered one.
        classes: all class names, in any order.

    Returns:
        `accuracy` first; `confusion_matrix` has a row a true class and a column an answered one, in the order
        of `classes`, which is alphabetical.
    """
    classes = sorted(classes)
    # By number: what NumPy makes of a text, such as one that ends in NUL, may be equal to another one.
    number = {name: index for index, name in enumerate(classes)}
    truths, labels = ([number[name] for name in side] for side in zip(*records, strict=True))
    numbers = list(range(len(classes)))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truths, labels, labels=numbers, zero_division=0
    )
    return {
        "accuracy": float(metrics.accuracy_score(truths, labels)),
        "macro_f1": float(f1.mean()),
        "examples": len(truths),
        "classes": {
            name: {"precision": float(p), "recall": float(r), "f1": float(f), "examples": int(n)}
            for name, p, r, f, n in zip(classes, precision, recall, f1, support, strict=True)
        },
        "confusion_matrix": metrics.confusion_matrix(truths, labels, labels=numbers).tolist(),
    }


class LabelScorer(Scorer):
    """Scores of the outputs `label`, `labels` and `scores`: see `classification`."""

    def __init__(self, classes: Sequence[str] = (), seen: Set[str] = frozenset()) -> None:
        super().__init__(classes, seen)
        self._records: list[tuple[str, str]] = []

    def add(self, example: Example, answer: Answer) -> float:
        """Count an answer; its error is what its score of the true class lacks of 1."""
        if len(example.truths) > 1:
            raise DataError(f"{example.where}: {len(example.truths)} truths; a label is one")
        (truth,) = example.truths
        self._records.append((truth, answer["label"]))
        return 1.0 - answer["scores"][answer["labels"].index(truth)]

    def scores(self) -> dict[str, Any]:
        """See `classification`."""
        return classification(self._records, self.classes)

    def table(self, scores: dict[str, Any]) -> str:
        """The numbers, the classes, and where there are few the confusion matrix."""
        parts = [super().table(scores), report.class_table(scores["classes"])]
        if len(self.classes) <= report.MOST_CLASSES_IN_A_MATRIX:
            parts.append(report.matrix_table(self.classes, scores["confusion_matrix"]))
        return "\n\n".join(parts)

    def pictures(self, scores: dict[str, Any]) -> list[Picture]:
        """The confusion matrix, where there are few classes."""
        if len(self.classes) > report.MOST_CLASSES_IN_A_MATRIX:
            return []
        return [pictures.confusion_matrix(scores["confusion_matrix"], self.classes)]
