"""What is asked in several processes is what is asked in one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.engine.world import CompiledWorld
from iamsim.query.analyzer.external import find_external
from iamsim.query.batch import Batch
from iamsim.query.batch.pool import FORK
from iamsim.query.batch.processes import Processes
from iamsim.query.escalation.find import find_escalations
from iamsim.query.matrix import Column, find_matrix
from iamsim.query.what_can import find_effective, write_policy
from iamsim.query.who_can import find_blocked, find_who_can
from iamsim.report.matrix import matrix_data
from iamsim.report.what_can import what_can_data
from iamsim.report.who_can import who_can_data
from tests.property.costly import very_costly
from tests.property.test_against_oracle import question_of
from tests.property.worlds import cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.engine.question import Question
    from iamsim.world.model import World

Data = dict[str, Any]

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


def answers(question: Question, model: World, number: int) -> Iterator[object]:
    """All questions about a world in which nothing was asked before."""
    batch = Batch(CompiledWorld(model))
    action, resource, context = question.action, question.resource, question.context
    candidates = batch.candidates
    with Processes(number, method=FORK) as processes:
        found = find_who_can(
            batch,
            [action, "s3:GetObject"],
            resource,
            context,
            with_dependencies=True,
            via_roles=True,
            processes=processes,
        )
        found.blocked = find_blocked(batch, [action], resource, context, processes=processes)
        yield who_can_data(found)
        found.blocked = None
        yield who_can_data(found)
        columns = [Column(action, resource), Column("sts:AssumeRole", "*")]
        matrix = find_matrix(batch, candidates, columns, context, processes=processes)
        yield matrix_data(matrix)
        external = find_external(batch, processes=processes)
        yield (
            external.findings,
            [(*answer[:-1], answer.decision.verdict) for answer in external.kept],
        )
        escalations = find_escalations(batch, blocked=True, processes=processes)
        yield list(escalations.graph.edges), [entry[:6] for entry in escalations.blocked]
        if candidates:
            who = candidates[-1]
            effective = find_effective(batch, who.principal, processes=processes)
            yield what_can_data(who, effective), write_policy(effective, batch).document


@very_costly
@given(cases(), st.integers(2, 3))
def test_answers_do_not_depend_on_the_number_of_processes(
    generated: tuple[Data, Data], number: int
) -> None:
    """Who can, who can't and why, what somebody can, what is open, and the paths."""
    question, world = question_of(*generated)
    several = answers(question, world.model, number)
    for found, expected in zip(several, answers(question, world.model, 1), strict=True):
        assert found == expected
