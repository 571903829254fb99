"""One report of a whole account or organization: what there is, the audit, access from outside,
ways up, who can do what was asked, and the guardrails with a picture."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.audit.looking import DEFAULT_LIMITS, Looking
from iamsim.audit.run import audit_of
from iamsim.draw.organization import tree_of
from iamsim.draw.organization_svg import organization_svg
from iamsim.query.who_can import find_who_can
from iamsim.query.world_stats import world_stats
from iamsim.report.access_findings import FindingsAnswer, access_findings_document
from iamsim.report.access_findings_data import access_findings_data
from iamsim.report.audit import audit_document
from iamsim.report.audit_data import audit_data
from iamsim.report.document import Document, Picture, Remark
from iamsim.report.paths import PathsAnswer, paths_data, paths_document
from iamsim.report.who_can import who_can_data, who_can_document
from iamsim.report.world_stats import stats_data, stats_document

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamsim.audit.choices import Choices
    from iamsim.audit.frameworks import Framework
    from iamsim.audit.model import Audit
    from iamsim.query.batch import Batch
    from iamsim.query.who_can import WhoCan
    from iamsim.replay.counting import Count
    from iamsim.report.document import Block

__all__ = ["AccountReport", "Asked", "account_report"]

FACETS = ("account", "severity", "heading")


class Asked(NamedTuple):
    """Actions on a resource, about which a report says who can do them."""

    actions: tuple[str, ...]
    resource: str


@dataclass(frozen=True, slots=True)
class AccountReport:
    """Everything that a report says; `document` and `data` lay it out."""

    looking: Looking
    audit: Audit
    who: Sequence[WhoCan] = ()
    framework: Framework | None = None
    names: dict[str, int] = field(default_factory=dict)

    @property
    def document(self) -> Document:
        """All answers as one document, each with its blocks under a name of its own."""
        model = self.looking.model
        audit = audit_document(self.audit, self.framework)
        stats = stats_document(world_stats(model))
        blocks: list[Block] = list(audit.blocks)
        remarks: list[Remark] = list(audit.remarks)
        if model.organization is not None and model.organization.root is not None:
            tree = tree_of(model)
            blocks.append(
                Picture(
                    "organization",
                    "The organization and its guardrails",
                    lambda: organization_svg(tree),
                    "the organization as a tree, with the policies that are attached to each node",
                )
            )
        for about, document in (
            ("Access from outside", access_findings_document(self._external)),
            ("Ways up", paths_document(self._paths)),
            *(
                (f"Who can: {who_can.resource}", who_can_document(who_can, model))
                for who_can in self.who
            ),
            ("What there is", stats),
        ):
            blocks += _under(len(blocks), about, document)
            remarks += document.remarks
        whole = "the organization" if model.organization is not None else "the account"
        if model.organization is None and len(model.accounts) > 1:
            whole = f"{len(model.accounts)} accounts"
        at = f" at {self.audit.at}" if self.audit.at else ""
        return Document(
            f"report of {whole}{at}",
            tuple(blocks),
            tuple(dict.fromkeys(remarks)),
            audit.summary,
            audit.verdict,
            FACETS,
        )

    @property
    def data(self) -> dict[str, object]:
        """The same as plain data."""
        return {
            "at": self.audit.at,
            "stats": stats_data(world_stats(self.looking.model)),
            "audit": audit_data(self.audit, self.framework),
            "findings": access_findings_data(self._external),
            "paths": paths_data(self._paths),
            "who_can": [who_can_data(who_can) for who_can in self.who],
        }

    @property
    def _external(self) -> FindingsAnswer:
        looking = self.looking
        external = looking.external
        organization = looking.model.organization
        zone = (
            "account" if organization is None else f"organization {organization.id or ''}".rstrip()
        )
        findings = sorted(
            external.findings, key=lambda finding: (finding.account, finding.resource, finding.id)
        )
        unknowns = [*looking.unknowns, *external.unsearched]
        return FindingsAnswer(
            findings,
            external.kept,
            zone,
            external.looked_at,
            looking.model,
            self.audit.at,
            unknowns=unknowns,
        )

    @property
    def _paths(self) -> PathsAnswer:
        escalations, chains = self.looking.escalations
        there = tuple(sorted(escalations.administrators))
        return PathsAnswer("administrator", escalations, chains, there, None, self.looking.model)


def _under(number: int, about: str, document: Document) -> list[Block]:
    """The blocks of another document: names that are unique here, captions that say what of."""
    blocks: list[Block] = []
    for index, block in enumerate(document.shown):
        caption = about if not index else f"{about}: {block.caption}"
        blocks.append(replace(block, name=f"{block.name}-{number + index}", caption=caption))
    return blocks


def account_report(
    batch: Batch,
    at: str | None = None,
    choices: Choices | None = None,
    *,
    asked: Sequence[Asked] = (),
    framework: Framework | None = None,
    trail: Count | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> AccountReport:
    """Ask everything that a report says; raises what the engine raises, and `RequestError` for what
    can't be asked."""
    limits = DEFAULT_LIMITS if choices is None else choices.limits
    looking = Looking(batch, at, limits, trail)
    audit = audit_of(looking, choices, progress)
    who = [find_who_can(batch, question.actions, question.resource) for question in asked]
    return AccountReport(looking, audit, who, framework)
