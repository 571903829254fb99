"""STS: who calls.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.core.stand_in import stand_in_id
from iamsim.serve.errors import validation_error
from iamsim.world.model import User

if TYPE_CHECKING:
    from iamsim.serve.call import Call, Json


def _caller_identity(call: Call) -> Json:
    """The user that a key is of; else the root user of the account."""
    user = call.estate.model.find_principal(call.caller)
    identifier = call.account.id
    if isinstance(user, User):
        identifier = user.id or stand_in_id("AIDA", user.arn)
    return {"UserId": identifier, "Account": call.account.id, "Arn": call.caller}


def _key_info(call: Call) -> Json:
    """The account of a key, where the world lists the key."""
    key = call.required("AccessKeyId")
    if key not in call.estate.callers:
        raise validation_error(f"iamsim: no account of the world lists the key {key}")
    return {"Account": call.estate.callers[key][0].id}


OPERATIONS: dict[str, Callable[[Call], Json]] = {
    "GetCallerIdentity": _caller_identity,
    "GetAccessKeyInfo": _key_info,
}
