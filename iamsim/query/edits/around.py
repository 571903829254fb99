"""What else can be asked near a question: the actions that its resource takes, by the service
reference, and other resources that patterns cover."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.checks.arn_examples import example_resource
from iamsim.checks.arn_formats import read_format
from iamsim.core.arn import find_arn

if TYPE_CHECKING:
    from iamsim.compile.resource import ResourcePattern
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.engine.question import Question


@lru_cache(maxsize=1024)
def actions_taken(service: str, resource: str) -> tuple[str, ...]:
    """The names of the actions of a service that can be asked of a resource, as far as is known."""
    service_facts = catalog.find_service(service)
    fitting = {
        known.name
        for known in (() if service_facts is None else service_facts.resource_types)
        if any(_fits(text, resource) for text in known.arn_formats)
    }
    return tuple(
        facts.name
        for facts in catalog.actions(service)
        if (resource == "*" and not facts.resource_types)
        or any(use.name in fitting for use in facts.resource_types)
    )


def is_taken(action: str, resource: str) -> bool:
    """Whether an action can be asked of a resource, as far as is known."""
    facts = catalog.find_action(action)
    if facts is None:
        return True
    types = (
        catalog.find_resource_type(facts.service, resource_kind.name)
        for resource_kind in facts.resource_types
    )
    return any(_fits(text, resource) for known in types if known for text in known.arn_formats)


def services_near(question: Question, statements: tuple[CompiledStatement, ...]) -> tuple[str, ...]:
    """The services some of whose actions the statements may cover and the resource may take."""
    prefixes = {
        pattern.service for statement in statements for pattern in statement.actions.patterns
    }
    covered = {prefix for prefix in prefixes if prefix is not None}
    any_service = None in prefixes or any(statement.actions.negated for statement in statements)
    arn = find_arn(question.resource)
    if arn is None:
        return catalog.services() if any_service else tuple(sorted(covered))
    near = {arn.service, question.action.partition(":")[0].lower()}
    if arn.service == "iam" and arn.resource.startswith("role/"):
        near.add("sts")
    return tuple(sorted(near if any_service else near & covered))


def resource_near(
    pattern: ResourcePattern, resource: str, context: Mapping[str, ContextValue]
) -> str | None:
    """A resource that a pattern covers in a context; for `*`, a neighbor of the one asked for.

    Where the pattern does not say whose it is, it is of the same account, or of the caller's.
    """
    if pattern.everything:
        return f"{resource}-sample"
    tokens = pattern.resolved(context)
    if tokens is None:
        return None
    arn, caller = find_arn(resource), context.get("aws:principalaccount")
    own = caller if isinstance(caller, str) else ""
    if arn is None:
        return example_resource(tokens, own)
    return example_resource(tokens, arn.account or own, partition=arn.partition)


def is_about(question: Question, resource: str) -> bool:
    """Whether a resource is another one, about which the question's policies speak as well: a
    policy that was brought along is that of one resource, or of the objects of one bucket."""
    asked = question.resource
    if question.attached.resource_policy is None:
        return resource != asked
    bucket = asked.partition("/")[0]
    return resource != asked and ":s3:::" in bucket and resource.partition("/")[0] == bucket


def _fits(text: str, resource: str) -> bool:
    """Whether a resource may be one of an ARN format."""
    form = read_format(text)
    arn = find_arn(resource)
    return (
        form is not None
        and arn is not None
        and form.service == arn.service
        and form.fits_resource(_without_wildcards(arn.resource))
    )


def _without_wildcards(resource: str) -> str:
    """A resource part without characters that a pattern would read as wildcards."""
    return resource.replace("*", "x").replace("?", "x")
