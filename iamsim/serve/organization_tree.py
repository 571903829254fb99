"""An organization as AWS Organizations knows it: ids, ARNs, and what is attached where.

What AWS always says and the world does not has a stand-in (`iamsim.core.stand_in`).
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from iamsim.core.stand_in import stand_in_organization_id
from iamsim.core.unknown import find_marker
from iamsim.world.builtin import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS
from iamsim.world.model import AnyPolicy, Node, Organization, PolicyDocument, World

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
DEFAULTS = {SCP: FULL_AWS_ACCESS, RCP: RCP_FULL_AWS_ACCESS}
ROOT, UNIT, ACCOUNT = "ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"
LONGEST_NAME = 128


class ControlPolicy(NamedTuple):
    """A service or resource control policy, by its id and type."""

    id: str
    type: str
    document: PolicyDocument

    @property
    def is_of_aws(self) -> bool:
        """Whether AWS owns it."""
        return ":organizations::aws:" in (self.document.arn or "")


@dataclass(slots=True)
class Target:
    """The root, a unit or an account: what is attached to it by type, and what stands below.

    `unknown` counts by type what is attached that nobody knows.
    """

    id: str
    type: str
    name: str | None
    parent: Target | None
    below: list[Target] = field(default_factory=list)
    attached: dict[str, list[ControlPolicy]] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The ids from the root down to it, each with a slash behind."""
        above = "" if self.parent is None else self.parent.path
        return f"{above}{self.id}/"


class OrganizationTree:
    """Targets and policies by id, in the order of the world."""

    def __init__(self, world: World, organization: Organization) -> None:
        """Go through the tree of a world."""
        self.organization = organization
        self.id = organization.id or stand_in_organization_id("o-", "organization")
        self.management = organization.management_account
        owner = world.accounts.get(self.management or "")
        self.partition = "aws" if owner is None else owner.partition
        self.targets: dict[str, Target] = {}
        self.policies: dict[tuple[str, str], ControlPolicy] = {}
        for kind, policy in DEFAULTS.items():
            self._policy(policy, kind)
        if organization.root is not None:
            self._add(world, organization.root, None)

    def arn(self, kind: str, identifier: str = "") -> str | None:
        """The ARN of a target or the organization; `None` where nobody knows the account that
        owns it."""
        if self.management is None:
            return None
        behind = f"/{identifier}" if identifier else ""
        return f"arn:{self.partition}:organizations::{self.management}:{kind}/{self.id}{behind}"

    def policy_arn(self, policy: ControlPolicy) -> str | None:
        """The ARN of a policy."""
        known = policy.document.arn
        if known is not None or self.management is None:
            return known
        place = f"{self.id}/{policy.type.lower()}/{policy.id}"
        return f"arn:{self.partition}:organizations::{self.management}:policy/{place}"

    def listed(self, kind: str) -> list[ControlPolicy]:
        """The policies of a type."""
        return [policy for policy in self.policies.values() if policy.type == kind]

    def accounts(self) -> list[Target]:
        """All accounts."""
        return [target for target in self.targets.values() if target.type == ACCOUNT]

    def _add(self, world: World, node: Node, parent: Target | None) -> None:
        """Take a node with all below it."""
        identifier = node.id or _id_of_node(node, parent)
        target = Target(identifier, UNIT if parent else ROOT, node.name, parent)
        self._take(target, SCP, node.scps)
        self._take(target, RCP, node.rcps)
        self.targets[identifier] = target
        if parent is not None:
            parent.below.append(target)
        accounts = list(node.accounts)
        if parent is None and self.management is not None:
            # A management account that no node lists stands in the root.
            accounts += [self.management] * (world.node_of(self.management) is node)
        for number in dict.fromkeys(accounts):
            if world.node_of(number) is node:
                self._add_account(world, number, target)
        for unit in node.units:
            self._add(world, unit, target)

    def _add_account(self, world: World, number: str, parent: Target) -> None:
        account = world.accounts.get(number)
        target = Target(number, ACCOUNT, None if account is None else account.name, parent)
        self._take(target, SCP, None if account is None else account.scps)
        self._take(target, RCP, None if account is None else account.rcps)
        self.targets[number] = target
        parent.below.append(target)

    def _take(self, target: Target, kind: str, policies: tuple[AnyPolicy, ...] | None) -> None:
        """Note what is attached to a target: all of it, or AWS's where nothing is said."""
        given = (DEFAULTS[kind],) if policies is None else policies
        known = [
            document
            for document in given
            if isinstance(document, PolicyDocument) and find_marker(document.document) is None
        ]
        target.attached[kind] = [self._policy(document, kind) for document in known]
        target.unknown[kind] = len(given) - len(known)

    def _policy(self, document: PolicyDocument, kind: str) -> ControlPolicy:
        """The policy of a document, made once."""
        if document.arn is not None:
            identifier = document.arn.rpartition("/")[2]
        else:
            identifier = stand_in_organization_id("p-", f"{kind} {document.name}")
        return self.policies.setdefault(
            (kind, identifier), ControlPolicy(identifier, kind, document)
        )


def _id_of_node(node: Node, parent: Target | None) -> str:
    """A stand-in for the id of a root or unit."""
    if parent is None:
        return stand_in_organization_id("r-", "root")
    root = parent
    while root.parent is not None:
        root = root.parent
    prefix = f"ou-{root.id.removeprefix('r-')}-"
    return stand_in_organization_id(prefix, f"{parent.path}{node.name}")
