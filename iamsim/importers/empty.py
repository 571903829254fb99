"""Lists that have nothing in them: AWS prints these too, and then there is none.

They count for the account, and for the Region, that folders are named after.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import resource_types
from iamsim.importers.paging import find_token
from iamsim.importers.shapes import account_of_path, pages
from iamsim.importers.subject import NamedFile, region_of_path

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

STATE = "empty lists"
PRINCIPALS = {
    "Users": "users",
    "Roles": "roles",
    "UserDetailList": "users",
    "RoleDetailList": "roles",
}


def note_empty_lists(draft: Draft, source: Source) -> None:
    """Note the lists of a source that are empty, and that no page follows."""
    account = account_of_path(source.path)
    if account is None:
        return
    call, region = NamedFile.of(source.path).call, region_of_path(source.path)
    for page, _ in pages(source.data):
        if find_token(page) is not None:
            continue
        names = [PRINCIPALS[key] for key in PRINCIPALS if page.get(key) == []]
        key = _keys().get(call)
        if key is not None and page.get(key) == []:
            names.append(call if region is None else f"{region}/{call}")
        for name in names:
            draft.state.setdefault(STATE, {})[f"{account}/{name}"] = source.path


def keep_empty_lists(draft: Draft) -> None:
    """Write down the lists of each account that stay empty."""
    for entry in sorted(draft.state.get(STATE, {})):
        account, _, name = entry.partition("/")
        record = draft.account(account)
        if name in PRINCIPALS.values() and record.data.get(name):
            continue
        record.extend("empty_lists", [name])


@cache
def _keys() -> Mapping[str, str]:
    """The key of the list that a call prints which lists the resources of a type."""
    return {
        chain[0].operation: chain[0].path[0]
        for row in resource_types()
        for chain in row.listed
        if chain and len(chain[0].path) > 1 and chain[0].path[1] == "*"
    }
