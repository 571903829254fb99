"""A chain of roles: who assumes which role as whom, and what the session at its end may do.

Each hop is a call of sts:AssumeRole (for a token of an identity provider, of
sts:AssumeRoleWithWebIdentity or sts:AssumeRoleWithSAML) that the engine decides, together with
sts:TagSession where the session gets tags and sts:SetSourceIdentity where it has a source identity:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamsim.core.answer import Answer
from iamsim.core.decision import Verdict
from iamsim.core.overall import overall_verdict
from iamsim.core.reason import Note
from iamsim.core.request import CallerKind
from iamsim.engine.question import (
    DIRECT_CALL,
    NOTHING_ATTACHED,
    AttachedPolicies,
    ContextValue,
    Question,
    Session,
)
from iamsim.query.assumptions import Assumption, find_role, joined_session, session_arn
from iamsim.query.chained_context import Step, belongs_to_hop, belongs_to_question

if TYPE_CHECKING:
    from iamsim.core.explanation import Explanation
    from iamsim.engine.world import CompiledWorld

    Ask = Callable[[Question], Answer]

COMPANIONS = frozenset({Note.COMPANION_TAG_SESSION, Note.COMPANION_SET_SOURCE_IDENTITY})


@dataclass(frozen=True, slots=True)
class HopPlan:
    """One call that assumes a role: by whom, what it passes, which questions it takes (one for each
    permission), and the session that it yields."""

    caller: str
    role: str
    passed: Session
    questions: tuple[Question, ...]
    principal: str
    session: Session


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls of a chain in their order, before any of them is decided."""

    hops: tuple[HopPlan, ...]
    provider: str | None = None

    def ends_in(self, question: Question) -> Question:
        """The question as the session at the end of the chain asks it.

        The policies that came with it for the resource stay, those for the caller do not: they are
        the first caller's.
        """
        context = {
            key: value
            for key, value in question.context.items()
            if self._is_kept(key, question.action)
        }
        attached = replace(
            question.attached,
            identity_policies=None,
            boundary=None,
            session_policies=None,
            scps=None,
        )
        kept = replace(
            question,
            context=context,
            unset=frozenset(key for key in question.unset if self._is_kept(key, question.action)),
            unknown=frozenset(
                key for key in question.unknown if self._is_kept(key, question.action)
            ),
            attached=NOTHING_ATTACHED if attached == NOTHING_ATTACHED else attached,
        )
        return self.asks(kept)

    def asks(self, question: Question) -> Question:
        """A question as the session at the end of the chain asks it, with all that it brings."""
        last = self.hops[-1]
        if self.provider is not None and len(self.hops) == 1:
            context = {"aws:FederatedProvider": self.provider, **question.context}
            question = replace(question, context=context)
        return replace(question, principal=last.principal, session=last.session)

    def _is_kept(self, key: str, action: str) -> bool:
        return belongs_to_question(key, action, hops=len(self.hops))


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """A hop that was decided: an answer for each of its questions."""

    plan: HopPlan
    answers: tuple[Answer, ...]

    @property
    def verdict(self) -> Verdict:
        """What becomes of the call: allowed when every one of its permissions is."""
        return overall_verdict(answer.decision.verdict for answer in self.answers)

    @property
    def deciding(self) -> Answer:
        """The answer that decides the call: the first with its verdict."""
        verdict = self.verdict
        return next(answer for answer in self.answers if answer.decision.verdict is verdict)


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A chain that was decided up to its end, or to the first hop that is denied."""

    plan: Plan
    hops: tuple[Hop, ...]

    @property
    def verdict(self) -> Verdict:
        """Allowed when every hop is."""
        return overall_verdict(hop.verdict for hop in self.hops)

    @property
    def denied_at(self) -> Hop | None:
        """The hop that ends the chain before its time."""
        last = self.hops[-1]
        return last if _is_denial(last.verdict) else None


def _is_denial(verdict: Verdict) -> bool:
    """Whether nothing is left to depend on."""
    return verdict in {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}


def walk_chain(plan: Plan, ask: Ask) -> Chain:
    """Ask the questions of each hop, up to the first that is denied."""
    hops = []
    for planned in plan.hops:
        answers = tuple(_whole(ask(question)) for question in planned.questions)
        hop = Hop(planned, answers)
        hops.append(hop)
        if _is_denial(hop.verdict):
            break
    return Chain(plan, tuple(hops))


def _whole(answer: Answer) -> Answer:
    """An answer without the advice to ask for the other permissions of the call: a hop does."""
    decision = answer.decision
    if not COMPANIONS.intersection(decision.notes or ()):
        return answer

    def explanation() -> Explanation:
        whole = answer.explanation
        return replace(whole, notes=_others(whole.notes))

    shortened = replace(decision, notes=_others(decision.notes or ()))
    return Answer(answer.request, shortened, answer.residual, explanation)


def _others(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """The notes that are about something else."""
    return tuple(note for note in notes if note not in COMPANIONS)


def plan_chain(question: Question, assumptions: Sequence[Assumption], world: CompiledWorld) -> Plan:
    """Work out the calls that bring the caller of a question into its last role.

    What came with the question for the caller (identity-based policies, a boundary, SCPs, and
    `question.session`) is the first caller's. Raises `RequestError` for a role that the world does
    not have, and for tags or a source identity that the session before does not let pass.
    """
    caller = world.caller_facts(question).caller
    with_token = caller.kind is CallerKind.IDENTITY_PROVIDER
    principal = question.principal
    session = question.session
    given_identity = _given(question, "aws:sourceidentity")
    if session.source_identity is None and given_identity is not None:
        session = replace(session, source_identity=given_identity)
    account = caller.account
    attached = _of_caller(question.attached)
    hops = []
    for number, assumption in enumerate(assumptions):
        role, passed = find_role(assumption, world.model, account)
        step = Step(first=number == 0, with_token=with_token and number == 0)
        result = joined_session(session, passed, role.arn)
        base = replace(
            question,
            principal=principal,
            action=_assume_action(question.principal) if step.with_token else "sts:AssumeRole",
            resource=role.arn,
            context=_context(question, passed, step),
            unset=frozenset(key for key in question.unset if belongs_to_hop(key, step)),
            unknown=frozenset(key for key in question.unknown if belongs_to_hop(key, step)),
            session=session if not step.first else question.session,
            via=DIRECT_CALL,
            resource_account=None,
            attached=attached if step.first else NOTHING_ATTACHED,
        )
        actions = [base.action, *_companions(result)]
        principal_after = session_arn(role, passed.name)
        hops.append(
            HopPlan(
                principal,
                role.arn,
                passed,
                tuple(replace(base, action=action) for action in actions),
                principal_after,
                result,
            )
        )
        principal, session, account = principal_after, result, role.account
    return Plan(tuple(hops), question.principal if with_token else None)


def _assume_action(provider: str) -> str:
    """The call that a token of a provider is for."""
    if ":saml-provider/" in provider:
        return "sts:AssumeRoleWithSAML"
    return "sts:AssumeRoleWithWebIdentity"


def _companions(session: Session) -> list[str]:
    """The permissions that the call needs besides: tags may be passed or inherited, and so may the
    source identity."""
    tags = ["sts:TagSession"] if session.tags else []
    return [*tags, *(["sts:SetSourceIdentity"] if session.source_identity is not None else [])]


def _of_caller(attached: AttachedPolicies) -> AttachedPolicies:
    """The policies that came for the caller; those for the resource are not the role's."""
    mine = replace(
        attached, resource_policy=None, rcps=None, vpce_policies=None, public_access_block=None
    )
    return NOTHING_ATTACHED if mine == NOTHING_ATTACHED else mine


def _context(question: Question, passed: Session, step: Step) -> dict[str, ContextValue]:
    """The context of a call that assumes a role: what it passes, and of what was given the keys
    that belong there, which win.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    context: dict[str, ContextValue] = {}
    if passed.name is not None:
        context["sts:RoleSessionName"] = passed.name
    if passed.source_identity is not None:
        context["sts:SourceIdentity"] = passed.source_identity
    if passed.tags:
        context |= {f"aws:RequestTag/{key}": value for key, value in passed.tags.items()}
        context["aws:TagKeys"] = tuple(passed.tags)
    if passed.transitive_tags:
        context["sts:TransitiveTagKeys"] = passed.transitive_tags
    given = {key: value for key, value in question.context.items() if belongs_to_hop(key, step)}
    replaced = {key.lower() for key in given}
    return {key: value for key, value in context.items() if key.lower() not in replaced} | given


def _given(question: Question, key: str) -> str | None:
    """The single value of a key that was given."""
    for name, value in question.context.items():
        if name.lower() == key:
            return value if isinstance(value, str) else None
    return None
