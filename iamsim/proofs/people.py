"""Who could call in a world: each listed principal, and one for everybody else of each kind.

Others are those that resource-based and trust policies reach directly, listed or not: principals of
other accounts, names that do not exist yet, services, federated callers, anybody without a
signature. Their own accounts allow what they ask for, since nobody here could say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.errors import RequestError
from iamsim.core.request import CallerKind
from iamsim.core.wildcard import Wildcard
from iamsim.engine.question import NOTHING_ATTACHED, PLAIN_SESSION, AttachedPolicies, Question
from iamsim.engine.session_tags import can_be_tagged
from iamsim.proofs.callers import (
    ACCOUNT_ID,
    ANONYMOUS,
    COLUMNS,
    NAME,
    OTHER_ACCOUNTS,
    OTHER_SERVICES,
    caller_of,
)
