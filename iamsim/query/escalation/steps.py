"""Who can take the steps of a way: every step decided for all who might at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.core.decision import Decision, Layer, Verdict
from iamsim.engine.authorize import prepare
from iamsim.query.escalation.asking import Asker
from iamsim.query.escalation.model import Blocked, Taken
from iamsim.query.escalation.targets import (
    customer_managed,
    customer_managed_arn,
    resources_like,
)
from iamsim.query.what_can.places import pattern_text
from iamsim.world.model import Account, User

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Step, Way
    from iamsim.query.batch import Batch, Candidate
    from iamsim.query.escalation.targets import Entity, Statements

MOST_TRIED = 64  # resources of one step, with which nobody has come to an end
NOWHERE_ELSE: Mapping[str, Sequence[str]] = {}


class Sources:
    """Who of an account might take ways, and what their own policies could allow at all."""

    def __init__(self, batch: Batch, candidates: Iterable[Candidate]) -> None:
        """Look at the policies of all of them once."""
        self._batch = batch
        self.masks = {candidate: batch.may(candidate.principal) for candidate in candidates}

    def able(self, actions: Iterable[str]) -> list[Candidate]:
        """Those whose own policies are about all these actions."""
        needed = self._batch.universe.mask_of(actions)
        return [key for key, mask in self.masks.items() if mask & needed == needed]


class StepTaker:
    """Decides the steps of ways in one account; what no target bears on is decided once.

    `not_tried` are the actions that policies name more resources for than were tried.
    """

    def __init__(
        self, batch: Batch, account: Account, statements: Statements, region: str, *, blocked: bool
    ) -> None:
        """Take the account, with the statements of its principals."""
        self._batch = batch
        self._account = account
        self.statements = statements
        self._region = region
        self.keeps_blocked = blocked
        self._asker = Asker(batch, statements, denied=blocked)
        self.blocked: list[Blocked] = []
        self.not_tried: set[str] = set()

    def take(
        self,
        way: Way,
        sources: Sequence[Candidate],
        target: Entity | None = None,
        others: int = 0,
        places: Mapping[str, Sequence[str]] = NOWHERE_ELSE,
    ) -> dict[str, tuple[Taken, ...]]:
        """Who can take all steps of a way, with the answers; who can't is noted as blocked.

        `places` are resources that belong to the target, by the names that ways have for them.
        """
        found: dict[str, tuple[Taken, ...]] = {source.principal: () for source in sources}
        for step in [step.filled(self._account.partition) for step in way.steps]:
            some = [source for source in sources if source.principal in found]
            if not some:
                break
            tried: dict[str, list[Taken]] = {}
            certain: set[str] = set()
            about_many = not step.about_self and step.resource not in places
            for number, (resource, who) in enumerate(self._resources(step, some, target, places)):
                open_ = [candidate for candidate in who if candidate.principal not in certain]
                if about_many and open_ and number >= MOST_TRIED:
                    self.not_tried.add(step.action)
                    break
                for principal, answer in self._asker.ask(step, resource, open_, target).items():
                    tried.setdefault(principal, []).append(Taken(step, resource, answer))
                    if answer.verdict is Verdict.ALLOWED:
                        certain.add(principal)  # nothing can be better
            for principal in [candidate.principal for candidate in some]:
                tries = sorted(tried.get(principal, ()), key=_rank)
                if tries and tries[0].answer.possible:
                    found[principal] = (*found[principal], tries[0])
                    continue
                del found[principal]
                if self.keeps_blocked:
                    self._note(way, principal, tries, target, others)
        return found

    def _resources(
        self,
        step: Step,
        sources: list[Candidate],
        target: Entity | None,
        places: Mapping[str, Sequence[str]],
    ) -> list[tuple[str, list[Candidate]]]:
        """What a step is tried on, and by whom."""
        account = self._account
        if step.resource in places:
            return [(place, sources) for place in places[step.resource]]
        if step.resource == "target":
            return [] if target is None else [(target.arn, sources)]
        if step.resource == "target-policies":
            return (
                []
                if target is None
                else [(text, sources) for text in customer_managed(account, target)]
            )
        if not step.about_self:
            return self._named(step, sources)
        resources: dict[str, list[Candidate]] = {}
        for candidate in sources:
            for resource in self._own(step, candidate):
                resources.setdefault(resource, []).append(candidate)
        return list(resources.items())

    def _named(self, step: Step, sources: list[Candidate]) -> list[tuple[str, list[Candidate]]]:
        """Resources of the form of a step: those of all, then those that policy variables name for
        somebody."""
        account = self._account
        patterns = self.statements.patterns(step.action)

        def like(texts: Iterable[str]) -> list[str]:
            return resources_like(step.resource, texts, account.partition, account.id, self._region)

        found = dict.fromkeys(like(pattern.pattern for pattern in patterns if not pattern.keys))
        reading = [pattern for pattern in patterns if pattern.keys]
        own: dict[str, list[Candidate]] = {}
        for candidate in sources if reading else ():
            facts = self._batch.world.caller_facts(
                self._batch.question(candidate.principal, step.action)
            )
            filled = (pattern.resolved(facts.context.values) for pattern in reading)
            for resource in like(pattern_text(tokens) for tokens in filled if tokens is not None):
                if resource not in found:
                    own.setdefault(resource, []).append(candidate)
        return [*((resource, sources) for resource in found), *own.items()]

    def forget(self) -> None:
        """Let go of the answers to single calls."""
        self._asker.forget()

    def _note(
        self,
        way: Way,
        principal: str,
        tries: list[Taken],
        target: Entity | None,
        others: int,
    ) -> None:
        """Note what is in the way, where something is."""
        arn = target.arn if target is not None else None
        if arn == principal and not others:
            return  # nobody needs a way to become oneself
        for step, resource, answer in tries:
            if self._nearly(principal, Taken(step, resource, answer)):
                self.blocked.append(
                    Blocked(principal, way, arn, others, step, resource, answer.decision)
                )
                return

    def _nearly(self, principal: str, taken: Taken) -> bool:
        """Whether more is in the way than that the own policies are about something else."""
        if not is_lacking(taken.answer.decision):
            return True
        prepared = prepare(
            self._batch.question(
                principal, taken.step.action, taken.resource, dict(taken.step.context)
            ),
            self._batch.world,
        )
        facts = self._batch.world.caller_facts(prepared.question)
        return facts.identity is not None and any(
            not statement.denies
            and (statement.resources is None or statement.resources.matches(prepared.request))
            for _, statement in facts.identity.candidates(prepared.request.action)
        )

    def _own(self, step: Step, candidate: Candidate) -> list[str]:
        """What of a candidate's own a step is tried on."""
        entity = candidate.entity
        if entity is None:
            return []
        if step.resource == "self-policies":
            return customer_managed(self._account, entity)
        if step.resource == "self-boundary":
            arn = customer_managed_arn(self._account, entity.boundary)
            return [] if arn is None else [arn]
        if step.resource == "self-groups":
            groups = self._account.groups_of(entity) if isinstance(entity, User) else ()
            return [group.arn for group in groups]
        return [entity.arn]


def _rank(taken: Taken) -> int:
    """Allowed before conditional before denied by something before not allowed."""
    answer = taken.answer
    if answer.possible:
        return int(answer.verdict is Verdict.CONDITIONAL)
    return 3 if is_lacking(answer.decision) else 2


def is_lacking(decision: Decision) -> bool:
    """Whether the own policies just don't allow it."""
    return (
        decision.verdict is Verdict.IMPLICIT_DENY and decision.layer is Layer.IDENTITY_BASED_POLICY
    )
