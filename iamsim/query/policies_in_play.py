"""The policies that meet in a request, and which of them people mean by a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from iamsim.core.caret import quote
from iamsim.core.decision import Layer
from iamsim.core.errors import RequestError
from iamsim.core.suggest import nearest
from iamsim.engine.authorize import prepare
from iamsim.engine.inventory import policies_in_use
from iamsim.world.builtin import RCP_FULL_AWS_ACCESS

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy, PolicySet
    from iamsim.core.request import Caller
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.engine.world import CompiledWorld
    from iamsim.syntax.ast import Policy

_LISTED = 8
_LONGEST = 300


class Numbered(Protocol):
    """A statement, parsed or compiled."""

    @property
    def index(self) -> int:
        """Its number in the policy, counted from 0."""
        ...

    @property
    def sid(self) -> str | None:
        """Its Sid."""
        ...


class PolicyInPlay(NamedTuple):
    """A policy that a request meets; `level` is that of a control policy."""

    layer: Layer
    level: str | None
    policy: CompiledPolicy


def policies_in_play(question: Question, world: CompiledWorld) -> tuple[PolicyInPlay, ...]:
    """Every policy that a request meets, in the order of the layers; raises what asking raises."""
    return tuple(_of_situation(prepare(question, world).situation))


def _of_situation(situation: Situation) -> Iterator[PolicyInPlay]:
    """Go through the layers; Block Public Access has no policies."""
    for name, policies in situation.all_rcp_levels:
        yield from _of_set(Layer.RESOURCE_CONTROL_POLICY, policies, name)
    for name, policies in situation.scp_levels or ():
        yield from _of_set(Layer.SERVICE_CONTROL_POLICY, policies, name)
    yield from _of_set(Layer.VPC_ENDPOINT_POLICY, situation.endpoint)
    for placed in situation.resource_policies:
        yield from _of_set(Layer.RESOURCE_BASED_POLICY, placed.policies, placed.level)
    yield from _of_set(Layer.RESOURCE_BASED_POLICY, situation.grants)
    yield from _of_set(Layer.IDENTITY_BASED_POLICY, situation.identity)
    yield from _of_set(Layer.PERMISSIONS_BOUNDARY, situation.boundary)
    yield from _of_set(Layer.SESSION_POLICY, situation.session)


def _of_set(
    layer: Layer, policies: PolicySet | None, level: str | None = None
) -> Iterator[PolicyInPlay]:
    for policy in policies.policies if policies is not None else ():
        yield PolicyInPlay(layer, level, policy)


def taken_statements(
    without: Iterable[str], name: str, arn: str | None, statements: Sequence[Numbered]
) -> frozenset[int] | None:
    """The indexes of the statements that `without` takes from a policy; `None` when it takes the
    policy as a whole.

    A policy is named by its name, its ARN, or the last part of its ARN; a statement by its Sid or
    its number behind ``#``, counted from 1.
    """
    taken: set[int] = set()
    for text in without:
        if _is_named(text, name, arn):
            return None
        policy, _, statement = text.rpartition("#")
        if policy and _is_named(policy, name, arn):
            taken |= _find_statements(statement, statements)
    return frozenset(taken)


def _is_named(text: str, name: str, arn: str | None) -> bool:
    known = [text for text in (name, arn) if text is not None]
    return text in known or any(
        name.startswith("arn:") and name.rpartition("/")[2] == text for name in known
    )


def _find_statements(text: str, statements: Sequence[Numbered]) -> set[int]:
    """The statements that a Sid or a number names; a Sid made of digits goes first."""
    found = {statement.index for statement in statements if statement.sid == text}
    if not found and text.isdecimal():
        found = {statement.index for statement in statements if statement.index == int(text) - 1}
    return found


def left_of(
    policies: Iterable[CompiledPolicy], without: Sequence[str], layer: Layer
) -> Iterator[CompiledPolicy]:
    """What is left of the policies of a layer; statements keep their numbers.

    RCPFullAWSAccess can't be detached:
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    for policy in policies:
        taken = taken_statements(without, policy.name, policy.arn, policy.statements)
        if _is_fixed(layer, policy):
            yield policy
        elif taken:
            kept = tuple(
                statement for statement in policy.statements if statement.index not in taken
            )
            yield replace(policy, statements=kept)
        elif taken is not None:
            yield policy


def _is_fixed(layer: Layer, policy: CompiledPolicy) -> bool:
    return layer is Layer.RESOURCE_CONTROL_POLICY and policy.arn == RCP_FULL_AWS_ACCESS.arn


def check_place(layer: Layer, caller: Caller) -> None:
    """Refuse to add a policy that this caller can't have; raises `RequestError`."""
    if layer is Layer.IDENTITY_BASED_POLICY or layer is Layer.PERMISSIONS_BOUNDARY:
        possible = caller.kind.has_identity and not caller.kind.is_root
    elif layer in {Layer.SESSION_POLICY, Layer.SERVICE_CONTROL_POLICY}:
        possible = caller.kind.has_identity
    else:
        possible = True
    if not possible:
        raise RequestError(
            "policy-without-place",
            f"the caller {quote(caller.arn)} ({caller.kind.value}) can't have a policy in the layer"
            f" `{layer.value}`",
            hint="name another layer in front: `LAYER=FILE`",
        )


def check_names(
    without: Iterable[str], questions: Iterable[Question], world: CompiledWorld
) -> None:
    """Check that each policy or statement to be taken away is in play in one of the questions;
    raises `RequestError` that lists what is."""
    wanted = tuple(without)
    if not wanted:
        return
    policies = {
        id(policy.policy): policy.policy
        for question in questions
        for policy in policies_in_play(question, world)
        if not _is_fixed(policy.layer, policy.policy)
    }
    known = tuple(
        _Known(policy.name, policy.arn, policy.statements) for policy in policies.values()
    )
    for text in wanted:
        if not any(map(partial(_takes, text), known)):
            raise _not_found(text, known, "no policy {} is in play for this request", "in play are")


def check_names_in_world(
    without: Iterable[str], world: CompiledWorld, more: Iterable[Policy] = ()
) -> None:
    """Check that each policy or statement to be taken away is used somewhere in a world, or is one
    of `more`; raises `RequestError`."""
    wanted = tuple(without)
    if not wanted:
        return
    used = {
        id(policy): world.policies.compiled(policy, policy_type)
        for policy, policy_type in policies_in_use(world.model)
        if policy is not RCP_FULL_AWS_ACCESS
    }
    known = (
        *(_Known(policy.name, policy.arn, policy.statements) for policy in used.values()),
        *(_Known(policy.name, None, policy.statements) for policy in more),
    )
    for text in wanted:
        if not any(map(partial(_takes, text), known)):
            raise _not_found(text, known, "no policy {} is used in this world", "used are")


class _Known(NamedTuple):
    """What tells whether a policy is meant."""

    name: str
    arn: str | None
    statements: Sequence[Numbered]


def _takes(text: str, policy: _Known) -> bool:
    """Whether a text takes a policy away, or some statement of it."""
    taken = taken_statements((text,), *policy)
    return taken is None or bool(taken)


def _not_found(
    text: str, policies: Sequence[_Known], message: str, before_list: str
) -> RequestError:
    """Say which policies there are instead."""
    name, _, statement = text.rpartition("#")
    for policy in policies:
        if name and _is_named(name, policy.name, policy.arn):
            return RequestError(
                "policy-not-in-play",
                f"the policy {quote(name, _LONGEST)} has no statement {quote(statement)}",
                hint=_statements_hint(statement, policy),
            )
    if text == RCP_FULL_AWS_ACCESS.name:
        return RequestError("policy-not-in-play", f"{quote(text)} can't be detached")
    names = sorted({policy.name for policy in policies})
    spelled = {name: name for name in names}
    spelled |= {policy.arn: policy.name for policy in policies if policy.arn is not None}
    close = nearest(name or text, spelled)
    shown = [quote(name, _LONGEST) for name in names[:_LISTED]]
    more = len(names) - len(shown)
    listed = ", ".join([*shown, *([f"{more} more"] if more > 0 else [])])
    hint = f"{before_list} {listed}" if names else "there is none"
    if close:
        hint = f"did you mean {quote(spelled[close], _LONGEST)}? {hint}"
    return RequestError("policy-not-in-play", message.format(quote(text, _LONGEST)), hint=hint)


def _statements_hint(text: str, policy: _Known) -> str:
    """The statements of a policy, by number and Sid."""
    sids = [statement.sid for statement in policy.statements if statement.sid is not None]
    close = nearest(text, sids)
    listed = [
        f"{statement.index + 1}" + (f" ({quote(statement.sid)})" if statement.sid else "")
        for statement in policy.statements[:_LISTED]
    ]
    hint = f"its statements are {', '.join(listed)}"
    return f"did you mean {quote(close)}? {hint}" if close else hint
