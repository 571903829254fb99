"""Policies inside of something else: an output of the AWS CLI, a text in JSON, URL-encoded text.

The CLI prints a policy under the name of the member that holds it, as an object or as text; IAM's
API and AWS Config give it URL-encoded:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple
from iamsim.core.decision import PolicyType

if TYPE_CHECKING:
    from iamsim.core.span import Path

LONGEST = 1_048_576  # four times what the most generous service of AWS takes
STATEMENT = "Statement"
ENCODED = ("%7b", "%20", "%0a")  # how a URL-encoded document begins
DEPTH = 3  # `DomainConfig`, `AccessPolicies`, `Options`
# What holds many policies, and is none of the outputs that print one.
NOT_ONE = frozenset({"accounts", "organization", "policies", "Resources", "resource_changes"})
LISTS = frozenset({"VpcEndpoints"})  # lists of one thing that has one policy
TYPES = {
    "SERVICE_CONTROL_POLICY": PolicyType.SERVICE_CONTROL,
    "RESOURCE_CONTROL_POLICY": PolicyType.RESOURCE_CONTROL,
}
OWNERS = {"RoleName": "role", "UserName": "user", "GroupName": "group"}


class WrappedPolicy(NamedTuple):
    """A policy inside of something else: the text or data of the document, and what is around it.

    `path` leads to it, `holders` are the objects around it, the nearest first.
    """

    document: str | Mapping[str, object]
    path: Path = ()
    holders: tuple[Mapping[str, object], ...] = ()

    @property
    def policy_type(self) -> PolicyType | None:
        """What the output says that the policy is used as."""
        summary = self._summary
        if summary is not None:
            return TYPES.get(str(summary.get("Type")))
        if self.path[-1:] == ("AssumeRolePolicyDocument",):
            return PolicyType.TRUST
        if self.path[:1] == ("VpcEndpoints",):
            return PolicyType.VPC_ENDPOINT
        if self.path == ("PolicyVersion", "Document") or self.call is not None:
            return PolicyType.IDENTITY
        return None

    @property
    def name(self) -> str | None:
        """The name of the policy, or of what it belongs to, where the output says it."""
        summary = self._summary
        holder = summary if summary is not None else next(iter(self.holders), {})
        for key in ("PolicyName", "Name", *OWNERS, "VpcEndpointId"):
            value = holder.get(key)
            if isinstance(value, str) and value:
                return value
        return None

    @property
    def arn(self) -> str | None:
        """The ARN beside the policy, which is that of its role, user or resource."""
        for holder in self.holders:
            for key in ("Arn", "ARN", "ResourceArn", "resourceArn", "QueueArn", "TopicArn"):
                value = holder.get(key)
                if isinstance(value, str) and value.startswith("arn:"):
                    return value
        return None

    @property
    def call(self) -> str | None:
        """The call of IAM that prints such an inline policy."""
        holder = next(iter(self.holders), {})
        if self.path != ("PolicyDocument",):
            return None
        return next((f"get-{kind}-policy" for key, kind in OWNERS.items() if key in holder), None)

    @property
    def what(self) -> str:
        """What the policy came in, in words."""
        if not self.path:
            return "encoded text"
        if self.call is not None:
            return f"output of `aws iam {self.call}`"
        if self.path == ("PolicyVersion", "Document"):
            return "output of `aws iam get-policy-version`"
        if self.path == ("Role", "AssumeRolePolicyDocument"):
            return "output of `aws iam get-role`"
        if self._summary is not None:
            return "output of `aws organizations describe-policy`"
        return f"the member `{'.'.join(map(str, self.path))}` of an output"

    @property
    def _summary(self) -> Mapping[str, object] | None:
        """What `aws organizations describe-policy` prints beside the content."""
        summary = next(iter(self.holders), {}).get("PolicySummary")
        return summary if isinstance(summary, Mapping) else None


def unwrap_text(text: str) -> WrappedPolicy | None:
    """Find the one policy inside of a text."""
    text = text.strip()
    if len(text) > LONGEST:
        return None
    if text[:3].lower() in ENCODED:
        decoded = _decoded(text)
        return unwrap_text(decoded) or WrappedPolicy(decoded)
    if not text.startswith(('"', "{")):
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(data, str):
        inner = _policy_text(data)
        return unwrap_text(data) if inner is None else WrappedPolicy(inner)
    return unwrap_data(data)


def unwrap_data(data: object) -> WrappedPolicy | None:
    """Find the one policy inside of data."""
    if not isinstance(data, Mapping) or STATEMENT in data or not NOT_ONE.isdisjoint(data):
        return None
    wrapped_policies = [
        policy for _, policy in zip(range(2), _policies(data, (), ()), strict=False)
    ]
    return wrapped_policies[0] if len(wrapped_policies) == 1 else None


def _policies(
    value: object, path: Path, holders: tuple[Mapping[str, object], ...]
) -> Iterator[WrappedPolicy]:
    """Go through the policies of an output, not deeper than outputs are."""
    if isinstance(value, str):
        text = _policy_text(value)
        if text is not None:
            yield WrappedPolicy(text, path, holders)
    elif isinstance(value, Mapping):
        if STATEMENT in value and path:
            yield WrappedPolicy(value, path, holders)
        elif len(path) < DEPTH:
            for key, item in value.items():
                yield from _policies(item, (*path, key), (value, *holders))
    elif isinstance(value, list) and path[-1:] and path[-1] in LISTS and len(value) == 1:
        yield from _policies(value[0], (*path, 0), holders)


def _policy_text(value: str) -> str | None:
    """The text of a document, decoded; `None` for other text."""
    text = value.strip()
    if text[:3].lower() in ENCODED:
        text = _decoded(text)
    if not text.startswith("{") or f'"{STATEMENT}"' not in text:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return text if isinstance(data, dict) and STATEMENT in data else None


def _decoded(text: str) -> str:
    """Take URL encoding away."""
    from urllib.parse import unquote

    return unquote(text).strip()
