"""The outcome of a test run for build servers: JUnit, and annotations of GitHub Actions.

Some servers hold JUnit against a schema, which knows no line of a case: it stands in the text.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
https://docs.pytest.org/en/stable/how-to/output.html#record-xml-attribute
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.report.ci_text import github_command, xml_attribute, xml_text
from iamsim.report.suite import SuiteReport, counts_of, failures_of, more_text
from iamsim.report.summary import summary
from iamsim.report.text import render_verdict

if TYPE_CHECKING:
    from iamsim.suites.runner import Collected, Outcome


def run_to_github(report: SuiteReport) -> str:
    """Write one error command a failure, and what is counted as plain lines."""
    collected, outcomes = report.collected, report.outcomes
    lines = []
    for broken in collected.broken:
        span = broken.error.span
        place = {"file": broken.file, "line": span.line if span is not None else 1}
        lines.append(
            github_command("error", {**place, "title": broken.error.code}, str(broken.error))
        )
    for outcome, more in failures_of(outcomes):
        case = outcome.case
        properties = {"file": case.file, "line": case.line, "title": case.request.title}
        why = [summary(answer) for answer in outcome.result.answers]
        text = "\n".join((*outcome.result.failures, *why, *([more_text(more)] if more else ())))
        lines.append(github_command("error", properties, text))
    return "".join(f"{line}\n" for line in (*lines, *counts_of(report)))


def run_to_junit(collected: Collected, outcomes: Sequence[Outcome]) -> str:
    """Write one test suite a file, one test case a case."""
    files: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        files.setdefault(outcome.case.file, []).append(outcome)
    suites = [_suite(file, some) for file, some in files.items()]
    suites += [
        f'  <testsuite name={xml_attribute(broken.file)} tests="1" failures="0" errors="1">\n'
        f'    <testcase classname={xml_attribute(broken.file)} name="reading">\n'
        f"      <error message={xml_attribute(broken.error.code)}>{xml_text(str(broken.error))}"
        "</error>\n    </testcase>\n  </testsuite>"
        for broken in collected.broken
    ]
    failed = sum(not outcome.passed for outcome in outcomes)
    count = len(outcomes) + len(collected.broken)
    head = (
        f'<testsuites name="iamsim test" tests="{count}" failures="{failed}"'
        f' errors="{len(collected.broken)}">'
    )
    body = "".join(f"{suite}\n" for suite in suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{body}</testsuites>\n'


def _suite(file: str, outcomes: Sequence[Outcome]) -> str:
    failed = sum(not outcome.passed for outcome in outcomes)
    name = xml_attribute(file)
    lines = [f'  <testsuite name={name} tests="{len(outcomes)}" failures="{failed}" errors="0">']
    for outcome in outcomes:
        title = xml_attribute(outcome.case.request.title)
        start = f"    <testcase classname={name} name={title}"
        if outcome.passed:
            lines.append(f"{start}/>")
            continue
        message = xml_attribute("; ".join(outcome.result.failures))
        place = f"{outcome.case.file}:{outcome.case.line}"
        text = "\n".join([place, *map(render_verdict, outcome.result.answers)])
        lines += [
            f"{start}>",
            f"      <failure message={message}>{xml_text(text)}</failure>",
            "    </testcase>",
        ]
    return "\n".join([*lines, "  </testsuite>"])
