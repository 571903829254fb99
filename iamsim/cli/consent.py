"""Asks somebody in a terminal about each file before it is written."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamsim.core.caret import printable

if TYPE_CHECKING:
    from typing import TextIO

WORDS = ("yes", "no", "all", "quit")


def shown_patch(patch: str) -> str:
    """A patch for a terminal, which obeys nothing in it."""
    return "".join(f"{printable(line, keep_tabs=True)}\n" for line in patch.split("\n")[:-1])


def somebody_there() -> bool:
    """Whether a question can be put to somebody: on standard error, answered on standard input."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


class Consent:
    """Shows the patch of one file after the other, and says for each whether it may be written.

    After ``all`` it asks no more; after ``quit``, and at the end of the input, it agrees no more.
    """

    def __init__(self, shown_on: TextIO) -> None:
        """Patches go to `shown_on`, questions to standard error."""
        self._shown_on = shown_on
        self._from_now_on: bool | None = None

    def __call__(self, name: str, patch: str) -> bool:
        """Whether a file may be written."""
        if self._from_now_on is False:
            return False
        self._shown_on.write(shown_patch(patch) if self._shown_on.isatty() else patch)
        self._shown_on.flush()
        if self._from_now_on:
            return True
        word = _answer(f"write {name}? [y]es, [n]o, [a]ll that follow, [q]uit: ")
        if word in {"all", "quit"}:
            self._from_now_on = word == "all"
        return word in {"yes", "all"}


def _answer(question: str) -> str:
    """Ask until one of the words, or its beginning, is the answer."""
    while True:
        sys.stderr.write(printable(question))
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            sys.stderr.write("\n")
            return "quit"
        typed = line.strip().lower()
        for word in WORDS:
            if typed and word.startswith(typed):
                return word
