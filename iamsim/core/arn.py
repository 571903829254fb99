"""Amazon Resource Names and account ids.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html.
"""

from __future__ import annotations

from typing import NamedTuple

from iamsim.core.errors import RequestError

__all__ = ["ARN_PARTS", "Arn", "find_arn", "is_account_id", "parse_arn"]

ARN_PARTS = 6
ACCOUNT_ID_LENGTH = 12


class Arn(NamedTuple):
    """The parts of an ARN; `resource` keeps its own colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @property
    def text(self) -> str:
        """The ARN as one string."""
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def find_arn(text: str) -> Arn | None:
    """Take an ARN apart, or give `None` when the text has not the six parts of one."""
    parts = text.split(":", ARN_PARTS - 1)
    if len(parts) != ARN_PARTS or parts[0] != "arn":
        return None
    return Arn(*parts[1:])


def parse_arn(text: str) -> Arn:
    """Take an ARN apart; raises `RequestError` when the text is none."""
    arn = find_arn(text)
    if arn is None:
        raise RequestError(
            "invalid-arn",
            f"`{text}` is not an ARN",
            hint="an ARN has six parts: arn:partition:service:region:account:resource",
        )
    return arn


def is_account_id(text: str) -> bool:
    """Say whether a text is an AWS account id: twelve decimal digits."""
    return len(text) == ACCOUNT_ID_LENGTH and text.isascii() and text.isdigit()
