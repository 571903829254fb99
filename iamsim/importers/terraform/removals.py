"""What a plan takes away of what its resources still show: policies, attachments, encryption.

A role, a queue or a bucket shows what it has before the plan runs. Where a plan deletes something
and what that belonged to is lost, it may be anything of its type that is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.importers.terraform.addresses import parse_address
from iamsim.importers.terraform.changes import removals
from iamsim.importers.unknown import Unknown

if TYPE_CHECKING:
    from iamsim.catalog.resource_types import ResourceType

ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"
ENDPOINT_POLICY = ("aws_vpc_endpoint_policy", "vpc_endpoint_id")
# What gives a role a policy that the role shows too: the role, and the policy.
OF_ROLES = {
    "aws_iam_role_policy": ("role", "name"),
    "aws_iam_role_policy_attachment": ("role", "policy_arn"),
    "aws_iam_policy_attachment": ("roles", "policy_arn"),
}
OWNERS = ("roles", "users", "groups")


class Removals:
    """What a plan deletes or replaces, by what it belonged to."""

    def __init__(self, data: Mapping[str, object], *, planned: bool) -> None:
        """Read the changes of a plan; a state has none. Before the plan (not `planned`) all is
        there still."""
        self._planned = planned
        self._by_type: dict[str, list[tuple[str, Mapping[str, object]]]] = {}
        for change in removals(data):
            address, values = parse_address(change.address), change.before or {}
            kind = change.type if address is None else address.type
            self._by_type.setdefault(kind, []).append((change.address, values))

    def from_role(self, role: str, policy: str) -> bool | Unknown:
        """Say whether a role loses a policy: an inline policy by its name, others by their ARN."""
        found: bool | Unknown = False
        for kind, (owner, named) in OF_ROLES.items():
            if (named == "policy_arn") != policy.startswith("arn:"):
                continue
            for address, values in self._by_type.get(kind, ()):
                roles, policies = _roles(values, owner), _texts(values.get(named))
                if (roles is None or role in roles) and (policies is None or policy in policies):
                    if roles is not None and policies is not None:
                        return True
                    found = self._lost(address)
        return found

    def policy_of(self, kind: ResourceType | None, names: Iterable[str]) -> bool | Unknown:
        """Say whether a resource loses the policy that another gave it; `names` are its own."""
        places = () if kind is None else kind.plan
        given = {place.type: place.targets[0][0] for place in places if _names_one(place.targets)}
        return self._taken((*given.items(), ENDPOINT_POLICY), set(names))

    def encryption_of(self, bucket: str) -> bool | Unknown:
        """Say whether a bucket loses its encryption."""
        return self._taken(((ENCRYPTION, "bucket"),), {bucket})

    def _taken(self, types: Iterable[tuple[str, str]], names: set[str]) -> bool | Unknown:
        """Say whether something of some types, which name their owner, is taken from one."""
        found: bool | Unknown = False
        for kind, attribute in types:
            for address, values in self._by_type.get(kind, ()):
                owners = _texts(values.get(attribute))
                if owners is None:
                    found = self._lost(address)
                elif owners & names:
                    return True
        return found

    def _lost(self, address: str) -> bool | Unknown:
        """Say that what a deleted resource belonged to is lost."""
        return self._planned and Unknown(f"what the plan takes {quote(address)} from")


def _names_one(targets: tuple[tuple[str, ...], ...]) -> bool:
    """Say whether one attribute names the resource that a policy is for."""
    return bool(targets) and len(targets[0]) == 1


def _texts(value: object) -> frozenset[str] | None:
    """Give what an attribute names; `None` where that is lost."""
    return frozenset({value}) if isinstance(value, str) and value else None


def _roles(values: Mapping[str, object], owner: str) -> frozenset[str] | None:
    """Give the roles that something belonged to; `None` where they are lost."""
    if owner != "roles":
        return _texts(values.get(owner))
    named = {name: values.get(name, "") for name in OWNERS}
    if not any(named.values()):
        return None
    roles = named["roles"]
    listed = roles if isinstance(roles, list) else [] if roles is None else [None]
    texts = frozenset(role for role in listed if isinstance(role, str))
    return texts if len(texts) == len(listed) else None
