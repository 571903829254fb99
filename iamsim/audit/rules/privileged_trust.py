"""Roles of administrators that a user takes without MFA.

## What it finds
`privileged-role-without-mfa`: a role that can do everything in its account, and whose trust policy
lets IAM users take it with one factor: a user that it names, or any user of an account that it
names. The engine decides the call of AWS STS without `aws:MultiFactorAuthPresent`.

## Why it matters
A long-term key is enough to become an administrator, then:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html>. A
role that only another role, a service or an identity provider takes is left out: the provider asks
for MFA.

## What it needs
The account authorization details.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.audit.asking import accounts_named, with_one_factor
from iamsim.audit.looking import Looking, is_provisioned
from iamsim.audit.model import (
    BY_ADMINISTRATOR,
    Evidence,
    Finding,
    Fix,
    Outcome,
    Passed,
    Request,
    Severity,
)
from iamsim.audit.policies import with_condition
from iamsim.audit.registry import audits
from iamsim.audit.rules.privileges import trusted_names
from iamsim.compile.principal import EVERYONE
from iamsim.core.decision import PolicyType, Verdict
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.query.batch.answers import decide_one, opened
from iamsim.query.escalation.administrators import ADMINISTRATOR_ACCESS

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.world.model import Role

MFA = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"
)
ASSUME_ROLE = "sts:AssumeRole"


@audits(
    "privileged-role-without-mfa",
    "mfa",
    "Users take roles of administrators with MFA",
    Severity.HIGH,
    MFA,
)
def privileged(looking: Looking) -> Iterator[Outcome]:
    """Roles of administrators that a user takes with one factor."""
    for account, role in looking.roles:
        if role.arn not in looking.administrators or is_provisioned(role):
            continue
        taken = _taker(looking, role)
        if taken is None:
            yield Passed(role.arn)
            continue
        user, certain = taken
        statement = next(
            (
                statement
                for statement in looking.statements(role.trust, PolicyType.TRUST)
                if not statement.denies and _names_people(statement)
            ),
            None,
        )
        document = getattr(role.trust, "document", {})
        condition: dict[str, dict[str, object]] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        yield Finding(
            role.arn,
            f"an administrator of {account.id}, whom {user} becomes without MFA"
            + ("" if certain else ", conditionally"),
            Fix("policy", with_condition(document, statement.path if statement else (), condition)),
            account.id,
            (Evidence("request", BY_ADMINISTRATOR, Request(user, ASSUME_ROLE, role.arn)),),
            None if certain else Severity.MEDIUM,
            role.span,
        )
    yield from looking.policy_gaps(PolicyType.TRUST, PolicyType.IDENTITY)


def _names_people(statement: CompiledStatement) -> bool:
    """Whether a statement names somebody other than services and federated users."""
    principals = statement.principals
    return principals is None or any(
        pattern.kind in {"AWS", EVERYONE} for pattern in principals.patterns
    )


def _taker(looking: Looking, role: Role) -> tuple[str, bool] | None:
    """A user who may take a role with one factor, and whether that is certain."""
    found = None
    for user in _users(looking, role):
        question = Question(
            user,
            ASSUME_ROLE,
            role.arn,
            now=looking.at_text,
            attached=AttachedPolicies(identity_policies=(ADMINISTRATOR_ACCESS,)),
        )
        for asked in with_one_factor(question):
            answer = decide_one(opened(asked), looking.batch.world)
            if answer.verdict is Verdict.ALLOWED:
                return user, True
            if found is None and answer.possible and not looking.open_gap(role.arn, answer, ""):
                found = user, False
    return found


def _users(looking: Looking, role: Role) -> Iterator[str]:
    """The users that a role trusts, one for each account that it trusts as a whole; those of the
    account too where its trust policy has a condition, which may name them."""
    names = trusted_names(looking, role)
    statements = looking.statements(role.trust, PolicyType.TRUST)
    named = any(statement.keys for statement in statements)
    for name in sorted(names):
        kind, _, text = name.partition(":")
        if kind == "aws" and ":user/" in text:
            yield text
        elif name == "*" or kind == "account":
            accounts = {role.account, *accounts_named(statements)} if name == "*" else {text}
            for id_ in sorted(accounts):
                yield f"arn:{looking.partition_of(id_)}:iam::{id_}:user/iamsim-probe"
                account = looking.model.accounts.get(id_)
                if named and account is not None:
                    yield from sorted(user.arn for user in account.users.values())
