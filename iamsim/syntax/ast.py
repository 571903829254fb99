"""A policy document as read: shape checked, nothing interpreted.

Element names follow the grammar of
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. Every text keeps
the path of its place in the document, so that `Source.span(path)` finds line and column later.
"""

from __future__ import annotations

from iamsim.core.data_class import NamedTuple, dataclass
from iamsim.core.span import Path, Source, Span
from iamsim.core.unknown import Unknown


class Value(NamedTuple):
    """One string of a document. Numbers and booleans in conditions are kept as AWS reads them:
    ``10`` as ``"10"``, ``true`` as ``"true"``."""

    text: str
    path: Path


class PrincipalEntry(NamedTuple):
    """One entry of a Principal element. `kind` is AWS, Service, Federated or CanonicalUser; a plain
    ``"*"`` has the kind ``"*"``."""

    kind: str
    value: Value


@dataclass(frozen=True, slots=True)
class Entries:
    """An element that lists patterns: Action or NotAction, Resource or NotResource."""

    name: str  # as written: "Action", "NotAction", "Resource", "NotResource"
    values: tuple[Value, ...]
    path: Path

    @property
    def negated(self) -> bool:
        """Whether this is the Not form."""
        return self.name.startswith("Not")


@dataclass(frozen=True, slots=True)
class Principals:
    """A Principal or NotPrincipal element."""

    name: str
    entries: tuple[PrincipalEntry, ...]
    path: Path

    @property
    def negated(self) -> bool:
        """Whether this is NotPrincipal."""
        return self.name == "NotPrincipal"


class Condition(NamedTuple):
    """One test of a Condition element: an operator, a condition key, and its values."""

    operator: str  # as written, with set operator and IfExists
    key: str  # as written
    values: tuple[Value, ...]
    path: Path  # of the values: (..., "Condition", operator, key)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `principals` and `resources` may be absent, by policy type.

    With `unknowns` it is what a statement may be of which these parts are not known; what it
    certainly is stands before it, as a statement of the same index.
    """

    index: int
    sid: str | None
    effect: str  # "Allow" or "Deny"
    principals: Principals | None
    actions: Entries
    resources: Entries | None
    conditions: tuple[Condition, ...]
    path: Path
    unknowns: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Policy:
    """A whole policy document. What was compiled of it lives as long as it does."""

    version: str | None
    id: str | None
    statements: tuple[Statement, ...]
    source: Source
    name: str

    @property
    def has_variables(self) -> bool:
        """Whether ``${...}`` means a policy variable: only from version 2012-10-17 on.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
        """
        return self.version == "2012-10-17"

    def span(self, path: Path) -> Span:
        """Find where an element stands."""
        return self.source.span(path)
