"""The way to ask every explained question, with unknown keys or without.

What unknown keys need is imported with the first of them: a plain answer must start fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.answer import Answer
from iamsim.engine import authorize
from iamsim.symbolic.assumed_owner import takes_the_callers_account, with_assumed_owner

if TYPE_CHECKING:
    from iamsim.core.decision import Decision
    from iamsim.core.explanation import Explanation
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.question import Question
    from iamsim.engine.quick import Asked, QuickDecisions
    from iamsim.engine.world import CompiledWorld


def decide(question: Question, world: CompiledWorld | None = None) -> Decision:
    """Decide one question without explaining it; raises what `answer` raises.

    Keys that AWS always sends, and that nothing tells, are unknown: the verdict is `CONDITIONAL`
    where it depends on one.
    """
    prepared = None if question.unknown else authorize.prepare(question, world)
    if prepared is None:
        return answer(question, world).decision
    if not prepared.is_open:
        return prepared.decide()
    from iamsim.symbolic.conditional import decide_partially

    return decide_partially(prepared, world).decision


def decide_quickly(
    quick: QuickDecisions,
    asked: Asked,
    *,
    alike: bool = False,
) -> Decision:
    """Decide one question of plain arguments; raises what `answer` raises. With `alike` it may be
    decided as another one was of which the policies read the same."""
    signed = quick.sign(*asked)
    decision = None
    if signed is not None:
        decision = quick.decide_alike(signed) if alike else quick.decide(signed)
    if decision is None:
        decision = decide(quick.question(*asked), quick.world)
        quick.keep(signed, decision)
    return decision


def answer(question: Question, world: CompiledWorld | None = None) -> Answer:
    """Answer one question with its whole explanation.

    Unknown are the things of which the question says so, parts of the policies that it meets, and
    the keys that AWS always sends where nothing tells their value. Where nothing is unknown this is
    `iamsim.engine.authorize.explain`, and the explanation says of each missing key whether it
    matters. Else the verdict is the one that all values of the unknown keys give, or `CONDITIONAL`,
    with the residual under `Answer.residual`. Raises `InputError` for what can't be asked or read,
    and `UnsupportedError` for unknown things that are not modelled.
    """
    if any(key.lower() == "resource" for key in question.unknown):
        from iamsim.symbolic.patterns import answer_pattern

        return answer_pattern(question, world, answer)
    found = _answer(question, world)
    if not takes_the_callers_account(question, world):
        return found
    return with_assumed_owner(found, question, world, decide)


def _answer(question: Question, world: CompiledWorld | None) -> Answer:
    """Answer as if everything that is assumed were said."""
    prepared = None if question.unknown else authorize.prepare(question, world)
    if prepared is None or prepared.is_open:
        from iamsim.symbolic.conditional import answer_partially

        return answer_partially(question, world)
    plain = authorize.explain_prepared(question, prepared)
    explanation = plain.explanation
    if not explanation.missing:
        return plain
    return Answer(plain.request, plain.decision, None, lambda: _with_matters(explanation, prepared))


def _with_matters(explanation: Explanation, prepared: Prepared) -> Explanation:
    """Work out which missing keys matter, when somebody looks at the explanation."""
    from iamsim.symbolic.cases import single_case
    from iamsim.symbolic.influence import with_matters

    return with_matters(explanation, single_case(prepared))


def describe(answer_: Answer) -> str:
    """Say an answer that depends on unknown keys as a person would: what it depends on, which
    statement asks for each part, and an example of either kind. Empty for any other answer."""
    return answer_.residual.description if answer_.residual is not None else ""
