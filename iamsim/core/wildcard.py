"""Wildcards, matched in time linear in the text for each piece of the pattern, never backtracking.

``*`` is any run of characters, ``?`` is exactly one. In the first five parts of an ARN two stricter
forms exist that do not cross a colon; see
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

TextTest = Callable[[str], bool]


class Wildcard(Enum):
    """The four wildcards. The segment forms do not match a colon."""

    STAR = "*"
    QUESTION = "?"
    SEGMENT_STAR = "[^:]*"
    SEGMENT_QUESTION = "[^:]"

    __hash__ = object.__hash__  # an enumeration's own is written in Python


_SINGLE = frozenset({Wildcard.QUESTION, Wildcard.SEGMENT_QUESTION})

Token = str | Wildcard


def tokenize(pattern: str) -> tuple[Token, ...]:
    """Cut a pattern at its ``*`` and ``?``; everything else is literal."""
    if "*" not in pattern and "?" not in pattern:
        return (pattern,)
    tokens: list[Token] = []
    start = 0
    for position, character in enumerate(pattern):
        if character in "*?":
            if position > start:
                tokens.append(pattern[start:position])
            tokens.append(Wildcard.STAR if character == "*" else Wildcard.QUESTION)
            start = position + 1
    if start < len(pattern):
        tokens.append(pattern[start:])
    return tuple(tokens)


def example_of(pattern: str | Iterable[Token], run: str = "sample", single: str = "x") -> str:
    """Write a text that a pattern matches: `run` for its stars, `single` for its question marks.

    `run` holds no colon where a pattern of tokens has stars that do not cross one, and `single`
    is one character, no colon.
    """
    tokens = tokenize(pattern) if isinstance(pattern, str) else pattern
    return "".join(
        token if isinstance(token, str) else single if token in _SINGLE else run for token in tokens
    )


def compile_tokens(tokens: Iterable[Token]) -> TextTest:
    """Turn tokens into a test of whole texts, anchored at both ends."""
    parts = _merge(tokens)
    pieces = _star_pieces(parts)
    if pieces is None:
        return _Automaton(parts).matches
    first, last = pieces[0], pieces[-1]
    match len(pieces):
        case 1:
            return first.__eq__
        case 2 if not first and not last:
            return _anything
        case 2 if not last:
            return lambda text: text.startswith(first)
        case 2 if not first:
            return lambda text: text.endswith(last)
        case 2:
            shortest = len(first) + len(last)
            return lambda text: (
                text.startswith(first) and text.endswith(last) and len(text) >= shortest
            )
        case _:
            return lambda text: _match_pieces(pieces, text)


def match_tokens(tokens: Iterable[Token], text: str) -> bool:
    """Match once, for patterns whose literals are only known at the time of the request."""
    parts = _merge(tokens)
    pieces = _star_pieces(parts)
    return _Automaton(parts).matches(text) if pieces is None else _match_pieces(pieces, text)


def _anything(_text: str) -> bool:
    return True


def _merge(tokens: Iterable[Token]) -> list[Token]:
    """Join neighboring literals and neighboring stars, drop empty literals."""
    parts: list[Token] = []
    for token in tokens:
        if token == "":
            continue
        before = parts[-1] if parts else None
        if isinstance(token, str) and isinstance(before, str):
            parts[-1] = before + token
        elif token is not Wildcard.STAR or before is not Wildcard.STAR:
            parts.append(token)
    return parts


def _star_pieces(parts: list[Token]) -> tuple[str, ...] | None:
    """The literals between stars, when the pattern has no other wildcard; else `None`."""
    pieces = [""]
    for part in parts:
        if isinstance(part, str):
            pieces[-1] += part
        elif part is Wildcard.STAR:
            pieces.append("")
        else:
            return None
    return tuple(pieces)


def _match_pieces(pieces: tuple[str, ...], text: str) -> bool:
    """Match literals separated by stars: taking each as early as it occurs loses nothing."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return text == first
    position = len(first)
    end = len(text) - len(last)
    if end < position or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in pieces[1:-1]:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


class _Automaton:
    """All states of the pattern in the bits of one integer, moved on by each character.

    Bit i means: the first i atoms have matched. An atom is one character or one ``?``; a star is
    a loop at its state.
    """

    __slots__ = ("_accept", "_any", "_by_character", "_loops", "_segment_any", "_segment_loops")

    def __init__(self, parts: list[Token]) -> None:
        """Lay out the bits."""
        self._by_character: dict[str, int] = {}
        self._any = self._segment_any = self._loops = self._segment_loops = 0
        bit = 1
        for part in parts:
            if isinstance(part, str):
                for character in part:
                    self._by_character[character] = self._by_character.get(character, 0) | bit
                    bit <<= 1
            elif part is Wildcard.STAR:
                self._loops |= bit
            elif part is Wildcard.SEGMENT_STAR:
                self._segment_loops |= bit
            elif part is Wildcard.QUESTION:
                self._any |= bit
                bit <<= 1
            else:
                self._segment_any |= bit
                bit <<= 1
        self._accept = bit

    def matches(self, text: str) -> bool:
        """Run over the text once."""
        states = 1
        for character in text:
            advance = self._any | self._by_character.get(character, 0)
            stay = self._loops
            if character != ":":
                advance |= self._segment_any
                stay |= self._segment_loops
            states = ((states & advance) << 1) | (states & stay)
            if not states:
                return False
        return bool(states & self._accept)
