"""Which decisions differ: between two worlds, or through what is laid over one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iamsim.api.results import Result
from iamsim.core.errors import RequestError
from iamsim.core.wildcard import compile_tokens, tokenize
from iamsim.proofs.claims import parse_claims
from iamsim.proofs.prove import Prover
from iamsim.query.batch import Batch
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.changes import Change, Direction, find_changes
from iamsim.query.changes.unknowns import unknowns_between, unread_alike, written_alike
from iamsim.query.policy_changes import policy_changes
from iamsim.query.what_can.places import MORE_WAYS
from iamsim.report import changes as report
from iamsim.report.proofs import assumptions_of
from iamsim.suites.meaning import MeaningCheck
from iamsim.suites.run import run_request
from iamsim.suites.scenario import load_scenario
from iamsim.world.documents import read_document

if TYPE_CHECKING:
    from iamsim.core.span import Span
    from iamsim.engine.question import ContextValue
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.engine.world import CompiledWorld
    from iamsim.importers.draft import Remark
    from iamsim.proofs.result import CheckResult
    from iamsim.report.document import Document
    from iamsim.world.model import World


class Changes(Result):
    """The decisions that differ; `report` has all that is said about them."""

    def __init__(self, found: report.ChangeReport, models: Sequence[World]) -> None:
        """Wrap what was found; use `World.diff` or `World.changes` to ask."""
        self.report = found
        self._asked = models

    @property
    def found(self) -> Sequence[Change]:
        """Every decision that differs."""
        return self.report.changes.found

    @property
    def opened(self) -> list[Change]:
        """Those by which somebody can do more than before."""
        opening = (Direction.OPENS, Direction.SHIFTS)
        return [change for change in self.found if change.direction in opening]

    @property
    def broken(self) -> bool:
        """Whether a requirement does not hold afterwards, or a claim is not proved."""
        return bool(self.report.broken or self.report.unproved)

    def fails(self, when: str | None = None, *, accepted: bool = False) -> bool:
        """Whether a requirement or a claim fails afterwards, those aside that hang on what is not
        known where that is `accepted`; or what is found is what fails (`when`)."""
        broken = [kept.depends_on_unknown for kept in self.report.broken]
        unproved = [claim.depends_on_unknown for claim in self.report.unproved]
        failing = [open_ for open_ in (*broken, *unproved) if not (accepted and open_)]
        return bool(failing) or (when is not None and self.report.changes.has(when))

    @property
    def unknowns(self) -> Sequence[UnknownInWorld]:
        """What is not known of policies that differ."""
        return self.report.unknowns

    @property
    def unsearched(self) -> list[str]:
        """What was not compared, so that more may differ, and what hangs on what is not known."""
        more = [] if self.report.changes.complete else [MORE_WAYS]
        return [*report.open_requirements(self.report), *more, *self.report.changes.silent]

    @property
    def assumptions(self) -> Sequence[str]:
        """On what the answers to claims rest."""
        return assumptions_of(self.report.claims)

    @property
    def _models(self) -> Sequence[World]:
        return self._asked

    def _laid_out(self, *, verbose: bool = False) -> Document:
        return report.changes_document(self.report, verbose=verbose)

    def _data(self) -> dict[str, Any]:
        """The answer as `iamsim diff --format json` has it."""
        return report.changes_data(self.report)

    def lines(self) -> list[str]:
        """A line for each change."""
        changes = self.report.changes
        return report.changes_lines((*changes.found, *changes.future))

    def to_github(self, *, accepted: bool = False) -> str:
        """Annotations for GitHub Actions: what does not hold, is not proved, or opens."""
        from iamsim.report.changes_ci import changes_to_github

        return changes_to_github(self.report, accepted=accepted)


def compare(  # noqa: PLR0913 - the arguments are the options of the command
    before: CompiledWorld,
    after: CompiledWorld,
    *,
    context: Mapping[str, ContextValue],
    principals: Sequence[str] = (),
    partial: bool = True,
    at: str | None = None,
    forbid: Sequence[str] = (),
    allow_unknown_names: bool = False,
    with_policies: bool = False,
    remarks: Sequence[Remark] = (),
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> Changes:
    """Ask both worlds wherever they can decide differently.

    `principals` are ARNs or patterns of those that count; files of `forbid` hold requests with
    expectations, or claims, that must hold afterwards. `with_policies` also compares documents.
    Raises `RequestError` for a pattern that nobody fits: of nobody, nothing changes.
    """
    patterns = {pattern: compile_tokens(tokenize(pattern)) for pattern in principals}
    fitted: set[str] = set()

    def is_wanted(principal: str) -> bool:
        fitting = [pattern for pattern, fits in patterns.items() if fits(principal)]
        fitted.update(fitting)
        return not patterns or bool(fitting)

    kept: list[report.Kept] = []
    claims: list[CheckResult] = []
    places: list[Span] = []
    prover = Prover(after, before)
    for file in forbid:
        document = read_document(file)
        data = document.data
        if isinstance(data, Mapping) and "claims" in data:
            for number, claim in enumerate(parse_claims(data, file=file)):
                claims.append(prover.prove(claim))
                places.append(document.span(("claims", number)))
        else:
            kept += _requirements(file, before, after, allow_unknown_names=allow_unknown_names)
    changes = find_changes(
        Batch(before, partial=partial, now=at),
        Batch(after, partial=partial, now=at),
        context=context,
        wanted=is_wanted,
        progress=progress,
        processes=processes,
    )
    for pattern in sorted(patterns.keys() - fitted):
        raise RequestError(
            "no-such-principal",
            f"no principal of either world fits `{pattern}`",
            hint="give an ARN, or a pattern such as `arn:aws:iam::*:role/app-*`",
        )
    alike = written_alike(before.model, after.model)
    return Changes(
        report.ChangeReport(
            changes,
            after.model,
            tuple(kept),
            tuple(remarks),
            unknowns_between(changes, before, after, alike),
            tuple(policy_changes(before.model, after.model)) if with_policies else (),
            tuple(claims),
            tuple(places),
            unread_alike(after, alike),
        ),
        (before.model, after.model),
    )


def _requirements(
    file: str, before: CompiledWorld, after: CompiledWorld, *, allow_unknown_names: bool
) -> list[report.Kept]:
    """Ask the requests of a scenario file in both worlds; a world that it names is not read."""
    scenario = load_scenario(file, lambda *_paths: after.model)
    check = MeaningCheck(after.model, allow_unknown_names=allow_unknown_names)
    return [
        report.Kept(
            file,
            run_request(request, before),
            check.of_result(run_request(request, after), must_expect=True),
        )
        for request in scenario.requests
    ]
