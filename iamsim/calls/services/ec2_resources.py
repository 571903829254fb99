"""Resources of Amazon EC2: their ARNs, what ids tell of them, tags on what is made, disks' keys.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.calls.arns import ANYTHING, Resource
from iamsim.calls.extras import key_resource
from iamsim.calls.model import DEPENDS, ContextValue
from iamsim.calls.tags import pairs_of

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker

# What an id starts with, and the resource type that it is of:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
ID_TYPES = {
    "acl": "network-acl",
    "ami": "image",
    "aki": "image",
    "ari": "image",
    "cagw": "carrier-gateway",
    "cgw": "customer-gateway",
    "cr": "capacity-reservation",
    "cvpn-endpoint": "client-vpn-endpoint",
    "dopt": "dhcp-options",
    "eice": "instance-connect-endpoint",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "export-ami": "export-image-task",
    "fl": "vpc-flow-log",
    "fleet": "fleet",
    "h": "dedicated-host",
    "i": "instance",
    "igw": "internet-gateway",
    "import-ami": "import-image-task",
    "import-snap": "import-snapshot-task",
    "ipam": "ipam",
    "ipam-pool": "ipam-pool",
    "ipam-scope": "ipam-scope",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sfr": "spot-fleet-request",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "sir": "spot-instances-request",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment",
    "tgw-rtb": "transit-gateway-route-table",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpce-svc": "vpc-endpoint-service",
    "vpn": "vpn-connection",
}
MADE = frozenset({"instance", "network-interface", "volume", "spot-instances-request"})
OWNED_BY_NOBODY = frozenset({"image", "snapshot"})  # their ARNs have no account


def made(asker: Asker, kind: str) -> Resource:
    """What is about to be made: AWS asks about it with a star for the id that it has not yet.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html
    """
    return typed(asker, kind, None)._replace(literal=True)


def typed(asker: Asker, kind: str, name: object) -> Resource:
    """The ARN of a resource of a type; `*` or nothing is a pattern."""
    text = str(name or "*")
    if text.startswith("arn:"):
        return Resource(text, type_name=kind)
    arn = asker.arn("ec2", f"{kind}/{text}", account=kind not in OWNED_BY_NOBODY)
    return Resource(arn, text != "*" and "*" not in arn, kind)


def by_id(asker: Asker, text: str) -> Resource:
    """The resource that an id names; anything where the id is of a kind that is not known."""
    if text.startswith("arn:"):
        return Resource(text)
    kind = ID_TYPES.get(text.rpartition("-")[0])
    if text.startswith("key-"):
        return typed(asker, "key-pair", None)
    return ANYTHING if kind is None else typed(asker, kind, text)


def as_list(value: object) -> list[Any]:
    """A list as it is, one value as a list, nothing as an empty one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def tags_by_type(asker: Asker) -> dict[str, dict[str, str]]:
    """The tags of a call by the type of what they are for."""
    found: dict[str, dict[str, str]] = {}
    for member in ("TagSpecifications", "TagSpecification"):
        for entry in as_list(asker.get(member)):
            if isinstance(entry, dict) and entry.get("ResourceType"):
                tags = pairs_of(entry.get("Tags") or entry.get("Tag") or [])
                found.setdefault(str(entry["ResourceType"]), {}).update(tags)
    return found


def tag_context(tags: dict[str, str]) -> dict[str, ContextValue]:
    """The keys that tags of a request bring."""
    found: dict[str, ContextValue] = {f"aws:RequestTag/{key}": tag for key, tag in tags.items()}
    if tags:
        found["aws:TagKeys"] = list(tags)
    return found


# The resource type of a tag specification, where the ARN calls it otherwise.
TAG_TYPES = {"host": "dedicated-host", "hosts": "dedicated-host", "natgateway": "natgateway"}


def ask_created_tags(asker: Asker) -> None:
    """Ask ec2:CreateTags for what is made with tags; the key ec2:CreateAction names the call."""
    for kind, tags in tags_by_type(asker).items():
        if not tags:
            continue
        asker.ask(
            "ec2:CreateTags",
            made(asker, TAG_TYPES.get(kind, kind)),
            context={**tag_context(tags), "ec2:CreateAction": asker.operation.name},
            because="tags what is made",
            keys=False,
        )


DISK_KEY_ACTIONS = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def ask_disk_key(asker: Asker, holders: list[dict[str, Any]]) -> None:
    """See https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html."""
    for holder in holders:
        key = holder.get("KmsKeyId")
        if not key:
            continue
        resource, context = key_resource(asker, str(key))
        for action in DISK_KEY_ACTIONS:
            asker.ask(
                action,
                resource,
                context=context,
                needed=DEPENDS,
                because="the volume or snapshot is encrypted with the key",
                via="ec2.amazonaws.com",
                keys=False,
            )
