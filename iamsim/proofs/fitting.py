"""Whether one text fits one glob, without an automaton where the glob is simple enough.

Most globs are asked about a few texts only: to compile an expression for each takes longer than to
go through the text once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from iamsim.core.wildcard import Wildcard
from iamsim.proofs.globs import LOOPS, Atom, Glob, Kind

FREE = 2
DIGITS = "0-9"
CLASSES: dict[Atom, str] = {  # the characters that a wildcard does not accept
    Wildcard.STAR: "",
    Wildcard.QUESTION: "",
    Wildcard.SEGMENT_STAR: ":",
    Wildcard.SEGMENT_QUESTION: ":",
    Kind.WORD: ":/",
    Kind.WORD_STAR: ":/",
    Kind.DIGIT: DIGITS,
}
EXPRESSIONS: dict[Atom, str] = {
    Wildcard.STAR: ".*",
    Wildcard.QUESTION: ".",
    Wildcard.SEGMENT_STAR: "[^:]*",
    Wildcard.SEGMENT_QUESTION: "[^:]",
    Kind.DIGIT: "[0-9]",
    Kind.WORD: "[^:/]",
    Kind.WORD_STAR: "[^:/]*",
}


class Run(NamedTuple):
    """Wildcards of one class in a row: how many characters there are at least, whether there may be
    more, and the literal behind them."""

    stops: str
    least: int
    loops: bool
    then: str


def simple_test(glob: Glob) -> Callable[[str], bool] | None:
    """The test of whether a text fits a glob; `None` where that takes an automaton: where letter
    case or a variable is not settled, or where an expression could go back over a text again and
    again, since more than two loops run on into what follows."""
    if glob.fold or glob.is_open:
        return None
    if all(isinstance(atom, str) or atom is Wildcard.STAR for atom in glob.atoms):
        return _by_pieces(glob)
    runs = _runs(glob.atoms[len(glob.head) :])
    free = sum(run.loops and not _ends(run, run is runs[-1]) for run in runs)
    if not free:
        return lambda text: _takes(runs, text, len(glob.head))
    if free > FREE:
        return None
    parts = (EXPRESSIONS.get(atom) or re.escape(str(atom)) for atom in glob.atoms)
    expression = re.compile("".join(parts), re.DOTALL)
    return lambda text: expression.fullmatch(text) is not None


def _by_pieces(glob: Glob) -> Callable[[str], bool]:
    """The test of literals with anything between them: each stands behind the one before."""
    pieces: list[list[str]] = [[]]
    for atom in glob.atoms:
        if isinstance(atom, str):
            pieces[-1].append(atom)
        else:
            pieces.append([])
    first, *middle, last = map("".join, pieces)

    def test(text: str) -> bool:
        place, end = len(first), len(text) - len(last)
        if place > end or not text.startswith(first) or not text.endswith(last):
            return False
        for piece in middle:
            found = text.find(piece, place, end)
            if found < 0:
                return False
            place = found + len(piece)
        return True

    return test


def _ends(run: Run, is_last: bool) -> bool:
    """Whether what follows a run of any length ends it, so that it takes all that it can."""
    return run.then[0] in run.stops if run.then else is_last


def _runs(atoms: Iterable[Atom]) -> list[Run]:
    """A glob behind its literal beginning."""
    runs: list[Run] = []
    for atom in atoms:
        if isinstance(atom, str):
            runs[-1] = runs[-1]._replace(then=runs[-1].then + atom)
            continue
        stops, loops = CLASSES[atom], atom in LOOPS
        last = runs[-1] if runs else None
        if last is None or last.then or last.stops != stops:
            runs.append(Run(stops, not loops, loops, ""))
        else:
            runs[-1] = Run(stops, last.least + (not loops), last.loops or loops, "")
    return runs


def _takes(runs: Iterable[Run], text: str, place: int) -> bool:
    """Whether runs, each as long as it can be, take a text from some place to its end."""
    for stops, least, loops, then in runs:
        end = place + least
        if stops is DIGITS:
            part = text[place:end]
            if len(part) < least or not (part.isascii() and part.isdigit()):
                return False
        elif loops:
            found = (text.find(stop, place) for stop in stops)
            end = min((spot for spot in found if spot >= 0), default=len(text))
            if end - place < least:
                return False
        elif end > len(text) or any(text.find(stop, place, end) >= 0 for stop in stops):
            return False
        if not text.startswith(then, end):
            return False
        place = end + len(then)
    return place == len(text)
