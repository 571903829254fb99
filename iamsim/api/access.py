"""Who can do something, what somebody can do, and both at once: questions about whole worlds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from iamsim.api.results import Result
from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.core.errors import RequestError
from iamsim.engine.question import PLAIN_SESSION, ContextValue, Session
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.questions.actions import expand_actions
from iamsim.questions.names import principal_named, resource_named
from iamsim.report import matrix as matrix_report
from iamsim.report import what_can as what_can_report
from iamsim.report import who_can as who_can_report

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.core.hint import Hint
    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.result import CheckResult
    from iamsim.query.batch import Batch, Candidate
    from iamsim.query.matrix import Matrix
    from iamsim.query.what_can.effective import Effective
    from iamsim.query.what_can.policy import EffectivePolicy
    from iamsim.query.who_can import Access, Blocked
    from iamsim.query.who_can import WhoCan as Answers
    from iamsim.report.document import Document
    from iamsim.world.model import World


class WhoCan(Result):
    """Who can do something to a resource: `found` has all that is known of each."""

    def __init__(self, found: Answers, model: World) -> None:
        """Wrap what was found; use `World.who_can` to ask."""
        self.found = found
        self.model = model
        self.hints = found.hints

    @property
    def accesses(self) -> Sequence[Access]:
        """One for each caller and action: with verdict, statements, condition and roles."""
        return self.found.accesses

    @property
    def blocked(self) -> Sequence[Blocked]:
        """Whom only guardrails keep from it, where that was asked."""
        return self.found.blocked or ()

    @property
    def principals(self) -> list[str]:
        """The callers, each once."""
        return who_can_report.who_can_principals(self.found)

    @property
    def _models(self) -> Sequence[World]:
        return (self.model,)

    @property
    def unsearched(self) -> list[str]:
        """The actions that nobody was asked for, in a sentence."""
        return who_can_report.unsearched_sentences(self.found)

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        return who_can_report.who_can_document(self.found, self.model)

    def _data(self) -> dict[str, Any]:
        """The answer as `iamsim who-can --format json` has it."""
        return who_can_report.who_can_data(self.found)

    def lines(self) -> list[str]:
        """The callers."""
        return self.principals


class WhatCan(Result):
    """What one principal can do: `effective` has every action with the places where it may."""

    def __init__(
        self, candidate: Candidate, effective: Effective, batch: Batch, hints: Sequence[Hint]
    ) -> None:
        """Wrap what was found; use `World.what_can` to ask."""
        self.candidate = candidate
        self.effective = effective
        self.hints = hints
        self._batch = batch

    @property
    def actions(self) -> list[str]:
        """The actions that are allowed somewhere, for certain or under a condition."""
        return what_can_report.what_can_actions(self.effective)

    def as_policy(self, *, shrink: bool = False) -> EffectivePolicy:
        """What the principal can do, as one identity-based policy; `exact` says whether it is all
        and nothing else."""
        from iamsim.query.what_can import write_policy

        return write_policy(self.effective, self._batch, shrink=shrink)

    def prove_complete(self, written: EffectivePolicy) -> CheckResult | None:
        """Prove that the principal is allowed nothing that a written policy leaves out, of the
        actions that the reference lists. `None` where a context or a session was given, which
        claims have none of."""
        from iamsim.proofs.written import leaves_nothing_out

        return self._proof(leaves_nothing_out, written)

    def prove_nothing_more(self, written: EffectivePolicy) -> CheckResult | None:
        """Prove that a written policy allows nothing that the principal is not allowed, of the
        actions that the reference lists, about what its account has, through none of the world's
        VPC endpoints. `None` as for `prove_complete`."""
        from iamsim.proofs.written import allows_nothing_more

        return self._proof(allows_nothing_more, written)

    def _proof(
        self,
        prove: Callable[[CompiledPolicy, str, CompiledWorld], CheckResult],
        written: EffectivePolicy,
    ) -> CheckResult | None:
        asked = self.effective.asked
        if asked.context or asked.session is not PLAIN_SESSION:
            return None
        return prove(written.compiled, asked.principal, self._batch.world)

    @property
    def _models(self) -> Sequence[World]:
        return (self._batch.world.model,)

    @property
    def unsearched(self) -> list[str]:
        """What was not looked at, in a sentence."""
        return what_can_report.unsearched_sentences(self.effective)

    def _laid_out(self, *, verbose: bool = False) -> Document:
        return what_can_report.what_can_document(self.candidate, self.effective, verbose=verbose)

    def _data(self) -> dict[str, Any]:
        """The answer as `iamsim what-can --format json` has it."""
        return what_can_report.what_can_data(self.candidate, self.effective)

    def lines(self) -> list[str]:
        """The actions."""
        return self.actions


class AccessMatrix(Result):
    """Principals by actions on resources: `matrix` has a row for each principal."""

    def __init__(self, matrix: Matrix, model: World, hints: Sequence[Hint]) -> None:
        """Wrap what was found; use `World.access_matrix` to ask."""
        self.matrix = matrix
        self.hints = hints
        self.model = model

    @property
    def _models(self) -> Sequence[World]:
        return (self.model,)

    def _laid_out(self, *, verbose: bool = False) -> Document:  # noqa: ARG002 - there is no more
        return matrix_report.matrix_document(self.matrix, self.model)

    def _data(self) -> dict[str, Any]:
        """The answer as `iamsim access-matrix --format json` has it."""
        return matrix_report.matrix_data(self.matrix)

    def lines(self) -> list[str]:
        """The requests that can be allowed."""
        return matrix_report.matrix_requests(self.matrix)


def who_can(  # noqa: PLR0913 - the arguments are the options of the command
    batch: Batch,
    actions: Sequence[str],
    resource: str,
    context: Mapping[str, ContextValue],
    *,
    with_dependencies: bool = False,
    via_roles: bool = False,
    blocked: bool = False,
    principals: Sequence[str] = (),
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> WhoCan:
    """Ask for every principal; with `blocked`, for those whom only guardrails keep from it. Of
    `principals`, ARNs, names or patterns, those alone are given.

    Raises `RequestError` for what is no action or resource.
    """
    from iamsim.query.hints import hints_about
    from iamsim.query.let_in import accounts_let_in
    from iamsim.query.who_can import (
        find_blocked,
        find_who_can,
        unsearched_actions,
    )

    model = batch.world.model
    resource = resource_named(resource, model)
    _check_resource(resource, batch.world.model)
    expanded = expand_actions(tuple(actions), resource)
    if model.is_read_on_demand and not via_roles:
        accounts = accounts_let_in(batch, expanded, resource, context)
        if accounts is not None:
            batch.leave_out_all_but(accounts)
    found = find_who_can(
        batch,
        () if blocked else expanded,
        resource,
        context,
        with_dependencies=with_dependencies,
        via_roles=via_roles,
        progress=progress,
        processes=processes,
    )
    if blocked:
        found.actions = expanded
        found.unsearched = unsearched_actions(batch, expanded, resource, context)
        found.hints = hints_about([(text, resource) for text in expanded], context, model)
        found.blocked = find_blocked(
            batch, expanded, resource, context, progress, processes=processes
        )
    if principals:
        patterns = [principal_named(principal, model) for principal in principals]
        for pattern in patterns:
            _check_pattern(pattern, found, model)
        _keep(found, patterns)
    return WhoCan(found, model)


def _check_pattern(pattern: str, found: Answers, model: World) -> None:
    """Refuse a pattern or name that nobody has; strangers that one ARN names may be there."""
    from iamsim.query.matrix import no_such_principal
    from iamsim.universe.candidates import world_candidates

    if any(fnmatchcase(access.candidate.principal, pattern) for access in found.accesses):
        return
    arn = find_arn(pattern)
    is_pattern = bool({*"*?"} & {*pattern})
    if not is_pattern and (
        arn.account not in model.accounts if arn else "." in pattern or pattern == "anonymous"
    ):
        return
    if not any(fnmatchcase(candidate.principal, pattern) for candidate in world_candidates(model)):
        raise no_such_principal(pattern)


def _keep(found: Answers, patterns: Sequence[str]) -> None:
    """Leave out callers that are like none of the patterns."""

    def is_meant(candidate: Candidate) -> bool:
        return any(fnmatchcase(candidate.principal, pattern) for pattern in patterns)

    found.accesses = [access for access in found.accesses if is_meant(access.candidate)]
    found.denied_by_key = [access for access in found.denied_by_key if is_meant(access.candidate)]
    if found.blocked is not None:
        found.blocked = [blocked for blocked in found.blocked if is_meant(blocked.candidate)]


def _check_resource(resource: str, model: World) -> None:
    hint = "give the ARN of a resource, or `*` for actions without one"
    if ":" in resource and not resource.startswith("arn:") and resource.count(":") == 1:
        raise RequestError(
            "missing-resource",
            f"`{resource}` is an action, and the last argument is the resource",
            hint=hint,
        )
    if resource != "*" and find_arn(resource) is None:
        from iamsim.questions.near_misses import near_resource

        near = near_resource(resource, "", model)
        hint = hint if near is None else f"did you mean `{near}`?"
        raise RequestError(
            "invalid-arn",
            f"{quote(resource)} is no ARN, and the last argument is the resource",
            hint=hint,
        )


def what_can(
    batch: Batch,
    principal: str,
    context: Mapping[str, ContextValue],
    session: Session = PLAIN_SESSION,
    *,
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> WhatCan:
    """Decide every action for one principal; raises `RequestError` for one that the world would
    have to list and does not."""
    from iamsim.query.batch import find_candidate
    from iamsim.query.hints import hints_about
    from iamsim.query.what_can import find_effective

    model = batch.world.model
    principal = principal_named(principal, model)
    candidate = find_candidate(model, principal)
    _check_known(candidate, model)
    effective = find_effective(batch, principal, context, session, progress, processes=processes)
    hints = hints_about([(text, "*") for text in batch.universe.written], context)
    return WhatCan(candidate, effective, batch, hints)


def _check_known(candidate: Candidate, model: World) -> None:
    """Refuse somebody who would have to be in the world and is not: a name that is misspelled."""
    from iamsim.query.batch import CandidateKind

    if candidate.kind is not CandidateKind.SESSION or candidate.entity is not None:
        return
    if candidate.account in model.accounts:
        from iamsim.questions.near_misses import near_principal

        near = near_principal(candidate.principal, model)
        raise RequestError(
            "no-such-principal",
            f"the world has no {quote(candidate.principal)}",
            hint=None if near is None else f"did you mean `{near}`?",
        )


def access_matrix(
    batch: Batch,
    principals: Sequence[str],
    patterns: Sequence[str],
    resources: Sequence[str],
    context: Mapping[str, ContextValue],
    *,
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> AccessMatrix:
    """Decide every cell; raises `RequestError` where there is no action, and for what is none."""
    from iamsim.query.hints import hints_about
    from iamsim.query.matrix import Column, find_matrix, pick_candidates

    if not patterns:
        raise RequestError(
            "missing-action",
            "the matrix has no actions",
            hint="give one with -a, such as `-a s3:GetObject`; wildcards are expanded",
        )
    model = batch.world.model
    named = tuple(resource_named(resource, model) for resource in resources or ("*",))
    columns = [Column(*pair) for pair in _pairs(tuple(patterns), named)]
    rows = [principal_named(principal, model) for principal in principals]
    matrix = find_matrix(
        batch, pick_candidates(batch, rows), columns, context, progress, processes=processes
    )
    return AccessMatrix(matrix, model, hints_about(columns, context, model))


def _pairs(patterns: tuple[str, ...], resources: Sequence[str]) -> list[tuple[str, str]]:
    """Every action on every resource; those of a wildcard on the resources that they take.

    Raises `RequestError` where nothing is left.
    """
    from iamsim.questions.check import acts_on

    actions = expand_actions(patterns)
    named = expand_actions(
        tuple(pattern for pattern in patterns if not any(mark in pattern for mark in "*?"))
    )
    pairs = [
        (action, resource)
        for resource in resources
        for action in actions
        if action in named or acts_on(action, resource)
    ]
    if not pairs:
        raise RequestError(
            "invalid-action",
            "no action that the wildcards stand for acts on one of the resources",
            hint="an action that is named in full is asked for in any case",
        )
    return pairs
