"""A statement reaches an action that deserves care (shared by two checks, no codes of its own)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.words import has_wildcard

if TYPE_CHECKING:
    from iamsim.checks.view import PolicyView, StatementView
    from iamsim.core.span import Path

VARIANTS = {
    ("explicit", "NotResource"): "WITH_NOT_RESOURCE",
    ("star", "NotResource"): "WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
    ("not", "NotResource"): "WITH_NOT_ACTION_AND_NOT_RESOURCE",
    ("explicit", "star"): "WITH_STAR_IN_RESOURCE",
    ("star", "star"): "WITH_STAR_IN_ACTION_AND_RESOURCE",
    ("not", "star"): "WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
}


class Reach(NamedTuple):
    """How a statement reaches an action: the ending of AWS's code, and the places that do it."""

    variant: str
    places: tuple[Path, ...]


def find_reach(
    policy: PolicyView, statement: StatementView, action: str, home: str
) -> Reach | None:
    """Say how a statement allows an action (in lower case) on more than named roles.

    `home` is the path below ``role/`` under which all roles of the kind stand; a pattern with
    literal text behind it names some roles and is not meant.
    """
    actions, resources = statement.actions, statement.resources
    if not statement.allows or actions is None or resources is None:
        return None
    matching = [v for v in actions.values if policy.reference.covers(v.text, action)]
    if actions.negated:
        if matching:
            return None
        how, action_place = "not", actions.path
    else:
        if not matching:
            return None
        explicit = [value for value in matching if not has_wildcard(value.text)]
        how = "explicit" if explicit else "star"
        action_place = (explicit or matching)[0].path
    if resources.negated:
        return Reach(VARIANTS[how, "NotResource"], (action_place, resources.path))
    wide = next((value for value in resources.values if _is_wide(value.text, home)), None)
    if wide is None:
        return None
    return Reach(VARIANTS[how, "star"], (action_place, wide.path))


def names_service(statement: StatementView, key: str, *others: str) -> bool:
    """Whether a condition keeps to services by a key, or by another that does as well.

    AWS does not count an operator with `IfExists`, and no pattern that begins with a wildcard.
    """
    return any(
        condition.lower in others
        or (
            condition.lower == key
            and not condition.operator.if_exists
            and not all(value.text.startswith(("*", "?")) for value in condition.values)
        )
        for condition in statement.conditions
    )


def _is_wide(pattern: str, home: str) -> bool:
    """Whether a resource pattern covers roles of any name."""
    if not pattern.strip("*"):
        return bool(pattern)
    fields = pattern.split(":", 5)
    if not has_wildcard(pattern) or fields[0] != "arn":
        return False
    if len(fields) > 2 and not has_wildcard(fields[2]) and fields[2] != "iam":  # noqa: PLR2004
        return False
    if len(fields) < 6:  # noqa: PLR2004 - an ARN cut short by a star
        return pattern.endswith("*")
    name = fields[5].removeprefix("role/").removeprefix(home)
    return name in ("*", "/*", "role*", "role/") or not name.strip("*/")
