"""What is imported from the plans, states and templates of the corpus, and what it means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from iamsim.importers.frame import import_sources
from iamsim.importers.load import to_world
from iamsim.importers.options import SourceOptions
from iamsim.importers.writing import write_folder
from iamsim.suites.run import run_scenario
from iamsim.suites.scenario import load_scenario
from iamsim.world.load import load_world

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamsim.world.model import AnyPolicy, World

IMPORTS = Path(__file__).parent.parent.parent / "corpus" / "imports"
CASES = sorted(path.parent for path in IMPORTS.glob("*/*/questions.yaml"))
NAMED = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
TEMPLATES = IMPORTS / "cloudformation"


def written(case: Path, options: SourceOptions | None = None) -> str:
    """Import the sources of a case, and write down what came of it."""
    imported = import_sources([str(case / "source")], options=options)
    assert to_world(imported).problems == []
    remarks = [
        {
            "source": Path(remark.source).relative_to(case).as_posix() if remark.source else "",
            "place": remark.place,
            "code": remark.code,
            "message": remark.message,
            "severity": remark.severity,
        }
        for remark in imported.remarks
    ]
    world = {"world": imported.data, "remarks": remarks}
    return json.dumps(world, indent=1, ensure_ascii=False) + "\n"


@NAMED
def test_the_sources_of_a_case_give_the_world_that_stands_beside_them(case, golden):
    """The whole world and all remarks, which a person has read."""
    golden(case / "expected.json", written(case))


@NAMED
def test_importing_again_gives_the_same(case):
    """The same sources give the same text, byte for byte."""
    assert written(case) == written(case)


@NAMED
def test_what_is_written_loads_as_what_was_imported(case, tmp_path):
    """The folder that an import writes holds the same world."""
    imported = import_sources([str(case / "source")])
    write_folder(imported.data, str(tmp_path / "world"))
    ours, theirs = to_world(imported), load_world(tmp_path / "world")
    assert contents(theirs) == contents(ours)


def contents(world: World) -> dict[str, object]:
    """List what a world holds, with the documents of all policies."""
    return {
        account.id: {
            "principals": {
                principal.arn: [documents(principal.policies), documents([principal.boundary])]
                for principal in (*account.users.values(), *account.roles.values())
            },
            "trust": {role.arn: documents([role.trust]) for role in account.roles.values()},
            "groups": {group.arn: documents(group.policies) for group in account.groups.values()},
            "resources": {
                resource.arn: [documents([resource.policy]), resource.tags, resource.grants == ()]
                for resource in account.resources.values()
            },
            "endpoints": {
                endpoint.id: documents([endpoint.policy])
                for endpoint in account.vpc_endpoints.values()
            },
        }
        for account in world.accounts.values()
    }


def documents(policies: Iterable[AnyPolicy | None]) -> list[object]:
    """Give the documents of policies, or the ARNs of those of AWS."""
    return [
        getattr(policy, "document", None) or getattr(policy, "arn", None) for policy in policies
    ]


@NAMED
def test_the_imported_world_answers_as_expected(case):
    """The scenario of a case asks the sources directly."""
    results = run_scenario(load_scenario(case / "questions.yaml"))
    assert results
    assert {result.request.name: result.failures for result in results if not result.met} == {}


def test_the_world_before_a_plan(golden):
    """Of a plan that changes and deletes, what is there before."""
    case = IMPORTS / "terraform" / "changed-account"
    golden(case / "before.json", written(case, SourceOptions(planned=False)))


def test_sam_is_expanded_as_its_own_translator_does():
    """The template and what aws-sam-translator made of it give the same world."""
    ours, theirs = (
        import_sources([str(TEMPLATES / name / "source")]).data
        for name in ("serverless", "serverless-translated")
    )
    # The stage of an API is in the name of the permission; the version that the translator
    # leaves out of some documents is ours.
    text = json.dumps(theirs, sort_keys=True).replace(
        "OrdersGetPermissionProd", "OrdersGetPermission"
    )
    text = text.replace('"template.json"', '"template.yaml"')
    assert without_versions(json.loads(text)) == without_versions(ours)


def without_versions(value: object) -> object:
    """Drop the policy language versions."""
    if isinstance(value, dict):
        return {key: without_versions(item) for key, item in value.items() if key != "Version"}
    return [without_versions(item) for item in value] if isinstance(value, list) else value
