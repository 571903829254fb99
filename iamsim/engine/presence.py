"""What of a request's context is not known, because AWS sends it and nobody said it.

A key that AWS always sends for this caller and call, and that is neither given nor derivable, is
unknown; one that it never sends is absent whatever is asked to be left open.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from iamsim.catalog.presence import (
    Presence,
    Way,
    keys_through_endpoints,
    lists_of_names,
    presence_in,
    same_keys,
    types_of,
)
from iamsim.catalog.tag_keys import is_tag_of_resource
from iamsim.compile.literals import read_date
from iamsim.core.data_class import NamedTuple
from iamsim.core.decision import PolicyType
from iamsim.core.identity_center import ROLE_PATH
from iamsim.core.request import Caller, CallerKind, Request, Sent
from iamsim.engine.columns import column_of
from iamsim.engine.context import ISSUED, MFA, MFA_AGE, MFA_PRESENT, USER_ID
from iamsim.world.model import Role, User

if TYPE_CHECKING:
    from iamsim.compile.policy import PolicySet
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.engine.world import CompiledWorld

# The organization of the source account is derived from the account.
FOLLOWS = {"aws:sourceaccount": ("aws:sourceorgid", "aws:sourceorgpaths")}
SOURCE_IP = "aws:sourceip"
BOUNDED = frozenset({ISSUED})  # keys whose value no credentials can have otherwise
TELLING = BOUNDED | {MFA_AGE}  # of which something is known though AWS need not send them
PROVIDER, SAML_PROVIDER = "aws:federatedprovider", ":saml-provider/"
CALLERS_TAGS = "aws:principaltag/"
TAGS_OF_CALL = ("aws:requesttag/", "aws:tagkeys")
ASSUME_ROLE = "sts:assumerole"  # AssumeRoleWithSAML and AssumeRoleWithWebIdentity begin like it
HOUR = 3600
# The longest that credentials hold:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_request.html
LONGEST_SESSIONS = {
    CallerKind.ROLE_SESSION: 12 * HOUR,
    CallerKind.USER: 36 * HOUR,
    CallerKind.FEDERATED_USER: 36 * HOUR,
    CallerKind.ROOT_USER: HOUR,
    CallerKind.ASSUMED_ROOT: HOUR // 4,
}
TRUST_WITHOUT_SERVICE = ("aws:", "account:", "federated:", "canonicaluser:")


class CallerMarks(NamedTuple):
    """What a caller's own facts say of its keys beyond their values.

    With `tags_complete` it has no other tags than those known; with `federated` only an identity
    provider can have opened its session, which then says nothing of MFA. `provider` is whether one
    of OpenID Connect did. `longest` is the greatest age of its credentials in seconds, `None` where
    there is no bound.
    """

    tags_complete: bool = False
    federated: bool = False
    longest: int | None = None
    provider: Presence = Presence.UNCLEAR


def caller_marks(question: Question, caller: Caller, world: CompiledWorld) -> CallerMarks:
    """Say what is known of a caller's keys beyond their values."""
    longest = LONGEST_SESSIONS.get(caller.kind)
    if caller.kind is not CallerKind.ROLE_SESSION:
        entity = world.model.find_principal(caller.arn) if caller.kind.has_identity else None
        complete = isinstance(entity, User) and "tags" not in entity.unknown
        return CallerMarks(complete, longest=longest)
    identity_center = f":role{ROLE_PATH}" in (caller.principal_arn or "")
    role = world.model.find_principal(caller.principal_arn or "")
    if not isinstance(role, Role) or role.trust is None:
        # Services give credentials anew as long as a role is theirs: their sessions have no bound.
        if not identity_center:
            return CallerMarks()
        return CallerMarks(federated=True, longest=longest, provider=Presence.NEVER)
    trust = world.policies.policy_set((role.trust,), PolicyType.TRUST)
    trusted = _trusted(trust)
    return CallerMarks(
        not question.session.tags and not _may_tag(trust) and "tags" not in role.unknown,
        identity_center or all(name.startswith("federated:") for name in trusted),
        longest if all(name.startswith(TRUST_WITHOUT_SERVICE) for name in trusted) else None,
        _provider(trusted),
    )


def _provider(trusted: set[str]) -> Presence:
    """Whether sessions say which OpenID Connect provider opened them, by whom a role trusts."""
    connect = {
        name for name in trusted if name.startswith("federated:") and SAML_PROVIDER not in name
    }
    if not connect and "*" not in trusted:
        return Presence.NEVER
    return Presence.ALWAYS if connect == trusted else Presence.UNCLEAR


def _trusted(trust: PolicySet) -> set[str]:
    """Whom the Allow statements of a trust policy name."""
    return {
        name
        for policy in trust.policies
        for statement in policy.statements
        if not statement.denies and statement.principals is not None
        for name in (("*",) if statement.principals.negated else statement.principals.names)
    }


def _may_tag(trust: PolicySet) -> bool:
    """Whether a trust policy lets somebody pass tags with a session.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    return any(not statement.denies for _, statement in trust.candidates("sts:tagsession"))


def lacks_keys(question: Question, request: Request, situation: Situation) -> bool:
    """Say whether a request may lack a key that AWS sends, so that `leave_open` has to look."""
    arrangement = situation.arrange(request.action)
    awaited = arrangement.awaited
    return (
        question.partial
        or (bool(awaited) and not request.context.keys() >= awaited)
        or (MFA_PRESENT in request.context and MFA_AGE in arrangement.reads)
        or (situation.way is Way.PUBLIC and _shows_endpoint(request))
    )


def lists_left_open(question: Question) -> dict[str, str]:
    """The keys that list the names of pairs (see `lists_of_names`) and do not follow from what was
    given, since pairs may be there that nobody knows."""
    told = {key.lower() for key in (*question.context, *question.unset)}
    named = [key.lower() for key in question.unknown]
    return {
        start: key
        for start, key in lists_of_names(question.action.lower().partition(":")[0]).items()
        if key not in told and (question.partial or any(name.startswith(start) for name in named))
    }


def leave_open(
    question: Question,
    request: Request,
    situation: Situation,
    world: CompiledWorld,
    *,
    tags_listed: bool,
) -> None:
    """Mark the keys that are not known; those that were said to be unknown lose their derived
    values, not a given one. With `tags_listed` the tags of the resource are those known."""
    given = {key.lower() for key in question.context}
    absent = {key.lower() for key in question.unset}
    named = {key.lower() for key in question.unknown}
    for key in FOLLOWS.keys() & (named - given - absent):
        named.update(FOLLOWS[key])
    same = same_keys(request.action.partition(":")[0])
    named.update(same[key] for key in same.keys() & (named - given - absent))
    lists = lists_left_open(question).values()
    if not question.partial:
        named.update(lists)
    named -= given | absent
    for key in {*named, *lists}:
        request.context.pop(key, None)
    asked = _Asked(question, request, situation, world, tags_listed)
    open_keys = {key for key in asked.reads() if key not in absent and key not in named - BOUNDED}
    presences = {key: asked.presence(key) for key in open_keys}
    sent = {key for key, presence in presences.items() if presence is Presence.ALWAYS}
    if question.partial:
        absent.update(key for key, presence in presences.items() if presence is Presence.NEVER)
    else:
        named |= sent
        named.update(key for key, presence in presences.items() if presence is Presence.UNCLEAR)
    request.unknown = frozenset(named)
    request.partial = question.partial
    request.absent = frozenset(absent)
    request.sent = tuple((key, asked.value(key)) for key in sorted(sent))
    request.sent += tuple(
        (key, asked.value(key)._replace(optional=True))
        for key in BOUNDED & open_keys - sent
        if presences[key] is not Presence.NEVER
    )


class _Asked:
    """A request, with what decides which keys it has."""

    def __init__(
        self,
        question: Question,
        request: Request,
        situation: Situation,
        world: CompiledWorld,
        tags_listed: bool,
    ) -> None:
        """Take everything together; nothing is worked out yet."""
        self.question = question
        self.request = request
        self.situation = situation
        self.world = world
        self.tags_listed = tags_listed
        self.way: Way | None = situation.way
        if question.partial and self.way is Way.PUBLIC:
            self.way = _way_by_context(request)
        elif self.way is Way.PUBLIC and _shows_endpoint(request):
            self.way = Way.ENDPOINT
        elif not {name.lower() for name in question.unknown}.isdisjoint(keys_through_endpoints()):
            self.way = None

    def reads(self) -> Iterable[str]:
        """The keys that are read and have no value."""
        arrangement = self.situation.arrange(self.request.action)
        every = self.question.partial or self.way is not self.situation.way
        keys = arrangement.reads if every else arrangement.awaited | (arrangement.reads & TELLING)
        return (key for key in keys if key not in self.request.context)

    @cached_property
    def marks(self) -> CallerMarks:
        """What is known of the caller's keys."""
        return caller_marks(self.question, self.request.caller, self.world)

    def presence(self, key: str) -> Presence:
        """Whether the request has a key."""
        if self.situation.is_untold(key):
            return Presence.UNCLEAR
        if key in MFA and self.marks.federated:
            return Presence.NEVER
        if key == PROVIDER and self.request.caller.kind is CallerKind.ROLE_SESSION:
            return self.marks.provider
        if key.startswith(CALLERS_TAGS) and self.marks.tags_complete:
            return Presence.NEVER
        if self.tags_listed and is_tag_of_resource(key):
            return Presence.NEVER
        if key.startswith(TAGS_OF_CALL) and self._passes_no_tags():
            return Presence.NEVER
        column, kinds = column_of(self.request.caller), self.situation.objects
        presence = presence_in(self.request.action, key, column, self.way, kinds)
        return presence if key != MFA_AGE else self._age_of_mfa(presence)

    def _age_of_mfa(self, presence: Presence) -> Presence:
        """Whether the request says how long ago MFA was used: where it was, and nowhere else.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
        """
        used = self.request.context.get(MFA_PRESENT)
        if presence is Presence.NEVER or MFA_PRESENT in map(str.lower, self.question.unset):
            return Presence.NEVER
        if used is None:
            named = MFA_PRESENT in map(str.lower, self.question.unknown)
            return Presence.UNCLEAR if named else presence
        return Presence.ALWAYS if str(used).lower() == "true" else Presence.NEVER

    def _passes_no_tags(self) -> bool:
        """Whether the request opens a session of a role whose trust policy lets nobody tag it."""
        trusts = [placed.policies for placed in self.situation.resource_policies]
        return (
            self.request.action.startswith(ASSUME_ROLE)
            and bool(trusts)
            and not any(map(_may_tag, trusts))
        )

    def value(self, key: str) -> Sent:
        """What is known of the value of a key that is sent."""
        caller = self.request.caller
        if key == USER_ID and caller.kind is CallerKind.ROLE_SESSION:
            return Sent(is_user_id=True, role_id=caller.unique_id, session_name=caller.session_name)
        types = types_of(key)
        if key != ISSUED:
            return Sent(boolean=types == ("Bool",), is_moment=types == ("Date",))
        now = self.request.context.get("aws:currenttime")
        moment = read_date(now) if isinstance(now, str) else None
        if moment is None:
            return Sent(is_moment=True)
        latest = float(moment)
        longest = self.marks.longest
        earliest = None if longest is None else latest - longest
        return Sent(is_moment=True, earliest=earliest, latest=latest)


def _shows_endpoint(request: Request) -> bool:
    """Whether a request has a key that only those through VPC endpoints have."""
    return not keys_through_endpoints().isdisjoint(request.context)


def _way_by_context(request: Request) -> Way | None:
    """The way of a call of which nobody said it, where the keys that are given tell it."""
    if _shows_endpoint(request):
        return Way.ENDPOINT
    return Way.PUBLIC if SOURCE_IP in request.context else None


def marks_read(
    question: Question, caller: Caller, keys: Iterable[str], world: CompiledWorld
) -> object:
    """What tells callers of one kind apart beside the values of their keys: what is known of those
    keys (in lower case) of theirs that are read and have no value."""
    found: list[object] = []
    read = set(keys)
    if not read.isdisjoint((ISSUED, PROVIDER, *MFA)) or any(
        k.startswith(CALLERS_TAGS) for k in read
    ):
        found.append(caller_marks(question, caller, world))
    if USER_ID in read:
        found.append((caller.unique_id, caller.session_name))
    return tuple(found)
