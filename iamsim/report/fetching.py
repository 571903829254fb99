"""The calls of the AWS CLI that print the policies of a layer, as exactly as a request tells them.

https://docs.aws.amazon.com/cli/latest/reference/
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import type_of_arn
from iamsim.core.arn import find_arn
from iamsim.core.decision import Layer
from iamsim.core.unknown import FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.catalog.resource_types import ResourceType
    from iamsim.core.arn import Arn
    from iamsim.core.unknown import UnknownPart

__all__ = ["fetch_call", "fetch_unknown"]

_CALLS: Mapping[Layer, str] = {
    Layer.SERVICE_CONTROL_POLICY: "aws organizations describe-policy --policy-id ID",
    Layer.RESOURCE_CONTROL_POLICY: "aws organizations describe-policy --policy-id ID",
    Layer.RESOURCE_BASED_POLICY: "iamsim import --recipe",
    Layer.IDENTITY_BASED_POLICY: "aws iam get-account-authorization-details",
    Layer.PERMISSIONS_BOUNDARY: "aws iam get-account-authorization-details",
    Layer.SESSION_POLICY: "aws cloudtrail lookup-events",
    Layer.VPC_ENDPOINT_POLICY: "aws ec2 describe-vpc-endpoints",
    Layer.S3_BLOCK_PUBLIC_ACCESS: "aws s3api get-public-access-block --bucket NAME",
}
# The calls that print facts that a world may not know, by the field of the world file.
_CALLS_FOR_FACTS: Mapping[str, str] = {
    "abac": "aws s3api get-bucket-abac --bucket NAME",
    "account": "aws s3api list-buckets",
    "bucket": "aws s3control get-access-point --account-id ACCOUNT --name NAME",
    "delegated_administrators": "aws organizations list-delegated-administrators",
    "buckets": "aws s3control get-multi-region-access-point --account-id ACCOUNT --name NAME",
    "grants": "aws kms list-grants --key-id KEY",
    "kms_key": "aws s3api get-bucket-encryption --bucket NAME",
    "network_origin": "aws s3control get-access-point --account-id ACCOUNT --name NAME",
    "public_access_block": "aws s3api get-public-access-block --bucket NAME",
    "shared_with": "aws ec2 describe-snapshot-attribute --attribute createVolumePermission"
    " --snapshot-id ID",
    "tags": "aws resourcegroupstaggingapi get-resources --resource-arn-list ARN",
    "vpc": "aws s3control get-access-point --account-id ACCOUNT --name NAME",
}
_ROLE = "role/"


def fetch_unknown(part: UnknownPart, resource: str) -> str:
    """Give the call that prints what a decision depends on and is not known."""
    if part.policy == FACTS["delegated_administrators"]:
        return _CALLS_FOR_FACTS["delegated_administrators"]
    if part.fact is None:
        return fetch_call(Layer(part.layer), resource)
    if part.layer == "principal":
        return "aws iam get-account-authorization-details"
    return _CALLS_FOR_FACTS[part.fact.partition("/")[0]].replace("ARN", part.policy)


def fetch_call(layer: Layer, resource: str) -> str:
    """Give the call that prints the policies of a layer for a request about a resource.

    For a resource-based policy it is the call about that resource; the script that makes them all
    where the resource is of no type that is known.
    """
    arn = find_arn(resource) if layer is Layer.RESOURCE_BASED_POLICY else None
    if arn is not None and arn.service == "iam" and arn.resource.startswith(_ROLE):
        return f"aws iam get-role --role-name {shlex.quote(arn.resource.rpartition('/')[2])}"
    text = resource
    while arn is not None and text.startswith(arn.text[: -len(arn.resource)]):
        kind = type_of_arn(text)
        whole = find_arn(text)
        if kind is not None and kind.calls and whole is not None:
            return _call(kind, whole)
        shorter = text.rpartition("/")[0]  # an object lies in the bucket that its ARN begins with
        if len(shorter) <= len(arn.text) - len(arn.resource):
            break
        text = shorter
    return _CALLS[layer]


def _call(kind: ResourceType, arn: Arn) -> str:
    """Write the call that prints the policy of a resource of a type."""
    call = next((call for call in kind.calls if not call.of_account), kind.calls[0])
    name = (kind.parts_of(arn.text) or {}).get("name", "")
    domain = "amazonaws.com.cn" if arn.partition == "aws-cn" else "amazonaws.com"
    parts = {
        "{arn}": arn.text,
        "{name}": name,
        "{account}": arn.account,
        "{url}": f"https://sqs.{arn.region}.{domain}/{arn.account}/{name}",
    }
    options = [parts.get(option, option) for option in call.options]
    region = ["--region", arn.region] if arn.region else []
    return shlex.join(["aws", call.service, call.operation, *options, *region])
