"""ECS, Step Functions, CloudFormation.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_id-based-policy-examples.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.calls.arns import Resource
from iamsim.calls.model import DEPENDS, ContextValue

if TYPE_CHECKING:
    from iamsim.calls.asker import Asker


def _task_definition(asker: Asker, name: object) -> Resource:
    """`family`, `family:revision` or an ARN; without a revision the newest is meant."""
    text = str(name or "*")
    if text.startswith("arn:"):
        return Resource(text, type_name="task-definition")
    more = ":*" if ":" not in text else ""
    return Resource(asker.arn("ecs", f"task-definition/{text}{more}"), not more, "task-definition")


def _cluster(asker: Asker) -> str:
    text = str(asker.get("cluster") or "default")
    return text if text.startswith("arn:") else asker.arn("ecs", f"cluster/{text}")


def _run_task(asker: Asker) -> None:
    context: dict[str, ContextValue] = {"ecs:cluster": _cluster(asker)}
    if asker.get("enableExecuteCommand") is not None:
        context["ecs:enable-execute-command"] = str(asker.get("enableExecuteCommand")).lower()
    asker.ask(
        f"ecs:{asker.operation.name}",
        _task_definition(asker, asker.get("taskDefinition")),
        context=context,
    )
    asker.ask(
        "iam:PassRole",
        Resource(asker.arn("iam", "role/*", region=False), known=False),
        context={"iam:PassedToService": "ecs-tasks.amazonaws.com"},
        needed=DEPENDS,
        because="the roles of the task definition, which the call does not name",
        keys=False,
    )


def _register(asker: Asker) -> None:
    family = asker.get("family")
    asker.ask(
        "ecs:RegisterTaskDefinition",
        Resource(asker.arn("ecs", f"task-definition/{family or '*'}:*"), False, "task-definition"),
    )


def _table_with_cluster(asker: Asker) -> None:
    """Services and tasks are in the cluster `default` unless another is named."""
    asker.parameters.setdefault("cluster", "default")
    asker.ask_all()
    for requested in asker.reading.asked:
        if not requested.resource.partition("cluster/")[1]:
            requested.context.setdefault("ecs:cluster", _cluster(asker))


def _task_definition_only(asker: Asker) -> None:
    for asks in asker.operation.asks:
        asker.ask(asks.action, _task_definition(asker, asker.get("taskDefinition")))


def _prepare_states(asker: Asker) -> None:
    """A state machine's ARN may have a version or an alias behind it."""
    arn = asker.get("stateMachineArn")
    if isinstance(arn, str) and arn.startswith("arn:") and arn.count(":") > 6:  # noqa: PLR2004
        pieces = arn.split(":")
        asker.parameters["stateMachineArn"] = ":".join(pieces[:7])
        asker.parameters["stateMachineQualifier"] = ":".join(pieces[7:])
    for member in ("stateMachineAliasArn", "stateMachineVersionArn"):
        value = asker.get(member)
        if isinstance(value, str) and value.count(":") > 6:  # noqa: PLR2004
            asker.parameters["stateMachineArn"] = ":".join(value.split(":")[:7])


def _prepare_schedule(asker: Asker) -> None:
    """Schedules are in the group `default` unless another is named."""
    if asker.operation.name.endswith("Schedule"):
        asker.parameters.setdefault("GroupName", "default")


def _change_set(asker: Asker) -> None:
    """A change set's ARN does not tell its stack."""
    name = asker.get("ChangeSetName")
    if isinstance(name, str) and name.startswith("arn:") and not asker.get("StackName"):
        resource = Resource(asker.arn("cloudformation", "stack/*"), known=False)
        for asks in asker.operation.asks:
            asker.ask(asks.action, resource)
        return
    asker.ask_all()
    if name and not str(name).startswith("arn:"):
        for requested in asker.reading.asked:
            requested.context.setdefault("cloudformation:ChangeSetName", str(name))


BALANCERS = {"application": "app", "network": "net", "gateway": "gwy"}


def _balancer(asker: Asker) -> None:
    """The ARN of a load balancer tells its type, and ends with an id that AWS makes.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/load-balancer-authentication-access-control.html
    """
    kind = BALANCERS.get(str(asker.get("Type") or "application"), "*")
    name = asker.get("Name") or "*"
    arn = asker.arn("elasticloadbalancing", f"loadbalancer/{kind}/{name}/*")
    type_name = None if kind == "*" else f"loadbalancer/{kind}/"
    asker.ask(
        "elasticloadbalancing:CreateLoadBalancer", Resource(arn, False, type_name, literal=True)
    )


HANDLERS = {
    ("ecs", "RunTask"): _run_task,
    ("ecs", "StartTask"): _run_task,
    ("elbv2", "CreateLoadBalancer"): _balancer,
    ("ecs", "RegisterTaskDefinition"): _register,
    ("ecs", "DescribeTaskDefinition"): _task_definition_only,
    ("ecs", "DeregisterTaskDefinition"): _task_definition_only,
    **{
        ("ecs", name): _table_with_cluster
        for name in (
            "CreateService",
            "DeleteService",
            "DescribeServices",
            "DescribeTasks",
            "ExecuteCommand",
            "StopTask",
            "UpdateService",
            "CreateTaskSet",
            "DeleteTaskSet",
            "UpdateTaskSet",
            "ListTasks",
            "ListServices",
            "ListContainerInstances",
        )
    },
    **{
        ("cloudformation", name): _change_set
        for name in ("CreateChangeSet", "DeleteChangeSet", "DescribeChangeSet", "ExecuteChangeSet")
    },
}
PREPARE = {"scheduler": _prepare_schedule, "stepfunctions": _prepare_states}
