"""IAM: managed policies, and the account as a whole.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iamsim.serve.errors import no_such_entity, not_held
from iamsim.serve.iam_entities import listed
from iamsim.serve.policies import Managed, entities, managed_policies, policies_of_aws
from iamsim.serve.records import (
    attached,
    document_text,
    group_record,
    inline,
    managed_record,
    profile_record,
    role_record,
    time_text,
    user_record,
)
from iamsim.world.model import Group, ManagedPolicyReference, Role, User

if TYPE_CHECKING:
    from iamsim.serve.call import Call, Json

LISTS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "Policy": "Policies",
}
_OF_KEY = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
_OF_PASSWORD = ("enabled", "last_used", "last_changed", "next_rotation")
COLUMNS = (
    *("user", "arn", "user_creation_time"),
    *(f"password_{name}" for name in _OF_PASSWORD),
    "mfa_active",
    *(f"access_key_{number}_{name}" for number in (1, 2) for name in _OF_KEY),
    *(f"cert_{number}_{name}" for number in (1, 2) for name in ("active", "last_rotated")),
)
UNSAID = "N/A"


def _managed(call: Call) -> dict[str, Managed]:
    """The managed policies that the account has or uses."""
    found: dict[str, Managed] = call.estate.kept(
        ("policies", call.account.id), lambda: managed_policies(call.account)
    )
    return found


def _find(call: Call) -> Managed:
    arn = call.required("PolicyArn")
    known = _managed(call).get(arn)
    if known is None:
        of_aws = {policy.arn: policy for policy in policies_of_aws(call.account.partition)}
        known = of_aws.get(arn)
    if known is None:
        raise no_such_entity(f"Policy {arn}")
    return known


def _text(policy: Managed) -> str:
    if policy.document is not None:
        return document_text(policy.document)
    from iamsim.catalog.managed import find_managed_policy

    if find_managed_policy(policy.arn) is None:
        raise not_held(f"the document of {policy.arn} is not known")
    return document_text(ManagedPolicyReference(policy.arn))


def _version(policy: Managed) -> Json:
    return {
        "VersionId": policy.version,
        "IsDefaultVersion": True,
        "CreateDate": policy.updated,
    }


def _get_policy_version(call: Call) -> Json:
    policy = _find(call)
    asked = call.required("VersionId")
    if asked != policy.version:
        raise no_such_entity(f"Policy {policy.arn} version {asked}")
    return {"PolicyVersion": _version(policy) | {"Document": _text(policy)}}


def _list_policies(call: Call) -> Json:
    scope = call.text("Scope") or "All"
    known = _managed(call)
    policies = list(known.values()) if scope != "AWS" else []
    policies = [policy for policy in policies if not policy.of_aws]
    if scope != "Local":
        of_aws = (
            known.get(policy.arn, policy) for policy in policies_of_aws(call.account.partition)
        )
        policies += of_aws
    prefix = call.text("PathPrefix") or "/"
    usage = call.text("PolicyUsageFilter")
    only_attached = call.parameters.get("OnlyAttached") is True
    shown = [
        managed_record(policy)
        for policy in policies
        if policy.path.startswith(prefix)
        and (not only_attached or policy.attachments or policy.boundaries)
        and (usage != "PermissionsPolicy" or policy.attachments)
        and (usage != "PermissionsBoundary" or policy.boundaries)
    ]
    return listed(call, "Policies", shown)


def _entities_for_policy(call: Call) -> Json:
    policy = _find(call)
    kind, usage = call.text("EntityFilter"), call.text("PolicyUsageFilter")
    prefix = call.text("PathPrefix") or "/"
    found: list[tuple[str, Json]] = []
    for entity in entities(call.account):
        name = type(entity).__name__
        record = _record(entity)
        boundary = record.get("PermissionsBoundary")
        bounds = isinstance(boundary, dict) and boundary["PermissionsBoundaryArn"] == policy.arn
        grants = any(entry["PolicyArn"] == policy.arn for entry in attached(entity))
        counts = (grants and usage != "PermissionsBoundary") or (
            bounds and usage != "PermissionsPolicy"
        )
        if counts and kind in (None, name) and entity.path.startswith(prefix):
            members = (f"{name}Name", f"{name}Id")
            found.append((name, {member: record[member] for member in members}))
    page = listed(call, "", found)
    shown = page.pop("")
    lists: dict[str, list[Json]] = {f"Policy{name}s": [] for name in ("Group", "User", "Role")}
    for name, record in shown if isinstance(shown, list) else ():
        lists[f"Policy{name}s"].append(record)
    return page | lists


def _record(entity: User | Group | Role) -> Json:
    if isinstance(entity, User):
        return user_record(entity)
    return group_record(entity) if isinstance(entity, Group) else role_record(entity)


def _details(call: Call) -> Json:
    """GetAccountAuthorizationDetails: pages go over users, groups, roles and policies alike."""
    wanted = set(call.texts("Filter"))
    details: list[tuple[str, object]] = [
        (type(entity).__name__, entity)
        for entity in entities(call.account)
        if not wanted or type(entity).__name__ in wanted
    ]
    for policy in _managed(call).values():
        kind = "AWSManagedPolicy" if policy.of_aws else "LocalManagedPolicy"
        if not wanted or kind in wanted:
            details.append(("Policy", policy))
    page = listed(call, "", details)
    shown = page.pop("")
    lists: dict[str, list[Json]] = {name: [] for name in LISTS.values()}
    for kind, entry in shown if isinstance(shown, list) else ():
        detail = _policy_detail(entry) if kind == "Policy" else _entity_detail(call, entry)
        lists[LISTS[kind]].append(detail)
    return page | lists


def _entity_detail(call: Call, entity: User | Group | Role) -> Json:
    kind = type(entity).__name__
    detail = _record(entity) | {
        "AttachedManagedPolicies": attached(entity),
        f"{kind}PolicyList": [
            {"PolicyName": name, "PolicyDocument": document_text(policy)}
            for name, policy in inline(entity).items()
        ],
    }
    if isinstance(entity, User):
        detail["GroupList"] = list(entity.groups)
    if isinstance(entity, Role):
        detail["InstanceProfileList"] = [
            profile_record(call.account, arn) for arn in entity.instance_profiles
        ]
    return detail


def _policy_detail(policy: Managed) -> Json:
    """A policy with its one version; of a policy that nobody knows there is none."""
    from iamsim.catalog.managed import find_managed_policy

    known = policy.document is not None or find_managed_policy(policy.arn) is not None
    versions = [_version(policy) | {"Document": _text(policy)}] if known else []
    return managed_record(policy) | {"PolicyVersionList": versions}


def _summary(call: Call) -> Json:
    """What the world can count; quotas are an account's own, and not known."""
    account = call.account
    users = account.users.values()
    profiles = {arn for role in account.roles.values() for arn in role.instance_profiles}
    counts = {
        "Users": len(users),
        "Groups": len(account.groups),
        "Roles": len(account.roles),
        "Policies": sum(not policy.of_aws for policy in _managed(call).values()),
        "InstanceProfiles": len(profiles),
        "Providers": len(account.providers),
    }
    devices = [user.mfa_devices for user in users]
    if None not in devices:
        counts["MFADevices"] = counts["MFADevicesInUse"] = sum(map(int, filter(None, devices)))
    root = account.root_user
    if root is not None and root.mfa_devices is not None:
        counts["AccountMFAEnabled"] = int(root.mfa_devices > 0)
    if root is not None and root.access_keys is not None:
        counts["AccountAccessKeysPresent"] = len(root.access_keys)
    call.notes["x-iamsim-unknown"] = "quotas, and each count that is left out"
    return {"SummaryMap": counts}


def _credential_report(call: Call) -> Json:
    """The credential report, made of what is known of users.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval=UNSAID, lineterminator="\n")
    writer.writeheader()
    account = call.account
    root = account.root_user
    if root is not None:
        arn = f"arn:{account.partition}:iam::{account.id}:root"
        row = {"user": "<root_account>", "arn": arn, "password_enabled": "not_supported"}
        row["mfa_active"] = _has_devices(root.mfa_devices)
        row["password_last_used"] = time_text(root.password_last_used) or UNSAID
        writer.writerow(row | _keys(root.access_keys))
    for user in account.users.values():
        enabled = user.password_enabled
        facts = {
            "user": user.name,
            "arn": user.arn,
            "user_creation_time": time_text(user.created),
            "password_enabled": None if enabled is None else str(enabled).lower(),
            "password_last_used": time_text(user.password_last_used),
            "password_last_changed": time_text(user.password_last_changed),
            "mfa_active": _has_devices(user.mfa_devices),
        }
        known = {name: value for name, value in facts.items() if value is not None}
        writer.writerow(known | _keys(user.access_keys))
    return {
        "Content": text.getvalue().encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": call.estate.now,
    }


def _has_devices(number: int | None) -> str:
    return UNSAID if number is None else str(number > 0).lower()


def _keys(keys: tuple[object, ...] | None) -> dict[str, str]:
    """The two access keys that a report has room for; nothing where nobody knows of keys."""
    found: dict[str, str] = {}
    if keys is None:
        return found
    known = [*keys, None, None][:2]
    for number, key in enumerate(known, 1):
        facts = key if isinstance(key, Mapping) else {}
        name = f"access_key_{number}"
        active = key is not None and facts.get("status", "Active") == "Active"
        found[f"{name}_active"] = str(active).lower()
        for column, fact in (("last_rotated", "created"), ("last_used_date", "last_used")):
            time = time_text(facts.get(fact))
            if time is not None:
                found[f"{name}_{column}"] = time
    return found


OPERATIONS: dict[str, Callable[[Call], Json]] = {
    "GetPolicy": lambda call: {"Policy": managed_record(_find(call))},
    "GetPolicyVersion": _get_policy_version,
    "ListPolicyVersions": lambda call: listed(call, "Versions", [_version(_find(call))]),
    "ListPolicies": _list_policies,
    "ListEntitiesForPolicy": _entities_for_policy,
    "GetAccountAuthorizationDetails": _details,
    "GetAccountSummary": _summary,
    "GenerateCredentialReport": lambda _: {"State": "COMPLETE"},
    "GetCredentialReport": _credential_report,
}
