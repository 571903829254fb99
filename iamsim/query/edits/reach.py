"""What an edit opens or closes beyond the request, decided before and after by the engine.

Only actions that the edited statements cover can change. Actions that meet the same statements in
the same way are decided once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.global_services import GLOBAL_SERVICES
from iamsim.catalog.presence import services_with_keys
from iamsim.compile.policy import compile_policy
from iamsim.engine.formula import Slot
from iamsim.engine.singular_actions import kin_of
from iamsim.query.edits.around import (
    actions_taken,
    is_about,
    is_taken,
    resource_near,
    services_near,
)
from iamsim.query.edits.elsewhere import suggested
from iamsim.query.edits.model import Edit, EditKind, Reach
from iamsim.query.edits.parts import action_name
from iamsim.query.edits.sides import PreparedSides, Side, Sides
from iamsim.query.edits.steps import apply_steps
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.query.edits.places import Places
    from iamsim.query.edits.trial import Trial

MOST_PRINCIPALS = 300
MOST_PATTERNS = 60
# Services whose requests have a context of their own, even without a resource.
UNLIKE_OTHERS = GLOBAL_SERVICES | services_with_keys()
OF_CALLER = frozenset({Slot.IDENTITY, Slot.BOUNDARY, Slot.SESSION})


class Measure:
    """Measures edits of one question: `opens` says whether they are to allow or to deny."""

    def __init__(self, trial: Trial, places: Places, *, opens: bool) -> None:
        """Keep the trial; what is decided of other principals is remembered."""
        self.trial = trial
        self.places = places
        self.opens = opens
        self._passed: dict[int, dict[str, bool]] = {}

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
        sides = Sides(Side(*before), Side(*after), self.opens)
        statements = tuple(self._statements(edited))
        own = action_name(sides.after.question.action)
        actions = tuple(action for action in _actions(sides, statements) if action != own)
        elsewhere = _elsewhere(sides, statements)
        return Reach(
            actions,
            tuple(_resources(sides, statements)),
            tuple(self._principals(sides, edited)),
            tuple(text for text in elsewhere if text.partition(" ")[0] not in actions),
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

    def _principals(self, sides: Sides, edits: Iterable[Edit]) -> Iterator[str]:
        """Other users and roles of the world whose verdict changes for the same request."""
        if sides.before.question.attached.identity_policies is not None:
            return  # the policies that were brought along are the caller's
        if all(self._is_of_caller(edit) for edit in edits):
            return
        accounts = sides.before.world.model.accounts.values()
        known = (
            *(user.arn for account in accounts for user in account.users.values()),
            *(role.arn for account in accounts for role in account.roles.values()),
        )
        caller = sides.before.prepared().request.caller.principal_arn
        # Most others are where they were, on the side that is looked at first.
        for arn in known[:MOST_PRINCIPALS]:
            if arn == caller or not self._passes(sides.gaining, arn):
                continue
            if not self._passes(sides.losing, arn):
                yield arn

    def _is_of_caller(self, edit: Edit) -> bool:
        """Whether an edit is one of policies that nobody but the caller has."""
        place = edit.place
        if place is None or place.slot not in OF_CALLER:
            return False
        return place.policy is None or self.places.only_of_caller(place)

    def _passes(self, side: Side, principal: str) -> bool:
        """Whether another principal's request is allowed; remembered for each side."""
        known = self._passed.setdefault(id(side.world), {})
        if principal not in known:
            known[principal] = side.allows(principal=principal)
        return known[principal]


def _actions(sides: Sides, statements: tuple[CompiledStatement, ...]) -> Iterator[str]:
    """Other actions on the same resource whose verdict changes."""
    question = sides.before.question
    shared: PreparedSides | None = None
    known: dict[object, bool] = {}
    for service in services_near(question, statements):
        alike = question.resource == "*" and service not in UNLIKE_OTHERS
        ready = shared if alike else None
        for name in actions_taken(service, question.resource):
            action = f"{service}:{name}"
            lowered = action.lower()
            if not any(statement.actions.covers(lowered) for statement in statements):
                continue
            if kin_of(lowered) is not None:
                alone = sides.prepared(action)
                if alone is not None and alone.differ(lowered):
                    yield action
                continue
            if ready is None:
                ready = sides.prepared(action)
                shared = ready if alike else shared
            if ready is None:
                break
            signature = ready.signature(lowered)
            if signature not in known:
                known[signature] = ready.differ(lowered)
            if known[signature]:
                yield action


def _resources(sides: Sides, statements: tuple[CompiledStatement, ...]) -> Iterator[str]:
    """Other resource patterns that statements about the action have, whose verdict changes."""
    question = sides.before.question
    if question.resource == "*":
        return
    context = sides.before.prepared().request.context
    action = question.action.lower()
    patterns: dict[str, str] = {}
    granting = [
        statement
        for station in sides.after.prepared().situation.arrange(action).stations
        if station.policies is not None
        for _, statement in station.policies.candidates(action)
        if not statement.denies
    ]
    for statement in (*statements, *granting):
        for pattern in () if statement.resources is None else statement.resources.patterns:
            sample = resource_near(pattern, question.resource, context)
            if sample is None or not is_about(question, sample):
                continue
            if is_taken(question.action, sample):
                patterns.setdefault(pattern.pattern, sample)
    for text, resource in list(patterns.items())[:MOST_PATTERNS]:
        if sides.change(resource=resource):
            yield text


def _elsewhere(sides: Sides, statements: tuple[CompiledStatement, ...]) -> Iterator[str]:
    """Other actions on other resources whose verdict changes for the same caller."""
    if sides.before.question.attached.resource_policy is not None:
        return  # what was brought along is about the resource that was asked for
    for action, resource, pattern in suggested(sides.before.prepared(), statements):
        if sides.change(resource=resource, action=action):
            yield f"{action} on {pattern}"
