"""What Amazon EFS has for itself: a file system without a policy has the default one.

https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
"""

from __future__ import annotations

CLIENT = "elasticfilesystem:client"  # ClientMount, ClientWrite, ClientRootAccess


def is_client_call(action: str) -> bool:
    """Whether an action (in lower case) is what a client does on a file system that it mounts."""
    return action.startswith(CLIENT)
