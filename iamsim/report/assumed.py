"""What an answer assumes and says first: notes on what a world or a question leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.core.answer import Answer
from iamsim.core.reason import Note
from iamsim.report.document import Remark
from iamsim.words.sentences import NOTES

_FIRST = (
    Note.BUCKET_OWNER_ASSUMED,
    Note.BUCKET_OWNER_ALLOWED_ELSEWHERE,
    Note.BUCKET_OWNER_CONDITIONAL_ELSEWHERE,
    Note.BUCKET_OWNER_DENIED_ELSEWHERE,
    Note.ACCOUNT_IN_NO_UNIT,
)


def assumed_of(answer: Answer) -> tuple[str, ...]:
    """Give the assumptions that stand first in an answer, in sentences."""
    notes = answer.explanation.notes
    return tuple(NOTES[note] for note in _FIRST if note in notes)


def in_no_unit_remarks(accounts: Sequence[str]) -> tuple[Remark, ...]:
    """Say once for a whole answer of which accounts nothing tells where in the organization they
    stand: its SCPs and RCPs were taken not to apply there."""
    if not accounts:
        return ()
    one = f"the account `{accounts[0]}`"
    more = f" and {len(accounts) - 1} more" if len(accounts) > 1 else ""
    text = f"no SCPs and RCPs of the organization apply to {one}{more}, in no unit of it"
    return (Remark("assumed", text),)


def notes_below(answer: Answer) -> tuple[Note, ...]:
    """Give the notes that do not stand first."""
    return tuple(note for note in answer.explanation.notes if note not in _FIRST)
