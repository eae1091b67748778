"""Files in the ARPA format <-> n-gram models in memory: what SRILM, KenLM and others write, plain or as .gz.

    \\data\\
    ngram 1=4
    ngram 2=3

    \\1-grams:
    -0.602  <unk>
    -99     <s>     -0.301
    -0.477  </s>
    -0.301  yes     -0.176

    \\2-grams:
    -0.125  <s> yes
    ...
    \\end\\

Numbers are logarithms to the base 10: of a word's probability after those before it, and of the factor for
words that are listed nowhere after this n-gram. What stands before `\\data\\` is passed over.
"""

from __future__ import annotations

import gzip
import pathlib
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from keras_seq import atomic
from keras_seq.errors import DataError
from keras_seq.formats.lines import lines, short

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
NEVER = -99.0  # what the format has for the logarithm of 0

NGram = tuple[Hashable, ...]


class NGrams(NamedTuple):
    """An n-gram model with backoff.

    `START` is what stands before a sentence and `END` is what ends it; `UNKNOWN`, where it is listed, has the
    probability of all words together that are not.
    """

    orders: list[dict[NGram, tuple[float, float]]]
    """Of the n-grams of one word, of two words and so on: log10 of the probability of the last word after the
    others, and log10 of the backoff.
    """

    def log10(self, history: Sequence[Hashable], word: Hashable) -> float:
        """The log10 of the probability of a word after others; `NEVER` for one that is not listed."""
        ngram = (*history[max(0, len(history) - len(self.orders) + 1) :], word)
        backoff = 0.0
        while ngram not in self.orders[len(ngram) - 1]:
            if len(ngram) == 1:
                return NEVER
            backoff += self.orders[len(ngram) - 2].get(ngram[:-1], (0.0, 0.0))[1]
            ngram = ngram[1:]
        return backoff + self.orders[len(ngram) - 1][ngram][0]

    def of_sentence(self, words: Iterable[Hashable]) -> list[float]:
        """The log10 of the probability of each word and of the end; one that is not listed is `UNKNOWN`."""
        known = [word if (word,) in self.orders[0] else UNKNOWN for word in words]
        ngram = [START, *known, END]
        return [self.log10(ngram[:place], ngram[place]) for place in range(1, len(ngram))]


def read(path: str | pathlib.Path) -> NGrams:
    """The n-gram model of an ARPA file; one whose name ends in .gz is decompressed.

    Raises:
        DataError: with file:line, where it is not such a file, is cut off, or counts, words or numbers are
            not right.
    """
    path = pathlib.Path(path)
    rows = ((f"{path}:{number}", line.strip(" \t")) for number, line in lines(path))
    counts, where, line = _counts(rows, path)
    orders: list[dict[NGram, tuple[float, float]]] = []
    for order, count in enumerate(counts, 1):
        if line != f"\\{order}-grams:":
            raise DataError(f"{where}: expected \\{order}-grams:, given {short(line)}")
        orders.append({})
        for where, line in rows:
            if line.startswith("\\"):
                break
            if line:
                _add(orders, len(counts), line, where)
        else:
            raise DataError(f"{path}: is cut off among the {order}-grams; the last line is to be \\end\\")
        if len(orders[-1]) != count:
            raise DataError(f"{where}: {len(orders[-1])} {order}-grams end here; \\data\\ says {count}")
    if line != "\\end\\":
        raise DataError(f"{where}: expected \\end\\, given {short(line)}")
    for word in (START, END):
        if (word,) not in orders[0]:
            raise DataError(f"{path}: the 1-grams have no {word}, which stands for the edge of a sentence")
    return NGrams(orders)


def write(ngrams: NGrams, path: str | pathlib.Path) -> None:
    """Write an ARPA file; compressed, where its name ends in .gz."""
    path = pathlib.Path(path)

    def whole(part: pathlib.Path) -> None:
        packs = path.suffix.lower() == ".gz"
        with (
            gzip.open(part, "wt", encoding="utf-8") if packs else open(part, "w", encoding="utf-8") as stream
        ):
            stream.writelines(f"{line}\n" for line in _lines(ngrams))

    atomic.replace(path, whole)


def _counts(rows: Iterator[tuple[str, str]], path: pathlib.Path) -> tuple[list[int], str, str]:
    """How many n-grams of each order `\\data\\` says there are; then the row that follows."""
    if not any(line == "\\data\\" for _, line in rows):
        raise DataError(f"{path}: has no line \\data\\, with which n-grams in the ARPA format begin")
    counts: list[int] = []
    for where, line in rows:
        if line.startswith("\\") and counts:
            return counts, where, line
        found = re.fullmatch(r"ngram\s+(\d+)\s*=\s*(\d+)", line)
        if line and (not found or int(found[1]) != len(counts) + 1):
            raise DataError(f"{where}: expected ngram {len(counts) + 1}=COUNT, given {short(line)}")
        if found:
            counts.append(int(found[2]))
    raise DataError(f"{path}: is cut off after \\data\\")


def _add(orders: list[dict[NGram, tuple[float, float]]], highest: int, line: str, where: str) -> None:
    """Put the n-gram of a line among those of its order, the last one of `orders`."""
    order, cells = len(orders), re.split(r"[ \t]+", line)
    if not order < len(cells) <= order + (2 if order < highest else 1):
        form = f"a number, {order} word(s){' and perhaps a number' if order < highest else ''}"
        raise DataError(f"{where}: expected {form}, given {short(line)}")
    ngram = tuple(UNKNOWN if word == "<UNK>" else word for word in cells[1 : order + 1])
    if ngram in orders[-1]:
        raise DataError(f"{where}: {short(' '.join(ngram))} stands here a second time")
    for word in ngram if order > 1 else ():
        if (word,) not in orders[0]:
            raise DataError(f"{where}: the word {short(word)} is not among the 1-grams")
    probability = _number(cells[0], where)
    if probability > 0:
        raise DataError(f"{where}: {cells[0]} is the logarithm of a probability above 1")
    orders[-1][ngram] = (probability, _number(cells[-1], where) if len(cells) == order + 2 else 0.0)


def _number(text: str, where: str) -> float:
    try:
        number = max(float(text), NEVER)  # some write -inf
    except ValueError:
        number = float("nan")
    if not number < float("inf"):
        raise DataError(f"{where}: expected a finite number, given {short(text)}")
    return number


def _lines(ngrams: NGrams) -> Iterator[str]:
    yield "\\data\\"
    for order, entries in enumerate(ngrams.orders, 1):
        yield f"ngram {order}={len(entries)}"
    for order, entries in enumerate(ngrams.orders, 1):
        yield from ("", f"\\{order}-grams:")
        for ngram, (probability, backoff) in entries.items():
            row = f"{probability:.9g}\t{' '.join(map(str, ngram))}"
            yield row if order == len(ngrams.orders) else f"{row}\t{backoff:.9g}"
    yield from ("", "\\end\\")
