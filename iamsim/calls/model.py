"""What a call asks: requests, why nothing is asked, and what is not known about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ALWAYS = "always"
DEPENDS = "depends"
ContextValue = str | list[str]


@dataclass(slots=True)
class Call:
    """One API call: names of service and operation as botocore has them, its parameters.

    `profile` is the AWS CLI's, where the line names one; `unknown` are members of the input whose
    values the text does not tell; `unread` says so where there may be more of them.
    """

    service: str
    operation: str
    parameters: dict[str, Any]
    region: str | None = None
    account: str | None = None
    notes: list[str] = field(default_factory=list)
    source: str = ""


@dataclass(slots=True)
class Requested:
    """One question that a call asks IAM.

    `unknown` holds ``resource`` where `resource` is a pattern, and the context keys that the
    request carries with values that the call does not tell. `because` says why it is asked. Those
    `of_record` have a principal, which is None where the record does not name it.
    """

    action: str
    resource: str
    context: dict[str, ContextValue] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    via: dict[str, Any] = field(default_factory=dict)
    needed: str = ALWAYS
    because: str = ""
    principal: str | None = None
    of_record: bool = False
    session: dict[str, Any] = field(default_factory=dict)
    resource_account: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The request as JSON-ready data, in the shape of ``docs/reference/calls.md``."""
        data: dict[str, Any] = {"principal": self.principal} if self.of_record else {}
        data |= {
            "action": self.action,
            "resource": self.resource,
            "context": dict(self.context),
            "unknown": list(self.unknown),
            "via": dict(self.via),
            "needed": self.needed,
            "because": self.because,
        }
        if self.session:
            data["session"] = dict(self.session)
        if self.resource_account is not None:
            data["resource_account"] = self.resource_account
        return data

    @property
    def context_values(self) -> dict[str, str | tuple[str, ...]]:
        """The context as the engine takes it."""
        return {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in self.context.items()
        }


@dataclass(slots=True)
class Reading:
    """What a line, a call or a record amounts to.

    `requests` go into `iamsim.explain(principal=..., **request)` but for `needed` and `because`;
    those of an event have a `principal` as well. `skipped` says why nothing is asked of IAM.
    """

    asked: list[Requested] = field(default_factory=list)
    skipped: str | None = None
    notes: list[str] = field(default_factory=list)
    service: str | None = None
    operation: str | None = None

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The questions as mappings."""
        return [requested.to_dict() for requested in self.asked]

    def to_dict(self) -> dict[str, Any]:
        """The whole as JSON-ready data."""
        return {"requests": self.requests, "skipped": self.skipped, "notes": list(self.notes)}
