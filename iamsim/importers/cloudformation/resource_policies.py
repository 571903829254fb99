"""What templates say about resources: their policies, tags, public access blocks and endpoints.

Each function reads one resource type of
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/introduction.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.importers.cloudformation.encryption import replicas_here
from iamsim.importers.cloudformation.functions import as_text
from iamsim.importers.facts import (
    LETS_NOTHING_PASS,
    Permission,
    add_statement,
    default_key_policy,
    endpoint_service,
    permission_statement,
    public_access_block,
    queue_arn,
)
from iamsim.importers.resource_kinds import BY_CLOUDFORMATION_TYPE, arn_of
from iamsim.importers.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamsim.importers.cloudformation.reading import Reading
    from iamsim.importers.draft import Record

__all__ = ["READERS", "read_tagged"]


def _own(reading: Reading, arn: str | None = None) -> Record:
    """Give the record of a resource of the stack's account."""
    return reading.draft.resource(arn or reading.identity.arn, reading.account)


def _arn(reading: Reading, kind: str, name: str) -> str | None:
    """Give the ARN of a resource that is referred to by its name or its ARN."""
    arn = name
    if not name.startswith("arn:"):
        arn = arn_of(BY_CLOUDFORMATION_TYPE[kind], reading.scope, name)
    if find_arn(arn) is None:
        reading.remark("not-an-arn", f"{quote(name)} names no resource", "skipped")
        return None
    return arn


def _set_policy(reading: Reading, record: Record, value: object) -> None:
    """Give a resource its policy."""
    document = reading.document(value, "the policy")
    if document is not None:
        record.set("policy", document, reading.place)


def read_tagged(reading: Reading) -> None:
    """Read a resource of which only the tags matter."""
    if reading.properties.get("Tags"):
        reading.tags(_own(reading))


def _bucket(reading: Reading) -> None:
    record = _own(reading)
    reading.tags(record)
    block = reading.properties.get("PublicAccessBlockConfiguration")
    if isinstance(block, dict):
        record.set("public_access_block", public_access_block(block), reading.place)


def _policy_for(kind: str, name: str) -> Callable[[Reading], None]:
    """Make the reader of a policy resource whose property `name` says whose policy it is."""

    def read(reading: Reading) -> None:
        target = reading.text(name)
        arn = None if target is None else _arn(reading, kind, target)
        if arn is not None:
            values = reading.properties
            document = values.get("PolicyDocument", values.get("ResourcePolicy"))
            _set_policy(reading, _own(reading, arn), document)

    return read


def _access_point(reading: Reading) -> None:
    record = _own(reading)
    bucket = reading.text("Bucket")
    if bucket is not None:
        kind = BY_CLOUDFORMATION_TYPE["AWS::S3::Bucket"]
        record.set("bucket", arn_of(kind, reading.scope, bucket), reading.place)
    network = "VPC" if reading.properties.get("VpcConfiguration") else "Internet"
    record.set("network_origin", network, reading.place)
    block = reading.properties.get("PublicAccessBlockConfiguration")
    if isinstance(block, dict):
        record.set("public_access_block", public_access_block(block), reading.place)
    _set_policy(reading, record, reading.properties.get("Policy"))


def _queue_policy(reading: Reading) -> None:
    for url in [*reading.texts("Queues"), *reading.texts("Queue")]:
        arn = queue_arn(url, reading.scope.partition)
        if arn is None:
            reading.remark("not-an-arn", f"{quote(url)} is no URL of a queue", "skipped")
        else:
            _set_policy(reading, _own(reading, arn), reading.properties.get("PolicyDocument"))


def _topic_policy(reading: Reading) -> None:
    for topic in [*reading.texts("Topics"), *reading.texts("TopicArn")]:
        arn = _arn(reading, "AWS::SNS::Topic", topic)
        if arn is not None:
            _set_policy(reading, _own(reading, arn), reading.properties.get("PolicyDocument"))


def _key(reading: Reading) -> None:
    record = _own(reading)
    reading.tags(record)
    value = reading.properties.get("KeyPolicy")
    if value in (None, ""):
        record.set("policy", default_key_policy(reading.scope), reading.place)
    else:
        _set_policy(reading, record, value)


def _permission(reading: Reading) -> None:
    """Read a permission of a function; one that is not known in full is left out."""
    known: dict[str, str | None] = {}
    for name, value in reading.properties.items():
        known[name] = as_text(value)
        if isinstance(value, Unknown):
            reading.remark(
                "unknown-value", f"the permission is left out: {quote(name)} depends on {value.why}"
            )
            return
    function, principal = known.get("FunctionName"), known.get("Principal")
    if function is None or principal is None:
        reading.remark("incomplete", "a permission needs `FunctionName` and `Principal`", "skipped")
        return
    via_url = known.get("InvokedViaFunctionUrl")
    permission = Permission(
        reading.logical_id,
        known.get("Action") or "lambda:InvokeFunction",
        principal,
        known.get("SourceArn"),
        known.get("SourceAccount"),
        known.get("PrincipalOrgID"),
        known.get("FunctionUrlAuthType"),
        known.get("EventSourceToken"),
        None if via_url is None else via_url == "true",
    )
    arn = _arn(reading, "AWS::Lambda::Function", function)
    if arn is not None:
        statement = permission_statement(permission, arn, reading.scope.partition)
        add_statement(_own(reading, arn), statement)


def _repository(reading: Reading) -> None:
    record = _own(reading)
    reading.tags(record)
    _set_policy(reading, record, reading.properties.get("RepositoryPolicyText"))


def _table(reading: Reading) -> None:
    """Read a table; of a global one the replica in the stack's region counts."""
    for holder in (reading.properties, *replicas_here(reading)):
        policy = holder.get("ResourcePolicy")
        if isinstance(policy, dict):
            _set_policy(reading, _own(reading), policy.get("PolicyDocument"))
    read_tagged(reading)


def _event_bus(reading: Reading) -> None:
    _set_statements(reading, _own(reading), reading.properties.get("Policy"))
    read_tagged(reading)


def _event_bus_policy(reading: Reading) -> None:
    arn = _arn(reading, "AWS::Events::EventBus", reading.text("EventBusName") or "default")
    if arn is None:
        return
    statement = reading.properties.get("Statement")
    if statement is None:
        statement = _old_event_statement(reading, arn)
    sid = reading.text("StatementId")
    if isinstance(statement, dict):
        statement = ({} if sid is None else {"Sid": sid}) | statement
    _set_statements(reading, _own(reading, arn), {"Statement": [statement]})


def _old_event_statement(reading: Reading, arn: str) -> dict[str, object]:
    """Write the statement that the older form of an event bus policy amounts to.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html.
    """
    principal = reading.properties.get("Principal")
    if isinstance(principal, str) and principal != "*":
        principal = {"AWS": f"arn:{reading.scope.partition}:iam::{principal}:root"}
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": reading.properties.get("Action"),
        "Resource": arn,
    }
    condition = reading.properties.get("Condition")
    if isinstance(condition, dict):
        operator, key = condition.get("Type"), condition.get("Key")
        if isinstance(operator, str) and isinstance(key, str):
            statement["Condition"] = {operator: {key: condition.get("Value")}}
    return statement


def _set_statements(reading: Reading, record: Record, value: object) -> None:
    """Add the statements of a document to a policy that several resources may write."""
    document = reading.document(value, "the policy")
    statements = [] if document is None else document.get("Statement")
    for statement in statements if isinstance(statements, list) else ():
        if isinstance(statement, dict):
            add_statement(record, statement)


def _endpoint(reading: Reading) -> None:
    record = reading.draft.vpc_endpoint(reading.account, reading.identity.name)
    service = reading.text("ServiceName")
    if service is not None:
        record.set("service", endpoint_service(service), reading.place)
    record.set("vpc", reading.text("VpcId"), reading.place)
    kind = reading.text("VpcEndpointType") or "Gateway"
    if kind in ("Gateway", "Interface"):
        record.set("type", kind, reading.place)
    value = reading.properties.get("PolicyDocument")
    document = reading.document(value, "the policy")
    if value is not None and document is None:
        reading.remark("unknown-value", "a policy that lets nothing pass stands in its place")
        document = LETS_NOTHING_PASS
    record.set("policy", document, reading.place)


READERS: dict[str, Callable[[Reading], None]] = {
    "AWS::DynamoDB::GlobalTable": _table,
    "AWS::DynamoDB::Table": _table,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ECR::Repository": _repository,
    "AWS::Events::EventBus": _event_bus,
    "AWS::Events::EventBusPolicy": _event_bus_policy,
    "AWS::KMS::Key": _key,
    "AWS::KMS::ReplicaKey": _key,
    "AWS::Kinesis::ResourcePolicy": _policy_for("AWS::Kinesis::Stream", "ResourceArn"),
    "AWS::Lambda::Permission": _permission,
    "AWS::S3::AccessPoint": _access_point,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _policy_for("AWS::S3::Bucket", "Bucket"),
    "AWS::SNS::TopicInlinePolicy": _topic_policy,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::QueueInlinePolicy": _queue_policy,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SecretsManager::ResourcePolicy": _policy_for("AWS::SecretsManager::Secret", "SecretId"),
}
