"""Edits with which a Deny statement would not be about a request any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from iamsim.core.request import GrantKind
from iamsim.engine.formula import GUARDRAILS, RESOURCE_POLICIES, Slot
from iamsim.query.edits.contexts import context_that_fails
from iamsim.query.edits.model import Edit, EditKind
from iamsim.query.edits.parts import action_name, resource_pattern
from iamsim.query.edits.steps import Step

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.span import Path
    from iamsim.engine.arrangement import Station
    from iamsim.engine.authorize import Prepared
    from iamsim.query.edits.place import Place
    from iamsim.query.edits.places import Places
    from iamsim.query.edits.trial import Trial

# Negated operators whose list of values says what is spared.
SPARING = frozenset(
    {
        "ArnNotEquals",
        "ArnNotLike",
        "NotIpAddress",
        "StringNotEquals",
        "StringNotEqualsIgnoreCase",
        "StringNotLike",
    }
)
PRINCIPAL_KEY = "aws:PrincipalArn"
EXCEPTING = "ArnNotEquals"
SPECIAL = frozenset("*?$")
# Where one policy is about many callers, one of them can be excepted.
SHARED = frozenset({*RESOURCE_POLICIES, *GUARDRAILS} - {Slot.PUBLIC_ACCESS})
NAMED = GrantKind.USER | GrantKind.ROLE
Narrowed = tuple[str, tuple[Step, ...], tuple[str, ...], tuple[str, ...]]


def ways_to_except(
    station: Station,
    place: Place,
    statement: CompiledStatement,
    prepared: Prepared,
    places: Places,
    trial: Trial,
) -> list[Edit]:
    """Give the edits with each of which a Deny spares the request, the smallest first."""
    request = station.view(prepared.request)
    edits = list(
        context_that_fails(statement.conditions, prepared.question, request.context, request.caller)
    )
    data = trial.data(place)
    if data is None:
        return edits
    narrowed = list(_exceptions(station, statement, prepared))
    narrowed += narrowings(station, statement, prepared)
    excepted = request.caller.principal_arn
    if excepted is not None and (station.slot in SHARED or place.uses > 1 or not narrowed):
        narrowed += _caller_excepted(statement, excepted)
    edits += [
        places.edit(
            place,
            kind=EditKind.EXCEPT,
            steps=steps,
            statement=statement.index,
            sid=statement.sid,
            effect="Deny",
            element=element,
            added=added,
            removed=removed,
        )
        for element, steps, added, removed in narrowed
    ]
    if not narrowed and place.policy is not None and len(place.policy.statements) > 1:
        edits.append(removal(place, statement, places))
    return edits


def removal(place: Place, statement: CompiledStatement, places: Places) -> Edit:
    """Take a statement out of its policy, which keeps others."""
    return places.edit(
        place,
        kind=EditKind.REMOVE_STATEMENT,
        steps=(Step.drop(statement.path),),
        statement=statement.index,
        sid=statement.sid,
        effect=statement.effect,
    )


def _exceptions(
    station: Station, statement: CompiledStatement, prepared: Prepared
) -> Iterator[Narrowed]:
    """What a Deny spares already, with one more."""
    request = station.view(prepared.request)
    context = request.context
    action = action_name(prepared.question.action)
    for test in statement.conditions:
        value = context.get(test.key)
        spares = test.operator.base in SPARING and not test.operator.set_operator
        if spares and isinstance(value, str) and not SPECIAL & set(value):
            added = (f"{test.written_key} = {value}",)
            yield "Condition", (Step.add(test.path, value),), added, ()
    if statement.actions.negated:
        yield "NotAction", (Step.add(_path(statement, "NotAction"), action),), (action,), ()
    resources = statement.resources
    if resources is not None and resources.negated and request.resource != "*":
        pattern = resource_pattern(request.resource)
        yield "NotResource", (Step.add(_path(statement, "NotResource"), pattern),), (pattern,), ()


def _caller_excepted(statement: CompiledStatement, arn: str) -> Iterator[Narrowed]:
    """A condition more: the caller must be another one."""
    wanted = EXCEPTING.lower()
    operators = {test.written_operator for test in statement.conditions}
    keys = {test.key for test in statement.conditions if test.written_operator.lower() == wanted}
    if PRINCIPAL_KEY.lower() in keys:
        return
    written = next((name for name in operators if name.lower() == wanted), None)
    path = _path(statement, "Condition")
    if not statement.conditions:
        condition = {EXCEPTING: {PRINCIPAL_KEY: arn}}
        step = Step.insert(statement.path, "Condition", condition)
    elif written is None:
        step = Step.insert(path, EXCEPTING, {PRINCIPAL_KEY: arn})
    else:
        step = Step.insert((*path, written), PRINCIPAL_KEY, arn)
    yield "Condition", (step,), (f"{EXCEPTING} {PRINCIPAL_KEY} = {arn}",), ()


def narrowings(
    station: Station, statement: CompiledStatement, prepared: Prepared
) -> Iterator[Narrowed]:
    """Take the request out of what a statement lists: its action, its resource, its principal;
    or turn `*` into everything but that."""
    request = station.view(prepared.request)
    actions, resources = statement.actions, statement.resources
    if not actions.negated:
        action = action_name(prepared.question.action)
        matched = [pattern for pattern in actions.patterns if pattern.matches(request)]
        yield from _taken_out(
            "Action",
            [(pattern.pattern, pattern.path) for pattern in matched],
            exact=all(pattern.pattern.lower() == request.action for pattern in matched),
            total=len(actions.patterns),
        )
        if [pattern.pattern for pattern in actions.patterns] == ["*"]:
            step = Step.rename(_path(statement, "Action"), "NotAction", [action])
            yield "NotAction", (step,), (action,), ("*",)
    if resources is not None and not resources.negated and request.resource != "*":
        patterns = [pattern for pattern in resources.patterns if pattern.matches(request)]
        yield from _taken_out(
            "Resource",
            [(pattern.pattern, pattern.path) for pattern in patterns],
            exact=all(pattern.pattern == request.resource for pattern in patterns),
            total=len(resources.patterns),
        )
        if [pattern.pattern for pattern in resources.patterns] == ["*"]:
            pattern = resource_pattern(request.resource)
            step = Step.rename(_path(statement, "Resource"), "NotResource", [pattern])
            yield "NotResource", (step,), (pattern,), ("*",)
    principals = statement.principals
    if principals is not None and not principals.negated:
        named = [pattern for pattern in principals.patterns if pattern.grant(request.caller)]
        kind = {pattern.kind for pattern in named}
        yield from _taken_out(
            "Principal",
            [(pattern.text, pattern.path) for pattern in named],
            exact=all(pattern.grant(request.caller) & NAMED for pattern in named),
            total=sum(pattern.kind in kind for pattern in principals.patterns),
        )


def _taken_out(
    element: str, matched: Sequence[tuple[str, Path]], *, exact: bool, total: int
) -> Iterator[Narrowed]:
    """Take exact entries out of a list of which something stays."""
    if matched and exact and len(matched) < total:
        steps = tuple(Step.drop(path) for _, path in matched)
        yield element, steps, (), tuple(text for text, _ in matched)


def _path(statement: CompiledStatement, name: str) -> Path:
    return (*statement.path, name)
