"""Which cases run: expressions over names and tags, such as ``reports and not (s3 or slow)``.

A word of a name expression stands for every case whose id contains it, in any letter case; a word
of a tag expression for every case with that very tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.suites.cases import Case

    Wanted = Callable[[Case], bool]
    WordTest = Callable[[Case, str], bool]

_TOKEN = re.compile(r"""\s*(?:([()])|"([^"]*)"|'([^']*)'|([^\s()"']+))""")
_DEEPEST = 100


def by_name(text: str) -> Wanted:
    """Read an expression over ids; raises `RequestError` for one that can't be read."""
    return _Expression(text, lambda case, word: word.lower() in case.id.lower()).read()


def by_tag(text: str) -> Wanted:
    """Read an expression over tags; raises `RequestError` for one that can't be read."""
    return _Expression(text, lambda case, word: word in case.request.tags).read()


class _Expression:
    """Reads `or` over `and` over `not` over words and parentheses."""

    def __init__(self, text: str, holds: WordTest) -> None:
        self._text = text
        self._holds = holds
        self._tokens = _tokens(text)
        self._depth = 0

    def read(self) -> Wanted:
        wanted = self._either()
        if self._tokens:
            raise self._error(f"`{self._tokens[0][0]}` is too much")
        return wanted

    def _either(self) -> Wanted:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda case: any(part(case) for part in parts)

    def _all(self) -> Wanted:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda case: all(part(case) for part in parts)

    def _one(self) -> Wanted:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error("it is nested too deeply")
        try:
            if self._take("not"):
                inner = self._one()
                return lambda case: not inner(case)
            if self._take("("):
                wanted = self._either()
                if not self._take(")"):
                    raise self._error("a parenthesis is not closed")
                return wanted
            return self._word()
        finally:
            self._depth -= 1

    def _word(self) -> Wanted:
        if not self._tokens or (not self._tokens[0][1] and self._tokens[0][0] in "()"):
            raise self._error("a word is missing")
        word, quoted = self._tokens.pop(0)
        if not quoted and word in {"and", "or"}:
            raise self._error(f"a word is missing before `{word}`")
        holds = self._holds
        return lambda case: holds(case, word)

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0] == (word, False):
            self._tokens.pop(0)
            return True
        return False

    def _error(self, problem: str) -> RequestError:
        return RequestError(
            "invalid-selection",
            f"the selection `{self._text}` can't be read: {problem}",
            hint="combine words with `and`, `or`, `not` and parentheses",
        )


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Split into words and parentheses; quoted words are told apart from operators."""
    tokens: list[tuple[str, bool]] = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            message = f"the selection `{text}` can't be read: a quote is not closed"
            raise RequestError("invalid-selection", message)
        bracket, double, single, word = match.groups()
        quoted = double if double is not None else single
        tokens.append((quoted, True) if quoted is not None else (bracket or word, False))
        at = match.end()
    return tokens
