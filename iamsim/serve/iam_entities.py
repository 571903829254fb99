"""IAM: users, groups, roles, instance profiles, providers, and what hangs on them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from iamsim.core.arn import find_arn
from iamsim.core.stand_in import NO_TIME
from iamsim.serve.errors import ServiceError, no_such_entity, validation_error
from iamsim.serve.records import (
    attached,
    document_text,
    group_record,
    inline,
    profile_record,
    role_record,
    tags,
    time_text,
    user_record,
)

if TYPE_CHECKING:
    from iamsim.serve.call import Call, Json
    from iamsim.world.model import Group, Role, User

    Find = Callable[[Call], User | Group | Role]

T = TypeVar("T", bound="User | Group | Role")

# What lists leave out: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
DETAILS = frozenset({"PermissionsBoundary", "Tags", "RoleLastUsed"})
NOTHING_HELD = "the world does not hold any of these: the list is empty for want of knowledge"


def listed(call: Call, name: str, items: Sequence[object]) -> Json:
    """A page of a list."""
    fault = validation_error("Invalid Marker.")
    shown, marker = call.page(items, "Marker", "MaxItems", fault)
    return {name: list(shown), "IsTruncated": marker is not None, "Marker": marker}


def _find(kind: str, table: Mapping[str, T], name: str) -> T:
    """Names differ from all others without regard to letter case, and are found so.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    t = table.get(name)
    if t is None:
        t = next((value for key, value in table.items() if key.lower() == name.lower()), None)
    if t is None:
        raise no_such_entity(f"The {kind} with name {name}")
    return t


def find_user(call: Call) -> User:
    """The user that is named, else the one that calls."""
    name = call.text("UserName")
    if name is None:
        arn = find_arn(call.caller)
        name = arn.resource.rpartition("/")[2] if arn is not None else ""
        if name == "root":
            message = "Must specify userName when calling with non-User credentials"
            raise validation_error(message)
    return _find("user", call.account.users, name)


def find_group(call: Call) -> Group:
    """The group that is named."""
    return _find("group", call.account.groups, call.required("GroupName"))


def find_role(call: Call) -> Role:
    """The role that is named."""
    return _find("role", call.account.roles, call.required("RoleName"))


def _under(call: Call, items: Iterable[T]) -> list[T]:
    """What stands under `PathPrefix`, in the order of names."""
    prefix = call.text("PathPrefix") or "/"
    found = (item for item in items if item.path.startswith(prefix))
    return sorted(found, key=lambda item: item.name)


def _short(record: Json) -> Json:
    return {name: value for name, value in record.items() if name not in DETAILS}


def _get_user(call: Call) -> Json:
    arn = call.caller
    if call.text("UserName") is None and arn.endswith(":root"):
        return {"User": {"UserId": call.account.id, "Arn": arn, "CreateDate": NO_TIME}}
    return {"User": user_record(find_user(call))}


def _list_users(call: Call) -> Json:
    users = _under(call, call.account.users.values())
    return listed(call, "Users", [_short(user_record(user)) for user in users])


def _groups_for_user(call: Call) -> Json:
    groups = call.account.groups_of(find_user(call))
    return listed(call, "Groups", [group_record(group) for group in groups])


def _get_group(call: Call) -> Json:
    group = find_group(call)
    members = [user for user in call.account.users.values() if group.name in user.groups]
    records = [_short(user_record(user)) for user in members]
    return {"Group": group_record(group), **listed(call, "Users", records)}


def _list_groups(call: Call) -> Json:
    groups = _under(call, call.account.groups.values())
    return listed(call, "Groups", [group_record(group) for group in groups])


def _list_roles(call: Call) -> Json:
    roles = _under(call, call.account.roles.values())
    return listed(call, "Roles", [_short(role_record(role)) for role in roles])


def _attached(find: Find) -> Callable[[Call], Json]:
    def answer(call: Call) -> Json:
        prefix = call.text("PathPrefix") or "/"
        found = [
            entry
            for entry in attached(find(call))
            if (str(entry["PolicyArn"]).partition(":policy")[2]).startswith(prefix)
        ]
        return listed(call, "AttachedPolicies", found)

    return answer


def _policy_names(find: Find) -> Callable[[Call], Json]:
    return lambda call: listed(call, "PolicyNames", sorted(inline(find(call))))


def _inline_policy(
    kind: str, find: Callable[[Call], User | Group | Role]
) -> Callable[[Call], Json]:
    def answer(call: Call) -> Json:
        entity, name = find(call), call.required("PolicyName")
        policy = inline(entity).get(name)
        if policy is None:
            raise no_such_entity(f"The {kind.lower()} policy with name {name}")
        return {
            f"{kind}Name": entity.name,
            "PolicyName": name,
            "PolicyDocument": document_text(policy),
        }

    return answer


def _profiles(call: Call) -> list[str]:
    roles = call.account.roles.values()
    return sorted({arn for role in roles for arn in role.instance_profiles})


def _list_profiles(call: Call) -> Json:
    prefix = call.text("PathPrefix") or "/"
    records = [profile_record(call.account, arn) for arn in _profiles(call)]
    profiles = [record for record in records if str(record["Path"]).startswith(prefix)]
    return listed(call, "InstanceProfiles", profiles)


def _profiles_for_role(call: Call) -> Json:
    arns = find_role(call).instance_profiles
    return listed(call, "InstanceProfiles", [profile_record(call.account, arn) for arn in arns])


def _get_profile(call: Call) -> Json:
    name = call.required("InstanceProfileName")
    for arn in _profiles(call):
        if arn.rpartition("/")[2] == name:
            return {"InstanceProfile": profile_record(call.account, arn)}
    raise no_such_entity(f"Instance Profile {name}")


def _keys(user: User) -> list[Json]:
    """The access keys that have an id."""
    keys = [key if isinstance(key, Mapping) else {"id": key} for key in user.access_keys or ()]
    return [
        {
            "UserName": user.name,
            "AccessKeyId": key["id"],
            "Status": key.get("status", "Active"),
            "CreateDate": time_text(key.get("created")),
            "last_used": time_text(key.get("last_used")),
        }
        for key in keys
        if isinstance(key.get("id"), str)
    ]


def _list_keys(call: Call) -> Json:
    user = find_user(call)
    keys = _keys(user)
    if user.access_keys is None:
        call.notes["x-iamsim-unknown"] = "whether the user has access keys"
    elif len(keys) < len(user.access_keys):
        call.notes["x-iamsim-unknown"] = "the ids of some access keys are not known"
    return listed(call, "AccessKeyMetadata", keys)


def _key_last_used(call: Call) -> Json:
    wanted = call.required("AccessKeyId")
    for user in call.account.users.values():
        for key in _keys(user):
            if key["AccessKeyId"] == wanted:
                used = {"ServiceName": "N/A", "Region": "N/A", "LastUsedDate": key["last_used"]}
                return {"UserName": user.name, "AccessKeyLastUsed": used}
    # AWS says so of keys that are not in the account, whether they exist or not.
    raise ServiceError("AccessDenied", f"The access key {wanted} is not in this account", 403)


def _mfa_devices(call: Call) -> Json:
    """A world knows how many there are, and no more."""
    user = find_user(call)
    if user.mfa_devices is None:
        call.notes["x-iamsim-unknown"] = "whether the user has MFA devices"
    elif user.mfa_devices:
        call.notes["x-iamsim-unknown"] = "the serial numbers and dates of the devices"
    arn = f"arn:{user.partition}:iam::{user.account}:mfa/{user.name}"
    devices = [
        {
            "UserName": user.name,
            "SerialNumber": arn if number == 1 else f"{arn}-{number}",
            "EnableDate": NO_TIME,
        }
        for number in range(1, (user.mfa_devices or 0) + 1)
    ]
    return listed(call, "MFADevices", devices)


def _login_profile(call: Call) -> Json:
    user = find_user(call)
    if user.password_enabled is None:
        call.notes["x-iamsim-unknown"] = "whether the user has a password"
    if not user.password_enabled:
        raise no_such_entity(f"Login Profile for User {user.name}")
    made = time_text(user.password_last_changed) or NO_TIME
    return {"LoginProfile": {"UserName": user.name, "CreateDate": made}}


def _provider_arns(call: Call, kind: str) -> list[str]:
    return [arn for arn in call.account.providers if f":{kind}/" in arn]


def _open_id_providers(call: Call) -> Json:
    arns = _provider_arns(call, "oidc-provider")
    return {"OpenIDConnectProviderList": [{"Arn": arn} for arn in arns]}


def _open_id_provider(call: Call) -> Json:
    arn = call.required("OpenIDConnectProviderArn")
    if arn not in _provider_arns(call, "oidc-provider"):
        raise no_such_entity(f"OpenIDConnect Provider {arn}")
    call.notes["x-iamsim-unknown"] = "the clients, thumbprints, tags and date of the provider"
    return {"Url": arn.partition(":oidc-provider/")[2]}


def _saml_providers(call: Call) -> Json:
    arns = _provider_arns(call, "saml-provider")
    return {"SAMLProviderList": [{"Arn": arn} for arn in arns]}


def _saml_provider(call: Call) -> Json:
    arn = call.required("SAMLProviderArn")
    if arn not in _provider_arns(call, "saml-provider"):
        raise no_such_entity(f"SAML Provider {arn}")
    call.notes["x-iamsim-unknown"] = "the metadata, tags and dates of the provider"
    return {}


def _unheld(name: str) -> Callable[[Call], Json]:
    """A list of what no world holds: empty, and said to be so for want of knowledge."""

    def answer(call: Call) -> Json:
        call.notes["x-iamsim-unknown"] = NOTHING_HELD
        return listed(call, name, ())

    return answer


OPERATIONS: dict[str, Callable[[Call], Json]] = {
    "GetUser": _get_user,
    "ListUsers": _list_users,
    "ListUserTags": lambda call: listed(call, "Tags", tags(find_user(call).tags)),
    "ListGroupsForUser": _groups_for_user,
    "ListUserPolicies": _policy_names(find_user),
    "GetUserPolicy": _inline_policy("User", find_user),
    "ListAttachedUserPolicies": _attached(find_user),
    "ListAccessKeys": _list_keys,
    "GetAccessKeyLastUsed": _key_last_used,
    "ListMFADevices": _mfa_devices,
    "GetLoginProfile": _login_profile,
    "GetGroup": _get_group,
    "ListGroups": _list_groups,
    "ListGroupPolicies": _policy_names(find_group),
    "GetGroupPolicy": _inline_policy("Group", find_group),
    "ListAttachedGroupPolicies": _attached(find_group),
    "GetRole": lambda call: {"Role": role_record(find_role(call))},
    "ListRoles": _list_roles,
    "ListRoleTags": lambda call: listed(call, "Tags", tags(find_role(call).tags)),
    "ListRolePolicies": _policy_names(find_role),
    "GetRolePolicy": _inline_policy("Role", find_role),
    "ListAttachedRolePolicies": _attached(find_role),
    "GetInstanceProfile": _get_profile,
    "ListInstanceProfiles": _list_profiles,
    "ListInstanceProfilesForRole": _profiles_for_role,
    "ListInstanceProfileTags": _unheld("Tags"),
    "ListOpenIDConnectProviders": _open_id_providers,
    "GetOpenIDConnectProvider": _open_id_provider,
    "ListOpenIDConnectProviderTags": _unheld("Tags"),
    "ListSAMLProviders": _saml_providers,
    "GetSAMLProvider": _saml_provider,
    "ListSAMLProviderTags": _unheld("Tags"),
    "ListAccountAliases": _unheld("AccountAliases"),
    "ListPolicyTags": _unheld("Tags"),
    "ListServerCertificates": _unheld("ServerCertificateMetadataList"),
    "ListSigningCertificates": _unheld("Certificates"),
    "ListSSHPublicKeys": _unheld("SSHPublicKeys"),
    "ListVirtualMFADevices": _unheld("VirtualMFADevices"),
}
