"""Claims about a world, proved for every caller, resource, action and context, or refuted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.catalog.rules import calls_without_policies
from iamsim.core.collector import CollectLater
from iamsim.core.errors import RequestError
from iamsim.proofs.areas import Area, Areas, AreaSpace
from iamsim.proofs.budget import Budget, OutOfBudgetError
from iamsim.proofs.callers import ANY_PROVIDER, UNSAID
from iamsim.proofs.conditions import InexactError, KeyTest, Nothing, find_value
from iamsim.proofs.documents import UNLISTED
from iamsim.proofs.formula import Formula, Junction
from iamsim.proofs.meant import check_claim, resources_of
from iamsim.proofs.meetings import Meeting
from iamsim.proofs.people import Person, listed_people, other_people
from iamsim.proofs.reach import Reach, for_administrators, named_in
from iamsim.proofs.result import KEYS_OF_SERVICES, CheckResult, Reason, Verdict
from iamsim.proofs.search import Place
from iamsim.proofs.statements import Reader
from iamsim.proofs.unchanged import Unchanged
from iamsim.proofs.who import covers_caller, depends_on_owner
from iamsim.symbolic.actions import all_actions
from iamsim.universe.candidates import administrators_of
from iamsim.universe.differing import Differing

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.claims import Claim, Who

PRINCIPAL_ARN = "aws:principalarn"
PATTERN = frozenset("*?")
UNNAMED = frozenset({"any", "everybody", "except", "outside"})  # may be somebody without a name

NEVER = {
    Verdict.PASS: "No request that the claim is about is allowed.",
    Verdict.FAIL: "A request that the claim is about is allowed.",
    Verdict.UNKNOWN: "It was not proved that no request that the claim is about is allowed.",
}
ALWAYS = {
    Verdict.PASS: "Every request that the claim is about is allowed.",
    Verdict.FAIL: "A request that the claim is about is denied.",
    Verdict.UNKNOWN: "It was not proved that every request that the claim is about is allowed.",
}
NO_NEW_ACCESS = {
    Verdict.PASS: "The change allows no request that was not allowed before.",
    Verdict.FAIL: "The change allows a request that was not allowed before.",
    Verdict.UNKNOWN: "It was not proved that the change allows nothing new.",
}


class EverAllowed(NamedTuple):
    """Who is ever allowed something: a request of each, those of whom it is not known, with why,
    and on what the answer rests. Nobody else is."""

    witnesses: tuple[Mapping[str, Any], ...]
    unknown: Mapping[str, str]
    assumptions: tuple[str, ...]


def _at_most(most: int | None, meetings: Iterator[Meeting]) -> Iterator[Meeting]:
    """The first meetings; raises `OutOfBudgetError` where there are more."""
    for number, meeting in enumerate(meetings):
        if number == most:
            raise OutOfBudgetError(f"callers and resources meet in more than {most:,} ways")
        yield meeting


class Prover:
    """Proves claims about one world; what is worked out for one claim helps with the next. `before`
    is the world before a change, for claims about one."""

    def __init__(self, world: CompiledWorld, before: CompiledWorld | None = None) -> None:
        """Take a world."""
        self.world = world
        self.before = before
        self.reach = Reach(world)
        self.areas = Areas(world.model)
        self.unchanged = None if before is None else Unchanged(before, world)
        self.endpoints = frozenset() if self.unchanged is None else self.unchanged.endpoints
        self._listed: list[Person] | None = None
        self._unsaid: set[str] = set()
        self._differing: Differing | None = None
        self._opened: list[str] | None = None
        self._left: Person | None = None  # the caller of whom no more is tried

    def prove(
        self, claim: Claim, *, most: int | None = None, undecided: int | None = None
    ) -> CheckResult:
        """Prove a claim, or refute it with a request; where callers and resources meet in more ways
        than `most`, or one caller does in so many `undecided` ones, the rest is unknown. Raises
        `RequestError` for a claim that can't be asked."""
        check_claim(claim, self.world.model)
        if claim.no_new_access and self.before is None:
            raise RequestError(
                "no-change",
                f"claim `{claim.name}` is about a change",
                hint="give an overlay, or the worlds before and after",
            )
        return self.settle(claim, most=most, undecided=undecided)

    def settle(
        self, claim: Claim, *, most: int | None = None, undecided: int | None = None
    ) -> CheckResult:
        """Prove or refute a claim that nobody wrote, whatever it is about."""
        assumed = assumptions(claim, self.world)
        messages = NO_NEW_ACCESS if claim.no_new_access else ALWAYS if claim.always else NEVER
        why = None
        tried: Counter[str] = Counter()  # meetings of callers that nothing decides
        self._left = None
        try:
            with CollectLater():
                for meeting in _at_most(most, self._meetings(claim)):
                    settled = meeting.settle()
                    if settled.witness is not None:
                        return CheckResult(
                            Verdict.FAIL,
                            messages[Verdict.FAIL],
                            (Reason(meeting.sentence(settled.witness)),),
                            settled.witness,
                            None,
                            assumed,
                            claim.name,
                        )
                    why = why or settled.why
                    tried[meeting.person.principal] += settled.why is not None
                    if tried[meeting.person.principal] == undecided:
                        if self._left is None:
                            why = (
                                f"after {undecided:,} ways of a caller others were not tried: {why}"
                            )
                        self._left = meeting.person
        except OutOfBudgetError as limit:
            why = f"the search was cut off: {limit.what}"
        why = why or self._unnamed(claim) or self._unlisted(claim)
        verdict = Verdict.PASS if why is None else Verdict.UNKNOWN
        return CheckResult(verdict, messages[verdict], (), None, why, assumed, claim.name)

    def is_listed(self, claim: Claim) -> bool:
        """Whether somebody whom the world lists could be one of those that a claim is about."""
        return any(self._may_be(claim, person, "") for person in self._people(claim, [], 0))

    def ever(self, claim: Claim) -> EverAllowed:
        """Everybody who is ever allowed what a claim is about, each with a request that the engine
        has confirmed; raises what `prove` raises."""
        check_claim(claim, self.world.model)
        found: dict[str, Mapping[str, Any]] = {}
        unknown: dict[str, str] = {}
        for meeting in self._meetings(claim):
            name = meeting.person.principal
            if name in found:
                continue
            try:
                settled = meeting.settle()
            except OutOfBudgetError as limit:
                unknown[name] = f"the search was cut off: {limit.what}"
                continue
            if settled.witness is not None:
                found[name] = settled.witness
            elif settled.why is not None:
                unknown.setdefault(name, settled.why)
        rest = {name: why for name, why in unknown.items() if name not in found}
        unnamed = self._unnamed(claim)
        if unnamed is not None:
            rest["somebody without a name"] = unnamed
        return EverAllowed(tuple(found.values()), rest, assumptions(claim, self.world))

    def _unnamed(self, claim: Claim) -> str | None:
        """Who is let in by a canonical user id that no account of the world has, or by a provider
        `*`."""
        known = {
            f"canonicaluser:{account.canonical_user_id}"
            for account in self.world.model.accounts.values()
        }
        left = sorted(self._unsaid - known)
        federated = claim.who.kind == "caller" and claim.who.text == "federated"
        if ANY_PROVIDER in left and (federated or claim.who.kind in UNNAMED):
            return UNSAID
        if not left or claim.who.kind not in UNNAMED:
            return None
        name = left[0].partition(":")[2]
        return f"a policy lets in the canonical user {name}, whose account is not known"

    def _unlisted(self, claim: Claim) -> str | None:
        """What a change may open of actions that the reference does not list, which nothing stands
        for."""
        if not claim.no_new_access or claim.listed_only or self.before is None:
            return None
        if self._opened is None:
            self._opened = sorted(set(self._difference(self.before).opened_unlisted()))
        for pattern in self._opened:
            if claim.about.actions.covers(pattern.lower()):
                return UNLISTED.format(pattern)
        return None

    def _difference(self, before: CompiledWorld) -> Differing:
        """What only the world before or after the change holds."""
        if self._differing is None:
            self._differing = Differing.between(before, self.world)
        return self._differing

    def _meetings(self, claim: Claim) -> Iterator[Meeting]:
        """Every caller before every area of resources, as far as they could be let in."""
        actions = all_actions().mask(claim.about.actions)
        if claim.listed_only:
            actions &= all_actions().listed
        place = Place(actions, (resources_of(claim.about),))
        spaces = self.areas.find(actions, foreign=claim.any_resources)
        by_account, by_name = self._sorted(claim, spaces, place)
        before = self.before if claim.no_new_access else None
        varies = depends_on_owner(claim.who)
        for person in self._people(claim, spaces, actions):
            if not varies and not self._may_be(claim, person, ""):
                continue
            concerned: dict[str, bool] = {}
            names = person.caller.names
            shared = [space for name in names for space in by_name.get(name, ())]
            own = by_account.get(person.account, ())
            if claim.always:
                shared = []
            elif own and not self.reach.acts_by_itself(person, actions):
                own = ()
            administered = () if claim.always else self._administered(person, by_account, actions)
            for space in dict.fromkeys((*own, *shared, *administered)):
                owner = space.area.account
                if varies and owner not in concerned:
                    concerned[owner] = self._may_be(claim, person, owner)
                if varies and not concerned[owner]:
                    continue
                mask = actions
                if not claim.always:
                    mask &= self.reach.actions(person, space.area)
                if not mask or not space.has(place):
                    continue
                if not self._is_unchanged(claim, person, space, actions):
                    every = Meeting.all_of_them(
                        claim, self.world, before, person, space, mask, self.endpoints
                    )
                    yield from takewhile(lambda meeting: meeting.person is not self._left, every)

    def _administered(
        self, person: Person, by_account: Mapping[str | None, list[AreaSpace]], actions: int
    ) -> Iterator[AreaSpace]:
        """The areas of other accounts in which an administrator of the organization could act by
        policies of its own: those of the management account, and root users."""
        mask = actions & self.reach.administered(person)
        organization = self.world.model.organization
        if not mask or organization is None:
            return
        for account, spaces in by_account.items():
            if account != person.account:
                yield from (
                    space
                    for space in spaces
                    if account == organization.management_account or space.area.may_hold_root
                )

    def _sorted(
        self, claim: Claim, spaces: list[AreaSpace], place: Place
    ) -> tuple[dict[str | None, list[AreaSpace]], dict[str, list[AreaSpace]]]:
        """The areas by their accounts, and by the names of those whom their policies let in."""
        self._unsaid = set()
        by_account: dict[str | None, list[AreaSpace]] = {}
        by_name: dict[str, list[AreaSpace]] = {}
        for space in spaces:
            if space.area.has_policies and not self.reach.knows(space.area):
                example = space.example(place)
                if example is not None:
                    self.reach.learn(space.area, *example)
            by_account.setdefault(space.area.account, []).append(space)
            for name in (
                self.reach.names(space.area, place.actions) if space.area.has_policies else ()
            ):
                by_name.setdefault(name, []).append(space)
                if name.startswith(("canonicaluser:", ANY_PROVIDER)) and not (
                    claim.no_new_access and self._keeps(name, space.area, place.actions)
                ):
                    self._unsaid.add(name)
        return by_account, by_name

    def _keeps(self, name: str, area: Area, actions: int) -> bool:
        """Whether a change opens nothing to whom an area lets in without a name; an account of the
        world may be a canonical user."""
        unchanged = self.unchanged
        if unchanged is None or not unchanged.keeps(area, actions):
            return False
        return name == ANY_PROVIDER or all(map(unchanged.is_same, self._everybody()))

    def _is_unchanged(self, claim: Claim, person: Person, space: AreaSpace, actions: int) -> bool:
        """Whether a claim about a change need not look here."""
        return (
            claim.no_new_access
            and self.unchanged is not None
            and self.unchanged.holds(person, space.area, actions)
        )

    def _may_be(self, claim: Claim, person: Person, owner: str) -> bool:
        """Whether a claim could be about a caller before a resource of an account."""
        arn = person.caller.principal_arn
        known = {} if PRINCIPAL_ARN in person.domains else {PRINCIPAL_ARN: arn}
        reader = Reader(self.reach.universe, 0, None, known)
        covered = covers_caller(
            claim.who, person, owner, self.world.model, reader, services=claim.services
        )
        return _may_hold(covered, person, known)

    def _everybody(self) -> list[Person]:
        """The callers that the world lists."""
        if self._listed is None:
            self._listed = list(listed_people(self.world))
        return self._listed

    def _people(self, claim: Claim, spaces: list[AreaSpace], actions: int) -> Iterator[Person]:
        """Everybody who could call for some of the actions."""
        yield from self._everybody()
        # What is not known, or `*`, may let in services and providers that no policy names.
        named = dict.fromkeys(_named_by(claim.who))
        trust = False
        for space in spaces:
            trust = trust or any(":role/" in (glob.literal or "") for glob in space.area.globs)
            if space.area.has_policies:
                named.update(dict.fromkeys(self.reach.named(space.area, actions)))
        reached = claim.future or claim.any_resources
        reached = reached or any(space.area.has_policies for space in spaces)
        unlisted = administrators_of(self.world.model) - self.world.model.accounts.keys()
        reached = reached or bool(unlisted and actions & for_administrators())
        if self.before is not None and claim.no_new_access:
            # Whom a statement names that is gone, nothing may name any more.
            for statement in self._difference(self.before).statements():
                named.update(dict.fromkeys(named_in(statement)))
                reached = reached or statement.principals is not None
        if reached:
            yield from other_people(self.world, named, trust=trust, future=claim.future)


def _may_hold(formula: Formula, person: Person, known: Mapping[str, str | None]) -> bool:
    """Whether some part of a formula, or each, could hold of a caller by itself."""
    if isinstance(formula, Junction):
        parts = (_may_hold(part, person, known) for part in formula.parts)
        return any(parts) if formula.disjunction else all(parts)
    if isinstance(formula, KeyTest) and formula.condition.key in person.domains:
        domain = person.domains[formula.condition.key]
        with suppress(OutOfBudgetError, InexactError):
            return find_value((formula,), domain, known, Budget()) is not Nothing.NOTHING
    return formula is not False


def _named_by(who: Who) -> Iterator[tuple[str, str]]:
    """The services and identity providers that a claim names, as principal elements do."""
    if who.kind == "service":
        yield "Service", who.text
    elif who.kind == "pattern" and "provider/" in who.text and not PATTERN & set(who.text):
        yield "Federated", who.text
    for member in who.members:
        yield from _named_by(member)


def prove(claim: Claim, world: CompiledWorld, before: CompiledWorld | None = None) -> CheckResult:
    """Prove one claim about a world; see `Prover`."""
    return Prover(world, before).prove(claim)


def assumptions(claim: Claim, world: CompiledWorld) -> tuple[str, ...]:
    """On what an answer rests."""
    found = [
        "the world is complete: what it does not list is not there",
        "callers are those of the world, and whoever resource-based policies reach directly",
        "the accounts of callers that the world does not list allow what these ask for",
        "resources are those that the accounts of the world own, or may make",
        "context keys are there as AWS sends them, and fit each other",
        KEYS_OF_SERVICES,
    ]
    if claim.listed_only:
        found.append("actions are those that the service reference lists")
    else:
        found.append("one action in each service stands for those that the reference does not list")
    universe = all_actions()
    left = universe.mask(claim.about.actions) & universe.mask_of(calls_without_policies())
    if left:
        example = universe.written[left.bit_length() - 1]
        found.append(f"calls that no policy controls, as {example}, are not counted")
    if claim.always:
        found += [
            "calls are for what the caller's own account has, through none of the VPC endpoints",
            "only calls of KMS are for KMS keys",
        ]
    if claim.future:
        found.append("principals that do not exist yet may get any policies of their own")
    else:
        found.append("principals that do not exist yet get no policies of their own")
    if claim.any_resources:
        found.append("resources of other accounts let everybody in")
    if world.model.organization is None:
        found.append("the accounts belong to no organization")
    return tuple(found)
