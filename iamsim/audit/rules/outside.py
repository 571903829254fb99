"""Access from outside, and whether somebody watches for it.

## What it finds
`public-access`: a resource or role that anybody can reach, decided by the engine with everything
that limits it.
`cross-account-access`: one that somebody outside of the organization (or account, where there is
none) can reach.
`access-between-accounts`: one that another account of the organization can reach; informational.
`external-access-analyzer`: an account without an active analyzer for external access, of its own or
of the organization, in a Region in which resources of it are listed.
`account-public-access-block`: an account in which S3 Block Public Access does not hold as a whole.

## Why it matters
<https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-preview-access>,
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html>.

## What it needs
The policies of resources, of each service that IAM Access Analyzer looks at: an account that lists
none of a service may have some, so that access from outside is unknown. `listed-services` in the
configuration says of which services the world lists everything, `["*"]` of all.
`list-analyzers` of each account, and `s3control get-public-access-block`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.audit.asking import request_of
from iamsim.audit.model import (
    BY_ADMINISTRATOR,
    Evidence,
    Finding,
    Fix,
    Gap,
    Outcome,
    Passed,
    Severity,
    fact,
    some_of,
)
from iamsim.audit.policies import with_condition
from iamsim.audit.registry import audits
from iamsim.audit.sources import ANALYZERS, PUBLIC_ACCESS_BLOCK
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.query.analyzer.finding import AccessFinding, FindingKind
from iamsim.query.analyzer.resources import analyzed_services

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.query.analyzer.external import External
    from iamsim.world.model import Account

HEADING = "analyzer-external"
FINDINGS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html"
ANALYZER = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-create-external.html"
BLOCK = (
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"
)
USES = (PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.RESOURCE_CONTROL)
EXTERNAL_TYPES = ("ACCOUNT", "ORGANIZATION")
FEW = 4
SETTINGS = (
    "block_public_acls",
    "ignore_public_acls",
    "block_public_policy",
    "restrict_public_buckets",
)


def _who(finding: AccessFinding) -> str:
    kind, name = next(iter(finding.principal.items()), ("AWS", "somebody"))
    if name == "*":
        return "anybody"
    return name if kind == "AWS" else f"{kind} {name}"


def _finding(looking: Looking, finding: AccessFinding, *, inside: bool = False) -> Finding:
    """A finding of the analyzer as one of the audit; `inside` says that somebody of the
    organization gets in."""
    more = f" and {len(finding.actions) - FEW} more" if len(finding.actions) > FEW else ""
    can = ", ".join(finding.actions[:FEW]) + more
    evidence = []
    if finding.witness is not None:
        evidence.append(Evidence("request", BY_ADMINISTRATOR, request_of(finding.witness)))
    if finding.span is not None:
        evidence.append(Evidence("policy", str(finding.span.place)))
    evidence += [Evidence("request", f"allowed {sentence}") for sentence in finding.depends_on]
    return Finding(
        finding.resource,
        f"{_who(finding)} can {can}",
        _fix(looking, finding, inside=inside),
        finding.account,
        tuple(evidence),
        span=finding.span,
    )


def _fix(looking: Looking, finding: AccessFinding, *, inside: bool) -> Fix:
    """The statement with a condition; without one, as for a grant or a share, what to ask."""
    condition: dict[str, dict[str, object]] = {
        "ArnLike": {"aws:PrincipalArn": "arn:*:iam::ACCOUNT:role/NAME"}
    }
    if not inside:
        organization = looking.model.organization
        id_ = None if organization is None else organization.id
        condition = {"StringEquals": {"aws:PrincipalOrgID": id_ or "o-YOUR-ORGANIZATION"}}
    for held in looking.held_by(finding.resource):
        if held.use not in {PolicyType.RESOURCE, PolicyType.TRUST}:
            continue
        for statement in looking.statements(held.policy, held.use):
            span = statement.source.span(statement.path)
            if (
                finding.span is not None
                and span.start <= finding.span.start
                and finding.span.end <= span.end
            ):
                document = getattr(held.policy, "document", {})
                return Fix("policy", with_condition(document, statement.path, condition))
    action = finding.actions[0] if finding.actions else "ACTION"
    return Fix(
        "commands",
        f"iamsim who-can {action} {finding.resource} --world WORLD\n# take back what was shared",
    )


def _known(found: External) -> list[AccessFinding]:
    """Access that a policy gives for certain or under conditions, not what an unknown one might."""
    return [finding for finding in found.findings if finding.kind is FindingKind.EXTERNAL]


def _gaps(looking: Looking) -> Iterator[Gap]:
    """What could hide access: policies that are not known, and resources that nobody listed."""
    yield from looking.policy_gaps(*USES)
    for finding in looking.external.findings:
        if finding.kind is FindingKind.UNKNOWN:
            why = f"who gets in: {finding.details.get('why', 'a policy is not known')}"
            yield Gap(finding.resource, why, finding.details.get("source", ""), "")
    for left in looking.external.unsearched:
        yield Gap(left.policy, left.unknown.why, str(left.span.place), "")
    yield from looking.gaps_of_resources(analyzed_services())


@audits("public-access", HEADING, "Nothing is public", Severity.CRITICAL, FINDINGS)
def public(looking: Looking) -> Iterator[Outcome]:
    """What anybody can reach."""
    findings = [finding for finding in _known(looking.external) if finding.is_public]
    for finding in findings:
        yield _finding(looking, finding)
    yield from _passed(looking, {finding.resource for finding in findings})
    yield from _gaps(looking)


@audits("cross-account-access", HEADING, "Nobody outside has access", Severity.MEDIUM, FINDINGS)
def external(looking: Looking) -> Iterator[Outcome]:
    """What somebody outside of the zone of trust can reach."""
    findings = [finding for finding in _known(looking.external) if not finding.is_public]
    for finding in findings:
        yield _finding(looking, finding)
    yield from _passed(looking, {finding.resource for finding in looking.external.findings})
    yield from _gaps(looking)


@audits(
    "access-between-accounts",
    HEADING,
    "No other account of the organization has access",
    Severity.INFORMATIONAL,
    FINDINGS,
)
def internal(looking: Looking) -> Iterator[Outcome]:
    """What other accounts of the organization can reach."""
    if looking.model.organization is None:
        return
    outside = {finding.id for finding in looking.external.findings}
    findings = [
        beyond_account
        for beyond_account in _known(looking.beyond_accounts)
        if beyond_account.id not in outside
    ]
    for finding in findings:
        yield _finding(looking, finding, inside=True)
    yield from _passed(looking, {finding.resource for finding in findings})
    yield from _gaps(looking)


def _passed(looking: Looking, found: set[str]) -> Iterator[Passed]:
    for account in looking.accounts:
        for arn in account.resources:
            if arn not in found:
                yield Passed(arn)
    for _, role in looking.roles:
        if role.arn not in found:
            yield Passed(role.arn)


@audits(
    "external-access-analyzer", HEADING, "IAM Access Analyzer watches", Severity.MEDIUM, ANALYZER
)
def analyzer(looking: Looking) -> Iterator[Outcome]:
    """Accounts without an analyzer for external access."""
    yield from analyzer_of(looking, EXTERNAL_TYPES, "external access", "ACCOUNT")


def analyzer_of(
    looking: Looking, types: tuple[str, ...], about: str, to_make: str
) -> Iterator[Outcome]:
    """Accounts without an active analyzer of these types, where the organization has none. One for
    external access watches its Region alone: each has one in which resources are listed."""
    nodes = looking.model.index.nodes
    common = {
        region
        for account in looking.accounts
        if account.id in nodes or looking.model.is_management(account.id)
        for region in _regions(account.analyzers, types[1:])
    }
    for account in looking.accounts:
        inside = account.id in nodes or looking.model.is_management(account.id)
        watched = {*_regions(account.analyzers, types), *(common if inside else ())}
        needed = _regions_in_use(account) if types is EXTERNAL_TYPES and "" not in watched else ()
        missing = sorted({*needed} - watched) if watched else []
        if watched and not missing:
            yield Passed(account.id)
        elif account.analyzers is None:
            yield ANALYZERS.gap(account.id, "its analyzers", account=account.id)
        else:
            yield Finding(
                account.id,
                f"has no active analyzer for {about}"
                + (f" in {', '.join(missing)}" if missing else ""),
                Fix(
                    "commands",
                    "\n".join(
                        "aws accessanalyzer create-analyzer --analyzer-name"
                        f" {to_make.lower()} --type {to_make}{region}"
                        for region in [f" --region {name}" for name in missing] or [""]
                    ),
                ),
                account.id,
                fact(f"analyzers: {some_of(_told(account.analyzers)) or 'none'}"),
                span=account.span,
            )


def _told(analyzers: tuple[object, ...]) -> list[str]:
    """The analyzers of an account, with type, status and Region."""
    found = []
    for analyzer in analyzers:
        if isinstance(analyzer, Mapping):
            arn = find_arn(str(analyzer.get("arn", "")))
            said = (analyzer.get("type"), analyzer.get("status"), arn and arn.region)
            found.append(" ".join(str(text) for text in said if text))
    return found


def _regions_in_use(account: Account) -> set[str]:
    """The Regions of the resources of an account, as far as ARNs say them."""
    arns = map(find_arn, account.resources)
    return {arn.region for arn in arns if arn is not None and arn.region}


def _regions(analyzers: tuple[object, ...] | None, types: tuple[str, ...]) -> Iterator[str]:
    """The Regions of active analyzers of some types; nothing for one that does not say it."""
    for analyzer in analyzers or ():
        if (
            isinstance(analyzer, Mapping)
            and analyzer.get("type") in types
            and analyzer.get("status", "ACTIVE") == "ACTIVE"
        ):
            arn = find_arn(str(analyzer.get("arn", "")))
            yield "" if arn is None else arn.region


@audits(
    "account-public-access-block",
    HEADING,
    "S3 Block Public Access holds for whole accounts",
    Severity.MEDIUM,
    BLOCK,
)
def public_access_block(looking: Looking) -> Iterator[Outcome]:
    """Accounts whose settings leave something open."""
    for account in looking.accounts:
        block = account.public_access_block
        if block is None:
            yield PUBLIC_ACCESS_BLOCK.gap(
                account.id, "its S3 Block Public Access settings", account=account.id
            )
            continue
        off = [name for name in SETTINGS if not getattr(block, name)]
        if not off:
            yield Passed(account.id)
            continue
        yield Finding(
            account.id,
            f"S3 Block Public Access leaves {', '.join(off)} off",
            Fix(
                "commands",
                f"aws s3control put-public-access-block --account-id {account.id}"
                " --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,"
                "BlockPublicPolicy=true,RestrictPublicBuckets=true",
            ),
            account.id,
            fact(f"on: {', '.join(name for name in SETTINGS if name not in off) or 'none'}"),
            span=account.span,
        )
