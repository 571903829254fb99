"""The actions that meet something of their own, unlike the other actions of their service.

Every other action of a service meets, in one situation, the same relation, the same places and the
same context keys: only which statements are about it is its own affair. Answers for thousands of
actions at once rest on that (`iamsim.query.batch`), and a test holds it for the whole catalog.

What the code of a service names stands alone; what the catalog's rules name is alike where its
rules are.
"""

from __future__ import annotations

from collections.abc import Hashable

from iamsim.catalog.containers import CONTAINERS
from iamsim.catalog.global_services import GATEWAY_SERVICES, GLOBAL_SERVICES
from iamsim.catalog.presence import (
    has_resource_account,
    owner_account_keys,
    services_with_keys,
    services_without_keys,
    with_keys_apart,
)
from iamsim.catalog.resource_types import resource_types
from iamsim.catalog.rules import PLAIN, action_rules
from iamsim.engine.context import DATA_KEY_CALLS, GRANT_CALLS
from iamsim.engine.services.access_points import is_about_the_point
from iamsim.engine.services.iam import BOUNDARY_ACTIONS
from iamsim.engine.services.kms import ALIAS_ACTIONS
from iamsim.engine.services.logs import BARE_GROUP_ACTIONS, DESCRIBE_LOG_GROUPS
from iamsim.engine.services.s3 import ACCOUNT_ACTIONS
from iamsim.engine.services.sts import OWN_RULES

# What the policy of a container is asked about, where that is not all of a service.
CONTAINED = frozenset[str]().union(*(row.actions for row in CONTAINERS))
SHARED = frozenset(action.lower() for type_ in resource_types() for action in type_.shared)
SINGULAR_ACTIONS = (
    BOUNDARY_ACTIONS
    | ACCOUNT_ACTIONS
    | ALIAS_ACTIONS
    | GRANT_CALLS
    | DATA_KEY_CALLS
    | OWN_RULES
    | CONTAINED
    | SHARED
    | BARE_GROUP_ACTIONS
    | {DESCRIBE_LOG_GROUPS}
)

# Services of which code asks by name, or whose requests carry keys of their own.
OWN_SERVICES = frozenset(
    {
        "account",
        "iam",
        "kms",
        "organizations",
        "s3",
        "sts",
        *owner_account_keys(),
        *services_with_keys(),
        *services_without_keys(),
        *GATEWAY_SERVICES,
    }
)


def kin_of(action: str) -> Hashable | None:
    """What stands for the actions of a service that meet the same as this one (in lower case);
    `None` for the many of which nothing of their own is known."""
    if action in SINGULAR_ACTIONS or not has_resource_account(action):
        return action
    rules, apart = action_rules(action), with_keys_apart().get(action)
    if is_about_the_point(action):
        return "access point", id(rules), apart
    return None if rules is PLAIN and apart is None else (id(rules), apart)


def kin_without_resource(action: str) -> Hashable:
    """What stands for the actions of all services that meet the same as this one (in lower case),
    as long as no resource is named and no VPC endpoint is on the way; but for resource control
    policies, which cover some services."""
    if action in SINGULAR_ACTIONS or not has_resource_account(action):
        return action
    service, rules = action.partition(":")[0], action_rules(action)
    if service in OWN_SERVICES or rules.callers != "anyone" or action in with_keys_apart():
        return service, kin_of(action)
    return service in GLOBAL_SERVICES, rules
