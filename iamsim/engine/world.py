"""A world made ready for questions: policies compiled on first use, situations remembered."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING
from weakref import ref

from iamsim.catalog import resource_control_services
from iamsim.catalog.presence import has_resource_account
from iamsim.core.collector import CollectLater
from iamsim.core.explanation import Origin
from iamsim.core.remember import remember
from iamsim.core.request import Caller, CallerKind
from iamsim.engine import facts
from iamsim.engine.context import Derived, in_organization
from iamsim.engine.documents import PolicyLibrary
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.meeting import make_situation, source_account
from iamsim.engine.question import DIRECT_CALL, NOTHING_ATTACHED, PLAIN_SESSION, Session
from iamsim.engine.quick import QuickDecisions
from iamsim.engine.reading import Reads, reads_of
from iamsim.engine.services.iam import BOUNDARY_ACTIONS
from iamsim.engine.target import AWS_MANAGED_KEY, find_target
from iamsim.engine.unknowns import UnknownInWorld, unknowns_of
from iamsim.world.model import VpcEndpoint, World

if TYPE_CHECKING:
    from iamsim.engine.facts import CallerFacts, ResourceFacts
    from iamsim.engine.question import AttachedPolicies, Question
    from iamsim.engine.situation import Situation

REMEMBERED = 100_000  # entries of each table
REMEMBERED_OF_STACK = 2_000  # the same, for policies that a question brought along
SESSIONS = 16  # kinds of sessions, each with tables of its own


class _Memory:
    """What was worked out under the policies of the world, or under those of one stack.

    Beside each value stands what its key holds the id of, so that the id stays its own.
    """

    __slots__ = ("asked", "callers", "limit", "quick", "resources", "situations")

    def __init__(self, limit: int) -> None:
        """Start empty."""
        self.limit = limit
        self.callers: dict[tuple[object, ...], tuple[CallerFacts, Session]] = {}
        self.asked: dict[tuple[object, ...], ResourceFacts] = {}  # by what a question says
        self.resources: dict[tuple[object, ...], ResourceFacts] = {}  # by what is known of that
        self.situations: dict[tuple[object, ...], tuple[Situation, CallerFacts, ResourceFacts]] = {}
        self.quick: dict[object, QuickDecisions] = {}


def session_key(session: Session) -> tuple[object, ...] | None:
    """What tells one session from another; `None` for one without anything of its own.

    Policies count by identity: the same parsed policies give the same key.
    """
    if session is PLAIN_SESSION:
        return None
    policies = session.policies
    return (
        session.name,
        None if policies is None else tuple(map(id, policies)),
        tuple(session.tags.items()),
        session.transitive_tags,
        session.source_identity,
        session.source_user,
        session.credentials,
    )


class CompiledWorld:
    """Answers questions about one world (or about none: a question may bring all its policies).

    What is worked out for a principal or a resource is kept for the next question about it. The
    world must not be changed meanwhile. Pickling keeps the world and drops what was worked out.
    """

    def __init__(self, model: World | None = None) -> None:
        """Take a world; nothing is compiled yet."""
        self.model = model if model is not None else World()
        self.policies = PolicyLibrary()
        _, self.rcp_services = resource_control_services()
        self._own = _Memory(REMEMBERED)
        self._stacks: dict[int, tuple[ref[AttachedPolicies], _Memory]] = {}
        self._endpoints: dict[str, VpcEndpoint] | None = None

    def __getstate__(self) -> World:
        """Pickle the world alone."""
        return self.model

    def __setstate__(self, model: World) -> None:
        """Start afresh with the world."""
        self.__init__(model)  # type: ignore[misc]  # the same object, made ready again

    @classmethod
    def checked(cls, model: World) -> CompiledWorld:
        """Take a world and compile all its policies; what can't be read of them is unknown."""
        world = cls(model)
        with CollectLater():
            for policy, policy_type in policies_in_use(model):
                world.policies.compiled(policy, policy_type)
        return world

    def check(self) -> None:
        """Compile every policy of the world as what it is used for; raises `PolicyError` or
        `WorldError` for the first that can't be read in whole."""
        library = PolicyLibrary(strict=True)
        with CollectLater():
            for policy, policy_type in policies_in_use(self.model):
                library.compiled(policy, policy_type)

    def unknowns(self) -> tuple[UnknownInWorld, ...]:
        """Every part of a policy of the world that is not known, in the order of the world."""
        return unknowns_of(self.model, self.policies)

    def reads(self, action: str) -> Reads:
        """What the policies of the world read of requests for an action; compiles all of them."""
        policies = (self.policies.compiled(*use) for use in policies_in_use(self.model))
        return reads_of(dict.fromkeys(policies), action.lower())  # each once

    def endpoint(self, identifier: str | None) -> VpcEndpoint | None:
        """Find a VPC endpoint of any account by its id."""
        if identifier is None:
            return None
        if self._endpoints is None:
            self._endpoints = {
                endpoint.id: endpoint
                for account in self.model.accounts.values()
                for endpoint in account.vpc_endpoints.values()
            }
        return self._endpoints.get(identifier)

    def _memory(self, attached: AttachedPolicies) -> _Memory:
        """What was worked out with these policies; it goes when they do."""
        if attached is NOTHING_ATTACHED:
            return self._own
        stacks, number = self._stacks, id(attached)
        known = stacks.get(number)
        if known is None:
            gone = ref(attached, lambda _: stacks.pop(number, None))
            known = stacks[number] = gone, _Memory(REMEMBERED_OF_STACK)
        return known[1]

    def quick(
        self,
        attached: AttachedPolicies = NOTHING_ATTACHED,
        session: Session = PLAIN_SESSION,
    ) -> QuickDecisions:
        """What decides requests from plain arguments, for one kind of session."""
        memory = self._memory(attached)
        key = session_key(session)
        known = memory.quick.get(key)
        if known is None:
            made = QuickDecisions(self, attached, session, memory.limit // 2)
            known = remember(memory.quick, key, made, SESSIONS)
        return known

    def caller_facts(self, question: Question) -> CallerFacts:
        """The caller's side; remembered, but for a root user, of which the context tells more."""
        if question.principal.endswith(":root"):
            return facts.caller_facts(question, self.model, self.policies)
        attached = question.attached
        memory = self._own if attached is NOTHING_ATTACHED else self._memory(attached)
        key = (
            question.principal,
            "withwebidentity" in question.action.lower(),
            session_key(question.session),
        )
        known = memory.callers.get(key)
        if known is None:
            made = facts.caller_facts(question, self.model, self.policies)
            known = made, question.session
            remember(memory.callers, key, known, memory.limit)
        return known[0]

    def caller_alone(self, question: Question) -> Caller:
        """Who calls, without any policies."""
        return facts.caller_alone(question, self.model)

    def resource_facts(self, question: Question, caller: Caller) -> ResourceFacts:
        """The resource's side; remembered."""
        attached = question.attached
        memory = self._own if attached is NOTHING_ATTACHED else self._memory(attached)
        asked = (
            question.resource,
            question.action,
            question.resource_account,
            caller.account,
            caller.kind is CallerKind.SERVICE,
            caller.service_linked,
        )
        known = memory.asked.get(asked)
        if known is not None:
            return known
        target = find_target(question, self.model, caller)
        # The bucket behind an access point sees another name of the object, request by request.
        if target.listed is not None and target.listed.buckets:
            return facts.resource_facts(question, target, self.model, self.policies, caller)
        key = (
            target,
            _alike(question.action),
            caller.service_linked,
            # What is lost may be a policy of some services alone.
            tuple(question.resource.split(":", 3)[2:3]) if self.model.unlisted else None,
            # The policy of an AWS managed key follows from its name and Region.
            question.resource if AWS_MANAGED_KEY in target.objects else None,
        )
        known = memory.resources.get(key)
        if known is None:
            known = facts.resource_facts(question, target, self.model, self.policies, caller)
            remember(memory.resources, key, known, memory.limit)
        return remember(memory.asked, asked, known, memory.limit)

    def situation(
        self, question: Question, caller: CallerFacts, resource: ResourceFacts
    ) -> Situation:
        """Caller before resource; remembered where both are."""
        if question.principal.endswith(":root"):
            return make_situation(question, caller, resource, self)
        attached = question.attached
        memory = self._own if attached is NOTHING_ATTACHED else self._memory(attached)
        partition = question.resource[4:].partition(":")[0]
        via = None if question.via is DIRECT_CALL else question.via
        source = source_account(question) if caller.caller.kind is CallerKind.SERVICE else None
        key = id(caller), id(resource), via, partition, source
        known = memory.situations.get(key)
        if known is None:
            made = make_situation(question, caller, resource, self)
            known = made, caller, resource
            remember(memory.situations, key, known, memory.limit)
        return known[0]

    def source_context(self, question: Question) -> tuple[Derived, ...]:
        """The organization of the account on whose behalf a service calls, where it is known.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        organization = facts.organization_of(self.model, source_account(question) or "")
        if organization is None:
            return ()
        origin = Origin("organization", organization[0])
        return tuple(in_organization("source", organization, origin))


@lru_cache(maxsize=4096)
def _alike(action: str) -> str:
    """What an action has in common with others that see the same facts: its service, or itself."""
    action = action.lower()
    own = action in BOUNDARY_ACTIONS or not has_resource_account(action)
    return action if own else action.partition(":")[0]


@cache
def without_world() -> CompiledWorld:
    """What questions that bring all their policies are asked of, when they name no world."""
    return CompiledWorld()
