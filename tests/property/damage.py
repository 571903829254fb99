"""Damage to the files of an import, and to the data in them: what transfers, full disks and missing
permissions do, each so that the file still tells that something is wrong with it.

A slip in a name that AWS gives tells so, too. What leaves a complete file behind only a list of
sums tells: a file that is gone, a record or a statement fewer in a list, another name or value.
With such a list beside them all sources are damaged in these ways, too.
`python -m tests.property.damage [COUNT] [SEED]` damages as often as asked and prints what opens.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from iamsim.core.decision import Verdict
from iamsim.core.errors import InputError
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.importers.frame import import_sources
from iamsim.importers.load import to_world
from iamsim.importers.sums import SUMS, sum_of, sums_text
from iamsim.query.analyzer.external import find_external
from iamsim.query.batch import Batch
from iamsim.symbolic.partial import decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parent.parent.parent
FOLDERS = [
    *sorted(entry for entry in (ROOT / "tests/data/imports").iterdir() if entry.name != "denials"),
    *sorted((ROOT / "tests/data/imports/denials").iterdir()),
    *sorted((ROOT / "corpus/imports").glob("*/*/source")),
]
SAMPLES = {folder.relative_to(ROOT).as_posix(): folder for folder in FOLDERS}
ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteBucket",
    "iam:CreateUser",
    "iam:ListUsers",
    "sts:AssumeRole",
    "kms:Decrypt",
    "ec2:RunInstances",
    "sqs:SendMessage",
    "secretsmanager:GetSecretValue",
)
NOW = "2026-11-24T00:00:00Z"
DENIED = {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}
ERROR: dict[str, Any] = {"Error": {"Code": "AccessDenied", "Message": "not authorized"}}
REFUSED = (
    "\nAn error occurred (AccessDenied) when calling the operation: not authorized\n",
    json.dumps(ERROR),
    "",
    "{}",
    "null",
)
# Statements and other values that no longer are what they were.
WRONG: tuple[Any, ...] = (None, 17, True, "\x00\ufffd", ERROR, [None], [[]])
LEAST = 4  # letters of names that are misspelt
Files = dict[str, bytes]


class Chooser(Protocol):
    """Who chooses: hypothesis, or chance."""

    def integer(self, least: int, most: int) -> int:
        """A whole number."""

    def pick(self, values: Sequence[Any]) -> Any:
        """One of several values."""


class Chance:
    """Choices by chance."""

    def __init__(self, seed: int) -> None:
        """Begin with a seed."""
        self.random = random.Random(seed)  # noqa: S311 - no secret

    def integer(self, least: int, most: int) -> int:
        """A whole number."""
        return self.random.randint(least, most)

    def pick(self, values: Sequence[Any]) -> Any:
        """One of several values."""
        return self.random.choice(values)


class Damage(NamedTuple):
    """A file with what is left of it (`None`: the file is gone), and how that came about."""

    name: str
    content: bytes | None
    how: str


class Opened(NamedTuple):
    """A request that was denied, and is not any more."""

    before: Verdict
    question: Question


@cache
def files_of(sample: str) -> Files:
    """The files of a sample, by their paths from its folder."""
    folder = SAMPLES[sample]
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    assert found
    return found


def world_of(files: Files) -> CompiledWorld:
    """Import files that stand in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return CompiledWorld(to_world(import_sources([folder])))


def sums_of(files: Files) -> bytes:
    """The list of sums of files."""
    return sums_text({name: sum_of(content) for name, content in files.items()}).encode()


def damaged_world(sample: str, damage: Damage, *, verified: bool = False) -> CompiledWorld | None:
    """Import a sample with a damaged file; `None` where the import refuses. With `verified` the
    sums of what it held stand beside it."""
    files = {path: kept for path, kept in files_of(sample).items() if path != damage.name}
    if verified:
        files[SUMS] = sums_of(files_of(sample))
    if damage.content is not None:
        files[damage.name] = damage.content
    try:
        return world_of(files)
    except InputError:
        return None


def trace_of(choose: Chooser, files: Files) -> Damage:
    """Take away a file, or a part of one, so that nothing in them tells that something was there;
    or give a part another value."""
    name = choose.pick(sorted(files))
    content = files[name]
    data = _json(content)
    paths = list(paths_of(data)) if isinstance(data, dict | list) else []
    kind = choose.pick(
        ["gone", "fewer", "fewer", "fewer", "other"] if paths else ["gone", "shorter"]
    )
    if kind == "gone":
        return Damage(name, None, "is gone")
    if kind == "shorter":
        lines = content.splitlines(keepends=True)
        kept = lines[: choose.integer(0, len(lines) - 1)]
        return Damage(name, b"".join(kept), f"ends after line {len(kept)}")
    path = choose.pick(paths)
    place = ".".join(map(str, path))
    if kind == "fewer":
        left = json.dumps(without(data, path), indent=1).encode()
        return Damage(name, left, f"is without {place}")
    other = value_at(data, choose.pick(paths))
    left = json.dumps(replaced(data, path, other), indent=1).encode()
    return Damage(name, left, f"has {other!r} at {place}")


def without(data: Any, path: tuple[str | int, ...]) -> Any:
    """Copy data without what stands at a place."""
    *above, step = path
    holder = value_at(data, tuple(above))
    if isinstance(holder, dict):
        left: Any = {key: value for key, value in holder.items() if key != step}
    else:
        left = [value for index, value in enumerate(holder) if index != step]
    return replaced(data, tuple(above), left)


def value_at(data: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at a place."""
    for step in path:
        data = data[step]
    return data


def damage_of(choose: Chooser, sample: str) -> Damage:
    """Damage one file of a sample."""
    files = files_of(sample)
    name = choose.pick(sorted(files))
    content = files[name]
    kinds = ["refused", "garbled"]
    data = _json(content)
    if data:  # an empty list has no places
        kinds += ["cut", "value", "value", "value"]
    slips = [path for path in paths_of(data) if data and is_name(path)]
    kinds += ["slip"] if slips else []
    kind = choose.pick(kinds)
    if kind == "refused":
        text = choose.pick(REFUSED)
        return Damage(name, text.encode(), f"became {text!r}")
    if kind == "garbled":
        at = choose.integer(0, len(content) - 1)
        rest = content[at + choose.integer(1, 40) :]
        return Damage(name, content[:at] + b"\x00\xff" + rest, f"has a hole at {at}")
    if kind == "cut":
        end = choose.integer(0, len(content.rstrip()) - 1)
        return Damage(name, content[:end], f"was cut off at {end}")
    if kind == "slip":
        path = choose.pick(slips)
        left = json.dumps(renamed(data, path, slip_of(str(path[-1]))), indent=1).encode()
        return Damage(name, left, f"misspells {'.'.join(map(str, path))}")
    path = choose.pick(list(paths_of(data)))
    value = choose.pick(WRONG)
    left = json.dumps(replaced(data, path, value), indent=1).encode()
    return Damage(name, left, f"has {value!r} at {'.'.join(map(str, path))}")


def _json(content: bytes) -> Any:
    """The value of a file with one; `None` for others."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def is_name(path: tuple[str | int, ...]) -> bool:
    """Whether a place has a name of its own that a slip may change: keys of conditions may be any,
    and short names are too near to others."""
    return isinstance(path[-1], str) and len(path[-1]) > LEAST and "Condition" not in path[:-1]


def slip_of(name: str) -> str:
    """A name with two letters exchanged, or with its last letter twice."""
    if len(name) >= LEAST and name[2] != name[3]:
        return name[:2] + name[3] + name[2] + name[4:]
    return name + name[-1]


def renamed(data: Any, path: tuple[str | int, ...], name: str) -> Any:
    """Copy data with another name of what stands at a place of a map."""
    *above, step = path
    holder = value_at(data, tuple(above))
    left = {name if key == step else key: value for key, value in holder.items()}
    return replaced(data, tuple(above), left)


def paths_of(data: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """All places of a value, but the value as a whole."""
    if at:
        yield at
    steps: Any = ()
    if isinstance(data, dict):
        steps = data.items()
    elif isinstance(data, list):
        steps = enumerate(data)
    for step, value in steps:
        yield from paths_of(value, (*at, step))


def replaced(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Copy data with another value at a place."""
    if not path:
        return value
    step, *rest = path
    if isinstance(data, dict):
        return {
            key: replaced(item, tuple(rest), value) if key == step else item
            for key, item in data.items()
        }
    return [
        replaced(item, tuple(rest), value) if index == step else item
        for index, item in enumerate(data)
    ]


@cache
def questions_of(sample: str) -> tuple[tuple[Question, Verdict], ...]:
    """What is denied in a sample: every principal, with what it may meet."""
    return tuple(denied_in(world_of(files_of(sample))))


def denied_in(world: CompiledWorld) -> Iterator[tuple[Question, Verdict]]:
    """What is denied in a world."""
    accounts = world.model.accounts.values()
    principals = [
        user.arn
        for account in accounts
        for user in (*account.users.values(), *account.roles.values())
    ]
    principals += [f"arn:aws:iam::{account.id}:root" for account in accounts]
    principals += [f"arn:aws:iam::{account.id}:user/unlisted" for account in accounts]
    resources = [arn for account in accounts for arn in account.resources]
    resources += [role.arn for account in accounts for role in account.roles.values()]
    resources += ["*", "arn:aws:s3:::unlisted/object"]
    for principal in principals:
        for action in ACTIONS:
            for resource in resources:
                question = Question(principal, action, resource, now=NOW)
                verdict = verdict_of(question, world)
                if verdict in DENIED:
                    yield question, verdict


def verdict_of(question: Question, world: CompiledWorld) -> Verdict | None:
    """Decide; `None` for what can't be asked."""
    try:
        return decide(question, world).verdict
    except InputError:
        return None


def opened_by(world: CompiledWorld, questions: Sequence[tuple[Question, Verdict]]) -> Opened | None:
    """The first request that was denied and is now allowed for certain."""
    for question, before in questions:
        if verdict_of(question, world) is Verdict.ALLOWED:
            return Opened(before, question)
    return None


@cache
def findings_of(sample: str) -> int:
    """How many findings of access from outside an undamaged sample has."""
    return len(find_external(Batch(world_of(files_of(sample)))).findings)


def has_lost_findings(world: CompiledWorld) -> bool:
    """Whether a world has no finding, and says nothing of why there may be some."""
    external = find_external(Batch(world))
    return not (external.findings or external.unsearched or world.unknowns())


def main(count: int, seed: int) -> int:
    """Damage samples by chance, and print what opens; gives how many damages did."""
    names = sorted(name for name in SAMPLES if questions_of(name))
    said: Counter[str] = Counter()
    refused = bad = 0
    for number in range(count):
        choose = Chance(seed * 1_000_003 + number)
        sample = choose.pick(names)
        verified = choose.integer(0, 1) == 1
        damage = trace_of(choose, files_of(sample)) if verified else damage_of(choose, sample)
        world = damaged_world(sample, damage, verified=verified)
        if world is None:
            refused += 1
            continue
        questions = questions_of(sample)
        start = choose.integer(0, len(questions) - 1)
        found = opened_by(world, [*questions[start:], *questions[:start]][:200])
        faults = []
        if found is not None:
            asked = found.question
            faults.append(
                f"{found.before.value}: {asked.principal} {asked.action} {asked.resource}"
            )
        if findings_of(sample) and has_lost_findings(world):
            faults.append("no finding, and no remark")
        bad += bool(faults)
        for fault in faults:
            said[fault] += 1
            print(f"{number} {sample}/{damage.name} {damage.how}: {fault}", flush=True)
    print(f"{count} damages, {refused} refused, {bad} opened something")
    return bad


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [10_000, 1][len(numbers) :])) > 0)
