"""AWS managed policies that an import names: the account's own text counts where it is another one.

iamsim ships a snapshot of AWS's policies; AWS changes them. Where a source holds the document (as
account authorization details do), that version is what the account has.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iamsim.catalog.managed import find_managed_policy
from iamsim.core.arn import is_managed_policy
from iamsim.core.caret import quote
from iamsim.importers.slots import policy_slots

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft


def settle_managed_policies(draft: Draft) -> None:
    """Put documents that differ from the shipped ones under the shared policies, and refer to them.

    What a policy says that neither iamsim nor a source holds is not known: its name stays.
    """
    decided: dict[str, str | None] = {}
    for slot in list(policy_slots(draft.plain)):
        arn = slot.value
        if not isinstance(arn, str) or not is_managed_policy(arn):
            continue
        if arn not in decided:
            decided[arn] = _reference(arn, draft)
        reference = decided[arn]
        if reference is not None:
            slot.put(reference)
            continue
        draft.source = draft.origin(slot.path)
        draft.remark(
            "managed-policy-unknown",
            f"the AWS managed policy {quote(arn, 100)} is not known here, and no source holds its"
            " document: what it says is unknown",
            slot.place,
            "unknown",
        )
    draft.source = ""


def _reference(arn: str, draft: Draft) -> str | None:
    """Give what to write for an AWS managed policy: its ARN, or the name of another version."""
    shipped = find_managed_policy(arn)
    document = draft.managed.get(arn)
    if document is None:
        return None if shipped is None else arn
    if shipped is not None and json.loads(shipped.document_text) == document:
        return arn
    name = f"{arn.rpartition('/')[2]} (AWS managed)"
    draft.shared_policy(name, document)
    return name
