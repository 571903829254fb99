"""Who outside of a zone a statement might let in: callers that stand for all others.

A principal element names accounts, principals, identity providers or everyone. Beyond these only
the values of conditions on the caller tell outsiders apart; so there is a caller for every account,
organization and principal that some policy of the resource names, and one that none names. What is
allowed to their own identity-based policies is not asked: the other account decides that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn, is_account_id
from iamsim.engine.callers import WEB_IDENTITY_PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamsim.compile.statement import CompiledStatement
    from iamsim.query.analyzer.zone import Zone
    from iamsim.world.model import World

__all__ = ["FRESH_ACCOUNT", "Mentions", "Outsider", "mentions_of", "outsiders"]

FRESH_ACCOUNT = "000000000000"
FRESH_ORGANIZATION = "o-iamsimelse"
FRESH_ROLE = "iamsim-outside"
ANYBODY = "*"
ACCOUNT_KEYS = frozenset({"aws:principalaccount", "kms:calleraccount"})
ORGANIZATION_KEYS = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
SOURCE_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceowner"})
# Keys of the caller's own that nobody without credentials has; tags are among them, too.
CALLER_KEYS = frozenset(
    {
        "aws:MultiFactorAuthAge",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:SourceIdentity",
        "aws:TokenIssueTime",
        "aws:username",
    }
)
# Keys that only requests of services have.
SERVICE_KEYS = frozenset(
    {
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:SourceOwner",
    }
)
TAG = "aws:principaltag/"
ORGANIZATION = re.compile(r"o-[a-z0-9]+")
ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")


class Outsider(NamedTuple):
    """A caller, with what is known of it; `plain` for one that no policy names."""

    principal: str
    account: str | None = None
    context: tuple[tuple[str, str | tuple[str, ...]], ...] = ()
    unset: frozenset[str] = frozenset()
    plain: bool = False


class Mentions(NamedTuple):
    """What the conditions of policies name: accounts, organizations with their paths, principals,
    sources of services' requests, and keys of tags of the principal."""

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
                        organizations[found[0], _instance(path)] = None
                elif condition.key == "aws:principalarn":
                    arns[text] = None
                    accounts.update(ACCOUNT.findall(text))
                elif condition.key in SOURCE_KEYS:
                    sources[condition.key, text] = None
    return Mentions(
        frozenset(accounts), tuple(organizations), tuple(arns), tuple(sources), frozenset(tags)
    )


def _instance(pattern: str) -> str:
    return pattern.replace("*", "x").replace("?", "x")


def outsiders(
    name: str, zone: Zone, model: World, mentions: Mentions
) -> tuple[Mapping[str, str], list[Outsider]]:
    """The callers from outside that one entry of a Principal element names (see `entry_name`), and
    the entry as findings have it; no callers where it names nobody outside."""
    kind, _, text = name.partition(":")
    if name == ANYBODY:
        return {"AWS": "*"}, list(_everyone(zone, model, mentions))
    if kind == "account":
        if text in zone.accounts:
            return {}, []
        return {"AWS": text}, list(_of_account(text, zone, model, mentions))
    if kind == "federated":
        known = text in WEB_IDENTITY_PROVIDERS or find_arn(text) is not None
        return {"Federated": text}, [Outsider(text)] if known else []
    if kind == "aws":
        arn = find_arn(text)
        if arn is None or arn.account in zone.accounts or "*" in text or "?" in text:
            return {}, []
        if not is_account_id(arn.account):
            return {"AWS": text}, [Outsider(text)] if arn.account == "cloudfront" else []
        return {"AWS": text}, list(_in_organizations(text, arn.account, zone, model, mentions))
    return {}, []


def _everyone(zone: Zone, model: World, mentions: Mentions) -> Iterator[Outsider]:
    """Somebody without credentials, somebody of every account, and services for others."""
    yield Outsider("anonymous", None, (), CALLER_KEYS | SERVICE_KEYS | mentions.tags, plain=True)
    others = {*model.accounts, *model.index.nodes} - zone.accounts
    named = mentions.accounts - zone.accounts
    # Accounts of the world that no policy names are told apart by their organization alone.
    inside = sorted(one for one in others if model.in_organization(one))
    some = {FRESH_ACCOUNT, *named, *inside[:1]}
    for account in sorted(some):
        yield from _of_account(account, zone, model, mentions)
    for key, value in mentions.sources:
        found = ACCOUNT.findall(value) or [model.account_of_resource(value) or FRESH_ACCOUNT]
        foreign = [one for one in found if one not in zone.accounts]
        if foreign:
            yield from _service(key, _instance(value), foreign[0])


def _service(key: str, value: str, account: str) -> Iterator[Outsider]:
    """A service that acts for somebody outside."""
    arn = find_arn(value)
    service = "s3" if arn is None else arn.service
    context: dict[str, str | tuple[str, ...]] = {"aws:SourceAccount": account}
    if arn is not None:
        context["aws:SourceArn"] = value
    elif key == "aws:sourceowner":
        context["aws:SourceOwner"] = value
    yield Outsider(
        f"{service}.amazonaws.com",
        account,
        tuple(context.items()),
        CALLER_KEYS - {"aws:PrincipalIsAWSService"},
    )


def _of_account(account: str, zone: Zone, model: World, mentions: Mentions) -> Iterator[Outsider]:
    """A principal that nobody names, and those that conditions name."""
    principals = [f"arn:aws:iam::{account}:role/{FRESH_ROLE}"]
    for pattern in mentions.arns:
        parts = pattern.split(":", 5)
        if len(parts) != 6 or parts[4] not in {account, "*"} or parts[2] not in {"iam", "sts"}:  # noqa: PLR2004 - an ARN has six parts
            continue
        if "${" not in parts[5]:
            principals.append(f"arn:aws:{parts[2]}::{account}:{_instance(parts[5])}")
    for number, principal in enumerate(dict.fromkeys(principals)):
        for outsider in _in_organizations(principal, account, zone, model, mentions):
            fresh = account == FRESH_ACCOUNT and number == 0
            yield outsider._replace(plain=outsider.plain and fresh)


def _in_organizations(
    principal: str, account: str, zone: Zone, model: World, mentions: Mentions
) -> Iterator[Outsider]:
    """One principal in every organization that it might be of, and in none."""
    if model.in_organization(account):
        yield Outsider(principal, account, (), SERVICE_KEYS)
        return
    own = None if model.organization is None else model.organization.id
    others = [pair for pair in mentions.organizations if pair[0] not in {own, zone.organization}]
    others.append((FRESH_ORGANIZATION, f"{FRESH_ORGANIZATION}/r-else/ou-else-else/"))
    if zone.organization is None and own is None:
        # Nobody says which organization the zone is in: any that is named may be another's.
        others = [*mentions.organizations, others[-1]]
    for organization, path in others:
        context = (("aws:PrincipalOrgID", organization), ("aws:PrincipalOrgPaths", (path,)))
        fresh = organization == FRESH_ORGANIZATION
        yield Outsider(principal, account, context, SERVICE_KEYS, plain=fresh)
    yield Outsider(
        principal, account, (), SERVICE_KEYS | {"aws:PrincipalOrgID", "aws:PrincipalOrgPaths"}
    )
