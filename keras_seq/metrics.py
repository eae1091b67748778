"""Scores of answers against truths: thin faces of the field's own scorers."""

from __future__ import annotations

from typing import Any

from sklearn import metrics


def classification(truths: list[str], labels: list[str], answer: dict[str, Any]) -> dict[str, Any]:
    """Accuracy, macro F1, precision, recall and F1 a class, and the confusion matrix, from scikit-learn.

    Args:
        truths: the true class names.
        labels: the class names that were answered, one a truth.
        answer: any whole answer, for its `labels`: all class names, in any order.

    Returns:
        `accuracy` first; `confusion_matrix` has a row a true class and a column an answered one, in the order of
        `classes`, which is alphabetical.
    """
    classes = sorted(answer["labels"])
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truths, labels, labels=classes, zero_division=0
    )
    return {
        "accuracy": float(metrics.accuracy_score(truths, labels)),
        "macro_f1": float(f1.mean()),
        "examples": len(truths),
        "classes": {
            name: {"precision": float(p), "recall": float(r), "f1": float(f), "examples": int(n)}
            for name, p, r, f, n in zip(classes, precision, recall, f1, support, strict=True)
        },
        "confusion_matrix": metrics.confusion_matrix(truths, labels, labels=classes).tolist(),
    }


def missing_probability(truth: str, answer: dict[str, Any]) -> float:
    """How far a classifier was from the truth: 1 less the score that it gave to it, from 0 to 1."""
    return 1.0 - answer["scores"][answer["labels"].index(truth)]
