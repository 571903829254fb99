"""Questions with values filled in for what was unknown, decided by the engine as whole questions.

Nothing here knows of terms: the examples of a residual, the completions of scenarios and the laws
of the tests are checked against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.core.data_class import replace
from iamsim.core.decision import Decision, PolicyType
from iamsim.core.request import CallerKind, ContextValue
from iamsim.engine import authorize
from iamsim.engine.context import pair_names
from iamsim.engine.documents import compile_all
from iamsim.engine.formula import Slot
from iamsim.engine.presence import lists_left_open
from iamsim.engine.situation import PlacedPolicies, PublicAccess, Situation
from iamsim.engine.world import CompiledWorld, without_world
from iamsim.symbolic.cases import known_accounts, stranger, with_boundary
from iamsim.symbolic.layers import (
    ALLOW,
    EXPLICIT_DENY,
    NOT_APPLICABLE,
    POLICY_IS_PUBLIC,
    RESOURCE_ACCOUNT,
    SESSION_NAME,
    STAND_INS,
)
from iamsim.symbolic.lists import SOME_ROLE_ID
from iamsim.symbolic.unknowns import (
    ACCOUNT_KEY,
    USER_ID_KEY,
    Unknowns,
    is_set,
    layer_applies,
    named_things,
    session_is_unnamed,
)
from iamsim.syntax.read import parse_policy

if TYPE_CHECKING:
    from iamsim.compile.policy import PolicySet
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.question import Question

Values = dict[str, "ContextValue"]
# What a policy of each kind says of everything; a policy that allows nothing about the request is
# one about something that nobody asks.
EFFECTS = {ALLOW: ("Allow", "*"), EXPLICIT_DENY: ("Deny", "*")}
OTHERWISE = ("Allow", "iamsim:NothingElse")


def complete(
    question: Question,
    context: Mapping[str, ContextValue],
    world: CompiledWorld | None = None,
) -> Prepared:
    """Prepare a question with unknown things, which have the values of `context`: those of keys,
    `session-name`, `resource-account`, and for layers the outcome. What is left out is absent.

    Raises `InputError` for what can't be asked or read.
    """
    world = world if world is not None else without_world()
    unknowns = named_things(question)
    prepared = authorize.prepare(unknowns.question, world)
    values = canonical_values(unknowns, prepared, context)
    return _completed(unknowns, values, world)


def canonical_values(
    unknowns: Unknowns, asked: Prepared, context: Mapping[str, ContextValue | list[str]]
) -> Values:
    """Values by key in lower case; a session name and an account by the key that holds them.

    Where the id of a role is not known, aws:userid has an id of the right look. The names of pairs
    follow from these as they are written.
    """
    values: Values = {
        key.lower(): tuple(value) if isinstance(value, list) else value
        for key, value in context.items()
    }
    question = unknowns.question
    for start, key in lists_left_open(question).items():
        names = pair_names(start, {**question.context, **context})
        if names:
            values.setdefault(key, names)
    if unknowns.resource_account and not is_set(question, ACCOUNT_KEY):
        account = values.pop(RESOURCE_ACCOUNT, None)
        if account is not None:
            values.setdefault(ACCOUNT_KEY.lower(), account)
    unnamed = unknowns.session_name and session_is_unnamed(asked.situation.caller)
    if unnamed and not is_set(question, USER_ID_KEY):
        name = values.pop(SESSION_NAME, None)
        if isinstance(name, str):
            role = asked.situation.caller.unique_id or SOME_ROLE_ID
            values.setdefault(USER_ID_KEY.lower(), f"{role}:{name}")
    return values


def decide_with_values(
    unknowns: Unknowns, values: Mapping[str, ContextValue], world: CompiledWorld
) -> Decision:
    """Ask the whole question with values (see `canonical_values`) filled in."""
    return _completed(unknowns, values, world).decide()


def _completed(
    unknowns: Unknowns, values: Mapping[str, ContextValue], world: CompiledWorld
) -> Prepared:
    """Prepare the whole question with values filled in."""
    question = unknowns.question
    caller = world.caller_facts(question).caller
    if unknowns.session_name and session_is_unnamed(caller):
        question = _with_session(question, values)
    if unknowns.resource_account:
        question = _with_account(question, values, known_accounts(world.model, caller.account))
    given = {key: value for key, value in question.context.items() if key.lower() not in values}
    keys = {key: value for key, value in values.items() if key not in STAND_INS}
    left_out = {*map(str.lower, question.unknown), *lists_left_open(question).values()}
    whole = replace(
        question,
        context={**given, **keys},
        unset=question.unset | left_out - values.keys(),
        unknown=frozenset(),
        partial=False,
    )
    prepared = authorize.prepare(whole, world)
    prepared.request.settled = True
    # What S3 Block Public Access says stands over whether the policy is public.
    for slot in sorted(unknowns.layers, key=lambda slot: slot is Slot.PUBLIC_ACCESS):
        if layer_applies(slot, prepared.situation, prepared.request):
            prepared = _with_layer(slot, prepared, values)
    return prepared


def _with_session(question: Question, values: Mapping[str, ContextValue]) -> Question:
    """Name the session; one that is not told has a name that nobody knows."""
    if is_set(question, USER_ID_KEY):
        name = values.get(SESSION_NAME)
    else:
        question = replace(question, unknown=question.unknown | {USER_ID_KEY})
        user_id = values.get(USER_ID_KEY.lower())
        head, colon, name = user_id.rpartition(":") if isinstance(user_id, str) else ("", "", "")
        name = name if head and colon else None
    name = name if isinstance(name, str) and name else None
    return replace(question, session=replace(question.session, name=name))


def _with_account(
    question: Question, values: Mapping[str, ContextValue], known: list[str]
) -> Question:
    """Say whose the resource is; an account that is not told is one that nobody knows."""
    key = RESOURCE_ACCOUNT
    if not is_set(question, ACCOUNT_KEY):
        key = ACCOUNT_KEY.lower()
        question = replace(question, unknown=question.unknown | {ACCOUNT_KEY})
    account = values.get(key)
    told = account if isinstance(account, str) else stranger(known)
    return replace(question, resource_account=told)


@lru_cache(maxsize=64)
def _saying(word: str, principal: str | None = None) -> PolicySet:
    """A policy that says one thing of everything, or nothing of anything that is asked."""
    effect, action = EFFECTS.get(word, OTHERWISE)
    statement: dict[str, object] = {"Effect": effect, "Action": action, "Resource": "*"}
    if principal is not None:
        statement["Principal"] = "*" if principal == "*" else {"Federated": principal}
    policy = parse_policy({"Version": "2012-10-17", "Statement": statement})
    return compile_all((policy,), PolicyType.RESOURCE if principal else PolicyType.SESSION)


def _with_layer(slot: Slot, prepared: Prepared, values: Mapping[str, ContextValue]) -> Prepared:
    """Put policies that say what is wanted where a layer is not known."""
    said = values.get(slot.layer.value)
    word = said if isinstance(said, str) else ""
    there = word != NOT_APPLICABLE
    policies = _saying(word) if there else None
    if slot is Slot.BOUNDARY:
        prepared = with_boundary(prepared, bounded=there)
    levels = (("unknown", policies),) if policies is not None else None
    changes: dict[str, object]
    match slot:
        case Slot.BOUNDARY:
            changes = {"boundary": policies}
        case Slot.SESSION:
            changes = {"session": policies}
        case Slot.IDENTITY:
            changes = {"identity": policies}
        case Slot.VPC_ENDPOINT:
            changes = {"endpoint": policies, "endpoint_is_gateway": False}
        case Slot.SERVICE_CONTROL:
            changes = {"scp_levels": levels}
        case Slot.RESOURCE_CONTROL:
            # What is unknown stands for the RCPs of buckets behind an access point as well.
            placed = prepared.situation.resource_policies
            kept = tuple(
                replace(placed_policies, rcp_levels=None)
                if placed_policies.behind
                else placed_policies
                for placed_policies in placed
            )
            changes = {"rcp_levels": levels, "resource_policies": kept}
        case Slot.PUBLIC_ACCESS:
            public = word not in {ALLOW, NOT_APPLICABLE}
            known = prepared.situation.public_access or PublicAccess(True, False)
            changes = {"public_access": replace(known, restricts=True, is_public=public)}
        case _:
            changes = _resource_policy(prepared.situation, word if there else "", values)
    changes |= {"_reads": {}, "_arrangements": {}, "plans": {}}
    situation = replace(prepared.situation, **changes)  # type: ignore[arg-type]  # fields by name
    return replace(prepared, situation=situation)


def _resource_policy(
    situation: Situation, word: str, values: Mapping[str, ContextValue]
) -> dict[str, object]:
    """A resource-based policy that names the caller itself, and is public or not as wanted."""
    caller = situation.caller
    provider = caller.arn if caller.kind is CallerKind.IDENTITY_PROVIDER else "*"
    placed = PlacedPolicies(_saying(word, provider)), *situation.buckets
    changes: dict[str, object] = {"resource_policies": placed}
    block = situation.public_access
    if block is not None and block.restricts:
        public = values.get(POLICY_IS_PUBLIC) == "true"
        changes["public_access"] = replace(block, is_public=public)
    return changes
