"""Findings for build servers: annotations of GitHub Actions, and JUnit.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from iamsim.checks.codes import FindingType
from iamsim.report.ci_text import github_command, xml_attribute, xml_text
from iamsim.report.findings import CheckedPolicy, count_line, type_word
from iamsim.report.unknowns import unchecked_text

if TYPE_CHECKING:
    from iamsim.checks.finding import Finding
    from iamsim.report.unknowns import Unchecked

_COMMANDS = {
    FindingType.ERROR: "error",
    FindingType.SECURITY_WARNING: "warning",
    FindingType.WARNING: "warning",
    FindingType.SUGGESTION: "notice",
}


def findings_to_github(checked: Sequence[CheckedPolicy], unknowns: Sequence[Unchecked] = ()) -> str:
    """Write one workflow command a finding, and for each of the `unknowns`, at which no check could
    look, that no deployment tells; and the count as a plain line."""
    lines = [_command(finding) for policy in checked for finding in policy.findings]
    lines += map(_unchecked, _lost(unknowns))
    return "\n".join([*lines, f"{count_line(checked, unknowns=unknowns)}\n"])


def _lost(unknowns: Sequence[Unchecked]) -> list[Unchecked]:
    return [unknown for unknown in unknowns if not unknown.at_deployment]


def _unchecked(unknown: Unchecked) -> str:
    span = unknown.span
    properties = {"file": span.source.name, "line": span.line, "title": "not checked"}
    return github_command("warning", properties, unchecked_text(unknown))


def _command(found: Finding) -> str:
    span = found.spans[0]
    end_line, end_column = span.source.line_column(span.end)
    properties = {
        "file": span.source.name,
        "line": span.line,
        "endLine": end_line,
        "col": span.column,
        "endColumn": end_column,
        "title": found.code,
    }
    text = found.details if not found.hint else f"{found.details}\nhint: {found.hint}"
    if found.witness is not None:
        text = f"{text}\nshown by: {found.witness.text}"
    return github_command(_COMMANDS[found.finding_type], properties, text)


def findings_to_junit(
    checked: Sequence[CheckedPolicy],
    fails: Callable[[FindingType], bool],
    unknowns: Sequence[Unchecked] = (),
) -> str:
    """Write one test case a policy; findings whose type `fails` accepts are its failures. Each of
    the `unknowns`, at which no check could look, is a skipped case if no deployment tells it."""
    lost = _lost(unknowns)
    cases = [*(_case(policy, fails) for policy in checked), *map(_skipped, lost)]
    failed = sum(
        any(fails(finding.finding_type) for finding in policy.findings) for policy in checked
    )
    skipped = f' skipped="{len(lost)}"' if lost else ""
    head = f'<testsuite name="iamsim validate" tests="{len(cases)}" failures="{failed}"{skipped}>'
    body = "\n".join(cases)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{body}\n</testsuite>\n'


def _skipped(unknown: Unchecked) -> str:
    name = xml_attribute(unknown.span.source.name)
    message = xml_attribute(f"line {unknown.span.line}: {unchecked_text(unknown)}")
    inside = f"    <skipped message={message}/>"
    return f'  <testcase classname="iamsim.validate" name={name}>\n{inside}\n  </testcase>'


def _case(policy: CheckedPolicy, fails: Callable[[FindingType], bool]) -> str:
    name = xml_attribute(policy.name)
    failures = [finding for finding in policy.findings if fails(finding.finding_type)]
    rest = [finding for finding in policy.findings if not fails(finding.finding_type)]
    parts = []
    if failures:
        kind = xml_attribute(", ".join(dict.fromkeys(finding.code for finding in failures)))
        parts.append(f"    <failure message={kind}>{_lines(failures)}</failure>")
    if rest:
        parts.append(f"    <system-out>{_lines(rest)}</system-out>")
    if not parts:
        return f'  <testcase classname="iamsim.validate" name={name}/>'
    inside = "\n".join(parts)
    return f'  <testcase classname="iamsim.validate" name={name}>\n{inside}\n  </testcase>'


def _lines(findings: Sequence[Finding]) -> str:
    texts = [
        f"{finding.spans[0].place}: {type_word(finding.finding_type)} {finding.code}:"
        f" {finding.details}"
        for finding in findings
    ]
    return xml_text("\n".join(texts))
