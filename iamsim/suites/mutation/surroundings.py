"""What lies around a policy: who has it, what it guards, and which patterns meet it there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from iamsim.core.errors import IamsimError
from iamsim.core.wildcard import example_of
from iamsim.engine.authorize import prepare
from iamsim.engine.question import Question
from iamsim.suites.vicinity import resources_for
from iamsim.universe.asked import FRESH_ACCOUNT, somebody_of
from iamsim.universe.candidates import partition_of

if TYPE_CHECKING:
    from iamsim.compile.policy import PolicySet
    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import ContextValue
    from iamsim.engine.world import CompiledWorld

_OF_PATTERN = 3  # actions taken of a pattern
_OF_KINDS = 6  # kinds of resource that the actions of a pattern take
_KNOWN = 400  # actions of a pattern that are looked at
_USUAL_ACTIONS = ("s3:GetObject", "s3:PutObject", "ec2:RunInstances", "iam:CreateUser")
_LOOKED_AT = 3  # resources at which other policies are looked up
_PROBE = "sts:GetCallerIdentity"


class Surroundings:
    """The principals and resources of a world by the policies that they have.

    A policy is known by the id of its source, which the world keeps alive.
    """

    def __init__(self, world: CompiledWorld) -> None:
        """Look at every principal and resource once."""
        self._world = world
        self.principals: list[str] = []
        somebody = somebody_of(FRESH_ACCOUNT, partition_of(world.model))
        self.strangers = ("anonymous", *(asked.principal for asked in somebody[:1]))
        self._holders: dict[int, list[str]] = {}
        self._guarded: dict[int, list[str]] = {}
        for account in world.model.accounts.values():
            for arn in [
                *(u.arn for u in account.users.values()),
                *(r.arn for r in account.roles.values()),
            ]:
                self.principals.append(arn)
                for policies in self._sets_of(arn):
                    _note(self._holders, policies, arn)
            for role in account.roles.values():
                if role.trust is not None:
                    self._guarded.setdefault(id(role.trust.source), []).append(role.arn)
            for resource in account.resources.values():
                if resource.policy is not None:
                    self._guarded.setdefault(id(resource.policy.source), []).append(resource.arn)

    def holders(self, source: object) -> list[str]:
        """The users and roles for whom a policy counts, attached or through the organization."""
        return self._holders.get(id(source), [])

    def guarded(self, source: object) -> list[str]:
        """The roles and resources that have a policy as their own."""
        return self._guarded.get(id(source), [])

    def named_by(
        self,
        question: Question,
        statements: Sequence[CompiledStatement],
        guarded: Sequence[str],
        most: int,
    ) -> list[str]:
        """The resources that statements name, and those that the other policies name which such a
        request meets: on the resources that a policy guards, or on those named first. Ends when
        there are `most`."""
        found = dict.fromkeys(guarded)
        tried = list(guarded[:_LOOKED_AT]) or ["*"]
        for number, resource in enumerate(tried):
            try:
                prepared = prepare(replace(question, resource=resource), self._world)
            except IamsimError:
                continue
            action, context = prepared.request.action, prepared.request.context
            met = [
                statement
                for station in prepared.situation.arrange(action).stations
                if station.policies is not None
                for _, statement in station.policies.candidates(action)
            ]
            own = list(resources_of(statements, context))
            for name in chain(own, resources_of(met, context)):
                found[name] = None
                if len(found) >= most:
                    return list(found)
            if number == 0:
                tried += own[:_LOOKED_AT]
        return list(found)

    def usual(self, question: Question) -> tuple[str, ...]:
        """Resources of the caller's account that actions of such a service take; roles to assume
        are those of the world."""
        account = question.principal.split(":", 5)[4:5]
        service = question.action.partition(":")[0]
        if service == "sts":
            return tuple(arn for arn in self.principals if ":role/" in arn)
        return resources_for(self._world, service, account[0]) if account and account[0] else ()

    def allowing(self, principal: str) -> Iterator[CompiledStatement]:
        """The statements that allow something to a principal: by its own policies, and within the
        boundary."""
        for policies in self._sets_of(principal)[:2]:
            for policy in policies.policies:
                yield from (statement for statement in policy.statements if not statement.denies)

    def _sets_of(self, principal: str) -> list[PolicySet]:
        """Identity-based policies first, then the boundary and the levels of SCPs."""
        try:
            facts = self._world.caller_facts(Question(principal, _PROBE))
        except IamsimError:
            return []
        levels = [policies for _, policies in facts.scp_levels or ()]
        return [level for level in (facts.identity, facts.boundary, *levels) if level is not None]


def _note(table: dict[int, list[str]], policies: PolicySet, name: str) -> None:
    for policy in policies.policies:
        table.setdefault(id(policy.source), []).append(name)


def actions_of(statements: Iterable[CompiledStatement], turned: Callable[[str], bool]) -> list[str]:
    """Actions that statements name: each that stands there, and a few of every pattern; those that
    a change takes in or leaves out (`turned`) come first."""
    patterns = dict.fromkeys(
        pattern.pattern for held in statements for pattern in held.actions.patterns
    )
    known = [_known_of(pattern) for pattern in patterns]
    actions: dict[str, None] = {}
    for names in known:
        actions.update(dict.fromkeys(_some_of(tuple(filter(turned, names)))))
    for names in known:
        actions.update(dict.fromkeys(_some_of(names)))
    return list(actions)


@lru_cache(maxsize=4096)
def _known_of(pattern: str) -> tuple[str, ...]:
    """The actions that a pattern matches, or a few usual ones of the pattern of all."""
    if "*" not in pattern and "?" not in pattern:
        return (pattern,)
    if pattern == "*":
        return _USUAL_ACTIONS
    from iamsim import catalog

    return tuple(catalog.expand(pattern))


@lru_cache(maxsize=4096)
def _some_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """A few of many actions."""
    if len(names) <= len(_USUAL_ACTIONS):
        return names
    from iamsim import catalog

    spread = names[:: max(1, len(names) // _OF_PATTERN)][: _OF_PATTERN + 1]
    # One for each kind of resource, or what a statement names would be asked with no action.
    kinds: dict[frozenset[str], str] = {}
    for facts in filter(None, map(catalog.find_action, names[:_KNOWN])):
        kinds.setdefault(frozenset(use.name for use in facts.resource_types), facts.full_name)
    return tuple(dict.fromkeys((*spread, *list(kinds.values())[:_OF_KINDS])))


def resources_of(
    statements: Iterable[CompiledStatement], context: Mapping[str, ContextValue]
) -> Iterator[str]:
    """Resources that the patterns of statements match in a context, and one beside each that its
    pattern does not match."""
    for statement in statements:
        for pattern in statement.resources.patterns if statement.resources is not None else ():
            tokens = None if pattern.everything else pattern.resolved(context)
            if tokens is None:
                continue
            filled = example_of(tokens)
            yield filled
            head, slash, tail = filled.rpartition("/")
            yield f"{head}-beside{slash}{tail}" if slash else f"{filled}-beside"
            yield example_of(tokens, "other/sample")
