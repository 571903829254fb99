"""Requests that show a fault: each is decided by the engine before a finding carries it.

The policy of the finding stands alone: no other policy denies anything, and a caller of another
account is allowed everything by its own. An identity-based policy is that of a user; where nothing
is allowed without the policy of the resource (a key, a role), that leaves it to the account, as the
default key policy does.
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING

from iamsim.checks.arn_examples import example_arn
from iamsim.checks.values import candidates, condition_test
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.decision import PolicyType
from iamsim.core.wildcard import example_of

if TYPE_CHECKING:
    from iamsim.checks.arn_formats import ArnFormat
    from iamsim.checks.shown import Witness
    from iamsim.checks.view import PolicyView, StatementView
    from iamsim.syntax.ast import Policy

OWNER = "arn:aws:iam::111122223333:user/example"
"""Whose policy an identity-based one is."""

STRANGER = "999999999999"
"""The account of somebody who has no business with the policy."""

OWN_ACCOUNT = "111122223333"
"""The account that the policy stands in, where the policy does not tell."""

SPECIMEN = "x"
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
LEFT_TO_ACCOUNT: dict[str, object] = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{OWN_ACCOUNT}:root"},
    "Action": "*",
}


def first_allowed(
    policy: PolicyView, statement: StatementView, requests: Iterable[Witness]
) -> Witness | None:
    """Give the first of some requests that a statement allows and no statement of its policy
    denies; `None` where there is none, or the policy is none that the engine reads."""
    # The engine is needed for few policies, and its import takes longer than most of them.
    from iamsim.core.errors import InputError
    from iamsim.engine.authorize import decide
    from iamsim.engine.question import AttachedPolicies, Question
    from iamsim.syntax.read import parse_policy

    denies = [statement.raw for statement in policy.statements if statement.denies]
    document = {"Version": policy.version, "Statement": [statement.raw, *denies]}
    if policy.version is None:
        del document["Version"]
    try:
        parsed = parse_policy(document, policy_type=policy.policy_type)
    except InputError:
        return None
    ways = (
        [
            AttachedPolicies(identity_policies=(parsed,), resource_policy=policy)
            for policy in _default()
        ]
        if policy.is_identity
        else [AttachedPolicies((parse_policy(EVERYTHING),), parsed)]
    )
    for request in requests:
        for attached in ways:
            question = Question(
                request.principal,
                request.action,
                request.resource,
                dict(request.context),
                resource_account=None if policy.is_trust else OWN_ACCOUNT,
                attached=attached,
            )
            try:
                if decide(question).allowed:
                    return request
            except InputError:
                continue
    return None


def _default() -> tuple[Policy | None, ...]:
    """Policies of a resource that leave it to the account: none, a key's, a role's."""
    from iamsim.syntax.read import parse_policy

    key = parse_policy({"Statement": {**LEFT_TO_ACCOUNT, "Resource": "*"}})
    role = parse_policy({"Statement": LEFT_TO_ACCOUNT}, policy_type=PolicyType.TRUST)
    return None, key, role


def action_of(policy: PolicyView, statement: StatementView, usual: str) -> str:
    """Choose an action that a statement names: the usual one where it is covered."""
    actions = statement.actions
    if actions is None or actions.negated:
        return usual
    for value in actions.values:
        if policy.reference.covers(value.text, usual.lower()):
            return usual
    for value in actions.values:
        for action in policy.reference.expand(value.text):
            return action
    return usual


def resource_of(policy: PolicyView, statement: StatementView, action: str = "") -> str:
    """Choose a resource that a statement is about, one that an action takes where it is about all;
    of a role trust policy, a role of the account that has the provider which it names."""
    if policy.is_trust:
        start = next(_providers(statement), f"arn:aws:iam::{OWN_ACCOUNT}")
        return f"{start}:role/example"
    resources = statement.resources
    listed = resources is not None and not resources.negated
    text = resources.values[0].text if resources is not None and resources.values else "*"
    if listed and text.strip("*"):
        return example_of(text, SPECIMEN)
    formats = policy.reference.formats_of(action)
    if not formats:
        return "*"
    shortest = min(formats, key=_length).text
    return example_arn(shortest, OWN_ACCOUNT, partition="aws", region="eu-west-1") or "*"


def _providers(statement: StatementView) -> Iterator[str]:
    """The starts of the ARNs of identity providers: a role trusts those of its own account."""
    principals = statement.principals
    for kind, value in () if principals is None else principals.entries:
        arn = find_arn(value.text) if kind == "Federated" else None
        if arn is not None and is_account_id(arn.account):
            yield f"arn:{arn.partition}:iam::{arn.account}"


def _length(form: ArnFormat) -> int:
    """How long a format is."""
    return len(form.text)


def meet(policy: PolicyView, statement: StatementView, but: Container[str] = ()) -> dict[str, str]:
    """Give values that meet the conditions of a statement, one condition at a time; keys in `but`
    (in lower case) are left out."""
    found: dict[str, str] = {}
    for condition in statement.conditions:
        if condition.lower in but or condition.operator.negated or not condition.values:
            continue
        if condition.operator.base == "Null":
            if condition.values[0].text.lower() == "false":
                found.setdefault(condition.key, SPECIMEN)
            continue
        test = condition_test(policy, condition)
        tried = [example_of(value.text, SPECIMEN) for value in condition.values]
        tried += [value for value in candidates([condition]) or () if value is not None]
        met = (value for value in tried if test is not None and test({condition.lower: (value,)}))
        value = next(met, None)
        if value is not None:
            found[condition.key] = value
    return found
