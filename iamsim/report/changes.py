"""Changes of decisions by direction and principal: as a document and as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer, StatementReference, Verdict
from iamsim.proofs.result import CheckResult
from iamsim.proofs.result import Verdict as Proved
from iamsim.query.changes.model import Change, Changes, Direction, Latent
from iamsim.query.what_can.places import EVERYTHING, MORE_WAYS
from iamsim.report.access_words import (
    account_title,
    answer_data,
    candidate_data,
    condition_of,
    principal_name,
    reference_data,
)
from iamsim.report.document import (
    SEPARATE,
    Badge,
    Column,
    Document,
    Json,
    Prose,
    Remark,
    Section,
)
from iamsim.report.imported import remark_data, remark_text
from iamsim.report.proofs import claims_blocks, claims_remarks
from iamsim.report.unknowns import unknown_remarks, unknowns_data
from iamsim.words.wording import joined, place_text, statement_text

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.importers.draft import Remark as ImportRemark
    from iamsim.query.batch import BatchAnswer, Candidate
    from iamsim.query.policy_changes import PolicyChange
    from iamsim.suites.run import CaseResult
    from iamsim.world.model import World

TITLES = {
    Direction.OPENS: "opens",
    Direction.SHIFTS: "under other conditions",
    Direction.CLOSES: "closes",
    Direction.STAYS_DENIED: "stays denied, in another way",
}
_BADGES = {
    Direction.OPENS: Badge("no", "access opens"),
    Direction.SHIFTS: Badge("open", "conditions change"),
    Direction.CLOSES: Badge("open", "access closes"),
    Direction.STAYS_DENIED: Badge("none", "denials change"),
}
MOST_LINES = 400  # of all diffs together, unless everything is asked for
PUBLIC = "opens to everyone"
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

    @property
    def depends_on_unknown(self) -> bool:
        """Whether it does not hold because of what is not known afterwards."""
        return self.broken and self.after.depends_on_unknown


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """Everything to be said: the changes, what a policy file forbids, what is not known, the
    `policies` that differ where those are to be shown, the answers to `claims`, which stand at
    `places`, and the policies that are alike and `unread`."""

    changes: Changes
    model: World
    kept: tuple[Kept, ...] = ()
    remarks: tuple[ImportRemark, ...] = ()
    unknowns: tuple[UnknownInWorld, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    claims: tuple[CheckResult, ...] = ()
    places: tuple[Span, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def broken(self) -> tuple[Kept, ...]:
        """What the policy file forbids and the change does."""
        return tuple(kept for kept in self.kept if kept.broken)

    @property
    def unproved(self) -> tuple[CheckResult, ...]:
        """The claims that are refuted, or not settled."""
        return tuple(claim for claim in self.claims if claim.verdict is not Proved.PASS)


def open_requirements(report: ChangeReport) -> list[str]:
    """How many requirements hang on what is not known, in a sentence."""
    number = sum(kept.depends_on_unknown for kept in report.kept)
    one = number == 1
    some = "one requirement depends" if one else f"{number} requirements depend"
    return [f"{some} on parts of policies that are not known"] if number else []


def unread_text(report: ChangeReport) -> str:
    """How many policies are written alike and can't be read."""
    number = len(report.unread)
    some = "1 policy that is" if number == 1 else f"{number} policies that are"
    return f"{some} written alike in both worlds can't be read whole: {', '.join(report.unread)}"


class Row(NamedTuple):
    """Changes that are alike, said together under a title: the same actions on some resources for
    somebody."""

    title: str
    direction: Direction
    candidates: tuple[Candidate, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    before: BatchAnswer
    after: BatchAnswer
    through: tuple[StatementReference, ...]
    vpc_endpoint: str | None = None
    services: tuple[str, ...] = ()


def _rows(changes: Changes) -> list[Row]:
    """All rows: public openings first, then by direction, then principals yet to come."""
    everywhere = _said_everywhere(changes)
    rows = _joined(PUBLIC, [change for change in changes.found if change.is_public], everywhere)
    for direction, title in TITLES.items():
        some = [change for change in changes.of(direction) if not change.is_public]
        rows += _joined(title, some, everywhere)
    for direction, title in TITLES.items():
        later = [change for change in changes.future if change.direction is direction]
        rows += _joined(f"{title}, for principals that do not exist yet", later, everywhere)
    return rows


def _joined(
    title: str,
    some: Iterable[Change],
    everywhere: Mapping[str, list[tuple[frozenset[str], object]]],
) -> list[Row]:
    """Join changes of a direction: resources first, then principals that are alike."""
    by_principal: dict[object, list[Change]] = {}
    for change in some:
        key = (change.candidate.principal, change.actions, _kind(change))
        by_principal.setdefault(key, []).append(change)
    groups: dict[object, list[list[Change]]] = {}
    for same in by_principal.values():
        if not _is_implied(same, everywhere):
            first = same[0]
            resources = tuple(change.resource for change in same)
            groups.setdefault((first.actions, resources, _kind(first)), []).append(same)
    return [
        Row(
            title,
            alike[0][0].direction,
            tuple(same[0].candidate for same in alike),
            alike[0][0].actions,
            tuple(dict.fromkeys(change.resource for change in alike[0])),
            alike[0][0].before,
            alike[0][0].after,
            alike[0][0].through,
            alike[0][0].vpc_endpoint,
            alike[0][0].services,
        )
        for alike in groups.values()
    ]


def _kind(change: Change) -> object:
    """What besides actions and resource makes changes alike."""
    return (
        change.direction,
        change.vpc_endpoint,
        change.services,
        change.before.verdict,
        change.after.verdict,
        condition_of(change.before),
        condition_of(change.after),
        tuple((reference.source.name, reference.path) for reference in change.through),
    )


def _said_everywhere(changes: Changes) -> Mapping[str, list[tuple[frozenset[str], object]]]:
    """What is said of every resource: actions and kind of change, by principal."""
    said: dict[str, list[tuple[frozenset[str], object]]] = {}
    for change in changes.found:
        if change.place.label == EVERYTHING:
            entry = frozenset(change.actions), _kind(change)
            said.setdefault(change.candidate.principal, []).append(entry)
    return said


def _is_implied(
    same: list[Change], everywhere: Mapping[str, list[tuple[frozenset[str], object]]]
) -> bool:
    """Whether the same is said of every resource already."""
    first = same[0]
    if any(change.place.label == EVERYTHING for change in same):
        return False
    kind = _kind(first)
    return any(
        kind == known and actions.issuperset(first.actions)
        for actions, known in everywhere.get(first.candidate.principal, ())
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
    names = ["any resource" if resource == EVERYTHING else resource for resource in resources]
    if verbose or len(names) <= SHOWN:
        return joined(names)
    return f"{', '.join(names[: SHOWN - 1])} and {len(names) - SHOWN + 1} more"


def way_text(row: Row) -> str:
    """Say how the requests come, where they are no direct calls."""
    if row.services:
        return f"made by {joined(row.services)} for the caller"
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
                f"{statement_text(reference.index, reference.sid)} of {reference.policy}"
                f" ({place_text(reference.span)})"
                for reference in through
            )
        )
    )


def changes_document(report: ChangeReport, *, verbose: bool = False) -> Document:
    """Lay out what is forbidden, then the policies that differ, then every change by direction."""
    rows = _rows(report.changes)
    columns: tuple[Column[Row], ...] = (
        Column("change", lambda row: _BADGES[row.direction], SEPARATE),
        Column(
            "principal",
            lambda row: principals_text(row.candidates, report.model, verbose=verbose),
            plain=lambda row: " ".join(candidate.principal for candidate in row.candidates),
        ),
        Column(
            "actions",
            lambda row: actions_text(row.actions, verbose=verbose),
            plain=lambda row: " ".join(row.actions),
        ),
        Column("resource", lambda row: resources_text(row.resources, verbose=verbose)),
        Column("requests", way_text),
        Column("before", lambda row: answer_text(row.before)),
        Column("after", lambda row: answer_text(row.after)),
        Column("through", lambda row: through_text(row.through)),
    )
    changes = Section("changes", "Changes", columns, rows, lambda row: row.title, cards=True)
    diffs, more = _diffs(report.policies, None if verbose else MOST_LINES)
    remarks = [Remark("unknown", remark_text(remark)) for remark in report.remarks]
    remarks += unknown_remarks(report.unknowns)
    remarks += claims_remarks(report.claims)
    if report.unread:
        remarks.append(Remark("note", unread_text(report)))
    if more:
        remarks.append(Remark("note", f"{more} more lines differ, which `-v` shows"))
    return Document(
        "decisions before and after the change",
        (
            *claims_blocks(report.claims),
            _forbidden(report),
            *diffs,
            changes,
            _latent(report.changes),
        ),
        tuple(remarks),
        summary_text(report),
        _verdict(report),
    )


def _verdict(report: ChangeReport) -> Badge:
    directions = {change.direction for change in report.changes.found}
    for direction in TITLES:
        if direction in directions:
            return _BADGES[direction]
    return Badge("yes", "no decision changes")


def _latent(changes: Changes) -> Section[Latent]:
    """What counts for nobody yet."""
    columns: tuple[Column[Latent], ...] = (
        Column("what", lambda row: row.where),
        Column("change", lambda row: _BADGES[row.direction], SEPARATE),
        Column("actions", lambda row: actions_text(row.actions)),
        Column("through", lambda row: through_text(row.statements)),
    )
    return Section("latent", "counts for nobody yet", columns, changes.latent, cards=True)


def _forbidden(report: ChangeReport) -> Section[Kept]:
    """What the policy file forbids."""
    columns: tuple[Column[Kept], ...] = (
        Column("requirement", lambda row: row.after.request.title),
        Column("place", lambda row: f"{row.file}:{row.after.request.span.line}", code=True),
        Column(
            "since",
            lambda row: "opened by this change" if row.before.met else "did not hold before either",
        ),
        Column("failure", lambda row: "; ".join(row.after.failures)),
    )
    return Section("forbidden", "forbidden", columns, report.broken, cards=True)


def _diffs(policies: Sequence[PolicyChange], most: int | None) -> tuple[list[Prose], int]:
    """What differs, each as a diff, of so many lines in all; and how many more there are."""
    shown, left, more = [], most, 0
    for number, policy in enumerate(policies, 1):
        lines = policy.lines if left is None else policy.lines[:left]
        more += len(policy.lines) - len(lines)
        left = None if left is None else left - len(lines)
        word = " (new)" if policy.added else " (gone)" if policy.removed else ""
        text = "\n".join(lines)
        caption = f"{policy.what}{word}"
        shown.append(
            Prose(f"diff-{number}", caption, (text,), code=True, language="diff", folded=True)
        )
    return shown, more


def principals_text(candidates: Sequence[Candidate], model: World, *, verbose: bool) -> str:
    """Name principals with their account."""
    names = [_principal(candidate, model) for candidate in candidates]
    if verbose or len(names) <= SHOWN:
        return joined(names)
    return f"{len(names)} principals: {', '.join(names[: SHOWN - 1])}, …"


def _principal(candidate: Candidate, model: World) -> str:
    name = principal_name(candidate)
    if name == candidate.principal:
        return name
    return f"{name} of {account_title(candidate, model)}"


def summary_text(report: ChangeReport) -> str:
    """How much changes, and within which bounds it was looked for."""
    changes = report.changes
    counts = {
        direction: sum(len(change.actions) for change in changes.of(direction))
        for direction in TITLES
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
    public = sum(len(change.actions) for change in changes.found if change.is_public)
    if public:
        parts.append(f"{public:,} {_verb(Direction.OPENS, public)} to everyone")
    later = sum(len(change.actions) for change in changes.future) + len(changes.latent)
    if later:
        parts.append(f"{later:,} {'counts' if later == 1 else 'count'} for nobody yet")
    if report.kept:
        held = len(report.kept) - len(report.broken)
        parts.append(f"{held} of {len(report.kept)} requirements hold")
    if report.claims:
        held = len(report.claims) - len(report.unproved)
        parts.append(f"{held} of {len(report.claims)} claims are proved")
    if not changes.complete:
        parts.append(MORE_WAYS)
    parts += [f"not asked: {text}" for text in changes.silent]
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


def changes_lines(changes: Iterable[Change]) -> list[str]:
    """A line for each change: direction, principal, actions and resource; for `--quiet`."""
    return [
        f"{change.direction.value} {change.candidate.principal} {','.join(change.actions)}"
        f" {change.resource}"
        f"{f' {change.vpc_endpoint}' if change.vpc_endpoint else ''}"
        for change in changes
    ]


def changes_data(report: ChangeReport) -> Json:
    """Everything as plain data."""
    changes = report.changes
    data: Json = {
        "policies": [
            {
                "what": policy.what,
                "change": "added" if policy.added else "removed" if policy.removed else "changed",
                "diff": list(policy.lines),
            }
            for policy in report.policies
        ],
        "changes": [_change(change) for change in changes.found],
        "future": [_change(change) for change in changes.future],
        "latent": [
            {
                "where": latent.where,
                "direction": latent.direction.value,
                "actions": list(latent.actions),
                "statements": [reference_data(statement) for statement in latent.statements],
            }
            for latent in changes.latent
        ],
        "bounds": {
            "principals": changes.principals,
            "decisions": changes.decisions,
            "complete": changes.complete,
            "not_asked": list(changes.silent),
        },
        "not_known": [remark_data(remark) for remark in report.remarks],
        "unknowns": unknowns_data(report.unknowns),
    }
    if report.unread:
        data["unread"] = list(report.unread)
    if report.claims:
        data["claims"] = [claim.to_dict() for claim in report.claims]
    if report.kept:
        data["requirements"] = [
            {
                "file": kept.file,
                "line": kept.after.request.span.line,
                "name": kept.after.request.title,
                "held_before": kept.before.met,
                "holds_after": kept.after.met,
                "failures": list(kept.after.failures),
            }
            for kept in report.kept
        ]
    return data


def _change(change: Change) -> Json:
    """One change as plain data; `proved` says that without `through` the answer is the old one."""
    return {
        "direction": change.direction.value,
        "public": change.is_public,
        **candidate_data(change.candidate),
        "actions": list(change.actions),
        "resource": change.resource,
        "example": change.place.sample,
        **({"vpc_endpoint": change.vpc_endpoint} if change.vpc_endpoint else {}),
        **({"services": list(change.services)} if change.services else {}),
        "before": answer_data(change.before),
        "after": answer_data(change.after),
        "through": [reference_data(statement) for statement in change.through],
        "proved": change.proved,
    }
