"""The values of unknown keys, cut into cells in which all open tests answer alike.

Keys that some test compares with each other form one region; every other key is a region alone.
Each cell of a region has points: values of its keys. A key may be absent or any one string; where a
set operator reads it, or AWS documents it as multivalued, also any list of strings. AWS never sends
a list for another key, so none is looked at there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING

from iamsim.catalog.lifelike import usual_values
from iamsim.core.data_class import dataclass, field
from iamsim.symbolic.lists import ANYTHING, Shapes
from iamsim.symbolic.literals import is_readable, literal_values, moments_between
from iamsim.symbolic.needs import Needs, collect_needs, instantiate, unknown_keys
from iamsim.symbolic.strings import text_classes

if TYPE_CHECKING:
    from iamsim.compile.residual import Atom
    from iamsim.core.request import ContextValue

MOST_POINTS = 4000
MOST_LISTS = 300
MOST_MEMBERS = 6  # all sets of so many different strings are looked at

Point = dict[str, "ContextValue"]


@dataclass(slots=True, eq=False)
class Region:
    """Some unknown keys with the tests that read them.

    `cells` has for each cell its points. `truths` has for each test the cells in which it holds, as
    bits. With `exact` there is no combination of answers but those of the cells; with `all_lists`
    there are points for every set of different strings.
    """

    keys: tuple[str, ...]
    atoms: tuple[Atom, ...]
    needs: dict[str, Needs]
    exact: bool = True
    all_lists: bool = True
    cells: list[list[Point]] = field(default_factory=list)
    truths: dict[int, int] = field(default_factory=dict)

    @property
    def full(self) -> int:
        """All cells."""
        return (1 << len(self.cells)) - 1

    def may_hold_lists(self, key: str) -> bool:
        """Whether a key may hold a list."""
        return key not in self.needs or self.needs[key].several

    def is_usual(self, point: Point) -> bool:
        """Whether a request of AWS could look like this: a list only where set operators read the
        key, no value in it twice, and none that is empty alone; a number where one is asked for."""
        return all(_is_usual(self.needs[key], value) for key, value in point.items()) and all(
            key in point for key, need in self.needs.items() if need.is_there
        )

    def usual_point(self, cell: list[Point]) -> Point:
        """The point of a cell that AWS would send; if it needs a value, one that people know."""
        usual = [point for point in cell if self.is_usual(point)]
        usual.sort(key=lambda point: "" in point.values())
        if not usual:
            return cell[0]
        point = usual[0]
        for key, value in point.items() if len(self.keys) == 1 else ():
            texts = () if self.needs[key].form is not None else usual_values(key)
            if texts and value not in texts and isinstance(value, str):
                alike = _vector(self.atoms, point)
                known: Iterator[Point] = ({key: text} for text in texts)
                return next((some for some in known if _vector(self.atoms, some) == alike), point)
        return point


def _is_usual(need: Needs, value: ContextValue) -> bool:
    """Whether a key can have a value, as far as the operators that read it tell its type."""
    if isinstance(value, tuple):
        return need.several and any(value) and len(set(value)) == len(value)
    if need.several and not value:
        return False
    if need.form is not None:
        return need.form.accepts(value)
    if need.typed:
        return all(is_readable(family, value) for family in need.typed)
    return not (need.boolean and need.patterns) or value in {"true", "false"}


def cut_regions(atoms: Sequence[Atom], shapes: Shapes = ANYTHING) -> list[Region]:
    """Find the regions of all open tests, in the order of the tests.

    `shapes` says what else is known of the keys: lists that set operators read in statements that
    are settled already.
    """
    needs = collect_needs(atoms, shapes)
    regions = []
    for keys, members in _connected(atoms):
        region = Region(keys, tuple(members), {key: needs[key] for key in keys})
        region.exact = all(need.exact for need in region.needs.values())
        points = _single(region, keys[0]) if len(keys) == 1 else _joint(region)
        _cut(region, points)
        regions.append(region)
    return regions


def _connected(atoms: Sequence[Atom]) -> list[tuple[tuple[str, ...], list[Atom]]]:
    """Join keys that one test reads together."""
    groups: list[tuple[dict[str, None], list[Atom]]] = []
    for atom in atoms:
        keys = dict.fromkeys(unknown_keys(atom))
        joined: tuple[dict[str, None], list[Atom]] = (keys, [])
        rest = []
        for group in groups:
            if keys.keys() & group[0].keys():
                joined = ({**group[0], **joined[0]}, [*joined[1], *group[1]])
            else:
                rest.append(group)
        joined[1].append(atom)
        groups = [*rest, joined]
    return [(tuple(keys), members) for keys, members in groups]


def _vector(atoms: Iterable[Atom], point: Point) -> int:
    """The answers of all tests at one point, as bits."""
    bits, bit = 0, 1
    for atom in atoms:
        if atom.leaf.holds(atom.request.resource, {**atom.request.context, **point}):
            bits |= bit
        bit <<= 1
    return bits


def _cut(region: Region, points: Iterable[Point]) -> None:
    """Gather points with equal answers into cells."""
    numbers: dict[int, int] = {}
    for point in points:
        vector = _vector(region.atoms, point)
        number = numbers.get(vector)
        if number is None:
            number = numbers[vector] = len(region.cells)
            region.cells.append([])
        region.cells[number].append(point)
    for position, atom in enumerate(region.atoms):
        truth = 0
        for vector, number in numbers.items():
            if vector >> position & 1:
                truth |= 1 << number
        region.truths[id(atom)] = truth


def _strings(need: Needs) -> tuple[list[str], bool]:
    """Strings that stand for all strings, as far as the tests of one key tell them apart."""
    form, sent = need.form, need.sent
    if sent is not None and sent.boolean:
        return ["true", "false"], True
    if need.typed and not need.patterns and form is None:
        strings, complete = {"": None}, True
    else:
        classes = text_classes(need.patterns, form)
        strings, complete = dict.fromkeys(classes.strings), classes.complete
    if sent is not None and sent.is_moment and need.typed.keys() == {"Date"} and not need.patterns:
        return moments_between(need.typed["Date"], sent.earliest, sent.latest), complete
    for family, texts in need.typed.items():
        strings.update(dict.fromkeys(literal_values(family, texts)))
    return [text for text in strings if form is None or form.accepts(text)], complete


def _single(region: Region, key: str) -> list[Point]:
    need = region.needs[key]
    strings, complete = _strings(need)
    region.exact = region.exact and complete
    values: list[ContextValue] = [*strings]
    if need.several:
        values += [(), *((text,) for text in strings), *_lists(region, key, strings)]
    absent: list[Point] = [] if need.is_there else [{}]
    return [*absent, *({key: value} for value in values)]


def _lists(region: Region, key: str, strings: list[str]) -> list[tuple[str, ...]]:
    """Lists of two or more strings, one for each combination of answers that set operators give.

    What a longer list answers depends on what its beginning answers and on the string added.
    """
    atoms = region.atoms
    patterns = list(region.needs[key].patterns)
    members: dict[tuple[object, ...], list[str]] = {}
    for text in strings:
        answers = _vector(atoms, {key: (text,)})
        place = answers, text == "", *(p.accepts(text) for p in patterns)
        members.setdefault(place, []).append(text)
    texts = [alike[0] for alike in members.values()]
    # Two values of one kind: twice the same, which AWS does not send, and different ones.
    pairs = [(text, text) for text in texts]
    pairs += [(alike[0], alike[1]) for alike in members.values() if len(alike) > 1]
    if len(texts) <= MOST_MEMBERS:
        sets = [some for size in range(2, len(texts) + 1) for some in combinations(texts, size)]
        return [*pairs, *sets]
    region.all_lists = False
    lists: dict[tuple[int, bool, bool], tuple[str, ...]] = {}
    queue: list[tuple[str, ...]] = [*pairs]
    queue += [("", text) for text in texts if text]
    for values in queue:
        state = (_vector(atoms, {key: values}), any(values), len(set(values)) < len(values))
        if state in lists:
            continue
        if len(lists) >= MOST_LISTS:
            region.exact = False
            break
        lists[state] = values
        queue.extend((*values, text) for text in texts if text not in values)
    return list(lists.values())


def _joint(region: Region) -> list[Point]:
    """The points of a region of several keys: all combinations of the values of each."""
    strings: dict[str, list[str]] = {}
    for key, need in region.needs.items():
        strings[key], complete = _strings(need)
        region.exact = region.exact and complete and not need.several
    for key, need in region.needs.items():
        for template, _ in need.templates:
            for other in template.keys:
                for value in strings.get(other, ())[:20]:
                    text = instantiate(template, dict.fromkeys(template.keys, value))
                    for cased in (text, text.swapcase()):
                        fits = need.form is None or need.form.accepts(cased)
                        if fits and cased not in strings[key]:
                            strings[key].append(cased)
    values: list[list[ContextValue | None]] = []
    for key, need in region.needs.items():
        texts = strings[key]
        lists: list[tuple[str, ...]] = []
        if need.several:
            lists += [(), *((text,) for text in texts), ("", "")]
            lists += [(a, b) for a in texts[:4] for b in texts[:4]]
        values.append([*([] if need.is_there else [None]), *texts, *lists])
    points: list[Point] = []
    for combination in product(*values):
        if len(points) >= MOST_POINTS:
            region.exact = False
            break
        pairs = zip(region.needs, combination, strict=True)
        points.append({key: value for key, value in pairs if value is not None})
    return points
