"""A question as asked: who, what, on what, in which context, under which policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from iamsim.core.data_class import dataclass, field, replace

if TYPE_CHECKING:
    from iamsim.syntax.ast import Policy

ContextValue = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """How the caller's session was made (formats: ``session``).

    `policies` are the session policies passed, `None` where none was. `mfa` and other facts go
    through the request's context. `source_user` is the ARN of the user who asked for a federated
    user session. `credentials` is `session-token` or `federation-token` for those that a user got
    from sts:GetSessionToken or sts:GetFederationToken.
    """

    name: str | None = None
    policies: tuple[Policy, ...] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tags: tuple[str, ...] = ()
    source_identity: str | None = None
    source_user: str | None = None
    credentials: str | None = None


@dataclass(frozen=True, slots=True)
class Via:
    """The way the request came: through a VPC endpoint, or as a follow-up call of services.

    `services` is the chain of service principals that forwarded the caller's identity, first
    first: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html.
    """

    vpc_endpoint: str | None = None
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, weakref_slot=True)
class AttachedPolicies:
    """Policies given with the question. `None` means: not given, so what the world says (without a
    world: the layer does not exist). Levels of `scps` and `rcps` are root first. `canonical_user`
    is the canonical user id of the caller's account, where the world does not list that."""

    identity_policies: tuple[Policy, ...] | None = None
    resource_policy: Policy | None = None
    boundary: Policy | None = None
    session_policies: tuple[Policy, ...] | None = None
    scps: tuple[tuple[Policy, ...], ...] | None = None
    rcps: tuple[tuple[Policy, ...], ...] | None = None
    vpce_policies: tuple[Policy, ...] | None = None
    public_access_block: Mapping[str, bool] | None = None
    canonical_user: str | None = None


PLAIN_SESSION = Session()
DIRECT_CALL = Via()
NOTHING_ATTACHED = AttachedPolicies()


@dataclass(frozen=True, slots=True)
class Question:
    """One (principal, action, resource) with everything that was said about the request.

    `context` is what was given; `unset` are keys said to be absent even where they could be
    derived; `unknown` are keys whose values are not known, and with `partial` every key that is
    neither given nor derivable is unknown. `now` is the time of the request in ISO 8601, used for
    aws:CurrentTime and aws:EpochTime where these are not given; the engine has no clock.
    """

    principal: str
    action: str
    resource: str = "*"
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    unset: frozenset[str] = frozenset()
    session: Session = PLAIN_SESSION
    via: Via = DIRECT_CALL
    unknown: frozenset[str] = frozenset()
    partial: bool = False
    resource_account: str | None = None
    attached: AttachedPolicies = NOTHING_ATTACHED
    now: str | None = None

    def with_pairs(self, actions: Sequence[str], resources: Sequence[str]) -> tuple[Question, ...]:
        """Ask the same of every action on every resource, actions outermost."""
        return tuple(
            replace(self, action=action, resource=resource)
            for action in actions
            for resource in resources
        )
