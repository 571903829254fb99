"""A wildcard or a variable makes a condition too wide.

## What it finds
In policies that name principals, where the condition decides who passes: a wildcard or a policy
variable in keys whose values AWS generates and nobody needs to abbreviate (accounts,
organizations, VPCs and VPC endpoints); fewer than six characters in front of one in such a key or
in a path of an organization; fewer than six since the wildcard before, in the `sub` of GitHub
Actions; and one in front of the colon of `aws:userid`.

## Why it matters
The pattern takes in accounts, organizations or roles of strangers. AWS prints no list of the
sensitive keys; this is the one that the service documentation of fixed values suggests. So a
wildcard behind six characters of such a key is a warning, and no error.
"""

from __future__ import annotations

import re

from iamsim.catalog.keys import IDENTIFIER_KEYS
from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import has_wildcard, is_guard
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType

TYPES = frozenset({PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.RESOURCE_CONTROL})
PREFIXED = frozenset(
    {"aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"}
)
# In answers of AWS's that users recorded, each wildcard of this key wants its own characters.
GITHUB_SUBJECT = "token.actions.githubusercontent.com:sub"
SHORTEST_PREFIX = 6


@checks("WILDCARD_USAGE_TOO_PERMISSIVE", "VARIABLE_USAGE_TOO_PERMISSIVE")
def too_wide(policy: PolicyView) -> Findings:
    """Patterns in keys that tell who somebody is."""
    if policy.policy_type not in TYPES:
        return
    for statement, condition in policy.conditions():
        base = condition.operator.base
        if not base.startswith("String") or not is_guard(statement, condition):
            continue
        for value in condition.values:
            if value.text == "*":
                continue  # fits everything, which has codes of its own
            marks = []
            if base.endswith("Like") and has_wildcard(value.text.replace("${*}", "")):
                place = _first(value.text, "*?")
                if condition.lower == GITHUB_SUBJECT:
                    place = min(map(len, re.split(r"[*?]", value.text)[:-1]))
                marks.append(("WILDCARD", "a wildcard", place))
            if policy.has_variables and "${" in value.text:
                marks.append(("VARIABLE", "a policy variable", value.text.find("${")))
            for kind, what, place in marks:
                reason = _reason(condition.lower, value.text, place)
                if reason:
                    yield policy.finding(
                        f"{kind}_USAGE_TOO_PERMISSIVE",
                        f"{what} in {quote(value.text)} is too wide: {reason}",
                        value.path,
                        hint="write the value out",
                        tentative=condition.lower in IDENTIFIER_KEYS and place >= SHORTEST_PREFIX,
                    )


def _first(text: str, characters: str) -> int:
    """Find the first of some characters."""
    return min(place for character in characters if (place := text.find(character)) >= 0)


def _reason(key: str, text: str, place: int) -> str | None:
    """Say why a pattern that opens at `place` is too wide for a key, if it is."""
    if key in IDENTIFIER_KEYS:
        return "the key's values are given in full"
    if (key in PREFIXED or key == GITHUB_SUBJECT) and place < SHORTEST_PREFIX:
        return f"fewer than {SHORTEST_PREFIX} characters stand in front of it"
    if key == "aws:userid" and ":" not in text[:place]:
        return "it stands for the id of the user or role"
    return None
