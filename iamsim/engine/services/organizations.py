"""Calls that only some accounts of an organization may make, Organizations' own among them.

https://docs.aws.amazon.com/organizations/latest/APIReference/Welcome.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.catalog.rules import action_rules

if TYPE_CHECKING:
    from iamsim.engine.encounter import Encounter

SERVICE = "organizations"
# Contacts and names of other accounts are asked for with an ARN of the management account:
# https://docs.aws.amazon.com/accounts/latest/reference/security_iam_service-with-iam.html
ACCOUNT_MANAGEMENT = "account"
FOR_ADMINISTRATORS = frozenset({"organization", "delegated"})
ASSUME_ROOT = "sts:assumeroot"
READS = ("organizations:describe", "organizations:list")


def is_for_administrators(action: str) -> bool:
    """Whether accounts that administer an organization make a call (in lower case) in others."""
    asked = action == ASSUME_ROOT or action.startswith(f"{ACCOUNT_MANAGEMENT}:")
    return asked or action_rules(action).callers in FOR_ADMINISTRATORS


def _of_other_account(met: Encounter) -> bool:
    """Whether somebody of a known organization calls who isn't of its management account."""
    return met.standing.known and not met.standing.management


def is_no_management_account(met: Encounter) -> bool:
    """Whether a call is for the management account, and the caller is of another."""
    return met.rules.callers == "management" and _of_other_account(met)


def is_no_member(met: Encounter) -> bool:
    """Whether a call is for member accounts, and the caller is of the management account."""
    return met.rules.callers == "member" and met.standing.management


def is_no_delegated_administrator(met: Encounter) -> bool:
    """Whether a call is for the service's delegated administrator alone, and the caller isn't."""
    asked = met.rules.callers == "delegated" and met.standing.known
    return asked and not met.standing.is_administrator(met.principal)


def acts_as_administrator(met: Encounter) -> bool:
    """Whether an account that administers a service for the organization calls it on what the
    management account has, or a delegated administrator of any service looks at the organization:
    its own policies are enough."""
    if not _of_other_account(met):
        return False
    if met.service == SERVICE:
        reads = met.action.startswith(READS) and met.rules.callers == "organization"
        return reads and met.standing.is_administrator()
    asked = met.service == ACCOUNT_MANAGEMENT or met.rules.callers in FOR_ADMINISTRATORS
    return asked and met.owner.management and met.standing.is_administrator(met.principal)


def asks_by_delegation(met: Encounter) -> bool:
    """Whether a member account asks something of the organization that the organization's own
    policy may delegate to it."""
    asked = met.service == SERVICE and met.rules.callers == "organization"
    return asked and _of_other_account(met) and met.with_policy


def is_no_administrator(met: Encounter) -> bool:
    """Whether a call is for the management account and the service's delegated administrators, and
    the caller is neither."""
    if met.action == ASSUME_ROOT and not met.standing.known:
        # The root user of a known organization, and somebody of none of its accounts.
        return met.owner.known and met.owner.doubt is None
    if met.rules.callers != "organization" or not _of_other_account(met):
        return False
    return met.service == SERVICE or not met.standing.is_administrator(met.principal)
