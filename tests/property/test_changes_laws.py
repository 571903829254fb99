"""What `iamsim changes` reports is what differs, and within its bounds all of it."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.decision import PolicyType, Verdict
from iamsim.core.errors import RequestError
from iamsim.engine import authorize
from iamsim.engine.world import CompiledWorld
from iamsim.importers.slots import policy_slots
from iamsim.query.analyzer.external import find_external
from iamsim.query.analyzer.finding import FindingKind
from iamsim.query.batch import Batch
from iamsim.query.batch.answers import decide_one
from iamsim.query.changes import Changes, Reached, find_changes
from iamsim.query.changes.compare import question_at
from iamsim.query.changes.model import Direction
from iamsim.query.changes.same import direction_of
from iamsim.symbolic.actions import UNLISTED
from iamsim.world.load import load_world_data
from tests.property import vocabulary
from tests.property.costly import very_costly
from tests.property.tape import Tape, built
from tests.property.worlds import SIGNED, case, focus_of

if TYPE_CHECKING:
    from tests.property.vocabulary import Focus

Data = dict[str, Any]
KINDS = {
    PolicyType.IDENTITY: "identity",
    PolicyType.RESOURCE: "resource",
    PolicyType.TRUST: "trust",
    PolicyType.PERMISSIONS_BOUNDARY: "boundary",
    PolicyType.SERVICE_CONTROL: "scp",
    PolicyType.RESOURCE_CONTROL: "rcp",
    PolicyType.VPC_ENDPOINT: "vpce",
}
SAMPLES = 12
ASKED = 80
WHO_ASKED = 5


def edited(tape: Tape, data: Data, about: Focus | None = None) -> Data:
    """A world like another one: a policy is another, or gone, or tags are others. New policies are
    about a request, if there is one."""
    changed: Data = copy.deepcopy(data)
    focus = about or focus_of(tape)[0]
    for _ in tape.times(2):
        slots = [policy_slot for policy_slot in policy_slots(changed) if policy_slot.use in KINDS]
        if slots and not tape.chance(25):
            slot = tape.pick(slots)
            if tape.chance(30):
                del slot.holder[slot.key]
            else:
                slot.put(vocabulary.policy(tape, focus, KINDS[slot.use]))
            continue
        account = tape.pick(list(changed["accounts"].values()))
        holders = [
            entry
            for kind in ("users", "roles", "resources")
            for entry in account.get(kind, {}).values()
            if isinstance(entry, dict)
        ]
        if holders:
            tape.pick(holders)["tags"] = {"team": tape.pick(["blue", "red"])}
    return changed


def build(ask: Tape, org: Tape, who: Tape, what: Tape, rest: Tape, edit: Tape) -> tuple[Data, Data]:
    """A world and the world after an edit."""
    data, _ = case(ask, org, who, what, rest)
    return data, edited(edit, data)


EDITS = built(build, 120, 160, 220, 110, 140, 60)


def changes_between(before: Data, after: Data, *, partial: bool) -> tuple[Batch, Batch, Changes]:
    """Compare two worlds of plain data."""
    first = CompiledWorld(load_world_data(before))
    second = CompiledWorld(load_world_data(after))
    second.policies = first.policies
    batches = Batch(first, partial=partial), Batch(second, partial=partial)
    return (*batches, find_changes(*batches))


def differs(first: Batch, second: Batch, reached: Reached, action: str) -> bool | None:
    """Whether the engine, asked alone, decides otherwise for one of those that stand for the
    candidate; `None` for what can't be asked. Why strangers are denied nobody asks."""
    several = reached.candidate.asked
    found = []
    for asked in several:
        try:
            before, after = (
                decide_one(question_at(batch, reached, action, asked), batch.world)
                for batch in (first, second)
            )
        except RequestError:
            continue
        direction = direction_of(before, after)
        stays = direction is Direction.STAYS_DENIED and len(several) > 1
        found.append(direction is not None and not stays)
    return any(found) if found else None


def account_of(principal: str) -> str:
    """The account of a principal."""
    return principal.split(":")[4]


@given(EDITS, st.booleans(), st.randoms(use_true_random=False))
@very_costly
def test_inside_of_the_bounds_exactly_what_differs_is_reported(
    worlds: tuple[Data, Data], partial: bool, source: Any
) -> None:
    """A random sample of the decisions that were compared, and all that are reported."""
    first, second, changes = changes_between(*worlds, partial=partial)
    reported = {
        (change.candidate.principal, change.place.sample, change.vpc_endpoint, action.lower())
        for change in (*changes.found, *changes.future)
        for action in change.actions
    }
    by_place: dict[tuple[str, ...], list[Reached]] = {}  # one for each way that a call takes
    for bound in changes.bounds:
        where = bound.candidate.principal, bound.place.sample, bound.via.vpc_endpoint
        by_place.setdefault(where, []).append(bound)
    sample = []
    for reached in source.sample(changes.bounds, min(len(changes.bounds), SAMPLES)):
        names = changes.universe.actions(reached.actions)
        sample += [(reached, action) for action in source.sample(names, min(len(names), 3))]
    some = sorted(reported, key=str)
    for *at, action in source.sample(some, min(len(some), SAMPLES)):
        fitting = [
            reached
            for reached in by_place[tuple(at)]
            if changes.universe.mask_of([action]) & reached.actions
        ]
        assert fitting
        sample += [(reached, action) for reached in fitting]
    for reached, action in sample:
        place, endpoint = reached.place.sample, reached.via.vpc_endpoint
        key = reached.candidate.principal, place, endpoint, action.lower()
        found = differs(first, second, reached, action)
        if found and key not in reported:  # said of actions that the reference lists, or of
            # a listed principal of the account
            unlisted = action.endswith(f":{UNLISTED}")
            assert any(
                entry[1:3] == key[1:3]
                and account_of(entry[0]) == account_of(key[0])
                and (unlisted or entry[3] == key[3])
                for entry in reported
            )
        else:
            assert (
                found is None
                or found == (key in reported)
                or any(differs(first, second, other, action) for other in by_place[key[:3]])
            )


@given(EDITS, st.booleans(), st.randoms(use_true_random=False))
@very_costly
def test_answers_are_those_of_the_principal_itself(
    worlds: tuple[Data, Data], partial: bool, source: Any
) -> None:
    """Whoever else was asked in its stead: each principal has its own statements in its answers."""
    first, second, changes = changes_between(*worlds, partial=partial)
    for change in source.sample(changes.found, min(len(changes.found), SAMPLES)):
        reached = next(
            bound
            for bound in changes.bounds
            if (bound.place, bound.via.vpc_endpoint, bound.via.services)
            == (change.place, change.vpc_endpoint, change.services)
            and change.candidate
            in [bound.candidate.narrowed(asked) for asked in bound.candidate.asked]
        )
        for batch, answer in ((first, change.before), (second, change.after)):
            question = question_at(batch, reached, change.actions[0], change.asked)
            assert decide_one(question, batch.world).decision == answer.decision


@given(EDITS, st.randoms(use_true_random=False))
@very_costly
def test_outside_of_the_bounds_nothing_differs(worlds: tuple[Data, Data], source: Any) -> None:
    """Whoever asks for whatever on resources that the policies know: where one world allows what
    the other does not, principal and action are within the bounds."""
    first, second, changes = changes_between(*worlds, partial=False)
    inside: dict[str, int] = {}
    for bound in changes.bounds:
        inside[bound.candidate.principal] = inside.get(bound.candidate.principal, 0) | bound.actions
    accounts = sorted({account for data in worlds for account in data["accounts"]})
    everybody = sorted(
        {candidate.principal for candidate in (*first.candidates, *second.candidates)}
    )
    for _ in range(ASKED):
        action, pattern, _ = source.choice(SIGNED)
        resource = pattern.replace("ACC", source.choice(accounts))
        principal = source.choice(everybody)
        before, after = (
            authorize.decide(batch.question(principal, action, resource), batch.world)
            for batch in (first, second)
        )
        if before.allowed is not after.allowed:
            mask = changes.universe.mask_of([action])
            within = bool(mask & inside.get(principal, 0))
            assert within, (principal, action, resource, before.verdict, after.verdict)


@given(EDITS)
def test_equal_worlds_have_no_changes(worlds: tuple[Data, Data]) -> None:
    """A world read twice decides alike, and nothing is asked."""
    data = json.loads(json.dumps(worlds[0]))
    _, _, changes = changes_between(worlds[0], data, partial=True)
    assert not changes.found
    assert not changes.bounds


def allowed_to(batch: Batch, action: str, resource: str) -> dict[str, bool]:
    """Whom who-can lists, and whether without a condition."""
    try:
        holders = batch.who(action, resource)
    except RequestError:
        return {}
    return {holder.principal: holder.answer.verdict is Verdict.ALLOWED for holder in holders}


@given(EDITS, st.randoms(use_true_random=False))
@very_costly
def test_what_who_can_and_findings_gain_is_reported(worlds: tuple[Data, Data], source: Any) -> None:
    """Whoever is new in an answer of who-can, or in a finding, is in a change that opens."""
    first, second, changes = changes_between(*worlds, partial=True)
    reported = {
        action.lower()
        for change in (*changes.found, *changes.future)
        if change.is_opening
        for action in change.actions
    }
    accounts = sorted({account for data in worlds for account in data["accounts"]})
    for action, pattern, _ in source.sample(SIGNED, WHO_ASKED):
        resource = pattern.replace("ACC", source.choice(accounts))
        before, after = (allowed_to(batch, action, resource) for batch in (first, second))
        gained = [key for key, sure in after.items() if sure and key not in before]
        assert not gained or action.lower() in reported, (action, resource, gained)
    old, new = (found_outside(batch) for batch in (first, second))
    for who, actions in new.items():
        gained_here = actions - old.get(who, frozenset())
        assert gained_here <= reported, (who, gained_here - reported)


def found_outside(batch: Batch) -> dict[object, frozenset[str]]:
    """The actions that findings give, by resource and who is let in."""
    found: dict[object, frozenset[str]] = {}
    for finding in find_external(batch).findings:
        if finding.kind is FindingKind.EXTERNAL:
            who = finding.resource, tuple(sorted(finding.principal.items()))
            found[who] = found.get(who, frozenset()) | {name.lower() for name in finding.actions}
    return found
