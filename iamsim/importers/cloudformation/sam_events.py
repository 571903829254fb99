"""What the events of SAM's functions and state machines need: permissions, roles, policies.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Json = dict[str, object]

# Sources that Lambda polls: the role of the function may read them.
POLLED = {
    "DynamoDB": "service-role/AWSLambdaDynamoDBExecutionRole",
    "Kinesis": "service-role/AWSLambdaKinesisExecutionRole",
    "MSK": "service-role/AWSLambdaMSKExecutionRole",
    "SQS": "service-role/AWSLambdaSQSQueueExecutionRole",
}
RULES = ("CloudWatchEvent", "EventBridgeRule", "Schedule")
APIS = {"Api": "ServerlessRestApi", "HttpApi": "ServerlessHttpApi"}
API_TYPES = {"Api": "AWS::ApiGateway::RestApi", "HttpApi": "AWS::ApiGatewayV2::Api"}
POLICY_NAMES = {
    "lambda:InvokeFunction": "LambdaPolicy",
    "states:StartExecution": "RoleStartExecutionPolicy",
}
HERE = "${AWS::Region}:${AWS::AccountId}"


def event_managed_policies(events: Mapping[str, Json]) -> list[str]:
    """Give the managed policies (path and name) that polled event sources ask for."""
    kinds = {str(event.get("Type")) for event in events.values()}
    return [policy for kind, policy in POLLED.items() if kind in kinds]


def function_url_permissions(logical_id: str, target: object, config: object) -> Json:
    """Make the permissions of a function URL that anyone may call."""
    if not isinstance(config, dict) or config.get("AuthType") != "NONE":
        return {}
    url: Json = {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}
    call: Json = {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}
    common: Json = {"FunctionName": target, "Principal": "*"}
    return {
        f"{logical_id}UrlPublicPermissions": of_type("AWS::Lambda::Permission", url | common),
        f"{logical_id}URLInvokeAllowPublicAccess": of_type(
            "AWS::Lambda::Permission", call | common
        ),
    }


def read_event(event_id: str, name: str, event: Json, target: object) -> Json | None:
    """Make what an event needs; `None` for a type that is not modelled."""
    kind = str(event.get("Type"))
    properties = event.get("Properties")
    properties = properties if isinstance(properties, dict) else {}
    if kind == "ScheduleV2" or (name == "StateMachine" and kind in RULES):
        if "RoleArn" in properties:
            return {}
        service = "scheduler" if kind == "ScheduleV2" else "events"
        action = "lambda:InvokeFunction" if name == "Function" else "states:StartExecution"
        return _caller_role(event_id, f"{service}.amazonaws.com", action, target)
    if name == "StateMachine":
        return None
    if kind in POLLED:
        return {}
    if kind in RULES:
        rule = of_type("AWS::Events::Rule", {})
        source: object = {"Fn::GetAtt": [event_id, "Arn"]}
        return {event_id: rule} | _permission(event_id, target, "events", SourceArn=source)
    if kind == "S3":
        return _permission(event_id, target, "s3", SourceAccount={"Ref": "AWS::AccountId"})
    if kind == "SNS":
        return _permission(event_id, target, "sns", SourceArn=properties.get("Topic"))
    if kind == "CloudWatchLogs":
        group = properties.get("LogGroupName")
        text = f"arn:${{AWS::Partition}}:logs:{HERE}:log-group:${{Group}}:*"
        return _permission(
            event_id, target, "logs", SourceArn={"Fn::Sub": [text, {"Group": group}]}
        )
    if kind == "IoTRule":
        text = f"arn:${{AWS::Partition}}:iot:{HERE}:rule/${{{event_id}}}"
        rule = of_type("AWS::IoT::TopicRule", {})
        return {event_id: rule} | _permission(
            event_id,
            target,
            "iot",
            SourceArn={"Fn::Sub": text},
            SourceAccount={"Ref": "AWS::AccountId"},
        )
    return _api(event_id, kind, properties, target) if kind in APIS else None


def _api(event_id: str, kind: str, properties: Json, target: object) -> Json:
    """Make the permission for a route of an API, and the API where SAM makes it."""
    api = properties.get("RestApiId" if kind == "Api" else "ApiId")
    made: Json = {}
    if api is None:
        made[APIS[kind]] = of_type(API_TYPES[kind], {})
        api = {"Ref": APIS[kind]}
    method = str(properties.get("Method", "*")).upper()
    path = str(properties.get("Path", "/*"))
    route = (
        f"{'*' if method in ('ANY', 'X-AMAZON-APIGATEWAY-ANY-METHOD') else method}{_route(path)}"
    )
    text = f"arn:${{AWS::Partition}}:execute-api:{HERE}:${{Api}}/*/{route}"
    source: object = {"Fn::Sub": [text, {"Api": api}]}
    return made | _permission(event_id, target, "apigateway", SourceArn=source)


def _route(path: str) -> str:
    """Give the path of a route as ARNs have it: parameters are wildcards."""
    parts = ("*" if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)


def _permission(event_id: str, target: object, service: str, **source: object) -> Json:
    properties: Json = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": target,
        "Principal": f"{service}.amazonaws.com",
        **source,
    }
    return {f"{event_id}Permission": of_type("AWS::Lambda::Permission", properties)}


def _caller_role(event_id: str, service: str, action: str, target: object) -> Json:
    """Make the role with which a service starts the target."""
    if action == "lambda:InvokeFunction":
        arn = f"arn:${{AWS::Partition}}:lambda:{HERE}:function:${{Name}}"
        target = {"Fn::Sub": [arn, {"Name": target}]}
    trust = {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [service]}}
    allow = {"Action": action, "Effect": "Allow", "Resource": target}
    role: Json = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [
            {
                "PolicyName": f"{event_id}{POLICY_NAMES[action]}",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]},
            }
        ],
    }
    return {f"{event_id}Role": of_type("AWS::IAM::Role", role)}


def of_type(kind: str, properties: Json) -> Json:
    """A resource as templates have it."""
    return {"Type": kind, "Properties": properties}
