"""Raw inputs at the edges of what a model may be asked: the gates of an export try them."""

from __future__ import annotations

from typing import NamedTuple

TEXTS: tuple[str | bytes, ...] = (
    *("", " ", "🙂", "naïve Ünïcode 日本語 العربية 🙂", "!"),
    *("good\0bad", "a NUL at the end\0", "\0", "\u0301", "e\u0301\u0301 \u200d x", "word " * 300),
    *(b"\xff no UTF-8", b"half a pair \xed\xa0\x80"),
)
FOREIGN = (b"", b"\0", b"a text, and no such file", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff" * 64)
HEADER_BYTES = 12  # a file that ends here has no content
OVERWRITTEN_BYTES = 16


class EdgeInputs(NamedTuple):
    """Raw inputs that are tried on a model, by what its answers must be.

    Attributes:
        good: an answer, and no `problem`.
        damaged: a `problem`, and the rest of the row empty; a model of texts has none.
        either: one or the other; what stands beside them in a batch must not change.
    """

    good: list[str | bytes]
    damaged: list[bytes]
    either: list[bytes]


def of_texts(examples: list[str | bytes]) -> EdgeInputs:
    """Texts of every kind that once went wrong, and all the examples in one."""
    together = " ".join(text for text in examples if isinstance(text, str))
    return EdgeInputs([*TEXTS, together], [], [])


def of_files(examples: list[str | bytes]) -> EdgeInputs:
    """Nothing, other kinds of file, a header alone; and an example that is cut off, overwritten in the
    middle, or followed by more. The example is the shortest one, for each of these is sent many times.
    """
    example = min((raw for raw in examples if isinstance(raw, bytes)), key=len)
    middle = len(example) // 2
    overwritten = example[:middle] + bytes(OVERWRITTEN_BYTES) + example[middle + OVERWRITTEN_BYTES :]
    damaged = [*FOREIGN, example[:HEADER_BYTES], example[::-1]]
    either = [example[:middle], example[:-1], overwritten, example + b"\0"]
    # Of a very short example a part may be a whole file again.
    return EdgeInputs([], [raw for raw in damaged if raw not in examples], either)
