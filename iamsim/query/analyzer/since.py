"""Times of what was last used, against the start of the time that is looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def read_time(text: str) -> datetime:
    """A time in UTC; raises `ValueError` for what is no ISO 8601."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def find_limit(now: str, days: int) -> datetime:
    """The time so many days before `now`; the first one there is, where that would be earlier."""
    try:
        return read_time(now) - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def is_old(used: str | None, limit: datetime) -> bool:
    """Whether something was used before a time, or never; what is no time is left alone."""
    if used is None:
        return True
    try:
        return read_time(used) < limit
    except (ValueError, OverflowError):
        return False
