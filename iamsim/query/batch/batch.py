"""`Batch`: many requests of one world at once; see the package."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.collector import CollectLater
from iamsim.engine.authorize import prepare
from iamsim.engine.question import DIRECT_CALL, PLAIN_SESSION, ContextValue, Question, Session, Via
from iamsim.engine.services.organizations import is_for_administrators
from iamsim.query.batch.answers import BatchAnswer, decide_one, opened
from iamsim.query.batch.callers import CallerSweep
from iamsim.query.batch.classes import ActionClass, action_classes
from iamsim.query.batch.repeats import without_repeats
from iamsim.symbolic.actions import ActionUniverse, catalog_actions
from iamsim.universe.candidates import (
    EVERYONE,
    Candidate,
    administrators_of,
    named_candidates,
    names_granted,
    world_candidates,
)
from iamsim.universe.others import others_of, statements_about

if TYPE_CHECKING:
    from iamsim.engine.facts import ResourceFacts
    from iamsim.engine.world import CompiledWorld

TOGETHER = 8  # questions of who can do something that are remembered


class Holder(NamedTuple):
    """A caller with the answer to its request."""

    candidate: Candidate
    answer: BatchAnswer

    @property
    def principal(self) -> str:
        """The ARN or name that was asked for."""
        return self.candidate.principal


class Batch:
    """Decides many requests of one world.

    Every answer is the engine's own: requests that can't differ are decided once (see
    `iamsim.query.batch.classes` for many actions, `iamsim.query.batch.callers` for many callers).
    With `partial` (the default) keys that are neither given nor derivable are unknown, and an
    answer may be conditional, with its residual; without, they are absent. `now` is the time of the
    requests, for policies that ask for it.
    """

    def __init__(
        self, world: CompiledWorld, *, partial: bool = True, now: str | None = None
    ) -> None:
        """Take a world; the catalog is read when actions are first asked for."""
        self.world = world
        self.partial = partial
        self.now = now
        self._candidates: tuple[Candidate, ...] | None = None
        self._sweeps: dict[object, CallerSweep] = {}

    def __getstate__(self) -> tuple[CompiledWorld, bool, str | None]:
        """Pickle what was given, and nothing that was worked out."""
        return self.world, self.partial, self.now

    def __setstate__(self, given: tuple[CompiledWorld, bool, str | None]) -> None:
        """Start afresh with it."""
        world, partial, now = given
        self.__init__(world, partial=partial, now=now)  # type: ignore[misc]  # made ready again

    @property
    def universe(self) -> ActionUniverse:
        """The actions of the catalog, whose numbers are the bits of masks."""
        return catalog_actions()

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every principal of the world, by account."""
        if self._candidates is None:
            self._candidates = tuple(world_candidates(self.world.model))
        return self._candidates

    def leave_out_all_but(self, accounts: Collection[str]) -> None:
        """Count as candidates only the principals of some accounts, where nobody else matters."""
        self._candidates = tuple(world_candidates(self.world.model, accounts))

    def question(
        self,
        principal: str,
        action: str,
        resource: str = "*",
        context: Mapping[str, ContextValue] | None = None,
        session: Session = PLAIN_SESSION,
        via: Via = DIRECT_CALL,
    ) -> Question:
        """The question that one request of a batch is."""
        question = Question(
            principal, action, resource, context or {}, session=session, via=via, now=self.now
        )
        return opened(question) if self.partial else question

    def question_as(
        self,
        candidate: Candidate,
        action: str,
        resource: str = "*",
        context: Mapping[str, ContextValue] | None = None,
        via: Via = DIRECT_CALL,
        *,
        granted: bool = False,
    ) -> Question:
        """The question that the engine is asked for a candidate, by the first of those that stand
        for it; see `Asked.question` for `granted`."""
        asked = candidate.asked[0]
        plain = self.question(asked.principal, action, resource, context, via=via)
        return asked.question(plain, granted=granted)

    def decide(
        self,
        principal: str,
        action: str,
        resource: str = "*",
        context: Mapping[str, ContextValue] | None = None,
    ) -> BatchAnswer:
        """Decide one request as the batch does; raises what the engine raises."""
        return decide_one(self.question(principal, action, resource, context), self.world)

    def action_classes(
        self,
        principal: str,
        resource: str = "*",
        actions: int | None = None,
        context: Mapping[str, ContextValue] | None = None,
        session: Session = PLAIN_SESSION,
    ) -> list[ActionClass]:
        """Decide a set of actions (a mask of `universe`; by default all) as classes, each a mask
        with its answer. Actions that can't be asked about the resource are left out."""
        universe = self.universe
        mask = universe.everything if actions is None else actions
        with CollectLater():
            question = self.question(principal, "", resource, context, session)
            return action_classes(question, self.world, universe, mask)

    def decide_actions(
        self,
        principal: str,
        resource: str = "*",
        actions: Iterable[str] | None = None,
        context: Mapping[str, ContextValue] | None = None,
        session: Session = PLAIN_SESSION,
    ) -> dict[str, BatchAnswer]:
        """Decide many actions of one principal on one resource: action to answer.

        By default all actions of the catalog, as AWS writes them and sorted; else those given, as
        they were given, in the catalog or not. Raises `RequestError` for what is no principal or no
        action.
        """
        universe = self.universe
        if actions is None:
            classes = self.action_classes(principal, resource, None, context, session)
            return {
                universe.written[number]: answer
                for number, answer in sorted(
                    (number, group.answer)
                    for group in classes
                    for number in universe.numbers(group.actions)
                )
            }
        asked = list(dict.fromkeys(actions))
        mask = universe.mask_of(asked)
        by_number = {
            number: action_group.answer
            for action_group in self.action_classes(principal, resource, mask, context, session)
            for number in universe.numbers(action_group.actions)
        }
        found = {}
        for name in asked:
            number = universe.number(name)
            answer = None if number is None else by_number.get(number)
            if answer is None:
                question = self.question(principal, name, resource, context, session)
                answer = decide_one(question, self.world)
            found[name] = answer
        return found

    def who(
        self,
        action: str,
        resource: str,
        candidates: Sequence[Candidate] | None = None,
        context: Mapping[str, ContextValue] | None = None,
        *,
        via: Via = DIRECT_CALL,
        denied: bool = False,
        lifted: bool = False,
    ) -> list[Holder]:
        """Find who is allowed an action on a resource, for certain or under conditions.

        By default of all principals of the world and those that the policies of the resource name.
        With `denied` everybody comes, with the decision; with `lifted` nothing limits (see
        `without_guardrails`). Raises `RequestError` for what can't be asked.
        """
        if candidates is None:
            candidates = (*self.candidates, *self.named(action, resource))
        sweep = self._sweep(action, resource, context, via, denied=denied, lifted=lifted)
        with CollectLater():
            found = list(sweep.answers(candidates))
            return [Holder(*repeat) for repeat in (found if denied else without_repeats(found))]

    def named(self, action: str, resource: str) -> list[Candidate]:
        """Callers that the policies of a resource name, and that are not of the world; for what an
        organization's administrators may do elsewhere, those of whose accounts it lists nothing."""
        prepared = prepare(self.question("anonymous", action, resource), self.world)
        caller = prepared.situation.caller
        model = self.world.model
        unlisted: list[str] = []
        if is_for_administrators(action.lower()):
            unlisted += sorted(administrators_of(model) - model.accounts.keys())
        return [
            *self._outside(self.world.resource_facts(prepared.question, caller)),
            *named_candidates([f"account:{account}" for account in unlisted], model),
        ]

    def _outside(self, facts: ResourceFacts) -> list[Candidate]:
        """Those that Principal elements name, then those that only conditions do."""
        restricted = facts.public_access is not None
        statements = tuple(statements_about(facts))
        return others_of(statements, self.world.model, restricted=restricted)

    def trusted(self, role: str) -> list[Candidate]:
        """Who might assume a role: a caller needs the trust policy to name it in some form, or its
        account, or everyone."""
        prepared = prepare(self.question("anonymous", "sts:AssumeRole", role), self.world)
        facts = self.world.resource_facts(prepared.question, prepared.situation.caller)
        names = {
            name
            for statement in statements_about(facts)
            if not statement.denies
            for name in names_granted(statement)
        }
        named = self._outside(facts)
        if EVERYONE in names:
            return [*self.candidates, *named]
        return [
            *(
                candidate
                for candidate in self.candidates
                if f"account:{candidate.account}" in names
                or f"aws:{candidate.principal}" in names
                or (candidate.entity is not None and f"aws:{candidate.entity.id}" in names)
            ),
            *named,
        ]

    def _sweep(
        self,
        action: str,
        resource: str,
        context: Mapping[str, ContextValue] | None,
        via: Via,
        *,
        denied: bool,
        lifted: bool,
    ) -> CallerSweep:
        """What is known of callers on this action and resource; kept for the last ones asked."""
        key = action.lower(), resource, tuple(sorted((context or {}).items())), via, denied, lifted
        known = self._sweeps.get(key)
        if known is None:
            question = self.question("anonymous", action, resource, context, via=via)
            known = CallerSweep(question, self.world, denied=denied, lifted=lifted)
            if len(self._sweeps) >= TOGETHER:
                del self._sweeps[next(iter(self._sweeps))]
            self._sweeps[key] = known
        return known

    def may(self, principal: str, session: Session = PLAIN_SESSION) -> int:
        """An upper bound, quickly: the actions (a mask) that some Allow of the principal's own
        identity-based policies is about, on whatever resource and condition. What a resource-based
        policy grants is not in it; a root user has everything."""
        question = self.question(principal, "sts:GetCallerIdentity", session=session)
        facts = self.world.caller_facts(question)
        if facts.caller.kind.is_root:
            return self.universe.everything
        found = 0
        for policy in facts.identity.policies if facts.identity is not None else ():
            for statement in policy.statements:
                if not statement.denies:
                    found |= self.universe.mask(statement.actions)
        return found
