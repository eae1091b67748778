"""Names of classes as people may have them, and scores with such classes."""

import numpy as np

NAMES = [
    "$x$",
    "$x_",
    "a_b^c {",
    r"\frac",
    "two\nlines",
    "a|b",
    "`code`",
    "```",
    "<script>alert(1)</script>",
    "\u4e2d\u6587",
    "\u05e9\u05dc\u05d5\u05dd",
    "\U0001f642",
    "bell\a\x1b[31m",
    "l" * 300,
]


def scores(names):
    """The scores of a split with a class for each name."""
    classes = {name: {"precision": 1.0, "recall": 1.0, "f1": 1.0, "examples": 1} for name in names}
    matrix = np.eye(len(names), dtype=int).tolist()
    return {"accuracy": 1.0, "examples": len(names), "classes": classes, "confusion_matrix": matrix}
