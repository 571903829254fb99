"""VPC endpoints whose policies differ: who asks through them, and for what.

Whoever is in the network can use an endpoint, with credentials of other accounts too. An endpoint
without a policy lets everything pass:
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
https://docs.aws.amazon.com/whitepapers/latest/building-a-data-perimeter-on-aws/perimeter-implementation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import PolicyType
from iamsim.engine.facts import CallerFacts, organization_of
from iamsim.query.changes.callers import own_statements, reading
from iamsim.query.changes.statements import Difference, compare_sets, statements_of
from iamsim.query.changes.unchanged import same_policy

if TYPE_CHECKING:
    from iamsim.compile.policy import PolicySet
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.batch import ActionUniverse
    from iamsim.world.model import VpcEndpoint

NETWORK_KEY = "aws:sourcevpc"
OWNER_KEYS = frozenset({"aws:vpceorgid", "aws:vpceorgpaths"})


class EndpointChange(NamedTuple):
    """An endpoint of both worlds about which something differs.

    `actions` are those of its service, `keys` the context keys that it gives other values;
    `statements` are all that its policies say.
    """

    id: str
    account: str
    actions: int
    difference: Difference
    keys: frozenset[str]
    statements: tuple[CompiledStatement, ...]

    def changed(
        self, old: CallerFacts, new: CallerFacts, about: Iterable[CompiledStatement]
    ) -> tuple[CompiledStatement, ...]:
        """The statements that may decide otherwise about a caller: those of the endpoint; where it
        has a policy in one world only or gives keys other values, others as well."""
        statements = [
            statement
            for statement in self.difference.statements
            if statement.concerns(new.caller) or statement.concerns(old.caller)
        ]
        others = (*own_statements(old), *own_statements(new), *about, *self.statements)
        if self.difference.presence:
            statements += others
        elif self.keys:
            statements += reading(others, self.keys)
        return tuple(statements)


def compare_endpoints(
    before: CompiledWorld, after: CompiledWorld, universe: ActionUniverse
) -> tuple[list[EndpointChange], list[str]]:
    """Compare the endpoints of two worlds; also gives those that only one of them has."""
    first, second = dict(_endpoints(before)), dict(_endpoints(after))
    found = []
    for name in sorted(first.keys() & second.keys()):
        mine, theirs = first[name], second[name]
        keys = _keys(mine, theirs, before, after)
        kind = mine.type != theirs.type
        if same_policy(mine.policy, theirs.policy) and not keys and not kind:
            continue
        old, new = _policies(mine, before), _policies(theirs, after)
        difference = compare_sets(old, new)
        if kind:
            # An account principal means something else at a gateway endpoint.
            every = (*statements_of(old), *statements_of(new))
            difference = difference.joined(Difference(every))
        if difference or keys:
            statements = (*statements_of(old), *statements_of(new))
            service = theirs.service_prefix
            actions = universe.everything if service is None else universe.service_mask(service)
            change = EndpointChange(
                name, theirs.account, actions or universe.everything, difference, keys, statements
            )
            found.append(change)
    return found, sorted(first.keys() ^ second.keys())


def _endpoints(world: CompiledWorld) -> Iterator[tuple[str, VpcEndpoint]]:
    for account in world.model.accounts.values():
        yield from (
            (vpc_endpoint.id, vpc_endpoint) for vpc_endpoint in account.vpc_endpoints.values()
        )


def _policies(endpoint: VpcEndpoint, world: CompiledWorld) -> PolicySet | None:
    """The policy of an endpoint, compiled."""
    if endpoint.policy is None:
        return None
    return world.policies.policy_set((endpoint.policy,), PolicyType.VPC_ENDPOINT)


def _keys(
    mine: VpcEndpoint, theirs: VpcEndpoint, before: CompiledWorld, after: CompiledWorld
) -> frozenset[str]:
    """The context keys of requests through an endpoint that have other values."""
    keys: frozenset[str] = frozenset()
    if mine.vpc != theirs.vpc:
        keys |= {NETWORK_KEY}
    if organization_of(before.model, mine.account) != organization_of(after.model, theirs.account):
        keys |= OWNER_KEYS
    return keys
