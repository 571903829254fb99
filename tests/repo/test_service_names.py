"""Facts about services stand in the catalog: what names one elsewhere has its reason."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from tests.repo.service_names import services_in

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
