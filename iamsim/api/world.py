"""Worlds, as the Python interface hands them out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from iamsim.api.answer import Answer
from iamsim.api.inputs import check_account, check_texts, context_values, now, texts_of
from iamsim.api.question import question_of
from iamsim.api.results import processes_for
from iamsim.api.whole_world import WholeWorld, no_progress
from iamsim.engine.world import CompiledWorld
from iamsim.questions.check import checked
from iamsim.symbolic import partial as partial_answers

if TYPE_CHECKING:
    from iamsim.api.chain import Chain
    from iamsim.api.differences import Changes
    from iamsim.api.edits import Edits
    from iamsim.api.inputs import (
        ContextInput,
        PoliciesInput,
        PolicyArguments,
        SourceArguments,
    )
    from iamsim.api.proofs import Claims
    from iamsim.api.trails import Counted, Replay
    from iamsim.core.decision import Decision
    from iamsim.importers.draft import Remark
    from iamsim.proofs.result import CheckResult
    from iamsim.query.batch.processes import Processes
    from iamsim.world.model import World as WorldModel


class World(WholeWorld):
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
                principals=texts_of(principals),
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

    def check_claims(self, *files: str | os.PathLike[str], before: World | None = None) -> Claims:
        """Prove the claims of files about this world for every request, or refute them with one;
        those about a change need the world `before` it. Raises `InputError` for what is none."""
        from iamsim.api.proofs import check_claims

        return check_claims(files, self._compiled, None if before is None else before.compiled)

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
