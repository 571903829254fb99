"""Slips of the keyboard: which texts are surely a name that somebody missed."""

from __future__ import annotations

from collections.abc import Iterable


def is_slip(text: str, names: Iterable[str]) -> bool:
    """Whether a text is one slip of the keyboard away from a name: a letter too many, too few or
    another one, or two exchanged. Letter case is not looked at.

    Only then is a name that the reference does not list surely no newer one.
    """
    written = text.lower()
    return any(_one_slip(written, name.lower()) for name in names)


def _one_slip(one: str, other: str) -> bool:
    """Compare what is left when the common start and the common end are taken off."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[2:] == right[2:] and left[:2] == right[1::-1])
    )
