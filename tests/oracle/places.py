"""Look-ups in a world document: policies, accounts, roles, resources, organization paths."""

import re
from typing import Any

from tests.oracle.document import BUILT_IN, InvalidPolicy
from tests.oracle.text import as_list

SSO_PATH = "/aws-reserved/sso.amazonaws.com/"
SSO_ROLE = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")


def section(thing: Any, *names: str) -> dict[str, Any]:
    """Walk down nested objects; what isn't there is empty."""
    for name in names:
        thing = (thing or {}).get(name)
    return thing or {}


def account_of(world: dict[str, Any], account: str | None) -> dict[str, Any]:
    """Give an account's section of the world."""
    return section(world, "accounts", account) if account else {}


def document(world: dict[str, Any], account: str | None, policy: Any) -> Any:
    """Give the document that a policy entry stands for: itself, or what its name or ARN means."""
    if not isinstance(policy, str) or policy.lstrip().startswith("{"):
        return policy
    names = [policy, policy.rpartition("/")[2]] if policy.startswith("arn:") else [policy]
    for shelf in (section(account_of(world, account), "policies"), section(world, "policies")):
        for name in names:
            if name in shelf:
                return document(world, account, shelf[name])
    if policy in BUILT_IN:
        return BUILT_IN[policy]
    message = f"no policy `{policy}`"
    raise InvalidPolicy(message)


def documents(world: dict[str, Any], account: str | None, policies: Any) -> list[Any]:
    """Give the documents of a list of policy entries."""
    return [document(world, account, policy) for policy in as_list(policies)]


def full_name(entity: dict[str, Any], name: str) -> str:
    """Join an entity's path and name, without the leading slash."""
    path = str(entity.get("path") or "/")
    return (path + name).removeprefix("/")


def find_user(world: dict[str, Any], account: str, path_and_name: str) -> dict[str, Any] | None:
    """Find a user by path and name."""
    for name, user in section(account_of(world, account), "users").items():
        if full_name(user or {}, name) == path_and_name:
            return dict(user or {})
    return None


def permission_set_role(world: dict[str, Any], account: str, name: str) -> dict[str, Any] | None:
    """Give the role that Identity Center provisions for a permission set."""
    found = SSO_ROLE.fullmatch(name)
    sets = section(account_of(world, account), "permission_sets")
    if found is None or found.group(1) not in sets:
        return None
    chosen = sets[found.group(1)] or {}
    inline = [chosen["inline"]] if chosen.get("inline") else []
    policies = as_list(chosen.get("policies")) + inline
    return {"path": SSO_PATH, "policies": policies, "boundary": chosen.get("boundary")}


def find_role(world: dict[str, Any], account: str, name: str) -> dict[str, Any] | None:
    """Find a role by its name alone; names are unique within an account."""
    roles = section(account_of(world, account), "roles")
    if name in roles:
        return dict(roles[name] or {})
    return permission_set_role(world, account, name)


def access_point(arn: str) -> str | None:
    """Give the ARN of the S3 access point that a request goes through; None if through none."""
    places = r"s3(?:express)?:[^:]*:[^:]*:|s3-outposts:[^:]*:[^:]*:outpost/[^/]*/"
    found = re.match(rf"arn:[^:]*:(?:{places})accesspoint/[^/]*", arn)
    return found.group() if found else None


def origin(entry: dict[str, Any]) -> str | None:
    """Give the network origin of an access point: one with a VPC has that origin (R19.4)."""
    said: str | None = entry.get("network_origin")
    return said or (None if entry.get("vpc") is None else "VPC")


def behind_access_point(arn: str, bucket: str) -> str:
    """Name the same object, or the bucket itself, as the bucket's own policy does."""
    _, through, key = arn.partition("/object/")
    if through and ":s3-outposts:" in bucket:
        return f"{bucket}/object/{key}"
    return f"{bucket}/{key}" if through else bucket


def resource_entry(world: dict[str, Any], arn: str) -> tuple[str | None, dict[str, Any]]:
    """Find the account and the entry of a listed resource; an S3 object's is its bucket's or its
    access point's."""
    of_bucket = re.match(r"arn:[^:]*:s3:::", arn) is not None
    wanted = [arn, arn.partition("/")[0]] if of_bucket else [arn]
    wanted += [name] if (name := access_point(arn)) else []
    wanted += [arn.partition("/index/")[0]] if ":dynamodb:" in arn else []
    wanted += [arn.partition("/")[0]] if ":execute-api:" in arn else []
    wanted += ["/".join(arn.split("/")[:2])] if re.search(":(?:es|mediastore):", arn) else []
    wanted += [arn.partition(":log-stream:")[0]] if ":logs:" in arn else []
    # A function's tags and policy are there for its versions and aliases.
    wanted += [":".join(arn.split(":")[:7])] if ":lambda:" in arn else []
    for account, details in section(world, "accounts").items():
        for name in wanted:
            if name in section(details, "resources"):
                return account, section(details, "resources", name)
    return None, {}


# Resources whose access a policy elsewhere decides too (R19.9).
CONTAINERS = {
    r"s3tables:(.*):bucket/([^/]*)/table/.*": r"s3tables:\1:bucket/\2",
    r"glue:(.*):(?:database|table\w*|userDefinedFunction|connection)/.*": r"glue:\1:catalog",
    r"events:(.*):rule/([^/]*)/[^/]*": r"events:\1:event-bus/\2",
    r"events:(.*):rule/[^/]*": r"events:\1:event-bus/default",
    r"schemas:(.*):schema/([^/]*)/.*": r"schemas:\1:registry/\2",
    r"codeartifact:(.*):package/([^/]*/[^/]*)/.*": r"codeartifact:\1:repository/\2",
    r"codeartifact:(.*):repository/([^/]*)/.*": r"codeartifact:\1:domain/\2",
    r"logs:([^:]*:[^:]*):log-group:.*": r"logs:\1:log-group",
    r"ecr:(.*):repository/.*": r"ecr:\1:registry",
}
BY_REGISTRY = ("ecr:replicateimage", "ecr:batchimportupstreamimage", "ecr:createrepository")
BY_DOMAIN = ("codeartifact:createrepository", "codeartifact:tagresource")
BY_LOGS = ("logs:createlogstream", "logs:putlogevents")


def container(
    world: dict[str, Any], arn: str, action: str, caller: dict[str, Any]
) -> tuple[str | None, dict[str, Any]]:
    """Find the account and the entry of what holds a resource, where its policy is asked."""
    service, lowered = arn.split(":")[2:3], action.lower()
    if service == ["ecr"] and lowered not in BY_REGISTRY:
        return None, {}
    if ":repository/" in arn and service == ["codeartifact"] and lowered not in BY_DOMAIN:
        return None, {}
    if service == ["logs"] and (lowered not in BY_LOGS or caller["kind"] != "service"):
        return None, {}
    head, _, tail = arn.partition(f":{service[0]}:" if service else "::")
    for pattern, outer in CONTAINERS.items():
        found = re.fullmatch(pattern, f"{service[0]}:{tail}" if service else "")
        if found is not None:
            return listed(world, f"{head}:{found.expand(outer)}")
    return None, {}


# What others do with what is shared with them (R19.9), by the service and type of its ARN.
SHARED = {
    "ec2:image": "runinstances copyimage",
    "ec2:snapshot": "createvolume copysnapshot",
    "rds:snapshot": "copydbsnapshot restoredbinstancefromdbsnapshot",
    "rds:cluster-snapshot": "copydbclustersnapshot restoredbclusterfromsnapshot",
}


def is_shared(world: dict[str, Any], arn: str, operation: str, account: str | None) -> bool:
    """Say whether the owner shares a resource with an account, for such a call."""
    parts = re.split("[:/]", arn)
    kind = f"{parts[2]}:{parts[5]}" if len(parts) > 5 else ""
    _, entry = resource_entry(world, arn)
    with_whom = [str(member) for member in as_list(entry.get("shared_with"))]
    return operation in SHARED.get(kind, "").split() and bool({account, "all"} & {*with_whom})


def listed(world: dict[str, Any], arn: str) -> tuple[str | None, dict[str, Any]]:
    """Find the account and the entry of exactly this resource."""
    for account, details in section(world, "accounts").items():
        if arn in section(details, "resources"):
            return account, section(details, "resources", arn)
    return None, {}


def log_groups(request: dict[str, Any]) -> str:
    """Name what logs:DescribeLogGroups is about, as AWS's messages do; `*` without an account."""
    parts = str(request["principal"]).split(":")
    given = {key.lower(): of for key, of in (request.get("context") or {}).items()}
    region = given.get("aws:requestedregion", "*")
    if len(parts) < 6 or not re.fullmatch(r"\d{12}", parts[4]):
        return "*"
    region = region if isinstance(region, str) else "*"
    return f"arn:{parts[1]}:logs:{region}:{parts[4]}:log-group::log-stream:"


def log_group(action: str, resource: str) -> str:
    """Name a log group as policies have to: with an empty stream behind it, but not for tags."""
    named = re.fullmatch(r"(arn:[^:]+:logs:[^:]*:[^:]*:log-group:[^:*]+)(:[*])?", resource)
    of_tags = action.lower() in (
        "logs:tagresource",
        "logs:untagresource",
        "logs:listtagsforresource",
    )
    return f"{named[1]}:log-stream:" if named and not of_tags else resource


def org_path(world: dict[str, Any], account: str | None) -> list[dict[str, Any]] | None:
    """Give the nodes from the root down to the one that holds the account; None if in no node."""

    def search(node: dict[str, Any]) -> list[dict[str, Any]] | None:
        if account in [str(item) for item in as_list(node.get("accounts"))]:
            return [node]
        for unit in section(node, "units").values():
            below = search(unit or {})
            if below is not None:
                return [node, *below]
        return None

    root = section(world, "organization", "root")
    return search(root) if root and account else None


def is_member(world: dict[str, Any], account: str | None) -> bool:
    """Say whether the account is in the organization and not its management account."""
    management = section(world, "organization").get("management_account")
    return org_path(world, account) is not None and account != management


def levels(world: dict[str, Any], account: str, name: str, default: str) -> list[list[Any]]:
    """Give the attached SCPs or RCPs, level by level: root, units, account."""
    nodes = [*(org_path(world, account) or []), account_of(world, account)]
    return [documents(world, account, node.get(name, [default])) for node in nodes]


def endpoint(world: dict[str, Any], name: str | None) -> tuple[str | None, dict[str, Any]]:
    """Find a VPC endpoint: its account and its entry."""
    for account, details in section(world, "accounts").items():
        if name in section(details, "vpc_endpoints"):
            return account, section(details, "vpc_endpoints", str(name))
    return None, {}
