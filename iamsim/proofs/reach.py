"""What a caller could do in an area at most, by the actions of statements alone: a quick look that
keeps most callers and areas from being asked about."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from iamsim.core.decision import PolicyType
from iamsim.core.errors import InputError
from iamsim.engine.inventory import identity_policies
from iamsim.engine.question import Question
from iamsim.engine.services.organizations import is_for_administrators
from iamsim.engine.standing import standing_of
from iamsim.symbolic.action_texts import action_texts
from iamsim.symbolic.actions import all_actions
from iamsim.universe.mentions import mentions_of
from iamsim.universe.shares import shares_of
from iamsim.world.model import AnyPolicy, PolicyDocument

if TYPE_CHECKING:
    from iamsim.compile.policy import PolicySet
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Caller
    from iamsim.engine.facts import ResourceFacts
    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.areas import Area
    from iamsim.proofs.people import Person

EVERYONE = "*"


class Reach:
    """Looks at the masks of statements; remembered by policy set and area."""

    def __init__(self, world: CompiledWorld) -> None:
        """Take a world."""
        self.world = world
        self.universe = all_actions()
        self._sets: dict[int, tuple[PolicySet, int, int]] = {}
        self._documents: dict[AnyPolicy, int] = {}
        self._limits: dict[int, tuple[Person, int, int]] = {}
        self._roots: dict[str, Caller] = {}
        self._facts: dict[int, tuple[Area, ResourceFacts | None]] = {}

    def knows(self, area: Area) -> bool:
        """Whether an area was looked up."""
        return id(area) in self._facts

    def learn(self, area: Area, action: str, resource: str) -> None:
        """Look an area with policies up by one of its resources."""
        self._facts[id(area)] = area, self._find_facts(area, action, resource)

    def acts_by_itself(self, person: Person, actions: int) -> bool:
        """Whether a caller could be allowed some actions in its own account by policies of its own,
        as far as their Action elements tell: nothing is compiled for it."""
        if person.caller.kind.is_root or person.attached.identity_policies:
            return True
        if person.entity is None:
            identity = person.facts.identity
            return identity is not None and bool(self._masks(identity)[0] & actions)
        policies = identity_policies(person.entity, self.world.model)
        return any(self._written(policy) & actions for policy in policies)

    def _written(self, policy: AnyPolicy) -> int:
        """The actions that a document could allow, at most."""
        known = self._documents.get(policy)
        if known is None:
            known = 0
            if isinstance(policy, PolicyDocument):
                texts = action_texts(policy.document)
                known = (
                    self.universe.everything
                    if texts is None
                    else self.universe.mask_of_patterns(texts)
                )
            else:  # one of AWS's; there are few of them
                compiled = self.world.policies.compiled(policy, PolicyType.IDENTITY)
                for statement in compiled.statements:
                    known |= self.universe.mask(statement.actions)
            self._documents[policy] = known
        return known

    def actions(self, person: Person, area: Area) -> int:
        """The actions that a caller could be allowed in an area, at most."""
        own = person.account == area.account and not area.foreign
        administered = 0 if own or area.foreign else self.administered(person)
        if not own and not area.has_policies and not administered:
            return 0
        shared, alone = self._limit(person)
        if area.foreign:
            return alone
        mask = self._shared(person.caller, area) & (shared if own else alone)
        if own or administered:
            identity = person.facts.identity
            within = alone if own else alone & administered
            if person.caller.kind.is_root or person.attached.identity_policies:
                mask |= within
            elif identity is not None:
                mask |= self._masks(identity)[0] & within
        return mask

    def administered(self, person: Person) -> int:
        """The actions that a caller could be allowed in other accounts by policies of its own: its
        account manages the organization or may administer services for it.

        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html
        """
        model = self.world.model
        if model.organization is None or not person.caller.kind.has_identity:
            return 0
        standing = standing_of(model, person.account)
        others = standing.administers, standing.doubt, standing.lost
        return for_administrators() if standing.management or any(others) else 0

    def _limit(self, person: Person) -> tuple[int, int]:
        """The actions that guardrails and denials leave a caller at most: those that a policy of
        its own account's resource may give it whatever a boundary or session policy lacks, and
        those that it has by itself.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
        """
        known = self._limits.get(id(person))
        if known is None:
            facts = person.facts
            shared = alone = self.universe.everything
            for _, level in facts.scp_levels or ():
                allowed, denied = self._masks(level)
                shared &= allowed & ~denied
            for policies in (facts.boundary, facts.session):
                if policies is not None:
                    allowed, denied = self._masks(policies)
                    shared &= ~denied
                    alone &= allowed
            if facts.identity is not None:
                shared &= ~self._masks(facts.identity)[1]
            # The person is kept beside it, so that its id stays its own.
            known = self._limits[id(person)] = person, shared, shared & alone
        return known[1:]

    def names(self, area: Area, actions: int) -> frozenset[str]:
        """The names (see `iamsim.compile.principal.entry_name`) to which the policies of an area
        allow some actions; ``*`` where that could be anybody."""
        if area.foreign:
            return frozenset({EVERYONE})
        found: set[str] = set()
        for statement in self._statements(area):
            if statement.denies or not self.universe.mask(statement.actions) & actions:
                continue
            principals = statement.principals
            if principals is None or principals.negated:
                found.add(EVERYONE)
            else:
                found.update(principals.names)
        return frozenset(found)

    def named(self, area: Area, actions: int) -> Iterator[tuple[str, str]]:
        """The principals that the policies of an area name for some actions, as (kind, text)."""
        for statement in self._statements(area):
            if self.universe.mask(statement.actions) & actions:
                yield from named_in(statement)

    def _shared(self, caller: Caller, area: Area) -> int:
        """The actions that resource-based policies and grants give a caller, at most."""
        mask = 0
        for statement in self._statements(area):
            if not statement.denies and statement.concerns(caller):
                mask |= self.universe.mask(statement.actions)
        return mask

    def _statements(self, area: Area) -> Iterator[CompiledStatement]:
        """The statements of resource-based policies and grants."""
        _, facts = self._facts.get(id(area), (area, None))
        if facts is None:
            return
        sets = [placed.policies for placed in facts.policies]
        shares = shares_of(facts.shared_with, facts.shared_for)
        sets += [policies for policies in (facts.grants, shares) if policies is not None]
        for policies in sets:
            for policy in policies.policies:
                yield from policy.statements

    def _find_facts(self, area: Area, action: str, resource: str) -> ResourceFacts | None:
        """What the engine knows of a resource."""
        root = f"arn:{area.partition}:iam::{area.account}:root"
        question = Question(root, action, resource, attached=area.attached)
        try:
            caller = self._roots.get(root)
            if caller is None:
                caller = self._roots[root] = self.world.caller_facts(question).caller
            return self.world.resource_facts(question, caller)
        except InputError:
            return None

    def _masks(self, policies: PolicySet) -> tuple[int, int]:
        """The actions that some statement allows, and those that are denied whatever the rest."""
        known = self._sets.get(id(policies))
        if known is None:
            allowed = denied = 0
            for policy in policies.policies:
                for statement in policy.statements:
                    mask = self.universe.mask(statement.actions)
                    if not statement.denies:
                        allowed |= mask
                    elif _is_flat(statement):
                        denied |= mask
            known = self._sets[id(policies)] = policies, allowed, denied
        return known[1:]


@lru_cache(maxsize=1)
def for_administrators() -> int:
    """The actions that accounts which administer an organization call in other accounts."""
    universe = all_actions()
    return universe.mask_of(filter(is_for_administrators, universe.names))


def named_in(statement: CompiledStatement) -> Iterator[tuple[str, str]]:
    """Whom a statement of a resource-based policy names, as (kind, text)."""
    if statement.principals is not None:
        for pattern in statement.principals.patterns:
            yield pattern.kind, pattern.text
        for service in mentions_of([statement]).services:
            yield "Service", service


def _is_flat(statement: CompiledStatement) -> bool:
    """Whether a statement is about every caller, resource and context."""
    return (
        statement.principals is None
        and not statement.conditions
        and (statement.resources is None or statement.resources.everything)
    )
