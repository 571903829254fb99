"""Expressions of HCL, evaluated: what can't be is an `Unknown` that says where.

https://developer.hashicorp.com/terraform/language/expressions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from iamsim.core.span import Span
from iamsim.importers.terraform.hcl.functions import FUNCTIONS, Files, Refused
from iamsim.importers.terraform.hcl.values import (
    Handle,
    ListOf,
    MapOf,
    SetOf,
    Written,
    as_boolean,
    as_number,
    as_text,
    bounded,
    join_pieces,
    plain,
)
from iamsim.importers.unknown import Unknown, find_unknown
from iamsim.syntax.hcl import tree

MAX_DEPTH = 100
MAX_STEPS = 1_000_000


class Budget:
    """Counts the steps of all evaluations, so that they end."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        """Start with so many steps."""
        self.left = steps
        self.depth = 0


class Scope(NamedTuple):
    """What names stand for: `find` gives the value of a reference and the steps that it took, or
    `None` for a name that is none of its; `files` reads files; `names` are those of loops."""

    find: Callable[[str, list[str | object], Span], tuple[object, int] | None]
    files: Files
    budget: Budget
    names: Mapping[str, object]

    def with_names(self, names: Mapping[str, object]) -> Scope:
        """Give a scope with more names."""
        return self._replace(names={**self.names, **names})


def place_of(span: Span) -> str:
    """Write where something stands: the file, without its folders, and the line."""
    return f"{span.source.name.rpartition('/')[2]}:{span.line}"


def unknown_at(span: Span, why: str | None = None) -> Unknown:
    """Say that an expression is not known."""
    shown = " ".join(span.text.split())
    shown = f"{shown[:57]}..." if len(shown) > 60 else shown  # noqa: PLR2004
    return Unknown(why or f"`{shown}`", place_of(span))


def evaluate(expression: tree.Expression, scope: Scope) -> object:
    """Evaluate an expression."""
    budget = scope.budget
    budget.left -= 1
    if budget.left < 0:
        return unknown_at(expression.span, "an expression, which takes too many steps")
    if budget.depth > MAX_DEPTH:
        return unknown_at(expression.span, "an expression, which leads too far")
    budget.depth += 1
    try:
        return _EVALUATORS[type(expression)](expression, scope)
    except RecursionError:
        return unknown_at(expression.span, "an expression, which leads too far")
    except Refused as refused:
        return unknown_at(expression.span, str(refused) or None)
    finally:
        budget.depth -= 1


def _literal(expression: tree.Literal, _scope: Scope) -> object:
    return expression.value


def _text(expression: tree.Text, _scope: Scope) -> object:
    return expression.text


def _template(expression: tree.Template, scope: Scope) -> object:
    """Join the parts; a template of one interpolation is the value itself."""
    parts = expression.parts
    if len(parts) == 1:
        only = parts[0]
        if isinstance(only, tree.Text):
            return Written.of(only.text, only.span)
        if not isinstance(only, tree.Directive):
            return evaluate(only, scope)
    pieces: list[tuple[str | Unknown, Span | None]] = []
    for part in parts:
        if isinstance(part, tree.Text):
            pieces.append((part.text, part.span))
            continue
        value = evaluate(part.of if isinstance(part, tree.Directive) else part, scope)
        if isinstance(value, list) and isinstance(part, tree.Directive):
            value = join_pieces([(as_text(entry) or "", None) for entry in value])
        text = as_text(value)
        if text is None:
            text = unknown_at(part.span)
        pieces.append((text, part.span))
    return join_pieces(pieces)


def _reference(expression: tree.Expression, scope: Scope) -> object:
    """Follow a reference: its first name says what its steps are about."""
    steps: list[str | object] = []
    spans: list[Span] = []
    first = expression
    while isinstance(first, tree.GetAttribute | tree.Index):
        steps.append(
            first.name if isinstance(first, tree.GetAttribute) else evaluate(first.key, scope)
        )
        spans.append(first.span)
        first = first.of
    steps.reverse()
    spans.reverse()
    if isinstance(first, tree.Variable):
        if first.name in scope.names:
            value, taken = scope.names[first.name], 0
        else:
            found = scope.find(first.name, steps, expression.span)
            if found is None:
                return unknown_at(expression.span)
            value, taken = found
    else:
        value, taken = evaluate(first, scope), 0
    for step, span in zip(steps[taken:], spans[taken:], strict=True):
        value = _step(value, step, span)
    return value


def _step(value: object, step: object, span: Span) -> object:
    """Take one step into a value."""
    if isinstance(value, Unknown):
        return unknown_at(span) if not value.source else Unknown(value.why, value.source)
    if isinstance(step, Unknown):
        return Unknown(step.why, step.source)
    if isinstance(value, Handle):
        name = as_text(step)
        return value.attribute(name, span) if isinstance(name, str) else unknown_at(span)
    if isinstance(value, dict):
        text = as_text(step)
        if isinstance(text, str) and text in value:
            return value[text]
        return unknown_at(span, f"`{' '.join(span.text.split())}`, which is not there")
    number = as_number(step)
    if isinstance(value, list) and isinstance(number, int):
        if -len(value) <= number < len(value) and number >= 0:
            return value[number]
        return unknown_at(span, f"`{' '.join(span.text.split())}`, which is not there")
    return unknown_at(span)


def _splat(expression: tree.Splat, scope: Scope) -> object:
    """Take the steps into each item; null has none, and a single value is a list of one."""
    value = evaluate(expression.of, scope)
    if isinstance(value, Unknown):
        return value
    listed = value if isinstance(value, list) else [] if value is None else [value]
    list_of = ListOf(place=expression.span)
    for item in listed:
        for step in expression.each:
            key = step if isinstance(step, str) else evaluate(step, scope)
            item = _step(item, key, expression.span)  # noqa: PLW2901 - step by step
        list_of.append(item)
        list_of.places.append(None)
    return bounded(list_of)


def _call(expression: tree.Call, scope: Scope) -> object:
    """Call a function; `try` and `can` look at what their arguments come to."""
    name = expression.name.removeprefix("core::")
    if name in ("try", "can"):
        return _attempt(name, expression, scope)
    arguments = [evaluate(argument, scope) for argument in expression.arguments]
    if expression.expand and arguments:
        last = arguments.pop()
        if isinstance(last, Unknown):
            return last
        if not isinstance(last, list):
            return unknown_at(expression.span)
        arguments += last
    function = FUNCTIONS.get(name)
    if function is None:
        return unknown_at(expression.span, f"the function `{name}`")
    try:
        unknown = bounded(function(scope.files, arguments))
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, ArithmeticError) as error:
        raise Refused from error
    if isinstance(unknown, Unknown) and not unknown.source:
        return (
            Unknown(unknown.why, place_of(expression.span))
            if unknown.why
            else unknown_at(expression.span)
        )
    return unknown


def _attempt(name: str, expression: tree.Call, scope: Scope) -> object:
    """Give the first argument that is known; a mistake in it can't be told from what is not."""
    value: object = unknown_at(expression.span)
    for argument in expression.arguments:
        value = evaluate(argument, scope)
        missing = isinstance(value, Unknown) and value.why.endswith("which is not there")
        if name == "can":
            return value if isinstance(value, Unknown) and not missing else not missing
        if not missing:
            return value
    return value


def _tuple(expression: tree.TupleOf, scope: Scope) -> object:
    list_of = ListOf(place=expression.span)
    for item in expression.items:
        list_of.append(evaluate(item, scope))
        list_of.places.append(item.span)
    return bounded(list_of)


def _object(expression: tree.ObjectOf, scope: Scope) -> object:
    map_of = MapOf(place=expression.span)
    for key, item in expression.items:
        name = as_text(evaluate(key, scope))
        if not isinstance(name, str):
            return name if isinstance(name, Unknown) else unknown_at(key.span)
        map_of[str(name)] = evaluate(item, scope)
        map_of.places[str(name)] = item.span
        map_of.key_places[str(name)] = key.span
    return bounded(map_of)


def items_of(value: object) -> Iterator[tuple[object, object]]:
    """Go through the keys and values of a collection; raises `Refused` for what is none."""
    if isinstance(value, dict):
        yield from sorted(value.items())
    elif isinstance(value, SetOf):
        yield from ((item, item) for item in value)
    elif isinstance(value, list):
        yield from enumerate(value)
    else:
        raise Refused


def _for(expression: tree.For, scope: Scope) -> object:
    """Make a list or an object of a collection."""
    of = evaluate(expression.of, scope)
    if isinstance(of, Unknown):
        return of
    entries = MapOf(place=expression.span)
    items = ListOf(place=expression.span)
    for key, value in items_of(of):
        names = dict(zip(reversed(expression.names), (value, key), strict=False))
        inner = scope.with_names(names)
        if expression.condition is not None:
            holds = evaluate(expression.condition, inner)
            if isinstance(holds, Unknown):
                return holds
            if as_boolean(holds) is not True:
                continue
        result = evaluate(expression.value, inner)
        place = expression.value.span
        if expression.key is None:
            items.append(result)
            items.places.append(place)
            continue
        name = as_text(evaluate(expression.key, inner))
        if not isinstance(name, str):
            return name if isinstance(name, Unknown) else unknown_at(expression.key.span)
        if expression.group:
            group = entries.setdefault(str(name), ListOf(place=place))
            if isinstance(group, ListOf):
                group.append(result)
                group.places.append(place)
        else:
            entries[str(name)] = result
        entries.places[str(name)] = place
    return bounded(items if expression.key is None else entries)


def _unary(expression: tree.Unary, scope: Scope) -> object:
    value = evaluate(expression.of, scope)
    if isinstance(value, Unknown):
        return value
    if expression.operator == "!":
        found = as_boolean(value)
        return unknown_at(expression.span) if found is None else not found
    number = as_number(value)
    return unknown_at(expression.span) if number is None else -number


_ARITHMETIC: dict[str, Callable[[float, float], object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
MAX_NUMBER = 10**30


def _binary(expression: tree.Binary, scope: Scope) -> object:
    sign = expression.operator
    left = evaluate(expression.left, scope)
    if sign in ("&&", "||"):
        return _logical(expression, left, evaluate(expression.right, scope))
    right = evaluate(expression.right, scope)
    unknown = find_unknown([left, right])
    if sign in ("==", "!="):
        if unknown is not None:
            return Unknown(unknown.why, unknown.source)
        return (_comparable(left) == _comparable(right)) is (sign == "==")
    if unknown is not None:
        return Unknown(unknown.why, unknown.source)
    first, second = as_number(left), as_number(right)
    if first is None or second is None or max(abs(first), abs(second)) > MAX_NUMBER:
        return unknown_at(expression.span)
    if sign in "/%" and not second:
        return unknown_at(expression.span)
    found = _ARITHMETIC[sign](first, second)
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _comparable(value: object) -> object:
    """Make values of one meaning equal, and `1` and `true` not."""
    made = plain(value)
    if isinstance(made, bool):
        return ("boolean", made)
    if isinstance(made, list):
        return [_comparable(item) for item in made]
    if isinstance(made, dict):
        return {key: _comparable(item) for key, item in made.items()}
    return made


def _logical(expression: tree.Binary, left: object, right: object) -> object:
    """And, or: a side that decides does so whatever the other is."""
    decisive = expression.operator == "||"
    sides = [side if isinstance(side, Unknown) else as_boolean(side) for side in (left, right)]
    if decisive in sides:
        return decisive
    unknown = find_unknown(sides)
    if unknown is not None:
        return Unknown(unknown.why, unknown.source)
    return unknown_at(expression.span) if None in sides else not decisive


def _conditional(expression: tree.Conditional, scope: Scope) -> object:
    """Give one side; where the condition is not known, what both agree on."""
    holds = evaluate(expression.condition, scope)
    if isinstance(holds, Unknown):
        yes, no = evaluate(expression.yes, scope), evaluate(expression.no, scope)
        return yes if _comparable(yes) == _comparable(no) else Unknown(holds.why, holds.source)
    found = as_boolean(holds)
    if found is None:
        return unknown_at(expression.span)
    return evaluate(expression.yes if found else expression.no, scope)


_EVALUATORS: dict[type, Callable[..., object]] = {
    tree.Binary: _binary,
    tree.Call: _call,
    tree.Conditional: _conditional,
    tree.Directive: lambda expression, scope: evaluate(expression.of, scope),
    tree.For: _for,
    tree.GetAttribute: _reference,
    tree.Index: _reference,
    tree.Literal: _literal,
    tree.ObjectOf: _object,
    tree.Splat: _splat,
    tree.Template: _template,
    tree.Text: _text,
    tree.TupleOf: _tuple,
    tree.Unary: _unary,
    tree.Variable: _reference,
}
