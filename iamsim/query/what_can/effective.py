"""What a principal can do: every action of the catalog at every place that policies tell apart.

All decisions are the engine's, through every layer of the world. Resources that the world does not
list count as the principal's own account's, without a policy of their own: a key or a role there
lets nobody in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from iamsim import catalog
from iamsim.catalog.rules import action_rules, calls_without_policies
from iamsim.core.decision import PolicyType, Verdict
from iamsim.engine.authorize import prepare
from iamsim.engine.question import PLAIN_SESSION, ContextValue, Session
from iamsim.engine.services.kms import ALIAS_ACTIONS, RESERVED
from iamsim.engine.services.sts import TRUST_ACTIONS
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.what_can.admitting import may_let_in
from iamsim.query.what_can.askable import starts_of_parts
from iamsim.query.what_can.places import EVERYTHING, Family, Place, find_families
from iamsim.symbolic.actions import joined_mask

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Caller
    from iamsim.engine.facts import CallerFacts
    from iamsim.query.batch import ActionClass, ActionUniverse, Batch, BatchAnswer
    from iamsim.world.model import World

MOST_WORK = 250_000  # places times the statements that are about the actions there
LEAST_PLACES = 10  # of each service, however many statements there are
UNLISTED = "iamsim-unlisted"  # the name of a role and a key that no world lists


class Decided(NamedTuple):
    """Actions that get one answer at one place."""

    place: Place
    actions: int
    answer: BatchAnswer


class Asked(NamedTuple):
    """For whom all questions are, and what was given."""

    principal: str
    context: Mapping[str, ContextValue]
    session: Session


@dataclass(slots=True)
class Effective:
    """All decisions about one principal. `unknown` are resource patterns with policy variables
    whose values are not known; `complete` says whether every way in which patterns meet was
    found, `cut` that known places were left out."""

    asked: Asked
    universe: ActionUniverse
    everywhere: list[Decided] = field(default_factory=list)
    somewhere: list[Decided] = field(default_factory=list)
    unknown: tuple[str, ...] = ()
    complete: bool = True
    cut: bool = False

    @property
    def decided(self) -> Iterator[Decided]:
        """All decisions, those about no place in particular first."""
        yield from self.everywhere
        yield from self.somewhere

    def mask(self, verdict: Verdict) -> int:
        """The actions that get a verdict at some place."""
        found = 0
        for decided in self.decided:
            if decided.answer.verdict is verdict:
                found |= decided.actions
        return found

    @property
    def allowed(self) -> int:
        """The actions that are allowed for certain, at least at some place."""
        return self.mask(Verdict.ALLOWED)

    @property
    def conditional(self) -> int:
        """The actions that are allowed at most under conditions."""
        return self.mask(Verdict.CONDITIONAL) & ~self.allowed


def find_effective(
    batch: Batch,
    principal: str,
    context: Mapping[str, ContextValue] | None = None,
    session: Session = PLAIN_SESSION,
    progress: Callable[[int, int], None] = no_progress,
    *,
    processes: Processes = ALONE,
) -> Effective:
    """Decide every action at every place; raises `RequestError` for no principal."""
    universe = batch.universe
    asked = Asked(principal, context or {}, session)
    prepared = prepare(
        batch.question(principal, "sts:GetCallerIdentity", "*", context, session), batch.world
    )
    facts = batch.world.caller_facts(prepared.question)
    effective = Effective(asked, universe)
    generic = [
        Part(Place(EVERYTHING, sample, ()), actions)
        for sample, actions in _generic(facts.caller, universe)
    ]
    listed = list(_listed(batch, facts))
    statements = [*_own_statements(facts), *(statement for _, some in listed for statement in some)]
    owners = [facts.caller.account, *(_owner(batch.world.model, arn) for arn, _ in listed)]
    for owner in dict.fromkeys(owners):
        statements += _control_statements(batch, owner, facts)
    named = [(arn, joined_mask(some, universe)) for arn, some in listed]
    inside = starts_of_parts((batch.world.model,), named, universe)
    only = _without_policy(facts.caller, universe, statements)
    families, unknown = find_families(
        statements, named, universe, prepared.request.context, inside, only.items()
    )
    effective.unknown = tuple(unknown)
    parts = [*generic]
    own = universe.everything & ~_of_tokens(universe)
    for family, places in _within_bounds(families, statements, universe):
        for place in places:
            actions = family.actions & own
            for text in place.within:
                actions &= only.get(text, actions)
            if actions:
                parts.append(Part(place, actions))
    effective.complete = all(family.complete for family in families)
    effective.cut = any(family.cut for family in families)
    decided = [
        entry
        for some in processes.spread(batch, Deciding, asked, _cut(parts, processes), progress)
        for entry in some
    ]
    effective.everywhere += chain.from_iterable(decided[: len(generic)])
    effective.somewhere += chain.from_iterable(decided[len(generic) :])
    return effective


def _within_bounds(
    families: Sequence[Family], statements: Sequence[CompiledStatement], universe: ActionUniverse
) -> list[tuple[Family, list[Place]]]:
    """The places of all families; where they are too many for so many statements, those in which
    most patterns meet are left out, and the family is not complete."""
    masks = [universe.mask(statement.actions) for statement in statements]
    sizes = [
        (family, family.places(), sum(1 for mask in masks if mask & family.actions))
        for family in families
    ]
    left = MOST_WORK
    kept: dict[str, list[Place]] = {}
    for family, places, each in sorted(sizes, key=lambda size: len(size[1]) * size[2]):
        most = max(left // max(each, 1), LEAST_PLACES)
        kept[family.service] = places[:most]
        left -= len(kept[family.service]) * each
        family.cut = len(places) > most
        family.complete = family.complete and not family.cut
    return [(family, kept[family.service]) for family in families]


class Part(NamedTuple):
    """A place with the actions that are asked about there."""

    place: Place
    actions: int


def _cut(parts: Sequence[Part], processes: Processes) -> list[tuple[Part, ...]]:
    return [tuple(parts[chunk.start : chunk.stop]) for chunk in processes.chunks(parts)]


class Deciding:
    """Decides what somebody can do, some places at a time."""

    def __init__(self, batch: Batch, asked: Asked) -> None:
        """Take who asks."""
        self._batch = batch
        self._asked = asked

    def __call__(self, parts: Sequence[Part]) -> list[list[Decided]]:
        """The answers at each of these places."""
        return [_decide(self._batch, self._asked, *part) for part in parts]


def _decide(batch: Batch, asked: Asked, place: Place, actions: int) -> list[Decided]:
    classes: list[ActionClass] = batch.action_classes(
        asked.principal, place.sample, actions, given_at(asked, place), asked.session
    )
    return [Decided(place, group.actions, group.answer) for group in classes]


def given_at(asked: Asked, place: Place) -> Mapping[str, ContextValue]:
    """The context of requests at a place: what was given, and values for unknown variables."""
    return {**dict(place.values), **asked.context}


def _generic(caller: Caller, universe: ActionUniverse) -> Iterator[tuple[str, int]]:
    """All actions with a resource that no policy names: a role or a key for those that ask its
    policy, else none in particular."""
    trust = universe.mask_of(TRUST_ACTIONS)
    keys = universe.mask_of(
        facts.full_name
        for facts in catalog.actions("kms")
        if any(use.name == "key" for use in facts.resource_types)
    )
    head = f"arn:{caller.partition}"
    yield f"{head}:iam::{caller.account}:role/{UNLISTED}", trust
    yield f"{head}:kms::{caller.account}:key/{UNLISTED}", keys
    yield EVERYTHING, universe.everything & ~trust & ~keys & ~_of_tokens(universe)


def _without_policy(
    caller: Caller, universe: ActionUniverse, statements: Sequence[CompiledStatement]
) -> dict[str, int]:
    """What has no policy of its own, of the actions that `_generic` asks about what has one: the
    aliases of keys, of which AWS keeps some for itself, and the session of the caller;
    but for what a statement names.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
    """
    covered = joined_mask(statements, universe)
    written = {
        pattern.pattern
        for statement in statements
        for pattern in (() if statement.resources is None else statement.resources.patterns)
    }
    found: dict[str, int] = {}
    aliases = covered & universe.mask_of(ALIAS_ACTIONS)
    if aliases:
        keys = f"arn:{caller.partition}:kms:*:{caller.account}"
        found = {f"{keys}:alias/*": aliases, f"{keys}{RESERVED}*": aliases}
    sessions = covered & universe.mask_of(("sts:SetContext",))
    if sessions:
        found[f"arn:{caller.partition}:sts::{caller.account}:self"] = sessions
    return {text: actions for text, actions in found.items() if text not in written}


@cache
def _of_tokens(universe: ActionUniverse) -> int:
    """The calls that carry a token of their own and that no policy controls: they are nothing that
    a principal can do."""
    return universe.mask_of(
        name for name in calls_without_policies() if action_rules(name).signature == "unsigned"
    )


def _own_statements(facts: CallerFacts) -> Iterator[CompiledStatement]:
    """The statements on the caller's side."""
    levels = [policies for _, policies in facts.scp_levels or ()]
    for policies in (facts.identity, facts.boundary, facts.session, *levels):
        for policy in policies.policies if policies is not None else ():
            yield from policy.statements


def _owner(model: World, arn: str) -> str | None:
    """The account of something that a world lists."""
    known = model.find_resource(arn) or model.find_principal(arn)
    return None if known is None else known.account


def _control_statements(
    batch: Batch, account: str | None, facts: CallerFacts
) -> Iterator[CompiledStatement]:
    """What the resource control policies over an account's resources say of the caller."""
    model = batch.world.model
    if account is None or model.is_management(account):
        return
    for _, policies in model.rcp_levels(account) or ():
        for policy in policies:
            compiled = batch.world.policies.compiled(policy, PolicyType.RESOURCE_CONTROL)
            yield from (
                statement for statement in compiled.statements if statement.concerns(facts.caller)
            )


def _listed(batch: Batch, facts: CallerFacts) -> Iterator[tuple[str, list[CompiledStatement]]]:
    """The resources and roles whose policies are about the caller: in its own account with any
    statement, elsewhere with one that allows, since nothing is to be denied there otherwise."""
    world = batch.world
    for account in world.model.accounts.values():
        own = account.id == facts.caller.account
        owned = [
            *(
                (resource.arn, resource.policy, PolicyType.RESOURCE)
                for resource in account.resources.values()
            ),
            *((role.arn, role.trust, PolicyType.TRUST) for role in account.roles.values()),
        ]
        policies = [
            (arn, world.policies.compiled(policy, policy_type).statements)
            for arn, policy, policy_type in owned
            if policy is not None and (own or may_let_in(policy, facts.caller.account or ""))
        ]
        policies += [
            (resource.arn, grant.statements)
            for resource in account.resources.values()
            if resource.grants
            for grant in world.policies.grants(resource).policies
        ]
        for arn, statements in policies:
            some = [statement for statement in statements if statement.concerns(facts.caller)]
            if any(own or not statement.denies for statement in some):
                yield arn.removesuffix(":*"), some
