"""One report of a whole account or organization: what there is, the audit, access from outside,
ways up, who can do what was asked, and the guardrails with a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamsim.api.audits import AuditArguments, Looked, look
from iamsim.api.results import Result
from iamsim.audit.languages import said
from iamsim.draw.organization import tree_of
from iamsim.draw.organization_svg import organization_svg
from iamsim.query.who_can import WhoCan, find_who_can
from iamsim.query.world_stats import world_stats
from iamsim.questions.actions import expand_actions
from iamsim.report.access_findings import FindingsAnswer, access_findings_document
from iamsim.report.access_findings_data import access_findings_data
from iamsim.report.audit import audit_document, audit_lines
from iamsim.report.audit_data import audit_data
from iamsim.report.document import Block, Document, Picture, Remark, Section
from iamsim.report.paths import PathsAnswer, paths_data, paths_document
from iamsim.report.who_can import who_can_data, who_can_document
from iamsim.report.world_stats import stats_data, stats_document

if TYPE_CHECKING:
    from iamsim.query.batch import Batch
    from iamsim.world.model import World

FACETS = ("account", "severity", "heading")


class AccountReport(Result):
    """Everything that a report of an account or organization says."""

    def __init__(self, looked: Looked, who: Sequence[WhoCan] = ()) -> None:
        """Wrap the answers; use `World.report` to ask."""
        self._looked = looked
        self._who = who

    @property
    def _models(self) -> Sequence[World]:
        return (self._looked.looking.model,)

    def _translated(self, remark: Remark) -> Remark:
        return remark._replace(text=said(self._looked.audit, remark.text))

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        """All answers as one document, each with its blocks under a name of its own."""
        looking, audited, framework, _ = self._looked
        model = looking.model
        audit = audit_document(audited, framework)
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
                (document.title.replace("who", "Who", 1).replace("`", ""), document)
                for document in (who_can_document(who_can, model) for who_can in self._who)
            ),
            ("What there is", stats),
        ):
            blocks += _under(len(blocks), about, document)
            remarks += document.remarks
        whole = "the organization" if model.organization is not None else "the account"
        if model.organization is None and len(model.accounts) > 1:
            whole = f"{len(model.accounts)} accounts"
        at = f" at {audited.at}" if audited.at else ""
        return Document(
            f"report of {whole}{at}",
            tuple(blocks),
            tuple(dict.fromkeys(remarks)),
            audit.summary,
            audit.verdict,
            FACETS,
        )

    def _data(self) -> dict[str, Any]:
        """The same as `iamsim report --format json` has it."""
        looking, audited, framework, _ = self._looked
        return {
            "at": audited.at,
            "stats": stats_data(world_stats(looking.model)),
            "audit": audit_data(audited, framework),
            "findings": access_findings_data(self._external),
            "paths": paths_data(self._paths),
            "who_can": [who_can_data(who_can) for who_can in self._who],
        }

    def lines(self) -> list[str]:
        """A line for each heading of the audit."""
        return audit_lines(self._looked.audit)

    @property
    def _external(self) -> FindingsAnswer:
        looking = self._looked.looking
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
            self._looked.audit.at,
            unknowns=unknowns,
        )

    @property
    def _paths(self) -> PathsAnswer:
        looking = self._looked.looking
        escalations, chains = looking.escalations
        there = tuple(sorted(escalations.administrators))
        return PathsAnswer("administrator", escalations, chains, there, None, looking.model)


def _under(number: int, about: str, document: Document) -> list[Block]:
    """The blocks of another document: names that are unique here, captions that say what of."""
    blocks: list[Block] = []
    for index, block in enumerate(document.shown):
        caption = about if not index else f"{about}: {block.caption}"
        placed = replace(block, name=f"{block.name}-{number + index}", caption=caption)
        if isinstance(placed, Section):
            empty = placed.empty and f"{caption}: {placed.empty}"
            heading = placed.heading and _after(caption, placed.heading)
            placed = replace(placed, empty=empty, heading=heading)
        blocks.append(placed)
    return blocks


def _after(caption: str, heading: Callable[[Any], str]) -> Callable[[Any], str]:
    """The headings of rows with what they are about: where rows are grouped, no caption stands."""
    return lambda row: f"{caption}: {heading(row)}"


def account_report(
    batch: Batch, asked: Iterable[tuple[Iterable[str], str]], told: AuditArguments
) -> AccountReport:
    """Ask everything that a report says; raises what the engine raises, and `RequestError` for what
    can't be asked."""
    questions = [
        (expand_actions(tuple(actions), resource), resource) for actions, resource in asked
    ]
    looked = look(batch, **told)
    return AccountReport(looked, [find_who_can(batch, *question) for question in questions])
