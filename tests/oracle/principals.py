"""Who calls, and what a Principal element says about that caller (semantics 1.2 to 1.4)."""

import re
from typing import Any

from tests.oracle import places
from tests.oracle.text import as_list

PROVIDER_NAMES = (
    "cognito-identity.amazonaws.com",
    "accounts.google.com",
    "graph.facebook.com",
    "www.amazon.com",
)
IAM_KINDS = ("root", "user", "role", "federated-user")
DOMAINS_OF_PARTITIONS = {  # others are used everywhere
    ".amazonaws.com.cn": "aws-cn",
    ".amazonaws.eu": "aws-eusc",
    ".sc2s.sgov.gov": "aws-iso-b",
    ".c2s.ic.gov": "aws-iso",
    ".cloud.adc-e.uk": "aws-iso-e",
    ".csp.hci.ic.gov": "aws-iso-f",
}
Caller = dict[str, Any]


def caller_of(principal: str, session: dict[str, Any], world: dict[str, Any]) -> Caller:
    """Describe the caller.

    Keys: kind (root, user, role, federated-user, service, federated, origin-access-identity,
    anonymous), arn (the value of aws:PrincipalArn, or None), account, partition, name, session_arn,
    entity (its section of the world, or None), service_linked, source_user, canonical_user_id
    (of its account, or None).
    """
    caller: Caller = dict.fromkeys(
        ("arn", "account", "partition", "name", "session_arn", "session_name", "entity")
    )
    caller |= {"service_linked": False, "source_user": session.get("source_user")}
    caller |= {"canonical_user_id": None}
    if principal == "anonymous":
        return caller | {"kind": "anonymous"}
    if principal in PROVIDER_NAMES:
        return caller | {"kind": "federated", "name": principal}
    if not principal.startswith("arn:"):
        domains = [entry for entry in DOMAINS_OF_PARTITIONS if principal.endswith(entry)]
        home = DOMAINS_OF_PARTITIONS[domains[0]] if domains else None
        return caller | {"kind": "service", "name": principal, "partition": home}
    _, partition, _, _, account, tail = principal.split(":", 5)
    kind, _, rest = tail.partition("/")
    if account == "cloudfront":
        return caller | {"kind": "origin-access-identity", "name": principal}
    caller |= {"partition": partition, "account": account, "arn": principal}
    listed = (world.get("accounts") or {}).get(account) or {}
    if kind not in ("oidc-provider", "saml-provider"):
        caller["canonical_user_id"] = listed.get("canonical_user_id")
    if kind in ("oidc-provider", "saml-provider"):
        return caller | {"kind": "federated", "name": principal, "arn": None}
    if kind == "root":
        return caller | {"kind": "root"}
    if kind == "user":
        user = places.find_user(world, account, rest)
        return caller | {"kind": "user", "name": rest.rpartition("/")[2], "entity": user}
    if kind == "federated-user":
        return caller | {"kind": "federated-user", "name": rest, "session_arn": principal}
    return caller | role_session(kind, rest, caller, session, world)


def role_session(
    kind: str, rest: str, caller: Caller, session: dict[str, Any], world: dict[str, Any]
) -> Caller:
    """Describe a session of a role, given as a role ARN or as an assumed-role ARN."""
    partition, account = caller["partition"], caller["account"]
    if kind == "assumed-role":
        name, _, session_name = rest.partition("/")
        role = places.find_role(world, account, name)
        guess = places.SSO_PATH if name.startswith("AWSReservedSSO_") else "/"
        full = places.full_name(role or {"path": guess}, name)
    else:
        full, name = rest, rest.rpartition("/")[2]
        session_name = session.get("name") or ""
        role = places.find_role(world, account, name)
        if role is not None and places.full_name(role, name) != full:
            role = None
    session_arn = f"arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}"
    linked = str((role or {}).get("service_linked", False)).lower() == "true"
    return {
        "kind": "role",
        "name": name,
        "arn": f"arn:{partition}:iam::{account}:role/{full}",
        "session_name": session_name or None,
        "session_arn": session_arn if session_name else None,
        "entity": role,
        # Where nothing tells the path of a session's role, the name does: AWS gives it to no other.
        "service_linked": linked
        or full.startswith("aws-service-role/")
        or (kind == "assumed-role" and role is None and name.startswith("AWSServiceRoleFor")),
    }


def is_account(value: str, caller: Caller) -> bool:
    """Say whether a principal value names the caller's account."""
    root = f"arn:{caller['partition']}:iam::{caller['account']}:root"
    return caller["kind"] in IAM_KINDS and value in (caller["account"], root)


def grant_kind(entry: tuple[str, str], caller: Caller) -> str | None:
    """Say which kind of grant a Principal entry is for the caller; None if it names others."""
    kind, value = entry
    is_a = caller["kind"]
    if kind == "Service":
        return "SERVICE" if is_a == "service" and value == caller["name"] else None
    if kind == "Federated":
        return "FEDERATED" if is_a == "federated" and value == caller["name"] else None
    if kind == "CanonicalUser":
        return "ACCOUNT" if value == caller["canonical_user_id"] else None
    if value == "*":
        return "WILDCARD"
    if is_a == "origin-access-identity":
        return "USER" if value == caller["name"] else None
    if is_account(value, caller):
        return "ACCOUNT"
    unique_id = (caller["entity"] or {}).get("id")
    is_id = re.fullmatch("A(ID|RO)A[A-Z0-9]+", value) is not None and value == unique_id
    if is_a == "user" and (value == caller["arn"] or is_id):
        return "USER"
    if is_a == "role" and (value == caller["arn"] or is_id):
        return "ROLE"
    if is_a == "role" and value == caller["session_arn"]:
        return "SESSION"
    if is_a == "federated-user" and value == caller["arn"]:
        return "FEDUSER"
    if is_a == "federated-user" and value == caller["source_user"]:
        return "FED_SOURCE"
    return None


def grants(statement: dict[str, Any], caller: Caller) -> set[str]:
    """Give the kinds of grant that a statement's Principal holds for the caller."""
    if statement["spared"] is not None:
        named = any(grant_kind(entry, caller) for entry in statement["spared"])
        return set() if named else {"WILDCARD"}  # R19.3
    kinds = [grant_kind(entry, caller) for entry in as_list(statement["principals"])]
    return {kind for kind in kinds if kind is not None}


def is_spared(statement: dict[str, Any], caller: Caller, has_boundary: bool) -> bool:
    """Say whether NotPrincipal leaves the caller out (R1.18, R1.19)."""
    listed = statement["spared"]
    if has_boundary:
        return False
    if ("AWS", "*") in listed:
        return True
    kinds = {grant_kind(entry, caller) for entry in listed}
    if caller["kind"] in ("service", "federated"):
        return bool(kinds & {"SERVICE", "FEDERATED"})
    if caller["kind"] == "origin-access-identity":
        return "USER" in kinds
    if caller["kind"] == "root":
        return "ACCOUNT" in kinds
    return "ACCOUNT" in kinds and bool(kinds & {"USER", "ROLE", "FEDUSER", "FED_SOURCE"})


def is_caller(
    statement: dict[str, Any], caller: Caller, has_boundary: bool, ignored: tuple[str, ...] = ()
) -> bool:
    """Say whether the principal part of a statement fits; without one, everybody does. Grants of
    the `ignored` kinds do not count."""
    if statement["spared"] is not None and statement["effect"] == "Deny":
        return not is_spared(statement, caller, has_boundary)
    if statement["spared"] is not None:  # an Allow: for everyone whom no entry names (R19.3)
        kinds = {grant_kind(entry, caller) for entry in statement["spared"]}
        return kinds <= {None, *ignored}
    return statement["principals"] is None or grants(statement, caller) - {*ignored} != set()
