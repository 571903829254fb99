"""What can be done about findings: mends that change no decision, suppressions with a reason.

What can be done about requests that come out otherwise than expected, `iamsim.lsp.edits` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.checks.mending import mend
from iamsim.checks.sidecar import ENDING
from iamsim.lsp.analysis import Analysis, language_of
from iamsim.lsp.mending import mend_template

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.core.span import Source
    from iamsim.syntax.splicing import Change

REASON = "say here why this is accepted"


class Action(NamedTuple):
    """Something to do about a diagnostic of a code: changes of texts, or an entry in the file of
    suppressions beside the document. A mend changes no decision: it is what to do first."""

    title: str
    code: str
    changes: tuple[tuple[Source, tuple[Change, ...]], ...] = ()
    suppression: str = ""
    is_mend: bool = False


def actions_for(analysis: Analysis, text: str, name: str, start: int, end: int) -> Iterator[Action]:
    """What can be done about the findings that touch a stretch of the document."""
    language = language_of(name)
    for index, (policy, examined) in enumerate(analysis.policies):
        for finding in examined.findings:
            spans = [span for span in finding.spans if span.source.name == name]
            if not any(span.start <= end and start <= span.end for span in spans):
                continue
            changes: tuple[Change, ...] = ()
            if examined.view is not None and policy.is_evaluated:
                changes = mend_template(examined.view, finding, text, index)
            elif examined.view is not None and not policy.is_wrapped:
                changes = mend(examined.view, [finding], policy.path, language).changes
            if changes:
                texts = ((finding.source, changes),)
                yield Action(f"Mend {finding.code}", finding.code, texts, is_mend=True)
            entry = suppression_text(finding)
            title = f"Accept {finding.code}, with a reason"
            yield Action(title, finding.code, suppression=entry)


def sidecar_name(name: str) -> str:
    """The file of suppressions that is about a document alone."""
    return f"{name}{ENDING}"


def suppression_text(finding: Finding) -> str:
    """An entry of such a file; its reason is for a person to write."""
    lines = [f"- code: {finding.code}"]
    path = finding.places[0].path if finding.places else ()
    if len(path) > 1 and path[0] == "Statement" and isinstance(path[1], int):
        lines.append(f"  statement: {path[1] + 1}")
    lines.append(f"  reason: {json.dumps(REASON)}")
    return "\n".join(lines) + "\n"
