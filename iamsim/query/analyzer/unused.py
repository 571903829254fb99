"""Roles, access keys and passwords that nobody has used for long, where a world says when.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-unused-access-analysis.html.
Permissions that nobody used are not among them: no dump that iamsim imports has the service last
accessed data.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from iamsim.query.analyzer.finding import AccessFinding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.world.model import Account, Role, User, World

__all__ = ["DEFAULT_DAYS", "find_unused"]

DEFAULT_DAYS = 90  # of AWS's own analyzer
ROLE, USER = "AWS::IAM::Role", "AWS::IAM::User"


def find_unused(model: World, now: str, days: int = DEFAULT_DAYS) -> list[AccessFinding]:
    """What was last used more than `days` before `now` (ISO 8601), by account.

    A role without a date counts when other roles of the account have one: AWS says nothing of what
    was never used. A key or password without a date counts as never used where the key is active.
    """
    limit = _time(now) - timedelta(days=days)
    return [
        finding
        for account in sorted(model.accounts.values(), key=lambda one: one.id)
        for finding in (*_roles(account, limit), *_users(account, limit))
    ]


def _time(text: str) -> datetime:
    """A time in UTC."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _is_old(used: str | None, limit: datetime) -> bool:
    """Whether something was used before a time, or never; what is no time is left alone."""
    if used is None:
        return True
    try:
        return _time(used) < limit
    except ValueError:
        return False


def _roles(account: Account, limit: datetime) -> Iterator[AccessFinding]:
    known = any(role.last_used is not None for role in account.roles.values())
    for _, role in sorted(account.roles.items()):
        if known and not role.service_linked and _is_old(role.last_used, limit):
            yield _finding(FindingKind.UNUSED_ROLE, role, _last(role.last_used))


def _users(account: Account, limit: datetime) -> Iterator[AccessFinding]:
    for _, user in sorted(account.users.items()):
        used = user.password_last_used
        if used is not None and _is_old(used, limit):
            yield _finding(FindingKind.UNUSED_PASSWORD, user, _last(used))
        for number, key in enumerate(user.access_keys, 1):
            if not isinstance(key, Mapping) or key.get("status") == "Inactive":
                continue
            last = key.get("last_used")
            if _is_old(last if isinstance(last, str) else None, limit):
                name = key.get("id")
                details = {"accessKeyId": name if isinstance(name, str) else f"key {number}"}
                details |= _last(last if isinstance(last, str) else None)
                yield _finding(FindingKind.UNUSED_KEY, user, details)


def _last(used: str | None) -> dict[str, str]:
    return {} if used is None else {"lastAccessed": used}


def _finding(kind: FindingKind, entity: User | Role, details: Mapping[str, str]) -> AccessFinding:
    name = USER if hasattr(entity, "groups") else ROLE
    return AccessFinding(kind, entity.arn, name, entity.account, details=details, span=entity.span)
