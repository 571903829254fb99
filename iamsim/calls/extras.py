"""Questions that parameters of any service bring: roles handed over, tags, keys of KMS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from iamsim import catalog
from iamsim.calls.arns import Resource, formats_of, matches
from iamsim.calls.model import ALWAYS, DEPENDS
from iamsim.calls.tags import tags_of

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker

ROLE = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/.+")
ROLE_MEMBER = re.compile(r"(?<!assume)(role(_?arn|_?id|_?name)?|rolearns)$", re.IGNORECASE)
READING = ("get", "list", "describe", "batchget", "search", "lookup", "delete", "untag", "remove")
# Services whose calls name roles that are not handed over by iam:PassRole.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
NO_ROLES = frozenset(
    {
        "iam",
        "sts",
        "organizations",
        "sso",
        "sso-admin",
        "ram",
        "cognito-identity",
        "accessanalyzer",
        "s3",
        "kms",
        "secretsmanager",
        "ecr",
        "sqs",
        "sns",
        "rolesanywhere",
        "lakeformation",
    }
)
# The service principal that takes a role over, by service of botocore (the roles' trust policies
# in the guides of the services); those that are not here are not told.
PASSED_TO = {
    "amplify": "amplify.amazonaws.com",
    "apigateway": "apigateway.amazonaws.com",
    "apigatewayv2": "apigateway.amazonaws.com",
    "appflow": "appflow.amazonaws.com",
    "application-autoscaling": "application-autoscaling.amazonaws.com",
    "apprunner": "tasks.apprunner.amazonaws.com",
    "appsync": "appsync.amazonaws.com",
    "athena": "athena.amazonaws.com",
    "autoscaling": "autoscaling.amazonaws.com",
    "backup": "backup.amazonaws.com",
    "batch": "batch.amazonaws.com",
    "bedrock": "bedrock.amazonaws.com",
    "bedrock-agent": "bedrock.amazonaws.com",
    "cloudformation": "cloudformation.amazonaws.com",
    "cloudtrail": "cloudtrail.amazonaws.com",
    "codebuild": "codebuild.amazonaws.com",
    "codedeploy": "codedeploy.amazonaws.com",
    "codepipeline": "codepipeline.amazonaws.com",
    "config": "config.amazonaws.com",
    "datasync": "datasync.amazonaws.com",
    "dlm": "dlm.amazonaws.com",
    "dms": "dms.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "eks": "eks.amazonaws.com",
    "emr": "elasticmapreduce.amazonaws.com",
    "emr-serverless": "emr-serverless.amazonaws.com",
    "events": "events.amazonaws.com",
    "firehose": "firehose.amazonaws.com",
    "forecast": "forecast.amazonaws.com",
    "fsx": "fsx.amazonaws.com",
    "glue": "glue.amazonaws.com",
    "iot": "iot.amazonaws.com",
    "kafkaconnect": "kafkaconnect.amazonaws.com",
    "kendra": "kendra.amazonaws.com",
    "kinesisanalytics": "kinesisanalytics.amazonaws.com",
    "kinesisanalyticsv2": "kinesisanalytics.amazonaws.com",
    "lambda": "lambda.amazonaws.com",
    "logs": "logs.amazonaws.com",
    "mwaa": "airflow-env.amazonaws.com",
    "opensearch": "es.amazonaws.com",
    "osis": "osis-pipelines.amazonaws.com",
    "pipes": "pipes.amazonaws.com",
    "personalize": "personalize.amazonaws.com",
    "rds": "rds.amazonaws.com",
    "redshift": "redshift.amazonaws.com",
    "rekognition": "rekognition.amazonaws.com",
    "sagemaker": "sagemaker.amazonaws.com",
    "scheduler": "scheduler.amazonaws.com",
    "servicecatalog": "servicecatalog.amazonaws.com",
    "ssm": "ssm.amazonaws.com",
    "stepfunctions": "states.amazonaws.com",
    "transcribe": "transcribe.amazonaws.com",
    "transfer": "transfer.amazonaws.com",
    "translate": "translate.amazonaws.com",
}
# Members of a service whose role goes to another principal than the rest.
PASSED_BY_MEMBER = {
    ("rds", "monitoringrolearn"): "monitoring.rds.amazonaws.com",
    ("eks", "noderole"): "ec2.amazonaws.com",
    ("eks", "podexecutionrolearn"): "eks-fargate-pods.amazonaws.com",
    ("eks", "serviceaccountrolearn"): None,
    ("batch", "jobrolearn"): "ecs-tasks.amazonaws.com",
    ("batch", "executionrolearn"): "ecs-tasks.amazonaws.com",
    ("batch", "instancerole"): "ec2.amazonaws.com",
    ("apprunner", "accessrolearn"): "build.apprunner.amazonaws.com",
    ("apprunner", "instancerolearn"): "tasks.apprunner.amazonaws.com",
    ("emr", "jobflowrole"): "ec2.amazonaws.com",
    ("emr", "autoscalingrole"): "application-autoscaling.amazonaws.com",
    ("ecs", "role"): "ecs.amazonaws.com",
    ("cognito-idp", "snscallerarn"): "cognito-idp.amazonaws.com",
    ("ec2", "deliverlogspermissionarn"): "vpc-flow-logs.amazonaws.com",
    ("firehose", "rolearn"): "firehose.amazonaws.com",
}
MORE_MEMBERS = frozenset(
    {
        "automationassumerole",
        "snscallerarn",
        "deliverlogspermissionarn",
        "servicerole",
        "jobflowrole",
        "autoscalingrole",
        "instanceprofilerole",
        "executionrole",
        "taskrole",
        "noderole",
        "iamroles",
        "credentials",
        "authorizercredentials",
        "credentialsarn",
        "cloudwatchrole",
    }
)
KEY_MEMBERS = frozenset(
    {
        "kmskeyid",
        "kmskeyarn",
        "kmskey",
        "kmsmasterkeyid",
        "kmskeyidentifier",
        "encryptionkey",
        "encryptionkeyarn",
        "ssekmskeyid",
        "kmsmasterkeyarn",
        "masteruserkmskeyid",
        "performanceinsightskmskeyid",
        "masterusersecretkmskeyid",
        "awskmskeyarn",
        "customerkmskeyarn",
    }
)


def _members(value: Any, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    """Give every text in parameters with the name of the member that holds it."""
    if isinstance(value, dict):
        for inner, member in value.items():
            yield from _members(member, inner)
    elif isinstance(value, list):
        for entry in value:
            yield from _members(entry, name)
    elif isinstance(value, str):
        yield name, value


def ask_roles(asker: Asker) -> None:
    """Ask iam:PassRole for every role that the parameters hand over.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    service = asker.service.name
    if service in NO_ROLES or asker.operation.name.lower().startswith(READING):
        return
    for member, text in _members(asker.parameters):
        flat = member.lower().replace("_", "").replace("-", "")
        if not (ROLE_MEMBER.search(member) or flat in MORE_MEMBERS or flat.endswith("rolearn")):
            continue
        if "principal" in flat or flat.startswith("assume"):
            continue
        arn = text if ROLE.fullmatch(text) else None
        if arn is None:
            if not _is_role_name(text) or not _passes(asker):
                continue
            arn = asker.arn("iam", f"role/{text}", region=False)
        key = (service, flat)
        principal = PASSED_BY_MEMBER[key] if key in PASSED_BY_MEMBER else PASSED_TO.get(service)
        if key in PASSED_BY_MEMBER and principal is None:
            continue
        ask_pass_role(asker, arn, principal, f"hands over the role in `{member}`")


def ask_pass_role(
    asker: Asker, role: str, principal: str | None, because: str, needed: str = ALWAYS
) -> None:
    """Ask iam:PassRole for one role."""
    asker.ask(
        "iam:PassRole",
        Resource(role, "*" not in role),
        context={} if principal is None else {"iam:PassedToService": principal},
        unknown=() if principal is not None else ("iam:PassedToService",),
        because=because,
        needed=needed,
        keys=False,
    )


def _is_role_name(text: str) -> bool:
    """A bare name, or a path with one: Glue and EMR take these."""
    return re.fullmatch(r"[\w+=,.@/-]{1,512}", text) is not None and not text.isdigit()


def _passes(asker: Asker) -> bool:
    """Whether the service reference says that an action of this call needs iam:PassRole."""
    for asks in asker.operation.asks:
        facts = catalog.find_action(asks.action)
        if facts is not None and "iam:PassRole" in (facts.dependent_actions or ()):
            return True
    return asker.service.name in ("glue", "emr", "codebuild", "batch")


# The action that tags on creation ask besides, by the prefix of the service, where its guide says
# so; EC2 and S3 have rules of their own.
TAGGING = {
    "athena": "athena:TagResource",
    "autoscaling": "autoscaling:CreateOrUpdateTags",
    "backup": "backup:TagResource",
    "cloudfront": "cloudfront:TagResource",
    "cloudwatch": "cloudwatch:TagResource",
    "dynamodb": "dynamodb:TagResource",
    "ecr": "ecr:TagResource",
    "ecs": "ecs:TagResource",
    "eks": "eks:TagResource",
    "elasticache": "elasticache:AddTagsToResource",
    "elasticfilesystem": "elasticfilesystem:TagResource",
    "elasticloadbalancing": "elasticloadbalancing:AddTags",
    "elasticmapreduce": "elasticmapreduce:AddTags",
    "events": "events:TagResource",
    "firehose": "firehose:TagDeliveryStream",
    "glue": "glue:TagResource",
    "kinesis": "kinesis:AddTagsToStream",
    "kms": "kms:TagResource",
    "lambda": "lambda:TagResource",
    "logs": "logs:TagResource",
    "rds": "rds:AddTagsToResource",
    "redshift": "redshift:CreateTags",
    "sagemaker": "sagemaker:AddTags",
    "secretsmanager": "secretsmanager:TagResource",
    "sns": "sns:TagResource",
    "sqs": "sqs:TagQueue",
    "ssm": "ssm:AddTagsToResource",
    "states": "states:TagResource",
    "wafv2": "wafv2:TagResource",
}
IAM_TAGGING = {
    "CreateUser": "iam:TagUser",
    "CreateRole": "iam:TagRole",
    "CreatePolicy": "iam:TagPolicy",
    "CreateInstanceProfile": "iam:TagInstanceProfile",
    "CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
    "CreateSAMLProvider": "iam:TagSAMLProvider",
    "CreateVirtualMFADevice": "iam:TagMFADevice",
    "UploadServerCertificate": "iam:TagServerCertificate",
}


def ask_tags(asker: Asker) -> None:
    """Ask the tagging action where a call makes something with tags.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
    """
    if asker.service.name in ("ec2", "s3", "sts", "s3control") or not asker.reading.asked:
        return
    if not tags_of(asker.parameters):
        return
    first = asker.reading.asked[0]
    facts = catalog.find_action(first.action)
    if facts is None or facts.access_level == "Tagging":
        return
    action = (
        IAM_TAGGING.get(asker.operation.name)
        if facts.service == "iam"
        else TAGGING.get(facts.service)
    )
    needed = ALWAYS
    if action is None:
        dependents = facts.dependent_actions or ()
        action = next(
            (dependent for dependent in dependents if _is_tagging(dependent, facts.service)), None
        )
        needed = DEPENDS
    tagging = None if action is None else catalog.find_action(action)
    if action is None or tagging is None:
        return
    for requested in [
        requested for requested in asker.reading.asked if requested.action == first.action
    ]:
        type_name = _type_of(tagging.service, requested.resource)
        if type_name is not None and all(use.name != type_name for use in tagging.resource_types):
            continue
        known = "resource" not in requested.unknown
        asker.ask(
            action,
            Resource(requested.resource, known, type_name),
            needed=needed,
            because="tags what is made",
        )


def _is_tagging(action: str, service: str) -> bool:
    facts = catalog.find_action(action)
    return facts is not None and facts.service == service and facts.access_level == "Tagging"


def _type_of(service: str, arn: str) -> str | None:
    for name, arn_format in formats_of(service):
        if matches(arn, arn_format) is not None:
            return name
    return None


def key_resource(asker: Asker, key: str) -> tuple[Resource, dict[str, str]]:
    """Turn a key's id, ARN or alias into the resource of a request, and its context.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    if key.startswith("arn:") and ":key/" in key:
        return Resource(key), {}
    if ":alias/" in key or key.startswith("alias/"):
        alias = key[key.index("alias/") :]
        start = key[: key.index("alias/")] if key.startswith("arn:") else asker.arn("kms", "")
        return Resource(f"{start}key/*", known=False), {"kms:RequestAlias": alias}
    return Resource(asker.arn("kms", f"key/{key}"), asker.place.account is not None), {}


def ask_keys(asker: Asker) -> None:
    """Ask for the key of KMS that a call names, where the service's actions depend on KMS."""
    if asker.service.name in ("kms", "s3", "ssm", "secretsmanager", "sqs", "sns", "ec2", "logs"):
        return
    key = next(
        (
            text
            for member, text in _members(asker.parameters)
            if member.lower().replace("_", "") in KEY_MEMBERS and text
        ),
        None,
    )
    if key is None or asker.operation.name.lower().startswith(READING):
        return
    actions: dict[str, None] = {}
    for asks in asker.operation.asks:
        facts = catalog.find_action(asks.action)
        for action in (facts.dependent_actions if facts is not None else None) or ():
            if action.startswith("kms:"):
                actions[action] = None
    if not actions and not any(
        requested.action.startswith("kms:") for requested in asker.reading.asked
    ):
        asker.note(
            f"the call names a key of KMS (`{key}`); which permissions for it the caller needs"
            " is not listed"
        )
    resource, context = key_resource(asker, key)
    for action in actions:
        asker.ask(
            action,
            resource,
            context=context,
            needed=DEPENDS,
            via=f"{asker.service.endpoint}.amazonaws.com",
            because="the service uses the key in the caller's name",
            keys=False,
        )
