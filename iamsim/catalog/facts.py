"""What the catalog knows, as small values: services, actions, resource types, condition keys.

The classes are written by hand instead of with `dataclasses`: importing that module takes longer
than looking up an action may take in a fresh process (`docs/explanation/design.md`). The
attributes are `Final`, so a type checker refuses to change them; values compare by content.

Follows https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal

    Scope = Literal["global", "action", "session", "legacy", "service", "identity-provider"]

ACCESS_LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")
"""The five access levels of the service authorization reference, least telling first."""


class Facts:
    """Equality, hash and repr over the slots of the subclass, in their order."""

    __slots__: tuple[str, ...] = ()

    def _content(self) -> tuple[object, ...]:
        return tuple(getattr(self, slot) for slot in self.__slots__)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash((type(self), self._content()))

    def __repr__(self) -> str:
        parts = ", ".join(f"{slot}={getattr(self, slot)!r}" for slot in self.__slots__)
        return f"{type(self).__name__}({parts})"


class ConditionKeyFacts(Facts):
    """A condition key: its name as AWS writes it, its value types, and whether it holds a set.

    `name` keeps the template of a key with a variable part (``aws:RequestTag/${TagKey}``).
    `types` are the names of AWS's service reference (``String``, ``ARN``, ``ArrayOfString``, ...);
    more than one means that any of them fits, none means that AWS doesn't say. `scope` is
    ``global`` (a request to any service may carry it), ``action`` (a global name that only some
    actions carry), ``session`` (set by the service that handed out the session's credentials),
    ``legacy`` (no longer documented), ``service``, or ``identity-provider`` (a claim of a token).
    """

    __slots__ = ("multivalued", "name", "scope", "types")
    name: Final[str]
    types: Final[tuple[str, ...]]
    multivalued: Final[bool]
    scope: Final[Scope]

    def __init__(
        self,
        name: str,
        types: tuple[str, ...],
        *,
        multivalued: bool | None = None,
        scope: Scope = "service",
    ) -> None:
        """Keep the facts; without `multivalued`, an ``ArrayOf...`` type makes the key one."""
        self.name = name
        self.types = types
        if multivalued is None:
            multivalued = any(type_name.startswith("ArrayOf") for type_name in types)
        self.multivalued = multivalued
        self.scope = scope


class ResourceTypeFacts(Facts):
    """A resource type of a service: its ARN formats (usually one) and its own condition keys."""

    __slots__ = ("arn_formats", "condition_keys", "name", "service")
    service: Final[str]
    name: Final[str]
    arn_formats: Final[tuple[str, ...]]
    condition_keys: Final[tuple[str, ...]]

    def __init__(
        self,
        service: str,
        name: str,
        arn_formats: tuple[str, ...],
        condition_keys: tuple[str, ...],
    ) -> None:
        """Keep the facts as they are."""
        self.service = service
        self.name = name
        self.arn_formats = arn_formats
        self.condition_keys = condition_keys


class ResourceTypeUse(Facts):
    """A resource type as one action takes it.

    `required` is None where the source doesn't say (AWS's own service reference files);
    `condition_keys` are the keys that this action carries for this resource type only.
    """

    __slots__ = ("condition_keys", "name", "required")
    name: Final[str]
    required: Final[bool | None]
    condition_keys: Final[tuple[str, ...]]

    def __init__(self, name: str, required: bool | None, condition_keys: tuple[str, ...]) -> None:
        """Keep the facts as they are."""
        self.name = name
        self.required = required
        self.condition_keys = condition_keys


class ActionFacts(Facts):
    """An action: ``service`` and ``name`` in AWS's own case, and what it takes.

    `access_level` is one of `ACCESS_LEVELS`. Without `resource_types` the action can only be
    granted on ``*``. `condition_keys` are carried whatever the resource type. `dependent_actions`
    are the other permissions that the action needs; None means that the sources don't say.
    """

    __slots__ = (
        "access_level",
        "condition_keys",
        "dependent_actions",
        "name",
        "resource_types",
        "service",
    )
    service: Final[str]
    name: Final[str]
    access_level: Final[str]
    resource_types: Final[tuple[ResourceTypeUse, ...]]
    condition_keys: Final[tuple[str, ...]]
    dependent_actions: Final[tuple[str, ...] | None]

    def __init__(
        self,
        service: str,
        name: str,
        access_level: str,
        resource_types: tuple[ResourceTypeUse, ...],
        condition_keys: tuple[str, ...],
        dependent_actions: tuple[str, ...] | None,
    ) -> None:
        """Keep the facts as they are."""
        self.service = service
        self.name = name
        self.access_level = access_level
        self.resource_types = resource_types
        self.condition_keys = condition_keys
        self.dependent_actions = dependent_actions

    @property
    def full_name(self) -> str:
        """The action as policies write it: ``s3:GetObject``."""
        return f"{self.service}:{self.name}"


class ServiceFacts(Facts):
    """A service: prefix, name, and everything that its namespace defines.

    `source` says where the facts come from and of which date they are.
    """

    __slots__ = ("actions", "condition_keys", "name", "prefix", "resource_types", "source")
    prefix: Final[str]
    name: Final[str]
    source: Final[str]
    actions: Final[tuple[ActionFacts, ...]]
    resource_types: Final[tuple[ResourceTypeFacts, ...]]
    condition_keys: Final[tuple[ConditionKeyFacts, ...]]

    def __init__(
        self,
        prefix: str,
        name: str,
        source: str,
        actions: tuple[ActionFacts, ...],
        resource_types: tuple[ResourceTypeFacts, ...],
        condition_keys: tuple[ConditionKeyFacts, ...],
    ) -> None:
        """Keep the facts as they are."""
        self.prefix = prefix
        self.name = name
        self.source = source
        self.actions = actions
        self.resource_types = resource_types
        self.condition_keys = condition_keys


class CatalogVersion(Facts):
    """Which snapshot this is: its date, the packages that it was built from, and the counts.

    `snapshot` is an ISO date (``2026-10-27``); `packages` pairs a package's name with its
    version; `refreshed` are the prefixes of the services that a user's own files overlay;
    `counts` has ``services``, ``actions``, ``resource types``, ``condition keys`` and
    ``retired actions``.
    """

    __slots__ = ("counts", "packages", "refreshed", "snapshot")
    snapshot: Final[str]
    packages: Final[tuple[tuple[str, str], ...]]
    refreshed: Final[tuple[str, ...]]
    counts: Final[tuple[tuple[str, int], ...]]

    def __init__(
        self,
        snapshot: str,
        packages: tuple[tuple[str, str], ...],
        refreshed: tuple[str, ...],
        counts: tuple[tuple[str, int], ...],
    ) -> None:
        """Keep the facts as they are."""
        self.snapshot = snapshot
        self.packages = packages
        self.refreshed = refreshed
        self.counts = counts
