"""Requests across a perimeter, as strangers could make them.

A denial of a perimeter has exceptions; a stranger who can make use of one is not kept out: the name
of a role and the tags of a role are what its account says, and a service that acts for somebody
tells so. Names and tags of own principals are what the organization gives, unless an administrator
of a member may give them to itself.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.audit.asking import from_elsewhere
from iamsim.audit.limits import STRANGER, callers_named, lets_in
from iamsim.core.arn import find_arn
from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.core.wildcard import example_of, match_tokens, tokenize
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.query.batch.answers import decide_one
from iamsim.query.batch.classes import refine
from iamsim.query.escalation.administrators import ADMINISTRATOR_ACCESS

if TYPE_CHECKING:
    from iamsim.audit.looking import Looking
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue

ORGANIZATION = "stranger0000"
VIA = "aws:ViaAWSService"
TAGS = "aws:principaltag/"
PROBE = "iamsim-probe"  # a role that lets sessions have tags
MOST_TRIED = 12  # actions of a part


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


def actions_beside(
    looking: Looking, actions: Sequence[str], denials: Sequence[CompiledStatement]
) -> Iterator[list[str]]:
    """Of the services of some actions, the actions on the same types of resources that denials tell
    apart from these: some of each part, since all of a part meet the same denials."""
    universe = looking.batch.universe
    known = universe.mask_of(actions)
    masks = [universe.mask(statement.actions) for statement in denials]
    firsts = {action.partition(":")[0]: action for action in reversed(actions)}
    for service, first in firsts.items():
        facts = catalog.find_action(first)
        types = set() if facts is None else {use.name for use in facts.resource_types}
        alike = universe.mask_of(
            f"{service}:{other.name}"
            for other in catalog.actions(service)
            if types.intersection(use.name for use in other.resource_types)
        )
        for part in refine(alike, masks):
            if not part & known:
                yield [universe.written[number] for number in universe.numbers(part)][:MOST_TRIED]


def made_exceptions(
    looking: Looking, question: Question, tests: Iterable[ConditionTest]
) -> Iterator[tuple[Question, str]]:
    """The question of an administrator who gives itself the tag, or a session of its own, or makes
    the user or role, that a denial spares, with how; nothing where guardrails keep it from that.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    arn = find_arn(question.principal)
    kind, account = (
        ("User" if ":user/" in question.principal else "Role"),
        getattr(arn, "account", ""),
    )
    for test in tests:
        if test.key.startswith(TAGS):
            key = test.written_key[len(TAGS) :]
            for value in [example_of(template.text, "x") for template in test.values.templates]:
                told: dict[str, ContextValue] = {
                    f"aws:RequestTag/{key}": value,
                    "aws:TagKeys": (key,),
                }
                asked = Question(question.principal, f"iam:Tag{kind}", question.principal, told)
                made = replace(asked, action=f"iam:Create{kind}", resource=f"{asked.resource}-2")
                role = f"{question.principal.partition('iam::')[0]}iam::{account}:role/{PROBE}"
                session = replace(asked, action="sts:TagSession", resource=role)
                if any(_may(looking, entry) for entry in (asked, made, session)):
                    context = {**question.context, test.written_key: value}
                    how = f"whoever has the tag `{key}` passes, and an administrator may give it"
                    yield replace(question, context=context), how
        elif test.key == "aws:principalarn":
            for caller in callers_named(test, account):
                if _is_takeable(looking, question, caller):
                    how = f"`{caller}` passes, and an administrator may become it"
                    yield replace(question, principal=caller), how


def _is_takeable(looking: Looking, question: Question, caller: str) -> bool:
    """Whether an administrator may make a user or role, or change one that is there so that it can
    be it; not one that is to be spared."""
    arn, own = find_arn(caller), find_arn(question.principal)
    if arn is None or own is None or arn.account != own.account:
        return False
    kind, _, name = arn.resource.partition("/")
    if kind not in {"role", "user"} or not name:
        return False
    if any(match_tokens(tokenize(entry), caller) for entry in looking.guardrails.exempt):
        return False
    there = looking.model.find_principal(caller) is not None
    taking = {"role": "iam:UpdateAssumeRolePolicy", "user": "iam:CreateAccessKey"}
    action = taking[kind] if there else f"iam:Create{kind.title()}"
    return _may(looking, Question(question.principal, action, caller))


def _may(looking: Looking, question: Question) -> bool:
    """Whether an administrator may do something, guardrails and all."""
    policies = (ADMINISTRATOR_ACCESS,)
    attached = AttachedPolicies(policies)
    if question.action.startswith("sts:"):  # of a role whose trust lets it
        trust = lets_in(question.principal, question.action, question.resource)
        attached = AttachedPolicies(policies, resource_policy=trust)
    asked = replace(question, attached=attached, now=looking.at_text)
    try:
        return decide_one(asked, looking.batch.world).verdict is Verdict.ALLOWED
    except RequestError:
        return False
