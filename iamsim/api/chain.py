"""Chains of roles, as the Python interface hands them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamsim.api.answer import Answer
from iamsim.api.inputs import (
    ContextInput,
    check_account,
    check_texts,
    context_values,
    names_of,
    now,
    session_of,
    via_of,
)
from iamsim.core.errors import RequestError
from iamsim.engine.question import Question
from iamsim.query.assumptions import assumptions_of
from iamsim.query.chains import Chain as WalkedChain
from iamsim.query.chains import Hop, Plan, plan_chain, walk_chain
from iamsim.report.chains import chain_document, chain_to_dict
from iamsim.report.paint import Paint
from iamsim.report.writers.text import to_text
from iamsim.symbolic import partial as partial_answers

if TYPE_CHECKING:
    from iamsim.core.decision import Verdict
    from iamsim.engine.world import CompiledWorld

# What a chain is planned from; the action of the question at its end plays no role in the hops.
ANY_ACTION = "sts:GetCallerIdentity"


class Chain:
    """Roles assumed one after the other, each hop decided, up to the first that is denied.

    Like an answer it has no truth value of its own: ask `chain.allowed`.
    """

    def __init__(self, world: CompiledWorld, walked: WalkedChain) -> None:
        """Wrap a chain that was walked; use `World.assume` to make one."""
        self._world = world
        self._walked = walked

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The hops that were decided, each with its answers; the last may be denied."""
        return self._walked.hops

    @property
    def verdict(self) -> Verdict:
        """The verdict over all hops."""
        return self._walked.verdict

    @property
    def allowed(self) -> bool:
        """Whether every hop is allowed."""
        return all(hop.verdict.value == "allowed" for hop in self.hops)

    @property
    def principal(self) -> str:
        """The ARN of the session at the end; without a session name, of its role."""
        return self._walked.plan.hops[-1].principal

    def explain(  # noqa: PLR0913 - the arguments are those of a scenario's request
        self,
        *,
        action: str,
        resource: str = "*",
        context: ContextInput | None = None,
        via: Mapping[str, Any] | None = None,
        unknown: Iterable[str] = (),
        partial: bool = False,
        unset: Iterable[str] = (),
        resource_account: str | None = None,
    ) -> Answer:
        """Answer a question of the session at the end of the chain.

        Raises `RequestError` where a hop is denied, since then there is no session.
        """
        self._check_unbroken()
        check_texts(action=action, resource=resource)
        check_account(resource_account)
        question = Question(
            self.principal,
            action,
            resource,
            context_values(context),
            names_of(unset),
            via=via_of(via),
            unknown=names_of(unknown),
            partial=partial,
            resource_account=resource_account,
            now=now(),
        )
        return Answer(partial_answers.answer(self._walked.plan.asks(question), self._world))

    def assume(
        self,
        role: str,
        *more: str,
        session: Mapping[str, Any] | None = None,
        context: ContextInput | None = None,
    ) -> Chain:
        """Go on: the session at the end assumes another role. Raises as `World.assume` does, and
        where a hop before is denied."""
        self._check_unbroken()
        last = self._walked.plan.hops[-1]
        question = Question(
            last.principal,
            ANY_ACTION,
            context=context_values(context),
            session=last.session,
            now=now(),
        )
        walked = _walk(question, (role, *more), session, self._world)
        before = self._walked
        plan = Plan((*before.plan.hops, *walked.plan.hops), before.plan.provider)
        return Chain(self._world, replace(walked, plan=plan, hops=(*before.hops, *walked.hops)))

    def to_dict(self) -> dict[str, Any]:
        """The hops as JSON-ready data."""
        return chain_to_dict(self._walked, ())

    def _check_unbroken(self) -> None:
        denied = self._walked.denied_at
        if denied is not None:
            raise RequestError(
                "broken-chain",
                f"there is no session to ask as: hop {len(self.hops)} of the chain is denied",
                hint=f"`{denied.plan.caller}` can't assume `{denied.plan.role}`",
            )

    def __str__(self) -> str:
        """The hops, as ``iamsim explain --assume`` prints them."""
        return to_text(chain_document(self._walked, ()), Paint(), 100)

    def __repr__(self) -> str:
        """Verdict and roles in one line."""
        roles = " > ".join(hop.role for hop in self._walked.plan.hops)
        return f"<Chain {self.verdict.value}: {roles}>"

    def __bool__(self) -> bool:
        """Refuse to be used as a truth value; raises `TypeError`."""
        message = "a chain has no truth value: use `chain.allowed`"
        raise TypeError(message)


def assume_roles(
    world: CompiledWorld,
    roles: tuple[str, ...],
    *,
    principal: str,
    session: Mapping[str, Any] | None,
    context: ContextInput | None,
) -> Chain:
    """Walk a chain that starts at a principal."""
    question = Question(principal, ANY_ACTION, context=context_values(context), now=now())
    return Chain(world, _walk(question, roles, session, world))


def _walk(
    question: Question,
    roles: tuple[str, ...],
    session: Mapping[str, Any] | None,
    world: CompiledWorld,
) -> WalkedChain:
    plan = plan_chain(question, assumptions_of(roles, session_of(session)), world)
    return walk_chain(plan, lambda asked: partial_answers.answer(asked, world))
