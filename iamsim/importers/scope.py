"""Of what a source tells, as far as its format or the call that it is named after says.

What is lost with it can be nothing else.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import resource_types
from iamsim.importers.subject import NamedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Scope", "scope_of"]

# Kinds of what is told of (`iamsim.world.items.LOST_KINDS`), and services of whose resources it is.
Scope = tuple[tuple[str, ...], "frozenset[str] | None"]
ANYTHING: Scope = (), None
PRINCIPALS: Scope = ("principals",), None
SETTINGS: Scope = ("settings",), None
FORMATS = {
    "IAM Identity Center": PRINCIPALS,
    "IAM calls": PRINCIPALS,
    "account authorization details": PRINCIPALS,
    "credential report": SETTINGS,
    "service last accessed details": SETTINGS,
    "snapshots": (("resources",), None),
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
    "describe-repositories": "ecr",
    "describe-stream-summary": "kinesis",
    "describe-table": "dynamodb",
    "list-access-points": "s3",
    "list-aliases": "kms",
    "list-buckets": "s3",
    "list-functions": "lambda",
    "list-keys": "kms",
    "list-secrets": "secretsmanager",
    "list-streams": "kinesis",
    "list-tables": "dynamodb",
}


def scope_of(name: str | None, path: str) -> Scope:
    """Of what a source tells, by the name of its format and by its path."""
    known = FORMATS.get(name or "")
    return _calls().get(NamedFile.of(path).call, ANYTHING) if known is None else known


@cache
def _calls() -> Mapping[str, Scope]:
    """Of what calls tell."""
    found: dict[str, Scope] = dict.fromkeys(OF_PRINCIPALS, PRINCIPALS)
    found |= dict.fromkeys(OF_SETTINGS, SETTINGS)
    found["describe-vpc-endpoints"] = ("endpoints",), None
    services = {call: {service} for call, service in OF_SERVICES.items()}
    for row in resource_types():
        listed = [] if row.listed is None else [row.listed]
        for call in (*listed, *row.calls):
            services.setdefault(call.operation, set()).add(row.service)
    return found | {call: ((), frozenset(some)) for call, some in services.items()}
