"""From an API call to the questions that it asks of IAM.

What the packed table says of the operation is asked on the resources that the parameters name;
operations with rules of their own have a function in `iamsim.calls.services`. To these come the
questions that parameters of any service bring: roles that are handed over, tags on what is made,
keys of KMS.
"""

from __future__ import annotations

from iamsim import catalog
from iamsim.calls import services
from iamsim.calls.asker import Asker
from iamsim.calls.data import Asks, find_service
from iamsim.calls.extras import ask_keys, ask_roles, ask_tags
from iamsim.calls.model import ALWAYS, DEPENDS, Call, Reading
from iamsim.core.errors import RequestError


def read(call: Call) -> Reading:
    """Say what a call asks; raises `RequestError` for a service or operation that is not known."""
    service = find_service(call.service)
    if service is None:
        raise RequestError("unknown-service", f"there is no service `{call.service}`")
    operation = service.operation(call.operation)
    if operation is None:
        from iamsim.calls.names import close_operation

        raise RequestError(
            "unknown-operation",
            f"`{call.service}` has no operation `{call.operation}`",
            hint=close_operation(service, call.operation),
        )
    asker = Asker(call, service, operation)
    reason = services.not_asked(service.name, operation.name)
    if reason is not None:
        asker.reading.skipped = reason
        return asker.reading
    services.prepare(asker)
    handler = services.handler(service.name, operation.name)
    if handler is not None:
        handler(asker)
    else:
        _ask_named(asker)
    if not asker.reading.asked:
        asker.note(
            f"which permissions `{service.name}:{operation.name}` needs is not known:"
            " no action of its service has this name, and AWS's pages that were read name none"
        )
    ask_roles(asker)
    ask_tags(asker)
    ask_keys(asker)
    services.remark(asker)
    return asker.reading


def _ask_named(asker: Asker) -> None:
    """Ask what a user's own file of AWS's service reference says, else what the table says."""
    service, operation = asker.service.name, asker.operation
    told = catalog.authorized_actions(service, operation.name)
    if not told:
        asker.ask_all()
        return
    known = {asks.action.lower(): asks for asks in operation.asks}
    for action in told:
        if action.lower() == "iam:passrole":
            continue  # asked for the roles that the parameters name
        own = action.partition(":")[0] in asker.service.prefixes
        asks = known.get(action.lower()) or Asks(action, {})
        asker.ask_named(asks, needed=ALWAYS if own else DEPENDS)
