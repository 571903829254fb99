"""What a search of the catalog found, as text and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.report.columns import table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Found", "found_data", "found_text"]


class Found(NamedTuple):
    """One thing that a search found: its kind, its name, and a word about it."""

    kind: str
    name: str
    detail: str


def found_text(found: Sequence[Found], width: int) -> str:
    """List what was found, a line each."""
    count = f"{len(found)} found"
    return "\n".join([*table(found, width), "", count, ""]) if found else f"{count}\n"


def found_data(found: Sequence[Found]) -> dict[str, object]:
    """Give what was found as plain data."""
    return {"found": [one._asdict() for one in found]}
