"""Roles, access keys and passwords that nobody has used for long, where a world says when.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-unused-access-analysis.html.
Permissions that nobody used are in `iamsim.query.analyzer.unused_permissions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.query.analyzer.finding import AccessFinding, FindingKind
from iamsim.query.analyzer.since import find_limit, is_old, read_time

if TYPE_CHECKING:
    from datetime import datetime

    from iamsim.world.model import Account, Role, User, World

DEFAULT_DAYS = 90  # of AWS's own analyzer
ROLE, USER = "AWS::IAM::Role", "AWS::IAM::User"
NEVER = "never"


class Unjudged(NamedTuple):
    """How many principals a world has, of how many of them nobody says what they called, and of how
    many users whether their passwords and access keys are used."""

    principals: int = 0
    callers: int = 0
    credentials: int = 0

    def sentences(self) -> list[str]:
        """What is not known, and what would tell."""
        found = []
        if self.callers:
            found.append(
                f"what {self.callers} of {self.principals} principals called is not known:"
                " last-accessed data or logs of the whole time would tell"
            )
        if self.credentials:
            found.append(
                f"whether passwords and access keys are used is not known of {self.credentials}"
                f" {'user' if self.credentials == 1 else 'users'}: a credential report would tell"
            )
        return found


def count_unjudged(model: World) -> Unjudged:
    """Count those of whom a world does not say enough to call anything unused."""
    accounts = model.accounts.values()
    users = [user for account in accounts for user in account.users.values()]
    roles = [role for account in accounts for role in account.roles.values()]
    judged: list[User | Role] = [*users, *(role for role in roles if not role.service_linked)]
    return Unjudged(
        len(users) + len(roles),
        sum(principal.last_accessed is None for principal in judged),
        sum(not _tells_credentials(user) for user in users),
    )


def _tells_credentials(user: User) -> bool:
    """Whether a world says of a user's password and of all access keys when they were used."""
    password = user.password_enabled is not None or user.password_last_used is not None
    return (
        password
        and user.access_keys is not None
        and all(
            isinstance(key, Mapping) and (key.get("status") == "Inactive" or "last_used" in key)
            for key in user.access_keys
        )
    )


def find_unused(model: World, now: str, days: int = DEFAULT_DAYS) -> list[AccessFinding]:
    """What was last used more than `days` before `now` (ISO 8601), by account.

    A role without a date counts when other roles of the account have one: AWS says nothing of what
    was never used. A password without a date counts as never used where it is there, and a key
    where `never` is said of it: without either nobody says. What was made within this time does not
    count: AWS's analyzer looks only at what existed during all of it.
    """
    limit = find_limit(now, days)
    return [
        finding
        for account in sorted(model.accounts.values(), key=lambda account: account.id)
        for finding in (*_roles(account, limit), *_users(account, limit))
    ]


def is_new(created: str | None, limit: datetime) -> bool:
    """Whether something was made after a time."""
    return created is not None and not is_old(created, limit)


def unused_roles(account: Account, limit: datetime) -> list[Role]:
    """The roles of an account that nobody has used since a time, by name: of those of which
    somebody says when they were used."""
    told = any(role.last_used is not None for role in account.roles.values())
    return [
        role
        for _, role in sorted(account.roles.items())
        if told
        and not role.service_linked
        and not is_new(role.created, limit)
        and all(is_old(time, limit) for time in _times(role))
    ]


def _times(role: Role) -> list[str]:
    """When a role was used: as a whole, and for each service."""
    services = (role.last_accessed or {}).values()
    times = (role.last_used, *(service.at for service in services))
    return [time for time in times if time is not None and time != NEVER]


def _roles(account: Account, limit: datetime) -> Iterator[AccessFinding]:
    for role in unused_roles(account, limit):
        last = max(_times(role), key=read_time, default=None)
        yield _finding(FindingKind.UNUSED_ROLE, role, _last(last))


def _users(account: Account, limit: datetime) -> Iterator[AccessFinding]:
    for _, user in sorted(account.users.items()):
        used = user.password_last_used
        if _has_old_password(user, limit) and is_old(used, limit):
            yield _finding(FindingKind.UNUSED_PASSWORD, user, _last(used))
        for number, key in enumerate(user.access_keys or (), 1):
            if not isinstance(key, Mapping) or key.get("status") == "Inactive":
                continue
            used, created = _text(key, "last_used"), _text(key, "created")
            last = None if used == NEVER else used
            if used is not None and is_old(last, limit) and not is_new(created, limit):
                details = {"accessKeyId": _text(key, "id") or f"key {number}"} | _last(last)
                yield _finding(FindingKind.UNUSED_KEY, user, details)


def _has_old_password(user: User, limit: datetime) -> bool:
    """Whether a user has a password, set before a time. Where nobody says whether there is one, a
    use of it does."""
    if user.password_enabled is None:
        return user.password_last_used is not None
    since = user.password_last_changed or user.created
    return user.password_enabled and not is_new(since, limit)


def _text(facts: Mapping[str, object], name: str) -> str | None:
    value = facts.get(name)
    return value if isinstance(value, str) else None


def _last(used: str | None) -> dict[str, str]:
    return {} if used is None else {"lastAccessed": used}


def _finding(kind: FindingKind, entity: User | Role, details: Mapping[str, str]) -> AccessFinding:
    name = USER if hasattr(entity, "groups") else ROLE
    return AccessFinding(kind, entity.arn, name, entity.account, details=details, span=entity.span)
