"""Of what a source tells, as far as its format or the call that it is named after says.

What is lost with it can be nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from iamsim.catalog.resource_types import resource_types
from iamsim.importers.draft import ANYTHING, Scope
from iamsim.importers.shapes import account_of_path
from iamsim.importers.subject import NamedFile

PRINCIPALS, SETTINGS = Scope(("principals",)), Scope(("settings",))
FORMATS = {
    "IAM Identity Center": PRINCIPALS,
    "IAM calls": PRINCIPALS,
    "account authorization details": PRINCIPALS,
    "credential report": SETTINGS,
    "service last accessed details": SETTINGS,
    "snapshots": Scope(("resources",)),
}
OF_PRINCIPALS = (
    "get-account-authorization-details",
    "get-group",
    "get-role",
    "get-user",
    "list-groups",
    "list-roles",
    "list-users",
)
OF_SETTINGS = (
    "generate-credential-report",
    "get-account-password-policy",
    "get-account-summary",
    "get-alternate-contact",
    "get-credential-report",
    "get-service-last-accessed-details",
    "list-access-keys",
    "list-analyzers",
    "list-mfa-devices",
    "list-open-id-connect-providers",
    "list-organizations-features",
    "list-saml-providers",
    "list-service-specific-credentials",
    "list-signing-certificates",
    "list-ssh-public-keys",
    "list-virtual-mfa-devices",
)
# Calls about resources of a service that list what others are asked about, or say its key.
OF_SERVICES = {
    "describe-parameters": "ssm",
    "describe-stream-summary": "kinesis",
    "describe-table": "dynamodb",
    "list-aliases": "kms",
}


def scope_of(name: str | None, path: str) -> Scope:
    """Of what a source tells, by the name of its format and by its path."""
    named = NamedFile.of(path)
    told = f"{named.call}.{named.subject.partition(':')[0]}"  # a list, named after its service
    known = FORMATS.get(name or "") or _calls().get(told) or _calls().get(named.call, ANYTHING)
    return known._replace(account=account_of_path(path))


def is_other_output(path: str, data: object) -> bool:
    """Whether a file is named after a call that prints policies, or lists what has some, and has
    not the key under which AWS prints them."""
    keys = _first_keys().get(NamedFile.of(path).call)
    return keys is not None and not (isinstance(data, dict) and keys & data.keys())


@cache
def _first_keys() -> Mapping[str, set[str]]:
    """The keys under which calls print what they are for, by their operations."""
    keys: dict[str, set[str]] = {}
    for row in resource_types():
        for call in (*(call for chain in row.listed for call in chain), *row.calls, *row.role):
            keys.setdefault(call.operation, set()).add(call.path[0].partition(",")[0])
    return keys


@cache
def _calls() -> Mapping[str, Scope]:
    """Of what calls tell."""
    calls: dict[str, Scope] = dict.fromkeys(OF_PRINCIPALS, PRINCIPALS)
    calls |= dict.fromkeys(OF_SETTINGS, SETTINGS)
    calls["describe-vpc-endpoints"] = Scope(("endpoints",))
    services = {call: {service} for call, service in OF_SERVICES.items()}
    for row in resource_types():
        for call in (*(call for chain in row.listed for call in chain), *row.calls, *row.role):
            services.setdefault(call.operation, set()).add(row.service)
            services.setdefault(f"{call.operation}.{call.service}", set()).add(row.service)
    return calls | {call: Scope((), frozenset(some)) for call, some in services.items()}
