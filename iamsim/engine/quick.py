"""Decisions from plain arguments, without a whole request: what nothing reads is not derived.

Three things are kept: a caller (all sessions of a role are one, with the user id of each), a target
(one action on resources of which the world knows the same), and what is read where the two meet.
Callers of one class, for whom nothing that a plan reads differs, share the reading. Whatever is out
of the ordinary is not decided here: nothing comes back, and who asked takes the long way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING
from weakref import ref

from iamsim.catalog.presence import (
    identifier_keys,
    keys_not_sent,
    keys_through_endpoints,
    lists_of_names,
    same_keys,
)
from iamsim.core.data_class import NamedTuple
from iamsim.core.errors import InputError
from iamsim.core.remember import remember
from iamsim.core.request import CallerKind, ContextValue, Request
from iamsim.engine.context import (
    ISSUED,
    MFA_AGE,
    MFA_PRESENT,
    TIME_KEYS,
    USER_ID,
    call_context,
    kms_context,
    said_otherwise,
    time_context,
)
from iamsim.engine.question import DIRECT_CALL, NOTHING_ATTACHED, Question
from iamsim.engine.reading import Reading
from iamsim.engine.services.logs import DESCRIBE_LOG_GROUPS, resource_in_policies
from iamsim.engine.services.s3 import ACCOUNT_ACTIONS, all_buckets_of

if TYPE_CHECKING:
    from iamsim.core.decision import Decision
    from iamsim.engine.facts import CallerFacts, ResourceFacts
    from iamsim.engine.question import AttachedPolicies, Session
    from iamsim.engine.situation import Situation
    from iamsim.engine.world import CompiledWorld

    Plan = Callable[[Request], Decision]
    Values = dict[str, ContextValue]

# A session of a role; its name may be anything but a pattern or several parts.
SESSION = re.compile(r"(arn:[^:*?]*:sts::\d{12}:assumed-role/[^/:*?]+/)([^/:*?]+)", re.ASCII)
ACTION = re.compile(r"[a-z0-9-]+:[a-z0-9_.-]+", re.ASCII)
ANY_ACTION = "sts:GetCallerIdentity"  # facts of users and roles are the same for every action
OF_MORE = ""  # the name of keys that tell whether others are there
ORDINARY = frozenset({CallerKind.USER, CallerKind.ROLE_SESSION})
SPELLINGS = 512  # of context keys, for each reading
SIGNATURES = 1_000  # whose decision is kept, for each reading
CLASSES = 1_000  # of callers, for each target
NO_CONTEXT: Mapping[str, ContextValue] = {}


class _Class:
    """Callers for whom nothing differs but their names and the keys that policies may read. The
    facts of one of them keep the policies, which count by identity."""

    __slots__ = ("facts",)

    def __init__(self, facts: CallerFacts) -> None:
        """Keep the facts of the first."""
        self.facts = facts


class _Caller:
    """A user, or a role with all its sessions; `sessions` is how their ARNs begin. Callers of one
    `view` see the same resources."""

    __slots__ = ("facts", "of_class", "principal", "sessions", "values", "view")

    def __init__(
        self,
        principal: str,
        facts: CallerFacts,
        sessions: str | None,
        of_class: _Class,
    ) -> None:
        """Take what is known; the user id of a session is its own."""
        self.principal = principal
        self.facts = facts
        self.sessions = sessions
        self.of_class = of_class
        self.view = facts.caller.account, facts.caller.service_linked
        self.values = dict(facts.context.values)
        if sessions is not None:
            self.values.pop(USER_ID, None)


class _Target:
    """One action (in lower case) on resources of which the world knows the same; `named` are the
    names of principals that policies have there, by the class of who meets them."""

    __slots__ = ("action", "facts", "named", "values")

    def __init__(self, facts: ResourceFacts, action: str) -> None:
        """Take what is known."""
        self.facts = facts
        self.action = action
        self.values: Values = {**call_context(DIRECT_CALL, None).values, **facts.context.values}
        self.named: dict[_Class, frozenset[str]] = {}


class _Meeting(NamedTuple):
    """What is read where a caller and a target meet, with the values that are known before anybody
    asks. Only some readings ask for the user id, the time, or a key that may follow from others of
    the service `by_others`."""

    reading: Reading
    values: Values
    by_user_id: bool
    by_time: bool
    by_others: str


@lru_cache(maxsize=64)
def _following(service: str) -> frozenset[str]:
    """The keys that may follow from others in calls of a service."""
    return frozenset((*same_keys(service), *lists_of_names(service).values()))


# Who looks at which action on which resource, and the account that the resource is said to be of.
Place = tuple[tuple["str | None", bool], str, str, "str | None"]
# A question in plain arguments: principal, action, resource, context, time, the resource's account.
Asked = tuple[str, str, str, "Mapping[str, ContextValue]", "str | None", "str | None"]
# A request by what is read of it: where it meets what, its resource, and the values of keys.
Signed = tuple[_Meeting, _Caller, _Target, str, "Values"]


class QuickDecisions:
    """Decides for the callers of a world, in one kind of session and under the same policies.

    No table grows beyond `limit` entries; the oldest are forgotten first.
    """

    def __init__(
        self,
        world: CompiledWorld,
        attached: AttachedPolicies,
        session: Session,
        limit: int,
    ) -> None:
        """Start empty."""
        self.world = world
        self._attached = ref(attached)  # which keeps what was worked out alive, not the reverse
        self._session = session
        self._limit = limit
        self._asked: dict[str, tuple[_Caller, str | None] | None] = {}
        self._callers: dict[str, _Caller] = {}
        self._classes: dict[Hashable, _Class] = {}
        self._places: dict[Place, tuple[_Target, str] | None] = {}
        self._targets: dict[Hashable, _Target] = {}
        self._meetings: dict[tuple[_Caller, _Target], _Meeting | None] = {}
        self._readings: dict[tuple[_Class, _Target, frozenset[str]], Reading | None] = {}
        self._opened: dict[Hashable, Decision] = {}

    def sign(
        self,
        principal: str,
        action: str,
        resource: str,
        context: Mapping[str, ContextValue],
        now: str | None = None,
        resource_account: str | None = None,
    ) -> Signed | None:
        """Find what is read of a request; `None` for one that takes the long way."""
        found = self._find(principal, action, resource, resource_account)
        if found is None:
            return None
        meeting, caller, user_id, target, resource = found
        reading, known, by_user_id, by_time, by_others = meeting
        values = known.copy()
        if by_user_id and user_id is not None:
            values[USER_ID] = user_id
        if by_time:
            values.update(_time_of(context, now))
        if by_others and context:
            others = said_otherwise(by_others, context)
            values.update((key, value) for key, value, _ in others if key in reading.keys)
        names = reading.names
        for key, value in context.items():
            name = names[key] if key in names else _name(reading, key)
            if name:
                values[name] = value
            elif name is not None:
                return None
        return meeting, caller, target, resource, values

    def _find(
        self, principal: str, action: str, resource: str, account: str | None
    ) -> tuple[_Meeting, _Caller, str | None, _Target, str] | None:
        """Who calls, with the user id of the session; what is asked about, and what is read."""
        asked, places, meetings = self._asked, self._places, self._meetings
        who = asked[principal] if principal in asked else self._find_caller(principal)
        if who is None:
            return None
        caller, user_id = who
        place = caller.view, action, resource, account
        where = places[place] if place in places else self._target(caller, place)
        if where is None:
            return None
        target, resource = where
        key = caller, target
        meeting = meetings[key] if key in meetings else self._meet(caller, target, resource)
        return None if meeting is None else (meeting, caller, user_id, target, resource)

    def decide(self, signed: Signed) -> Decision | None:
        """Decide a request. Of one that lacks a key that AWS sends, the decision is that of the
        first with its signature, if that one took the long way before."""
        meeting, caller, target, resource, values = signed
        reading = meeting.reading
        if not values.keys() >= reading.awaited:
            return self._opened.get((caller, target, reading.signature(resource, values)))
        return reading.plan(Request(caller.facts.caller, target.action, resource, values))

    @staticmethod
    def ready(signed: Signed) -> tuple[Request, Plan] | None:
        """The request with its plan; `None` for one that lacks a key that AWS sends."""
        meeting, caller, target, resource, values = signed
        if not values.keys() >= meeting.reading.awaited:
            return None
        request = Request(caller.facts.caller, target.action, resource, values)
        return request, meeting.reading.plan

    def decide_alike(self, signed: Signed) -> Decision | None:
        """Decide a request as the first of its signature was decided."""
        meeting, caller, target, resource, values = signed
        reading = meeting.reading
        signature = reading.signature(resource, values)
        if not values.keys() >= reading.awaited:
            return self._opened.get((caller, target, signature))
        known = reading.decisions.get(signature)
        if known is None:
            known = reading.plan(Request(caller.facts.caller, target.action, resource, values))
            remember(reading.decisions, signature, known, SIGNATURES)
        return known

    def keep(self, signed: Signed | None, decision: Decision) -> None:
        """Keep what the long way said of a request that lacks a key. What is known of the moment
        and the name of a session depends on more than is signed, so that nothing is kept then."""
        if signed is None:
            return
        meeting, caller, target, resource, values = signed
        missing = meeting.reading.awaited - values.keys()
        if missing.isdisjoint((USER_ID, ISSUED)):
            key = caller, target, meeting.reading.signature(resource, values)
            remember(self._opened, key, decision, self._limit)

    def question(
        self,
        principal: str,
        action: str,
        resource: str,
        context: Mapping[str, ContextValue] = NO_CONTEXT,
        now: str | None = None,
        resource_account: str | None = None,
    ) -> Question:
        """The whole question, for the long way."""
        return Question(
            principal,
            action,
            resource,
            context,
            session=self._session,
            resource_account=resource_account,
            attached=self._attached() or NOTHING_ATTACHED,
            now=now,
        )

    def _find_caller(self, principal: str) -> tuple[_Caller, str | None] | None:
        """Look a caller up; a session with the others of its role."""
        session = SESSION.fullmatch(principal)
        name = principal if session is None else session[1]
        caller = self._callers.get(name)
        if caller is None:
            caller = self._make_caller(principal, None if session is None else session[1])
            if caller is None:
                return remember(self._asked, principal, None, self._limit)
            remember(self._callers, name, caller, self._limit)
        role_id = caller.facts.caller.unique_id
        user_id = f"{role_id}:{session[2]}" if session is not None and role_id else None
        return remember(self._asked, principal, (caller, user_id), self._limit)

    def _make_caller(self, principal: str, sessions: str | None) -> _Caller | None:
        """Work out who calls; `None` for who is no user and no role, or no caller at all."""
        try:
            facts = self.world.caller_facts(self.question(principal, ANY_ACTION, "*"))
        except InputError:
            return None  # the long way says what is wrong
        caller = facts.caller
        # What is not known of an organization goes by the account, which the class holds.
        if caller.kind not in ORDINARY or not all(untold.exact for untold in facts.untold):
            return None
        key = _class_of(facts)
        of_class = self._classes.get(key)
        if of_class is None:
            of_class = remember(self._classes, key, _Class(facts), self._limit)
        return _Caller(principal, facts, sessions, of_class)

    def _target(self, caller: _Caller, place: Place) -> tuple[_Target, str] | None:
        """Look an action on a resource up, with the resource that is meant; `None` for what has
        rules of its own, or is nothing."""
        return remember(self._places, place, self._make_target(caller, place), self._limit)

    def _make_target(self, caller: _Caller, place: Place) -> tuple[_Target, str] | None:
        """Work out what is asked about."""
        _, action, resource, account = place
        lowered = action.lower()
        odd = lowered == DESCRIBE_LOG_GROUPS or ":alias/" in resource
        if odd or not ACTION.fullmatch(lowered):
            return None
        if resource == "*" and lowered in ACCOUNT_ACTIONS:
            resource = all_buckets_of(caller.principal)
        question = self.question(caller.principal, action, resource, resource_account=account)
        facts = self.world.resource_facts(question, caller.facts.caller)
        if facts.access_point is not None or facts.owner_unknown is not None:
            return None
        key = id(facts), lowered, resource[4:].partition(":")[0]
        target = self._targets.get(key)
        if target is None:
            target = remember(self._targets, key, _Target(facts, lowered), self._limit)
        return target, resource_in_policies(lowered, resource)

    def _meet(self, caller: _Caller, target: _Target, resource: str) -> _Meeting | None:
        """Work out what is read; `None` where parts of policies are not known, or where they tell
        sessions of a role apart by name."""
        reading = self._read(caller, target, resource)
        if reading is None:
            return remember(self._meetings, (caller, target), None, self._limit)
        known = {**target.values, **caller.values}
        service = target.action.partition(":")[0]
        if service == "kms":
            own = kms_context(target.action, resource, caller.facts.caller, DIRECT_CALL)
            known.update((key, value) for key, value, _ in own)
        keys, unsent = reading.keys, keys_not_sent(target.action)
        meeting = _Meeting(
            reading,
            {key: known[key] for key in keys if key in known and not key.startswith(unsent)},
            USER_ID in keys,
            not keys.isdisjoint(TIME_KEYS),
            "" if keys.isdisjoint(_following(service)) else service,
        )
        return remember(self._meetings, (caller, target), meeting, self._limit)

    def _read(self, caller: _Caller, target: _Target, resource: str) -> Reading | None:
        """The reading of the caller's class."""
        situation: Situation | None = None
        question = self.question(caller.principal, target.action, resource)
        names = target.named.get(caller.of_class)
        if names is None:
            situation = self.world.situation(question, caller.facts, target.facts)
            names = remember(
                target.named, caller.of_class, _names_in(situation, target.action), CLASSES
            )
        head = None if caller.sessions is None else f"aws:{caller.sessions}"
        if head is not None and any(name.startswith(head) for name in names):
            return None
        # How a name means a caller follows from the name and the class.
        key = caller.of_class, target, names.intersection(caller.facts.caller.names)
        if key in self._readings:
            return self._readings[key]
        situation = situation or self.world.situation(question, caller.facts, target.facts)
        arrangement = situation.arrange(target.action)
        # An id is that of one resource, and a target stands for many.
        ids = identifier_keys().get(target.action.partition(":")[0], {}).values()
        long = arrangement.meets_unknown or not arrangement.reads.isdisjoint(ids)
        reading = None if long else Reading(situation, target.action)
        return remember(self._readings, key, reading, self._limit)


def _class_of(facts: CallerFacts) -> Hashable:
    """What tells a caller from others, before anybody looks at names and context keys: all else
    follows from it, since the session and what the question brings are the same for all."""
    caller = facts.caller
    return (
        caller.kind,
        caller.partition,
        caller.account,
        id(facts.identity),
        id(facts.boundary),
        caller.service_linked,
    )


def _names_in(situation: Situation, action: str) -> frozenset[str]:
    """The names of principals in all statements about an action."""
    return frozenset(
        name
        for station in situation.arrange(action).stations
        if station.policies is not None and station.applies
        for _, statement in station.policies.candidates(action)
        if statement.principals is not None
        for name in statement.principals.names
    )


def _name(reading: Reading, key: str) -> str | None:
    """The name under which a spelling of a key is read; `None` for one that is not. Keys that say
    by which way a call came, or that an age of MFA is there, are `OF_MORE`: more than their own
    tests depends on them."""
    lowered = key.lower()
    name = lowered if lowered in reading.keys else None
    if lowered in keys_through_endpoints() or (lowered == MFA_PRESENT and MFA_AGE in reading.keys):
        name = OF_MORE
    return remember(reading.names, key, name, SPELLINGS)


def _time_of(context: Mapping[str, ContextValue], now: str | None) -> Values:
    """The keys of the time: as the context says it in either form, else that of asking."""
    for key, value in context.items():
        if isinstance(value, str) and key.lower() in TIME_KEYS:
            now = value
            break
    return time_context(now).values
