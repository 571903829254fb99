"""Questions about a whole world: who can, what can, findings, paths, audits, and what is in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from iamsim.api.inputs import ContextInput, context_values, session_of, texts_of
from iamsim.api.results import processes_for

if TYPE_CHECKING:
    from iamsim.api.access import AccessMatrix, WhatCan, WhoCan
    from iamsim.api.account_report import AccountReport
    from iamsim.api.audits import Audit, AuditArguments
    from iamsim.api.contents import Contents, Lint, Organization, Statistics, Trust
    from iamsim.api.findings import Findings
    from iamsim.api.paths import Paths
    from iamsim.api.proofs import Ever
    from iamsim.api.tests_of_world import TestRun
    from iamsim.api.trails import Counted, GeneratedPolicy
    from iamsim.engine.world import CompiledWorld
    from iamsim.query.analyzer.archive import ArchiveRule
    from iamsim.query.batch import Batch
    from iamsim.query.batch.processes import Processes
    from iamsim.world.model import World as WorldModel


class WholeWorld:
    """What is asked of all principals, resources or policies of a world at once."""

    model: WorldModel
    _compiled: CompiledWorld

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
                texts_of(action),
                resource,
                context_values(context),
                with_dependencies=with_dependencies,
                via_roles=via_roles,
                blocked=blocked,
                principals=texts_of(principals),
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
                texts_of(principals),
                texts_of(actions),
                texts_of(resources),
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
                internal=texts_of(internal),
                actions=texts_of(actions),
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
                principals=texts_of(principals),
                goal=to,
                actions=texts_of(actions),
                region=region,
                blocked=blocked,
                progress=progress or no_progress,
                processes=several,
            )

    def test(self, *files: str | os.PathLike[str], allow_unknown_names: bool = False) -> TestRun:
        """Ask the requests of scenario files in this world, whatever worlds they name; a request
        without an expectation, or one that can't be meant, fails."""
        from iamsim.api.tests_of_world import run_files

        return run_files(files, self._compiled, allow_unknown_names=allow_unknown_names)

    def ever(
        self,
        actions: str | Iterable[str],
        resources: str | Iterable[str] = (),
        principals: str | Iterable[str] = (),
    ) -> Ever:
        """Find who is ever allowed an action, with a request of each; others never are. Names may
        be patterns. Raises `InputError` for what is no action."""
        from iamsim.api.proofs import ever

        return ever(self._compiled, texts_of(actions), texts_of(resources), texts_of(principals))

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


def no_progress(_done: int, _total: int) -> None:
    """Tell nobody how far a question is."""
