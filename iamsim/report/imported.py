"""What an import found, remarked and changed, as a document and as plain data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.importers.sums import unverified_sentence
from iamsim.report.document import EVERY_FORM, Column, Document, Fields, Form, Json, Section
from iamsim.report.document import Remark as Note

if TYPE_CHECKING:
    from iamsim.importers.frame import Imported, Remark
    from iamsim.importers.writing import Changes

SHOWN_FILES = 20
ALIKE = 5  # remarks that differ in names alone, each of which is shown
NAMES = re.compile(r"`[^`]*`")
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


def import_document(
    imported: Imported, changes: Changes | None, folder: str | None, *, checked: bool
) -> Document:
    """Lay out what was read and found, the remarks, and what an import changed in a folder, or
    (`checked`) would change."""
    sources = tuple((name, _count(number, "source")) for name, number in imported.formats.items())
    found = tuple((name, f"{number:,}") for name, number in counts(imported.data).items())
    blocks = (
        Fields("read", "read", sources),
        Fields("found", "found", found or (("nothing", "-"),)),
        _remarks(imported.remarks),
        _files(changes),
    )
    summary, notes = _outcome(changes, folder, checked=checked)
    if imported.unverified:
        notes = (*notes, Note("note", unverified_sentence(imported.unverified)))
    title = f"an import of {_count(sum(imported.formats.values()), 'source')}"
    return Document(title, blocks, notes, summary)


def remarks_document(remarks: Sequence[Remark]) -> Document:
    """Lay out remarks alone."""
    return Document("what an import can't take over", (_remarks(remarks),))


class _Same(NamedTuple):
    """Remarks that differ in their place alone."""

    first: Remark
    times: int

    @property
    def place(self) -> str:
        """Where it is, or the first of the places."""
        return " ".join(part for part in (self.first.source, self.first.place) if part)


def _remarks(remarks: Sequence[Remark]) -> Section[_Same]:
    """Remarks, the gravest first."""
    groups: dict[tuple[str, ...], list[Remark]] = {}
    for severity in SEVERITIES:
        for remark in remarks:
            if remark.severity == severity:
                groups.setdefault(
                    (severity, remark.source, remark.code, remark.message), []
                ).append(remark)
    rows, more = _few([_Same(same[0], len(same)) for same in groups.values()])
    totals = {
        severity: sum(remark.severity == severity for remark in remarks) for severity in SEVERITIES
    }
    wide = EVERY_FORM - {Form.TEXT}
    columns: tuple[Column[_Same], ...] = (
        Column("place", _head, frozenset({Form.TEXT})),
        Column("", lambda row: _message(row.first) if row.place else "", frozenset({Form.TEXT})),
        Column("severity", lambda row: row.first.severity, wide),
        Column("place", lambda row: row.place, wide, code=True),
        Column("times", lambda row: str(row.times), wide),
        Column("message", lambda row: row.first.message, wide),
        Column("code", lambda row: row.first.code, wide, code=True),
    )
    return Section(
        "import-remarks",
        "remarks",
        columns,
        rows,
        lambda row: f"{SEVERITIES[row.first.severity]}: {totals[row.first.severity]}",
        empty="nothing is missing",
        cards=True,
        ending=f"{more:,} more are like these; `--format json` lists all" if more else "",
    )


def _few(rows: Sequence[_Same]) -> tuple[list[_Same], int]:
    """Leave out most of many remarks that differ in names alone; also how many were left out."""
    shapes: dict[tuple[str, ...], list[_Same]] = {}
    for row in rows:
        first = row.first
        shape = (first.severity, first.code, NAMES.sub("", first.message))
        shapes.setdefault(shape, []).append(row)
    kept = [row for alike in shapes.values() for row in alike[:ALIKE]]
    return kept, len(rows) - len(kept)


def _head(same: _Same) -> str:
    more = f" (and {same.times - 1} more)" if same.times > 1 else ""
    return f"{same.place or _message(same.first)}{more}"


def _message(remark: Remark) -> str:
    return f"{remark.message} [{remark.code}]"


def _files(changes: Changes | None) -> Section[tuple[str, str]]:
    """The files that are not as an import writes them."""
    kinds = () if changes is None else zip(("new", "changed", "gone"), changes, strict=True)
    columns: tuple[Column[tuple[str, str]], ...] = (
        Column("change", lambda row: row[0]),
        Column("file", lambda row: row[1], code=True),
    )
    rows = [(mark, path) for mark, files in kinds for path in files]
    return Section("files", "files", columns, rows[:SHOWN_FILES])


def _outcome(
    changes: Changes | None, folder: str | None, *, checked: bool
) -> tuple[str, tuple[Note, ...]]:
    """What became of the folder, and how many files of it are not listed."""
    if changes is None or folder is None:
        return "nothing was written: `-o FOLDER` writes the world", ()
    total = sum(map(len, changes))
    if not total:
        return f"{folder} is up to date", ()
    verb = "is stale: an import would write" if checked else "is written:"
    more = total - SHOWN_FILES
    notes = (Note("note", f"{more} more files"),) if more > 0 else ()
    return f"{folder} {verb} {_count(total, 'file')}", notes


def import_data(imported: Imported, changes: Changes | None) -> Json:
    """Give the same as plain data."""
    data: Json = {
        "sources": imported.formats,
        "found": counts(imported.data),
        "remarks": [remark_data(remark) for remark in imported.remarks],
        "unverified": imported.unverified,
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
