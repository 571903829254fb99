"""One law over everything that is lost: what is taken away, cut off or corrupted never turns a
denial into a clean *allowed*.

Sources of an import are damaged as transfers and missing permissions damage them; what the world
then answers is compared with what it answers undamaged.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, note
from hypothesis import strategies as st

from iamsim.core.decision import Verdict
from iamsim.core.errors import InputError
from iamsim.engine.authorize import decide
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.importers.frame import import_sources
from iamsim.importers.load import to_world
from iamsim.query.analyzer.external import find_external
from iamsim.query.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent
SAMPLES = {
    "organizations": ROOT / "tests/data/imports/organizations",
    "moto": ROOT / "tests/data/imports/moto",
    "gaad": ROOT / "tests/data/imports/gaad",
    "iam-collect": ROOT / "tests/data/imports/iam-collect",
    "config": ROOT / "tests/data/imports/config",
    "identity-center": ROOT / "tests/data/imports/identity-center",
    "vpc-endpoints": ROOT / "tests/data/imports/vpc-endpoints",
    "outputs": ROOT / "corpus/imports/outputs/encryption/source",
    **{
        f"terraform/{source.parent.name}": source
        for source in sorted(ROOT.glob("corpus/imports/terraform/*/source"))
    },
}
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
REFUSED = (
    "\nAn error occurred (AccessDenied) when calling the operation: not authorized\n",
    '{"Error": {"Code": "AccessDenied", "Message": "not authorized"}}',
    "",
    "{}",
    "null",
)
DENIED = {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}
Files = dict[str, bytes]


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


@cache
def questions_of(sample: str) -> tuple[tuple[Question, Verdict], ...]:
    """Questions about a sample with their verdicts: every principal, with what it may meet."""
    world = world_of(files_of(sample))
    accounts = world.model.accounts.values()
    principals = [
        one.arn
        for account in accounts
        for one in (*account.users.values(), *account.roles.values())
    ]
    principals += [f"arn:aws:iam::{account.id}:root" for account in accounts]
    principals += [f"arn:aws:iam::{account.id}:user/unlisted" for account in accounts]
    resources = [arn for account in accounts for arn in account.resources]
    resources += [role.arn for account in accounts for role in account.roles.values()]
    resources += ["*", "arn:aws:s3:::unlisted/object"]
    found = []
    for principal in principals:
        for action in ACTIONS:
            for resource in resources:
                question = Question(principal, action, resource, now="2026-11-24T00:00:00Z")
                verdict = verdict_of(question, world)
                if verdict in DENIED:
                    found.append((question, verdict))
    return tuple(found)


def verdict_of(question: Question, world: CompiledWorld) -> Verdict | None:
    """Decide; `None` for what can't be asked."""
    try:
        return decide(question, world).verdict
    except InputError:
        return None


@st.composite
def damages(draw: st.DrawFn, sample: str) -> tuple[str, bytes | None]:
    """A file of a sample, and what is left of it: nothing where the file itself is gone."""
    files = files_of(sample)
    name = draw(st.sampled_from(sorted(files)))
    content = files[name]
    if len(files) > 1 and draw(st.integers(0, 9)) == 0:
        return name, None
    kinds: dict[str, Callable[[], bytes]] = {
        "cut": lambda: content[: draw(st.integers(0, len(content) - 1))],
        "refused": lambda: draw(st.sampled_from(REFUSED)).encode(),
        "garbled": lambda: _garbled(draw, content),
    }
    return name, kinds[draw(st.sampled_from(sorted(kinds)))]()


def _garbled(draw: st.DrawFn, content: bytes) -> bytes:
    """A file with a hole that is no JSON."""
    at = draw(st.integers(0, len(content) - 1))
    return content[:at] + b"\x00\xff" + content[at + draw(st.integers(1, 40)) :]


def damaged_world(sample: str, name: str, content: bytes | None) -> CompiledWorld | None:
    """Import a sample with a damaged file; `None` where the import refuses."""
    files = {path: kept for path, kept in files_of(sample).items() if path != name}
    try:
        return world_of(files if content is None else {**files, name: content})
    except InputError:
        return None


@given(st.data())
def test_a_damaged_source_never_opens_what_was_denied(data: st.DataObject) -> None:
    """What was denied stays denied, or depends on what is not known; or the import refuses."""
    sample = data.draw(st.sampled_from(sorted(SAMPLES)))
    name, content = data.draw(damages(sample))
    damaged = damaged_world(sample, name, content)
    if damaged is None:
        return
    questions = questions_of(sample)
    start = data.draw(st.integers(0, max(0, len(questions) - 1)))
    for question, before in questions[start : start + 150]:
        after = verdict_of(question, damaged)
        if after is Verdict.ALLOWED:
            note(f"{name} became {(content or b'nothing')[:2000]!r}")
            raise AssertionError(
                f"{before}: {question.principal} {question.action} {question.resource}"
            )


@cache
def findings_of(sample: str) -> int:
    """How many findings of access from outside an undamaged sample has."""
    return len(find_external(Batch(world_of(files_of(sample)))).findings)


@given(st.data())
def test_a_damaged_source_never_opens_a_gate(data: st.DataObject) -> None:
    """A gate over findings that fails still fails: for what is left of them, or what is not known.

    A file that is gone, and that nothing names, leaves no trace: it is left out here.
    """
    sample = data.draw(st.sampled_from(["gaad", "identity-center"]))
    assert findings_of(sample)
    name, content = data.draw(damages(sample))
    damaged = None if content is None else damaged_world(sample, name, content)
    if damaged is None:
        return
    external = find_external(Batch(damaged))
    note(f"{name} became {(content or b'')[:2000]!r}")
    assert external.findings or external.unsearched or damaged.unknowns()
