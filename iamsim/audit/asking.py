"""What statements ask of requests and what they give, for checks that read them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.audit.model import Request
from iamsim.catalog.presence import keys_through_endpoints
from iamsim.catalog.regions import REGIONS
from iamsim.checks.arn_examples import example_resource
from iamsim.core.arn import find_arn, is_account_id
from iamsim.query.analyzer.anywhere import ADDRESSES, from_anywhere

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.statement import CompiledStatement, ResourceTest
    from iamsim.core.request import ContextValue
    from iamsim.engine.question import Question
    from iamsim.symbolic.actions import ActionUniverse

ALL_BUT = "everything but "
SOURCE_IP, OVER_IPV6 = "aws:SourceIp", "2001:db8::7"
MFA_PRESENT, MFA_AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
ARN_PARTS = 6
CALLERS = frozenset(("aws:principalaccount", "aws:principalarn"))
MOST_NAMED = 4
_ANYTHING = re.compile(r"(arn:)?(aws[a-z-]*:)?[*?:/]*|0\.0\.0\.0/0|::/0")
# Every request of somebody signed in has these keys, and one of such values; those of all Regions,
# and of addresses all over. A date is one of today and of the next ten years.
_ALWAYS: dict[str, tuple[str, ...]] = {
    "aws:principalarn": ("arn:aws:iam::{account}:user/a", "arn:aws:iam::{account}:role/b/c"),
    "aws:principalaccount": ("{account}",),
    "aws:resourceaccount": ("{account}",),
    "aws:requestedregion": tuple(REGIONS),
    "aws:securetransport": ("true",),
    "aws:sourceip": ADDRESSES,
    "aws:currenttime": ("2026-12-01T00:00:00Z", "2036-12-01T00:00:00Z"),
    "aws:epochtime": ("1796083200", "2111616000"),
    "aws:useragent": ("a", "Boto3/1 z"),
}
_OTHERS = ("", "a", "Z/9:x", "true", "false", "0", "4102444800", "2026-12-01T00:00:00Z")


def says_something(value: str) -> bool:
    """Whether a value of a condition leaves any value out."""
    return _ANYTHING.fullmatch(value) is None


def demands(
    statement: CompiledStatement,
    wanted: Callable[[str], bool],
    says: Callable[[str], bool] = says_something,
) -> bool:
    """Whether a statement holds only for requests that bring certain values of a key that is
    `wanted`. `IfExists`, `ForAllValues` and `Null` hold without a value, negated operators for
    every other one, and a value such as ``*`` (each is asked `says`), or that is the key itself as
    a policy variable, for all."""
    return any(
        wanted(test.key)
        and _asks_a_value(test)
        and all(
            says(template.text) and test.key not in template.keys
            for template in test.values.templates
        )
        for test in statement.conditions
    )


def _asks_a_value(test: ConditionTest) -> bool:
    operator = test.operator
    return (
        test.constant is None
        and not operator.negated
        and not operator.if_exists
        and operator.base != "Null"
        and operator.set_operator != "ForAllValues"
    )


def asks_nothing(test: ConditionTest, account: str = "") -> bool:
    """Whether a condition holds for every request that somebody of an account can send: for all
    values of its key, and without one where requests may lack it."""
    if test.constant is not None or test.keys != (test.key,):
        return test.constant is True
    always = _ALWAYS.get(test.key)
    values = [value.format(account=account or "000000000000") for value in always or ()]
    if always is None:  # what a policy says may hold braces
        values = [*_OTHERS, *(template.text for template in test.values.templates)]
    contexts: list[dict[str, ContextValue]] = [{test.key: value} for value in values]
    return all(map(test.test, contexts if always else [{}, *contexts]))


def whole_services(
    statement: CompiledStatement, account: str = "", universe: ActionUniverse | None = None
) -> list[str]:
    """The patterns of a statement that stand for all actions, or all of a service, where it allows
    them on everything (of the service, in `account` if one is given), and its conditions ask
    nothing; for `NotAction`, what it leaves out. With a `universe`, patterns that are all of a
    service together count, too."""
    resources, actions = statement.resources, statement.actions
    if statement.denies or resources is None:
        return []
    if not all(asks_nothing(test, account) for test in statement.conditions):
        return []
    if not actions.negated:
        found = {_whole(pattern.pattern) for pattern in actions.patterns}
        if universe is not None and len(actions.patterns) > 1:
            found |= _whole_together([pattern.pattern for pattern in actions.patterns], universe)
        return sorted(name for name in found if name and is_everywhere(resources, name, account))
    names = sorted({pattern.pattern for pattern in actions.patterns})
    if any(_whole(name) == "*" for name in names) or not is_everywhere(resources, "*", account):
        return []
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return [f"{ALL_BUT}{', '.join(names[:MOST_NAMED])}{more}"]


def whole_services_together(
    statements: Sequence[CompiledStatement], account: str, universe: ActionUniverse
) -> list[str]:
    """The services of which statements allow every action on everything, by patterns with wildcards
    of several of them; their conditions ask nothing."""
    patterns = [
        pattern.pattern
        for statement in statements
        if not statement.denies
        and not statement.actions.negated
        and statement.resources is not None
        and statement.resources.everything
        and all(asks_nothing(test, account) for test in statement.conditions)
        for pattern in statement.actions.patterns
    ]
    return sorted(_whole_together(patterns, universe)) if len(patterns) > 1 else []


def gives_everything(services: Iterable[str]) -> bool:
    """Whether some of what `whole_services` gave is more than services that are named."""
    return any(name == "*" or name.startswith(ALL_BUT) for name in services)


def _whole(pattern: str) -> str:
    """A pattern for all actions as ``*``, one for those of a service as it is, else nothing."""
    _, colon, name = pattern.partition(":")
    if {*pattern} <= {"*", ":"} and "*" in pattern:
        return "*"
    return pattern if colon and "*" in name and {*name} <= {"*", "?"} else ""


def _whole_together(patterns: Sequence[str], universe: ActionUniverse) -> set[str]:
    """The services of which patterns with wildcards cover every action that AWS lists."""
    wild = [pattern for pattern in patterns if "*" in pattern or "?" in pattern]
    services = {pattern.partition(":")[0].lower() for pattern in wild}
    covered = universe.mask_of_patterns(wild)
    whole = {service: universe.service_mask(service) & universe.listed for service in services}
    return {f"{service}:*" for service, mask in whole.items() if mask and not mask & ~covered}


def is_everywhere(resources: ResourceTest, pattern: str, account: str) -> bool:
    """Whether an element covers everything, or everything of the service of an action pattern."""
    if resources.negated:
        return not any(entry.everything for entry in resources.patterns)
    if resources.everything:
        return True
    service = pattern.partition(":")[0].lower()
    return any(
        _is_all_of(entry.pattern.split(":", 5), service, account) for entry in resources.patterns
    )


def _is_all_of(parts: list[str], service: str, account: str) -> bool:
    """Whether an ARN pattern covers all resources of a service in an account; its last asterisk
    covers all parts behind."""
    if parts[-1].endswith("*"):
        parts = [*parts, *["*"] * (ARN_PARTS - len(parts))]
    if len(parts) != ARN_PARTS or parts[2].lower() not in {service, "*", f"{service}*"}:
        return False
    everywhere = parts[3] in {"", "*"} and parts[4] in {"", "*", account}
    return everywhere and "*" in parts[5] and {*parts[5]} <= {"*", "?", ":", "/"}


def request_of(question: Question) -> Request:
    """A question as evidence."""
    told = {
        key: str(value) if isinstance(value, str) else ",".join(value)
        for key, value in question.context.items()
    }
    return Request(question.principal, question.action, question.resource, told)


def accounts_named(statements: Iterable[CompiledStatement]) -> set[str]:
    """The accounts of callers that conditions name, by their ids or in ARNs."""
    texts = {
        template.text
        for statement in statements
        for test in statement.conditions
        if test.key in CALLERS
        for template in test.values.templates
    }
    arns = map(find_arn, texts)
    named = {*texts, *(arn.account for arn in arns if arn is not None)}
    return {text for text in named if is_account_id(text)}


def resources_named(
    statements: Iterable[CompiledStatement], action: str, account: str, partition: str
) -> Iterator[str]:
    """A resource for each entry under which statements allow an action (in lower case), but for
    ``*`` and for entries with policy variables."""
    for statement in statements:
        if statement.denies or statement.resources is None or not statement.actions.covers(action):
            continue
        for entry in () if statement.resources.negated else statement.resources.patterns:
            if not (entry.everything or entry.keys):
                yield example_resource(entry.template.tokens(), account, partition=partition)


def with_one_factor(question: Question) -> Iterator[Question]:
    """A question of a user who signed it with an access key, which tells nothing of MFA, and of one
    with temporary credentials that were got without MFA, which say so.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
    """
    yield replace(question, unset=question.unset | {MFA_PRESENT, MFA_AGE})
    context = {**question.context, MFA_PRESENT: "false"}
    yield replace(question, context=context, unset=question.unset | {MFA_AGE})


def from_elsewhere(question: Question, tests: Iterable[ConditionTest]) -> Iterator[Question]:
    """A question from networks of nobody's: from the internet, by an address that no small block of
    conditions has and by IPv6, and through the VPC endpoint of a stranger."""
    for asked in from_anywhere(question, tests):
        if SOURCE_IP in asked.context:
            yield replace(asked, unset=asked.unset | keys_through_endpoints())
            context = {**asked.context, SOURCE_IP: OVER_IPV6}
            yield replace(asked, context=context, unset=asked.unset | keys_through_endpoints())
        else:
            yield asked
