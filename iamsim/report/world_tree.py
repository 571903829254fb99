"""The organization of a world as a tree: units, accounts, and the guardrails at each node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from iamsim.report.document import Block, Document, Fields, Json, Prose
from iamsim.words.wording import place_text
from iamsim.world.builtin import BUILT_IN_POLICIES, FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS
from iamsim.world.model import AnyPolicy, Node, PolicyDocument, World

Attached = tuple["AnyPolicy", ...] | None


class Lines(NamedTuple):
    """What branches are drawn with."""

    branch: str
    last: str
    through: str
    empty: str = "    "


UNICODE = Lines("├── ", "└── ", "│   ")
ASCII = Lines("|-- ", "`-- ", "|   ")


class _Item(NamedTuple):
    """A line of the tree, the lines that belong to it, and what is below."""

    title: str
    notes: list[str]
    below: list[_Item]


def tree_document(model: World, lines: Lines = UNICODE) -> Document:
    """Draw the tree; accounts that stand in no node come behind it."""
    organization = model.organization
    title = "the organization of the world"
    blocks: list[Block] = []
    if organization is not None and organization.root is not None:
        management = organization.management_account
        title = f"organization {organization.id or '(no id)'}"
        if management is not None:
            title += f", management account {_account_title(management, model)}"
        blocks.append(_tree("tree", "", [_node(organization.root, model)], lines))
        delegated = "; ".join(
            _account_title(account, model) for account in organization.delegated_administrators
        )
        blocks.append(Fields("delegated", "", (("delegated administrators", delegated),)))
    outside = [account for account in sorted(model.accounts) if not model.in_organization(account)]
    if outside:
        items = [_account(text, model) for text in outside]
        blocks.append(_tree("outside", "in no organization", items, lines))
    return Document(title, tuple(blocks), (), "" if blocks else "the world has no accounts")


def _tree(name: str, caption: str, items: list[_Item], lines: Lines) -> Prose:
    return Prose(name, caption, ("\n".join(_drawn(items, lines, "")),), code=True)


def _drawn(items: list[_Item], lines: Lines, margin: str) -> Iterator[str]:
    """Draw items with their branches."""
    for number, item in enumerate(items):
        is_last = number == len(items) - 1
        yield margin + (lines.last if is_last else lines.branch) + item.title
        inner = margin + (lines.empty if is_last else lines.through)
        for note in item.notes:
            yield f"{inner}{lines.through if item.below else lines.empty}{note}".rstrip()
        yield from _drawn(item.below, lines, inner)


def _node(node: Node, model: World) -> _Item:
    accounts = list(node.accounts)
    management = model.organization.management_account if model.organization is not None else None
    if node.parent is None and management is not None and model.node_of(management) is node:
        accounts = [management, *(account for account in accounts if account != management)]
    below = [_account(account, model) for account in accounts]
    below += [_node(unit, model) for unit in node.units]
    title = node.name
    if node.id:
        title += f" {node.id}"
    return _Item(title, _guardrails(node.scps, node.rcps, said=True), below)


def _account(account_id: str, model: World) -> _Item:
    title = _account_title(account_id, model)
    account = model.accounts.get(account_id)
    notes: list[str] = []
    if model.is_management(account_id):
        notes.append("management account: no control policy applies to it")
    elif account is not None:
        notes = _guardrails(account.scps, account.rcps, said=False)
    else:
        notes.append("not described")
    return _Item(title, notes, [])


def _account_title(account_id: str, model: World) -> str:
    account = model.accounts.get(account_id)
    name = account.name if account is not None and account.name else ""
    return f"{account_id} {name}".rstrip()


def _guardrails(scps: Attached, rcps: Attached, *, said: bool) -> list[str]:
    """A line for each attached policy; what AWS attaches by itself is left out where it is all."""
    guardrails = []
    for word, attached, default in (
        ("SCP", scps, FULL_AWS_ACCESS),
        ("RCP", rcps, RCP_FULL_AWS_ACCESS),
    ):
        if attached is None or attached == (default,):
            if said and word == "SCP":
                guardrails.append(f"SCP {default.name}")
            continue
        guardrails += [f"{word} {_policy(document)}" for document in attached]
        if not attached and word == "SCP":
            guardrails.append("no SCP: nothing is allowed")
    return guardrails


def _policy(policy: AnyPolicy) -> str:
    if not isinstance(policy, PolicyDocument) or policy.name in BUILT_IN_POLICIES:
        return policy.name
    return f"{policy.name} ({place_text(policy.source.span(()))})"


def tree_data(model: World) -> Json:
    """The tree as plain data; `null` where nothing was said of what is attached."""
    organization = model.organization
    data: Json = {"organization": None}
    if organization is not None:
        root = organization.root
        data["organization"] = {
            "id": organization.id,
            "management_account": organization.management_account,
            "delegated_administrators": list(organization.delegated_administrators),
            "root": None if root is None else _node_data(root, model),
        }
    outside = [account for account in sorted(model.accounts) if not model.in_organization(account)]
    data["outside"] = [_account_data(text, model) for text in outside]
    return data


def _node_data(node: Node, model: World) -> Json:
    return {
        "name": node.name,
        "id": node.id,
        "scps": _names(node.scps),
        "rcps": _names(node.rcps),
        "accounts": [_account_data(account, model) for account in node.accounts],
        "units": [_node_data(unit, model) for unit in node.units],
    }


def _account_data(account_id: str, model: World) -> Json:
    account = model.accounts.get(account_id)
    return {
        "id": account_id,
        "name": None if account is None else account.name,
        "described": account is not None,
        "scps": None if account is None else _names(account.scps),
        "rcps": None if account is None else _names(account.rcps),
    }


def _names(attached: Attached) -> list[str] | None:
    return None if attached is None else [document.name for document in attached]
