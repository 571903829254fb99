"""Small readers for the shapes that AWS's outputs have: lists of records, texts, names in ARNs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.stand_in import NO_TIME
from iamsim.importers.misspelt import Properties

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

Json = dict[str, object]
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def pages(data: object) -> Iterator[tuple[Json, str]]:
    """Go through the objects of an output with their places: one, or several pages in a list."""
    if isinstance(data, dict):
        yield data, ""
    elif isinstance(data, list):
        for index, page in enumerate(data):
            if isinstance(page, dict):
                yield page, f"[{index}]."


def records(
    draft: Draft, data: Mapping[str, object], key: str, place: str
) -> Iterator[tuple[Json, str]]:
    """Go through a list of objects with their places; whatever else is in it makes a remark."""
    value = data.get(key)
    if value is None:
        return
    if not isinstance(value, list):
        draft.unreadable(f"`{key}` is not a list", f"{place}{key}")
        return
    for index, record in enumerate(value):
        at = f"{place}{key}[{index}]"
        if isinstance(record, dict):
            yield Properties(record), at
        else:
            draft.unreadable("this is not an object", at)


def is_list_of(data: Mapping[str, object], key: str, fits: Callable[[object], object]) -> bool:
    """Whether a key is not there, or holds a list of things that fit: a source that tells of
    something else there does not tell what it should."""
    value = data.get(key, [])
    return isinstance(value, list) and all(map(fits, value))


def text(data: Mapping[str, object], *keys: str) -> str | None:
    """Give the first text that is not empty under one of the keys."""
    for key in keys:
        value = data.get(key)
        if isinstance(value, str) and value:
            return value
    return None


def texts(data: Mapping[str, object], key: str) -> list[str]:
    """Give the texts of a list."""
    value = data.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def time_text(value: object) -> str | None:
    """Give a time as AWS writes it, in UTC to the second; `None` for what is no ISO 8601, and for
    the time that stands for one that is not known."""
    if not isinstance(value, str) or value == NO_TIME:
        return None
    try:
        time = datetime.fromisoformat(value)
        zoned = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return zoned.strftime("%Y-%m-%dT%H:%M:%SZ")


def account_of(arn: str | None) -> str | None:
    """Give the account that an ARN names, if it names one."""
    found = find_arn(arn) if arn is not None else None
    return found.account if found is not None and is_account_id(found.account) else None


def account_of_path(path: str) -> str | None:
    """Give the account that a path names: the last account id that is a word of it."""
    for name in reversed(folder_names(path)):
        if is_account_id(name):
            return name
        for piece in UUID.sub("", name).replace("_", ".").replace("-", ".").split("."):
            if is_account_id(piece):
                return piece
    return None


def folder_names(path: str) -> list[str]:
    """Give the parts of a path; the last is the file name."""
    return [name for name in path.split("/") if name]
