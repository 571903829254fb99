"""A finding, with the fields of GetFindingV2 and what the world knows beyond them.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingV2.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from iamsim.core.decision import Decision
from iamsim.core.span import Span

if TYPE_CHECKING:
    from iamsim.engine.question import Question


class FindingKind(Enum):
    """What a finding is about, by AWS's words."""

    EXTERNAL = "ExternalAccess"
    INTERNAL = "InternalAccess"
    UNUSED_ROLE = "UnusedIAMRole"
    UNUSED_KEY = "UnusedIAMUserAccessKey"
    UNUSED_PASSWORD = "UnusedIAMUserPassword"  # noqa: S105 - AWS's name of a type
    UNUSED_PERMISSION = "UnusedPermission"
    UNKNOWN = "UnknownAccess"  # none of AWS's: a policy that is not known may grant anything


class Status(Enum):
    """Whether a rule archives the finding."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class UnusedService(NamedTuple):
    """What a principal was granted of a service and has not used: all of it, or `actions` with
    the times of their last use.

    `granted` counts the actions that its identity-based policies grant; of these, `untracked` are
    those whose use IAM does not track, and of the unused ones a guardrail denies `blocked` anyway.
    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UnusedPermissionDetails.html
    """

    namespace: str
    last_accessed: str | None = None
    actions: tuple[tuple[str, str | None], ...] = ()
    granted: int = 0
    untracked: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


class Step(NamedTuple):
    """A policy of a principal, by its ARN or, for an inline policy, its name, and the document to
    write in its place; `None` where nothing is left of it, so that it can be detached.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UnusedPermissionsRecommendedStep.html
    """

    policy: str
    document: Mapping[str, object] | None


@dataclass(slots=True)
class AccessFinding:
    """One finding. `principal` has one entry, such as ``{"AWS": "111122223333"}``.

    `condition` is the Condition element of the statement, a text a key; `depends_on` are the
    sentences about what is not known of a request. `access_point` is the one that lets somebody in.
    `details` are fields of unused access, or say why a policy is not known; `services` those of
    unused permissions. `span` is where the statement or the principal stands. `steps` take unused
    permissions away. `witness` is a request of somebody outside that is allowed, where an
    administrator of the account that it comes from sends it.
    """

    kind: FindingKind
    resource: str
    resource_type: str
    account: str
    principal: Mapping[str, str] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    condition: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    is_public: bool = False
    access_point: str | None = None
    restricted: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    principal_account: str | None = None
    services: tuple[UnusedService, ...] = ()
    steps: tuple[Step, ...] = ()
    span: Span | None = None
    status: Status = Status.ACTIVE
    archived_by: str | None = None
    witness: Question | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """An id that is the same whenever the finding is."""
        parts = (
            self.kind.value,
            self.resource,
            *[f"{key}={value}" for key, value in sorted(self.principal.items())],
            *[f"{key}={value}" for key, value in sorted(self.condition.items())],
            self.access_point or "",
            self.details.get("accessKeyId", self.details.get("why", "")),
        )
        return str(uuid5(NAMESPACE_URL, "\n".join(parts)))


class Kept(NamedTuple):
    """What a resource-based policy grants to somebody outside, and what still keeps it inside."""

    resource: str
    resource_type: str
    account: str
    principal: Mapping[str, str]
    actions: tuple[str, ...]
    decision: Decision
