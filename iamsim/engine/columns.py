"""The column of a caller in the table of global condition keys."""

from __future__ import annotations

from iamsim.catalog.presence import CallerColumn
from iamsim.core.request import Caller, CallerKind

COLUMNS = {kind: CallerColumn[kind.name] for kind in CallerKind}


def column_of(caller: Caller) -> CallerColumn:
    """Say which column is a caller's."""
    if caller.with_session_token and caller.kind is CallerKind.USER:
        return CallerColumn.SESSION_TOKEN
    return COLUMNS[caller.kind]
