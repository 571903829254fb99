"""One question to its end: a confirmed request, a proof that there is none, or why neither.

A policy variable whose value is not settled is first read as any text where it helps a request,
and as no text where it would stop one: if there is no request even so, that is a proof. Otherwise
values are tried for it, and only a request that was confirmed counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from iamsim.proofs.budget import Budget, OutOfBudgetError
from iamsim.proofs.conditions import Domain, InexactError, KeyTest, Nothing, find_value
from iamsim.proofs.formula import Formula, Junction, ResourceIn
from iamsim.proofs.globs import Glob, Open, literal_glob
from iamsim.proofs.result import UNKNOWN_PARTS
from iamsim.proofs.search import Model, Place, Problem, Space, search

if TYPE_CHECKING:
    from typing import Any

    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.core.unknown import Unknown

    Values = Mapping[str, ContextValue | None]
    Tests = Mapping[str, tuple[KeyTest, ...]]
    Rules = Callable[[Values, Tests], Formula]

CANDIDATES = 12  # requests that the engine may refuse before it is left open
ASSIGNMENTS = 48  # values of policy variables that are tried together
VALUES = 6  # of one variable
UNCONFIRMED = "the search found a request that the engine does not confirm: {action} on {resource}"
VARIABLES = "it depends on policy variables whose values were not found: {keys}"
MIXED = "one context key is compared in ways that can't be settled together"


class Other(Enum):
    """Some value that was not tried."""

    OTHER = "other"


OTHER = Other.OTHER


class Supposed(NamedTuple):
    """What parts of policies that are not known could be: `helping` a request, or stopping it. Why
    they are not known is in `unknowns`."""

    helping: Values
    stopping: Values
    unknowns: tuple[Unknown, ...]

    @classmethod
    def of(
        cls, helpful: Iterable[CompiledStatement], others: Iterable[CompiledStatement]
    ) -> Supposed | None:
        """What statements could be: an Allow of the `helpful` helps, a Deny stops; of the others it
        is the other way round. `None` where all is known."""
        helping: dict[str, ContextValue | None] = {}
        stopping: dict[str, ContextValue | None] = {}
        unknowns: dict[Unknown, None] = {}
        for statements, turned in ((helpful, False), (others, True)):
            for statement in statements:
                if statement.unknowns:
                    key = statement.conditions[-1].key  # its open test
                    helps = statement.denies is turned
                    helping[key] = "true" if helps else None
                    stopping[key] = None if helps else "true"
                    unknowns.update(dict.fromkeys(statement.unknowns))
        return cls(helping, stopping, tuple(unknowns)) if unknowns else None


class Case(NamedTuple):
    """One question: the space of actions and resources, what is known of keys, the formula (made
    anew for more known keys), and how a request is confirmed."""

    space: Space
    place: Place
    known: Values
    domain: Callable[[str], Domain]
    rules: Rules
    formula: Callable[[Values], Formula]
    variables: frozenset[str]
    confirm: Callable[[Model, Values], Mapping[str, Any] | None]
    supposed: Supposed | None = None


class Settled(NamedTuple):
    """A witness; or why there may be one; or, with neither, the proof that there is none."""

    witness: Mapping[str, Any] | None = None
    why: str | None = None


def settle(case: Case, budget: Budget) -> Settled:
    """Settle a case. Where parts of policies are not known, only what holds whatever they are is a
    proof, or a witness."""
    supposed = case.supposed
    if supposed is None:
        return _settled(case, budget)
    best = _settled(case._replace(known={**case.known, **supposed.helping}), budget)
    if best == Settled():
        return best
    worst = _settled(case._replace(known={**case.known, **supposed.stopping}), Budget())
    if worst.witness is not None:
        return worst
    reasons = [
        f"{unknown.why} ({unknown.source})" if unknown.source else unknown.why
        for unknown in supposed.unknowns
    ]
    return Settled(why=f"{UNKNOWN_PARTS}: {'; '.join(reasons)}")


def _settled(case: Case, budget: Budget) -> Settled:
    """Settle a case in which all is known."""
    try:
        settled, model, formula = _searched(case, case.known, budget)
        if settled.why is None or not case.variables:
            return settled
        choices = _choices(case, formula, model, budget)
        excluded = True
        for values in islice(_assignments(choices), ASSIGNMENTS):
            found, _, _ = _searched(case, {**case.known, **values}, budget)
            if found.witness is not None:
                return found
            excluded = excluded and found.why is None
        if excluded and _excludes_others(case, choices, budget):
            return Settled()
        return Settled(why=VARIABLES.format(keys=", ".join(sorted(case.variables))))
    except OutOfBudgetError as limit:
        return Settled(why=f"the search was cut off: {limit.what}")
    except InexactError:
        return Settled(why=MIXED)


def _searched(case: Case, known: Values, budget: Budget) -> tuple[Settled, Model | None, Formula]:
    """Search once; `why` is set where a request was found and not confirmed."""
    formula = case.formula(known)
    problem = Problem(
        case.space,
        case.domain,
        known,
        lambda values, tests: case.rules({**known, **values}, tests),
        budget,
    )
    last = None
    for model in islice(search(problem, case.place, formula), CANDIDATES):
        last = model
        witness = case.confirm(model, known)
        if witness is not None:
            return Settled(witness), model, formula
    if last is None:
        return Settled(), None, formula
    why = UNCONFIRMED.format(action=last.action, resource=last.resource)
    return Settled(why=why), last, formula


def _choices(
    case: Case, formula: Formula, model: Model | None, budget: Budget
) -> dict[str, list[ContextValue | None]]:
    """Values for each key in policy variables: those that policies compare it with, those that the
    request found suggests, some other one, and none."""
    choices: dict[str, list[ContextValue | None]] = {}
    for key in sorted(case.variables):
        domain = case.domain(key)
        values: dict[ContextValue | None, None] = {}
        suggested = [] if model is None else _captured(formula, key, model)
        for text in (*suggested, *_compared(formula, key)):
            if text:
                values[text] = None
        usual = find_value((), domain._replace(absent=False), case.known, budget)
        if not isinstance(usual, Nothing):
            values.setdefault(usual, None)
        ordered = list(values)[:VALUES]
        choices[key] = [*ordered, None] if domain.absent else ordered
    return choices


def _assignments(
    choices: Mapping[str, Iterable[ContextValue | None]],
) -> Iterator[dict[str, ContextValue | None]]:
    """Every way to give values to the keys in policy variables."""
    for chosen in product(*choices.values()):
        yield dict(zip(choices, chosen, strict=True))


def _excludes_others(
    case: Case, choices: Mapping[str, list[ContextValue | None]], budget: Budget
) -> bool:
    """Whether there is no request either where some keys in policy variables have none of the
    values that were tried; those of which another one is asked for stay open."""
    if any(case.domain(key).many for key in choices):
        return False
    if prod(len(values) + 1 for values in choices.values()) > ASSIGNMENTS:
        return False
    cases = product(*([*values, OTHER] for values in choices.values()))
    for chosen in cases:
        given = dict(zip(choices, chosen, strict=True))
        others = frozenset(key for key, value in given.items() if value is OTHER)
        if not others:
            continue
        values = {key: value for key, value in given.items() if not isinstance(value, Other)}

        def domain(key: str, others: frozenset[str] = others) -> Domain:
            found = case.domain(key)
            if key not in others:
                return found
            tried = (literal_glob(text) for text in choices[key] if isinstance(text, str))
            return found._replace(absent=False, avoided=(*found.avoided, *tried))

        found, _, _ = _searched(case._replace(domain=domain), {**case.known, **values}, budget)
        if found != Settled():
            return False
    return True


def _leaves(formula: Formula) -> Iterator[KeyTest | ResourceIn]:
    waiting: list[Formula] = [formula]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Junction):
            waiting.extend(part.parts)
        elif isinstance(part, KeyTest | ResourceIn):
            yield part


def _compared(formula: Formula, key: str) -> Iterable[str]:
    for leaf in _leaves(formula):
        if isinstance(leaf, KeyTest) and leaf.condition.key == key:
            for template in leaf.condition.values.templates:
                if not template.keys:
                    yield template.text


def _captured(formula: Formula, key: str, model: Model) -> Iterable[str]:
    """What stands in a resource where a pattern has the variable of a key."""
    for leaf in _leaves(formula):
        if not isinstance(leaf, ResourceIn):
            continue
        for glob in leaf.globs:
            start = _head_before(glob, key)
            if start is not None and model.resource.startswith(start):
                rest = model.resource[len(start) :]
                yield rest.partition("/")[0]
                yield rest


def _head_before(glob: Glob, key: str) -> str | None:
    """The literal beginning of a glob, up to the variable of a key."""
    found: list[str] = []
    for atom in glob.atoms:
        if isinstance(atom, Open):
            return "".join(found) if atom.variable.partition(" ")[0] == key else None
        if not isinstance(atom, str):
            return None
        found.append(atom)
    return None
