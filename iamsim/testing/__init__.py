"""Assertions about permissions, for tests of your own.

>>> from iamsim.testing import assert_denied, can
>>> read = {
...     "Version": "2012-10-17",
...     "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
... }
>>> maya = "arn:aws:iam::111122223333:user/maya"
>>> report = "arn:aws:s3:::reports/q3.csv"
>>> assert can(maya).with_policies(identity_policies=[read]).do("s3:GetObject").on(report)
>>> assert_denied(principal=maya, action="s3:PutObject", resource=report, identity_policies=[read])
<Answer implicitDeny: arn:aws:iam::111122223333:user/maya s3:PutObject arn:aws:s3:::reports/q3.csv>

With a world, give it (`world=`), or let the fixture `world` of the pytest plugin name it for all.
What needs hypothesis (`invariant`, `requests` and other laws) is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.testing.assertions import assert_allowed, assert_decision, assert_denied
from iamsim.testing.fluent import Can, Doing, Question, can
from iamsim.testing.worlds import current_world, use_world

if TYPE_CHECKING:
    from iamsim.testing.enforcement import Enforcement, MadeCall, enforce
    from iamsim.testing.laws import (
        invariant,
        never_without_mfa,
        nothing_outside_organization,
        only_in_regions,
        requests,
    )

__all__ = [
    "Can",
    "Doing",
    "Enforcement",
    "MadeCall",
    "Question",
    "assert_allowed",
    "assert_decision",
    "assert_denied",
    "can",
    "current_world",
    "enforce",
    "invariant",
    "never_without_mfa",
    "nothing_outside_organization",
    "only_in_regions",
    "requests",
    "use_world",
]


_CALLS = frozenset({"Enforcement", "MadeCall", "enforce"})


def __getattr__(name: str) -> object:
    """Load a law: assertions work without hypothesis, and start fast."""
    if name not in __all__:
        message = f"module `iamsim.testing` has no attribute `{name}`"
        raise AttributeError(message)
    if name in _CALLS:
        from iamsim.testing import enforcement

        called: object = getattr(enforcement, name)
        return called
    from iamsim.testing import laws

    value: object = getattr(laws, name)
    return value
