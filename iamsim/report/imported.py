"""What an import found, remarked and changed, as text and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.caret import printable
from iamsim.report.columns import fields, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamsim.importers.frame import Imported, Remark
    from iamsim.importers.writing import Changes

__all__ = ["changes_text", "import_data", "import_text", "remarks_text"]

Json = dict[str, object]
SHOWN_FILES = 20
SEVERITIES = {
    "conflict": "said in two ways (the first counts)",
    "unknown": "not known",
    "skipped": "left out",
}
# What is counted, by the key under an account.
COUNTED = {
    "users": "users",
    "groups": "groups",
    "roles": "roles",
    "policies": "customer managed policies",
    "permission_sets": "permission sets",
    "resources": "resources",
    "vpc_endpoints": "VPC endpoints",
}


def counts(data: Mapping[str, Mapping[str, object]]) -> dict[str, int]:
    """Count what a world's plain data holds."""
    accounts = [
        account for account in data.get("accounts", {}).values() if isinstance(account, dict)
    ]
    found = {"accounts": len(accounts)}
    for key, name in COUNTED.items():
        parts = [account.get(key) for account in accounts]
        found[name] = sum(len(part) for part in parts if isinstance(part, dict))
    found["shared policies"] = len(data.get("policies", {}))
    return {name: number for name, number in found.items() if number}


def import_text(imported: Imported, width: int) -> str:
    """Say what was read and found, and list the remarks."""
    sources = [(name, _count(number, "source")) for name, number in imported.formats.items()]
    found = [(name, f"{number:,}") for name, number in counts(imported.data).items()]
    lines = ["read", *fields(sources, width), "", "found", *fields(found, width)]
    if not found:
        lines.append("  nothing")
    return "\n".join([*lines, "", ""]) + remarks_text(imported.remarks, width)


def remarks_text(remarks: Sequence[Remark], width: int) -> str:
    """List remarks, the gravest first; those that differ in their place alone are counted."""
    lines: list[str] = []
    for severity, title in SEVERITIES.items():
        grouped: dict[tuple[str, str, str], list[Remark]] = {}
        for remark in remarks:
            if remark.severity == severity:
                key = (remark.source, remark.code, remark.message)
                grouped.setdefault(key, []).append(remark)
        if not grouped:
            continue
        lines.append(f"{title}: {sum(map(len, grouped.values()))}")
        for same in grouped.values():
            first = same[0]
            place = printable(" ".join(part for part in (first.source, first.place) if part))
            message = f"{printable(first.message)} [{first.code}]"
            more = f" (and {len(same) - 1} more)" if len(same) > 1 else ""
            if place:
                lines.append(f"  {place}{more}")
                lines += table([(message,)], width, indent=4)
            else:
                lines += table([(message + more,)], width, indent=2)
        lines.append("")
    return "\n".join(lines) if lines else "nothing is missing\n"


def changes_text(changes: Changes, folder: str, *, checked: bool) -> str:
    """Say what an import changed in a folder, or (`checked`) would change."""
    if not changes.any:
        return f"{folder} is up to date\n"
    total = len(changes.added) + len(changes.changed) + len(changes.removed)
    verb = "is stale: an import would write" if checked else "is written:"
    lines = [f"{folder} {verb} {_count(total, 'file')}"]
    marks = (("+", changes.added), ("~", changes.changed), ("-", changes.removed))
    paths = [f"  {mark} {path}" for mark, files in marks for path in files]
    lines += paths[:SHOWN_FILES]
    if len(paths) > SHOWN_FILES:
        lines.append(f"  and {len(paths) - SHOWN_FILES} more")
    return "\n".join([*lines, ""])


def import_data(imported: Imported, changes: Changes | None) -> Json:
    """Give the same as plain data."""
    data: Json = {
        "sources": imported.formats,
        "found": counts(imported.data),
        "remarks": [remark_data(remark) for remark in imported.remarks],
    }
    if changes is not None:
        data["files"] = {
            "added": list(changes.added),
            "changed": list(changes.changed),
            "removed": list(changes.removed),
        }
    return data


def remark_data(remark: Remark) -> Json:
    """Give a remark as plain data."""
    return {
        "severity": remark.severity,
        "code": remark.code,
        "message": remark.message,
        "source": remark.source,
        "place": remark.place,
    }


def remark_text(remark: Remark) -> str:
    """Give a remark as a sentence with its place and code."""
    place = f"{remark.place}: " if remark.place else ""
    return f"{place}{remark.message} [{remark.code}]"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
