"""Whether the conditions of a statement hold for those who have its policy: by what they are, or
for calls that lack the keys.

A test with ``IfExists``, or of a negated operator, holds without its key; a condition on the caller
limits nobody who is that caller.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IfExists
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from iamsim.audit.asking import asks_nothing
from iamsim.catalog.presence import CallerColumn, Presence, Way, presence_of
from iamsim.engine.context import call_context
from iamsim.engine.facts import caller_facts
from iamsim.engine.question import DIRECT_CALL, Question
from iamsim.world.model import User

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.audit.policies import Held
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.engine.unknown_facts import UntoldKeys

WAYS = (Way.PUBLIC, Way.ENDPOINT)
# Holders who are nobody of the world: whoever a group or a permission set will be given to.
WITHOUT_ENTITY = {
    CallerColumn.USER: ("group",),
    CallerColumn.ROLE_SESSION: ("permission set",),
}


class ConditionsMet(NamedTuple):
    """How conditions hold, in a sentence; `is_unknown` where that depends on tags that nobody
    knows."""

    sentence: str
    is_unknown: bool = False


class _Holder(NamedTuple):
    """Somebody who has a policy, with the keys that follow from who it is; nobody in particular
    where `arn` is empty."""

    arn: str
    column: CallerColumn
    told: Mapping[str, ContextValue]
    untold: tuple[UntoldKeys, ...] = ()


def conditions_met(
    looking: Looking, statement: CompiledStatement, holders: Sequence[Held], account: str
) -> ConditionsMet | None:
    """How the conditions of a statement hold for calls that one of its holders makes itself; `None`
    where they ask for something else."""
    asking = [test for test in statement.conditions if not asks_nothing(test, account)]
    open_ = None
    for holder, way in product(_callers(looking, holders), WAYS):
        answers = [(test, _holds(test, holder, way)) for test in asking]
        if all(answer for _, answer in answers):
            return ConditionsMet(_sentence(holder, asking))
        if all(answer is not False for _, answer in answers):
            open_ = ConditionsMet(f"whether the conditions hold for {holder.arn}", is_unknown=True)
    return open_


def _sentence(holder: _Holder, tests: Sequence[ConditionTest]) -> str:
    without = [test for test in tests if not _is_told(test, holder)]
    keys = ", ".join(dict.fromkeys(f"`{test.written_key}`" for test in without))
    who = holder.arn if holder.arn and len(without) < len(tests) else ""
    if not who:
        return f"the conditions hold for requests {f'without {keys}' if keys else 'made directly'}"
    return f"the conditions hold for {who}" + (f", in requests without {keys}" if keys else "")


def _callers(looking: Looking, holders: Sequence[Held]) -> Iterator[_Holder]:
    """Users and roles that have a policy, by groups too; where that is nobody, or a permission set,
    somebody of whom is known that he calls himself."""
    direct = call_context(DIRECT_CALL, None).values
    world = looking.batch.world
    for arn in dict.fromkeys(
        name for held in holders for name in (held.holder, *looking.members_of(held.holder))
    ):
        entity = world.model.find_principal(arn)
        if entity is not None:
            facts = caller_facts(Question(arn, "iam:GetUser"), world.model, world.policies)
            column = CallerColumn.USER if isinstance(entity, User) else CallerColumn.ROLE_SESSION
            yield _Holder(arn, column, {**direct, **facts.context.values}, facts.untold)
    for column in (CallerColumn.USER, CallerColumn.ROLE_SESSION):
        if not holders or any(held.holder_type in WITHOUT_ENTITY[column] for held in holders):
            yield _Holder("", column, direct)


def _holds(test: ConditionTest, holder: _Holder, way: Way) -> bool | None:
    """Whether a test holds for a call of somebody on a way; `None` where nobody knows."""
    if test.constant is not None:
        return test.constant
    if _is_told(test, holder):
        return test.test(holder.told)
    if any(untold.include(key) for untold in holder.untold for key in test.keys):
        return None
    if test.keys != (test.key,):
        return False
    # A call that lacks the key may be one of its calls.
    return presence_of(test.key, holder.column, way) is not Presence.ALWAYS and test.test({})


def _is_told(test: ConditionTest, holder: _Holder) -> bool:
    return all(key in holder.told for key in test.keys)
