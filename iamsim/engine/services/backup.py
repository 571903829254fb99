"""What AWS Backup has for itself: recovery points, whose ARNs do not say in which vault they are.

https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html
"""

from __future__ import annotations

from iamsim.core.arn import find_arn

SERVICE = "backup"


def is_recovery_point(action: str, resource: str) -> bool:
    """Whether a call (in lower case) of AWS Backup is about a recovery point: a snapshot or backup
    of another service, or one of AWS Backup's own."""
    if not action.startswith(f"{SERVICE}:"):
        return False
    arn = find_arn(resource)
    return arn is not None and (
        arn.service not in {SERVICE, "*"} or arn.resource.startswith("recovery-point:")
    )
