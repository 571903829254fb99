"""Amazon EC2: what the table says, with tags and keys; launches are in `ec2_launch`.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-ec2-console.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.calls.arns import ANYTHING, Resource
from iamsim.calls.context_keys import carries
from iamsim.calls.extras import ask_pass_role
from iamsim.calls.services import ec2_launch
from iamsim.calls.services.ec2_resources import (
    ID_TYPES,
    TAG_TYPES,
    as_list,
    ask_created_tags,
    ask_disk_key,
    by_id,
    made,
    tag_context,
    tags_by_type,
    typed,
)
from iamsim.calls.tags import pairs_of

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker
    from iamsim.calls.model import Requested


def _any(asker: Asker) -> None:
    """Any other operation: what the table says, with tags on what is made."""
    if not asker.operation.asks:
        asker.note(f"which permission `{asker.operation.name}` needs is not known")
        return
    asker.parameters["NamedById"] = [resource.arn for resource in _named_by_id(asker)]
    for asks in asker.operation.asks:
        tags = tags_by_type(asker)
        for requested in asker.ask_named(asks):
            kind, _, name = requested.resource.rpartition(":")[2].partition("/")
            _own_key(requested, kind, name)
            for other, tag in tags.items():
                if TAG_TYPES.get(other, other) == kind:
                    requested.context |= tag_context(tag)
    ask_created_tags(asker)
    ask_disk_key(asker, [asker.parameters])


def _named_by_id(asker: Asker) -> list[Resource]:
    """Whatever the parameters name by an id, wherever it stands; sources of copies are read in
    another Region, or are another account's."""
    copies = asker.operation.name.startswith("Copy")
    waiting: list[tuple[str, Any]] = list(asker.parameters.items())
    found = []
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(str(inner), member) for inner, member in value.items()]
        elif isinstance(value, list):
            waiting += [(name, entry) for entry in value]
        elif isinstance(value, str) and not (copies and name.startswith("Source")):
            kind = ID_TYPES.get(value.rpartition("-")[0])
            if kind is not None and not name.startswith("Tag"):
                found.append(typed(asker, kind, value))
    return found[::-1]


# The key that holds the id of a resource of a type.
ID_KEYS = {
    "dhcp-options": "ec2:DhcpOptionsID",
    "elastic-ip": "ec2:AllocationId",
    "image": "ec2:ImageID",
    "instance": "ec2:InstanceID",
    "internet-gateway": "ec2:InternetGatewayID",
    "network-acl": "ec2:NetworkAclID",
    "network-interface": "ec2:NetworkInterfaceID",
    "route-table": "ec2:RouteTableID",
    "security-group": "ec2:SecurityGroupID",
    "snapshot": "ec2:SnapshotID",
    "subnet": "ec2:SubnetID",
    "volume": "ec2:VolumeID",
    "vpc": "ec2:VpcID",
    "vpc-peering-connection": "ec2:VpcPeeringConnectionID",
}


def _own_key(requested: Requested, kind: str, name: str) -> None:
    """A resource's id is a key of its own requests, whatever the parameter is called."""
    for key in ID_KEYS.values():
        requested.context.pop(key, None)
    own = ID_KEYS.get(kind)
    if own is not None and "*" not in name and carries(requested.action, own):
        requested.context[own] = name


def _tag(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html."""
    tags = pairs_of(asker.get("Tags") or [])
    context = tag_context(tags)
    for entry in as_list(asker.get("Tags")):
        if (
            isinstance(entry, dict)
            and "Value" not in entry
            and asker.operation.name == "DeleteTags"
        ):
            context.pop(f"aws:RequestTag/{entry.get('Key')}", None)
    resources = [by_id(asker, str(entry)) for entry in as_list(asker.get("Resources"))] or [
        ANYTHING
    ]
    asker.ask(f"ec2:{asker.operation.name}", *resources, context=context, keys=False)


def _copy_snapshot(asker: Asker) -> None:
    """A copy asks for the new snapshot, and for its source in the source's Region.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
    """
    action = "ec2:CopySnapshot"
    tags = tags_by_type(asker).get("snapshot", {})
    asker.ask(action, made(asker, "snapshot"), context=tag_context(tags), keys=False)
    source, region = asker.get("SourceSnapshotId"), asker.get("SourceRegion")
    if source:
        where = region or asker.place.region or "*"
        arn = f"arn:{asker.place.partition}:ec2:{where}::snapshot/{source}"
        asker.ask(action, Resource(arn), context={"ec2:SnapshotID": str(source)}, keys=False)
    ask_created_tags(asker)
    ask_disk_key(asker, [asker.parameters])


def _associate_profile(asker: Asker) -> None:
    _any(asker)
    ask_pass_role(
        asker,
        asker.arn("iam", "role/*", region=False),
        "ec2.amazonaws.com",
        "hands over the role of the instance profile",
    )


HANDLERS = {
    **ec2_launch.HANDLERS,
    ("ec2", "*"): _any,
    ("ec2", "AssociateIamInstanceProfile"): _associate_profile,
    ("ec2", "ReplaceIamInstanceProfileAssociation"): _associate_profile,
    ("ec2", "CopySnapshot"): _copy_snapshot,
    ("ec2", "CreateTags"): _tag,
    ("ec2", "DeleteTags"): _tag,
}
