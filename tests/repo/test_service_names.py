"""Facts about services stand in the catalog: what names one elsewhere has its reason."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from tests.repo.service_names import services_in, tables_in

ROOT = Path(__file__).parent.parent.parent
HOMES = ("iamsim/catalog/", "iamsim/engine/services/")


def reasons() -> dict[str, Any]:
    """Read which modules may name which services, and why."""
    import yaml

    return yaml.safe_load((ROOT / "tests/data/service_names.yaml").read_text(encoding="utf-8"))


REASONS = reasons()
MODULES = [
    name
    for path in sorted((ROOT / "iamsim").rglob("*.py"))
    if not (name := path.relative_to(ROOT).as_posix()).startswith(HOMES)
]


def allowed(module: str) -> set[str] | None:
    """Give the services that a module may name; `None` for any."""
    found = set(REASONS["everywhere"])
    for entry in REASONS["modules"]:
        if fnmatch(module, entry["files"]):
            if entry["services"] == "any":
                return None
            found |= set(entry["services"])
    return found


def test_each_exception_has_a_reason_and_is_needed():
    """An entry that fits no module any more has to go, and a service that none of them names."""
    for entry in REASONS["modules"]:
        assert len(entry["why"]) > len("a reason")
        fitting = [name for name in MODULES if fnmatch(name, entry["files"])]
        named = set().union(*(services_in(ROOT / name) for name in fitting))
        assert named, entry["files"]
        assert entry["services"] == "any" or set(entry["services"]) <= named, entry["files"]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_names_no_service_without_a_reason(module):
    """A table of services is a fact of AWS, and has its home in the catalog."""
    known = allowed(module)
    if known is not None:
        assert services_in(ROOT / module) <= known


def tables() -> list[dict[str, Any]]:
    """Read how many tables of facts stand outside the catalog, and why."""
    import yaml

    return yaml.safe_load((ROOT / "tests/data/tables_of_facts.yaml").read_text(encoding="utf-8"))


def is_in(module: str, pattern: str) -> bool:
    """Whether a pattern names a module; a star stands for no folder."""
    return fnmatch(module, pattern) and module.count("/") == pattern.count("/")


@pytest.mark.parametrize("entry", tables(), ids=lambda entry: entry["files"])
def test_tables_of_facts_have_a_reason(entry):
    """The tables of a room are as many as its reason was given for."""
    assert len(entry["why"]) > len("a reason")
    found = [
        f"{name}:{line}"
        for name in MODULES
        if is_in(name, entry["files"])
        for line, _ in tables_in(ROOT / name)
    ]
    assert len(found) == entry["tables"], found


def test_no_other_module_has_a_table_of_facts():
    """A second table of services, types, actions or global keys drifts from the first."""
    patterns = [entry["files"] for entry in tables()]
    found = {
        f"{name}:{line}": sorted(facts)
        for name in MODULES
        if not any(is_in(name, pattern) for pattern in patterns)
        for line, facts in tables_in(ROOT / name)
    }
    assert not found


def test_tables_are_found_however_they_are_written(tmp_path):
    """Displays of every kind, pairs, chains of comparisons and cases of `match`."""
    module = tmp_path / "module.py"
    module.write_text(
        """
SERVICES = {"s3", "kms", "sqs"}
TYPES = ("AWS::S3::Bucket", "aws_sqs_queue", "AWS::KMS::Key", "else")
KEYS = {"aws:SourceIp": 1, "aws:SourceVpc": 2, "aws:PrincipalTag/team": 3}
ACTIONS = ["s3:GetObject", "arn:aws:sqs:eu-west-1:111122223333:q", "kms:Decrypt"]
FEW = ("s3", "kms", "something else")
ONE = ("s3", "something else", "and more")
def asked(name):
    match name:
        case "s3:PutObject" | "s3:GetObject":
            return 1
        case "sqs:SendMessage":
            return 2
    return name == "sns" or name == "sqs" or "lambda" == name
""",
        encoding="utf-8",
    )
    assert sorted(line for line, _ in tables_in(module)) == [2, 3, 4, 5, 6, 9, 14]
