"""What globs have in common, where that shows soon: most questions about texts need no more.

Two globs are followed in step. What is found is right; that nothing is found proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import cycle, islice, product
from typing import TypeGuard

from iamsim.core.wildcard import Wildcard
from iamsim.proofs.globs import LOOPS, WIDTHS, Atom, Glob, Kind

CHOICES = 64  # rows of globs, one of each group, that are followed
STEPS = 2_000  # of two globs
OTHER_ACCOUNT = "777788889999"  # the digits of accounts that nothing names
FRESH = "xyqvw~^"  # what stands for any character, if no glob names it
# An atom is followed as a character, or as the width of what it accepts, with this more for a loop.
LOOP = 10
SINGLES: dict[int, Atom] = {
    0: Kind.DIGIT,
    1: Kind.WORD,
    2: Wildcard.SEGMENT_QUESTION,
    3: Wildcard.QUESTION,
}
LOOPED: dict[int, Atom] = {
    1: Kind.WORD_STAR,
    2: Wildcard.SEGMENT_STAR,
    3: Wildcard.STAR,
}
Code = str | int | None  # `None` stands behind the last
Path = tuple["Path | None", str | int]


def common_texts(groups: list[tuple[Glob, ...]]) -> Iterator[str]:
    """Give texts that fit some glob of each group, from the shortest globs on."""
    ordered = [sorted(group, key=lambda glob: glob.least) for group in groups]
    for row in islice(product(*ordered), CHOICES):
        common: Glob | None = None
        for glob in row:
            common = glob if common is None else common_glob(common, glob)
            if common is None:
                break
        else:
            yield "" if common is None else _shortest_text(common)


@lru_cache(maxsize=50_000)
def _shortest_text(glob: Glob) -> str:
    """The shortest text of a glob, with characters that it does not name for its wildcards."""
    used = set(glob.atoms)
    fresh = next((character for character in FRESH if character not in used), FRESH[0])
    digits = cycle(OTHER_ACCOUNT)
    return "".join(
        atom if isinstance(atom, str) else next(digits) if atom is Kind.DIGIT else fresh
        for atom in glob.atoms
        if atom not in LOOPS
    )


@lru_cache(maxsize=50_000)
def common_glob(first: Glob, second: Glob) -> Glob | None:
    """A glob all of whose texts fit both, as wide as one glob is; `None` where none came up."""
    head = min(first.head, second.head, key=len)
    if not (first.head.startswith(head) and second.head.startswith(head)):
        return None
    path = _Pair(first, second).path(len(head))
    return None if path is None else Glob((*head, *path))


@lru_cache(maxsize=50_000)
def _codes(glob: Glob) -> tuple[Code, ...]:
    """The atoms of a glob as they are followed."""
    return (
        *(
            atom if isinstance(atom, str) else WIDTHS[atom] + (LOOP if atom in LOOPS else 0)
            for atom in glob.atoms
        ),
        None,
    )


class _Pair:
    """Two globs that are followed in step."""

    def __init__(self, first: Glob, second: Glob) -> None:
        """Take the globs."""
        self.codes = _codes(first), _codes(second)
        self.folds = first.fold, second.fold
        # Where to go on otherwise: the places in both, and what was met on the way.
        self.waiting: list[tuple[int, int, Path | None]] = []

    def path(self, start: int) -> tuple[Atom, ...] | None:
        """What both have in common behind a place that both have reached."""
        self.waiting = [(start, start, None)]
        seen: set[tuple[int, int]] = set()
        steps = 0
        while self.waiting:
            left, right, path = self.waiting.pop()
            while steps < STEPS:
                steps += 1
                one, other = self.codes[0][left], self.codes[1][right]
                if one == other and isinstance(one, str):
                    left, right, path = left + 1, right + 1, (path, one)
                    continue
                if one is None and other is None:
                    return _atoms(path)
                if _is_loop(one) or _is_loop(other):
                    if (left, right) in seen:
                        break
                    seen.add((left, right))
                met = self._next(left, right, path)
                if met is None:
                    break
                left, right, path = met
        return None

    def _next(
        self, left: int, right: int, path: Path | None
    ) -> tuple[int, int, Path | None] | None:
        """The next places, if there are any: those that make the text shorter first."""
        one, other = self.codes[0][left], self.codes[1][right]
        if _is_loop(one) and _is_loop(other):
            self.waiting += [(left, right + 1, path), (left + 1, right, path)]
            return left + 1, right + 1, (path, min(one, other))
        if not (_is_loop(one) or _is_loop(other)):
            common = self._common(one, other)
            return None if common is None else (left + 1, right + 1, (path, common))
        common = self._common(one, other)
        if _is_loop(one):
            behind = left + 1, right, path
            stays = None if common is None else (left, right + 1, (path, common))
        else:
            behind = left, right + 1, path
            stays = None if common is None else (left + 1, right, (path, common))
        if not self._may_meet(behind[0], behind[1]):
            return stays
        if stays is not None:
            self.waiting.append(stays)
        return behind

    def _may_meet(self, left: int, right: int) -> bool:
        """Whether the atoms at two places have something in common, or a loop may end there."""
        one, other = self.codes[0][left], self.codes[1][right]
        if one is None or other is None:
            return one is other or _is_loop(one) or _is_loop(other)
        return _is_loop(one) or _is_loop(other) or self._common(one, other) is not None

    def _common(self, one: Code, other: Code) -> str | int | None:
        """The single atom that two have in common, of which one may be a loop."""
        if one is None or other is None:
            return None
        if isinstance(one, str):
            if isinstance(other, str):
                return self._character(one, other)
            return one if _width(one) <= other % LOOP else None
        if isinstance(other, str):
            return other if _width(other) <= one % LOOP else None
        return min(one % LOOP, other % LOOP)

    def _character(self, one: str, other: str) -> str | None:
        """A character that two globs name; the letter case of one that looks at it counts."""
        if one == other:
            return one
        if self.folds[0] and one == other.lower():
            return other
        return one if self.folds[1] and one.lower() == other else None


def _is_loop(code: Code) -> TypeGuard[int]:
    """Whether a code stands for any number of characters."""
    return isinstance(code, int) and code >= LOOP


def _width(character: str) -> int:
    """How wide a wildcard has to be to accept a character."""
    if character in "0123456789":
        return 0
    return 3 if character == ":" else 2 if character == "/" else 1


def _atoms(path: Path | None) -> tuple[Atom, ...]:
    """What was met on a path, in order."""
    found: list[Atom] = []
    while path is not None:
        path, code = path
        if isinstance(code, str):
            found.append(code)
        else:
            found.append(LOOPED[code - LOOP] if code >= LOOP else SINGLES[code])
    return tuple(reversed(found))
