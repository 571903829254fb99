"""Cubes written as Condition blocks.

A set of cells of one region is written as few tests of its keys, chosen among those that the
policies' own values give: whole and cut value lists, their opposites, ranges. What a test accepts
is seen by compiling it, so a block says exactly what it should, or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING

from iamsim.compile.condition import ConditionTest
from iamsim.core.errors import UnsupportedError
from iamsim.symbolic.layers import LayerSays
from iamsim.symbolic.regions import Region
from iamsim.symbolic.wording import (
    NEGATIVE,
    Entry,
    complement,
    entry_of,
    pool_of,
    written_key,
    written_values,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamsim.compile.residual import Atom
    from iamsim.symbolic.diagram import Cube
    from iamsim.symbolic.regions import Point
    from iamsim.symbolic.solve import Encoding

__all__ = ["Block", "Part", "write_blocks"]

MOST_BLOCKS = 200
MOST_TESTS = 5
MOST_VALUES = 24
ORDERS = ("Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals", "NotEquals")
SETS = ("", "ForAnyValue:", "ForAllValues:")


@dataclass(frozen=True, slots=True)
class Part:
    """What one block asks of one region: its tests, and the open tests of the policies behind."""

    keys: tuple[str, ...]
    entries: tuple[Entry, ...]
    atoms: tuple[Atom, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Parts that must all hold."""

    parts: tuple[Part, ...]

    def to_condition(self) -> dict[str, dict[str, list[str]]]:
        """Write it as a Condition block; raises `UnsupportedError` where one operator would be
        needed twice for one key."""
        written: dict[str, dict[str, list[str]]] = {}
        for part in self.parts:
            for entry in part.entries:
                _place(written, entry)
        return written


def _place(written: dict[str, dict[str, list[str]]], entry: Entry) -> None:
    """Add a test to a block."""
    for operator in (entry.operator, f"{entry.operator}IfExists"):
        keys = written.setdefault(operator, {})
        if entry.key not in keys:
            keys[entry.key] = list(entry.values)
            return
        if "Not" in entry.base and ":" not in operator:
            keys[entry.key] += [value for value in entry.values if value not in keys[entry.key]]
            return
        if entry.when_absent or entry.base == "Null" or operator.endswith("IfExists"):
            break
    raise _inexpressible()


def _inexpressible() -> UnsupportedError:
    return UnsupportedError(
        "residual-without-condition",
        "what the request depends on can't be written as blocks of the Condition element",
        hint="ask the residual with `holds`: it is exact",
    )


def write_blocks(
    cubes: Sequence[Cube], encoding: Encoding, *, usual: bool
) -> tuple[list[Block], bool]:
    """Write cubes as blocks, one of which must hold; the flag says whether they are exact for
    values, too, that no request of AWS has (a list for a key that no set operator reads).

    With `usual` such values are left aside from the start, which reads better. Raises
    `UnsupportedError` where the language has no words for it.
    """
    writers = {
        id(source): _Writer(source) for source in encoding.sources if isinstance(source, Region)
    }
    blocks: dict[tuple[object, ...], Block] = {}
    exact = True
    for cube in cubes:
        choices: list[list[Part]] = []
        for variable, values in enumerate(cube):
            if values == encoding.full[variable]:
                continue
            source = encoding.sources[variable]
            if isinstance(source, Region):
                found, precise = writers[id(source)].parts(values, usual=usual)
                exact = exact and precise
                choices.append(found)
            else:
                choices.append([_own_words(source, holds=values == 2)])  # noqa: PLR2004 - a bit
        for chosen in product(*choices):
            parts = tuple(part for part in chosen if part.entries)
            block = Block(parts)
            blocks[tuple(part.entries for part in parts)] = block
            if len(blocks) > MOST_BLOCKS:
                raise _inexpressible()
    return list(blocks.values()), exact


def _own_words(atom: Atom, *, holds: bool) -> Part:
    """A test as the policy writes it, or its opposite."""
    leaf = atom.leaf
    if not isinstance(leaf, ConditionTest):
        raise _inexpressible()
    values = written_values(leaf, atom.request)
    if holds:
        entries = [entry_of(leaf.operator.text, leaf.written_key, values, ())]
    else:
        entries = complement(leaf, values, leaf.written_key)
    return Part(leaf.keys, tuple(entries), (atom,))


@dataclass(slots=True)
class _Writer:
    """Finds words for sets of cells of one region."""

    region: Region
    points: list[Point] = field(default_factory=list)
    cell_points: list[int] = field(default_factory=list)
    unusual: int = 0
    _known: dict[tuple[str, str, tuple[str, ...]], Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Number the points."""
        for cell in self.region.cells:
            bits = 0
            for point in cell:
                bit = 1 << len(self.points)
                bits |= bit
                if not self.region.is_usual(point):
                    self.unusual |= bit
                self.points.append(point)
            self.cell_points.append(bits)

    def parts(self, cells: int, *, usual: bool) -> tuple[list[Part], bool]:
        """The parts that say together that the region is in one of these cells."""
        wanted = 0
        for number, bits in enumerate(self.cell_points):
            if cells >> number & 1:
                wanted |= bits
        for aside in (self.unusual,) if usual else (0, self.unusual):
            if not wanted & ~aside:
                return [], False
            if not ((1 << len(self.points)) - 1) & ~aside & ~wanted:
                return [self._part(())], not aside
            entries = self._entries(wanted & ~aside, aside)
            chosen = _conjunction(entries, wanted, aside)
            if chosen is not None:
                return [self._part(chosen)], not aside
        entries = self._entries(wanted & ~self.unusual, self.unusual)
        return [self._part(one) for one in _split(entries, wanted, self.unusual)], False

    def _part(self, entries: Iterable[Entry]) -> Part:
        return Part(self.region.keys, tuple(entries), self.region.atoms)

    def _entries(self, wanted: int, aside: int) -> list[Entry]:
        """All tests that could help to say that the region is at one of the wanted points."""
        found: dict[Entry, None] = {}
        for key in self.region.keys:
            name = written_key(self.region, key)
            several = self.region.needs[key].several
            for atom in self.region.atoms:
                leaf = atom.leaf
                if isinstance(leaf, LayerSays):
                    raise _inexpressible()
                if isinstance(leaf, ConditionTest) and leaf.key == key:
                    values = written_values(leaf, atom.request)
                    found[self._entry(leaf.operator.text, name, values)] = None
            for base, values in pool_of(self.region, key).items():
                if base in {"Numeric", "Date"}:
                    found.update(dict.fromkeys(self._orders(base, name, values)))
                else:
                    made = self._lists(base, name, values, wanted, aside, several=several)
                    found.update(dict.fromkeys(made))
            for truth in ("true", "false"):
                found[self._entry("Null", name, [truth])] = None
        return list(found)

    def _entry(self, operator: str, key: str, values: Sequence[str]) -> Entry:
        place = operator, key, tuple(values)
        entry = self._known.get(place)
        if entry is None:
            entry = self._known[place] = entry_of(operator, key, values, self.points)
        return entry

    def _orders(self, base: str, key: str, values: list[str]) -> Iterable[Entry]:
        """Comparisons with each value, and the list of all that differ."""
        for value in values[:MOST_VALUES]:
            for order in ORDERS:
                for suffix in ("", "IfExists"):
                    yield self._entry(f"{base}{order}{suffix}", key, [value])
        for order in ("Equals", "NotEquals"):
            yield self._entry(f"{base}{order}", key, values)

    def _lists(  # noqa: PLR0913 - one operator with all its lists
        self, base: str, key: str, values: list[str], wanted: int, aside: int, *, several: bool
    ) -> Iterable[Entry]:
        """Value lists cut to what is wanted, in all forms of one operator."""
        accepted = {value: self._entry(base, key, [value]).accepts & ~aside for value in values}
        inside = [value for value in values if not accepted[value] & ~wanted]
        touching = [value for value in values if accepted[value] & wanted]
        outside = [value for value in values if not accepted[value] & wanted]
        positive = [_uncovered(values_, accepted) for values_ in (inside, touching)]
        forms = [(base, some) for some in positive]
        if base in NEGATIVE:
            forms.append((NEGATIVE[base], _uncovered(outside, accepted)))
        if several:
            singles = [[value] for value in values[:MOST_VALUES]]
            forms += [(name, some) for name in (base, NEGATIVE.get(base, base)) for some in singles]
            forms += [(name, values) for name in (base, NEGATIVE.get(base, base))]
        for prefix in SETS if several else SETS[:1]:
            for name, some in forms:
                if some:
                    for suffix in ("", "IfExists"):
                        yield self._entry(f"{prefix}{name}{suffix}", key, some)


def _uncovered(values: list[str], accepted: dict[str, int]) -> list[str]:
    """Leave out values that accept nothing but what another one accepts."""
    kept: list[str] = []
    for position, value in enumerate(values):
        mine = accepted[value]
        covered = any(
            not mine & ~accepted[other]
            and (accepted[other] != mine or values.index(other) < position)
            for other in values
            if other != value
        )
        if not covered and mine:
            kept.append(value)
    return kept


def _conjunction(entries: Sequence[Entry], wanted: int, aside: int) -> tuple[Entry, ...] | None:
    """The fewest tests that accept the wanted points together, and no others but those set aside."""
    fitting = [entry for entry in entries if not wanted & ~aside & ~entry.accepts]
    fitting.sort(key=_length)
    for entry in fitting:
        if not entry.accepts & ~aside & ~wanted:
            return (entry,)
    best: tuple[Entry, Entry] | None = None
    for one, other in combinations(fitting, 2):
        if _differ(one, other) and not one.accepts & other.accepts & ~aside & ~wanted:
            pair = (one, other)
            if best is None or _length(one) + _length(other) < _length(best[0]) + _length(best[1]):
                best = pair
    return best or _greedy(fitting, wanted, aside, ~0)


def _differ(one: Entry, other: Entry) -> bool:
    """Whether two tests can stand in one block."""
    return (one.operator, one.key) != (other.operator, other.key)


def _length(entry: Entry) -> int:
    """How long a test is to read."""
    odd = 3 * entry.operator.startswith("For") + entry.operator.endswith("IfExists")
    doubled = entry.base.endswith("IgnoreCase")
    return 10 * (1 + odd + doubled) + 10 * ("Not" in entry.base) + len(entry.values)


def _greedy(
    entries: Sequence[Entry], wanted: int, aside: int, within: int
) -> tuple[Entry, ...] | None:
    """Take the test that leaves the least unwanted, again and again."""
    chosen: list[Entry] = []
    current = ~0
    while len(chosen) < MOST_TESTS:
        usable = [entry for entry in entries if all(_differ(entry, one) for one in chosen)]
        best = min(
            usable,
            key=lambda entry: (
                (current & entry.accepts & ~aside & ~wanted).bit_count(),
                -(current & entry.accepts & wanted & within).bit_count(),
                _length(entry),
            ),
            default=None,
        )
        if best is None or current & best.accepts == current:
            return None
        current &= best.accepts
        chosen.append(best)
        if not current & ~aside & ~wanted:
            return tuple(chosen)
    return None


def _split(entries: Sequence[Entry], wanted: int, aside: int) -> list[tuple[Entry, ...]]:
    """Several conjunctions that cover the wanted points together."""
    found: list[tuple[Entry, ...]] = []
    left = wanted & ~aside
    while left:
        seed = left & -left
        with_seed = [entry for entry in entries if entry.accepts & seed]
        chosen = _greedy(with_seed, wanted, aside, left)
        if chosen is None:
            raise _inexpressible()
        found.append(chosen)
        left &= ~_common(chosen)
        if len(found) > MOST_BLOCKS:
            raise _inexpressible()
    return found


def _common(entries: Sequence[Entry]) -> int:
    """The points that all tests accept."""
    common = ~0
    for entry in entries:
        common &= entry.accepts
    return common
