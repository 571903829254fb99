"""Requests across a perimeter, as strangers could make them.

A denial of a perimeter has exceptions; a stranger who can make use of one is not kept out: the name
of a role and the tags of a role are what its account says, and a service that acts for somebody
tells so. Names and tags of own principals are what the organization gives.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.audit.asking import from_elsewhere
from iamsim.audit.limits import STRANGER, callers_named
from iamsim.core.arn import find_arn
from iamsim.core.wildcard import example_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamsim.compile.condition import ConditionTest
    from iamsim.engine.question import Question

__all__ = ["crossings"]

ORGANIZATION = "stranger0000"
VIA = "aws:ViaAWSService"
TAGS = "aws:principaltag/"


def crossings(question: Question, whose: str, tests: Sequence[ConditionTest]) -> Iterator[Question]:
    """A question about a stranger, as ``Principal`` or as ``Resource``, in no organization and in
    another one; from networks of strangers where nobody is one. `tests` are the conditions of the
    denials."""
    if not whose:
        yield from from_elsewhere(question, tests)
        return
    keys = frozenset((f"aws:{whose}OrgID", f"aws:{whose}OrgPaths"))
    alone = replace(question, unset=keys)
    yield alone
    for organization in dict.fromkeys(_organizations(whose, tests)):
        context = {**question.context, f"aws:{whose}OrgID": organization}
        yield replace(question, context=context)
    if whose == "Principal":
        yield from _excepted(alone, tests)


def _organizations(whose: str, tests: Iterable[ConditionTest]) -> Iterator[str]:
    """Organizations of strangers: some, and those that patterns fit."""
    yield f"o-{ORGANIZATION}"
    key = f"aws:{whose}orgid".lower()
    for test in tests:
        for template in test.values.templates if test.key == key else ():
            if "*" in template.text or "?" in template.text:
                yield example_of(template.text, ORGANIZATION, "0")


def _excepted(question: Question, tests: Iterable[ConditionTest]) -> Iterator[Question]:
    """The question of strangers with names and tags of exceptions, and through a service."""
    yield replace(question, context={**question.context, VIA: "true"})
    for test in tests:
        if test.key == "aws:principalarn":
            for caller in callers_named(test, STRANGER):
                arn = find_arn(caller)
                if arn is not None and arn.account == STRANGER and "/" in arn.resource:
                    yield replace(question, principal=caller)
        elif test.key.startswith(TAGS):
            for template in test.values.templates:
                value = example_of(template.text, "stranger")
                yield replace(question, context={**question.context, test.written_key: value})
