"""One caller before one area of resources: what a claim asks, and how the engine confirms it.

The engine makes ready one request of the caller on a resource of the area; the policies that meet
there, and the keys that follow from caller, resource and network, hold for all requests of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamsim.catalog.global_services import GLOBAL_SERVICES
from iamsim.catalog.presence import (
    Presence,
    derived_from,
    identifier_keys,
    owner_account_keys,
    presence_in,
    region_keys,
)
from iamsim.core.arn import find_arn
from iamsim.core.decision import Verdict as Decided
from iamsim.core.errors import InputError
from iamsim.core.request import CallerKind, ContextValue
from iamsim.core.unknown import is_open_key
from iamsim.engine import authorize
from iamsim.engine.context import ISSUED
from iamsim.engine.presence import caller_marks
from iamsim.engine.question import DIRECT_CALL, NOTHING_ATTACHED, Question
from iamsim.engine.relations import ResourceKind
from iamsim.proofs.budget import Budget, OutOfBudgetError
from iamsim.proofs.calls import never_carries
from iamsim.proofs.conditions import Domain, InexactError
from iamsim.proofs.decisions import allowed, statements_about, taken
from iamsim.proofs.formula import Formula, all_of, negate
from iamsim.proofs.globs import Glob, literal_glob
from iamsim.proofs.keys import fixed_domain, key_domain
from iamsim.proofs.openings import opening
from iamsim.proofs.routes import Route, routes
from iamsim.proofs.rules import broken_rule
from iamsim.proofs.search import Model, Place, Problem, search
from iamsim.proofs.settle import Case, Settled, Supposed, settle
from iamsim.proofs.statements import Reader, open_keys
from iamsim.proofs.who import covers_caller
from iamsim.proofs.witnesses import witness_of
from iamsim.symbolic import partial
from iamsim.symbolic.actions import is_stand_in

if TYPE_CHECKING:
    from typing import Any

    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.arrangement import Arrangement, Station
    from iamsim.engine.authorize import Prepared
    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.areas import AreaSpace
    from iamsim.proofs.claims import Claim
    from iamsim.proofs.people import Person

    Values = Mapping[str, ContextValue | None]

ARN_KEY = "aws:principalarn"
REGIONS = {"aws:requestedregion", *region_keys().values()}
TAG = "aws:principaltag/"
ANY_REGION = GLOBAL_SERVICES | {"sts"}  # STS has an endpoint for all Regions besides
# The engine has a default, requests have both; an id is that of the resource that is made ready.
NOT_DERIVED = frozenset(
    {"aws:securetransport", *(key for keys in identifier_keys().values() for key in keys.values())}
)
OWNER_KEYS = frozenset(owner_account_keys().values())
ORGANIZATION_KEYS = {
    "aws:principalorgid": "aws:principalorgid",
    "aws:principalorgpaths": "aws:principalorgid",
    "aws:resourceorgid": "aws:resourceorgid",
    "aws:resourceorgpaths": "aws:resourceorgid",
}
FROM_PRINCIPAL = frozenset(
    {ARN_KEY, "aws:principalaccount", "aws:principalisawsservice", "kms:calleraccount"}
)


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """One caller, one area, one way and some actions of one service, that decide alike but for
    their statements."""

    claim: Claim
    world: CompiledWorld
    before: CompiledWorld | None
    person: Person
    space: AreaSpace
    route: Route
    actions: int
    prepared: Prepared
    earlier: Prepared | None
    absent: frozenset[str]

    @classmethod
    def all_of_them(
        cls,
        claim: Claim,
        world: CompiledWorld,
        before: CompiledWorld | None,
        person: Person,
        space: AreaSpace,
        actions: int,
        endpoints: frozenset[str],
    ) -> Iterator[Meeting]:
        """All meetings of a caller and an area about some actions; `endpoints` are those VPC
        endpoints that a change concerns; those last where only an unlisted action will do."""
        unlisted = []
        for kin in space.universe.kins_of(actions):
            found = space.find(Place(kin), Budget())
            if found is not None and is_stand_in(found[0]):
                unlisted.append(kin)
            else:
                yield from cls._of_kin(claim, world, before, person, space, kin, endpoints)
        for kin in unlisted:
            yield from cls._of_kin(claim, world, before, person, space, kin, endpoints)

    @classmethod
    def _of_kin(
        cls,
        claim: Claim,
        world: CompiledWorld,
        before: CompiledWorld | None,
        person: Person,
        space: AreaSpace,
        actions: int,
        endpoints: frozenset[str],
    ) -> Iterator[Meeting]:
        """The meetings about actions of one service that meet the same (see
        `iamsim.engine.singular_actions`)."""
        found = space.find(Place(actions), Budget())
        if found is None:
            return
        question = _question(person, space, *found)
        try:
            prepared = authorize.prepare(question, world)
        except InputError:
            return
        arrangement = prepared.situation.arrange(found[0])
        relation = arrangement.relation
        if relation.always or not (relation.ways or claim.always):
            return
        if claim.always and _is_foreign_to_keys(prepared, found[0]):
            return
        statements = [*statements_about(arrangement, actions, space.universe)]
        if before is not None:
            then = authorize.prepare(question, before).situation.arrange(found[0])
            statements += statements_about(then, actions, space.universe)
        statements += [claim.about, *claim.unless]
        keys = frozenset(key for statement in statements for key in statement.keys)
        service = frozenset({found[0].partition(":")[0]})
        forwarded = person.caller.kind.has_identity
        changed = frozenset() if before is None else endpoints
        for route in routes(keys, service, world.model, forwarded=forwarded, changed=changed):
            if claim.always and route.via is not DIRECT_CALL:
                continue  # the policy of an endpoint says nothing of what somebody can do
            for mask, absent in _by_carried_keys(actions, keys, space):
                asked = replace(question, via=route.via)
                prepared = authorize.prepare(asked, world)
                earlier = None if before is None else authorize.prepare(asked, before)
                people = [person]
                if earlier is not None and _tags_differ(person, prepared, earlier):
                    people.append(replace(person, may_be_tagged=False))
                for caller in people:
                    yield cls(
                        claim,
                        world,
                        before,
                        caller,
                        space,
                        route,
                        mask,
                        prepared,
                        earlier,
                        absent,
                    )

    def settle(self) -> Settled:
        """Whether the claim fails here."""
        known = self._settled(self.prepared)
        statements = list(
            statements_about(self._arrangement(self.prepared), self.actions, self.space.universe)
        )
        earlier: list[CompiledStatement] = []
        if self.earlier is not None:
            earlier += statements_about(
                self._arrangement(self.earlier), self.actions, self.space.universe
            )
        read = [*statements, *earlier, self.claim.about, *self.claim.unless]
        longest = None
        if any(ISSUED in statement.keys for statement in read):
            longest = caller_marks(self.prepared.question, self.person.caller, self.world).longest
        known.update(
            (key, None) for key in open_keys(read, known) if not self._domain(key, known).present
        )
        case = Case(
            self.space,
            Place(self.actions),
            known,
            lambda key: self._domain(key, known),
            lambda values, tests: broken_rule(values, tests, longest),
            self._formula,
            open_keys(read, known),
            self._confirm,
            Supposed.of((), statements) if self.claim.always else Supposed.of(statements, earlier),
        )
        opened = True if case.supposed is not None else self._opening(known)
        if opened is not True and self._is_closed(case, opened):
            return Settled()
        return settle(case, Budget())

    def _is_closed(self, case: Case, opened: Formula) -> bool:
        """Whether it is clear from what changed alone that nothing opens here."""
        problem = Problem(case.space, case.domain, case.known, lambda _, __: True, Budget())
        about = Reader(
            self.space.universe, self.actions, self.person.caller, case.known
        ).beside_action(self.claim.about)
        try:
            return next(search(problem, case.place, all_of([about, opened])), None) is None
        except (OutOfBudgetError, InexactError):
            return False

    def _opening(self, known: Values) -> Formula:
        """What a request must meet that the change opens, as far as that is clear."""
        if self.earlier is None or self._known_before(known, self.earlier) != known:
            return True
        if self.earlier.situation.caller != self.person.caller:
            return True
        reader = Reader(self.space.universe, self.actions, self.person.caller, known)
        opened = opening(
            self._arrangement(self.earlier),
            self._arrangement(self.prepared),
            lambda station: _seen(station, reader, self.prepared),
            lambda station: _seen(station, reader, self.prepared),
        )
        return True if opened is None else opened

    def _arrangement(self, prepared: Prepared) -> Arrangement:
        return prepared.situation.arrange(prepared.request.action)

    def _formula(self, known: Values) -> Formula:
        """The claim fails: a request that it is about is allowed, or is not where it must be."""
        universe = self.space.universe
        caller = self.person.caller
        own = Reader(universe, self.actions, caller, known)
        who = covers_caller(
            self.claim.who,
            self.person,
            self.space.area.account,
            self.world.model,
            own,
            services=self.claim.services,
        )
        asked = [own.beside_action(self.claim.about)]
        asked += [negate(own.statement(block), self.actions) for block in self.claim.unless]
        decided = self._allowed(self.prepared, own, direct_only=self.person.direct_only)
        if self.claim.always:
            takes = taken(self._arrangement(self.prepared), self._seen_by(self.prepared, own))
            decided = all_of([takes, negate(decided, self.actions)])
        parts = [who, *asked, self._opening(known), decided]
        if self.earlier is not None:
            earlier = self._known_before(known, self.earlier)
            before = Reader(universe, self.actions, self.earlier.situation.caller, earlier)
            # Who needs policies of its own has them in both worlds: a grant to its account counts.
            counted = self.person.direct_only and self.person.account == self.space.area.account
            earlier_allowed = self._allowed(self.earlier, before, direct_only=counted)
            parts.append(negate(earlier_allowed, self.actions))
        return all_of(parts)

    def _allowed(self, prepared: Prepared, own: Reader, *, direct_only: bool) -> Formula:
        """When the request is allowed."""
        return allowed(
            self._arrangement(prepared), self._seen_by(prepared, own), direct_only=direct_only
        )

    def _seen_by(self, prepared: Prepared, own: Reader) -> Callable[[Station], Reader]:
        """How each place sees the request."""
        return lambda station: _seen(station, own, prepared)

    def _settled(self, prepared: Prepared) -> dict[str, ContextValue | None]:
        """The keys that are settled: those that the engine derives, but for what varies here."""
        known = _derived(prepared)
        varying = {*self.person.domains, *self.route.domains}
        if self.space.area.foreign:
            varying |= OWNER_KEYS
        if self.person.taggable:
            varying.update(key for key in known if key.startswith(TAG))
        service = self.prepared.request.action.partition(":")[0]
        if service not in ANY_REGION:
            varying |= REGIONS
        return {key: value for key, value in known.items() if key not in varying}

    def _known_before(self, known: Values, earlier: Prepared) -> Values:
        """The keys that are settled, as the world before the change has them: what it does not
        derive may be missing there."""
        settled = self._settled(earlier)
        gone = self._settled(self.prepared).keys() - settled.keys()
        if not gone or self.before is None:
            return {**known, **settled}
        then = replace(self, world=self.before, prepared=earlier)
        missing = [key for key in gone if not then._domain(key, settled).present]  # noqa: SLF001 - its own
        return {**known, **settled, **dict.fromkeys(missing)}

    def _domain(self, key: str, known: Values) -> Domain:
        """The values that a key can have here."""
        if key in known:
            return fixed_domain(known[key])
        if key in self.absent:
            return fixed_domain(None)
        varying = self.route.domains.get(key) or self.person.domains.get(key)
        if varying is not None:
            return varying
        domain = key_domain(key, self.person.columns, (self.route.way,))
        if not domain.present:
            return fixed_domain(None)
        if key in ORGANIZATION_KEYS:
            return self._organization(key, domain)
        if key.startswith(TAG):
            return self._tag(key, domain)
        if "resourcetag/" in key and self.space.area.listed:
            return fixed_domain(None)
        if key in OWNER_KEYS:
            others = tuple(map(literal_glob, self.world.model.accounts))
            usual = (self.space.area.account,)
            return domain._replace(absent=False, avoided=others, usual=usual)
        if key == "aws:sourceowner" and self.person.account != self.space.area.account:
            return fixed_domain(None)  # whoever is outside is not the owner
        if key == "aws:userid":
            return domain._replace(groups=(self._user_id(),))
        return domain

    def _organization(self, key: str, domain: Domain) -> Domain:
        """The organization of a caller or resource: not the world's own where that would be
        derived."""
        principal = ORGANIZATION_KEYS[key] == "aws:principalorgid"
        organization = self.world.model.organization
        if principal:
            listed = self.person.account in self.world.model.accounts
        else:
            listed = not self.space.area.foreign
        if organization is None or organization.id is None:
            return fixed_domain(None) if listed else domain
        own = organization.id
        avoided = (literal_glob(own), Glob.of((f"{own}/", *_ANY)))
        return domain._replace(avoided=avoided)

    def _tag(self, key: str, domain: Domain) -> Domain:
        """A tag of the caller: of the user or role, or of the session where that can have any."""
        if not self.person.taggable:
            return fixed_domain(None)
        derived = self.prepared.request.context.get(key)
        if isinstance(derived, str):
            return domain._replace(absent=False, usual=(derived,))
        return domain

    def _user_id(self) -> tuple[Glob, ...]:
        """What aws:userid looks like.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
        """
        caller = self.person.caller
        some = key_domain("aws:sourcevpc").groups[0][0].atoms[-2:]
        if caller.kind is CallerKind.ROLE_SESSION:
            head = caller.unique_id or "AROA"
            middle = () if caller.unique_id else some
            return (Glob((*head, *middle, ":", *some)),)
        if caller.kind is CallerKind.USER:
            return (Glob((*"AIDA", *some)),)
        return (Glob(tuple(some)),)

    def _confirm(self, model: Model, known: Values) -> Mapping[str, Any] | None:
        """The request as `explain` takes it, if the engine decides it as the claim forbids, and the
        claim is about it."""
        values = {**known, **model.values}
        settled = _derived(self.prepared)
        principal = self.person.named(values)
        context = {
            key: value
            for key, value in values.items()
            if value is not None
            and key not in FROM_PRINCIPAL
            and not is_open_key(key)
            and not (key in settled and settled[key] == value)
        }
        unset = frozenset(
            key
            for key, value in model.values.items()
            if value is None and not is_open_key(key) and self._may_be_unclear(model.action, key)
        )
        question = replace(
            _question(self.person, self.space, model.action, model.resource, values),
            principal=principal,
            context=context,
            unset=unset,
            via=self.route.via,
        )
        try:
            if self.claim.always:
                if not _is_denied(question, self.world):
                    return None
            elif not partial.answer(question, self.world).allowed:
                return None
            if self.before is not None and not _is_denied(question, self.before):
                return None
            request = authorize.prepare(question, self.world).request
        except InputError:
            return None
        if not self.claim.about.matches(request) or any(
            block.matches(request) for block in self.claim.unless
        ):
            return None
        return witness_of(question, self.space.universe)

    def _may_be_unclear(self, action: str, key: str) -> bool:
        return any(
            presence_in(action.lower(), key, column, self.route.way)
            in {Presence.UNCLEAR, Presence.ALWAYS}
            for column in self.person.columns
        )

    def sentence(self, witness: Mapping[str, Any]) -> str:
        """The request in one sentence."""
        may = "may not" if self.claim.always else "may"
        return f"{witness['principal']} {may} call {witness['action']} on {witness['resource']}"


_ANY = key_domain("aws:principalorgpaths").groups[0][0].atoms[-1:]


def _derived(prepared: Prepared) -> dict[str, ContextValue | None]:
    """The keys that the engine derives."""
    return {key: value for key, value in prepared.request.context.items() if key not in NOT_DERIVED}


def _tags_differ(person: Person, now: Prepared, earlier: Prepared) -> bool:
    """Whether sessions that nobody tags have other tags than before the change."""
    first, second = (
        {key: value for key, value in _derived(prepared).items() if key.startswith(TAG)}
        for prepared in (now, earlier)
    )
    return person.taggable and first != second


def _is_foreign_to_keys(prepared: Prepared, action: str) -> bool:
    """Whether a call of another service names a KMS key, of which key policies say nothing."""
    return prepared.situation.kind is ResourceKind.KEY and not action.startswith("kms:")


def _is_denied(question: Question, world: CompiledWorld) -> bool:
    """Whether a request is denied for certain."""
    answer = partial.answer(question, world)
    return answer.decision.verdict in {Decided.EXPLICIT_DENY, Decided.IMPLICIT_DENY}


def _question(
    person: Person,
    space: AreaSpace,
    action: str,
    resource: str,
    values: Values | None = None,
) -> Question:
    """What is asked of the engine."""
    area = space.area
    own = person.account == area.account and not area.foreign
    identity = NOTHING_ATTACHED if person.direct_only and own else person.attached
    attached = identity
    if area.foreign:
        attached = replace(identity, resource_policy=area.attached.resource_policy)
    arn = find_arn(resource)
    owner = None
    if area.foreign or (
        (arn is None or not arn.account)
        and person.account != area.account
        and space.world.account_of_resource(resource) is None
    ):
        said = None if values is None else values.get("aws:resourceaccount")
        owner = said if isinstance(said, str) else area.account
        if arn is not None and arn.account:
            owner = None
    return Question(person.principal, action, resource, resource_account=owner, attached=attached)


def _seen(station: Station, own: Reader, prepared: Prepared) -> Reader:
    """How a place sees the request."""
    if station.caller is None and station.resource is None:
        return own
    return own.at_place(station.caller, station.resource, prepared.request.resource)


def _by_carried_keys(
    actions: int, keys: frozenset[str], space: AreaSpace
) -> Iterator[tuple[int, frozenset[str]]]:
    """The actions by which of some keys their requests never carry."""
    service = space.universe.names[(actions & -actions).bit_length() - 1].partition(":")[0]
    asked = sorted(
        key
        for key in keys
        if derived_from(key) is None or key.partition(":")[0] not in {"aws", service}
    )
    groups: dict[frozenset[str], int] = {}
    for number in space.universe.numbers(actions) if asked else ():
        name = space.universe.names[number]
        missing = frozenset(key for key in asked if never_carries(name, key))
        groups[missing] = groups.get(missing, 0) | 1 << number
    if not asked:
        yield actions, frozenset()
    for missing, mask in groups.items():
        yield mask, missing
