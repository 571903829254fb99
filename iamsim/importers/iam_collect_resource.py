"""Principals and resources in iam-collect's storage, from the files in their folders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import type_of_arn
from iamsim.core.arn import find_arn
from iamsim.core.unknown import find_marker
from iamsim.importers.facts import set_policy
from iamsim.importers.facts_of_aws import read_public_access_block
from iamsim.importers.key_outputs import read_encryption, read_location
from iamsim.importers.misspelt import find_misspelt
from iamsim.importers.resource_kinds import Scope, policy_holder
from iamsim.importers.shapes import Json, is_list_of, records, text
from iamsim.importers.unknown import marker
from iamsim.importers.unread import documents_within

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record

Files = dict[str, object]
SHARED = "ram"
BOUNDARY = ("permissionBoundary", "permissionsBoundary")
OF_PRINCIPALS = (
    "groups",
    "inline-policies",
    "instance-profiles",
    "managed-policies",
    "metadata",
    "tags",
    "trust-policy",
)


def read_iam(
    account: str, partition: str, folder: list[str], files: Files, draft: Draft
) -> set[str]:
    """Read a user, group, role or policy, or the identity providers.

    What it is called, its ARN says, else its folder: names in metadata are no keys. Gives the names
    of the files that were read.
    """
    kind = folder[1]
    metadata = _metadata(files)
    arn = find_arn(text(metadata, "arn") or "")
    name = (arn.resource if arn else folder[-1]).rpartition("/")[2]
    if partition != "aws":
        draft.account(account).set("partition", partition)
    if kind == "policy":
        document = files.get("current-policy", files.get("policy"))
        path = text(metadata, "path")
        draft.customer_policy(account, name, document, path=path, place="current-policy")
        return {"current-policy", "metadata", "policy", "tags"}
    if kind in ("oidc", "oidc-provider", "saml", "saml-provider") and arn is not None:
        draft.account(account).extend("providers", [text(metadata, "arn")])
        return {"metadata", "tags", "thumbprints", "url"}
    if kind not in ("user", "group", "role"):
        return set()
    if kind == "user":
        user = draft.user(account, name)
        _principal(user, metadata, files, draft)
        groups = files.get("groups")
        names: list[object] = [
            _last(group)
            for group in (groups if isinstance(groups, list) else ())
            if isinstance(group, str)
        ]
        if not is_list_of(files, "groups", lambda item: isinstance(item, str)):
            names.append(marker("the list of groups can't be read", "groups.json"))
        if names:
            user.extend("groups", names)
    elif kind == "group":
        _principal(draft.group(account, name), metadata, files, draft)
    elif kind == "role":
        role = draft.role(account, name)
        _principal(role, metadata, files, draft)
        if "trust-policy" in files:
            role.set("trust", draft.document(files["trust-policy"], "trust-policy"), "trust-policy")
        profiles = files.get("instance-profiles")
        if isinstance(profiles, list) and profiles:
            role.extend(
                "instance_profiles", [profile for profile in profiles if isinstance(profile, str)]
            )
        duration = metadata.get("maxSessionDuration")
        role.set("max_session_duration", duration if isinstance(duration, int) else None)
    return set(OF_PRINCIPALS)


def _principal(principal: Record, metadata: Json, files: Files, draft: Draft) -> None:
    """Read what users, groups and roles have in common."""
    path = text(metadata, "path")
    principal.set("path", path if path != "/" else None)
    principal.set("id", text(metadata, "id"))
    said = [metadata[key] for key in BOUNDARY if key in metadata]
    if not said and any(find_misspelt(key, metadata) for key in BOUNDARY):
        said = [None]
    for arn in said:
        known = find_arn(arn if isinstance(arn, str) else "") is not None
        doubt = marker("the permissions boundary can't be read", "metadata.json")
        principal.set("boundary", arn if known else doubt)
    principal.tags(files.get("tags"))
    for name in ("groups", "inline-policies", "managed-policies", "metadata"):
        lost = find_marker(files.get(name))
        if lost is not None:
            principal.attach([dict(lost.to_marker())])
    managed = files.get("managed-policies")
    if isinstance(managed, list) and managed:
        arns = [item if isinstance(item, str) else _arn_in(item) for item in managed]
        principal.attach(arn for arn in arns if arn is not None)
    whole = is_list_of(files, "managed-policies", lambda item: find_arn(_arn_in(item) or str(item)))
    if not whole or not is_list_of(files, "inline-policies", lambda item: isinstance(item, dict)):
        principal.attach([marker("the list of policies can't be read", principal.draft.file)])
    for number, (item, at) in enumerate(records(draft, files, "inline-policies", ""), 1):
        name = text(item, "PolicyName", "policyName") or f"inline-{number}"
        document = item.get("PolicyDocument", item.get("policyDocument"))
        principal.inline(name, document, f"{at}.PolicyDocument")


def read_resource(
    account: str, partition: str, folder: list[str], files: Files, draft: Draft
) -> set[str]:
    """Read a resource with its policy, tags, key and settings, or a VPC endpoint.

    Gives the names of the files that were read.
    """
    metadata = _metadata(files)
    arn = text(metadata, "arn") or _made_arn(account, partition, folder)
    name, policy = _policy_file(files)
    if folder[0] == "ec2" and "vpc-endpoint" in folder:
        endpoint = draft.vpc_endpoint(account, text(metadata, "id") or folder[-1])
        endpoint.set("service", text(metadata, "serviceName"))
        vpc = text(metadata, "vpc")
        endpoint.set("vpc", None if vpc is None else _last(vpc))
        kind = text(metadata, "type")
        endpoint.set("type", kind if kind in ("Gateway", "Interface") else None)
        if policy is not None:
            endpoint.set("policy", draft.document(policy, name), name)
        return {"metadata", "tags", name}
    if "bpa" in files and folder[0] == "s3" and len(folder) == 1:
        block = read_public_access_block(files["bpa"])
        draft.account(account).set("public_access_block", block, "bpa")
        return {"bpa"}
    if arn is None or find_arn(arn) is None:
        if policy is not None:
            draft.remark(
                "record-without-arn", "nothing says the ARN of what is in this folder: left out"
            )
        return {name}
    scope = Scope(partition, arn.split(":")[3], account)
    resource = draft.resource(policy_holder(arn, scope) or arn, account)
    used = {"metadata", "tags", name}
    if policy is not None:
        resource.set("policy", draft.document(policy, name), name)
    resource.tags(files.get("tags"))
    if folder[0] == "s3" and text(metadata, "region") is not None:
        read_location(draft, arn, metadata["region"])
    abac = metadata.get("abacEnabled")
    resource.set("abac", abac if isinstance(abac, bool) else None, "metadata")
    if "encryption" in files:
        read_encryption(draft, arn, files["encryption"], "encryption", account, complete=True)
        used.add("encryption")
    for key, value in files.items():
        if key == "bpa" or "public-access" in key:
            resource.set("public_access_block", read_public_access_block(value), key)
            used.add(key)
    return used


def read_shared(account: str, files: Files, draft: Draft) -> set[str]:
    """Read what AWS RAM shares of an account: the files are named after the ARNs of resources.

    The policy that RAM wrote counts beside that of the resource. Gives the names of the files that
    were read.
    """
    used: set[str] = set()
    for arn, data in files.items():
        documents: list[Json] = list(documents_within(data))
        if find_arn(arn) is None:
            continue
        resource = draft.resource(arn, account)
        if not documents:
            why = "what AWS RAM shares of it can't be read"
            draft.remark("record-not-readable", f"{arn}: {why}", SHARED, "unknown")
            documents = [{"Statement": [marker(why, f"{SHARED}/{arn}")]}]
        for document in documents:
            set_policy(resource, document, SHARED, several=True)
        used.add(arn)
    return used


def _metadata(files: Mapping[str, object]) -> Json:
    metadata = files.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _policy_file(files: Files) -> tuple[str, object]:
    """Find the file that holds the policy."""
    for name in ("policy", *sorted(files)):
        if name in files and (name == "policy" or name.endswith("-policy")):
            value = files[name]
            return name, value.get("policy", value) if isinstance(value, dict) else value
    return "policy", None


def _made_arn(account: str, partition: str, folder: list[str]) -> str | None:
    """Make the ARN of a resource: SERVICE/REGION/TYPE/NAME, or SERVICE/NAME for a bucket."""
    service, *rest = folder
    if service == "s3" and len(rest) == 1:
        return f"arn:{partition}:s3:::{rest[0]}"
    if len(rest) < 2:  # noqa: PLR2004 - a region and a name at least
        return None
    region, *name = rest
    home = f"arn:{partition}:{service}:{region}:{account}"
    made = [f"{home}:{joined}" for joined in (name[-1], ":".join(name), "/".join(name))]
    return next((arn for arn in made if type_of_arn(arn) is not None), made[-1])


def _arn_in(item: object) -> str | None:
    """Find the ARN in an item of a list of policies."""
    return text(item, "arn", "Arn", "PolicyArn", "policyArn") if isinstance(item, dict) else None


def _last(arn: str) -> str:
    """Give the name at the end of an ARN."""
    return arn.rpartition("/")[2]
