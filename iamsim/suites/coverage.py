"""Policy coverage: which statements and clauses the requests of a test run exercised.

A clause is *held* when it holds in a statement that matches, and *blocked* when it alone keeps a
statement from matching. What matches is asked of the compiled statements themselves, once for each
statement that is about the action of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import is_owned_by_aws
from iamsim.core.explanation import Element
from iamsim.suites.covered import ClauseCoverage, PolicyCoverage, StatementCoverage, add_up

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.decision import Decision
    from iamsim.core.request import Request
    from iamsim.core.span import Path
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.world import CompiledWorld

    Policies = tuple["PolicyCoverage", ...]
    Test = Callable[[Request], bool]


class _Element(NamedTuple):
    """One element as the collector asks it: the whole, and its entries. A condition test is an
    element of its own."""

    test: Test
    entries: tuple[tuple[Test, ClauseCoverage], ...]
    negated: bool


class _Recorder(NamedTuple):
    """A statement with its tests at hand. Actions are covered by those that ask."""

    statement: StatementCoverage
    actions: tuple[tuple[Callable[[str], bool], ClauseCoverage], ...]
    elements: tuple[_Element, ...]


class Coverage:
    """Collects over a run; `policies` sums up. AWS's own policies are left out: nobody edits them.

    A document that is used in several ways (a policy that is also a boundary) counts once.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._policies: dict[int, PolicyCoverage] = {}
        self._recorders: dict[int, tuple[CompiledStatement, _Recorder]] = {}
        self._statements: dict[tuple[int, Path], StatementCoverage] = {}
        self._worlds: dict[int, CompiledWorld] = {}

    def add_world(self, world: CompiledWorld) -> None:
        """Count all policies of a world as things to cover, once."""
        if id(world) in self._worlds:
            return
        from iamsim.engine.inventory import policies_in_use

        self._worlds[id(world)] = world
        for policy, policy_type in policies_in_use(world.model):
            self._add(world.policies.compiled(policy, policy_type))

    def record(self, prepared: Prepared, decision: Decision) -> None:
        """Take note of one decided request; what an unknown key leaves open was not exercised."""
        request = prepared.request
        for station in prepared.situation.arrange(request.action).stations:
            if station.policies is None or not station.applies:
                continue
            seen = station.view(request)
            for policy, statement in station.policies.candidates(request.action):
                recorder = self._recorder(policy, statement)
                if recorder is not None and not any(map(request.is_unknown, statement.keys)):
                    _record(recorder, seen)
        for reference in decision.statements:
            known = self._statements.get((id(reference.source), reference.path))
            if known is not None:
                known.decided += 1

    def policies(self, wanted: Callable[[str, str], bool] | None = None) -> Policies:
        """What was covered, by file and place; statements of worlds that no request can reach are
        marked as dead. `wanted` picks policies by name and file."""
        from iamsim.suites.dead import dead_statements

        for world in self._worlds.values():
            is_dead = dead_statements(world)
            for statement in self._statements.values():
                statement.dead = statement.dead or is_dead(statement)
        policy_coverages = [
            policy
            for policy in self._policies.values()
            if wanted is None or wanted(policy.name, policy.file)
        ]
        return add_up(policy_coverages)

    def _recorder(self, policy: CompiledPolicy, statement: CompiledStatement) -> _Recorder | None:
        known = self._recorders.get(id(statement))
        if known is None:
            self._add(policy)
            known = self._recorders.get(id(statement))
        return None if known is None else known[1]

    def _add(self, policy: CompiledPolicy) -> None:
        """Count a policy; one that was compiled for another use shares its counts."""
        if _is_of_aws(policy) or any(id(s) in self._recorders for s in policy.statements):
            return
        source = policy.source
        if id(source) not in self._policies:
            # Of which parts are not known, that is two: what it is for certain, and what it may be.
            statements = {
                statement.path: _statement(statement) for statement in reversed(policy.statements)
            }
            counted = tuple(reversed(statements.values()))
            self._policies[id(source)] = PolicyCoverage(policy.name, source, counted)
            for statement_coverage in counted:
                self._statements[id(source), statement_coverage.path] = statement_coverage
        for statement in policy.statements:
            counts = self._statements[id(source), statement.path]
            listed = {clause.path for clause in counts.clauses}
            counts.clauses += tuple(
                clause for clause in _clauses(statement) if clause.path not in listed
            )
            # The statement is kept beside it, so that its id stays its own.
            self._recorders[id(statement)] = statement, _recorder(statement, counts)


def _is_of_aws(policy: CompiledPolicy) -> bool:
    """Whether AWS wrote a policy: managed ones, the full access policies, and KMS grants."""
    source = policy.source
    unwritten = source.locate_all is None and source.evaluated is None
    return unwritten or is_owned_by_aws(policy.arn or "")


def _clauses(statement: CompiledStatement) -> Iterator[ClauseCoverage]:
    """Give every entry of the elements, and every condition test."""
    source = statement.source
    principals = statement.principals
    for pattern in principals.patterns if principals is not None else ():
        yield ClauseCoverage(pattern.element, pattern.text, source, pattern.path)
    for action in statement.actions.patterns:
        yield ClauseCoverage(statement.actions.element, action.pattern, source, action.path)
    for resource in statement.resources.patterns if statement.resources is not None else ():
        yield ClauseCoverage(resource.element, resource.pattern, source, resource.path)
    for condition in statement.conditions:
        values = ", ".join(template.text for template in condition.values.templates)
        text = f"{condition.written_operator} {condition.written_key}: {values}"
        yield ClauseCoverage(Element.CONDITION, text, source, condition.path)


def _statement(statement: CompiledStatement) -> StatementCoverage:
    return StatementCoverage(
        statement.index,
        statement.sid,
        statement.effect,
        statement.source,
        statement.path,
        tuple(_clauses(statement)),
    )


def _recorder(statement: CompiledStatement, counts: StatementCoverage) -> _Recorder:
    """Lay the tests of a statement beside the clauses that they are about."""
    clauses = {clause.path: clause for clause in counts.clauses}
    elements = []
    principals, resources = statement.principals, statement.resources
    if principals is not None:
        entries = tuple((entry.matches, clauses[entry.path]) for entry in principals.patterns)
        elements.append(_Element(principals.matches, entries, principals.negated))
    if resources is not None:
        tests = tuple((entry.matches, clauses[entry.path]) for entry in resources.patterns)
        elements.append(_Element(resources.matches, tests, resources.negated))
    for condition in statement.conditions:
        own = ((condition.matches, clauses[condition.path]),)
        elements.append(_Element(condition.matches, own, negated=False))
    actions = statement.actions
    return _Recorder(
        counts,
        tuple((entry.test, clauses[entry.path]) for entry in actions.patterns),
        tuple(elements),
    )


def _record(recorder: _Recorder, request: Request) -> None:
    """Hold a statement that is about the action against the rest of the request."""
    counts = recorder.statement
    failing: _Element | None = None
    for element in recorder.elements:
        if element.test(request):
            continue
        if failing is not None:
            return
        failing = element
    if failing is not None:
        counts.blocked += 1
        for test, clause in failing.entries:
            if not failing.negated or test(request):
                clause.blocked += 1
        return
    counts.matched += 1
    for covers, clause in recorder.actions:
        if clause.element is Element.NOT_ACTION or covers(request.action):
            clause.held += 1
    for element in recorder.elements:
        for test, clause in element.entries:
            if element.negated or test(request):
                clause.held += 1
