"""What differs and counts for nobody yet, but will for whoever comes.

A managed policy that is attached to nobody, a group without users, guardrails over accounts of the
organization that the world does not list: nothing is decided by them, so they are compared by what
they say. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import PolicyType
from iamsim.engine.formula import Slot
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.plan import reference
from iamsim.query.changes.model import Direction, Latent
from iamsim.query.changes.unchanged import same_policies
from iamsim.universe.contents import content_of

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import AnyPolicy, Node, World

Policies = tuple["AnyPolicy", ...]


class Thing(NamedTuple):
    """Something with policies that count for nobody: what they are, and whether there is anybody
    for whom they do."""

    policies: Policies
    counts: bool = False


def find_latent(before: CompiledWorld, after: CompiledWorld) -> Iterator[Latent]:
    """Compare what counts for nobody, in the order of names."""
    for things, use, slot in (
        (_managed, PolicyType.IDENTITY, Slot.IDENTITY),
        (_groups, PolicyType.IDENTITY, Slot.IDENTITY),
        (_service_control, PolicyType.SERVICE_CONTROL, Slot.SERVICE_CONTROL),
        (_resource_control, PolicyType.RESOURCE_CONTROL, Slot.RESOURCE_CONTROL),
    ):
        old, new = dict(things(before.model)), dict(things(after.model))
        for where in sorted(old.keys() | new.keys()):
            first, second = old.get(where, Thing(())), new.get(where, Thing(()))
            if first.counts or second.counts or same_policies(first.policies, second.policies):
                continue
            was = _members(first.policies, before, use)
            now = _members(second.policies, after, use)
            changed = [(True, member) for key, member in now.items() if key not in was]
            changed += [(False, member) for key, member in was.items() if key not in now]
            if changed:
                statements = [statement for _, (_, statement) in changed]
                yield Latent(
                    where,
                    _direction(changed),
                    tuple(_actions(statements)),
                    tuple(reference(slot, *member) for _, member in changed),
                )


Member = tuple["CompiledPolicy", "CompiledStatement"]


def _direction(changed: Iterable[tuple[bool, Member]]) -> Direction:
    """An Allow that comes and a Deny that goes open; the others close."""
    opens = {new is not statement.denies for new, (_, statement) in changed}
    if opens == {True}:
        return Direction.OPENS
    return Direction.CLOSES if opens == {False} else Direction.SHIFTS


def _members(policies: Policies, world: CompiledWorld, use: PolicyType) -> dict[object, Member]:
    """The statements of policies, by what they say."""
    members: dict[object, Member] = {}
    for policy in policies:
        compiled = world.policies.compiled(policy, use)
        members.update(
            (content_of(statement), (compiled, statement)) for statement in compiled.statements
        )
    return members


def _actions(statements: Iterable[CompiledStatement]) -> list[str]:
    """What is named in statements, as it is written."""
    actions: dict[str, None] = {}
    for statement in statements:
        sign = "all but " if statement.actions.negated else ""
        actions.update((sign + pattern.pattern, None) for pattern in statement.actions.patterns)
    return list(actions)


def _managed(model: World) -> Iterator[tuple[str, Thing]]:
    """Customer managed policies; those that somebody has count."""
    used = {id(policy.source) for policy, _ in policies_in_use(model)}
    for account in model.accounts.values():
        for name, policy in account.policies.items():
            where = f"managed policy {name} of {account.id}, which is attached to nobody"
            yield where, Thing((policy,), id(policy.source) in used)


def _groups(model: World) -> Iterator[tuple[str, Thing]]:
    """Groups; those with users count."""
    for account in model.accounts.values():
        full = {name for user in account.users.values() for name in user.groups}
        for name, group in account.groups.items():
            where = f"group {name} of {account.id}, which has no users"
            yield where, Thing(group.policies, name in full)


def _service_control(model: World) -> Iterator[tuple[str, Thing]]:
    """Service control policies at nodes without a listed account."""
    for node, counts in _nodes(model):
        yield _where(node), Thing(node.scps or (), counts)


def _resource_control(model: World) -> Iterator[tuple[str, Thing]]:
    """The same for resource control policies."""
    for node, counts in _nodes(model):
        yield _where(node), Thing(node.rcps or (), counts)


def _where(node: Node) -> str:
    return f"{node.name}, which has no account that the world lists"


def _nodes(model: World) -> Iterator[tuple[Node, bool]]:
    """The nodes of the organization, and whether a listed account is below each."""
    if model.organization is None or model.organization.root is None:
        return
    counting = {
        id(node) for account in model.accounts for node in model.organization_path(account) or ()
    }
    waiting = [model.organization.root]
    while waiting:
        node = waiting.pop()
        yield node, id(node) in counting
        waiting += node.units
