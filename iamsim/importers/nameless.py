"""What goes under another name than its own, because a source does not tell it.

A question about the real name is one about something that is not listed, and policies that say the
real name may be about it. That AWS's own managed policies name some by a pattern is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.caret import quote
from iamsim.importers.reach import HOLDERS, Reach

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

CALLER_ALONE = "aws:user"  # how keys and variables begin that hold the name of a caller alone
PRINCIPALS = {"user": "users", "role": "roles", "group": "groups"}
_is_any = re.compile(r"[*?/:]*").fullmatch


def note_nameless(
    draft: Draft, arn: str, account: str, why: str, permission_set: str | None = None
) -> None:
    """Say that what goes by an ARN has another name, which a source does not tell; of a permission
    set it is that of its role."""
    found = find_arn(arn)
    if found is None:
        return
    kind = "resources"
    names = {arn}
    if permission_set is not None:
        kind, names = "permission_sets", {permission_set}
    elif found.service == "iam":
        kind = PRINCIPALS.get(found.resource.partition("/")[0], "")
        names = {found.resource.rpartition("/")[2]}
    if kind in ("", "groups"):  # nobody asks about these, and no policy names one
        return
    lost = "principals" if kind in HOLDERS else kind
    draft.lose(f"what {quote(arn)} is called is not known: {why}", kinds=(lost,), account=account)
    reach = Reach(frozenset({kind}), names=frozenset(names), stand_in=arn)
    draft.doubt(f"which policies name {quote(arn)} is not known: {why}", reach)


def may_be_named(arn: str, data: object) -> bool:
    """Whether a text in a world may name what goes by an ARN, and is no name of another."""
    own = find_arn(arn)
    texts = {text for text in _texts(data) if "aws:" in text or text.startswith("arn:")}
    known = _known(data)
    return own is None or any(_may_name(text, arn, known) for text in texts)


def _may_name(text: str, arn: str, known: set[str]) -> bool:
    """Whether one text may name it."""
    own, other = find_arn(arn), find_arn(text)
    lowered = text.lower()
    principal = own is not None and own.service == "iam"
    if principal and CALLER_ALONE in lowered:
        return True
    if own is None or other is None or text in known:
        return False
    if text == arn or text.startswith((f"{arn}/", f"{arn}:")):
        return False
    if any(text.startswith((f"{name}/", f"{name}:")) for name in known):
        return False
    expected, _, behind = own.resource.partition("/")
    kind, _, rest = other.resource.partition("/")
    if not behind:
        rest = other.resource
    elif kind != expected and not set("*?") & set(kind):
        return False
    return other.service in (own.service, "*") and not _is_any(rest)


def _known(data: object) -> set[str]:
    """The ARNs of what a world lists."""
    found: set[str] = set()
    accounts = data.get("accounts") if isinstance(data, dict) else None
    for account, record in accounts.items() if isinstance(accounts, dict) else ():
        if not isinstance(record, dict):
            continue
        for kind, records in ((kind, record.get(kinds)) for kind, kinds in PRINCIPALS.items()):
            for name, entry in records.items() if isinstance(records, dict) else ():
                path = entry.get("path", "/") if isinstance(entry, dict) else "/"
                found.add(f"arn:{record.get('partition', 'aws')}:iam::{account}:{kind}{path}{name}")
        resources = record.get("resources")
        found |= set(resources) if isinstance(resources, dict) else set()
    return found


def _texts(value: object) -> Iterator[str]:
    """All texts of the policies in data, and the names of the keys of their conditions."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            yield from (key for key in part if isinstance(key, str) and key[:4].lower() == "aws:")
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
