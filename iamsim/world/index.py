"""The index beside a written world: what a question reads instead of all the files.

`iamsim import` writes it into the folder `.iamsim-index`: the size and SHA-256 of each world file,
the data that it holds as JSON, and the account that each resource is listed under. It is plain data
with a version, and stands for a file only as long as that is, byte for byte, what the index was
made of. Files of policies are not in it: they are read themselves. `iamsim world lint` reads all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from iamsim.core.data_class import NamedTuple
from iamsim.files.reading import read_bytes
from iamsim.world.documents import Document, document_of_data

INDEX = ".iamsim-index"
VERSION = 2
_TOP = "index.json"
_WORLD = "world.yaml"


class AccountNames(NamedTuple):
    """What tells an account from others, before its file is read."""

    partition: str = "aws"
    canonical_user_id: str | None = None


class _Entry(NamedTuple):
    """A world file: its size, its SHA-256, that of its data, and the accounts that it holds."""

    size: int
    digest: str
    data_digest: str
    accounts: Mapping[str, AccountNames]


class WorldIndex(NamedTuple):
    """The index of the world in a folder; `resources` gives each one's account by its ARN."""

    folder: str
    files: Mapping[str, _Entry]
    resources: Mapping[str, str]

    def document(self, file: str) -> Document | None:
        """The world file at a path, its data from the index; `None` where the index does not stand
        for it."""
        path = os.path.relpath(file, self.folder or ".").replace(os.sep, "/")
        entry = self.files.get(path)
        if entry is None:
            return None
        try:
            content = read_bytes(file)
            if not _stands_for(entry, content):
                return None
            data = read_bytes(os.path.join(self.folder, INDEX, _data_file(path)))  # noqa: PTH118
        except (OSError, ValueError):
            return None
        if _digest(data) != entry.data_digest:
            return None
        return document_of_data(json.loads(data), content.decode(), file)

    def is_whole(self) -> bool:
        """Whether every world file is as it was when the index was made."""
        try:
            return all(
                _stands_for(entry, read_bytes(os.path.join(self.folder, *path.split("/"))))  # noqa: PTH118
                for path, entry in self.files.items()
            )
        except (OSError, ValueError):
            return False


def read_index(file: str) -> WorldIndex | None:
    """Read the index beside a world file; `None` where there is none, or none to be trusted."""
    folder, name = os.path.split(file)
    place = os.path.join(folder, INDEX, _TOP)  # noqa: PTH118 - pathlib costs start-up time
    if name != _WORLD or not os.path.isfile(place):  # noqa: PTH113
        return None
    try:
        head, _, body = read_bytes(place).partition(b"\n")
        told = json.loads(head)
        if told != {"version": VERSION, "sha256": _digest(body)}:
            return None
        data = json.loads(body)
    except (OSError, ValueError, RecursionError):
        return None
    files = {
        path: _Entry(entry["size"], entry["sha256"], entry["data"], _names(entry["accounts"]))
        for path, entry in data["files"].items()
    }
    return WorldIndex(folder, files, data["resources"])


def index_texts(
    texts: Mapping[str, str],
    worlds: Mapping[str, Mapping[str, object]],
    names: Mapping[str, AccountNames],
) -> dict[str, str]:
    """Make the files of an index by their paths; `worlds` is what the texts of world files hold,
    and `names` are those of their accounts."""
    files: dict[str, object] = {}
    resources: dict[str, str] = {}
    made: dict[str, str] = {}
    for path, world in worlds.items():
        content, data = texts[path].encode(), json.dumps(world, separators=(",", ":"))
        accounts = world.get("accounts")
        listed = accounts if isinstance(accounts, dict) else {}
        for account_id, account in listed.items():
            held = account.get("resources") if isinstance(account, dict) else None
            resources.update(dict.fromkeys(held or (), account_id))
        made[f"{INDEX}/{_data_file(path)}"] = data
        files[path] = {
            "size": len(content),
            "sha256": _digest(content),
            "data": _digest(data.encode()),
            "accounts": {account_id: names[account_id] for account_id in listed},
        }
    body = json.dumps({"files": files, "resources": resources}, separators=(",", ":"))
    head = json.dumps({"version": VERSION, "sha256": _digest(body.encode())})
    return {f"{INDEX}/{_TOP}": f"{head}\n{body}", **made}


def _data_file(path: str) -> str:
    """Name the data of a world file: `accounts/1/world.yaml` is `accounts.1.world.json`."""
    return path.removesuffix(".yaml").replace("/", ".") + ".json"


def _names(told: Mapping[str, list[str]]) -> Mapping[str, AccountNames]:
    return {account_id: AccountNames(*names) for account_id, names in told.items()}


def _stands_for(entry: _Entry, content: bytes) -> bool:
    return len(content) == entry.size and _digest(content) == entry.digest


def _digest(content: bytes) -> str:
    from hashlib import sha256

    return sha256(content).hexdigest()
