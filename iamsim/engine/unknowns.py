"""What of a world is not known: every marker in it, and every statement that can't be read."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple
from iamsim.core.decision import PolicyType
from iamsim.core.unknown import Unknown, fact_words, find_marker
from iamsim.engine.inventory import policies_in_use
from iamsim.world.laying_tree import node_ids

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.engine.documents import PolicyLibrary
    from iamsim.world.model import Account, Resource, Role, User, World

SETTINGS = "settings"  # what a lost source may have told of, and as a fact not known
IDLE = frozenset({"kms_key", "role", SETTINGS})  # facts on which no decision hangs
USES = {
    PolicyType.IDENTITY: "identity-based policy",
    PolicyType.RESOURCE: "resource-based policy",
    PolicyType.TRUST: "trust policy",
    PolicyType.PERMISSIONS_BOUNDARY: "permissions boundary",
    PolicyType.SESSION: "session policy",
    PolicyType.SERVICE_CONTROL: "service control policy",
    PolicyType.RESOURCE_CONTROL: "resource control policy",
    PolicyType.VPC_ENDPOINT: "VPC endpoint policy",
}


class UnknownInWorld(NamedTuple):
    """A part of a policy of a world that is not known, or another fact of its owner.

    `use` is what the policy is used as, `statement` counts from 0 and is `None` for the whole
    policy; `span` is where it stands. With a `fact` (a field of the world file), that is not known
    of the principal, resource or account that `policy` names.
    """

    use: PolicyType
    policy: str
    statement: int | None
    unknown: Unknown
    span: Span
    fact: str | None = None

    @property
    def what(self) -> str:
        """What is not known, in words."""
        if self.fact is not None:
            return f"{fact_words(self.fact)} of `{self.policy}`"
        policy = f"the {USES[self.use]} `{self.policy}`"
        if self.statement is None:
            return policy
        return f"a part of statement {self.statement + 1} of {policy}"

    @property
    def decides(self) -> bool:
        """Whether a decision may hang on it."""
        return self.fact not in IDLE

    def to_dict(self) -> dict[str, object]:
        """Plain data, as JSON reports hold it."""
        return {
            "type": self.use.value,
            "policy": self.policy,
            "statement": self.statement,
            "why": self.unknown.why,
            "source": self.unknown.source,
            **({} if self.fact is None else {"fact": self.fact}),
        }


def unknowns_of(
    model: World, library: PolicyLibrary, left_out: Container[tuple[int, PolicyType]] = ()
) -> tuple[UnknownInWorld, ...]:
    """Every unknown part of the policies of a world that are in use, in the order of the world, but
    of those `left_out` by id and use; then every other fact that is not known."""
    unknowns: dict[object, UnknownInWorld] = {}
    for policy, use in policies_in_use(model):
        if (id(policy), use) in left_out:
            continue
        for statement in library.compiled(policy, use).statements:
            for unknown in statement.unknowns:
                index = None if unknown.whole else statement.index
                place = id(policy), use, index, unknown
                if place not in unknowns:
                    span = statement.source.span(statement.path)
                    unknowns[place] = UnknownInWorld(use, policy.name, index, unknown, span)
    return (*unknowns.values(), *unknown_facts(model), *_unknown_settings(model))


def _unknown_settings(model: World) -> Iterator[UnknownInWorld]:
    """Lost sources that tell of settings and credentials alone, on which no decision hangs."""
    for policy in model.unlisted:
        lost = find_marker(policy.document)
        if policy.kinds == {SETTINGS} and lost is not None:
            name = ", ".join(sorted(policy.accounts)) or "the accounts"
            span = policy.source.span(())
            yield UnknownInWorld(PolicyType.IDENTITY, name, None, lost, span, SETTINGS)


def unknown_facts(model: World) -> Iterator[UnknownInWorld]:
    """The facts of the organization, principals, resources and accounts that are not known."""
    organization = model.organization
    if organization is not None:
        name = organization.id or "the organization"
        for fact, unknown in organization.unknown.items():
            span = organization.source.span((*organization.position, fact))
            yield UnknownInWorld(PolicyType.SERVICE_CONTROL, name, None, unknown, span, fact)
        for node, _ in node_ids(organization.root) if organization.root is not None else ():
            for fact, unknown in node.unknown.items():
                span = node.source.span((*node.position, fact))
                yield UnknownInWorld(
                    PolicyType.SERVICE_CONTROL, node.name, None, unknown, span, fact
                )
    for account in model.accounts.values():
        holders: list[tuple[PolicyType, str, User | Role | Resource | Account]] = [
            *((PolicyType.IDENTITY, user.arn, user) for user in account.users.values()),
            *((PolicyType.IDENTITY, role.arn, role) for role in account.roles.values()),
            *(
                (PolicyType.RESOURCE, resource.arn, resource)
                for resource in account.resources.values()
            ),
            (PolicyType.RESOURCE, account.id, account),
        ]
        for use, name, holder in holders:
            for fact, unknown in holder.unknown.items():
                span = holder.source.span((*holder.position, *fact.split("/", 1)))
                yield UnknownInWorld(use, name, None, unknown, span, fact)
