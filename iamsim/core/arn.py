"""Amazon Resource Names and account ids.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html.
"""

from __future__ import annotations

import re
from functools import lru_cache

from iamsim.core.data_class import NamedTuple
from iamsim.core.errors import RequestError

ARN_PARTS = 6
PRINCIPAL_SERVICES = frozenset({"iam", "sts"})  # whose ARNs name principals
ACCOUNT_ID_LENGTH = 12
_MANAGED_POLICY = re.compile(r"arn:[a-z-]+:iam::aws:policy/.+")


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


@lru_cache(maxsize=1024)  # a decision asks for the same few ARNs again and again
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


def is_owned_by_aws(text: str) -> bool:
    """Say whether a text is the ARN of something that AWS itself owns, such as a managed policy of
    IAM or Organizations."""
    arn = find_arn(text)
    return arn is not None and arn.account == "aws"


def is_managed_policy(text: str) -> bool:
    """Say whether a text is the ARN of an AWS managed policy of IAM, whether or not there is one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
    """
    return _MANAGED_POLICY.fullmatch(text) is not None
