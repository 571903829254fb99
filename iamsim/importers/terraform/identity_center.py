"""What plans and states say about IAM Identity Center: permission sets, where they are assigned.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ssoadmin_permission_set
and the pages beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.importers.facts import note_unassigned
from iamsim.importers.resource_kinds import arn_of, known_type
from iamsim.importers.terraform.reading import Reading
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record
    from iamsim.importers.terraform.resolving import Plan

PREFIX = "aws_ssoadmin_"
BLOCK = "customer_managed_policy_reference"
Json = dict[str, object]
Provisioned = list[tuple[str, "Record"]]


def read_permission_sets(plan: Plan, draft: Draft) -> None:
    """Provision each permission set into the accounts that it is assigned to."""
    readings = [
        Reading(plan, draft, instance)
        for instance in plan.instances.values()
        if instance.type.startswith(PREFIX) and instance.address.mode == "managed"
    ]
    sets = {
        reading.arn: reading
        for reading in readings
        if reading.instance.type == f"{PREFIX}permission_set"
    }
    provisioned: dict[str, Provisioned] = {}
    for reading in readings:
        if reading.instance.type == f"{PREFIX}account_assignment":
            arn, account = reading.text("permission_set_arn"), reading.text("target_id")
            if arn is None or account is None or not is_account_id(account):
                draft.lose("an assignment says not of which permission set, or to which account")
                continue
            if arn not in sets:
                missing = f"the permission set {quote(arn)} is not here"
                reading.remark("permission-set-missing", missing)
                draft.lose(missing)
                continue
            record = draft.permission_set(account, sets[arn].name)
            duration = sets[arn].text("session_duration")
            record.set("session_duration", duration, reading.place)
            known = provisioned.setdefault(arn, [])
            if account not in dict(known):
                known.append((account, record))
    for arn in sorted(sets.keys() - provisioned.keys()):
        note_unassigned(draft, sets[arn].name, sets[arn].place)
    for reading in readings:
        read = _READERS.get(reading.instance.type.removeprefix(PREFIX))
        if read is not None:
            read(reading, provisioned.get(reading.owner("permission_set_arn") or "", []))


def _inline_policy(reading: Reading, provisioned: Provisioned) -> None:
    document = reading.policy("inline_policy")
    for _, record in provisioned:
        record.set("inline", document, reading.place)


def _managed_policy(reading: Reading, provisioned: Provisioned) -> None:
    arns = reading.references("managed_policy_arn") or [_lost(reading)]
    for _, record in provisioned:
        record.attach(arns)


def _customer_policy(reading: Reading, provisioned: Provisioned) -> None:
    # It attaches one: what can't be read may be any.
    for block in reading.blocks(BLOCK) or [{}]:
        for account, record in provisioned:
            record.attach([_reference(reading, block, account)])


def _boundary(reading: Reading, provisioned: Provisioned) -> None:
    for block in reading.blocks("permissions_boundary") or [{}]:
        reference = block.get(BLOCK)
        reference = reference[0] if isinstance(reference, list) and reference else reference
        arn = block.get("managed_policy_arn")
        for account, record in provisioned:
            of_customer = not isinstance(arn, str) or not arn
            boundary = _reference(reading, reference, account) if of_customer else arn
            record.set("boundary", boundary, reading.place)


def _reference(reading: Reading, reference: object, account: str) -> object:
    """Give the ARN of a customer managed policy in an account; one that can't be told is marked."""
    name = reference.get("name") if isinstance(reference, dict) else None
    if not isinstance(reference, dict) or not isinstance(name, str):
        return _lost(reading)
    path = reference.get("path") or "/"
    if not isinstance(path, str):
        return _lost(reading)
    scope = reading.scope._replace(account=account)
    return arn_of(known_type("aws_iam_policy"), scope, name, path)


def _lost(reading: Reading) -> Json:
    """Mark the policy that an attachment names, where that can't be read."""
    why = f"the policy that {quote(reading.place)} attaches can't be read"
    reading.remark("unknown-value", why)
    return marker(why, reading.draft.file)


_READERS: dict[str, Callable[[Reading, Provisioned], None]] = {
    "customer_managed_policy_attachment": _customer_policy,
    "managed_policy_attachment": _managed_policy,
    "permission_set_inline_policy": _inline_policy,
    "permissions_boundary_attachment": _boundary,
}
TYPES = frozenset(f"{PREFIX}{kind}" for kind in (*_READERS, "account_assignment", "permission_set"))
