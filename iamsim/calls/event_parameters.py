"""requestParameters of CloudTrail records, in the form of the API's own parameters.

Names start with a small letter, EC2 puts lists into ``{"items": [...]}``, S3 has names of headers.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import re
from typing import Any

from iamsim.calls.data import Member, Operation, Service, plain

HIDDEN = re.compile(r"HIDDEN_DUE_TO_SECURITY_REASONS|\*{3,}|<REDACTED>|\*\*REDACTED\*\*")
DEEPEST = 40
S3_NAMES = {
    "bucketName": "Bucket",
    "bucket": "Bucket",
    "key": "Key",
    "x-amz-copy-source": "CopySource",
    "versionId": "VersionId",
    "uploadId": "UploadId",
    "x-amz-acl": "ACL",
    "x-amz-tagging": "Tagging",
    "x-amz-bypass-governance-retention": "BypassGovernanceRetention",
    "x-amz-bucket-object-lock-enabled": "ObjectLockEnabledForBucket",
}
# Lists of EC2 records and the members of the API that they are.
EC2_NAMES = {
    "instancesset": "InstanceIds",
    "groupset": "SecurityGroupIds",
    "resourcesset": "Resources",
    "tagset": "Tags",
    "tagspecificationset": "TagSpecifications",
    "networkinterfaceset": "NetworkInterfaces",
    "blockdevicemapping": "BlockDeviceMappings",
    "securitygroupset": "GroupIds",
    "volumeset": "VolumeIds",
    "imagesset": "ImageIds",
    "snapshotset": "SnapshotIds",
    "vpcset": "VpcIds",
    "subnetset": "SubnetIds",
    "ippermissions": "IpPermissions",
    "launchtemplate": "LaunchTemplate",
    "iaminstanceprofile": "IamInstanceProfile",
    "filterset": "Filters",
    "resourceids": "ResourceIds",
}


def parameters_of(
    service: Service, operation: Operation, given: object
) -> tuple[dict[str, Any], list[str]]:
    """Bring requestParameters into the names and shapes of the API; notes say what is not told."""
    if not isinstance(given, dict):
        return {}, []
    if given.get("omitted") is True:
        return {}, ["the record was too big: its parameters were left out"]
    if service.name == "s3":
        given = {S3_NAMES.get(name, name): _first(value) for name, value in given.items()}
    if service.name == "ec2":
        inner = next(
            (value for name, value in given.items() if name == f"{operation.name}Request"), None
        )
        given = inner if isinstance(inner, dict) else given
        given = {
            _ec2_name(service, operation, str(name)): _items(value) for name, value in given.items()
        }
    hidden: list[str] = []
    kind = "" if operation.shape is None else str(operation.shape)
    found = _shaped(service, kind, given, hidden, 0)
    notes = [f"the record hides {', '.join(f'`{name}`' for name in hidden)}"] if hidden else []
    if service.name == "ec2":
        _flatten_ids(service, operation, found)
    return (found if isinstance(found, dict) else {}), notes


def _first(value: object) -> object:
    """S3 records hold some headers as lists of one."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    return value


def _ec2_name(service: Service, operation: Operation, name: str) -> str:
    known = EC2_NAMES.get(name.lower())
    members = service.members(operation.shape)
    if known is not None and known in members:
        return known
    flat = plain(name)
    for other_member in members.values():
        if flat in (plain(other_member.name), plain(other_member.wire)):
            return other_member.name
    if flat.endswith("set"):
        stem = flat.removesuffix("set").removesuffix("s")
        for member in members:
            if plain(member) in (f"{stem}s", f"{stem}ids", f"{stem}names", f"{stem}id"):
                return member
    return str(known or name)


def _items(value: object, depth: int = 0) -> object:
    """Undo ``{"items": [...]}``, at any depth."""
    if depth > DEEPEST:
        return None
    if isinstance(value, dict):
        if isinstance(value.get("items"), list) and len(value) == 1:
            return [_items(entry, depth + 1) for entry in value["items"]]
        return {name: _items(member, depth + 1) for name, member in value.items()}
    if isinstance(value, list):
        return [_items(entry, depth + 1) for entry in value]
    return value


def _flatten_ids(service: Service, operation: Operation, found: Any) -> None:  # noqa: ANN401
    """Lists of ids are lists of maps with one id in records of EC2: ``{"instanceId": "i-1"}``."""
    if not isinstance(found, dict):
        return
    for name, member in service.members(operation.shape).items():
        value = found.get(name)
        if not isinstance(value, list) or not member.kind.isdigit():
            continue
        shape = int(member.kind)
        if service.kind(shape) == "L" and service.inner(shape) == "s":
            found[name] = [_only(entry) for entry in value]
    for name, value in list(found.items()):
        if isinstance(value, list) and len(value) == 1 and name in ("ImageId", "KeyName"):
            found[name] = _only(value[0])
    instances = found.get("InstanceIds")
    if operation.name == "RunInstances" and isinstance(instances, list):
        # what RunInstances logs as its set of instances are the image, the key and the counts
        for instance in instances:
            if isinstance(instance, dict):
                for inner, text in instance.items():
                    found.setdefault(inner[:1].upper() + inner[1:], text)
        found.pop("InstanceIds")


def _only(value: object) -> object:
    if isinstance(value, dict):
        texts = [
            member for name, member in value.items() if isinstance(member, str) and "Id" in name
        ]
        texts = texts or [entry for entry in value.values() if isinstance(entry, str)]
        return texts[0] if texts else value
    return value


def _shaped(service: Service, kind: str, value: Any, hidden: list[str], depth: int) -> Any:  # noqa: ANN401
    """Give members their names; what is hidden is left out."""
    if depth > DEEPEST or not kind.isdigit():
        return value
    shape = int(kind)
    form = service.kind(shape)
    if form == "L" and isinstance(value, list):
        inner = service.inner(shape)
        return [_shaped(service, inner, entry, hidden, depth + 1) for entry in value]
    if form == "L" and isinstance(value, dict):
        # `{"member": [...]}` and the like
        held = next((entry for entry in value.values() if isinstance(entry, list)), None)
        if held is not None:
            return _shaped(service, kind, held, hidden, depth + 1)
        return value
    if not isinstance(value, dict):
        return value
    if form == "M":
        inner = service.inner(shape)
        return {
            name: _shaped(service, inner, piece, hidden, depth + 1) for name, piece in value.items()
        }
    members = _by_plain(service.members(shape))
    found: dict[str, Any] = {}
    for name, piece in value.items():
        if isinstance(piece, str) and HIDDEN.search(piece) and plain(name) != "statement":
            hidden.append(name)
            continue
        member = members.get(plain(name))
        if member is None:
            found[name] = piece
        else:
            found[member.name] = _shaped(service, member.kind, piece, hidden, depth + 1)
    return found


def _by_plain(members: dict[str, Member]) -> dict[str, Member]:
    found: dict[str, Member] = {}
    for member in members.values():
        if member.wire:
            found[plain(member.wire)] = member
    found |= {plain(member.name): member for member in members.values()}
    return found
