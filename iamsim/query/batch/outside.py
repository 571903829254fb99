"""Callers of whom a world knows no policies: in whose name they are asked for, and which of them
the conditions of policies tell apart.

An account that a policy names stands for all of its principals, and each kind of principal has
other keys; so the engine is asked for a role, a user and the root user of it. Beyond a Principal
element only values of conditions tell callers from outside apart: their accounts, organizations
and ARNs. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import is_account_id
from iamsim.core.decision import PolicyType
from iamsim.core.wildcard import example_of, match_tokens, tokenize
from iamsim.engine.question import AttachedPolicies
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.question import ContextValue, Question

__all__ = [
    "ACCOUNT",
    "ANONYMOUS",
    "FEDERATED_USER",
    "FRESH_ACCOUNT",
    "FRESH_ORGANIZATION",
    "INSTANCE",
    "NOT_THE_OWNER",
    "ROOT",
    "SOMEBODY",
    "Asked",
    "Mentions",
    "mentions_of",
    "principals_like",
    "somebody_of",
]

SOMEBODY = "iamsim-outside"  # the name of a principal that no policy names
FRESH_ACCOUNT = "000000000000"  # an account that no policy names
FRESH_ORGANIZATION = "o-iamsimelse"
INSTANCE = "x"  # stands for what a wildcard matches
ACCOUNT_KEYS = frozenset({"aws:principalaccount", "kms:calleraccount"})
ORGANIZATION_KEYS = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
SOURCE_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceowner"})
# Whoever is outside is not the owner that the default policy of an SNS topic asks for.
NOT_THE_OWNER = frozenset({"aws:SourceOwner"})
TAG = "aws:principaltag/"
OWN_POLICIES = frozenset({"identity-based-policy"})
FEDERATED_USER = ":federated-user/"
ORGANIZATION = re.compile(r"o-[a-z0-9]+")
STARS = re.compile(r"[*?]")
KINDS = {"iam": ("role/", "user/"), "sts": ("federated-user/",)}
ROOT = "root"
ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")  # an account id in a longer text
_EVERYTHING = parse_policy(
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
    policies are not known."""

    principal: str
    context: tuple[tuple[str, ContextValue], ...] = ()
    unset: frozenset[str] = frozenset()
    outside: bool = False

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
        if not self.outside:
            return asked
        federated = FEDERATED_USER in self.principal
        if granted:
            passed = (_EVERYTHING,) if federated else None
            attached = AttachedPolicies(identity_policies=(_EVERYTHING,), session_policies=passed)
            return replace(asked, attached=attached)
        # Without a session policy such a session has no permissions of its own.
        unknown = OWN_POLICIES | {"session-policy"} if federated else OWN_POLICIES
        return replace(asked, unknown=asked.unknown | unknown)


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


def principals_like(service: str, pattern: str) -> list[str]:
    """The resource parts of ARNs that aws:PrincipalArn may have and a pattern fits, one of each
    kind; of a session the key has the role."""
    literal = STARS.split(pattern, maxsplit=1)[0]
    wild = pattern[len(literal) :]
    found = []
    for kind in KINDS.get(service, ()):
        if pattern.startswith(kind):
            found.append(example_of(pattern, INSTANCE))
        elif kind.startswith(literal) and wild.startswith("*"):
            found.append(kind + (SOMEBODY if wild == "*" else example_of(wild, INSTANCE)))
    if service == "iam" and match_tokens(tokenize(pattern), ROOT):
        found.append(ROOT)
    return found


class Mentions(NamedTuple):
    """What the conditions of policies name: accounts, organizations with the patterns of their
    paths, principals, sources of services' requests, and keys of tags of the principal."""

    accounts: frozenset[str]
    organizations: tuple[tuple[str, str], ...]
    arns: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    tags: frozenset[str] = frozenset()


def mentions_of(statements: Iterable[CompiledStatement]) -> Mentions:
    """Read the values of conditions, whatever their operator is."""
    accounts: set[str] = set()
    organizations: dict[tuple[str, str], None] = {}
    arns: dict[str, None] = {}
    sources: dict[tuple[str, str], None] = {}
    tags: set[str] = set()
    for statement in statements:
        tags.update(key for key in statement.keys if key.lower().startswith(TAG))
        for condition in statement.conditions:
            for value in condition.values.templates:
                text = value.text
                if condition.key in ACCOUNT_KEYS and is_account_id(text):
                    accounts.add(text)
                elif condition.key in ORGANIZATION_KEYS:
                    found = ORGANIZATION.match(text)
                    if found is not None:
                        path = text if "/" in text else f"{found[0]}/"
                        organizations[found[0], path] = None
                elif condition.key == "aws:principalarn":
                    arns[text] = None
                    accounts.update(ACCOUNT.findall(text))
                elif condition.key in SOURCE_KEYS:
                    sources[condition.key, text] = None
    return Mentions(
        frozenset(accounts), tuple(organizations), tuple(arns), tuple(sources), frozenset(tags)
    )
