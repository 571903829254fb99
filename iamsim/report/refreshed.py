"""What merging service reference files did, as text and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.report.columns import fields, words

if TYPE_CHECKING:
    from iamsim.catalog.refresh import RefreshReport

__all__ = ["refreshed_data", "refreshed_text"]

_LISTED = 40


def refreshed_text(report: RefreshReport, path: str, width: int, setting: str) -> str:
    """Say what is new and what changed, and how to use the file that was written."""
    lines = [f"wrote {path}", *fields([("services", ", ".join(report.services))], width)]
    for title, names in (
        ("new actions", report.added_actions),
        ("changed", report.changed_actions),
    ):
        if names:
            more = [f"{len(names) - _LISTED} more"] if len(names) > _LISTED else []
            lines += ["", f"{title} ({len(names)})", *words([*names[:_LISTED], *more], width)]
    return "\n".join([*lines, "", f"to use it: export {setting}", ""])


def refreshed_data(report: RefreshReport, path: str) -> dict[str, object]:
    """Give the whole report as plain data."""
    return {
        "file": path,
        "services": list(report.services),
        "added_actions": list(report.added_actions),
        "changed_actions": list(report.changed_actions),
        "snapshot": report.version.snapshot,
    }
