"""A first suite from a world: what each user, role and permission set can do today.

The tables have one resource each and name a few actions of each access level, allowed and denied,
as the engine decides them, so that the suite passes as it is. People cut it down to what they mean.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.core.decision import Verdict
from iamsim.core.errors import IamsimError, RequestError
from iamsim.engine.question import Question
from iamsim.suites.people import People
from iamsim.suites.vicinity import (
    USUAL_SERVICES,
    Principal,
    identity_statements,
    partition_of,
    plainness,
    principals_of,
    resource_like,
    resources_for,
    services_of,
    takes,
)
from iamsim.symbolic.partial import answer, decide
from iamsim.world.yaml_writing import write_yaml

if TYPE_CHECKING:
    from iamsim.catalog import ActionFacts
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.engine.world import CompiledWorld

    Context = Mapping[str, ContextValue]

DENIALS = frozenset({Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY})
_SERVICES = 12  # of one principal that get tables
_RESOURCES = 4  # of one service
_OF_LEVEL = 2  # actions of an access level, of each verdict
_OPENED = 3  # actions whose conditions are looked at, for each resource
_LOOKED_AT = 40  # services of one principal


@dataclass(slots=True)
class _Table:
    """Actions of one principal on one resource in one context, with their access levels."""

    principal: Principal
    service: str
    resource: str
    context: Context = field(default_factory=dict)
    allowed: list[ActionFacts] = field(default_factory=list)
    denied: list[ActionFacts] = field(default_factory=list)


def first_suite(
    world: CompiledWorld,
    worlds: Sequence[str],
    folder: str = "",
    *,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Write the suite as YAML; `worlds` are the paths of the world, `folder` where the file will
    stand.

    `progress` is told how many principals are done, and of how many. Raises `RequestError` for a
    world in which nobody is allowed anything.
    """
    paths = [os.path.relpath(path, folder or ".").replace(os.sep, "/") for path in worlds]
    head: dict[str, object] = {
        "title": "What each user and role can do",
        "world": paths[0] if len(paths) == 1 else paths,
    }
    lines = [
        "# Written by `iamsim test --init`: what is so today, not what should be so. Cut what does",
        "# not matter, and mend what should be otherwise.",
        *write_yaml(head).splitlines(),
        "requests:",
    ]
    asked = False
    people = People(world)
    principals = list(principals_of(world.model))
    for done, principal in enumerate(principals):
        if progress is not None:
            progress(done, len(principals))
        tables, left_out = _tables(world, people, principal)
        who = f"{principal.kind} {principal.name} of {principal.account}"
        nothing = ": nothing is allowed" + (" in these services" * (left_out > 0))
        lines += ["", f"# {who}" + ("" if tables else nothing)]
        if left_out:
            lines.append(f"# ({left_out} more services are not looked at)")
        for table in tables:
            lines += _written(table)
            asked = True
    if not asked:
        raise RequestError(
            "nothing-to-test",
            "no user or role of this world is allowed anything",
            hint="is it the right world? `iamsim import` makes one of what AWS prints",
        )
    return "\n".join(lines) + "\n"


def _tables(world: CompiledWorld, people: People, principal: Principal) -> tuple[list[_Table], int]:
    """The tables of one principal, and how many services were not looked at."""
    own = [
        identity_statement
        for identity_statement in identity_statements(world, principal.arn)
        if not identity_statement.denies
    ]
    given = list(people.granting(principal.arn))
    places: dict[str, dict[str, None]] = {}
    for statement, guarded in (*given, *((statement, None) for statement in own)):
        for service in services_of(statement):
            found = places.setdefault(service, {})
            resources = _resources(world, principal, statement, service, guarded)
            found.update(dict.fromkeys(resources))
    granted = _Granted([*own, *(statement for statement, _ in given)])
    tables: list[_Table] = []
    told = 0
    looked_at = sorted(places, key=lambda place: place not in USUAL_SERVICES)[:_LOOKED_AT]
    for number, service in enumerate(looked_at):
        made = [
            table
            for resource in list(places[service])[:_RESOURCES]
            for table in _of_resource(world, _Table(principal, service, resource), granted)
        ]
        tables += made
        told += bool(made)
        if told == _SERVICES:
            return tables, len(places) - number - 1
    return tables, len(places) - len(looked_at)


class _Granted:
    """What a principal's own policies say of actions."""

    def __init__(self, statements: Sequence[CompiledStatement]) -> None:
        self._statements = statements
        self._named = {
            p.pattern.lower() for statement in statements for p in statement.actions.patterns
        }

    def names(self, action: ActionFacts) -> bool:
        """Whether a policy names the action, without a wildcard."""
        return action.full_name.lower() in self._named

    def covers(self, action: ActionFacts) -> bool:
        """Whether some statement is about the action."""
        name = action.full_name.lower()
        return any(statement.actions.covers(name) for statement in self._statements)


def _resources(
    world: CompiledWorld,
    principal: Principal,
    statement: CompiledStatement,
    service: str,
    guarded: str | None,
) -> Iterator[str]:
    """Resources that a statement is about: made of its patterns, and where it says ``*`` those of
    the service; of a resource-based policy what it guards."""
    patterns = () if statement.resources is None else statement.resources.patterns
    if guarded is not None and all(pattern.everything for pattern in patterns):
        yield guarded
        return
    for pattern in patterns:
        if pattern.everything or pattern.element.value != "Resource":
            yield from resources_for(world, service, principal.account)
            yield "*"
            continue
        context = {key: f"example-{_last_word(key)}" for key in pattern.keys}
        for listed in resources_for(world, service, principal.account):
            if pattern.holds(listed, context):
                yield listed
        made = resource_like(
            pattern, context, principal.account, partition_of(world, principal.account), service
        )
        if made is not None:
            yield made


def _of_resource(world: CompiledWorld, table: _Table, granted: _Granted) -> Iterator[_Table]:
    """The table of a resource, and one for each context that opens more."""
    question = Question(table.principal.arn, "sts:GetCallerIdentity", table.resource)
    fitting = [
        action
        for action in catalog.actions(table.service)
        if takes(action.full_name, table.resource)
    ]
    fitting.sort(key=lambda facts: (not granted.names(facts), plainness(facts)))
    allowed: list[ActionFacts] = []
    denied: list[ActionFacts] = []
    for action in fitting:
        # What no policy is about is denied; the few that are shown are decided all the same.
        is_allowed = granted.covers(action) and _verdict(world, question, action) is Verdict.ALLOWED
        (allowed if is_allowed else denied).append(action)
    opened = list(_opened(world, question, table, denied, granted))
    told = {facts.full_name for other in opened for facts in other.allowed}
    table.allowed = _some_of(allowed)
    shown = _some_of(denied, [facts for facts in denied if facts.full_name in told])
    table.denied = [facts for facts in shown if _verdict(world, question, facts) in DENIALS]
    if table.allowed or (opened and table.denied):
        yield table
    yield from opened


def _opened(
    world: CompiledWorld,
    question: Question,
    table: _Table,
    denied: Sequence[ActionFacts],
    granted: _Granted,
) -> Iterator[_Table]:
    """Tables of what is allowed in a context that the conditions ask for, and denied without."""
    tried = 0
    for action in denied:
        if tried == _OPENED or not granted.covers(action):
            continue
        tried += 1
        context = _opening(world, replace(question, action=action.full_name, partial=True))
        if not context:
            continue
        asked = replace(question, context=context)
        action_facts = [
            facts
            for facts in denied
            if granted.covers(facts) and _verdict(world, asked, facts) is Verdict.ALLOWED
        ]
        if action_facts:
            yield replace(table, context=context, allowed=_some_of(action_facts), denied=[])
            denied = [facts for facts in denied if facts not in action_facts]


def _opening(world: CompiledWorld, question: Question) -> Context | None:
    """A context in which a question is answered with yes, where that depends on one."""
    try:
        residual = answer(question, world).residual
        found = None if residual is None else residual.examples()[0]
    except IamsimError:
        return None
    if found is None:
        return None
    return {key: value if isinstance(value, str) else tuple(value) for key, value in found.items()}


def _last_word(key: str) -> str:
    return key.replace("/", ":").rpartition(":")[2]


def _verdict(world: CompiledWorld, question: Question, action: ActionFacts) -> Verdict:
    """The verdict on an action; what can't be asked is denied."""
    try:
        return decide(replace(question, action=action.full_name), world).verdict
    except IamsimError:
        return Verdict.IMPLICIT_DENY


def _some_of(
    actions: Iterable[ActionFacts], first: Iterable[ActionFacts] = ()
) -> list[ActionFacts]:
    """A few actions of each access level, in the order of the levels."""
    levels: dict[str, dict[str, ActionFacts]] = {level: {} for level in catalog.ACCESS_LEVELS}
    for action in first:
        levels.setdefault(action.access_level, {})[action.full_name] = action
    for action in actions:
        level = levels.setdefault(action.access_level, {})
        if len(level) < _OF_LEVEL:
            level[action.full_name] = action
    return [action for level in levels.values() for action in level.values()]


def _written(table: _Table) -> Iterator[str]:
    """Write a table as an entry of `requests`."""
    short = table.resource.split(":", 5)[-1]
    name = f"{table.principal.name} of {table.principal.account}, {table.service}"
    if short != "*":
        name = f"{name} on {short}"
    keys: dict[str, object] = {
        "name": name + (" under conditions" if table.context else ""),
        "principal": table.principal.arn,
        "resource": table.resource,
    }
    if table.context:
        keys["context"] = {
            key: value if isinstance(value, str) else list(value)
            for key, value in table.context.items()
        }
    lines = write_yaml(keys).splitlines()
    yield f"- {lines[0]}"
    yield from (f"  {line}" for line in lines[1:])
    for column, actions in (("allowed", table.allowed), ("denied", table.denied)):
        if actions:
            yield f"  {column}:"
            width = max(len(action.full_name) for action in actions)
            yield from (
                f"  - {action.full_name:<{width}}  # {action.access_level}" for action in actions
            )
