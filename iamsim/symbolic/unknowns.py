"""Unknown things that are no context keys: a layer, a session name, an endpoint.

A layer is named as in answers. One that does not apply to the request stays out of it: the root
user has no need of identity-based policies, an IAM user no session policy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.compile.principal import NotPrincipalTest
from iamsim.compile.residual import Atom
from iamsim.core.decision import Layer
from iamsim.core.errors import UnsupportedError
from iamsim.core.reason import Reason
from iamsim.core.request import CallerKind
from iamsim.engine.formula import Slot
from iamsim.engine.relations import ResourceKind
from iamsim.symbolic.layers import ALLOW, EXPLICIT_DENY, LayerSays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.compile.residual import Term
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Request
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation

__all__ = ["LAYERS", "Unknowns", "named_things", "open_layers"]

LAYERS = {slot.layer.value: slot for slot in Slot if isinstance(slot.value, Layer)}
SESSION_NAME, ENDPOINT, RESOURCE_ACCOUNT = "session-name", "vpc-endpoint", "resource-account"
ENDPOINT_KEYS = ("aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp")
THINGS = {*LAYERS, SESSION_NAME, ENDPOINT, RESOURCE_ACCOUNT}
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
    """A question whose unknown things are keys only, and the layers that are not known."""

    question: Question
    layers: tuple[Slot, ...]
    session_name: bool


def named_things(question: Question) -> Unknowns:
    """Take the unknown things that are no keys out of a question.

    Raises `UnsupportedError` for an unknown resource account: which rules apply depends on it.
    """
    things = [name for name in question.unknown if name.lower() in THINGS]
    if not things:
        return Unknowns(question, (), session_name=False)
    keys = set(question.unknown).difference(things)
    names = {name.lower() for name in things}
    if RESOURCE_ACCOUNT in names:
        raise UnsupportedError(
            "unknown-resource-account",
            "an unknown resource account is not modelled: it decides which layers must allow",
            hint="ask twice, with `resource_account` being the caller's account and another one",
        )
    if SESSION_NAME in names:
        keys.add("aws:userid")
    layers = {LAYERS[name] for name in names if name in LAYERS}
    if ENDPOINT in names and not question.via.services:
        keys.update(ENDPOINT_KEYS)
        layers.add(Slot.VPC_ENDPOINT)
    ordered = tuple(slot for slot in Slot if slot in layers)
    return Unknowns(
        replace(question, unknown=frozenset(keys)), ordered, session_name=SESSION_NAME in names
    )


def open_layers(
    unknowns: Unknowns, situation: Situation, request: Request
) -> dict[Slot, tuple[Term, Term]]:
    """The terms that stand in for unknown layers, where they apply to a request.

    Raises `UnsupportedError` where what is unknown decides more than its own layer does.
    """
    if unknowns.session_name:
        _check_session_name(situation, request)
    found: dict[Slot, tuple[Term, Term]] = {}
    for slot in unknowns.layers:
        if not _applies(slot, situation, request):
            continue
        name = slot.layer.value
        _check(slot, situation, request)
        request.unknown |= {name}
        allows: Term = Atom(LayerSays(name, ALLOW), request)
        found[slot] = allows, Atom(LayerSays(name, EXPLICIT_DENY), request)
    return found


def _applies(slot: Slot, situation: Situation, request: Request) -> bool:
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
            return situation.kind is not ResourceKind.NONE
        case Slot.VPC_ENDPOINT | Slot.PUBLIC_ACCESS:
            return True
        case _:
            stations = situation.arrange(request.action).at(slot)
            return not stations or any(
                station.applies or station.reason in OPEN_REASONS for station in stations
            )


def _check(slot: Slot, situation: Situation, request: Request) -> None:
    """Refuse what would need more than the layer itself."""
    if slot is Slot.BOUNDARY and any(
        isinstance(statement.principals, NotPrincipalTest)
        for statement in _statements(situation, request)
    ):
        raise UnsupportedError(
            "unknown-boundary-and-not-principal",
            "an unknown permissions boundary is not modelled where a statement has `NotPrincipal`",
            hint="such a statement denies every caller that has a boundary",
        )
    block = situation.public_access
    if slot is Slot.RESOURCE and block is not None and block.restricts:
        raise UnsupportedError(
            "unknown-policy-and-public-access-block",
            "an unknown bucket policy is not modelled where public buckets are restricted",
            hint="whether it is restricted depends on whether that policy is public",
        )


def _check_session_name(situation: Situation, request: Request) -> None:
    """Refuse an unknown session name where a policy names sessions."""
    for statement in _statements(situation, request):
        principals = statement.principals
        if principals is not None and any(":assumed-role/" in name for name in principals.names):
            raise UnsupportedError(
                "unknown-session-name-and-principal",
                "an unknown session name is not modelled where a policy names sessions",
                hint="ask for each session that the policy names",
            )


def _statements(situation: Situation, request: Request) -> Iterator[CompiledStatement]:
    """The statements about an action, of all layers."""
    for station in situation.arrange(request.action).stations:
        if station.policies is not None:
            for _, statement in station.policies.candidates(request.action):
                yield statement
