"""Parameters of simulations that have parts: context entries, excluded policies, levels, resources.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from iamsim.core.arn import find_arn
from iamsim.core.errors import RequestError
from iamsim.query.exclusion import POLICY_TYPES, PolicyIdentifier

CONTEXT_MEMBERS = ("ContextKeyName", "ContextKeyValues", "ContextKeyType")
CONTEXT_HINT = "write `ContextKeyName=aws:SourceIp,ContextKeyValues=203.0.113.10,ContextKeyType=ip`"
_TYPES = ("string", "numeric", "boolean", "ip", "binary", "date")
SCPS = "ServiceControlPolicyInputList"
INLINE = "InlinePolicyIdentifier"
NAME, HOLDER, HOLDER_NAME = "PolicyName", "AttachmentType", "AttachmentName"
HOLDERS = ("user", "group", "role")
_is_policy_arn = re.compile(r"arn:[a-z-]+:iam::(?:aws|[0-9]{12}):policy/[\w+=,.@/*?-]+").fullmatch
_IDENTIFIER_HINT = (
    "write `PolicyType=inline`, `PolicyArn=ARN`, or `InlinePolicyIdentifier={PolicyName=NAME,"
    "AttachmentType=role,AttachmentName=NAME}`"
)
_NAMES = {"instance": "instance", "image": "image", "security-group": "security group"}
_NAMES |= {"network-interface": "network interface", "volume": "volume", "subnet": "subnet"}
_INSTANCE = ("instance", "image", "security-group", "network-interface")
# The resources that each scenario needs.
RESOURCE_HANDLING: Mapping[str, tuple[str, ...]] = {
    "EC2-VPC-InstanceStore": _INSTANCE,
    "EC2-VPC-InstanceStore-Subnet": (*_INSTANCE, "subnet"),
    "EC2-VPC-EBS": (*_INSTANCE, "volume"),
    "EC2-VPC-EBS-Subnet": (*_INSTANCE, "subnet", "volume"),
}
_LEVEL_HINT = f"write each level as `{SCPS}=FILE,FILE`, or all as JSON, the root first"


def no_entry(text: str, fault: str = "is no context entry") -> RequestError:
    """The error of a context entry that can't be read; `text` is how it was written."""
    return RequestError("invalid-context-entry", f"`{text}` {fault}", hint=CONTEXT_HINT)


def context_entry(entry: dict[str, object], text: str) -> tuple[str, str | tuple[str, ...]]:
    """Check a context entry and take it apart: the name of the key, and its value or values.

    `text` is how it was written. Raises `RequestError` for what is no context entry.
    """
    unknown = [member for member in entry if member not in CONTEXT_MEMBERS]
    name, values, kind = (entry.get(member) for member in CONTEXT_MEMBERS)
    if isinstance(values, str):
        values = [values]
    fits = isinstance(name, str) and name and isinstance(values, list)
    if unknown or not fits or not isinstance(kind, str | None):
        raise no_entry(text)
    base = (kind or "string").removesuffix("List")
    if base not in _TYPES:
        raise RequestError(
            "unknown-value",
            f"`{kind}` is not a type of context keys",
            hint=f"use {', '.join(_TYPES)}, each also with `List` behind",
        )
    found = tuple(map(_text, values if isinstance(values, list) else []))
    single = len(found) == 1 and base == (kind or base)
    return str(name), found[0] if single else found


def _text(value: object) -> str:
    """Text as it is, and anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def policy_identifier(entry: object) -> PolicyIdentifier:
    """Check an identifier of a policy: exactly one of its three members. Raises `RequestError`."""
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
        f"`{_text(entry)}` names no policy to exclude",
        hint=_IDENTIFIER_HINT,
    )


def organization_level(entry: object) -> tuple[str, ...]:
    """Check a level of an organization: its service control policies. Raises `RequestError`."""
    match entry:
        case {"ServiceControlPolicyInputList": list(policies), **rest} if not rest:
            return tuple(map(_text, policies))
    raise RequestError(
        "invalid-organization-level",
        f"`{_text(entry)}` is no level of an organization",
        hint=_LEVEL_HINT,
    )


def check_handling(scenario: str | None, resources: Iterable[str]) -> None:
    """Check that the resources of an EC2 scenario are all there, as AWS does.

    Raises `RequestError` that names the lacking ones.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
    """
    if scenario is None:
        return
    arns = [find_arn(resource) for resource in resources]
    given = {arn.resource.partition("/")[0] for arn in arns if arn and arn.service == "ec2"}
    lacking = [_NAMES[kind] for kind in RESOURCE_HANDLING[scenario] if kind not in given]
    if lacking:
        raise RequestError(
            "incomplete-scenario",
            f"the scenario `{scenario}` lacks resources: {', '.join(lacking)}",
            hint="give an ARN of each with `--resource-arns`",
        )
