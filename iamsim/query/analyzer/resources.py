"""The resources that are looked at for access from outside, and the actions that are about each.

Those are the types that IAM Access Analyzer knows
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html), and every other
whose policy, or sharing, iamsim reads: see `iamsim.catalog.resource_types`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from iamsim import catalog
from iamsim.catalog.resource_types import find_type, resource_types, type_of_arn
from iamsim.core.arn import find_arn
from iamsim.query.batch import catalog_actions


class AnalyzedType(NamedTuple):
    """A type: AWS's name, the services of its actions, the catalog's types of the resource itself
    and, behind `separator`, of what is in it; `shared` are the actions that sharing gives."""

    name: str
    services: tuple[str, ...]
    own: tuple[str, ...]
    inner: tuple[str, ...] = ()
    separator: str = ""
    shared: tuple[str, ...] = ()


_parts_between = re.compile(r"\$\{[^}]*\}").split
ASSUMING = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetSourceIdentity",
    "sts:TagSession",
)


def analyzed_type(text: str) -> AnalyzedType | None:
    """The type of a resource by its ARN; `None` for one of no row, or that can have no policy."""
    row = type_of_arn(text)
    return None if row is None else _analyzed(row.name)


def unlisted_type(text: str) -> AnalyzedType | None:
    """The type of a resource that has a policy and is in no row, by the service reference."""
    arn = find_arn(text)
    service = catalog.find_service(arn.service) if arn is not None else None
    if arn is None or service is None:
        return None
    own = tuple(
        kind.name
        for kind in service.resource_types
        if any(_fits(form, text) for form in kind.arn_formats)
    )
    return AnalyzedType(f"AWS::{service.prefix}::{own[0]}", (service.prefix,), own) if own else None


def _fits(form: str, text: str) -> bool:
    """Whether an ARN has a format of the service reference; names hold no slash or colon."""
    return re.fullmatch("[^/:]*".join(map(re.escape, _parts_between(form))), text) is not None


@cache
def _analyzed(name: str) -> AnalyzedType | None:
    """Derive what is looked at from the row of a type."""
    row = find_type(name)
    if row is None or not row.own or not (row.finding or row.has_policy or row.shared):
        return None
    return AnalyzedType(
        row.finding or row.name,
        row.actions,
        row.own,
        row.inner,
        row.separator,
        row.shared,
    )


ACCESS_POINT = _analyzed("AWS::S3::AccessPoint")
ROLE = _analyzed("AWS::IAM::Role")


@cache
def analyzed_services() -> frozenset[str]:
    """The services whose resources IAM Access Analyzer looks at, as their ARNs have them."""
    return frozenset(
        row.service for row in resource_types() if row.finding and row.service != "iam"
    )


@cache
def listing_calls() -> Mapping[str, frozenset[str]]:
    """The calls that list all resources of a service that IAM Access Analyzer looks at; services of
    which a type has none are left out."""
    rows = [row for row in resource_types() if row.finding and row.service != "iam"]
    without = {row.service for row in rows if not row.listed}
    calls: dict[str, frozenset[str]] = {}
    for row in rows:
        if row.service not in without:
            first = {chain[0].operation for chain in row.listed}
            calls[row.service] = calls.get(row.service, frozenset()) | first
    return calls


@cache
def type_actions(found: AnalyzedType, *, inner: bool) -> int:
    """The actions that are about such a resource, or about what is in it: a mask of the catalog."""
    universe = catalog_actions()
    if found is ROLE:
        return 0 if inner else universe.mask_of(ASSUMING)
    names = {name.lower() for name in (found.inner if inner else found.own)}
    return universe.mask_of(
        facts.full_name
        for service in found.services
        for facts in catalog.actions(service)
        if any(use.name.lower() in names for use in facts.resource_types)
    )
