"""What a batch gives for one request: the decision, and what it depends on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from iamsim.core.decision import Decision, Layer, Verdict
from iamsim.engine.authorize import Prepared, prepare

if TYPE_CHECKING:
    from iamsim.core.answer import Residual
    from iamsim.core.unknown import UnknownPart
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.engine.world import CompiledWorld

ASSUMED_ROOT_KEY = "aws:AssumedRoot"
# What only ever limits.
GUARDRAIL_LAYERS = (
    Layer.SERVICE_CONTROL_POLICY,
    Layer.RESOURCE_CONTROL_POLICY,
    Layer.PERMISSIONS_BOUNDARY,
    Layer.VPC_ENDPOINT_POLICY,
    Layer.S3_BLOCK_PUBLIC_ACCESS,
)

Kept = TypeVar("Kept")


class BatchAnswer(NamedTuple):
    """The decision of one request. Where it is `CONDITIONAL`, there is a `residual`; `unknowns` are
    the parts of policies that it depends on and that are not known."""

    decision: Decision
    residual: Residual | None = None
    unknowns: tuple[UnknownPart, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict of the decision."""
        return self.decision.verdict

    @property
    def possible(self) -> bool:
        """Whether the request is allowed, for certain or under conditions."""
        return self.decision.verdict in {Verdict.ALLOWED, Verdict.CONDITIONAL}


def opened(question: Question) -> Question:
    """The question with all keys unknown that are neither given nor derivable; a root ARN stands
    for the root user itself."""
    unset = question.unset
    if question.principal.endswith(":root"):
        unset |= {ASSUMED_ROOT_KEY}
    return replace(question, partial=True, unset=unset)


def decide_one(question: Question, world: CompiledWorld, lifted: bool = False) -> BatchAnswer:
    """Decide one question by the plain engine: the answer that stands for a whole class.

    With `lifted`, the guardrails are taken away first, see `without_guardrails`.
    """
    if question.unknown:
        from iamsim.symbolic.partial import answer

        answered = answer(question, world)
        return BatchAnswer(answered.decision, answered.residual, answered.unknowns)
    prepared = prepare(question, world)
    if lifted:
        prepared = replace(prepared, situation=without_guardrails(prepared.situation))
    return decide_prepared(prepared, world)


def decide_prepared(prepared: Prepared, world: CompiledWorld) -> BatchAnswer:
    """Decide a question that was made ready, and whose unknown things are keys."""
    if not prepared.is_open:
        return BatchAnswer(prepared.decide())
    from iamsim.symbolic.conditional import decide_partially

    partial = decide_partially(prepared, world)
    return BatchAnswer(partial.decision, partial.residual, partial.unknowns)


def without_guardrails(situation: Situation, kept: Collection[Layer] = ()) -> Situation:
    """The situation without what only limits: service and resource control policies, permissions
    boundary, the policy of the VPC endpoint, Block Public Access. `kept` are layers that stay."""
    return replace(
        situation,
        scp_levels=_kept(situation.scp_levels, Layer.SERVICE_CONTROL_POLICY, kept),
        rcp_levels=_kept(situation.rcp_levels, Layer.RESOURCE_CONTROL_POLICY, kept),
        boundary=_kept(situation.boundary, Layer.PERMISSIONS_BOUNDARY, kept),
        endpoint=_kept(situation.endpoint, Layer.VPC_ENDPOINT_POLICY, kept),
        public_access=_kept(situation.public_access, Layer.S3_BLOCK_PUBLIC_ACCESS, kept),
        _reads={},
        _arrangements={},
        plans={},
    )


def _kept(policies: Kept | None, layer: Layer, kept: Collection[Layer]) -> Kept | None:
    return policies if layer in kept else None
