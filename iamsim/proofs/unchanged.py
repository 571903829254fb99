"""Callers and areas that a change does not touch: nothing new can open between two of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING

from iamsim.compile.condition import FOR_ALL_VALUES, ConditionTest
from iamsim.compile.policy import PolicySet
from iamsim.core.errors import InputError
from iamsim.engine.context import DerivedKeys
from iamsim.engine.question import Question
from iamsim.proofs.areas import Area, AreaSpace
from iamsim.proofs.budget import Budget
from iamsim.proofs.search import Place
from iamsim.symbolic.actions import all_actions

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.people import Person


class Unchanged:
    """Compares the two sides of a decision in two worlds, by what their policies say."""

    def __init__(self, before: CompiledWorld, after: CompiledWorld) -> None:
        """Take the worlds before and after a change."""
        self.before = before
        self.after = after
        self._sets: dict[tuple[int, int], tuple[PolicySet, PolicySet, bool]] = {}
        self._people: dict[int, tuple[Person, bool]] = {}
        self._areas: dict[tuple[int, int], tuple[Area, bool]] = {}
        self.endpoints = self._changed_endpoints()

    def holds(self, person: Person, area: Area, actions: int) -> bool:
        """Whether neither a caller nor an area changed, nor anything between them."""
        if self.before is self.after:
            return True
        return self.keeps(area, actions) and self.is_same(person)

    def keeps(self, area: Area, actions: int) -> bool:
        """Whether neither an area changed nor what leads to it."""
        if self.before is self.after:
            return True
        return not self.endpoints and self._same_area(area, actions)

    def _changed_endpoints(self) -> frozenset[str]:
        """The VPC endpoints that are not the same, or have other policies."""
        earlier, later = (
            {
                (
                    endpoint.id,
                    endpoint.account,
                    endpoint.service,
                    endpoint.vpc,
                    endpoint.type,
                ): getattr(endpoint.policy, "document", endpoint.policy)
                for account in world.model.accounts.values()
                for endpoint in account.vpc_endpoints.values()
            }
            for world in (self.before, self.after)
        )
        return frozenset(
            key[0]
            for key in earlier.keys() | later.keys()
            if key not in earlier or key not in later or earlier[key] != later[key]
        )

    def is_same(self, person: Person) -> bool:
        """Whether a caller has the same policies and keys."""
        known = self._people.get(id(person))
        if known is None:
            question = Question(person.principal, "s3:GetObject", attached=person.attached)
            same = False
            try:
                same = self._same(self.before.caller_facts(question), person.facts)
            except InputError:
                same = False
            known = self._people[id(person)] = person, same
        return known[1]

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
            if not self._same(*facts):
                return False
        return True

    def _same(self, before: object, after: object) -> bool:
        """Whether two facts say the same: policies by their statements, keys by their values."""
        if before is None or after is None or isinstance(before, Enum):
            return before is after
        if isinstance(before, PolicySet) and isinstance(after, PolicySet):
            return self._same_set(before, after)
        if isinstance(before, DerivedKeys) and isinstance(after, DerivedKeys):
            return before.values == after.values
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            return before.keys() == after.keys() and all(
                self._same(before[key], after[key]) for key in before
            )
        if isinstance(before, tuple) and isinstance(after, tuple):
            return len(before) == len(after) and all(map(self._same, before, after))
        if is_dataclass(before) and type(before) is type(after):
            return all(
                self._same(getattr(before, part.name), getattr(after, part.name))
                for part in fields(before)
            )
        return before == after

    def _same_set(self, before: PolicySet, after: PolicySet) -> bool:
        """Whether two sets of policies say the same, whatever the order of their statements."""
        name = id(before), id(after)
        known = self._sets.get(name)
        if known is None:
            same = _said(before) == _said(after)
            known = self._sets[name] = before, after, same
        return known[2]


def _said(policies: PolicySet) -> frozenset[Hashable]:
    """What the statements of a set mean."""
    return frozenset(
        meaning(statement) for policy in policies.policies for statement in policy.statements
    )


def meaning(statement: CompiledStatement) -> Hashable:
    """What a statement says, however it is written: the same for two only where they match alike.

    A negated operator holds when its key is missing, and so does every operator with ForAllValues:
    IfExists adds nothing to them. ArnEquals and ArnLike are one operator.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    if statement.unknowns:
        return statement
    resources = statement.resources
    return (
        statement.effect,
        statement.principals,
        statement.actions.negated,
        frozenset(pattern.pattern.lower() for pattern in statement.actions.patterns),
        None
        if resources is None
        else (
            resources.negated,
            frozenset((pattern.template, pattern.is_short) for pattern in resources.patterns),
        ),
        frozenset(map(_test, statement.conditions)),
    )


def _test(condition: ConditionTest) -> Hashable:
    operator = condition.operator
    settled = operator.set_operator == FOR_ALL_VALUES or (
        operator.negated and operator.set_operator is None
    )
    return (
        operator.set_operator,
        operator.base.replace("Equals", "Like") if operator.base[:3] == "Arn" else operator.base,
        operator.if_exists and not settled,
        condition.key,
        condition.constant,
        frozenset(condition.values.templates),
    )
