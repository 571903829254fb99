"""Who can't differ is decided once: without that memory, every query has the same answers."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.errors import RequestError
from iamsim.engine.world import CompiledWorld
from iamsim.query.analyzer.unused_permissions import find_unused_permissions
from iamsim.query.batch import Batch
from iamsim.query.changes import Changes, find_changes
from iamsim.query.escalation.find import find_escalations
from iamsim.universe.alike import Alike
from iamsim.world.load import load_world_data
from tests.property.costly import very_costly
from tests.property.test_changes_laws import EDITS, Data, changes_between
from tests.property.test_escalation_laws import WAYS, accounts
from tests.property.worlds import SIGNED

NOW = "2026-11-25"
LONG_AGO = {"s3": {"at": "2025-01-01"}, "sqs": {"at": "2026-11-24", "actions": {}}}
QUESTIONS = 4


def one_by_one() -> Any:
    """Nothing that was decided is known when it is asked for again."""
    return patch.object(Alike, "once", lambda _self, _key, decide: decide())


def each_alone() -> Any:
    """No two things are of one class."""
    return patch(
        "iamsim.query.escalation.targets.classes", lambda some, _seen: [[entry] for entry in some]
    )


def answers(world: CompiledWorld, asked: list[tuple[str, str]], *, partial: bool) -> list[object]:
    """What who-can says of everybody, denied or not."""
    batch = Batch(world, partial=partial)
    found: list[object] = []
    for action, resource in asked:
        try:
            holders = batch.who(action, resource, denied=True)
        except RequestError as error:
            found.append(error.code)
            continue
        found += [
            (
                holder.principal,
                holder.answer.decision,
                None if holder.answer.residual is None else holder.answer.residual.sentence,
            )
            for holder in holders
        ]
    return found


@given(EDITS, st.booleans(), st.randoms(use_true_random=False))
def test_who_can(worlds: tuple[Data, Data], partial: bool, source: Any) -> None:
    """Each caller has the decision, the statements and the conditions that are its own."""
    world = CompiledWorld(load_world_data(worlds[1]))
    places = sorted(world.model.accounts)
    asked = [
        (action, pattern.replace("ACC", source.choice(places)))
        for action, pattern, _ in source.sample(SIGNED, QUESTIONS)
    ]
    together = answers(world, asked, partial=partial)
    with one_by_one():
        assert answers(world, asked, partial=partial) == together


@given(EDITS, st.booleans())
@very_costly
def test_changes(worlds: tuple[Data, Data], partial: bool) -> None:
    """The same is asked, and the same changes, through the same statements."""
    first, second, together = changes_between(*worlds, partial=partial)
    with one_by_one():
        alone = find_changes(first, second)
    assert said(alone) == said(together)


def said(changes: Changes) -> list[object]:
    """What was asked, and what was found."""
    return [
        changes.complete,
        changes.bounds,
        [
            (
                entry.candidate,
                entry.place,
                entry.actions,
                entry.direction,
                entry.before.decision,
                entry.after.decision,
                entry.through,
                entry.proved,
                entry.asked,
            )
            for entry in (*changes.found, *changes.future)
        ],
    ]


@given(EDITS)
def test_unused_permissions(worlds: tuple[Data, Data]) -> None:
    """Each holder has the finding that is its own."""
    data = worlds[1]
    for account in data["accounts"].values():
        for kind in ("users", "roles"):
            for holder in account.get(kind, {}).values():
                if isinstance(holder, dict) and not holder.get("service_linked"):
                    holder["last_accessed"] = LONG_AGO
                    holder.setdefault("created", "2020-01-01")
    world = CompiledWorld(load_world_data(data))
    together = find_unused_permissions(Batch(world), NOW, 90)
    with one_by_one():
        assert find_unused_permissions(Batch(world), NOW, 90) == together


def reached(world: CompiledWorld) -> dict[object, set[object]]:
    """Whom and what everybody reaches, whichever way."""
    from networkx import descendants

    graph = find_escalations(Batch(world), ways=WAYS).graph
    return {
        node: {descendant for descendant in descendants(graph, node) if isinstance(descendant, str)}
        for node in graph
        if isinstance(node, str)
    }


@given(accounts())
def test_paths(account: dict[str, Any]) -> None:
    """What somebody reaches does not hang on which targets were taken together."""
    world = CompiledWorld(load_world_data({"accounts": {"111111111111": account}}))
    together = reached(world)
    with one_by_one(), each_alone():
        assert reached(world) == together
