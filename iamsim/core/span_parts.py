"""Parts of a source: a document that stands inside a larger text, with places of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from iamsim.core.data_class import dataclass
from iamsim.core.span import Path, Source

Offsets = Mapping[Path, tuple[int, int]]


@dataclass(eq=False, slots=True)
class _PartLocator:
    """Finds the places of the part of a text that stands at `prefix`."""

    whole: Callable[[str], Offsets]
    prefix: Path

    def __call__(self, text: str) -> Offsets:
        return _PartOffsets(self.whole(text), self.prefix)


class _PartOffsets(Mapping[Path, tuple[int, int]]):
    """The places below `prefix`, by their paths from there; a view, so that it costs nothing."""

    __slots__ = ("prefix", "whole")

    def __init__(self, whole: Offsets, prefix: Path) -> None:
        self.whole = whole
        self.prefix = prefix

    def __getitem__(self, path: Path) -> tuple[int, int]:
        return self.whole[self.prefix + path]

    def __iter__(self) -> Iterator[Path]:
        length = len(self.prefix)
        return (path[length:] for path in self.whole if path[:length] == self.prefix)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def part_of(source: Source, path: Path) -> Source:
    """Give a source of the same name and text whose paths start at the element at `path`."""
    if source.locate_all is None or not path:
        return source
    return Source(source.name, source.text, _PartLocator(source.locate_all, path))
