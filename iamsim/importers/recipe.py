"""What collects an account or an organization: a script of read-only calls, and their policy.

Files are named by the convention that the importers read: ``ACCOUNT/[REGION/]CALL.SUBJECT.json``
with the subject percent-encoded, and ``organizations/CALL.SUBJECT.json``.
"""

from __future__ import annotations

import json
import os

from iamsim.files.reading import read_text
from iamsim.importers.recipe_calls import policy_actions, policy_calls

__all__ = ["recipe_policy", "recipe_script"]

ROLE = "iamsim-collect"

# What the script calls besides the calls of the table of resource types.
FURTHER_ACTIONS = (
    "access-analyzer:ListAnalyzers",
    "account:GetAlternateContact",
    "dynamodb:DescribeTable",
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
    "rds:DescribeDBSnapshotAttributes",
    "rds:DescribeDBSnapshots",
    "s3:GetAccountPublicAccessBlock",
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
MEMBERS = (
    f" (the role `{ROLE}` of the members: its first statement;\n"
    "# in China and GovCloud, `arn:aws-cn:` or `arn:aws-us-gov:` in the last one)"
)
SCRIPTS = os.path.join(os.path.dirname(__file__), "scripts")  # noqa: PTH118, PTH120 - as elsewhere


def recipe_policy(*, organization: bool = False, role: str = ROLE) -> dict[str, object]:
    """Give the least policy that the script needs, and `iamsim collect`.

    In an organization that is the policy of the caller in the management account; the roles of the
    members need the policy of one account.
    """
    statements: list[dict[str, object]] = [
        {
            "Sid": "ReadWhatDecidesAboutAccess",
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
                "Resource": f"arn:aws:iam::*:role/{role}",
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}


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
