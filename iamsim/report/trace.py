"""The long form: every policy, statement and clause, and the context with its origins."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from iamsim.core.explanation import ClauseExplanation, ContextEntry, Element, StatementExplanation
from iamsim.core.reason import Reason
from iamsim.report.document import Column, Section
from iamsim.words.sentences import NOTES, OUTCOMES, REASONS, layer_name, level_text
from iamsim.words.wording import place_text, shortened, statement_text, value_text

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.report.paint import Paint

_NEGATED = frozenset({Element.NOT_ACTION, Element.NOT_RESOURCE, Element.NOT_PRINCIPAL})
_PLAIN = frozenset(
    {
        Reason.MATCHED,
        Reason.PATTERN_MISMATCH,
        Reason.VALUE_MISMATCH,
        Reason.DEPENDS_ON_UNKNOWN,
        Reason.KEY_ABSENT,
        Reason.PRINCIPAL_MISMATCH,
    }
)


def trace_lines(answer: Answer, paint: Paint, width: int) -> list[str]:
    """Write out every statement of every layer, with each clause against the request's value."""
    lines: list[str] = []
    for layer in answer.explanation.layers:
        if not layer.policies:
            continue
        name = layer_name(layer.layer, answer.request.action, layer.level)
        level = level_text(layer.level)
        outcome = paint.outcome(OUTCOMES[layer.outcome], layer.outcome)
        lines.append(f"  {name}{level}: {outcome}")
        for policy in layer.policies:
            lines.append(f"    {paint.name(policy.name)}")
            for statement in policy.statements:
                lines += _statement_lines(statement, answer.request.action, paint, width)
    return lines


def _statement_lines(
    statement: StatementExplanation, action: str, paint: Paint, width: int
) -> list[str]:
    verdict = paint.good("matches") if statement.matched else paint.bad("does not match")
    if statement_depends(statement):
        verdict = "depends"
    name = statement_text(statement.index, statement.sid)
    place = paint.quiet(place_text(statement.span))
    lines = [f"      {name}, {statement.effect}: {verdict}  {place}"]
    for clause in statement.clauses:
        first, *rest = textwrap.wrap(
            clause_text(clause, action),
            max(width - 12, 40),
            break_on_hyphens=False,
            break_long_words=False,
        )
        lines.append(f"        {_mark(clause, paint)} {first}")
        lines += [f"              {line}" for line in rest]
    lines += [f"        note: {NOTES[note]}" for note in statement.notes]
    return lines


def statement_depends(statement: StatementExplanation) -> bool:
    """Whether nothing but clauses on unknown keys could keep a statement from matching."""
    opened = {c.element for c in statement.clauses if c.reason is Reason.DEPENDS_ON_UNKNOWN}
    settled = [c for c in statement.clauses if c.reason is not Reason.DEPENDS_ON_UNKNOWN]
    fails = any(c.element is Element.CONDITION and not c.matched for c in settled)
    return bool(opened) and not fails and opened.issuperset(statement.failed_elements)


def _mark(clause: ClauseExplanation, paint: Paint) -> str:
    """`yes` and `no` say whether the clause lets its element hold, `?` that nobody knows."""
    if clause.reason is Reason.DEPENDS_ON_UNKNOWN:
        return "?  "
    holds = clause.matched is not (clause.element in _NEGATED)
    return paint.good("yes") if holds else paint.bad("no ")


def clause_text(clause: ClauseExplanation, action: str) -> str:
    """A clause against what the request has, and why, on one line."""
    pattern = shortened(clause.pattern, 120)
    if clause.resolved is not None:
        pattern = f"{pattern} (here {shortened(clause.resolved, 80)})"
    remark = "" if clause.reason in _PLAIN else f" ({REASONS[clause.reason]})"
    if clause.element is Element.CONDITION:
        nothing = "unknown" if clause.reason is Reason.DEPENDS_ON_UNKNOWN else "absent"
        value = nothing if clause.value is None else shortened(clause.value, 80)
        text = f"Condition {clause.operator} {clause.key}: {pattern}"
        return f"{text} against {value}{remark}"
    against = value_text(clause, action)
    tells = against is not None and clause.pattern not in {"*", against}
    value = f" against {shortened(against or '', 120)}" if tells else ""
    grant = f" [grant to {clause.grant}]" if clause.grant is not None else ""
    return f"{clause.element.value} {pattern}{value}{grant}{remark}"


def context_section(
    answer: Answer, *, whole: bool = False, name: str = "context", caption: str = "context"
) -> Section[ContextEntry]:
    """The context keys of the request with their values, and where these come from; `whole` keeps
    long values as they are."""
    caller = answer.request.principal
    columns: tuple[Column[ContextEntry], ...] = (
        Column("key", lambda entry: entry.key, code=True),
        Column("value", lambda entry: _values(entry, whole=whole), code=True),
        Column("where it comes from", lambda entry: origin_text(entry, caller)),
    )
    return Section(name, caption, columns, answer.explanation.context)


def _values(entry: ContextEntry, *, whole: bool) -> str:
    values = ", ".join(value if whole else shortened(value, 80) for value in entry.values)
    return f"[{values}]" if entry.multivalued else values


def origin_text(entry: ContextEntry, caller: str) -> str:
    """Where the value of a context key comes from."""
    origin = entry.origin
    if origin.kind == "given":
        return "given"
    tells = origin.detail not in {"", caller, ", ".join(entry.values)}
    detail = f": {origin.detail}" if tells else ""
    return f"derived ({origin.kind}{detail})"
