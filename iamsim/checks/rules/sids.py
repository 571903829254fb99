"""Statement ids that are empty, twice the same, or written with unsupported characters.

## What it finds
A `Sid` that is an empty text; one that stands twice in a policy (an error where IAM and AWS
Organizations keep the policy, a warning in resource-based policies); in policies of IAM and AWS
Organizations, one with other characters than the letters A to Z and a to z and digits.

## Why it matters
IAM refuses duplicates and other characters. Elsewhere two statements of one name make access denied
messages, logs and reviews ambiguous.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.core.caret import quote
from iamsim.core.decision import PolicyType
from iamsim.core.span import Path

# Where the services that keep the policy accept duplicates and other characters.
TOLERANT = frozenset({PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.VPC_ENDPOINT})


@checks("UNIQUE_SIDS_REQUIRED", "UNIQUE_SIDS_RECOMMENDED")
def duplicate_sids(policy: PolicyView) -> Findings:
    """No two statements have one id."""
    places: dict[str, list[Path]] = {}
    for statement in policy.statements:
        if statement.sid is not None and statement.sid.text:
            places.setdefault(statement.sid.text, []).append(statement.sid.path)
    tolerant = policy.policy_type in TOLERANT
    code = "UNIQUE_SIDS_RECOMMENDED" if tolerant else "UNIQUE_SIDS_REQUIRED"
    for sid, paths in places.items():
        if len(paths) > 1:
            message = f"{len(paths)} statements have the Sid {quote(sid)}"
            yield policy.finding(code, message, *paths, hint="give each statement a Sid of its own")


@checks("UNSUPPORTED_SID")
def unsupported_sid(policy: PolicyView) -> Findings:
    """In IAM an id consists of letters and digits."""
    if policy.policy_type in TOLERANT:
        return
    for statement in policy.statements:
        sid = statement.sid
        if sid is not None and sid.text and not (sid.text.isascii() and sid.text.isalnum()):
            message = f"the Sid {quote(sid.text)} has other characters than letters and digits"
            plain = "".join(filter(str.isalnum, sid.text.encode("ascii", "ignore").decode()))
            hint = f"write {quote(plain)}" if plain else None
            yield policy.finding("UNSUPPORTED_SID", message, sid.path, hint=hint)


@checks("EMPTY_SID_VALUE")
def empty_sid(policy: PolicyView) -> Findings:
    """An empty id names nothing."""
    for statement in policy.statements:
        if statement.sid is not None and not statement.sid.text:
            hint = "give the statement a name, or take `Sid` out"
            yield policy.finding(
                "EMPTY_SID_VALUE", "the Sid is empty", statement.sid.path, hint=hint
            )
