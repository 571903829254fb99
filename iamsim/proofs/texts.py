"""Whether some text fits given patterns and avoids others: exactly, with such a text.

All patterns are walked at once, as one automaton that is never built: its state is one integer
whose bits are the places reached in every pattern. Characters that no pattern names behave alike,
so one of them stands for all. States that lack the fewest characters are followed first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.stand_in import NO_ACCOUNT
from iamsim.core.wildcard import Wildcard
from iamsim.proofs.common import OTHER_ACCOUNT, common_texts
from iamsim.proofs.fitting import simple_test
from iamsim.proofs.globs import LOOPS, Atom, Glob, Kind, Open, covers, literal_glob
from iamsim.symbolic.strings import letter_forms

if TYPE_CHECKING:
    from iamsim.proofs.budget import Budget

Group = tuple[Glob, ...]
FRESH = "xyqvw~^"
DIGITS = "0123456789"
# Characters whose lower case is a letter that has another upper case.
FIRST_OTHER = 0x4E00
COLONS = 5  # in front of the last part of an ARN
UNBOUNDED = 1_000
SEGMENT_FORMS: dict[Atom, Atom] = {
    Wildcard.STAR: Wildcard.SEGMENT_STAR,
    Wildcard.QUESTION: Wildcard.SEGMENT_QUESTION,
}
WITHOUT_COLON = frozenset({*Kind, Wildcard.SEGMENT_QUESTION, Wildcard.SEGMENT_STAR})
MANY = 12  # single texts to avoid that are looked at only when they come up


def find_text(groups: Iterable[Group], avoided: Iterable[Glob], budget: Budget) -> str | None:
    """Find a text that fits some glob of each group and none of `avoided`.

    `None` is a proof that there is none. A variable without value may be anything where its glob
    is wanted and covers only itself where it is avoided: no proof rests on its value. Raises
    `OutOfBudgetError`.
    """
    away = tuple(dict.fromkeys(avoided))
    if any(glob.is_everything for glob in away):
        return None
    plain = frozenset(text for glob in away if (text := glob.literal) is not None)
    wild = tuple(glob for glob in away if glob.literal is None)
    kept: list[Group] = []
    for group in dict.fromkeys(groups):
        if any(glob.is_everything for glob in group):
            continue
        left = tuple(
            glob
            for glob in group
            if glob.literal not in plain and not any(covers(other, glob) for other in wild)
        )
        if not left:
            return None
        kept.append(tuple(glob.widened for glob in left))
    wild = tuple(glob for glob in wild if not glob.is_open)
    if len(plain) > MANY:
        return _beside(kept, wild, plain, budget)
    return _find(kept, (*wild, *map(literal_glob, sorted(plain))), budget)


def _beside(groups: list[Group], away: Group, plain: frozenset[str], budget: Budget) -> str | None:
    """The same where many single texts are avoided: each only once it comes up."""
    while True:
        found = _find(groups, away, budget)
        if found is None or found not in plain:
            return found
        away = (*away, literal_glob(found))


def _find(groups: list[Group], away: Group, budget: Budget) -> str | None:
    """The same, once what is covered is out."""
    kept = groups
    if len(kept) > 1:
        colons = min(map(_most_colons, kept))
        if colons < UNBOUNDED:
            kept = [_within(group, colons) for group in kept]
            away = _within(away, colons)
            if not all(kept):
                return None
        kept = _compatible(kept)
        if not all(kept):
            return None
    for group in kept:
        # What begins otherwise than every text of a group can't be such a text.
        heads, names = Heads(glob.head for glob in group), Heads(map(_name_head, group))
        away = tuple(
            glob for glob in away if heads.meet(glob.head) and names.meet(_name_head(glob))
        )
    for group in kept:
        texts = [glob.literal for glob in group]
        if None not in texts:
            return _first_fitting([t for t in texts if t is not None], kept, away)
    for text in common_texts(kept):
        if not any(fits(glob, text) for glob in away):
            return text
    found = _Walk(kept, away).run(budget)
    return None if found is None else _with_account(found, kept, away)


def _with_account(text: str, groups: list[Group], avoided: Group) -> str:
    """The same text about an account that can be, where it is about one of zeros and either will
    do."""
    better = text.replace(NO_ACCOUNT, OTHER_ACCOUNT)
    return better if better != text and will_do(better, groups, avoided) else text


def _most_colons(group: Group) -> int:
    """How many colons a text of some globs has at most."""
    return max(map(_colons, group))


@lru_cache(maxsize=50_000)
def _colons(glob: Glob) -> int:
    """How many colons a text of a glob has at most."""
    wild = {atom for atom in glob.atoms if not isinstance(atom, str)}
    return glob.atoms.count(":") if wild <= WITHOUT_COLON else UNBOUNDED


def _within(group: Group, colons: int) -> Group:
    """What some globs accept of the texts that have no more than some colons."""
    kept = (_strict(glob, colons) for glob in group)
    return tuple(dict.fromkeys(glob for glob in kept if glob is not None))


@lru_cache(maxsize=50_000)
def _strict(glob: Glob, colons: int) -> Glob | None:
    """A glob that uses up all colons there are: its wildcards cross none; `None` where there are
    too few for it."""
    own = glob.atoms.count(":")
    if own < colons or glob.fold or glob.is_open:
        return glob
    if own > colons:
        return None
    return Glob(tuple(SEGMENT_FORMS.get(atom, atom) for atom in glob.atoms))


def _compatible(groups: list[Group]) -> list[Group]:
    """The groups without globs whose beginning, or that of the last part of an ARN, fits no glob of
    some other group."""
    for head_of in (_head, _name_head):
        heads = [Heads(map(head_of, group)) for group in groups]
        kept = []
        for place, group in enumerate(groups):
            others = heads[:place] + heads[place + 1 :]
            kept.append(tuple(g for g in group if all(other.meet(head_of(g)) for other in others)))
        groups = kept
        if not all(groups):
            break
    return groups


def _head(glob: Glob) -> str:
    """The literal beginning of a glob."""
    return glob.head


@lru_cache(maxsize=50_000)
def _name_head(glob: Glob) -> str:
    """The literal beginning of what stands behind the fifth colon of all texts of a glob; nothing
    where a text could have more colons in front."""
    colons = 0
    name: list[str] = []
    for atom in () if glob.fold else glob.atoms:
        if isinstance(atom, str):
            if colons == COLONS:
                name.append(atom)
            colons += atom == ":" and colons < COLONS
        elif colons == COLONS or atom not in WITHOUT_COLON:
            break
    return "".join(name)


class Heads:
    """The beginnings of some texts."""

    def __init__(self, heads: Iterable[str]) -> None:
        """Take the beginnings."""
        self._sorted = tuple(sorted({*heads}))

    def meet(self, head: str) -> bool:
        """Whether a beginning goes on to one of these, or one of these to it."""
        if head.startswith(self._sorted):
            return True
        place = bisect_left(self._sorted, head)
        return place < len(self._sorted) and self._sorted[place].startswith(head)


def _first_fitting(texts: list[str], groups: list[Group], avoided: Group) -> str | None:
    """The first of a few texts that fits."""
    for text in texts:
        if all(any(fits(glob, text) for glob in group) for group in groups) and not any(
            fits(glob, text) for glob in avoided
        ):
            return text
    return None


@lru_cache(maxsize=20_000)
def _test_of(glob: Glob) -> Callable[[str], bool]:
    """The test of whether a text fits a glob."""
    return simple_test(glob) or partial(_is_walked, _Walk([(glob,)], ()), glob.head)


def _is_walked(walk: _Walk, head: str, text: str) -> bool:
    """Whether an automaton takes a text behind a beginning."""
    state = walk.start << len(head)
    for character in text[len(head) :]:
        if state & walk.final:
            return True
        state = walk.step(state, character)
        if not state:
            return False
    return bool(state & walk.accepts)


def fits(glob: Glob, text: str) -> bool:
    """Whether a text fits a glob."""
    literal = glob.literal
    if literal is not None:
        return literal == text
    return text.startswith(glob.head) and _test_of(glob)(text)


def will_do(text: str, groups: Iterable[Group], avoided: Iterable[Glob]) -> bool:
    """Whether a text fits all groups and avoids the rest."""
    return all(any(fits(glob.widened, text) for glob in group) for group in groups) and not any(
        fits(glob, text) for glob in avoided if not glob.is_open
    )


class _Row(NamedTuple):
    """One glob laid out in bits: one before each of its characters, and one behind the last.

    `characters` and `wildcards` have the bits before each of them, `stars` the places of those that
    cross everything; for each bit there is the atom behind it (none for most wildcards) and how
    many characters its text lacks.
    """

    characters: dict[str, int]
    wildcards: dict[Atom, int]
    stars: tuple[int, ...]
    atoms: tuple[str | Kind | None, ...]
    rest: range


@lru_cache(maxsize=20_000)
def _row_of(glob: Glob) -> _Row:
    """Lay out a glob."""
    characters: dict[str, int] = {}
    wildcards: dict[Atom, int] = {}
    stars: dict[int, None] = {}
    atoms: list[str | Kind | None] = []
    for atom in glob.atoms:
        bit = 1 << len(atoms)
        if isinstance(atom, str):
            characters[atom] = characters.get(atom, 0) | bit
            atoms.append(atom)
            continue
        if isinstance(atom, Open):
            raise TypeError("a variable without value has no place in a walk")
        wildcards[atom] = wildcards.get(atom, 0) | bit
        if atom is Wildcard.STAR:
            stars[len(atoms)] = None
        if atom not in LOOPS:
            atoms.append(None if isinstance(atom, Wildcard) else atom)
    return _Row(characters, wildcards, tuple(stars), (*atoms, None), range(glob.least, -1, -1))


class _Walk:
    """The walk over all globs at once."""

    def __init__(self, groups: list[Group], avoided: Group) -> None:
        """Lay all globs out in one row of bits."""
        self.exact: dict[str, int] = {}
        self.folded: dict[str, int] = {}
        self.wildcards: dict[Atom, int] = dict.fromkeys((*Wildcard, *Kind), 0)
        self.atoms: list[str | Kind | None] = []  # what stands behind each bit
        self.rest: list[int] = []  # how many characters a bit lacks until its glob is done
        self.accepts = self.start = 0
        self.earlier: dict[int, int] = {}  # for a star's place, the earlier bits of its glob
        self.wanted: list[int] = []
        for group in groups:
            before = self.accepts
            for glob in group:
                self._lay_out(glob)
            self.wanted.append(self.accepts & ~before)
        before = self.accepts
        for glob in avoided:
            self._lay_out(glob)
        self.unwanted = self.accepts & ~before
        self.any = self.wildcards[Wildcard.QUESTION]
        self.segment_any = self.wildcards[Wildcard.SEGMENT_QUESTION]
        self.loops = self.wildcards[Wildcard.STAR]
        self.segment_loops = self.wildcards[Wildcard.SEGMENT_STAR]
        self.digits = self.wildcards[Kind.DIGIT]
        self.word_any = self.wildcards[Kind.WORD]
        self.word_loops = self.wildcards[Kind.WORD_STAR]
        self.final = self.loops & self.accepts
        self.moves: dict[str, tuple[int, int]] = {}
        self.masks = self._masks()
        self.has_words = bool(self.word_any or self.word_loops)
        self.has_segments = bool(self.segment_any or self.segment_loops) or self.has_words
        self.fresh = self._fresh()

    def _lay_out(self, glob: Glob) -> None:
        """Append one glob: a bit before each of its characters, and one behind the last."""
        row = _row_of(glob)
        place = len(self.atoms)
        self.start |= 1 << place
        table = self.folded if glob.fold else self.exact
        for character, bits in row.characters.items():
            table[character] = table.get(character, 0) | bits << place
        for atom, bits in row.wildcards.items():
            self.wildcards[atom] |= bits << place
        for star in row.stars:
            self.earlier[star + place] = ((1 << star) - 1) << place
        self.atoms += row.atoms
        self.rest += row.rest
        self.accepts |= 1 << len(self.atoms) - 1

    def _masks(self) -> list[tuple[int, int]]:
        """For each group its accepting bits and all its bits."""
        masks = []
        low = 1
        for wanted in self.wanted:
            high = 1 << wanted.bit_length()
            masks.append((wanted, high - low))
            low = high
        return masks

    def _fresh(self) -> str:
        """A character that no glob names, in any letter case."""
        used = {form for character in self.exact for form in letter_forms(character)}
        used.update(form for character in self.folded for form in letter_forms(character))
        for character in FRESH:
            if character not in used:
                return character
        code = FIRST_OTHER
        while chr(code) in used:
            code += 1
        return chr(code)

    def run(self, budget: Budget) -> str | None:
        """Search for the text."""
        start = self._reduced(self.start)
        if start is None:
            return None
        if self._is_done(start):
            return ""
        seen = {start}
        queue: list[tuple[int, int, str]] = [(0, start, "")]
        while queue:
            _, state, text = heappop(queue)
            characters = self._characters(state)
            budget.spend_states(len(characters))
            for character in characters:
                reached = self._reduced(self.step(state, character))
                if reached is None or reached in seen:
                    continue
                longer = text + character
                if self._is_done(reached):
                    return longer
                seen.add(reached)
                heappush(queue, (self._lacking(reached) * 2 + len(longer), reached, longer))
        return None

    def _is_done(self, state: int) -> bool:
        """Whether the text so far is one."""
        return not state & self.unwanted and all(state & wanted for wanted, _ in self.masks)

    def _reduced(self, state: int) -> int | None:
        """A state without places that a later star of their glob makes superfluous; `None` for a
        state that leads nowhere."""
        if state & self.final & self.unwanted:
            return None  # an avoided glob accepts whatever follows
        stars = state & self.loops
        while stars:
            star = stars.bit_length() - 1
            state &= ~self.earlier[star]
            stars &= ~self.earlier[star] ^ 1 << star
        for _, whole in self.masks:
            if not state & whole:
                return None
        return state

    def _lacking(self, state: int) -> int:
        """How many characters the text lacks at least."""
        most = 0
        for _, whole in self.masks:
            bits = state & whole
            fewest = min(self.rest[bit] for bit in _places(bits))
            most = max(most, fewest)
        return most

    def _characters(self, state: int) -> list[str]:
        """The characters that can matter in a state, and one that no glob names."""
        characters: dict[str, None] = {}
        has_digits = False
        for place in _places(state):
            atom = self.atoms[place]
            if isinstance(atom, str):
                if self.folded:
                    characters.update(dict.fromkeys(sorted(letter_forms(atom))))
                else:
                    characters[atom] = None
            elif atom is Kind.DIGIT:
                has_digits = True
        if has_digits:
            other = next((digit for digit in DIGITS if digit not in self.exact), None)
            named = [digit for digit in DIGITS if digit in self.exact or digit in self.folded]
            characters.update(dict.fromkeys(named if other is None else [*named, other]))
        characters[self.fresh] = None
        if self.has_words:
            characters["/"] = None
        if self.has_segments:
            characters[":"] = None
        return list(characters)

    def step(self, state: int, character: str) -> int:
        """Move on by one character."""
        advance, stay = self.moves.get(character) or self._learned(character)
        return ((state & advance) << 1) | (state & stay)

    def _learned(self, character: str) -> tuple[int, int]:
        """The bits that one character takes on, and those at which it may stay."""
        advance = self.any | self.exact.get(character, 0)
        if self.folded:
            advance |= self.folded.get(character.lower(), 0)
        stay = self.loops
        if character != ":":
            advance |= self.segment_any
            stay |= self.segment_loops
            if character != "/":
                advance |= self.word_any
                stay |= self.word_loops
        if character in DIGITS:
            advance |= self.digits
        self.moves[character] = advance, stay
        return advance, stay


def _places(bits: int) -> Iterable[int]:
    """The numbers of the bits that are set."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
