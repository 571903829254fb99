"""A world made ready for questions: policies compiled on first use, situations remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.catalog import resource_control_services
from iamsim.core.explanation import Origin
from iamsim.engine import facts
from iamsim.engine.documents import PolicyLibrary
from iamsim.engine.meeting import make_situation
from iamsim.engine.question import NOTHING_ATTACHED, PLAIN_SESSION
from iamsim.world.model import World

if TYPE_CHECKING:
    from iamsim.core.request import Caller
    from iamsim.engine.context import Derived
    from iamsim.engine.facts import CallerFacts, ResourceFacts
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.world.model import VpcEndpoint

__all__ = ["CompiledWorld"]

class CompiledWorld:
    """Answers questions about one world (or about none: a question may bring all its policies).

    What is worked out for a principal or a resource is kept for the next question about it. The
    world must not be changed meanwhile. Pickling keeps the world and drops what was worked out.
    """

    def __init__(self, model: World | None = None) -> None:
        """Take a world; nothing is compiled yet."""
        self.model = model if model is not None else World()
        self.library = PolicyLibrary()
        self.rcp_date, self.rcp_services = resource_control_services()
        self._callers: dict[tuple[str, bool], CallerFacts] = {}
        self._situations: dict[tuple[object, ...], Situation] = {}
        self._endpoints: dict[str, VpcEndpoint] | None = None

    def __getstate__(self) -> World:
        """Pickle the world alone."""
        return self.model

    def __setstate__(self, model: World) -> None:
        """Start afresh with the world."""
        self.__init__(model)  # type: ignore[misc]  # the same object, made ready again

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
        """The caller's side; remembered for plain questions."""
        plain = question.attached is NOTHING_ATTACHED and question.session is PLAIN_SESSION
        if not plain or question.principal.endswith(":root"):
            return facts.caller_facts(question, self.model, self.library)
        key = question.principal, "withwebidentity" in question.action.lower()
        known = self._callers.get(key)
        if known is None:
            known = facts.caller_facts(question, self.model, self.library)
            self._callers[key] = known
        return known

    def resource_facts(self, question: Question, caller: Caller) -> ResourceFacts:
        """The resource's side."""
        return facts.resource_facts(question, self.model, self.library, caller)

    def situation(
        self, question: Question, caller: CallerFacts, resource: ResourceFacts
    ) -> Situation:
        """Caller before resource; remembered where both come from the world."""
        if question.attached is not NOTHING_ATTACHED or question.session is not PLAIN_SESSION:
            return make_situation(question, caller, resource, self)
        via = question.via
        key = (
            id(caller),
            resource.kind,
            resource.account,
            tuple((id(placed.policies), placed.resource) for placed in resource.policies),
            id(resource.grants),
            resource.rcp_reason,
            resource.public_access,
            via.vpc_endpoint,
            bool(via.services),
        )
        known = self._situations.get(key)
        if known is None or known.caller is not caller.caller:
            known = self._situations[key] = make_situation(question, caller, resource, self)
        return known

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
