"""With which role something acts: functions, instances, tasks, builds, jobs, state machines.

Templates, plans, AWS Config and AWS's calls name the same setting, in letter cases of their own.
Instances name an instance profile, which holds one role; the roles say in which profiles they are.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import resource_types, type_of_arn
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.core.slips import is_slip
from iamsim.importers.misspelt import misspelt_setting
from iamsim.importers.resource_kinds import Scope, partition_of_region
from iamsim.importers.shapes import Json, records, text
from iamsim.importers.unknown import Unknown, marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record

ROLE = "role"
PROFILE = "iaminstanceprofile"
SEVERAL = "which of its parts runs: they have roles of their own"
# What AWS Glue calls what it prints, the type in the ARN, and the member with the name.
NAMED = {
    "Job": ("job", "Name"),
    "Jobs": ("job", "Name"),
    "DevEndpoint": ("devEndpoint", "EndpointName"),
    "DevEndpoints": ("devEndpoint", "EndpointName"),
}
# A zone is its Region and a letter; a local zone has a name behind its Region.
_find_region = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+").match


def find_role(arn: str, settings: Mapping[str, object]) -> str | Unknown | None:
    """Find what the settings of a resource say of its role: an ARN or the name of a role or of an
    instance profile; `None` where it has none, or its type runs with none."""
    paths = _settings(arn)
    found = list(dict.fromkeys(role for path in paths for role in _roles_at(settings, path)))
    if len(found) > 1:
        return next((role for role in found if isinstance(role, Unknown)), Unknown(SEVERAL))
    return found[0] if found else misspelt_setting(settings, {path[0] for path in paths})


def may_tell_role(arn: str, setting: str) -> bool:
    """Whether a setting of a resource tells its role, or is a slip of one that does."""
    written, names = setting.replace("_", ""), {path[0] for path in _settings(arn)}
    return written in names or is_slip(written, names)


def _roles_at(value: object, path: Sequence[str]) -> Iterator[str | Unknown]:
    """The roles that stand at a path, in each item of a list; a text may hold JSON."""
    if isinstance(value, list):
        for item in value:
            yield from _roles_at(item, path)
    elif isinstance(value, Unknown) or (not path and isinstance(value, str) and value):
        yield value
    elif isinstance(value, str) and path:
        with suppress(ValueError):
            yield from _roles_at(json.loads(value), path)
    elif isinstance(value, Mapping):
        step, *rest = path or ("arn",)
        for key, held in value.items():
            if key.lower().replace("_", "") == step:
                yield from _roles_at(held, rest)


@cache
def _settings(arn: str) -> tuple[tuple[str, ...], ...]:
    """The paths in its settings at which a resource names its role."""
    row = type_of_arn(arn)
    return tuple(tuple(path.lower().split(".")) for path in (() if row is None else row.runs_with))


def note_role(record: Record, found: str | Unknown | None, place: str) -> None:
    """Note the role of a resource; `settle_roles` finds it where it is named otherwise than by its
    ARN."""
    if isinstance(found, Unknown):
        record.set(ROLE, marker(f"it depends on {found.why}", found.why), place)
    else:
        record.set(ROLE, found, place)


def read_instances(draft: Draft, data: Json, place: str) -> None:
    """Read `describe-instances`. An instance has no ARN there: the Region is that of its zone, the
    account the owner of the reservation."""
    for reservation, outer in records(draft, data, "Reservations", place):
        for record, at in records(draft, reservation, "Instances", f"{outer}."):
            owner, name = text(reservation, "OwnerId"), text(record, "InstanceId")
            placement = record.get("Placement")
            zone = text(placement, "AvailabilityZone") if isinstance(placement, dict) else None
            region = None if zone is None else _find_region(zone)
            if owner is None or not is_account_id(owner) or name is None or region is None:
                draft.unreadable("nothing says the ARN of this instance", at)
                continue
            partition = partition_of_region(region.group())
            arn = f"arn:{partition}:ec2:{region.group()}:{owner}:instance/{name}"
            resource = draft.resource(arn)
            note_role(resource, find_role(arn, record), f"{at}.IamInstanceProfile")
            resource.tags(record.get("Tags"), f"{at}.Tags")


def is_about_workloads(data: Json) -> bool:
    """Whether an output says with which role something acts, or is of a call that would."""
    told = any(True for _ in _workloads(data)) or any(True for _ in _named(data))
    return told or any(_is_of(data, row.role[-1].path) for row in resource_types() if row.role)


def _is_of(data: object, path: Sequence[str]) -> bool:
    """Whether an output has what a call prints that tells roles: nothing in its list, or things
    with the member that names them."""
    step, *rest = path
    if step == "*":
        return isinstance(data, list) and all(_is_of(item, rest) for item in data)
    name, _, others = step.partition(",")
    return isinstance(data, dict) and name in data and (bool(others) or _is_of(data[name], rest))


def read_workloads(draft: Draft, data: Json, scope: Scope | None, place: str) -> None:
    """Read an output about one thing that acts with a role, or about several. What AWS Glue prints
    has no ARN: the account and the Region are those of the source, as far as it says them."""
    for arn, record, at in _workloads(data):
        note_role(draft.resource(arn), find_role(arn, record), f"{place}{at}")
    for resource, record, at in _named(data):
        if scope is None:
            draft.unreadable("nothing says the ARN of this", f"{place}{at}")
            continue
        arn = f"arn:{scope.partition}:glue:{scope.region}:{scope.account}:{resource}"
        note_role(draft.resource(arn), find_role(arn, record), f"{place}{at}")


def _named(data: Json) -> Iterator[tuple[str, Json, str]]:
    """The records of AWS Glue, each with the last part of its ARN; those of services that call
    theirs the same print ARNs."""
    for key, (form, name_key) in NAMED.items():
        for record, at in _records(data.get(key), key):
            name = text(record, name_key)
            others = (value for held, value in record.items() if not held.startswith("Role"))
            is_glue = not any(isinstance(value, str) and find_arn(value) for value in others)
            if name is not None and is_glue and ("Role" in record or "RoleArn" in record):
                yield f"{form}/{name}", record, at


def _workloads(data: Json) -> Iterator[tuple[str, Json, str]]:
    """The records of an output that hold the ARN of something and the role with which it acts."""
    for key, value in [("", data), *data.items()]:
        for record, at in _records(value, key):
            for arn in record.values():
                if isinstance(arn, str) and find_arn(arn) and find_role(arn, record) is not None:
                    yield arn, record, at
                    break


def _records(value: object, key: str) -> Iterator[tuple[Json, str]]:
    """A record, or each of several, with its place."""
    if isinstance(value, dict):
        yield value, key
    for number, record in enumerate(value if isinstance(value, list) else ()):
        if isinstance(record, dict):
            yield record, f"{key}[{number}]"


def settle_roles(draft: Draft) -> None:
    """Give each workload the ARN of its role, from the name of a role or an instance profile; one
    that nobody knows is unknown."""
    for account_id, account in draft.data.get("accounts", {}).items():
        if not isinstance(account, dict):
            continue
        roles, profiles = _roles_by_name(account_id, account)
        for arn, resource in account.get("resources", {}).items():
            said = resource.get(ROLE) if isinstance(resource, dict) else None
            if not isinstance(said, str) or ":role/" in said:
                continue
            names = profiles if (PROFILE,) in _settings(arn) else roles
            found = names.get(said.rpartition("/")[2])
            if found is None:
                why = f"which role {quote(said)} of {quote(arn)} has is not known"
                draft.remark("role-unknown", why, severity="unknown")
                resource[ROLE] = marker(why, "aws iam get-instance-profile")
            else:
                resource[ROLE] = found


def _roles_by_name(
    account_id: str, account: Mapping[str, object]
) -> tuple[dict[str, str], dict[str, str]]:
    """The ARNs of the roles of an account, by their names and by those of their profiles."""
    names: dict[str, str] = {}
    profiles: dict[str, str] = {}
    roles = account.get("roles")
    partition = account.get("partition", "aws")
    for name, role in roles.items() if isinstance(roles, dict) else ():
        if isinstance(role, dict):
            arn = f"arn:{partition}:iam::{account_id}:role{role.get('path', '/')}{name}"
            names[name] = arn
            for profile in role.get("instance_profiles", ()):
                if isinstance(profile, str):
                    profiles[profile.rpartition("/")[2]] = arn
    return names, profiles
