"""Bracketed trees -> raw examples."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keras_seq.errors import DataError
from keras_seq.formats.examples import Example
from keras_seq.formats.lines import files, lines


class Treebank:
    """Labelled phrases of bracketed trees, as in the Stanford Sentiment Treebank: an iterable of `Example`.

    A line is a tree, `(3 (2 a) (3 (3 fine) (2 film)))`, with a label from 0 (very negative) to 4 (very
    positive) at every node. Each node gives an example: its words with spaces between, and "negative" (0, 1)
    or "positive" (3, 4); neutral nodes (2) are left out. Source: Socher et al. 2013, EMNLP.
    """

    TRUTHS = {"0": "negative", "1": "negative", "3": "positive", "4": "positive"}

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Example]:
        for path in files(self.path):
            found = False
            for number, line in lines(path):
                where = f"{path}:{number}"
                for label, phrase in self._phrases(line, where):
                    if label in self.TRUTHS:
                        found = True
                        yield Example(phrase, self.TRUTHS[label], where)
            if not found:
                raise DataError(
                    f"{path}: has no labelled phrases; expected trees, as in (3 (2 a) (3 (3 fine) (2 film)))"
                )

    @staticmethod
    def _phrases(line: str, where: str) -> Iterator[tuple[str, str]]:
        open_nodes: list[tuple[str, int]] = []  # label, how many words stand before the node
        words: list[str] = []
        for bracket, label, word in re.findall(r"(\()\s*([0-4])\s|\)|([^()\s]+)", line):
            if bracket:
                open_nodes.append((label, len(words)))
            elif word:
                words.append(word)
            elif open_nodes:
                label, start = open_nodes.pop()
                yield label, " ".join(words[start:])
            else:
                raise DataError(f"{where}: a bracket is closed that was never opened")
        if open_nodes:
            raise DataError(f"{where}: {len(open_nodes)} bracket(s) never closed")
