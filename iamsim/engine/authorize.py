"""From a question to an answer: `decide` for the verdict alone, `explain` for the reasons too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim.catalog.presence import identifier_keys, keys_not_sent
from iamsim.core.answer import Answer, RequestRecord
from iamsim.core.caret import quote
from iamsim.core.data_class import dataclass, replace
from iamsim.core.errors import RequestError
from iamsim.core.explanation import ContextEntry, Explanation, Origin
from iamsim.core.request import CallerKind, ContextValue, Request
from iamsim.engine.context import (
    TIME_KEYS,
    DerivedKeys,
    call_context,
    context_entries,
    endpoint_context,
    identifier_context,
    kms_context,
    said_otherwise,
    time_context,
)
from iamsim.engine.explain import explain_request
from iamsim.engine.facts import CallerFacts, ResourceFacts, organization_of
from iamsim.engine.presence import lacks_keys, leave_open
from iamsim.engine.question import DIRECT_CALL, Question, Via
from iamsim.engine.services.kms import check_alias
from iamsim.engine.services.logs import (
    DESCRIBE_LOG_GROUPS,
    log_groups_of,
    resource_in_policies,
)
from iamsim.engine.services.s3 import ACCOUNT_ACTIONS, all_buckets_of
from iamsim.engine.services.sts import inherited_tags
from iamsim.engine.world import CompiledWorld, without_world

if TYPE_CHECKING:
    from iamsim.core.decision import Decision
    from iamsim.engine.situation import Situation

ENDPOINT_KEY = "aws:sourcevpce"
# Calls that services make for a user with access keys have the key, the user's own do not:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
WITHOUT_MFA = DerivedKeys((("aws:multifactorauthpresent", "false", Origin("call-chain")),))
DIRECT_CONTEXT = call_context(DIRECT_CALL, None)
ACTION = re.compile(r"[a-z0-9-]+:[a-z0-9_.-]+", re.ASCII)  # of which one is asked for


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A question made ready: its situation and its request."""

    question: Question
    situation: Situation
    request: Request
    derived: tuple[DerivedKeys, ...]

    @property
    def meets_unknown(self) -> bool:
        """Whether a statement about the action is not known in whole."""
        return self.situation.arrange(self.request.action).meets_unknown

    @property
    def is_open(self) -> bool:
        """Whether the decision may depend on something that is not known."""
        owner = self.situation.owner_unknown
        return self.request.is_open or self.meets_unknown or owner is not None

    def decide(self) -> Decision:
        """Decide by the fast reading, for which keys that are not known are absent."""
        return self.situation.decide(self.request)

    def views(self) -> tuple[Request, ...]:
        """The request as its sides see it: through an access point, also as the bucket does."""
        seen = dict.fromkeys(
            bucket.resource for bucket in self.situation.buckets if bucket.resource
        )
        request = self.request
        return (request, *(replace(request, resource=resource) for resource in seen))

    def entries(self) -> tuple[ContextEntry, ...]:
        """Every context key with its values and their origin."""
        question = self.question
        given = {key.lower(): value for key, value in question.context.items()}
        written = {key.lower(): key for key in question.context}
        unset = {key.lower() for key in question.unset} | self.request.unknown
        # Every request has a time; where no policy asks for it, it would only make answers differ.
        unset.update(key for key in TIME_KEYS if not self.situation.reads(key))
        return context_entries(given, written, self.derived, unset, question.resource)


def decide(question: Question, world: CompiledWorld | None = None) -> Decision:
    """Decide one question; raises `InputError` for what can't be asked or read."""
    _, situation, request, _ = _ready(question, world)
    return situation.decide(request)


def explain(question: Question, world: CompiledWorld | None = None) -> Answer:
    """Answer one question with its whole explanation, which is made when first asked for."""
    return explain_prepared(question, prepare(question, world))


def explain_prepared(question: Question, prepared: Prepared) -> Answer:
    """Answer a question that was made ready.

    In the explanation unknown parts of policies do nothing; `iamsim.symbolic.partial` says what
    depends on them.
    """
    entries = prepared.entries()
    unknown = prepared.meets_unknown
    request = replace(prepared.request, settled=True) if unknown else prepared.request
    explained = explain_request(prepared.situation, request, entries)
    decision = prepared.decide() if unknown else explained.decision

    def explanation() -> Explanation:
        return explained.explanation

    record = RequestRecord(
        question.principal,
        question.action,
        question.resource,
        dict(question.context),
        prepared.request.caller.arn,
    )
    return Answer(record, decision, None, explanation)


def prepare(question: Question, world: CompiledWorld | None = None) -> Prepared:
    """Find caller, resource and policies of a question, and derive its context.

    Without a world all policies are those that the question brings.
    """
    return Prepared(*_ready(question, world))


def _ready(
    question: Question, world: CompiledWorld | None
) -> tuple[Question, Situation, Request, tuple[DerivedKeys, ...]]:
    """The parts of a question that is made ready."""
    world = world if world is not None else without_world()
    action = question.action.lower()
    if not ACTION.fullmatch(action):
        from iamsim.catalog import suggest_action

        meant = () if "*" in action else suggest_action(question.action, 1)
        raise RequestError(
            "invalid-action",
            f"{quote(question.action)} is no single action",
            hint=f"did you mean `{meant[0]}`?"
            if meant
            else "write `service:Action`, for example `s3:GetObject`",
        )
    if ":alias/" in question.resource and action.startswith("kms:"):
        check_alias(action, question.action, question.resource)
    if question.resource == "*" and action in ACCOUNT_ACTIONS:
        question = replace(question, resource=all_buckets_of(question.principal))
    given = {key.lower(): value for key, value in question.context.items()}
    if question.via is DIRECT_CALL and ENDPOINT_KEY in given:
        question = _through_given_endpoint(question, given[ENDPOINT_KEY], world)
    if question.resource == "*" and action == DESCRIBE_LOG_GROUPS:
        groups = log_groups_of(question.principal, question.context)
        question = replace(question, resource=groups or question.resource)
    caller = world.caller_facts(question)
    resource = world.resource_facts(question, caller.caller)
    situation = world.situation(question, caller, resource)
    now = _time_of(given, question.now) if given else question.now
    derived = _derived(question, action, now, world, caller, resource)
    if given:
        said = said_otherwise(action.partition(":")[0], question.context)
        derived += (DerivedKeys(said),)
    time, call, of_resource, of_caller, *others = derived
    context = {**time.values, **call.values, **of_resource.values, **of_caller.values}
    for keys in others:
        context.update(keys.values)
    unsent = keys_not_sent(action)
    if unsent:
        context = {key: value for key, value in context.items() if not key.startswith(unsent)}
    for key in question.unset:
        context.pop(key.lower(), None)
    context.update(given)
    named = resource_in_policies(action, question.resource)
    request = Request(caller.caller, action, named, context)
    if question.unknown or lacks_keys(question, request, situation):
        leave_open(question, request, situation, world, tags_listed=resource.tags_listed)
    return question, situation, request, derived


def _through_given_endpoint(
    question: Question, endpoint: ContextValue, world: CompiledWorld
) -> Question:
    """The question as one that comes through the VPC endpoint that its context names, where the
    world has accounts whose endpoints it could be."""
    if isinstance(endpoint, str) and world.model.accounts:
        return replace(question, via=Via(vpc_endpoint=endpoint))
    return question


def _time_of(given: Mapping[str, ContextValue], now: str | None) -> str | None:
    """The time of the request: as the context says it in either form, else that of asking."""
    if given.keys().isdisjoint(TIME_KEYS):
        return now
    told = (value for key, value in given.items() if key in TIME_KEYS and isinstance(value, str))
    return next(told, now)


def _derived(
    question: Question,
    action: str,
    now: str | None,
    world: CompiledWorld,
    caller: CallerFacts,
    resource: ResourceFacts,
) -> tuple[DerivedKeys, ...]:
    """All derived keys, later ones winning: those of the time, the call, the resource, the caller,
    and others."""
    via, who = question.via, caller.caller
    service = action.partition(":")[0]
    named = service in identifier_keys()
    alone = via is DIRECT_CALL and who.kind is not CallerKind.SERVICE and not named
    if alone and service != "kms":
        plain = (time_context(now), DIRECT_CONTEXT, resource.context, caller.context)
        if not question.session.transitive_tags:
            return plain
        tags = inherited_tags(action, question.session, resource.context.values)
        return *plain, DerivedKeys(tags)
    endpoint = world.endpoint(via.vpc_endpoint)
    vpc = endpoint.vpc if endpoint is not None else None
    parts = [time_context(now), call_context(via, vpc)]
    parts += [resource.context, caller.context]
    if via.services and who.kind is CallerKind.USER and not who.with_session_token:
        parts.append(WITHOUT_MFA)
    if endpoint is not None and not via.services:
        organization = organization_of(world.model, endpoint.account)
        parts.append(DerivedKeys(endpoint_context(action, endpoint.account, organization)))
    if named:
        parts.append(DerivedKeys(identifier_context(action, question.resource)))
    if service == "kms":
        parts.append(DerivedKeys(kms_context(action, question.resource, caller.caller, via)))
    if caller.caller.kind is CallerKind.SERVICE:
        parts.append(DerivedKeys(world.source_context(question)))
    return tuple(parts)
