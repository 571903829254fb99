"""What a principal can do: by service and access level, action by action, and as a policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from iamsim import catalog
from iamsim.catalog import ACCESS_LEVELS
from iamsim.core.decision import Verdict
from iamsim.query.what_can.places import EVERYTHING, Place
from iamsim.report.access_words import candidate_data, condition_of
from iamsim.report.document import (
    EVERY_FORM,
    GROUPED,
    SEPARATE,
    Column,
    Document,
    Form,
    Json,
    Remark,
    Section,
    verdict_badge,
)
from iamsim.report.unknowns import part_remarks, unknown_parts

if TYPE_CHECKING:
    from iamsim.core.unknown import UnknownPart
    from iamsim.proofs.result import CheckResult
    from iamsim.query.batch import Candidate
    from iamsim.query.what_can import Effective, EffectivePolicy

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
    for decided in effective.decided:
        found = Where(decided.place, decided.answer.verdict, condition_of(decided.answer))
        for number in universe.numbers(decided.actions & possible):
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
            _names([place for place in places[number] if not place.possible], places[number]),
            tuple(dict.fromkeys(where.condition for where in some if where.condition is not None)),
        )


def _names(some: Sequence[Where], every: Sequence[Where]) -> tuple[str, ...]:
    """The places by name, without those that are like a wider one around them, and without those
    that get nothing where nothing is given."""
    by_label = {where.place.label: where for where in every if where.place.label is not None}
    names = []
    for where in some:
        around = [
            by_label[name]
            for name in where.place.within
            if name in by_label and name != where.place.label
        ]
        base = [by_label[EVERYTHING]] if EVERYTHING in by_label else []
        nearest = (around or (base if where.place.label != EVERYTHING else []))[-1:]
        if nearest and (nearest[0].verdict, nearest[0].condition) == (
            where.verdict,
            where.condition,
        ):
            continue
        wider = [*around, *base] if where.place.label != EVERYTHING else []
        if where.possible or any(other.possible for other in wider):
            names.append(where.place.label or where.place.sample)
    return tuple(dict.fromkeys(names))


def what_can_document(
    candidate: Candidate, effective: Effective, *, verbose: bool = False
) -> Document:
    """Services by access level, then the actions with where and on what they depend.

    Text and Markdown have the actions with `verbose` only.
    """
    rows = list(action_rows(effective))
    counts = ServiceCounts(rows)
    services: Section[str] = Section(
        "services",
        "",
        (
            Column("service", lambda service: service, code=True),
            *(
                Column(SHORT_LEVELS.get(level, level), partial(counts.cell, level=level))
                for level in ACCESS_LEVELS
            ),
            Column("resources", counts.reach),
        ),
        counts.services,
        headed=True,
        forms=EVERY_FORM - {Form.CSV},
    )
    sure = sum(row.decision is Verdict.ALLOWED for row in rows)
    return Document(
        f"what `{candidate.principal}` can do",
        (services, _actions(rows, verbose=verbose)),
        (
            *(Remark("note", text) for text in _notes(effective)),
            *part_remarks(_unknowns(effective)),
        ),
        f"{sure} actions allowed, {len(rows) - sure} under conditions",
    )


def _actions(rows: Sequence[ActionRow], *, verbose: bool) -> Section[ActionRow]:
    def places(row: ActionRow) -> str:
        where = ", ".join(row.resources)
        return f"{where}; not {', '.join(row.excepted)}" if row.excepted else where

    columns: tuple[Column[ActionRow], ...] = (
        Column("service", lambda row: row.service, SEPARATE, code=True),
        Column("action", lambda row: row.action, code=True),
        Column("access level", lambda row: row.level),
        Column(
            "decision",
            lambda row: verdict_badge(row.decision),
            plain=lambda row: row.decision.value,
            conditions=lambda row: row.conditions,
        ),
        Column("resources", places, GROUPED, code=True),
        Column("resources", lambda row: " ".join(row.resources), SEPARATE, code=True),
        Column("except", lambda row: " ".join(row.excepted), SEPARATE, code=True),
    )
    forms = EVERY_FORM if verbose else SEPARATE
    return Section("actions", "Actions", columns, rows, lambda row: row.service, forms=forms)


class ServiceCounts:
    """How many actions of each service and access level are possible."""

    def __init__(self, rows: Sequence[ActionRow]) -> None:
        """Count all rows."""
        self._counts = Counter((row.service, row.level, row.decision) for row in rows)
        self._limited: dict[str, str] = {}
        for row in rows:
            if EVERYTHING not in row.resources:
                self._limited[row.service] = "some"
            elif row.excepted:
                self._limited.setdefault(row.service, "all but some")
        self.services = list(dict.fromkeys(row.service for row in rows))
        self._totals = {
            service: Counter(action.access_level for action in catalog.actions(service))
            for service in self.services
        }

    def cell(self, service: str, level: str) -> str:
        """`12/40` of the level are allowed, and `+3` under conditions; `-` for none."""
        sure = self._counts[service, level, Verdict.ALLOWED]
        depending = self._counts[service, level, Verdict.CONDITIONAL]
        if not sure and not depending:
            return "-"
        more = f" +{depending}" if depending else ""
        return f"{sure}/{self._totals[service][level]}{more}"

    def reach(self, service: str) -> str:
        """Whether it is about all resources."""
        return self._limited.get(service, "all")


def _notes(effective: Effective) -> list[str]:
    notes = []
    if effective.unknown:
        notes.append(
            "policy variables without a known value stand for one that no policy names: "
            + ", ".join(effective.unknown)
        )
    return [*notes, *unsearched_sentences(effective)]


def _unknowns(effective: Effective) -> list[UnknownPart]:
    """What some of the decisions depend on and is not known."""
    return unknown_parts(decided.answer for decided in effective.decided)


def unsearched_sentences(effective: Effective) -> list[str]:
    """What was not looked at."""
    if effective.complete:
        return []
    return ["too many resource patterns to look at every way in which they meet"]


LISTED = "of the actions that the reference lists"
UNASKED = "claims have no context and no session"
NOTHING = "no policy is written: there is nothing to allow, and AWS refuses one without a statement"


def policy_remarks(
    written: EffectivePolicy, complete: CheckResult | None, tight: CheckResult | None
) -> list[str]:
    """What a person should know of a written policy; `complete` says whether it leaves nothing out,
    `tight` whether it allows nothing more, `None` where that can't be asked."""
    some = f"{written.compared} requests"
    if written.compared < written.requests:
        some += f", a part of {written.requests},"
    remarks = [f"{some} were asked of the policy and of the world"]
    if not written.mismatches and written.compared:
        remarks[0] += ": all alike"
    remarks += [
        f"not alike: {mismatch.action} on {mismatch.resource}" for mismatch in written.mismatches
    ]
    if written.unwritable:
        remarks.append(
            "left out, since no Condition block can say on what they depend: "
            + ", ".join(written.unwritable)
        )
    if not written.complete:
        start = "not exact" if written.cut else "note"
        remarks.append(f"{start}: too many resource patterns to look at every way they meet")
    if written.allows_nothing:
        remarks.insert(0, NOTHING)
    return [
        *remarks,
        _proof_remark(
            complete,
            holds=f"nothing that is allowed is left out, {LISTED}",
            wanted="nothing is left out",
            broken="is allowed, and left out",
        ),
        _proof_remark(
            tight,
            holds=f"the policy allows nothing more, {LISTED}, on what the account has and through"
            " none of the VPC endpoints",
            wanted="the policy allows nothing more",
            broken="is denied, and the policy allows it",
        ),
    ]


def _proof_remark(proof: CheckResult | None, *, holds: str, wanted: str, broken: str) -> str:
    """Whether it is proved that a policy is what it should be."""
    if proof is None:
        return f"not proved that {wanted}: {UNASKED}"
    if proof.witness is not None:
        return f"not exact: {proof.witness['action']} on {proof.witness['resource']} {broken}"
    if proof.why_unknown is not None:
        return f"not proved that {wanted}: {proof.why_unknown}"
    return f"proved: {holds}"


def what_can_actions(effective: Effective) -> list[str]:
    """Only the actions."""
    return [row.action for row in action_rows(effective)]


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
    unknowns = _unknowns(effective)
    return {
        **candidate_data(candidate),
        "services": [
            {"service": service, "name": catalog.service_name(service), "actions": actions}
            for service, actions in services.items()
        ],
        "unknown_variables": list(effective.unknown),
        "complete": effective.complete,
        **({"unknowns": [part.to_dict() for part in unknowns]} if unknowns else {}),
    }
