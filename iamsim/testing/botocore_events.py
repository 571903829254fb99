"""Where `enforce` meets botocore: handlers of its events, registered once and idle between blocks.

Every client copies the handlers of its session. So those that exist are found when a process first
enforces, and sessions made later register what stands in botocore's `BUILTIN_HANDLERS`, where moto
registers itself too. `before-parameter-build` tells the parameters as code gave them: there a call
is decided. `before-call` comes when they are valid and the endpoint is known; what it returns
stands for the answer of the service, so that botocore itself raises the client's class of error.

https://docs.aws.amazon.com/boto3/latest/guide/events.html
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from botocore import handlers
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.session import Session

from iamsim.testing.service_errors import error_of

if TYPE_CHECKING:
    from iamsim.testing.decided_calls import Enforcement, MadeCall

_CALL = "iamsim"  # in the context of a request, between the events of one call
_UNSENT = "is_presign_request"  # botocore's own: nothing will be sent, so nothing is stubbed
_innermost: list[Callable[[], Enforcement | None]] = []


def _active() -> Enforcement | None:
    return _innermost[0]()


def listen(innermost: Callable[[], Enforcement | None]) -> None:
    """Hear of the calls of all clients, those that exist and those that will be made.

    `innermost` gives the block that decides, or None outside of all. Warns where something replaced
    the method from which all events come: what the replacement answers itself is not decided.
    """
    if getattr(BaseClient._make_api_call, "__module__", None) != BaseClient.__module__:  # noqa: SLF001 - only looked at
        warnings.warn(
            "botocore's `BaseClient._make_api_call` is replaced: calls that the replacement answers"
            " itself are not decided by iamsim; use botocore's Stubber or moto",
            stacklevel=4,
        )
    if _innermost:
        return
    _innermost.append(innermost)
    # `*.*` comes before what is registered for one operation: no stub answers earlier.
    events = (
        ("before-parameter-build.*.*", _decide),
        ("before-call.*.*", _answer),
        ("after-call.sts.*", _follow),
    )
    for event, handler in events:
        handlers.BUILTIN_HANDLERS.append((event, handler, handlers.REGISTER_FIRST))
    for emitter in _emitters():
        for event, handler in events:
            emitter.register_first(event, handler, unique_id=f"iamsim.{event}")
            _move_to_the_front(emitter, event, handler)


def _move_to_the_front(emitter: Any, event: str, handler: object) -> None:  # noqa: ANN401 - botocore's
    """Let a handler come first: a Stubber that is active already asks, as the first, for an answer
    to each call."""
    node = emitter._emitter._handlers._root  # noqa: SLF001 - botocore has no other way
    for part in event.split("."):
        node = node["children"][part]
    first = node["values"].first
    first.remove(handler)
    first.insert(0, handler)


def _emitters() -> Iterator[Any]:
    """Those of sessions and clients that exist: botocore keeps no list of them."""
    if gc.get_freeze_count():  # what was put away for good is among them
        gc.unfreeze()
    for thing in gc.get_objects():
        kind = type(thing)
        if issubclass(kind, BaseClient):
            yield thing.meta.events
        elif issubclass(kind, Session):
            yield thing.get_component("event_emitter")


def _decide(model: Any, params: Any, context: dict[str, Any], **_rest: object) -> None:  # noqa: ANN401 - botocore's
    """Decide a call by the parameters as code gave them: handlers behind this change them."""
    active = _active()
    if active is None or context.get(_UNSENT):
        return
    if active.follows_credentials:  # whose they are, only `before-call` tells
        context[_CALL] = active, dict(params), None
        return
    made = _read(active, model, dict(params), context, None)
    context[_CALL] = active, made.parameters, made
    if not made.allowed:
        context[_UNSENT] = True  # as a URL that is only signed: a Stubber keeps its answers


def _answer(
    model: Any,  # noqa: ANN401 - botocore's OperationModel
    context: dict[str, Any],
    request_signer: Any,  # noqa: ANN401 - botocore's
    **_rest: object,
) -> tuple[AWSResponse, dict[str, Any]] | None:
    """Count a call that would leave: None lets it go on, a pair is the answer of the service."""
    if _CALL not in context:
        return None
    active, params, made = context[_CALL]
    if made is None:
        credentials = request_signer._credentials  # noqa: SLF001 - nothing else tells whose call it is
        key = None if credentials is None else str(credentials.access_key)
        made = _read(active, model, params, context, key)
    active.count(made)
    if made.allowed:
        return None
    context.pop(_UNSENT, None)
    answer = error_of(model.service_model, model.name, made)
    return AWSResponse(None, answer["ResponseMetadata"]["HTTPStatusCode"], {}, None), answer


def _read(
    active: Enforcement,
    model: Any,  # noqa: ANN401 - botocore's OperationModel
    params: dict[str, Any],
    context: dict[str, Any],
    key: str | None,
) -> MadeCall:
    service = model.service_model.service_name
    return active.decide(service, model.name, params, context["client_region"], key)


def _follow(context: dict[str, Any], parsed: object, **_rest: object) -> None:
    """Take note of the credentials that a call of STS gave out."""
    if _CALL in context:
        context[_CALL][0].assumed(parsed)


def explained(error: BaseException) -> Iterator[tuple[ClientError, str]]:
    """Give the denials of ours in an error and in those that it came from."""
    seen: set[int] = set()
    raised: BaseException | None = error
    while raised is not None and id(raised) not in seen:
        seen.add(id(raised))
        if isinstance(raised, ClientError) and "iamsim" in raised.response:
            yield raised, raised.response["iamsim"]["explanation"]
        raised = raised.__cause__ or raised.__context__
