"""Roles, credentials, permissions and policies that nobody uses.

## What it finds
`role-unused`, `password-unused`, `access-key-unused`: what was last used more than 90 days before
`--at` (`unused-days`), as IAM Access Analyzer finds it.
`user-unused`: a user that nobody has been in that time, by its password or a key, or that has no
credential at all. IAM does not tell when SSH keys, certificates and service-specific credentials
were used: who has one is taken to use it.
`permissions-unused`: services that a user or role may call and did not call in that time.
`policy-unattached`: a customer managed policy that nobody has, neither attached nor as a boundary.

## Why it matters
What nobody uses nobody misses, but who steals it:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#remove-credentials>,
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-unused-access-analysis.html>.

## What it needs
`--at`; the credential report for users, `RoleLastUsed` of the account authorization details for
roles, and the service last accessed details of each principal for permissions. Where they are not
there, what was used is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamsim.audit.deleting import deleting_policy, deleting_role, deleting_user
from iamsim.audit.looking import Looking, active, keys_of, time_of
from iamsim.audit.model import Evidence, Finding, Fix, Outcome, Passed, Severity, fact
from iamsim.audit.registry import audits
from iamsim.audit.rules.people import has_password
from iamsim.audit.sources import AUTHORIZATION_DETAILS, CREDENTIAL_REPORT, LAST_ACCESSED
from iamsim.core.decision import PolicyType
from iamsim.query.analyzer.finding import AccessFinding, FindingKind
from iamsim.world.model import Account, AnyPolicy, PermissionSet, PolicyDocument, Role, User

HEADING = "unused"
PRACTICE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#remove-credentials"
ANALYSIS = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-unused-access-analysis.html"
)
MOST_NAMED = 6


def _last(finding: AccessFinding) -> tuple[Evidence, ...]:
    used = finding.details.get("lastAccessed")
    return (Evidence("date", f"last used {used}" if used else "no use is known"),)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


@audits("role-unused", HEADING, "Roles are in use", Severity.MEDIUM, ANALYSIS)
def roles(looking: Looking) -> Iterator[Outcome]:
    """Roles that nobody used."""
    findings = {
        finding.resource: finding
        for finding in looking.unused
        if finding.kind is FindingKind.UNUSED_ROLE
    }
    for account, role in looking.roles:
        one = findings.get(role.arn)
        if looking.at is None:
            yield looking.gap_of_time(role.arn)
        elif one is not None:
            yield Finding(
                role.arn,
                f"nobody has used the role for {looking.limits.unused_days} days",
                Fix("commands", deleting_role(role, looking.arns_of(account))),
                account.id,
                _last(one),
                span=role.span,
            )
        elif (
            role.last_used is None and not role.last_accessed and not _is_new(looking, role.created)
        ):
            yield AUTHORIZATION_DETAILS.gap(
                role.arn, "when the role was last used", account=account.id
            )
        else:
            yield Passed(role.arn)


def _is_new(looking: Looking, created: str | None) -> bool:
    time = time_of(created)
    return time is not None and looking.is_older(time, looking.limits.unused_days) is False


@audits("password-unused", HEADING, "Passwords are in use", Severity.MEDIUM, ANALYSIS)
def passwords(looking: Looking) -> Iterator[Outcome]:
    """Passwords that nobody used."""
    findings = {
        finding.resource: finding
        for finding in looking.unused
        if finding.kind is FindingKind.UNUSED_PASSWORD
    }
    for account, user in looking.users:
        one, known = findings.get(user.arn), has_password(user)
        if known is None:
            yield CREDENTIAL_REPORT.gap(
                user.arn, "whether the user has a password", account=account.id
            )
        elif known and looking.at is None:
            yield looking.gap_of_time(user.arn)
        elif one is not None:
            yield Finding(
                user.arn,
                f"nobody has signed in with the password for {looking.limits.unused_days} days",
                Fix("commands", f"aws iam delete-login-profile --user-name {user.name}"),
                account.id,
                _last(one),
                span=user.span,
            )
        else:
            yield Passed(user.arn)


@audits("access-key-unused", HEADING, "Access keys are in use", Severity.MEDIUM, ANALYSIS)
def keys(looking: Looking) -> Iterator[Outcome]:
    """Access keys that nobody used."""
    found: dict[str, list[AccessFinding]] = {}
    for finding in looking.unused:
        if finding.kind is FindingKind.UNUSED_KEY:
            found.setdefault(finding.resource, []).append(finding)
    for account, user in looking.users:
        known = keys_of(user)
        if known is None or any(
            k.last_used is None and not k.never_used for k in known if k.is_active
        ):
            yield CREDENTIAL_REPORT.gap(
                user.arn, "its access keys and when they were used", account=account.id
            )
        elif looking.at is None and any(key.is_active for key in known):
            yield looking.gap_of_time(user.arn)
        elif user.arn not in found:
            yield Passed(user.arn)
        for finding in found.get(user.arn, ()):
            key = finding.details["accessKeyId"]
            yield Finding(
                user.arn,
                f"nobody has used the access key {key} for {looking.limits.unused_days} days",
                Fix(
                    "commands",
                    f"aws iam update-access-key --user-name {user.name} --access-key-id {key}"
                    " --status Inactive",
                ),
                account.id,
                _last(finding),
                span=user.span,
            )


@audits("user-unused", HEADING, "Users are in use", Severity.MEDIUM, PRACTICE)
def users(looking: Looking) -> Iterator[Outcome]:
    """Users that nobody is."""
    for account, user in looking.users:
        known, held = has_password(user), keys_of(user)
        if known is None or held is None:
            yield CREDENTIAL_REPORT.gap(
                user.arn, "its password and access keys", account=account.id
            )
            continue
        usable = [key for key in held if key.is_active]
        others = (
            user.service_specific_credentials,
            user.ssh_public_keys,
            user.signing_certificates,
        )
        times = [key.last_used for key in held] + [time_of(user.password_last_used)]
        last = max((time for time in times if time is not None), default=None)
        made = time_of(user.created)
        if any(active(some) for some in others):
            yield Passed(user.arn)
        elif any(key.last_used is None and not key.never_used for key in usable):
            yield CREDENTIAL_REPORT.gap(
                user.arn, "when its access keys were used", account=account.id
            )
        elif looking.at is None:
            yield looking.gap_of_time(user.arn)
        elif any(
            time is not None and not looking.is_older(time, looking.limits.unused_days)
            for time in (last, made)
        ):
            yield Passed(user.arn)
        else:
            yield Finding(
                user.arn,
                f"nobody has been the user for {looking.limits.unused_days} days"
                if known or usable
                else "nobody can be the user: it has neither a password nor an active key",
                Fix("commands", deleting_user(user, looking.arns_of(account))),
                account.id,
                (Evidence("date", f"last used {last:%Y-%m-%d}" if last else "no use is known"),),
                span=user.span,
            )


@audits("permissions-unused", HEADING, "Permissions are in use", Severity.LOW, ANALYSIS)
def permissions(looking: Looking) -> Iterator[Outcome]:
    """Services that principals may call and did not."""
    findings = {
        unused_permission.resource: unused_permission
        for unused_permission in looking.unused_permissions
    }
    skipped = {finding.resource for finding in looking.unused}
    everybody: list[tuple[Account, User | Role]] = [*looking.users, *looking.roles]
    for account, entity in everybody:
        one = findings.get(entity.arn)
        if one is not None:
            names = [service.namespace for service in one.services]
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            yield Finding(
                entity.arn,
                f"has not used what it may do in {', '.join(names[:MOST_NAMED])}{more}",
                Fix(
                    "commands",
                    "iamsim findings --world WORLD --at TIME --unused --recommend --format json",
                ),
                account.id,
                tuple(
                    Evidence("date", f"{service.namespace}: last called {service.last_accessed}")
                    for service in one.services
                    if service.last_accessed is not None
                )[:MOST_NAMED],
                span=entity.span,
            )
        elif looking.at is None:
            yield looking.gap_of_time(entity.arn)
        elif entity.last_accessed is None and entity.arn not in skipped:
            yield LAST_ACCESSED.gap(
                entity.arn, "which services it has called", account=account.id, arn=entity.arn
            )
        else:
            yield Passed(entity.arn)
    yield from looking.policy_gaps()


@audits("policy-unattached", HEADING, "Policies are attached", Severity.LOW, PRACTICE)
def policies(looking: Looking) -> Iterator[Outcome]:
    """Customer managed policies that nobody has."""
    yield from looking.policy_gaps(PolicyType.IDENTITY)
    for account in looking.accounts:
        used = {id(document) for document in _attached(account)}
        arns = looking.arns_of(account)
        for _, policy in sorted(account.policies.items()):
            arn = arns[id(policy)]
            if id(policy) in used:
                yield Passed(arn)
                continue
            yield Finding(
                arn,
                "nobody has the policy",
                Fix("commands", deleting_policy(arn)),
                account.id,
                fact("no user, group, role or permission set has it, also not as a boundary"),
                span=policy.source.span(()) if isinstance(policy, PolicyDocument) else None,
            )


def _attached(account: Account) -> Iterator[AnyPolicy]:
    for group in account.groups.values():
        yield from group.policies
    entities: list[User | Role | PermissionSet] = [*account.users.values()]
    entities += [*account.roles.values(), *account.permission_sets.values()]
    for entity in entities:
        yield from entity.policies
        if entity.boundary is not None:
            yield entity.boundary
