"""Requests that are API calls: a line of the AWS CLI or of boto3, and all that it asks.

What is always asked has to be allowed together, as in `iamsim explain --call`; what hangs on things
that the line does not tell is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.errors import RequestError, WorldError

if TYPE_CHECKING:
    from iamsim.calls.model import Requested
    from iamsim.core.span import Path
    from iamsim.engine.question import ContextValue
    from iamsim.suites.models import DefaultsModel, RequestModel
    from iamsim.world.documents import Document

_INSTEAD = ("action", "resource", "principals", "actions", "resources", "contexts", "matrix")
_EXCLUDED = (*_INSTEAD, "allowed", "denied", "resource_policy", "resource_account")


@dataclass(frozen=True, slots=True)
class CalledLine:
    """A call as it is typed, the context that the file gives with it, and what it asks."""

    line: str
    principal: str
    context: Mapping[str, ContextValue]
    asked: tuple[Requested, ...]


def called_line(
    request: RequestModel, defaults: DefaultsModel, document: Document, path: Path
) -> CalledLine | None:
    """Read the call of a request; None where it names an action.

    Raises `WorldError` for keys that can't stand with a call, for a line that is none, and for one
    that asks nothing of IAM.
    """
    if request.call is None:
        return None
    for key in _EXCLUDED:
        if getattr(request, key) is not None:
            raise WorldError(
                "keys-exclude-each-other",
                f"`{key}` and `call` can't stand in one request",
                span=document.key_span((*path, key)),
                hint="the line says what is asked of which resource; their policies stand in a"
                " world",
            )
    principal = request.principal or defaults.principal
    if not principal:
        raise WorldError(
            "missing-key", "a request needs the key `principal`", span=document.span(path)
        )
    from iamsim.calls.lines import read_line
    from iamsim.calls.model import ALWAYS

    arn = find_arn(principal)
    account = arn.account if arn is not None and is_account_id(arn.account) else None
    try:
        reading = read_line(request.call, region=request.region, account=account)
    except RequestError as error:
        raise WorldError(
            error.code, error.message, span=document.span((*path, "call")), hint=error.hint
        ) from error
    asked = tuple(requested for requested in reading.asked if requested.needed == ALWAYS)
    if not asked:
        why = reading.skipped or "what it asks hangs on what it does not tell"
        raise WorldError(
            "call-asks-nothing",
            f"the call asks nothing of IAM: {why}",
            span=document.span((*path, "call")),
        )
    return CalledLine(request.call, principal, {**defaults.context, **request.context}, asked)
