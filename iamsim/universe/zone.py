"""The zone of trust: one account, or the organization.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from iamsim.world.model import World


class Zone(NamedTuple):
    """Accounts that trust each other. `organization` is the id, where it is one's accounts."""

    accounts: frozenset[str]
    organization: str | None = None


def zones_of(model: World, kind: str | None) -> dict[str, Zone]:
    """The zone of every account of a world, by its id: by default the organization, where there is
    one. Accounts outside of it are a zone each. Raises `RequestError` without an organization."""
    if kind == "organization" and model.organization is None:
        raise RequestError(
            "no-organization",
            "the zone of trust is the organization, and the world has none",
            hint="use `--zone account`",
        )
    members = (
        frozenset(
            account
            for account in (*model.accounts, *model.index.nodes)
            if model.in_organization(account)
        )
        if kind != "account"
        else frozenset()
    )
    organization = model.organization.id if members and model.organization is not None else None
    together = Zone(members, organization)
    return {
        account: together if account in members else Zone(frozenset({account}))
        for account in sorted(model.accounts)
    }
