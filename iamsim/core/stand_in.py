"""Stand-ins for what AWS always says and a world may not: ids of IAM, and when something was made.

`iamsim serve` gives them where programs rely on a member being there; importers know them, and take
what they stand for as not said. No id and no time of AWS looks like one of them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""

from __future__ import annotations

from base64 import b32encode
from hashlib import sha256

__all__ = ["NO_TIME", "is_stand_in", "stand_in_id"]

NO_TIME = "1970-01-01T00:00:00Z"
MARK = "IAMSIM"
PREFIX_LENGTH, LENGTH = 4, 21


def stand_in_id(prefix: str, arn: str) -> str:
    """Make an id with AWS's prefix of a kind (`AIDA` for users): the same for the same ARN."""
    digest = b32encode(sha256(arn.encode()).digest()).decode()
    return f"{prefix}{MARK}{digest}"[:LENGTH]


def is_stand_in(text: str) -> bool:
    """Whether an id or a time stands for one that is not known."""
    return text == NO_TIME or text[PREFIX_LENGTH:].startswith(MARK)
