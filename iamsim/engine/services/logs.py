"""What CloudWatch Logs has for itself: the ARNs that policies name, where its reference has others.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/permissions-reference-cwl.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.request import ContextValue

DESCRIBE_LOG_GROUPS = "logs:describeloggroups"
ALL = ":log-group::log-stream:"
STREAM = ":log-stream:"
# Their permissions require the ARN of a log group without a star behind it.
BARE_GROUP_ACTIONS = frozenset(
    {"logs:listtagsforresource", "logs:tagresource", "logs:untagresource"}
)
_FORMAT = ":log-group:${LogGroupName}"
_GROUP = re.compile(r"(arn:[^:]+:logs:[^:]*:[^:]*:log-group:[^:*]+)(?::\*)?")


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
    """Whether a resource is all log groups of an account, as AWS's messages name them."""
    return resource.endswith(ALL)


def names_log_groups(resource: str) -> bool:
    """Whether a resource is that ARN, or one that `resource_in_policies` gave."""
    return resource.endswith(STREAM)


def resource_in_policies(action: str, resource: str) -> str:
    """The ARN that policies have to match, for an action in lower case.

    They name a log group with `:*` behind it, but for `BARE_GROUP_ACTIONS`; messages of AWS, and
    the policies that AWS writes for log delivery, show that an empty log stream stands there.
    """
    if not action.startswith("logs:") or action in BARE_GROUP_ACTIONS:
        return resource
    group = _GROUP.fullmatch(resource)
    return resource if group is None else group[1] + STREAM


def names_in_policies(resource: str) -> tuple[str, ...]:
    """The ARNs that policies have to match for a resource: two of a log group, one else."""
    group = _GROUP.fullmatch(resource)
    return (resource,) if group is None else (resource, group[1] + STREAM)


def format_in_policies(action: str, text: str) -> str:
    """The format of ARNs that policies have to match, from that of the service reference."""
    bare = action in BARE_GROUP_ACTIONS or not text.endswith(_FORMAT)
    return text if bare else text + STREAM


def log_group_pattern(resource: str) -> str | None:
    """How a policy writes a log group that `resource_in_policies` gave; `None` for all others."""
    group = resource.endswith(STREAM) and _GROUP.fullmatch(resource.removesuffix(STREAM))
    return f"{group[1]}:*" if group else None
