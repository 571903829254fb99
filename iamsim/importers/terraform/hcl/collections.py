"""Terraform's functions of lists, maps and sets.

https://developer.hashicorp.com/terraform/language/functions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from iamsim.importers.terraform.hcl.refused import Refused
from iamsim.importers.terraform.hcl.values import ListOf, MapOf, SetOf, as_number, as_text, plain
from iamsim.importers.unknown import Unknown, find_unknown

MAX_ITEMS = 100_000
PAIR = 2


def _whole(function: Callable[..., object]) -> Callable[..., object]:
    """Make a function whose arguments must be known as such; what is in them need not be."""

    def call(_files: object, arguments: list[object]) -> object:
        unknown = next((argument for argument in arguments if isinstance(argument, Unknown)), None)
        if unknown is not None:
            return Unknown(unknown.why, unknown.source)
        found = function(*arguments)
        if isinstance(found, list | dict) and len(found) > MAX_ITEMS:
            raise Refused("a collection, which is too long")
        return found

    return call


def _deep(function: Callable[..., object]) -> Callable[..., object]:
    """Make a function for which all in its arguments must be known."""

    def call(_files: object, arguments: list[object]) -> object:
        unknown = find_unknown(arguments)
        if unknown is not None:
            return Unknown(unknown.why, unknown.source)
        return _whole(function)(_files, arguments)

    return call


def _list(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    raise Refused


def _map(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return value
    raise Refused


def _places(value: list[object]) -> list[object]:
    """The places of the items of a list, as far as they are known."""
    places = value.places if isinstance(value, ListOf) else []
    return [*places, *[None] * (len(value) - len(places))]


def _gathered(parts: Iterable[tuple[object, object]]) -> ListOf:
    """Make a list of items with their places."""
    list_of = ListOf()
    for item, place in parts:
        list_of.append(item)
        list_of.places.append(place)  # type: ignore[arg-type]  # a place or nothing
    return list_of


def _pairs(value: object) -> list[tuple[object, object]]:
    listed = _list(value)
    return list(zip(listed, _places(listed), strict=False))


def _concat(*lists: object) -> object:
    return _gathered(itertools.chain.from_iterable(map(_pairs, lists)))


def _merge(*maps: object) -> object:
    """Merge; a later entry replaces, null is nothing."""
    map_of = MapOf()
    for mapping in maps:
        if mapping is None:
            continue
        map_of.update(_map(mapping))
        if isinstance(mapping, MapOf):
            map_of.places.update(mapping.places)
            map_of.key_places.update(mapping.key_places)
            map_of.place = map_of.place or mapping.place
    return map_of


def _flatten(value: object) -> object:
    """Take the items out of lists in lists."""
    list_of = ListOf()

    def add(items: list[object]) -> None:
        for item, place in zip(items, _places(items), strict=False):
            if isinstance(item, list):
                add(item)
            else:
                list_of.append(item)
                list_of.places.append(place)  # type: ignore[arg-type]  # a place or nothing
            if len(list_of) > MAX_ITEMS:
                raise Refused("a collection, which is too long")

    add(_list(value))
    return list_of


def _key(value: object) -> object:
    """Make something of a value that can be compared and put into a set."""
    made = plain(value)
    return repr(made) if isinstance(made, list | dict | Unknown) else (type(made) is bool, made)


def _distinct(value: object) -> ListOf:
    seen: dict[object, tuple[object, object]] = {}
    for item, place in _pairs(value):
        seen.setdefault(_key(item), (item, place))
    return _gathered(seen.values())


def set_of(value: object) -> SetOf:
    """Make a set: each item once, texts in their order."""
    listed = _distinct(value)
    found = SetOf()
    pairs = list(zip(listed, listed.places, strict=True))
    if all(isinstance(item, str) for item in listed):
        pairs.sort(key=lambda pair: str(pair[0]))
    for item, place in pairs:
        found.append(item)
        found.places.append(place)
    return found


def _compact(value: object) -> object:
    return _gathered(pair for pair in _pairs(value) if pair[0] not in (None, ""))


def _lookup(entries: object, key: object, *default: object) -> object:
    name = as_text(key)
    found = _map(entries)
    if isinstance(name, str) and name in found:
        return found[name]
    if not default:
        raise Refused
    return default[0]


def _element(value: object, index: object) -> object:
    listed, number = _list(value), as_number(index)
    if not listed or not isinstance(number, int):
        raise Refused
    return listed[number % len(listed)]


def _length(value: object) -> object:
    if isinstance(value, str | list | dict):
        return len(value)
    raise Refused


def _keys(value: object) -> object:
    return ListOf(sorted(_map(value)))


def _values(value: object) -> object:
    entries = _map(value)
    places = entries.places if isinstance(entries, MapOf) else {}
    return _gathered((entries[name], places.get(name)) for name in sorted(entries))


def _contains(value: object, item: object) -> object:
    return _key(item) in [_key(entry) for entry in _list(value)]


def _index(value: object, item: object) -> object:
    return [_key(entry) for entry in _list(value)].index(_key(item))


def _first_known(_files: object, arguments: list[object]) -> object:
    for argument in arguments:
        if argument in (None, ""):
            continue
        return Unknown(argument.why, argument.source) if isinstance(argument, Unknown) else argument
    raise Refused


def _coalesce_list(*values: object) -> object:
    return next((value for value in values if value), Unknown(""))


def _zip_map(keys: object, values: object) -> object:
    names = [as_text(key) for key in _list(keys)]
    if not all(isinstance(name, str) for name in names):
        raise Refused
    return MapOf((str(name), entry) for name, entry in zip(names, _list(values), strict=True))


def _range(*limits: object) -> object:
    numbers = [as_number(limit) for limit in limits]
    if not all(isinstance(number, int) for number in numbers):
        raise Refused
    found = range(*(int(number or 0) for number in numbers))
    if len(found) > MAX_ITEMS:
        raise Refused("a collection, which is too long")
    return ListOf(found)


def _set_product(*lists: object) -> object:
    size = 1
    for listing in lists:
        size *= len(_list(listing))
    if size > MAX_ITEMS:
        raise Refused("a collection, which is too long")
    return ListOf(ListOf(row) for row in itertools.product(*map(_list, lists)))


def _of_sets(keep: Callable[[list[set[object]], object], bool]) -> Callable[..., object]:
    """Make a function of sets; `keep` says which items stay."""

    def call(*lists: object) -> object:
        sets = [{_key(entry) for entry in _list(listed)} for listed in lists]
        items = [entry for listed in lists for entry in _list(listed)]
        return set_of(ListOf(item for item in items if keep(sets, _key(item))))

    return call


def _slice(value: object, start: object, end: object) -> object:
    first, last = as_number(start), as_number(end)
    return _gathered(_pairs(value)[int(first or 0) : int(last or 0)])


def _chunks(value: object, size: object) -> object:
    listed, number = _list(value), int(as_number(size) or 0)
    if number < 1:
        raise Refused
    return ListOf(ListOf(listed[at : at + number]) for at in range(0, len(listed), number))


def _one(value: object) -> object:
    listed = _list(value)
    if len(listed) > 1:
        raise Refused
    return listed[0] if listed else None


def _sum(value: object) -> object:
    numbers = [as_number(entry) for entry in _list(value)]
    if None in numbers:
        raise Refused
    return sum(number for number in numbers if number is not None)


def _sorted(value: object) -> object:
    texts = [as_text(entry) for entry in _list(value)]
    return ListOf(sorted(text for text in texts if isinstance(text, str)))


def _all_true(value: object) -> object:
    return all(entry in (True, "true") for entry in _list(value))


def _any_true(value: object) -> object:
    return any(entry in (True, "true") for entry in _list(value))


def _transpose(value: object) -> object:
    map_of = MapOf()
    for key, items in sorted(_map(value).items()):
        for item in _list(items):
            group = map_of.setdefault(str(item), ListOf())
            if isinstance(group, list):
                group.append(key)
    return map_of


def _match_keys(values: object, keys: object, wanted: object) -> object:
    known = {_key(entry) for entry in _list(wanted)}
    pairs = zip(_list(values), _list(keys), strict=True)
    return ListOf(value for value, key in pairs if _key(key) in known)


def _to_map(value: object) -> object:
    return _map(value)


def _to_list(value: object) -> object:
    listed = _list(value)
    return _gathered(_pairs(listed)) if isinstance(listed, SetOf) else listed


COLLECTIONS: dict[str, Callable[..., object]] = {
    "alltrue": _deep(_all_true),
    "anytrue": _deep(_any_true),
    "chunklist": _whole(_chunks),
    "coalesce": _first_known,
    "coalescelist": _whole(_coalesce_list),
    "compact": _whole(_compact),
    "concat": _whole(_concat),
    "contains": _deep(_contains),
    "distinct": _whole(_distinct),
    "element": _whole(_element),
    "flatten": _whole(_flatten),
    "index": _deep(_index),
    "keys": _whole(_keys),
    "length": _whole(_length),
    "lookup": _whole(_lookup),
    "matchkeys": _deep(_match_keys),
    "merge": _whole(_merge),
    "one": _whole(_one),
    "range": _deep(_range),
    "reverse": _whole(lambda value: _gathered(reversed(_pairs(value)))),
    "setintersection": _deep(_of_sets(lambda sets, key: all(key in members for members in sets))),
    "setproduct": _whole(_set_product),
    "setsubtract": _deep(_of_sets(lambda sets, key: key in sets[0] and key not in sets[1])),
    "setunion": _deep(_of_sets(lambda _sets, _key: True)),
    "slice": _whole(_slice),
    "sort": _deep(_sorted),
    "sum": _deep(_sum),
    "tolist": _whole(_to_list),
    "tomap": _whole(_to_map),
    "toset": _whole(set_of),
    "transpose": _deep(_transpose),
    "values": _whole(_values),
    "zipmap": _whole(_zip_map),
}
