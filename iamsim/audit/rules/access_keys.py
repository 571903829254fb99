"""Access keys that are too old, too many, or were never used.

## What it finds
`access-key-old`: an active key that was made more than 90 days ago (`key-days`).
`two-active-access-keys`: a user with two active keys: one of them is left over from a rotation.
`access-key-never-used`: an active key that was made more than a day ago and never used.

## Why it matters
Where a workload needs a long-term key, the key must be updated when it may be known to others, and
one that nobody uses must go:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html>. Security
Hub asks for 90 days (IAM.3).

## What it needs
The credential report, and `--at` with the time of the dumps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.audit.looking import Key, Looking, keys_of
from iamsim.audit.model import Evidence, Finding, Fix, Gap, Outcome, Passed, Severity
from iamsim.audit.registry import audits
from iamsim.audit.sources import CREDENTIAL_REPORT

if TYPE_CHECKING:
    from iamsim.world.model import User

HEADING = "rotate-access-keys"
UPDATE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html"
KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html"


def _active_keys(looking: Looking) -> Iterator[tuple[User, list[Key] | Gap]]:
    """The active keys of every user, or that nobody says them."""
    for account, user in looking.users:
        keys = keys_of(user)
        if keys is None:
            yield user, CREDENTIAL_REPORT.gap(user.arn, "its access keys", account=account.id)
        else:
            yield user, [key for key in keys if key.is_active]


@audits("access-key-old", HEADING, "Access keys are young", Severity.MEDIUM, UPDATE)
def old_keys(looking: Looking) -> Iterator[Outcome]:
    """Keys made long ago."""
    for user, keys in _active_keys(looking):
        if isinstance(keys, Gap):
            yield keys
            continue
        if not keys:
            yield Passed(user.arn)
        for key in keys:
            if key.created is None:
                yield CREDENTIAL_REPORT.gap(user.arn, "when its key was made", account=user.account)
                continue
            old = looking.is_older(key.created, looking.limits.key_days)
            if old is None:
                yield looking.gap_of_time(user.arn)
            elif old:
                age = looking.age(key.created)
                days = age.days if age is not None else 0
                yield Finding(
                    user.arn,
                    f"the access key {key.id} is {days} days old",
                    Fix(
                        "commands",
                        f"aws iam create-access-key --user-name {user.name}\n# give the new key to"
                        f" the workload, then:\naws iam update-access-key --user-name {user.name}"
                        f" --access-key-id {key.id} --status Inactive",
                    ),
                    user.account,
                    (Evidence("date", f"made {key.created:%Y-%m-%d}"),),
                    span=user.span,
                )
            else:
                yield Passed(user.arn)


@audits("two-active-access-keys", HEADING, "Users have one active key", Severity.LOW, KEYS)
def two_keys(looking: Looking) -> Iterator[Outcome]:
    """Users with two active keys."""
    for user, keys in _active_keys(looking):
        if isinstance(keys, Gap):
            yield keys
        elif len(keys) > 1:
            first = min(keys, key=lambda key: (key.created is None, key.created or 0))
            yield Finding(
                user.arn,
                f"has {len(keys)} active access keys: {', '.join(key.id for key in keys)}",
                Fix(
                    "commands",
                    f"aws iam update-access-key --user-name {user.name} --access-key-id {first.id}"
                    " --status Inactive",
                ),
                user.account,
                tuple(Evidence("date", _dates(key)) for key in keys),
                span=user.span,
            )
        else:
            yield Passed(user.arn)


@audits("access-key-never-used", HEADING, "Active keys are in use", Severity.LOW, KEYS)
def never_used(looking: Looking) -> Iterator[Outcome]:
    """Active keys that nobody has used."""
    for user, keys in _active_keys(looking):
        if isinstance(keys, Gap):
            yield keys
            continue
        if not keys:
            yield Passed(user.arn)
        for key in keys:
            if not key.never_used and key.last_used is None:
                yield CREDENTIAL_REPORT.gap(
                    user.arn, "whether its key was used", account=user.account
                )
            elif key.never_used and not _is_of_today(looking, key):
                yield Finding(
                    user.arn,
                    f"the access key {key.id} is active and was never used",
                    Fix(
                        "commands",
                        f"aws iam delete-access-key --user-name {user.name}"
                        f" --access-key-id {key.id}",
                    ),
                    user.account,
                    (Evidence("date", f"made {key.created:%Y-%m-%d}"),) if key.created else (),
                    span=user.span,
                )
            else:
                yield Passed(user.arn)


def _dates(key: Key) -> str:
    """When a key was made and used."""
    made = f"{key.created:%Y-%m-%d}" if key.created else "an unknown day"
    used = (
        f"{key.last_used:%Y-%m-%d}" if key.last_used else "never" if key.never_used else "unknown"
    )
    return f"{key.id}: made {made}, last used: {used}"


def _is_of_today(looking: Looking, key: Key) -> bool:
    """Whether a key is so new that nobody can be expected to have used it."""
    return key.created is not None and looking.is_older(key.created, 1) is False
