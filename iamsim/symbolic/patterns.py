"""Questions of which the resource is not known: it is one of those that a pattern stands for.

The answer holds for all of them: denied where no statement grants the action at all or the whole
pattern is denied, allowed where the pattern is granted as it is written and no statement denies the
action. Else which resource it is may matter, and the answer is conditional.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamsim.core.answer import Answer, RequestRecord
from iamsim.core.decision import Decision, Verdict
from iamsim.core.errors import UnsupportedError
from iamsim.core.reason import Reason
from iamsim.engine import authorize
from iamsim.engine.terms import decision_terms

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld

RESOURCE = "resource"
SAMPLE = "w7k2q9x4"  # stands for what nobody names


@dataclass(frozen=True, slots=True)
class PatternResidual:
    """That the answer depends on which resource of a pattern it is."""

    question: Question
    ask: Callable[[Question], Answer]

    def holds(self, context: Mapping[str, str | list[str]]) -> bool:
        """Say whether it is allowed for the resource that `context` has under ``resource``."""
        resource = context.get(RESOURCE)
        told = resource if isinstance(resource, str) else self.question.resource
        return self.ask(replace(self.question, resource=told)).allowed

    def to_condition(self) -> list[dict[str, dict[str, list[str]]]]:
        """Raise `UnsupportedError`: a resource is no condition key."""
        raise UnsupportedError(
            "residual-without-condition", "which resource it is can't be written as a condition"
        )

    def examples(self) -> tuple[Mapping[str, str | list[str]] | None, ...]:
        """None: resources are not made up."""
        return (None, None)

    @property
    def keys(self) -> tuple[str, ...]:
        """What is unknown."""
        return (RESOURCE,)

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """What is unknown is no context key."""
        return (RESOURCE,)

    @property
    def simplified(self) -> bool:
        """There is nothing to simplify."""
        return True

    @property
    def sentence(self) -> str:
        """The condition as a person would say it."""
        return f"allowed depending on which resource of `{self.question.resource}` it is"

    @property
    def description(self) -> str:
        """The sentence."""
        return self.sentence


def answer_pattern(
    question: Question,
    world: CompiledWorld | None,
    ask: Callable[[Question, CompiledWorld | None], Answer],
) -> Answer:
    """Answer for all resources of a pattern; `ask` answers one question of the ordinary kind."""
    unknown = frozenset(key for key in question.unknown if key.lower() != RESOURCE)
    written = replace(question, unknown=unknown)
    inner = ask(written, world)
    pattern = question.resource
    if "*" not in pattern and "?" not in pattern:
        return inner
    inner.request = replace(inner.request, pattern=True)
    grants, denies = _about(written, world)
    verdict = inner.decision.verdict
    if verdict is Verdict.EXPLICIT_DENY or (verdict is Verdict.IMPLICIT_DENY and not grants):
        return inner
    if verdict is Verdict.ALLOWED and not denies:
        sample = pattern.replace("*", SAMPLE).replace("?", SAMPLE[0])
        if pattern == "*" or ask(replace(written, resource=sample), world).allowed:
            return inner
    record = RequestRecord(
        question.principal,
        question.action,
        question.resource,
        dict(question.context),
        pattern=True,
    )
    decision = Decision(
        Verdict.CONDITIONAL,
        Reason.DEPENDS_ON_UNKNOWN,
        None,
        (),
        missing_context=(RESOURCE,),
    )
    residual = PatternResidual(written, lambda item: ask(item, world))
    return Answer(record, decision, residual, lambda: inner.explanation)


def _about(question: Question, world: CompiledWorld | None) -> tuple[bool, bool]:
    """Whether statements grant the action, and whether some deny it, on whatever resources."""
    prepared = authorize.prepare(question, world)
    terms = decision_terms(prepared.situation, prepared.request, None)
    grants = denies = False
    for station in terms.stations:
        policies = station.station.policies
        if policies is None:
            continue
        for _, statement in policies.candidates(prepared.request.action):
            denies |= statement.denies
            grants |= not statement.denies
    return grants, denies
