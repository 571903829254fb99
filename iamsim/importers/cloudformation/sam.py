"""SAM: the resources that its transform makes, as far as they bear on access.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html.
A function or state machine without a role gets one, from its policies and policy templates; events
give permissions. Compared with the output of `aws-sam-translator`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.importers.cloudformation.sam_events import (
    event_managed_policies,
    function_url_permissions,
    of_type,
    read_event,
)
from iamsim.importers.cloudformation.sam_policies import expand_policies

if TYPE_CHECKING:
    Json = dict[str, object]
    Remark = Callable[[str, str, str], None]

TRANSFORM = "AWS::Serverless-2016-10-31"
PREFIX = "AWS::Serverless::"
GLOBALS = (
    "DeadLetterQueue",
    "EventInvokeConfig",
    "KmsKeyArn",
    "PermissionsBoundary",
    "RolePath",
    "SSESpecification",
    "Tags",
    "Tracing",
    "VpcConfig",
)
# What SAM makes of its other types, with the properties that keep their names.
RENAMED = {
    "Api": "AWS::ApiGateway::RestApi",
    "HttpApi": "AWS::ApiGatewayV2::Api",
    "SimpleTable": "AWS::DynamoDB::Table",
}
XRAY = "AWSXrayWriteOnlyAccess"
BASIC = "service-role/AWSLambdaBasicExecutionRole"
VPC = "service-role/AWSLambdaVPCAccessExecutionRole"
SERVICES = {"Function": "lambda.amazonaws.com", "StateMachine": "states.amazonaws.com"}
TYPES = {"Function": "AWS::Lambda::Function", "StateMachine": "AWS::StepFunctions::StateMachine"}
CREATED_BY = {"Function": "lambda:createdBy", "StateMachine": "stateMachine:createdBy"}
ROLE_OF = {"Function": "Role", "StateMachine": "RoleArn"}
OF_ROLE = ("AssumeRolePolicyDocument", "Policies")  # what its role has, and not the resource
DEAD_LETTERS = {"SQS": "sqs:SendMessage", "SNS": "sns:Publish"}


def is_sam(template: Mapping[str, object]) -> bool:
    """Say whether a template asks for SAM's transform."""
    transform = template.get("Transform")
    return transform == TRANSFORM or (isinstance(transform, list) and TRANSFORM in transform)


def expand_sam(template: Mapping[str, object], remark: Remark) -> Json:
    """Replace SAM's resources by what its transform makes of them.

    `remark` takes a logical id, a code and a message for what is left out.
    """
    resources = template.get("Resources")
    shared = template.get("Globals")
    made: Json = {}
    for logical_id, resource in resources.items() if isinstance(resources, dict) else ():
        kind = resource.get("Type") if isinstance(resource, dict) else None
        if not isinstance(kind, str) or not kind.startswith(PREFIX):
            made[logical_id] = resource
            continue
        name = kind.removeprefix(PREFIX)
        properties = resource.get("Properties")
        properties = dict(properties) if isinstance(properties, dict) else {}
        if "Connectors" in resource:
            remark(logical_id, "not-expanded", "`Connectors` are not expanded")
        common = shared.get(name) if isinstance(shared, dict) else None
        if name in TYPES:
            expanded = _expand(logical_id, name, _with_globals(properties, common), remark)
        elif name in RENAMED:
            properties = _with_globals(properties, common)
            auth = properties.get("Auth")
            if isinstance(auth, dict) and "ResourcePolicy" in auth:
                remark(logical_id, "not-expanded", "`Auth.ResourcePolicy` is not expanded")
            if "DefinitionBody" in properties:
                properties["Body"] = properties["DefinitionBody"]
            expanded = {logical_id: of_type(RENAMED[name], properties | _tags(properties))}
        else:
            remark(logical_id, "not-expanded", f"{quote(kind)} is not expanded")
            continue
        for new_id, new in expanded.items():
            if "Condition" in resource and isinstance(new, dict):
                new["Condition"] = resource["Condition"]
            made.setdefault(new_id, new)
    return {**template, "Resources": made}


def _with_globals(properties: Json, common: object) -> Json:
    """Give the properties with the section `Globals` behind them; tags are joined."""
    if not isinstance(common, dict):
        return properties
    merged = {name: common[name] for name in GLOBALS if name in common} | properties
    theirs, own = common.get("Tags"), properties.get("Tags")
    if isinstance(theirs, dict) and isinstance(own, dict):
        merged["Tags"] = theirs | own
    return merged


def _tags(properties: Json, creator: str | None = None) -> Json:
    """Write tags as CloudFormation does: SAM has a map, and adds one of its own."""
    tags = properties.get("Tags")
    pairs: Json = {} if creator is None else {CREATED_BY[creator]: "SAM"}
    pairs |= tags if isinstance(tags, dict) else {}
    return {"Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}


def _expand(logical_id: str, name: str, properties: Json, remark: Remark) -> Json:
    """Make the function or state machine with its role and what its events need."""
    own = {key: value for key, value in properties.items() if key not in OF_ROLE}
    role = own.pop("Role", {"Fn::GetAtt": [f"{logical_id}Role", "Arn"]})
    own[ROLE_OF[name]] = role
    made: Json = {logical_id: of_type(TYPES[name], own | _tags(properties, name))}
    events = properties.get("Events")
    events = {
        key: event
        for key, event in (events.items() if isinstance(events, dict) else ())
        if isinstance(event, dict)
    }
    if "Role" not in properties:
        made[f"{logical_id}Role"] = _role(logical_id, name, properties, events, remark)
    alias = properties.get("AutoPublishAlias")
    target: object = {"Ref": logical_id}
    if alias is not None:
        target = {"Fn::Join": [":", [target, alias]]}
    if name == "Function":
        made |= function_url_permissions(logical_id, target, properties.get("FunctionUrlConfig"))
    for event_id, event in events.items():
        found = read_event(f"{logical_id}{event_id}", name, event, target)
        if found is None:
            shown = quote(str(event.get("Type")))
            remark(
                logical_id,
                "not-expanded",
                f"the event {quote(event_id)} of type {shown} is not expanded",
            )
        made |= found or {}
    return made


def _role(
    logical_id: str, name: str, properties: Json, events: Mapping[str, Json], remark: Remark
) -> Json:
    """Make the role of a function or a state machine."""
    trust = properties.get("AssumeRolePolicyDocument") or {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Action": ["sts:AssumeRole"],
                "Effect": "Allow",
                "Principal": {"Service": [SERVICES[name]]},
            }
        ],
    }
    managed: list[str] = []
    inline: list[object] = []
    if name == "Function":
        managed.append(BASIC)
        managed += [XRAY] if _traces(properties) else []
        managed += [VPC] if properties.get("VpcConfig") else []
        managed += event_managed_policies(events)
        inline += _dead_letters(properties.get("DeadLetterQueue"))
    arns: list[object] = [
        {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{policy}"} for policy in managed
    ]
    policies = expand_policies(
        f"{logical_id}RolePolicy",
        properties.get("Policies"),
        lambda code, message: remark(logical_id, code, message),
    )
    role: Json = {
        "AssumeRolePolicyDocument": trust,
        "ManagedPolicyArns": arns + policies.managed,
        "Policies": inline + policies.inline,
        **_tags(properties, name),
    }
    for theirs, ours in (("PermissionsBoundary", "PermissionsBoundary"), ("RolePath", "Path")):
        if theirs in properties:
            role[ours] = properties[theirs]
    return of_type("AWS::IAM::Role", role)


def _traces(properties: Json) -> bool:
    return properties.get("Tracing") in ("Active", "PassThrough")


def _dead_letters(value: object) -> list[object]:
    """Write the policy for the queue or topic that takes failed events."""
    if not isinstance(value, dict) or str(value.get("Type")) not in DEAD_LETTERS:
        return []
    statement = {
        "Effect": "Allow",
        "Action": DEAD_LETTERS[str(value["Type"])],
        "Resource": value.get("TargetArn"),
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return [{"PolicyName": "DeadLetterQueuePolicy", "PolicyDocument": document}]
