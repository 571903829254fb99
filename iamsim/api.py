"""The Python interface: what `import iamsim` offers.

Plain arguments in, answers out. The clock is read here, and only here: the engine gets the time as
part of the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.core import answer as core
from iamsim.core.decision import PolicyType, Verdict
from iamsim.core.errors import RequestError
from iamsim.engine import authorize
from iamsim.engine.question import (
    DIRECT_CALL,
    PLAIN_SESSION,
    AttachedPolicies,
    Question,
    Session,
    Via,
)
from iamsim.engine.relations import is_trust_request
from iamsim.engine.world import CompiledWorld
from iamsim.report.data import answer_to_dict
from iamsim.report.text import render_text
from iamsim.syntax.ast import Policy
from iamsim.syntax.read import parse_policy
from iamsim.world.load import load_world

if TYPE_CHECKING:
    import os

    from iamsim.core.answer import RequestRecord, Residual
    from iamsim.core.decision import Decision
    from iamsim.core.explanation import Explanation
    from iamsim.core.request import ContextValue, Request
    from iamsim.engine.situation import Situation
    from iamsim.world.model import World as WorldModel

__all__ = [
    "Answer",
    "CompiledPolicies",
    "World",
    "compile_policies",
    "decide",
    "explain",
    "load",
    "parse_policy",
]

PolicyInput = str | bytes | Mapping[str, object] | Policy
PoliciesInput = Iterable[PolicyInput]
LevelsInput = Iterable[PoliciesInput]
ContextInput = Mapping[str, object]


class Answer:
    """The answer to one question: verdict, decision, and on demand the whole explanation.

    An answer has no truth value of its own: ask `answer.allowed`.
    """

    def __init__(self, inner: core.Answer) -> None:
        """Wrap what the engine gave."""
        self._inner = inner

    @property
    def request(self) -> RequestRecord:
        """The request as asked."""
        return self._inner.request

    @property
    def decision(self) -> Decision:
        """The small record: verdict, reason, layer, statements, notes, missing keys."""
        return self._inner.decision

    @property
    def verdict(self) -> Verdict:
        """Allowed, explicit deny, implicit deny or conditional."""
        return self._inner.decision.verdict

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed."""
        return self._inner.allowed

    @property
    def explanation(self) -> Explanation:
        """The tree that mirrors the policies; made when asked for."""
        return self._inner.explanation

    @property
    def residual(self) -> Residual | None:
        """With unknown keys that matter: the condition under which the request is allowed."""
        return self._inner.residual

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON-ready data, in the shape that ``docs/reference/answer.md`` gives."""
        return answer_to_dict(self._inner)

    def __str__(self) -> str:
        """The trace, as ``iamsim explain`` prints it."""
        return render_text(self._inner)

    def __repr__(self) -> str:
        """Verdict and request in one line."""
        request = self.request
        asked = f"{request.principal} {request.action} {request.resource}"
        return f"<Answer {self.verdict.value}: {asked}>"

    def __bool__(self) -> bool:
        """Refuse to be used as a truth value; raises `TypeError`."""
        return bool(self._inner)


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
        question = Question(
            principal,
            action,
            resource,
            context_values(context),
            frozenset(unset),
            session_of(session),
            via_of(via),
            frozenset(unknown),
            partial,
            resource_account,
            now=_now(),
        )
        return Answer(authorize.explain(question, self._compiled))

    def decide(  # noqa: PLR0913 - the arguments are those of a scenario's request
        self,
        *,
        principal: str,
        action: str,
        resource: str = "*",
        context: ContextInput | None = None,
        session: Mapping[str, Any] | None = None,
        via: Mapping[str, Any] | None = None,
        resource_account: str | None = None,
    ) -> Decision:
        """Decide one question without explaining it: many times faster."""
        question = Question(
            principal,
            action,
            resource,
            context_values(context),
            session=session_of(session),
            via=via_of(via),
            resource_account=resource_account,
            now=_now(),
        )
        return authorize.decide(question, self._compiled)

    def compile(self) -> World:
        """Give the object whose `decide` may be called millions of times: the world itself.

        Policies are compiled when first needed and then kept. It can be pickled; what was compiled
        is made anew on the other side.
        """
        return self


def load(*paths: str | os.PathLike[str]) -> World:
    """Load a world from a file or folder; several are merged. Raises `WorldError`."""
    return World(load_world(*paths))


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
    identity_policies: PoliciesInput = (),
    resource_policy: PolicyInput | None = None,
    boundary: PolicyInput | None = None,
    session_policies: PoliciesInput | None = None,
    scps: LevelsInput | None = None,
    rcps: LevelsInput | None = None,
    vpce_policies: PoliciesInput | None = None,
    public_access_block: Mapping[str, bool] | None = None,
) -> Answer:
    """Answer one question that brings all its policies: documents, texts or `Policy`.

    `scps` and `rcps` are levels, root first, each a list of policies. A layer left out does not
    exist. Raises `InputError` for what can't be asked or read.
    """
    question = Question(
        principal,
        action,
        resource,
        context_values(context),
        frozenset(unset),
        session_of(session),
        via_of(via),
        frozenset(unknown),
        partial,
        resource_account,
        _attached(
            is_trust_request(action, resource),
            identity_policies,
            resource_policy,
            boundary,
            session_policies,
            scps,
            rcps,
            vpce_policies,
            public_access_block,
        ),
        _now(),
    )
    return Answer(authorize.explain(question))


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
    identity_policies: PoliciesInput = (),
    resource_policy: PolicyInput | None = None,
    boundary: PolicyInput | None = None,
    session_policies: PoliciesInput | None = None,
    scps: LevelsInput | None = None,
    rcps: LevelsInput | None = None,
    vpce_policies: PoliciesInput | None = None,
    public_access_block: Mapping[str, bool] | None = None,
) -> Decision:
    """Decide one question that brings all its policies, without explaining it.

    For many requests under the same policies use `compile_policies`.
    """
    question = Question(
        principal,
        action,
        resource,
        context_values(context),
        frozenset(unset),
        session_of(session),
        via_of(via),
        resource_account=resource_account,
        attached=_attached(
            is_trust_request(action, resource),
            identity_policies,
            resource_policy,
            boundary,
            session_policies,
            scps,
            rcps,
            vpce_policies,
            public_access_block,
        ),
        now=_now(),
    )
    return authorize.decide(question)


class CompiledPolicies:
    """One caller under one set of policies, compiled: for deciding many requests.

    Prepare each request once with `request`, decide it as often as you like with `decide`. Can be
    pickled; plans are made anew on the other side.
    """

    def __init__(self, question: Question) -> None:
        """Keep the question, whose action, resource and context each request fills in."""
        self._question = question
        self._world = CompiledWorld()
        self._caller = self._world.caller_facts(question)
        self._situations: dict[object, Situation] = {}

    def request(
        self, *, action: str, resource: str = "*", context: ContextInput | None = None
    ) -> PreparedRequest:
        """Prepare a request: derive its context and find what it meets. Raises `RequestError`."""
        question = replace(
            self._question,
            action=action,
            resource=resource,
            context=context_values(context),
            now=_now(),
        )
        prepared = authorize.prepare(question, self._world)
        situation = prepared.situation
        key = (
            situation.kind,
            situation.resource_account,
            situation.same_partition,
            situation.caller.kind,
            situation.public_access,
        )
        shared = self._situations.setdefault(key, situation)
        return PreparedRequest(prepared.request, shared)

    def decide(self, prepared: PreparedRequest) -> Decision:
        """Decide a prepared request; nothing is remembered from one request to the next."""
        request = prepared.request
        plan = prepared.situation.plans.get(request.action)
        if plan is None:
            return prepared.situation.decide(request)
        return plan(request)


class PreparedRequest(NamedTuple):
    """A request with its context, and the policies that it meets."""

    request: Request
    situation: Situation


def compile_policies(  # noqa: PLR0913 - the arguments are those of a scenario's request
    *,
    principal: str,
    session: Mapping[str, Any] | None = None,
    via: Mapping[str, Any] | None = None,
    resource_account: str | None = None,
    identity_policies: PoliciesInput = (),
    resource_policy: PolicyInput | None = None,
    boundary: PolicyInput | None = None,
    session_policies: PoliciesInput | None = None,
    scps: LevelsInput | None = None,
    rcps: LevelsInput | None = None,
    vpce_policies: PoliciesInput | None = None,
    public_access_block: Mapping[str, bool] | None = None,
    is_trust_policy: bool = False,
) -> CompiledPolicies:
    """Compile one caller's policies once, to decide many requests. `is_trust_policy` says that
    the resource policy is a role's trust policy."""
    question = Question(
        principal,
        "sts:GetCallerIdentity",
        session=session_of(session),
        via=via_of(via),
        resource_account=resource_account,
        attached=_attached(
            is_trust_policy,
            identity_policies,
            resource_policy,
            boundary,
            session_policies,
            scps,
            rcps,
            vpce_policies,
            public_access_block,
        ),
    )
    return CompiledPolicies(question)


def context_values(context: ContextInput | None) -> dict[str, ContextValue]:
    """Bring context values into AWS's form: texts, or tuples of texts for several values."""
    return {key: _context_value(value) for key, value in (context or {}).items()}


def _context_value(value: object) -> ContextValue:
    """One value, or several."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        members = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return tuple(_text(member) for member in members)
    return _text(value)


def _text(value: object) -> str:
    """A scalar as AWS writes it; raises `RequestError` for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise RequestError(
        "invalid-context-value",
        f"`{value!r}` can't be the value of a context key",
        hint="give a string, a number, a boolean, a date, or a list of these",
    )


def session_of(session: Mapping[str, Any] | None) -> Session:
    """Read how the caller's session was made."""
    if not session:
        return PLAIN_SESSION
    _check_names("session", session, SESSION_NAMES)
    policies = session.get("policies")
    return Session(
        session.get("name"),
        None if policies is None else _policies(policies, PolicyType.SESSION, "session_policies"),
        dict(session.get("tags") or {}),
        tuple(session.get("transitive_tags") or ()),
        session.get("source_identity"),
        session.get("source_user"),
    )


def via_of(via: Mapping[str, Any] | None) -> Via:
    """Read the way that the request came."""
    if not via:
        return DIRECT_CALL
    _check_names("via", via, VIA_NAMES)
    service = via.get("service") or ()
    return Via(via.get("vpc_endpoint"), (service,) if isinstance(service, str) else tuple(service))


SESSION_NAMES = (
    "name",
    "policies",
    "source_identity",
    "source_user",
    "tags",
    "transitive_tags",
)
VIA_NAMES = ("service", "vpc_endpoint")


def _check_names(what: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Refuse names that nobody reads."""
    for name in given:
        if name not in known:
            raise RequestError(
                "unknown-argument",
                f"`{name}` is no part of `{what}`",
                hint=f"its parts are {', '.join(known)}",
            )


def _attached(  # noqa: PLR0913 - one argument a layer
    is_trust: bool,  # noqa: FBT001 - private
    identity_policies: PoliciesInput,
    resource_policy: PolicyInput | None,
    boundary: PolicyInput | None,
    session_policies: PoliciesInput | None,
    scps: LevelsInput | None,
    rcps: LevelsInput | None,
    vpce_policies: PoliciesInput | None,
    public_access_block: Mapping[str, bool] | None,
) -> AttachedPolicies:
    """Parse the policies of a question, each as what it is used for."""
    resource_type = PolicyType.TRUST if is_trust else PolicyType.RESOURCE
    return AttachedPolicies(
        _policies(identity_policies, PolicyType.IDENTITY, "identity_policies"),
        None
        if resource_policy is None
        else _policy(resource_policy, resource_type, "resource_policy"),
        None if boundary is None else _policy(boundary, PolicyType.PERMISSIONS_BOUNDARY, "boundary"),
        None
        if session_policies is None
        else _policies(session_policies, PolicyType.SESSION, "session_policies"),
        None if scps is None else _levels(scps, PolicyType.SERVICE_CONTROL, "scps"),
        None if rcps is None else _levels(rcps, PolicyType.RESOURCE_CONTROL, "rcps"),
        None
        if vpce_policies is None
        else _policies(vpce_policies, PolicyType.VPC_ENDPOINT, "vpce_policies"),
        public_access_block,
    )


def _policy(policy: PolicyInput, policy_type: PolicyType, name: str) -> Policy:
    """Parse one policy."""
    return parse_policy(policy, name=name, policy_type=policy_type)


def _policies(policies: PoliciesInput, policy_type: PolicyType, name: str) -> tuple[Policy, ...]:
    """Parse policies, named by their argument and number; one policy alone is a list of one."""
    several = [policies] if isinstance(policies, str | bytes | Mapping | Policy) else policies
    return tuple(
        _policy(policy, policy_type, f"{name}[{number}]") for number, policy in enumerate(several)
    )


def _levels(
    levels: LevelsInput, policy_type: PolicyType, name: str
) -> tuple[tuple[Policy, ...], ...]:
    """Parse levels of policies."""
    return tuple(
        _policies(policies, policy_type, f"{name}[{number}]")
        for number, policies in enumerate(levels)
    )


def _now() -> str:
    """The time of asking, in whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
