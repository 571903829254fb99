"""What a part of a template or a plan can bear on that can't be read, by its type.

A policy of buckets bears on buckets, one of roles on roles, a user on itself; of an unknown type it
may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from iamsim.catalog.resource_types import attaches_nothing, resource_types
from iamsim.core.arn import find_arn
from iamsim.importers.unread import documents_within

HOLDERS = ("users", "groups", "roles", "permission_sets")
POLICY_HOLDERS = ("resources", "vpc_endpoints")
ENTITIES = ("users", "groups", "roles")
Json = dict[str, object]


class Reach(NamedTuple):
    """What a lost part of a source can bear on: records of some `kinds`, of resources those of some
    `services` (`None`: of all), of principals those of some `names` (`None`: all of the source),
    and what is attached in the organization. `policies` are documents and ARNs of what it attaches;
    without any it may be any policy. With `boundary` it is that policy as a boundary, and no other.
    Of what goes under another name than its own, `stand_in` is the ARN: others may name it.
    """

    kinds: frozenset[str]
    services: frozenset[str] | None = None
    names: frozenset[str] | None = None
    organization: bool = False
    policies: tuple[Json | str, ...] = ()
    boundary: str = ""
    stand_in: str = ""


EVERYTHING = Reach(frozenset((*HOLDERS, *POLICY_HOLDERS)), organization=True)
NOTHING = Reach(frozenset())
# What types of IAM bear on, by the ends of their names in templates and in plans. Of others, those
# that the catalog knows to attach nothing, providers and instance profiles bear on no policy.
NO_POLICY = ("Provider", "_provider", "::InstanceProfile", "_instance_profile")
OF_IAM: dict[tuple[str, ...], tuple[str, ...]] = {
    ("::Policy", "::ManagedPolicy", "_iam_policy", "_iam_policy_attachment"): ENTITIES,
    ("::UserToGroupAddition", "_group_membership"): ("users",),
    ("::RolePolicy", "::Role"): ("roles",),
    ("::UserPolicy", "::User"): ("users",),
    ("::GroupPolicy", "::Group"): ("groups",),
}
ENTITY_TYPES = ("::User", "::Group", "::Role", "_iam_user", "_iam_group", "_iam_role")
PLANNED = {f"aws_iam_{kind[:-1]}": (kind,) for kind in ENTITIES}
ARN_NAMES = ("policy_arn", "policy_arns", "ManagedPolicyArns")


def reach_of(kind: object, values: object = None, name: str | None = None) -> Reach:
    """What a resource can bear on that can't be read, by its type in templates or plans.

    `values` are what it says, as far as that can be read, and `name` is what a template calls it:
    names of users, groups and roles that AWS makes end so.
    """
    if not isinstance(kind, str):
        return EVERYTHING
    if kind.startswith(("AWS::Organizations::", "aws_organizations_")):
        return Reach(frozenset(), organization=True)
    if kind.startswith(("AWS::SSO::", "aws_ssoadmin_")):
        return Reach(frozenset({"permission_sets"}))
    if kind.startswith(("AWS::IAM::", "aws_iam_")):
        return _of_iam(kind, values, name)
    if kind.startswith(("AWS::RAM::", "aws_ram_")):
        return Reach(frozenset({"resources"}))
    services = _services().get(kind)
    if services is not None:
        return Reach(frozenset(POLICY_HOLDERS), services, policies=tuple(documents_within(values)))
    return NOTHING if "::" in kind or "_" in kind else EVERYTHING


def _of_iam(kind: str, values: object, name: str | None) -> Reach:
    """What a type of IAM bears on."""
    kinds = next((known for ends, known in OF_IAM.items() if kind.endswith(ends)), None)
    if kinds is None:
        kinds = next((known for start, known in PLANNED.items() if kind.startswith(start)), None)
    if kinds is None:
        kinds = () if attaches_nothing(kind) or kind.endswith(NO_POLICY) else ENTITIES
    if kind.endswith(ENTITY_TYPES):
        return Reach(frozenset(kinds), names=_own_names(kind, values, name))
    return Reach(frozenset(kinds), policies=(*documents_within(values), *_arns(values)))


def _own_names(kind: str, values: object, name: str | None) -> frozenset[str] | None:
    """What a user, group or role may be called; `None` where its name can't be read."""
    key = "name" if kind.startswith("aws_") else f"{kind.rpartition(':')[2]}Name"
    if not isinstance(values, dict):
        return None
    told = values.get(key, name if "::" in kind else None)
    return frozenset({told}) if isinstance(told, str) else None


def _arns(values: object) -> Iterator[str]:
    """The policies that an attachment names."""
    for name in ARN_NAMES:
        named = values.get(name) if isinstance(values, dict) else None
        for entry in named if isinstance(named, list) else [named]:
            if isinstance(entry, str) and find_arn(entry) is not None:
                yield entry


@cache
def _services() -> Mapping[str, frozenset[str]]:
    """The services on whose resources a type bears that holds policies, or is one itself."""
    found: dict[str, set[str]] = {}
    for row in resource_types():
        places = (place.type for place in (*row.template, *row.plan))
        for kind in (*row.cloudformation, *row.terraform, *places):
            found.setdefault(kind, set()).add(row.service)
    return {kind: frozenset(services) for kind, services in found.items() if kind}
