"""The answer to a request: verdict, layers, and which statements decided.

The names of verdicts are those of the EvalDecision of
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from iamsim.core.data_class import dataclass

if TYPE_CHECKING:
    from iamsim.core.reason import Note, Reason
    from iamsim.core.span import Path, Source, Span


class Verdict(Enum):
    """What becomes of a request. `CONDITIONAL` only where context keys are unknown."""

    __hash__ = object.__hash__  # members are single objects; the Enum's own hash is slower

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"
    CONDITIONAL = "conditional"


class Layer(Enum):
    """The kinds of policy that meet in one decision, by the names of answers and scenarios."""

    __hash__ = object.__hash__  # members are single objects; the Enum's own hash is slower

    SERVICE_CONTROL_POLICY = "service-control-policy"
    RESOURCE_CONTROL_POLICY = "resource-control-policy"
    RESOURCE_BASED_POLICY = "resource-based-policy"
    IDENTITY_BASED_POLICY = "identity-based-policy"
    PERMISSIONS_BOUNDARY = "permissions-boundary"
    SESSION_POLICY = "session-policy"
    VPC_ENDPOINT_POLICY = "vpc-endpoint-policy"
    S3_BLOCK_PUBLIC_ACCESS = "s3-block-public-access"


class Outcome(Enum):
    """What one layer says of a request."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "notApplicable"


class PolicyType(Enum):
    """What a document is used as; it decides which elements are allowed in it."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    PERMISSIONS_BOUNDARY = "boundary"
    SESSION = "session"
    SERVICE_CONTROL = "scp"
    RESOURCE_CONTROL = "rcp"
    VPC_ENDPOINT = "vpce"


@dataclass(frozen=True, slots=True)
class StatementReference:
    """Names one statement of one policy in one layer; `arn` is that of the policy, where known."""

    layer: Layer
    policy: str
    index: int
    sid: str | None
    effect: str
    source: Source
    path: Path
    arn: str | None = None

    @property
    def span(self) -> Span:
        """Where the statement stands."""
        return self.source.span(self.path)


@dataclass(frozen=True, slots=True)
class Decision:
    """The small record of one decision.

    `statements` are those that decided: the deny statements found, or for an allow one allow
    statement of each layer of the way in. `notes` (uncertain rules that were used) and
    `missing_context` (keys that were read and absent) are `None` where nobody asked for them: the
    fast path does not collect them, `explain` does.
    """

    verdict: Verdict
    reason: Reason
    layer: Layer | None
    statements: tuple[StatementReference, ...] = ()
    notes: tuple[Note, ...] | None = None
    missing_context: tuple[str, ...] | None = None

    @property
    def allowed(self) -> bool:
        """Whether the verdict is `ALLOWED`."""
        return self.verdict is Verdict.ALLOWED

    def __repr__(self) -> str:
        """Verdict, layer, reason and statements in one line."""
        layer = "" if self.layer is None else f" by {self.layer.value}"
        from iamsim.core.caret import quote

        places = [
            f"statement {statement.index + 1} of {quote(statement.policy)}"
            for statement in self.statements
        ]
        listed = f": {', '.join(places)}" if places else ""
        return f"<Decision {self.verdict.value}{layer} ({self.reason.value}){listed}>"
