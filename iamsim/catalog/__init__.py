"""The service reference: what AWS's services, actions, resource types and condition keys are.

The functions answer from the shipped snapshot, or, after `use`, from a file that
`merge_service_reference` wrote. Lookups take names in any case, read only the services that they
name, and give None for what isn't known. AWS managed policies are in `iamsim.catalog.managed`.

>>> from iamsim import catalog
>>> catalog.find_action("S3:getobject").full_name
's3:GetObject'
"""

from __future__ import annotations

from collections.abc import Iterable

from iamsim.catalog.facts import (
    ACCESS_LEVELS,
    ActionFacts,
    CatalogVersion,
    ConditionKeyFacts,
    ResourceTypeFacts,
    ResourceTypeUse,
    ServiceFacts,
)
from iamsim.catalog.reference import Catalog, resource_control_services

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

    from iamsim.catalog.refresh import RefreshReport

__all__ = [
    "ACCESS_LEVELS",
    "ActionFacts",
    "Catalog",
    "CatalogVersion",
    "ConditionKeyFacts",
    "ResourceTypeFacts",
    "ResourceTypeUse",
    "ServiceFacts",
    "action_names",
    "actions",
    "authorized_actions",
    "carried_keys",
    "carries",
    "expand",
    "find_action",
    "find_condition_key",
    "find_resource_type",
    "find_service",
    "global_condition_keys",
    "is_retired",
    "merge_service_reference",
    "resource_control_services",
    "retired_actions",
    "retired_services",
    "service_name",
    "services",
    "suggest_action",
    "suggest_condition_key",
    "use",
    "version",
]

_SHIPPED = Catalog()

use = _SHIPPED.use
version = _SHIPPED.version
services = _SHIPPED.services
service_name = _SHIPPED.service_name
find_service = _SHIPPED.find_service
actions = _SHIPPED.actions
authorized_actions = _SHIPPED.authorized_actions
action_names = _SHIPPED.action_names
find_action = _SHIPPED.find_action
find_resource_type = _SHIPPED.find_resource_type
find_condition_key = _SHIPPED.find_condition_key
global_condition_keys = _SHIPPED.global_condition_keys
carried_keys = _SHIPPED.carried_keys
carries = _SHIPPED.carries
is_retired = _SHIPPED.is_retired
retired_actions = _SHIPPED.retired_actions
retired_services = _SHIPPED.retired_services
expand = _SHIPPED.expand
suggest_action = _SHIPPED.suggest_action
suggest_condition_key = _SHIPPED.suggest_condition_key


def merge_service_reference(
    paths: Iterable[str | PathLike[str]], target: str | PathLike[str]
) -> RefreshReport:
    """Merge service reference files that a user downloaded over the shipped facts.

    Writes a pack to `target`, for `use`; see `iamsim.catalog.refresh`.
    """
    from iamsim.catalog.refresh import merge

    return merge(Catalog(), paths, target)
