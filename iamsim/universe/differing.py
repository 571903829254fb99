"""What two worlds say otherwise of somebody or something, by the statements that bear on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import PolicyType
from iamsim.engine.inventory import identity_policies
from iamsim.symbolic.actions import all_actions
from iamsim.universe.contents import content_of

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import Account, AnyPolicy, World

LIMITS = frozenset(
    {
        PolicyType.SERVICE_CONTROL,
        PolicyType.RESOURCE_CONTROL,
        PolicyType.PERMISSIONS_BOUNDARY,
        PolicyType.VPC_ENDPOINT,
    }
)
OF_RESOURCES = frozenset({PolicyType.RESOURCE, PolicyType.TRUST})
ENDPOINTS = "VPC endpoints"  # whose policies bear on everybody


Written = tuple[str, PolicyType, tuple[str, ...]]  # whom it bears on, as what, and the texts


class Held(NamedTuple):
    """Policies that are asked together, and whom or what they bear on: a principal with those of
    its groups, a resource, or all of an account; a level of guardrails, each on its own."""

    on: str
    account: str
    use: PolicyType
    policies: tuple[AnyPolicy, ...]


class Differing(NamedTuple):
    """What only one of two worlds holds."""

    before: CompiledWorld
    after: CompiledWorld
    gone: list[Held]
    new: list[Held]

    @classmethod
    def between(cls, before: CompiledWorld, after: CompiledWorld) -> Differing:
        """Compare the worlds by the texts of their policies."""
        texts: dict[int, str] = {}
        first, second = (
            [(_written(held, texts), held) for held in _held(world.model)]
            for world in (before, after)
        )
        return cls(before, after, _only(first, second), _only(second, first))

    def back(self) -> Differing:
        """The change that takes this one back."""
        return Differing(self.after, self.before, self.new, self.gone)

    def statements(self) -> Iterator[CompiledStatement]:
        """The statements that bear on somebody or something in one of the worlds alone."""
        for denies in (False, True):
            yield from (statement for _, statement in self._of_before(denies=denies))
            yield from (statement for _, statement in self._of_after(denies=denies))

    def opened_unlisted(self) -> Iterator[str]:
        """The patterns of actions, none of which the service reference lists, that the change may
        open: somebody is newly allowed them, or what kept somebody from them is gone."""
        yield from _patterns(self._of_after(denies=False, limits=False))
        denials = list(self._of_before(denies=True))
        yield from _patterns(denials)
        limits = [Limit(on, denies=True, statements=(denial,)) for on, denial in denials]
        limits += [
            Limit(held.on, denies=False, statements=tuple(_allowing(self.before, held)))
            for held in self.gone
            if held.use in LIMITS
        ]
        for held in _held(self.after.model) if limits else ():
            if held.use in LIMITS:
                continue
            # What a resource allows may be asked by anybody.
            whose = None if held.use in OF_RESOURCES else {held.on, held.account, ENDPOINTS}
            bearing = [limit for limit in limits if whose is None or limit.on in whose]
            allowing = _allowing(self.after, held) if bearing else ()
            for pattern in _patterns((held.on, statement) for statement in allowing):
                if any(limit.closes(pattern) for limit in bearing):
                    yield pattern

    def _of_before(self, *, denies: bool) -> Iterator[tuple[str, CompiledStatement]]:
        return _only_first((self.before, self.gone), (self.after, self.new), denies=denies)

    def _of_after(
        self, *, denies: bool, limits: bool = True
    ) -> Iterator[tuple[str, CompiledStatement]]:
        new = [held for held in self.new if limits or held.use not in LIMITS]
        return _only_first((self.after, new), (self.before, self.gone), denies=denies)


class Limit(NamedTuple):
    """What only the world before has: a denial, or all that a boundary, an endpoint's policy or a
    level of guardrails allows."""

    on: str
    denies: bool
    statements: tuple[CompiledStatement, ...]

    def closes(self, pattern: str) -> bool:
        """Whether it may have kept somebody from the actions of a pattern."""
        return any(_bears(statement, pattern) for statement in self.statements) is self.denies


def _only_first(
    mine: tuple[CompiledWorld, list[Held]],
    theirs: tuple[CompiledWorld, list[Held]],
    *,
    denies: bool,
) -> Iterator[tuple[str, CompiledStatement]]:
    """The statements of one effect that only one world holds of somebody, with of whom."""
    other, some = theirs
    known = {
        (held.on, held.use, content_of(statement))
        for held in some
        for statement in _statements(other, held)
    }
    world, held_by_it = mine
    for held in held_by_it:
        for statement in _statements(world, held):
            same = (held.on, held.use, content_of(statement)) in known
            if statement.denies is denies and not same:
                yield held.on, statement


def _allowing(world: CompiledWorld, held: Held) -> Iterator[CompiledStatement]:
    return (statement for statement in _statements(world, held) if not statement.denies)


def _patterns(statements: Iterable[tuple[str, CompiledStatement]]) -> Iterator[str]:
    """The patterns of statements that mean no action that is listed."""
    for _, statement in statements:
        for pattern in () if statement.actions.negated else statement.actions.patterns:
            if not all_actions().mask_of_patterns([pattern.pattern.lower()]):
                yield pattern.pattern


def _bears(statement: CompiledStatement, pattern: str) -> bool:
    """Whether a statement may be about an action of a pattern that no listed action fits."""
    text = pattern.lower()
    if statement.actions.covers(text):
        return True
    service = text.partition(":")[0]
    return not statement.actions.negated and any(
        own.pattern.lower().partition(":")[0] == service and "*" in own.pattern + text
        for own in statement.actions.patterns
    )


def _statements(world: CompiledWorld, held: Held) -> list[CompiledStatement]:
    return [
        statement
        for policy in held.policies
        for statement in world.policies.compiled(policy, held.use).statements
    ]


def _only(side: list[tuple[Written, Held]], other: list[tuple[Written, Held]]) -> list[Held]:
    """What one side holds more often than the other."""
    counts = Counter(key for key, _ in side)
    counts.subtract(key for key, _ in other)
    return [held for key, held in side if counts[key] > 0]


def _written(held: Held, texts: dict[int, str]) -> Written:
    said = []
    for policy in held.policies:
        if id(policy) not in texts:
            texts[id(policy)] = str(getattr(policy, "document", policy.name))
        said.append(texts[id(policy)])
    return held.on, held.use, tuple(said)


def _held(model: World) -> Iterator[Held]:
    """All that policies bear on."""
    for account in model.accounts.values():
        for use, levels in (
            (PolicyType.SERVICE_CONTROL, model.scp_levels(account.id)),
            (PolicyType.RESOURCE_CONTROL, model.rcp_levels(account.id)),
        ):
            for _, policies in levels or ():
                yield Held(account.id, account.id, use, policies)
        yield from _of_principals(account, model)
        for resource in account.resources.values():
            if resource.policy is not None:
                policies = (resource.policy,)
                yield Held(resource.arn, account.id, PolicyType.RESOURCE, policies)
        for endpoint in account.vpc_endpoints.values():
            if endpoint.policy is not None:
                yield Held(ENDPOINTS, account.id, PolicyType.VPC_ENDPOINT, (endpoint.policy,))


def _of_principals(account: Account, model: World) -> Iterator[Held]:
    """What bears on the principals of an account, and on who may be one of its roles."""
    having: list[tuple[str, tuple[AnyPolicy, ...], AnyPolicy | None]] = [
        (user.arn, identity_policies(user, model), user.boundary) for user in account.users.values()
    ]
    having += [(role.arn, role.policies, role.boundary) for role in account.roles.values()]
    for name, given in account.permission_sets.items():
        policies = (*given.policies, *([] if given.inline is None else [given.inline]))
        having.append((given.arn or f"{account.id}/{name}", policies, given.boundary))
    for on, policies, boundary in having:
        yield Held(on, account.id, PolicyType.IDENTITY, policies)
        if boundary is not None:
            yield Held(on, account.id, PolicyType.PERMISSIONS_BOUNDARY, (boundary,))
    for role in account.roles.values():
        if role.trust is not None:
            yield Held(role.arn, account.id, PolicyType.TRUST, (role.trust,))
