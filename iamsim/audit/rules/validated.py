"""Policies that don't validate.

## What it finds
`policy-error`: a policy with something that AWS would refuse or that has no effect.
`policy-security-warning`: a policy that gives more than it seems to.
`policy-warning`: a policy that may not do what it says.

## Why it matters
IAM Access Analyzer has more than a hundred checks of policies:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html>. They run
here on every policy, as what it is used as; a managed policy that nobody has is an identity-based
one. AWS managed policies are not yours to mend, and left out. `iamsim validate` shows the lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.audit.model import Evidence, Finding, Fix, Outcome, Passed, Severity
from iamsim.audit.registry import audits
from iamsim.checks.codes import FindingType

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking

HEADING = "analyzer-validate"
VALIDATION = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html"
)


def _of_type(looking: Looking, kind: FindingType) -> Iterator[Outcome]:
    """A finding for each code in each policy."""
    for validated in looking.validated:
        codes: dict[str, list[str]] = {}
        for finding in validated.findings:
            if finding.finding_type is kind:
                place = finding.spans[0].place if finding.spans else finding.policy
                codes.setdefault(finding.code, []).append(str(place))
        for code, places in codes.items():
            first = next(finding for finding in validated.findings if finding.code == code)
            times = f" ({len(places)} times)" if len(places) > 1 else ""
            fix = first.hint or f"read what {code} says"
            yield Finding(
                validated.holder,
                f"policy `{validated.policy.name}`: {code}: {first.message}{times}",
                Fix("commands", f"# {fix}\niamsim validate {validated.policy.source.name}"),
                validated.account,
                (
                    Evidence("policy", places[0]),
                    *([Evidence("request", first.witness.call)] if first.witness else ()),
                ),
                span=first.spans[0] if first.spans else None,
                code=code,
            )
        if not codes:
            yield Passed(validated.holder)


@audits("policy-error", HEADING, "Policies have no errors", Severity.HIGH, VALIDATION)
def errors(looking: Looking) -> Iterator[Outcome]:
    """Errors of policies."""
    yield from _of_type(looking, FindingType.ERROR)
    yield from looking.policy_gaps()


@audits(
    "policy-security-warning",
    HEADING,
    "Policies have no security warnings",
    Severity.MEDIUM,
    VALIDATION,
)
def security_warnings(looking: Looking) -> Iterator[Outcome]:
    """Security warnings of policies."""
    yield from _of_type(looking, FindingType.SECURITY_WARNING)
    yield from looking.policy_gaps()


@audits("policy-warning", HEADING, "Policies have no warnings", Severity.LOW, VALIDATION)
def warnings(looking: Looking) -> Iterator[Outcome]:
    """Warnings of policies."""
    yield from _of_type(looking, FindingType.WARNING)
    yield from looking.policy_gaps()
