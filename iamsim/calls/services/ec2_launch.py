"""Launches of EC2 instances: one call asks about every resource that it touches.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html (RunInstances)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.calls.arns import Resource
from iamsim.calls.context_keys import scalar
from iamsim.calls.extras import ask_pass_role
from iamsim.calls.model import DEPENDS, ContextValue
from iamsim.calls.services.ec2_resources import (
    MADE,
    as_list,
    ask_created_tags,
    ask_disk_key,
    made,
    tag_context,
    tags_by_type,
    typed,
)

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker


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
        self.tags = tags_by_type(asker)

    def ask_launch(self, action: str) -> None:
        """Ask for each resource; what the call leaves to defaults is a pattern."""
        self.action = action
        self._one("instance", None, self._instance_keys())
        image = self.given.get("ImageId")
        self._one("image", image, {"ec2:ImageID": image}, open_too=not image)
        interfaces = [
            entry
            for entry in as_list(self.given.get("NetworkInterfaces"))
            if isinstance(entry, dict)
        ]
        subnets = as_list(self.given.get("SubnetId")) + [
            interface["SubnetId"] for interface in interfaces if interface.get("SubnetId")
        ]
        existing = [
            interface["NetworkInterfaceId"]
            for interface in interfaces
            if interface.get("NetworkInterfaceId")
        ]
        for interface in existing or [None]:
            self._one("network-interface", interface, self._interface_keys(interfaces, subnets))
        for subnet in dict.fromkeys(map(str, subnets)):
            self._one("subnet", subnet, {"ec2:SubnetID": subnet})
        groups = as_list(self.given.get("SecurityGroupIds")) + [
            group for interface in interfaces for group in as_list(interface.get("Groups"))
        ]
        for group in dict.fromkeys(map(str, groups)):
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
                interface["AssociatePublicIpAddress"]
                for interface in interfaces
                if "AssociatePublicIpAddress" in interface
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
            entry["Ebs"]
            for entry in as_list(self.given.get("BlockDeviceMappings"))
            if isinstance(entry, dict) and isinstance(entry.get("Ebs"), dict)
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
        ask_disk_key(self.asker, disks)

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
    for entry in as_list(asker.get("LaunchTemplateConfigs")):
        template = entry.get("LaunchTemplateSpecification") if isinstance(entry, dict) else None
        if isinstance(template, dict):
            _ask_template(asker, "ec2:RunInstances", template)
    ask_created_tags(asker)


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
    ("ec2", "CreateFleet"): _fleet,
    ("ec2", "RequestSpotInstances"): _spot,
    ("ec2", "RunInstances"): _run,
    ("autoscaling", "CreateAutoScalingGroup"): _scaling,
    ("autoscaling", "CreateLaunchConfiguration"): _launch_configuration,
    ("autoscaling", "UpdateAutoScalingGroup"): _scaling,
}
