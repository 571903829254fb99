"""Worlds, as the Python interface hands them out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Unpack

from iamsim.api.answer import Answer
from iamsim.api.inputs import check_account, check_texts, context_values, now, session_of
from iamsim.api.question import question_of
from iamsim.api.results import processes_for
from iamsim.engine.world import CompiledWorld
from iamsim.questions.check import checked
from iamsim.symbolic import partial as partial_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from iamsim.api.access import AccessMatrix, WhatCan, WhoCan
    from iamsim.api.account_report import AccountReport
    from iamsim.api.audits import Audit, AuditArguments
    from iamsim.api.chain import Chain
    from iamsim.api.contents import Contents, Lint, Organization, Statistics, Trust
    from iamsim.api.differences import Changes
    from iamsim.api.edits import Edits
    from iamsim.api.findings import Findings
    from iamsim.api.inputs import (
        ContextInput,
        PoliciesInput,
        PolicyArguments,
        SourceArguments,
    )
    from iamsim.api.paths import Paths
    from iamsim.api.proofs import Claims
    from iamsim.api.tests_of_world import TestRun
    from iamsim.api.trails import Counted, GeneratedPolicy, Replay
    from iamsim.core.decision import Decision
    from iamsim.importers.draft import Remark
    from iamsim.proofs.prove import Ever
    from iamsim.proofs.result import CheckResult
    from iamsim.query.analyzer.archive import ArchiveRule
    from iamsim.query.batch import Batch
    from iamsim.query.batch.processes import Processes
    from iamsim.world.model import World as WorldModel

__all__ = ["World"]


class World:
    """A world to ask: an organization, its accounts, principals, resources and policies."""

    def __init__(self, model: WorldModel) -> None:
        """Wrap a loaded world; use `iamsim.load` to read one from files."""
        self.model = model
        self._compiled = CompiledWorld(model)

    @classmethod
    def checked(cls, model: WorldModel) -> World:
        """Wrap a loaded world and compile all its policies; what can't be read of them is unknown,
        and raises nothing."""
        world = cls(model)
        world._compiled = CompiledWorld.checked(model)
        return world

    @property
    def compiled(self) -> CompiledWorld:
        """The world as the engine asks it."""
        return self._compiled

    def explain(  # noqa: PLR0913 - the arguments are those of a scenario's request
        self,
        *,
        principal: str,
        action: str,
        resource: str = "*",
        context: ContextInput | None = None,
        session: Mapping[str, Any] | None = None,
        via: Mapping[str, Any] | None = None,
        unknown: Iterable[str] = (),
        partial: bool = False,
        unset: Iterable[str] = (),
        resource_account: str | None = None,
        **policies: Unpack[PolicyArguments],
    ) -> Answer:
        """Answer one question about this world; raises `InputError` for what can't be asked.

        `policies` (see `iamsim.explain`) take the place of those that the world has in their
        layers: `identity_policies` and `boundary` are for callers that it does not list. Principals
        and resources may be given by a name that only one of the world has.
        """
        question = question_of(
            principal=principal,
            action=action,
            resource=resource,
            context=context,
            session=session,
            via=via,
            unknown=unknown,
            partial=partial,
            unset=unset,
            resource_account=resource_account,
            policies=policies,
            world=self.model,
            at=now(),
        )
        answer = partial_answers.answer(question, self._compiled)
        return Answer(checked(answer, question, self.model))

    def decide(  # noqa: PLR0913 - the arguments are those of a scenario's request
        self,
        *,
        principal: str,
        action: str,
        resource: str = "*",
        context: ContextInput | None = None,
        session: Mapping[str, Any] | None = None,
        via: Mapping[str, Any] | None = None,
        unset: Iterable[str] = (),
        resource_account: str | None = None,
        **policies: Unpack[PolicyArguments],
    ) -> Decision:
        """Decide one question without explaining it: many times faster. Arguments are as in
        `explain`, but for names: principals and resources are ARNs."""
        if not principal.__class__ is action.__class__ is resource.__class__ is str:
            check_texts(principal=principal, action=action, resource=resource)
        check_account(resource_account)
        if session is None and via is None and not unset and not policies:
            given = context_values(context)
            asked = principal, action, resource, given, now(), resource_account
            return partial_answers.decide_quickly(self._compiled.quick(), asked)
        question = question_of(
            principal=principal,
            action=action,
            resource=resource,
            context=context,
            session=session,
            via=via,
            unset=unset,
            resource_account=resource_account,
            policies=policies,
            at=now(),
        )
        return partial_answers.decide(question, self._compiled)

    def decide_many(self, records: Iterable[Mapping[str, Any]]) -> Iterator[Decision]:
        """Decide many requests, in their order: each a map of the arguments of `decide`.

        Requests of which the policies read the same are decided once. Raises `InputError`, when it
        comes to a record that can't be asked.
        """
        from iamsim.api.many import decide_records

        return decide_records(records, self._compiled)

    def count_many(self, records: Iterable[Mapping[str, Any]]) -> dict[Decision, int]:
        """Count the decisions of many requests (see `decide_many`), the frequent ones first."""
        from iamsim.api.many import count_decisions

        return count_decisions(records, self._compiled)

    def edits(  # noqa: PLR0913 - the arguments are those of a scenario's request
        self,
        *,
        principal: str,
        action: str,
        resource: str = "*",
        context: ContextInput | None = None,
        session: Mapping[str, Any] | None = None,
        via: Mapping[str, Any] | None = None,
        unset: Iterable[str] = (),
        resource_account: str | None = None,
    ) -> Edits:
        """Find the smallest edits that would change the answer to one question; each was decided
        on a copy of this world, which stays as it is. Raises `InputError` as `explain` does."""
        from iamsim.api.edits import edits_in_world

        question = question_of(
            principal=principal,
            action=action,
            resource=resource,
            context=context,
            session=session,
            via=via,
            unset=unset,
            resource_account=resource_account,
            world=self.model,
            at=now(),
        )
        return edits_in_world(question, self._compiled)

    def what_if(
        self,
        *,
        with_policies: Mapping[str, PoliciesInput] | PoliciesInput = (),
        without: Iterable[str] = (),
        without_layers: Iterable[str] = (),
    ) -> World:
        """Give a world that answers as if policies were there, or gone; this one stays as it is.

        `with_policies` are identity-based policies that the caller of each question has besides, or
        policies by the names of their layers. `without` names policies, by name or ARN, or one
        statement as ``POLICY#SID`` or ``POLICY#NUMBER``, counted from 1. Layers in `without_layers`
        are not there. Raises `RequestError` for what is no layer, or no policy of this world, and
        `PolicyError` for a broken policy.
        """
        from iamsim.api.changes import change_of
        from iamsim.query.what_if import ChangedWorld

        change = change_of(
            self._compiled,
            with_policies=with_policies,
            without=without,
            without_layers=without_layers,
        )
        known = self._compiled
        changes = known.changes if isinstance(known, ChangedWorld) else ()
        changed = World(self.model)
        changed._compiled = ChangedWorld(self.model, *changes, change)
        return changed

    def assume(
        self,
        role: str,
        *more: str,
        principal: str,
        session: Mapping[str, Any] | None = None,
        context: ContextInput | None = None,
    ) -> Chain:
        """Let a principal assume a role, and from there others; each hop is decided.

        Roles are ARNs or names. `session` describes the session in the end: its source identity and
        its transitive tags are set at the first hop and carried along, its name, its policies and
        its other tags at the last. `context` is that of the calls, with ``sts:ExternalId`` and the
        like. Raises `RequestError` for a role that the world does not have.
        """
        from iamsim.api.chain import assume_roles

        return assume_roles(
            self._compiled, (role, *more), principal=principal, session=session, context=context
        )

    def prove(self, claim: Mapping[str, Any], *, before: World | None = None) -> CheckResult:
        """Prove a claim about this world for every request, or refute it with one that `explain`
        takes. `claim` has the members of a claim in a file (``docs/reference/claims.md``); one
        about a change needs the world `before` it. Raises `InputError` for what is no claim.
        """
        from iamsim.proofs.claims import parse_claim
        from iamsim.proofs.prove import prove

        earlier = None if before is None else CompiledWorld(before.model)
        return prove(parse_claim(claim), self._compiled, earlier)

    def who_can(  # noqa: PLR0913 - the arguments are the options of the command
        self,
        action: str | Iterable[str],
        resource: str = "*",
        *,
        context: ContextInput | None = None,
        with_dependencies: bool = False,
        via_roles: bool = False,
        blocked: bool = False,
        principals: str | Iterable[str] = (),
        exact: bool = False,
        at: str | None = None,
        processes: int | Processes = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> WhoCan:
        """Find every principal that can do something to a resource; raises `RequestError`.

        Actions may be patterns. `with_dependencies` counts in the KMS key that encrypts the
        resource, `via_roles` adds who can become such a principal; with `blocked` it is instead
        those whom only guardrails keep from it. `principals` (ARNs, names or patterns) are the only
        ones that are given. Keys that are not given are unknown and make
        conditions; with `exact` those that AWS need not send are absent.
        """
        from iamsim.api.access import who_can

        with processes_for(processes) as several:
            return who_can(
                self.batch(exact=exact, at=at),
                _texts(action),
                resource,
                context_values(context),
                with_dependencies=with_dependencies,
                via_roles=via_roles,
                blocked=blocked,
                principals=_texts(principals),
                progress=progress or no_progress,
                processes=several,
            )

    def what_can(
        self,
        principal: str,
        *,
        context: ContextInput | None = None,
        session: Mapping[str, Any] | None = None,
        exact: bool = False,
        at: str | None = None,
        processes: int | Processes = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> WhatCan:
        """Find all that a principal can do; raises `RequestError` for one that is not there.

        `session` is as in `explain`, for policies that are passed to a session.
        """
        from iamsim.api.access import what_can

        with processes_for(processes) as several:
            return what_can(
                self.batch(exact=exact, at=at),
                principal,
                context_values(context),
                session_of(session),
                progress=progress or no_progress,
                processes=several,
            )

    def access_matrix(  # noqa: PLR0913 - the arguments are the options of the command
        self,
        actions: str | Iterable[str],
        resources: str | Iterable[str] = "*",
        *,
        principals: str | Iterable[str] = (),
        context: ContextInput | None = None,
        exact: bool = False,
        at: str | None = None,
        processes: int | Processes = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> AccessMatrix:
        """Decide every action on every resource for every principal, or those that `principals`
        names (ARNs, names or patterns); raises `RequestError` for what is no action."""
        from iamsim.api.access import access_matrix

        with processes_for(processes) as several:
            return access_matrix(
                self.batch(exact=exact, at=at),
                _texts(principals),
                _texts(actions),
                _texts(resources),
                context_values(context),
                progress=progress or no_progress,
                processes=several,
            )

    def findings(  # noqa: PLR0913 - the arguments are the options of the command
        self,
        *,
        zone: str | None = None,
        internal: str | Iterable[str] = (),
        actions: str | Iterable[str] = (),
        unused_days: int | None = None,
        at: str | None = None,
        recommend: bool = False,
        rules: Iterable[ArchiveRule] = (),
        show_archived: bool = False,
        exact: bool = False,
        processes: int | Processes = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> Findings:
        """Find access from outside the organization or account, as IAM Access Analyzer does.

        `zone` is ``organization`` or ``account``; `internal` are resources of which access from
        inside counts too, of `actions` alone where these are given. With `unused_days` also what
        nobody used for so long before `at`, and with `recommend` the policies without that. What
        a rule of `rules` is about is archived. Raises `RequestError`.
        """
        from iamsim.api.findings import find

        with processes_for(processes) as several:
            return find(
                self.batch(exact=exact, at=at),
                zone=zone,
                internal=_texts(internal),
                actions=_texts(actions),
                unused_days=unused_days,
                at=at,
                recommend=recommend,
                rules=tuple(rules),
                show_archived=show_archived,
                progress=progress or no_progress,
                processes=several,
            )

    def unused(
        self,
        *logs: str | os.PathLike[str],
        days: int = 90,
        at: str | None = None,
        exact: bool = False,
        processes: int | Processes = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> Findings:
        """Find roles, permissions, access keys and passwords that nobody used in the `days` before
        `at`, by what the world knows of last uses and by CloudTrail's `logs` (files and folders).

        Without `at` the time is that of the last record. Raises `RequestError` for logs that are
        not there, and where nothing gives the time.
        """
        from iamsim.api.unused import find_unused_access

        with processes_for(processes) as several:
            return find_unused_access(
                self.batch(exact=exact, at=at),
                [os.fspath(log) for log in logs],
                days=days,
                at=at,
                progress=progress or no_progress,
                processes=several,
            )

    def paths(  # noqa: PLR0913 - the arguments are the options of the command
        self,
        principals: str | Iterable[str] = (),
        *,
        to: str = "administrator",
        actions: str | Iterable[str] = (),
        region: str | None = None,
        blocked: bool = False,
        exact: bool = False,
        at: str | None = None,
        processes: int | Processes = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> Paths:
        """Find who can become whom, by the shortest chain: of everybody, or of `principals`.

        `to` is ``administrator``, a principal, or a resource with `actions`. With `blocked`, also
        what keeps somebody from going a way. Raises `RequestError` for what is no goal.
        """
        from iamsim.api.paths import find_paths

        with processes_for(processes) as several:
            return find_paths(
                self.batch(exact=exact, at=at),
                principals=_texts(principals),
                goal=to,
                actions=_texts(actions),
                region=region,
                blocked=blocked,
                progress=progress or no_progress,
                processes=several,
            )

    def diff(  # noqa: PLR0913 - the arguments are the options of the command
        self,
        after: World,
        *,
        principals: str | Iterable[str] = (),
        context: ContextInput | None = None,
        forbid: Iterable[str] = (),
        allow_unknown_names: bool = False,
        with_policies: bool = True,
        remarks: Iterable[Remark] = (),
        exact: bool = False,
        at: str | None = None,
        processes: int | Processes = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> Changes:
        """Compare this world with a later one: which decisions differ, and through which policy.

        `principals` are ARNs or patterns; files of `forbid` hold expectations or claims that must
        hold in the later world, of names that it has unless `allow_unknown_names`. `with_policies`
        shows documents that differ as well, and `remarks` are said along (see `load_sides`).
        """
        from iamsim.api.differences import compare

        with processes_for(processes) as several:
            return compare(
                self._compiled,
                after._compiled,
                context=context_values(context),
                principals=_texts(principals),
                partial=not exact,
                at=at,
                forbid=tuple(forbid),
                allow_unknown_names=allow_unknown_names,
                with_policies=with_policies,
                remarks=tuple(remarks),
                progress=progress or no_progress,
                processes=several,
            )

    def changes(  # noqa: PLR0913 - the arguments are the options of the command
        self,
        overlay: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        principals: str | Iterable[str] = (),
        context: ContextInput | None = None,
        forbid: Iterable[str] = (),
        exact: bool = False,
        at: str | None = None,
        processes: int | Processes = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> Changes:
        """Find which decisions a Terraform plan, a template or another source changes, laid over
        this world; as `diff` otherwise. Raises `WorldError` for a source that can't be read."""
        laid = [overlay] if isinstance(overlay, str | os.PathLike) else list(overlay)
        after, remarks = self.lay_over(*laid)
        return self.diff(
            after,
            principals=principals,
            context=context,
            forbid=forbid,
            with_policies=False,
            remarks=remarks,
            exact=exact,
            at=at,
            processes=processes,
            progress=progress,
        )

    def lay_over(
        self,
        *sources: str | os.PathLike[str],
        progress: Callable[[int, int, str], None] | None = None,
        **told: Unpack[SourceArguments],
    ) -> tuple[World, tuple[Remark, ...]]:
        """Give the world behind a plan, a template or other sources, each laid over those before
        it, and what is not known of them; this one stays as it is. The arguments `told` are those
        of `iamsim.import_sources`. Raises `WorldError` for a source that can't be read."""
        from iamsim.importers.options import SourceOptions
        from iamsim.importers.overlay import overlay_world

        remarks: list[Remark] = []
        model = overlay_world(
            self.model,
            sources,
            options=SourceOptions(**told),
            progress=progress,
            remarked=remarks.extend,
        )
        return self.beside(model), tuple(remarks)

    def beside(self, model: WorldModel) -> World:
        """Wrap another loaded world, which is to be compared with this one: what does not differ is
        compiled once."""
        if model is self.model:
            return self
        other = World(model)
        other._compiled.policies = self._compiled.policies
        return other

    def test(self, *files: str | os.PathLike[str], allow_unknown_names: bool = False) -> TestRun:
        """Ask the requests of scenario files in this world, whatever worlds they name; a request
        without an expectation, or one that can't be meant, fails."""
        from iamsim.api.tests_of_world import run_files

        return run_files(files, self._compiled, allow_unknown_names=allow_unknown_names)

    def check_claims(self, *files: str | os.PathLike[str], before: World | None = None) -> Claims:
        """Prove the claims of files about this world for every request, or refute them with one;
        those about a change need the world `before` it. Raises `InputError` for what is none."""
        from iamsim.api.proofs import check_claims

        return check_claims(files, self._compiled, None if before is None else before.compiled)

    def ever(
        self,
        actions: str | Iterable[str],
        resources: str | Iterable[str] = (),
        principals: str | Iterable[str] = (),
    ) -> Ever:
        """Find who is ever allowed an action, with a request of each; others never are. Names may
        be patterns. Raises `InputError` for what is no action."""
        from iamsim.api.proofs import ever

        return ever(self._compiled, _texts(actions), _texts(resources), _texts(principals))

    def audit(self, **told: Unpack[AuditArguments]) -> Audit:
        """Hold this world against AWS's best practices for IAM, heading by heading.

        `select` and `ignore` name checks, or headings for all of theirs, and lie over the choices
        of the project: of the file `configuration`, else of the nearest ``iamsim.toml`` or
        ``pyproject.toml``. `at` is the time. Least policies are generated from CloudTrail's `logs`.
        `framework` adds the controls of one, such as ``cis-aws-5.0``; `fixes` are ``aws`` or
        ``terraform``, `language` is ``en`` or ``ja``. Raises `RequestError` for other ones.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
        """
        from iamsim.api.audits import Audit, look

        return Audit(look(self.batch(at=told.get("at")), **told))

    def report(
        self,
        *,
        who_can: Iterable[tuple[Iterable[str], str]] = (),
        **told: Unpack[AuditArguments],
    ) -> AccountReport:
        """Write one page about the whole account or organization: the audit, with the arguments of
        `audit`, access from outside, ways up, and the guardrails. Of `who_can`, pairs of actions
        and a resource, it says who can do them. Raises `RequestError`."""
        from iamsim.api.account_report import account_report

        return account_report(self.batch(at=told.get("at")), who_can, told)

    def replay(
        self,
        *logs: str | os.PathLike[str],
        after: World | None = None,
        **counted: Unpack[Counted],
    ) -> Replay:
        """Hold the calls of CloudTrail's `logs` against this world, and the world `after` a change.

        Logs are read in so many `processes`; with `state`, a folder, only new ones are. Raises
        `RequestError` where there are none.
        """
        from iamsim.api.trails import replay_logs

        return replay_logs(logs, self._compiled, None if after is None else after.compiled, counted)

    def generate(
        self,
        principal: str,
        *logs: str | os.PathLike[str],
        most_resources: int = 10,
        most_characters: int = 6_144,
        conditions: bool = False,
        form: str = "policy",
        **counted: Unpack[Counted],
    ) -> GeneratedPolicy:
        """Write the least policy for what a principal did, within what it may do in this world; the
        arguments are those of `iamsim.generate_policy`."""
        from iamsim.api.trails import generate_policy

        return generate_policy(
            principal,
            *logs,
            world=self._compiled,
            most_resources=most_resources,
            most_characters=most_characters,
            conditions=conditions,
            form=form,
            **counted,
        )

    def contents(self, *accounts: str) -> Contents:
        """The principals, policies and resources of accounts, which are named by id or name; by
        default of all. Raises `RequestError` for an account that is not there."""
        from iamsim.api.contents import Contents

        return Contents(self._compiled, accounts)

    def statistics(self) -> Statistics:
        """Count what is there, and say how near it is to quotas of AWS."""
        from iamsim.api.contents import Statistics

        return Statistics(self._compiled)

    def organization(self, *, ascii_only: bool = False) -> Organization:
        """The organization as a tree, with the guardrails at its nodes."""
        from iamsim.api.contents import Organization

        return Organization(self.model, ascii_only=ascii_only)

    def lint(self) -> Lint:
        """Find what dangles: names that lead nowhere, policies attached to nothing."""
        from iamsim.api.contents import Lint

        return Lint(self.model)

    def trust(
        self,
        *roles: str,
        exact: bool = False,
        at: str | None = None,
        processes: int | Processes = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> Trust:
        """Find who may assume which role: of some, by ARN or name, or of all but service-linked
        ones. Raises `RequestError` for a role that is not there."""
        from iamsim.api.contents import find_trust

        with processes_for(processes) as several:
            batch = self.batch(exact=exact, at=at)
            return find_trust(batch, roles, progress or no_progress, several)

    def batch(self, *, exact: bool = False, at: str | None = None) -> Batch:
        """What questions over the whole world are asked of."""
        from iamsim.query.batch import Batch

        return Batch(self._compiled, partial=not exact, now=at)

    def check(self) -> None:
        """Compile every policy that is attached somewhere; raises `PolicyError` for the first that
        is broken, `WorldError` for an AWS managed policy that is not known."""
        self._compiled.check()

    def compile(self) -> World:
        """Give the object whose `decide` may be called millions of times: the world itself.

        Policies are compiled when first needed and then kept. It can be pickled; what was compiled
        is made anew on the other side.
        """
        return self


def _texts(given: str | Iterable[str]) -> tuple[str, ...]:
    """Several texts; one text alone is a list of one."""
    return (given,) if isinstance(given, str) else tuple(given)


def no_progress(_done: int, _total: int) -> None:
    """Tell nobody how far a question is."""
