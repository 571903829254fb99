"""An audit as a document: headings, findings with evidence and fix, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from iamsim.audit.frameworks import Control, Framework, view_of
from iamsim.audit.languages import said
from iamsim.audit.model import Audit, CheckResult, Finding, Gap, HeadingResult, Severity, Status
from iamsim.report.document import (
    EVERY_FORM,
    SEPARATE,
    Badge,
    Block,
    Cell,
    Column,
    Document,
    Form,
    Remark,
    Section,
)

if TYPE_CHECKING:
    from iamsim.words.language import Say

STATUS_KINDS = {
    Status.PASS: "yes",
    Status.FAIL: "no",
    Status.UNKNOWN: "open",
    Status.NOT_APPLICABLE: "none",
}
SEVERITY_KINDS = {
    Severity.CRITICAL: "no",
    Severity.HIGH: "no",
    Severity.MEDIUM: "open",
    Severity.LOW: "open",
    Severity.INFORMATIONAL: "none",
}
NAMED = 3  # subjects of what is not known


class FindingRow(NamedTuple):
    """A finding with its heading and check."""

    heading: HeadingResult
    check: CheckResult
    finding: Finding

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return self.check.severity_of(self.finding)


class GapRow(NamedTuple):
    """What is not known of some subjects, which one file would tell."""

    checks: tuple[str, ...]
    what: str
    file: str
    call: str
    subjects: tuple[str, ...]


def gap_rows(results: Iterable[CheckResult]) -> list[GapRow]:
    """What is not known, by the file that would tell it, for all subjects and checks together."""
    found: dict[tuple[str, str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for result in results:
        for gap in result.gaps:
            checks, subjects = found.setdefault((gap.what, *_file(gap)), ({}, {}))
            checks[result.check] = None
            subjects[gap.subject] = None
    return [
        GapRow(tuple(checks), what, file, call, tuple(subjects))
        for (what, file, call), (checks, subjects) in found.items()
    ]


def _file(gap: Gap) -> tuple[str, str]:
    """The file and the call, with a placeholder where they differ by the user or role alone."""
    name = gap.subject.rpartition("/")[2]
    if gap.subject.startswith("arn:") and "/" in gap.subject:
        # As an option's value and in a file's name; a role may be named `r`, or `iam`.
        named = re.compile(rf"((?<=-name )|(?<=\.)){re.escape(name)}(?=$|[.;\s])")
        call = gap.call.replace(gap.subject, "ARN")
        return named.sub("NAME", gap.file), named.sub("NAME", call)
    return gap.file, gap.call


def audit_document(audit: Audit, framework: Framework | None = None) -> Document:
    """Headings, findings by heading, what is not known, and every check (not in a terminal); with a
    framework its controls, too."""
    say = partial(said, audit)
    rows = [
        FindingRow(heading, check, finding)
        for heading in audit.headings
        for check, finding in heading.findings
    ]
    headings = Section(
        "headings",
        say("Best practices"),
        (
            Column(say("status"), lambda row: _status(row.status, say)),
            Column(say("practice"), _heading_cell),
            Column(say("findings"), lambda row: str(len(row.findings) or "")),
            Column("", lambda row: row.heading.id, frozenset({Form.TEXT})),
            Column(say("heading"), lambda row: row.heading.id, SEPARATE, code=True),
        ),
        [heading for heading in audit.headings if heading.checks],
    )
    findings = Section(
        "findings",
        say("Findings"),
        (
            Column(say("severity"), lambda row: _severity(row.severity, say), SEPARATE),
            Column(say("heading"), lambda row: row.heading.heading.id, SEPARATE, code=True),
            Column(say("check"), lambda row: row.check.check, EVERY_FORM - {Form.TEXT}, code=True),
            Column(say("account"), lambda row: row.finding.account, SEPARATE, code=True),
            Column(
                say("subject"), lambda row: row.finding.subject, EVERY_FORM - {Form.TEXT}, code=True
            ),
            Column(say("detail"), lambda row: row.finding.detail, EVERY_FORM - {Form.TEXT}),
            Column(
                "", lambda row: f"{say(row.severity)}: {row.finding.detail}", frozenset({Form.TEXT})
            ),
            Column(say("evidence"), lambda row: _evidence(row, say), EVERY_FORM - {Form.TEXT}),
            Column(say("fix"), lambda row: row.finding.fix.text, SEPARATE, code=True),
            Column(say("fix"), _one_line, frozenset({Form.MARKDOWN}), code=True),
        ),
        rows,
        lambda row: f"{row.heading.heading.title} ({row.heading.heading.id})",
        lambda row: f"{row.finding.subject} [{row.check.check}]",
        empty=say("no findings"),
    )
    gaps = gap_rows(audit.checks)
    unknown = Section(
        "unknown",
        say("Not known"),
        (
            Column(say("what"), lambda row: row.what, EVERY_FORM - {Form.TEXT}),
            Column(say("of"), lambda row: _subjects(row, say), EVERY_FORM - {Form.TEXT}),
            Column("", lambda row: f"{row.what} ({_subjects(row, say)})", frozenset({Form.TEXT})),
            Column(say("file"), lambda row: row.file, EVERY_FORM - {Form.TEXT}, code=True),
            Column(say("call"), lambda row: row.call, EVERY_FORM - {Form.TEXT}, code=True),
            Column(say("checks"), lambda row: ", ".join(row.checks), SEPARATE),
        ),
        gaps,
        lambda _row: say("Not known"),
        lambda row: row.call or row.file,
    )
    checks = Section(
        "checks",
        say("Checks"),
        (
            Column(say("check"), lambda row: Cell(row.check, href=row.see, code=True)),
            Column(say("status"), lambda row: _status(row.status, say)),
            Column(say("what holds"), lambda row: row.title),
            Column(say("findings"), lambda row: str(len(row.findings))),
            Column(say("suppressed"), lambda row: str(len(row.suppressed) or "")),
            Column(say("not known"), lambda row: str(len(row.gaps) or "")),
            Column(say("as it should be"), lambda row: str(row.passed or "")),
        ),
        audit.checks,
        forms=EVERY_FORM - {Form.TEXT},
    )
    remarks = [Remark("warning", text) for text in audit.remarks]
    suppressed = sum(len(check.suppressed) for check in audit.checks)
    if suppressed:
        number = f"{suppressed} {'finding is' if suppressed == 1 else 'findings are'}"
        remarks.append(Remark("note", say(f"{number} accepted by a suppression")))
    blocks: tuple[Block, ...] = (
        headings,
        *([] if framework is None else [_controls(framework, audit)]),
        findings,
        unknown,
        checks,
    )
    at = f" at {audit.at}" if audit.at else ""
    title = say(f"audit of AWS's best practices for IAM{at}")
    return Document(title, blocks, tuple(remarks), summary(audit), _verdict(audit))


def _controls(framework: Framework, audit: Audit) -> Section[Control]:
    """The controls of a framework with the statuses that their checks have."""
    say = partial(said, audit)
    return Section(
        "framework",
        say(framework.title),
        (
            Column(say("control"), lambda row: say(row.id)),
            Column(say("status"), lambda row: _control_status(row, say)),
            Column(
                say("asks for"),
                lambda row: row.title or f"{say('out of scope')}: {row.out_of_scope}",
            ),
            Column(
                say("findings"), lambda row: str(sum(len(c.findings) for c in row.checks) or "")
            ),
            Column(
                say("checks"),
                lambda row: ", ".join(c.check for c in row.checks),
                EVERY_FORM - {Form.TEXT},
            ),
        ),
        view_of(framework, audit),
    )


def _control_status(control: Control, say: Say) -> Badge:
    if control.out_of_scope:
        return Badge("none", say("out of scope"))
    return _status(control.status, say)


def _verdict(audit: Audit) -> Badge:
    status = {heading.status for heading in audit.headings}
    if Status.FAIL in status:
        return Badge("no", said(audit, "not as it should be"))
    if Status.UNKNOWN in status:
        return Badge("open", said(audit, "not all is known"))
    return Badge("yes", said(audit, "as it should be"))


def summary(audit: Audit) -> str:
    """How many headings have which status, and how many findings there are of which severity."""
    say = partial(said, audit)
    statuses = [heading.status for heading in audit.headings if heading.checks]
    parts = [
        say(f"{statuses.count(status)} {status.value.replace('-', ' ')}")
        for status in Status
        if status in statuses
    ]
    graded = [check.severity_of(finding) for check in audit.checks for finding in check.findings]
    counts = [
        say(f"{graded.count(severity)} {severity.value}")
        for severity in Severity
        if severity in graded
    ]
    number = "1 finding" if len(graded) == 1 else f"{len(graded)} findings"
    found = say(f"{number} ({say(', ').join(counts)})" if graded else "no findings")
    headings = "1 heading" if len(statuses) == 1 else f"{len(statuses)} headings"
    return say(f"{headings}: {say(', ').join(parts)}; {found}")


def audit_lines(audit: Audit) -> list[str]:
    """A line for each heading: its status and id."""
    return [
        f"{heading.status.value} {heading.heading.id}"
        for heading in audit.headings
        if heading.checks
    ]


def _status(status: Status, say: Say) -> Badge:
    return Badge(STATUS_KINDS[status], say(status.value))


def _severity(severity: Severity, say: Say) -> Badge:
    return Badge(SEVERITY_KINDS[severity], say(severity.value))


def _heading_cell(heading_result: HeadingResult) -> Cell:
    return Cell(heading_result.heading.title, title=heading_result.heading.see)


def _evidence(row: FindingRow, say: Say) -> str:
    return "; ".join(
        evidence.text
        if evidence.request is None
        else f"{evidence.text or say('allowed')}: {evidence.request.call}"
        for evidence in row.finding.evidence
    )


def _one_line(row: FindingRow) -> str:
    return " ".join(row.finding.fix.text.split())


def _subjects(row: GapRow, say: Say) -> str:
    if len(row.subjects) > NAMED:
        return say(f"{', '.join(row.subjects[:NAMED])} and {len(row.subjects) - NAMED} more")
    return ", ".join(row.subjects)
