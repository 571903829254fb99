"""The calls of the AWS CLI that print the policies of a layer, as exactly as a request tells them.

https://docs.aws.amazon.com/cli/latest/reference/
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from iamsim.catalog.policy_calls import policy_call
from iamsim.core.arn import find_arn
from iamsim.core.decision import Layer
from iamsim.core.unknown import FACTS, UnknownPart

_IAM = "aws iam get-account-authorization-details"
_CALLS: Mapping[Layer, str] = {
    Layer.RESOURCE_BASED_POLICY: "iamsim import --recipe",
    Layer.IDENTITY_BASED_POLICY: _IAM,
    Layer.PERMISSIONS_BOUNDARY: _IAM,
    Layer.VPC_ENDPOINT_POLICY: "aws ec2 describe-vpc-endpoints",
}
# CloudTrail has the session policy among the parameters of the call that made the session.
_SESSION = (
    "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue={call}"
)
_FILTERS = {
    Layer.SERVICE_CONTROL_POLICY: "SERVICE_CONTROL_POLICY",
    Layer.RESOURCE_CONTROL_POLICY: "RESOURCE_CONTROL_POLICY",
}
_ORGANIZATION = "aws organizations describe-organization"
_POINT = "aws s3control get-access-point --account-id {account} --name {name}"
# The calls that print facts that a world may not know, by the field of the world file, of the
# resource with that name, account and ARN.
_CALLS_FOR_FACTS: Mapping[str, str] = {
    "abac": "aws s3api get-bucket-abac --bucket {name}",
    "account": "aws s3api list-buckets",
    "bucket": _POINT,
    "delegated_administrators": "aws organizations list-delegated-administrators",
    "buckets": "aws s3control list-multi-region-access-points --account-id {account}"
    " --region us-west-2",
    "management_account": _ORGANIZATION,
    "parent": "aws organizations list-parents --child-id {name}",
    "grants": "aws kms list-grants --key-id {arn}",
    "kms_key": "aws s3api get-bucket-encryption --bucket {name}",
    "network_origin": _POINT,
    "public_access_block": "aws s3api get-public-access-block --bucket {name}",
    "tags": "aws resourcegroupstaggingapi get-resources --resource-arn-list {arn}",
    "vpc": _POINT,
}
# With whom something is shared, by how its ARN goes on.
_CALLS_FOR_SHARES: Mapping[tuple[str, str], str] = {
    ("ec2", "snapshot/"): "aws ec2 describe-snapshot-attribute --attribute createVolumePermission"
    " --snapshot-id {name}",
    ("ec2", "image/"): "aws ec2 describe-image-attribute --attribute launchPermission"
    " --image-id {name}",
    ("rds", "snapshot:"): "aws rds describe-db-snapshot-attributes --db-snapshot-identifier {name}",
    ("rds", "cluster-snapshot:"): "aws rds describe-db-cluster-snapshot-attributes"
    " --db-cluster-snapshot-identifier {name}",
}
_ROLE = "role/"
# What an import says of a control policy whose document is lost.
_describes = re.compile(r"aws organizations describe-policy (p-[0-9A-Za-z_]{8,128})").fullmatch

_prints_version = re.compile(r"aws iam get-policy-version --policy-arn (\S+)").fullmatch


def fetch_unknown(
    part: UnknownPart, resource: str, principal: str = "", target: str | None = None
) -> str:
    """Give the call that prints what a decision depends on and is not known; of control policies
    those of a `target`."""
    for fact in ("delegated_administrators", "management_account"):
        if part.policy == FACTS[fact]:
            return _CALLS_FOR_FACTS[fact]
    if part.fact == "id":
        return _ORGANIZATION
    lost = _describes(part.source)
    version = _prints_version(part.source)
    if version is not None:
        return _named_policy(version[1]) or _IAM
    if lost is not None:
        return f"aws organizations describe-policy --policy-id {lost[1]}"
    if part.fact is None:
        return fetch_call(Layer(part.layer), resource, principal, target=target)
    if part.fact == "parent":
        asked = part.source.startswith("aws ")  # of the account, or of a unit above it
        return part.source if asked else _CALLS_FOR_FACTS["parent"].format(name=part.policy)
    if part.layer == "principal":
        return _IAM
    return _fetch_fact(part.fact.partition("/")[0], part.policy)


def _fetch_fact(fact: str, holder: str) -> str:
    """The call about a resource, by its ARN, or about an account."""
    arn = find_arn(holder)
    if arn is None:
        return f"aws s3control get-public-access-block --account-id {shlex.quote(holder)}"
    call = _CALLS_FOR_FACTS.get(fact) or next(
        (
            call
            for (service, start), call in _CALLS_FOR_SHARES.items()
            if arn.service == service and arn.resource.startswith(start)
        ),
        _CALLS[Layer.RESOURCE_BASED_POLICY],
    )
    name = arn.resource.rpartition("/")[2].rpartition(":")[2]
    parts = {"name": name, "account": arn.account, "arn": holder}
    placed = arn.region and call.startswith("aws ") and "--region" not in call
    region = f" --region {arn.region}" if placed else ""
    return call.format(**{key: shlex.quote(value) for key, value in parts.items()}) + region


def fetch_call(
    layer: Layer,
    resource: str,
    principal: str = "",
    policy_arn: str | None = None,
    target: str | None = None,
) -> str:
    """Give the call that prints the policies of a layer for a request of a principal about a
    resource, or the one policy that AWS names; of control policies those of a `target`, by default
    of the account.

    For a resource-based policy it is the call about that resource; the script that makes them all
    where the resource is of no type that is known.
    """
    named = _named_policy(policy_arn)
    if named is not None:
        return named
    if layer in _FILTERS:
        return _attached_to(layer, target or _account_of(layer, resource, principal))
    if layer is Layer.SESSION_POLICY:
        federated = ":federated-user/" in principal
        return _SESSION.format(call="GetFederationToken" if federated else "AssumeRole")
    if layer is Layer.S3_BLOCK_PUBLIC_ACCESS:
        return _fetch_fact("public_access_block", resource.partition("/")[0])
    arn = find_arn(resource) if layer is Layer.RESOURCE_BASED_POLICY else None
    if arn is not None and arn.service == "iam" and arn.resource.startswith(_ROLE):
        return f"aws iam get-role --role-name {shlex.quote(arn.resource.rpartition('/')[2])}"
    text = resource
    while arn is not None and text.startswith(arn.text[: -len(arn.resource)]):
        call = policy_call(text)
        if call is not None:
            return call
        shorter = text.rpartition("/")[0]  # an object lies in the bucket that its ARN begins with
        if len(shorter) <= len(arn.text) - len(arn.resource):
            break
        text = shorter
    return _CALLS[layer]


def _account_of(layer: Layer, resource: str, principal: str) -> str:
    """The account whose control policies count."""
    caller = find_arn(principal)
    owner = find_arn(resource) if layer is Layer.RESOURCE_CONTROL_POLICY else None
    account = (owner.account if owner is not None else "") or (
        caller.account if caller is not None else ""
    )
    return account or "ACCOUNT"


def _attached_to(layer: Layer, target: str) -> str:
    """The call that lists the policies of an organization that a target has."""
    return (
        f"aws organizations list-policies-for-target --target-id {target}"
        f" --filter {_FILTERS[layer]}"
    )


def _named_policy(arn: str | None) -> str | None:
    """The call that prints a policy that AWS's message names."""
    found = find_arn(arn or "")
    if found is None or arn is None:
        return None
    if found.service == "organizations":
        return f"aws organizations describe-policy --policy-id {found.resource.rpartition('/')[2]}"
    if found.service == "iam" and found.resource.startswith("policy/"):
        quoted = shlex.quote(arn)
        version = f"aws iam get-policy --policy-arn {quoted} --query Policy.DefaultVersionId"
        return (
            f"aws iam get-policy-version --policy-arn {quoted}"
            f' --version-id "$({version} --output text)"'
        )
    return None
