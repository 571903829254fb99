"""Stand-ins for what AWS always says and a world may not: ids, and when something was made.

`iamsim serve` gives them where programs rely on a member being there; importers know them, and take
what they stand for as not said. No id and no time of AWS looks like one of them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""

from __future__ import annotations

import re

NO_TIME = "1970-01-01T00:00:00Z"
NO_ACCOUNT = "000000000000"  # of a template or a plan that does not say for which it is
MARK = "IAMSIM"
PREFIX_LENGTH, LENGTH = 4, 21
OF_ORGANIZATION = 12  # characters behind the mark
_is_of_organization = re.compile(
    rf"(?:[orp]|ou-[0-9a-z]+)-{MARK.lower()}[0-9a-z]{{{OF_ORGANIZATION}}}"
).fullmatch


def stand_in_id(prefix: str, arn: str) -> str:
    """Make an id with AWS's prefix of a kind (`AIDA` for users): the same for the same ARN."""
    return f"{prefix}{MARK}{_digest(arn)}"[:LENGTH]


def _digest(text: str) -> str:
    from base64 import b32encode
    from hashlib import sha256  # which loads all of OpenSSL

    return b32encode(sha256(text.encode()).digest()).decode()


def is_stand_in(text: str) -> bool:
    """Whether an id or a time stands for one that is not known."""
    return text == NO_TIME or text[PREFIX_LENGTH:].startswith(MARK)


def stand_in_organization_id(prefix: str, about: str) -> str:
    """Make an id of AWS Organizations with a prefix such as `o-`: the same for the same thing."""
    return f"{prefix}{MARK.lower()}{_digest(about).lower()[:OF_ORGANIZATION]}"


def is_organization_stand_in(text: str) -> bool:
    """Whether an id of an organization, a root, a unit or a policy stands for one that is not
    known."""
    return _is_of_organization(text) is not None
