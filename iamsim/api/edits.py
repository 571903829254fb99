"""What would change an answer, as the Python interface hands it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from iamsim.api.answer import Answer
from iamsim.api.inputs import ContextInput, PolicyArguments, now
from iamsim.api.question import question_of
from iamsim.core.errors import RequestError
from iamsim.engine.world import CompiledWorld
from iamsim.query.edits import search
from iamsim.report.edits import edits_document, edits_to_dict
from iamsim.report.paint import Paint
from iamsim.report.writers.text import to_text

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.query.edits.model import Blocker, EditReport, EditSet


class Edits:
    """The edits that would change one answer: sets that were decided, the narrowest first.

    Each set of `sets` has its `edits`, its `patches` (unified diffs), its `reach` (what it opens or
    closes beyond the request) and the `answer` that it leads to. `blockers` are what can't be
    changed.
    """

    def __init__(self, report: EditReport) -> None:
        """Wrap what was found."""
        self._report = report

    @property
    def answer(self) -> Answer:
        """The answer as it is."""
        return Answer(self._report.answer)

    @property
    def goal(self) -> str:
        """What the edits reach: `allowed` or `denied`."""
        return self._report.goal

    @property
    def sets(self) -> tuple[EditSet, ...]:
        """Sets of edits, each of which changes the verdict, and no part of which does."""
        return self._report.sets

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        """What can't be changed, and why."""
        return self._report.blockers

    def to_dict(self) -> dict[str, Any]:
        """The edits as JSON-ready data: `edits` of ``docs/reference/answer.md``."""
        return edits_to_dict(self._report)

    def __str__(self) -> str:
        """The edits, as ``iamsim explain --edits`` prints them."""
        return to_text(edits_document(self._report), Paint(), 100)

    def __repr__(self) -> str:
        """How many there are, and what for."""
        return f"<Edits {self.goal}: {len(self.sets)}>"


def suggest_edits(  # noqa: PLR0913 - the arguments are those of a scenario's request
    *,
    principal: str,
    action: str,
    resource: str = "*",
    context: ContextInput | None = None,
    session: Mapping[str, Any] | None = None,
    via: Mapping[str, Any] | None = None,
    unset: Iterable[str] = (),
    resource_account: str | None = None,
    **policies: Unpack[PolicyArguments],
) -> Edits:
    """Find what would change the answer to a question that brings all its policies.

    Raises `InputError` for what can't be asked or read.
    """
    question = question_of(
        principal=principal,
        action=action,
        resource=resource,
        context=context,
        session=session,
        via=via,
        unset=unset,
        resource_account=resource_account,
        policies=policies,
        at=now(),
    )
    return Edits(search.suggest_edits(question))


def edits_in_world(question: Question, world: CompiledWorld) -> Edits:
    """Find what would change the answer to a question about a world.

    Raises `RequestError` for a world that `World.what_if` gave: what is changed there stands
    nowhere, so that it can't be edited.
    """
    if type(world) is not CompiledWorld:
        raise RequestError(
            "option-with-edits",
            "edits of a world that is changed already can't be found",
            hint="ask the world that `what_if` started from",
        )
    return Edits(search.suggest_edits(question, world))
