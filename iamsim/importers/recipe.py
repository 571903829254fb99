"""What collects an account or an organization: a script of read-only calls, and their policy.

Files are named by the convention that the importers read: ``ACCOUNT/[REGION/]CALL.SUBJECT.json``
with the subject percent-encoded, and ``organizations/CALL.SUBJECT.json``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from iamsim import catalog
from iamsim.files.reading import read_text
from iamsim.importers.recipe_calls import policy_actions, policy_calls

ROLE = "iamsim-collect"
LONGEST = 6144  # characters of a managed policy

# What the script calls besides the calls of the table of resource types.
FURTHER_ACTIONS = (
    "access-analyzer:ListAnalyzers",
    "account:GetAlternateContact",
    "dynamodb:DescribeTable",
    "ec2:DescribeImageAttribute",
    "ec2:DescribeImages",
    "ec2:DescribeInstances",
    "ec2:DescribeRegions",
    "ec2:DescribeSnapshotAttribute",
    "ec2:DescribeSnapshots",
    "ec2:DescribeVpcEndpoints",
    "iam:GenerateCredentialReport",
    "iam:GenerateServiceLastAccessedDetails",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountPasswordPolicy",
    "iam:GetAccountSummary",
    "iam:GetCredentialReport",
    "iam:GetServiceLastAccessedDetails",
    "iam:ListAccessKeys",
    "iam:ListMFADevices",
    "iam:ListOpenIDConnectProviders",
    "iam:ListRoles",
    "iam:ListSAMLProviders",
    "iam:ListSSHPublicKeys",
    "iam:ListServiceSpecificCredentials",
    "iam:ListSigningCertificates",
    "iam:ListUsers",
    "iam:ListVirtualMFADevices",
    "kinesis:DescribeStreamSummary",
    "kms:ListAliases",
    "kms:ListGrants",
    "rds:DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshotAttributes",
    "rds:DescribeDBSnapshots",
    "s3:GetAccessPoint",
    "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketAbac",
    "s3:GetBucketLocation",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:GetEncryptionConfiguration",
    "s3:ListAllMyBuckets",
    "ssm:DescribeParameters",
)
ORGANIZATION_ACTIONS = (
    "iam:ListOrganizationsFeatures",
    "organizations:DescribeOrganization",
    "organizations:DescribePolicy",
    "organizations:ListAccountsForParent",
    "organizations:ListDelegatedAdministrators",
    "organizations:ListDelegatedServicesForAccount",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListPolicies",
    "organizations:ListRoots",
    "organizations:ListTargetsForPolicy",
    "sso:DescribePermissionSet",
    "sso:GetInlinePolicyForPermissionSet",
    "sso:GetPermissionsBoundaryForPermissionSet",
    "sso:ListAccountAssignments",
    "sso:ListAccountsForProvisionedPermissionSet",
    "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
    "sso:ListInstances",
    "sso:ListManagedPoliciesInPermissionSet",
    "sso:ListPermissionSets",
)

HEAD = """\
#!/usr/bin/env bash
# Collects what decides about access {what}, with read-only calls of the AWS CLI.
# Written by `iamsim import --recipe{flag}`. Then: iamsim import aws-world -o world
#
#   bash collect.sh [FOLDER]          (the folder is `aws-world` if none is given)
#
# What may fail does so alone: the script goes on, and says what is missing.
# When users and roles last called which service takes some seconds for each of them, and comes only
# with LAST_ACCESSED=1 in front; with whom snapshots are shared, only with SNAPSHOTS=1.
# The least policy that it needs{members}:
#
{policy}
"""
MEMBERS = f" (the role `{ROLE}` of the members: its first statement)"
SCRIPTS = os.path.join(os.path.dirname(__file__), "scripts")  # noqa: PTH118, PTH120 - as elsewhere


def recipe_policy(*, organization: bool = False, role: str = ROLE) -> dict[str, object]:
    """Give the least policy that the script needs, and `iamsim collect`.

    In an organization that is the policy of the caller in the management account; the roles of the
    members need the policy of one account. What would be longer than a managed policy may be has
    wildcards for as many of the longest names as that takes, which cover these actions alone:
    behind a word, and if that does not do, behind a letter.
    """
    statements: list[dict[str, object]] = [
        {
            "Sid": "ReadAboutAccess",
            "Effect": "Allow",
            "Action": sorted({*FURTHER_ACTIONS, *policy_actions()}),
            "Resource": "*",
        }
    ]
    if organization:
        statements.append(
            {
                "Sid": "ReadTheOrganization",
                "Effect": "Allow",
                "Action": list(ORGANIZATION_ACTIONS),
                "Resource": "*",
            }
        )
        statements.append(
            {
                "Sid": "ReadInMemberAccounts",
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Resource": f"arn:*:iam::*:role/{role}",
            }
        )
    policy: dict[str, object] = {"Version": "2012-10-17", "Statement": statements}
    _shorten(policy, statements)
    return policy


def _shorten(policy: Mapping[str, object], statements: Sequence[dict[str, object]]) -> None:
    """Put patterns for names, the ones that save most first, until a policy has `LONGEST`
    characters, of which IAM does not count white space.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    asked = [statement for statement in statements if _names(statement)]
    wanted = {name for member in asked for name in _names(member)}
    for starts_of in (_starts_of_words, _starts):
        shorter = sorted(
            (
                (pattern, name)
                for name in wanted
                if (pattern := _pattern(name, wanted, starts_of)) is not None
            ),
            key=lambda entry: (len(entry[0]) - len(entry[1]), entry[1]),
        )
        for pattern, _ in shorter:
            if len(json.dumps(policy, separators=(",", ":"))) <= LONGEST:
                return
            covered = pattern.removesuffix("*").lower()
            for statement in asked:
                names = {
                    pattern if name.lower().startswith(covered) else name
                    for name in _names(statement)
                }
                statement["Action"] = sorted(names)


def _names(statement: Mapping[str, object]) -> list[str]:
    """The actions of a statement with several."""
    actions = statement["Action"]
    return actions if isinstance(actions, list) else []


def _starts_of_words(action: str) -> Iterator[str]:
    """The beginnings of an action's name that end behind a word, from the second on."""
    words = re.findall(r"[A-Z][a-z0-9]*", action)
    yield from ("".join(words[:number]) for number in range(2, len(words)))


def _starts(action: str) -> Iterator[str]:
    """The beginnings of an action's name, from the first letter of its second word on."""
    first = re.match(r"[A-Z][a-z0-9]*", action)
    yield from (action[:end] for end in range(len(first[0]) + 1 if first else 1, len(action) - 1))


def _pattern(
    name: str, wanted: Collection[str], starts_of: Callable[[str], Iterator[str]]
) -> str | None:
    """The shortest pattern, of some beginnings of a name, that covers of all actions of its service
    none but wanted ones."""
    service, _, action = name.partition(":")
    facts = catalog.find_service(service)
    for start in starts_of(action):
        if not action.startswith(start) or facts is None:
            return None
        covered = [
            entry.full_name
            for entry in facts.actions
            if entry.name.lower().startswith(start.lower())
        ]
        if all(entry in wanted for entry in covered):
            return f"{service}:{start}*"
    return None


def recipe_script(*, organization: bool = False) -> str:
    """Give the script, with its policy in a comment."""
    policy = json.dumps(recipe_policy(organization=organization), indent=2)
    head = HEAD.format(
        what="in an organization" if organization else "in one account",
        flag=" --organization" if organization else "",
        members=MEMBERS if organization else "",
        policy="\n".join(f"# {line}" for line in policy.splitlines()),
    )
    last = "organization" if organization else "one_account"
    return head + _part("calls") + _part("account") + policy_calls() + _part(last)


def _part(name: str) -> str:
    """Read a part of the script."""
    path = os.path.join(SCRIPTS, f"{name}.sh")  # noqa: PTH118 - as elsewhere
    return read_text(path)
