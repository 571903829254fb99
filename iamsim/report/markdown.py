"""An answer as Markdown, for a ticket or a pull request."""

from __future__ import annotations

from iamsim.core.answer import Answer
from iamsim.report.explained import explained
from iamsim.report.writers.markdown import to_markdown


def render_markdown(answer: Answer, *, verbose: bool = False) -> str:
    """Write an answer as Markdown: the reason, the layers as a table, the statements as code."""
    return to_markdown(explained(answer, verbose=verbose))
