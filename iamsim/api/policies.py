"""Questions that bring all their policies, without a world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Unpack

from iamsim.api.answer import Answer
from iamsim.api.inputs import (
    ContextInput,
    PolicyArguments,
    attached_policies,
    check_account,
    check_texts,
    context_values,
    names_of,
    now,
    session_of,
    via_of,
)
from iamsim.api.question import question_of
from iamsim.core.decision import Decision
from iamsim.core.request import Request
from iamsim.engine import authorize
from iamsim.engine.question import DIRECT_CALL, Question
from iamsim.engine.services.sts import is_trust_request
from iamsim.engine.world import CompiledWorld, without_world
from iamsim.questions.check import checked
from iamsim.symbolic import partial as partial_answers


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
        at=now(),
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
    given = context_values(context)
    attached = attached_policies(policies, is_trust=is_trust_request(action, resource))
    if via is None and not unset:
        quick = without_world().quick(attached, session_of(session))
        asked = principal, action, resource, given, now(), resource_account
        return partial_answers.decide_quickly(quick, asked)
    question = Question(
        principal,
        action,
        resource,
        given,
        names_of(unset),
        session_of(session),
        via_of(via),
        resource_account=resource_account,
        attached=attached,
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
        direct = question.via is DIRECT_CALL
        self._quick = self._world.quick(question.attached, question.session) if direct else None

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
        given = context_values(context)
        quick = self._quick
        if quick is not None:
            account = base.resource_account
            signed = quick.sign(base.principal, action, resource, given, now(), account)
            ready = None if signed is None else quick.ready(signed)
            if ready is not None:
                return PreparedRequest(*ready)
        question = replace(base, action=action, resource=resource, context=given, now=now())
        prepared = authorize.prepare(question, self._world)
        if prepared.request.unknown:
            return PreparedRequest(prepared.request, prepared.situation.decide, question)
        return PreparedRequest(prepared.request, prepared.situation.decide)

    def decide(self, prepared: PreparedRequest) -> Decision:
        """Decide a prepared request; nothing is remembered from one request to the next."""
        if prepared.question is not None:
            return partial_answers.decide(prepared.question, self._world)
        return prepared.plan(prepared.request)


class PreparedRequest(NamedTuple):
    """A request with what its policies read of its context, and what decides it. One that lacks a
    key that AWS sends has its question, which is asked in whole."""

    request: Request
    plan: Callable[[Request], Decision]
    question: Question | None = None


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
