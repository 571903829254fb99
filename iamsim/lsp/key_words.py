"""When a request has a condition key, in words.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from iamsim.catalog.presence import CallerColumn, Presence, Way, presence_of

CALLERS = {
    CallerColumn.ROOT_USER: "root users",
    CallerColumn.USER: "IAM users",
    CallerColumn.SESSION_TOKEN: "session tokens of users",
    CallerColumn.ROLE_SESSION: "role sessions",
    CallerColumn.FEDERATED_USER: "federated users",
    CallerColumn.ASSUMED_ROOT: "privileged root sessions",
    CallerColumn.SERVICE: "AWS services",
    CallerColumn.IDENTITY_PROVIDER: "callers with a token of a provider",
    CallerColumn.ORIGIN_ACCESS_IDENTITY: "origin access identities",
    CallerColumn.ANONYMOUS: "anonymous callers",
}
WAYS = {
    Way.PUBLIC: "directly",
    Way.ENDPOINT: "through a VPC endpoint",
    Way.FORWARDED: "by a service for its caller",
}
TOLD = {
    Presence.ALWAYS: "always there for",
    Presence.SOMETIMES: "may be there for",
    Presence.UNCLEAR: "AWS does not settle whether it is there for",
    Presence.NEVER: "never there for",
}
HOW_OFTEN = tuple(TOLD)


def presence_text(key: str) -> str:
    """Say for whom a key (in lower case) is there, and on which way of a call it is not."""
    best = {caller: _best(key, caller) for caller in CallerColumn}
    parts = []
    for presence in HOW_OFTEN:
        callers = [CALLERS[caller] for caller in CallerColumn if best[caller] is presence]
        if len(callers) == len(CallerColumn):
            return f"{TOLD[presence]} every caller{_without(key)}"
        if callers:
            parts.append(f"{TOLD[presence]} {', '.join(callers)}")
    return "; ".join(parts) + _without(key)


def _best(key: str, caller: CallerColumn) -> Presence:
    """What holds for a caller on the way on which the key is there most often."""
    return min((presence_of(key, caller, way) for way in Way), key=HOW_OFTEN.index)


def _without(key: str) -> str:
    """On which ways nobody has the key."""
    never = [
        told
        for way, told in WAYS.items()
        if all(presence_of(key, caller, way) is Presence.NEVER for caller in CallerColumn)
    ]
    return f"; not where the call comes {' or '.join(never)}" if never else ""
