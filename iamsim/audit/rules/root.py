"""Root users with credentials that work, and root users that somebody uses.

## What it finds
`root-access-key`: a root user with an active access key, or an X.509 signing certificate.
`root-used-lately`: a root user whose password or key was used within 90 days (`root-days`).
`root-credentials-of-members`: an organization that does not manage the root credentials of its
member accounts centrally, or a member whose root user still has a password, a key or MFA device.
`security-contact`: an account without an alternate contact for security, whom AWS would call. The
contacts for billing and operations are not asked for, as no practice of IAM's and no framework here
does (`get-alternate-contact --alternate-contact-type BILLING` or `OPERATIONS` tells them). Whether
a contact is right, and whether several people read its mail, is not knowable from any file.

## Why it matters
Only service control policies limit a root user, and those not in the management account:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html>. Since November
2024 an organization can remove the root credentials of its members, and do what needs them in short
privileged sessions:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html#id_root-user-access-management>.

## What it needs
The credential report or `get-account-summary` of every account, `list-organizations-features`, and
for the contacts `get-alternate-contact`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.audit.deleting import deleting_root_credentials, root_credentials
from iamsim.audit.looking import Looking, active, keys_of, time_of
from iamsim.audit.model import (
    Evidence,
    Finding,
    Fix,
    Outcome,
    Passed,
    Severity,
    fact,
    some_of,
)
from iamsim.audit.registry import audits
from iamsim.audit.sources import ALTERNATE_CONTACTS, CREDENTIAL_REPORT, ROOT_FEATURES

if TYPE_CHECKING:
    from iamsim.world.model import Account, RootUser

HEADING = "root-user"
PRACTICE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html"
CENTRAL = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"
    "#id_root-user-access-management"
)
CONTACTS = "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html"
FEATURE = "RootCredentialsManagement"


def _root_arn(account: Account) -> str:
    return f"arn:{account.partition}:iam::{account.id}:root"


@audits("root-access-key", HEADING, "Root users have no keys", Severity.CRITICAL, PRACTICE)
def root_keys(looking: Looking) -> Iterator[Outcome]:
    """Keys and certificates of root users."""
    for account in looking.accounts:
        root, arn = account.root_user, _root_arn(account)
        keys = None if root is None else keys_of(root)
        if root is None or keys is None:
            yield CREDENTIAL_REPORT.gap(
                arn, "whether the root user has access keys", account=account.id
            )
            continue
        used = [key for key in keys if key.is_active]
        certificates = active(root.signing_certificates)
        if not used and not certificates:
            yield Passed(arn)
            continue
        has = [f"{len(used)} active access {'key' if len(used) == 1 else 'keys'}"] if used else []
        if certificates:
            has.append(f"{len(certificates)} signing certificates")
        yield Finding(
            arn,
            f"the root user has {' and '.join(has)}",
            Fix(
                "commands",
                deleting_root_credentials(account)
                if account.id in looking.members
                else "\n".join(["# as the root user:", *root_credentials(root)]),
            ),
            account.id,
            (
                *credentials_of(root),
                *(
                    Evidence("date", f"{key.id} was last used {key.last_used:%Y-%m-%d}")
                    for key in used
                    if key.last_used is not None
                ),
            ),
            span=root.span,
        )


@audits("root-used-lately", HEADING, "Nobody uses root users", Severity.MEDIUM, PRACTICE)
def root_used(looking: Looking) -> Iterator[Outcome]:
    """Root users that were used lately."""
    for account in looking.accounts:
        root, arn = account.root_user, _root_arn(account)
        times = [] if root is None else [time_of(root.password_last_used)]
        times += [] if root is None else [key.last_used for key in keys_of(root) or ()]
        last = max((time for time in times if time is not None), default=None)
        old = last is not None and looking.is_older(last, looking.limits.root_days)
        if (last is None or old) and (root is None or not _tells_use(root)):
            yield CREDENTIAL_REPORT.gap(arn, "when the root user was used", account=account.id)
        elif last is not None and old is None:
            yield looking.gap_of_time(arn)
        elif last is None or root is None or old:
            yield Passed(arn)
        else:
            yield Finding(
                arn,
                "somebody used the root user lately",
                Fix(
                    "commands",
                    "# what it was used for:\naws cloudtrail lookup-events --lookup-attributes"
                    f" AttributeKey=Username,AttributeValue=root --start-time {last:%Y-%m-%d}",
                ),
                account.id,
                (Evidence("date", f"last used {last:%Y-%m-%d}"),),
                span=root.span,
            )


def _tells_use(root: RootUser) -> bool:
    """Whether everything that a root user may be used with says when it was: a summary of the
    account does not."""
    keys = keys_of(root)
    told = root.password_enabled is False or root.password_last_used is not None
    return told and keys is not None and all(key.last_used or key.never_used for key in keys)


@audits(
    "root-credentials-of-members",
    HEADING,
    "Root credentials of members are managed centrally",
    Severity.MEDIUM,
    CENTRAL,
)
def members(looking: Looking) -> Iterator[Outcome]:
    """Organizations that leave root credentials in their member accounts."""
    organization = looking.model.organization
    if organization is None:
        yield looking.gap_of_organization()
        return
    features = organization.root_features
    if features is None:
        yield ROOT_FEATURES.gap("organization", "whether it manages root credentials centrally")
    elif FEATURE not in features:
        yield Finding(
            "organization",
            "the root credentials of member accounts are not managed centrally",
            Fix(
                "commands",
                "aws organizations enable-aws-service-access --service-principal"
                " iam.amazonaws.com\n"
                "aws iam enable-organizations-root-credentials-management",
            ),
            evidence=fact(f"features of root access: {', '.join(sorted(features)) or 'none'}"),
            span=organization.span,
        )
    else:
        yield Passed("organization")
    for account in looking.accounts:
        if account.id in looking.members:
            yield _member(account)


def _member(account: Account) -> Outcome:
    root, arn = account.root_user, _root_arn(account)
    left = [] if root is None else _left(root)
    if root is not None and left:
        return Finding(
            arn,
            f"the root user of a member account still has {', '.join(left)}",
            Fix("commands", deleting_root_credentials(account)),
            account.id,
            credentials_of(root),
            span=account.span,
        )
    if root is None or None in {root.password_enabled, root.access_keys, root.mfa_devices}:
        return CREDENTIAL_REPORT.gap(
            arn, "whether the root user of the member has credentials", account=account.id
        )._replace(
            file=f"{account.id}/get-account-summary.json",
            call=f"aws iam get-account-summary > {account.id}/get-account-summary.json",
        )
    return Passed(arn)


def credentials_of(root: RootUser) -> tuple[Evidence, ...]:
    """What a root user is known to have, as evidence."""
    return fact(f"its credentials: {', '.join(_left(root)) or 'not known'}")


def _left(root: RootUser) -> list[str]:
    has = ["a password"] if root.password_enabled else []
    has += ["an access key"] if active(root.access_keys) else []
    has += ["an MFA device"] if root.mfa_devices else []
    return has + (["a signing certificate"] if active(root.signing_certificates) else [])


@audits("security-contact", HEADING, "AWS knows whom to call", Severity.LOW, CONTACTS)
def contacts(looking: Looking) -> Iterator[Outcome]:
    """Accounts without a contact for security."""
    for account in looking.accounts:
        if account.alternate_contacts is None:
            yield ALTERNATE_CONTACTS.gap(account.id, "its alternate contacts", account=account.id)
        elif "SECURITY" in account.alternate_contacts:
            yield Passed(account.id)
        else:
            yield Finding(
                account.id,
                "has no alternate contact for security",
                Fix(
                    "commands",
                    "aws account put-alternate-contact --alternate-contact-type SECURITY"
                    " --name NAME --title TITLE --email-address EMAIL --phone-number PHONE"
                    f" --account-id {account.id}",
                ),
                account.id,
                fact(
                    f"alternate contacts: {some_of(sorted(account.alternate_contacts)) or 'none'}"
                ),
                span=account.span,
            )
