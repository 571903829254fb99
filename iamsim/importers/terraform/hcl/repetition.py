"""How often a resource or a module is made: `count` and `for_each`.

https://developer.hashicorp.com/terraform/language/meta-arguments/for_each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iamsim.importers.terraform.hcl.evaluate import Scope, evaluate, unknown_at
from iamsim.importers.terraform.hcl.values import Handle, ListOf, MapOf, SetOf, as_number
from iamsim.importers.unknown import Unknown
from iamsim.syntax.hcl import tree

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.importers.terraform.addresses import Key

MAX_INSTANCES = 50_000


def repetition(
    block: tree.Block, scope: Scope, note: Callable[[Span], None]
) -> list[tuple[Key, dict[str, object], Unknown | None]]:
    """Say how often a block is made: keys with the names that go with each, and what that
    depends on where it is not known. `note` is told of a number that nothing bounds."""
    attributes = block.body.attributes
    if "count" in attributes:
        span = attributes["count"].value.span
        value = evaluate(attributes["count"].value, scope)
        number = as_number(value)
        if isinstance(number, int) and 0 <= number <= MAX_INSTANCES:
            indexes = range(number)
            return [(index, {"count": MapOf([("index", index)])}, None) for index in indexes]
        why = _unknown_number(value, span)
        if not _is_choice(attributes["count"].value):
            note(span)
        return [(None, {"count": MapOf([("index", why)])}, why)]
    if "for_each" in attributes:
        value = evaluate(attributes["for_each"].value, scope)
        if isinstance(value, dict) and len(value) <= MAX_INSTANCES:
            pairs = sorted(value.items())
            return [(key, _each(key, item), None) for key, item in pairs]
        if isinstance(value, SetOf) and all(isinstance(entry, str) for entry in value):
            return [(str(item), _each(str(item), item), None) for item in value]
        span = attributes["for_each"].value.span
        note(span)
        why = _unknown_number(value, span)
        return [(None, _each(why, why), why)]
    return [(None, {}, None)]


def _is_choice(count: tree.Expression) -> bool:
    """Whether a number is one of two that are written out, of which the larger is 1."""
    if not isinstance(count, tree.Conditional):
        return False
    sides = (count.yes, count.no)
    return all(isinstance(side, tree.Literal) and side.value in (0, 1) for side in sides)


def _unknown_number(value: object, span: Span) -> Unknown:
    if isinstance(value, Unknown):
        return Unknown(value.why, value.source)
    return unknown_at(span)


def _each(key: object, value: object) -> dict[str, object]:
    return {"each": MapOf([("key", key), ("value", value)])}


def collection_of(block: tree.Block, handles: Mapping[Key, Handle]) -> object:
    """Give instances as references see them: one, a list or a map."""
    attributes = block.body.attributes
    if None in handles:
        return handles[None]
    if "count" in attributes:
        return ListOf(handles.values())
    if "for_each" in attributes:
        return MapOf((str(key), handle) for key, handle in handles.items())
    return Unknown(f"`{'.'.join(block.labels)}`")
