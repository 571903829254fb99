"""An audit as plain data (``docs/reference/audit``), and as SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.audit.frameworks import Control, Framework, view_of
from iamsim.audit.languages import said
from iamsim.audit.model import Severity, Status
from iamsim.report.audit import gap_rows, summary
from iamsim.report.findings_data import sarif_location, sarif_log

if TYPE_CHECKING:
    from iamsim.audit.model import Audit, CheckResult, Evidence, Finding, HeadingResult

Json = dict[str, object]
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFORMATIONAL: "note",
}
# As code scanning grades what is about security, from 0 to 10.
SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFORMATIONAL: "0.0",
}


def audit_data(audit: Audit, framework: Framework | None = None) -> Json:
    """The headings with their findings and what is not known; each check with its status."""
    data: Json = {
        "at": audit.at,
        "summary": summary(audit),
        "headings": [_heading(heading) for heading in audit.headings],
    }
    if framework is not None:
        data["framework"] = {
            "title": said(audit, framework.title),
            "see": framework.see,
            "controls": [_control(control) for control in view_of(framework, audit)],
        }
    if audit.remarks:
        data["remarks"] = list(audit.remarks)
    return data


def _control(control: Control) -> Json:
    if control.out_of_scope:
        return {"id": control.id, "status": "out-of-scope", "why": control.out_of_scope}
    return {
        "id": control.id,
        "title": control.title,
        "status": control.status.value,
        "checks": [check.check for check in control.checks],
        "findings": sum(len(check.findings) for check in control.checks),
    }


def _heading(heading_result: HeadingResult) -> Json:
    return {
        "id": heading_result.heading.id,
        "title": heading_result.heading.title,
        "status": heading_result.status.value,
        "see": heading_result.heading.see,
        "findings": [_finding(check, finding) for check, finding in heading_result.findings],
        "unknown": unknown_data(heading_result.checks),
        "checks": [
            {
                "id": check.check,
                "title": check.title,
                "status": check.status.value,
                "severity": check.severity.value,
                "see": check.see,
                "findings": len(check.findings),
                "passed": check.passed,
                "unknown": len(check.gaps),
                "suppressed": [
                    {**_finding(check, accepted.finding), "reason": accepted.reason}
                    for accepted in check.suppressed
                ],
            }
            for check in heading_result.checks
        ],
    }


def _finding(check: CheckResult, finding: Finding) -> Json:
    data: Json = {
        "id": check.check,
        "fingerprint": finding.fingerprint(check.check),
        "severity": check.severity_of(finding).value,
        "account": finding.account or None,
        "subject": finding.subject,
        "detail": finding.detail,
        "evidence": [_evidence(request) for request in finding.evidence],
        "fix": finding.fix.text,
        "fix_kind": finding.fix.kind,
    }
    if finding.span is not None:
        data["place"] = str(finding.span.place)
    return data


def _evidence(evidence: Evidence) -> Json:
    data: Json = {"kind": evidence.kind, "text": evidence.text}
    if evidence.request is not None:
        data["request"] = {
            "principal": evidence.request.principal,
            "action": evidence.request.action,
            "resource": evidence.request.resource,
            "context": dict(evidence.request.context),
        }
    return data


def unknown_data(checks: Iterable[CheckResult]) -> list[Json]:
    """What is not known, by the file that would tell it."""
    return [
        {
            "what": row.what,
            "file": row.file,
            "call": row.call,
            "subjects": list(row.subjects),
            "checks": list(row.checks),
        }
        for row in gap_rows(checks)
    ]


def audit_sarif(audit: Audit, version: str) -> Json:
    """A SARIF log: failing checks as rules, accepted findings suppressed; a check whose answer is
    not known has a result of kind ``open``."""
    checks = [check for check in audit.checks if check.findings or check.suppressed or check.gaps]
    rules = [
        {
            "id": check.check,
            "helpUri": check.see,
            "shortDescription": {"text": f"{check.title}."},
            "defaultConfiguration": {"level": LEVELS[check.severity]},
            "properties": {"security-severity": SCORES[check.severity], "tags": [check.heading]},
        }
        for check in checks
    ]
    results: list[Json] = []
    for number, check in enumerate(checks):
        results += [_result(number, check, finding) for finding in check.findings]
        for accepted in check.suppressed:
            suppressions = [{"kind": "external", "justification": accepted.reason}]
            results.append(
                {**_result(number, check, accepted.finding), "suppressions": suppressions}
            )
        if check.status is Status.UNKNOWN:
            results += [
                {
                    "ruleId": check.check,
                    "ruleIndex": number,
                    "kind": "open",
                    "level": "none",
                    "message": {"text": f"not known: {row.what}; {row.call or row.file}"},
                }
                for row in gap_rows([check])
            ]
    return sarif_log(rules, results, version)


def _result(number: int, check: CheckResult, finding: Finding) -> Json:
    text = f"{finding.subject}: {finding.detail}"
    result: Json = {
        "ruleId": check.check,
        "ruleIndex": number,
        "level": LEVELS[check.severity_of(finding)],
        "message": {"text": f"{text}. Fix: {finding.fix.text}"},
        "partialFingerprints": {"findingId": finding.fingerprint(check.check)},
    }
    if finding.span is not None and finding.span.source.text:
        result["locations"] = [sarif_location(finding.span.source.name, finding.span)]
    return result
