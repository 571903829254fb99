"""The policies that keep denying when somebody gets more, and the calls that take them away.

Whatever is attached, an explicit deny in another policy overrides it:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
Whoever is allowed everything else may be allowed to take that policy away, too: to detach it,
delete it, write over it, or leave the group that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.escalation_paths import Step, Way
from iamsim.core.decision import PolicyType
from iamsim.core.identity_center import ROLE_PATH
from iamsim.query.escalation.administrators import PROBES
from iamsim.query.escalation.model import Taken
from iamsim.world.model import Account, AnyPolicy, Group, PolicyDocument, Role, User

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.batch import BatchAnswer
    from iamsim.query.escalation.targets import Entity

PROBED = tuple(action for action, _ in PROBES)


class Held(NamedTuple):
    """A policy with a deny statement, and whose it is: somebody's own, or that of a group."""

    policy: AnyPolicy
    holder: Entity


class Call(NamedTuple):
    """A call of IAM that takes a policy away; `context` are the keys that it decides itself."""

    action: str
    resource: str
    context: Mapping[str, str]

    def taken(self, answer: BatchAnswer) -> Taken:
        """The call as a step that was decided."""
        return Taken(Step(self.action, "self", self.context), self.resource, answer)


def held_by(world: CompiledWorld, account: Account, entity: User | Role) -> list[Held]:
    """The policies of a user or role that deny anything, those of a user's groups after its own."""
    groups = account.groups_of(entity) if isinstance(entity, User) else ()
    return [
        Held(policy, holder)
        for holder in (entity, *groups)
        for policy in holder.policies
        if any(
            statement.denies
            for statement in world.policies.compiled(policy, PolicyType.IDENTITY).statements
        )
    ]


def denies_probe(world: CompiledWorld, policy: AnyPolicy) -> bool:
    """Whether a policy could deny something that administrators are known by."""
    return any(
        statement.denies and any(statement.actions.covers(action.lower()) for action in PROBED)
        for statement in world.policies.compiled(policy, PolicyType.IDENTITY).statements
    )


def is_inline(policy: AnyPolicy) -> bool:
    """Whether a policy is one of the user, group or role alone, and not a managed policy."""
    return isinstance(policy, PolicyDocument) and policy.arn is None


def calls_away(held: Held, account: str, kept: Container[str]) -> list[Call]:
    """The calls that take a policy away from somebody, the plainest first. `kept` are the ARNs of
    groups that must not be left.

    What Identity Center made can't be changed by IAM. Writing over a policy takes away all that it
    said: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html.
    """
    policy, holder = held
    if isinstance(holder, Role) and holder.path.startswith(ROLE_PATH):
        return []
    kind = type(holder).__name__
    calls = []
    if is_inline(policy):
        calls += [
            Call(f"iam:Delete{kind}Policy", holder.arn, {}),
            Call(f"iam:Put{kind}Policy", holder.arn, {}),
        ]
    if isinstance(holder, Group) and holder.arn not in kept:
        calls.insert(0, Call("iam:RemoveUserFromGroup", holder.arn, {}))
    if not is_inline(policy) and policy.arn:
        context = {"iam:PolicyARN": policy.arn}
        calls.append(Call(f"iam:Detach{kind}Policy", holder.arn, context))
        if f"::{account}:" in policy.arn:
            calls.append(Call("iam:CreatePolicyVersion", policy.arn, {}))
    return calls


def order_of(
    held: Sequence[Held],
    wanted: Iterable[Held],
    calls: Callable[[Held], Iterable[Call]],
    in_the_way: Callable[[Call], frozenset[Held] | None],
) -> list[tuple[Held, Call]] | None:
    """In which order policies are taken away until none of those wanted is left; `None` where that
    can't be done.

    `in_the_way` says which policies deny a call, `None` where something else does. Those have to
    go first, whatever has to go before them.
    """
    found: dict[Held, tuple[Call, frozenset[Held]]] = {}
    while True:
        # Of one round none helps another: so that no detour is taken where there is a plain way.
        fresh: dict[Held, tuple[Call, frozenset[Held]]] = {}
        for member in [attached for attached in held if attached not in found]:
            for call in calls(member):
                first = in_the_way(call)
                if first is not None and first <= found.keys():
                    fresh.setdefault(member, (call, first))
        if not fresh:
            break
        found.update(fresh)
    ordered: dict[Held, Call] = {}

    def add(attached: Held) -> None:
        """Take away what comes first, then this."""
        if attached not in ordered:
            call, first = found[attached]
            for before in sorted(first, key=held.index):
                add(before)
            ordered[attached] = call

    for entry in wanted:
        if entry not in found:
            return None
        add(entry)
    return list(ordered.items())


class Replaced(NamedTuple):
    """What a way writes over, so that it denies nothing any more: inline policies of users, groups
    or roles, or one managed policy, each by the ARN. With `anything` all managed policies count.

    `kept` are groups by which everything is had, so that they must not be left."""

    arns: frozenset[str] = frozenset()
    anything: bool = False
    kept: frozenset[str] = frozenset()

    @classmethod
    def by(cls, taken: Iterable[Taken]) -> Replaced:
        """What the steps of a way have written over.

        Put…Policy can be called for every inline policy:
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
        """
        some = list(taken)
        return cls(
            frozenset(taken.resource for taken in some if taken.step.replaces),
            kept=frozenset(
                taken.resource for taken in some if taken.step.resource == "self-groups"
            ),
        )

    @classmethod
    def at_most(cls, way: Way, target: str) -> Replaced:
        """What a way could write over, as long as nobody has taken it."""
        some = [step.resource for step in way.steps if step.replaces]
        return cls(frozenset({target} if some else ()), anything="target-policies" in some)

    def covers(self, held: Held) -> bool:
        """Whether a policy is among it."""
        if is_inline(held.policy):
            return held.holder.arn in self.arns
        return self.anything or held.policy.arn in self.arns


NOTHING_REPLACED = Replaced()
