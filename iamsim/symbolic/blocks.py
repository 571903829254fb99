"""Cubes written as Condition blocks.

A cube asks each region to be in one of some cells; `iamsim.symbolic.cover` finds the words for
that, and a block puts those of all regions together.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

from iamsim.compile.condition import ConditionTest
from iamsim.core.data_class import dataclass
from iamsim.symbolic.cover import MOST_BLOCKS, RegionWriter, forms_of, inexpressible
from iamsim.symbolic.lists import Shapes
from iamsim.symbolic.regions import Region, cut_regions
from iamsim.symbolic.wording import Entry, complement, entry_of, written_values

if TYPE_CHECKING:
    from iamsim.compile.residual import Atom
    from iamsim.symbolic.diagram import Cube
    from iamsim.symbolic.encoding import Encoding

BOTH = 3  # of a test that is a variable by itself: it may hold and it may fail


@dataclass(frozen=True, slots=True)
class Part:
    """What one block asks of one region: its tests, and the open tests of the policies behind.

    `listed` are keys (in lower case) that may hold lists.
    """

    keys: tuple[str, ...]
    entries: tuple[Entry, ...]
    atoms: tuple[Atom, ...]
    listed: frozenset[str] = frozenset()


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
                _place(written, entry, single=entry.key.lower() not in part.listed)
        return written


def _place(written: dict[str, dict[str, list[str]]], entry: Entry, *, single: bool) -> None:
    """Add a test to a block, if need be under another name of its operator."""
    for operator in forms_of(entry, single=single):
        keys = written.setdefault(operator, {})
        if entry.key not in keys:
            keys[entry.key] = list(entry.values)
            return
        if "Not" in entry.base and ":" not in operator:
            keys[entry.key] += [value for value in entry.values if value not in keys[entry.key]]
            return
    raise inexpressible()


def write_blocks(
    cubes: Sequence[Cube], encoding: Encoding, *, usual: bool
) -> tuple[list[Block], bool]:
    """Write cubes as blocks, one of which must hold; the flag says whether they are exact for
    values, too, that no request of AWS has (a text where numbers are compared).

    With `usual` such values are left aside from the start, which reads better. Raises
    `UnsupportedError` where the language has no words for it.
    """
    writers = {
        id(source): RegionWriter(source)
        for source in encoding.sources
        if isinstance(source, Region)
    }
    blocks: dict[tuple[object, ...], Block] = {}
    exact = True
    for cube in cubes:
        choices: list[list[Part]] = []
        for source, values, full in zip(encoding.sources, cube, encoding.full, strict=True):
            if values == full:
                continue
            if isinstance(source, Region):
                words, precise = writers[id(source)].words(values, usual=usual)
                exact = exact and precise
                choices.append([part_of(source, some) for some in words])
            else:
                region = encoding.region_of(source)
                parts, precise = _own_words(source, region, holds=values == BOTH - 1, usual=usual)
                exact = exact and precise
                choices.append(parts)
        for chosen in product(*choices):
            block = Block(tuple(part for part in chosen if part.entries))
            blocks[tuple(part.entries for part in block.parts)] = block
            if len(blocks) > MOST_BLOCKS:
                raise inexpressible()
    return list(blocks.values()), exact


def part_of(region: Region, entries: tuple[Entry, ...]) -> Part:
    """What a block asks of a region."""
    listed = frozenset(key for key in region.keys if region.may_hold_lists(key))
    return Part(region.keys, entries, region.atoms, listed)


def _own_words(atom: Atom, joint: Region, *, holds: bool, usual: bool) -> tuple[list[Part], bool]:
    """One test alone, or its opposite: as the policy writes it where values were not followed."""
    listed = frozenset(key for key, need in joint.needs.items() if need.several)
    forms = tuple((key, need.form) for key, need in joint.needs.items() if need.form is not None)
    sent = tuple((key, need.sent) for key, need in joint.needs.items() if need.sent is not None)
    (region,) = cut_regions([atom], Shapes(listed, forms, sent))
    if region.exact:
        truth = region.truths[id(atom)]
        cells = truth if holds else region.full & ~truth
        words, exact = RegionWriter(region).words(cells, usual=usual)
        return [part_of(region, some) for some in words], exact
    leaf = atom.leaf
    # The opposite for lists is not one test: an empty text counts in other ways.
    if not isinstance(leaf, ConditionTest) or (not holds and region.may_hold_lists(leaf.key)):
        raise inexpressible()
    values = written_values(leaf, atom.request)
    entries = [entry_of(leaf.operator.text, leaf.written_key, values, ())]
    if not holds:
        entries = complement(leaf, values, leaf.written_key)
    return [part_of(region, tuple(entries))], holds or leaf.values.readable is None
