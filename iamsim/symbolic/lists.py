"""Which keys may hold lists in the requests that some policies are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamsim.engine.situation import Situation

__all__ = ["listed_keys"]


def listed_keys(situation: Situation, action: str) -> frozenset[str]:
    """The keys that a set operator reads in some statement about an action (in lower case).

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    return frozenset(
        condition.key
        for station in situation.arrange(action).stations
        if station.policies is not None and station.applies
        for _, statement in station.policies.candidates(action)
        for condition in statement.conditions
        if condition.operator.set_operator is not None
    )
