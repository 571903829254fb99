"""A world made ready for questions: policies compiled on first use, situations remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from iamsim.catalog import resource_control_services
from iamsim.catalog.presence import has_resource_account
from iamsim.core.collector import CollectLater
from iamsim.core.explanation import Origin
from iamsim.engine import facts
from iamsim.engine.documents import PolicyLibrary
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.meeting import make_situation
from iamsim.engine.question import NOTHING_ATTACHED, PLAIN_SESSION, Session
from iamsim.engine.services.iam import BOUNDARY_ACTIONS
from iamsim.engine.target import find_target
from iamsim.engine.unknowns import unknowns_of
from iamsim.world.model import World

if TYPE_CHECKING:
    from iamsim.core.request import Caller
    from iamsim.engine.context import Derived
    from iamsim.engine.facts import CallerFacts, ResourceFacts
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.engine.unknowns import UnknownInWorld
    from iamsim.world.model import VpcEndpoint

__all__ = ["CompiledWorld"]

REMEMBERED = 100_000  # entries of each table, before it starts afresh

T = TypeVar("T")


def _remember(table: dict[tuple[object, ...], T], key: tuple[object, ...], value: T) -> None:
    """Keep a value; a full table is emptied, which costs time but never memory."""
    if len(table) >= REMEMBERED:
        table.clear()
    table[key] = value


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
        self.rcp_date, self.rcp_services = resource_control_services()
        self._callers: dict[tuple[object, ...], tuple[CallerFacts, Session]] = {}
        self._resources: dict[tuple[object, ...], ResourceFacts] = {}
        self._situations: dict[
            tuple[object, ...], tuple[Situation, CallerFacts, ResourceFacts]
        ] = {}
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

    def caller_facts(self, question: Question) -> CallerFacts:
        """The caller's side; remembered where its policies come from the world."""
        if question.attached is not NOTHING_ATTACHED or question.principal.endswith(":root"):
            return facts.caller_facts(question, self.model, self.policies)
        key = (
            question.principal,
            "withwebidentity" in question.action.lower(),
            session_key(question.session),
        )
        known = self._callers.get(key)
        if known is None:
            made = facts.caller_facts(question, self.model, self.policies)
            # The session is kept beside it, so that the ids of its policies stay theirs.
            known = made, question.session
            _remember(self._callers, key, known)
        return known[0]

    def resource_facts(self, question: Question, caller: Caller) -> ResourceFacts:
        """The resource's side; remembered where its policies come from the world."""
        target = find_target(question, self.model, caller)
        action = question.action.lower()
        # The bucket behind an access point sees another name of the object, request by request.
        through_access_point = target.listed is not None and bool(target.listed.buckets)
        if question.attached is not NOTHING_ATTACHED or through_access_point:
            return facts.resource_facts(question, target, self.model, self.policies, caller)
        key = (
            target,
            action
            if action in BOUNDARY_ACTIONS or not has_resource_account(action)
            else action.partition(":")[0],
            caller.service_linked,
        )
        known = self._resources.get(key)
        if known is None:
            known = facts.resource_facts(question, target, self.model, self.policies, caller)
            _remember(self._resources, key, known)
        return known

    def situation(
        self, question: Question, caller: CallerFacts, resource: ResourceFacts
    ) -> Situation:
        """Caller before resource; remembered where both are."""
        if question.attached is not NOTHING_ATTACHED or question.principal.endswith(":root"):
            return make_situation(question, caller, resource, self)
        partition = question.resource[4:].partition(":")[0]
        key = id(caller), id(resource), question.via, partition
        known = self._situations.get(key)
        if known is None:
            made = make_situation(question, caller, resource, self)
            # The two sides are kept beside it, so that their ids stay theirs.
            known = made, caller, resource
            _remember(self._situations, key, known)
        return known[0]

    def source_context(self, question: Question) -> tuple[Derived, ...]:
        """The organization of the account on whose behalf a service calls, where it is known.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        for key, value in question.context.items():
            if key.lower() == "aws:sourceaccount" and isinstance(value, str):
                organization = facts.organization_of(self.model, value)
                if organization is None:
                    return ()
                origin = Origin("organization", organization[0])
                return (
                    ("aws:sourceorgid", organization[0], origin),
                    ("aws:sourceorgpaths", (organization[1],), origin),
                )
        return ()
