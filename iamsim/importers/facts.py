"""Facts that templates and plans state alike: permissions, key policies, addresses of queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.core.unknown import find_marker
from iamsim.importers.tree import PolicyKind, is_node
from iamsim.importers.unknown import Unknown, find_unknown, mark_of, marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record
    from iamsim.importers.resource_kinds import Scope

# Of streams of tables that do not exist yet; AWS names them after the time at which it makes them.
STREAM_LABEL = "1970-01-01T00:00:00.000"
_BLOCK_FIELDS = {
    "block_public_acls": "BlockPublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "ignore_public_acls": "IgnorePublicAcls",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
FULL_ACCESS: dict[str, tuple[PolicyKind, str]] = {
    "SERVICE_CONTROL_POLICY": ("scps", "p-FullAWSAccess"),
    "RESOURCE_CONTROL_POLICY": ("rcps", "p-RCPFullAWSAccess"),
}


class Permission(NamedTuple):
    """One permission of a Lambda function, in the terms of `lambda:AddPermission`."""

    sid: str | None
    action: str
    principal: str
    source_arn: str | None = None
    source_account: str | None = None
    organization: str | None = None
    url_auth_type: str | None = None
    event_source_token: str | None = None
    via_function_url: bool | None = None


def permission_statement(
    permission: Permission, resource: str, partition: str
) -> dict[str, object]:
    """Write the statement that AWS makes of a permission.

    https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html.
    """
    principal: object = permission.principal
    if is_account_id(permission.principal):
        principal = {"AWS": f"arn:{partition}:iam::{permission.principal}:root"}
    elif permission.principal != "*":
        kind = "AWS" if permission.principal.startswith("arn:") else "Service"
        principal = {kind: permission.principal}
    statement: dict[str, object] = {} if permission.sid is None else {"Sid": permission.sid}
    statement |= {
        "Effect": "Allow",
        "Principal": principal,
        "Action": permission.action,
        "Resource": resource,
    }
    equal = {
        "aws:SourceAccount": permission.source_account,
        "aws:PrincipalOrgID": permission.organization,
        "lambda:FunctionUrlAuthType": permission.url_auth_type,
        "lambda:EventSourceToken": permission.event_source_token,
    }
    condition: dict[str, object] = {}
    texts = {key: value for key, value in equal.items() if value is not None}
    if texts:
        condition["StringEquals"] = texts
    if permission.source_arn is not None:
        condition["ArnLike"] = {"aws:SourceArn": permission.source_arn}
    if permission.via_function_url is not None:
        condition["Bool"] = {
            "lambda:InvokedViaFunctionUrl": "true" if permission.via_function_url else "false"
        }
    return statement | ({"Condition": condition} if condition else {})


def layer_statement(
    sid: str, action: str, principal: str, organization: str | None, resource: str
) -> dict[str, object]:
    """Write the statement that AWS makes of a permission of a version of a layer.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html.
    """
    permission = Permission(sid, action, principal, organization=organization)
    return permission_statement(permission, resource, resource.split(":")[1])


def certificate_statement(
    principal: str, actions: list[str], source_account: str | None, resource: str
) -> dict[str, object]:
    """Write the statement that a permission of a certificate authority amounts to.

    https://docs.aws.amazon.com/privateca/latest/APIReference/API_CreatePermission.html.
    """
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": [f"acm-pca:{action.removeprefix('acm-pca:')}" for action in actions],
        "Resource": resource,
    }
    if source_account is not None:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": source_account}}
    return statement


def profile_statement(
    sid: str | None, action: str, principal: str, version: str | None, resource: str
) -> dict[str, object]:
    """Write the statement that a permission of a signing profile amounts to.

    https://docs.aws.amazon.com/signer/latest/developerguide/signing-profile-cross-account-signing.html.
    """
    permission = Permission(sid, action, principal)
    statement = permission_statement(permission, resource, resource.split(":")[1])
    if version is not None:
        statement["Condition"] = {"StringEquals": {"signer:ProfileVersion": version}}
    return statement


def share_statement(principals: list[str], resource: str, source: str) -> dict[str, object]:
    """Write the statement that a share of AWS RAM amounts to, whose actions are not told.

    Organizations and units are not known as principals.
    https://docs.aws.amazon.com/ram/latest/userguide/security-ram-permissions.html.
    """
    actions = marker("which actions AWS RAM gives is not told", source)
    named = [
        f"arn:aws:iam::{principal}:root" if is_account_id(principal) else principal
        for principal in principals
    ]
    organizations = any(":organizations:" in text for text in named)
    whom: dict[str, object] = {"AWS": [text for text in named if ":organizations:" not in text]}
    if organizations:
        whom = marker("which accounts are in an organization or unit is not told", source)
    return {"Effect": "Allow", "Principal": whom, "Action": actions, "Resource": resource}


def mark_unknown(statement: dict[str, object], unknown: Mapping[str, str]) -> dict[str, object]:
    """Mark what is not known of a permission's statement; `unknown` has why, by property.

    What is neither the principal nor the action stands in its condition.
    """
    elements = {"principal": "Principal", "action": "Action", "actions": "Action"}
    marked = {
        elements.get(name.lower(), "Condition"): marker(f"it depends on {why}", why)
        for name, why in unknown.items()
    }
    return {**statement, **marked}


def add_statement(record: Record, statement: dict[str, object]) -> None:
    """Add a statement to the policy of a resource, which is made of several records."""
    empty: dict[str, object] = {"Version": "2012-10-17", "Statement": []}
    policy = record.data.setdefault("policy", empty)
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if isinstance(statements, list) and statement not in statements:
        record.draft.places.put_statement(statement)
        statements.append(statement)


def set_policy(
    record: Record, document: dict[str, object], place: str, *, several: bool = False
) -> None:
    """Give a resource its policy; of types that can have several, all statements count, and of one
    that is not known stands a marker among them."""
    if not several:
        record.set("policy", document, place)
        return
    if find_marker(document) is not None:
        add_statement(record, document)
        return
    statements = document.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        lost = marker("a statement can't be read", place)
        add_statement(record, statement if isinstance(statement, dict) else lost)


def default_key_policy(scope: Scope) -> dict[str, object]:
    """Write the key policy of a key that was made without one.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html.
    """
    root = f"arn:{scope.partition}:iam::{scope.account}:root"
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}


def endpoint_service(name: str) -> str:
    """Give the prefix of an AWS service from the name of its endpoint service, else the name."""
    parts = name.split(".")
    if "amazonaws" in parts[:3]:
        return parts[-1]
    return name


def public_access_block(values: Mapping[str, object]) -> dict[str, object] | None:
    """Read the four settings, spelled as AWS or as Terraform does; `None` where there are none, a
    marker where one is neither true nor false."""
    settings: dict[str, object] = {}
    for field, name in _BLOCK_FIELDS.items():
        value = values.get(name, values.get(field))
        if isinstance(value, bool) or value in ("true", "false"):
            settings[field] = value in (True, "true")
        elif value is not None:
            return marker(f"{quote(field)} is not known", name)
    return settings or None


def point_network(network: object, key: str) -> dict[str, object]:
    """Give the network origin of an access point, and the VPC whose id stands at a key; what can't
    be told is marked.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-vpc.html
    """
    if network is None:
        return {"network_origin": "Internet"}
    vpc = network.get(key) if isinstance(network, dict) else network
    if not isinstance(network, dict) or not isinstance(vpc, str) or not vpc:
        unknown = find_unknown(vpc) or Unknown(f"{quote(key)}, which can't be read")
        lost = mark_of(unknown)
        origin = "VPC" if isinstance(network, dict) else lost
        return {"network_origin": origin, "vpc": lost}
    return {"network_origin": "VPC", "vpc": vpc}


def attach_control_policy(
    draft: Draft, policy_type: str, policy_id: str, target: str, *, made_here: bool, place: str
) -> None:
    """Attach a service or resource control policy to a root, unit or account.

    The policy that allows everything, which AWS attaches by itself, is attached as well:
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html.
    """
    kind, full_access = FULL_ACCESS[policy_type]
    if kind == "scps" and not made_here and policy_id != full_access:
        draft.remark(
            "attachments-elsewhere",
            f"what else is attached to {quote(target)} does not stand here; `FullAWSAccess` is"
            " taken to be",
            place,
            "unknown",
        )
    for attached in (full_access, policy_id):
        if kind == "scps":
            draft.tree.attach(attached, target, "scps")
        else:
            draft.tree.attach(attached, target, "rcps")


def note_unassigned(draft: Draft, name: str, place: str) -> None:
    """Note a permission set that nothing assigns: other sources may."""
    why = f"nothing here assigns the permission set {quote(name)}: which accounts have its role is"
    why = f"{why} not known"
    draft.remark("permission-set-unassigned", why, place, "unknown")
    draft.lose(why, kinds=("principals",))


def report_dangling_targets(draft: Draft) -> None:
    """Note attachments to units that no source places in a tree: what is attached to them may bear
    on accounts that no source places, either."""
    for target, kind in sorted(draft.tree.attached):
        if not is_account_id(target) and target not in draft.tree.nodes:
            why = (
                f"{quote(target)} is in no organization here: which accounts are in it is not known"
            )
            draft.remark("node-unknown", why, severity="unknown")
            draft.tree.doubt_placeless(kind, marker(why))
            if not is_node(target):  # it may be the id of any unit, misread
                draft.tree.doubt_root(kind, f"{quote(target)} is no id of a root, unit or account")
