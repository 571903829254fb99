"""Answers where not everything about a request is known.

The same statements are read as terms over the unknown keys. A term that is always or never true is
a decision; any other is a residual, with which the answer is `conditional`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim.compile.condition import ConditionTest
from iamsim.core.answer import Answer, RequestRecord
from iamsim.core.data_class import NamedTuple, dataclass, replace
from iamsim.core.decision import Decision, StatementReference, Verdict
from iamsim.core.reason import Reason
from iamsim.core.unknown import UnknownPart
from iamsim.engine.authorize import Prepared, prepare
from iamsim.engine.plan import reference
from iamsim.engine.world import CompiledWorld, without_world
from iamsim.symbolic.cases import Case, Cases, asks_for, single_case
from iamsim.symbolic.completion import canonical_values, decide_with_values
from iamsim.symbolic.endpoint_cases import cases_through_endpoints
from iamsim.symbolic.layers import NOWHERE, RESOURCE_ACCOUNT
from iamsim.symbolic.remembered import remembered_solution
from iamsim.symbolic.residual import Branch, PartialResidual
from iamsim.symbolic.root_cases import ASSUMED_ROOT, cases_of, is_either_root
from iamsim.symbolic.solve import Modality, Solution, sent_values
from iamsim.symbolic.tracing import explain_partially
from iamsim.symbolic.unknowns import ACCOUNT_KEY, Unknowns, named_things
from iamsim.symbolic.wording import written_key

if TYPE_CHECKING:
    from iamsim.compile.residual import Leaf, Term
    from iamsim.core.explanation import Explanation
    from iamsim.core.request import ContextValue
    from iamsim.engine.question import Question


class PartialDecision(NamedTuple):
    """What is known of a request in spite of unknown things; without `residual` it is settled.

    `unknowns` are the unknown parts of policies that the decision depends on.
    """

    decision: Decision
    residual: PartialResidual | None
    cases: Cases
    unknowns: tuple[UnknownPart, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Asking:
    """What a residual was asked about, so that it can be asked again in whole."""

    unknowns: Unknowns
    original: Question
    prepared: Prepared
    world: CompiledWorld

    def canonical(self, context: Mapping[str, ContextValue | list[str]]) -> dict[str, ContextValue]:
        """The values by the keys that the terms read; see `canonical_values`."""
        return canonical_values(self.unknowns, self.prepared, context)

    def decides(self, values: Mapping[str, ContextValue]) -> bool:
        """Ask the engine, with values filled in for everything that is unknown."""
        return decide_with_values(self.unknowns, values, self.world).allowed

    def holds_anew(
        self, known: Mapping[str, ContextValue], values: Mapping[str, ContextValue]
    ) -> bool:
        """Ask with other values for keys that are known, then with values for the rest."""
        kept = {
            key: value for key, value in self.original.context.items() if key.lower() not in known
        }
        unset = frozenset(key for key in self.original.unset if key.lower() not in known)
        changed = replace(self.original, context={**kept, **known}, unset=unset)
        answered = answer_partially(changed, self.world)
        if answered.residual is None:
            return answered.allowed
        return answered.residual.holds(
            {key: value if isinstance(value, str) else list(value) for key, value in values.items()}
        )


def answer_partially(question: Question, world: CompiledWorld | None = None) -> Answer:
    """Answer one question with something unknown; see `iamsim.symbolic.partial.answer`."""
    world = world if world is not None else without_world()
    unknowns = named_things(question)
    if prepare(unknowns.question, world).situation.owner_unknown is not None:
        unknowns = unknowns._replace(resource_account=True)
    cases = cases_through_endpoints(cases_of(unknowns, world), unknowns, world)
    if question.principal.endswith(":root") and not is_either_root(cases.request):
        cases.request.absent |= {ASSUMED_ROOT}  # nobody said that it might be a session
    asking = Asking(unknowns, question, cases.found[-1].prepared, world)
    partial = _decide(cases, asking)
    record = RequestRecord(
        question.principal, question.action, question.resource, dict(question.context)
    )

    def residual(terms: list[Term], verb: str) -> PartialResidual:
        solution = remembered_solution(cases.term(terms), cases.shapes)
        return _residual(cases, terms, solution, asking, verb)

    def explanation() -> Explanation:
        return explain_partially(partial.decision, cases, residual)

    return Answer(
        record, partial.decision, partial.residual, explanation, unknowns=partial.unknowns
    )


def decide_partially(prepared: Prepared, world: CompiledWorld | None = None) -> PartialDecision:
    """Decide a prepared question whose unknown things are keys, without explaining it."""
    question = prepared.question
    world = world if world is not None else without_world()
    unknowns = Unknowns(question)
    if prepared.situation.owner_unknown is None:
        cases = single_case(prepared)
    else:
        unknowns = unknowns._replace(resource_account=True)
        cases = cases_of(unknowns, world)
    cases = cases_through_endpoints(cases, unknowns, world)
    return _decide(cases, Asking(unknowns, question, cases.found[-1].prepared, world))


def _decide(cases: Cases, asking: Asking) -> PartialDecision:
    solution = remembered_solution(cases.allowed, cases.shapes)
    if solution.modality is not Modality.SOMETIMES:
        denied = remembered_solution(cases.denied, cases.shapes)
        decision = _settled(cases, solution, denied, asking)
        return PartialDecision(decision, None, cases)
    residual = _residual(
        cases, [case.terms.allowed for case in cases.found], solution, asking, "allowed"
    )
    references = residual.references
    statements = dict.fromkeys(
        statement
        for region in solution.encoding.regions
        for atom in region.atoms
        for statement in references.get(id(atom.leaf), ())
    )
    decision = Decision(
        Verdict.CONDITIONAL,
        Reason.DEPENDS_ON_UNKNOWN,
        None,
        tuple(statements),
        missing_context=residual.keys,
    )
    return PartialDecision(decision, residual, cases, _unknown_parts(cases, residual, asking))


def _unknown_parts(
    cases: Cases, residual: PartialResidual, asking: Asking
) -> tuple[UnknownPart, ...]:
    """The unknown parts of policies that a residual names, in the order of the layers; then other
    facts that the world does not know."""
    keys = {key for region in residual.solution.encoding.regions for key in region.keys}
    unknown_parts: dict[UnknownPart, None] = {}
    for case in cases.found:
        action = case.prepared.request.action
        arrangement = case.prepared.situation.arrange(action)
        for slot, policy, statement in arrangement.open_statements(action):
            if statement.conditions[-1].key in keys:
                for unknown in statement.unknowns:
                    index = None if unknown.whole else statement.index
                    part = UnknownPart(
                        slot.layer.value, policy.name, index, unknown.why, unknown.source
                    )
                    unknown_parts[part] = None
        for untold in case.prepared.situation.untold:
            if any(map(untold.include, keys)):
                unknown_parts[untold.part] = None
    if keys.isdisjoint((ACCOUNT_KEY.lower(), RESOURCE_ACCOUNT)):
        return tuple(unknown_parts)
    asked = prepare(asking.original, asking.world)
    owner = asked.situation.owner_unknown
    if owner is not None:
        name = asked.question.resource
        unknown_parts[UnknownPart("resource", name, None, owner.why, owner.source, "account")] = (
            None
        )
    return tuple(unknown_parts)


def _residual(
    cases: Cases, terms: list[Term], solution: Solution, asking: Asking, verb: str
) -> PartialResidual:
    """The residual of terms, one for each case."""
    branches = tuple(
        Branch(case.condition, term, case.prepared.request)
        for case, term in zip(cases.found, terms, strict=True)
    )
    names = _names(asking.original, solution)
    references = _references(cases, solution)
    return PartialResidual(branches, solution, asking, references, names, verb)


def _settled(cases: Cases, solution: Solution, denied: Solution, asking: Asking) -> Decision:
    """The decision that holds for all values; its reasons are those of one completion."""
    wanted = Verdict.ALLOWED
    point: Mapping[str, ContextValue] | None = sent_values(
        [*solution.encoding.regions, *denied.encoding.regions]
    )
    if solution.modality is not Modality.ALWAYS:
        wanted = Verdict.IMPLICIT_DENY
        if denied.modality is Modality.ALWAYS:
            wanted = Verdict.EXPLICIT_DENY
        elif denied.modality is Modality.SOMETIMES:
            point = denied.denying
    if point is not None:
        # The trace shows the first case; with unknown layers, it takes policies that say something,
        # and of a root ARN the values say who calls.
        decision = (
            decide_with_values(asking.unknowns, point, asking.world)
            if asking.unknowns.layers or is_either_root(cases.request)
            else _decide_at(cases.found[0], point)
        )
        if decision.verdict is wanted:
            return decision
    reason = {
        Verdict.ALLOWED: Reason.ALLOWED,
        Verdict.EXPLICIT_DENY: Reason.EXPLICITLY_DENIED,
        Verdict.IMPLICIT_DENY: Reason.NO_WAY_IN,
    }[wanted]
    return Decision(wanted, reason, None)


def _decide_at(case: Case, point: Mapping[str, ContextValue]) -> Decision:
    """Decide with values of the unknown keys filled in."""
    request = case.prepared.request
    completed = replace(request, context={**request.context, **point}, settled=True)
    return case.prepared.situation.decide(completed)


def _references(cases: Cases, solution: Solution) -> dict[int, tuple[StatementReference, ...]]:
    """The statements that each open test stands in, by the test's identity."""
    references: dict[int, dict[StatementReference, None]] = {}
    of_things = [
        atom.leaf
        for region in solution.encoding.regions
        for atom in region.atoms
        if isinstance(atom.leaf, ConditionTest) and atom.leaf.source is NOWHERE
    ]
    for case in cases.found:
        request = case.prepared.request
        for other_station in case.terms.stations:
            station = other_station.station
            if station.policies is None or not station.applies:
                continue
            for policy, statement in station.policies.candidates(request.action):
                leaves: list[Leaf] = [
                    leaf for leaf in of_things if asks_for(statement, leaf, request.caller)
                ]
                if statement.unknowns or any(map(request.is_unknown, statement.keys)):
                    patterns = () if statement.resources is None else statement.resources.patterns
                    leaves += [*statement.conditions, *patterns]
                if leaves:
                    made = reference(station.slot, policy, statement)
                    for leaf in leaves:
                        references.setdefault(id(leaf), {})[made] = None
    return {leaf: tuple(statements) for leaf, statements in references.items()}


def _names(question: Question, solution: Solution) -> dict[str, str]:
    """How keys are written: as the question does, else as the policies do."""
    names = {
        key: written_key(region, key) for region in solution.encoding.regions for key in region.keys
    }
    return {**names, **{key.lower(): key for key in question.unknown}}
