"""Which of many patterns a text fits, found by their beginnings; and texts that fit several.

Most patterns of policies are whole ARNs, or ARNs with a star behind: those are looked up. The
others are tried only on texts that begin and end as they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iamsim.core.wildcard import TextTest, Token, Wildcard, compile_tokens
from iamsim.symbolic.strings import Pattern, text_classes

FRESH = "~"  # a character that names hardly have
MOST_WALKED = 3_000  # characters of patterns that are walked together
MOST_PAIRS = 5_000  # of patterns that are tried together


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits of a set, in order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def head_of(tokens: Sequence[Token]) -> str:
    """What every text begins with that fits a pattern."""
    return tokens[0] if tokens and isinstance(tokens[0], str) else ""


def is_prefix(tokens: Sequence[Token]) -> bool:
    """Whether a pattern is a text with a star behind."""
    return len(tokens) == 2 and isinstance(tokens[0], str) and tokens[1] is Wildcard.STAR  # noqa: PLR2004 - text and star


def is_whole(tokens: Sequence[Token]) -> bool:
    """Whether a pattern is a text without wildcards."""
    return len(tokens) == 1 and isinstance(tokens[0], str)


class PatternIndex:
    """Patterns by number; `fit` gives those that a text fits, as the bits of one integer."""

    def __init__(self, patterns: Sequence[tuple[Token, ...]]) -> None:
        """Sort the patterns by their kind and by what they begin with."""
        self._whole: dict[str, int] = {}
        prefixes: dict[int, dict[str, int]] = {}
        others: dict[int, dict[str, list[tuple[int, str, TextTest]]]] = {}
        for number, tokens in enumerate(patterns):
            bit, head = 1 << number, head_of(tokens)
            if is_whole(tokens):
                self._whole[head] = self._whole.get(head, 0) | bit
            elif is_prefix(tokens):
                same = prefixes.setdefault(len(head), {})
                same[head] = same.get(head, 0) | bit
            else:
                last = tokens[-1] if tokens else ""
                tail = last if isinstance(last, str) else ""
                entry = bit, tail, compile_tokens(tokens)
                others.setdefault(len(head), {}).setdefault(head, []).append(entry)
        self._prefixes = sorted(prefixes.items())
        self._others = sorted(others.items())

    def fit(self, text: str) -> int:
        """The patterns that a text fits."""
        found = self._whole.get(text, 0)
        for length, heads in self._prefixes:
            if length > len(text):
                break
            found |= heads.get(text[:length], 0)
        for length, some in self._others:
            if length > len(text):
                break
            for bit, tail, test in some.get(text[:length], ()):
                if text.endswith(tail) and test(text):
                    found |= bit
        return found


def meeting_texts(patterns: Mapping[str, tuple[Token, ...]]) -> tuple[list[str], bool]:
    """Texts for the ways in which patterns with wildcards inside meet others, and whether these
    are all ways.

    Whole texts meet a pattern or don't: they stand for themselves. Patterns that begin or end in
    ways that exclude each other don't meet; those that can are walked together.
    """
    odd = [
        pattern for pattern in patterns.values() if not is_whole(pattern) and not is_prefix(pattern)
    ]
    prefixes = [pattern for pattern in patterns.values() if is_prefix(pattern)]
    whole = [pattern for pattern in patterns.values() if is_whole(pattern)]
    texts: list[str] = []
    complete = True
    pairs = 0
    for group in _groups(odd):
        heads = tuple(dict.fromkeys(map(head_of, group)))
        met = [
            prefix for prefix in prefixes if any(_may_meet(head_of(prefix), head) for head in heads)
        ]
        texts += (head_of(parts) for parts in met)  # a star may stand for nothing
        texts += (text for tokens in group for text in _behind("", tokens))
        if len(group) > 1:
            index = PatternIndex(group)
            walked = [*group, *(parts for parts in whole if index.fit(head_of(parts)))]
            alone = text_classes(map(Pattern, walked))
            texts += alone.strings
            if not alone.complete:
                complete = False
            elif any(index.fit(text).bit_count() > 1 for text in alone.strings):
                if sum(len(head_of(parts)) for parts in met) <= MOST_WALKED:
                    alone = text_classes(map(Pattern, (*walked, *met)))
                    texts += alone.strings
                    if alone.complete:
                        continue
                complete = False
        for tokens in group:
            pairs += len(met)
            if pairs > MOST_PAIRS:
                return texts, False
            texts += (text for parts in met for text in _behind(head_of(parts), tokens))
    return texts, complete


def _groups(odd: Sequence[tuple[Token, ...]]) -> list[list[tuple[Token, ...]]]:
    """Sort patterns into groups that don't meet each other, going by their beginnings and ends."""
    groups: list[list[tuple[Token, ...]]] = []
    for tokens in odd:
        mine = [tokens]
        others = []
        for group in groups:
            if any(_may_overlap(tokens, parts) for parts in group):
                mine = [*group, *mine]
            else:
                others.append(group)
        groups = [*others, mine]
    return groups


def _may_overlap(one: Sequence[Token], other: Sequence[Token]) -> bool:
    """Whether neither what two patterns begin with nor what they end with keeps them apart."""
    first, second = _tail_of(one), _tail_of(other)
    return _may_meet(head_of(one), head_of(other)) and (
        first.endswith(second) or second.endswith(first)
    )


def _tail_of(tokens: Sequence[Token]) -> str:
    last = tokens[-1] if tokens else ""
    return last if isinstance(last, str) else ""


def _may_meet(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _behind(head: str, tokens: tuple[Token, ...]) -> Iterator[str]:
    """Texts that begin with `head` and fit a pattern: one for each place of the pattern where
    the beginning can end, short ones first."""
    places = {(0, 0)}  # the token, and how much of its text is read
    for character in head:
        places = set(_steps(tokens, places, character))
    found = []
    for number, read in places:
        rest = tokens[number:]
        if read:
            first = rest[0]
            rest = (first[read:] if isinstance(first, str) else "", *rest[1:])
        found.append(head + "".join(token if isinstance(token, str) else FRESH for token in rest))
    yield from sorted(found, key=lambda text: (len(text), text))


def _steps(
    tokens: tuple[Token, ...], places: set[tuple[int, int]], character: str
) -> Iterator[tuple[int, int]]:
    """The places of a pattern after one more character."""
    waiting = list(places)
    while waiting:
        number, read = waiting.pop()
        token = tokens[number] if number < len(tokens) else ""
        if isinstance(token, str):
            if token[read : read + 1] == character:
                end = read + 1 == len(token)
                yield (number + 1, 0) if end else (number, read + 1)
            continue
        star = token in {Wildcard.STAR, Wildcard.SEGMENT_STAR}
        if star:
            waiting.append((number + 1, 0))
        if character != ":" or token in {Wildcard.STAR, Wildcard.QUESTION}:
            yield (number, 0) if star else (number + 1, 0)
