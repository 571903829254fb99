"""A world as a folder: which policy goes into which file, and what the world files say.

``world.yaml`` holds the organization and includes ``accounts/ID/world.yaml`` of each account. Every
document is a file of its own, named after where it is used; one that is used in several places is
one file in ``shared`` (of the account, or of the whole).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from iamsim.core.decision import PolicyType
from iamsim.core.unknown import find_marker
from iamsim.importers.slots import Plain, Slot, policy_slots

FOLDERS = {
    "users": "users",
    "groups": "groups",
    "roles": "roles",
    "permission_sets": "permission-sets",
}
KIND_NAMES = {
    PolicyType.TRUST: "trust-policy",
    PolicyType.PERMISSIONS_BOUNDARY: "boundary",
    PolicyType.RESOURCE: "resource-policy",
    PolicyType.VPC_ENDPOINT: "endpoint-policy",
    PolicyType.SERVICE_CONTROL: "scp",
    PolicyType.RESOURCE_CONTROL: "rcp",
}
HASH_LENGTH = 8
_unsafe = re.compile(r"[^A-Za-z0-9_.,@+=-]")


@dataclass(slots=True)
class Layout:
    """The files of a world folder by their path from there: world files and policy documents."""

    worlds: dict[str, Plain] = field(default_factory=dict)
    documents: dict[str, Plain] = field(default_factory=dict)


def lay_out(data: Plain, place_of: Callable[[object], object] = lambda _: None) -> Layout:
    """Divide the plain data of a world into files; the data itself stays as it is.

    Equal documents share a file, unless `place_of` tells them apart.
    """
    copy = _copy(data)
    layout = Layout()
    uses: dict[tuple[str, object], list[Slot]] = {}
    texts: dict[int, str] = {}
    for slot in policy_slots(copy):
        document = slot.value
        if isinstance(document, dict) and find_marker(document) is None:
            text = texts.get(id(document))
            if text is None:
                text = texts[id(document)] = json.dumps(document, separators=(",", ":"))
            uses.setdefault((text, place_of(document)), []).append(slot)
    taken: set[str] = set()
    for (text, _), slots in uses.items():
        document = slots[0].value
        path = _free(_path(slots[0]) if len(slots) == 1 else _shared_path(slots, text), taken)
        if isinstance(document, dict):
            layout.documents[path] = document
        for slot in slots:
            slot.put(_from(slot.account, path))
    accounts = copy.pop("accounts", None)
    included = []
    for account_id, account in accounts.items() if isinstance(accounts, dict) else ():
        path = f"accounts/{account_id}/world.yaml"
        included.append(path)
        layout.worlds[path] = {"accounts": {account_id: account}}
    # A world file that holds nothing is refused: what it held may be lost.
    root = {"include": included, **copy} if included else copy
    layout.worlds["world.yaml"] = root or {"accounts": {}}
    return layout


def document_text(document: Plain) -> str:
    """Write a policy as a file has it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _copy(data: Plain) -> Plain:
    """Copy everything but the policy documents, which are shared and never changed."""
    documents = {id(slot.value) for slot in policy_slots(data) if isinstance(slot.value, dict)}

    def copy(value: object) -> object:
        if id(value) in documents:
            return value
        if isinstance(value, dict):
            return {key: copy(item) for key, item in value.items()}
        return [copy(item) for item in value] if isinstance(value, list) else value

    return {key: copy(value) for key, value in data.items()}


def _path(slot: Slot) -> str:
    """Name the file of a document that is used in one place."""
    match slot.path:
        case ("policies", name):
            return f"policies/{_safe(name)}.json"
        case ("accounts", account, "policies", name):
            return f"accounts/{account}/policies/{_safe(name)}.json"
        case ("accounts", account, "resources", arn, _):
            return f"accounts/{account}/resources/{_resource_name(str(arn))}.json"
        case ("accounts", account, "vpc_endpoints", name, _):
            return f"accounts/{account}/vpc-endpoints/{_safe(name)}.json"
        case ("accounts", account, str(kind), name, "inline_policies", policy):
            return f"accounts/{account}/{FOLDERS[kind]}/{_safe(name)}/inline/{_safe(policy)}.json"
        case ("accounts", account, str(kind), name, *rest) if kind in FOLDERS:
            own = _safe("-".join(str(_numbered(step)) for step in rest))
            own = "trust-policy" if own == "trust" else own
            return f"accounts/{account}/{FOLDERS[kind]}/{_safe(name)}/{own}.json"
        case ("accounts", account, *rest):
            return (
                f"accounts/{account}/{_safe('-'.join(str(_numbered(step)) for step in rest))}.json"
            )
        case path:
            return f"organization/{_safe('-'.join(str(_numbered(step)) for step in path[2:]))}.json"


def _numbered(step: str | int) -> str | int:
    """Count from 1, as people do."""
    return step + 1 if isinstance(step, int) else step


def _shared_path(slots: list[Slot], text: str) -> str:
    """Name the file of a document that several places share: after them, and its text."""
    named = [slot for slot in slots if slot.use is None]
    if len(named) == 1:
        return _path(named[0])
    accounts = {slot.account for slot in slots}
    account = next(iter(accounts)) if len(accounts) == 1 else None
    folder = "shared" if account is None else f"accounts/{account}/shared"
    names = {_own_name(slot) for slot in named or slots}
    name = names.pop() if len(names) == 1 else "policy"
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{folder}/{_safe(name)}-{digest[:HASH_LENGTH]}.json"


def _own_name(slot: Slot) -> str:
    """Give the name that a document has in one place."""
    if slot.use in KIND_NAMES:
        return KIND_NAMES[slot.use]
    last = slot.path[-1]
    return str(last) if isinstance(last, str) else "policy"


def _resource_name(arn: str) -> str:
    """Name a resource for a file: its service, region and name."""
    parts = arn.split(":", 5)
    service, region = parts[2], parts[3]
    return f"{_safe(service)}/{_safe(f'{region}.{parts[5]}' if region else parts[5])}"


def _safe(name: object) -> str:
    """Make a file name: letters and digits stay, a slash becomes an underline."""
    safe = _unsafe.sub("_", str(name))[:120]
    return f"_{safe}" if safe.startswith(".") or not safe else safe


def _free(path: str, taken: set[str]) -> str:
    """Make a path that no other file has, on file systems without letter case too."""
    stem = path.removesuffix(".json")
    number = 1
    while path.lower() in taken:
        number += 1
        path = f"{stem}-{number}.json"
    taken.add(path.lower())
    return path


def _from(account: str | None, path: str) -> str:
    """Give a path as the world file of an account (or the top one) names it."""
    if account is None:
        return path
    own = f"accounts/{account}/"
    return path.removeprefix(own) if path.startswith(own) else f"../../{path}"
