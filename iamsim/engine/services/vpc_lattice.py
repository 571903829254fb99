"""What VPC Lattice has for itself: a request passes the service network's auth policy, too.

https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

SERVICES = "vpc-lattice-svcs:"  # Invoke, Connect


def is_call_of_service(action: str) -> bool:
    """Whether an action (in lower case) is a request to a service behind a service network."""
    return action.startswith(SERVICES)
