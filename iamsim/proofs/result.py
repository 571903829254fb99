"""What a check says: proved, refuted with a request, or not known; and on what that rests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Verdict(Enum):
    """The three answers, best first."""

    PASS = "PASS"  # noqa: S105 - AWS's word for what holds
    UNKNOWN = "UNKNOWN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Reason:
    """What opens access: a sentence, and the statement by its number and Sid."""

    description: str
    statement_index: int | None = None
    statement_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """AWS's members; what is not known is left out, as AWS does."""
        data: dict[str, Any] = {"description": self.description}
        if self.statement_index is not None:
            data["statementIndex"] = self.statement_index
        if self.statement_id is not None:
            data["statementId"] = self.statement_id
        return data


# How the reason begins that policies are not known in whole.
UNKNOWN_PARTS = "it depends on parts of policies that are not known"
KEYS_OF_SERVICES = (
    "a service's own key comes only with actions for which the reference lists it, if it lists it"
    " for any"
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer to one check.

    `witness` is a request as `explain` takes it, which the engine has confirmed: there for every
    FAIL, and only there. `why_unknown` says why nothing was proved. `assumptions` are sentences: on
    what the answer rests.
    """

    verdict: Verdict
    message: str
    reasons: tuple[Reason, ...] = ()
    witness: Mapping[str, Any] | None = None
    why_unknown: str | None = None
    assumptions: tuple[str, ...] = ()
    name: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def depends_on_unknown(self) -> bool:
        """Whether nothing is proved because parts of policies are not known."""
        return (self.why_unknown or "").startswith(UNKNOWN_PARTS)

    @property
    def result(self) -> str:
        """``PASS``, ``FAIL`` or ``UNKNOWN``."""
        return self.verdict.value

    def to_dict(self) -> dict[str, Any]:
        """AWS's members (https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html)
        and ours, as JSON-ready data."""
        data: dict[str, Any] = {} if self.name is None else {"name": self.name}
        data.update(
            result=self.result,
            message=self.message,
            reasons=[reason.to_dict() for reason in self.reasons],
            witness=None if self.witness is None else dict(self.witness),
            why_unknown=self.why_unknown,
            assumptions=list(self.assumptions),
            **self.details,
        )
        return data


def worst(results: tuple[CheckResult, ...]) -> Verdict:
    """The answer to several checks together: FAIL before UNKNOWN before PASS."""
    order = list(Verdict)
    return max((result.verdict for result in results), key=order.index, default=Verdict.PASS)
