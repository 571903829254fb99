"""Two answers side by side: what was asked in the world as it is, and what if.

Rows that differ are marked with `*`. A narrow terminal gets the two sides one below the other.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.core.decision import Verdict
from iamsim.query.comparison import Aspect, deciding_statements, missing_keys, same_request
from iamsim.report.cleaning import for_markdown, for_markdown_lines
from iamsim.report.data import answer_to_dict
from iamsim.report.layers import layer_rows
from iamsim.report.summary import summary
from iamsim.words.sentences import OUTCOMES, VERDICTS, layer_name
from iamsim.words.wording import request_text, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.core.answer import Answer
    from iamsim.query.comparison import AnswerDifference, Comparison
    from iamsim.report.paint import Paint

__all__ = [
    "AFTER",
    "BEFORE",
    "comparison_in_short",
    "comparison_to_dict",
    "render_comparison",
    "render_comparison_markdown",
]

BEFORE, AFTER = "as it is", "what if"
_LABEL = 25
_TWO_COLUMNS = 90  # what the label and two columns that can be read take
_NARROWEST = 40


class Row(NamedTuple):
    """One line of the table: what it is about, both sides, and whether they differ."""

    label: str
    before: str
    after: str
    differs: bool
    verdicts: tuple[Verdict, Verdict] | None = None


def render_comparison(comparison: Comparison, paint: Paint, width: int) -> str:
    """Write one comparison: a headline, the request, and a row for each part of the answers."""
    width = max(width, _NARROWEST)
    rows = _rows(comparison)
    lines = [_headline(comparison, paint), *_wrapped(_asked(comparison), width, "  "), ""]
    if width >= _TWO_COLUMNS:
        lines += _columns(rows, paint, width)
    else:
        lines += _stacked(rows, paint, width)
    legend = "* differs" if comparison.differences else "nothing that decides differs"
    lines += ["", paint.quiet(legend)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def comparison_in_short(comparison: Comparison) -> str:
    """Say in one sentence what changes, for what request, and which parts of the answers differ."""
    differing = [row.label for row in _rows(comparison) if row.differs]
    end = f"what differs: {', '.join(differing)}" if differing else "nothing that decides differs"
    return f"{_change_text(comparison)}: {_asked(comparison)}; {end}"


def render_comparison_markdown(comparison: Comparison) -> str:
    """Write one comparison as a table of Markdown; rows that differ are in bold."""
    request = comparison.before.request
    lines = [
        f"**{_change_text(comparison)}**: {for_markdown(_asked(comparison))}",
        "",
        f"* principal `{request.principal}`",
        *(
            f"* {for_markdown(f'{key} = {text}')}"
            for key, value in request.context.items()
            for text in (value if isinstance(value, str) else ", ".join(value),)
        ),
        "",
        f"| | {BEFORE} | {AFTER} |",
        "|---|---|---|",
    ]
    for row in _rows(comparison):
        label = f"**{row.label}**" if row.differs else row.label
        cells = [for_markdown_lines(text) for text in (row.before, row.after)]
        lines.append(f"| {label} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines) + "\n"


def comparison_to_dict(comparison: Comparison) -> dict[str, object]:
    """Turn one comparison into plain data: both answers whole, and what differs."""
    return {
        "before": answer_to_dict(comparison.before),
        "after": answer_to_dict(comparison.after),
        "differences": [_difference(one) for one in comparison.differences],
    }


def _difference(difference: AnswerDifference) -> dict[str, object]:
    entry: dict[str, object] = {"what": difference.aspect.value}
    if difference.layer is not None:
        entry["layer"] = difference.layer.value
        if difference.level is not None:
            entry["level"] = difference.level
    for name, side in (("before", difference.before), ("after", difference.after)):
        entry[name] = list(side) if isinstance(side, tuple) else side
    return entry


def _change_text(comparison: Comparison) -> str:
    before, after = (
        _verdict_text(answer.decision.verdict) for answer in (comparison.before, comparison.after)
    )
    if before != after:
        return f"from {before} to {after}"
    return f"{before} either way"


def _headline(comparison: Comparison, paint: Paint) -> str:
    return paint.verdict(_change_text(comparison), comparison.after.decision.verdict)


def _asked(comparison: Comparison) -> str:
    return request_text(comparison.before.request)


def _verdict_text(verdict: Verdict) -> str:
    kinds = {Verdict.EXPLICIT_DENY: " explicitly", Verdict.IMPLICIT_DENY: " implicitly"}
    return VERDICTS[verdict] + kinds.get(verdict, "")


def _rows(comparison: Comparison) -> list[Row]:
    """Everything that can differ, in the order of the short answer."""
    before, after = comparison.before, comparison.after
    differing = {one.aspect for one in comparison.differences}
    verdicts = before.decision.verdict, after.decision.verdict
    rows = [
        Row(
            "verdict",
            _verdict_text(verdicts[0]),
            _verdict_text(verdicts[1]),
            Aspect.VERDICT in differing,
            verdicts,
        )
    ]
    if Aspect.CALLER in differing:
        callers = [_caller(answer.request.principal) for answer in (before, after)]
        rows.append(_row("caller", callers, differs=True))
    if comparison.hop is not None:
        rows.append(_row("chain of roles", ("", f"breaks at hop {comparison.hop}"), differs=True))
    reasons = [_reason(before, "it"), _reason(after, "it" if same_request(before, after) else None)]
    decided = [_listed(deciding_statements(answer)) for answer in (before, after)]
    rows += [
        _row("why", reasons, differs=Aspect.DECIDED_BY in differing),
        _row("decided by", decided, differs=Aspect.DECIDED_BY in differing),
    ]
    if same_request(before, after):
        rows += _layer_rows(comparison)
        missing = [_listed(missing_keys(answer)) for answer in (before, after)]
        if any(missing):
            differs = Aspect.MISSING_CONTEXT in differing
            rows.append(_row("missing context", missing, differs=differs))
        sentences = [
            "" if answer.residual is None else answer.residual.sentence
            for answer in (before, after)
        ]
        if any(sentences):
            rows.append(_row("depends on", sentences, differs=Aspect.RESIDUAL in differing))
    return rows


def _caller(principal: str) -> str:
    """A caller in few words: what it is, and of which account."""
    arn = find_arn(principal)
    if arn is None:
        return shortened(principal)
    return shortened(f"{arn.resource} of {arn.account}")


def _row(label: str, sides: Sequence[str], *, differs: bool) -> Row:
    before, after = sides
    return Row(label, before, after, differs)


def _reason(answer: Answer, request: str | None) -> str:
    """Why; the request stands above the table, and needs one word in its sentence."""
    reason = summary(answer).partition(": ")[2]
    if request is None:
        return reason
    return reason.replace(request_text(answer.request), request, 1)


def _layer_rows(comparison: Comparison) -> list[Row]:
    """A row for each layer that is there on one side at least."""
    action = comparison.before.request.action
    differing = {
        layer_name(one.layer, action) for one in comparison.differences if one.layer is not None
    }
    sides = _layer_texts(comparison.before), _layer_texts(comparison.after)
    return [
        _row(name, [side.get(name, "not there") for side in sides], differs=name in differing)
        for name in dict.fromkeys((*sides[0], *sides[1]))
    ]


def _layer_texts(answer: Answer) -> dict[str, str]:
    """What each layer says, its levels on lines of their own."""
    texts: dict[str, list[str]] = {}
    for row in layer_rows(answer):
        texts.setdefault(row.name, []).append(f"{OUTCOMES[row.outcome]}: {row.detail}")
    return {name: "\n".join(lines) for name, lines in texts.items()}


def _listed(texts: Sequence[str]) -> str:
    return "\n".join(texts)


def _columns(rows: Sequence[Row], paint: Paint, width: int) -> list[str]:
    """The two sides in columns beside the labels."""
    room = (width - _LABEL - 6) // 2
    head = f"{'':<{_LABEL + 2}}{BEFORE:<{room + 2}}{AFTER}"
    lines = [paint.title(head)]
    for row in rows:
        same = row.verdicts is None and row.before == row.after
        sides = [_cell(row.before, room), _cell("the same" if same else row.after, room)]
        height = max(map(len, sides))
        before, after = (side + [""] * (height - len(side)) for side in sides)
        for number, (left, right) in enumerate(zip(before, after, strict=True)):
            label = row.label if number == 0 else ""
            mark = "* " if row.differs and number == 0 else "  "
            cells = [f"{left:<{room}}", right]
            if row.verdicts is not None:
                cells = [
                    paint.verdict(cell, verdict)
                    for cell, verdict in zip(cells, row.verdicts, strict=True)
                ]
            start = f"{mark}{label:<{_LABEL}}"
            lines.append(f"{paint.title(start) if row.differs else start}{cells[0]}  {cells[1]}")
    return lines


def _stacked(rows: Sequence[Row], paint: Paint, width: int) -> list[str]:
    """The two sides below each other; once where they are the same."""
    lines = []
    for row in rows:
        label = f"{'* ' if row.differs else '  '}{row.label}"
        lines.append(paint.title(label) if row.differs else label)
        sides = [(BEFORE, row.before), (AFTER, row.after)]
        if row.before == row.after:
            sides = [("both", row.before)]
        for name, text in sides:
            for number, line in enumerate(_cell(text or "nothing", max(width - 14, 20))):
                lines.append(f"    {name if number == 0 else '':<10}{line}")
    return lines


def _cell(text: str, room: int) -> list[str]:
    """Text as lines of at most `room` columns; words that are longer are broken."""
    lines: list[str] = []
    for line in text.split("\n"):
        lines += textwrap.wrap(line, room, subsequent_indent="  ", break_on_hyphens=False)
    return lines or [""]


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )
