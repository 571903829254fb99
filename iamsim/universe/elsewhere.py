"""What could be asked about besides what an account has: resources of others, and calls that
services make for callers.

A data perimeter says whose resources may be reached, so what it lets through can only be seen on a
resource of somebody else:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.presence import owner_account_keys
from iamsim.core.arn import is_account_id
from iamsim.core.wildcard import example_of
from iamsim.engine.question import AttachedPolicies, ContextValue, Via
from iamsim.syntax.read import parse_policy
from iamsim.universe.asked import FRESH_ACCOUNT, FRESH_ORGANIZATION
from iamsim.universe.mentions import INSTANCE, ORGANIZATION

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.world.model import World

OWNER_ACCOUNTS = frozenset(owner_account_keys().values())
OWNER_ORGANIZATIONS = frozenset({"aws:resourceorgid", "aws:resourceorgpaths"})
OWNER_KEYS = OWNER_ACCOUNTS | OWNER_ORGANIZATIONS
CALLED_VIA = frozenset(
    {"aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"}
)
SOME_SERVICE = "cloudformation.amazonaws.com"
OPEN_TO_ALL = AttachedPolicies(
    resource_policy=parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        },
        name="the resource's own account allows",
    )
)


class Elsewhere(NamedTuple):
    """Resources of somebody else, who lets everybody in: how answers name them, their account, and
    the values of the keys that say whose they are."""

    label: str
    account: str
    context: tuple[tuple[str, ContextValue], ...]


def elsewhere(statements: Iterable[CompiledStatement], model: World) -> Iterator[Elsewhere]:
    """The owners that conditions on the caller's side tell apart, and one that none names; nobody
    where no condition reads whose a resource is."""
    accounts: dict[str, None] = {}
    organizations: dict[str, str] = {}
    reads = False
    for statement in statements:
        for condition in statement.conditions:
            if condition.key not in OWNER_KEYS:
                continue
            reads = True
            for text in (template.text for template in condition.values.templates):
                match = ORGANIZATION.match(text)
                if condition.key in OWNER_ACCOUNTS and is_account_id(text):
                    accounts[text] = None
                elif match is not None:
                    path = text if "/" in text else f"{match[0]}/r-else/ou-else-else/"
                    organizations.setdefault(match[0], example_of(path, INSTANCE))
    if not reads:
        return
    own = None if model.organization is None else model.organization.id
    for account in accounts:
        if account not in model.accounts and not model.in_organization(account):
            yield Elsewhere(f"resources of account {account}", account, _in(FRESH_ORGANIZATION))
    for organization, path in organizations.items():
        if organization != own:
            label = f"resources of organization {organization}"
            yield Elsewhere(label, FRESH_ACCOUNT, _in(organization, path))
    yield Elsewhere("resources of any other account", FRESH_ACCOUNT, _in(FRESH_ORGANIZATION))


def _in(organization: str, path: str | None = None) -> tuple[tuple[str, ContextValue], ...]:
    """The keys of a resource whose owner belongs to an organization."""
    paths = path or f"{organization}/r-else/ou-else-else/"
    return ("aws:ResourceOrgID", organization), ("aws:ResourceOrgPaths", (paths,))


def ways_of(statements: Iterable[CompiledStatement]) -> tuple[Via, ...]:
    """The calls that services make for a caller, where some statement asks for them: through each
    service that conditions name, else through some.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    services: dict[str, None] = {}
    reads = False
    for statement in statements:
        for condition in statement.conditions:
            if condition.key in CALLED_VIA:
                reads = True
                texts = (template.text for template in condition.values.templates)
                services.update(dict.fromkeys(text for text in texts if "." in text))
    names = [example_of(name, INSTANCE) for name in services] or [SOME_SERVICE]
    return tuple(Via(services=(name,)) for name in names) if reads else ()
