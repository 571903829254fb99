"""The organization in iam-collect's storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import is_account_id
from iamsim.importers.shapes import text, texts

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.shapes import Json
    from iamsim.importers.tree import PolicyKind

__all__ = ["read_organization"]

TYPES: dict[PolicyKind, str] = {
    "scps": "SERVICE_CONTROL_POLICY",
    "rcps": "RESOURCE_CONTROL_POLICY",
}


def read_organization(organization_id: str, files: dict[str, object], draft: Draft) -> None:
    """Read an organization from all files under its folder, by their paths from there."""
    metadata = _record(files.get("metadata"))
    organization = draft.organization()
    organization.set("id", text(metadata, "id") or organization_id)
    organization.set("management_account", text(metadata, "rootAccountId"))
    root = text(metadata, "rootOu")
    if root is not None:
        draft.tree.node(root, "Root")
    features = metadata.get("features")
    if isinstance(features, dict):
        draft.tree.enable(name for name, enabled in features.items() if enabled is True)
    for unit, facts in _records(files.get("ous")):
        draft.tree.node(unit)
        parent = text(facts, "parent")
        if parent is not None and parent != unit:
            draft.tree.place(unit, parent, f"ous.{unit}")
        _attach(unit, facts, draft)
    for account, facts in _records(files.get("accounts")):
        if not is_account_id(account):
            draft.remark("record-not-readable", "this is no account id", f"accounts.{account}")
            continue
        draft.account(account)
        draft.tree.accounts.add(account)
        home = text(facts, "ou")
        if home is not None:
            draft.tree.place(account, home, f"accounts.{account}")
        _attach(account, facts, draft)
    for path, data in sorted(files.items()):
        _read_part(path.split("/"), _record(data), draft)


def _read_part(path: list[str], data: Json, draft: Draft) -> None:
    """Read the file of one unit or policy."""
    match path:
        case ["ous", unit, "metadata"]:
            draft.tree.node(unit, text(data, "name"))
        case ["scps" | "rcps" as kind, policy_id, "metadata"]:
            draft.tree.policy(policy_id, name=text(data, "name"), policy_type=_type(kind))
        case ["scps" | "rcps" as kind, policy_id, "policy"]:
            draft.tree.policy(
                policy_id, policy_type=_type(kind), document=data, place="/".join(path)
            )
        case _:
            pass


def _type(kind: str) -> str:
    return TYPES["scps" if kind == "scps" else "rcps"]


def _attach(target: str, facts: Json, draft: Draft) -> None:
    """Read what is attached to a unit or an account: ARNs of policies."""
    for kind in TYPES:
        if kind in facts:
            ids = [arn.rpartition("/")[2] for arn in texts(facts, kind)]
            draft.tree.attach_all(ids, target, kind)


def _record(data: object) -> Json:
    return data if isinstance(data, dict) else {}


def _records(data: object) -> list[tuple[str, Json]]:
    return [(name, _record(facts)) for name, facts in _record(data).items()]
