"""What people call the layers of a decision: AWS's own terms.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
"""

from __future__ import annotations

from collections.abc import Mapping

from iamsim.core.decision import Layer

LAYERS: Mapping[Layer, str] = {
    Layer.SERVICE_CONTROL_POLICY: "service control policy",
    Layer.RESOURCE_CONTROL_POLICY: "resource control policy",
    Layer.RESOURCE_BASED_POLICY: "resource-based policy",
    Layer.IDENTITY_BASED_POLICY: "identity-based policy",
    Layer.PERMISSIONS_BOUNDARY: "permissions boundary",
    Layer.SESSION_POLICY: "session policy",
    Layer.VPC_ENDPOINT_POLICY: "VPC endpoint policy",
    Layer.S3_BLOCK_PUBLIC_ACCESS: "S3 Block Public Access",
}
GRANTS = "grants"  # the engine's name for the level of a key's grants

_TRUST = "role trust policy"
_KEY = "key policy"
_GRANT = "KMS grant"
_ROLE_ACTIONS = frozenset({"sts:tagsession", "sts:setsourceidentity"})


def concerns_role_trust(action: str) -> bool:
    """Say whether the resource-based policy that an action asks is a role trust policy."""
    lowered = action.lower()
    return lowered in _ROLE_ACTIONS or lowered.startswith("sts:assumerole")


def layer_name(layer: Layer, action: str, level: str | None = None) -> str:
    """Name a layer; a role's resource-based policy is its trust policy, a key's its key policy,
    and a key's grants stand at a level of their own."""
    if layer is Layer.RESOURCE_BASED_POLICY:
        if level == GRANTS:
            return _GRANT
        if concerns_role_trust(action):
            return _TRUST
        if action.lower().startswith("kms:"):
            return _KEY
    return LAYERS[layer]
