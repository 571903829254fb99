"""Workloads call AWS with long-term credentials of IAM users.

## What it finds
`workload-user`: an IAM user without a password that has an active access key: a workload.
`service-specific-credential`: a user with a credential for one service (CodeCommit, Keyspaces,
Amazon Bedrock, CloudWatch Logs). Those for Bedrock may have an end, which since September 2025 a
policy can demand (`iam:ServiceSpecificCredentialAgeDays`); what has no end is graver.
`ssh-public-key` and `signing-certificate`: the other long-term credentials of a user.
`roles-anywhere-trust`: a role for IAM Roles Anywhere whose trust does not allow `sts:AssumeRole`,
`sts:TagSession` and `sts:SetSourceIdentity`, or does not say by `aws:SourceArn` which trust anchor
or by `aws:PrincipalTag/x509...` which certificate.

## Why it matters
What stands on a disk can be copied, and does not end. Workloads in AWS have roles, those outside
have IAM Roles Anywhere or web identity:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles>,
<https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>.

## What it needs
The credential report for keys; the lists of each user for the other credentials.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.audit.asking import demands
from iamsim.audit.looking import Looking, active, keys_of
from iamsim.audit.model import Evidence, Finding, Fix, Outcome, Passed, Severity
from iamsim.audit.registry import audits
from iamsim.audit.rules.people import has_password
from iamsim.audit.sources import (
    CREDENTIAL_REPORT,
    SERVICE_CREDENTIALS,
    SIGNING_CERTIFICATES,
    SSH_KEYS,
    Source,
)
from iamsim.core.decision import PolicyType

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.world.model import User

HEADING = "workload-roles"
PRACTICE = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles"
)
CREDENTIALS = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html"
)
SSH = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html"
CERTIFICATES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html"
TRUST_MODEL = "https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html"
ROLES_ANYWHERE = "service:rolesanywhere.amazonaws.com"
NEEDED = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
SOURCE_ARN, CERTIFICATE = "aws:sourcearn", "aws:principaltag/x509"
ANCHOR = re.compile(r":trust-anchor/[^*?]+$")


@audits("workload-user", HEADING, "No workload has an IAM user's key", Severity.MEDIUM, PRACTICE)
def workload_users(looking: Looking) -> Iterator[Outcome]:
    """Users without a password, with a key."""
    for account, user in looking.users:
        keys, password = keys_of(user), has_password(user)
        if keys is None or (password is None and any(key.is_active for key in keys)):
            yield CREDENTIAL_REPORT.gap(
                user.arn, "whether the user has access keys and a password", account=account.id
            )
            continue
        used = [key for key in keys if key.is_active]
        if password or not used:
            yield Passed(user.arn)
            continue
        services = sorted({key.service for key in used if key.service})
        evidence = [
            Evidence(
                "date",
                f"{key.id} was last used {key.last_used:%Y-%m-%d}"
                if key.last_used is not None
                else f"when {key.id} was last used is not known",
            )
            for key in used
        ]
        yield Finding(
            user.arn,
            f"a workload calls AWS with {len(used)} long-term access"
            f" {'key' if len(used) == 1 else 'keys'}"
            + (f"; it last called {', '.join(services)}" if services else ""),
            Fix(
                "commands",
                "# in trust.json, let in what runs the workload, such as ec2.amazonaws.com:\n"
                f"aws iam create-role --role-name {user.name} --assume-role-policy-document"
                " file://trust.json\n# give it the policies of the user, let the workload take it,"
                " then:\n"
                + "\n".join(
                    f"aws iam delete-access-key --user-name {user.name} --access-key-id {key.id}"
                    for key in used
                ),
            ),
            account.id,
            tuple(evidence),
            span=user.span,
        )


@audits(
    "service-specific-credential",
    HEADING,
    "No user has a credential for a single service",
    Severity.MEDIUM,
    CREDENTIALS,
)
def service_credentials(looking: Looking) -> Iterator[Outcome]:
    """Credentials for one service."""
    for account, user in looking.users:
        if user.service_specific_credentials is None:
            yield _unlisted(SERVICE_CREDENTIALS, user, "its service-specific credentials")
            continue
        found = active(user.service_specific_credentials)
        for entry in found:
            name, service = entry.get("id", "ID"), entry.get("service", "a service")
            ends = entry.get("expires")
            yield Finding(
                user.arn,
                f"has the credential {name} for {service}"
                + (f", which ends {ends}" if ends else ", which never ends"),
                Fix(
                    "commands",
                    f"aws iam delete-service-specific-credential --user-name {user.name}"
                    f" --service-specific-credential-id {name}",
                ),
                account.id,
                (Evidence("date", f"made {entry.get('created', 'at an unknown time')}"),),
                severity=Severity.LOW if ends else None,
                span=user.span,
            )
        if not found:
            yield Passed(user.arn)


@audits("ssh-public-key", HEADING, "No user has an SSH key", Severity.LOW, SSH)
def ssh_keys(looking: Looking) -> Iterator[Outcome]:
    """SSH public keys for CodeCommit."""
    for account, user in looking.users:
        if user.ssh_public_keys is None:
            yield _unlisted(SSH_KEYS, user, "its SSH public keys")
            continue
        found = active(user.ssh_public_keys)
        for entry in found:
            yield Finding(
                user.arn,
                f"has the SSH public key {entry.get('id', '')}".rstrip(),
                Fix(
                    "commands",
                    f"aws iam delete-ssh-public-key --user-name {user.name} --ssh-public-key-id"
                    f" {entry.get('id', 'ID')}",
                ),
                account.id,
                (Evidence("date", f"uploaded {entry.get('created', 'at an unknown time')}"),),
                span=user.span,
            )
        if not found:
            yield Passed(user.arn)


@audits(
    "signing-certificate", HEADING, "No user has a signing certificate", Severity.LOW, CERTIFICATES
)
def certificates(looking: Looking) -> Iterator[Outcome]:
    """X.509 signing certificates."""
    for account, user in looking.users:
        if user.signing_certificates is None:
            yield _unlisted(SIGNING_CERTIFICATES, user, "its signing certificates")
            continue
        found = active(user.signing_certificates)
        for entry in found:
            yield Finding(
                user.arn,
                f"has the X.509 signing certificate {entry.get('id', '')}".rstrip(),
                Fix(
                    "commands",
                    f"aws iam delete-signing-certificate --user-name {user.name} --certificate-id"
                    f" {entry.get('id', 'ID')}",
                ),
                account.id,
                (Evidence("date", f"uploaded {entry.get('created', 'at an unknown time')}"),),
                span=user.span,
            )
        if not found:
            yield Passed(user.arn)


def _unlisted(source: Source, user: User, what: str) -> Outcome:
    return source.gap(user.arn, what, account=user.account, name=user.name)


@audits(
    "roles-anywhere-trust",
    HEADING,
    "Roles for IAM Roles Anywhere trust one anchor or certificate",
    Severity.HIGH,
    TRUST_MODEL,
)
def roles_anywhere(looking: Looking) -> Iterator[Outcome]:
    """Trust policies for IAM Roles Anywhere."""
    for account, role in looking.roles:
        some = [
            statement
            for statement in looking.statements(role.trust, PolicyType.TRUST)
            if not statement.denies
            and statement.principals is not None
            and ROLES_ANYWHERE in statement.principals.granted
        ]
        if not some:
            continue
        missing = [
            name
            for name in NEEDED
            if not any(statement.actions.covers(name.lower()) for statement in some)
        ]
        open_ = [statement for statement in some if not _is_pinned(statement)]
        if not missing and not open_:
            yield Passed(role.arn)
            continue
        says = [f"does not allow {', '.join(missing)}"] if missing else []
        if open_:
            says.append("does not say which trust anchor or certificate may take it")
        yield Finding(
            role.arn,
            f"its trust in IAM Roles Anywhere {' and '.join(says)}",
            Fix("policy", _trust(account.partition, account.id)),
            account.id,
            (Evidence("policy", str(some[0].source.span(some[0].path).place)),),
            span=role.span,
        )


def _is_pinned(statement: CompiledStatement) -> bool:
    """Whether a statement asks for an anchor by its id, or for something in the certificate."""
    return demands(statement, lambda key: key.startswith(CERTIFICATE)) or demands(
        statement, lambda key: key == SOURCE_ARN, lambda value: bool(ANCHOR.search(value))
    )


def _trust(partition: str, account: str) -> str:
    return f"""{{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Effect": "Allow",
      "Principal": {{"Service": "rolesanywhere.amazonaws.com"}},
      "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
      "Condition": {{
        "ArnEquals": {{
          "aws:SourceArn": "arn:{partition}:rolesanywhere:REGION:{account}:trust-anchor/ID"
        }},
        "StringEquals": {{"aws:PrincipalTag/x509Subject/CN": "NAME OF THE WORKLOAD"}}
      }}
    }}
  ]
}}"""
