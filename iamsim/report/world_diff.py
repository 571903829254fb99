"""Two worlds compared: whose permissions changed, and through which policy change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.caret import printable
from iamsim.report.changes import changes_data, changes_lines, changes_text
from iamsim.report.changes_markdown import changes_markdown
from iamsim.report.writers.markdown import fenced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamsim.query.policy_changes import PolicyChange
    from iamsim.report.changes import ChangeReport
    from iamsim.report.paint import Paint

__all__ = ["diff_data", "diff_lines", "diff_markdown", "diff_text"]

Json = dict[str, object]
MOST_LINES = 400  # of all diffs together, unless everything is asked for

diff_lines = changes_lines


def diff_text(
    report: ChangeReport,
    policies: Sequence[PolicyChange],
    paint: Paint,
    width: int,
    *,
    verbose: bool = False,
) -> str:
    """What changed in policies as unified diffs, then the decisions that differ."""
    lines: list[str] = []
    if policies:
        lines += [paint.title("what differs"), ""]
        shown = list(_diffs(policies, paint))
        if not verbose and len(shown) > MOST_LINES:
            rest = len(shown) - MOST_LINES
            shown = [*shown[:MOST_LINES], f"  and {rest} more lines, which `-v` shows", ""]
        lines += shown
    return "\n".join([*lines, changes_text(report, paint, width, verbose=verbose)])


def _diffs(policies: Sequence[PolicyChange], paint: Paint) -> Iterator[str]:
    for one in policies:
        yield f"  {one.what}{_word(one)}"
        for line in one.lines:
            colored = line
            if line.startswith("+"):
                colored = paint.good(line)
            elif line.startswith("-"):
                colored = paint.bad(line)
            yield f"    {colored}"
        yield ""


def _word(one: PolicyChange) -> str:
    if one.added:
        return " (new)"
    return " (gone)" if one.removed else ""


def diff_markdown(report: ChangeReport, policies: Sequence[PolicyChange]) -> str:
    """The decisions that differ, then the diffs, folded."""
    lines = [changes_markdown(report)]
    if policies:
        lines += ["#### What differs", ""]
    for one in policies:
        lines += [f"<details><summary>{_escaped(one.what)}{_word(one)}</summary>", ""]
        lines += [*fenced(map(printable, one.lines), "diff"), "", "</details>", ""]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """A name inside of HTML tags, where nobody is mentioned either."""
    plain = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("@", "&#64;")


def diff_data(report: ChangeReport, policies: Sequence[PolicyChange]) -> Json:
    """Everything as plain data."""
    return {
        "policies": [
            {
                "what": one.what,
                "change": "added" if one.added else "removed" if one.removed else "changed",
                "diff": list(one.lines),
            }
            for one in policies
        ],
        **changes_data(report),
    }
