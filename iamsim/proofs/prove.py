"""Claims about a world, proved for every caller, resource, action and context, or refuted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.errors import RequestError
from iamsim.proofs.areas import AreaSpace, find_areas
from iamsim.proofs.budget import Budget
from iamsim.proofs.globs import ANYTHING
from iamsim.proofs.meetings import Meeting
from iamsim.proofs.people import listed_people, other_people
from iamsim.proofs.reach import Reach
from iamsim.proofs.result import CheckResult, Reason, Verdict
from iamsim.proofs.search import Place
from iamsim.proofs.space import ActionSpace, all_actions
from iamsim.proofs.statements import Reader
from iamsim.proofs.unchanged import Unchanged
from iamsim.proofs.who import check_who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.engine.world import CompiledWorld
    from iamsim.proofs.areas import Area
    from iamsim.proofs.claims import Claim
    from iamsim.proofs.globs import Glob
    from iamsim.proofs.people import Person

__all__ = ["prove"]

NEVER = {
    Verdict.PASS: "No request that the claim is about is allowed.",
    Verdict.FAIL: "A request that the claim is about is allowed.",
    Verdict.UNKNOWN: "It was not proved that no request that the claim is about is allowed.",
}
NO_NEW_ACCESS = {
    Verdict.PASS: "The change allows no request that was not allowed before.",
    Verdict.FAIL: "The change allows a request that was not allowed before.",
    Verdict.UNKNOWN: "It was not proved that the change allows nothing new.",
}


def prove(claim: Claim, world: CompiledWorld, before: CompiledWorld | None = None) -> CheckResult:
    """Prove a claim about a world, or refute it with a request; `before` is the world before a
    change, for claims about one. Raises `RequestError` for a claim that can't be asked."""
    check_who(claim.who, world.model)
    if claim.no_new_access and before is None:
        raise RequestError(
            "no-change",
            f"claim `{claim.name}` is about a change",
            hint="give an overlay, or the worlds before and after",
        )
    messages = NO_NEW_ACCESS if claim.no_new_access else NEVER
    why = None
    for meeting in _meetings(claim, world, before if claim.no_new_access else None):
        settled = meeting.settle()
        if settled.witness is not None:
            return CheckResult(
                Verdict.FAIL,
                messages[Verdict.FAIL],
                (Reason(meeting.sentence(settled.witness)),),
                settled.witness,
                None,
                assumptions(claim, world),
                claim.name,
            )
        why = why or settled.why
    verdict = Verdict.PASS if why is None else Verdict.UNKNOWN
    return CheckResult(
        verdict, messages[verdict], (), None, why, assumptions(claim, world), claim.name
    )


def _meetings(
    claim: Claim, world: CompiledWorld, before: CompiledWorld | None
) -> Iterator[Meeting]:
    """Every caller before every area of resources, as far as they could be let in."""
    wanted, avoided = _resources(claim)
    actions = all_actions().mask(claim.about.actions)
    if ActionSpace().find(Place(actions, (wanted,), avoided), Budget()) is None:
        raise RequestError(
            "claim-about-nothing",
            f"claim `{claim.name}`: its actions act on no such resource",
            hint="give a resource of a type on which the actions act",
        )
    areas = find_areas(world, wanted, avoided, Budget(), foreign=claim.any_resources)
    reach = Reach(world)
    spaces: dict[int, AreaSpace] = {}
    unchanged = None if before is None else Unchanged(before, world)
    for person in _people(claim, world, areas, reach):
        for area in areas:
            mask = reach.actions(person, area) & actions
            if mask and (unchanged is None or not unchanged.holds(person, area, actions)):
                space = spaces.setdefault(id(area), AreaSpace(area, world.model))
                yield from Meeting.all_of_them(claim, world, before, person, space, mask)


def _resources(claim: Claim) -> tuple[tuple[Glob, ...], tuple[Glob, ...]]:
    """The globs of the resources that a claim is about; it has no NotResource."""
    resources = claim.about.resources
    read = None if resources is None else Reader(all_actions(), 0, None, {}).resource(resources)
    if read is None or isinstance(read, bool):
        return (ANYTHING,), ()
    return tuple(glob.widened for glob in read.globs), ()  # type: ignore[union-attr]


def _people(
    claim: Claim, world: CompiledWorld, areas: list[Area], reach: Reach
) -> Iterator[Person]:
    """Everybody who could call."""
    yield from listed_people(world)
    named: dict[tuple[str, str], None] = {}
    trust = False
    for area in areas:
        trust = trust or any(
            (arn := find_arn(glob.literal or "")) is not None
            and arn.service == "iam"
            and arn.resource.startswith("role/")
            for glob in area.globs
        )
        named.update(dict.fromkeys(reach.named(area)))
    if claim.future or claim.any_resources or any(area.has_policies for area in areas):
        yield from other_people(world, named, trust=trust, future=claim.future)


def assumptions(claim: Claim, world: CompiledWorld) -> tuple[str, ...]:
    """On what an answer rests."""
    found = [
        "the world is complete: what it does not list is not there",
        "callers are those of the world, and whoever resource-based policies reach directly",
        "the accounts of callers that the world does not list allow what these ask for",
        "resources are those that the accounts of the world own, or may make",
        "context keys are there as AWS sends them, and fit each other",
        "one action in each service stands for those that the reference does not list",
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
