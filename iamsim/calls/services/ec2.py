"""Amazon EC2: one call asks about every resource that it touches.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-ec2-console.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html (RunInstances)
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.calls.arns import ANYTHING, Resource
from iamsim.calls.context_keys import carries, scalar
from iamsim.calls.extras import ask_pass_role, key_resource
from iamsim.calls.model import DEPENDS
from iamsim.calls.tags import pairs_of

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker
    from iamsim.calls.model import ContextValue, Requested

__all__ = ["HANDLERS"]

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


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _tags_by_type(asker: Asker) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for member in ("TagSpecifications", "TagSpecification"):
        for one in _list(asker.get(member)):
            if isinstance(one, dict) and one.get("ResourceType"):
                tags = pairs_of(one.get("Tags") or one.get("Tag") or [])
                found.setdefault(str(one["ResourceType"]), {}).update(tags)
    return found


def tag_context(tags: dict[str, str]) -> dict[str, ContextValue]:
    """The keys that tags of a request bring."""
    found: dict[str, ContextValue] = {f"aws:RequestTag/{key}": one for key, one in tags.items()}
    if tags:
        found["aws:TagKeys"] = list(tags)
    return found


# The resource type of a tag specification, where the ARN calls it otherwise.
TAG_TYPES = {"host": "dedicated-host", "hosts": "dedicated-host", "natgateway": "natgateway"}


def ask_created_tags(asker: Asker) -> None:
    """Ask ec2:CreateTags for what is made with tags; the key ec2:CreateAction names the call."""
    for kind, tags in _tags_by_type(asker).items():
        if not tags:
            continue
        asker.ask(
            "ec2:CreateTags",
            made(asker, TAG_TYPES.get(kind, kind)),
            context={**tag_context(tags), "ec2:CreateAction": asker.operation.name},
            because="tags what is made",
            keys=False,
        )


def _any(asker: Asker) -> None:
    """Any other operation: what the table says, with tags on what is made."""
    if not asker.operation.asks:
        asker.note(f"which permission `{asker.operation.name}` needs is not known")
        return
    asker.parameters["NamedById"] = [one.arn for one in _named_by_id(asker)]
    for asks in asker.operation.asks:
        tags = _tags_by_type(asker)
        for requested in asker.ask_named(asks):
            kind, _, name = requested.resource.rpartition(":")[2].partition("/")
            _own_key(requested, kind, name)
            for other, one in tags.items():
                if TAG_TYPES.get(other, other) == kind:
                    requested.context |= tag_context(one)
    ask_created_tags(asker)
    _disk_key(asker, [asker.parameters])


def _named_by_id(asker: Asker) -> list[Resource]:
    """Whatever the parameters name by an id, wherever it stands; sources of copies are read in
    another Region, or are another account's."""
    copies = asker.operation.name.startswith("Copy")
    waiting: list[tuple[str, Any]] = list(asker.parameters.items())
    found = []
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(str(inner), one) for inner, one in value.items()]
        elif isinstance(value, list):
            waiting += [(name, one) for one in value]
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
    for one in _list(asker.get("Tags")):
        if isinstance(one, dict) and "Value" not in one and asker.operation.name == "DeleteTags":
            context.pop(f"aws:RequestTag/{one.get('Key')}", None)
    found = [by_id(asker, str(one)) for one in _list(asker.get("Resources"))] or [ANYTHING]
    asker.ask(f"ec2:{asker.operation.name}", *found, context=context, keys=False)


def _run(asker: Asker) -> None:
    template = asker.get("LaunchTemplate")
    template = template if isinstance(template, dict) else {}
    specification = _Specification(asker, asker.parameters, bool(template))
    specification.ask_launch("ec2:RunInstances")
    if template:
        _ask_template(asker, "ec2:RunInstances", template)
    ask_created_tags(asker)


def _ask_template(asker: Asker, action: str, template: dict[str, Any]) -> None:
    name = template.get("LaunchTemplateId")
    resource = typed(asker, "launch-template", name)
    asker.ask(action, resource, keys=False, because="launches from the template")
    asker.note(
        "what the launch template holds (images, subnets, security groups, tags, instance"
        " profile) is asked as well, and is not in the call"
    )


class _Specification:
    """What a launch names: of RunInstances itself, or inside a request for Spot Instances."""

    def __init__(self, asker: Asker, given: dict[str, Any], has_template: bool) -> None:
        self.asker = asker
        self.given = given
        self.has_template = has_template
        self.tags = _tags_by_type(asker)

    def ask_launch(self, action: str) -> None:
        """Ask for each resource; what the call leaves to defaults is a pattern."""
        self.action = action
        self._one("instance", None, self._instance_keys())
        image = self.given.get("ImageId")
        self._one("image", image, {"ec2:ImageID": image}, open_too=not image)
        interfaces = [
            one for one in _list(self.given.get("NetworkInterfaces")) if isinstance(one, dict)
        ]
        subnets = _list(self.given.get("SubnetId")) + [
            one["SubnetId"] for one in interfaces if one.get("SubnetId")
        ]
        existing = [
            one["NetworkInterfaceId"] for one in interfaces if one.get("NetworkInterfaceId")
        ]
        for interface in existing or [None]:
            self._one("network-interface", interface, self._interface_keys(interfaces, subnets))
        for subnet in dict.fromkeys(subnets):
            self._one("subnet", subnet, {"ec2:SubnetID": subnet})
        groups = _list(self.given.get("SecurityGroupIds")) + [
            group for one in interfaces for group in _list(one.get("Groups"))
        ]
        for group in dict.fromkeys(groups):
            self._one("security-group", group, {"ec2:SecurityGroupID": group})
        if not existing:
            if not subnets:
                self._one("subnet", None, {}, open_too=True)
            if not groups:
                self._one("security-group", None, {}, open_too=True)
        key = self.given.get("KeyName")
        if key:
            self._one("key-pair", key, {"ec2:KeyPairName": key})
        self._placed()
        self._disks()
        self._profile()

    def _one(
        self, kind: str, name: object, keys: dict[str, Any], *, open_too: bool = False
    ) -> None:
        context: dict[str, ContextValue] = {
            key: scalar(value) for key, value in keys.items() if value not in (None, "")
        }
        context |= tag_context(self.tags.get(kind, {}))
        needed = {"needed": DEPENDS} if open_too and self.has_template else {}
        because = f"launches with {kind.replace('-', ' ')}"
        self.asker.ask(
            self.action,
            made(self.asker, kind) if kind in MADE and not name else typed(self.asker, kind, name),
            context=context,
            because=because,
            keys=False,
            **needed,
        )

    def _instance_keys(self) -> dict[str, Any]:
        metadata = self.given.get("MetadataOptions")
        metadata = metadata if isinstance(metadata, dict) else {}
        placement = self.given.get("Placement")
        placement = placement if isinstance(placement, dict) else {}
        market = self.given.get("InstanceMarketOptions")
        market = market if isinstance(market, dict) else {}
        profile = self.given.get("IamInstanceProfile")
        profile = profile if isinstance(profile, dict) else {}
        arn = profile.get("Arn") or (
            self.asker.arn("iam", f"instance-profile/{profile['Name']}", region=False)
            if profile.get("Name")
            else None
        )
        return {
            "ec2:InstanceType": self.given.get("InstanceType"),
            "ec2:EbsOptimized": self.given.get("EbsOptimized"),
            "ec2:MetadataHttpTokens": metadata.get("HttpTokens"),
            "ec2:MetadataHttpEndpoint": metadata.get("HttpEndpoint"),
            "ec2:MetadataHttpPutResponseHopLimit": metadata.get("HttpPutResponseHopLimit"),
            "ec2:Tenancy": placement.get("Tenancy"),
            "ec2:AvailabilityZone": placement.get("AvailabilityZone"),
            "ec2:InstanceMarketType": market.get("MarketType"),
            "ec2:InstanceProfile": arn,
        }

    def _interface_keys(
        self, interfaces: list[dict[str, Any]], subnets: list[Any]
    ) -> dict[str, Any]:
        public = next(
            (
                one["AssociatePublicIpAddress"]
                for one in interfaces
                if "AssociatePublicIpAddress" in one
            ),
            None,
        )
        subnet = typed(self.asker, "subnet", subnets[0]).arn if len(subnets) == 1 else None
        return {"ec2:AssociatePublicIpAddress": public, "ec2:Subnet": subnet}

    def _placed(self) -> None:
        placement = self.given.get("Placement")
        if isinstance(placement, dict):
            group = placement.get("GroupName")
            if group:
                self._one("placement-group", group, {"ec2:PlacementGroupName": group})
            elif placement.get("GroupId"):
                self._one("placement-group", None, {})
            if placement.get("HostId"):
                self._one("dedicated-host", placement["HostId"], {})
        reservation = self.given.get("CapacityReservationSpecification")
        if isinstance(reservation, dict):
            target = reservation.get("CapacityReservationTarget")
            if isinstance(target, dict) and target.get("CapacityReservationId"):
                self._one("capacity-reservation", target["CapacityReservationId"], {})

    def _disks(self) -> None:
        """Volumes.

        https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
        """
        disks = [
            one["Ebs"]
            for one in _list(self.given.get("BlockDeviceMappings"))
            if isinstance(one, dict) and isinstance(one.get("Ebs"), dict)
        ]
        keys: dict[str, Any] = {}
        if len(disks) == 1:
            keys = {
                "ec2:VolumeType": disks[0].get("VolumeType"),
                "ec2:VolumeSize": disks[0].get("VolumeSize"),
                "ec2:VolumeIops": disks[0].get("Iops"),
                "ec2:VolumeThroughput": disks[0].get("Throughput"),
                "ec2:Encrypted": disks[0].get("Encrypted"),
            }
        context = {key: scalar(value) for key, value in keys.items() if value is not None}
        self.asker.ask(
            self.action,
            made(self.asker, "volume"),
            context={**context, **tag_context(self.tags.get("volume", {}))},
            needed="always" if disks or self.tags.get("volume") else DEPENDS,
            because="launches with volumes, as all but images with instance store do",
            keys=False,
        )
        for disk in disks:
            if disk.get("SnapshotId"):
                self._one("snapshot", disk["SnapshotId"], {"ec2:SnapshotID": disk["SnapshotId"]})
        _disk_key(self.asker, disks)

    def _profile(self) -> None:
        """An instance profile hands over its role.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2.html
        """
        profile = self.given.get("IamInstanceProfile")
        if not profile:
            return
        self.asker.note(
            "iam:PassRole is asked on the role of the instance profile, which the call does not"
            " name"
        )
        ask_pass_role(
            self.asker,
            self.asker.arn("iam", "role/*", region=False),
            "ec2.amazonaws.com",
            "hands over the role of the instance profile",
        )


DISK_KEY_ACTIONS = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def _disk_key(asker: Asker, holders: list[dict[str, Any]]) -> None:
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


def _copy_snapshot(asker: Asker) -> None:
    """A copy asks for the new snapshot, and for its source in the source's Region.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
    """
    action = "ec2:CopySnapshot"
    tags = _tags_by_type(asker).get("snapshot", {})
    asker.ask(action, made(asker, "snapshot"), context=tag_context(tags), keys=False)
    source, region = asker.get("SourceSnapshotId"), asker.get("SourceRegion")
    if source:
        where = region or asker.place.region or "*"
        arn = f"arn:{asker.place.partition}:ec2:{where}::snapshot/{source}"
        asker.ask(action, Resource(arn), context={"ec2:SnapshotID": str(source)}, keys=False)
    ask_created_tags(asker)
    _disk_key(asker, [asker.parameters])


def _spot(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-requests.html."""
    asker.ask_all()
    given = asker.get("LaunchSpecification")
    if isinstance(given, dict):
        specification = _Specification(asker, given, has_template=False)
        specification.ask_launch("ec2:RunInstances")
    ask_created_tags(asker)


def _fleet(asker: Asker) -> None:
    """See https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-prerequisites.html."""
    asker.ask_all()
    for one in _list(asker.get("LaunchTemplateConfigs")):
        template = one.get("LaunchTemplateSpecification") if isinstance(one, dict) else None
        if isinstance(template, dict):
            _ask_template(asker, "ec2:RunInstances", template)
    ask_created_tags(asker)


def _associate_profile(asker: Asker) -> None:
    _any(asker)
    ask_pass_role(
        asker,
        asker.arn("iam", "role/*", region=False),
        "ec2.amazonaws.com",
        "hands over the role of the instance profile",
    )


def _scaling(asker: Asker) -> None:
    """A group launches in the name of its maker.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
    """
    asker.ask_all()
    template = asker.get("LaunchTemplate")
    if isinstance(template, dict) and asker.operation.name in (
        "CreateAutoScalingGroup",
        "UpdateAutoScalingGroup",
    ):
        asker.note(
            "ec2:RunInstances, ec2:CreateTags and iam:PassRole for what the launch template holds"
            " are asked of the caller as well"
        )
        asker.ask(
            "ec2:RunInstances",
            Resource(
                asker.arn("ec2", f"launch-template/{template.get('LaunchTemplateId') or '*'}"),
                known=bool(template.get("LaunchTemplateId")),
            ),
            needed=DEPENDS,
            because="the group launches from the template",
            keys=False,
        )


def _launch_configuration(asker: Asker) -> None:
    asker.ask_all()
    if asker.get("IamInstanceProfile"):
        ask_pass_role(
            asker,
            asker.arn("iam", "role/*", region=False),
            "ec2.amazonaws.com",
            "hands over the role of the instance profile",
        )


HANDLERS = {
    ("ec2", "*"): _any,
    ("ec2", "AssociateIamInstanceProfile"): _associate_profile,
    ("ec2", "ReplaceIamInstanceProfileAssociation"): _associate_profile,
    ("ec2", "CopySnapshot"): _copy_snapshot,
    ("ec2", "CreateFleet"): _fleet,
    ("ec2", "CreateTags"): _tag,
    ("ec2", "DeleteTags"): _tag,
    ("ec2", "RequestSpotInstances"): _spot,
    ("ec2", "RunInstances"): _run,
    ("autoscaling", "CreateLaunchConfiguration"): _launch_configuration,
    ("autoscaling", "CreateAutoScalingGroup"): _scaling,
    ("autoscaling", "UpdateAutoScalingGroup"): _scaling,
}
