"""What AWS counts of an account: where the sources hold less of it, something is missing.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.importers.reach import ENTITIES, Reach

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

# What the summary counts, and where the records are.
SUMMARY = {"Users": "users", "Roles": "roles"}
# What the details of a managed policy count, and the field of a principal that has its ARN.
ATTACHED = {"AttachmentCount": "policies", "PermissionsBoundaryUsageCount": "boundary"}
BOUNDED = frozenset({"users", "roles"})


def count_principals(draft: Draft, account: str, summary: dict[str, object]) -> None:
    """Keep what a summary of an account says of how many principals there are."""
    for key, kind in SUMMARY.items():
        number = summary.get(key)
        if isinstance(number, int):
            draft.counted[account, "", kind] = number, draft.source


def count_attachments(draft: Draft, account: str, arn: str, policy: Mapping[str, object]) -> None:
    """Keep to how many principals of an account a managed policy is attached, and of how many it
    is the boundary.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ManagedPolicyDetail.html
    """
    for key, field in ATTACHED.items():
        number = policy.get(key)
        if isinstance(number, int):
            draft.counted[account, field, arn] = number, draft.source


def doubt_counts(draft: Draft) -> None:
    """Doubt what is missing, by these numbers: principals that are not listed, and policies that
    are attached to, or bound, more than one knows of."""
    for (account, field, what), (number, source) in sorted(draft.counted.items()):
        record = draft.account(account).data
        kinds = {kind: record.get(kind) for kind in ENTITIES}
        records = [part for part in kinds.values() if isinstance(part, dict)]
        if field:
            found = sum(_has(entry, field, what) for part in records for entry in part.values())
            role = "is attached" if field == "policies" else "is a permissions boundary"
            why = f"{quote(what)} {role} {number} times in `{account}`, and {found} are known"
        else:
            part = kinds[what]
            found = len(part) if isinstance(part, dict) else 0
            why = f"AWS counts {number} {what} in `{account}`, and {found} are known"
        if found >= number:
            continue
        draft.source = source
        draft.remark("records-missing", why, severity="unknown")
        draft.lose(why, kinds=("principals",), account=account)
        if field == "policies":
            draft.doubt(why, Reach(frozenset(ENTITIES), policies=(what,)))
        elif field:
            draft.doubt(why, Reach(BOUNDED, boundary=what))
        draft.source = ""


def _has(principal: object, field: str, arn: str) -> bool:
    """Whether a policy is attached to a user, group or role, or its boundary."""
    attached = principal.get(field) if isinstance(principal, dict) else None
    return arn in attached if isinstance(attached, list) else arn == attached
