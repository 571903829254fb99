"""The two policies that AWS Organizations attaches everywhere by itself.

See https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
and https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html.
"""

from __future__ import annotations

from iamsim.core.json_text import locate_json
from iamsim.core.span import Source
from iamsim.world.items import PolicyDocument

_SCP_TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "*", "Resource": "*"}
  ]
}
"""
_RCP_TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
  ]
}
"""

FULL_AWS_ACCESS = PolicyDocument(
    "FullAWSAccess",
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    },
    Source("FullAWSAccess", _SCP_TEXT, locate_json),
    "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
)
RCP_FULL_AWS_ACCESS = PolicyDocument(
    "RCPFullAWSAccess",
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    },
    Source("RCPFullAWSAccess", _RCP_TEXT, locate_json),
    "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess",
)
BUILT_IN_POLICIES = {policy.name: policy for policy in (FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS)}


def find_built_in(reference: str) -> PolicyDocument | None:
    """Find a built-in policy by its name or its ARN (of any partition)."""
    if reference.startswith("arn:"):
        head, _, name = reference.rpartition("/p-")
        if ":organizations::aws:policy/" not in head:
            return None
        reference = name
    return BUILT_IN_POLICIES.get(reference)
