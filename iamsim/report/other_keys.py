"""The context keys that a request may carry besides those that are known or read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.core.explanation import ContextEntry
    from iamsim.report.keys import KeyRow

# Claims of identity providers and keys of one way to call are no keys of every request.
_EVERYWHERE = "global"
_OF_SERVICES = "aws:PrincipalServiceName"


def other_keys(action: str, rows: Sequence[KeyRow]) -> tuple[str, ...]:
    """Give the keys that the catalog has for the requests of an action and that have no row.

    Only AWS, or who makes the request, knows their values; no statement about it reads them.
    Keys with a part of their own, such as a tag, are given by their template.
    """
    from iamsim import catalog

    everywhere = (key.name for key in catalog.global_condition_keys() if key.scope == _EVERYWHERE)
    there = {row.key.lower() for row in rows}
    names = {*everywhere, *catalog.carried_keys(action)}
    if any(row.entry is not None and _says_no_service(row.entry) for row in rows):
        names = {name for name in names if not name.startswith(_OF_SERVICES)}
    return tuple(sorted((name for name in names if name.lower() not in there), key=str.lower))


def _says_no_service(entry: ContextEntry) -> bool:
    return entry.key.lower() == "aws:principalisawsservice" and entry.values == ("false",)
