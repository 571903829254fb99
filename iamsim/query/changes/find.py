"""Finding the decisions that differ between two worlds; see the package."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, ClassVar, Self

from iamsim.compile.statement import ActionTest, CompiledStatement
from iamsim.core.errors import RequestError
from iamsim.core.work import Work
from iamsim.engine.question import ContextValue, Via
from iamsim.query.batch import Batch, Candidate, find_candidate
from iamsim.query.batch.processes import ALONE, Processes, no_progress
from iamsim.query.changes.callers import compare_callers, own_statements, reading
from iamsim.query.changes.compare import compare_place
from iamsim.query.changes.endpoints import EndpointChange, compare_endpoints
from iamsim.query.changes.latent import find_latent
from iamsim.query.changes.model import Change, Changes, Direction, Reached, probe
from iamsim.query.changes.reach import can_be_asked, heads_of, places_of
from iamsim.query.changes.resources import (
    ListedResource,
    Listing,
    NameIndex,
    compare_control_policies,
    control_statements,
    restricts,
)
from iamsim.query.changes.sight import NOTHING, Compared, Sight
from iamsim.query.changes.statements import Difference, compare_levels, statements_of
from iamsim.query.changes.touches import Touches
from iamsim.query.changes.unchanged import Unchanged
from iamsim.symbolic.actions import ActionUniverse, all_actions, is_stand_in, joined_mask
from iamsim.universe.candidates import administrators_of, granted_by, named_candidates
from iamsim.universe.differing import Differing
from iamsim.universe.elsewhere import ways_of
from iamsim.universe.others import future_of, others_of

if TYPE_CHECKING:
    from iamsim.core.request import Caller
    from iamsim.engine.facts import CallerFacts, Levels

    Statements = tuple[CompiledStatement, ...]
    Changed = tuple[Statements, tuple[tuple[str, Statements], ...]]

RESOURCE_TAG = "resourcetag/"
MOST_CHANGES = 1_000  # of one principal; its other places are not asked, and it is said
MOST_TRIALS = 64  # statements that are put back for one principal


def find_changes(
    before: Batch,
    after: Batch,
    *,
    context: Mapping[str, ContextValue] | None = None,
    wanted: Callable[[str], bool] = lambda _principal: True,
    progress: Callable[[int, int], None] = no_progress,
    processes: Processes = ALONE,
) -> Changes:
    """Compare what two worlds decide, wherever they can decide differently.

    `wanted` picks principals. Requests are direct calls; where VPC endpoints differ, those through
    them as well. Raises what reading a policy raises.
    """
    if before.world is after.world:
        for candidate in before.candidates:
            wanted(candidate.principal)  # who asks for nobody is told so
        return Changes(all_actions())
    batches = before, after
    given = context or {}
    search = _Search(before, after, given)
    changes = Changes(search.universe, silent=tuple(search.silent()))
    candidates = [candidate for candidate in search.candidates() if wanted(candidate.principal)]
    chunks = [tuple(candidates[chunk.start : chunk.stop]) for chunk in processes.chunks(candidates)]
    with _Shared(batches, given, search) as shared:
        for part in processes.spread(batches, _Comparing, shared, chunks, progress):
            changes.principals += part.principals
            changes.bounds += part.bounds
            changes.found += part.found
            changes.complete = changes.complete and part.complete
    changes.latent += find_latent(before.world, after.world)
    _arrange(changes)
    return changes


def _arrange(changes: Changes) -> None:
    """Put public openings first, and apart what counts for nobody yet: there only what no listed
    principal of the account gains or loses as well."""
    found = changes.found
    listed: dict[object, set[str]] = {}
    for change in found:
        if not change.is_latent:
            listed.setdefault(_where(change), set()).update(change.actions)
    for change in found:
        if change.is_latent and change.direction is not Direction.STAYS_DENIED:
            known = listed.get(_where(change), ())
            left = tuple(action for action in change.actions if action not in known)
            if left:
                changes.future.append(replace(change, actions=left))
    changes.found = sorted(
        (_without_stand_ins(change) for change in found if not change.is_latent),
        key=lambda stand_in: not stand_in.is_public,
    )


def _where(change: Change) -> object:
    """In which account, where, and in which direction."""
    return change.candidate.account, change.place.sample, change.vpc_endpoint, change.direction


def _without_stand_ins(change: Change) -> Change:
    """The change without what stands for actions that the reference does not list, where it is said
    of some that it lists."""
    listed = tuple(action for action in change.actions if not is_stand_in(action))
    return replace(change, actions=listed) if listed else change


class _Shared:
    """What is compared once, for a `with` block. Processes that are forked in it have it; others
    compare again."""

    here: ClassVar[dict[int, _Search]] = {}

    def __init__(
        self,
        batches: tuple[Batch, Batch],
        context: Mapping[str, ContextValue],
        search: _Search | None = None,
    ) -> None:
        self._batches = batches
        self._context = context
        self.search = search or self.here.get(id(batches[0])) or _Search(*batches, context)

    def __reduce__(self) -> tuple[object, ...]:
        return _Shared, (self._batches, self._context)

    def __enter__(self) -> Self:
        self.here[id(self._batches[0])] = self.search
        return self

    def __exit__(self, *_error: object) -> None:
        self.here.pop(id(self._batches[0]), None)


class _Comparing:
    """Compares what both worlds decide, for some principals at a time."""

    def __init__(self, batches: tuple[Batch, Batch], shared: _Shared) -> None:
        self._batches = batches
        self._search = shared.search

    def __call__(self, candidates: Sequence[Candidate]) -> Changes:
        changes = Changes(self._search.universe)
        for candidate in candidates:
            compared = self._search.compared(candidate)
            changes.principals += bool(compared.bounds)
            changes.bounds += compared.bounds
            changes.found += compared.changes
            changes.complete = changes.complete and compared.complete
        return changes


@dataclass(slots=True)
class _Search:
    """What both worlds have, compared once."""

    before: Batch
    after: Batch
    context: Mapping[str, ContextValue]
    universe: ActionUniverse = field(init=False)
    listing: Listing = field(init=False)
    unchanged: Unchanged = field(init=False)
    touched: list[ListedResource] = field(default_factory=list)
    control: dict[str, Difference] = field(default_factory=dict)
    touches: Touches = field(init=False)
    endpoints: list[EndpointChange] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)
    sights: dict[object, tuple[Sight, object]] = field(default_factory=dict)
    guardrails: dict[str, tuple[CompiledStatement, ...]] = field(default_factory=dict)
    levels: dict[object, tuple[Difference, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Compare what is written, and compile what differs on the side of resources."""
        first, second = self.before.world, self.after.world
        self.universe = all_actions()
        self.unchanged = Unchanged(first.model, second.model)
        self.control = compare_control_policies(first, second)
        self.listing = Listing(first, second)
        self.touched = self.listing.touched(self.control)
        self.touches = Touches.of(self.touched, self.control)
        self.endpoints, self.alone = compare_endpoints(first, second, self.universe)

    def silent(self) -> Iterator[str]:
        """What differs and is not asked about."""
        for name in self.alone:
            yield f"only one of the worlds has the VPC endpoint {name}: no requests through it"
        models = [batch.world.model for batch in (self.before, self.after)]
        administrators = administrators_of(models[0]) ^ administrators_of(models[1])
        for account in sorted(administrators.difference(*(model.accounts for model in models))):
            unknown = "neither lists its principals"
            yield f"account {account} administers the organization of one world, and {unknown}"
        for pattern in sorted(self._unlisted_patterns()):
            unlisted = f"no action of the service reference is meant by `{pattern}`"
            yield f"{unlisted}, of which the worlds differ"

    def _unlisted_patterns(self) -> set[str]:
        """Entries of Action elements that differ, and that no action fits which is asked about."""
        differing = Differing.between(self.before.world, self.after.world)
        return {*differing.opened_unlisted(), *differing.back().opened_unlisted()} | {
            pattern.pattern
            for statement in differing.statements()
            for pattern in statement.actions.patterns
            if not self.universe.mask(ActionTest((pattern,), False, statement.actions.element))
        }

    def candidates(self) -> list[Candidate]:
        """Every principal of both worlds, and those that policies name on resources in play."""
        found: dict[str, Candidate] = {}
        for batch in (self.before, self.after):
            found.update((candidate.principal, candidate) for candidate in batch.candidates)
        resources = self.touched
        if self.endpoints:  # whoever has access to a resource may come through
            through = reduce(or_, (endpoint.actions for endpoint in self.endpoints))
            resources = [*resources, *self._index(None, through).everything()]
        about = [statement for resource in resources for statement in resource.statements]
        about += [some for endpoint in self.endpoints for some in endpoint.difference.statements]
        names = granted_by(about)
        about += [guardrail for account in self.control for guardrail in self._guardrails(account)]
        owners = dict.fromkeys(resource.account for resource in self.touched)
        accounts = self.before.world.model.accounts.keys() & self.after.world.model.accounts.keys()
        owners |= dict.fromkeys(
            account for account in sorted(accounts) if not self.unchanged.account(account)
        )
        for batch in (self.before, self.after):
            model = batch.world.model
            restricted = any(
                restricts(model.find_resource(resource.arn), resource, model)
                for resource in resources
            )
            for candidate in others_of(about, model, names, restricted=restricted):
                found.setdefault(candidate.principal, candidate)
            for candidate in future_of(about, model, owners):
                found.setdefault(candidate.principal, candidate)
            # What names a session may stay as it is where the role of the session differs.
            for candidate in named_candidates(self.listing.unlisted_names(), model):
                found.setdefault(candidate.principal, candidate)
        return sorted(found.values(), key=lambda entry: (entry.account or "~", entry.principal))

    def facts(self, batch: Batch, candidate: Candidate) -> CallerFacts | None:
        """The caller's side in one of the worlds; `None` for what a policy names and can't call."""
        try:
            return batch.world.caller_facts(batch.question_as(candidate, probe(candidate)))
        except RequestError:
            return None

    def compared(self, candidate: Candidate) -> Compared:
        """What is found for one principal, or for one that it can't differ from."""
        direct = not self.unchanged.principal(candidate) or self.touches.may_concern(candidate)
        if not direct and not self.endpoints:
            return NOTHING
        old, new = (self.facts(batch, candidate) for batch in (self.before, self.after))
        if old is None or new is None:
            return NOTHING
        sides = old, new
        asked = candidate
        if not candidate.standing:
            known = find_candidate(self.after.world.model, candidate.principal)
            asked = candidate if known.entity is None else known
        found = NOTHING
        if direct:
            found = self._directly(asked, sides)
        for endpoint in self.endpoints:
            statements = endpoint.changed(old, new, self._about(new.caller))
            places, complete = self._places(asked, sides, statements, {}, endpoint.statements)
            via = Via(vpc_endpoint=endpoint.id)
            some = [
                reached._replace(actions=reached.actions & endpoint.actions, via=via)
                for reached in places
                if reached.actions & endpoint.actions
            ]
            found = found.joined(self._ask(some, complete=complete))
        return found

    def _directly(self, candidate: Candidate, sides: tuple[CallerFacts, CallerFacts]) -> Compared:
        """The same for direct calls."""
        old, new = sides
        same = candidate.entity is not None and self.unchanged.entity(candidate)
        levels = self._levels(old.scp_levels, new.scp_levels)
        own = compare_callers(
            old, new, lambda: self._about(new.caller), levels=levels, same=same
        ).joined(self.control.get(candidate.account or "", Difference()))
        theirs = {
            resource.arn: some
            for resource in self.touched
            if (some := tuple(self._of_resource(resource, *sides)))
        }
        changed = own.statements, tuple(theirs.items())
        if not own.statements and not theirs:
            return NOTHING
        account = candidate.account or ""
        guardrails = self._guardrails(account) if account in self.control else ()
        if not same or own.presence:
            return self._everywhere(candidate, sides, changed, guardrails)
        key = (
            tuple(map(id, own.statements)),
            tuple([(arn, *map(id, some)) for arn, some in theirs.items()]),
        )
        return self._sight(key, changed, sides).compared(
            candidate, sides, lambda: self._everywhere(candidate, sides, changed, guardrails)
        )

    def _everywhere(
        self,
        candidate: Candidate,
        sides: tuple[CallerFacts, CallerFacts],
        changed: Changed,
        guardrails: Iterable[CompiledStatement],
    ) -> Compared:
        """What changed statements change for one principal: in direct calls, and where they ask for
        that in calls that services make for it."""
        own, theirs = changed
        places, complete = self._places(candidate, sides, own, dict(theirs), guardrails)
        met = (*map(own_statements, sides), own, *(some for _, some in theirs))
        ways = ways_of(statement for some in met for statement in some)
        if sides[1].caller.kind.has_identity:
            places += [place._replace(via=way) for way in ways for place in tuple(places)]
        return self._ask(places, complete=complete)

    def _ask(self, places: Iterable[Reached], *, complete: bool) -> Compared:
        """Ask both worlds, at every place until there are more changes than anybody reads."""
        bounds: list[Reached] = []
        changes: list[Change] = []
        trials = Work(MOST_TRIALS)
        for bound in places:
            if len(changes) >= MOST_CHANGES:
                complete = False
                break
            bounds.append(bound)
            changes += compare_place(self.before, self.after, self.universe, bound, trials)
        return Compared(tuple(bounds), tuple(changes), complete)

    def _levels(self, old: Levels | None, new: Levels | None) -> Difference:
        """What differs in service control policies, compared once for all that have them."""
        key = tuple(
            None if some is None else tuple([id(policies) for _, policies in some])
            for some in (old, new)
        )
        known = self.levels.get(key)
        if known is None:
            # The policies are kept beside it, so that their ids stay theirs.
            known = self.levels[key] = compare_levels(old, new), (old, new)
        return known[0]

    def _guardrails(self, account: str) -> tuple[CompiledStatement, ...]:
        """All that the resource control policies over an account say, in both worlds."""
        known = self.guardrails.get(account)
        if known is None:
            guardrails = control_statements(account, self.before.world, self.after.world)
            known = self.guardrails[account] = tuple(guardrails)
        return known

    def _sight(
        self, key: object, changed: Changed, sides: tuple[CallerFacts, CallerFacts]
    ) -> Sight:
        """What tells principals apart where these statements changed."""
        levels = [policies for side in sides for _, policies in side.scp_levels or ()]
        full = key, tuple(map(id, levels))
        known = self.sights.get(full)
        if known is None:
            own, theirs = changed
            about = [*own, *(statement for _, some in theirs for statement in some)]
            universe = self.universe
            actions = joined_mask(about, universe)
            heads = heads_of(own, [arn for arn, _ in theirs])
            listed = self._index(heads, actions).everything()
            met = [
                *about,
                *(statement for policies in levels for statement in statements_of(policies)),
                *(
                    guardrail
                    for account in sorted(
                        {*self.before.world.model.accounts, *self.after.world.model.accounts}
                    )
                    for guardrail in self._guardrails(account)
                ),
                *(statement for some in listed for statement in some.statements),
                *(statement for some in self.touched for statement in some.statements),
            ]
            batches = self.before, self.after
            arns = frozenset([resource.arn for resource in listed])
            sight = Sight(batches, universe, actions, heads, met, arns)
            # The statements are kept beside it, so that their ids stay theirs.
            known = self.sights[full] = sight, (changed, levels)
        return known[0]

    def _places(
        self,
        candidate: Candidate,
        sides: tuple[CallerFacts, CallerFacts],
        own: tuple[CompiledStatement, ...],
        theirs: Mapping[str, tuple[CompiledStatement, ...]],
        more: Iterable[CompiledStatement] = (),
    ) -> tuple[list[Reached], bool]:
        """The places that changed statements can be about, and whether these are all; `more` are
        statements in play that are neither the caller's nor a resource's."""
        if not own and not theirs:
            return [], True
        old, new = sides
        changed = [*own, *(statement for some in theirs.values() for statement in some)]
        actions = joined_mask(changed, self.universe)
        return places_of(
            (self.before, self.after),
            candidate,
            self.context,
            universe=self.universe,
            own=own,
            theirs=theirs,
            everything=(*own_statements(old), *own_statements(new), *more),
            listed=self._near(new.caller, theirs, self._index(heads_of(own, theirs), actions)),
        )

    def _index(self, heads: tuple[str, ...] | None, actions: int) -> NameIndex:
        """The resources whose policies are about some of the actions."""
        universe = self.universe
        return self.listing.index(
            heads,
            actions,
            lambda arn: can_be_asked(arn, universe, actions),
            lambda item: bool(joined_mask(item.statements, universe) & actions),
        )

    def _concerns(self, resource: ListedResource, caller: Caller) -> bool:
        return any(statement.concerns(caller) for statement in resource.statements)

    def _near(
        self, caller: Caller, wanted: Collection[str] = (), index: NameIndex | None = None
    ) -> list[ListedResource]:
        """The resources whose policies are about a caller, and those wanted, by ARN."""
        resources = {resource.arn: resource for resource in self.touched if resource.arn in wanted}
        among = self.listing.index() if index is None else index
        resources.update((resource.arn, resource) for resource in among.near(caller))
        return [entry for _, entry in sorted(resources.items())]

    def _about(self, caller: Caller) -> Iterable[CompiledStatement]:
        return (
            statement
            for resource in self._near(caller)
            for statement in resource.statements
            if statement.concerns(caller)
        )

    def _of_resource(
        self, resource: ListedResource, old: CallerFacts, new: CallerFacts
    ) -> Iterator[CompiledStatement]:
        """The statements that may decide otherwise about one resource."""
        control = self.control.get(resource.account)
        if not resource.differs and control is None:
            return
        caller = new.caller
        for statement in resource.difference.statements:
            if statement.concerns(caller) or statement.concerns(old.caller):
                yield statement
        same_account = resource.account == caller.account
        if control is not None and (same_account or self._concerns(resource, caller)):
            yield from control.statements
        if not resource.anything and not resource.tags_differ:
            return
        every = [statement for statement in resource.statements if statement.concerns(caller)]
        if every or same_account:
            every += [*own_statements(old), *own_statements(new)]
        if resource.anything:
            yield from every
        else:
            keys = frozenset(
                key for statement in every for key in statement.keys if RESOURCE_TAG in key
            )
            yield from reading(every, keys)
