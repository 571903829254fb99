"""Who outside of a zone a statement might let in: callers that stand for all others.

A principal element names accounts, principals, identity providers or everyone. Beyond these only
the values of conditions on the caller tell outsiders apart; so there is a caller for every account,
organization and principal that some policy of the resource names, and one that none names. What is
allowed to their own identity-based policies is not asked: the other account decides that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.wildcard import example_of
from iamsim.engine.callers import WEB_IDENTITY_PROVIDERS
from iamsim.universe.asked import (
    FRESH_ACCOUNT,
    FRESH_ORGANIZATION,
    NOT_THE_OWNER,
    somebody_of,
)
from iamsim.universe.candidates import partition_of
from iamsim.universe.mentions import ACCOUNT, INSTANCE, Mentions, principals_like

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.universe.zone import Zone
    from iamsim.world.model import World

ANYBODY = "*"
SESSION = "assumed-role/"
WILD = frozenset("*?")
THROUGH_SERVICE = "aws:ViaAWSService"


class Outsider(NamedTuple):
    """A caller, with what is known of it; `plain` for one that no policy names."""

    principal: str
    account: str | None = None
    context: tuple[tuple[str, str | tuple[str, ...]], ...] = ()
    unset: frozenset[str] = frozenset()
    plain: bool = False


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


def through_services(
    some: Iterable[Outsider], statements: Iterable[CompiledStatement]
) -> list[Outsider]:
    """The same callers through a service that calls on for them, where some statement asks for it:
    whoever has no credentials has nobody call on.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    if not any(
        key == THROUGH_SERVICE.lower() for statement in statements for key in statement.keys
    ):
        return []
    through = (THROUGH_SERVICE, "true")
    return [
        outsider._replace(context=(*outsider.context, through))
        for outsider in some
        if find_arn(outsider.principal) is not None
    ]


def _everyone(zone: Zone, model: World, mentions: Mentions) -> Iterator[Outsider]:
    """Somebody without credentials, somebody of every account, and services for others."""
    yield Outsider("anonymous", None, (), NOT_THE_OWNER, plain=True)
    others = {*model.accounts, *model.index.nodes} - zone.accounts
    named = mentions.accounts - zone.accounts
    # Accounts of the world that no policy names are told apart by their organization alone.
    inside = sorted(other for other in others if model.in_organization(other))
    some = {FRESH_ACCOUNT, *named, *inside[:1]}
    for account in sorted(some):
        yield from _of_account(account, zone, model, mentions)
    for key, value in mentions.sources:
        found = ACCOUNT.findall(value) or [model.account_of_resource(value) or FRESH_ACCOUNT]
        foreign = [entry for entry in found if entry not in zone.accounts]
        if foreign:
            yield from _service(key, example_of(value, INSTANCE), foreign[0])


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
        frozenset({"aws:PrincipalArn"}),
    )


def _of_account(account: str, zone: Zone, model: World, mentions: Mentions) -> Iterator[Outsider]:
    """A principal that nobody names, and those that conditions name."""
    principals = [asked.principal for asked in somebody_of(account, partition_of(model))]
    for pattern in mentions.arns:
        parts = pattern.split(":", 5)
        if len(parts) != 6 or parts[4] not in {account, "*"}:  # noqa: PLR2004 - an ARN has six parts
            continue
        if "${" not in parts[5]:
            head = f"arn:{partition_of(model)}:{parts[2]}::{account}:"
            principals += [head + part for part in principals_like(parts[2], parts[5])]
            if parts[2] == "sts" and parts[5].startswith(SESSION) and not WILD & set(parts[5]):
                principals.append(head + parts[5])
    for number, principal in enumerate(dict.fromkeys(principals)):
        for outsider in _in_organizations(principal, account, zone, model, mentions):
            fresh = account == FRESH_ACCOUNT and number == 0
            yield outsider._replace(plain=outsider.plain and fresh)


def _in_organizations(
    principal: str, account: str, zone: Zone, model: World, mentions: Mentions
) -> Iterator[Outsider]:
    """One principal in every organization that it might be of, and in none."""
    if model.in_organization(account):
        yield Outsider(principal, account, (), NOT_THE_OWNER)
        return
    own = None if model.organization is None else model.organization.id
    others = [pair for pair in mentions.organizations if pair[0] not in {own, zone.organization}]
    others.append((FRESH_ORGANIZATION, f"{FRESH_ORGANIZATION}/r-else/ou-else-else/"))
    if zone.organization is None and own is None:
        # Nobody says which organization the zone is in: any that is named may be another's.
        others = [*mentions.organizations, others[-1]]
    elif zone.organization is None and account == FRESH_ACCOUNT:
        # The organization may have accounts that the world does not list.
        others += [pair for pair in mentions.organizations if pair[0] == own]
    for organization, path in others:
        own_path = (example_of(path, INSTANCE),)
        context = (("aws:PrincipalOrgID", organization), ("aws:PrincipalOrgPaths", own_path))
        fresh = organization == FRESH_ORGANIZATION
        yield Outsider(principal, account, context, NOT_THE_OWNER, plain=fresh)
    yield Outsider(
        principal, account, (), NOT_THE_OWNER | {"aws:PrincipalOrgID", "aws:PrincipalOrgPaths"}
    )
