"""ARNs and references of what templates and plans name before it exists.

What types there are, and what each is called, is `iamsim.catalog.resource_types`; ARN formats are
those of
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from iamsim.catalog.resource_types import ResourceType, find_terraform_type, find_type, type_of_arn
from iamsim.core.arn import find_arn, is_account_id

# What names of S3 Express One Zone end in, and no others:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html
EXPRESS = {
    "--x-s3": "AWS::S3Express::DirectoryBucket",
    "--xa-s3": "AWS::S3Express::AccessPoint",
}
_QUEUE_URL = re.compile(r"https?://sqs[.]([a-z0-9-]+)[.][a-z0-9.-]+/([0-9]{12})/(.+)")
_not_in_names = re.compile(r"[^A-Za-z0-9_+=,.@-]+")
_parts_of_arns = re.compile("[/:]")
_find_outpost = re.compile(r"(?:^|[:/])outpost/([^/]+)/").search


class Scope(NamedTuple):
    """Where a resource is made."""

    partition: str
    region: str
    account: str


def known_type(name: str) -> ResourceType:
    """Give a type that the table has, by its name in CloudFormation or Terraform."""
    found = find_type(name) or find_terraform_type(name)
    if found is None:
        raise LookupError(name)
    return found


def arn_of(
    kind: ResourceType,
    scope: Scope,
    name: str,
    path: str = "/",
    outer: Mapping[str, str] | None = None,
    *,
    of_policy: bool = False,
) -> str:
    """Build the ARN of a resource from its name; the path counts for what IAM holds.

    `outer` are the further parts of the ARN; `of_policy` is what its policy is asked about.
    """
    if kind.name_property == "Url":
        name = name.removeprefix("https://")
    if "aws_ssm_parameter" in kind.terraform:
        name = name.removeprefix("/")
    parts = {"region": scope.region, "account": scope.account, "name": name, "path": path}
    return kind.arn_in(scope.partition, parts | dict(outer or {}), of_policy=of_policy)


def part_named(value: str) -> str:
    """Give the part of an ARN that a further resource's ARN or name gives."""
    outpost = _find_outpost(value)
    if outpost is not None:
        return outpost.group(1)
    return _parts_of_arns.split(value)[-1] if value.startswith("arn:") else value


def policy_holder(arn: str, scope: Scope) -> str | None:
    """Give the ARN whose requests a resource's policy is asked about; `None` for no ARN."""
    kind = type_of_arn(arn)
    if kind is None or kind.policy_arn == kind.arn:
        return arn if find_arn(arn) is not None else None
    parts = {"region": scope.region, "account": scope.account}
    read = kind.parts_of(arn) or {}
    if is_account_id(read.get("account", "")):
        parts["account"] = read["account"]
    return kind.arn_in(scope.partition, read | parts, of_policy=True)


def target_arn(kind: ResourceType, scope: Scope, named: Sequence[str]) -> str | None:
    """Give the ARN of what a policy is for: it is named by an ARN, an address, or a name and the
    further parts of its ARN in front of that; `None` for what names nothing."""
    *further, name = named or [""]
    kind = next((known_type(value) for end, value in EXPRESS.items() if name.endswith(end)), kind)
    if name.startswith("arn:"):
        return policy_holder(name, scope)
    if kind.reference == "url":
        return queue_arn(name, scope.partition)
    outer = dict(zip((entry for entry, _ in kind.outer), map(part_named, further), strict=False))
    if len(outer) < len(kind.outer):
        return None
    arn = arn_of(kind, scope, name, outer=outer, of_policy=True)
    return arn if find_arn(arn) is not None else None


def queue_arn(url: str, partition: str) -> str | None:
    """Give the ARN of a queue from its URL."""
    match = _QUEUE_URL.fullmatch(url)
    return None if match is None else f"arn:{partition}:sqs:{match[1]}:{match[2]}:{match[3]}"


def reference_of(scope: Scope, what: str, name: str, arn: str) -> str:
    """Give what a reference stands for: a name, an ARN, the `url` of a queue, a `version` of it."""
    if what == "url":
        return f"https://sqs.{scope.region}.{url_suffix(scope.partition)}/{scope.account}/{name}"
    if what == "version":
        return f"{arn}:1"
    if what == "account":
        return scope.account
    return arn if what == "arn" else name


def name_like(*parts: str) -> str:
    """Make a name that IAM accepts of parts that may hold other characters."""
    return "-".join(filter(None, (_not_in_names.sub("-", part).strip("-") for part in parts)))


def partition_of_region(region: str) -> str:
    """Say which partition a region lies in.

    https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html.
    """
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def url_suffix(partition: str) -> str:
    """Give the domain of a partition's endpoints, which is what `AWS::URLSuffix` stands for."""
    return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
