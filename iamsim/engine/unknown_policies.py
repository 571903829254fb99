"""What stands in decisions for settings, grants and shares that a world does not know: a policy
that may allow, or do anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.compile.policy import PolicySet, compile_policy
from iamsim.core.decision import PolicyType
from iamsim.core.span import Source
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.core.unknown import Unknown


def may_do_anything(name: str, unknown: Unknown) -> PolicySet:
    """What may allow or deny whatever it is asked about."""
    return _compiled(name, dict(unknown.to_marker()))


def may_allow(name: str, unknown: Unknown, actions: Sequence[str] = ("*",)) -> PolicySet:
    """What may allow whatever it is asked about, of some actions, and denies nothing."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": list(actions),
        "Resource": "*",
        "Condition": {**unknown.to_marker(), "source": unknown.source},
    }
    return _compiled(name, {"Version": "2012-10-17", "Statement": [statement]})


def _compiled(name: str, document: dict[str, object]) -> PolicySet:
    policy = parse_policy(
        document,
        name=name,
        source=Source(name, ""),
        policy_type=PolicyType.RESOURCE,
        lenient=True,
    )
    return PolicySet((compile_policy(policy, PolicyType.RESOURCE, lenient=True),))
