"""The organization in iam-collect's storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.core.arn import is_account_id
from iamsim.core.unknown import find_marker
from iamsim.importers.organizations import delegate, doubt_administrators
from iamsim.importers.shapes import Json, text, texts

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.tree import PolicyKind

SERVICE_NAME = ".amazonaws."
TYPES: dict[PolicyKind, str] = {
    "scps": "SERVICE_CONTROL_POLICY",
    "rcps": "RESOURCE_CONTROL_POLICY",
}


def read_organization(organization_id: str, files: dict[str, object], draft: Draft) -> set[str]:
    """Read an organization from all files under its folder, by their paths from there.

    Gives the paths of the files that were read.
    """
    # Collecting an organization writes all three: one that is not there is lost.
    members = (files.get(name) for name in ("accounts", "metadata", "ous"))
    draft.tree.members_lost |= not all(map(_record, members))
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
            draft.unreadable("this is no account id", f"accounts.{account}")
            continue
        draft.account(account)
        draft.tree.accounts.add(account)
        home = text(facts, "ou")
        if home is not None:
            draft.tree.place(account, home, f"accounts.{account}")
        _attach(account, facts, draft)
    used = {"accounts", "metadata", "ous", "structure"}
    if _read_administrators(files.get("delegated-admins"), draft):
        used |= {"delegated-admins"}
    else:
        doubt_administrators(draft)
    used.update(
        path for path, data in sorted(files.items()) if _read_part(path, _record(data), draft)
    )
    for kind in TYPES:
        draft.tree.doubt_unlisted(
            kind, f"the organization's `ous.json` and `accounts.json`: {kind}"
        )
    return used


def _read_administrators(data: object, draft: Draft) -> bool:
    """Read the delegated administrators: a list of records, or a map by account or by service.

    Says whether all of it was understood.
    """
    entries = data.items() if isinstance(data, dict) else []
    if isinstance(data, list):
        entries = [(text(entry, "accountId", "id", "Id"), entry) for entry in map(_record, data)]
    known = bool(entries) or data in ([], {})
    for name, value in entries:
        administrators = list(_names(value))
        if isinstance(name, str) and is_account_id(name):
            services = [text for text in administrators if SERVICE_NAME in text]
            pairs = [(name, service) for service in services]
        else:
            pairs = [(account, str(name)) for account in administrators if is_account_id(account)]
        known = known and bool(pairs)
        for account, service in pairs:
            delegate(draft, account, service)
    return known


def _names(value: object) -> Iterator[str]:
    """Go through the texts in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _names(item)


def _read_part(path: str, data: Json, draft: Draft) -> bool:
    """Read the file of one unit or policy; says whether it was read."""
    match path.split("/"):
        case ["ous", unit, "metadata"]:
            draft.tree.node(unit, text(data, "name"))
        case ["scps" | "rcps" as kind, policy_id, "metadata"]:
            draft.tree.policy(policy_id, name=text(data, "name"), policy_type=_type(kind))
        case ["scps" | "rcps" as kind, policy_id, "policy"]:
            draft.tree.policy(policy_id, policy_type=_type(kind), document=data, place=path)
        case ["ous" | "scps" | "rcps" | "accounts", _, "tags"]:
            pass
        case _:
            return False
    return True


def _type(kind: str) -> str:
    return TYPES["scps" if kind == "scps" else "rcps"]


def _attach(target: str, facts: Json, draft: Draft) -> None:
    """Read what is attached to a unit or an account: ARNs of policies."""
    for kind in TYPES:
        if kind in facts:
            ids = [arn.rpartition("/")[2] for arn in texts(facts, kind)]
            draft.tree.attach_all(ids, target, kind)


def _record(data: object) -> Json:
    return data if isinstance(data, dict) and find_marker(data) is None else {}


def _records(data: object) -> list[tuple[str, Json]]:
    return [(name, _record(facts)) for name, facts in _record(data).items()]
