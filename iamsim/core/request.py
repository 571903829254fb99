"""A request as the matchers see it: the caller, the action, the resource, the context.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-reqcontext.html
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntFlag

from iamsim.core.data_class import NamedTuple, dataclass, field
from iamsim.core.unknown import is_open_key

ContextValue = str | tuple[str, ...]


class CallerKind(Enum):
    """The kinds of principal that can call.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """

    __hash__ = object.__hash__  # members are single objects; the Enum's own hash is slower

    ROOT_USER = "root user"
    USER = "IAM user"
    ROLE_SESSION = "role session"
    FEDERATED_USER = "federated user session"
    ASSUMED_ROOT = "root session"
    SERVICE = "AWS service"
    IDENTITY_PROVIDER = "identity provider"
    ORIGIN_ACCESS_IDENTITY = "origin access identity"
    ANONYMOUS = "anonymous"

    @property
    def is_root(self) -> bool:
        """The root user, by its own credentials or through sts:AssumeRoot."""
        return self in {CallerKind.ROOT_USER, CallerKind.ASSUMED_ROOT}

    @property
    def has_identity(self) -> bool:
        """Whether identity-based policies, boundaries and SCPs can apply to such a caller."""
        return self in _WITH_IDENTITY


_WITH_IDENTITY = frozenset(
    {
        CallerKind.ROOT_USER,
        CallerKind.USER,
        CallerKind.ROLE_SESSION,
        CallerKind.FEDERATED_USER,
        CallerKind.ASSUMED_ROOT,
    }
)


class GrantKind(IntFlag):
    """What a principal entry of a resource-based policy is to a caller that it matches."""

    USER = 1
    ROLE = 2
    SESSION = 4
    ACCOUNT = 8
    FEDERATED_USER = 16
    FEDERATED_SOURCE = 32
    SERVICE = 64
    FEDERATED = 128
    WILDCARD = 256

    @classmethod
    def any(cls) -> int:
        """Every kind."""
        return 511


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request.

    `arn` is the caller as written on the wire, `principal_arn` what aws:PrincipalArn holds (for a
    role session the role). `names` maps each form in which a Principal element can name this
    caller (see `iamsim.compile.principal.entry_name`) to the kind of grant that it is; `layers`
    are the names of which NotPrincipal must list all: the account and the user or role.
    `with_session_token` marks a user's or root user's credentials of sts:GetSessionToken.
    """

    kind: CallerKind
    arn: str
    partition: str
    account: str | None
    principal_arn: str | None
    names: Mapping[str, int]
    layers: tuple[frozenset[str], ...] = ()
    name: str | None = None
    session_name: str | None = None
    unique_id: str | None = None
    has_boundary: bool = False
    service_linked: bool = False
    role_path_assumed: bool = False
    with_session_token: bool = False


class Sent(NamedTuple):
    """What is known of the value of a key that AWS sends with a request, if nobody said it.

    It may be `boolean`; a moment between two others, in seconds (`None`: any time); or the user id
    of a session, of which the role's id and the session's name may be known. An `optional` key may
    be missing as well.
    """

    boolean: bool = False
    is_moment: bool = False
    earliest: float | None = None
    latest: float | None = None
    is_user_id: bool = False
    role_id: str | None = None
    session_name: str | None = None
    optional: bool = False


@dataclass(slots=True)
class Request:
    """One (action, resource) to be decided. `action` is in lower case, so are the keys of
    `context`; a string is a single value, a tuple the values of a multivalued key.

    `unknown` are keys of which it is not known whether and with what value they are there;
    with `partial`, every key that is not in `context` is unknown but those in `absent`. Of those
    in `sent` it is known that they are there, or what they are where they are there.

    Parts of policies that are not known are open tests of keys of their own, which are unknown,
    too; in a request that is `settled` they are what `context` says, and do nothing where it is
    silent.
    """

    caller: Caller
    action: str
    resource: str
    context: dict[str, ContextValue] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    partial: bool = False
    absent: frozenset[str] = frozenset()
    settled: bool = False
    sent: tuple[tuple[str, Sent], ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the decision may depend on something that is not known."""
        return bool(self.unknown) or self.partial

    def is_unknown(self, key: str) -> bool:
        """Whether the value of a key (in lower case) is not known."""
        if key in self.unknown:
            return True
        if is_open_key(key):
            return not self.settled and key not in self.context
        return self.partial and key not in self.context and key not in self.absent
