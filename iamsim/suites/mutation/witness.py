"""The request that tells a mutant from the original, where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog import find_action
from iamsim.catalog.keys import spelled
from iamsim.core.decision import PolicyType, Verdict
from iamsim.core.errors import IamsimError
from iamsim.engine.authorize import Prepared, prepare
from iamsim.engine.question import Question
from iamsim.suites.mutation.surroundings import Surroundings, actions_of, resources_of
from iamsim.suites.told import REGION_KEY, has_global_region, in_its_region, is_told
from iamsim.suites.vicinity import takes
from iamsim.symbolic.partial import answer, decide
from iamsim.symbolic.samples import sample_values

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.core.request import ContextValue
    from iamsim.core.work import Work
    from iamsim.engine.world import CompiledWorld
    from iamsim.suites.mutation.mutants import Mutant

_TRIES = 90  # triples of principal, action and resource that are looked at
_MOST = 12  # principals, actions, resources of each kind
# Keys with a usual value that a caller can change.
_VARYING = frozenset({"aws:securetransport", "aws:requestedregion", "aws:currenttime"})


class Witness(NamedTuple):
    """A request that is decided in two ways: before the change, and after it."""

    question: Question
    before: Verdict
    after: Verdict


def find_witness(
    mutant: Mutant,
    world: CompiledWorld,
    changed: Callable[[], CompiledWorld],
    around: Surroundings,
    asked: Sequence[Question],
    budget: Work,
) -> Witness | None:
    """Look for a request that the mutant decides otherwise, near the questions of the suite and the
    patterns of the statement; one that is allowed in one of the worlds is preferred.

    Context keys are left open, and the conditions of both worlds say which values to try. Ends when
    the budget refuses.
    """
    weaker: Witness | None = None
    statements = (mutant.before, mutant.after)
    known = [statement for statement in statements if statement is not None]
    read = {key for statement in known for key in statement.keys}
    tests = [test for statement in known for test in statement.conditions][:_MOST]
    for question in _candidates(mutant, around, asked):
        # Behind these comes what AWS is hardly asked.
        enough = weaker is not None and not takes(question.action, question.resource)
        if enough or not budget.take():
            break
        opened = replace(question, context={}, partial=True, unknown=_VARYING & read)
        try:
            prepared = prepare(opened, world)
        except IamsimError:
            continue
        if not mutant.differs(prepared):
            continue
        opened = replace(opened, unset=question.unset | _told(prepared))
        own = question.context.keys()
        tried: set[frozenset[tuple[str, ContextValue]]] = set()
        for context in _contexts(question, opened, (world, changed()), tests):
            entries = frozenset(context.items())
            if entries in tried:
                continue
            tried.add(entries)
            if any(_is_fact(key.lower(), question) for key in context.keys() - own):
                continue
            written = {spelled(key): value for key, value in context.items()}
            full = replace(question, context=written, partial=False, unknown=frozenset())
            full = in_its_region(full)
            if not budget.take():
                return weaker
            try:
                before, after = decide(full, world).verdict, decide(full, changed()).verdict
            except IamsimError:
                continue
            if before is after or Verdict.CONDITIONAL in {before, after}:
                continue
            witness = Witness(full, before, after)
            if "allowed" in {before.value, after.value}:
                return witness
            weaker = weaker or witness
    return weaker


def _contexts(
    question: Question,
    opened: Question,
    worlds: tuple[CompiledWorld, CompiledWorld],
    tests: Sequence[ConditionTest],
) -> Iterator[Mapping[str, ContextValue]]:
    """The context that was asked with, those on which the decision of either world turns, and these
    with each value that the conditions of the changed statement mention, or without their keys."""
    contexts: list[Mapping[str, ContextValue]] = [question.context]
    for base in ({}, question.context) if question.context else ({},):
        for world in worlds:
            try:
                residual = answer(replace(opened, context=base), world).residual
                examples = residual.examples() if residual is not None else ()
            except IamsimError:
                continue
            contexts += [
                {**base, **{key: _value(value) for key, value in example.items()}}
                for example in examples
                if example is not None
            ]
    yield from contexts
    for context in contexts:
        for test in tests:
            rest = {key: value for key, value in context.items() if key.lower() != test.key}
            yield rest
            for value, _ in sample_values((test,), context):
                yield {**rest, test.written_key: value}


def _told(prepared: Prepared) -> frozenset[str]:
    """The keys that statements read and that are facts: where they can't be derived, the request
    has none."""
    request, principal = prepared.request, prepared.question.principal
    read = {
        key
        for station in prepared.situation.arrange(request.action).stations
        if station.policies is not None
        for _, statement in station.policies.candidates(request.action)
        for key in statement.keys
    }
    return frozenset(key for key in read - request.context.keys() if is_told(key, principal))


def _is_fact(key: str, question: Question) -> bool:
    """Whether nobody can send another value of a key with such a request."""
    if key == REGION_KEY:
        return has_global_region(question.action)
    return is_told(key, question.principal)


def _value(value: str | list[str]) -> ContextValue:
    return value if isinstance(value, str) else tuple(value)


def _candidates(
    mutant: Mutant, around: Surroundings, asked: Sequence[Question]
) -> Iterator[Question]:
    """Questions near the change: the suite's own first, then who and what the policy is about, with
    the actions and resources that the statements there name."""
    near = [question for question in asked if mutant.concerns(question.action.lower())]
    yield from islice(near, _MOST)
    bases = _bases(mutant, around, near or asked)
    statements = [statement for statement in (mutant.before, mutant.after) if statement is not None]
    guarded = around.guarded(mutant.subject.source)[:_MOST]
    pointed = [*guarded, *resources_of(statements, {})][:_MOST]

    def turned(action: str) -> bool:
        return mutant.turns(action.lower()) and any(takes(action, text) for text in pointed)

    triples = []
    for at, base in enumerate(bases):
        told = [*around.allowing(base.principal), *(statements or mutant.all_statements)]
        named_actions = actions_of(told, turned)
        covered = [name for name in named_actions if mutant.concerns(name.lower())][:_MOST]
        for beside, action in enumerate(covered or [base.action]):
            asking = replace(base, action=action)
            named = [*around.named_by(asking, statements, guarded, 2 * _MOST), base.resource, "*"]
            named += around.usual(asking)
            triples += [
                (not takes(action, resource), at + beside + rank, base, action, resource)
                for rank, resource in enumerate(list(dict.fromkeys(named))[: 2 * _MOST])
                if resource == "*" or takes(action, resource) or not find_action(action)
            ]
    # What AWS is asked like this, and is near in every respect, comes first.
    triples.sort(key=itemgetter(0, 1))
    for _, _, base, action, resource in islice(triples, _TRIES):
        yield replace(base, action=action, resource=resource)


def _bases(mutant: Mutant, around: Surroundings, asked: Sequence[Question]) -> list[Question]:
    """Who asks: those for whom the policy counts, those that it names, those of the suite."""
    names = around.holders(mutant.subject.source)[: _MOST // 2]
    named = [
        pattern.text
        for statement in (mutant.before, mutant.after, *mutant.all_statements)
        if statement is not None and statement.principals is not None
        for pattern in statement.principals.patterns
        if pattern.kind in {"AWS", "Service"} and "*" not in pattern.text
    ]
    names += list(dict.fromkeys(named))[: _MOST // 2]
    if mutant.subject.policy_type in {PolicyType.RESOURCE, PolicyType.TRUST}:
        names = [*names, *around.strangers, *around.principals[: _MOST // 2]]
    known = {question.principal: question for question in asked}
    chosen = dict.fromkeys([*names[:_MOST], *list(known)[:_MOST]])
    return [known.get(name) or Question(name, "sts:GetCallerIdentity") for name in chosen]
