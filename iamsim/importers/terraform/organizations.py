"""What plans and states say about AWS Organizations.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/organizations_policy_attachment
and the pages beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.importers.facts import FULL_ACCESS, attach_control_policy
from iamsim.importers.terraform.reading import Reading
from iamsim.importers.unknown import Unknown

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.terraform.resolving import Plan
    from iamsim.importers.tree import PolicyKind

ATTACHMENT = "aws_organizations_policy_attachment"
_FULL_ACCESS_IDS = tuple(policy_id for _, policy_id in FULL_ACCESS.values())


def _organization(reading: Reading) -> None:
    organization = reading.draft.organization()
    values = reading.instance.values
    own_id, management = values.get("id"), values.get("master_account_id")
    if isinstance(own_id, str):
        organization.set("id", own_id, reading.place)
    account = management if isinstance(management, str) else reading.account
    organization.set("management_account", account, reading.place)
    for root in reading.blocks("roots"):
        root_id, name = root.get("id"), root.get("name")
        if isinstance(root_id, str):
            reading.draft.tree.node(root_id, name if isinstance(name, str) else None)
    for member in reading.blocks("accounts"):
        account_id, name = member.get("id"), member.get("name")
        if isinstance(account_id, str) and is_account_id(account_id) and isinstance(name, str):
            reading.draft.account(account_id).set("name", name, reading.place)


def _unit(reading: Reading) -> None:
    unit = _id(reading)
    name = reading.instance.values.get("name")
    reading.draft.tree.node(unit, name if isinstance(name, str) else None)
    parent = reading.text("parent_id")
    if parent is not None:
        reading.draft.tree.place(unit, parent, reading.place)


def _id(reading: Reading) -> str:
    """Give the id of a unit or a policy, made of the address where AWS will make it."""
    own_id = reading.plan.attribute(reading.instance, "id")
    return own_id if isinstance(own_id, str) else reading.name


def _account(reading: Reading) -> None:
    own_id = reading.instance.values.get("id")
    name = reading.instance.values.get("name")
    if not isinstance(own_id, str) or not is_account_id(own_id):
        reading.remark("id-unknown", f"the id of the account {quote(str(name))} is not known yet")
        if not isinstance(own_id, Unknown):  # it is there already
            reading.draft.tree.members_lost = True
        return
    record = reading.draft.account(own_id)
    if isinstance(name, str):
        record.set("name", name, reading.place)
    parent = reading.text("parent_id")
    if parent is not None:
        reading.draft.tree.place(own_id, parent, reading.place)
    elif not reading.is_computed("parent_id") or isinstance(reading.value("parent_id"), Unknown):
        reading.draft.tree.accounts.add(own_id)


def _policy(reading: Reading) -> None:
    policy_type = reading.text("type") or "SERVICE_CONTROL_POLICY"
    document = reading.policy("content") if policy_type in FULL_ACCESS else None
    name = reading.instance.values.get("name")
    if document is not None:
        reading.draft.tree.policy(
            _id(reading),
            name=name if isinstance(name, str) else None,
            policy_type=policy_type,
            document=document,
            place=reading.place,
        )


def read_attachments(plan: Plan, draft: Draft) -> None:
    """Read all attachments; of which type a policy is, the policy says, which was read before."""
    readings = [Reading(plan, draft, instance) for instance in plan.instances.values()]
    made_here = {
        _id(reading)
        for reading in readings
        if reading.instance.type
        in ("aws_organizations_organizational_unit", "aws_organizations_account")
    }
    for reading in readings:
        if reading.instance.type == ATTACHMENT:
            _attachment(reading, made_here)


def _attachment(reading: Reading, made_here: set[str]) -> None:
    policy, target = reading.text("policy_id"), reading.text("target_id")
    policies = reading.draft.tree.policies
    known = policies.get(policy or "")
    kind = known.kind if known is not None else None
    types: dict[PolicyKind, str] = {field: name for name, (field, _) in FULL_ACCESS.items()}
    if policy in _FULL_ACCESS_IDS:
        kind = "rcps" if "RCP" in str(policy) else "scps"
    if policy is None or target is None or kind is None:
        what = "which policy is attached to which target is not known"
        if policy is not None and target is not None:
            what = f"what the policy {quote(policy)} is does not stand here"
        reading.remark("policy-missing", what)
        for doubted in (kind,) if kind is not None else types:
            if target is None:
                reading.draft.tree.doubt_root(doubted, what)
            else:
                reading.draft.tree.doubt(target, doubted, what)
        return
    attach_control_policy(
        reading.draft,
        types[kind],
        policy,
        target,
        made_here=target in made_here,
        place=reading.place,
    )


def _administrator(reading: Reading) -> None:
    account = reading.text("account_id")
    if account is not None and is_account_id(account):
        reading.draft.organization().extend("delegated_administrators", [account])


READERS: dict[str, Callable[[Reading], None]] = {
    "aws_organizations_account": _account,
    "aws_organizations_delegated_administrator": _administrator,
    "aws_organizations_organization": _organization,
    "aws_organizations_organizational_unit": _unit,
    "aws_organizations_policy": _policy,
}
