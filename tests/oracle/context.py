"""The request context: what is given, and the keys that AWS would add (semantics 12)."""

from typing import Any

from tests.oracle import places
from tests.oracle.principals import IAM_KINDS, Caller
from tests.oracle.text import Context, as_list, scalar

GLOBAL_SERVICES = ("iam", "organizations", "route53", "cloudfront")


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
    """Give the tags of the listed resource, role or user."""
    _, entry = places.resource_entry(world, arn)
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "iam":
        kind, _, rest = parts[5].partition("/")
        name = rest.rpartition("/")[2]
        if kind == "role":
            entry = places.find_role(world, parts[4], name) or {}
        elif kind == "user":
            entry = places.find_user(world, parts[4], rest) or {}
    return entry.get("tags") or {}


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
        _, endpoint = places.endpoint(world, via["vpc_endpoint"])
        keys |= {"aws:SourceVpce": via["vpc_endpoint"], "aws:SourceVpc": endpoint.get("vpc")}
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
