"""What would make a request of a scenario come out as expected: the edits of `explain --edits`, as
changes of the files in which the policies stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.core.errors import IamsimError
from iamsim.lsp.actions import Action
from iamsim.suites.run import CaseResult, fits

if TYPE_CHECKING:
    from iamsim.query.edits.model import EditReport, EditSet

UNMET = "not-as-expected"  # the code of a diagnostic
MOST = 5
LONGEST_TITLE = 300


def edits_of(result: CaseResult) -> Iterator[Action]:
    """The edits that make a request come out as expected, the narrowest first."""
    from iamsim.query.edits.search import suggest_edits

    expected = result.request.expect
    if expected is None or result.error is not None or not result.failures:
        return
    for question, decision in zip(result.request.questions, result.decisions, strict=True):
        if fits(decision.verdict, expected):
            continue
        try:
            report = suggest_edits(question, result.world)
        except IamsimError:
            return
        reaching = [
            members for members in report.sets if fits(members.answer.decision.verdict, expected)
        ]
        written = (_action(edit_set, report) for edit_set in reaching)
        yield from [action for action in written if action is not None][:MOST]
        return


def _action(found: EditSet, report: EditReport) -> Action | None:
    """Edits as an action; `None` where not all of them are changes of texts."""
    from iamsim.query.edits.patches import changes_of_texts
    from iamsim.report.edit_sentences import edit_sentence, reach_sentence

    origins = {id(edit.place.origin) for edit in found.edits if edit.place and edit.place.origin}
    in_texts = all(edit.place is not None and edit.place.origin for edit in found.edits)
    if not in_texts or sum(len(patch.policies) for patch in found.patches) != len(origins):
        return None
    changes = tuple(changes_of_texts(found.edits))
    request = report.answer.request
    told = "; ".join(edit_sentence(edit, request) for edit in found.edits)
    guard = ", which weakens a guardrail" if found.guardrail else ""
    title = f"Edit: {told}{guard} ({reach_sentence(found.reach, report.goal, request)})"
    if len(title) > LONGEST_TITLE:
        title = f"{title[: LONGEST_TITLE - 3]}..."
    return Action(title, UNMET, changes)
