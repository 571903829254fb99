"""Where facts come from: the file that would tell what a world does not say, and what writes it."""

from __future__ import annotations

from typing import NamedTuple

from iamsim.audit.model import Gap


class Source(NamedTuple):
    """A file that `iamsim import` reads, and the calls of the AWS CLI that write it; ``{account}``,
    ``{name}`` and ``{arn}`` stand for the subject."""

    file: str
    call: str

    def gap(self, subject: str, what: str, **names: str) -> Gap:
        """Say what is not known of a subject, and what would tell it."""
        return Gap(subject, what, self.file.format(**names), self.call.format(**names))


CREDENTIAL_REPORT = Source(
    "{account}/get-credential-report.json",
    "aws iam generate-credential-report; aws iam get-credential-report"
    " > {account}/get-credential-report.json",
)
AUTHORIZATION_DETAILS = Source(
    "{account}/get-account-authorization-details.json",
    "aws iam get-account-authorization-details > {account}/get-account-authorization-details.json",
)
LAST_ACCESSED = Source(
    "{account}/get-service-last-accessed-details.json",
    "aws iam generate-service-last-accessed-details --granularity ACTION_LEVEL --arn {arn};"
    " aws iam get-service-last-accessed-details --job-id ID",
)
MFA_DEVICES = Source(
    "{account}/list-mfa-devices.{name}.json",
    "aws iam list-mfa-devices --user-name {name} > {account}/list-mfa-devices.{name}.json",
)
VIRTUAL_MFA = Source(
    "{account}/list-virtual-mfa-devices.json",
    "aws iam list-virtual-mfa-devices > {account}/list-virtual-mfa-devices.json",
)
SERVICE_CREDENTIALS = Source(
    "{account}/list-service-specific-credentials.{name}.json",
    "aws iam list-service-specific-credentials --user-name {name}"
    " > {account}/list-service-specific-credentials.{name}.json",
)
SSH_KEYS = Source(
    "{account}/list-ssh-public-keys.{name}.json",
    "aws iam list-ssh-public-keys --user-name {name} > {account}/list-ssh-public-keys.{name}.json",
)
SIGNING_CERTIFICATES = Source(
    "{account}/list-signing-certificates.{name}.json",
    "aws iam list-signing-certificates --user-name {name}"
    " > {account}/list-signing-certificates.{name}.json",
)
ROOT_FEATURES = Source(
    "organizations/list-organizations-features.json",
    "aws iam list-organizations-features > organizations/list-organizations-features.json",
)
ALTERNATE_CONTACTS = Source(
    "{account}/get-alternate-contact.json",
    "aws account get-alternate-contact --alternate-contact-type SECURITY --account-id {account}"
    " > {account}/get-alternate-contact.json",
)
ANALYZERS = Source(
    "{account}/list-analyzers.json",
    "aws accessanalyzer list-analyzers > {account}/list-analyzers.json",
)
PASSWORD_POLICY = Source(
    "{account}/get-account-password-policy.json",
    "aws iam get-account-password-policy > {account}/get-account-password-policy.json",
)
PUBLIC_ACCESS_BLOCK = Source(
    "{account}/get-public-access-block.json",
    "aws s3control get-public-access-block --account-id {account}"
    " > {account}/get-public-access-block.json",
)
ORGANIZATION = Source(
    "organizations/",
    "iamsim import --recipe --organization > collect.sh; bash collect.sh",
)
IDENTITY_CENTER = ORGANIZATION
RESOURCES = Source("{account}/", "iamsim import --recipe > collect.sh; bash collect.sh")
