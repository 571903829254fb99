"""Whom the conditions of policies designate, whatever their operator is.

Beyond a Principal element only values of conditions tell callers from outside apart: their
accounts, organizations, ARNs and unique ids, and for whom services make a request.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import is_account_id
from iamsim.core.wildcard import example_of, match_tokens, tokenize
from iamsim.engine.callers import SERVICE
from iamsim.universe.asked import SOMEBODY

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement

INSTANCE = "x"  # stands for what a wildcard matches
DOMAIN = ".amazonaws.com"
SOME_SERVICE = f"monitoring{DOMAIN}"  # stands for services that no policy names
ROOT = "root"
ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")  # an account id in a longer text
ACCOUNT_KEYS = frozenset({"aws:principalaccount", "kms:calleraccount"})
ORGANIZATION_KEYS = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
SOURCE_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceowner"})
SOURCE_ORGANIZATION_KEYS = frozenset({"aws:sourceorgid", "aws:sourceorgpaths"})
SERVICE_KEYS = frozenset({"aws:principalservicename", "aws:principalservicenameslist"})
TAG = "aws:principaltag/"
ORGANIZATION = re.compile(r"o-[a-z0-9]+")
STARS = re.compile(r"[*?]")
KINDS = {"iam": ("role/", "user/"), "sts": ("federated-user/",)}
ACCOUNT_LENGTH = 12


class Mentions(NamedTuple):
    """What the conditions of policies name: accounts, organizations with the patterns of their
    paths, ARNs and unique ids of principals, sources of services' requests, services by name, and
    keys of tags of the principal."""

    accounts: frozenset[str]
    organizations: tuple[tuple[str, str], ...]
    arns: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    tags: frozenset[str] = frozenset()
    user_ids: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


def mentions_of(statements: Iterable[CompiledStatement]) -> Mentions:
    """Read the values of conditions."""
    accounts: set[str] = set()
    organizations: dict[tuple[str, str], None] = {}
    arns: dict[str, None] = {}
    sources: dict[tuple[str, str], None] = {}
    tags: set[str] = set()
    user_ids: dict[str, None] = {}
    services: dict[str, None] = {}
    for statement in statements:
        tags.update(key for key in statement.keys if key.lower().startswith(TAG))
        for condition in statement.conditions:
            key = condition.key
            for text in (template.text for template in condition.values.templates):
                if key in ACCOUNT_KEYS:
                    accounts.update(_account_like(text))
                elif key in ORGANIZATION_KEYS:
                    organizations.update(dict.fromkeys(_organization_in(text)))
                elif key == "aws:principalarn":
                    arns[text] = None
                    accounts.update(ACCOUNT.findall(text))
                elif key == "aws:userid":
                    user_ids[text] = None
                elif key in SOURCE_KEYS | SOURCE_ORGANIZATION_KEYS:
                    sources[key, text] = None
                else:
                    arns.update(dict.fromkeys(_arns_like(key, text)))
                    services.update(dict.fromkeys(_services_like(key, text)))
    return Mentions(
        frozenset(accounts),
        tuple(organizations),
        tuple(arns),
        tuple(sources),
        frozenset(tags),
        tuple(user_ids),
        tuple(services),
    )


def _account_like(pattern: str) -> Iterator[str]:
    """An account that a value of a condition fits."""
    if "${" in pattern:
        return
    filled = pattern.replace("?", "0")
    if "*" in filled:
        filled = filled.replace("*", "0" * max(0, ACCOUNT_LENGTH - len(filled) + 1), 1)
        filled = filled.replace("*", "")
    if is_account_id(filled):
        yield filled


def _arns_like(key: str, text: str) -> Iterator[str]:
    """The pattern of the ARNs of those whom a user name or a type designates."""
    if key == "aws:username" and "${" not in text:
        yield f"arn:*:iam::*:user/{text}"
    elif key == "aws:principaltype" and text == "FederatedUser":
        yield "arn:*:sts::*:federated-user/*"


def _services_like(key: str, pattern: str) -> Iterator[str]:
    """A service principal that a value of a condition fits."""
    if key == "aws:principalisawsservice":
        yield SOME_SERVICE
    elif key in SERVICE_KEYS:
        names = (
            example_of(pattern, run, INSTANCE) for run in (INSTANCE, DOMAIN, INSTANCE + DOMAIN)
        )
        yield from islice(filter(SERVICE.fullmatch, names), 1)


def _organization_in(text: str) -> Iterator[tuple[str, str]]:
    """The organization that a value names, with the pattern of paths in it."""
    match = ORGANIZATION.match(text)
    if match is not None:
        yield match[0], text if "/" in text else f"{match[0]}/"


def singled_out(statements: Iterable[CompiledStatement]) -> frozenset[str]:
    """The names that NotPrincipal spares or a Deny names: the rest of an account is unlike them."""
    names: set[str] = set()
    for statement in statements:
        principals = statement.principals
        if principals is not None and (principals.negated or statement.denies):
            names |= principals.names
    return frozenset(names)


def _spared_by(statements: Iterable[CompiledStatement]) -> frozenset[str]:
    """The names that NotPrincipal spares."""
    return singled_out(
        statement
        for statement in statements
        if statement.principals is not None and statement.principals.negated
    )


def with_spared(mentions: Mentions, statements: Iterable[CompiledStatement]) -> Mentions:
    """The same with whom NotPrincipal spares: a Deny of everybody else leaves them what is allowed
    to all."""
    names = sorted(_spared_by(statements))
    accounts = {name.removeprefix("account:") for name in names if name.startswith("account:")}
    arns = [name.removeprefix("aws:") for name in names if name.startswith("aws:arn:")]
    accounts |= {arn.split(":")[4] for arn in arns if is_account_id(arn.split(":")[4])}
    return mentions._replace(
        accounts=mentions.accounts | accounts, arns=tuple(dict.fromkeys((*mentions.arns, *arns)))
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
