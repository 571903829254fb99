"""Callers and areas that a change does not touch: nothing new can open between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.errors import InputError
from iamsim.engine.question import Question
from iamsim.proofs.areas import AreaSpace
from iamsim.proofs.budget import Budget
from iamsim.proofs.search import Place
from iamsim.proofs.space import all_actions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamsim.compile.policy import PolicySet
    from iamsim.engine.facts import CallerFacts, ResourceFacts
    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.areas import Area
    from iamsim.proofs.people import Person

    Levels = Iterable[tuple[str, PolicySet]] | None

__all__ = ["Unchanged"]


class Unchanged:
    """Compares the two sides of a decision in two worlds, by what their policies say."""

    def __init__(self, before: CompiledWorld, after: CompiledWorld) -> None:
        """Take the worlds before and after a change."""
        self.before = before
        self.after = after
        self._sets: dict[tuple[int, int], tuple[PolicySet, PolicySet, bool]] = {}
        self._people: dict[int, tuple[Person, bool]] = {}
        self._areas: dict[tuple[int, int], tuple[Area, bool]] = {}
        self._endpoints = self._same_endpoints()

    def holds(self, person: Person, area: Area, actions: int) -> bool:
        """Whether neither a caller nor an area changed, nor anything between them."""
        return self._endpoints and self._same_person(person) and self._same_area(area, actions)

    def _same_endpoints(self) -> bool:
        """Whether the VPC endpoints are the same, with the same policies."""
        listed = []
        for world in (self.before, self.after):
            endpoints = [
                (
                    endpoint.id,
                    endpoint.account,
                    endpoint.service,
                    endpoint.vpc,
                    endpoint.type,
                    getattr(endpoint.policy, "document", endpoint.policy),
                )
                for account in world.model.accounts.values()
                for endpoint in account.vpc_endpoints.values()
            ]
            listed.append(sorted(endpoints, key=lambda endpoint: endpoint[0]))
        return listed[0] == listed[1]

    def _same_person(self, person: Person) -> bool:
        """Whether a caller has the same policies and keys."""
        known = self._people.get(id(person))
        if known is None:
            question = Question(person.principal, "s3:GetObject", attached=person.attached)
            same = False
            try:
                same = self._same_facts(self.before.caller_facts(question), person.facts)
            except InputError:
                same = False
            known = self._people[id(person)] = person, same
        return known[1]

    def _same_facts(self, before: CallerFacts, after: CallerFacts) -> bool:
        """Whether what is known of a caller is the same."""
        return (
            before.caller == after.caller
            and before.may_assume_root == after.may_assume_root
            and before.scp_reason is after.scp_reason
            and before.context.values == after.context.values
            and self._same_set(before.identity, after.identity)
            and self._same_set(before.boundary, after.boundary)
            and self._same_levels(before.scp_levels, after.scp_levels)
        )

    def _same_area(self, area: Area, actions: int) -> bool:
        """Whether an area has the same policies and keys."""
        name = id(area), actions
        known = self._areas.get(name)
        if known is None:
            known = self._areas[name] = area, self._find_same_area(area, actions)
        return known[1]

    def _find_same_area(self, area: Area, actions: int) -> bool:
        """Compare what is known of one resource of the area, and of one in S3, where Block Public
        Access counts; the area has the same accounts, levels and tags for other services."""
        universe = all_actions()
        space = AreaSpace(area, self.after.model)
        root = f"arn:{area.partition}:iam::{area.account}:root"
        for mask in (actions, actions & universe.service_mask("s3")):
            found = space.find(Place(mask), Budget())
            if found is None:
                continue
            question = Question(root, *found, attached=area.attached)
            facts = []
            for world in (self.before, self.after):
                try:
                    caller = world.caller_facts(question).caller
                    facts.append(world.resource_facts(question, caller))
                except InputError:
                    return False
            if not self._same_resource(*facts):
                return False
        return True

    def _same_resource(self, before: ResourceFacts, after: ResourceFacts) -> bool:
        """Whether what is known of a resource is the same."""
        return (
            before.kind is after.kind
            and before.account == after.account
            and before.rcp_reason is after.rcp_reason
            and before.public_access == after.public_access
            and before.context.values == after.context.values
            and len(before.policies) == len(after.policies)
            and all(
                one.level == other.level
                and one.resource == other.resource
                and self._same_set(one.policies, other.policies)
                for one, other in zip(before.policies, after.policies, strict=True)
            )
            and self._same_set(before.grants, after.grants)
            and self._same_levels(before.rcp_levels, after.rcp_levels)
        )

    def _same_levels(self, before: Levels, after: Levels) -> bool:
        """Whether the levels of guardrails are the same."""
        if before is None or after is None:
            return before is after
        one, other = list(before), list(after)
        return len(one) == len(other) and all(
            self._same_set(first[1], second[1]) for first, second in zip(one, other, strict=True)
        )

    def _same_set(self, before: PolicySet | None, after: PolicySet | None) -> bool:
        """Whether two sets of policies say the same, statement by statement."""
        if before is None or after is None:
            return before is after
        name = id(before), id(after)
        known = self._sets.get(name)
        if known is None:
            same = [policy.statements for policy in before.policies] == [
                policy.statements for policy in after.policies
            ]
            known = self._sets[name] = before, after, same
        return known[2]
