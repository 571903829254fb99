"""What an API call asks, as questions of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import Arn, find_arn
from iamsim.core.data_class import replace
from iamsim.core.errors import RequestError
from iamsim.engine.question import Question, Via

if TYPE_CHECKING:
    from iamsim.calls.model import Requested
    from iamsim.world.model import World

NAMED = frozenset({"user", "group", "role", "instance-profile"})


def in_world(requested: Requested, world: World | None) -> Requested:
    """What is asked, of the user, group, role or instance profile that a world has by that name.

    Calls of IAM name them without their path. Names are unique in an account, and ARNs, which
    policies match, have the path:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    action = requested.action.lower()
    if world is None or not action.startswith("iam:") or action.startswith("iam:create"):
        return requested
    arn = find_arn(requested.resource)
    if arn is None or arn.resource.count("/") != 1 or "resource" in requested.unknown:
        return requested
    found = _entity_named(arn, world)
    return requested if found is None else replace(requested, resource=found)


def _entity_named(arn: Arn, world: World) -> str | None:
    account = world.accounts.get(arn.account)
    kind, _, name = arn.resource.partition("/")
    if account is None or kind not in NAMED:
        return None
    if kind == "role":
        session = arn._replace(service="sts", resource=f"assumed-role/{name}/named")
        role = world.find_principal(session.text)
        return None if role is None else role.arn
    if kind == "instance-profile":
        profiles = (arn for role in account.roles.values() for arn in role.instance_profiles)
        return next((profile for profile in profiles if profile.endswith(f"/{name}")), None)
    entity = (account.users if kind == "user" else account.groups).get(name)
    return None if entity is None else entity.arn


def question_of(requested: Requested, base: Question) -> Question:
    """Put what a call tells into a question; what `base` says of context and session wins."""
    via = base.via
    services = requested.via.get("service") or ()
    own = (services,) if isinstance(services, str) else tuple(services)
    session = base.session
    told = requested.session
    if told:
        session = replace(
            session,
            source_identity=session.source_identity or told.get("source_identity"),
            source_user=session.source_user or told.get("source_user"),
        )
    return replace(
        base,
        action=requested.action,
        resource=requested.resource,
        context={**requested.context_values, **base.context},
        unknown=base.unknown | frozenset(requested.unknown) - set(base.context),
        via=Via(via.vpc_endpoint or requested.via.get("vpc_endpoint"), via.services or own),
        session=session,
        resource_account=base.resource_account or requested.resource_account,
    )


def actions_of_call(name: str) -> tuple[str, ...]:
    """The actions that an API operation such as ``apigateway:GetRestApis`` asks for, its service
    under any of its names; none where there is no such operation, or none is known."""
    try:
        from iamsim.calls.mapping import read
        from iamsim.calls.model import Call
        from iamsim.calls.names import service_of
    except ImportError:  # the playground loads these when a call is asked about
        return ()
    service, colon, operation = name.strip().partition(":")
    if not colon or not operation.isalnum():
        return ()
    try:
        reading = read(Call(service_of(service), operation, {}))
    except RequestError:
        return ()
    return tuple(dict.fromkeys(requested.action for requested in reading.asked))
