"""What plans and states say about IAM: users, groups, roles, policies, attachments, providers.

Each function reads resource types of
https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.importers.unknown import Unknown, marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Record
    from iamsim.importers.terraform.reading import Reading

_OWNERS = ("role", "user", "group")


def _owner(reading: Reading, kind: str, name: str) -> Record:
    """Give the record of a user, group or role by its name (an ARN's last part counts)."""
    arn = find_arn(name)
    if arn is not None:
        name = arn.resource.rpartition("/")[2]
    draft = reading.draft
    find = {"role": draft.role, "user": draft.user, "group": draft.group}[kind]
    return find(reading.account, name)


def _principal(reading: Reading, kind: str) -> Record:
    """Read what users, groups and roles have in common."""
    record = _owner(reading, kind, reading.name)
    path = reading.text("path")
    if path not in (None, "/"):
        record.set("path", path, reading.place)
    unique_id = reading.instance.values.get("unique_id")
    if isinstance(unique_id, str) and kind != "group":
        record.set("id", unique_id, reading.place)
    record.set("boundary", reading.boundary("permissions_boundary"), reading.place)
    reading.tags(record)
    return record


def _role(reading: Reading) -> None:
    record = _principal(reading, "role")
    trust = reading.policy("assume_role_policy") or reading.lost("assume_role_policy")
    record.set("trust", trust, reading.place)
    seconds = reading.instance.values.get("max_session_duration")
    if isinstance(seconds, int):
        record.set("max_session_duration", seconds, reading.place)


def _computed_parts(reading: Reading) -> None:
    """Read the policies that the role itself lists, in its blocks or as AWS tells them.

    The resources of policies and attachments come first, and what the plan takes away is left out.
    """
    record = _owner(reading, "role", reading.name)
    removals = reading.plan.removals
    known = record.data.get("inline_policies")
    for number, block in reading.numbered_blocks("inline_policy"):
        name = block.get("name")
        if not isinstance(name, str) or (isinstance(known, dict) and name in known):
            continue
        removed = removals.from_role(reading.name, name)
        if removed is not True:
            path = ("inline_policy", number, "policy")
            document = reading.document(block.get("policy"), f"the policy {quote(name)}", path)
            if name in reading.plan.inline_of_unknown:  # it may be this one, as it will be
                why = f"the role that {quote(name)} will be attached to can't be told"
                document = marker(why, reading.place)
            document = reading.unless_removed(document, removed)
            if document is not None:
                record.inline(name, document, reading.place)
    for arn in reading.references("managed_policy_arns"):
        removed = isinstance(arn, str) and removals.from_role(reading.name, arn)
        if isinstance(arn, str) and isinstance(removed, Unknown):
            record.attach([reading.maybe(arn, removed)])
        elif not removed:
            record.attach([arn])


def _user(reading: Reading) -> None:
    _principal(reading, "user")


def _group(reading: Reading) -> None:
    _principal(reading, "group")


def _policy(reading: Reading) -> None:
    document = reading.policy()
    if document is not None:
        reading.draft.customer_policy(
            reading.account, reading.name, document, path=reading.text("path"), place=reading.place
        )


def _inline(kind: str) -> Callable[[Reading], None]:
    """Make the reader of `aws_iam_role_policy` and its like."""

    def read(reading: Reading) -> None:
        owner = reading.owner(kind)
        document = reading.policy()
        name = reading.text("name") or reading.name
        if owner is None:
            reading.plan.inline_of_unknown.add(name)
        else:
            document = document or reading.lost("policy")
            _owner(reading, kind, owner).inline(name, document, reading.place)

    return read


def _attachment(kind: str, owner: str, arns: str) -> Callable[[Reading], None]:
    """Make the reader of an attachment: `owner` and `arns` are its arguments."""

    def read(reading: Reading) -> None:
        name = reading.owner(owner)
        if name is not None:
            _owner(reading, kind, name).attach(_references(reading, arns))

    return read


def _references(reading: Reading, name: str) -> list[object]:
    """Give a list that the instance has in any case, or the marker of a lost one."""
    found = reading.references(name)
    return [reading.lost(name)] if not found and reading.value(name) in (None, "") else found


def _policy_attachment(reading: Reading) -> None:
    arns = _references(reading, "policy_arn")
    if not any(reading.value(f"{kind}s") for kind in _OWNERS):  # Terraform refuses that
        why = f"{quote(reading.place)} names nobody to whom it attaches a policy"
        reading.remark("record-not-readable", why)
        reading.doubt(why)
    for kind in _OWNERS:
        reading.doubt_entries(f"{kind}s")
        for name in reading.texts(f"{kind}s"):
            _owner(reading, kind, name).attach(arns)


def _user_groups(reading: Reading) -> None:
    user = reading.owner("user")
    if user is not None:
        _owner(reading, "user", user).extend("groups", _references(reading, "groups"))


def _group_users(reading: Reading) -> None:
    group = reading.owner("group")
    if reading.value("users") is None:
        reading.owner("users")
    reading.doubt_entries("users")
    for name in reading.texts("users") if group is not None else ():
        _owner(reading, "user", name).extend("groups", [group])


def _instance_profile(reading: Reading) -> None:
    role = reading.text("role")
    if role is not None:
        _owner(reading, "role", role).extend("instance_profiles", [reading.arn])


def _provider(reading: Reading) -> None:
    reading.draft.account(reading.account).extend("providers", [reading.arn])


def _service_linked_role(reading: Reading) -> None:
    service = reading.text("aws_service_name")
    if service is None:
        return
    name = reading.instance.values.get("name")
    if not isinstance(name, str):
        name = f"AWSServiceRoleFor{service.partition('.')[0].capitalize()}"
        suffix = reading.text("custom_suffix")
        name = f"{name}_{suffix}" if suffix else name
        reading.remark(
            "name-unknown",
            f"how AWS calls the service-linked role of {quote(service)} is not known: it is"
            f" {quote(name)} here",
        )
    record = _owner(reading, "role", name)
    record.set("path", f"/aws-service-role/{service}/", reading.place)
    record.set("service_linked", value=True, place=reading.place)
    reading.tags(record)


def _known_policy(reading: Reading) -> None:
    """Read a policy that is there already; those of AWS are known."""
    arn = find_arn(str(reading.instance.values.get("arn")))
    if arn is not None and arn.account != "aws":
        _policy(reading)


def _known_role(reading: Reading) -> None:
    """Read what a data source tells of a role that is there already."""
    if isinstance(reading.instance.values.get("arn"), str):
        _role(reading)


DATA_READERS: dict[str, Callable[[Reading], None]] = {
    "aws_iam_policy": _known_policy,
    "aws_iam_role": _known_role,
}
READERS: dict[str, Callable[[Reading], None]] = {
    "aws_iam_group": _group,
    "aws_iam_group_membership": _group_users,
    "aws_iam_group_policy": _inline("group"),
    "aws_iam_group_policy_attachment": _attachment("group", "group", "policy_arn"),
    "aws_iam_group_policy_attachments_exclusive": _attachment("group", "group_name", "policy_arns"),
    "aws_iam_instance_profile": _instance_profile,
    "aws_iam_openid_connect_provider": _provider,
    "aws_iam_policy": _policy,
    "aws_iam_policy_attachment": _policy_attachment,
    "aws_iam_role": _role,
    "aws_iam_role_policy": _inline("role"),
    "aws_iam_role_policy_attachment": _attachment("role", "role", "policy_arn"),
    "aws_iam_role_policy_attachments_exclusive": _attachment("role", "role_name", "policy_arns"),
    "aws_iam_saml_provider": _provider,
    "aws_iam_service_linked_role": _service_linked_role,
    "aws_iam_user": _user,
    "aws_iam_user_group_membership": _user_groups,
    "aws_iam_user_policy": _inline("user"),
    "aws_iam_user_policy_attachment": _attachment("user", "user", "policy_arn"),
    "aws_iam_user_policy_attachments_exclusive": _attachment("user", "user_name", "policy_arns"),
}
LATE_READERS: dict[str, Callable[[Reading], None]] = {"aws_iam_role": _computed_parts}
