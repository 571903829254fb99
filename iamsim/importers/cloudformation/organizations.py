"""What templates say about AWS Organizations and IAM Identity Center.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Organizations.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SSO.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.importers.facts import FULL_ACCESS, attach_control_policy, note_unassigned
from iamsim.importers.nameless import note_nameless
from iamsim.importers.resource_kinds import arn_of, known_type
from iamsim.importers.unknown import Unknown, find_unknown, mark_of, marker

if TYPE_CHECKING:
    from iamsim.importers.cloudformation.reading import Reading
    from iamsim.importers.tree import PolicyKind

ASSIGNMENT = "AWS::SSO::Assignment"
PERMISSION_SET = "AWS::SSO::PermissionSet"
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html
_is_policy_type = re.compile(r"[A-Z][A-Z0-9_]*POLICY[A-Z0-9_]*").fullmatch


def _organization(reading: Reading) -> None:
    organization = reading.draft.organization()
    organization.set("management_account", reading.account, reading.place)
    reading.remark("id-unknown", "the ids of the organization and its root are not in the template")


def _unit(reading: Reading) -> None:
    unit = reading.identity.name
    reading.draft.tree.node(unit, reading.text("Name"))
    parent = reading.text("ParentId")
    if parent is not None:
        reading.draft.tree.place(unit, parent, reading.place)


def _account(reading: Reading) -> None:
    name = reading.text("AccountName") or reading.logical_id
    reading.remark("id-unknown", f"the id of the account {quote(name)} is not in the template")


def _policy(reading: Reading) -> None:
    policy_type = reading.text("Type")
    if policy_type is None or not _is_policy_type(policy_type):
        _doubt(reading, (kind for kind, _ in FULL_ACCESS.values()), "its type is not known")
        return
    if policy_type not in FULL_ACCESS:
        return
    content = reading.properties.get("Content")
    document = reading.document("" if content is None else content, "the policy")
    name = reading.identity.name
    reading.draft.tree.policy(
        name,
        name=reading.text("Name"),
        policy_type=policy_type,
        document=document,
        place=reading.place,
    )
    made_here = {
        identity.reference
        for logical_id in reading.stack.resources
        if (identity := reading.stack.identity(logical_id)) is not None
    }
    targets = reading.texts("TargetIds")
    said = reading.properties.get("TargetIds", [])
    if not isinstance(said, list) or len(said) > len(targets):
        _doubt(reading, [FULL_ACCESS[policy_type][0]], "not all of its targets are known")
    for target in targets:
        attach_control_policy(
            reading.draft,
            policy_type,
            name,
            target,
            made_here=target in made_here,
            place=reading.place,
        )


def _doubt(reading: Reading, kinds: Iterable[PolicyKind], why: str) -> None:
    """Doubt what is attached everywhere: nobody knows where a policy is, or what kind it is of."""
    message = f"where the policy is attached is not known: {why}"
    reading.remark("unknown-value", message)
    for kind in kinds:
        reading.draft.tree.doubt_root(kind, message)


def _permission_set(reading: Reading) -> None:
    """Say of a permission set that nothing here assigns that its roles are not known."""
    stack, own = reading.stack, reading.identity
    assigned = (
        stack.properties(logical_id).get("PermissionSetArn")
        for logical_id, resource in stack.resources.items()
        if resource.get("Type") == ASSIGNMENT
    )
    if own.arn not in assigned:
        note_unassigned(reading.draft, own.name, reading.place)


def _assignment(reading: Reading) -> None:
    """Read an assignment: the permission set is provisioned into the account."""
    target, arn = reading.text("TargetId"), reading.text("PermissionSetArn")
    if target is None or arn is None:
        reading.draft.lose("an assignment says not of which permission set, or to which account")
        return
    if not is_account_id(target):
        reading.remark("not-an-account", f"{quote(target)} is no account id", "skipped")
        return
    stack = reading.stack
    for logical_id in stack.resources:
        identity = stack.identity(logical_id)
        if identity is not None and identity.arn == arn:
            properties = stack.properties(logical_id)
            found = type(reading)(stack, reading.draft, logical_id, properties, reading.prefix)
            _provision(found, target)
            return
    missing = f"the permission set {quote(arn)} is not here"
    reading.remark("permission-set-missing", missing)
    reading.draft.lose(missing)


def _provision(reading: Reading, account: str) -> None:
    name, called = reading.properties.get("Name"), reading.identity.name
    if isinstance(name, Unknown):
        own = f"arn:{reading.scope.partition}:iam::{account}:role/AWSReservedSSO_{called}"
        note_nameless(reading.draft, own, account, f"it depends on {name.why}", called)
    record = reading.draft.permission_set(account, called)
    record.attach(reading.references("ManagedPolicies"))
    record.attach(_customer_policies(reading, account))
    inline = reading.properties.get("InlinePolicy")
    record.set("inline", reading.document(inline or None, "the inline policy"), reading.place)
    record.set("session_duration", reading.text("SessionDuration"), reading.place)
    record.set("boundary", _boundary(reading, account), reading.place)


def _customer_policies(reading: Reading, account: str) -> Iterator[object]:
    """Give the customer managed policies of a permission set, each by its ARN in an account."""
    name = "CustomerManagedPolicyReferences"
    listed = reading.properties.get(name)
    reading.records(name)
    for item in listed if isinstance(listed, list) else [listed]:
        if item is not None:
            yield _customer_policy(reading, item, account, name)


def _boundary(reading: Reading, account: str) -> object:
    """Give the permissions boundary of a permission set; one that can't be told is marked."""
    name, of_customer = "PermissionsBoundary", "CustomerManagedPolicyReference"
    boundary = reading.properties.get(name)
    if boundary is None and name not in reading.properties:
        return None
    reference = boundary.get(of_customer) if isinstance(boundary, dict) else None
    if reference is not None:
        return _customer_policy(reading, reference, account, name)
    return reading.text("ManagedPolicyArn", boundary) or _not_told(reading, boundary, name)


def _customer_policy(reading: Reading, reference: object, account: str, name: str) -> object:
    """Give the ARN of a customer managed policy in an account; one that can't be told is marked."""
    named = reading.text("Name", reference)
    if named is None or find_unknown(reference) is not None:
        return _not_told(reading, reference, name)
    scope = reading.scope._replace(account=account)
    path = reading.text("Path", reference) or "/"
    return arn_of(known_type("AWS::IAM::ManagedPolicy"), scope, named, path)


def _not_told(reading: Reading, value: object, name: str) -> dict[str, object]:
    """Mark a policy that can't be told by what the template says."""
    unknown = find_unknown(value)
    if unknown is not None:
        return mark_of(unknown)
    why = f"{quote(name)} of {quote(reading.logical_id)} names no policy"
    reading.remark("policy-not-readable", why)
    return marker(why, reading.place)


READERS: dict[str, Callable[[Reading], None]] = {
    "AWS::Organizations::Account": _account,
    "AWS::Organizations::Organization": _organization,
    "AWS::Organizations::OrganizationalUnit": _unit,
    "AWS::Organizations::Policy": _policy,
    ASSIGNMENT: _assignment,
    PERMISSION_SET: _permission_set,
}
