"""Users, groups and roles that a source names without a word of their policies: `list-users`, the
credential report. What no other source says of these is not known; nor are boundary and tags, which
AWS prints of one user or role, and in no list of them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.core.unknown import find_unknowns
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

# The field of a principal's record that a call tells in whole, as one about one policy does not.
CALLS = {
    "policies": "list-attached-{kind}-policies",
    "inline_policies": "list-{kind}-policies",
    "groups": "list-groups-for-user",
}
ATTRIBUTES = {"boundary": "the permissions boundary", "tags": "the set of tags"}


def doubt_untold(draft: Draft) -> None:
    """Doubt the policies of principals that are named, and of which no source tells them."""
    for (account, kinds, name), source in sorted(draft.named.items()):
        if (account, kinds, name) in draft.told:
            continue
        principals = draft.account(account).data[kinds]
        record = principals[name] if isinstance(principals, dict) else None
        if not isinstance(record, dict):
            continue
        kind = kinds.removesuffix("s")
        draft.source = source
        _doubt_attributes(draft, record, (account, kinds, name))
        if next(find_unknowns(record.get("policies")), None):
            continue
        calls = [
            call.format(kind=kind)
            for field, call in CALLS.items()
            if (account, kinds, name, field) not in draft.complete
            and (kind == "user" or field != "groups")
            and not any(find_unknowns(record.get(field)))
        ]
        if not calls:
            continue
        why = f"which policies the {kind} {quote(name)} of `{account}` has is not known: nothing"
        why += f" tells what {' and '.join(map(quote, calls))} would"
        draft.remark("policy-missing", why, severity="unknown")
        attached = record.setdefault("policies", [])
        if isinstance(attached, list):
            attached.append(marker(why, f"aws iam {calls[0]} --{kind}-name {name}"))
    draft.source = ""


def _doubt_attributes(draft: Draft, record: dict[str, object], place: tuple[str, str, str]) -> None:
    """Doubt the boundary and the tags of a user or role that only lists name."""
    account, kinds, name = place
    kind = kinds.removesuffix("s")
    if kind == "group":
        return
    for field, what in ATTRIBUTES.items():
        if field in record or (*place, field) in draft.complete:
            continue
        why = f"{what} of the {kind} {quote(name)} of `{account}` is not known: no list prints it"
        record[field] = marker(why, f"aws iam get-{kind} --{kind}-name {name}")
        draft.remark("attribute-missing", why, severity="unknown")
