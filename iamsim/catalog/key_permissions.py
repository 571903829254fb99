"""What actions need of the KMS key that encrypts their resource; the file names the pages.

>>> key_permissions()["sqs:sendmessage"]
('kms:GenerateDataKey', 'kms:Decrypt')
"""

from __future__ import annotations

from functools import cache

from iamsim.catalog.files import data_lines

# Where the service that calls KMS is not called like the alias of its AWS managed key:
# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
CALLING = {"ebs": "ec2"}


@cache
def key_permissions() -> dict[str, tuple[str, ...]]:
    """Give the actions, in small letters, with the permissions on the key that they need."""
    rows = (
        line.strip().split(": ") for line in data_lines("key_permissions.txt") if line[0] == " "
    )
    return {action.lower(): tuple(needed.split()) for action, needed in rows}


def service_of_managed_key(name: str) -> str:
    """Give the service that calls KMS for an AWS managed key, by the name in its alias."""
    return CALLING.get(name, name)
