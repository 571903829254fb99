"""What somebody may have meant who named a principal, a resource or a key that nobody knows.

Such a request is answered as it stands: a resource need not be listed, and AWS adds keys. So these
are hints and no errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from iamsim.core.arn import Arn, find_arn
from iamsim.core.errors import RequestError
from iamsim.core.suggest import nearest

if TYPE_CHECKING:
    from iamsim.world.model import World

# How alike two names have to be, from 0 to 1.
ALIKE = 0.75
ALIKE_SERVICES = 0.85
SERVICE_SUFFIX = ".amazonaws.com"
SESSION = "assumed-role"
# What stands before the name.
HEAD_PARTS = ("partition", "service", "region", "account")


KINDS = ("user", "role")
_NO_PRINCIPAL = "invalid-principal"


def known_principals(world: World) -> list[str]:
    """Give the ARNs of all users and roles of a world, sorted."""
    return sorted(
        entity.arn
        for account in world.accounts.values()
        for entities in (account.users, account.roles)
        for entity in entities.values()
    )


def known_resources(world: World) -> list[str]:
    """Give the ARNs of all resources of a world, sorted."""
    return sorted(arn for account in world.accounts.values() for arn in account.resources)


def near_principal(principal: str, world: World) -> str | None:
    """Find the principal of a world that was meant by one that it does not have.

    That is somebody of a name alike in the same account, or of the same name under another path or
    in another account; a bare name stands for a user or role. `None` where the world has the
    principal, does not say who there is, or has nobody alike.
    """
    if principal.endswith(SERVICE_SUFFIX):
        return near_service(principal)
    arn = find_arn(principal)
    if arn is None:
        return _named(principal, world)
    session = _session_of(arn)
    entity = arn if session is None else arn._replace(service="iam", resource=session[0])
    kind, _, name = entity.resource.partition("/")
    if kind not in KINDS:
        meant = nearest(kind.lower(), KINDS, ALIKE) if name else None
        fixed = arn._replace(resource=f"{meant}/{name}").text
        if meant is None or world.find_principal(fixed) is not None:
            return meant and fixed
        return near_principal(fixed, world)
    if world.find_principal(principal) is not None:
        return None
    found = _near_entity(entity, kind, name.rpartition("/")[2], world)
    if found is None or session is None:
        return found
    known = find_arn(found)
    if known is None:
        return None
    role = known.resource.rpartition("/")[2]
    return known._replace(service="sts", resource=f"{SESSION}/{role}/{session[1]}").text


def _session_of(arn: Arn) -> tuple[str, str] | None:
    """The role and the name of a role session."""
    kind, _, rest = arn.resource.partition("/")
    role, slash, session = rest.partition("/")
    return (f"role/{role}", session) if arn.service == "sts" and kind == SESSION and slash else None


def _near_entity(arn: Arn, kind: str, name: str, world: World) -> str | None:
    """The user or role of a world that an ARN comes close to."""
    account = world.accounts.get(arn.account)
    everybody = known_principals(world)
    if account is None:
        return _only(text for text in everybody if text.endswith((f":{kind}/{name}", f"/{name}")))
    here = {
        entity.name: entity.arn
        for entities in ((account.users, account.roles) if kind == "user" else (account.roles,))
        for entity in entities.values()
    }
    if not here:
        return None
    if name in here:
        return here[name] if here[name] != arn.text else None
    return _nearest(name, here)


def _named(text: str, world: World) -> str | None:
    """The user or role that a text names without an ARN; none where several have the name."""
    name = text.rpartition("/")[2]
    everybody = {arn.rpartition("/")[2]: arn for arn in known_principals(world)}
    if name in everybody:
        return _only(arn for arn in known_principals(world) if arn.rpartition("/")[2] == name)
    return _nearest(name, everybody)


def _only(found: Iterable[str]) -> str | None:
    """The only one of some; `None` for none and for several."""
    several = list(found)
    return several[0] if len(several) == 1 else None


def _nearest(name: str, known: dict[str, str]) -> str | None:
    lowered = {key.lower(): arn for key, arn in known.items()}
    close = nearest(name.lower(), lowered, ALIKE)
    return lowered[close] if close else None


def near_service(principal: str) -> str | None:
    """The service principal of a name alike, if the catalog has no service of this name; `None`
    for what is no service principal."""
    if not principal.endswith(SERVICE_SUFFIX):
        return None
    from iamsim import catalog

    name = principal.removesuffix(SERVICE_SUFFIX)
    services = catalog.services()
    if name.partition(".")[0] in services:
        return None
    close = nearest(name, services, ALIKE_SERVICES)
    return f"{close}{SERVICE_SUFFIX}" if close else None


def near_resource(resource: str, action: str, world: World | None) -> str | None:
    """Find the resource that was meant by an ARN that leads to none of a world.

    That is a listed one whose name is alike, or the same name under another service, region,
    account or partition; what follows the name is kept. Without one, the ARN with the service of
    the action, where its own is the name of no service.
    """
    arn = find_arn(resource)
    if arn is None:
        return _with_a_colon(resource)
    if set(resource) & set("*?"):
        return None
    if world is not None and world.find_resource(resource) is not None:
        return None
    from iamsim import catalog

    services = catalog.services()
    is_service = arn.service in services
    if world is not None:
        listed = known_resources(world)
        if is_service:  # a queue and a topic may have one name
            listed = [text for text in listed if text.split(":")[2:3] == [arn.service]]
        found = _near_listed(arn, listed)
        if found is not None:
            return found
    service = action.partition(":")[0].lower()
    if is_service or service not in services:
        return None
    close = nearest(arn.service, [service], 0.5)
    return arn._replace(service=service).text if close else None


def _with_a_colon(resource: str) -> str | None:
    """The ARN that lacks a colon: those of S3 have three in a row."""
    head, colons, name = resource.partition(":s3::")
    return f"{head}:s3:::{name}" if colons and head.startswith("arn:") else None


def _near_listed(arn: Arn, listed: Iterable[str]) -> str | None:
    """The listed resource that an ARN, or a part of it, comes close to."""
    heads: list[str] = []
    names: list[str] = []
    parts = dict(_parts(arn.resource))
    for text in listed:
        known = find_arn(text)
        if known is None:
            continue
        if _head(known) == _head(arn):
            for part, rest in parts.items():
                if nearest(part.lower(), [known.resource.lower()], ALIKE):
                    names.append(text + rest)
        elif known.resource in parts and _heads_alike(known, arn):
            heads.append(text + parts[known.resource])
    return nearest(arn.text, heads or names, 0)


def _parts(resource: str) -> Iterator[tuple[str, str]]:
    """The name of a resource, cut at every separator, with what follows."""
    for place, character in enumerate(resource):
        if place and character in "/:":
            yield resource[:place], resource[place:]
    yield resource, ""


def _head(arn: Arn) -> tuple[str, ...]:
    return tuple(getattr(arn, part) for part in HEAD_PARTS)


def _heads_alike(first: Arn, second: Arn) -> bool:
    """Whether two ARNs differ in one part before the name."""
    return sum(this != other for this, other in zip(_head(first), _head(second), strict=True)) == 1


def near_key(key: str, read: Iterable[str]) -> str | None:
    """Find the condition key that was meant by one that AWS does not have and no policy reads.

    `read` are the keys that policies read; a key with a part of its own (a tag) counts by the part
    before it.
    """
    known = {name.lower(): name for name in read}
    lowered = key.lower()
    if lowered in known:
        return None
    from iamsim import catalog

    if catalog.find_condition_key(key) is not None:
        return None
    close = nearest(lowered, known, ALIKE)
    if close:
        return known[close]
    stem, slash, rest = key.partition("/")
    found = catalog.suggest_condition_key(f"{stem}/${{Key}}" if slash else key, 1)
    if not found:
        return None
    template, _, _ = found[0].partition("/${")
    return f"{template}/{rest}" if "/${" in found[0] and slash else found[0]


class NamingPrincipals:
    """Says in the error about a text that names no principal whom of the world it may have meant.

    Used with `with`; a class, since `contextlib` would be loaded for this alone.
    """

    def __init__(self, principal: str | None, world: World | None) -> None:
        """Keep who was asked about, and where somebody alike may be."""
        self.principal = principal
        self.world = world

    def __enter__(self) -> None:
        """Nothing is prepared."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Put the hint into the error that goes out."""
        if not isinstance(error, RequestError) or error.code != _NO_PRINCIPAL:
            return
        if self.world is None or self.principal is None:
            return
        near = near_principal(self.principal, self.world)
        if near is not None:
            error.hint = f"did you mean `{near}`?"
