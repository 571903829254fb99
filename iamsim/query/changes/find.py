"""Finding the decisions that differ between two worlds; see the package."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamsim.compile.principal import PrincipalTest
from iamsim.core.errors import RequestError
from iamsim.query.batch import find_candidate
from iamsim.query.batch.candidates import named_candidates
from iamsim.query.changes.callers import compare_callers, own_statements, reading
from iamsim.query.changes.compare import compare_place
from iamsim.query.changes.model import Changes, Reached
from iamsim.query.changes.reach import places_of
from iamsim.query.changes.resources import compare_control_policies, listed_resources
from iamsim.query.changes.statements import Difference

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from iamsim.compile.statement import CompiledStatement
    from iamsim.core.request import Caller
    from iamsim.engine.facts import CallerFacts
    from iamsim.engine.question import ContextValue
    from iamsim.query.batch import Batch, Candidate
    from iamsim.query.changes.resources import ListedResource

__all__ = ["find_changes"]

PROBE = "sts:GetCallerIdentity"
RESOURCE_TAG = "resourcetag/"


def find_changes(
    before: Batch,
    after: Batch,
    *,
    context: Mapping[str, ContextValue] | None = None,
    wanted: Callable[[str], bool] = lambda _principal: True,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Changes:
    """Compare what two worlds decide, wherever they can decide differently.

    Both batches share policies that do not differ. `wanted` picks principals. Requests are direct
    calls, not made through VPC endpoints. Raises what reading a policy raises.
    """
    search = _Search(before, after, context or {})
    found = Changes(after.universe, silent=tuple(search.silent()))
    candidates = [one for one in search.candidates() if wanted(one.principal)]
    for number, candidate in enumerate(candidates):
        progress(number, len(candidates))
        bounds = search.bounds(candidate, found)
        found.principals += bool(bounds)
        for reached in bounds:
            found.bounds.append(reached)
            found.found += compare_place(before, after, reached)
    return found


@dataclass(slots=True)
class _Search:
    """What both worlds have, compared once."""

    before: Batch
    after: Batch
    context: Mapping[str, ContextValue]
    touched: tuple[ListedResource, ...] = ()
    control: dict[str, Difference] = field(default_factory=dict)
    by_name: dict[str, list[ListedResource]] = field(default_factory=dict)
    for_many: list[ListedResource] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Compare the side of resources, and sort it by the principals that policies name."""
        self.control = compare_control_policies(self.before.world, self.after.world)
        touched = []
        for one in listed_resources(self.before.world, self.after.world):
            if one.differs or one.account in self.control:
                touched.append(one)
            tests = [statement.principals for statement in one.statements]
            if any(not isinstance(test, PrincipalTest) for test in tests):
                self.for_many.append(one)
                continue
            names = [test.names for test in tests if test is not None]
            for name in sorted(frozenset[str]().union(*names)):
                self.by_name.setdefault(name, []).append(one)
        self.touched = tuple(touched)

    def silent(self) -> Iterator[str]:
        """What differs and is not asked about."""
        first, second = (
            {
                name: getattr(endpoint.policy, "document", endpoint.policy)
                for account in batch.world.model.accounts.values()
                for name, endpoint in account.vpc_endpoints.items()
            }
            for batch in (self.before, self.after)
        )
        for name in sorted({*first, *second}):
            if first.get(name) != second.get(name) or (name in first) is not (name in second):
                yield f"the policy of the VPC endpoint {name}: requests through it were not asked"

    def candidates(self) -> list[Candidate]:
        """Every principal of both worlds, and those that policies name on resources in play."""
        found: dict[str, Candidate] = {}
        for batch in (self.before, self.after):
            found.update((one.principal, one) for one in batch.candidates)
        names: set[str] = set()
        for one in self.touched:
            for statement in one.statements:
                if statement.principals is not None and not statement.denies:
                    names |= statement.principals.names
        for batch in (self.before, self.after):
            for candidate in named_candidates(names, batch.world.model):
                found.setdefault(candidate.principal, candidate)
        return sorted(found.values(), key=lambda one: (one.account or "~", one.principal))

    def facts(self, batch: Batch, principal: str) -> CallerFacts | None:
        """The caller's side in one of the worlds; `None` for what a policy names and can't call."""
        try:
            return batch.world.caller_facts(batch.question(principal, PROBE))
        except RequestError:
            return None

    def bounds(self, candidate: Candidate, found: Changes) -> list[Reached]:
        """Where decisions about one principal may differ."""
        old = self.facts(self.before, candidate.principal)
        new = self.facts(self.after, candidate.principal)
        if old is None or new is None:
            return []
        caller = new.caller
        own = compare_callers(old, new, lambda: self._about(caller))
        own = own.joined(self.control.get(candidate.account or "", Difference()))
        theirs = {
            one.arn: some
            for one in self.touched
            if (some := tuple(self._of_resource(one, old, new)))
        }
        if not own.statements and not theirs:
            return []
        known = find_candidate(self.after.world.model, candidate.principal)
        places, complete = places_of(
            (self.before, self.after),
            candidate if known.entity is None else known,
            self.context,
            own.statements,
            theirs,
            (*own_statements(old), *own_statements(new)),
            [*self._near(caller, theirs)],
        )
        found.complete = found.complete and complete
        return places

    def _concerns(self, one: ListedResource, caller: Caller) -> bool:
        return any(statement.concerns(caller) for statement in one.statements)

    def _near(self, caller: Caller, wanted: Collection[str] = ()) -> list[ListedResource]:
        """The resources whose policies are about a caller, and those wanted, by ARN."""
        found = {one.arn: one for one in self.touched if one.arn in wanted}
        for name in caller.names:
            found.update((one.arn, one) for one in self.by_name.get(name, ()))
        found.update((one.arn, one) for one in self.for_many if self._concerns(one, caller))
        return [one for _, one in sorted(found.items())]

    def _about(self, caller: Caller) -> Iterable[CompiledStatement]:
        """The statements of resources that are about a caller."""
        return (
            statement
            for one in self._near(caller)
            for statement in one.statements
            if statement.concerns(caller)
        )

    def _of_resource(
        self, one: ListedResource, old: CallerFacts, new: CallerFacts
    ) -> Iterator[CompiledStatement]:
        """The statements that may decide otherwise about one resource."""
        control = self.control.get(one.account)
        if not one.differs and control is None:
            return
        caller = new.caller
        for statement in one.difference.statements:
            if statement.concerns(caller) or statement.concerns(old.caller):
                yield statement
        same_account = one.account == caller.account
        if control is not None and (same_account or self._concerns(one, caller)):
            yield from control.statements
        if not one.anything and not one.tags_differ:
            return
        every = [statement for statement in one.statements if statement.concerns(caller)]
        if every or same_account:
            every += [*own_statements(old), *own_statements(new)]
        if one.anything:
            yield from every
        else:
            keys = frozenset(
                key for statement in every for key in statement.keys if RESOURCE_TAG in key
            )
            yield from reading(every, keys)
