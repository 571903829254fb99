"""Access from outside, from inside, and what nobody used, as IAM Access Analyzer finds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from iamsim.api.results import Result
from iamsim.core.decision import PolicyType
from iamsim.core.errors import RequestError
from iamsim.query.analyzer.archive import ArchiveRule, apply_rules
from iamsim.query.analyzer.external import find_external
from iamsim.query.analyzer.finding import AccessFinding, FindingKind, Status
from iamsim.query.analyzer.unused import Unjudged, count_unjudged, find_unused
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.questions.actions import check_action, expand_actions
from iamsim.questions.names import resource_named
from iamsim.report import access_findings as report

if TYPE_CHECKING:
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.query.batch import Batch
    from iamsim.report.document import Document
    from iamsim.world.model import World

# What bears on access from outside: the sides of resources and roles, and what limits them.
OUTSIDE = frozenset({PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.RESOURCE_CONTROL})


class Findings(Result):
    """The findings about a world; `answer` has all that is said about them."""

    def __init__(self, answer: report.FindingsAnswer) -> None:
        """Wrap what was found; use `World.findings` to ask."""
        self.answer = answer

    @property
    def active(self) -> list[AccessFinding]:
        """The findings that no rule archives; what is not known is none of them."""
        return [
            finding
            for finding in self.answer.findings
            if finding.status is Status.ACTIVE and finding.kind is not FindingKind.UNKNOWN
        ]

    @property
    def public(self) -> list[AccessFinding]:
        """Those that let everybody in."""
        return [finding for finding in self.active if finding.is_public]

    @property
    def unknowns(self) -> Sequence[UnknownInWorld]:
        """What is not known of policies that bear on findings."""
        return self.answer.unknowns

    @property
    def unsearched(self) -> list[str]:
        """What could not be judged, because nobody says what was used."""
        return self.answer.unjudged.sentences()

    @property
    def lost(self) -> Sequence[str]:
        """What of logs could not be read, with the reason."""
        return self.answer.lost

    @property
    def _models(self) -> Sequence[World]:
        return (self.answer.model,)

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        return report.access_findings_document(self.answer)

    def _data(self) -> dict[str, Any]:
        """The answer as `iamsim findings --format json` has it."""
        from iamsim.report.access_findings_data import access_findings_data

        return access_findings_data(self.answer)

    def lines(self) -> list[str]:
        """A line for each finding."""
        return report.access_findings_lines(self.answer)


def find(  # noqa: PLR0913 - the arguments are the options of the command
    batch: Batch,
    *,
    zone: str | None = None,
    internal: Sequence[str] = (),
    actions: Sequence[str] = (),
    unused_days: int | None = None,
    at: str | None = None,
    recommend: bool = False,
    rules: Sequence[ArchiveRule] = (),
    show_archived: bool = False,
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> Findings:
    """Find what was asked for, and archive what rules are about; `unused_days` needs the time `at`
    of the analysis. Raises `RequestError` for a zone or a resource that is not there."""
    if actions and not internal:
        raise RequestError(
            "option-without-resource",
            "actions say what is asked of a resource, and none is given",
            hint="name it with `--resource`, or leave `--action` out",
        )
    model = batch.world.model
    external = find_external(batch, zone, progress, processes=processes)
    findings = list(external.findings)
    unsearched = list(external.unsearched)
    if internal:
        from iamsim.query.analyzer.internal import find_internal

        named = [resource_named(text, model) for text in internal]
        expanded = expand_actions(tuple(actions))
        for action in expanded:
            check_action(action)
        inside = find_internal(batch, named, expanded, zone, progress, processes=processes)
        findings += inside.findings
        unsearched += inside.unsearched
    unjudged = Unjudged()
    if unused_days is not None and at is not None:
        from iamsim.query.analyzer.unused_permissions import (
            find_unused_permissions,
        )

        unjudged = count_unjudged(model)
        findings += find_unused(model, at, unused_days)
        findings += find_unused_permissions(batch, at, unused_days, progress, processes=processes)
    if recommend:
        from iamsim.query.analyzer.recommended import recommend as add

        add(batch, findings, progress)
    findings.sort(
        key=lambda finding: (
            finding.account,
            finding.resource,
            finding.kind.value,
            *finding.principal.values(),
            finding.id,
        )
    )
    apply_rules(findings, rules)
    organization = model.organization if zone != "account" else None
    unknowns = [
        unknown
        for unknown in batch.world.unknowns()
        if unused_days is not None or (unknown.decides and (internal or unknown.use in OUTSIDE))
    ]
    return Findings(
        report.FindingsAnswer(
            findings,
            external.kept,
            "account" if organization is None else f"organization {organization.id or ''}".rstrip(),
            external.looked_at,
            model,
            at,
            show_archived=show_archived,
            unknowns=[*unknowns, *unsearched],
            unjudged=unjudged,
        )
    )
