"""Which accounts of a world a resource can let in at all: the others need not be read.

Somebody of another account needs a statement on the resource's side that is about him, his account
or everybody: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_cross-account-resource-access.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.engine.authorize import prepare
from iamsim.engine.formula import Slot
from iamsim.universe.asked import FRESH_ACCOUNT, somebody_of
from iamsim.universe.candidates import EVERYONE, partition_of

if TYPE_CHECKING:
    from iamsim.engine.facts import ResourceFacts
    from iamsim.engine.question import ContextValue
    from iamsim.query.batch import Batch

OF_RESOURCE = frozenset({Slot.RESOURCE, Slot.BUCKET, Slot.GRANT})
NO_ACCOUNT = ("service:", "federated:")


def accounts_let_in(
    batch: Batch,
    actions: Iterable[str],
    resource: str,
    context: Mapping[str, ContextValue] | None = None,
) -> Collection[str] | None:
    """The accounts of the world whose principals could be allowed one of some actions; `None` where
    it may be any. Raises `RequestError` for what can't be asked.

    Besides the owner and those that are named these are accounts that have more than others: the
    management account and delegated administrators.
    """
    model = batch.world.model
    owner = model.account_of_resource(resource)
    if owner is None or model.unlisted:
        return None
    found = {owner}
    organization = model.organization
    if organization is not None:
        found |= {organization.management_account or owner}
        found |= {*organization.delegated_services, *organization.delegated_administrators}
    for action in actions:
        named = _named_for(batch, action, resource, context)
        if named is None:
            return None
        found |= named
    return found & model.accounts.keys()


def _named_for(
    batch: Batch, action: str, resource: str, context: Mapping[str, ContextValue] | None
) -> set[str] | None:
    """The accounts that statements on the resource's side name; `None` where they may name any, or
    where there is a way in without them."""
    found: set[str] = set()
    for stranger in somebody_of(FRESH_ACCOUNT, partition_of(batch.world.model)):
        plain = batch.question(stranger.principal, action, resource, context)
        prepared = prepare(stranger.question(plain, granted=True), batch.world)
        relation = prepared.situation.arrange(prepared.request.action).relation
        facts = batch.world.resource_facts(prepared.question, prepared.situation.caller)
        if relation.always or facts.shared_with or facts.access_point or facts.owner_unknown:
            return None
        for way in relation.ways:
            if OF_RESOURCE.isdisjoint(need.slot for need in way.requires):
                return None
        for name in _names(facts):
            account = _account_of(name)
            if account is None:
                return None
            found.add(account)
    return found - {""}


def _names(facts: ResourceFacts) -> Iterator[str]:
    """Whom the policy and the grants of a resource may let in."""
    sets = [placed.policies for placed in facts.policies]
    if facts.grants is not None:
        sets.append(facts.grants)
    for policies in sets:
        for policy in policies.policies:
            for statement in policy.statements:
                if not statement.denies:
                    principals = statement.principals
                    yield from (EVERYONE,) if principals is None else principals.granted


def _account_of(name: str) -> str | None:
    """The account of whom a name means; empty for who is of none, `None` for who may be of any."""
    if name.startswith(NO_ACCOUNT):
        return ""
    kind, _, text = name.partition(":")
    if kind == "account":
        return text
    arn = find_arn(text)
    return arn.account if arn is not None and is_account_id(arn.account) else None
