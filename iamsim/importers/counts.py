"""What AWS counts of an account: where the sources hold less of it, something is missing.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.importers.reach import ENTITIES, Reach

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

__all__ = ["count_attachments", "count_principals", "doubt_counts"]

# What the summary counts, and where the records are.
SUMMARY = {"Users": "users", "Roles": "roles"}


def count_principals(draft: Draft, account: str, summary: dict[str, object]) -> None:
    """Keep what a summary of an account says of how many principals there are."""
    for key, kind in SUMMARY.items():
        number = summary.get(key)
        if isinstance(number, int):
            draft.counted[account, kind] = number, draft.source


def count_attachments(draft: Draft, account: str, arn: str, number: object) -> None:
    """Keep to how many principals of an account a managed policy is attached."""
    if isinstance(number, int):
        draft.counted[account, arn] = number, draft.source


def doubt_counts(draft: Draft) -> None:
    """Doubt what is missing, by these numbers: principals that are not listed, and policies that
    are attached to more than one knows of."""
    for (account, what), (number, source) in sorted(draft.counted.items()):
        record = draft.account(account).data
        kinds = {kind: record.get(kind) for kind in ENTITIES}
        records = [part for part in kinds.values() if isinstance(part, dict)]
        is_policy = what not in kinds
        if is_policy:
            found = sum(_has(entry, what) for part in records for entry in part.values())
            why = f"{quote(what)} is attached {number} times in `{account}`, and {found} are known"
        else:
            part = kinds[what]
            found = len(part) if isinstance(part, dict) else 0
            why = f"AWS counts {number} {what} in `{account}`, and {found} are known"
        if found >= number:
            continue
        draft.source = source
        draft.remark("records-missing", why, severity="unknown")
        draft.lose(why, kinds=("principals",), account=account)
        if is_policy:
            draft.doubt(why, Reach(frozenset(ENTITIES), policies=(what,)))
        draft.source = ""


def _has(principal: object, arn: str) -> bool:
    """Whether a policy is attached to a user, group or role."""
    attached = principal.get("policies") if isinstance(principal, dict) else None
    return isinstance(attached, list) and arn in attached
