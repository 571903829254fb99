"""IAM: which services somebody called last, and the password policy of the account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from iamsim import catalog
from iamsim.serve.errors import no_such_entity, not_held, validation_error
from iamsim.serve.iam_entities import listed
from iamsim.serve.records import time_text

if TYPE_CHECKING:
    from iamsim.serve.call import Call, Json
    from iamsim.world.model import Role, ServiceAccess, User

ACTIONS = "ACTION_LEVEL"


def _holder(call: Call, arn: str) -> User | Role:
    """The user or role of an ARN; of groups and policies a world does not say what they called."""
    found = call.estate.model.find_principal(arn)
    if found is None:
        raise no_such_entity(f"The entity {arn}")
    return found


def _job_of(arn: str, granularity: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{granularity} {arn}"))


def _generate(call: Call) -> Json:
    """Begin a job, whose number tells what it is about."""
    arn = call.required("Arn")
    holder = _holder(call, arn)
    if holder.last_accessed is None:
        raise not_held(f"the world does not say what {arn} called last")
    return {"JobId": _job_of(arn, call.text("Granularity") or "SERVICE_LEVEL")}


def _details(call: Call) -> Json:
    job = call.required("JobId")
    for account in call.estate.model.accounts.values():
        holders: list[User | Role] = [*account.users.values(), *account.roles.values()]
        for holder in holders:
            for granularity in ("SERVICE_LEVEL", ACTIONS):
                if _job_of(holder.arn, granularity) == job and holder.last_accessed is not None:
                    return _page(call, holder.arn, holder.last_accessed, granularity)
    raise no_such_entity(f"Job {job}")


def _page(call: Call, arn: str, accessed: Mapping[str, ServiceAccess], granularity: str) -> Json:
    records = [
        _service(arn, prefix, entry, granularity) for prefix, entry in sorted(accessed.items())
    ]
    page = listed(call, "ServicesLastAccessed", records)
    done = {"JobCreationDate": call.estate.now, "JobCompletionDate": call.estate.now}
    return {"JobStatus": "COMPLETED", "JobType": granularity, **done, **page}


def _service(arn: str, prefix: str, access: ServiceAccess, granularity: str) -> Json:
    at = time_text(access.at)
    record: Json = {
        "ServiceName": catalog.service_name(prefix) or prefix,
        "ServiceNamespace": prefix,
        "LastAuthenticated": at,
        "LastAuthenticatedEntity": arn if at is not None else None,
        "TotalAuthenticatedEntities": int(at is not None),
    }
    if granularity == ACTIONS:
        record["TrackedActionsLastAccessed"] = [
            {
                "ActionName": name,
                "LastAccessedTime": time_text(time),
                "LastAccessedEntity": arn if time is not None else None,
            }
            for name, time in access.actions.items()
        ]
    return record


def _password_policy(call: Call) -> Json:
    """The password policy, where the world holds it."""
    held = call.account.password_policy
    if held is None:
        raise not_held("the world does not say what the password policy is")
    if not held:
        raise no_such_entity(f"The Password Policy with domain name {call.account.id}")
    return {"PasswordPolicy": {name: _plain(value) for name, value in held.items()}}


def _plain(value: object) -> object:
    """A value of a world, in which every scalar may be a text."""
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:  # noqa: PLR2004 - a number
        return int(value)
    if not isinstance(value, bool | int):
        raise validation_error("iamsim: the password policy of the world has a strange value")
    return value


OPERATIONS: dict[str, Callable[[Call], Json]] = {
    "GenerateServiceLastAccessedDetails": _generate,
    "GetServiceLastAccessedDetails": _details,
    "GetAccountPasswordPolicy": _password_policy,
}
