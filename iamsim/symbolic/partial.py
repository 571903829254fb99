"""The way to ask every explained question, with unknown keys or without.

What unknown keys need is imported with the first of them: a plain answer must start fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.answer import Answer
from iamsim.engine import authorize

if TYPE_CHECKING:
    from iamsim.core.explanation import Explanation
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld

__all__ = ["answer", "describe"]


def answer(question: Question, world: CompiledWorld | None = None) -> Answer:
    """Answer one question with its whole explanation.

    Where nothing is unknown, of the request or of the policies that it meets, this is
    `iamsim.engine.authorize.explain`, and the explanation says of each missing key whether it
    matters. Else the verdict is the one that all values of the unknown keys give, or `CONDITIONAL`,
    with the residual under `Answer.residual`. Raises `InputError` for what can't be asked or read,
    and `UnsupportedError` for unknown things that are not modelled.
    """
    prepared = None
    if not question.unknown and not question.partial:
        prepared = authorize.prepare(question, world)
    if prepared is None or prepared.meets_unknown:
        from iamsim.symbolic.conditional import answer_partially  # noqa: PLC0415 - see above

        return answer_partially(question, world)
    plain = authorize.explain_prepared(question, prepared)
    explanation = plain.explanation
    if not explanation.missing:
        return plain
    return Answer(plain.request, plain.decision, None, lambda: _with_matters(explanation, prepared))


def _with_matters(explanation: Explanation, prepared: Prepared) -> Explanation:
    """Work out which missing keys matter, when somebody looks at the explanation."""
    from iamsim.symbolic.cases import single_case  # noqa: PLC0415 - see above
    from iamsim.symbolic.influence import with_matters  # noqa: PLC0415

    return with_matters(explanation, single_case(prepared))


def describe(answer_: Answer) -> str:
    """Say an answer that depends on unknown keys as a person would: what it depends on, which
    statement asks for each part, and an example of either kind. Empty for any other answer."""
    return answer_.residual.description if answer_.residual is not None else ""
