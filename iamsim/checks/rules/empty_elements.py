"""An element lists nothing.

## What it finds
An `Action`, a `Resource` or a kind of principal with an empty list, a `Principal` that is an empty
object, and a `Condition` that is one.

## Why it matters
A statement about no action, no resource or no principal has no effect, with the `Not` forms too. An
empty `Condition` asks nothing. Either something is missing, or the element can go.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks

LISTS = (
    ("Action", "EMPTY_ARRAY_ACTION"),
    ("NotAction", "EMPTY_ARRAY_ACTION"),
    ("Resource", "EMPTY_ARRAY_RESOURCE"),
    ("NotResource", "EMPTY_ARRAY_RESOURCE"),
)


@checks("EMPTY_ARRAY_ACTION", "EMPTY_ARRAY_RESOURCE")
def empty_lists(policy: PolicyView) -> Findings:
    """Lists of actions and resources without an entry."""
    for statement in policy.statements:
        for name, code in LISTS:
            if statement.raw.get(name) == []:
                message = f"`{name}` is an empty list: the statement has no effect"
                yield policy.finding(code, message, statement.element(name))


@checks("EMPTY_ARRAY_PRINCIPAL", "EMPTY_OBJECT_PRINCIPAL")
def empty_principals(policy: PolicyView) -> Findings:
    """Principal elements that name nobody."""
    for statement in policy.statements:
        for name in ("Principal", "NotPrincipal"):
            given = statement.raw.get(name)
            if given == {}:
                message = f"`{name}` names nobody"
                yield policy.finding("EMPTY_OBJECT_PRINCIPAL", message, statement.element(name))
            for kind, values in given.items() if isinstance(given, dict) else ():
                if values == []:
                    message = f"`{kind}` lists no principals"
                    place = (*statement.element(name), kind)
                    yield policy.finding("EMPTY_ARRAY_PRINCIPAL", message, place)


@checks("EMPTY_OBJECT_CONDITION")
def empty_condition(policy: PolicyView) -> Findings:
    """Conditions without a test, as a whole or under one operator."""
    for statement in policy.statements:
        given = statement.raw.get("Condition")
        if not isinstance(given, dict):
            continue
        empty: list[tuple[str, ...]] = [("Condition",)] if not given else []
        empty += [("Condition", operator) for operator, keys in given.items() if keys == {}]
        for names in empty:
            message = f"`{names[-1]}` asks nothing"
            place = (*statement.path, *names)
            yield policy.finding("EMPTY_OBJECT_CONDITION", message, place)
