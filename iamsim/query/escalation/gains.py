"""What somebody would be with other policies of their own: an administrator, or not yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import PolicyType
from iamsim.engine.question import AttachedPolicies
from iamsim.query.batch.answers import decide_one
from iamsim.query.escalation.administrators import (
    ADMINISTRATOR_ACCESS,
    PROBES,
    as_policy,
    is_administrator_with,
)
from iamsim.query.escalation.denials import (
    NOTHING_REPLACED,
    Call,
    Held,
    Replaced,
    calls_away,
    denies_probe,
    held_by,
    order_of,
)
from iamsim.query.escalation.model import Cleared, Edge, Taken
from iamsim.query.escalation.targets import Statements, policies_of
from iamsim.world.model import Account, AnyPolicy, Group, PolicyDocument, Role, User

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Way
    from iamsim.query.batch import Batch, BatchAnswer, Candidate
    from iamsim.syntax.ast import Policy


class Gain(NamedTuple):
    """The answer that says whether somebody is an administrator; `cleared` is what had
    to be taken away before."""

    answer: BatchAnswer
    cleared: tuple[Cleared, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether somebody is."""
        return self.answer.possible

    def edge(self, way: Way, taken: tuple[Taken, ...]) -> Edge:
        """The way by which somebody becomes one."""
        return Edge(way, taken, self.answer, self.cleared)


class Gains:
    """Answers about principals with changed policies, remembered."""

    def __init__(self, batch: Batch, region: str, candidates: Mapping[str, Candidate]) -> None:
        """Take what is asked, where, and everybody whose policies might change."""
        self.candidates = candidates
        self._batch = batch
        self._region = region
        self._everything: dict[object, BatchAnswer] = {}
        self._may: dict[object, BatchAnswer] = {}
        self._cleared: dict[object, Gain] = {}
        self._alike: dict[object, object] = {}
        self._contents: dict[object, int] = {}
        self._content: dict[AnyPolicy, int] = {}
        self._held: dict[User | Role, list[Held]] = {}
        self._denies_probe: dict[AnyPolicy, bool] = {}
        self._parsed: dict[AnyPolicy, Policy] = {}

    def with_everything(
        self, statements: Statements, candidate: Candidate, replaced: Replaced = NOTHING_REPLACED
    ) -> Gain:
        """Whether somebody who is allowed everything besides what there is, but for what is
        replaced, is an administrator; or can be, having taken away what denies it.

        Principals that neither boundary nor guardrails nor policies that deny tell apart are asked
        for once.
        """
        held = [denier for denier in self._deniers(candidate) if not replaced.covers(denier)]
        denying = [attached for attached in held if self._may_deny_probe(attached.policy)]
        first = self._decided(statements, candidate, denying)
        if first.possible or not denying:
            return Gain(first)
        key = candidate.principal, tuple(held), replaced
        known = self._cleared.get(key)
        if known is None:
            known = self._clear(statements, candidate, held, denying, replaced)
            if known is None:
                # Where it stands must be this one's own policy, not one that says the same.
                known = Gain(
                    is_administrator_with(self._batch, candidate, self._with(denying), self._region)
                )
            self._cleared[key] = known
        return known

    def alike(self, statements: Statements, candidate: Candidate) -> object:
        """What of somebody bears on what everything would give: equal for two that get the same."""
        held = self._deniers(candidate)
        if not any(self._may_deny_probe(attached.policy) for attached in held):
            return None
        entity = candidate.entity
        if entity not in self._alike:
            self._alike[entity] = tuple(
                (
                    self._content_of(attached.policy),
                    None if attached.holder is entity else attached.holder.arn,
                    *(
                        (call.action, statements.fits(call.action, call.resource))
                        for call in calls_away(attached, candidate.account or "", ())
                    ),
                )
                for attached in held
            )
        return self._alike[entity]

    def denied_by(
        self, candidate: Candidate, replaced: Replaced, policies: Sequence[AnyPolicy]
    ) -> bool:
        """Whether some of these policies of somebody deny anything and are replaced."""
        return any(
            replaced.covers(denier)
            for denier in self._deniers(candidate)
            if denier.policy in policies
        )

    def _decided(
        self, statements: Statements, candidate: Candidate, denying: Sequence[Held]
    ) -> BatchAnswer:
        """The answer for somebody with everything and some policies that deny."""
        key = self._seen(statements, candidate, denying)
        known = self._everything.get(key)
        if known is None:
            known = self._everything[key] = is_administrator_with(
                self._batch, candidate, self._with(denying), self._region
            )
        return known

    def _seen(self, statements: Statements, candidate: Candidate, some: Sequence[Held]) -> object:
        """What the engine sees of somebody with everything and some policies that deny."""
        entity = candidate.entity
        return (
            candidate.account,
            type(entity),
            candidate.principal if statements.tells_names_apart else None,
            id(getattr(entity, "boundary", None)),
            tuple(sorted(getattr(entity, "tags", {}).items())),
            frozenset(self._content_of(held.policy) for held in some),
        )

    def _content_of(self, policy: AnyPolicy) -> int:
        known = self._content.get(policy)
        if known is None:
            said: object = policy
            if isinstance(policy, PolicyDocument):
                said = json.dumps(policy.document, sort_keys=True)
            known = self._contents.setdefault(said, len(self._contents))
            self._content[policy] = known
        return known

    def _may_call(
        self, statements: Statements, candidate: Candidate, call: Call, some: Sequence[Held]
    ) -> BatchAnswer:
        """Whether somebody with everything and these may do a call."""
        key = (
            self._seen(statements, candidate, some),
            call.action,
            statements.fits(call.action, call.resource),
            tuple(call.context.items()),
        )
        known = self._may.get(key)
        if known is None:
            question = self._batch.question(
                candidate.principal, call.action, call.resource, dict(call.context)
            )
            attached = AttachedPolicies(identity_policies=tuple(self._with(some)))
            known = decide_one(replace(question, attached=attached), self._batch.world)
            self._may[key] = known
        return known

    def _clear(
        self,
        statements: Statements,
        candidate: Candidate,
        held: Sequence[Held],
        denying: Sequence[Held],
        replaced: Replaced,
    ) -> Gain | None:
        """Take away what denies, where what is left allows that; `None` where it does not.

        A deny of one policy holds whatever the others say, so each is asked for alone.
        """
        administrator = partial(self._decided, statements, candidate)
        may = partial(self._may_call, statements, candidate)
        asked: dict[tuple[str, str], frozenset[Held] | None] = {}

        def in_the_way(call: Call) -> frozenset[Held] | None:
            """Which policies deny a call; `None` where a boundary or a guardrail does."""
            place = call.action, call.resource
            if place not in asked:
                asked[place] = (
                    frozenset(attached for attached in held if not may(call, [attached]).possible)
                    if may(call, ()).possible
                    else None
                )
            return asked[place]

        wanted = [held for held in denying if not administrator([held]).possible]
        if not wanted or not administrator(()).possible:
            return None
        calls = partial(
            calls_away, account=candidate.account or "", kept=self._kept(candidate, held, replaced)
        )
        order = order_of(held, wanted, calls, in_the_way)
        if order is None:
            return None
        left = list(held)
        cleared: list[Cleared] = []
        for entry, call in order:
            cleared.append(Cleared(entry.policy.name, call.taken(may(call, left))))
            left.remove(entry)
        answer = administrator([held for held in left if held in denying])
        if not answer.possible or not all(way.taken.answer.possible for way in cleared):
            return None
        return Gain(answer, tuple(cleared))

    def _kept(
        self, candidate: Candidate, held: Sequence[Held], replaced: Replaced
    ) -> frozenset[str]:
        """The groups that must not be left: somebody has everything by them alone."""

        def written(policies: Iterable[AnyPolicy]) -> bool:
            """Whether one of these has been written over."""
            return any(
                isinstance(policy, PolicyDocument) and policy.arn in replaced.arns
                for policy in policies
            )

        entity = candidate.entity
        if entity is None or written(entity.policies):
            return replaced.kept
        return replaced.kept | {holder.arn for _, holder in held if written(holder.policies)}

    def _deniers(self, candidate: Candidate) -> list[Held]:
        """The policies of somebody that deny anything."""
        entity = candidate.entity
        account = self._batch.world.model.accounts.get(candidate.account or "")
        if account is None or not isinstance(entity, User | Role):
            return []
        known = self._held.get(entity)
        if known is None:
            known = self._held[entity] = held_by(self._batch.world, account, entity)
        return known

    def _may_deny_probe(self, policy: AnyPolicy) -> bool:
        known = self._denies_probe.get(policy)
        if known is None:
            known = self._denies_probe[policy] = denies_probe(self._batch.world, policy)
        return known

    def _with(self, some: Iterable[Held]) -> list[Policy]:
        """A policy that allows everything, and these."""
        policies = [ADMINISTRATOR_ACCESS]
        for policy, _ in some:
            known = self._parsed.get(policy)
            if known is None:
                known = self._parsed[policy] = as_policy(policy)
            policies.append(known)
        return policies

    def enough(self, own: int, group: Group) -> bool:
        """Whether own policies and a group's are about all that an administrator is asked for."""
        universe = self._batch.universe
        found = own | self.about(group.policies)
        return not universe.mask_of(action for action, _ in PROBES) & ~found

    def about(self, policies: tuple[AnyPolicy, ...]) -> int:
        """The actions (a mask) that some Allow of these policies is about."""
        universe = self._batch.universe
        found = 0
        compiled = self._batch.world.policies.policy_set(policies, PolicyType.IDENTITY)
        for policy in compiled.policies:
            for statement in policy.statements:
                if not statement.denies:
                    found |= universe.mask(statement.actions)
        return found


def parsed_policies(account: Account, *entities: User | Role | Group | None) -> list[Policy]:
    """The parsed policies of some entities together."""
    return [
        as_policy(policy)
        for entity in entities
        if entity is not None
        for policy in policies_of(account, entity)
    ]
