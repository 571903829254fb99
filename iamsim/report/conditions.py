"""Sentences that cells depend on, each written once and then referred to by its number."""

from __future__ import annotations

from collections.abc import Iterable


class Conditions:
    """The sentences of one document."""

    def __init__(self) -> None:
        """Start without any."""
        self._numbers: dict[str, int] = {}

    def mark(self, sentences: Iterable[str | None]) -> str:
        """The numbers of some sentences in brackets; empty without any."""
        marks = [
            f"[{self._numbers.setdefault(sentence, len(self._numbers) + 1)}]"
            for sentence in sentences
            if sentence is not None
        ]
        return "".join(dict.fromkeys(marks))

    @property
    def legend(self) -> list[tuple[str, str]]:
        """Every number with its sentence."""
        return [(f"[{number}]", sentence) for sentence, number in self._numbers.items()]
