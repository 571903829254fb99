"""The preventive controls of AWS Control Tower, as claims made from a table.

A row has the actions, resources and condition of the policy that AWS prints for the control.
Controls that AWS prints with the same policy share a claim. Landing zone 4.0 has other mandatory
controls than those before; its own are told by the names of their statements.

https://docs.aws.amazon.com/controltower/latest/controlreference/mandatory-controls.html,
https://docs.aws.amazon.com/controltower/latest/controlreference/elective-preventive-controls.html,
https://docs.aws.amazon.com/controltower/latest/controlreference/ds-preventive-controls.html and
https://docs.aws.amazon.com/controltower/latest/controlreference/list-of-rcp-controls.html
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from iamsim import catalog
from iamsim.audit.guardrails import Guardrail
from iamsim.audit.model import Severity
from iamsim.files.reading import read_text

FILE = Path(__file__).parent / "data" / "control_tower.toml"
OWN_ORGANIZATION = "o-YOUR-ORGANIZATION"
"""What stands in conditions of the table for the id of the organization."""
PAGES = "https://docs.aws.amazon.com/controltower/latest/controlreference/"


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(read_text(FILE))


def mandatory_controls(*, landing_zone_4: bool) -> tuple[Guardrail, ...]:
    """The mandatory controls of landing zone 4.0, or of those before."""
    gone = "until" if landing_zone_4 else "since"
    return tuple(
        _claim(id_, row, Severity.MEDIUM)
        for id_, row in _table()["mandatory"].items()
        if gone not in row
    )


@cache
def elective_controls() -> tuple[Guardrail, ...]:
    """The elective controls, with those for digital sovereignty and data residency."""
    rows = _table()["elective"]
    return tuple(_claim(id_, row, Severity.INFORMATIONAL) for id_, row in rows.items())


def reasons() -> Mapping[str, str]:
    """Why there is no claim for the other preventive controls, and those in their place."""
    return _table()["reasons"]


def is_landing_zone_4(statements: Iterable[str]) -> bool:
    """Whether policies have a statement that only landing zone 4.0 brings, by its name."""
    rows = _table()["mandatory"].items()
    return not {id_.replace(".", "") for id_, row in rows if "since" in row}.isdisjoint(statements)


def _claim(id_: str, row: Mapping[str, Any], severity: Severity) -> Guardrail:
    """What a row of the table claims."""
    spared = {action for pattern in row.get("but", ()) for action in catalog.expand(pattern)}
    actions = row["actions"]
    if spared:
        actions = [
            action
            for pattern in actions
            for action in catalog.expand(pattern)
            if action not in spared
        ]
    return Guardrail(
        id_,
        "",
        tuple(actions),
        severity,
        PAGES + row["page"],
        tuple(row.get("resources", ("*",))),
        (id_, *row.get("same", ())),
        exempt=tuple(row.get("exempt", ())),
        condition=row.get("condition"),
        spared=tuple(row.get("but", ())),
        held=row.get("held", False),
        of_resources=row.get("rcp", False),
    )
