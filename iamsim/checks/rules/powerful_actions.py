"""A policy hands out powers that deserve a second look.

## What it finds
Actions that a policy allows its owner on `*` and without condition, in five groups, each with a
request that the policy allows:

* *privilege escalation*: the calls of a known way to more permissions, such as
  `iam:CreatePolicyVersion`, or `iam:PassRole` with `lambda:CreateFunction`; the ways are those of
  `iamsim paths`;
* *credentials exposure*: actions that answer with credentials, such as `iam:CreateAccessKey`, or
  that make old ones valid again;
* *resource exposure*: actions with the access level *Permissions management* in the service
  reference; those that write in services that are about nothing else (IAM, IAM Identity Center and
  its directory, Resource Access Manager); and those that share something, can write its policy or
  change who signs in, though the reference calls them *Write*, such as
  `rds:ModifyDBSnapshotAttribute`;
* *data exfiltration*: actions that read what secrets, parameters, objects, tables and snapshots
  hold;
* *infrastructure modification*: actions that write, tag or manage permissions, where the reference
  lists resources that could be named instead.

The last code is about named resources as well: a policy that allows some actions of a service,
not all, and among them the one that writes the policy of the resource, such as
`s3:PutBucketPolicy`. Its owner can write a policy that gives him the rest.

The lists cover what parliament's community auditors and cloudsplaining flag, but for names that
are no actions any more, calls that no policy of their caller controls (`sts:AssumeRoleWithSAML`),
what is public anyway (`cognito-idp:GetSigningCertificate`), ways to more permissions of which
these tools name the first calls alone (`datapipeline:CreatePipeline` without the definition and the
activation, `sagemaker:CreateNotebookInstance` without the URL to it), and what only reads, whatever
an older service reference called it (`waf:GetChangeToken`). What answers with credentials stands in
that group alone.

A `Deny` of the same policy on `*` without condition takes an action out. These codes are off
unless selected, for many policies are meant to allow this; `--extend-select risks` selects all.

## Why it matters
The list is short where a policy is narrow; where it is long, the policy is close to an
administrator's. The finding rests on a snapshot of the service reference, whose day it tells.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from iamsim.checks.escalation_paths import Way, known_ways
from iamsim.checks.shown import Witness
from iamsim.checks.view import Findings, PolicyView, StatementView, checks
from iamsim.checks.witness import OWNER, first_allowed, resource_of
from iamsim.checks.words import several

LEVEL = "Permissions management"
CHANGING = frozenset({"Write", "Tagging", LEVEL})
CREDENTIALS = frozenset(
    {
        "airflow:CreateCliToken",
        "airflow:CreateWebLoginToken",
        "appsync:CreateApiKey",
        "chime:CreateApiKey",
        "cloud9:CreateEnvironmentToken",
        "codeartifact:GetAuthorizationToken",
        "codepipeline:PollForJobs",
        "cognito-identity:GetCredentialsForIdentity",
        "cognito-identity:GetOpenIdToken",
        "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
        "cognito-idp:AssociateSoftwareToken",
        "cognito-idp:DescribeUserPoolClient",
        "connect:GetFederationToken",
        "ec2:GetPasswordData",
        "ecr-public:GetAuthorizationToken",
        "ecr:GetAuthorizationToken",
        "emr-containers:GetManagedEndpointSessionCredentials",
        "finspace-api:GetProgrammaticAccessCredentials",
        "gamelift:GetComputeAccess",
        "gamelift:GetComputeAuthToken",
        "gamelift:GetInstanceAccess",
        "gamelift:RequestUploadCredentials",
        "grafana:CreateWorkspaceApiKey",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:CreateServiceSpecificCredential",
        "iam:ResetServiceSpecificCredential",
        "iam:UpdateAccessKey",
        "iam:UpdateLoginProfile",
        "license-manager:GetAccessToken",
        "lightsail:CreateBucketAccessKey",
        "lightsail:DownloadDefaultKeyPair",
        "lightsail:GetInstanceAccessDetails",
        "lightsail:GetRelationalDatabaseMasterUserPassword",
        "mediapackage:RotateChannelCredentials",
        "mediapackage:RotateIngestEndpointCredentials",
        "rds-db:connect",
        "redshift-serverless:GetCredentials",
        "redshift:GetClusterCredentials",
        "redshift:GetClusterCredentialsWithIAM",
        "sts:AssumeRole",
        "sts:GetFederationToken",
        "sts:GetSessionToken",
    }
)
# Services that are about who may do what: whatever is written there changes it.
PERMITTING = frozenset({"iam", "identitystore", "ram", "sso", "sso-directory"})
# What shares a thing, can write its policy, or changes who signs in, by a call of the access level
# Write; an older service reference had many of them under Permissions management.
SHARING = frozenset(
    {
        "chime:DeleteVoiceConnectorTerminationCredentials",
        "chime:PutVoiceConnectorTerminationCredentials",
        "codebuild:DeleteSourceCredentials",
        "codebuild:ImportSourceCredentials",
        "cognito-identity:CreateIdentityPool",
        "cognito-identity:DeleteIdentities",
        "cognito-identity:DeleteIdentityPool",
        "cognito-identity:GetId",
        "cognito-identity:MergeDeveloperIdentities",
        "cognito-identity:SetIdentityPoolRoles",
        "cognito-identity:UnlinkDeveloperIdentity",
        "cognito-identity:UnlinkIdentity",
        "cognito-identity:UpdateIdentityPool",
        "ds:CreateConditionalForwarder",
        "ds:CreateDirectory",
        "ds:CreateIdentityPoolDirectory",
        "ds:CreateMicrosoftAD",
        "ds:CreateTrust",
        "ds:ShareDirectory",
        "ec2:ModifyImageAttribute",
        "es:CreateDomain",
        "es:CreateElasticsearchDomain",
        "es:UpdateDomainConfig",
        "es:UpdateElasticsearchDomainConfig",
        "iotsitewise:CreateAccessPolicy",
        "iotsitewise:DeleteAccessPolicy",
        "iotsitewise:UpdateAccessPolicy",
        "kms:CreateKey",
        "lambda:CreateFunctionUrlConfig",
        "lambda:UpdateFunctionUrlConfig",
        "quicksight:CreateAdmin",
        "quicksight:CreateGroup",
        "quicksight:CreateGroupMembership",
        "quicksight:CreateIAMPolicyAssignment",
        "quicksight:CreateUser",
        "quicksight:DeleteGroup",
        "quicksight:DeleteGroupMembership",
        "quicksight:DeleteIAMPolicyAssignment",
        "quicksight:DeleteUser",
        "quicksight:DeleteUserByPrincipalId",
        "quicksight:RegisterUser",
        "quicksight:UpdateGroup",
        "quicksight:UpdateIAMPolicyAssignment",
        "quicksight:UpdateUser",
        "rds:ModifyDBClusterSnapshotAttribute",
        "rds:ModifyDBSnapshotAttribute",
        "sns:CreateTopic",
        "sqs:CreateQueue",
        "storagegateway:DeleteChapCredentials",
        "storagegateway:SetLocalConsolePassword",
        "storagegateway:SetSMBGuestPassword",
        "storagegateway:UpdateChapCredentials",
        "wafv2:CreateWebACL",
        "wafv2:DeleteWebACL",
        "wafv2:UpdateWebACL",
        "worklink:UpdateDevicePolicyConfiguration",
        "workmail:ResetPassword",
    }
)
# The actions with which resource-based policies are written.
WRITERS = frozenset(
    {
        "backup:PutBackupVaultAccessPolicy",
        "dynamodb:PutResourcePolicy",
        "ecr:SetRepositoryPolicy",
        "elasticfilesystem:PutFileSystemPolicy",
        "es:UpdateDomainConfig",
        "events:PutPermission",
        "kinesis:PutResourcePolicy",
        "kms:PutKeyPolicy",
        "lambda:AddPermission",
        "s3:PutAccessPointPolicy",
        "s3:PutBucketPolicy",
        "secretsmanager:PutResourcePolicy",
        "sns:AddPermission",
        "sns:SetTopicAttributes",
        "sqs:AddPermission",
        "sqs:SetQueueAttributes",
    }
)
SENSITIVE = frozenset(
    {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:PartiQLSelect",
        "dynamodb:Query",
        "dynamodb:Scan",
        "ebs:GetSnapshotBlock",
        "kms:Decrypt",
        "rds:DownloadCompleteDBLogFile",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "secretsmanager:BatchGetSecretValue",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParameterHistory",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
    }
)


@checks("IAMSIM_PRIVILEGE_ESCALATION")
def privilege_escalation(policy: PolicyView) -> Findings:
    """Statements that complete a known way to more permissions."""
    if not policy.is_identity:
        return
    open_actions = {
        action: statement
        for statement in policy.statements
        if statement.allows and _is_open(statement)
        for action in _actions(policy, statement)
        if action.partition(":")[0] in _services_of_ways() and not _is_denied(policy, action)
    }
    ways: dict[int, list[Way]] = {}
    for way in known_ways():
        calls = [step.action for step in way.steps]
        if way.administers is None and all(call in open_actions for call in calls):
            last = max(
                (open_actions[call] for call in calls), key=lambda open_action: open_action.index
            )
            ways.setdefault(last.index, []).append(way)
    for statement in policy.statements:
        some = ways.get(statement.index, [])
        if some:
            place = statement.actions.path if statement.actions else statement.path
            message = f"the owner can get more permissions by {several([way.id for way in some])}"
            hint = "name the resources, add a condition, or take one of the actions out"
            witness = _shown(policy, statement, some[0].steps[-1].action)
            code = "IAMSIM_PRIVILEGE_ESCALATION"
            yield policy.finding(code, message, place, hint=hint, dated=True, witness=witness)


@cache
def _services_of_ways() -> frozenset[str]:
    return frozenset(step.action.partition(":")[0] for way in known_ways() for step in way.steps)


@checks("IAMSIM_CREDENTIALS_EXPOSURE")
def credentials_exposure(policy: PolicyView) -> Findings:
    """Actions that answer with credentials."""
    what = "credentials of others come from"
    yield from _findings(policy, "IAMSIM_CREDENTIALS_EXPOSURE", what, CREDENTIALS.__contains__)


@checks("IAMSIM_DATA_EXFILTRATION")
def sensitive_access(policy: PolicyView) -> Findings:
    """Actions that read contents."""
    what = "contents of all resources can be read with"
    yield from _findings(policy, "IAMSIM_DATA_EXFILTRATION", what, SENSITIVE.__contains__)


@checks("IAMSIM_INFRASTRUCTURE_MODIFICATION")
def infrastructure_modification(policy: PolicyView) -> Findings:
    """Actions that change things which could be named."""

    def changes(action: str) -> bool:
        facts = policy.reference.action(action)
        return facts is not None and facts.access_level in CHANGING and bool(facts.resource_types)

    what = "everything in the account can be changed with"
    yield from _findings(policy, "IAMSIM_INFRASTRUCTURE_MODIFICATION", what, changes)


@checks("IAMSIM_RESOURCE_EXPOSURE")
def permissions_management(policy: PolicyView) -> Findings:
    """Actions of that access level, and others that share."""

    def manages(action: str) -> bool:
        facts = policy.reference.action(action)
        if facts is None or action in SHARING:
            return facts is not None
        permitting = action.partition(":")[0] in PERMITTING
        return facts.access_level == LEVEL or (permitting and facts.access_level == "Write")

    what = "permissions are managed with"
    yield from _findings(policy, "IAMSIM_RESOURCE_EXPOSURE", what, manages)


@checks("IAMSIM_RESOURCE_POLICY_ESCALATION")
def writes_policies(policy: PolicyView) -> Findings:
    """Statements that allow a part of a service, and the action that opens the rest."""
    for statement in policy.statements if policy.is_identity else ():
        actions = statement.actions
        if not statement.allows or actions is None or actions.negated:
            continue
        if statement.raw.get("Condition"):
            continue
        for value in actions.values:
            name = value.text.partition(":")[2]
            if not name.strip("*"):
                continue  # everything is given already
            found = [text for text in policy.reference.expand(value.text) if text in WRITERS]
            found = [text for text in found if not _is_denied(policy, text)]
            if found:
                message = f"the owner can write a policy of the resource with {several(found)}"
                hint = "leave it to administrators, for it gives every other action"
                code = "IAMSIM_RESOURCE_POLICY_ESCALATION"
                witness = _shown(policy, statement, found[0])
                yield policy.finding(
                    code, message, value.path, hint=hint, dated=True, witness=witness
                )
                break


def _findings(policy: PolicyView, code: str, what: str, belongs: Callable[[str], bool]) -> Findings:
    """Make one finding for each statement that allows actions of a group."""
    if not policy.is_identity:
        return
    for statement in policy.statements:
        if not statement.allows or not _is_open(statement):
            continue
        findings = [name for name in _actions(policy, statement) if belongs(name)]
        findings = [name for name in findings if not _is_denied(policy, name)]
        if findings:
            place = statement.actions.path if statement.actions else statement.path
            hint = "name the resources, add a condition, or take the actions out"
            message = f"{what} {several(findings)}"
            witness = _shown(policy, statement, findings[0])
            yield policy.finding(code, message, place, hint=hint, dated=True, witness=witness)


def _shown(policy: PolicyView, statement: StatementView, action: str) -> Witness | None:
    """A request for an action on some resource, where the engine allows it."""
    resource = resource_of(policy, statement, action)
    return first_allowed(policy, statement, [Witness(OWNER, action, resource, ())])


def _is_open(statement: StatementView) -> bool:
    """Whether a statement is about all resources whatever the request."""
    resources = statement.resources
    if statement.raw.get("Condition") or resources is None:
        return False
    return resources.negated or any(not value.text.strip("*") for value in resources.values)


def _actions(policy: PolicyView, statement: StatementView) -> list[str]:
    """The actions that a statement covers, by the service reference, in their order there."""
    actions = statement.actions
    if actions is None:
        return []
    covered = dict.fromkeys(
        name for value in actions.values for name in policy.reference.expand(value.text)
    )
    if not actions.negated:
        return list(covered)
    return [name for name in policy.reference.expand("*") if name not in covered]


def _is_denied(policy: PolicyView, action: str) -> bool:
    """Whether the policy denies an action on all resources whatever the request."""
    lowered = action.lower()
    return any(
        statement.denies
        and statement.resources is not None
        and not statement.resources.negated
        and _is_open(statement)
        and statement.actions is not None
        and any(policy.reference.covers(value.text, lowered) for value in statement.actions.values)
        is not statement.actions.negated
        for statement in policy.statements
    )
