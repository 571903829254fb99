"""Laws of the importers of plans, states and templates: damage stays where it is."""

from __future__ import annotations

import copy
import functools
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamsim.importers.cloudformation.importer import CloudFormation
from iamsim.importers.draft import Draft
from iamsim.importers.frame import import_sources
from iamsim.importers.load import to_world
from iamsim.importers.settle import settle
from iamsim.importers.sources import Source, parse_yaml
from iamsim.importers.terraform.changes import plan_changes
from iamsim.importers.terraform.importer import Terraform
from iamsim.world.load import load_world_data

IMPORTS = Path(__file__).parent.parent.parent / "corpus" / "imports"
FILES = {
    "plan": IMPORTS / "terraform/new-service/source/plan.json",
    "changes": IMPORTS / "terraform/changed-account/source/plan.json",
    "state": IMPORTS / "terraform/organization/source/state.json",
    "state file": IMPORTS / "terraform/state-file/source/terraform.tfstate",
    "template": IMPORTS / "cloudformation/functions/source/template.yaml",
    "serverless": IMPORTS / "cloudformation/serverless/source/template.yaml",
    "loops": IMPORTS / "cloudformation/loops/source/template.yaml",
    "organization": IMPORTS / "cloudformation/organization/source/template.json",
}
JUNK = st.sampled_from(
    [None, True, 1, "", "x", "${", "arn:aws:s3:::b", [], {}, [[]], {"Ref": "x"}, ["x"]]
)
KINDS = ("users", "groups", "roles", "policies")


@functools.cache
def data_of(name: str) -> object:
    """Read one of the files."""
    path = FILES[name]
    text = path.read_text(encoding="utf-8")
    return parse_yaml(text, str(path)) if path.suffix == ".yaml" else json.loads(text)


def imported(data: object) -> tuple[dict[str, object], list[object]]:
    """Import plain data with both importers, as a file of it would be."""
    draft = Draft()
    draft.source = "file"
    source = Source("file", data)
    importers = (Terraform(), CloudFormation())
    for importer in importers:
        if importer.recognises(source):
            importer.read(source, draft)
    for importer in importers:
        importer.finish(draft)
    settle(draft)
    return draft.data, sorted(draft.remarks)


def paths_in(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """List the paths of all parts of a value."""
    found = [path] if path else []
    parts = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in parts:
        found += paths_in(item, (*path, key))
    return found


def put(data: object, path: tuple[object, ...], junk: object, *, delete: bool) -> None:
    """Replace or delete the part at a path, if it is still there."""
    holder = data
    for step in path[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(holder, dict) and not isinstance(path[-1], str):
        return  # JSON has no such keys
    try:
        if delete:
            del holder[path[-1]]
        else:
            holder[path[-1]] = copy.deepcopy(junk)
    except (KeyError, IndexError, TypeError):
        return


@functools.cache
def all_paths(name: str) -> list[tuple[object, ...]]:
    """List the paths of a file."""
    return paths_in(data_of(name))


@pytest.mark.parametrize("name", FILES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_a_damaged_file_makes_remarks_and_no_traceback(name, data):
    """Whatever part is gone or replaced: what comes out loads as a world, and does so twice."""
    damaged = copy.deepcopy(data_of(name))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(all_paths(name)))
        put(damaged, path, data.draw(JUNK), delete=data.draw(st.booleans()))
    world, remarks = imported(copy.deepcopy(damaged))
    assert imported(damaged) == (world, remarks)
    plan_changes(damaged)
    assert load_world_data(json.loads(json.dumps(world))).problems == []


def names_in(world: dict[str, object]) -> set[tuple[str, str, str]]:
    """List the users, groups, roles and policies of a world."""
    return {
        (account_id, kind, name)
        for account_id, account in world.get("accounts", {}).items()
        for kind in KINDS
        for name in account.get(kind, {})
    }


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_bad_resource_of_a_template_loses_nothing_but_itself(data):
    """Junk in the place of one resource costs one principal or policy at most."""
    template = data_of("template")
    whole = names_in(imported(template)[0])
    damaged = copy.deepcopy(template)
    logical_id = data.draw(st.sampled_from(sorted(template["Resources"])))
    damaged["Resources"][logical_id] = data.draw(JUNK)
    assert len(whole - names_in(imported(damaged)[0])) <= 1


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_bad_record_of_a_state_loses_nothing_but_itself(data):
    """Junk in the place of one resource of a state file costs its own instances only."""
    state = data_of("state file")
    whole = names_in(imported(state)[0])
    damaged = copy.deepcopy(state)
    index = data.draw(st.integers(0, len(state["resources"]) - 1))
    damaged["resources"][index] = data.draw(JUNK)
    assert len(whole - names_in(imported(damaged)[0])) <= 1


@pytest.mark.parametrize("name", FILES)
@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(share=st.floats(0, 1))
def test_a_file_that_was_cut_off_is_remarked(tmp_path, name, share):
    """A truncated file is said to be one, or gives a world that loads."""
    text = FILES[name].read_text(encoding="utf-8")
    whole = tmp_path / "whole.json"
    whole.write_text('{"Resources": {"A": {"Type": "AWS::IAM::User"}}}', encoding="utf-8")
    file = tmp_path / f"cut{FILES[name].suffix}"
    file.write_text(text[: int(len(text) * share)], encoding="utf-8")
    found = import_sources([str(tmp_path)])
    assert to_world(found).problems == []
    assert ("000000000000", "users", "whole-A") in names_in(found.data)
    others = found.data["accounts"].keys() - {"000000000000"}
    assert share == 1 or others or any(remark.source == str(file) for remark in found.remarks)
