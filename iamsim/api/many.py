"""Many requests at once: those of which the policies read the same are decided once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from iamsim.api.inputs import (
    check_account,
    check_texts,
    context_values,
    names_of,
    now,
    session_of,
    via_of,
)
from iamsim.core.errors import RequestError
from iamsim.engine.question import Question
from iamsim.symbolic import partial as partial_answers

if TYPE_CHECKING:
    from iamsim.core.decision import Decision
    from iamsim.engine.quick import Asked
    from iamsim.engine.world import CompiledWorld

PLAIN = frozenset({"principal", "action", "resource", "context", "resource_account"})
NAMES = PLAIN | {"session", "via", "unset"}


def decide_records(
    records: Iterable[Mapping[str, Any]], world: CompiledWorld
) -> Iterator[Decision]:
    """Decide records in their order; each has the arguments of `World.decide`.

    Raises `InputError` for a record that can't be asked or read.
    """
    quick, moment = world.quick(), now()
    for record in records:
        if not record.keys() <= PLAIN:
            yield _decide_alone(record, world, moment)
            continue
        yield partial_answers.decide_quickly(quick, _asked(record, moment), alike=True)


def _asked(record: Mapping[str, Any], moment: str) -> Asked:
    """The plain arguments of a record."""
    principal: Any = record.get("principal")
    action: Any = record.get("action")
    resource: Any = record.get("resource", "*")
    if not principal.__class__ is action.__class__ is resource.__class__ is str:
        check_texts(principal=principal, action=action, resource=resource)
    account = record.get("resource_account")
    if account is not None:
        check_account(account)
    return principal, action, resource, context_values(record.get("context")), moment, account


def _decide_alone(record: Mapping[str, Any], world: CompiledWorld, moment: str) -> Decision:
    """Decide a record that says more than plain requests do."""
    unknown = record.keys() - NAMES
    if unknown:
        raise RequestError(
            "unknown-argument",
            f"`{min(unknown)}` is no part of a request",
            hint=f"its parts are {', '.join(sorted(NAMES))}",
        )
    principal, action, resource, context, _, account = _asked(record, moment)
    question = Question(
        principal,
        action,
        resource,
        context,
        names_of(record.get("unset") or ()),
        session_of(record.get("session")),
        via_of(record.get("via")),
        resource_account=account,
        now=moment,
    )
    return partial_answers.decide(question, world)


def count_decisions(
    records: Iterable[Mapping[str, Any]], world: CompiledWorld
) -> dict[Decision, int]:
    """Count the decisions of records, the frequent ones first; raises as `decide_records`."""
    counts: dict[int, list[Any]] = {}
    for decision in decide_records(records, world):
        counted = counts.get(id(decision))
        if counted is None:
            counts[id(decision)] = [decision, 1]  # it is kept, so that its id stays its own
        else:
            counted[1] += 1
    decisions: dict[Decision, int] = {}
    for decision, count in counts.values():
        decisions[decision] = decisions.get(decision, 0) + count
    return dict(sorted(decisions.items(), key=lambda entry: -entry[1]))
