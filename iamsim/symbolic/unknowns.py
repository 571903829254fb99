"""Unknown things that are no context keys: a layer, a session name, an endpoint, an account.

A layer is named as in answers. What does not apply to the request, or is told by the request
itself, stays out of it: the root user has no need of identity-based policies, an IAM user no
session name, and the ARN of a queue holds its account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.catalog.keys import spelled
from iamsim.catalog.presence import keys_through_endpoints
from iamsim.compile.policy import PolicySet
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.core.data_class import NamedTuple, replace
from iamsim.core.errors import RequestError
from iamsim.core.reason import Reason
from iamsim.core.request import Caller, CallerKind, Request
from iamsim.core.suggest import nearest
from iamsim.engine.formula import Slot
from iamsim.engine.relations import UNASKED, ResourceKind
from iamsim.engine.services.sts import TRUST_ACTIONS, UNSIGNED_ACTIONS
from iamsim.symbolic.layers import LAYERS, RESOURCE_ACCOUNT, SESSION_NAME

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation

ENDPOINT = "vpc-endpoint"
ACCOUNT_KEY, USER_ID_KEY = "aws:ResourceAccount", "aws:userid"
THINGS = {*LAYERS, SESSION_NAME, ENDPOINT, RESOURCE_ACCOUNT}
# What people call layers elsewhere: in options, in worlds and on AWS's pages.
SHORT_NAMES = {
    "scp": "service-control-policy",
    "rcp": "resource-control-policy",
    "boundary": "permissions-boundary",
    "identity": "identity-based-policy",
    "identity-policy": "identity-based-policy",
    "identity-policie": "identity-based-policy",
    "resource-policy": "resource-based-policy",
    "resource-policie": "resource-based-policy",
    "trust-policy": "resource-based-policy",
    "session-policie": "session-policy",
    "vpce": "vpc-endpoint",
    "vpce-policy": "vpc-endpoint-policy",
    "endpoint": "vpc-endpoint",
    "public-access-block": "s3-block-public-access",
    "account": "resource-account",
    "session": "session-name",
}
SESSIONS = {CallerKind.ROLE_SESSION, CallerKind.FEDERATED_USER, CallerKind.ASSUMED_ROOT}
BOUNDED = {CallerKind.USER, CallerKind.ROLE_SESSION, CallerKind.FEDERATED_USER}
# Why a layer can be without policies and could yet have some.
OPEN_REASONS = {
    Reason.NOT_PRESENT,
    Reason.NO_POLICY,
    Reason.NO_STATEMENT_ALLOWS,
    Reason.CALLER_NOT_IN_ORGANIZATION,
    Reason.RESOURCE_NOT_IN_ORGANIZATION,
    Reason.FEDERATED_USER_WITHOUT_SESSION_POLICY,
}


class Unknowns(NamedTuple):
    """A question whose unknown things are keys only, and the other things that are not known."""

    question: Question
    layers: tuple[Slot, ...] = ()
    session_name: bool = False
    resource_account: bool = False

    @property
    def things(self) -> bool:
        """Whether anything but keys is unknown."""
        return bool(self.layers) or self.session_name or self.resource_account


def named_things(question: Question) -> Unknowns:
    """Take the unknown things that are no keys out of a question.

    Raises `RequestError` for a name that is neither that of a thing nor that of a key.
    """
    for name in question.unknown:
        if ":" not in name and name.lower() not in THINGS:
            raise _no_such_thing(name)
    things = [name for name in question.unknown if name.lower() in THINGS]
    if not things:
        return Unknowns(question)
    keys = set(question.unknown).difference(things)
    names = {name.lower() for name in things}
    layers = {LAYERS[name] for name in names if name in LAYERS}
    if ENDPOINT in names and not question.via.services:
        keys.update(map(spelled, keys_through_endpoints()))
        layers.add(Slot.VPC_ENDPOINT)
    if question.via.services:
        # The call of a service for somebody does not come through that person's endpoint.
        layers.discard(Slot.VPC_ENDPOINT)
    arn = find_arn(question.resource)
    told = question.resource == "*" or (arn is not None and is_account_id(arn.account))
    return Unknowns(
        replace(question, unknown=frozenset(keys)),
        tuple(slot for slot in Slot if slot in layers),
        session_name=SESSION_NAME in names,
        resource_account=RESOURCE_ACCOUNT in names
        and question.resource_account is None
        and not told,
    )


def _no_such_thing(name: str) -> RequestError:
    """Say which name is probably meant: all keys of AWS have a colon."""
    short = name.lower().replace("_", "-").removesuffix("s")
    close = SHORT_NAMES.get(short) or nearest(short, sorted(THINGS))
    known = ", ".join(f"`{thing}`" for thing in sorted(THINGS))
    return RequestError(
        "unknown-thing",
        f"{quote(name)} can't be unknown: there is no such thing, and keys have a colon",
        hint=f"did you mean `{close}`?" if close else f"a context key, or one of {known}",
    )


def is_set(question: Question, key: str) -> bool:
    """Whether a question says of a key what it is, or that it is absent."""
    said = (*question.context, *question.unset)
    return any(name.lower() == key.lower() for name in said)


def session_is_unnamed(caller: Caller) -> bool:
    """Whether the caller is a session of a role without a name."""
    return caller.kind is CallerKind.ROLE_SESSION and not caller.session_name


def layer_applies(slot: Slot, situation: Situation, request: Request) -> bool:
    """Whether policies of a layer could play a role for this caller and resource."""
    kind = situation.caller.kind
    match slot:
        case Slot.SESSION:
            return kind in SESSIONS
        case Slot.BOUNDARY:
            return kind in BOUNDED
        case Slot.IDENTITY:
            return kind.has_identity and not kind.is_root
        case Slot.RESOURCE:
            trust = request.action in TRUST_ACTIONS
            asked = trust or situation.kind is not ResourceKind.ROLE
            signed = request.action not in UNSIGNED_ACTIONS
            fits = signed or kind is CallerKind.IDENTITY_PROVIDER
            asked = asked and situation.arrange(request.action).relation not in UNASKED
            return fits and asked and situation.kind is not ResourceKind.NONE
        case Slot.PUBLIC_ACCESS:
            return request.action.startswith("s3:") and can_be_restricted(situation)
        case _:
            stations = situation.arrange(request.action).at(slot)
            if not any(station.applies or station.reason in OPEN_REASONS for station in stations):
                return False
            return slot is not Slot.RESOURCE_CONTROL or _is_controlled(situation, request.action)


def _is_controlled(situation: Situation, action: str) -> bool:
    """Whether an RCP, if there were one, would be asked about an action."""
    probe = replace(
        situation, rcp_levels=(("", PolicySet(())),), _reads={}, _arrangements={}, plans={}
    )
    return any(station.applies for station in probe.arrange(action).at(Slot.RESOURCE_CONTROL))


def can_be_restricted(situation: Situation) -> bool:
    """Whether S3 Block Public Access could keep the caller from a bucket with a public policy.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    caller = situation.caller
    inside = caller.account is not None and situation.same_account
    return caller.kind is not CallerKind.SERVICE and not inside
