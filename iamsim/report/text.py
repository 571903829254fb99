"""An answer as text for a terminal.

Short by default: the verdict and its reason, the layers in AWS's order, the statements that decided
quoted from their files, the ways in, what the request lacks, and the notes. With `verbose`, every
layer, policy, statement and clause, and the whole context with its origins.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from iamsim.core.errors import UnsupportedError
from iamsim.core.overall import overall_verdict
from iamsim.query.hints import doubts_of, hints_below
from iamsim.report.assumed import assumed_of, notes_below
from iamsim.report.columns import wrapped
from iamsim.report.hints import hint_text
from iamsim.report.layers import layer_lines
from iamsim.report.message import denied_message
from iamsim.report.paint import Paint
from iamsim.report.quote import failure_marks, match_marks, quote_statement
from iamsim.report.summary import summary
from iamsim.report.trace import context_lines, trace_lines
from iamsim.report.unknowns import unknown_lines
from iamsim.report.ways import way_depends, way_text, ways_of_caller
from iamsim.words.sentences import NOTES, REASONS, VERDICTS, layer_name
from iamsim.words.wording import joined, shortened, statement_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.core.answer import Answer, Residual
    from iamsim.core.explanation import Decider, Explanation, StatementExplanation

    Draw = Callable[[Answer, int], list[str]]

__all__ = ["render_answers", "render_text", "render_verdict"]

_NARROWEST = 40
_QUOTED = 3  # statements quoted in the short form


def render_text(
    answer: Answer,
    *,
    verbose: bool = False,
    color: bool = False,
    width: int = 100,
    draw: Draw | None = None,
) -> str:
    """Write an answer out; `width` is in columns, and quoted lines are cut to it. `draw` gives the
    lines of a drawing, or none where there is no room for one."""
    paint = Paint(color)
    width = max(width, _NARROWEST)
    explanation = answer.explanation
    blocks = [
        _doubts([answer], paint, width),
        _headline(answer, paint, width),
        _request(answer, paint),
        _titled("layers", layer_lines(answer, paint, width, verbose=verbose), paint),
        *_quotes(answer, paint, width, verbose=verbose),
        _titled("picture", [] if draw is None else draw(answer, width), paint),
        _titled("ways in", _ways(answer, paint, width, verbose=verbose), paint),
        _titled("missing context", _missing(explanation, width, verbose=verbose), paint),
        _titled("what it depends on", _residual(answer, width, verbose=verbose), paint),
        _titled("AWS would say", _message(answer, width), paint),
        _titled("notes", _notes(answer, width), paint),
        _titled("hints", _hints([answer], width), paint),
    ]
    if verbose:
        blocks.append(_titled("context", context_lines(answer, paint), paint))
        blocks.append(_titled("every statement", trace_lines(answer, paint, width), paint))
    return "\n".join("\n".join(block) + "\n" for block in blocks if block)


def render_verdict(answer: Answer, *, color: bool = False, width: int = 100) -> str:
    """Write the verdict, its reason, and the statements that decided, and no more."""
    paint = Paint(color)
    width = max(width, _NARROWEST)
    blocks = [_headline(answer, paint, width), *_quotes(answer, paint, width, verbose=False)]
    return "\n".join("\n".join(block) for block in blocks) + "\n"


def render_answers(
    answers: Sequence[Answer],
    *,
    verbose: bool = False,
    color: bool = False,
    width: int = 100,
    draw: Draw | None = None,
) -> str:
    """Write out the answers of one call: with several pairs, the verdict over all comes first, then
    a sentence for each; the whole of each with `verbose`."""
    if len(answers) == 1:
        return render_text(answers[0], verbose=verbose, color=color, width=width, draw=draw)
    paint = Paint(color)
    verdict = overall_verdict(answer.decision.verdict for answer in answers)
    passed = sum(answer.allowed for answer in answers)
    word = paint.verdict(VERDICTS[verdict], verdict)
    lines = [f"{word}: {passed} of {len(answers)} pairs of action and resource are allowed"]
    for number, answer in enumerate(answers, 1):
        decision = answer.decision.verdict
        word, _, reason = summary(answer).partition(":")
        head = f"{number:>3}  "
        first, *rest = wrapped(f"{word}:{reason}", width, head, " " * len(head))
        painted = paint.verdict(word, decision)
        lines += [first.replace(word, painted, 1), *rest]
    head = "\n".join(lines) + "\n"
    doubts = _doubts(answers, paint, width)
    if doubts:
        head = "\n".join(doubts) + f"\n\n{head}"
    if not verbose:
        hints = _titled("hints", _hints(answers, width), paint)
        block = "\n" + "\n".join(hints) + "\n" if hints else ""
        return f"{head}{block}\n{paint.quiet('-v shows each of them in full')}\n"
    texts = [
        render_text(answer, verbose=True, color=color, width=width, draw=draw) for answer in answers
    ]
    blocks = [
        f"{paint.quiet(f'--- {number} of {len(texts)} ---')}\n{text}"
        for number, text in enumerate(texts, 1)
    ]
    return "\n".join((head, *blocks))


def _titled(title: str, lines: list[str], paint: Paint) -> list[str]:
    return [paint.title(title), *lines] if lines else []


def _headline(answer: Answer, paint: Paint, width: int) -> list[str]:
    verdict = answer.decision.verdict
    word, _, reason = summary(answer).partition(": ")
    lines = textwrap.wrap(
        f"{word}: {reason}", width, break_on_hyphens=False, break_long_words=False
    )
    lines[0] = paint.verdict(word, verdict) + lines[0][len(word) :]
    return lines


def _request(answer: Answer, paint: Paint) -> list[str]:
    request = answer.request
    lines = [
        f"  principal  {shortened(request.principal, 300)}",
        f"  action     {request.action}",
        f"  resource   {shortened(request.resource, 300)}",
    ]
    for number, (key, value) in enumerate(request.context.items()):
        text = value if isinstance(value, str) else ", ".join(value)
        label = "context" if number == 0 else ""
        lines.append(f"  {label:<9}  {key} = {shortened(text)}")
    lines.append(paint.quiet(f"  relation   {REASONS[answer.explanation.relation]}"))
    return lines


def _quotes(answer: Answer, paint: Paint, width: int, *, verbose: bool) -> list[list[str]]:
    """Quote the deciding statements, or for an implicit denial the near misses."""
    blocks: list[list[str]] = []
    deciders = answer.explanation.decided_by
    seen: set[int] = set()
    for decider in deciders:
        statement, near = decider.statement, decider.near
        if statement is not None and id(statement) not in seen:
            seen.add(id(statement))
            title = _quote_title("decided by", statement, decider, answer)
            marks = match_marks(statement, answer.request.action)
        elif near is not None and id(near.statement) not in seen:
            statement = near.statement
            seen.add(id(statement))
            title = _quote_title("closest", statement, decider, answer)
            marks = failure_marks(statement, near.failed, answer.request.action)
        else:
            continue
        lines = quote_statement(statement, marks, paint, width)
        place = paint.name(statement.span.place)
        blocks.append([*_painted_title(title, paint, width), f"  {place}", *lines])
        if len(blocks) == _QUOTED and not verbose:
            break
    return blocks


def _quote_title(
    word: str, statement: StatementExplanation, decider: Decider, answer: Answer
) -> str:
    name = statement_text(statement.index, statement.sid)
    policy = decider.policy or (decider.near.policy if decider.near is not None else None)
    layer = layer_name(decider.layer, answer.request.action, decider.level)
    of = f"{layer} `{shortened(policy, 80)}`" if policy else layer
    return f"{word}: {name} of {of}"


def _painted_title(title: str, paint: Paint, width: int) -> list[str]:
    lines = wrapped(title, width, "", "  ")
    word, colon, rest = lines[0].partition(":")
    return [f"{paint.title(word)}{colon}{rest}", *lines[1:]]


def _ways(answer: Answer, paint: Paint, width: int, *, verbose: bool) -> list[str]:
    """Give a line for each way in, and say of each layer on it whether it allows."""
    lines = []
    for way in ways_of_caller(answer, every=verbose):
        state = paint.good("open   ") if way.open else paint.bad("blocked")
        if way_depends(way, answer):
            state = "depends"
        first, *rest = textwrap.wrap(
            way_text(way, answer), width - 11, break_on_hyphens=False, break_long_words=False
        )
        lines.append(f"  {state}  {first}")
        lines += [f"           {line}" for line in rest]
    return lines


def _missing(explanation: Explanation, width: int, *, verbose: bool) -> list[str]:
    asked = [one for one in explanation.missing if verbose or one.matters is not False]
    lines: list[str] = []
    for unknown, what in ((False, "which the request lacks"), (True, "which nobody knows")):
        keys = [f"`{missing.name}`" for missing in asked if missing.unknown is unknown]
        if keys:
            lines += _bullet(f"the policies ask for {joined(keys)}, {what}", width)
    matters = [missing.name for missing in explanation.missing if missing.matters and lines]
    if matters:
        lines += _bullet(f"another answer is possible with {joined(matters, 'or')}", width)
    return lines


def _residual(answer: Answer, width: int, *, verbose: bool) -> list[str]:
    """What a conditional answer depends on, in words; with `verbose` as Condition blocks, too."""
    residual = answer.residual
    if residual is None:
        return []
    first, *rest = residual.description.splitlines()
    lines = _bullet(first, width)
    for line in (*rest, *unknown_lines(answer)):
        lines += wrapped(line.strip(), width, "    ", "      ")
    if verbose:
        lines += _blocks(residual)
    return lines


def _blocks(residual: Residual) -> list[str]:
    """The Condition blocks, one of which must hold."""
    try:
        blocks = residual.to_condition()
    except UnsupportedError as error:
        return [f"  {error.message}"]
    lines: list[str] = []
    for number, block in enumerate(blocks):
        if number:
            lines.append("  or")
        for operator, keys in block.items():
            lines += [f"  {operator} {key}: {', '.join(values)}" for key, values in keys.items()]
    return lines


def _message(answer: Answer, width: int) -> list[str]:
    message = denied_message(answer)
    return [] if message is None else wrapped(message, width, "  ", "  ")


def _notes(answer: Answer, width: int) -> list[str]:
    lines: list[str] = []
    for note in notes_below(answer):
        lines += _bullet(f"{NOTES[note]} [{note.value}]", width)
    return lines


def _doubts(answers: Sequence[Answer], paint: Paint, width: int) -> list[str]:
    """What is wrong with the questions of denials, which would be denied whatever policies say;
    and what the answers assume."""
    texts = [
        f"{hint_text(hint)} [{hint.kind.value}]" for answer in answers for hint in doubts_of(answer)
    ]
    assumed = [text for answer in answers for text in assumed_of(answer)]
    heads = (("check the question: ", texts), ("assumed: ", assumed))
    lines = [
        line
        for head, found in heads
        for text in dict.fromkeys(found)
        for line in wrapped(text, width, head, "  ")
    ]
    return [paint.bad(line) for line in lines]


def _hints(answers: Sequence[Answer], width: int) -> list[str]:
    """What the service reference adds to answers, each hint once."""
    texts = [
        f"{hint_text(hint)} [{hint.kind.value}]"
        for answer in answers
        for hint in hints_below(answer)
    ]
    return [line for text in dict.fromkeys(texts) for line in _bullet(text, width)]


def _bullet(text: str, width: int) -> list[str]:
    return wrapped(text, width, "  - ", "    ")
