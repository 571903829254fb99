"""Damage to generated worlds, in the format of world files, and to the policies of a request.

`python -m tests.property.lost_worlds [COUNT] [SEED]` damages as often as asked, and prints what
opens.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.core.decision import Verdict
from iamsim.core.errors import InputError
from iamsim.engine.world import CompiledWorld
from iamsim.symbolic.partial import decide
from iamsim.world.load import load_world_data
from tests.property import rarities, worlds
from tests.property.damage import DENIED, ERROR, Chance, Chooser, paths_of, replaced, verdict_of
from tests.property.tape import Tape
from tests.property.test_against_oracle import question_of

if TYPE_CHECKING:
    import random

Data = dict[str, Any]
SIZES = (120, 160, 220, 110, 140)
# World files are YAML, where numbers and truth values are texts: those would be other values.
WRONG: tuple[Any, ...] = (None, "\x00\ufffd", ERROR, [None], [[]])
POLICIES = ("identity_policies", "resource_policy", "boundary", "scps", "rcps", "vpce_policies")


class Opened(NamedTuple):
    """What was damaged, and how, so that what was denied is allowed for certain."""

    how: str
    before: Verdict


def damaged(choose: Chooser, data: Data) -> tuple[Data, str]:
    """Damage one value of plain data."""
    path = choose.pick(list(paths_of(data)))
    value = choose.pick(WRONG)
    return replaced(data, path, value), f"{value!r} at {'.'.join(map(str, path))}"


def opened(choose: Chooser, world: Data, request: Data) -> Opened | None:
    """Damage a world, or the policies that its request brings, and ask again."""
    question, compiled = question_of(world, request)
    before = decide(question, compiled).verdict
    if before not in DENIED:
        return None
    brought = {key: request[key] for key in POLICIES if key in request}
    if brought and choose.integer(0, 1):
        left, how = damaged(choose, brought)
        if None in left.values():  # not given, which is all that the arguments tell
            return None
        try:
            question, compiled = question_of(world, {**request, **left})
        except InputError:
            return None
    else:
        left, how = damaged(choose, world)
        try:
            compiled = CompiledWorld(load_world_data(left))
        except InputError:
            return None
    return Opened(how, before) if verdict_of(question, compiled) is Verdict.ALLOWED else None


def some_case(chance: random.Random) -> tuple[Data, Data]:
    """A world and a request, plain, rare or with policies of its own."""
    tapes = [Tape(chance.randbytes(size)) for size in SIZES]
    match chance.randrange(3):
        case 0:
            return worlds.case(*tapes)
        case 1:
            return worlds.overlaid(Tape(chance.randbytes(120)), *tapes)
        case _:
            return rarities.rare(Tape(chance.randbytes(140)), *tapes)


def main(count: int, seed: int) -> int:
    """Damage generated worlds by chance, and print what opens; gives how many damages did."""
    bad = tried = 0
    while tried < count:
        choose = Chance(seed * 1_000_003 + tried)
        world, request = some_case(choose.random)
        found = opened(choose, world, request)
        tried += 1
        if found is not None:
            bad += 1
            what = (request["principal"], request["action"], request.get("resource"))
            words = " ".join(map(str, what))
            print(f"{tried - 1} {found.before.value} {found.how}: {words}", flush=True)
    print(f"{count} damages, {bad} opened something")
    return bad


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [10_000, 1][len(numbers) :])) > 0)
