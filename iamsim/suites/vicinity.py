"""What lies near a world's policies: its principals, the actions and resources that statements are
about, and values at the edges of their conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.regions import usual_region
from iamsim.checks.arn_examples import EXAMPLE, example_arn, example_resource
from iamsim.checks.arn_formats import ArnFormat, cut_arn, read_format
from iamsim.core.errors import IamsimError
from iamsim.core.identity_center import role_name
from iamsim.engine.question import Question

if TYPE_CHECKING:
    from iamsim.catalog import ActionFacts
    from iamsim.compile.policy import PolicySet
    from iamsim.compile.resource import ResourcePattern
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import World

# What stands for all services where a policy names none.
USUAL_SERVICES = ("s3", "ec2", "iam", "kms")
_PROBE = "sts:GetCallerIdentity"
_TYPES = 2  # resource types that stand for a service
_VERBS = ("Get", "List", "Describe", "Put", "Create", "Update", "Delete")
_SUFFIX = "0123456789abcdef"


class Principal(NamedTuple):
    """Somebody who can ask: the ARN, and how people call it (`role app`)."""

    arn: str
    kind: str
    name: str
    account: str


def principals_of(model: World) -> Iterator[Principal]:
    """The users, roles and permission sets of a world, by account and name; a permission set is
    asked as a session of the role that it provisions. Roles that only services use are left out:
    no policy of the world caps or widens them."""
    for number, account in sorted(model.accounts.items()):
        for name, user in sorted(account.users.items()):
            yield Principal(user.arn, "user", name, number)
        for name, role in sorted(account.roles.items()):
            if not role.service_linked:
                yield Principal(role.arn, "role", name, number)
        for name in sorted(account.permission_sets):
            session = f"{role_name(name, _SUFFIX)}/somebody"
            arn = f"arn:{account.partition}:sts::{number}:assumed-role/{session}"
            yield Principal(arn, "permission set", name, number)


def identity_statements(world: CompiledWorld, principal: str) -> tuple[CompiledStatement, ...]:
    """The statements of the identity-based policies of a principal, those of groups included."""
    try:
        facts = world.caller_facts(Question(principal, _PROBE))
    except IamsimError:
        return ()
    policy_set: PolicySet | None = facts.identity
    policies = () if policy_set is None else policy_set.policies
    return tuple(statement for policy in policies for statement in policy.statements)


def services_of(statement: CompiledStatement) -> tuple[str, ...]:
    """The services whose actions a statement names; the usual ones where it names none."""
    if statement.actions.negated:
        return USUAL_SERVICES
    named = (pattern.service for pattern in statement.actions.patterns)
    services = dict.fromkeys(
        service for text in named for service in (USUAL_SERVICES if text is None else (text,))
    )
    return tuple(services)


def plainness(action: ActionFacts) -> tuple[bool, int, str]:
    """A key to sort actions by: plain ones first, of usual verbs and short names."""
    return not action.name.startswith(_VERBS), len(action.name), action.name


def resource_like(
    pattern: ResourcePattern,
    context: Mapping[str, ContextValue],
    account: str,
    partition: str,
    service: str = "",
) -> str | None:
    """A resource that a pattern matches in a context, of an account where the pattern does not say,
    and of a service; `None` where a variable has no value."""
    if pattern.everything:
        return "*"
    tokens = pattern.resolved(context)
    if tokens is None:
        return None
    return example_resource(tokens, account, partition=partition, service=service)


def partition_of(world: CompiledWorld, account: str) -> str:
    """The partition of an account of the world; of another one the usual."""
    owner = world.model.accounts.get(account)
    return "aws" if owner is None else owner.partition


def resources_for(world: CompiledWorld, service: str, account: str) -> tuple[str, ...]:
    """Resources of a service to ask about where a policy says ``*``: those that the world lists in
    an account, else made-up ones of the types that most actions take."""
    owner = world.model.accounts.get(account)
    listed = [] if owner is None else sorted(owner.resources)
    own = [arn for arn in listed if arn.split(":", 3)[2:3] == [service]]
    if service == "s3":
        own = [
            name
            for arn in own
            for name in ((arn, f"{arn}/{EXAMPLE}") if "/" not in arn else (arn,))
        ]
    return tuple(own) or _made_up(service, account, partition_of(world, account))


@lru_cache(maxsize=4096)
def _made_up(service: str, account: str, partition: str) -> tuple[str, ...]:
    """An ARN of each of the types that most actions of a service take."""
    from collections import Counter

    from iamsim import catalog

    count = Counter(
        use.name for action in catalog.actions(service) for use in action.resource_types
    )
    types = (catalog.find_resource_type(service, name) for name, _ in count.most_common(_TYPES))
    region = usual_region(partition)
    made = (
        example_arn(text, account, partition=partition, region=region)
        for kind in types
        for text in (() if kind is None else kind.arn_formats[:1])
    )
    return tuple(dict.fromkeys(arn for arn in made if arn is not None))


def takes(action: str, resource: str) -> bool:
    """Whether an action takes such a resource, as far as the service reference tells: one of its
    types, or ``*`` where it has none."""
    types = _types_taken(action)
    if resource == "*" or not types:
        return (resource == "*") is not bool(types)
    return not types.isdisjoint(_types_of(action.partition(":")[0].lower(), resource))


@lru_cache(maxsize=65536)
def _types_taken(action: str) -> frozenset[str]:
    """The names of the resource types that an action takes."""
    from iamsim import catalog

    facts = catalog.find_action(action)
    return frozenset(() if facts is None else (use.name for use in facts.resource_types))


@lru_cache(maxsize=65536)
def _types_of(service: str, resource: str) -> frozenset[str]:
    """The names of the resource types of a service that a resource can be of."""
    arn = cut_arn(resource)
    if arn is None:
        return frozenset()
    return frozenset(
        name
        for name, form in _formats(service)
        if ("${" in form.service or form.service == arn.service)
        and form.fits_resource(arn.resource)
    )


@lru_cache(maxsize=1024)
def _formats(service: str) -> tuple[tuple[str, ArnFormat], ...]:
    """The ARN formats of a service, with the names of their types."""
    from iamsim import catalog

    facts = catalog.find_service(service)
    formats = (
        (resource_kind.name, read_format(text))
        for resource_kind in (() if facts is None else facts.resource_types)
        for text in resource_kind.arn_formats
    )
    return tuple((name, form) for name, form in formats if form is not None)
