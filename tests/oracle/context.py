"""The request context: what is given, and the keys that AWS would add (semantics 12)."""

import re
from typing import Any

from tests.oracle import places
from tests.oracle.principals import IAM_KINDS, Caller
from tests.oracle.text import Context, as_list, scalar

GLOBAL_SERVICES = ("iam", "organizations", "route53", "cloudfront")
OWN_TAG_KEYS = ("ec2", "iam", "secretsmanager", "ssm")  # services that have a ResourceTag key
ON_A_BOUNDED_ENTITY = (  # the calls that carry iam:PermissionsBoundary of their target (R5.7)
    " iam:attachrolepolicy iam:attachuserpolicy iam:deleterolepermissionsboundary "
    " iam:deleterolepolicy iam:deleteuserpermissionsboundary iam:deleteuserpolicy "
    " iam:detachrolepolicy iam:detachuserpolicy iam:putrolepolicy iam:putuserpolicy "
)


def tidy(context: dict[str, Any]) -> Context:
    """Lower the keys, turn every value into text or a list of texts, and drop what is empty."""
    tidied: Context = {}
    for key, value in context.items():
        if value is None or value == []:
            tidied.pop(key.lower(), None)
        elif isinstance(value, list):
            tidied[key.lower()] = [scalar(item) for item in value]
        else:
            tidied[key.lower()] = scalar(value)
    return tidied


def principal_keys(
    caller: Caller, session: dict[str, Any], world: dict[str, Any]
) -> dict[str, Any]:
    """Give the keys that describe the caller."""
    if caller["kind"] == "anonymous":
        who = "anonymous"
        return {
            "aws:PrincipalAccount": who,
            "aws:PrincipalType": "Anonymous",
            "aws:userid": who,
        }
    if caller["kind"] == "origin-access-identity":
        return {}
    if caller["kind"] == "service":
        return {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": caller["name"]}
    if caller["kind"] == "federated":
        is_saml = ":saml-provider/" in caller["name"]
        return {} if is_saml else {"aws:FederatedProvider": caller["name"]}
    entity = caller["entity"] or {}
    keys: dict[str, Any] = {
        "aws:PrincipalArn": caller["arn"],
        "aws:PrincipalAccount": caller["account"],
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": user_id(caller, entity),
        "aws:SourceIdentity": session.get("source_identity"),
    }
    types = ("Account", "User", "AssumedRole", "FederatedUser")
    keys["aws:PrincipalType"] = dict(zip(IAM_KINDS, types, strict=True))[caller["kind"]]
    if caller.get("assumed_root"):
        keys["aws:AssumedRoot"] = "true"
    if caller["kind"] == "user":
        keys["aws:username"] = caller["name"]
    tags = {name.lower(): value for name, value in (entity.get("tags") or {}).items()}
    tags |= {name.lower(): value for name, value in (session.get("tags") or {}).items()}
    keys |= {f"aws:PrincipalTag/{name}": value for name, value in tags.items()}
    return keys | org_keys("Principal", world, caller["account"])


def user_id(caller: Caller, entity: dict[str, Any]) -> str | None:
    """Give aws:userid where it is known."""
    known = entity.get("id")
    if caller["kind"] == "root":
        return str(caller["account"])
    if caller["kind"] == "federated-user":
        return f"{caller['account']}:{caller['name']}"
    if caller["kind"] == "role":
        return f"{known}:{caller['session_name']}" if known and caller["session_name"] else None
    return known


def org_keys(whose: str, world: dict[str, Any], account: str | None) -> dict[str, Any]:
    """Give the organization's id and the account's path in it."""
    path = places.org_path(world, account)
    if path is None:
        return {}
    organization = places.section(world, "organization").get("id")
    trail = "/".join([str(organization), *(str(node.get("id")) for node in path), ""])
    return {f"aws:{whose}OrgID": organization, f"aws:{whose}OrgPaths": [trail]}


def resource_tags(world: dict[str, Any], arn: str) -> dict[str, Any]:
    """Give the tags of the listed resource, role or user.

    An object doesn't have those of its bucket, but what is reached through an access point has the
    access point's. A bucket's own count unless the world says that this is not enabled.
    """
    _, entry = places.resource_entry(world, arn)
    if re.match(r"arn:[^:]*:s3:::", arn) and (
        "/" in arn or str(entry.get("abac")).lower() == "false"
    ):
        entry = {}
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "iam":
        kind, _, rest = parts[5].partition("/")
        name = rest.rpartition("/")[2]
        if kind == "role":
            role = places.find_role(world, parts[4], name) or {}
            entry = role if places.full_name(role, name) == rest else {}
        elif kind == "user":
            entry = places.find_user(world, parts[4], rest) or {}
    return entry.get("tags") or {}


def target_keys(world: dict[str, Any], action: str, arn: str, owner: str | None) -> dict[str, Any]:
    """Give the keys of the access point that a request goes through, and of a target of IAM that
    has a permissions boundary."""
    keys: dict[str, Any] = {}
    point = places.access_point(arn)
    if point is not None:
        _, entry = places.resource_entry(world, arn)
        keys = {"s3:DataAccessPointArn": point, "s3:DataAccessPointAccount": owner}
        keys["s3:AccessPointNetworkOrigin"] = entry.get("network_origin")
    _, _, service, _, account, tail = (arn.split(":", 5) + [""] * 6)[:6]
    kind, _, path = tail.partition("/")
    if service == "iam" and f" {action.lower()} " in ON_A_BOUNDED_ENTITY:
        role = places.find_role(world, account, path.rpartition("/")[2]) or {}
        if places.full_name(role, path.rpartition("/")[2]) != path:
            role = {}
        entity = (places.find_user(world, account, path) or {}) if kind == "user" else role
        name = entity.get("boundary")
        if isinstance(name, str) and not name.startswith(("arn:", "{")):
            name = f"arn:aws:iam::{account}:policy/{name}"
        keys["iam:PermissionsBoundary"] = name if isinstance(name, str) else None
    return keys


def source_keys(world: dict[str, Any], caller: Caller, given: dict[str, Any]) -> dict[str, Any]:
    """Give the organization of the account on whose behalf a service calls."""
    accounts = [of for key, of in given.items() if key.lower() == "aws:sourceaccount"]
    if caller["kind"] != "service" or not accounts or isinstance(accounts[0], list):
        return {}
    return org_keys("Source", world, accounts[0])


def build(
    request: dict[str, Any], world: dict[str, Any], caller: Caller, owner: str | None
) -> Context:
    """Build the whole context; a key that the request gives wins over a derived one."""
    action, resource = request["action"], scalar(request.get("resource", "*"))
    session, via = request.get("session") or {}, request.get("via") or {}
    keys = principal_keys(caller, session, world)
    keys |= {"aws:ResourceAccount": owner} | org_keys("Resource", world, owner)
    tags = resource_tags(world, resource)
    keys |= {f"aws:ResourceTag/{name}": value for name, value in tags.items()}
    service = action.lower().partition(":")[0]
    if service in OWN_TAG_KEYS:
        keys |= {f"{service}:ResourceTag/{name}": value for name, value in tags.items()}
    keys |= target_keys(world, action, resource, owner)
    keys |= source_keys(world, caller, request.get("context") or {})
    keys |= {"aws:SecureTransport": "true", "aws:ViaAWSService": "false"}
    chain = as_list(via.get("service"))
    if chain:
        keys |= {
            "aws:ViaAWSService": "true",
            "aws:CalledVia": chain,
            "aws:CalledViaFirst": chain[0],
            "aws:CalledViaLast": chain[-1],
        }
    elif via.get("vpc_endpoint"):
        holder, endpoint = places.endpoint(world, via["vpc_endpoint"])
        keys |= {"aws:SourceVpce": via["vpc_endpoint"], "aws:SourceVpc": endpoint.get("vpc")}
        if holder is not None and service == "s3":
            keys |= {"aws:VpceAccount": holder} | org_keys("Vpce", world, holder)
    parts = resource.split(":", 5)
    if len(parts) == 6 and parts[3]:
        keys["aws:RequestedRegion"] = parts[3]
    elif action.lower().partition(":")[0] in GLOBAL_SERVICES:
        keys["aws:RequestedRegion"] = "us-east-1"
    if action.lower().startswith("kms:") and via.get("service") and len(parts) == 6 and parts[3]:
        last = as_list(via["service"])[-1]
        if last.endswith(".amazonaws.com"):
            host = last.removesuffix(".amazonaws.com")
            keys["kms:ViaService"] = f"{host}.{parts[3]}.amazonaws.com"
    if action.lower().startswith("kms:") and caller["kind"] in IAM_KINDS:
        keys["kms:CallerAccount"] = caller["account"]
    given = request.get("context") or {}
    removed = {key.lower() for key, value in given.items() if value is None or value == []}
    context = tidy(keys) | tidy(given)
    return {key: value for key, value in context.items() if key not in removed}
