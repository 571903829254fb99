"""What a principal can do: by service and access level, action by action, and as a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim import catalog
from iamsim.catalog import ACCESS_LEVELS
from iamsim.core.decision import Verdict
from iamsim.query.what_can.places import EVERYTHING
from iamsim.report.access_words import candidate_data, condition_of
from iamsim.report.columns import table
from iamsim.report.conditions import Conditions
from iamsim.report.writers.csv_table import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamsim.query.batch import Candidate
    from iamsim.query.what_can import Effective, EffectivePolicy
    from iamsim.query.what_can.places import Place
    from iamsim.report.paint import Paint

__all__ = [
    "ActionRow",
    "action_rows",
    "policy_remarks",
    "what_can_csv",
    "what_can_data",
    "what_can_lines",
    "what_can_text",
]

Json = dict[str, object]
HEADER = ("service", "action", "access_level", "decision", "resources", "except", "condition")
SHORT_LEVELS = {"Permissions management": "Permissions"}


class ActionRow(NamedTuple):
    """One action that is possible: where, where not in spite of it (`excepted`), and under which
    conditions. `decision` is the best that there is: allowed somewhere, else conditional."""

    service: str
    action: str
    level: str
    decision: Verdict
    resources: tuple[str, ...]
    excepted: tuple[str, ...]
    conditions: tuple[str, ...]


class Where(NamedTuple):
    """What one action gets at one place."""

    place: Place
    verdict: Verdict
    condition: str | None

    @property
    def possible(self) -> bool:
        """Whether it is allowed there, for certain or under conditions."""
        return self.verdict in {Verdict.ALLOWED, Verdict.CONDITIONAL}


def action_rows(effective: Effective) -> Iterator[ActionRow]:
    """Every possible action of the catalog, sorted by service and name."""
    universe = effective.universe
    possible = effective.allowed | effective.conditional
    places: dict[int, list[Where]] = {}
    for one in effective.decided:
        found = Where(one.place, one.answer.verdict, condition_of(one.answer))
        for number in universe.numbers(one.actions & possible):
            places.setdefault(number, []).append(found)
    for number in sorted(places):
        action = universe.written[number]
        facts = catalog.find_action(action)
        some = [where for where in places[number] if where.possible]
        sure = any(where.verdict is Verdict.ALLOWED for where in some)
        yield ActionRow(
            action.partition(":")[0],
            action,
            "" if facts is None else facts.access_level,
            Verdict.ALLOWED if sure else Verdict.CONDITIONAL,
            _names(some, places[number]),
            _names([one for one in places[number] if not one.possible], places[number]),
            tuple(dict.fromkeys(one.condition for one in some if one.condition is not None)),
        )


def _names(some: Sequence[Where], every: Sequence[Where]) -> tuple[str, ...]:
    """The places by name, without those that are like a wider one around them, and without those
    that get nothing where nothing is given."""
    by_label = {one.place.label: one for one in every if one.place.label is not None}
    found = []
    for one in some:
        around = [
            by_label[name]
            for name in one.place.within
            if name in by_label and name != one.place.label
        ]
        base = [by_label[EVERYTHING]] if EVERYTHING in by_label else []
        nearest = (around or (base if one.place.label != EVERYTHING else []))[-1:]
        if nearest and (nearest[0].verdict, nearest[0].condition) == (one.verdict, one.condition):
            continue
        wider = [*around, *base] if one.place.label != EVERYTHING else []
        if one.possible or any(other.possible for other in wider):
            found.append(one.place.label or one.place.sample)
    return tuple(dict.fromkeys(found))


def what_can_text(
    candidate: Candidate, effective: Effective, paint: Paint, width: int, *, verbose: bool = False
) -> str:
    """A table of services by access level; with `verbose` the actions, where, and on what they
    depend."""
    rows = list(action_rows(effective))
    lines = [paint.title(f"what {candidate.principal} can do"), ""]
    if rows:
        lines += [*_summary(rows, width), ""]
    if verbose and rows:
        lines += [*_details(rows, paint, width), ""]
    sure = sum(row.decision is Verdict.ALLOWED for row in rows)
    lines += _remarks(effective)
    lines += [f"{sure} actions allowed, {len(rows) - sure} under conditions", ""]
    return "\n".join(lines)


def _summary(rows: Sequence[ActionRow], width: int) -> list[str]:
    """How many actions of each service and access level: `12/40`, and `+3` under conditions."""
    counts: dict[tuple[str, str], list[int]] = {}
    limited: dict[str, str] = {}
    for row in rows:
        both = counts.setdefault((row.service, row.level), [0, 0])
        both[row.decision is not Verdict.ALLOWED] += 1
        if EVERYTHING not in row.resources:
            limited[row.service] = "some"
        elif row.excepted:
            limited.setdefault(row.service, "all but some")
    services = list(dict.fromkeys(row.service for row in rows))
    cells = [("service", *(SHORT_LEVELS.get(level, level) for level in ACCESS_LEVELS), "resources")]
    for service in services:
        totals = dict.fromkeys(ACCESS_LEVELS, 0)
        for facts in catalog.actions(service):
            totals[facts.access_level] = totals.get(facts.access_level, 0) + 1
        levels = [
            _cell(counts.get((service, level), [0, 0]), totals[level]) for level in ACCESS_LEVELS
        ]
        cells.append((service, *levels, limited.get(service, "all")))
    return table(cells, width)


def _cell(both: list[int], total: int) -> str:
    sure, open_ = both
    if not sure and not open_:
        return "-"
    return f"{sure}/{total}" + (f" +{open_}" if open_ else "")


def _details(rows: Sequence[ActionRow], paint: Paint, width: int) -> list[str]:
    conditions = Conditions()
    lines: list[str] = []
    service = ""
    some: list[tuple[str, ...]] = []
    for row in [*rows, None]:
        if some and (row is None or row.service != service):
            lines += [paint.title(service), *table(some, width, indent=2), ""]
            some = []
        if row is None:
            break
        service = row.service
        mark = conditions.mark(row.conditions)
        where = ", ".join(row.resources)
        if row.excepted:
            where += f"; not {', '.join(row.excepted)}"
        some.append((row.action, row.level, mark, where))
    if conditions.legend:
        lines += [paint.title("conditions"), *table(conditions.legend, width, indent=2), ""]
    return lines[:-1]


def _remarks(effective: Effective) -> list[str]:
    remarks = []
    if effective.unknown:
        remarks.append(
            "note: policy variables without a known value stand for one that no policy names: "
            + ", ".join(effective.unknown)
        )
    if not effective.complete:
        remarks.append("note: too many resource patterns to look at every way in which they meet")
    return remarks


def policy_remarks(written: EffectivePolicy) -> list[str]:
    """What a person should know of a written policy."""
    some = f"{written.compared} requests"
    if written.compared < written.requests:
        some += f", a part of {written.requests},"
    remarks = [f"{some} were asked of the policy and of the world"]
    if not written.mismatches and written.compared:
        remarks[0] += ": all alike"
    remarks += [f"not alike: {one.action} on {one.resource}" for one in written.mismatches]
    if written.unwritable:
        remarks.append(
            "left out, since no Condition block can say on what they depend: "
            + ", ".join(written.unwritable)
        )
    if not written.complete:
        start = "not exact" if written.cut else "note"
        remarks.append(f"{start}: too many resource patterns to look at every way they meet")
    return remarks


def what_can_lines(effective: Effective) -> str:
    """Only the actions, a line each."""
    return "".join(f"{row.action}\n" for row in action_rows(effective))


def what_can_csv(effective: Effective) -> str:
    """A row for each action that is possible."""
    return csv_text(
        HEADER,
        (
            (
                row.service,
                row.action,
                row.level,
                row.decision.value,
                " ".join(row.resources),
                " ".join(row.excepted),
                "; or ".join(row.conditions),
            )
            for row in action_rows(effective)
        ),
    )


def what_can_data(candidate: Candidate, effective: Effective) -> Json:
    """All actions that are possible as plain data, by service."""
    services: dict[str, list[Json]] = {}
    for row in action_rows(effective):
        services.setdefault(row.service, []).append(
            {
                "action": row.action,
                "access_level": row.level,
                "decision": row.decision.value,
                "resources": list(row.resources),
                "except": list(row.excepted),
                "conditions": list(row.conditions),
            }
        )
    return {
        **candidate_data(candidate),
        "services": [
            {"service": service, "name": catalog.service_name(service), "actions": actions}
            for service, actions in services.items()
        ],
        "unknown_variables": list(effective.unknown),
        "complete": effective.complete,
    }
