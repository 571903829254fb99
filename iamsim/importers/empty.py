"""Lists that have nothing in them: AWS prints these too, and then there is none.

They count for the account, and for the Region, that folders are named after, and only where
`SHA256SUMS` says that the file is whole: one that was emptied looks alike.
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
# By the call, the keys of the lists of principals: `get-group` prints `Users` of a group.
PRINCIPALS = {
    "list-users": {"Users": "users"},
    "list-roles": {"Roles": "roles"},
    "get-account-authorization-details": {"UserDetailList": "users", "RoleDetailList": "roles"},
}


def note_empty_lists(draft: Draft, source: Source) -> None:
    """Note the lists of a source that are empty, and that no page follows."""
    account, region = account_of_path(source.path), region_of_path(source.path)
    call, subject = NamedFile.of(source.path)
    if account is None or subject or source.path in draft.unverified:
        return
    principals = PRINCIPALS.get(call, {}) if region is None else {}
    for page, _ in pages(source.data):
        if find_token(page) is not None:
            continue
        names = [name for key, name in principals.items() if page.get(key) == []]
        key, of_region = _keys().get(call, ("", False))
        # Without a folder of its Region nobody knows which one was asked.
        if key and page.get(key) == [] and (region is not None or not of_region):
            names.append(call if region is None else f"{region}/{call}")
        for name in names:
            draft.state.setdefault(STATE, {})[f"{account}/{name}"] = source.path


def keep_empty_lists(draft: Draft) -> None:
    """Write down the lists of each account that stay empty."""
    for entry in sorted(draft.state.get(STATE, {})):
        account, _, name = entry.partition("/")
        record = draft.account(account)
        if record.data.get(name):
            continue  # on another page
        record.extend("empty_lists", [name])


@cache
def _keys() -> Mapping[str, tuple[str, bool]]:
    """The key of the list that a call prints which lists the resources of a type, and whether it
    lists those of one Region."""
    return {
        chain[0].operation: (chain[0].path[0], "{region}" in row.arn)
        for row in resource_types()
        for chain in row.listed
        if chain and len(chain[0].path) > 1 and chain[0].path[1] == "*"
    }
