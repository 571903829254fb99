"""Changes of decisions: as text by direction and principal, and as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer, Verdict
from iamsim.query.changes.model import Direction
from iamsim.query.what_can.places import EVERYTHING
from iamsim.report.access_words import (
    account_title,
    answer_data,
    candidate_data,
    condition_of,
    principal_name,
)
from iamsim.report.columns import table
from iamsim.report.imported import remark_data
from iamsim.report.unknowns import unknowns_data
from iamsim.report.wording import joined, place_text, statement_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamsim.core.decision import StatementReference
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.importers.draft import Remark
    from iamsim.query.batch import BatchAnswer, Candidate
    from iamsim.query.changes.model import Change, Changes
    from iamsim.report.paint import Paint
    from iamsim.suites.run import CaseResult
    from iamsim.world.model import World

__all__ = [
    "MORE_WAYS",
    "ChangeReport",
    "Kept",
    "Row",
    "actions_text",
    "answer_text",
    "changes_data",
    "changes_lines",
    "changes_text",
    "principals_text",
    "resources_text",
    "rows_of",
    "summary_text",
    "through_text",
    "way_text",
]

Json = dict[str, object]
TITLES = {
    Direction.OPENS: "opens",
    Direction.SHIFTS: "under other conditions",
    Direction.CLOSES: "closes",
    Direction.STAYS_DENIED: "stays denied, in another way",
}
MORE_WAYS = "patterns meet in more ways than were tried"
SHOWN = 4  # actions, resources or principals before only their number is said
VERDICTS = {
    Verdict.ALLOWED: "allowed",
    Verdict.EXPLICIT_DENY: "explicitly denied",
    Verdict.IMPLICIT_DENY: "denied",
    Verdict.CONDITIONAL: "conditional",
}

# What only limits: where it is the reason of a denial, nothing that it says is `through`.
LIMITS = {
    Layer.SERVICE_CONTROL_POLICY: "service control policies",
    Layer.RESOURCE_CONTROL_POLICY: "resource control policies",
    Layer.PERMISSIONS_BOUNDARY: "the permissions boundary",
    Layer.SESSION_POLICY: "the session policy",
    Layer.VPC_ENDPOINT_POLICY: "the VPC endpoint policy",
    Layer.S3_BLOCK_PUBLIC_ACCESS: "S3 Block Public Access",
}


class Kept(NamedTuple):
    """A request of a policy file in both worlds: what it expects must hold afterwards."""

    file: str
    before: CaseResult
    after: CaseResult

    @property
    def broken(self) -> bool:
        """Whether it does not hold afterwards."""
        return not self.after.met


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """Everything to be said: the changes, what a policy file forbids, what is not known."""

    changes: Changes
    model: World
    kept: tuple[Kept, ...] = ()
    remarks: tuple[Remark, ...] = ()
    unknowns: tuple[UnknownInWorld, ...] = ()

    @property
    def broken(self) -> tuple[Kept, ...]:
        """What the policy file forbids and the change does."""
        return tuple(one for one in self.kept if one.broken)


class Row(NamedTuple):
    """Changes that are alike, said together: the same actions on some resources for somebody."""

    direction: Direction
    candidates: tuple[Candidate, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    before: BatchAnswer
    after: BatchAnswer
    through: tuple[StatementReference, ...]
    vpc_endpoint: str | None = None


def rows_of(changes: Changes, direction: Direction) -> list[Row]:
    """Join the changes of a direction: resources first, then principals that are alike."""
    by_principal: dict[object, list[Change]] = {}
    for change in changes.of(direction):
        key = (change.candidate.principal, change.actions, _kind(change))
        by_principal.setdefault(key, []).append(change)
    groups: dict[object, list[list[Change]]] = {}
    for same in by_principal.values():
        if not _is_implied(same, changes):
            first = same[0]
            resources = tuple(one.resource for one in same)
            groups.setdefault((first.actions, resources, _kind(first)), []).append(same)
    return [
        Row(
            direction,
            tuple(same[0].candidate for same in some),
            some[0][0].actions,
            tuple(dict.fromkeys(one.resource for one in some[0])),
            some[0][0].before,
            some[0][0].after,
            some[0][0].through,
            some[0][0].vpc_endpoint,
        )
        for some in groups.values()
    ]


def _kind(change: Change) -> object:
    """What besides actions and resource makes changes alike."""
    return (
        change.vpc_endpoint,
        change.before.verdict,
        change.after.verdict,
        condition_of(change.before),
        condition_of(change.after),
        tuple((one.source.name, one.path) for one in change.through),
    )


def _is_implied(same: list[Change], changes: Changes) -> bool:
    """Whether the same is said of every resource already."""
    first = same[0]
    if any(one.place.label == EVERYTHING for one in same):
        return False
    wanted, kind = set(first.actions), _kind(first)
    return any(
        one.place.label == EVERYTHING
        and one.candidate.principal == first.candidate.principal
        and wanted <= set(one.actions)
        and _kind(one) == kind
        for one in changes.found
    )


def actions_text(actions: Sequence[str], *, verbose: bool = False) -> str:
    """Name actions; of many the first, and how many of which services."""
    if verbose or len(actions) <= SHOWN:
        return joined(actions)
    services = list(dict.fromkeys(name.partition(":")[0] for name in actions))
    some = f"of {joined(services)}" if len(services) <= SHOWN else f"of {len(services)} services"
    return f"{len(actions):,} actions {some} ({', '.join(actions[: SHOWN - 1])}, …)"


def resources_text(resources: Sequence[str], *, verbose: bool = False) -> str:
    """Name resources; of many the first, and how many more."""
    names = ["any resource" if one == EVERYTHING else one for one in resources]
    if verbose or len(names) <= SHOWN:
        return joined(names)
    return f"{', '.join(names[: SHOWN - 1])} and {len(names) - SHOWN + 1} more"


def way_text(row: Row) -> str:
    """Say how the requests come, where they are no direct calls."""
    return "" if row.vpc_endpoint is None else f"through the VPC endpoint {row.vpc_endpoint}"


def answer_text(answer: BatchAnswer) -> str:
    """A verdict, with what it depends on; where something only limits, what that is."""
    condition = condition_of(answer)
    if condition is None:
        limit = LIMITS.get(answer.decision.layer) if answer.decision.layer is not None else None
        by = f" by {limit}" if limit and answer.verdict is Verdict.IMPLICIT_DENY else ""
        return f"{VERDICTS[answer.verdict]}{by}"
    return f"allowed {condition}"


def through_text(through: Iterable[StatementReference]) -> str:
    """Name statements with policy and place."""
    return joined(
        list(
            dict.fromkeys(
                f"{statement_text(one.index, one.sid)} of {one.policy} ({place_text(one.span)})"
                for one in through
            )
        )
    )


def changes_text(report: ChangeReport, paint: Paint, width: int, *, verbose: bool = False) -> str:
    """A section for each direction, in it a block for each change."""
    lines: list[str] = []
    for direction, title in TITLES.items():
        rows = rows_of(report.changes, direction)
        if rows:
            opens = direction is Direction.OPENS
            lines += [paint.bad(title) if opens else paint.title(title), ""]
            for row in rows:
                lines += [*_block(row, report.model, width, verbose=verbose), ""]
    lines += _forbidden(report, paint, width)
    lines += _remarks(report.remarks, width)
    return "\n".join([*lines, *table([(summary_text(report),)], width), ""])


def _block(row: Row, model: World, width: int, *, verbose: bool) -> Iterator[str]:
    """One change: for whom, what on what, from what to what, through which statement."""
    yield from table([(principals_text(row.candidates, model, verbose=verbose),)], width, indent=2)
    facts = [
        (
            "action" if len(row.actions) == 1 else "actions",
            actions_text(row.actions, verbose=verbose),
        ),
        ("resource", resources_text(row.resources, verbose=verbose)),
        *(() if row.vpc_endpoint is None else [("requests", way_text(row))]),
        ("before", answer_text(row.before)),
        ("after", answer_text(row.after)),
    ]
    if row.through:
        facts.append(("through", through_text(row.through)))
    yield from table(facts, width, indent=4)


def principals_text(candidates: Sequence[Candidate], model: World, *, verbose: bool) -> str:
    """Name principals with their account."""
    names = [_principal(one, model) for one in candidates]
    if verbose or len(names) <= SHOWN:
        return joined(names)
    return f"{len(names)} principals: {', '.join(names[: SHOWN - 1])}, …"


def _principal(candidate: Candidate, model: World) -> str:
    name = principal_name(candidate)
    if name == candidate.principal:
        return name
    return f"{name} of {account_title(candidate, model)}"


def _forbidden(report: ChangeReport, paint: Paint, width: int) -> Iterator[str]:
    """What the policy file forbids."""
    if not report.broken:
        return
    yield paint.bad("forbidden")
    for one in report.broken:
        request = one.after.request
        word = "opened by this change" if one.before.met else "did not hold before either"
        yield from table(
            [(f"{request.title} ({one.file}:{request.span.line}): {word}",)], width, indent=2
        )
        for failure in one.after.failures:
            yield from table([(failure,)], width, indent=4)
    yield ""


def _remarks(remarks: Sequence[Remark], width: int) -> Iterator[str]:
    """What of the sources is not known: decisions may be others there."""
    if not remarks:
        return
    yield "not known of what is laid over"
    for one in remarks:
        place = f"{one.place}: " if one.place else ""
        yield from table([(f"{place}{one.message} [{one.code}]",)], width, indent=2)
    yield ""


def summary_text(report: ChangeReport) -> str:
    """How much changes, and within which bounds it was looked for."""
    changes = report.changes
    counts = {
        direction: sum(len(one.actions) for one in changes.of(direction)) for direction in TITLES
    }
    words = [
        f"{counts[direction]:,} {_verb(direction, counts[direction])}"
        for direction in TITLES
        if counts[direction]
    ]
    said = joined(words) if words else "no decision changes"
    bounds = (
        f"compared: {changes.decisions:,} decisions about {changes.principals:,}"
        f" {'principal' if changes.principals == 1 else 'principals'}"
        if changes.bounds
        else "nothing that decisions rest on differs"
    )
    parts = [f"{said} ({bounds})"]
    if report.kept:
        held = len(report.kept) - len(report.broken)
        parts.append(f"{held} of {len(report.kept)} requirements hold")
    if not changes.complete:
        parts.append(MORE_WAYS)
    parts += [f"not asked: {one}" for one in changes.silent]
    return "; ".join(parts)


def _verb(direction: Direction, number: int) -> str:
    one = number == 1
    decision = "decision" if one else "decisions"
    return {
        Direction.OPENS: f"{decision} {'opens' if one else 'open'}",
        Direction.CLOSES: f"{'closes' if one else 'close'}",
        Direction.SHIFTS: f"{'depends' if one else 'depend'} on other conditions",
        Direction.STAYS_DENIED: f"{'stays' if one else 'stay'} denied in another way",
    }[direction]


def changes_lines(report: ChangeReport) -> str:
    """A line for each change: direction, principal, actions and resource; for `--quiet`."""
    return "".join(
        f"{one.direction.value} {one.candidate.principal} {','.join(one.actions)} {one.resource}"
        f"{f' {one.vpc_endpoint}' if one.vpc_endpoint else ''}\n"
        for one in report.changes.found
    )


def changes_data(report: ChangeReport) -> Json:
    """Everything as plain data."""
    changes = report.changes
    data: Json = {
        "changes": [
            {
                "direction": one.direction.value,
                **candidate_data(one.candidate),
                "actions": list(one.actions),
                "resource": one.resource,
                "example": one.place.sample,
                **({"vpc_endpoint": one.vpc_endpoint} if one.vpc_endpoint else {}),
                "before": answer_data(one.before),
                "after": answer_data(one.after),
                "through": [_reference(statement) for statement in one.through],
            }
            for one in changes.found
        ],
        "bounds": {
            "principals": changes.principals,
            "decisions": changes.decisions,
            "complete": changes.complete,
            "not_asked": list(changes.silent),
        },
        "not_known": [remark_data(one) for one in report.remarks],
        "unknowns": unknowns_data(report.unknowns),
    }
    if report.kept:
        data["requirements"] = [
            {
                "file": one.file,
                "line": one.after.request.span.line,
                "name": one.after.request.title,
                "held_before": one.before.met,
                "holds_after": one.after.met,
                "failures": list(one.after.failures),
            }
            for one in report.kept
        ]
    return data


def _reference(statement: StatementReference) -> Json:
    span = statement.span
    return {
        "layer": statement.layer.value,
        "policy": statement.policy,
        "statement": statement.index,
        "sid": statement.sid,
        "effect": statement.effect,
        "file": span.source.name,
        "line": span.line,
    }
