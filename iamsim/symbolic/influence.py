"""Which context keys can change a decision, because of which statements, and at which values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.compile.residual import Atom
from iamsim.engine import authorize
from iamsim.engine.plan import reference
from iamsim.engine.terms import decision_terms
from iamsim.symbolic.formula import OutOfBudgetError
from iamsim.symbolic.lists import listed_keys
from iamsim.symbolic.regions import Region, cut_regions
from iamsim.symbolic.remembered import remembered_solution
from iamsim.symbolic.solve import Modality
from iamsim.symbolic.wording import written_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamsim.compile.residual import Leaf
    from iamsim.core.decision import StatementReference, Verdict
    from iamsim.core.explanation import Explanation
    from iamsim.core.request import ContextValue, Request
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.engine.terms import DecisionTerms
    from iamsim.engine.world import CompiledWorld
    from iamsim.symbolic.solve import Solution

__all__ = ["InfluencingKey", "TestValue", "influencing_keys", "with_matters"]


class TestValue(NamedTuple):
    """A value that a tester should try (`None`: the key is absent), and the verdict it gives with
    the rest of the request as asked."""

    value: ContextValue | None
    verdict: Verdict


class InfluencingKey(NamedTuple):
    """A context key that statements about the request read.

    `values` are one for each verdict-relevant kind of value, the key's absence included;
    `flips` says whether they give different verdicts, all else being as asked; `can_matter`
    whether it can matter at all, with other values of the other keys.
    """

    key: str
    statements: tuple[StatementReference, ...]
    values: tuple[TestValue, ...]
    flips: bool
    can_matter: bool


def with_matters(
    explanation: Explanation, prepared: Prepared, terms: DecisionTerms | None = None
) -> Explanation:
    """Say of each missing key whether some value of it could change the verdict."""
    if not explanation.missing:
        return explanation
    needed: set[str] | None = None
    if terms is not None:
        needed = _both_supports(terms, listed_keys(prepared.situation, prepared.request.action))
    missing = tuple(
        replace(
            key,
            matters=key.key in needed
            if needed is not None and prepared.request.is_unknown(key.key)
            else _matters(prepared, key.key),
        )
        for key in explanation.missing
    )
    return replace(explanation, missing=missing)


def _matters(prepared: Prepared, key: str) -> bool:
    """Whether a key changes the verdict when it is unknown beside what else is unknown."""
    request = prepared.request
    opened = replace(request, unknown=request.unknown | {key}, absent=request.absent - {key})
    terms = decision_terms(prepared.situation, opened)
    return key in _both_supports(terms, listed_keys(prepared.situation, request.action))


def _both_supports(terms: DecisionTerms, listed: frozenset[str]) -> set[str]:
    """The keys on which it depends whether a request is allowed or denied explicitly."""
    allowed = _support(remembered_solution(terms.allowed, listed))
    return allowed | _support(remembered_solution(terms.denied, listed))


def _support(solution: Solution) -> set[str]:
    """The keys on which a term depends."""
    if solution.modality is not Modality.SOMETIMES:
        return set()
    try:
        cubes, encoding = solution.cubes()
    except OutOfBudgetError:
        return {key for region in solution.encoding.regions for key in region.keys}
    keys: set[str] = set()
    for cube in cubes:
        for variable, values in enumerate(cube):
            if values != encoding.full[variable]:
                source = encoding.sources[variable]
                keys.update(source.keys if isinstance(source, Region) else source.leaf.keys)
    return keys


def influencing_keys(
    question: Question, world: CompiledWorld | None = None
) -> tuple[InfluencingKey, ...]:
    """The keys that can influence a request, those that flip its verdict first, then by name.

    A key influences a request when a statement about its action, principal and resource reads it.
    """
    prepared = authorize.prepare(replace(question, unknown=frozenset(), partial=False), world)
    situation, request = prepared.situation, prepared.request
    readers = _readers(situation, request)
    everything = _opened(request, readers)
    listed = listed_keys(situation, request.action)
    joint = _support(remembered_solution(decision_terms(situation, everything).allowed, listed))
    found = [
        _influence(situation, request, key, reader, can_matter=key in joint)
        for key, reader in readers.items()
    ]
    found.sort(key=lambda one: (not one.flips, not one.can_matter, one.key.lower()))
    return tuple(found)


@dataclass(slots=True)
class _Reader:
    """The statements that read one key, and the tests in them that do."""

    statements: list[StatementReference] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)


def _readers(situation: Situation, request: Request) -> dict[str, _Reader]:
    """What reads each key, among the statements that can match the request."""
    readers: dict[str, _Reader] = {}
    for station in situation.arrange(request.action).stations:
        if station.policies is None or not station.applies:
            continue
        seen = station.view(request)
        for policy, statement in station.policies.candidates(request.action):
            if not statement.keys or statement.residual(_opened(seen, statement.keys)) is False:
                continue
            made = reference(station.slot, policy, statement)
            patterns = () if statement.resources is None else statement.resources.patterns
            leaves: list[Leaf] = [*statement.conditions, *patterns]
            for key in statement.keys:
                reader = readers.setdefault(key, _Reader())
                reader.statements.append(made)
                reader.leaves += [leaf for leaf in leaves if key in leaf.keys]
    return readers


def _opened(request: Request, keys: Iterable[str]) -> Request:
    """The request with some keys unknown, whatever it says of them."""
    unknown = frozenset(keys)
    context = {name: value for name, value in request.context.items() if name not in unknown}
    return replace(request, unknown=unknown, context=context, absent=frozenset())


def _influence(
    situation: Situation, request: Request, key: str, reader: _Reader, *, can_matter: bool
) -> InfluencingKey:
    """Try one value of each kind of one key, all else as asked."""
    opened = _opened(request, [key])
    values: dict[ContextValue | None, Verdict] = {None: situation.decide(opened).verdict}
    name = key
    tests = [Atom(leaf, opened) for leaf in reader.leaves]
    for region in cut_regions(tests):
        name = written_key(region, key)
        for cell in region.cells:
            usual = [point[key] for point in cell if point and region.is_usual(point)]
            usual.sort(key=lambda value: value in {"", ("",), ()})
            for value in usual[:1]:
                decided = situation.decide(replace(opened, context={**opened.context, key: value}))
                values.setdefault(value, decided.verdict)
    tried = tuple(TestValue(value, verdict) for value, verdict in values.items())
    flips = len(set(values.values())) > 1
    return InfluencingKey(name, tuple(reader.statements), tried, flips, can_matter or flips)
