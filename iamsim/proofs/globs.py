"""Patterns of whole texts, as the text search reads them, and when one covers another.

A glob is what a policy's pattern means once its wildcards have their place: a row of literals and
wildcards. `Kind` has the wildcards of ARN formats.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from iamsim.core.wildcard import Token, Wildcard


class Kind(Enum):
    """Wildcards that only the formats of ARNs have: a decimal digit, and what stands between two
    separators."""

    DIGIT = "0-9"
    WORD = "[^:/]"
    WORD_STAR = "[^:/]*"

    __hash__ = object.__hash__  # an enumeration's own is written in Python


class Open(NamedTuple):
    """A policy variable whose value is not known: some text, the same wherever it stands."""

    variable: str


Atom = str | Wildcard | Kind | Open  # a literal here is one character
LOOPS = frozenset({Wildcard.STAR, Wildcard.SEGMENT_STAR, Kind.WORD_STAR})
# Which characters a wildcard accepts, the narrower the smaller: those of one accept all of those
# below.
WIDTHS: dict[Atom, int] = {
    Kind.DIGIT: 0,
    Kind.WORD: 1,
    Kind.WORD_STAR: 1,
    Wildcard.SEGMENT_QUESTION: 2,
    Wildcard.SEGMENT_STAR: 2,
    Wildcard.QUESTION: 3,
    Wildcard.STAR: 3,
}
OPEN_WIDTH = 4


class Glob:
    """One pattern; with `fold` letter case is not looked at (its literals are in lower case).

    `literal` is the only text that the glob accepts, if it is so simple, and `head` the literal
    beginning of all that it accepts, whose texts have `least` characters or more. `is_open` says
    whether it has a variable without known value.
    """

    __slots__ = ("_hash", "atoms", "fold", "head", "is_everything", "is_open", "least", "literal")

    def __init__(self, atoms: tuple[Atom, ...], *, fold: bool = False) -> None:
        """Take the atoms, and keep what is asked of them again and again."""
        self.atoms = atoms
        self.fold = fold
        self._hash = hash((atoms, fold))
        self.is_everything = atoms == (Wildcard.STAR,)
        wild = [place for place, atom in enumerate(atoms) if type(atom) is not str]
        others = [atoms[place] for place in wild]
        self.is_open = any(type(atom) is Open for atom in others)
        self.head = "" if fold else "".join(atoms[: wild[0]] if wild else atoms)  # type: ignore[arg-type]  # characters
        self.literal = None if fold or wild else self.head
        self.least = len(atoms) - sum(atom in LOOPS for atom in others)

    def __hash__(self) -> int:
        """By content; worked out once."""
        return self._hash

    def __eq__(self, other: object) -> bool:
        """By content."""
        return self is other or (
            isinstance(other, Glob)
            and self._hash == other._hash
            and self.fold == other.fold
            and self.atoms == other.atoms
        )

    def __repr__(self) -> str:
        """The pattern as people write it."""
        parts = (
            atom
            if isinstance(atom, str)
            else f"${{{atom.variable}}}"
            if isinstance(atom, Open)
            else atom.value
            for atom in self.atoms
        )
        return f"<Glob {''.join(parts)}>"

    @classmethod
    def of(cls, tokens: Iterable[Token | Kind | Open], *, fold: bool = False) -> Glob:
        """Cut the literals of tokens into characters."""
        atoms: list[Atom] = []
        for token in tokens:
            if isinstance(token, str):
                atoms += token.lower() if fold else token
            elif token not in LOOPS or atoms[-1:] != [token]:
                atoms.append(token)
        return cls(tuple(atoms), fold=fold)

    @property
    def widened(self) -> Glob:
        """The glob with anything in the place of its variables."""
        return _widened(self) if self.is_open else self


@lru_cache(maxsize=20_000)
def _widened(glob: Glob) -> Glob:
    """The same; remembered."""
    atoms = (Wildcard.STAR if isinstance(atom, Open) else atom for atom in glob.atoms)
    return Glob.of(atoms, fold=glob.fold)


ANYTHING = Glob((Wildcard.STAR,))
SOMETHING = Glob((Wildcard.QUESTION, Wildcard.STAR))


@lru_cache(maxsize=50_000)
def literal_glob(text: str, *, fold: bool = False) -> Glob:
    """The glob of one text."""
    return Glob.of((text,), fold=fold)


@lru_cache(maxsize=100_000)
def covers(wide: Glob, narrow: Glob) -> bool:
    """Whether every text of `narrow` is one of `wide`, as far as that shows from their atoms.

    The atoms of `narrow` are read as if they were characters: its wildcards only fit those of
    `wide` that accept as much. Nothing is covered falsely; something may be missed.
    """
    if wide.is_everything or wide == narrow:
        return True
    if narrow.fold and not wide.fold:
        return False
    states = {0}
    atoms = wide.atoms
    for atom in narrow.atoms:
        reached = set()
        for state in _closed(states, atoms):
            if state == len(atoms):
                continue
            expected = atoms[state]
            if expected in LOOPS:
                if _width(atom) <= WIDTHS[expected] or expected is Wildcard.STAR:
                    reached.add(state)
            elif _accepts(expected, atom, fold=wide.fold):
                reached.add(state + 1)
        states = reached
        if not states:
            return False
    return len(atoms) in _closed(states, atoms)


def _closed(states: set[int], atoms: tuple[Atom, ...]) -> set[int]:
    """Add the states behind loops."""
    closed = set(states)
    for state in states:
        place = state
        while place < len(atoms) and atoms[place] in LOOPS:
            place += 1
            closed.add(place)
    return closed


def _width(atom: Atom) -> int:
    """How wide an atom is: the narrowest wildcard that accepts it, in the numbers of `WIDTHS`."""
    if isinstance(atom, Open):
        return OPEN_WIDTH
    if not isinstance(atom, str):
        return WIDTHS[atom]
    if atom in "0123456789":
        return 0
    return {"/": 2, ":": 3}.get(atom, 1)


def _accepts(expected: Atom, atom: Atom, *, fold: bool) -> bool:
    """Whether one atom of the wider glob accepts all that an atom of the narrower stands for."""
    if atom in LOOPS:
        return False
    if isinstance(expected, str | Open):
        return expected == (atom.lower() if fold and isinstance(atom, str) else atom)
    return _width(atom) <= WIDTHS[expected]


def rests(glob: Glob, start: str) -> list[tuple[Atom, ...]]:
    """What is left of a glob behind each way in which it can begin with a text."""
    atoms = glob.atoms
    states = {0}
    for character in start:
        reached = set()
        for state in _closed(states, atoms):
            if state == len(atoms):
                continue
            expected = atoms[state]
            if isinstance(expected, Open):
                continue
            if expected in LOOPS:
                if _width(character) <= WIDTHS[expected]:
                    reached.add(state)
            elif _accepts(expected, character, fold=glob.fold):
                reached.add(state + 1)
        states = reached
    return [atoms[state:] for state in sorted(states)]
