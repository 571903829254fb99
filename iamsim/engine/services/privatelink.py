"""What PrivateLink has for itself: patterns that AWS does not take in a VPC endpoint's policy.

https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamsim.catalog.keys import IDENTIFIER_KEYS

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.statement import CompiledStatement

# A wildcard without six characters in a row on either side of it.
BARE_WILDCARD = re.compile(r"(?<![^*?]{6})[*?](?![^*?]{6})")
# The account of an ARN that is neither an id nor a wildcard alone.
MIXED_ACCOUNT = re.compile(r"arn:(?:[^:]*:){3}(?=[^:]*\d)(?=[^:]*[*?])")


def has_pattern_not_taken(statement: CompiledStatement) -> bool:
    """Whether a statement of an endpoint policy has a wildcard, or a number's operator, where
    AWS's page says that there can be none."""
    patterns = () if statement.resources is None else statement.resources.patterns
    return any(MIXED_ACCOUNT.match(entry.pattern) for entry in patterns) or any(
        _is_not_taken(condition) for condition in statement.conditions
    )


def _is_not_taken(condition: ConditionTest) -> bool:
    base, texts = condition.operator.base, [value.text for value in condition.values.templates]
    likened = base.endswith("Like")
    if condition.key in IDENTIFIER_KEYS:
        return base.startswith("Numeric") or (
            likened and any("*" in text or "?" in text for text in texts)
        )
    bare = likened and base.startswith("String") and any(map(BARE_WILDCARD.search, texts))
    return bare or any(map(MIXED_ACCOUNT.match, texts))
