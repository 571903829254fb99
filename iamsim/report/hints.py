"""What the hints of the service reference say in words, and as plain data."""

from __future__ import annotations

from iamsim.core.answer import Answer
from iamsim.core.hint import Hint, HintKind, HintPlace
from iamsim.query.hints import find_hints
from iamsim.questions.sentences import QUESTION_SENTENCES, problem_text
from iamsim.report.document import Remark
from iamsim.words.wording import joined, place_text, shortened, statement_text

_FORMATS = 3
_LONGEST = 160
_SENTENCES = {
    HintKind.STATEMENT_ACTION_UNKNOWN: "{where} names {subject}, and no such action is known",
    HintKind.STATEMENT_RESOURCES_OF_OTHER_TYPE: (
        "{where} names resources of another type: {action} takes {formats}"
    ),
    HintKind.STATEMENT_RESOURCES_WITHOUT_USE: (
        "{where} names resources, and {action} acts on no single one: only the resource `*` covers"
        " it"
    ),
    HintKind.CONDITION_NEVER_MET: (
        "{where} asks for {subject}, which requests for {action} never carry: this condition can"
        " never be met for this action"
    ),
    HintKind.CONDITION_ALWAYS_MET: (
        "{where} tests {subject}, which requests for {action} never carry: this condition always"
        " holds for this action"
    ),
    HintKind.SET_OPERATOR_MISSING: (
        "{where} tests {subject}, which holds several values, without a set operator: write"
        " `ForAnyValue:{operator}` or `ForAllValues:{operator}`"
    ),
}


def hint_text(hint: Hint) -> str:
    """Say a hint, with the day of the service reference, and ask what may have been meant."""
    if hint.kind in QUESTION_SENTENCES:
        return problem_text(hint)
    return f"{_sentence(hint)} (service reference of {hint.snapshot}){_meant(hint)}"


def hint_warning(hint: Hint) -> Remark:
    """What is wrong with a question, as it stands before the answer."""
    return Remark("check the question", f"{hint_text(hint)} [{hint.kind.value}]")


def hints_to_dict(answer: Answer) -> list[dict[str, object]]:
    """Turn the hints of an answer into plain data; ``docs/reference/hints.md`` has the codes."""
    return [hint_to_dict(hint) for hint in find_hints(answer)]


def hint_to_dict(hint: Hint) -> dict[str, object]:
    """Turn one hint into plain data."""
    data: dict[str, object] = {
        "code": hint.kind.value,
        "text": hint_text(hint),
        "subject": hint.subject,
        "suggestions": list(hint.suggestions),
        "formats": list(hint.formats),
        "snapshot": hint.snapshot,
    }
    if hint.place is not None:
        span = hint.place.span
        data |= {
            "policy": hint.place.policy,
            "statement": hint.place.index,
            "sid": hint.place.sid,
            "file": span.source.name,
            "line": span.line,
            "column": span.column,
        }
    return data


def _sentence(hint: Hint) -> str:
    return _SENTENCES[hint.kind].format(
        subject=_quoted(hint.subject),
        action=_quoted(hint.action),
        formats=_formats(hint),
        where=_where(hint.place),
        operator=hint.operator,
    )


def _meant(hint: Hint) -> str:
    """Ask whether one of the suggestions was meant."""
    if not hint.suggestions:
        return ""
    names = joined([_quoted(name) for name in hint.suggestions], "or")
    return f"; did you mean {names}?"


def _formats(hint: Hint) -> str:
    """List the ARN formats of an action."""
    shown = [_quoted(text) for text in hint.formats[:_FORMATS]]
    more = len(hint.formats) - len(shown)
    return joined([*shown, f"{more} others"] if more > 1 else shown, "or")


def _where(place: HintPlace | None) -> str:
    """Name the statement of a hint, and its line."""
    if place is None:
        return "the statement"
    return f"{statement_text(place.index, place.sid)} ({place_text(place.span)})"


def _quoted(text: str) -> str:
    """Put into backticks what the user or AWS wrote."""
    return f"`{shortened(text, _LONGEST).replace('`', chr(39))}`"
