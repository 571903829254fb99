"""What CloudWatch Logs has for itself: the resource of a call that has none by its reference.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/permissions-reference-cwl.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.core.request import ContextValue

__all__ = ["DESCRIBE_LOG_GROUPS", "is_all_log_groups", "log_groups_of"]

DESCRIBE_LOG_GROUPS = "logs:describeloggroups"
ALL = ":log-group::log-stream:"


def log_groups_of(principal: str, context: Mapping[str, ContextValue]) -> str | None:
    """The ARN by which AWS's messages name the log groups of a caller's account; `*` stands for a
    Region that is not known. `None` for a caller without an account."""
    arn = find_arn(principal)
    if arn is None or not is_account_id(arn.account):
        return None
    regions = (of for key, of in context.items() if key.lower() == "aws:requestedregion")
    region = next((of for of in regions if isinstance(of, str)), "*")
    return f"arn:{arn.partition}:logs:{region}:{arn.account}{ALL}"


def is_all_log_groups(resource: str) -> bool:
    """Whether a resource is that ARN."""
    return resource.endswith(ALL)
