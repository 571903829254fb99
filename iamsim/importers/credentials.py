"""Credentials and settings of accounts that say nothing about access, and a lot about an audit.

SSH public keys, service-specific credentials, signing certificates and MFA devices of users, the
summary, password policy, alternate contacts and analyzers of an account, and which features of
centralized root access an organization has on.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.importers.counts import count_principals
from iamsim.importers.shapes import Json, records, text, texts
from iamsim.importers.subject import NamedFile

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record

# The list of an output, and the field of a user that it fills.
CREDENTIAL_LISTS = {
    "Certificates": "signing_certificates",
    "SSHPublicKeys": "ssh_public_keys",
    "ServiceSpecificCredentials": "service_specific_credentials",
}
# What is kept of a credential: never the password of a service-specific one, nor the text of a key.
KEPT = {
    "CertificateId": "id",
    "SSHPublicKeyId": "id",
    "ServiceSpecificCredentialId": "id",
    "ServiceName": "service",
    "Status": "status",
    "CreateDate": "created",
    "UploadDate": "created",
    "ExpirationDate": "expires",
}
SETTINGS = ("SummaryMap", "EnabledFeatures", "analyzers", "AlternateContact", "PasswordPolicy")
SMS = "sms-mfa/"
# Since then no security key is registered as U2F (document history of the IAM User Guide).
U2F_ENDED = "2022-06-01"


def device_type(serial: str, enabled: str | None) -> str:
    """The type of an MFA device by its serial number: a virtual device and a passkey or security
    key have ARNs, a hardware token has the number that is printed on it. The ARN does not say
    whether a key was registered as U2F or FIDO2, the day on which that was (`enabled`) may.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_MFADevice.html,
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html
    """
    arn = find_arn(serial)
    if arn is None:
        return "hardware"
    if arn.resource.startswith(SMS):
        return "text-message"
    if not arn.resource.startswith("u2f/"):
        return "virtual"
    return "fido" if enabled is not None and enabled >= U2F_ENDED else "fido-or-u2f"


def read_credentials(draft: Draft, data: Json, place: str, account: str | None) -> None:
    """Read the lists of SSH public keys, service-specific credentials and signing certificates.

    An empty list is about the user that the name of its file says.
    """
    for key, field in CREDENTIAL_LISTS.items():
        if not isinstance(data.get(key), list):
            continue
        named = NamedFile.of(draft.source).subject
        found: dict[str, list[object]] = {named: []} if named else {}
        for record, _ in records(draft, data, key, place):
            kept = {ours: value for theirs, ours in KEPT.items() if (value := text(record, theirs))}
            found.setdefault(text(record, "UserName") or named or "", []).append(kept)
        for user, credentials in found.items():
            if account is None or not user:
                draft.remark(
                    "record-without-account",
                    "nothing says whose credentials these are: they are left out",
                    place,
                    "unknown",
                )
            else:
                draft.user(account, user).extend(field, credentials)


def read_setting(draft: Draft, data: Json, place: str, account: str | None) -> None:
    """Read an output about an account or its organization as a whole."""
    if "EnabledFeatures" in data:
        draft.organization().set("root_features", sorted(texts(data, "EnabledFeatures")), place)
        return
    owner = _owner(data, account)
    if owner is None:
        draft.remark(
            "record-without-account",
            "nothing says which account these settings are of: they are left out",
            place,
            "unknown",
        )
        return
    record = draft.account(owner)
    summary, policy = data.get("SummaryMap"), data.get("PasswordPolicy")
    contact = data.get("AlternateContact")
    if isinstance(summary, dict):
        _read_summary(record, summary, place)
        count_principals(draft, owner, summary)
    elif isinstance(policy, dict):
        record.set("password_policy", policy, place)
    elif isinstance(contact, dict):
        kind = text(contact, "AlternateContactType")
        record.extend("alternate_contacts", [kind] if kind else [])
    else:
        record.extend(
            "analyzers", [_analyzer(entry) for entry, _ in records(draft, data, "analyzers", place)]
        )


def _owner(data: Json, account: str | None) -> str | None:
    """The account of an output: that of its folder, or of the ARNs in it."""
    listed = data.get("analyzers")
    for entry in listed if isinstance(listed, list) else ():
        arn = find_arn(text(entry, "arn") or "") if isinstance(entry, dict) else None
        if arn is not None and is_account_id(arn.account):
            return arn.account
    return account


def _analyzer(data: Json) -> dict[str, object]:
    return {key: value for key in ("arn", "name", "type", "status") if (value := text(data, key))}


def _read_summary(account: Record, summary: Json, place: str) -> None:
    """Read what the summary says of the root user: 1 where it has a credential, 0 where not."""
    for key, field in (("AccountMFAEnabled", "mfa_devices"),):
        if isinstance(summary.get(key), int):
            account.entry("root_user", field, summary[key], place)
    for key, field in (
        ("AccountAccessKeysPresent", "access_keys"),
        ("AccountSigningCertificatesPresent", "signing_certificates"),
    ):
        if isinstance(summary.get(key), int):
            there = [{"status": "Active"}] if summary[key] else []
            account.entry("root_user", field, there, place)
    if isinstance(summary.get("AccountPasswordPresent"), int):
        account.entry(
            "root_user", "password_enabled", bool(summary["AccountPasswordPresent"]), place
        )
