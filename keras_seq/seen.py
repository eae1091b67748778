"""What of a training split scores compare with, such as its entities: in plain, or as fingerprints.

A run holds the texts themselves. A model that is given away holds no text of the data, only what tells
whether one was there: the first 64 bits of its SHA-256. Who guesses a text can check the guess; nothing can be
read off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Set

DIGITS = 16  # of a fingerprint, hexadecimal
KEY = "fingerprints"


class Fingerprints(Set):
    """A set that knows its texts by their fingerprints alone: `in` takes a text, iteration gives fingerprints.

    Args:
        fingerprints: of the texts that are in it.
    """

    def __init__(self, fingerprints: Iterable[str] = ()) -> None:
        self._known = frozenset(fingerprints)

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and fingerprint(text) in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def fingerprint(text: str) -> str:
    """The first 16 hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def fingerprints(seen: Set[str]) -> Fingerprints:
    """A set of texts as a set that answers the same and holds none of them."""
    return seen if isinstance(seen, Fingerprints) else Fingerprints(map(fingerprint, seen))


def encoded(seen: Set[str]) -> str:
    """A set of either kind as the text of a JSON file, an entry a line."""
    values = sorted(seen)
    content = {KEY: values} if isinstance(seen, Fingerprints) else values
    return json.dumps(content, ensure_ascii=False, indent=0) + "\n"


def decoded(text: str) -> Set[str]:
    """The set that `encoded` wrote.

    Raises:
        ValueError, KeyError, TypeError: when it is no such text.
    """
    content = json.loads(text)
    return Fingerprints(content[KEY]) if isinstance(content, dict) else set(content)
