"""Questions that bring all their policies, without a world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from iamsim.api.answer import Answer
from iamsim.api.inputs import (
    attached_policies,
    check_account,
    check_texts,
    context_values,
    names_of,
    now,
    session_of,
    via_of,
)
from iamsim.engine import authorize
from iamsim.engine.question import Question
from iamsim.engine.services.sts import is_trust_request
from iamsim.engine.world import CompiledWorld
from iamsim.questions.check import checked
from iamsim.symbolic import partial as partial_answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamsim.api.inputs import ContextInput, PolicyArguments
    from iamsim.core.decision import Decision
    from iamsim.core.request import Request
    from iamsim.engine.situation import Situation

__all__ = ["CompiledPolicies", "PreparedRequest", "compile_policies", "decide", "explain"]


def explain(  # noqa: PLR0913 - the arguments are those of a scenario's request
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
    """Answer one question that brings all its policies (see `PolicyArguments`).

    Raises `InputError` for what can't be asked or read.
    """
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
        attached_policies(policies, is_trust=is_trust_request(action, resource)),
        now(),
    )
    return Answer(checked(partial_answers.answer(question), question, None))


def decide(  # noqa: PLR0913 - the arguments are those of a scenario's request
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
    """Decide one question that brings all its policies, without explaining it.

    For many requests under the same policies use `compile_policies`.
    """
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
        attached=attached_policies(policies, is_trust=is_trust_request(action, resource)),
        now=now(),
    )
    return partial_answers.decide(question)


class CompiledPolicies:
    """One caller under one set of policies, compiled: for deciding many requests.

    Prepare each request once with `request`, decide it as often as you like with `decide`. Can be
    pickled; plans are made anew on the other side.
    """

    def __init__(self, question: Question) -> None:
        """Keep the question, whose action, resource and context each request fills in."""
        self._question = question
        self._world = CompiledWorld()
        self._world.caller_facts(question)  # raises what is wrong with the policies of the caller

    def __getstate__(self) -> Question:
        """Pickle the question alone."""
        return self._question

    def __setstate__(self, question: Question) -> None:
        """Compile anew."""
        self.__init__(question)  # type: ignore[misc]  # the same object, made ready again

    def request(
        self, *, action: str, resource: str = "*", context: ContextInput | None = None
    ) -> PreparedRequest:
        """Prepare a request: derive its context and find what it meets. Raises `RequestError`."""
        check_texts(action=action, resource=resource)
        base = self._question
        question = Question(
            base.principal,
            action,
            resource,
            context_values(context),
            session=base.session,
            via=base.via,
            resource_account=base.resource_account,
            attached=base.attached,
            now=now(),
        )
        prepared = authorize.prepare(question, self._world)
        return PreparedRequest(prepared.request, prepared.situation, question)

    def decide(self, prepared: PreparedRequest) -> Decision:
        """Decide a prepared request; nothing is remembered from one request to the next."""
        request = prepared.request
        if request.unknown:
            return partial_answers.decide(prepared.question, self._world)
        plan = prepared.situation.plans.get(request.action)
        if plan is None:
            return prepared.situation.decide(request)
        return plan(request)


class PreparedRequest(NamedTuple):
    """A request with its context, the policies that it meets, and the question that it came of."""

    request: Request
    situation: Situation
    question: Question


def compile_policies(
    *,
    principal: str,
    session: Mapping[str, Any] | None = None,
    via: Mapping[str, Any] | None = None,
    resource_account: str | None = None,
    is_trust_policy: bool = False,
    **policies: Unpack[PolicyArguments],
) -> CompiledPolicies:
    """Compile one caller's policies once, to decide many requests.

    `is_trust_policy` says that the resource policy is the trust policy of a role.
    """
    check_texts(principal=principal)
    check_account(resource_account)
    question = Question(
        principal,
        "sts:GetCallerIdentity",
        session=session_of(session),
        via=via_of(via),
        resource_account=resource_account,
        attached=attached_policies(policies, is_trust=is_trust_policy),
    )
    return CompiledPolicies(question)
