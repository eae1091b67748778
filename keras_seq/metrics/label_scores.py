"""Scores of answers that are one class each."""

from __future__ import annotations

from typing import Any

from sklearn import metrics


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
