"""Runs the checks over a world and puts what they give under the headings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.audit.headings import HEADINGS
from iamsim.audit.looking import DEFAULT_LIMITS, Looking
from iamsim.audit.model import (
    Audit,
    CheckResult,
    Finding,
    Gap,
    HeadingResult,
    Status,
    Suppressed,
    kind_of,
)
from iamsim.audit.registry import AuditCheck, load_checks
from iamsim.core.collector import CollectLater

if TYPE_CHECKING:
    from iamsim.audit.choices import Choices
    from iamsim.query.batch import Batch
    from iamsim.replay.counting import Count

# What passes here passes for the resources that the world lists, and says nothing of others.
OF_LISTED_RESOURCES = frozenset(("public-access", "cross-account-access"))


def run_audit(
    batch: Batch,
    at: str | None = None,
    choices: Choices | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    trail: Count | None = None,
) -> Audit:
    """Run all checks that `choices` want, with what was counted in a trail if there is one; raises
    what the engine raises."""
    limits = DEFAULT_LIMITS if choices is None else choices.limits
    looking = Looking(batch, at, limits, trail)
    return audit_of(looking, choices, progress)


def audit_of(
    looking: Looking,
    choices: Choices | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Audit:
    """Run the checks on what is looked at, which keeps what they asked."""
    checks = [check for check in load_checks() if choices is None or choices.wants(check.id)]
    results: dict[str, list[CheckResult]] = {heading.id: [] for heading in HEADINGS}
    with CollectLater():
        for number, check in enumerate(checks):
            progress(number, len(checks))
            results[check.heading].append(_result(check, looking, choices))
    headings = [HeadingResult(heading, results[heading.id]) for heading in HEADINGS]
    remarks = [] if choices is None else choices.unused()
    if any(
        result.check in OF_LISTED_RESOURCES and result.status is Status.PASS
        for some in results.values()
        for result in some
    ):
        remarks.append(looking.scope_of_resources())
    remarks += looking.empty_lists()
    return Audit(headings, looking.at_text, remarks)


def _result(check: AuditCheck, looking: Looking, choices: Choices | None) -> CheckResult:
    severity = check.severity if choices is None else choices.severity_of(check)
    result = CheckResult(check.id, check.heading, check.title, severity, check.see)
    result.severity_chosen = choices is not None and check.id in choices.severity
    for outcome in (*check.run(looking), *looking.gaps_of_accounts()):
        if isinstance(outcome, Gap):
            result.gaps.append(outcome)
        elif isinstance(outcome, Finding):
            reason = None if choices is None else choices.reason_against(check.id, outcome)
            if reason is None:
                result.findings.append(outcome)
            else:
                result.suppressed.append(Suppressed(outcome, reason))
        else:
            result.passed += 1
            kind = kind_of(outcome.subject)
            result.passed_kinds[kind] = result.passed_kinds.get(kind, 0) + 1
    return result
