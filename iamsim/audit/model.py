"""What an audit gives: findings with evidence and fix, what is not known, and a status."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from iamsim.audit.headings import Heading
    from iamsim.core.span import Span

RESOURCE = 5  # the part of an ARN
_type_in = re.compile(r"([a-z-]+)[:/]").match


class Severity(StrEnum):
    """How grave a finding is. What is `informational` does not fail its check."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFORMATIONAL = "informational"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


class Status(StrEnum):
    """What is known about a check or a heading."""

    PASS = "pass"  # noqa: S105 - the word of a status
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class Request(NamedTuple):
    """A request that the engine decided, and that `iamsim explain` takes."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, str] = {}

    @property
    def call(self) -> str:
        """The request in one line."""
        context = "".join(f", {key}={value}" for key, value in self.context.items())
        return f"{self.principal} {self.action} {self.resource}{context}"


class Evidence(NamedTuple):
    """What shows a finding: `kind` is ``request``, ``date``, ``path``, ``policy`` or ``fact``. The
    `text` of a request says how it is decided, and for whom, where it is not simply allowed."""

    kind: str
    text: str
    request: Request | None = None


BY_ADMINISTRATOR = "allowed to whoever has AdministratorAccess"
WHERE_LET_IN = f"{BY_ADMINISTRATOR}, by a resource that lets it in"
"""What is said of requests that were asked about a principal with that policy, and about resources
with one of their own."""
MOST_NAMED = 4


def fact(text: str) -> tuple[Evidence, ...]:
    """A fact of the world as the evidence of a finding."""
    return (Evidence("fact", text),)


def some_of(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Names in a row; of many the first, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


class Fix(NamedTuple):
    """What to do: `kind` is ``commands`` (of the AWS CLI), ``policy`` (JSON) or ``terraform``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One subject that a check fails for. `subject` is an ARN where there is one, else an account
    or ``organization``; `severity` is that of the check unless something is said here. `code` is
    that of the finding of `iamsim validate` that it quotes, `english` the detail before it was
    translated."""

    subject: str
    detail: str
    fix: Fix
    account: str = ""
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None
    span: Span | None = field(default=None, compare=False)
    english: str = field(default="", compare=False)
    code: str = ""

    def fingerprint(self, check: str) -> str:
        """An id that is the same whenever the finding of this check is."""
        detail = self.english or self.detail
        return str(uuid5(NAMESPACE_URL, f"iamsim audit\n{check}\n{self.subject}\n{detail}"))


class Passed(NamedTuple):
    """A subject that was looked at and is as it should be."""

    subject: str


class Gap(NamedTuple):
    """What a check needs and the world does not say: of which subject, the file that would tell
    it, and the calls of the AWS CLI that write it; `services` are those that it is about alone."""

    subject: str
    what: str
    file: str
    call: str
    services: tuple[str, ...] = ()


def kind_of(subject: str) -> str:
    """What an ARN is of: its service, with the type where the resource says it, as in
    ``ec2:snapshot``; nothing for a subject that is none."""
    parts = subject.split(":", 5)
    if len(parts) <= RESOURCE:
        return ""
    service, resource = parts[2], parts[RESOURCE]
    named = _type_in(resource)
    return f"{service}:{named.group(1)}" if named is not None else service


class Suppressed(NamedTuple):
    """A finding that somebody accepts, with the reason."""

    finding: Finding
    reason: str


Outcome = Finding | Passed | Gap


@dataclass(slots=True)
class CheckResult:
    """What one check gave. `passed` counts the subjects that are as they should be, `passed_kinds`
    by what their ARNs say (see `kind_of`)."""

    check: str
    heading: str
    title: str
    severity: Severity
    see: str
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    suppressed: list[Suppressed] = field(default_factory=list)
    passed: int = 0
    passed_kinds: dict[str, int] = field(default_factory=dict)
    severity_chosen: bool = False

    def severity_of(self, finding: Finding) -> Severity:
        """How grave one of its findings is; what a project says holds for all of them."""
        return self.severity if self.severity_chosen else finding.severity or self.severity

    @property
    def status(self) -> Status:
        """A finding fails; what is not known is never a pass."""
        if any(
            self.severity_of(finding) is not Severity.INFORMATIONAL for finding in self.findings
        ):
            return Status.FAIL
        if self.gaps:
            return Status.UNKNOWN
        looked_at = self.passed or self.findings or self.suppressed
        return Status.PASS if looked_at else Status.NOT_APPLICABLE


@dataclass(slots=True)
class HeadingResult:
    """A heading with the results of its checks."""

    heading: Heading
    checks: list[CheckResult] = field(default_factory=list)

    @property
    def status(self) -> Status:
        """The worst of its checks."""
        found = {check.status for check in self.checks}
        for status in (Status.FAIL, Status.UNKNOWN, Status.PASS):
            if status in found:
                return status
        return Status.NOT_APPLICABLE

    @property
    def findings(self) -> list[tuple[CheckResult, Finding]]:
        """All findings, the gravest first."""
        found = [(check, finding) for check in self.checks for finding in check.findings]
        return sorted(found, key=lambda entry: entry[0].severity_of(entry[1]).rank)


@dataclass(slots=True)
class Audit:
    """A whole audit; `at` is the time that it is about, `remarks` what must be said besides, in
    `language`."""

    headings: list[HeadingResult]
    at: str | None = None
    remarks: list[str] = field(default_factory=list)
    language: str = "en"

    @property
    def checks(self) -> list[CheckResult]:
        """The results of all checks."""
        return [check for heading in self.headings for check in heading.checks]
