"""Names of the roles that IAM Identity Center provisions from permission sets.

See https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html.
"""

from __future__ import annotations

import re

ROLE_PATH = "/aws-reserved/sso.amazonaws.com/"
"""The path of the roles; behind it may stand a region and a slash."""

_ROLE = re.compile(r"AWSReservedSSO_([A-Za-z0-9+=,.@_-]+)_[0-9a-fA-F]{16}")


def permission_set_of(role: str) -> str | None:
    """Give the permission set that the name of a role holds; `None` where it is no such name."""
    match = _ROLE.fullmatch(role)
    return match[1] if match else None


def role_name(permission_set: str, suffix: str) -> str:
    """Make the name of a role; `suffix` is 16 hexadecimal digits, which Identity Center chooses."""
    return f"AWSReservedSSO_{permission_set}_{suffix}"
