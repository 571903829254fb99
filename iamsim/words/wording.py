"""Small pieces of sentences: lists, places, and what of a statement failed."""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.core.answer import RequestRecord
from iamsim.core.explanation import UNRESOLVED, ClauseExplanation, Element, StatementExplanation
from iamsim.core.reason import Reason
from iamsim.core.span import Span
from iamsim.words.sentences import REASONS

_LISTED = 3
_LONGEST = 100
_NEGATED = frozenset({Element.NOT_ACTION, Element.NOT_RESOURCE, Element.NOT_PRINCIPAL})
_ACTIONS = frozenset({Element.ACTION, Element.NOT_ACTION})
_ABSENT = frozenset({Reason.KEY_ABSENT, Reason.KEY_ABSENT_PASSES})


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Cut a long text in its middle, and keep it on one line."""
    flat = "".join(character if character.isprintable() else " " for character in text)
    if len(flat) <= longest:
        return flat
    head = longest * 2 // 3
    return f"{flat[:head]}…{flat[len(flat) - (longest - head - 1) :]}"


def joined(texts: Sequence[str], word: str = "and") -> str:
    """`a, b and c`."""
    if len(texts) <= 1:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {word} {texts[-1]}"


def listed(texts: Sequence[str]) -> str:
    """The first few entries, and how many more there are."""
    distinct = list(dict.fromkeys(texts))
    shown = [shortened(text, 80) for text in distinct[:_LISTED]]
    more = len(distinct) - _LISTED
    return joined([*shown, f"{more} more"] if more > 0 else shown)


def request_text(request: RequestRecord) -> str:
    """`s3:GetObject on arn:aws:s3:::reports/a`; the resource `*` is left out."""
    if request.resource == "*":
        return request.action
    return f"{request.action} on {shortened(request.resource, 160)}"


def value_text(clause: ClauseExplanation, action: str) -> str | None:
    """Give the request's side of a clause; matching folds the case of actions, reading does not."""
    value = clause.value
    if value is not None and clause.element in _ACTIONS and value == action.lower():
        return action
    return value


def statement_text(index: int, sid: str | None) -> str:
    """Name a statement; people count from 1."""
    return f"statement {index + 1}" + (f" `{shortened(sid, 60)}`" if sid else "")


def place_text(span: Span) -> str:
    """`file:line`."""
    return f"{span.source.name}:{span.line}"


def failing_clauses(
    statement: StatementExplanation, element: Element
) -> tuple[ClauseExplanation, ...]:
    """Give the clauses that make an element fail: entries of a Not element when they match."""
    clauses = tuple(clause for clause in statement.clauses if clause.element is element)
    if element in _NEGATED:
        return tuple(clause for clause in clauses if clause.matched) or clauses
    return tuple(clause for clause in clauses if not clause.matched)


def failure_text(statement: StatementExplanation, element: Element) -> str:
    """Say why one element of a statement does not hold, as in `whose Action lists only s3:Get*`."""
    clauses = failing_clauses(statement, element)
    if element is Element.CONDITION:
        return "whose condition fails: " + joined([condition_text(clause) for clause in clauses])
    patterns = listed([clause.pattern for clause in clauses])
    if element is Element.NOT_PRINCIPAL:
        return f"whose NotPrincipal spares {patterns or 'the caller'}"
    if element in _NEGATED:
        return f"whose {element.value} takes out {patterns or 'it'}"
    if not patterns:
        return f"whose {element.value} lists nothing"
    verb = "names" if element is Element.PRINCIPAL else "lists"
    unresolved = any(clause.reason is Reason.VARIABLE_UNRESOLVED for clause in clauses)
    because = " (a policy variable in it has no value)" if unresolved else ""
    return f"whose {element.value} {verb} only {patterns}{because}"


def condition_text(clause: ClauseExplanation) -> str:
    """One condition test with what the request has, on one line."""
    test = f"{clause.key} {clause.operator} {wanted_text(clause)}"
    if clause.matched and clause.reason is not Reason.DEPENDS_ON_UNKNOWN:
        return f"{test} (the request has {_has(clause)})"
    if clause.reason is Reason.DEPENDS_ON_UNKNOWN:
        return f"{test}, and it is not known what the request has"
    if clause.reason in _ABSENT or clause.value is None:
        return f"{test}, but the request has no {clause.key}"
    if clause.reason in {Reason.VALUE_MISMATCH, Reason.PATTERN_MISMATCH}:
        return f"{test}, but the request has {_has(clause)}"
    return f"{test}, but {REASONS[clause.reason]} (the request has {_has(clause)})"


def wanted_text(clause: ClauseExplanation) -> str:
    """What a clause asks for, with its variables filled in."""
    if clause.resolved is not None and UNRESOLVED in clause.resolved:
        return f"{shortened(clause.pattern, 80)}, a variable without a value"
    return shortened(clause.resolved or clause.pattern, 80)


def _has(clause: ClauseExplanation) -> str:
    if clause.value is None:
        return "no such key"
    return f"`{shortened(clause.value, 80)}`"
