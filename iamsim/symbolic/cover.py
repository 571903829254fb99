"""Words for sets of cells: the fewest tests of the policy language that say one.

The tests are chosen among those that the policies' own values give: whole and cut value lists,
their opposites, ranges. What a test accepts is seen by compiling it, so the words say exactly what
they should, or there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from iamsim.compile.condition import ConditionTest
from iamsim.core.data_class import dataclass, field
from iamsim.core.errors import UnsupportedError
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
    from iamsim.symbolic.regions import Point, Region

MOST_BLOCKS = 200
MOST_TESTS = 5
MOST_VALUES = 24
ORDERS = ("Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals", "NotEquals")
SETS = ("", "ForAnyValue:", "ForAllValues:")


def inexpressible() -> UnsupportedError:
    """Make the error for what the policy language has no words for."""
    return UnsupportedError(
        "residual-without-condition",
        "what the request depends on can't be written as blocks of the Condition element",
        hint="ask the residual with `holds`: it is exact",
    )


def forms_of(entry: Entry, *, single: bool) -> list[str]:
    """The names under which one test can stand in a block, beside others on the same key.

    With IfExists it says the same where the block asks for the key anyway; for a key that holds a
    `single` value, so it does with a set operator.
    """
    operator = entry.operator
    if entry.base == "Null":
        return [operator]
    bare = operator.removesuffix("IfExists")
    present = [operator] if bare != operator else [operator, f"{operator}IfExists"]
    if ":" in operator or "Not" in entry.base:
        return [operator] if entry.when_absent else present
    every = [f"ForAllValues:{bare}", f"ForAllValues:{bare}IfExists"] if single else []
    some = [f"ForAnyValue:{bare}", f"ForAnyValue:{bare}IfExists"] if single else []
    return [operator, *every] if entry.when_absent else [*present, *some, *every]


@dataclass(slots=True)
class RegionWriter:
    """Finds words for sets of cells of one region."""

    region: Region
    points: list[Point] = field(default_factory=list)
    cell_points: list[int] = field(default_factory=list)
    unusual: int = 0
    reads_sets: bool = False
    _known: dict[tuple[str, str, tuple[str, ...]], Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Number the points."""
        self.reads_sets = any(
            isinstance(atom.leaf, ConditionTest) and atom.leaf.operator.set_operator is not None
            for atom in self.region.atoms
        )
        for cell in self.region.cells:
            bits = 0
            for point in cell:
                bit = 1 << len(self.points)
                bits |= bit
                if not self.region.is_usual(point):
                    self.unusual |= bit
                self.points.append(point)
            self.cell_points.append(bits)

    def words(self, cells: int, *, usual: bool) -> tuple[list[tuple[Entry, ...]], bool]:
        """Lists of tests: all tests of one of them hold exactly when the region is in one of these
        cells. The flag says whether that is so for unusual values, too; see `Region.is_usual`.

        Raises `UnsupportedError` where there are no words.
        """
        wanted = 0
        for number, bits in enumerate(self.cell_points):
            if cells >> number & 1:
                wanted |= bits
        for aside in (self.unusual,) if usual else (0, self.unusual):
            if not wanted & ~aside:
                return [], False
            if not ((1 << len(self.points)) - 1) & ~aside & ~wanted:
                return [()], not aside
            entries = self._entries(wanted & ~aside, aside)
            chosen = self._conjunction(entries, wanted, aside)
            if chosen is not None:
                return [chosen], not aside
        entries = self._entries(wanted & ~self.unusual, self.unusual, singly=True)
        return self._split(entries, wanted), False

    def _entries(self, wanted: int, aside: int, *, singly: bool = False) -> list[Entry]:
        """All tests that could help to say that the region is at one of the wanted points; with
        `singly` those of single values, too."""
        entries: dict[Entry, None] = {}
        for key in self.region.keys:
            name = written_key(self.region, key)
            several = self.region.needs[key].several
            for atom in self.region.atoms:
                leaf = atom.leaf
                if isinstance(leaf, ConditionTest) and leaf.key == key:
                    values = written_values(leaf, atom.request)
                    entries[self._entry(leaf.operator.text, name, values)] = None
                    for value in complement(leaf, values, name):
                        entries[self._entry(value.operator, name, value.values)] = None
            for base, values in pool_of(self.region, key).items():
                if base in {"Numeric", "Date"}:
                    entries.update(dict.fromkeys(self._orders(base, name, values)))
                else:
                    cut = self._cut_lists(base, name, values, wanted, aside)
                    if several or singly:
                        cut += _whole_lists(base, values)
                    made = self._forms(name, cut, several=several)
                    entries.update(dict.fromkeys(made))
            for truth in ("true", "false"):
                entries[self._entry("Null", name, [truth])] = None
        return list(entries)

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

    def _cut_lists(
        self, base: str, key: str, values: list[str], wanted: int, aside: int
    ) -> list[tuple[str, list[str]]]:
        """Value lists cut to what is wanted, with the operator that goes with each."""
        accepted = {value: self._entry(base, key, [value]).accepts & ~aside for value in values}
        inside = [value for value in values if not accepted[value] & ~wanted]
        touching = [value for value in values if accepted[value] & wanted]
        outside = [value for value in values if not accepted[value] & wanted]
        lists = [(base, _uncovered(some, accepted)) for some in (inside, touching)]
        if base in NEGATIVE:
            lists.append((NEGATIVE[base], _uncovered(outside, accepted)))
        return lists

    def _forms(
        self, key: str, lists: list[tuple[str, list[str]]], *, several: bool
    ) -> Iterable[Entry]:
        """All forms of operators: with IfExists, and with set operators where those are in use.

        Without a point for every list, what a new set operator accepts can't be seen.
        """
        for prefix in SETS if several and self.region.all_lists else SETS[:1]:
            for operator, values in lists:
                if values:
                    for suffix in ("", "IfExists"):
                        yield self._entry(f"{prefix}{operator}{suffix}", key, values)

    def _length(self, entry: Entry) -> int:
        """How long a test is to read; where policies use set operators, they are no burden."""
        with_sets = entry.operator.startswith("For")
        odd = 3 * (with_sets is not self.reads_sets) + entry.operator.endswith("IfExists")
        doubled = entry.base.endswith("IgnoreCase")
        if entry.base == "Null":
            odd = 0
        return 10 * (1 + odd + doubled) + 10 * ("Not" in entry.base) + len(entry.values)

    def _fits(self, entry: Entry, chosen: Sequence[Entry]) -> bool:
        """Whether a test can stand in one block with others."""
        same = [
            other_entry
            for other_entry in chosen
            if (other_entry.operator, other_entry.key) == (entry.operator, entry.key)
        ]
        if not same or ("Not" in entry.base and ":" not in entry.operator):
            return True
        single = not self.region.may_hold_lists(entry.key.lower())
        return entry not in same and len(same) < len(forms_of(entry, single=single))

    def _conjunction(
        self, entries: Sequence[Entry], wanted: int, aside: int
    ) -> tuple[Entry, ...] | None:
        """The fewest tests that together accept the wanted points, and else only some set aside."""
        fitting = [entry for entry in entries if not wanted & ~aside & ~entry.accepts]
        fitting.sort(key=self._length)
        for entry in fitting:
            if not entry.accepts & ~aside & ~wanted:
                return (entry,)
        best: tuple[Entry, Entry] | None = None
        for this, other in combinations(fitting, 2):
            if self._fits(other, [this]) and not this.accepts & other.accepts & ~aside & ~wanted:
                pair = (this, other)
                if best is None or sum(map(self._length, pair)) < sum(map(self._length, best)):
                    best = pair
        return best or self._greedy(fitting, wanted, aside, ~0)

    def _greedy(
        self, entries: Sequence[Entry], wanted: int, aside: int, within: int
    ) -> tuple[Entry, ...] | None:
        """Take the test that leaves the least unwanted, again and again."""
        chosen: list[Entry] = []
        current = ~0
        while len(chosen) < MOST_TESTS:
            usable = [entry for entry in entries if self._fits(entry, chosen)]
            best = min(
                usable,
                key=lambda entry: (
                    (current & entry.accepts & ~aside & ~wanted).bit_count(),
                    -(current & entry.accepts & wanted & within).bit_count(),
                    self._length(entry),
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

    def _split(self, entries: Sequence[Entry], wanted: int) -> list[tuple[Entry, ...]]:
        """Several conjunctions that cover the wanted points together."""
        found: list[tuple[Entry, ...]] = []
        aside = self.unusual
        left = wanted & ~aside
        while left:
            seed = left & -left
            with_seed = [entry for entry in entries if entry.accepts & seed]
            chosen = self._greedy(with_seed, wanted, aside, left)
            if chosen is None:
                raise inexpressible()
            found.append(chosen)
            left &= ~_common(chosen)
            if len(found) > MOST_BLOCKS:
                raise inexpressible()
        return found


def _whole_lists(base: str, values: list[str]) -> list[tuple[str, list[str]]]:
    """Each value alone and all together, with the operator and its opposite."""
    lists = [*([value] for value in values[:MOST_VALUES]), values]
    return [(name, some) for name in (base, NEGATIVE.get(base, base)) for some in lists]


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


def _common(entries: Sequence[Entry]) -> int:
    """The points that all tests accept."""
    common = ~0
    for entry in entries:
        common &= entry.accepts
    return common
