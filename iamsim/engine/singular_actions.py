"""The actions that meet something of their own, unlike the other actions of their service.

Every other action of a service meets, in one situation, the same relation, the same places and the
same context keys: only which statements are about it is its own affair. Answers for thousands of
actions at once rest on that (`iamsim.query.batch`), and a test holds it for the whole catalog.
"""

from __future__ import annotations

from iamsim.engine.authorize import KMS_ALIAS_ACTIONS, S3_ACCOUNT_ACTIONS
from iamsim.engine.relations import (
    CROSS_ACCOUNT_KEY_ACTIONS,
    TOKEN_ACTIONS,
    TRUST_ACTIONS,
    UNLOCK_ACTIONS,
    UNSIGNED_ACTIONS,
)
from iamsim.engine.target_context import BOUNDARY_ACTIONS

__all__ = ["SINGULAR_ACTIONS"]

SINGULAR_ACTIONS = (
    TRUST_ACTIONS
    | TOKEN_ACTIONS
    | CROSS_ACCOUNT_KEY_ACTIONS
    | UNSIGNED_ACTIONS
    | UNLOCK_ACTIONS
    | BOUNDARY_ACTIONS
    | S3_ACCOUNT_ACTIONS
    | KMS_ALIAS_ACTIONS
    | {"sts:assumeroot", "sts:getcalleridentity"}
)
