"""Faults of examples by kind: counted, and the first of each named."""

from __future__ import annotations

MOST_NAMED = 3  # examples of each kind


class Faults:
    """Faults of examples by kind: how many, and the places of the first of each.

    Attributes:
        count: of all kinds.
    """

    def __init__(self) -> None:
        self.count = 0
        self._kinds: dict[str, tuple[int, list[str]]] = {}  # how many, the first places

    def add(self, fault: str, where: str) -> None:
        """Count one.

        Args:
            fault: its kind, and behind a colon what is its own.
            where: "file:line" of the example.
        """
        self.count += 1
        kind, _, own = fault.partition(": ")
        count, places = self._kinds.get(kind, (0, []))
        if count < MOST_NAMED:
            places.append(f"{where}{f' ({own})' if own else ''}")
        self._kinds[kind] = count + 1, places

    def __str__(self) -> str:
        return "; ".join(
            f"{count} {kind} ({', '.join(places)}{', ...' if count > len(places) else ''})"
            for kind, (count, places) in self._kinds.items()
        )
