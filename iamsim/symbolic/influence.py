"""Which context keys can change a decision, because of which statements, and at which values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from iamsim.compile.condition import ConditionTest
from iamsim.compile.residual import Atom, Leaf, Term
from iamsim.core.data_class import NamedTuple, dataclass, field, replace
from iamsim.engine import authorize
from iamsim.engine.plan import reference
from iamsim.engine.terms import decision_terms
from iamsim.symbolic.formula import OutOfBudgetError
from iamsim.symbolic.lists import Shapes, listed_keys
from iamsim.symbolic.literals import literal_values
from iamsim.symbolic.regions import Region, cut_regions
from iamsim.symbolic.remembered import remembered_solution
from iamsim.symbolic.solve import Modality, Solution
from iamsim.symbolic.wording import written_key

if TYPE_CHECKING:
    from iamsim.core.decision import StatementReference, Verdict
    from iamsim.core.explanation import Explanation
    from iamsim.core.request import ContextValue, Request
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.engine.world import CompiledWorld
    from iamsim.symbolic.cases import Cases

MOST_SAMPLES = 16
NOTHING_BESIDE: Mapping[str, ContextValue] = MappingProxyType({})


class TestValue(NamedTuple):
    """A value that a tester should try (`None`: the key is absent), and the verdict it gives with
    the rest of the request as asked."""

    value: ContextValue | None
    verdict: Verdict


class InfluencingKey(NamedTuple):
    """A context key that statements about the request read.

    `values` are one for each verdict-relevant kind of value, the key's absence included;
    `flips` says whether they give different verdicts, all else being as asked; `can_matter`
    whether it can matter at all, with other values of the other keys. Where it matters only so,
    `beside` are values of other keys with which `values` were tried.
    """

    key: str
    statements: tuple[StatementReference, ...]
    values: tuple[TestValue, ...]
    flips: bool
    can_matter: bool
    beside: Mapping[str, ContextValue] = NOTHING_BESIDE


def with_matters(explanation: Explanation, cases: Cases) -> Explanation:
    """Say of each missing key whether some value of it could change the verdict, beside what else
    is unknown."""
    if not explanation.missing:
        return explanation
    needed = _supports(cases.allowed, cases.denied, shapes=cases.shapes)
    missing = tuple(
        replace(
            key,
            unknown=cases.request.is_unknown(key.key),
            matters=key.key
            in (
                needed
                if cases.request.is_unknown(key.key)
                else _supports(*cases.opened(key.key), shapes=cases.shapes)
            ),
        )
        for key in explanation.missing
    )
    return replace(explanation, missing=missing)


def _supports(*terms: Term, shapes: Shapes) -> set[str]:
    """The keys on which some of the terms depend."""
    return set().union(*(_support(remembered_solution(term, shapes)) for term in terms))


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
    shapes = Shapes(listed_keys(situation, request.action))
    solution = remembered_solution(decision_terms(situation, everything).allowed, shapes)
    joint = _support(solution)
    found = []
    for key, reader in readers.items():
        one = _influence(situation, request, key, reader, can_matter=key in joint)
        if not one.flips and one.can_matter and solution.allowing is not None:
            # Beside values with which the request is allowed, this key may decide.
            beside = {name: of for name, of in solution.allowing.items() if name != key}
            context = {**everything.context, **beside}
            other = _influence(
                situation, replace(request, context=context), key, reader, can_matter=True
            )
            if other.flips:
                one = other._replace(flips=False, beside=_written(beside, readers))
        found.append(one)
    found.sort(key=lambda entry: (not entry.flips, not entry.can_matter, entry.key.lower()))
    return tuple(found)


def _written(
    values: Mapping[str, ContextValue], readers: Mapping[str, _Reader]
) -> Mapping[str, ContextValue]:
    """Values by key as the policies write the keys."""
    names = {
        leaf.key: leaf.written_key
        for reader in readers.values()
        for leaf in reader.leaves
        if isinstance(leaf, ConditionTest)
    }
    return {names.get(key, key): value for key, value in sorted(values.items())}


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


def _samples(region: Region, key: str) -> list[ContextValue]:
    """One value of each kind; of numbers, moments and addresses all, on both sides of an edge."""
    need = region.needs[key]
    if need.typed:
        points = [point for cell in region.cells for point in cell if point]
        values = [point[key] for point in points if region.is_usual(point)]
        families = [literal_values(*parts) for parts in need.typed.items()]
        places = {text: number for family in families for number, text in enumerate(family)}
        plain = [value for value in values if isinstance(value, str)]
        if len(plain) <= MOST_SAMPLES:
            plain.sort(key=lambda text: places.get(text, len(places)))
            return [*plain]
    samples = []
    for cell in region.cells:
        usual = [point[key] for point in cell if point and region.is_usual(point)]
        usual.sort(key=lambda value: value in {"", ("",), ()})
        samples += usual[:1]
    return samples


def _influence(
    situation: Situation, request: Request, key: str, reader: _Reader, *, can_matter: bool
) -> InfluencingKey:
    """Try one value of each kind of one key, all else as asked."""
    opened = _opened(request, [key])
    values: dict[ContextValue | None, Verdict] = {}

    def attempt(value: ContextValue | None) -> None:
        if value not in values:
            context = opened.context if value is None else {**opened.context, key: value}
            values[value] = situation.decide(replace(opened, context=context)).verdict

    attempt(None)
    attempt(request.context.get(key))
    name = key
    tests = [Atom(leaf, opened) for leaf in reader.leaves]
    for region in cut_regions(tests):
        name = written_key(region, key)
        for value in _samples(region, key):
            attempt(value)
    tried = tuple(TestValue(value, verdict) for value, verdict in values.items())
    flips = len(set(values.values())) > 1
    return InfluencingKey(name, tuple(reader.statements), tried, flips, can_matter or flips)
