"""What logs tell of the use of a world, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from iamsim.replay.usage import Usage


def usage_remarks(usage: Usage, limit: datetime, at: str) -> tuple[str, ...]:
    """Say over which time the logs reach, and what they can't show."""
    if not usage.events:
        return ("the logs hold no record, and tell nothing",)
    reach = f"the logs hold {usage.events} records from {usage.first} to {usage.last}"
    if not usage.covers(limit, at):
        since = f"{limit:%Y-%m-%d}"
        partly = f"{reach}, not all of the time from {since} to {at[:10]}"
        return (f"{partly}: they show what was used, and not that anything was unused",)
    data = ", ".join(sorted(usage.data_services)) or "no service"
    return (
        f"{reach}; taken to be of all Regions",
        f"they hold data events of {data}; elsewhere only actions are judged that they have at all",
        "access keys are judged by what the world knows: calls that no trail logs use them too",
    )
