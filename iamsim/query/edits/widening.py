"""What an Allow statement lacks that matches a request in all elements but one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.explanation import Element, StatementExplanation
from iamsim.engine.inert import takes_no_resource
from iamsim.query.edits.parts import (
    action_name,
    principal_name,
    resource_pattern,
)
from iamsim.query.edits.steps import Step

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.arrangement import Station
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.formula import Requirement

# Operators whose list of values says what is accepted.
ACCEPTING = frozenset(
    {
        "ArnEquals",
        "ArnLike",
        "IpAddress",
        "StringEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
    }
)


class Widened(NamedTuple):
    """The steps with which an element of a statement matches a request, and what they add and take
    out; of several, the one of the lowest `rank` is nearest to what stands there."""

    rank: int
    element: str
    steps: tuple[Step, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class Widening:
    """What one Allow statement lacks."""

    def __init__(
        self,
        station: Station,
        statement: CompiledStatement,
        explanation: StatementExplanation,
        need: Requirement,
        prepared: Prepared,
    ) -> None:
        """Look at a statement of a station, explained; `need` is what it is to grant."""
        self.station = station
        self.statement = statement
        self.explanation = explanation
        self.need = need
        self.prepared = prepared

    def all(self) -> Iterator[Widened]:
        """The steps that let it match, where one element fails; what is nearest ranks first."""
        failed = self.explanation.failed_elements
        if not failed:
            # It matches, and is no grant of the kind that this way in needs.
            failed = (Element.PRINCIPAL,)
        if len(failed) != 1:
            return
        match failed[0]:
            case Element.ACTION:
                yield from self._action()
            case Element.RESOURCE:
                yield from self._resource()
            case Element.PRINCIPAL:
                yield from self._principal()
            case Element.CONDITION:
                yield from self._condition()
            case Element.NOT_ACTION | Element.NOT_RESOURCE as element:
                yield from self._spared(element)

    def _path(self, name: str) -> tuple[str | int, ...]:
        return (*self.statement.path, name)

    def _action(self) -> Iterator[Widened]:
        action = action_name(self.prepared.question.action)
        service = self.prepared.request.action.partition(":")[0]
        if any(pattern.service == service for pattern in self.statement.actions.patterns):
            step = Step.add(self._path("Action"), action)
            yield Widened(0, "Action", (step,), (action,))

    def _resource(self) -> Iterator[Widened]:
        resource = self.station.resource or self.prepared.question.resource
        if resource != "*" and not takes_no_resource(self.prepared.question.action):
            pattern = resource_pattern(resource)
            step = Step.add(self._path("Resource"), pattern)
            yield Widened(0, "Resource", (step,), (pattern,))

    def _principal(self) -> Iterator[Widened]:
        principals = self.statement.principals
        name = principal_name(self.prepared.request.caller, self.need.kinds)
        if principals is None or principals.negated or name is None or name.text == "*":
            return
        kinds = {pattern.kind for pattern in principals.patterns}
        if "*" in kinds or not kinds:
            return
        path = self._path("Principal")
        if name.kind in kinds:
            step = Step.add((*path, name.kind), name.text)
        else:
            step = Step.insert(path, name.kind, name.text)
        yield Widened(1, "Principal", (step,), (name.text,))

    def _condition(self) -> Iterator[Widened]:
        """Values more for conditions that list what they accept."""
        context = self.station.view(self.prepared.request).context
        steps, added = [], []
        for test in self.statement.conditions:
            if test.test(context):
                continue
            value = context.get(test.key)
            operator = test.operator
            accepts = operator.base in ACCEPTING and not operator.negated
            if not accepts or operator.set_operator or not isinstance(value, str):
                return
            if any(mark in value for mark in "*?$"):
                return
            steps.append(Step.add(test.path, value))
            added.append(f"{test.written_key} = {value}")
        yield Widened(2, "Condition", tuple(steps), tuple(added))

    def _spared(self, element: Element) -> Iterator[Widened]:
        """Take out of a Not element what it names exactly, if something stays."""
        request = self.station.view(self.prepared.request)
        clauses = [clause for clause in self.explanation.clauses if clause.element is element]
        matched = [clause for clause in clauses if clause.matched]
        exact = {request.action, request.resource}
        named = all({clause.pattern, clause.pattern.lower()} & exact for clause in matched)
        if not named or len(matched) == len(clauses):
            return
        steps = tuple(Step.drop(clause.path) for clause in matched)
        removed = tuple(clause.pattern for clause in matched)
        yield Widened(3, element.value, steps, removed=removed)
