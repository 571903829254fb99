"""Denies that do nothing because of what they say: AWS refuses to store them, and whoever wrote one
takes it for a guard. They are never inert without a word.

A policy that is attached to a resource is about that resource, by actions and context keys that AWS
knows; S3 answers others with the error ``MalformedPolicy``:
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim import catalog
from iamsim.catalog.containers import holder_of
from iamsim.core.arn import find_arn
from iamsim.core.explanation import Element, StatementExplanation
from iamsim.core.reason import Note
from iamsim.core.unknown import is_open_key

if TYPE_CHECKING:
    from iamsim.compile.action import ActionPattern
    from iamsim.compile.resource import ResourcePattern
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Request

NO_RESOURCE = "*"
REMEMBERED = 4096  # names that were looked up


def notes_of_idle_deny(
    statement: CompiledStatement, told: StatementExplanation, request: Request, *, attached: bool
) -> Iterator[Note]:
    """What keeps a Deny from a request that nobody would expect to: `told` is what the statement
    says to it, `attached` whether its policy is attached to the resource."""
    failed = told.failed_elements
    if len(failed) != 1:
        return
    if failed[0] is Element.RESOURCE and _means_no_resource(statement, request):
        yield Note.DENY_WITHOUT_RESOURCE
    absent = [
        condition.key
        for condition in statement.conditions
        if condition.key not in request.context
        and not is_open_key(condition.key)
        and not condition.matches(request)
    ]
    faults = faults_of_deny(statement, absent, request.resource if attached else None)
    yield from (note for element, note in faults if element is failed[0])


def _means_no_resource(statement: CompiledStatement, request: Request) -> bool:
    """Whether a Deny means an action that has no resource, by its name or as one of all that there
    is in an account, and covers only what has one.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    https://docs.aws.amazon.com/kms/latest/developerguide/cmks-in-iam-policies.html
    """
    resources = statement.resources
    if request.resource != NO_RESOURCE or resources is None or resources.negated:
        return False
    named = any(entry.pattern.lower() == request.action for entry in statement.actions.patterns)
    whole = any(entry.pattern.split(":", 5)[5:] == ["*"] for entry in resources.patterns)
    return (named or whole) and takes_no_resource(request.action)


def faults_of_deny(
    statement: CompiledStatement, keys: list[str], resource: str | None
) -> Iterator[tuple[Element, Note]]:
    """The elements of a Deny that AWS would not store: with an action that nobody lists, a resource
    that is none of the `resource` with the policy (`None`: no single one has it), or one of some
    `keys` (in lower case) that nobody lists."""
    if resource is not None:
        actions, resources, arn = statement.actions, statement.resources, find_arn(resource)
        holder = None if arn is None else holder_of(arn)
        own = None if arn is None or holder is None else arn.service
        if not (actions.negated or all(_is_known(pattern, own) for pattern in actions.patterns)):
            yield actions.element, Note.DENY_OF_UNLISTED_ACTION
        entries = () if resources is None or resources.negated else resources.patterns
        if holder is not None and any(_is_elsewhere(entry, holder) for entry in entries):
            yield Element.RESOURCE, Note.DENY_OF_OTHER_RESOURCE
    if not all(map(_is_listed_key, keys)):
        yield Element.CONDITION, Note.DENY_ON_UNLISTED_KEY


def _is_elsewhere(entry: ResourcePattern, holder: str) -> bool:
    """Whether an entry can mean neither what has the policy nor anything in it."""
    head = entry.head
    if not head.startswith("arn:"):
        return False
    within = head.startswith(f"{holder}/")
    if head == entry.pattern:  # one ARN, without wildcards and variables
        return head != holder and not within
    return not (within or holder.startswith(head))


def _is_known(entry: ActionPattern, service: str | None) -> bool:
    """Whether an entry of Action names something that AWS lists, in a policy of one `service`
    something of that."""
    fits = service is None or entry.service in (None, service)
    return fits and _is_listed_action(entry.pattern)


@lru_cache(maxsize=REMEMBERED)
def _is_listed_action(pattern: str) -> bool:
    """Whether AWS lists an action that an entry names, or did once."""
    return pattern == "*" or catalog.is_retired(pattern) or bool(catalog.expand(pattern))


@lru_cache(maxsize=REMEMBERED)
def takes_no_resource(action: str) -> bool:
    """Whether an action is known to be granted on ``*`` only: no type of resource is listed."""
    facts = catalog.find_action(action)
    return facts is not None and not facts.resource_types


@lru_cache(maxsize=REMEMBERED)
def _is_listed_key(key: str) -> bool:
    """Whether AWS lists a key, or an identity provider may send it as a claim."""
    provider = key.partition(":")[0]
    return "." in provider or catalog.find_condition_key(key) is not None
