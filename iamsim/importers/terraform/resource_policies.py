"""What plans and states say about resources: policies, tags, grants, public access blocks.

Each function reads resource types of
https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote
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
from iamsim.importers.resource_kinds import BY_TERRAFORM_TYPE, arn_of
from iamsim.importers.unknown import Unknown, find_unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamsim.importers.draft import Record
    from iamsim.importers.terraform.reading import Reading

__all__ = ["LATE_READERS", "READERS", "read_tagged"]


class _PolicyResource(NamedTuple):
    """A resource type that gives another resource its policy: `target` names that one."""

    target: str
    type: str
    policy: str = "policy"


# Each on its page under https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
_POLICY_RESOURCES = {
    "aws_backup_vault_policy": _PolicyResource("backup_vault_name", "aws_backup_vault"),
    "aws_dynamodb_resource_policy": _PolicyResource("resource_arn", "aws_dynamodb_table"),
    "aws_ecr_repository_policy": _PolicyResource("repository", "aws_ecr_repository"),
    "aws_efs_file_system_policy": _PolicyResource("file_system_id", "aws_efs_file_system"),
    "aws_kinesis_resource_policy": _PolicyResource("resource_arn", "aws_kinesis_stream"),
    "aws_kms_key_policy": _PolicyResource("key_id", "aws_kms_key"),
    "aws_opensearch_domain_policy": _PolicyResource(
        "domain_name", "aws_opensearch_domain", "access_policies"
    ),
    "aws_s3_bucket_policy": _PolicyResource("bucket", "aws_s3_bucket"),
    "aws_s3control_access_point_policy": _PolicyResource("access_point_arn", "aws_s3_access_point"),
    "aws_secretsmanager_secret_policy": _PolicyResource("secret_arn", "aws_secretsmanager_secret"),
    "aws_sns_topic_policy": _PolicyResource("arn", "aws_sns_topic"),
    "aws_sqs_queue_policy": _PolicyResource("queue_url", "aws_sqs_queue"),
}
PERMISSION = (
    "action",
    "event_source_token",
    "function_name",
    "function_url_auth_type",
    "principal",
    "principal_org_id",
    "qualifier",
    "source_account",
    "source_arn",
)
# Their attribute `policy` is what AWS has, when a resource of its own does not say it.
_WITH_POLICY = (
    "aws_s3_bucket",
    "aws_secretsmanager_secret",
    "aws_sns_topic",
    "aws_sqs_queue",
    "aws_s3_access_point",
)


def _arn(reading: Reading, kind: str, name: str) -> str | None:
    """Give the ARN of a resource that is referred to by its name, id, URL or ARN."""
    if name.startswith("https://sqs."):
        return queue_arn(name, reading.scope.partition)
    arn = name if name.startswith("arn:") else arn_of(BY_TERRAFORM_TYPE[kind], reading.scope, name)
    return arn if find_arn(arn) is not None else None


def _record(reading: Reading, arn: str) -> Record:
    return reading.draft.resource(arn, reading.account)


def _policy_resource(kind: _PolicyResource) -> Callable[[Reading], None]:
    """Make the reader of a policy resource."""

    def read(reading: Reading) -> None:
        target = reading.plan.attribute(reading.instance, kind.target)
        if not isinstance(target, str):
            target = reading.text(kind.target)
        document = reading.policy(kind.policy)
        if target is None or document is None:
            return
        arn = _arn(reading, kind.type, target)
        if arn is None:
            reading.remark("not-an-arn", f"{quote(target)} names no resource", "skipped")
        else:
            _record(reading, arn).set("policy", document, reading.place)

    return read


def read_tagged(reading: Reading) -> None:
    """Read a resource of which only the tags matter."""
    reading.tags(_record(reading, reading.arn))


def _bucket(reading: Reading) -> None:
    reading.tags(_record(reading, reading.arn))


def _public_access_block(reading: Reading) -> None:
    bucket = reading.text("bucket")
    arn = None if bucket is None else _arn(reading, "aws_s3_bucket", bucket)
    if arn is not None:
        block = public_access_block(reading.instance.values)
        _record(reading, arn).set("public_access_block", block, reading.place)


def _account_public_access_block(reading: Reading) -> None:
    account = reading.text("account_id")
    account = account if account is not None and is_account_id(account) else reading.account
    block = public_access_block(reading.instance.values)
    reading.draft.account(account).set("public_access_block", block, reading.place)


def _access_point(reading: Reading) -> None:
    record = _record(reading, reading.arn)
    bucket = reading.text("bucket")
    if bucket is not None:
        record.set("bucket", _arn(reading, "aws_s3_bucket", bucket), reading.place)
    network = "VPC" if reading.blocks("vpc_configuration") else "Internet"
    record.set("network_origin", network, reading.place)
    for block in reading.blocks("public_access_block_configuration"):
        record.set("public_access_block", public_access_block(block), reading.place)


def _own_policy(reading: Reading) -> None:
    """Read the policy that a resource itself has, unless another resource said it or removes it."""
    record = _record(reading, reading.arn)
    taken = reading.plan.removed_targets
    names = {reading.arn, reading.name, str(reading.instance.values.get("id"))}
    if "policy" not in record.data and not names & taken:
        document = reading.policy()
        if document is not None:
            record.set("policy", document, reading.place)


def _key(reading: Reading) -> None:
    """Read the policy of a key; without one it has the policy that AWS gives every key."""
    _own_policy(reading)
    record = _record(reading, reading.arn)
    reading.tags(record)
    configured = reading.plan.configuration.expression(reading.instance.address, "policy")
    if configured is None and reading.value("policy") in (None, ""):
        record.data.setdefault("policy", default_key_policy(reading.scope))


def _grant(reading: Reading) -> None:
    key, grantee = reading.text("key_id"), reading.text("grantee_principal")
    arn = None if key is None else _arn(reading, "aws_kms_key", key)
    if arn is None or grantee is None:
        return
    grant: dict[str, object] = {
        "grantee": grantee,
        "operations": sorted(reading.texts("operations")),
    }
    name = reading.instance.values.get("name")
    if isinstance(name, str):
        grant["name"] = name
    constraints: dict[str, object] = {}
    for block in reading.blocks("constraints"):
        for ours, theirs in (
            ("EncryptionContextEquals", "encryption_context_equals"),
            ("EncryptionContextSubset", "encryption_context_subset"),
        ):
            if isinstance(block.get(theirs), dict) and find_unknown(block[theirs]) is None:
                constraints[ours] = block[theirs]
    if constraints:
        grant["constraints"] = constraints
    _record(reading, arn).extend("grants", [grant])


def _permission(reading: Reading) -> None:
    """Read a permission of a function; one that is not known in full is left out."""
    for name in PERMISSION:
        value = reading.value(name)
        if isinstance(value, Unknown):
            reading.remark(
                "unknown-value", f"the permission is left out: {quote(name)} depends on {value.why}"
            )
            return
    texts = {name: reading.text(name) for name in PERMISSION}
    function, principal = texts["function_name"], texts["principal"]
    arn = None if function is None else _arn(reading, "aws_lambda_function", function)
    if arn is None or principal is None:
        return
    if texts["qualifier"] is not None and not arn.endswith(f":{texts['qualifier']}"):
        arn = f"{arn}:{texts['qualifier']}"
    sid = reading.instance.values.get("statement_id")
    via_url = reading.flag("invoked_via_function_url")
    permission = Permission(
        sid if isinstance(sid, str) else reading.instance.address.name,
        texts["action"] or "lambda:InvokeFunction",
        principal,
        texts["source_arn"],
        texts["source_account"],
        texts["principal_org_id"],
        texts["function_url_auth_type"],
        texts["event_source_token"],
        via_url,
    )
    statement = permission_statement(permission, arn, reading.scope.partition)
    add_statement(_record(reading, arn), statement)


def _function_url(reading: Reading) -> None:
    """Read a function URL: for one that anyone may call, Terraform adds a permission."""
    function, qualifier = reading.text("function_name"), reading.text("qualifier")
    arn = None if function is None else _arn(reading, "aws_lambda_function", function)
    if arn is None or reading.text("authorization_type") != "NONE":
        return
    arn = arn if qualifier is None else f"{arn}:{qualifier}"
    permission = Permission(
        "FunctionURLAllowPublicAccess", "lambda:InvokeFunctionUrl", "*", url_auth_type="NONE"
    )
    statement = permission_statement(permission, arn, reading.scope.partition)
    add_statement(_record(reading, arn), statement)


def _bus_policy(reading: Reading) -> None:
    arn = _arn(reading, "aws_cloudwatch_event_bus", reading.text("event_bus_name") or "default")
    document = reading.policy()
    statements = None if document is None else document.get("Statement")
    if arn is not None and isinstance(statements, list):
        for statement in statements:
            add_statement(_record(reading, arn), statement)


def _bus_permission(reading: Reading) -> None:
    """Read the older way to let another account or an organization put events on a bus."""
    arn = _arn(reading, "aws_cloudwatch_event_bus", reading.text("event_bus_name") or "default")
    principal = reading.text("principal")
    if arn is None or principal is None:
        return
    who: object = principal
    if is_account_id(principal):
        who = {"AWS": f"arn:{reading.scope.partition}:iam::{principal}:root"}
    statement: dict[str, object] = {
        "Sid": reading.text("statement_id") or reading.instance.address.name,
        "Effect": "Allow",
        "Principal": who,
        "Action": reading.text("action") or "events:PutEvents",
        "Resource": arn,
    }
    for block in reading.blocks("condition"):
        statement["Condition"] = {
            str(block.get("type")): {str(block.get("key")): block.get("value")}
        }
    if find_unknown(statement) is None:
        add_statement(_record(reading, arn), statement)


def _endpoint(reading: Reading) -> None:
    record = reading.draft.vpc_endpoint(reading.account, reading.name)
    service = reading.text("service_name")
    if service is not None:
        record.set("service", endpoint_service(service), reading.place)
    vpc = reading.instance.values.get("vpc_id")
    if isinstance(vpc, str):
        record.set("vpc", vpc, reading.place)
    kind = reading.text("vpc_endpoint_type") or "Gateway"
    if kind in ("Gateway", "Interface"):
        record.set("type", kind, reading.place)


def _endpoint_document(reading: Reading) -> dict[str, object] | None:
    """Give the policy of an endpoint; for one that is not known, one that lets nothing pass."""
    document = reading.policy()
    if document is None and reading.value("policy") not in (None, ""):
        reading.remark("unknown-value", "a policy that lets nothing pass stands in its place")
        return LETS_NOTHING_PASS
    return document


def _endpoint_own_policy(reading: Reading) -> None:
    record = reading.draft.vpc_endpoint(reading.account, reading.name)
    if "policy" not in record.data and reading.name not in reading.plan.removed_targets:
        record.set("policy", _endpoint_document(reading), reading.place)


def _endpoint_policy(reading: Reading) -> None:
    endpoint = reading.text("vpc_endpoint_id")
    if endpoint is not None:
        record = reading.draft.vpc_endpoint(reading.account, endpoint)
        record.set("policy", _endpoint_document(reading), reading.place)


READERS: dict[str, Callable[[Reading], None]] = {
    **{kind: _policy_resource(row) for kind, row in _POLICY_RESOURCES.items()},
    "aws_cloudwatch_event_bus_policy": _bus_policy,
    "aws_cloudwatch_event_permission": _bus_permission,
    "aws_kms_grant": _grant,
    "aws_lambda_function_url": _function_url,
    "aws_lambda_permission": _permission,
    "aws_s3_access_point": _access_point,
    "aws_s3_account_public_access_block": _account_public_access_block,
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_public_access_block": _public_access_block,
    "aws_vpc_endpoint": _endpoint,
    "aws_vpc_endpoint_policy": _endpoint_policy,
}
LATE_READERS: dict[str, Callable[[Reading], None]] = {
    **dict.fromkeys(_WITH_POLICY, _own_policy),
    "aws_kms_key": _key,
    "aws_kms_replica_key": _key,
    "aws_vpc_endpoint": _endpoint_own_policy,
}
