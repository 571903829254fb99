"""The structures among the arguments of simulations: excluded policies, levels of SCPs.

Each is written as JSON or in the AWS CLI's shorthand:
https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-principal-policy.html
https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-custom-policy.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from iamsim.cli.shorthand import file_text
from iamsim.core.errors import RequestError
from iamsim.query.simulation_entries import (
    HOLDER,
    HOLDER_NAME,
    INLINE,
    NAME,
    SCPS,
    organization_level,
    policy_identifier,
)

if TYPE_CHECKING:
    from iamsim.query.exclusion import PolicyIdentifier

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html: a root, up to
# five organizational units, an account.
MOST_LEVELS = 7
MOST_IDENTIFIERS = 256
TYPE, ARN = "PolicyType", "PolicyArn"
_member = re.compile(rf"(?:^|,)\s*({NAME}|{HOLDER_NAME}|{HOLDER})=").split


def policy_identifiers(given: Sequence[str]) -> tuple[PolicyIdentifier, ...]:
    """Read `--policy-exclusion-list`; raises `RequestError` for what names no policy."""
    entries = _entries(given, _shorthand_identifier)
    _check_count("--policy-exclusion-list", len(entries), MOST_IDENTIFIERS)
    return tuple(map(policy_identifier, entries))


def organization_levels(given: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Read `--ordered-organization-policy-input-list`: the policies of each level, root first.

    Raises `RequestError` for what is no level.
    """
    entries = _entries(given, _shorthand_level)
    _check_count("--ordered-organization-policy-input-list", len(entries), MOST_LEVELS)
    return tuple(map(organization_level, entries))


def _check_count(option: str, count: int, most: int) -> None:
    if count > most:
        raise RequestError(
            "too-many-values", f"`{option}` takes {most} values at most, not {count}"
        )


def _entries(given: Sequence[str], shorthand: Callable[[str], object]) -> list[object]:
    """The entries of a list of structures; each word is one, or a JSON list of some."""
    entries: list[object] = []
    for word in given:
        text = file_text(word).strip()
        if text[:1] not in {"{", "["}:
            entries.append(shorthand(text))
            continue
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            entries.append(text)
        else:
            entries += content if isinstance(content, list) else [content]
    return entries


def _shorthand_identifier(text: str) -> object:
    name, equals, value = text.partition("=")
    if not equals or name not in {TYPE, ARN, INLINE}:
        return text
    if name != INLINE:
        return {name: value}
    first, *members = _member(value.removeprefix("{").removesuffix("}"))
    if first.strip() or len(members) % 2:
        return text
    return {INLINE: dict(zip(members[::2], members[1::2], strict=True))}


def _shorthand_level(text: str) -> object:
    name, equals, value = text.partition("=")
    if not equals or name != SCPS:
        return text
    return {SCPS: [value] if value.startswith(("{", "[")) else value.split(",")}
