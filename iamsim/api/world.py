"""Worlds, as the Python interface hands them out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from iamsim.api.answer import Answer
from iamsim.api.inputs import (
    check_account,
    check_texts,
    context_values,
    names_of,
    now,
    session_of,
    via_of,
)
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.importers.load import load_worlds
from iamsim.questions.check import checked
from iamsim.symbolic import partial as partial_answers
from iamsim.world.load import refuse_lost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamsim.api.chain import Chain
    from iamsim.api.edits import Edits
    from iamsim.api.inputs import ContextInput, PoliciesInput
    from iamsim.core.decision import Decision
    from iamsim.proofs.result import CheckResult
    from iamsim.world.model import World as WorldModel

__all__ = ["World", "load"]


class World:
    """A world to ask: an organization, its accounts, principals, resources and policies."""

    def __init__(self, model: WorldModel) -> None:
        """Wrap a loaded world; use `iamsim.load` to read one from files."""
        self.model = model
        self._compiled = CompiledWorld(model)

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
    ) -> Answer:
        """Answer one question about this world; raises `InputError` for what can't be asked."""
        check_texts(principal=principal, action=action, resource=resource)
        check_account(resource_account)
        question = Question(
            principal,
            action,
            resource,
            context_values(context),
            names_of(unset),
            session_of(session),
            via_of(via),
            names_of(unknown),
            partial,
            resource_account,
            now=now(),
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
    ) -> Decision:
        """Decide one question without explaining it: many times faster."""
        if not principal.__class__ is action.__class__ is resource.__class__ is str:
            check_texts(principal=principal, action=action, resource=resource)
        check_account(resource_account)
        given = context_values(context)
        if session is None and via is None and not unset:
            asked = principal, action, resource, given, now(), resource_account
            return partial_answers.decide_quickly(self._compiled.quick(), asked)
        question = Question(
            principal,
            action,
            resource,
            given,
            names_of(unset),
            session_of(session),
            via_of(via),
            resource_account=resource_account,
            now=now(),
        )
        return partial_answers.decide(question, self._compiled)

    def decide_many(self, records: Iterable[Mapping[str, Any]]) -> Iterator[Decision]:
        """Decide many requests, in their order: each a map of the arguments of `decide`.

        Requests of which the policies read the same are decided once. Raises `InputError`, when it
        comes to a record that can't be asked.
        """
        from iamsim.api.many import decide_records  # noqa: PLC0415 - only where it is asked

        return decide_records(records, self._compiled)

    def count_many(self, records: Iterable[Mapping[str, Any]]) -> dict[Decision, int]:
        """Count the decisions of many requests (see `decide_many`), the frequent ones first."""
        from iamsim.api.many import count_decisions  # noqa: PLC0415 - only where it is asked

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
        from iamsim.api.edits import edits_in_world  # noqa: PLC0415 - only where it is asked

        check_texts(principal=principal, action=action, resource=resource)
        check_account(resource_account)
        question = Question(
            principal,
            action,
            resource,
            context_values(context),
            names_of(unset),
            session_of(session),
            via_of(via),
            resource_account=resource_account,
            now=now(),
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
        from iamsim.api.changes import change_of  # noqa: PLC0415 - only where it is asked
        from iamsim.query.what_if import ChangedWorld  # noqa: PLC0415 - only where it is asked

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
        from iamsim.api.chain import assume_roles  # noqa: PLC0415 - only where it is asked

        return assume_roles(
            self._compiled, (role, *more), principal=principal, session=session, context=context
        )

    def prove(self, claim: Mapping[str, Any], *, before: World | None = None) -> CheckResult:
        """Prove a claim about this world for every request, or refute it with one that `explain`
        takes. `claim` has the members of a claim in a file (``docs/reference/claims.md``); one
        about a change needs the world `before` it. Raises `InputError` for what is no claim.
        """
        from iamsim.proofs.claims import parse_claim  # noqa: PLC0415 - only where it is asked
        from iamsim.proofs.prove import prove  # noqa: PLC0415 - only where it is asked

        earlier = None if before is None else CompiledWorld(before.model)
        return prove(parse_claim(claim), self._compiled, earlier)

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


def load(
    *paths: str | os.PathLike[str],
    overlay: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    strict: bool = False,
) -> World:
    """Load a world from a file or folder; several are merged.

    A policy, or a statement of one, that can't be read is unknown, and answers that it could change
    are conditional; with `strict` it is an error instead.

    What `iamsim import` recognises (account authorization details, a Terraform plan, ...) is
    imported on the way. What is in `overlay` (a path, or several) is laid over the world: a
    Terraform plan adds, replaces and takes away, a template or another source adds and replaces.
    Raises `WorldError` for what does not fit the format, with `strict` also `PolicyError` for a
    broken policy; both say where.
    """
    laid = [overlay] if isinstance(overlay, str | os.PathLike) else overlay
    world = World(load_worlds(*paths, overlay=laid))
    if strict:
        refuse_lost(world.model)
        world.check()
    return world
