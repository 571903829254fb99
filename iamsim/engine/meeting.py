"""Where the caller's side, the resource's side and the network between them meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.presence import Way
from iamsim.core.arn import find_arn
from iamsim.core.decision import PolicyType
from iamsim.core.reason import Note, Reason
from iamsim.core.request import CallerKind
from iamsim.engine.documents import compile_all
from iamsim.engine.situation import Situation
from iamsim.engine.unknown_facts import UntoldKeys, untold_of_organization

if TYPE_CHECKING:
    from iamsim.compile.policy import PolicySet
    from iamsim.engine.facts import CallerFacts, ResourceFacts
    from iamsim.engine.question import Question, Via
    from iamsim.engine.world import CompiledWorld

COMMERCIAL = "aws"


def make_situation(
    question: Question, caller: CallerFacts, resource: ResourceFacts, world: CompiledWorld
) -> Situation:
    """Put the two sides and the way between them together."""
    endpoint, reason, gateway = endpoint_policies(question, world)
    return Situation(
        caller.caller,
        resource.kind,
        resource.account,
        objects=resource.objects,
        same_partition=_same_partition(caller, question.resource),
        standing=caller.standing,
        owner=resource.standing,
        credentials=caller.credentials,
        identity=caller.identity,
        boundary=caller.boundary,
        session=caller.session,
        resource_policies=resource.policies,
        grants=resource.grants,
        scp_levels=caller.scp_levels,
        scp_reason=caller.scp_reason,
        rcp_levels=resource.rcp_levels,
        rcp_reason=resource.rcp_reason,
        rcp_services=world.rcp_services,
        endpoint=endpoint,
        endpoint_reason=reason,
        endpoint_is_gateway=gateway,
        public_access=resource.public_access,
        access_point=resource.access_point,
        way=way_of(question.via),
        shared_with=resource.shared_with,
        shared_for=resource.shared_for,
        untold=(*caller.untold, *resource.untold, *_untold_on_the_way(question, caller, world)),
        owner_unknown=None if question.resource_account is not None else resource.owner_unknown,
        notes=(
            *(*caller.notes, *resource.notes, *_endpoint_notes(question, world)),
            *((Note.SOURCES_UNVERIFIED,) if world.model.unverified else ()),
        ),
    )


def way_of(via: Via) -> Way:
    """The way of a call, as the table of global condition keys has it."""
    if via.services:
        return Way.FORWARDED
    return Way.PUBLIC if via.vpc_endpoint is None else Way.ENDPOINT


def _same_partition(caller: CallerFacts, resource: str) -> bool:
    """Whether caller and resource are in one partition; a resource without ARN is. Services have
    principals of `amazonaws.com` in every partition, those of other domains are of one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html
    """
    arn, called = find_arn(resource), caller.caller
    if arn is None or arn.partition == called.partition:
        return True
    return called.kind is CallerKind.SERVICE and called.partition == COMMERCIAL


def source_account(question: Question) -> str | None:
    """The account on whose behalf a service calls, where the request says it."""
    for key, value in question.context.items():
        if key.lower() == "aws:sourceaccount" and isinstance(value, str):
            return value
    return None


def _untold_on_the_way(
    question: Question, caller: CallerFacts, world: CompiledWorld
) -> Iterator[UntoldKeys]:
    """The keys of the organizations of the endpoint's owner, and of the account on whose behalf a
    service calls, that the world does not know."""
    endpoint = world.endpoint(question.via.vpc_endpoint)
    if endpoint is not None and not question.via.services:
        yield from untold_of_organization(world.model, endpoint.account, "vpce")
    if caller.caller.kind is CallerKind.SERVICE:
        yield from untold_of_organization(world.model, source_account(question), "source")


def _endpoint_notes(question: Question, world: CompiledWorld) -> tuple[Note, ...]:
    """Whether a world with accounts does not list the endpoint that a request comes through."""
    identifier = question.via.vpc_endpoint
    unlisted = (
        identifier is not None
        and world.model.accounts
        and question.attached.vpce_policies is None
        and world.endpoint(identifier) is None
    )
    return (Note.UNKNOWN_ENDPOINT_IN_WORLD,) if unlisted else ()


def endpoint_policies(
    question: Question, world: CompiledWorld
) -> tuple[PolicySet | None, Reason, bool | None]:
    """The policy of the VPC endpoint that the request comes through, if it does; and whether it is
    a gateway endpoint, `None` where nobody says."""
    via = question.via
    attached = question.attached.vpce_policies
    if via.services and (attached is not None or via.vpc_endpoint is not None):
        return None, Reason.FOLLOW_UP_CALL, False
    endpoint = world.endpoint(via.vpc_endpoint)
    gateway = None
    if endpoint is not None and endpoint.type is not None:
        gateway = endpoint.type == "Gateway"
    if attached is not None:
        return compile_all(attached, PolicyType.VPC_ENDPOINT), Reason.NOT_PRESENT, gateway
    unlisted = world.model.unlisted_of("endpoints", None)
    if endpoint is None and via.vpc_endpoint is not None and unlisted:
        policies = world.policies.policy_set(unlisted, PolicyType.VPC_ENDPOINT)
        return policies, Reason.NOT_PRESENT, None
    if endpoint is None or endpoint.policy is None:
        return None, Reason.NOT_PRESENT, False
    policies = world.policies.policy_set((endpoint.policy,), PolicyType.VPC_ENDPOINT)
    return policies, Reason.NOT_PRESENT, gateway
