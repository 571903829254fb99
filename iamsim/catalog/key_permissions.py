"""What actions need of the KMS key that encrypts their resource; the file names the pages.

>>> key_permissions()["sqs:sendmessage"]
('kms:GenerateDataKey', 'kms:Decrypt')
"""

from __future__ import annotations

from functools import cache

from iamsim.catalog.files import data_lines

__all__ = ["key_permissions"]


@cache
def key_permissions() -> dict[str, tuple[str, ...]]:
    """Give the actions, in small letters, with the permissions on the key that they need."""
    rows = (
        line.strip().split(": ") for line in data_lines("key_permissions.txt") if line[0] == " "
    )
    return {action.lower(): tuple(needed.split()) for action, needed in rows}
