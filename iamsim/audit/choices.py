"""What a project says about audits: ``[tool.iamsim.audit]`` in ``pyproject.toml``, or ``[audit]``
in ``iamsim.toml``; what is suppressed has a reason.

    [audit]
    ignore = ["inline-policy"]
    unused-days = 45
    fail-on = "high"
    [[audit.suppress]]
    check = "administrator"
    subject = "arn:aws:iam::111122223333:role/BreakGlass"
    reason = "used in emergencies alone, and alarmed"
    until = "2027-06-30"
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from iamsim import catalog
from iamsim.audit.looking import DEFAULT_LIMITS, Limits
from iamsim.audit.model import Finding, Severity
from iamsim.audit.registry import AuditCheck, load_checks
from iamsim.catalog.resource_types import resource_types
from iamsim.checks.globs import fits_glob
from iamsim.checks.project_file import Setting, find_setting, read_setting
from iamsim.checks.table_reader import TableReader
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.core.span import Source, Span
from iamsim.core.suggest import did_you_mean, nearest

if TYPE_CHECKING:
    from pathlib import Path


FAIL_ON = ("critical", "high", "medium", "low", "any", "unknown", "never")
EXEMPT = "guardrail-exempt"
LISTED = "listed-services"
DAYS = ("key-days", "unused-days", "root-days")
FIELDS = ("select", "ignore", "severity", "fail-on", "suppress", EXEMPT, LISTED, *DAYS)
SUPPRESSION_FIELDS = ("check", "subject", "reason", "until")
ENTITIES = ("role", "user", "assumed-role", "federated-user")
EVERY_SERVICE = "*"
MOST_DAYS = 36500
USUAL = 90


class Suppression(NamedTuple):
    """Findings of a check about subjects that fit a pattern, accepted for a reason until a day."""

    check: str
    subject: str
    reason: str
    until: str | None


@dataclass(slots=True)
class Choices:
    """The choices for an audit; `today` is the day by which suppressions end."""

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    fail_on: str | None = None
    limits: Limits = DEFAULT_LIMITS
    suppressions: tuple[Suppression, ...] = ()
    today: str | None = None
    _used: set[int] = field(default_factory=set)

    def wants(self, check: str) -> bool:
        """Whether a check is to be run."""
        return check not in self.ignore and (self.select is None or check in self.select)

    def severity_of(self, check: AuditCheck) -> Severity:
        """How grave its findings are."""
        return self.severity.get(check.id, check.severity)

    def reason_against(self, check: str, finding: Finding) -> str | None:
        """The reason for which a finding is accepted, if it is."""
        for number, suppression in enumerate(self.suppressions):
            ended = (
                suppression.until is not None
                and self.today is not None
                and suppression.until < self.today
            )
            if (
                suppression.check == check
                and not ended
                and fits_glob(finding.subject, suppression.subject)
            ):
                self._used.add(number)
                return suppression.reason
        return None

    def unused(self) -> list[str]:
        """Sentences about suppressions that suppressed nothing."""
        return [
            f"the suppression of `{suppression.check}` for `{suppression.subject}`"
            " suppressed nothing"
            + (
                f": it ended on {suppression.until}"
                if suppression.until and (self.today or "") > suppression.until
                else ""
            )
            for number, suppression in enumerate(self.suppressions)
            if number not in self._used
        ]

    def narrowed(self, select: Collection[str], ignore: Collection[str]) -> Choices:
        """The choices with those of a command line laid over them."""
        return replace(
            self,
            select=frozenset(select) if select else self.select,
            ignore=self.ignore | frozenset(ignore),
        )


def known_checks(
    entries: Sequence[str], place: Callable[[str], Span] | None = None
) -> frozenset[str]:
    """The checks of ids, or of headings; raises `RequestError` for what is neither, at its
    `place` in a text."""
    checks = load_checks()
    found: set[str] = set()
    for entry in entries:
        some = [check.id for check in checks if entry in (check.id, check.heading)]
        if not some:
            names = sorted({*(check.id for check in checks), *(check.heading for check in checks)})
            raise RequestError(
                "unknown-check",
                f"there is no check {quote(entry)}",
                span=None if place is None else place(entry),
                hint=did_you_mean(entry, names) or "docs/reference/audit lists them",
            )
        found.update(some)
    return frozenset(found)


def find_choices(start: Path, today: str | None = None) -> Choices:
    """Read the nearest file with a table of ours, from a folder upwards; raises what `read_choices`
    raises."""
    return _of_table(find_setting("audit", str(start)), today)


def read_choices(path: Path, today: str | None = None) -> Choices:
    """Read one file. Raises `WorldError` for what is no configuration, and `RequestError` for a
    check that does not exist."""
    return _of_table(read_setting("audit", str(path)), today)


def _of_table(found: Setting | None, today: str | None) -> Choices:
    if found is None:
        return Choices(today=today)
    return _Reader(found.source, found.table, today).choices(found.data)


class _Reader(TableReader):
    """Checks the values of the table; suppressions end by `today`."""

    def __init__(self, source: Source, table: str, today: str | None) -> None:
        super().__init__(source, table)
        self.today = today

    def choices(self, data: object) -> Choices:
        """Read the whole table."""
        table = self.table(data, "audit", FIELDS)
        severity = table.get("severity", {})
        if not isinstance(severity, dict):
            self.fail("severity", "`severity` is a table of checks with severities")
        graded: dict[str, Severity] = {}
        for entry, grade in severity.items():
            choice = Severity(self.choice(grade, tuple(Severity)))
            graded |= dict.fromkeys(known_checks([entry], self.span), choice)
        fail_on = table.get("fail-on")
        keys, unused, root = (self.days(table, name) for name in DAYS)
        return Choices(
            known_checks(self.texts(table, "select"), self.span) if "select" in table else None,
            known_checks(self.texts(table, "ignore"), self.span),
            graded,
            None if fail_on is None else self.choice(fail_on, FAIL_ON),
            Limits(keys, unused, root, self.principals(table), self.services(table)),
            tuple(self.suppression(entry) for entry in self.list(table, "suppress")),
            self.today,
        )

    def suppression(self, data: object) -> Suppression:
        """Read one entry of `suppress`."""
        table = self.table(data, "suppress", SUPPRESSION_FIELDS)
        texts = {key: value for key, value in table.items() if isinstance(value, str)}
        for name in ("check", "subject", "reason"):
            if not texts.get(name, "").strip():
                self.fail("suppress", f"a suppression has `{name}`, a text")
        (check, *_) = sorted(known_checks([texts["check"]], self.span))
        until = table.get("until")
        if until is not None and not isinstance(until, date):
            try:
                until = date.fromisoformat(str(until))
            except ValueError:
                self.fail(
                    str(until), f"{quote(str(until))} is no day", "write it like `2027-03-31`"
                )
        day = None if until is None else until.isoformat()[:10]
        return Suppression(check, texts["subject"], texts["reason"].strip(), day)

    def principals(self, table: Mapping[str, object]) -> tuple[str, ...]:
        """Patterns for the ARNs of principals; one that none can have exempts nobody."""
        patterns = self.texts(table, EXEMPT)
        for pattern in patterns:
            kind, slash, name = pattern.rpartition(":")[2].partition("/")
            if not pattern.startswith(("arn:", "*")):
                hint = f"write `arn:aws:iam::*:role/{pattern}`"
                self.fail(pattern, f"{quote(pattern)} fits the ARN of no principal", hint)
            if slash and not set(kind) & set("*?") and kind not in ENTITIES:
                meant = nearest(kind, ENTITIES) or ENTITIES[0]
                hint = f"did you mean `{pattern.replace(f'{kind}/{name}', f'{meant}/{name}')}`?"
                self.fail(pattern, f"{quote(pattern)} fits the ARN of no principal", hint)
        return patterns

    def services(self, table: Mapping[str, object]) -> tuple[str, ...]:
        """Services, as ARNs name them."""
        names = self.texts(table, LISTED)
        known = {EVERY_SERVICE, *catalog.services(), *(row.service for row in resource_types())}
        for name in names:
            if name not in known:
                hint = did_you_mean(name, sorted(known)) or "write it as ARNs do, such as `rds`"
                self.fail(name, f"there is no service {quote(name)}", hint)
        return names

    def days(self, table: Mapping[str, object], name: str) -> int:
        """A number of days."""
        given = table.get(name, USUAL)
        if isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= MOST_DAYS:
            self.fail(name, f"`{name}` is a number of days")
        return given

    def choice(self, given: object, choices: Sequence[str]) -> str:
        """One of a few words."""
        if not isinstance(given, str) or given not in choices:
            shown = str(given)
            hint = did_you_mean(shown, choices) or f"use {', '.join(choices)}"
            self.fail(shown, f"{quote(shown)} is none of the words that may stand here", hint)
        return given
