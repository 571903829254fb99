"""Edits as data: what changes where, who can make the change, and what it opens or closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Required, TypedDict

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.core.decision import Layer
    from iamsim.core.explanation import LayerExplanation, StatementExplanation
    from iamsim.core.span import Span
    from iamsim.engine.question import ContextValue
    from iamsim.query.edits.place import Place
    from iamsim.query.edits.steps import Step


class EditKind(Enum):
    """What is done."""

    ADD_STATEMENT = "add-statement"
    WIDEN_STATEMENT = "widen-statement"
    EXCEPT = "except"  # a Deny spares this request, or some that are like it
    NARROW_STATEMENT = "narrow-statement"
    REMOVE_STATEMENT = "remove-statement"
    ADD_POLICY = "add-policy"
    COPY_POLICY = "copy-policy"  # an own copy in place of an AWS managed policy
    SETTING = "setting"
    CONTEXT = "context"


class Actor(Enum):
    """Who can make an edit."""

    CALLER = "caller"
    ACCOUNT = "account-of-the-caller"
    RESOURCE_OWNER = "owner-of-the-resource"
    MANAGEMENT_ACCOUNT = "management-account"
    SESSION_MAKER = "maker-of-the-session"
    ENDPOINT_OWNER = "owner-of-the-endpoint"


class Obstacle(Enum):
    """Why something can't be edited, or would not help."""

    AWS_MANAGED_POLICY = "aws-managed-policy"
    SERVICE_LINKED_ROLE = "service-linked-role"
    NO_RESOURCE_POLICIES = "no-resource-policies"  # no such policies for this kind of resource
    OTHER_PARTITION = "other-partition"
    OWN_ACCOUNT_ONLY = "own-account-only"
    CALLER_MAY_NOT_CALL = "caller-may-not-call"
    ALWAYS_ALLOWED = "always-allowed"
    ROOT_USER = "root-user"
    UNKNOWN_KEYS = "unknown-keys"
    NO_EXCEPTION = "no-exception"  # a Deny that no edit of its statement lets spare the request
    NOTHING_FOUND = "nothing-found"


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """One change of one policy, of a setting, or of the request.

    `place` is where it happens (`None` for a change of the request) and `steps` what is done with
    the policy there. `statement` and `sid` name the statement that changes, `element` the part of
    it, `added` and `removed` its values. `document` is the statement or the policy to add;
    `bypassed` are the keys on which others set conditions for the same, and it does not. A
    `guardrail` is what limits: a Deny, a policy that only limits what others grant, a condition.
    `own` says whether the caller's account can make the edit.
    """

    kind: EditKind
    actor: Actor
    account: str | None
    own: bool
    guardrail: bool = False
    place: Place | None = None
    steps: tuple[Step, ...] = ()
    statement: int | None = None
    sid: str | None = None
    effect: str | None = None
    element: str | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    document: Mapping[str, object] | None = None
    bypassed: tuple[str, ...] = ()
    context: Mapping[str, ContextValue | None] = field(default_factory=dict)

    @property
    def layer(self) -> Layer | None:
        """The layer whose policy or setting changes."""
        return None if self.place is None else self.place.slot.layer

    @property
    def span(self) -> Span | None:
        """The statement that changes, or the policy to which one is added, in its file."""
        place = self.place
        if place is None or place.policy is None:
            return None
        if self.statement is None:
            return place.policy.source.span(())
        return place.policy.source.span(place.policy.statements[self.statement].path)

    @property
    def key(self) -> tuple[object, ...]:
        """What tells this edit from others."""
        place = self.place
        return (
            self.kind,
            None if place is None else place.key,
            self.statement,
            self.element,
            self.added,
            self.removed,
            repr(self.document),
            tuple(self.context.items()),
        )


class EditFields(TypedDict, total=False):
    """The fields of an `Edit` that say what happens; the others follow from its place."""

    kind: Required[EditKind]
    steps: tuple[Step, ...]
    statement: int
    sid: str | None
    effect: str | None
    element: str | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    document: Mapping[str, object] | None
    bypassed: tuple[str, ...]


class Patch(NamedTuple):
    """How a text changes, as a unified diff; `policies` are those whose text it is."""

    file: str
    policies: tuple[str, ...]
    diff: str


class Reach(NamedTuple):
    """What an edit opens (or closes) beyond the request.

    `actions` are other actions of the catalog for the same principal and resource, `resources`
    other resource patterns of the statements in play for the same principal and action,
    `principals` others of the world for the same action and resource, and `elsewhere` other actions
    on other resources that an Allow of the same principal suggests.
    """

    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How much it is."""
        return sum(map(len, self))


@dataclass(frozen=True, slots=True, eq=False)
class EditSet:
    """Edits that together change the verdict, none of which can be left out.

    `way` names the way in that is open after them, where there is one; `answer` is the new answer.
    `reach` is what they open or close.
    """

    edits: tuple[Edit, ...]
    way: str | None
    patches: tuple[Patch, ...]
    reach: Reach
    answer: Answer

    @property
    def guardrail(self) -> bool:
        """Whether a guardrail is weakened."""
        return any(edit.guardrail for edit in self.edits)

    @property
    def own(self) -> bool:
        """Whether the caller's account can make all the edits."""
        return all(edit.own for edit in self.edits)


@dataclass(frozen=True, slots=True, eq=False)
class Blocker:
    """Something that no edit here changes, and why; `place` is where it stands, `statement` counts
    from 0."""

    reason: Obstacle
    layer: Layer | None = None
    place: Place | None = None
    policy: str | None = None
    statement: int | None = None


class Grant(NamedTuple):
    """A statement that grants the request on a way in that is open."""

    layer: LayerExplanation
    policy: str
    statement: StatementExplanation


@dataclass(frozen=True, slots=True, eq=False)
class EditReport:
    """What would change an answer: the narrowest edits first, those of guardrails last.

    `goal` is the verdict that the edits reach: `allowed` or `denied`; for `denied`, `grants` are
    the statements that grant the request as it is. `tried` counts the changes that were decided by
    the engine; `untried` says that there are more edits together than were tried.
    """

    answer: Answer
    goal: str
    sets: tuple[EditSet, ...]
    blockers: tuple[Blocker, ...]
    tried: int
    grants: tuple[Grant, ...] = ()
    untried: bool = False
