"""Changes of the request's context that make conditions hold, or fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.query.edits.model import Actor, Edit, EditKind
from iamsim.symbolic.samples import sample_values

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.core.request import Caller, ContextValue
    from iamsim.engine.question import Question

# What a caller can't choose, given or not: who it is, where it belongs, what the resource is.
NOT_CHOSEN = (
    "aws:calledvia",
    "aws:currenttime",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorg",
    "aws:principalservicename",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:resource",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "kms:calleraccount",
    "kms:viaservice",
    "ec2:resourcetag/",
    "iam:resourcetag/",
    "s3:existingobjecttag/",
)


def context_that_holds(
    tests: Iterable[ConditionTest],
    question: Question,
    context: Mapping[str, ContextValue],
    caller: Caller,
) -> Iterator[Edit]:
    """Give the change with which all tests hold: those that fail get a value that they ask for."""
    current = dict(context)
    changed: dict[str, ContextValue | None] = {}
    for test in tests:
        if test.test(current):
            continue
        value = _value(test, question, current, wanted=True)
        if value is MISSING:
            return
        _set(current, changed, test, value)
    if changed and all(test.test(current) for test in tests):
        yield _edit(changed, caller)


def context_that_fails(
    tests: Iterable[ConditionTest],
    question: Question,
    context: Mapping[str, ContextValue],
    caller: Caller,
) -> Iterator[Edit]:
    """Give the changes with which one of the tests fails, one for each that can."""
    for test in tests:
        value = _value(test, question, context, wanted=False)
        if value is not MISSING:
            changed: dict[str, ContextValue | None] = {}
            _set(dict(context), changed, test, value)
            yield _edit(changed, caller)


class _Missing(tuple[str, ...]):
    """The mark for *no value does it*."""

    __slots__ = ()


MISSING = _Missing()


def _value(
    test: ConditionTest,
    question: Question,
    context: Mapping[str, ContextValue],
    *,
    wanted: bool,
) -> ContextValue | None:
    """Find a value of its key with which a test holds or fails: one that a policy mentions first,
    then any other, then none at all; `MISSING` where nothing does it or nobody can choose."""
    key = test.key
    given = {name.lower() for name in question.context}
    derived = key in context and key not in given
    if derived or key.startswith(NOT_CHOSEN):
        return MISSING
    several = bool(test.operator.set_operator)
    for text, _ in sample_values([test], context):
        value: ContextValue = (text,) if several else text
        if test.test({**context, key: value}) is wanted:
            return value
    without = {name: value for name, value in context.items() if name != key}
    if key in context and test.test(without) is wanted:
        return None
    return MISSING


def _set(
    context: dict[str, ContextValue],
    changed: dict[str, ContextValue | None],
    test: ConditionTest,
    value: ContextValue | None,
) -> None:
    """Give a key its new value in both."""
    changed[test.written_key] = value
    if value is None:
        context.pop(test.key, None)
    else:
        context[test.key] = value


def _edit(changed: Mapping[str, ContextValue | None], caller: Caller) -> Edit:
    return Edit(EditKind.CONTEXT, Actor.CALLER, caller.account, own=True, context=dict(changed))
