"""The request context: what was given, and what follows from caller, resource and network.

Which keys there are, and when, follows
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html. What was
given always wins over what is derived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.catalog.global_services import GLOBAL_REGION, GLOBAL_SERVICES
from iamsim.catalog.keys import spelled
from iamsim.catalog.presence import (
    has_resource_account,
    holds_identifier,
    identifier_keys,
    lists_of_names,
    owner_account_keys,
    region_keys,
    same_keys,
    sends_of_endpoint,
)
from iamsim.compile.literals import read_date
from iamsim.core.arn import find_arn
from iamsim.core.explanation import ContextEntry, Origin
from iamsim.core.request import Caller, CallerKind, ContextValue

if TYPE_CHECKING:
    from decimal import Decimal

    from iamsim.engine.question import Session, Via

__all__ = [
    "GLOBAL_SERVICES",
    "TIME_KEYS",
    "Derived",
    "DerivedKeys",
    "InOrganization",
    "call_context",
    "caller_context",
    "context_entries",
    "endpoint_context",
    "identifier_context",
    "in_organization",
    "kms_context",
    "pair_names",
    "resource_context",
    "said_otherwise",
    "time_context",
]

Derived = tuple[str, "ContextValue", Origin]
# The id of an account's organization, and the account's path in it, where that is known.
InOrganization = tuple[str, str | None]

UNLISTED_RESOURCE = Origin("resource")
LAST_SECOND = 253_402_300_799  # of the year 9999
TIME_KEYS = ("aws:currenttime", "aws:epochtime")
USER_ID, ISSUED = "aws:userid", "aws:tokenissuetime"
MFA = MFA_PRESENT, MFA_AGE = ("aws:multifactorauthpresent", "aws:multifactorauthage")


class DerivedKeys:
    """Keys that follow from one thing (the caller, say); later keys of the same name win.

    `values` are what a request takes over, `shown` says of each where it comes from.
    """

    __slots__ = ("_entries", "_shown", "values")

    def __init__(self, entries: Iterable[Derived]) -> None:
        """Take the keys in."""
        self._entries = tuple(entries)
        self.values: dict[str, ContextValue] = {key: value for key, value, _ in self._entries}
        self._shown: dict[str, ContextEntry] | None = None

    @property
    def shown(self) -> dict[str, ContextEntry]:
        """The keys as answers show them, made on first use."""
        if self._shown is None:
            self._shown = {key: _entry(key, value, origin) for key, value, origin in self._entries}
        return self._shown


PRINCIPAL_TYPES = {
    CallerKind.ROOT_USER: "Account",
    CallerKind.ASSUMED_ROOT: "Account",
    CallerKind.USER: "User",
    CallerKind.FEDERATED_USER: "FederatedUser",
    CallerKind.ROLE_SESSION: "AssumedRole",
    CallerKind.ANONYMOUS: "Anonymous",
}
CALL_CHAIN = Origin("call-chain")
# Calls of KMS with keys that others lack: whether a service makes a grant for somebody, and the one
# algorithm of data keys.
GRANT_CALLS = frozenset({"kms:creategrant", "kms:listgrants", "kms:revokegrant"})
DATA_KEY_CALLS = frozenset(
    f"kms:generatedatakey{pair}{plaintext}"
    for pair in ("", "pair")
    for plaintext in ("", "withoutplaintext")
)


def caller_context(
    caller: Caller,
    tags: Mapping[str, str],
    session: Session,
    organization: InOrganization | None,
) -> Iterator[Derived]:
    """What follows from the caller: its ARN, account, type, tags, session and organization.

    `organization` is that of the caller's account.
    """
    origin = Origin("principal", caller.arn)
    if caller.principal_arn is not None:
        yield "aws:principalarn", caller.principal_arn, origin
    if caller.kind is CallerKind.ANONYMOUS:
        yield "aws:principalaccount", "anonymous", origin
        yield "aws:userid", "anonymous", origin
    elif caller.kind.has_identity and caller.account is not None:
        yield "aws:principalaccount", caller.account, origin
    if caller.kind in PRINCIPAL_TYPES:
        yield "aws:principaltype", PRINCIPAL_TYPES[caller.kind], origin
    yield from _caller_names(caller, origin)
    if caller.kind.has_identity:
        yield "aws:principalisawsservice", "false", origin
    yield from _tags(caller, tags, session, origin)
    if session.source_identity is not None:
        yield "aws:sourceidentity", session.source_identity, Origin("session", "source identity")
    if organization is not None and caller.kind.has_identity:
        origin = Origin("organization", organization[0])
        yield from in_organization("principal", organization, origin)


def in_organization(whose: str, organization: InOrganization, origin: Origin) -> Iterator[Derived]:
    """The two keys of an account's organization."""
    yield f"aws:{whose}orgid", organization[0], origin
    if organization[1] is not None:
        yield f"aws:{whose}orgpaths", (organization[1],), origin


def _caller_names(caller: Caller, origin: Origin) -> Iterator[Derived]:
    """User name, unique id, service name, identity provider."""
    match caller.kind:
        case CallerKind.USER:
            yield "aws:username", caller.name or "", origin
            if caller.unique_id:
                yield "aws:userid", caller.unique_id, origin
        case CallerKind.ROLE_SESSION:
            if caller.unique_id and caller.session_name:
                yield "aws:userid", f"{caller.unique_id}:{caller.session_name}", origin
        case CallerKind.ROOT_USER | CallerKind.ASSUMED_ROOT | CallerKind.FEDERATED_USER:
            yield "aws:userid", caller.unique_id or "", origin
            if caller.kind is CallerKind.ASSUMED_ROOT:
                yield "aws:assumedroot", "true", origin
        case CallerKind.SERVICE:
            yield "aws:principalisawsservice", "true", origin
            yield "aws:principalservicename", caller.arn, origin
            yield "aws:principalservicenameslist", _names_of_service(caller.arn), origin
        case CallerKind.IDENTITY_PROVIDER if ":saml-provider/" not in caller.arn:
            yield "aws:federatedprovider", caller.arn, origin


def _names_of_service(principal: str) -> tuple[str, ...]:
    """The names that a service principal has: a Regional one also that without the Region."""
    labels = principal.split(".")
    if len(labels) > len(["SERVICE", "amazonaws", "com"]) and labels[-1] != "cn":
        plain = ".".join((labels[0], *labels[-2:]))
        return (plain, principal)
    return (principal,)


def _tags(
    caller: Caller, tags: Mapping[str, str], session: Session, origin: Origin
) -> Iterator[Derived]:
    """Tags of the user or role; session tags override them, ignoring letter case.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    if not caller.kind.has_identity:
        return
    for key, value in tags.items():
        yield f"aws:principaltag/{key.lower()}", value, origin
    for key, value in session.tags.items():
        yield f"aws:principaltag/{key.lower()}", value, Origin("session", "session tag")


def resource_context(
    action: str,
    region: str,
    account: str | None,
    organization: InOrganization | None,
    listed: str | None,
) -> Iterator[Derived]:
    """What follows from the resource: account, organization, and the Region of its ARN.

    A resource that is not `listed` shares these keys with others, so that their origin has no
    detail: `context_entries` adds it.
    """
    origin = Origin("resource", listed or "")
    service = action.partition(":")[0]
    told = has_resource_account(action)
    if account is not None and told:
        yield "aws:resourceaccount", account, origin
        if service in owner_account_keys():
            yield owner_account_keys()[service], account, origin
    if organization is not None and told:
        yield from in_organization(
            "resource", organization, Origin("organization", organization[0])
        )
    if region and "*" not in region:
        yield "aws:requestedregion", region, origin
        if service in region_keys():
            yield region_keys()[service], region, origin
    elif service in GLOBAL_SERVICES:
        yield "aws:requestedregion", GLOBAL_REGION, Origin("default", "global service")


def identifier_context(action: str, resource: str) -> Iterator[Derived]:
    """The id of what a request is about, of the services that have keys for it.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    """
    arn = find_arn(resource)
    service = action.partition(":")[0]
    if arn is None or arn.service != service:
        return
    resource_type, _, rest = arn.resource.partition("/")
    key, name = identifier_keys()[service].get(resource_type), rest.partition("/")[0]
    told = bool(name) and {"*", "?"}.isdisjoint(name)
    if key is not None and told and holds_identifier(action, key):
        yield key, name, Origin("resource", resource)


def said_otherwise(service: str, given: Mapping[str, ContextValue]) -> Iterator[Derived]:
    """Keys that follow from given ones in every call of a service: those that have the same value,
    and those that list the names of pairs, which are case-sensitive as they are written."""
    values = {key.lower(): value for key, value in given.items()}
    for key, same in same_keys(service).items():
        if key in values:
            yield same, values[key], Origin("given", spelled(key))
    for start, key in lists_of_names(service).items():
        names = pair_names(start, given)
        if names:
            yield key, names, Origin("given", "the pairs of the request")


def pair_names(start: str, keys: Iterable[str]) -> tuple[str, ...]:
    """The names of the pairs among some keys, which begin with `start` (in lower case)."""
    return tuple(sorted(key[len(start) :] for key in keys if key.lower().startswith(start)))


@lru_cache(maxsize=64)
def call_context(via: Via, vpc: str | None) -> DerivedKeys:
    """What follows from the way of the call: endpoint, forwarding services."""
    return DerivedKeys(_call_keys(via, vpc))


def _call_keys(via: Via, vpc: str | None) -> Iterator[Derived]:
    """The keys of `call_context`."""
    if via.services:
        yield "aws:viaawsservice", "true", CALL_CHAIN
        yield "aws:calledvia", via.services, CALL_CHAIN
        yield "aws:calledviafirst", via.services[0], CALL_CHAIN
        yield "aws:calledvialast", via.services[-1], CALL_CHAIN
        return
    yield "aws:viaawsservice", "false", CALL_CHAIN
    if via.vpc_endpoint is not None:
        origin = Origin("network", via.vpc_endpoint)
        yield "aws:sourcevpce", via.vpc_endpoint, origin
        if vpc is not None:
            yield "aws:sourcevpc", vpc, origin


def endpoint_context(
    action: str, account: str, organization: InOrganization | None
) -> Iterator[Derived]:
    """Whose VPC endpoint a request comes through, of what the service of its action sends.

    `organization` is that of the account that owns the endpoint.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpceaccount
    """
    origin = Origin("network", account)
    owner: list[Derived] = [("aws:vpceaccount", account, origin)]
    if organization is not None:
        owner += in_organization("vpce", organization, origin)
    yield from (derived for derived in owner if sends_of_endpoint(action, derived[0]))


def kms_context(action: str, resource: str, caller: Caller, via: Via) -> Iterator[Derived]:
    """Keys of calls to KMS: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html."""
    if action in DATA_KEY_CALLS:
        yield "kms:encryptionalgorithm", "SYMMETRIC_DEFAULT", Origin("default")
    if action in GRANT_CALLS and caller.kind.has_identity:
        yield "kms:grantisforawsresource", "true" if via.services else "false", CALL_CHAIN
    if caller.kind.has_identity and caller.account is not None:
        yield "kms:calleraccount", caller.account, Origin("principal", caller.arn)
    arn = find_arn(resource)
    if via.services and arn is not None and arn.region:
        host, dot, domain = via.services[-1].partition(".amazonaws.")
        if dot:
            yield "kms:viaservice", f"{host}.{arn.region}.amazonaws.{domain}", CALL_CHAIN


@lru_cache(maxsize=64)
def time_context(now: str | None) -> DerivedKeys:
    """The time of the request, said in one of the two forms that AWS has, in both."""
    if now is None:
        return DerivedKeys(())
    origin = Origin("clock")
    seconds = read_date(now)
    in_seconds = seconds is not None and now.isdigit()
    written = _in_iso_8601(seconds) if in_seconds and seconds is not None else now
    entries: list[Derived] = [("aws:currenttime", written, origin)]
    if seconds is not None:
        entries.append(("aws:epochtime", str(int(seconds)), origin))
    return DerivedKeys(entries)


def _in_iso_8601(seconds: Decimal) -> str:
    """A moment as AWS writes it."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(int(seconds), LAST_SECOND))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def context_entries(
    given: Mapping[str, ContextValue],
    written: Mapping[str, str],
    derived: Iterable[DerivedKeys],
    unset: Iterable[str],
    resource: str,
) -> tuple[ContextEntry, ...]:
    """Every key of the request with its values and where they come from, sorted."""
    entries: dict[str, ContextEntry] = {}
    for keys in derived:
        entries.update(keys.shown)
    of_resource = Origin("resource", resource)
    for key, entry in entries.items():
        if entry.origin == UNLISTED_RESOURCE:
            entries[key] = ContextEntry(entry.key, entry.values, entry.multivalued, of_resource)
    for key in unset:
        entries.pop(key, None)
    for key, value in given.items():
        entries[key] = _entry(written.get(key, key), value, Origin("given"))
    return tuple(entries[key] for key in sorted(entries))


def _entry(key: str, value: ContextValue, origin: Origin) -> ContextEntry:
    multivalued = isinstance(value, tuple)
    values = value if isinstance(value, tuple) else (value,)
    return ContextEntry(spelled(key), values, multivalued, origin)
