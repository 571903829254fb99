"""The pages of questions about a whole world: who can, what somebody can, ways up, access from
outside.

Each takes the plain data that ``--format json`` writes, so that a page says no more and no less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamsim.core.decision import Layer, Verdict
from iamsim.report.html.page import render_page
from iamsim.report.html.parts import Badge, Cell, table_of, verdict_badge
from iamsim.report.sentences import LAYERS
from iamsim.report.wording import statement_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamsim.report.html.parts import Table

    Data = Mapping[str, Any]

__all__ = [
    "access_findings_page",
    "paths_page",
    "tables_page",
]


def tables_page(
    title: str,
    tables: Sequence[Table],
    *,
    lead: str = "",
    badge: Badge | None = None,
    notes: Iterable[str] = (),
) -> str:
    """Write tables as one HTML file: what every answer about many things is made of."""
    return render_page("tables", title, badge=badge, lead=lead, tables=tables, notes=list(notes))


def _decision(word: str) -> Badge:
    return verdict_badge(Verdict(word))


def _statements(statements: Iterable[Data]) -> str:
    return ", ".join(
        f"`{one['policy']}` {statement_text(one['statement'], one['sid'])}" for one in statements
    )


def paths_page(data: Data) -> str:
    """Write who can become whom: a row for each way of each chain."""
    rows = [
        (
            Cell(chain["source"], code=True),
            str(number),
            Cell(_reached(way), code=True),
            way["title"] + (f"; if {way['presumes']}" if way["presumes"] else ""),
            Cell(", ".join(dict.fromkeys(step["action"] for step in _calls(way))), code=True),
            Cell(badge=_decision(way["decision"])),
            " and ".join(_step_conditions(way)),
        )
        for chain in data["paths"]
        for number, way in enumerate(chain["ways"], 1)
    ]
    header = ("from", "step", "becomes", "how", "calls", "decision", "depends on")
    tables = [table_of("paths", "Chains", header, rows)]
    if data["already"]:
        there = [(Cell(one, code=True),) for one in data["already"]]
        tables.append(table_of("already", "There already", ("principal",), there))
    if data.get("blocked"):
        kept = [
            (
                Cell(one["source"], code=True),
                one["path"],
                Cell(one["target"] or "", code=True),
                Cell(one["action"] or "", code=True),
                f"{_layer(one['layer'])} {_statements(one['statements'])}".strip(),
            )
            for one in data["blocked"]
        ]
        names = ("from", "way", "to", "call", "what blocks it")
        tables.append(table_of("blocked", "Blocked", names, kept))
    able = len({chain["source"] for chain in data["paths"]})
    return tables_page(
        f"Who can become {data['goal']}", tables, lead=f"{able} can, and are not there already"
    )


def _reached(way: Data) -> str:
    """Whom a way makes of somebody, with what is got besides."""
    besides = way["target_besides"]
    return f"{way['target']} with {besides}" if besides else str(way["target"])


def _calls(way: Data) -> list[Data]:
    """The calls of a way, with those that take away what would still deny."""
    return [*way["steps"], *way["cleared"]]


def _step_conditions(way: Data) -> list[str]:
    answers = [step["answer"] for step in _calls(way)]
    answers += [] if way["gained"] is None else [way["gained"]]
    return [answer["condition"] for answer in answers if answer.get("condition")]


def access_findings_page(data: Data) -> str:
    """Write access from outside, from inside, and what nobody uses."""
    used = [one for one in data["findings"] if "principal" in _details(one)[0]]
    unused = [one for one in data["findings"] if "principal" not in _details(one)[0]]
    rows = [_finding_row(one) for one in used]
    header = ("resource", "who", "finding", "status", "actions", "under the condition", "where")
    tables = [table_of("access-findings", "Findings", header, rows)] if rows or not unused else []
    if unused:
        header = ("resource", "finding", "what", "status", "actions", "last use", "where")
        entries = [row for one in unused for row in _unused_rows(one)]
        tables.append(table_of("unused", "Not used", header, entries))
    if data["blocked"]:
        kept = [
            (
                Cell(one["resource"], code=True),
                Cell(_principal(one["principal"]), code=True),
                Cell(", ".join(one["action"]), code=True),
                f"{_layer(one['blockedBy'])} {_statements(one['statements'])}".strip(),
            )
            for one in data["blocked"]
        ]
        names = ("resource", "who", "actions", "what blocks it")
        tables.append(table_of("kept", "Granted to somebody outside, but blocked", names, kept))
    public = any("public" in row[2].badge.word for row in rows if row[2].badge is not None)
    badge = Badge("no", "public access") if public else None
    return tables_page(
        f"{len(used) + len(unused)} finding{'' if len(used) + len(unused) == 1 else 's'}",
        tables,
        lead=f"zone of trust: {data['zone']}",
        badge=badge
        or (Badge("open", "to be looked at") if used or unused else Badge("yes", "none")),
    )


def _details(one: Data) -> list[Data]:
    """The details of a finding: several for unused permissions, one a service."""
    return [next(iter(member.values())) for member in one["findingDetails"]]


def _finding_row(one: Data) -> tuple[Cell, ...]:
    (details,) = _details(one)
    public = bool(details.get("isPublic"))
    extra = one.get("iamsim", {})
    conditions = [f"{key} {value}" for key, value in details["condition"].items()]
    return (
        Cell(one["resource"], code=True),
        Cell(_principal(details["principal"]), code=True),
        Cell(badge=Badge("no", "public") if public else Badge("open", one["findingType"])),
        Cell(one["status"], title=extra.get("archivedBy")),
        Cell(", ".join(details["action"]), code=True),
        Cell("; ".join([*conditions, *extra.get("dependsOn", ())])),
        Cell(extra.get("place", ""), code=True),
    )


def _unused_rows(one: Data) -> Iterator[tuple[Cell, ...]]:
    """What was not used: a row for each service, where it is permissions."""
    extra = one.get("iamsim", {})
    for details in _details(one):
        last = details.get("lastAccessed")
        actions = details.get("actions", ())
        yield (
            Cell(one["resource"], code=True),
            Cell(badge=Badge("open", one["findingType"])),
            Cell(details.get("accessKeyId") or details.get("serviceNamespace") or "", code=True),
            Cell(one["status"], title=extra.get("archivedBy")),
            Cell(", ".join(entry["action"] for entry in actions), code=True),
            Cell(last or "none is known"),
            Cell(extra.get("place", ""), code=True),
        )


def _principal(principal: Data) -> str:
    return ", ".join(f"{kind} {name}" for kind, name in principal.items())


def _layer(name: str | None) -> str:
    return "" if name is None else LAYERS[Layer(name)]
