"""Labels as files spell them -> their names in the answers."""

from __future__ import annotations

import math

from keras_seq.errors import DataError


def named(label: str, names: dict[str, str] | None, where: str) -> str:
    """The name of a label; as it is where there are no names.

    A label of the recipe also stands for other spellings of the same number or truth value, as programs write
    them (`1` for `1.0`, `true` for `True`), where one label alone can be meant.

    Args:
        label: as it stands in the file.
        names: label -> its name; None keeps all as is.
        where: it stands, for messages.

    Raises:
        DataError: when it has no name.
    """
    if names is None:
        return label
    key = spelled(label, names)
    if key is None:
        raise DataError(f"{where}: label {label!r} is none of {', '.join(map(repr, names))}")
    return names[key]


def spelled(label: str, names: dict[str, str]) -> str | None:
    """The label of `names` that a spelling means; None where there is none."""
    if label in names:
        return label
    value = _value(label)
    meant = [key for key in names if value is not None and _value(key) == value]
    return meant[0] if len(meant) == 1 else None


def _value(label: str) -> tuple[str, float] | None:
    """The number or the truth value that a label is, with its kind: `1` is not `true`."""
    if label.lower() in ("true", "false"):
        return "truth value", float(label.lower() == "true")
    try:
        number = float(label)
    except ValueError:
        return None
    return ("number", number) if math.isfinite(number) else None
