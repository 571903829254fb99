"""Calls of boto3 in tests, decided before they leave.

>>> from iamsim.testing import enforce
>>> with enforce(world, principal="arn:aws:iam::111122223333:role/app") as calls:  # doctest: +SKIP
...     make_the_report()
>>> calls.unused()  # doctest: +SKIP

Under moto, with botocore's stubs or alone: a denied call raises the `ClientError` that the service
answers, and reaches nothing. botocore is needed by whoever uses this, and by nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from iamsim.testing.decided_calls import Enforcement, MadeCall

if TYPE_CHECKING:
    from iamsim.api import World

__all__ = ["Enforcement", "MadeCall", "enforce"]

_ACTIVE: list[Enforcement] = []
_LOCK = threading.RLock()


@contextmanager
def enforce(
    world: World,
    *,
    principal: str,
    context: Mapping[str, object] | None = None,
    session: Mapping[str, Any] | None = None,
) -> Iterator[Enforcement]:
    """Decide every call of boto3 in the block before it is made, in the name of a principal.

    `context` are keys that all calls carry besides those of their parameters. A denied call raises
    botocore's `ClientError`, as the service would; calls of sessions that code assumes are decided
    as those. Raises `InputError` for a principal that can't be asked about.
    """
    from iamsim.testing import botocore_events

    enforcement = Enforcement(world, principal, context, session)
    world.decide(principal=principal, action="sts:GetCallerIdentity")
    with _LOCK:
        botocore_events.listen(_innermost)
        _ACTIVE.append(enforcement)
    try:
        yield enforcement
    except Exception as error:
        for raised, explanation in botocore_events.explained(error):
            raised.add_note(f"iamsim: {explanation}")
        raise
    finally:
        with _LOCK:
            _ACTIVE.remove(enforcement)


def _innermost() -> Enforcement | None:
    """The innermost block that is open: it decides the calls of all threads."""
    return _ACTIVE[-1] if _ACTIVE else None
