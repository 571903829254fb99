"""Sign-ins and privileged calls that one factor is enough for.

## What it finds
`console-user-without-mfa`: an IAM user that has a password and no MFA device.
`root-without-mfa`: a root user that has credentials and no MFA device.
`mfa-not-phishing-resistant`: devices of which none is a passkey or a security key. A code from an
app, a token or a message can be given away.
`mfa-device-retired`: devices of types that AWS no longer takes for new ones: SMS, and security keys
registered as U2F, the older form of FIDO2. The ARN of a key is the same for both, as AWS says; one
that was registered since June 2022 is FIDO2, and of an older one nothing tells.

## Why it matters
AWS asks for MFA for the root user of every account, and recommends phishing-resistant devices:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html>. What an ARN says of a
security key stands at
<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html>.

## What it needs
The credential report says whether there is a device; of what type it is, `list-mfa-devices` (for
the root user `list-virtual-mfa-devices`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from iamsim.audit.deleting import deleting_root_credentials
from iamsim.audit.model import (
    Evidence,
    Finding,
    Fix,
    Gap,
    Outcome,
    Passed,
    Severity,
    fact,
)
from iamsim.audit.registry import audits
from iamsim.audit.rules.people import has_password
from iamsim.audit.sources import CREDENTIAL_REPORT, MFA_DEVICES, VIRTUAL_MFA

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.world.model import RootUser

HEADING = "mfa"
DEVICES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html"
ROOT = "https://docs.aws.amazon.com/IAM/latest/UserGuide/enable-mfa-for-root.html"
# The command line makes virtual devices alone, and none for root users.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_cliapi.html
ENABLE = (
    "aws iam create-virtual-mfa-device --virtual-mfa-device-name {name} --outfile {name}.png"
    " --bootstrap-method QRCodePNG\naws iam enable-mfa-device --user-name {name} --serial-number"
    " arn:{partition}:iam::{account}:mfa/{name} --authentication-code1 CODE"
    " --authentication-code2 NEXT_CODE"
)
FIDO = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html"
WEAK = {"text-message": "SMS", "virtual": "an app", "hardware": "a token"}
REGISTER_ROOT = "# as the root user: register a passkey or security key in the console"
REGISTER = "# register a passkey or security key in the console: My security credentials"
RESISTANT = frozenset(("fido", "fido-or-u2f", "u2f"))
NOT_TOLD = "fido-or-u2f"
RETIRED = {"text-message": "SMS", "u2f": "U2F"}


@audits(
    "console-user-without-mfa", HEADING, "Users with a password have MFA", Severity.HIGH, DEVICES
)
def console_users(looking: Looking) -> Iterator[Outcome]:
    """Users with a password and no device."""
    for account, user in looking.users:
        known = has_password(user)
        if known is None or (known and user.mfa_devices is None):
            yield CREDENTIAL_REPORT.gap(
                user.arn, "whether the user has a password and MFA", account=account.id
            )
        elif known and not user.mfa_devices:
            used = user.password_last_used
            yield Finding(
                user.arn,
                "signs in with a password alone: it has no MFA device",
                Fix(
                    "commands",
                    f"{REGISTER}, or:\n"
                    + ENABLE.format(
                        name=user.name, partition=account.partition, account=account.id
                    ),
                ),
                account.id,
                (Evidence("date", f"last signed in {used}" if used else "no sign-in is known"),),
                span=user.span,
            )
        else:
            yield Passed(user.arn)


@audits("root-without-mfa", HEADING, "Root users have MFA", Severity.CRITICAL, ROOT)
def root_users(looking: Looking) -> Iterator[Outcome]:
    """Root users without a device."""
    for account in looking.accounts:
        root = account.root_user
        arn = f"arn:{account.partition}:iam::{account.id}:root"
        if root is None or root.mfa_devices is None:
            yield CREDENTIAL_REPORT.gap(arn, "whether the root user has MFA", account=account.id)
        elif root.mfa_devices or has_no_credentials(root):
            yield Passed(arn)
        else:
            yield Finding(
                arn,
                "the root user has no MFA device",
                Fix(
                    "commands",
                    deleting_root_credentials(account)
                    if account.id in looking.members
                    else REGISTER_ROOT,
                ),
                account.id,
                fact("its MFA devices: none"),
                span=root.span,
            )


def has_no_credentials(root: RootUser) -> bool:
    """Whether a root user is known to have neither password nor keys: it can't sign in."""
    return root.password_enabled is False and root.access_keys == ()


@audits(
    "mfa-not-phishing-resistant",
    HEADING,
    "MFA devices are passkeys or security keys",
    Severity.LOW,
    DEVICES,
)
def phishing(looking: Looking) -> Iterator[Outcome]:
    """Devices that give codes away."""
    yield from _of_devices(looking, _resists)


@audits(
    "mfa-device-retired",
    HEADING,
    "MFA devices are of types that AWS still registers",
    Severity.LOW,
    FIDO,
)
def retired(looking: Looking) -> Iterator[Outcome]:
    """Devices by SMS and U2F."""
    yield from _of_devices(looking, _is_current)


def _of_devices(
    looking: Looking, judge: Callable[[str, str, tuple[str, ...]], Outcome]
) -> Iterator[Outcome]:
    """What is said of the devices of everybody who has any, by their types."""
    for account in looking.accounts:
        root = account.root_user
        arn = f"arn:{account.partition}:iam::{account.id}:root"
        if root is not None and root.mfa_devices:
            if root.mfa_types is None:
                yield VIRTUAL_MFA.gap(arn, "the types of its MFA devices", account=account.id)
            else:
                yield judge(arn, account.id, root.mfa_types)
    for account, user in looking.users:
        if user.mfa_devices is None:
            yield CREDENTIAL_REPORT.gap(user.arn, "whether the user has MFA", account=account.id)
        elif user.mfa_devices and user.mfa_types is None:
            yield MFA_DEVICES.gap(
                user.arn, "the types of its MFA devices", account=account.id, name=user.name
            )
        elif user.mfa_devices:
            yield judge(user.arn, account.id, user.mfa_types or ())


def _resists(subject: str, account: str, types: tuple[str, ...]) -> Outcome:
    if RESISTANT & {*types}:
        return Passed(subject)
    has = ", ".join(WEAK.get(kind, kind) for kind in types)
    return Finding(
        subject,
        f"has MFA by {has} and no passkey or security key",
        Fix("commands", REGISTER),
        account,
        _devices(types),
        severity=Severity.MEDIUM if "text-message" in types else None,
    )


def _devices(types: tuple[str, ...]) -> tuple[Evidence, ...]:
    return fact(f"its devices: {', '.join(types)}")


def _is_current(subject: str, account: str, types: tuple[str, ...]) -> Outcome:
    has = [RETIRED[kind] for kind in types if kind in RETIRED]
    if has:
        return Finding(
            subject,
            f"has MFA by {', '.join(has)}, which AWS no longer registers",
            Fix("commands", REGISTER),
            account,
            _devices(types),
            severity=Severity.MEDIUM if "text-message" in types else None,
        )
    if NOT_TOLD in types:
        what = "whether its security key is U2F or FIDO2: AWS gives both the same ARN"
        return Gap(subject, what, "", "register the key again, or suppress this")
    return Passed(subject)
