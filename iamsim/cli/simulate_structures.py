"""The structures among the arguments of simulations: excluded policies, levels of SCPs.

Each is written as JSON or in the AWS CLI's shorthand:
https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-principal-policy.html
https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-custom-policy.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from iamsim.cli.shorthand import file_text, texts
from iamsim.core.errors import RequestError
from iamsim.query.exclusion import POLICY_TYPES, PolicyIdentifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["organization_levels", "policy_identifiers"]

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html: a root, up to
# five organizational units, an account.
MOST_LEVELS = 7
MOST_IDENTIFIERS = 256
SCPS = "ServiceControlPolicyInputList"
TYPE, ARN, INLINE = "PolicyType", "PolicyArn", "InlinePolicyIdentifier"
NAME, HOLDER, HOLDER_NAME = "PolicyName", "AttachmentType", "AttachmentName"
HOLDERS = ("user", "group", "role")
_member = re.compile(rf"(?:^|,)\s*({NAME}|{HOLDER_NAME}|{HOLDER})=").split
_is_policy_arn = re.compile(r"arn:[a-z-]+:iam::(?:aws|[0-9]{12}):policy/[\w+=,.@/*?-]+").fullmatch
_IDENTIFIER_HINT = (
    "write `PolicyType=inline`, `PolicyArn=ARN`, or `InlinePolicyIdentifier={PolicyName=NAME,"
    "AttachmentType=role,AttachmentName=NAME}`"
)
_LEVEL_HINT = f"write each level as `{SCPS}=FILE,FILE`, or all as JSON, the root first"


def policy_identifiers(given: Sequence[str]) -> tuple[PolicyIdentifier, ...]:
    """Read `--policy-exclusion-list`; raises `RequestError` for what names no policy."""
    entries = _entries(given, _shorthand_identifier)
    _check_count("--policy-exclusion-list", len(entries), MOST_IDENTIFIERS)
    return tuple(map(_identifier, entries))


def organization_levels(given: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Read `--ordered-organization-policy-input-list`: the policies of each level, root first.

    Raises `RequestError` for what is no level.
    """
    entries = _entries(given, _shorthand_level)
    _check_count("--ordered-organization-policy-input-list", len(entries), MOST_LEVELS)
    return tuple(map(_level, entries))


def _check_count(option: str, count: int, most: int) -> None:
    if count > most:
        raise RequestError(
            "too-many-values", f"`{option}` takes {most} values at most, not {count}"
        )


def _entries(given: Sequence[str], shorthand: Callable[[str], object]) -> list[object]:
    """The entries of a list of structures; each word is one, or a JSON list of some."""
    found: list[object] = []
    for word in given:
        text = file_text(word).strip()
        if text[:1] not in {"{", "["}:
            found.append(shorthand(text))
            continue
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            found.append(text)
        else:
            found += content if isinstance(content, list) else [content]
    return found


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


def _identifier(entry: object) -> PolicyIdentifier:
    """Check an identifier: exactly one of its three members."""
    match entry:
        case {"PolicyType": str(kind), **rest} if not rest:
            if kind not in POLICY_TYPES:
                raise RequestError(
                    "unknown-value",
                    f"`{kind}` is not a type of policies",
                    hint=f"use {', '.join(POLICY_TYPES)}",
                )
            return PolicyIdentifier(policy_type=kind)
        case {"PolicyArn": str(arn), **rest} if not rest and _is_policy_arn(arn):
            if arn.count("*") <= 1:
                return PolicyIdentifier(arn=arn)
        case {"InlinePolicyIdentifier": dict(inline), **rest} if not rest:
            parts = (inline.get(NAME), inline.get(HOLDER), inline.get(HOLDER_NAME))
            match parts:
                case (str(name), str(holder), str(holder_name)) if (
                    len(inline) == len(parts) and name and holder_name and holder in HOLDERS
                ):
                    if holder_name.count("*") <= 1:
                        return PolicyIdentifier(None, None, name, holder, holder_name)
    raise RequestError(
        "invalid-policy-identifier",
        f"`{_shown(entry)}` names no policy to exclude",
        hint=_IDENTIFIER_HINT,
    )


def _shorthand_level(text: str) -> object:
    name, equals, value = text.partition("=")
    if not equals or name != SCPS:
        return text
    return {SCPS: [value] if value.startswith(("{", "[")) else value.split(",")}


def _level(entry: object) -> tuple[str, ...]:
    match entry:
        case {"ServiceControlPolicyInputList": list(policies), **rest} if not rest:
            return tuple(texts([json.dumps(policies)])) if policies else ()
    raise RequestError(
        "invalid-organization-level",
        f"`{_shown(entry)}` is no level of an organization",
        hint=_LEVEL_HINT,
    )


def _shown(entry: object) -> str:
    return entry if isinstance(entry, str) else json.dumps(entry)
