"""The decision as a formula, kept as data.

::

    allowed  =  no layer denies explicitly
            and every guardrail allows
            and some way in is open            a way is a set of layers that must all allow

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

from iamsim.core.data_class import NamedTuple, dataclass, field
from iamsim.core.decision import Layer
from iamsim.core.reason import Reason
from iamsim.core.request import GrantKind


class Slot(Enum):
    """The places of a decision. Every place belongs to one layer of an answer; the places of the
    resource-based layer are the policy, that of a bucket behind an access point, and the grants of
    a KMS key; those of the session layer are the session policy and what a service takes such
    credentials for at all."""

    RESOURCE_CONTROL = Layer.RESOURCE_CONTROL_POLICY
    SERVICE_CONTROL = Layer.SERVICE_CONTROL_POLICY
    VPC_ENDPOINT = Layer.VPC_ENDPOINT_POLICY
    PUBLIC_ACCESS = Layer.S3_BLOCK_PUBLIC_ACCESS
    RESOURCE = Layer.RESOURCE_BASED_POLICY
    BUCKET = "bucket-behind"
    GRANT = "kms-grant"
    IDENTITY = Layer.IDENTITY_BASED_POLICY
    BOUNDARY = Layer.PERMISSIONS_BOUNDARY
    SESSION = Layer.SESSION_POLICY
    CREDENTIALS = "credentials"

    layer: Layer  # the layer by which answers name the place

    def __init__(self, value: Layer | str) -> None:
        """Work out the layer once."""
        if isinstance(value, Layer):
            self.layer = value
        else:
            session = value == "credentials"
            self.layer = Layer.SESSION_POLICY if session else Layer.RESOURCE_BASED_POLICY

    __hash__ = object.__hash__  # members are single objects; the Enum's own hash is slower


# The order in which layers are shown: as AWS evaluates them.
LAYER_ORDER = (
    Slot.RESOURCE_CONTROL,
    Slot.SERVICE_CONTROL,
    Slot.VPC_ENDPOINT,
    Slot.PUBLIC_ACCESS,
    Slot.RESOURCE,
    Slot.BUCKET,
    Slot.GRANT,
    Slot.IDENTITY,
    Slot.BOUNDARY,
    Slot.SESSION,
    Slot.CREDENTIALS,
)
# Which of several explicit denies is reported. AWS names one and does not say which.
DENY_ORDER = (
    Slot.RESOURCE_CONTROL,
    Slot.SERVICE_CONTROL,
    Slot.VPC_ENDPOINT,
    Slot.RESOURCE,
    Slot.BUCKET,
    Slot.IDENTITY,
    Slot.BOUNDARY,
    Slot.SESSION,
)
# Which of several layers without an allow is reported first. AWS does not say this either.
REPORT_ORDER = (
    Slot.CREDENTIALS,
    Slot.SERVICE_CONTROL,
    Slot.RESOURCE,
    Slot.BUCKET,
    Slot.GRANT,
    Slot.IDENTITY,
    Slot.BOUNDARY,
    Slot.SESSION,
    Slot.VPC_ENDPOINT,
    Slot.RESOURCE_CONTROL,
    Slot.PUBLIC_ACCESS,
)
# The places of policies that stand on a resource.
RESOURCE_POLICIES = frozenset({Slot.RESOURCE, Slot.BUCKET})
GUARDRAILS = (
    Slot.RESOURCE_CONTROL,
    Slot.SERVICE_CONTROL,
    Slot.VPC_ENDPOINT,
    Slot.PUBLIC_ACCESS,
    Slot.CREDENTIALS,
)


class Requirement(NamedTuple):
    """A place that must allow; for a resource-based policy, with a grant of one of these kinds."""

    slot: Slot
    kinds: int = GrantKind.any()


class Way(NamedTuple):
    """One way in: all its requirements must allow."""

    name: str
    requires: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """The relation between caller and resource: which ways in there are.

    `always` is for the actions that nothing can forbid. `unheard` are places whose explicit
    denies do not count. `refusal` is the reason of the denial where there is no way in.
    """

    reason: Reason
    ways: tuple[Way, ...]
    always: bool = False
    unheard: frozenset[Slot] = field(default=frozenset())
    refusal: Reason = Reason.CALLER_MAY_NOT_CALL

    @property
    def heard(self) -> tuple[Slot, ...]:
        """The places whose explicit denies count, in the order of reporting."""
        if not self.unheard:
            return DENY_ORDER
        return tuple(slot for slot in DENY_ORDER if slot not in self.unheard)


def blocking_slots(
    relation: Relation, closed_guardrails: Iterable[Slot], allows: Callable[[Requirement], bool]
) -> tuple[Slot, ...]:
    """The places without which the request would have passed, in the order of reporting.

    Those are the guardrails that do not allow and, if no way in is open, what is closed on the way
    that lacks least: ways that the resource-based policy does not block come first and those that
    need a grant on a key last, then those with the fewest closed places, then those further down
    the table.
    """
    closed = set(closed_guardrails)
    best: tuple[bool, bool, int] | None = None
    lacking: list[Slot] = [] if relation.ways else [Slot.RESOURCE]
    for way in relation.ways:
        missing = [need.slot for need in way.requires if not allows(need)]
        if not missing:
            lacking = []
            break
        grant = Slot.GRANT in missing
        resource = Slot.RESOURCE in missing or Slot.BUCKET in missing
        rank = (grant or resource, grant, len(missing))
        if best is None or rank <= best:
            best, lacking = rank, missing
    closed.update(lacking)
    return tuple(slot for slot in REPORT_ORDER if slot in closed)
