"""What is wrong with a question, or with a statement that answers it: names that nobody knows, and
what AWS's service reference shows not to fit.

A hint never changes a decision. The values of `HintKind` are stable codes, each explained in
``docs/reference/hints.md``; the sentences belong to `iamsim.report`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from iamsim.core.data_class import dataclass

if TYPE_CHECKING:
    from iamsim.core.span import Path, Source, Span


class HintKind(Enum):
    """What the reference says. The first group is about the request, the second about statements.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
    """

    UNKNOWN_ACTION = "unknown-action"
    UNKNOWN_SERVICE = "unknown-service"
    RETIRED_ACTION = "retired-action"
    RESOURCE_OF_OTHER_TYPE = "resource-of-other-type"
    ACTION_WITHOUT_RESOURCE = "action-without-resource"
    UNKNOWN_CONTEXT_KEY = "unknown-context-key"
    CONTEXT_KEY_NOT_SENT = "context-key-not-sent"
    RESOURCE_LEFT_OUT = "resource-left-out"
    RESOURCE_ACCOUNT_AMISS = "resource-account-amiss"
    RESOURCE_REGION_AMISS = "resource-region-amiss"
    RESOURCE_NOT_LISTED = "resource-not-listed"
    CONTEXT_VALUE_AMISS = "context-value-amiss"
    PRINCIPAL_NOT_LISTED = "principal-not-listed"
    SERVICE_PRINCIPAL_UNKNOWN = "service-principal-unknown"
    NO_POLICIES = "no-policies"
    TRUST_POLICY_OF_NO_ROLE = "trust-policy-of-no-role"
    RESOURCE_HOLDS_WILDCARD = "resource-holds-wildcard"

    STATEMENT_ACTION_UNKNOWN = "statement-action-unknown"
    STATEMENT_RESOURCES_OF_OTHER_TYPE = "statement-resources-of-other-type"
    STATEMENT_RESOURCES_WITHOUT_USE = "statement-resources-without-use"
    CONDITION_NEVER_MET = "condition-never-met"
    CONDITION_ALWAYS_MET = "condition-always-met"
    SET_OPERATOR_MISSING = "set-operator-missing"


@dataclass(frozen=True, slots=True)
class HintPlace:
    """The element of a statement that a hint is about."""

    policy: str
    index: int
    sid: str | None
    source: Source
    path: Path

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.span(self.path)


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint.

    `subject` is the action, resource or condition key that it is about, `action` the action of the
    request. `suggestions` are names or ARNs that may have been meant, `formats` the ARN formats
    that the action takes; `snapshot` is the day of the service reference (ISO 8601).
    """

    kind: HintKind
    subject: str
    action: str
    snapshot: str
    suggestions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    operator: str | None = None
    place: HintPlace | None = None
