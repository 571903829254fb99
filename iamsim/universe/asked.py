"""Callers of whom a world knows no policies: in whose name they are asked for.

An account that a policy names stands for all of its principals, and each kind of principal has
other keys; so the engine is asked for a role, a user and the root user of it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from iamsim.core.decision import PolicyType
from iamsim.engine.question import AttachedPolicies, ContextValue, Question
from iamsim.syntax.read import parse_policy

SOMEBODY = "iamsim-outside"  # the name of a principal that no policy names
FRESH_ACCOUNT = "000000000000"  # an account that no policy names
FRESH_ORGANIZATION = "o-iamsimelse"
# Whoever is outside is not the owner that the default policy of an SNS topic asks for.
NOT_THE_OWNER = frozenset({"aws:SourceOwner"})
OWN_POLICIES = frozenset({"identity-based-policy"})
FEDERATED_USER = ":federated-user/"
EVERYTHING = parse_policy(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    },
    name="whatever the other account allows",
    policy_type=PolicyType.IDENTITY,
)


class Asked(NamedTuple):
    """In whose name a question is asked, with what is known of that caller: values of keys, and
    keys that it does not have, although one like it could. With `outside` its own identity-based
    policies are not known; `canonical_user` is the id of its account, where policies name that."""

    principal: str
    context: tuple[tuple[str, ContextValue], ...] = ()
    unset: frozenset[str] = frozenset()
    outside: bool = False
    canonical_user: str | None = None

    def question(self, question: Question, *, granted: bool = False) -> Question:
        """The question in this caller's name; what it gives already wins. With `granted` the other
        account is taken to allow everything, and its policies are not left unknown."""
        given = {key.lower() for key in question.context}
        own = {key: value for key, value in self.context if key.lower() not in given}
        asked = replace(
            question,
            principal=self.principal,
            context={**own, **question.context},
            unset=question.unset | {key for key in self.unset if key.lower() not in given},
        )
        federated = FEDERATED_USER in self.principal
        everything = granted and self.outside
        if everything or self.canonical_user is not None:
            attached = _attached(self.canonical_user, everything=everything, session=federated)
            asked = replace(asked, attached=attached)
        if granted or not self.outside:
            return asked
        # Without a session policy such a session has no permissions of its own.
        unknown = OWN_POLICIES | {"session-policy"} if federated else OWN_POLICIES
        return replace(asked, unknown=asked.unknown | unknown)


@lru_cache(maxsize=256)  # facts are remembered by what is attached
def _attached(canonical_user: str | None, *, everything: bool, session: bool) -> AttachedPolicies:
    """What comes with a caller from outside."""
    return AttachedPolicies(
        identity_policies=(EVERYTHING,) if everything else None,
        session_policies=(EVERYTHING,) if everything and session else None,
        canonical_user=canonical_user,
    )


ANONYMOUS = Asked("anonymous", unset=NOT_THE_OWNER)


def somebody_of(
    account: str,
    partition: str = "aws",
    context: tuple[tuple[str, ContextValue], ...] = (),
    unset: frozenset[str] = frozenset(),
) -> tuple[Asked, ...]:
    """Who stands for an account of which nothing is known: a role, a user, and the root user, who
    can't assume roles. The account can do what one of them can."""
    head = f"arn:{partition}:iam::{account}:"
    absent = NOT_THE_OWNER | unset
    return (
        Asked(f"{head}role/{SOMEBODY}", context, absent, outside=True),
        Asked(f"{head}user/{SOMEBODY}", context, absent, outside=True),
        Asked(f"{head}root", context, absent | {"aws:AssumedRoot"}),
    )
