"""Types of variables: what a value becomes where one is declared.

https://developer.hashicorp.com/terraform/language/expressions/type-constraints.
"""

from __future__ import annotations

from collections.abc import Callable

from iamsim.importers.terraform.hcl.collections import set_of
from iamsim.importers.terraform.hcl.values import ListOf, MapOf, as_boolean, as_number, as_text
from iamsim.importers.unknown import Unknown
from iamsim.syntax.hcl import tree

PLAIN: dict[str, Callable[[object], object]] = {
    "bool": as_boolean,
    "number": as_number,
    "string": as_text,
}
OPTIONAL = 2


def convert(
    value: object, kind: tree.Expression | None, evaluate: Callable[[tree.Expression], object]
) -> object:
    """Convert a value to a type; what does not fit stays as it is. `evaluate` gives defaults."""
    if value is None or kind is None or isinstance(value, Unknown):
        return value
    if isinstance(kind, tree.Variable) and kind.name in PLAIN:
        found = PLAIN[kind.name](value)
        return value if found is None else found
    if not isinstance(kind, tree.Call) or not kind.arguments:
        return value
    inner = kind.arguments[0]
    if kind.name == "optional":
        return convert(value, inner, evaluate)
    if kind.name in ("list", "set") and isinstance(value, list):
        places = value.places if isinstance(value, ListOf) else ()
        items = ListOf((convert(item, inner, evaluate) for item in value), places)
        return set_of(items) if kind.name == "set" else items
    if kind.name == "map" and isinstance(value, dict):
        return _copied(value, {key: convert(item, inner, evaluate) for key, item in value.items()})
    if kind.name == "object" and isinstance(value, dict) and isinstance(inner, tree.ObjectOf):
        return _object(value, inner, evaluate)
    return value


def _object(
    value: dict[str, object],
    kind: tree.ObjectOf,
    evaluate: Callable[[tree.Expression], object],
) -> object:
    """Convert an object: attributes that are not in the type go, optional ones come."""
    found: dict[str, object] = {}
    for key, inner in kind.items:
        name = key.text if isinstance(key, tree.Text) else ""
        given = value.get(name)
        optional = isinstance(inner, tree.Call) and inner.name == "optional"
        if given is None and isinstance(inner, tree.Call) and optional:
            default = inner.arguments[1:OPTIONAL]
            given = evaluate(default[0]) if default else None
        found[name] = convert(given, inner, evaluate)
    return _copied(value, found)


def _copied(value: dict[str, object], entries: dict[str, object]) -> MapOf:
    """Make a map with the places of another."""
    map_of = MapOf(entries.items())
    if isinstance(value, MapOf):
        map_of.place = value.place
        map_of.places.update({key: place for key, place in value.places.items() if key in entries})
        map_of.key_places.update(value.key_places)
    return map_of
