"""Why an answer holds: a tree that mirrors the policies.

An explanation holds facts and closed `Reason` codes, no sentences; renderers add those.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple, dataclass

if TYPE_CHECKING:
    from iamsim.core.decision import Layer, Outcome
    from iamsim.core.reason import Note, Reason
    from iamsim.core.residual import Residual
    from iamsim.core.span import Path, Source, Span

UNRESOLVED = "(unresolved)"  # in place of a value whose variable has none


class Element(Enum):
    """The elements of a statement that can match or fail."""

    PRINCIPAL = "Principal"
    NOT_PRINCIPAL = "NotPrincipal"
    ACTION = "Action"
    NOT_ACTION = "NotAction"
    RESOURCE = "Resource"
    NOT_RESOURCE = "NotResource"
    CONDITION = "Condition"


class ClauseExplanation(NamedTuple):
    """One pattern or one condition test of a statement, held against the request.

    `pattern` is what the policy says (for a condition: its values, comma-separated), `value` what
    the request says, `None` where the key is absent. `resolved` is the pattern with its policy
    variables filled in, where it has any. `matched` is about this clause alone: an entry of
    NotAction that matches makes its element fail. `grant` is what kind of grant a principal entry
    is to this caller.
    """

    element: Element
    pattern: str
    value: str | None
    matched: bool
    reason: Reason
    source: Source
    path: Path
    operator: str | None = None
    key: str | None = None
    resolved: str | None = None
    grant: str | None = None
    notes: tuple[Note, ...] = ()

    @property
    def span(self) -> Span:
        """Where the clause stands."""
        return self.source.span(self.path)


@dataclass(slots=True, eq=False)
class StatementExplanation:
    """One statement held against the request.

    Not frozen, since making frozen ones costs a third of a whole explanation; nobody changes one.
    `elements` says of each element that the statement has whether it holds; `clauses` are the
    entries of those elements. A statement matches when all its elements hold. `missing` are the
    context keys that it read and the request lacks.
    """

    index: int
    sid: str | None
    effect: str
    matched: bool
    elements: tuple[tuple[Element, bool], ...]
    clauses: tuple[ClauseExplanation, ...]
    source: Source
    path: Path
    notes: tuple[Note, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """Where the statement stands."""
        return self.source.span(self.path)

    @property
    def failed_elements(self) -> tuple[Element, ...]:
        """The elements that keep the statement from matching."""
        return tuple(element for element, holds in self.elements if not holds)


class PolicyExplanation(NamedTuple):
    """One policy document of a layer."""

    name: str
    source: Source
    statements: tuple[StatementExplanation, ...]


class LayerResidual(NamedTuple):
    """What a layer depends on whose outcome is not known: when it allows, and when it denies
    explicitly; `None` for an outcome that it can't have."""

    allows: Residual | None
    denies: Residual | None


class LayerExplanation(NamedTuple):
    """What one layer says. A layer of several levels (SCPs) has one of these for each level;
    `level` then names the node. `reason` says why a layer does not apply, or why it holds without
    a statement (the root user needs no identity-based policy). `owner` is the account whose side it
    is where a request has several, through an access point. `residual` is there when its outcome
    depends on what is unknown."""

    layer: Layer
    outcome: Outcome
    reason: Reason
    policies: tuple[PolicyExplanation, ...] = ()
    level: str | None = None
    notes: tuple[Note, ...] = ()
    residual: LayerResidual | None = None
    owner: str | None = None


class WayExplanation(NamedTuple):
    """One way in: the layers that must all allow, and those of them that do not."""

    name: str
    requires: tuple[Layer, ...]
    open: bool
    blocked_by: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of a context key comes from: given by the user, or derived, and from what.

    `kind` is one of ``given``, ``principal``, ``resource``, ``organization``, ``session``,
    ``network``, ``call-chain``, ``clock``, ``default``.
    """

    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """One context key of the request, with its values and their origin."""

    key: str
    values: tuple[str, ...]
    multivalued: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class MissingKey:
    """A context key that a statement read and the request lacks.

    `key` is in lower case, `written` as AWS spells it, else as the policy does. `matters` says
    whether some value of it (it alone) could change the verdict, `None` where that was not worked
    out. `unknown` keys may be there, only nobody knows.
    """

    key: str
    layers: tuple[Layer, ...]
    matters: bool | None = None
    written: str | None = None
    unknown: bool = False

    @property
    def name(self) -> str:
        """The key as people write it."""
        return self.written or self.key


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The statement that came closest to allowing: everything but `failed` holds."""

    policy: str
    statement: StatementExplanation
    failed: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Decider:
    """One entry of `decided_by`; for an implicit deny without statement, at most a near miss."""

    layer: Layer
    reason: Reason
    policy: str | None = None
    statement: StatementExplanation | None = None
    level: str | None = None
    near: NearMiss | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole trace of one decision.

    `relation` is the relation between caller and resource that chose the ways in (a row of the
    table in ``docs/explanation/evaluation.md``).
    """

    relation: Reason
    layers: tuple[LayerExplanation, ...]
    ways: tuple[WayExplanation, ...]
    decided_by: tuple[Decider, ...]
    context: tuple[ContextEntry, ...]
    missing: tuple[MissingKey, ...]
    notes: tuple[Note, ...]
