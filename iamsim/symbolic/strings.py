"""Which combinations of text patterns one string can satisfy, with a string for each.

All patterns are walked at once: the state is one integer whose bits are the places reached in every
pattern. Characters that no pattern names behave alike, so one of them stands for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, count, islice

from iamsim.core.data_class import NamedTuple
from iamsim.core.wildcard import Token, Wildcard, match_tokens

MOST_STATES = 3000
FRESH = "xyqvw~^0123456789"
# Characters whose lower case is a letter of ASCII or Latin-1 that has another upper case.
ODD_CAPITALS = {"k": "\u212a", "\u00e5": "\u212b"}
ARN_COLONS = 5
SEGMENT = {Wildcard.STAR: Wildcard.SEGMENT_STAR, Wildcard.QUESTION: Wildcard.SEGMENT_QUESTION}


class Pattern(NamedTuple):
    """One pattern over whole strings; with `fold` letter case is not looked at (the literals are
    then in lower case)."""

    tokens: tuple[Token, ...]
    fold: bool = False

    @property
    def literal(self) -> str | None:
        """The only string that the pattern accepts, if it is so simple."""
        if self.fold or not all(isinstance(token, str) for token in self.tokens):
            return None
        return "".join(token for token in self.tokens if isinstance(token, str))

    def accepts(self, text: str) -> bool:
        """Whether a string fits the pattern."""
        return match_tokens(self.tokens, text.lower() if self.fold else text)


class Form(NamedTuple):
    """What every value of some key looks like: a pattern, and the characters that may occur (with
    an empty text, any).

    `usual` are values that read well, `counted` gives as many as are wanted. Where values have a
    first part, up to a colon, `head` is one that reads well.
    """

    pattern: Pattern
    usual: tuple[str, ...]
    counted: str
    alphabet: str = ""
    head: str = ""

    def accepts(self, text: str) -> bool:
        """Whether a string has the form."""
        return self.pattern.accepts(text) and (
            not self.alphabet or all(character in self.alphabet for character in text)
        )

    def others(self, known: Iterable[str]) -> tuple[str, ...]:
        """Two strings of the form that are none of those known."""
        taken = set(known)
        texts = chain(self.usual, (self.counted.format(number) for number in count(1)))
        return tuple(islice((text for text in texts if text not in taken), 2))


class TextClasses(NamedTuple):
    """Strings that stand for all strings: for each combination of patterns that some string
    satisfies one string, where there are more two. `complete` is false when the search was cut off.
    """

    strings: tuple[str, ...]
    complete: bool


def arn_tokens(tokens: Sequence[Token]) -> tuple[Token, ...] | None:
    """Give the tokens of an ArnLike pattern their meaning: the wildcards of its first five parts
    stay in their part. `None` for a pattern that accepts nothing."""
    if list(tokens) == [Wildcard.STAR]:
        head: list[Token] = ["arn:"]
        for _ in range(ARN_COLONS - 1):
            head += [Wildcard.SEGMENT_STAR, ":"]
        return (*head, Wildcard.STAR)
    colons = 0
    found: list[Token] = []
    for token in tokens:
        if isinstance(token, str):
            colons += token.count(":")
            found.append(token)
        else:
            found.append(token if colons >= ARN_COLONS else SEGMENT[token])
    return tuple(found) if colons >= ARN_COLONS else None


def text_classes(patterns: Iterable[Pattern], form: Form | None = None) -> TextClasses:
    """Find the strings; the empty string and one that no literal names are always among them.

    With a form, only strings of that form are looked at.
    """
    distinct = tuple(dict.fromkeys(patterns))
    literals = [pattern.literal for pattern in distinct]
    plain = [literal for literal in literals if literal is not None]
    if form is not None:
        kept = [literal for literal in plain if form.accepts(literal)]
        strings, complete = [*kept, *form.others(plain)], True
        if len(plain) < len(distinct):
            globs = [pattern for pattern in distinct if pattern.literal is None]
            found = _Walk((*globs, form.pattern), form.alphabet).run(frozenset(plain))
            walked = [text for text in found.strings if form.accepts(text)]
            if form.head:
                strings += [form.head + text.partition(":")[2] for text in walked]
            strings += walked
            complete = found.complete
        return TextClasses(tuple(dict.fromkeys(strings)), complete)
    if len(plain) == len(distinct):
        fresh = _fresh(plain)
        others = tuple(text for text in fresh[:2] if text not in plain)
        return TextClasses(tuple(dict.fromkeys(("", *plain, *others))), complete=True)
    return _Walk(distinct).run()


def _fresh(texts: Iterable[str]) -> list[str]:
    """Characters that occur in none of the texts, in either letter case."""
    used = {form for text in texts for character in text for form in letter_forms(character)}
    found = [character for character in FRESH if character not in used]
    code = 0x4E00
    while len(found) < 2:  # noqa: PLR2004 - one, and another one that differs from it
        if chr(code) not in used:
            found.append(chr(code))
        code += 1
    return found


def letter_forms(character: str) -> set[str]:
    """A character in all letter cases that fold to one."""
    lower = character.lower()
    return {character, lower, lower.upper(), ODD_CAPITALS.get(lower, lower)}


class _Walk:
    """The walk over all patterns at once."""

    def __init__(self, patterns: Sequence[Pattern], alphabet: str = "") -> None:
        """Lay all patterns out in one row of bits; `alphabet` are the only characters, if any."""
        self.alphabet = alphabet
        self.exact: dict[str, int] = {}
        self.folded: dict[str, int] = {}
        self.any = self.segment_any = self.loops = self.segment_loops = 0
        self.named: list[str | None] = []
        self.accepts = self.start = 0
        for pattern in patterns:
            self._lay_out(pattern)
        literals = [token for p in patterns for token in p.tokens if isinstance(token, str)]
        single = [pattern.tokens[0] for pattern in patterns if len(pattern.tokens) == 1]
        self.texts = [token for token in single if isinstance(token, str)]
        self.fresh = _fresh([*literals, ":"])
        self.has_segments = bool(self.segment_any or self.segment_loops)

    def _lay_out(self, pattern: Pattern) -> None:
        """Append one pattern: a bit before each of its characters, and one behind the last."""
        bit = 1 << len(self.named)
        self.start |= bit
        table = self.folded if pattern.fold else self.exact
        for token in pattern.tokens:
            if isinstance(token, str):
                for character in token:
                    table[character] = table.get(character, 0) | bit
                    self.named.append(character)
                    bit <<= 1
            elif token is Wildcard.STAR:
                self.loops |= bit
            elif token is Wildcard.SEGMENT_STAR:
                self.segment_loops |= bit
            else:
                if token is Wildcard.QUESTION:
                    self.any |= bit
                else:
                    self.segment_any |= bit
                self.named.append(None)
                bit <<= 1
        self.named.append(None)
        self.accepts |= bit

    def run(self, known: frozenset[str] = frozenset()) -> TextClasses:
        """Visit states in the order of their shortest strings; those `known` stand for themselves
        and not for others."""
        seen = {self.start}
        queue = [(self.start, "")]
        found: dict[int, list[str]] = {self.start & self.accepts: [""]}
        complete = True
        for state, text in queue:
            for character in self._characters(state):
                reached, longer = self._step(state, character), text + character
                texts = found.setdefault(reached & self.accepts, [])
                # One string, and another one.
                if len(texts) < 2 and longer not in texts and longer not in known:  # noqa: PLR2004
                    texts.append(longer)
                if reached in seen:
                    continue
                if len(seen) >= MOST_STATES:
                    complete = False
                    continue
                seen.add(reached)
                queue.append((reached, longer))
        complete = complete and all(found.values())
        # The texts that policies name read better than others of their class.
        strings = dict.fromkeys(self.texts)
        strings.update(dict.fromkeys(text for texts in found.values() for text in texts))
        other = self.fresh[1]
        for text in list(strings):
            # Two characters that no pattern names can stand for each other.
            strings[text.replace(self.fresh[0], other)] = None
        strings[""] = None
        return TextClasses(tuple(strings), complete)

    def _characters(self, state: int) -> list[str]:
        """The characters that can matter in a state, and one that no pattern names."""
        characters: dict[str, None] = {self.fresh[0]: None}
        if self.has_segments:
            characters[":"] = None
        rest = state
        while rest:
            low = rest & -rest
            character = self.named[low.bit_length() - 1]
            if character is not None:
                forms = letter_forms(character) if self.folded else {character}
                characters.update(dict.fromkeys(sorted(forms)))
            rest ^= low
        if self.alphabet:
            named = [character for character in characters if character in self.alphabet]
            others = [character for character in self.alphabet if character not in named]
            # Where one string of a class is known already, another one is at hand.
            return [*named, *others[:2]]
        return list(characters)

    def _step(self, state: int, character: str) -> int:
        advance = self.any | self.exact.get(character, 0)
        if self.folded:
            advance |= self.folded.get(character.lower(), 0)
        stay = self.loops
        if character != ":":
            advance |= self.segment_any
            stay |= self.segment_loops
        return ((state & advance) << 1) | (state & stay)
