"""Small changes of one policy document, each of another kind.

The elements of a statement are described in
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.syntax.operators import IF_EXISTS, OPERATORS, split_operator

if TYPE_CHECKING:
    from iamsim.core.span import Path

    Document = Mapping[str, object]
    Statement = dict[str, object]

_ENTRIES = ("Action", "NotAction", "Resource", "NotResource")
_NARROWER = "iamsim-narrowed"  # what the wildcard of a narrowed resource becomes


class Change(NamedTuple):
    """One change of a document: its kind, what it says, the place that it changes, the number of
    the statement, and the document that it gives (`None`: the policy without its statements is no
    policy, so that it is taken away)."""

    kind: str
    text: str
    path: Path
    statement: int
    document: Document | None


class _Edit(NamedTuple):
    kind: str
    text: str
    path: Path
    statement: Statement | None


def changes_of(document: Document) -> Iterator[Change]:
    """Give all changes of a document, statement by statement in the order of the text."""
    raw = document.get("Statement")
    single = isinstance(raw, Mapping)
    statements = [raw] if single else raw
    if not isinstance(statements, list):
        return
    for number, statement in enumerate(statements):
        if not isinstance(statement, Mapping):
            continue
        place: Path = ("Statement",) if single else ("Statement", number)
        for edit in _edits(dict(statement)):
            changed = list(statements)
            if edit.statement is None:
                del changed[number]
            else:
                changed[number] = edit.statement
            given = {**document, "Statement": changed} if changed else None
            yield Change(edit.kind, edit.text, (*place, *edit.path), number, given)


def _edits(statement: Statement) -> Iterator[_Edit]:
    yield _Edit("drop-statement", "the statement is gone", (), None)
    effect = statement.get("Effect")
    if effect in {"Allow", "Deny"}:
        other = "Deny" if effect == "Allow" else "Allow"
        text = f"the effect is {other}"
        yield _Edit("swap-effect", text, ("Effect",), {**statement, "Effect": other})
    for element in _ENTRIES:
        if element in statement:
            yield from _entry_edits(statement, element)
    for element in ("Principal", "NotPrincipal"):
        if element in statement:
            yield from _principal_edits(statement, element)
    condition = statement.get("Condition")
    if isinstance(condition, Mapping):
        yield from _condition_edits(statement, condition)


def _entry_edits(statement: Statement, element: str) -> Iterator[_Edit]:
    """Drop, widen and narrow the entries of Action, Resource and their opposites."""
    raw = statement[element]
    values = list(raw) if isinstance(raw, list) else [raw]
    for number, value in enumerate(values):
        if not isinstance(value, str):
            continue
        path: Path = (element, number) if isinstance(raw, list) else (element,)
        if len(values) > 1:
            rest = [entry for at, entry in enumerate(values) if at != number]
            kind = "widen" if element.startswith("Not") else "narrow"
            text = f"`{value}` is not in {element}"
            yield _Edit(f"{kind}-{_noun(element)}", text, path, {**statement, element: rest})
        for kind, other in _others(element, value):
            changed = [other if at == number else entry for at, entry in enumerate(values)]
            given = changed if isinstance(raw, list) else other
            text = f"{element} has `{other}` instead of `{value}`"
            yield _Edit(f"{kind}-{_noun(element)}", text, path, {**statement, element: given})


def _noun(element: str) -> str:
    return element.removeprefix("Not").lower()


def _others(element: str, value: str) -> Iterator[tuple[str, str]]:
    """A wider and a narrower text in the place of an entry."""
    wider, narrower = ("narrow", "widen") if element.startswith("Not") else ("widen", "narrow")
    if element.endswith("Action"):
        service, colon, name = value.partition(":")
        if colon and name != "*":
            yield wider, f"{service}:*"
        if "*" in value:
            action = _some_action(value)
            if action is not None:
                yield narrower, action
        return
    if value != "*":
        yield wider, "*"
    if value.endswith("*"):
        yield narrower, (value[:-1] if value != "*" else "arn:aws:s3:::") + _NARROWER


def _some_action(pattern: str) -> str | None:
    """One action that a pattern matches, where it matches several."""
    if pattern == "*":
        return "sts:GetCallerIdentity"
    from iamsim import catalog

    found = catalog.expand(pattern)
    return found[0] if len(found) > 1 else None


def _principal_edits(statement: Statement, element: str) -> Iterator[_Edit]:
    """Let everyone in, and leave one principal out."""
    raw = statement[element]
    wider, narrower = ("narrow", "widen") if element.startswith("Not") else ("widen", "narrow")
    if element == "Principal" and raw not in ("*", {"AWS": "*"}):
        changed = {**statement, element: "*"}
        yield _Edit(f"{wider}-principal", "the principal is everyone", (element,), changed)
    if not isinstance(raw, Mapping):
        return
    count = sum(len(entry) if isinstance(entry, list) else 1 for entry in raw.values())
    for kind, entry in raw.items() if count > 1 else ():
        values = list(entry) if isinstance(entry, list) else [entry]
        for number, value in enumerate(values):
            rest = [member for at, member in enumerate(values) if at != number]
            kinds = {**raw, kind: rest} if rest else {k: v for k, v in raw.items() if k != kind}
            path: Path = (element, kind, number) if isinstance(entry, list) else (element, kind)
            text = f"`{value}` is not in {element}"
            changed = {**statement, element: kinds}
            yield _Edit(f"{narrower}-principal", text, path, changed)


def _condition_edits(statement: Statement, condition: Mapping[str, object]) -> Iterator[_Edit]:
    """Drop a condition, drop one of its values, and let it pass where the key is absent."""
    for operator, keys in condition.items():
        if not isinstance(keys, Mapping):
            continue
        for key, raw in keys.items():
            path: Path = ("Condition", operator, key)
            without = _with_test(condition, operator, key, None)
            changed = {**statement, "Condition": without}
            if not without:
                del changed["Condition"]
            yield _Edit("drop-condition", f"{operator} {key} is not asked", path, changed)
            values = list(raw) if isinstance(raw, list) else [raw]
            for number, value in enumerate(values if len(values) > 1 else ()):
                rest = [entry for at, entry in enumerate(values) if at != number]
                changed = {**statement, "Condition": _with_test(condition, operator, key, rest)}
                text = f"`{value}` is not among the values of {operator} {key}"
                yield _Edit("drop-value", text, (*path, number), changed)
            loosened = _if_exists(operator)
            if loosened is not None:
                moved = _with_test(without, loosened, key, raw)
                changed = {**statement, "Condition": moved}
                yield _Edit("if-exists", f"{operator} {key} is {loosened}", path, changed)


def _with_test(
    condition: Mapping[str, object], operator: str, key: str, values: object
) -> dict[str, object]:
    """A Condition element with other values for one operator and key, or without them."""
    changed = {name: dict(keys) for name, keys in condition.items() if isinstance(keys, Mapping)}
    keys = changed.setdefault(operator, {})
    if values is None:
        keys.pop(key, None)
    else:
        keys[key] = values
    return {name: keys for name, keys in changed.items() if keys}


def _if_exists(operator: str) -> str | None:
    """The form of an operator that passes where the key is absent, if there is one."""
    name = split_operator(operator)
    if name is None or name.if_exists or not OPERATORS[name.base].if_exists:
        return None
    return operator + IF_EXISTS
