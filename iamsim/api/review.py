"""What a change does to access: decisions, access from outside, proofs, checks and tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.api.findings import find
from iamsim.api.results import Result
from iamsim.query.batch import Batch
from iamsim.report import review as layout

if TYPE_CHECKING:
    from iamsim.api.differences import Changes
    from iamsim.engine.world import CompiledWorld
    from iamsim.report.document import Document
    from iamsim.report.unknowns import NotKnown
    from iamsim.world.model import World


class Part(NamedTuple):
    """One answer of a review: what it is called, its text, its data, and whether it fails."""

    name: str
    title: str
    document: Document
    data: object
    fails: bool
    unknowns: Sequence[NotKnown] = ()
    unsearched: Sequence[str] = ()


class Review(Result):
    """The `parts` of a review, in the order in which a reader wants them."""

    def __init__(self, parts: Iterable[Part], models: Sequence[World]) -> None:
        """Wrap the answers; use `review` to ask."""
        self.parts = tuple(parts)
        self._asked = models

    @property
    def fails(self) -> bool:
        """Whether a part does."""
        return any(part.fails for part in self.parts)

    @property
    def unknowns(self) -> Sequence[NotKnown]:
        """What is not known of policies and could have made another answer."""
        return list(dict.fromkeys(unknown for part in self.parts for unknown in part.unknowns))

    @property
    def unsearched(self) -> list[str]:
        """What was not looked at, so that there may be more."""
        return list(dict.fromkeys(text for part in self.parts for text in part.unsearched))

    @property
    def _models(self) -> Sequence[World]:
        return self._asked

    @property
    def _told(self) -> list[tuple[str, str, Document, bool]]:
        return [(part.name, part.title, part.document, part.fails) for part in self.parts]

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        return layout.review_document(self._told)

    def _data(self) -> dict[str, Any]:
        """The answers by their names."""
        return {part.name: part.data for part in self.parts}

    def lines(self) -> list[str]:
        """A line for each part."""
        return list(layout.review_lines(self._told))


def review(  # noqa: PLR0913 - the arguments are the options of the command
    changes: Changes,
    before: CompiledWorld,
    after: CompiledWorld,
    *,
    fail_on: str | None = None,
    exact: bool = False,
    claims: Sequence[str] = (),
    policies: Sequence[str] = (),
    tests: Sequence[str] = (),
    worlds: Sequence[str] = (),
    overlays: Sequence[str] = (),
    allow_unknown_names: bool = False,
    accept_unknown: bool = False,
) -> Review:
    """Put together what is to be said about the `changes` between two worlds.

    `fail_on` is the change that fails, and makes new access from outside fail. `claims` are files
    of claims, `policies` files that are checked, `tests` suites that run in their own worlds, or in
    `worlds` with `overlays`. With `accept_unknown` claims and cases pass that hang on what is not
    known alone. Raises `InputError` for a file that can't be read.
    """
    parts = [
        Part(
            "changes",
            "What changes",
            changes.document(verbose=False),
            changes.to_dict(),
            changes.fails(fail_on, accepted=accept_unknown),
            changes.unknowns,
            changes.unsearched,
        ),
        _outside(before, after, partial=not exact, may_fail=fail_on is not None),
    ]
    models = [before.model, after.model]
    if claims:
        parts.append(_proved(claims, before, after, accepted=accept_unknown))
    if policies:
        parts.append(_checked(policies, accepted=accept_unknown))
    if tests:
        from iamsim.api.suites import run_suites
        from iamsim.report.suite import open_sentence

        run = run_suites(
            *tests, worlds=worlds, overlays=overlays, allow_unknown_names=allow_unknown_names
        )
        open_cases = run.open
        accepted = open_cases if accept_unknown else ()
        failed = [outcome for outcome in run.failed if outcome not in accepted]
        fails = bool(run.report.collected.broken or failed)
        document, data = run.document(), run.to_dict()
        unsearched = (open_sentence(len(open_cases)),) if open_cases else ()
        parts.append(
            Part("tests", "Which tests fail", document, data, fails, unsearched=unsearched)
        )
        models += run.models
    return Review(parts, models)


def _outside(before: CompiledWorld, after: CompiledWorld, *, partial: bool, may_fail: bool) -> Part:
    """Who gets in from outside behind the change; it fails where somebody new does."""
    known = {finding.id for finding in find(Batch(before, partial=partial)).active}
    findings = find(Batch(after, partial=partial))
    fails = may_fail and any(finding.id not in known for finding in findings.active)
    document, data = findings.document(), findings.to_dict()
    return Part("findings", "Who gets in from outside", document, data, fails, findings.unknowns)


def _proved(
    files: Sequence[str], before: CompiledWorld, after: CompiledWorld, *, accepted: bool
) -> Part:
    """What holds for every request."""
    from iamsim.api.proofs import check_claims

    claims = check_claims(files, after, before)
    fails = claims.fails(accepted=accepted)
    document, data = claims.document(), claims.to_dict()
    return Part("claims", "What must hold", document, data, fails, claims.unknowns)


def _checked(paths: Sequence[str], *, accepted: bool) -> Part:
    """What is wrong with policies; errors fail, and what is lost if it is not `accepted`."""
    from iamsim.api.policy_files import validate_files
    from iamsim.core.errors import RequestError

    validation = validate_files(*paths, fail_on="error")
    if validation.unreadable:
        message = validation.unreadable[0].removeprefix("error: ").splitlines()[0]
        raise RequestError("file-not-readable", message)
    lost = validation.lost
    fails = bool(validation.failing) or bool(lost and not accepted)
    document, data = validation.document(), validation.to_dict()
    title = "What is wrong with policies"
    return Part("policies", title, document, data, fails, lost)
