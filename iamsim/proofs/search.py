"""A request for which a formula holds, or the proof that there is none.

Every test looks at one thing: the action and resource, or one context key. Tests on one thing are
settled together, exactly; so a conjunction can be met when each thing can. What is left are the
choices of the formula. The search keeps a request that meets all tests taken on so far, and chooses
only where that request fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from iamsim.proofs.conditions import Domain, KeyTest, Nothing, find_value
from iamsim.proofs.formula import ActionIn, Formula, Junction, Leaf, ResourceIn
from iamsim.proofs.rules import ACTION, RESOURCE, in_order
from iamsim.proofs.texts import fits

if TYPE_CHECKING:
    from iamsim.core.request import ContextValue
    from iamsim.proofs.budget import Budget
    from iamsim.proofs.globs import Glob

    Values = Mapping[str, ContextValue | None]
    Tests = Mapping[str, tuple[KeyTest, ...]]
    Rules = Callable[[Values, Tests], Formula]

LOOKED_AT = 12  # choices of which the one with the fewest ways is followed


class Place(NamedTuple):
    """What is asked of action and resource."""

    actions: int
    groups: tuple[tuple[Glob, ...], ...] = ()
    avoided: tuple[Glob, ...] = ()


class Space(Protocol):
    """The actions and resources that there are."""

    def find(self, place: Place, budget: Budget) -> tuple[str, str] | None:
        """Find an action (in lower case) and a resource on which it acts."""
        ...

    def number(self, action: str) -> int:
        """The bit of an action."""
        ...


class Model(NamedTuple):
    """A request that meets all tests: action, resource, and the keys that matter."""

    action: str
    resource: str
    values: dict[str, ContextValue | None]


class Problem:
    """A formula with what is known of actions, resources and keys.

    `domain` gives the values that a key can have, `variables` the known values of keys in policy
    variables, `rules` what else must hold between the keys of a request.
    """

    def __init__(
        self,
        space: Space,
        domain: Callable[[str], Domain],
        variables: Values,
        rules: Rules,
        budget: Budget,
    ) -> None:
        """Take what there is."""
        self.space = space
        self.domain = domain
        self.variables = variables
        self.rules = rules
        self.budget = budget
        self._values: dict[tuple[object, ...], ContextValue | Nothing | None] = {}
        self._places: dict[Place, tuple[str, str] | None] = {}

    def value(self, key: str, tests: tuple[KeyTest, ...]) -> ContextValue | Nothing | None:
        """A value of a key for some tests; remembered."""
        name = (key, frozenset((id(test.condition), test.holds) for test in tests))
        if name not in self._values:
            self._values[name] = find_value(tests, self.domain(key), self.variables, self.budget)
        return self._values[name]

    def place(self, place: Place) -> tuple[str, str] | None:
        """An action and a resource; remembered."""
        if place not in self._places:
            self._places[place] = self.space.find(place, self.budget)
        return self._places[place]


class State:
    """The tests taken on so far, a request that meets them, and the choices that are open."""

    __slots__ = ("action", "choices", "place", "problem", "resource", "tests", "values")

    def __init__(self, problem: Problem, place: Place) -> None:
        """Start with nothing taken on."""
        self.problem = problem
        self.place = place
        self.action = self.resource = ""
        self.tests: dict[str, tuple[KeyTest, ...]] = {}
        self.values: dict[str, ContextValue | None] = {}
        self.choices: tuple[Junction, ...] = ()

    def with_formula(self, formula: Formula, chosen: Junction | None = None) -> State | None:
        """The state with a formula taken on, as the part `chosen` of a choice that is then settled;
        `None` where that can't be."""
        if formula is False:
            return None
        made = State(self.problem, self.place)
        made.action, made.resource = self.action, self.resource
        made.tests, made.values = dict(self.tests), dict(self.values)
        choices = [choice for choice in self.choices if choice is not chosen]
        changed: set[str] = set()
        waiting: list[Leaf | Junction] = [] if formula is True else [formula]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Junction):
                if part.disjunction:
                    choices.append(part)
                else:
                    waiting.extend(part.parts)
            elif isinstance(part, KeyTest):
                key = part.condition.key
                known = made.tests.get(key, ())
                if part not in known:
                    made.tests[key] = (*known, part)
                    changed.add(key)
            else:
                made.place = _narrowed(made.place, part)
        made.choices = tuple(choices)
        return made if made._settle(changed, self.place) else None

    def _settle(self, changed: set[str], before: Place) -> bool:
        """Find values for what changed."""
        if self.place != before or not self.action:
            if not self.place.actions:
                return False
            found = self.problem.place(self.place)
            if found is None:
                return False
            self.action, self.resource = found
        for key in changed:
            value = self.problem.value(key, self.tests[key])
            if value is Nothing.NOTHING:
                return False
            self.values[key] = value
        return True

    def holds(self, formula: Leaf | Junction) -> bool:
        """Whether the request at hand meets a formula."""
        if isinstance(formula, Junction):
            if formula.disjunction:
                return any(self.holds(part) for part in formula.parts)
            return all(self.holds(part) for part in formula.parts)
        if isinstance(formula, ActionIn):
            return bool(formula.mask >> self.problem.space.number(self.action) & 1)
        if isinstance(formula, ResourceIn):
            return self._place_holds(formula)
        return self._test_holds(formula)

    def _place_holds(self, formula: ResourceIn) -> bool:
        """Whether the resource at hand fits, or avoids, some globs."""
        if any(glob.is_open for glob in formula.globs):
            # Only what was taken on counts, where a variable has no value yet.
            if formula.inside:
                return formula.globs in self.place.groups
            return set(formula.globs) <= set(self.place.avoided)
        return any(fits(glob, self.resource) for glob in formula.globs) is formula.inside

    def _test_holds(self, test: KeyTest) -> bool:
        """Whether the keys at hand meet a test."""
        condition = test.condition
        taken = self.tests.get(condition.key, ())
        if test in taken:
            return True
        if condition.values.context_test is not None:
            return False
        value = self.value(condition.key)
        return condition.test({} if value is None else {condition.key: value}) is test.holds

    def value(self, key: str) -> ContextValue | None:
        """The value of a key, also of one that no test asked for yet."""
        if key in self.values:
            return self.values[key]
        value = self.problem.value(key, ())
        self.values[key] = None if isinstance(value, Nothing) else value
        return self.values[key]


def _narrowed(place: Place, part: ActionIn | ResourceIn) -> Place:
    """A place with one test more."""
    if isinstance(part, ActionIn):
        return place._replace(actions=place.actions & part.mask)
    if part.inside:
        if part.globs in place.groups or any(glob.is_everything for glob in part.globs):
            return place
        return place._replace(groups=(*place.groups, part.globs))
    more = tuple(glob for glob in part.globs if glob not in place.avoided)
    return place._replace(avoided=(*place.avoided, *more)) if more else place


def search(problem: Problem, place: Place, formula: Formula) -> Iterator[Model]:
    """Give requests for which a formula holds, as far as this search tells: each may be held
    against the engine. No request at all is a proof that there is none.

    Raises `OutOfBudgetError`, and `InexactError` where it can't tell.
    """
    start = State(problem, place).with_formula(formula)
    if start is not None:
        yield from _follow(start, 0)


def _follow(state: State, depth: int) -> Iterator[Model]:
    """Follow a state to the requests that it leads to."""
    state.problem.budget.spend_node(depth)
    failing = [choice for choice in state.choices if not state.holds(choice)]
    if not failing:
        values = {**state.values, ACTION: state.action, RESOURCE: state.resource}
        rule = state.problem.rules(values, state.tests)
        if rule is True:
            yield Model(state.action, state.resource, in_order(state.values))
            return
        made = state.with_formula(rule)
        if made is None:
            return
        if not (isinstance(rule, Junction) and rule.disjunction):
            yield from _follow(made, depth + 1)
            return
        failing = [rule]
    best: list[State] | None = None
    for choice in failing[:LOOKED_AT]:
        ways = []
        for part in choice.parts:
            made = state.with_formula(part, choice)
            if made is not None:
                ways.append(made)
        if best is None or len(ways) < len(best):
            best = ways
        if len(best) <= 1:
            break
    for way in best or ():
        yield from _follow(way, depth + 1)
