"""What an account is in its organization, as far as calls ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple
from iamsim.core.unknown import Unknown, find_marker

if TYPE_CHECKING:
    from iamsim.world.model import Organization, World

IAM = "iam.amazonaws.com"
# The facts of an organization.
ADMINISTRATORS, MANAGEMENT = "delegated_administrators", "management_account"


class Standing(NamedTuple):
    """An account's part in the organization. `known` is false where no organization is known, or
    the account isn't of the one that is; `administers` are the services (by their principals) that
    the account administers for the organization, and `doubt` says why there may be more; `lost`,
    why nobody knows which account manages it."""

    known: bool
    management: bool = False
    lost: Unknown | None = None
    administers: frozenset[str] = frozenset()
    doubt: Unknown | None = None

    def is_administrator(self, principal: str | None = None) -> bool:
        """Whether it is a delegated administrator of a service; of any, if none is named."""
        return bool(self.administers) if principal is None else principal in self.administers

    def supposing(self, principal: str) -> Standing:
        """The same, if it administered a service and IAM."""
        return self._replace(administers=self.administers | {principal, IAM})


UNKNOWN_STANDING = Standing(known=False)


def standing_of(model: World, account: str | None) -> Standing:
    """Look an account up in the organization of a world.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html
    """
    organization = model.organization
    if organization is None or account is None:
        return UNKNOWN_STANDING
    if organization.management_account is None:
        ours = account in model.accounts or model.in_organization(account)
        return Standing(known=False, lost=organization.unknown.get(MANAGEMENT) if ours else None)
    if account == organization.management_account:
        return Standing(known=True, management=True)
    services = frozenset(organization.delegated_services.get(account, ()))
    if account in organization.delegated_administrators:
        services |= {IAM}
    known = bool(services) or model.in_organization(account)
    return Standing(known=known, administers=services, doubt=_doubt(model, organization))


def _doubt(model: World, organization: Organization) -> Unknown | None:
    """Why nobody knows all that member accounts administer: that is lost, or may be."""
    lost = (find_marker(document.document) for document in model.unlisted_of("accounts", None))
    return organization.unknown.get(ADMINISTRATORS) or next(filter(None, lost), None)
