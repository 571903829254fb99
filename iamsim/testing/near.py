"""Requests near the policies of a world: who can ask, about what, on what, and in which context.

Laws (`iamsim.testing.laws`) are tried on these. Lists start with what is plain, so that what is
found is plain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.regions import REGIONS
from iamsim.core.arn import find_arn
from iamsim.core.errors import IamsimError
from iamsim.core.wildcard import compile_tokens, tokenize
from iamsim.engine.authorize import prepare
from iamsim.engine.inventory import policies_in_use
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.suites.people import People
from iamsim.suites.told import REGION_KEY, has_global_region, in_its_region, is_told
from iamsim.suites.vicinity import (
    USUAL_SERVICES,
    identity_statements,
    plainness,
    resource_like,
    resources_for,
    takes,
)
from iamsim.symbolic.influence import influencing_keys
from iamsim.symbolic.partial import answer
from iamsim.syntax.read import parse_policy
from iamsim.universe.asked import NOT_THE_OWNER

if TYPE_CHECKING:
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.engine.world import CompiledWorld

# What a caller of an account that the world does not know may do, as far as that account says.
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_OF_PATTERN = 200  # actions taken of a pattern
_OF_GROUP = 2  # of a service, an access level and a kind of resource
_PAIRS = 2000  # of one principal
_RESOURCES = 8  # of one action and statement
_CONTEXTS = 16  # in which one request is tried
_VALUES = 6  # of one key
_REGION = "aws:RequestedRegion"
_USUAL_REGION = "us-east-1"
# Keys that have a usual value, and that a caller can choose all the same.
_CHOSEN = {"aws:securetransport", "aws:requestedregion", "aws:currenttime", "aws:epochtime"}

Edges = tuple[tuple[str, tuple["ContextValue | None", ...]], ...]
Pair = tuple[str, str]


class Scope(NamedTuple):
    """What requests are drawn from: patterns of principals, actions and resources, and values of
    context keys that every request must have one of (`None`: the key is absent).

    With `outside_regions` every request is for another Region than those: one of each kind that
    the policies tell apart.
    """

    principals: tuple[str, ...] = ()
    except_principals: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    except_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    context: Mapping[str, Sequence[ContextValue | None]] = {}
    outside_regions: tuple[str, ...] = ()

    def has_principal(self, principal: str) -> bool:
        """Whether a principal is in it."""
        fits = matcher(self.principals)(principal) if self.principals else True
        return fits and not matcher(self.except_principals)(principal)

    def has(self, pair: Pair) -> bool:
        """Whether an action on a resource is in it."""
        action, resource = pair
        fits = matcher(self.actions)(action) if self.actions else True
        if not fits or matcher(self.except_actions)(action):
            return False
        return matcher(self.resources)(resource) if self.resources else True


@lru_cache(maxsize=512)
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Match any of some patterns, in any letter case."""
    tests = [compile_tokens(tokenize(pattern.lower())) for pattern in patterns]
    return lambda text: any(test(text.lower()) for test in tests)


class Near:
    """What there is to try, in one world and one scope."""

    def __init__(self, world: CompiledWorld, scope: Scope) -> None:
        """Look at the world's policies once."""
        self.world = world
        self.scope = scope
        self._people = People(world)
        self._named = _named_actions(world)
        self._forced = dict(scope.context)
        if scope.outside_regions:
            self._forced[_REGION] = _other_regions(world, scope.outside_regions)
        self._everything = (parse_policy(EVERYTHING, name="everything"),)
        self._pairs: dict[str, tuple[Pair, ...]] = {}
        self._edges: dict[tuple[str, str, str], Edges] = {}
        self.principals = tuple(
            text for text in self._people.everyone if scope.has_principal(text) and self.pairs(text)
        )

    def question(self, principal: str, pair: Pair) -> Question:
        """Ask for an action on a resource, without a context. A caller from an account that the
        world does not know is taken to be allowed everything there, so that the world decides."""
        return next(self.questions(principal, pair))

    def questions(self, principal: str, pair: Pair) -> Iterator[Question]:
        """The same for each organization that policies tell apart, where it is a stranger's."""
        for asked in self._people.asked(principal):
            yield asked.question(self._plain(principal, pair), granted=True)

    def _plain(self, principal: str, pair: Pair) -> Question:
        """The question, whoever the caller belongs to."""
        if not self._people.is_stranger(principal):
            return Question(principal, *pair)
        attached = AttachedPolicies(identity_policies=self._everything)
        return Question(principal, *pair, attached=attached, unset=NOT_THE_OWNER)

    def pairs(self, principal: str) -> tuple[Pair, ...]:
        """Actions on resources: first those that statements name that can matter to a principal,
        then some beside those."""
        known = self._pairs.get(principal)
        if known is None:
            found: dict[Pair, None] = {}
            for statement, guarded in self._statements(principal):
                found.update(dict.fromkeys(self._of_statement(statement, guarded, principal)))
                if len(found) >= _PAIRS:
                    break
            foreign = self._people.is_foreign(principal)
            known = self._pairs[principal] = tuple(
                pair
                for pair in found
                if self.scope.has(pair) and not (foreign and not self._people.owns(pair[1]))
            )
        return known

    def _statements(self, principal: str) -> Iterator[tuple[CompiledStatement, str | None]]:
        """Statements that allow something to a principal, with what a resource-based one guards."""
        for statement in identity_statements(self.world, principal):
            if not statement.denies:
                yield statement, None
        yield from self._people.granting(principal)

    def _of_statement(
        self, statement: CompiledStatement, guarded: str | None, principal: str
    ) -> Iterator[Pair]:
        """The actions that a statement names, each on resources that it takes."""
        arn = find_arn(guarded or principal)
        account = "" if arn is None else arn.account
        patterns = () if statement.resources is None else statement.resources.patterns
        partition = "aws" if arn is None else arn.partition
        made = [
            resource_like(pattern, dict.fromkeys(pattern.keys, "example"), account, partition)
            for pattern in patterns
        ]
        own = [text for text in made if text is not None and text != "*"]
        beside = [f"{text.rpartition('/')[0]}-beside/{text.rpartition('/')[2]}" for text in own]
        named = [
            resource
            for resource in self.scope.resources
            if "*" not in resource and "?" not in resource
        ]
        if guarded is not None:
            inside = f"{guarded}/example" if guarded.startswith("arn:aws:s3:") else guarded
            own = [guarded, inside, *own]
        for action in self._actions(statement):
            listed = resources_for(self.world, action.partition(":")[0], account)
            possible = dict.fromkeys((*own, *named, *(listed if "*" in made else ()), "*", *beside))
            taken = [text for text in possible if takes(action, text)]
            yield from ((action, text) for text in taken[:_RESOURCES])

    def _actions(self, statement: CompiledStatement) -> tuple[str, ...]:
        """The actions of a statement that are in the scope; a few of every pattern."""
        negated = statement.actions.negated
        patterns = ["*"] if negated else [pattern.pattern for pattern in statement.actions.patterns]
        named = [name for name in self._named if statement.actions.covers(name.lower())]
        near = (name for action in (*self.scope.actions, *patterns) for name in actions_of(action))
        covered = (name for name in near if statement.actions.covers(name.lower()))
        return tuple(dict.fromkeys((*named, *covered)))

    def sweep(self) -> Iterator[Question]:
        """Every request near the policies once, plain and in the context that its conditions ask
        for; keys of the scope have each of their values."""
        forced = [[(key, value) for value in values] for key, values in self._forced.items()]
        for principal in self.principals:
            for pair in self.pairs(principal):
                chosen = islice(product(*forced), _CONTEXTS)
                for question, values in product(self.questions(principal, pair), chosen):
                    given = {key: value for key, value in values if value is not None}
                    asked = in_its_region(replace(question, context={**question.context, **given}))
                    yield asked
                    absent = [key for key, value in values if value is None]
                    opening = self._opening(asked, absent)
                    if opening is not None:
                        yield replace(asked, context=opening)

    def _opening(
        self, question: Question, absent: Sequence[str]
    ) -> Mapping[str, ContextValue] | None:
        """The context in which a question is answered with yes, where that depends on one."""
        try:
            prepared = prepare(question, self.world)
            if prepared.decide().allowed:
                return None
            read = self._read(question, prepared.request.action)
            told = {key for key in read if is_told(key, question.principal)}
            unset = frozenset((told - prepared.request.context.keys()) | set(absent))
            unset |= {key.lower() for key in question.unset}
            if not read - unset - prepared.request.context.keys():
                return None
            residual = answer(replace(question, partial=True, unset=unset), self.world).residual
            found = None if residual is None else residual.examples()[0]
        except IamsimError:
            return None
        if not found:
            return None
        values = {
            key: value if isinstance(value, str) else tuple(value) for key, value in found.items()
        }
        return {**question.context, **values}

    def _read(self, question: Question, action: str) -> set[str]:
        """The keys that statements about an action read, in lower case."""
        situation = prepare(question, self.world).situation
        return {
            key
            for station in situation.arrange(action).stations
            if station.policies is not None and station.applies
            for _, statement in station.policies.candidates(action)
            for key in statement.keys
        }

    def edges(self, question: Question) -> Edges:
        """For each key that statements about a request read, the values at which its tests turn,
        its absence first; keys of the scope have their own values."""
        key = question.principal, question.action, question.resource
        known = self._edges.get(key)
        if known is None:
            known = self._edges[key] = tuple(self._find_edges(question))
        return known

    def _find_edges(
        self, question: Question
    ) -> Iterator[tuple[str, tuple[ContextValue | None, ...]]]:
        for name, values in self._forced.items():
            yield name, tuple(values)
        forced = {name.lower() for name in self._forced}
        try:
            derived = prepare(question, self.world).request.context
            influences = influencing_keys(question, self.world)
        except IamsimError:
            return
        for influence in influences:
            name = influence.key.lower()
            told = is_told(name, question.principal) or name in derived.keys() - _CHOSEN
            told = told or influence.key.lower() in {key.lower() for key in question.unset}
            told = told or (name == REGION_KEY and has_global_region(question.action))
            if name in forced or told:
                continue
            rest = [value.value for value in influence.values if value.value is not None]
            yield influence.key, (None, *rest[:_VALUES])


def _named_actions(world: CompiledWorld) -> tuple[str, ...]:
    """The actions that some policy of a world names without a wildcard."""
    texts = {
        pattern.pattern
        for policy, policy_type in policies_in_use(world.model)
        for statement in world.policies.compiled(policy, policy_type).statements
        for pattern in statement.actions.patterns
    }
    plain = sorted(text for text in texts if "*" not in text and "?" not in text)
    return tuple(dict.fromkeys(name for text in plain for name in actions_of(text)))


def _other_regions(world: CompiledWorld, regions: tuple[str, ...]) -> list[ContextValue | None]:
    """Regions beside some, one of each kind that the conditions of a world tell apart."""
    patterns = {
        template.text.lower()
        for policy, policy_type in policies_in_use(world.model)
        for statement in world.policies.compiled(policy, policy_type).statements
        for condition in statement.conditions
        if condition.key == _REGION.lower()
        for template in condition.values.templates
    }
    tests = [matcher((pattern,)) for pattern in sorted(patterns)]
    kinds: dict[tuple[bool, ...], ContextValue] = {}
    for region in (_USUAL_REGION, *REGIONS):
        if region not in regions:
            kinds.setdefault(tuple(test(region) for test in tests), region)
    return list(kinds.values())


@lru_cache(maxsize=4096)
def actions_of(pattern: str) -> tuple[str, ...]:
    """Actions that a pattern matches: of each service, access level and kind of resource a few, the
    plain ones first; of all services the usual ones."""
    from iamsim import catalog

    if "*" not in pattern and "?" not in pattern:
        facts = catalog.find_action(pattern)
        return (pattern if facts is None else facts.full_name,)
    services = USUAL_SERVICES if pattern == "*" else ()
    names = (
        catalog.expand(pattern)
        if not services
        else tuple(action.full_name for service in services for action in catalog.actions(service))
    )
    groups: dict[tuple[str, ...], int] = {}
    actions = []
    for facts in sorted(filter(None, map(catalog.find_action, names)), key=plainness):
        types = sorted(use.name for use in facts.resource_types)
        group = (facts.service, facts.access_level, *types)
        groups[group] = groups.get(group, 0) + 1
        if groups[group] <= _OF_GROUP:
            actions.append(facts.full_name)
    return tuple(actions[:_OF_PATTERN])
