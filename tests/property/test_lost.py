"""One law over everything that is lost: what is taken away, cut off or corrupted never turns a
denial into a clean *allowed*, nor a finding into none, nor a gate from 1 to 0.

Sources of an import, generated worlds and all files that gates read are damaged as transfers, full
disks and missing permissions damage them; what is then answered is compared with what is answered
undamaged.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given, note
from hypothesis import strategies as st

from tests.property import lost_gates
from tests.property.damage import (
    SAMPLES,
    Damage,
    damage_of,
    damaged_world,
    files_of,
    findings_of,
    has_lost_findings,
    opened_by,
    paths_of,
    questions_of,
    replaced,
    trace_of,
)
from tests.property.lost_gates import code_of, fixed_cases, generated_case, sample_cases
from tests.property.lost_worlds import opened
from tests.property.rarities import rare_cases
from tests.property.worlds import cases

if TYPE_CHECKING:
    from collections.abc import Sequence

AT_ONCE = 150  # questions that each damage is held against
GATED = ("tests/data/imports/gaad", "tests/data/imports/identity-center")


class Drawn:
    """Choices that hypothesis makes, and shrinks."""

    def __init__(self, data: st.DataObject) -> None:
        """Draw from the data of a test."""
        self.data = data

    def integer(self, least: int, most: int) -> int:
        """A whole number."""
        return self.data.draw(st.integers(least, most))

    def pick(self, values: Sequence[Any]) -> Any:
        """One of several values."""
        return values[self.data.draw(st.integers(0, len(values) - 1))]


@given(st.data())
def test_a_damaged_source_never_opens_what_was_denied(data: st.DataObject) -> None:
    """What was denied stays denied, or depends on what is not known; or the import refuses."""
    choose = Drawn(data)
    sample = choose.pick(sorted(name for name in SAMPLES if questions_of(name)))
    damage = damage_of(choose, sample)
    world = damaged_world(sample, damage)
    if world is None:
        return
    questions = questions_of(sample)
    start = choose.integer(0, len(questions) - 1)
    opened = opened_by(world, questions[start : start + AT_ONCE])
    note(f"{sample}/{damage.name} {damage.how}")
    assert opened is None


SEVERAL_PROVIDERS = "corpus/imports/terraform/new-service/source"


def test_a_lost_part_of_a_provider_opens_nothing() -> None:
    """Each null in what a plan says of its providers: whose credentials are lost is in no account
    of another."""
    [(name, content)] = files_of(SEVERAL_PROVIDERS).items()
    plan = json.loads(content)
    providers = plan["configuration"]["provider_config"]
    assert len(providers) > 1
    questions = questions_of(SEVERAL_PROVIDERS)[::5]
    for path in paths_of(providers):
        lost = replaced(plan, ("configuration", "provider_config", *path), None)
        damage = Damage(name, json.dumps(lost).encode(), f"has null at {path}")
        world = damaged_world(SEVERAL_PROVIDERS, damage)
        assert world is None or opened_by(world, questions) is None, path


@given(st.data())
def test_what_is_taken_from_verified_sources_opens_nothing(data: st.DataObject) -> None:
    """With a list of sums beside them, sources may lose any file, record, statement or value, or
    get another, without a trace: what was denied is not allowed for certain, and findings stay."""
    choose = Drawn(data)
    sample = choose.pick(sorted(name for name in SAMPLES if questions_of(name)))
    damage = trace_of(choose, files_of(sample))
    world = damaged_world(sample, damage, verified=True)
    if world is None:
        return
    questions = questions_of(sample)
    start = choose.integer(0, len(questions) - 1)
    note(f"{sample}/{damage.name} {damage.how}")
    assert opened_by(world, questions[start : start + AT_ONCE]) is None
    assert not (findings_of(sample) and has_lost_findings(world))


@given(st.data())
def test_a_damaged_source_never_opens_a_gate(data: st.DataObject) -> None:
    """A gate over findings that fails still fails: for what is left of them, or what is not
    known."""
    choose = Drawn(data)
    sample = choose.pick(GATED)
    assert findings_of(sample)
    damage = damage_of(choose, sample)
    world = damaged_world(sample, damage)
    note(f"{sample}/{damage.name} {damage.how}")
    assert world is None or not has_lost_findings(world)


@given(st.one_of(cases(), cases(overlays=True), rare_cases()), st.data())
def test_a_damaged_world_never_opens_what_was_denied(case: Any, data: st.DataObject) -> None:
    """Of a generated world, and of the policies that a request brings, one value is damaged."""
    found = opened(Drawn(data), *case)
    note(str(found))
    assert found is None


# What a gate of each kind begins with: all that the law is about.
GATES = {
    "audit",
    "check access-not-granted",
    "check claims",
    "check equivalent",
    "check no-new-access",
    "check no-public-access",
    "diff",
    "explain",
    "findings",
    "import",
    "paths",
    "replay",
    "review",
    "test",
    "unused",
}


def test_every_gate_fails_at_first() -> None:
    """Every kind is there, and each exits with 1 over files that nothing happened to."""
    gates = [(case, gate) for case in fixed_cases() for gate in case.gates]
    words = {" ".join(gate[: 2 if gate[0] == "check" else 1]) for _, gate in gates}
    assert words == GATES
    assert [gate for case, gate in gates if code_of(case, gate) != 1] == []


@given(st.data())
def test_a_damaged_file_never_lets_a_gate_pass(data: st.DataObject) -> None:
    """Of the files that gates read: worlds, dumps, templates, claims, suites, policies, logs."""
    choose = Drawn(data)
    found = lost_gates.passed(choose, choose.pick(fixed_cases()))
    assert found is None, found


@given(st.data())
def test_a_damaged_sample_never_lets_a_gate_pass(data: st.DataObject) -> None:
    """Of the samples of all importers."""
    choose = Drawn(data)
    found = lost_gates.passed(choose, choose.pick(sample_cases()))
    assert found is None, found


@given(cases(), st.data())
def test_a_damaged_world_never_lets_a_gate_pass(case: Any, data: st.DataObject) -> None:
    """Of generated worlds."""
    found = lost_gates.passed(Drawn(data), generated_case(*case), known=False)
    assert found is None, found
