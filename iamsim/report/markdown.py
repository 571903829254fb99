"""An answer as Markdown, for a ticket or a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.query.hints import doubts_of, hints_below
from iamsim.report.assumed import assumed_of, notes_below
from iamsim.report.cleaning import for_markdown
from iamsim.report.hints import hint_text
from iamsim.report.layers import layer_rows
from iamsim.report.message import denied_message
from iamsim.report.paint import Paint
from iamsim.report.quote import failure_marks, match_marks, quote_statement
from iamsim.report.summary import summary
from iamsim.report.trace import trace_lines
from iamsim.report.unknowns import unknown_lines
from iamsim.report.ways import way_text, ways_of_caller
from iamsim.report.writers.markdown import fenced
from iamsim.words.sentences import NOTES, OUTCOMES, layer_name
from iamsim.words.wording import shortened, statement_text

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.explanation import Decider

__all__ = ["render_markdown"]

_WIDTH = 100


def render_markdown(answer: Answer, *, verbose: bool = False) -> str:
    """Write an answer as Markdown: the reason, the layers as a table, the statements as code."""
    request = answer.request
    word, _, reason = summary(answer).partition(": ")
    doubts = [
        f"**check the question**: {for_markdown(hint_text(hint))}" for hint in doubts_of(answer)
    ]
    doubts += [f"**assumed**: {for_markdown(text)}" for text in assumed_of(answer)]
    lines = [
        *(line for doubt in doubts for line in (doubt, "")),
        f"**{word}**: {for_markdown(reason)}",
        "",
        f"* principal {_code(request.principal)}",
        f"* action {_code(request.action)}",
        f"* resource {_code(request.resource)}",
    ]
    for key, value in request.context.items():
        text = value if isinstance(value, str) else ", ".join(value)
        lines.append(f"* {_code(f'{key} = {text}')}")
    lines += ["", "| layer | outcome | why |", "|---|---|---|"]
    for name, outcome, detail in layer_rows(answer):
        lines.append(f"| {name} | {OUTCOMES[outcome]} | {for_markdown(detail)} |")
    for decider in answer.explanation.decided_by:
        lines += _quote(answer, decider)
    ways = ways_of_caller(answer)
    if ways and not answer.allowed:
        lines += ["", "Ways in:", ""]
        for way in ways:
            lines.append(
                f"* {'open' if way.open else 'blocked'}: {for_markdown(way_text(way, answer))}"
            )
    if answer.unknowns:
        lines += ["", "Not known:", ""]
        lines += [f"* {for_markdown(line)}" for line in unknown_lines(answer)]
    message = denied_message(answer)
    if message is not None:
        lines += ["", "AWS would say:", "", *fenced([message])]
    notes = [f"> Note: {NOTES[note]}." for note in notes_below(answer)]
    hints = [f"> Hint: {for_markdown(_ended(hint_text(hint)))}" for hint in hints_below(answer)]
    lines += ["", *notes, *(["", *hints] if hints else [])]
    if verbose:
        lines += ["", *fenced(trace_lines(answer, Paint(), _WIDTH))]
    return "\n".join(lines).rstrip() + "\n"


def _quote(answer: Answer, decider: Decider) -> list[str]:
    statement, near = decider.statement, decider.near
    if statement is not None:
        word, policy, marks = (
            "Decided by",
            decider.policy,
            match_marks(statement, answer.request.action),
        )
    elif near is not None:
        statement = near.statement
        word, policy, marks = (
            "Closest",
            near.policy,
            failure_marks(statement, near.failed, answer.request.action),
        )
    else:
        return []
    layer = layer_name(decider.layer, answer.request.action)
    name = for_markdown(statement_text(statement.index, statement.sid))
    place = _code(statement.span.place)
    title = f"{word}: {name} of {layer} {_code(policy or '')} in {place}"
    return ["", title, "", *fenced(quote_statement(statement, marks, Paint(), _WIDTH))]


def _ended(text: str) -> str:
    """End a sentence with a full stop, unless it asks."""
    return text if text.endswith("?") else f"{text}."


def _code(text: str) -> str:
    return f"`{shortened(text, 300).replace('`', chr(39))}`"
