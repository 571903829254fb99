"""What an edit opens or closes beyond the request, decided before and after by the engine.

Only actions that the edited statements cover can change. Actions that meet the same statements in
the same way are decided once for all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.checks.arn_formats import read_format
from iamsim.compile.policy import compile_policy
from iamsim.core.arn import find_arn
from iamsim.core.errors import InputError
from iamsim.core.wildcard import Wildcard
from iamsim.engine.authorize import prepare
from iamsim.engine.context import GLOBAL_SERVICES
from iamsim.engine.formula import Slot
from iamsim.engine.relations import TRUST_ACTIONS, UNLOCK_ACTIONS
from iamsim.engine.target_context import BOUNDARY_ACTIONS
from iamsim.query.edits.elsewhere import suggested
from iamsim.query.edits.model import EditKind, Reach
from iamsim.query.edits.parts import action_name
from iamsim.query.edits.steps import apply_steps
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamsim.compile.resource import ResourcePattern
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.edits.model import Edit
    from iamsim.query.edits.places import Places
    from iamsim.query.edits.trial import Trial

__all__ = ["Measure"]

MOST_PRINCIPALS = 300
MOST_PATTERNS = 60
# Actions about which relation, place or context are not those of their service's others.
OF_THEIR_OWN = (
    TRUST_ACTIONS
    | UNLOCK_ACTIONS
    | BOUNDARY_ACTIONS
    | {"kms:retiregrant", "s3:listallmybuckets", "sts:assumeroot", "sts:getcalleridentity"}
)
# Services whose requests have a context of their own, even without a resource.
UNLIKE_OTHERS = GLOBAL_SERVICES | {"kms", "s3"}
OF_CALLER = frozenset({Slot.IDENTITY, Slot.BOUNDARY, Slot.SESSION})
STAND_INS = {
    Wildcard.STAR: "sample",
    Wildcard.QUESTION: "x",
    Wildcard.SEGMENT_STAR: "sample",
    Wildcard.SEGMENT_QUESTION: "x",
}


class Measure:
    """Measures edits of one question: `opens` says whether they are to allow or to deny."""

    def __init__(self, trial: Trial, places: Places, *, opens: bool) -> None:
        """Keep the trial; the actions of the resource are found when first needed."""
        self.trial = trial
        self.places = places
        self._passed: dict[int, dict[str, bool]] = {}
        self.opens = opens
        self._takes: dict[str, tuple[str, ...]] = {}

    def reach(self, edits: tuple[Edit, ...]) -> Reach:
        """Decide what the edits change beyond the request."""
        edited = tuple(edit for edit in edits if edit.kind is not EditKind.CONTEXT)
        after = self.trial.overlay(edits)
        if not edited or after is None:
            return Reach()
        # The same context on both sides: what the request's own change does is no opening.
        before = self.trial.overlay([edit for edit in edits if edit not in edited])
        if before is None:
            return Reach()
        statements = tuple(self._statements(edited))
        own = action_name(after[0].action)
        actions = tuple(one for one in self._actions(before, after, statements) if one != own)
        elsewhere = self._elsewhere(before, after, statements)
        return Reach(
            actions,
            tuple(self._resources(before, after, statements)),
            tuple(self._principals(before, after, edited)),
            tuple(one for one in elsewhere if one.partition(" ")[0] not in actions),
        )

    def _statements(self, edits: Iterable[Edit]) -> Iterator[CompiledStatement]:
        """The statements that change, as they are and as they become."""
        for edit in edits:
            place = edit.place
            if place is None:
                continue
            present = () if place.policy is None else place.policy.statements
            if edit.statement is not None:
                yield present[edit.statement]
            data = self.trial.data(place)
            if edit.kind in {EditKind.ADD_POLICY, EditKind.COPY_POLICY} and edit.document:
                changed = dict(edit.document)
            elif data is not None:
                changed = apply_steps(data, edit.steps)
            else:
                continue
            policy = parse_policy(changed, policy_type=place.policy_type)
            compiled = compile_policy(policy, place.policy_type).statements
            if edit.kind is EditKind.ADD_POLICY:
                yield from compiled
            elif edit.statement is None:
                yield compiled[-1]
            elif edit.kind is not EditKind.REMOVE_STATEMENT:
                yield compiled[edit.statement]

    def _changes(self, before: bool, after: bool) -> bool:
        return (after and not before) if self.opens else (before and not after)

    def _actions(
        self,
        before: tuple[Question, CompiledWorld],
        after: tuple[Question, CompiledWorld],
        statements: tuple[CompiledStatement, ...],
    ) -> Iterator[str]:
        """Other actions on the same resource whose verdict changes."""
        question = before[0]
        shared: tuple[Prepared, Prepared] | None = None
        known: dict[object, bool] = {}
        for service in _services(question, statements):
            alike = question.resource == "*" and service not in UNLIKE_OTHERS
            sides = shared if alike else None
            for name in self._taken(service, question.resource):
                action = f"{service}:{name}"
                lowered = action.lower()
                if not any(one.actions.covers(lowered) for one in statements):
                    continue
                if lowered in OF_THEIR_OWN:
                    alone = _sides(before, after, action)
                    if alone is not None and self._differ(alone, lowered):
                        yield action
                    continue
                if sides is None:
                    sides = _sides(before, after, action)
                    shared = sides if alike else shared
                if sides is None:
                    break
                signature = _signature(sides, lowered)
                if signature not in known:
                    known[signature] = self._differ(sides, lowered)
                if known[signature]:
                    yield action

    def _differ(self, sides: tuple[Prepared, Prepared], action: str) -> bool:
        """Whether an action has the verdicts that are looked for before and after."""
        before, after = sides
        return self._changes(
            before.situation.decide(replace(before.request, action=action)).allowed,
            after.situation.decide(replace(after.request, action=action)).allowed,
        )

    def _taken(self, service: str, resource: str) -> tuple[str, ...]:
        """The names of the actions that can be asked of the resource, as far as is known."""
        names = self._takes.get(service)
        if names is None:
            found = catalog.find_service(service)
            fitting = {
                known.name
                for known in (() if found is None else found.resource_types)
                if any(_fits(text, resource) for text in known.arn_formats)
            }
            names = self._takes[service] = tuple(
                facts.name
                for facts in catalog.actions(service)
                if (resource == "*" and not facts.resource_types)
                or any(use.name in fitting for use in facts.resource_types)
            )
        return names

    def _is_taken(self, action: str, resource: str) -> bool:
        """Whether an action can be asked of a resource, as far as is known."""
        facts = catalog.find_action(action)
        if facts is None:
            return True
        types = (
            catalog.find_resource_type(facts.service, one.name) for one in facts.resource_types
        )
        return any(_fits(text, resource) for known in types if known for text in known.arn_formats)

    def _resources(
        self,
        before: tuple[Question, CompiledWorld],
        after: tuple[Question, CompiledWorld],
        statements: tuple[CompiledStatement, ...],
    ) -> Iterator[str]:
        """Other resource patterns that statements about the action have, whose verdict changes."""
        question = before[0]
        if question.resource == "*":
            return
        context = prepare(*before).request.context
        patterns: dict[str, str] = {}
        met = prepare(*after).situation.arrange(question.action.lower()).stations
        granting = [
            statement
            for station in met
            if station.policies is not None
            for _, statement in station.policies.candidates(question.action.lower())
            if not statement.denies
        ]
        for statement in (*statements, *granting):
            for pattern in () if statement.resources is None else statement.resources.patterns:
                sample = _sample(pattern, question.resource, context)
                if sample is None or not _is_other(sample, question):
                    continue
                if self._is_taken(question.action, sample):
                    patterns.setdefault(pattern.pattern, sample)
        for text, resource in list(patterns.items())[:MOST_PATTERNS]:
            if self._changes(
                _allows(*before, resource=resource), _allows(*after, resource=resource)
            ):
                yield text

    def _elsewhere(
        self,
        before: tuple[Question, CompiledWorld],
        after: tuple[Question, CompiledWorld],
        statements: tuple[CompiledStatement, ...],
    ) -> Iterator[str]:
        """Other actions on other resources whose verdict changes for the same caller."""
        question = before[0]
        if question.attached.resource_policy is not None:
            return  # what was brought along is about the resource that was asked for
        prepared = prepare(*before)
        context = prepared.request.context

        def sample(pattern: ResourcePattern) -> str | None:
            return _sample(pattern, question.resource, context)

        for action, resource, pattern in suggested(prepared, statements, sample, self._is_taken):
            if self._changes(
                _allows(*before, resource=resource, action=action),
                _allows(*after, resource=resource, action=action),
            ):
                yield f"{action} on {pattern}"

    def _principals(
        self,
        before: tuple[Question, CompiledWorld],
        after: tuple[Question, CompiledWorld],
        edits: Iterable[Edit],
    ) -> Iterator[str]:
        """Other users and roles of the world whose verdict changes for the same request."""
        question = before[0]
        if question.attached.identity_policies is not None:
            return  # the policies that were brought along are the caller's
        if all(self._is_of_caller(edit) for edit in edits):
            return
        accounts = before[1].model.accounts.values()
        known = (
            *(user.arn for account in accounts for user in account.users.values()),
            *(role.arn for account in accounts for role in account.roles.values()),
        )
        caller = prepare(*before).request.caller.principal_arn
        # Most others are where they were, on the side that is looked at first.
        gaining, losing = (after, before) if self.opens else (before, after)
        for arn in known[:MOST_PRINCIPALS]:
            if arn == caller or not self._passes(gaining, arn):
                continue
            if not self._passes(losing, arn):
                yield arn

    def _is_of_caller(self, edit: Edit) -> bool:
        """Whether an edit is one of policies that nobody but the caller has."""
        place = edit.place
        if place is None or place.slot not in OF_CALLER:
            return False
        return place.policy is None or self.places.only_of_caller(place)

    def _passes(self, side: tuple[Question, CompiledWorld], principal: str) -> bool:
        """Whether another principal's request is allowed; remembered for each side."""
        known = self._passed.setdefault(id(side[1]), {})
        if principal not in known:
            known[principal] = _allows(*side, principal=principal)
        return known[principal]


def _services(question: Question, statements: tuple[CompiledStatement, ...]) -> tuple[str, ...]:
    """The services some of whose actions the statements may cover and the resource may take."""
    prefixes = {one.service for statement in statements for one in statement.actions.patterns}
    covered = {prefix for prefix in prefixes if prefix is not None}
    any_service = None in prefixes or any(one.actions.negated for one in statements)
    arn = find_arn(question.resource)
    if arn is None:
        return catalog.services() if any_service else tuple(sorted(covered))
    near = {arn.service, question.action.partition(":")[0].lower()}
    if arn.service == "iam" and arn.resource.startswith("role/"):
        near.add("sts")
    return tuple(sorted(near if any_service else near & covered))


def _sides(
    before: tuple[Question, CompiledWorld], after: tuple[Question, CompiledWorld], action: str
) -> tuple[Prepared, Prepared] | None:
    """Both sides ready for an action; `None` where it can't be asked of this resource."""
    try:
        return (
            prepare(replace(before[0], action=action), before[1]),
            prepare(replace(after[0], action=action), after[1]),
        )
    except InputError:
        return None


def _signature(sides: tuple[Prepared, Prepared], action: str) -> tuple[object, ...]:
    """Which statements an action meets on both sides."""
    met = tuple(
        id(statement)
        for side in sides
        for station in side.situation.arrange(side.request.action).stations
        if station.policies is not None
        for _, statement in station.policies.candidates(action)
    )
    service = action.partition(":")[0]
    return id(sides[0]), service in sides[0].situation.rcp_services, met


def _fits(text: str, resource: str) -> bool:
    """Whether a resource may be one of an ARN format."""
    form = read_format(text)
    arn = find_arn(resource)
    return (
        form is not None
        and arn is not None
        and form.service == arn.service
        and form.fits_resource(resource_text(arn.resource))
    )


def resource_text(resource: str) -> str:
    """A resource part without characters that a pattern would read as wildcards."""
    return resource.replace("*", "x").replace("?", "x")


def _sample(
    pattern: ResourcePattern, resource: str, context: Mapping[str, ContextValue]
) -> str | None:
    """A resource that a pattern covers; for `*`, a neighbor of the one that was asked for."""
    if pattern.everything:
        return f"{resource}-sample"
    tokens = pattern.resolved(context)
    if tokens is None:
        return None
    return "".join(one if isinstance(one, str) else STAND_INS[one] for one in tokens)


def _is_other(resource: str, question: Question) -> bool:
    """Whether a resource is another one, about which the question's policies speak as well: a
    policy that was brought along is that of one resource, or of the objects of one bucket."""
    asked = question.resource
    if question.attached.resource_policy is None:
        return resource != asked
    bucket = asked.partition("/")[0]
    return resource != asked and ":s3:::" in bucket and resource.partition("/")[0] == bucket


def _allows(
    question: Question,
    world: CompiledWorld,
    *,
    resource: str | None = None,
    principal: str | None = None,
    action: str | None = None,
) -> bool:
    """Whether the request would be allowed for another resource, principal or action."""
    asked = replace(
        question,
        action=action or question.action,
        resource=resource or question.resource,
        principal=principal or question.principal,
    )
    try:
        return prepare(asked, world).decide().allowed
    except InputError:
        return False
