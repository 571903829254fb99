"""What statements ask of requests and what they give, for checks that read them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamsim.checks.arn_examples import example_resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.statement import CompiledStatement, ResourceTest

__all__ = ["demands", "gives_everything", "resources_named", "whole_services"]

ALL_BUT = "everything but "
ARN_PARTS = 6
MOST_NAMED = 4
_ANYTHING = re.compile(r"(arn:)?(aws[a-z-]*:)?[*?:/]*|0\.0\.0\.0/0|::/0")


def says_something(value: str) -> bool:
    """Whether a value of a condition leaves any value out."""
    return _ANYTHING.fullmatch(value) is None


def demands(
    statement: CompiledStatement,
    wanted: Callable[[str], bool],
    says: Callable[[str], bool] = says_something,
) -> bool:
    """Whether a statement holds only for requests that bring certain values of a key that is
    `wanted`. `IfExists`, `ForAllValues` and `Null` hold without a value, negated operators for
    every other one, and a value such as ``*`` (each is asked `says`) for all."""
    return any(
        wanted(test.key)
        and _asks_a_value(test)
        and all(says(template.text) for template in test.values.templates)
        for test in statement.conditions
    )


def _asks_a_value(test: ConditionTest) -> bool:
    operator = test.operator
    return (
        test.constant is None
        and not operator.negated
        and not operator.if_exists
        and operator.base != "Null"
        and operator.set_operator != "ForAllValues"
    )


def whole_services(statement: CompiledStatement, account: str = "") -> list[str]:
    """The patterns of a statement that stand for all actions, or all of a service, where it allows
    them on everything (of the service, in `account` if one is given) and unconditionally; for
    `NotAction`, what it leaves out."""
    resources, actions = statement.resources, statement.actions
    if statement.denies or statement.conditions or resources is None:
        return []
    if not actions.negated:
        found = {_whole(pattern.pattern) for pattern in actions.patterns}
        return sorted(name for name in found if name and _everywhere(resources, name, account))
    names = sorted({pattern.pattern for pattern in actions.patterns})
    if any(_whole(name) == "*" for name in names) or not _everywhere(resources, "*", account):
        return []
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return [f"{ALL_BUT}{', '.join(names[:MOST_NAMED])}{more}"]


def gives_everything(services: Iterable[str]) -> bool:
    """Whether some of what `whole_services` gave is more than services that are named."""
    return any(name == "*" or name.startswith(ALL_BUT) for name in services)


def _whole(pattern: str) -> str:
    """A pattern for all actions as ``*``, one for those of a service as it is, else nothing."""
    _, colon, name = pattern.partition(":")
    if {*pattern} <= {"*", ":"} and "*" in pattern:
        return "*"
    return pattern if colon and "*" in name and {*name} <= {"*", "?"} else ""


def _everywhere(resources: ResourceTest, pattern: str, account: str) -> bool:
    """Whether an element covers everything, or everything of the service of an action pattern."""
    if resources.negated:
        return not any(entry.everything for entry in resources.patterns)
    if resources.everything:
        return True
    service = pattern.partition(":")[0].lower()
    return any(
        _is_all_of(entry.pattern.split(":", 5), service, account) for entry in resources.patterns
    )


def _is_all_of(parts: list[str], service: str, account: str) -> bool:
    """Whether an ARN pattern covers all resources of a service in an account."""
    if len(parts) != ARN_PARTS or parts[2].lower() not in {service, "*"}:
        return False
    everywhere = parts[3] in {"", "*"} and parts[4] in {"", "*", account}
    return everywhere and "*" in parts[5] and {*parts[5]} <= {"*", "?", ":", "/"}


def resources_named(
    statements: Iterable[CompiledStatement], action: str, account: str, partition: str
) -> Iterator[str]:
    """A resource for each entry under which statements allow an action (in lower case), but for
    ``*`` and for entries with policy variables."""
    for statement in statements:
        if statement.denies or statement.resources is None or not statement.actions.covers(action):
            continue
        for entry in () if statement.resources.negated else statement.resources.patterns:
            if not (entry.everything or entry.keys):
                yield example_resource(entry.template.tokens(), account, partition=partition)
