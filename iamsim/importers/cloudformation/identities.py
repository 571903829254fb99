"""What templates say about IAM: users, groups, roles, policies, identity providers.

Each function reads one resource type of
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.importers.unknown import Unknown, marker

if TYPE_CHECKING:
    from iamsim.importers.cloudformation.reading import Reading
    from iamsim.importers.draft import Record

OWNERS = ("Groups", "Roles", "Users")


def _principal(reading: Reading, record: Record) -> None:
    """Read what users, groups and roles have in common."""
    path = reading.text("Path")
    if path not in (None, "/"):
        record.set("path", path, reading.place)
    record.attach(reading.references("ManagedPolicyArns"))
    record.set("boundary", reading.boundary("PermissionsBoundary"), reading.place)
    for policy in reading.records("Policies"):
        _inline(reading, record, policy)
    listed = reading.properties.get("Policies")
    for item in listed if isinstance(listed, list) else [listed]:
        if isinstance(item, Unknown):
            record.attach([marker(f"it depends on {item.why}", item.why)])
    reading.tags(record)


def _inline(reading: Reading, record: Record, policy: dict[str, object]) -> None:
    name = reading.text("PolicyName", policy) or reading.logical_id
    document = reading.document(policy.get("PolicyDocument"), f"the policy {quote(name)}")
    record.inline(name, document or _lost(reading, name), reading.place)


def _lost(reading: Reading, name: str) -> dict[str, object]:
    """Mark a policy without a document, which CloudFormation refuses: it was lost."""
    why = f"the policy {quote(name)} has no document"
    reading.remark("policy-not-readable", why)
    return marker(why, reading.place)


def _role(reading: Reading) -> None:
    record = reading.draft.role(reading.account, reading.identity.name)
    trust = reading.document(reading.properties.get("AssumeRolePolicyDocument"), "the trust policy")
    record.set("trust", trust or _lost(reading, "AssumeRolePolicyDocument"), reading.place)
    record.set("max_session_duration", _number(reading.text("MaxSessionDuration")), reading.place)
    _principal(reading, record)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _user(reading: Reading) -> None:
    record = reading.draft.user(reading.account, reading.identity.name)
    _principal(reading, record)
    groups = reading.references("Groups")
    if groups:
        record.extend("groups", groups)


def _group(reading: Reading) -> None:
    _principal(reading, reading.draft.group(reading.account, reading.identity.name))


def _owners(reading: Reading) -> list[Record]:
    """Find the users, groups and roles that a policy names."""
    draft, account = reading.draft, reading.account
    return [
        *(draft.role(account, name) for name in reading.owners("Roles")),
        *(draft.user(account, name) for name in reading.owners("Users")),
        *(draft.group(account, name) for name in reading.owners("Groups")),
    ]


def _managed_policy(reading: Reading) -> None:
    identity = reading.identity
    document = reading.document(reading.properties.get("PolicyDocument"), "the policy")
    if document is None:
        reading.doubt(f"what {quote(reading.logical_id)} is attached to was lost with its document")
    reading.draft.customer_policy(
        reading.account,
        identity.name,
        document or _lost(reading, identity.name),
        path=reading.text("Path"),
        place=reading.place,
    )
    for owner in _owners(reading):
        owner.attach([identity.arn])


def _policy(reading: Reading) -> None:
    if not any(map(reading.properties.get, OWNERS)):
        reading.missing(*OWNERS)
    for owner in _owners(reading):
        _inline(reading, owner, reading.properties)


def _policy_of(kind: str) -> Callable[[Reading], None]:
    """Make the reader of `AWS::IAM::RolePolicy` and its like."""

    def read(reading: Reading) -> None:
        named = f"{kind.capitalize()}Name"
        name = reading.owner(named)
        if not name:
            if not reading.properties.get(named):
                reading.missing(named)
            return
        draft, account = reading.draft, reading.account
        find = {"role": draft.role, "user": draft.user, "group": draft.group}[kind]
        _inline(reading, find(account, name), reading.properties)

    return read


def _membership(reading: Reading) -> None:
    lost = [name for name in ("GroupName", "Users") if not reading.properties.get(name)]
    if lost:
        reading.missing(*lost)
    group, names = reading.owner("GroupName"), reading.owners("Users")
    for name in names if group is not None else ():
        reading.draft.user(reading.account, name).extend("groups", [group])


def _instance_profile(reading: Reading) -> None:
    for name in reading.texts("Roles"):
        role = reading.draft.role(reading.account, name)
        role.extend("instance_profiles", [reading.identity.arn])


def _provider(reading: Reading) -> None:
    reading.draft.account(reading.account).extend("providers", [reading.identity.arn])


def _service_linked_role(reading: Reading) -> None:
    service = reading.text("AWSServiceName")
    if service is None:
        return
    identity = reading.identity
    record = reading.draft.role(reading.account, identity.name)
    record.set("path", f"/aws-service-role/{service}/", reading.place)
    record.set("service_linked", value=True, place=reading.place)
    reading.remark(
        "name-unknown",
        f"how AWS calls the service-linked role of {quote(service)} is not in the template: it is"
        f" {quote(identity.name)} here, without policies",
    )


READERS: dict[str, Callable[[Reading], None]] = {
    "AWS::IAM::Group": _group,
    "AWS::IAM::GroupPolicy": _policy_of("group"),
    "AWS::IAM::InstanceProfile": _instance_profile,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::OIDCProvider": _provider,
    "AWS::IAM::Policy": _policy,
    "AWS::IAM::Role": _role,
    "AWS::IAM::RolePolicy": _policy_of("role"),
    "AWS::IAM::SAMLProvider": _provider,
    "AWS::IAM::ServiceLinkedRole": _service_linked_role,
    "AWS::IAM::User": _user,
    "AWS::IAM::UserPolicy": _policy_of("user"),
    "AWS::IAM::UserToGroupAddition": _membership,
    "Custom::AWSCDKOpenIdConnectProvider": _provider,
}
