"""Whole policies, and sets of policies that are read together, indexed by action."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.compile.statement import CompiledStatement, compile_statement
from iamsim.core.data_class import dataclass, field
from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.core.unknown import Unknown
from iamsim.syntax.uncertain import unknown_statements

if TYPE_CHECKING:
    from iamsim.core.span import Source
    from iamsim.syntax.ast import Policy, Statement


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPolicy:
    """One compiled document. `name` is what answers call it; `arn` is set for managed policies."""

    name: str
    statements: tuple[CompiledStatement, ...]
    source: Source
    arn: str | None = None


def compile_policy(
    policy: Policy,
    policy_type: PolicyType = PolicyType.IDENTITY,
    *,
    name: str | None = None,
    arn: str | None = None,
    lenient: bool = False,
) -> CompiledPolicy:
    """Compile a document; raises `PolicyError` for what has no meaning (an unreadable CIDR).

    With `lenient`, a statement with a part that has no meaning is unknown, and the others count.
    """
    complete = policy_type is not PolicyType.SESSION
    called = name or policy.name
    compiled: list[CompiledStatement] = []

    def compile_one(statement: Statement) -> CompiledStatement:
        return compile_statement(
            statement,
            policy.source,
            with_variables=policy.has_variables,
            complete_arns=complete,
            attached=policy_type is PolicyType.RESOURCE,
            policy=called,
        )

    for statement in policy.statements:
        try:
            compiled.append(compile_one(statement))
        except PolicyError as error:
            if not lenient:
                raise
            unknown = Unknown.unreadable(error.message)
            compiled += map(
                compile_one,
                unknown_statements(
                    unknown, statement.index, statement.path, statement.effect, statement.sid
                ),
            )
    return CompiledPolicy(called, tuple(compiled), policy.source, arn)


Member = tuple[CompiledPolicy, CompiledStatement]


@dataclass(slots=True, eq=False)
class PolicySet:
    """Policies of one layer or level: their statements count together, one Deny beats all.

    `candidates` finds the statements whose action element covers an action; an index by service
    prefix keeps that from looking at every statement.
    """

    policies: tuple[CompiledPolicy, ...]
    _keys: frozenset[str] | None = field(default=None, repr=False)
    _by_service: dict[str, list[int]] | None = field(default=None, repr=False)
    _members: tuple[Member, ...] = field(default=(), repr=False)
    _found: dict[str, tuple[Member, ...]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Lay the statements out in one row."""
        self._members = tuple(
            (policy, statement) for policy in self.policies for statement in policy.statements
        )

    @property
    def keys(self) -> frozenset[str]:
        """All context keys that the statements read, in lower case."""
        if self._keys is None:
            self._keys = frozenset(key for _, statement in self._members for key in statement.keys)
        return self._keys

    @property
    def has_allow(self) -> bool:
        """Whether some statement allows."""
        return any(not statement.denies for _, statement in self._members)

    def names_principal(self, name: str) -> bool:
        """Whether some Principal element has an entry of this name (see `entry_name`)."""
        return any(
            statement.principals is not None and name in statement.principals.names
            for _, statement in self._members
        )

    def candidates(self, action: str) -> tuple[Member, ...]:
        """The statements that are about an action (in lower case), in the order of the policies."""
        found = self._found.get(action)
        if found is None:
            members = self._members
            found = tuple(
                members[index]
                for index in self._indexes(action.partition(":")[0])
                if members[index][1].actions.covers(action)
            )
            self._found[action] = found
        return found

    def _indexes(self, service: str) -> Iterable[int]:
        """The statements that can be about a service."""
        if self._by_service is None:
            self._by_service = _index(self._members)
        index = self._by_service
        return index.get(service, index["*"])


def _index(members: tuple[Member, ...]) -> dict[str, list[int]]:
    """Sort statements by the service prefixes of their Action entries; under ``*`` those that may
    be about any service."""
    anywhere: list[int] = []
    services: dict[str, set[int]] = {}
    for index, (_, statement) in enumerate(members):
        prefixes = {pattern.service for pattern in statement.actions.patterns}
        if statement.actions.negated or None in prefixes:
            anywhere.append(index)
        for prefix in prefixes:
            if prefix is not None:
                services.setdefault(prefix, set()).add(index)
    joined = {service: sorted(indexes.union(anywhere)) for service, indexes in services.items()}
    return {**joined, "*": anywhere}
