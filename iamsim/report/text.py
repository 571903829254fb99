"""An answer as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.report.explained import explained, explained_together
from iamsim.report.paint import Paint
from iamsim.report.writers.text import answer_in_short, to_text

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.report.explained import Draw

_NARROWEST = 40
_MORE = "-v shows each of them in full"


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
    document = explained(answer, verbose=verbose, draw=draw)
    return to_text(document, Paint(color), max(width, _NARROWEST))


def render_verdict(answer: Answer, *, color: bool = False, width: int = 100) -> str:
    """Write the verdict, its reason, and the statements that decided, and no more."""
    return "\n".join(answer_in_short(answer, Paint(color), max(width, _NARROWEST))) + "\n"


def render_answers(
    answers: Sequence[Answer],
    *,
    verbose: bool = False,
    color: bool = False,
    width: int = 100,
    draw: Draw | None = None,
) -> str:
    """Write out the answers of one call: with several pairs, the verdict over all comes first, then
    a row for each; the whole of each with `verbose`."""
    if len(answers) == 1:
        return render_text(answers[0], verbose=verbose, color=color, width=width, draw=draw)
    paint, width = Paint(color), max(width, _NARROWEST)
    if not verbose:
        return to_text(explained_together(answers, ending=_MORE), paint, width)
    texts = [to_text(explained_together(answers), paint, width)]
    for number, answer in enumerate(answers, 1):
        text = render_text(answer, verbose=True, color=color, width=width, draw=draw)
        texts.append(f"{paint.quiet(f'--- {number} of {len(answers)} ---')}\n{text}")
    return "\n".join(texts)
