"""The JSON Schemas of worlds and scenarios accept what the readers accept, and tell mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from iamsim.cli.main import main
from iamsim.cli.schema import NAMES, schema_of
from iamsim.suites.schema import scenario_schema
from iamsim.world.documents import read_document
from iamsim.world.schema import world_schema

ROOT = Path(__file__).parent.parent.parent
SCENARIOS = sorted(
    [
        *(ROOT / "corpus" / "conformance").rglob("*.yaml"),
        *(ROOT / "corpus" / "unknown-keys").rglob("*.yaml"),
        *(ROOT / "corpus").rglob("*.iamtest.yaml"),
    ]
)
SCENARIO = jsonschema.Draft202012Validator(scenario_schema())
WORLD = jsonschema.Draft202012Validator(world_schema())
WORLDS = sorted((ROOT / "corpus").rglob("world.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one(name):
    """Each is a valid JSON Schema, and every reference in it leads somewhere."""
    schema = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(schema)
    wanted = {part.partition('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert wanted <= set(schema.get("$defs", {}))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: str(path.relative_to(ROOT)))
def test_scenarios_of_the_corpus_fit_the_schema(path):
    """Whatever is read as a scenario fits its schema."""
    SCENARIO.validate(read_document(path).data)


@pytest.mark.parametrize("path", WORLDS, ids=lambda path: str(path.relative_to(ROOT)))
def test_worlds_of_the_corpus_fit_the_schema(path):
    """Whatever is read as a world fits its schema."""
    WORLD.validate(read_document(path).data)


GOOD = {"title": "t", "requests": [{"principal": "anonymous", "action": "s3:GetObject"}]}


@pytest.mark.parametrize(
    "change",
    [
        {"titel": "t"},
        {"requests": []},
        {"requests": [{"principle": "anonymous"}]},
        {"requests": [{"expect": "allow"}]},
        {"requests": [{"because": "boundary"}]},
        {"requests": [{"matrix": {"anonymous": {"alowed": []}}}]},
        {"requests": [{"context": {"aws:SourceIp": {"a": 1}}}]},
        {"identity_policies": {}},
        {"scps": ["FullAWSAccess"]},
    ],
)
def test_mistakes_in_scenarios_are_told(change):
    """What the reader refuses as a fault of form, the schema refuses as well."""
    SCENARIO.validate(GOOD)
    with pytest.raises(jsonschema.ValidationError):
        SCENARIO.validate({**GOOD, **change})


def test_the_command_writes_them(tmp_path, capsys):
    """To standard output or to a file; an unknown name is an error with a hint."""
    assert main(["schema", "world"]) == 0
    assert json.loads(capsys.readouterr().out) == world_schema()
    assert main(["schema", "scenario", "-o", str(tmp_path / "s.json")]) == 0
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8")) == scenario_schema()
    assert main(["schema", "wrld"]) == 2
    assert "did you mean `world`?" in capsys.readouterr().err
