"""Choices read off a string of bytes: one cheap draw builds a case, zero bytes the simplest."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Tape:
    """A string of bytes that is read once, one byte for each choice; behind its end stand zeros."""

    def __init__(self, data: bytes) -> None:
        """Start reading at the first byte."""
        self.data = data
        self.position = 0

    def byte(self) -> int:
        """Read the next byte."""
        self.position += 1
        return self.data[self.position - 1] if self.position <= len(self.data) else 0

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of the options, the first one for a zero byte."""
        return options[self.byte() % len(options)]

    def chance(self, percent: int) -> bool:
        """Say yes that often; a zero byte says no."""
        return self.byte() * 100 >= 256 * (100 - percent)

    def times(self, most: int) -> range:
        """Give a range of one to `most` rounds."""
        return range(1 + self.byte() % most)

    def some(self, options: Sequence[T], most: int) -> list[T]:
        """Choose one to `most` options, possibly the same twice."""
        return [self.pick(options) for _ in self.times(most)]


def built(build: Callable[..., T], *sizes: int) -> st.SearchStrategy[T]:
    """Make a strategy of a function of tapes, which are cut from one string at fixed places.

    Parts on tapes of their own shrink by themselves. One draw for all of them, since hypothesis
    leaves many of several draws empty.
    """

    def cut(data: bytes) -> T:
        starts = [sum(sizes[:number]) for number in range(len(sizes))]
        pieces = [data[start : start + size] for start, size in zip(starts, sizes, strict=True)]
        return build(*map(Tape, pieces))

    return st.binary(min_size=sum(sizes), max_size=sum(sizes)).map(cut)
