"""Requests that the patterns of a policy suggest, to be asked before and after a change.

Each entry of an action, a resource, a principal or a condition is met by some of them and missed by
others: with a text that its wildcards match, with the values next to a limit, without the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from iamsim.compile.literals import read_date, read_number
from iamsim.compile.policy import compile_policy
from iamsim.core.wildcard import example_of
from iamsim.syntax.operators import split_operator

if TYPE_CHECKING:
    from iamsim.core.decision import PolicyType
    from iamsim.core.request import Request
    from iamsim.syntax.ast import Condition, Entries, Policy, Principals, Statement

ACCOUNT = "111122223333"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/ana"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/example"
OTHER_ACTIONS = ("s3:GetObject", "iam:CreateUser", "iamsim:NoSuchAction")
OTHER_RESOURCES = ("*", "arn:aws:s3:::iamsim-probe/a")
OTHER_VALUE = "another-value"
STARS = ("x", "x/y:z", "")  # what stands for a star
ACTION_STARS = ("x", "Xyz", "")
NAME = "ana"  # of the caller
USER_NAME = "aws:username"  # the variable that is known from the caller
FIRST = 2  # how many of one list are tried with all of the other
COLONS = 5  # in an ARN, at least
DAY = 86_400
_VARIABLE = re.compile(r"\$\{([^},]*)(?:,[^}]*)?\}")
Context = dict[str, str | tuple[str, ...] | None]


class Probe(NamedTuple):
    """One request; a key with the value `None` is absent, even where it could be derived."""

    principal: str
    action: str
    resource: str
    context: tuple[tuple[str, str | tuple[str, ...] | None], ...]


class Effect(NamedTuple):
    """What a statement does: deny or allow, and to each request the kinds of grant that it is to
    the caller (see `CompiledStatement.grants`), `None` where it does not match."""

    denies: bool
    grants: tuple[int | None, ...]


def probes(*policies: Policy) -> tuple[Probe, ...]:
    """Give the requests that policies suggest, each once."""
    found: dict[Probe, None] = {}
    for policy in policies:
        for statement in policy.statements:
            found.update(dict.fromkeys(_of_statement(statement, policy)))
    return tuple(found)


def requests(asked: Iterable[Probe]) -> list[Request]:
    """Let the engine make requests of probes, with what it derives; those that can't be asked are
    left out."""
    # Few policies are mended, and the engine takes longer to import than most checks run.
    from iamsim.core.errors import InputError, UnsupportedError
    from iamsim.engine.authorize import prepare
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld

    world = CompiledWorld()
    found = []
    for principal, action, resource, pairs in asked:
        given = {key: value for key, value in pairs if value is not None}
        absent = frozenset(key for key, value in pairs if value is None)
        question = Question(principal, action, resource, given, absent)
        try:
            found.append(prepare(question, world).request)
        except (InputError, UnsupportedError):
            continue
    return found


def effects(policy: Policy, policy_type: PolicyType, asked: Iterable[Request]) -> frozenset[Effect]:
    """Say what the statements of a policy do to requests; statements that do the same count once.

    Whatever the layer of the policy and whatever else there is, a decision hangs on nothing else of
    it. Raises `PolicyError` where the engine does not take the policy.
    """
    those = tuple(asked)
    return frozenset(
        Effect(
            statement.denies,
            tuple(
                statement.grants(request.caller) if statement.matches(request) else None
                for request in those
            ),
        )
        for statement in compile_policy(policy, policy_type).statements
    )


def _of_statement(statement: Statement, policy: Policy) -> Iterator[Probe]:
    """The requests that one statement suggests: every entry of a list with the first ones of the
    other lists, and every value of a condition with the others met."""
    base = _met(statement)
    texts = _texts(statement.actions, ACTION_STARS, OTHER_ACTIONS)
    actions = [text for text in texts if text.partition(":")[2]]
    is_trust = statement.resources is None
    resources = [ROLE] if is_trust else _arns(_texts(statement.resources, STARS, OTHER_RESOURCES))
    principals = _principals(statement.principals)
    contexts = list(_contexts(statement, base))
    for resource, context in ((text, {**base, **_variables(text)}) for text in resources):
        for action in actions[:FIRST]:
            for principal in principals[:FIRST]:
                yield _probe(principal, action, resource, context, policy)
    for resource in resources[:FIRST]:
        for action in actions:
            yield _probe(principals[0], action, resource, base, policy)
        for principal in principals:
            yield _probe(principal, actions[0], resource, base, policy)
        for context in contexts:
            for action in actions[:FIRST]:
                yield _probe(principals[0], action, resource, context, policy)


def _probe(principal: str, action: str, resource: str, context: Context, policy: Policy) -> Probe:
    """Make a request; the variables of its resource are filled in as the context has them."""
    filled = _filled(resource) if policy.has_variables else resource
    return Probe(principal, action, filled, tuple(sorted(context.items(), key=itemgetter(0))))


def _variables(text: str) -> Context:
    """Values for the policy variables of a text; the name of the caller is what it is."""
    names = (name.lower() for name in _VARIABLE.findall(text))
    return {name: _value_of(name) for name in names if ":" in name and name != USER_NAME}


def _filled(text: str) -> str:
    """Fill in the policy variables of a text, with the values that `_variables` gives them."""
    return _VARIABLE.sub(lambda found: _value_of(found[1].lower()), text)


def _value_of(name: str) -> str:
    """A value for a policy variable, another one for each."""
    return NAME if name == USER_NAME else f"{NAME}-{name.rpartition(':')[2]}"


def _texts(entries: Entries | None, stars: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    """Texts that the entries of an element match, and others; first those that it covers."""
    if entries is None:
        return list(others)
    texts = [example_of(value.text, star) for star in stars for value in entries.values]
    return list(dict.fromkeys((*others, *texts) if entries.negated else (*texts, *others)))


def _arns(texts: Iterable[str]) -> list[str]:
    """Complete what short patterns made: ``arn:aws:s3:x`` is no resource, with more parts it is."""
    return [
        f"{text}{':' * missing}a/b"
        if text.startswith("arn:") and (missing := COLONS - text.count(":")) > 0
        else text
        for text in texts
    ]


def _principals(principals: Principals | None) -> list[str]:
    """Callers that an element names, and one that it may not name."""
    found = []
    for kind, value in principals.entries if principals is not None else ():
        text = value.text
        if kind == "AWS" and text.isdecimal():
            text = f"arn:aws:iam::{text}:root"
        if kind == "AWS" and text.endswith(":root"):
            found.append(f"{text.removesuffix('root')}user/ana")
        found.append(CALLER if text == "*" else text)
    return list(dict.fromkeys((*found, CALLER)))


def _met(statement: Statement) -> Context:
    """A context that meets the conditions of a statement one by one, as far as that goes."""
    found: Context = {}
    for condition in statement.conditions:
        operator = split_operator(condition.operator)
        key = condition.key.lower()
        if operator is None or not condition.values:
            continue
        first = condition.values[0].text
        if operator.base == "Null":
            found.setdefault(key, OTHER_VALUE if first.lower() == "false" else None)
        elif operator.negated:
            found.setdefault(key, OTHER_VALUE)
        else:
            found[key] = next(_values(operator.base, condition))
            found = {**_variables(first), **found}
    return found


def _contexts(statement: Statement, base: Context) -> Iterator[Context]:
    """The context with one key changed at a time: to every value that its conditions name or
    nearly name, to another one, to several, and away."""
    yield {}
    for condition in statement.conditions:
        key = condition.key.lower()
        operator = split_operator(condition.operator)
        variables: Context = {}
        for value in condition.values:
            variables |= _variables(value.text)
        values = list(_values(operator.base if operator else "", condition))
        for other_value in values:
            yield {**base, **variables, key: other_value}
        if operator is not None and operator.set_operator is not None:
            yield {**base, **variables, key: tuple(dict.fromkeys(values))}
            yield {**base, **variables, key: tuple(dict.fromkeys(values[:-1]))}
        yield {**base, key: None}


def _values(base: str, condition: Condition) -> Iterator[str]:
    """Values of a key that its condition names, and those next to its limits."""
    for value in condition.values:
        text = _filled(value.text)
        if base.startswith("Numeric") and (number := read_number(text)) is not None:
            yield from _around(base, text, str(number - 1), str(number + 1))
        elif base.startswith("Date") and (moment := read_date(text)) is not None:
            yield from _around(base, text, str(int(moment) - DAY), str(int(moment) + DAY))
        elif "IpAddress" in base:
            yield from _addresses(text)
        elif base.startswith("Arn"):
            # A pattern that covers the head of an ARN as well is met by ARNs only.
            yield from () if text.startswith("arn:") else (OTHER_RESOURCES[-1],)
            yield from _arns(example_of(text, star) for star in STARS)
        elif "Like" in base:
            yield from (example_of(text, star) for star in STARS)
        else:
            yield text
    yield OTHER_VALUE


def _around(base: str, text: str, less: str, more: str) -> tuple[str, ...]:
    """A limit with the values next to it, first one that meets the condition."""
    if "Less" in base:
        return less, text, more
    return (more, text, less) if "Greater" in base else (text, less, more)


def _addresses(text: str) -> Iterator[str]:
    """The first and the last address of a block, and those around it."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        yield text
        return
    first, last = network.network_address, network.broadcast_address
    yield str(first)
    yield str(last)
    if int(first):
        yield str(first - 1)
    if int(last) < 2**network.max_prefixlen - 1:
        yield str(last + 1)
