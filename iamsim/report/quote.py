"""Statements quoted from their files, with the clauses that matter marked.

::

    policies/dev.json
      14 |   {"Sid": "ReadOnly", "Effect": "Allow", "Action": "s3:Get*",
         |                                                    ^^^^^^^^^ pattern against s3:PutObject
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple
from iamsim.core.explanation import ClauseExplanation, Element, StatementExplanation
from iamsim.core.reason import Reason
from iamsim.words.sentences import REASONS
from iamsim.words.wording import failing_clauses, shortened, value_text

if TYPE_CHECKING:
    from iamsim.core.span import Source
    from iamsim.report.paint import Paint

_WHOLE_STATEMENT = 10  # lines; a longer statement is shown around its marks
_MARKS_OF_ELEMENT = 2
_LEAST_WIDTH = 24
_NEGATED = frozenset({Element.NOT_ACTION, Element.NOT_RESOURCE, Element.NOT_PRINCIPAL})


class Mark(NamedTuple):
    """Stretches of a line (columns from 1, with lengths) to be underlined, with one remark."""

    line: int
    stretches: tuple[tuple[int, int], ...]
    remark: str
    failed: bool


def failure_marks(
    statement: StatementExplanation, failed: Sequence[Element], action: str
) -> tuple[Mark, ...]:
    """Mark what keeps a statement from matching; `action` is as the user wrote it."""
    marks: list[Mark] = []
    for element in failed:
        clauses = failing_clauses(statement, element)
        if element is not Element.CONDITION and len(clauses) > _MARKS_OF_ELEMENT:
            remark = f"none of these {len(clauses)} matches {_against(clauses[0], action)}"
            marks.append(_mark(clauses[0], remark, failed=True))
        else:
            marks += [_mark(clause, _remark(clause, action), failed=True) for clause in clauses]
    return _joined(marks)


def match_marks(statement: StatementExplanation, action: str) -> tuple[Mark, ...]:
    """Mark what makes a statement match: the entry of each element, and every condition."""
    marks: list[Mark] = []
    seen: set[Element] = set()
    for clause in statement.clauses:
        holds = clause.matched or clause.reason is Reason.DEPENDS_ON_UNKNOWN
        if clause.element in _NEGATED or not holds or clause.element in seen:
            continue
        if clause.element is not Element.CONDITION:
            seen.add(clause.element)
            if clause.pattern in {"*", value_text(clause, action)}:
                continue
        marks.append(_mark(clause, _remark(clause, action), failed=False))
    return _joined(marks)


def _joined(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Let marks of one line with the same remark share it."""
    joined: list[Mark] = []
    for mark in marks:
        before = joined[-1] if joined else None
        if before is not None and before[0] == mark.line and before[2:] == mark[2:]:
            joined[-1] = mark._replace(stretches=(*before.stretches, *mark.stretches))
        else:
            joined.append(mark)
    return tuple(
        mark._replace(remark=mark.remark.replace("does not match", "do not match"))
        if len(mark.stretches) > 1
        else mark
        for mark in joined
    )


def _mark(clause: ClauseExplanation, remark: str, *, failed: bool) -> Mark:
    span = clause.span
    line, column = span.source.line_column(span.start)
    return Mark(line, ((column, max(span.end - span.start, 1)),), remark, failed)


def _against(clause: ClauseExplanation, action: str) -> str:
    return shortened(value_text(clause, action) or "the caller", 120)


def _remark(clause: ClauseExplanation, action: str) -> str:
    """What to say below a clause: the pattern's other side."""
    if clause.reason is Reason.DEPENDS_ON_UNKNOWN:
        what = f"on {clause.key}, which is not known" if clause.key else "on what is not known"
        return f"depends {what}"
    if clause.element is not Element.CONDITION:
        pattern = shortened(clause.pattern if clause.resolved is None else clause.resolved, 60)
        filled = "" if clause.resolved is None else f"{pattern} "
        if clause.reason in {Reason.MATCHED, Reason.PATTERN_MISMATCH, Reason.PRINCIPAL_MISMATCH}:
            verb = "matches" if clause.matched else "does not match"
            return f"{filled}{verb} {_against(clause, action)}"
        return REASONS[clause.reason]
    resolved = "" if clause.resolved is None else f"{shortened(clause.resolved, 60)}: "
    if clause.value is None:
        passes = "" if not clause.matched else ", which passes this test"
        return f"{resolved}the request has no {clause.key}{passes}"
    has = f"{resolved}the request has {shortened(clause.value, 80)}"
    if clause.matched or clause.reason in {Reason.VALUE_MISMATCH, Reason.PATTERN_MISMATCH}:
        return has
    return f"{has}: {REASONS[clause.reason]}"


def quote_statement(
    statement: StatementExplanation, marks: Iterable[Mark], paint: Paint, width: int
) -> list[str]:
    """Quote a statement's lines with line numbers, and its marks below the lines they are in."""
    span = statement.span
    first = span.line
    last = max(first, span.source.line_column(max(span.end - 1, span.start))[0])
    by_line: dict[int, list[Mark]] = {}
    for mark in marks:
        by_line.setdefault(mark.line, []).append(mark)
    lines = _chosen_lines(first, last, set(by_line))
    digits = len(str(lines[-1]))
    room = max(width - digits - 5, _LEAST_WIDTH)
    quoted: list[str] = []
    indent = _common_indent(span.source, lines)
    before = lines[0] - 1
    for line in lines:
        if line != before + 1:
            quoted.append(paint.quiet(f"  {'.' * min(digits, 3):>{digits}} |"))
        before = line
        number = paint.quiet(f"  {line:>{digits}} |")
        text, marked = span.source.line_text(line), by_line.get(line, ())
        window = _Window.of(text, marked, indent, room)
        quoted.append(f"{number} {window.text}".rstrip())
        for mark in marked:
            if not window.shows(mark):
                window = _Window.of(text, (mark,), indent, room)
                quoted.append(f"{number} {window.text}".rstrip())
            quoted += _caret_lines(mark, window, paint, digits, room)
    return quoted


def _chosen_lines(first: int, last: int, marked: set[int]) -> list[int]:
    if last - first < _WHOLE_STATEMENT:
        return list(range(first, last + 1))
    chosen = {first, first + 1}
    for line in marked:
        chosen |= {line - 1, line, line + 1}
    return sorted(line for line in chosen if first <= line <= last)


def _common_indent(source: Source, lines: Sequence[int]) -> int:
    texts = [source.line_text(line) for line in lines]
    return min((len(text) - len(text.lstrip(" ")) for text in texts if text.strip()), default=0)


class _Window(NamedTuple):
    """The part of a line that is shown: `text` starts at `column` (counted from 0)."""

    text: str
    column: int
    lead: int  # characters in front of the line's own text: an ellipsis

    def shows(self, mark: Mark) -> bool:
        """Say whether the start of a mark's first stretch is in the window."""
        offset = mark.stretches[0][0] - 1 - self.column + self.lead
        return self.lead <= offset < len(self.text) - 1

    @staticmethod
    def of(text: str, marks: Sequence[Mark], indent: int, room: int) -> _Window:
        """Choose the part of a long line so that its first mark is seen."""
        end = len(text)
        start = min(indent, end)
        if end - start <= room:
            return _Window(_clean(text[start:]), start, 0)
        if marks:
            column, length = marks[0].stretches[0]
            if column - 1 + length > start + room - 1:
                start = max(start, column - 1 - room // 3)
        lead = "…" if start > indent else ""
        shown = text[start : start + room - len(lead)]
        if start + len(shown) < end:
            shown = f"{shown[:-1]}…"
        return _Window(lead + _clean(shown), start, len(lead))


def _clean(text: str) -> str:
    """Keep every character one column wide, so that carets stand where they should."""
    return "".join(character if character.isprintable() else " " for character in text)


def _caret_lines(mark: Mark, window: _Window, paint: Paint, digits: int, room: int) -> list[str]:
    carets = _carets(mark, window)
    color = paint.bad if mark.failed else paint.good
    bar = paint.quiet(f"  {'':>{digits}} |")
    if len(carets) + 1 + len(mark.remark) <= room:
        return [f"{bar} {color(f'{carets} {mark.remark}')}"]
    offset = len(carets) - len(carets.lstrip())
    start = max(min(offset, room - len(mark.remark), room // 2), 0)
    wrapped = textwrap.wrap(mark.remark, max(room - start, _LEAST_WIDTH), break_on_hyphens=False)
    return [f"{bar} {color(carets)}", *(f"{bar} {' ' * start}{color(text)}" for text in wrapped)]


def _carets(mark: Mark, window: _Window) -> str:
    """Draw carets below the stretches that the window shows; one caret where none is seen."""
    line = [" "] * (len(window.text) + 1)
    for column, length in mark.stretches:
        offset = column - 1 - window.column + window.lead
        for position in range(max(offset, 0), min(offset + length, len(window.text))):
            line[position] = "^"
    return "".join(line).rstrip() or "^"
