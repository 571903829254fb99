"""The fast reading: for one situation and action, the tests that are left, ready as closures.

A plan holds no meaning of its own. It asks the same statements as the explanation does, after
dropping those that the action or the caller already rules out; a law in the tests holds the two
readings together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple
from iamsim.core.decision import Decision, StatementReference, Verdict
from iamsim.core.reason import Reason
from iamsim.engine.first_match import MANY, first_match
from iamsim.engine.fold import GUARDS, Folded
from iamsim.engine.formula import GUARDRAILS, Relation, Requirement, Slot, blocking_slots

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Caller, Request
    from iamsim.engine.arrangement import Arrangement, Station
    from iamsim.engine.first_match import Check, Heads, RequestTest
    from iamsim.engine.situation import Situation

ALWAYS_ALLOWED = Decision(Verdict.ALLOWED, Reason.ALWAYS_ALLOWED, None)
DEPENDS_ON_UNKNOWN = Decision(Verdict.CONDITIONAL, Reason.DEPENDS_ON_UNKNOWN, None)


class Gate(NamedTuple):
    """One requirement or guardrail: `check` gives the number of the allow that matched, or -1.

    `references` are the statements behind those numbers; `constant` is the number where the
    request plays no role.
    """

    check: Check
    references: tuple[tuple[StatementReference, ...], ...]
    constant: int | None


def reference(
    slot: Slot, policy: CompiledPolicy, statement: CompiledStatement
) -> StatementReference:
    """Name a statement in a decision."""
    return StatementReference(
        slot.layer,
        policy.name,
        statement.index,
        statement.sid,
        statement.effect,
        statement.source,
        statement.path,
        policy.arn,
    )


def make_plan(situation: Situation, action: str) -> Callable[[Request], Decision]:
    """Prepare everything that does not depend on resource and context of a request; the plan is
    one function."""
    arrangement = situation.arrange(action)
    if arrangement.relation.always:
        return lambda _request: ALWAYS_ALLOWED
    if arrangement.open_statements(action):
        return _decide_uncertain(arrangement, _Reading(action, situation.caller))
    return _plan(arrangement, _Reading(action, situation.caller))


def _decide_uncertain(arrangement: Arrangement, reading: _Reading) -> Callable[[Request], Decision]:
    """Decide where parts of policies are not known.

    An unknown part of an Allow can only open, one of a Deny only close. So all that they could be
    lies between the best case and the worst, and what these two agree on holds. Most plans are
    asked in one of the readings, so each is made when it is first asked for.
    """

    @cache
    def plan(hopeful: bool | None) -> Callable[[Request], Decision]:
        return _plan(arrangement, reading._replace(hopeful=hopeful))

    def decide(request: Request) -> Decision:
        if request.settled:
            return plan(None)(request)
        least = plan(False)(request)
        if least.allowed:
            return least
        most = plan(True)(request)
        return DEPENDS_ON_UNKNOWN if most.allowed else most

    return decide


Denial = tuple["RequestTest | None", "Heads", Decision]


class _Reading(NamedTuple):
    """For whom and what a plan is, and how it takes unknown parts of policies.

    `hopeful` takes those of an Allow to match and those of a Deny not to, with False the other way
    round; with `None` they are what the request's context says.
    """

    action: str
    caller: Caller
    hopeful: bool | None = None

    def denies(self, station: Station) -> list[Denial]:
        """The deny statements of one station that can match."""
        slot = station.slot
        denies: list[Denial] = []
        for policy, statement, test in _left(station, self, denies=True):
            deciding = (reference(slot, policy, statement),)
            decision = Decision(
                Verdict.EXPLICIT_DENY, Reason.EXPLICITLY_DENIED, slot.layer, deciding
            )
            denies.append((test, _heads(station, statement), decision))
        return denies

    def allows(self, station: Station, need: Requirement) -> Gate:
        """One station: the allow statements that can match and grant in one of the asked kinds."""
        if not station.asks_for_allow:
            return self.settled(allows=station.allows)
        seen = station.caller or self.caller
        allows = [
            (test, _heads(station, statement), reference(station.slot, policy, statement))
            for policy, statement, test in _left(station, self, denies=False)
            if statement.grants(seen) & need.kinds
        ]
        for test, _, deciding in allows:
            if test is None:
                return _constant(0, (deciding,))
        if not allows:
            return _constant(-1)
        references = tuple((deciding,) for *_, deciding in allows)
        tests = [test for test, *_ in allows if test is not None]
        return Gate(first_match(tests, [heads for _, heads, _ in allows]), references, None)

    def every(self, gates: Sequence[Gate]) -> Gate:
        """All stations of a place must allow; those that always do play no role."""
        if any(gate.constant == -1 for gate in gates):
            return _constant(-1)
        gates = [gate for gate in gates if gate.constant is None] or gates[:1]
        return gates[0] if len(gates) == 1 else _joined(gates)

    def settled(self, *, allows: bool) -> Gate:
        """A place that the request has no part in."""
        return _constant(0 if allows else -1)


def _plan(arrangement: Arrangement, reading: _Reading) -> Callable[[Request], Decision]:
    """Prepare one reading."""
    relation = arrangement.relation
    folded = Folded(relation, arrangement.at, reading)
    denials = [denial for _, denials in folded.denials() for denial in denials]
    guards = {need: gate for need in GUARDS if (gate := folded.gate(need)).constant != 0}
    gates = {need: folded.gate(need) for way in relation.ways for need in way.requires}
    ways = [
        _way([gates[need] for need in way.requires], way.requires)
        for way in relation.ways
        if all(gates[need].constant != -1 for need in way.requires)
    ]
    return _decide(
        denials,
        [gate.check for gate in guards.values()],
        ways,
        _implicit(relation, guards, gates),
    )


def _decide(
    denies: list[Denial],
    checks: list[Check],
    ways: list[Callable[[Request], Decision | None]],
    implicit: Callable[[Request], Decision],
) -> Callable[[Request], Decision]:
    """Put the parts together; what can be decided here is."""
    for position, (test, _, decision) in enumerate(denies):
        if test is None:
            if position == 0:
                return lambda _request: decision
            del denies[position + 1 :]
            break
    return _decide_by_tests(denies, checks, ways, implicit)


def _decide_by_tests(
    denies: list[Denial],
    checks: list[Check],
    ways: list[Callable[[Request], Decision | None]],
    implicit: Callable[[Request], Decision],
) -> Callable[[Request], Decision]:
    """Put together what the request decides."""
    if len(denies) >= MANY:
        return _decide_many(denies, _decide_by_tests([], checks, ways, implicit))
    tests = tuple((test or _always, decision) for test, _, decision in denies)
    if len(ways) == 1 and not checks:
        return _decide_one_way(tests, ways[0], implicit)

    def decide(request: Request) -> Decision:
        for test, decision in tests:
            if test(request):
                return decision
        for check in checks:
            if check(request) < 0:
                return implicit(request)
        for way in ways:
            allowed = way(request)
            if allowed is not None:
                return allowed
        return implicit(request)

    return decide


def _decide_many(
    denies: list[Denial], otherwise: Callable[[Request], Decision]
) -> Callable[[Request], Decision]:
    """Many deny statements: the first that matches, sought by resource."""
    find = first_match([test or _always for test, *_ in denies], [heads for _, heads, _ in denies])
    decisions = [decision for *_, decision in denies]

    def decide(request: Request) -> Decision:
        number = find(request)
        return otherwise(request) if number < 0 else decisions[number]

    return decide


def _decide_one_way(
    tests: tuple[tuple[RequestTest, Decision], ...],
    way: Callable[[Request], Decision | None],
    implicit: Callable[[Request], Decision],
) -> Callable[[Request], Decision]:
    """The shape of most plans: no guardrail that could block, one way in."""
    if not tests:
        return lambda request: way(request) or implicit(request)

    def decide(request: Request) -> Decision:
        for test, decision in tests:
            if test(request):
                return decision
        return way(request) or implicit(request)

    return decide


def _always(_request: Request) -> bool:
    return True


def _left(
    station: Station, reading: _Reading, *, denies: bool
) -> list[tuple[CompiledPolicy, CompiledStatement, RequestTest | None]]:
    """The statements of one effect that action and caller leave, with what is left to test."""
    if station.policies is None or not station.applies:
        return []
    seen = station.caller or reading.caller
    left = []
    supposing = reading.hopeful is not None
    for policy, statement in station.policies.candidates(reading.action):
        if statement.denies is not denies or not statement.concerns(seen):
            continue
        if statement.unknowns and reading.hopeful is denies:
            continue
        test = statement.test_of_resource_and_conditions(supposing=supposing)
        if test is not None and station.resource is not None:
            test = _seen_from(station, test)
        left.append((policy, statement, test))
    return left


def _seen_from(station: Station, test: RequestTest) -> RequestTest:
    """A test that sees the request as the station does."""
    return lambda request: test(station.view(request))


def _heads(station: Station, statement: CompiledStatement) -> Heads:
    """With what the resource of a request begins, if the statement matches; a station that sees
    another resource says nothing of it."""
    return statement.heads if station.resource is None else None


def _constant(number: int, references: tuple[StatementReference, ...] = ()) -> Gate:
    """A gate that the request has no part in."""
    return Gate(lambda _request: number, (references,), number)


def _joined(gates: Sequence[Gate]) -> Gate:
    """Several gates in a row (levels); the references are those of the first."""
    checks = [gate.check for gate in gates]

    def check(request: Request) -> int:
        for other_check in checks:
            if other_check(request) < 0:
                return -1
        return 0

    return Gate(check, ((),), None)


def _way(
    gates: list[Gate], requires: tuple[Requirement, ...]
) -> Callable[[Request], Decision | None]:
    """One way in: the decision of its allow statements when all its gates are open."""
    layer = requires[0].slot.layer
    known: dict[tuple[int, ...], Decision] = {}

    def decision_of(numbers: tuple[int, ...]) -> Decision:
        decision = known.get(numbers)
        if decision is None:
            statements = tuple(
                statement
                for gate, number in zip(gates, numbers, strict=True)
                for statement in gate.references[number]
            )
            decision = Decision(Verdict.ALLOWED, Reason.ALLOWED, layer, statements)
            known[numbers] = decision
        return decision

    varying = [position for position, gate in enumerate(gates) if gate.constant is None]
    if not varying:
        constant = decision_of((0,) * len(gates))
        return lambda _request: constant
    if len(varying) == 1:
        position = varying[0]
        check = gates[position].check
        decisions = [
            decision_of(tuple(number if index == position else 0 for index in range(len(gates))))
            for number in range(len(gates[position].references))
        ]

        def one_gate(request: Request) -> Decision | None:
            number = check(request)
            return decisions[number] if number >= 0 else None

        return one_gate
    checks = [gate.check for gate in gates]

    def all_gates(request: Request) -> Decision | None:
        numbers = []
        for check in checks:
            number = check(request)
            if number < 0:
                return None
            numbers.append(number)
        return decision_of(tuple(numbers))

    return all_gates


def _implicit(
    relation: Relation, guards: dict[Requirement, Gate], gates: dict[Requirement, Gate]
) -> Callable[[Request], Decision]:
    """The denial for want of an allow: which layers lacked it, in the order of reporting."""
    rows = [*guards.items(), *gates.items()]
    varying = [(need, gate.check) for need, gate in rows if gate.constant is None]
    settled = {need: gate.constant != -1 for need, gate in rows if gate.constant is not None}

    def passes(opened: dict[Requirement, bool]) -> bool:
        return all(map(opened.__getitem__, guards)) and any(
            all(map(opened.__getitem__, way.requires)) for way in relation.ways
        )

    def denial(flags: Iterable[bool]) -> Decision:
        opened = settled | {need: flag for (need, _), flag in zip(varying, flags, strict=True)}
        closed = [need.slot for need in guards if not opened[need]]
        slots = blocking_slots(relation, closed, opened.__getitem__)
        return implicit_denial(slots, relation)

    if len(varying) == 1:
        need = varying[0][0]
        if passes(settled | {need: True}) and not passes(settled | {need: False}):
            constant = denial((False,))  # it was closed, or nobody would ask
            return lambda _request: constant
    known: dict[tuple[bool, ...], Decision] = {}

    def implicit(request: Request) -> Decision:
        state = tuple([check(request) >= 0 for _, check in varying])
        decision = known.get(state)
        if decision is None:
            decision = known[state] = denial(state)
        return decision

    return implicit


def implicit_denial(slots: tuple[Slot, ...], relation: Relation) -> Decision:
    """The decision for a request that the places `slots` do not allow."""
    reason = Reason.NO_WAY_IN
    if not relation.ways:
        reason = relation.refusal
    elif slots[0] is Slot.CREDENTIALS:
        reason = Reason.SERVICE_REFUSES
    elif slots[0] in GUARDRAILS:
        reason = Reason.GUARDRAIL_DOES_NOT_ALLOW
    return Decision(Verdict.IMPLICIT_DENY, reason, slots[0].layer)
