"""What the decision of one action reads: for callers of one class, on resources of one kind.

A plan asks two things of a request: which patterns its resource fits, and how the values of a few
context keys answer the conditions. Requests that are equal in these are decided alike; what they
are equal in is their *signature*.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING

from iamsim.core.data_class import NamedTuple
from iamsim.core.remember import remember
from iamsim.engine.plan import make_plan

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest, ContextTest
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.decision import Decision
    from iamsim.core.request import ContextValue, Request
    from iamsim.core.wildcard import TextTest
    from iamsim.engine.arrangement import Arrangement
    from iamsim.engine.situation import Situation

REMEMBERED = 20_000  # texts or values whose class is at hand, for each reading and key


class Reads(NamedTuple):
    """What policies read of requests for one action: context keys (in lower case), conditions, and
    the entries of Resource elements."""

    keys: frozenset[str]
    conditions: tuple[ConditionTest, ...]
    resources: tuple[str, ...]


def reads_of(policies: Iterable[CompiledPolicy], action: str) -> Reads:
    """Look at the statements about an action (in lower case), whomever they are about."""
    statements = [
        statement
        for policy in policies
        for statement in policy.statements
        if statement.actions.covers(action)
    ]
    tests = [statement.resources for statement in statements if statement.resources is not None]
    return Reads(
        frozenset(key for statement in statements for key in statement.keys),
        tuple(condition for statement in statements for condition in statement.conditions),
        tuple(dict.fromkeys(pattern.pattern for test in tests for pattern in test.patterns)),
    )


class Reading:
    """One action in one situation: its plan, the context keys (in lower case) that its statements
    read, those of them that AWS sends (`awaited`), and how to sign a request.

    `names` says of each spelling of a key whether it is read, and under which name.
    """

    __slots__ = (
        "_classes",
        "_patterns",
        "_raw_keys",
        "_raw_resource",
        "_resources",
        "_single",
        "awaited",
        "decisions",
        "keys",
        "names",
        "plan",
    )

    def __init__(self, situation: Situation, action: str) -> None:
        """Make the plan of an action (in lower case); sort what its statements test."""
        arrangement = situation.arrange(action)
        self.plan: Callable[[Request], Decision] = situation.plans.get(action) or make_plan(
            situation, action
        )
        situation.plans[action] = self.plan
        self.keys = arrangement.reads
        self.awaited = arrangement.awaited
        self.names: dict[str, str | None] = {}
        self.decisions: dict[Hashable, Decision] = {}
        patterns: dict[str, TextTest] = {}
        single: dict[str, list[ContextTest]] = {key: [] for key in sorted(self.keys)}
        raw: set[str] = set()
        self._raw_resource = False
        for statement in _concerned(arrangement, situation, action):
            for pattern in () if statement.resources is None else statement.resources.patterns:
                if pattern.test is None:
                    self._raw_resource = True
                    raw.update(pattern.keys)
                elif not pattern.everything:
                    patterns[f"{pattern.is_short}{pattern.pattern}"] = pattern.test
            for condition in statement.conditions:
                if len(condition.keys) > 1:
                    raw.update(condition.keys)
                else:
                    for key in condition.keys:
                        single[key].append(condition.test)
        self._patterns = tuple(patterns.values())
        self._resources: dict[str, int] = {}
        self._raw_keys = tuple(sorted(raw))
        self._single = tuple((key, tests) for key, tests in single.items() if key not in raw)
        self._classes: tuple[dict[ContextValue, int], ...] = tuple({} for _ in self._single)

    def signature(self, resource: str, values: Mapping[str, ContextValue]) -> Hashable:
        """What a request is known by: which patterns its resource fits and which conditions its
        values fulfil; what several keys decide together, by the values themselves.

        A key that is absent differs from each that is there. `values` are those of `keys`.
        """
        fits = self._resources.get(resource)
        if fits is None:
            fits = sum(1 << place for place, test in enumerate(self._patterns) if test(resource))
            remember(self._resources, resource, fits, REMEMBERED)
        signed: list[Hashable] = [fits]
        for (key, tests), classes in zip(self._single, self._classes, strict=True):
            value = values.get(key)
            if value is None:
                signed.append(None)
                continue
            known = classes.get(value)
            if known is None:
                alone = {key: value}
                known = sum(1 << place for place, test in enumerate(tests) if test(alone))
                remember(classes, value, known, REMEMBERED)
            signed.append(known)
        signed += [values.get(key) for key in self._raw_keys]
        if self._raw_resource:
            signed.append(resource)
        return tuple(signed)


def _concerned(
    arrangement: Arrangement, situation: Situation, action: str
) -> list[CompiledStatement]:
    """The statements about the action that can match for the callers of the situation."""
    return [
        statement
        for station in arrangement.stations
        if station.policies is not None and station.applies
        for _, statement in station.policies.candidates(action)
        if statement.concerns(station.caller or situation.caller)
    ]
