"""Commands of the AWS CLI that are no operation of an API: which calls they make.

https://docs.aws.amazon.com/cli/latest/reference/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from iamsim.calls.model import Call

if TYPE_CHECKING:
    from iamsim.calls.command import CommandLine

LOCAL = {
    "configure": "settings of the CLI itself",
    "history": "the CLI's own history",
    "login": "a sign-in through the browser",
    "logout": "a sign-out of the CLI",
    "help": "help of the CLI",
    "ddb": None,
}
LOCAL_COMMANDS = {
    ("sso", "login"): "a sign-in through the access portal",
    ("sso", "logout"): "a sign-out of the access portal",
    (
        "eks",
        "get-token",
    ): "a signed URL of sts:GetCallerIdentity, for which no permission is needed",
    ("ecs", "help"): "help of the CLI",
    ("cloudfront", "sign"): "signs a URL, and calls nothing",
    ("codecommit", "credential-helper"): "signs a request of Git",
}


def option(line: CommandLine, *names: str) -> str | None:
    """The value of an option among the words of a command."""
    for position, word in enumerate(line.words):
        name, equals, value = word.partition("=")
        if name in names:
            if equals:
                return value
            following = line.words[position + 1 : position + 2]
            return following[0] if following and not following[0].startswith("--") else ""
    return None


def _free(line: CommandLine) -> str | None:
    """The first word that is no option; options of these commands have values."""
    position = 0
    while position < len(line.words):
        word = line.words[position]
        if not word.startswith("--"):
            return word
        flag = word in ("--follow", "--no-execute-changeset", "--no-fail-on-empty-changeset")
        position += 1 if flag or "=" in word else 2
    return None


Made = list[tuple[str, str, dict[str, Any]]]


def _tail(line: CommandLine) -> Made:
    """See https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html."""
    return [("logs", "FilterLogEvents", {"logGroupName": _free(line) or "*"})]


def _live_tail(line: CommandLine) -> Made:
    given = option(line, "--log-group-identifiers")
    return [("logs", "StartLiveTail", {"logGroupIdentifiers": [given or "*"]})]


def _kubeconfig(line: CommandLine) -> Made:
    return [("eks", "DescribeCluster", {"name": option(line, "--name") or "*"})]


def _registry_login(_line: CommandLine) -> Made:
    return [("ecr", "GetAuthorizationToken", {})]


def _public_registry_login(_line: CommandLine) -> Made:
    return [("ecr-public", "GetAuthorizationToken", {})]


def _deploy(line: CommandLine) -> Made:
    """See https://docs.aws.amazon.com/cli/latest/reference/cloudformation/deploy/."""
    stack = option(line, "--stack-name") or "*"
    given: dict[str, Any] = {"StackName": stack}
    role = option(line, "--role-arn")
    creating = {**given, **({"RoleARN": role} if role else {})}
    found: Made = [
        ("cloudformation", "DescribeStacks", given),
        ("cloudformation", "CreateChangeSet", creating),
        ("cloudformation", "DescribeChangeSet", given),
    ]
    if "--no-execute-changeset" not in line.words:
        found.append(("cloudformation", "ExecuteChangeSet", given))
    bucket = option(line, "--s3-bucket")
    if bucket:
        prefix = option(line, "--s3-prefix")
        key = f"{prefix}/*" if prefix else "*"
        found += [
            ("s3", "HeadObject", {"Bucket": bucket, "Key": key}),
            ("s3", "PutObject", {"Bucket": bucket, "Key": key}),
        ]
    return found


def _package(line: CommandLine) -> Made:
    """See https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html."""
    bucket = option(line, "--s3-bucket") or "*"
    prefix = option(line, "--s3-prefix")
    key = f"{prefix}/*" if prefix else "*"
    more = {}
    if option(line, "--kms-key-id"):
        more = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": option(line, "--kms-key-id")}
    return [
        ("s3", "HeadObject", {"Bucket": bucket, "Key": key}),
        ("s3", "PutObject", {"Bucket": bucket, "Key": key, **more}),
    ]


def _push(line: CommandLine) -> Made:
    """See https://docs.aws.amazon.com/cli/latest/reference/deploy/push.html."""
    place = (option(line, "--s3-location") or "s3://*/*").removeprefix("s3://")
    bucket, _, key = place.partition("/")
    name = option(line, "--application-name") or "*"
    return [
        ("s3", "PutObject", {"Bucket": bucket, "Key": key or "*"}),
        ("codedeploy", "RegisterApplicationRevision", {"applicationName": name}),
    ]


def _ecs_deploy(line: CommandLine) -> Made:
    """See https://docs.aws.amazon.com/cli/latest/reference/ecs/deploy/."""
    service = option(line, "--service") or "*"
    cluster = option(line, "--cluster") or "default"
    application = option(line, "--codedeploy-application") or f"AppECS-{cluster}-{service}"
    group = option(line, "--codedeploy-deployment-group") or f"DgpECS-{cluster}-{service}"
    deployed = {"applicationName": application, "deploymentGroupName": group}
    return [
        ("ecs", "DescribeServices", {"cluster": cluster, "services": [service]}),
        ("ecs", "RegisterTaskDefinition", {}),
        ("codedeploy", "GetApplication", {"applicationName": application}),
        ("codedeploy", "GetDeploymentGroup", deployed),
        ("codedeploy", "CreateDeployment", deployed),
    ]


def _artifact_login(line: CommandLine) -> Made:
    """See https://docs.aws.amazon.com/cli/latest/reference/codeartifact/login.html."""
    domain = option(line, "--domain") or "*"
    repository = option(line, "--repository") or "*"
    return [
        ("codeartifact", "GetAuthorizationToken", {"domain": domain}),
        (
            "codeartifact",
            "GetRepositoryEndpoint",
            {"domain": domain, "repository": repository, "format": option(line, "--tool") or "*"},
        ),
    ]


def _emr_cluster(line: CommandLine) -> Made:
    """See https://docs.aws.amazon.com/cli/latest/reference/emr/create-cluster.html."""
    parameters: dict[str, Any] = {}
    defaults = "--use-default-roles" in line.words
    service = option(line, "--service-role") or ("EMR_DefaultRole" if defaults else None)
    instances = "EMR_EC2_DefaultRole" if defaults else None
    attributes = option(line, "--ec2-attributes") or ""
    for pair in attributes.split(","):
        name, _, value = pair.partition("=")
        if name == "InstanceProfile":
            instances = value
    if service:
        parameters["ServiceRole"] = service
    if instances:
        parameters["JobFlowRole"] = instances
    if option(line, "--auto-scaling-role"):
        parameters["AutoScalingRole"] = option(line, "--auto-scaling-role")
    return [("emr", "RunJobFlow", parameters)]


def _emr_terminate(line: CommandLine) -> Made:
    """See https://docs.aws.amazon.com/cli/latest/reference/emr/terminate-clusters.html."""
    ids = [word for word in line.words if word.startswith("j-")]
    return [("emr", "TerminateJobFlows", {"JobFlowIds": ids})]


def _emr_steps(line: CommandLine) -> Made:
    """See https://docs.aws.amazon.com/cli/latest/reference/emr/add-steps.html."""
    return [("emr", "AddJobFlowSteps", {"JobFlowId": option(line, "--cluster-id") or "*"})]


CUSTOM: dict[tuple[str, str], Callable[[CommandLine], Made]] = {
    ("logs", "tail"): _tail,
    ("logs", "start-live-tail"): _live_tail,
    ("eks", "update-kubeconfig"): _kubeconfig,
    ("ecr", "get-login"): _registry_login,
    ("ecr", "get-login-password"): _registry_login,
    ("ecr-public", "get-login-password"): _public_registry_login,
    ("cloudformation", "deploy"): _deploy,
    ("cloudformation", "package"): _package,
    ("codeartifact", "login"): _artifact_login,
    ("deploy", "push"): _push,
    ("ecs", "deploy"): _ecs_deploy,
    ("emr", "add-steps"): _emr_steps,
    ("emr", "create-cluster"): _emr_cluster,
    ("emr", "terminate-clusters"): _emr_terminate,
}


def custom_calls(line: CommandLine) -> tuple[list[Call], str | None] | None:
    """Say which calls such a command makes, or why it makes none; None for an operation."""
    reason = LOCAL.get(line.service) or LOCAL_COMMANDS.get((line.service, line.operation))
    if reason:
        name = f"aws {line.service} {line.operation}".rstrip()
        return [], f"`{name}` is {reason}: it asks nothing of IAM"
    if (line.service, line.operation) == ("rds", "generate-db-auth-token"):
        return [_database_token(line)], None
    make = CUSTOM.get((line.service, line.operation))
    if make is None:
        return None
    return [
        Call(service, operation, parameters, line.region, line.account, line.notes)
        for service, operation, parameters in make(line)
    ], None


def _database_token(line: CommandLine) -> Call:
    """A token of RDS, made without a call.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
    """
    line.notes.append(
        "the command calls nothing: whoever connects with the token asks rds-db:connect"
    )
    parameters = {"DbUserName": option(line, "--username") or "*"}
    return Call("rds-db", "connect", parameters, line.region, line.account, line.notes)
