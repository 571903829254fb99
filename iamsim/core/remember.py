"""Tables of what was worked out, of bounded size."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def remember(table: dict[K, V], key: K, value: V, limit: int) -> V:
    """Keep a value, and give it back; a full table forgets its oldest quarter first."""
    if len(table) >= limit:
        for old in list(table)[: max(1, limit // 4)]:
            table.pop(old, None)
    table[key] = value
    return value
