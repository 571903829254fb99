"""What a world holds of IAM, in the members of AWS's structures.

What AWS always says and the world does not has a stand-in (`iamsim.core.stand_in`).
https://docs.aws.amazon.com/IAM/latest/APIReference/API_Types.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from iamsim.core.stand_in import NO_TIME, stand_in_id
from iamsim.serve.policies import Managed, arn_of, is_inline, name_of
from iamsim.world.model import Account, AnyPolicy, Group, PolicyDocument, Role, User

Json = dict[str, object]
_not_in_names = re.compile(r"[^\w+=,.@-]", re.ASCII).sub
NOBODY = {"Version": "2012-10-17", "Statement": []}


def time_text(text: object) -> str | None:
    """A time as AWS writes it; `None` for what is none."""
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    time = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def document_text(policy: AnyPolicy | None) -> str:
    """A policy's document as IAM gives it: JSON, encoded as a URL is. Nothing grants nothing."""
    if isinstance(policy, PolicyDocument):
        return quote(json.dumps(policy.document, indent=2), safe="")
    if policy is not None:
        from iamsim.catalog.managed import find_managed_policy

        managed = find_managed_policy(policy.arn)
        if managed is not None:
            return quote(managed.document_text, safe="")
    return quote(json.dumps(NOBODY), safe="")


def tags(given: Mapping[str, str]) -> list[Json]:
    """Tags as a list of pairs."""
    return [{"Key": key, "Value": value} for key, value in given.items()]


def user_record(user: User) -> Json:
    """A user as GetUser gives it; lists leave boundary and tags out."""
    return _with_boundary(
        {
            "Path": user.path,
            "UserName": user.name,
            "UserId": user.id or stand_in_id("AIDA", user.arn),
            "Arn": user.arn,
            "CreateDate": time_text(user.created) or NO_TIME,
            "PasswordLastUsed": time_text(user.password_last_used),
            "Tags": tags(user.tags),
        },
        user.boundary,
        user.account,
        user.partition,
    )


def role_record(role: Role) -> Json:
    """A role as GetRole gives it; lists leave boundary, tags and last use out."""
    return _with_boundary(
        {
            "Path": role.path,
            "RoleName": role.name,
            "RoleId": role.id or stand_in_id("AROA", role.arn),
            "Arn": role.arn,
            "CreateDate": time_text(role.created) or NO_TIME,
            "AssumeRolePolicyDocument": document_text(role.trust),
            "MaxSessionDuration": role.max_session_duration,
            "Tags": tags(role.tags),
            "RoleLastUsed": {"LastUsedDate": time_text(role.last_used)} if role.last_used else {},
        },
        role.boundary,
        role.account,
        role.partition,
    )


def group_record(group: Group) -> Json:
    """A group."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id or stand_in_id("AGPA", group.arn),
        "Arn": group.arn,
        "CreateDate": NO_TIME,
    }


def profile_record(account: Account, arn: str) -> Json:
    """An instance profile, with the role in it."""
    path, _, name = arn.partition(":instance-profile")[2].rpartition("/")
    return {
        "Path": f"{path}/",
        "InstanceProfileName": name,
        "InstanceProfileId": stand_in_id("AIPA", arn),
        "Arn": arn,
        "CreateDate": NO_TIME,
        "Roles": [
            role_record(role) for role in account.roles.values() if arn in role.instance_profiles
        ],
    }


def managed_record(policy: Managed) -> Json:
    """A managed policy as ListPolicies gives it."""
    return {
        "PolicyName": policy.name,
        "PolicyId": stand_in_id("ANPA", policy.arn),
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.version,
        "AttachmentCount": policy.attachments,
        "PermissionsBoundaryUsageCount": policy.boundaries,
        "IsAttachable": True,
        "CreateDate": policy.created,
        "UpdateDate": policy.updated,
    }


def attached(entity: User | Group | Role) -> list[Json]:
    """The managed policies that are attached to a user, group or role."""
    return [
        {
            "PolicyName": name_of(policy),
            "PolicyArn": arn_of(policy, entity.account, entity.partition),
        }
        for policy in entity.policies
        if not is_inline(policy)
    ]


def inline(entity: User | Group | Role) -> dict[str, AnyPolicy]:
    """The inline policies of a user, group or role, by name; one that a world gives no name has
    a sentence for one, of which the characters stay that AWS allows."""
    found = {
        _not_in_names("-", policy.name): policy for policy in entity.policies if is_inline(policy)
    }
    return dict(sorted(found.items()))


def _with_boundary(record: Json, boundary: AnyPolicy | None, account: str, partition: str) -> Json:
    if boundary is not None:
        record["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": arn_of(boundary, account, partition),
        }
    return record
