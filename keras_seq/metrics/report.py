"""Scores as lines of text."""

from __future__ import annotations

from typing import Any

from keras_seq.pictures import one_line

MOST_CLASSES_IN_A_MATRIX = 40


def numbers(scores: dict[str, Any]) -> dict[str, float]:
    """Those of the scores that are one number each."""
    return {name: value for name, value in scores.items() if isinstance(value, float)}


def numbers_table(scores: dict[str, Any]) -> str:
    """A line for each number, and for each text, such as the signature of a score."""
    texts = {name: value for name, value in scores.items() if isinstance(value, str)}
    wide = max(12, *map(len, [*numbers(scores), *texts]))
    lines = [f"{name:{wide}} {value:.4f}" for name, value in numbers(scores).items()]
    return "\n".join([*lines, *(f"{name:{wide}} {value}" for name, value in texts.items())])


def class_table(classes: dict[str, dict[str, Any]]) -> str:
    """A line for each class: precision, recall, F1 and examples."""
    names = [one_line(name) for name in classes]
    width = max(map(len, [*names, "class"]))
    lines = [f"{'class':{width}}  precision  recall      f1  examples"]
    for name, row in zip(names, classes.values(), strict=True):
        scores = f"{row['precision']:9.4f}  {row['recall']:6.4f}  {row['f1']:6.4f}"
        lines.append(f"{name:{width}}  {scores}  {row['examples']:8d}")
    return "\n".join(lines)


def matrix_table(classes: list[str], matrix: list[list[int]]) -> str:
    """A confusion matrix, a line for each true class and a column for each answered one."""
    names = [one_line(name) for name in classes]
    width = max(map(len, [*names, "class"]))
    cell = max(width, *(len(str(count)) for row in matrix for count in row))
    lines = ["confusion matrix (a row a true class, a column an answer)"]
    lines.append(" " * width + "".join(f"  {name:>{cell}}" for name in names))
    for name, row in zip(names, matrix, strict=True):
        lines.append(f"{name:{width}}" + "".join(f"  {count:{cell}d}" for count in row))
    return "\n".join(lines)
