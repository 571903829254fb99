"""What all tests share: hypothesis profiles, the `--update` flag and the golden files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Golden = Callable[[Path, str], None]

pytest_plugins = ["pytester"]  # our own plugin is tried in projects of its own

# `quick` is what a pull request pays for, the same for everybody; `nightly` is what a machine does
# while people sleep, other examples every night.
settings.register_profile(
    "quick",
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile(
    "nightly", settings.get_profile("quick"), max_examples=10_000, derandomize=False
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update`, which rewrites golden files instead of comparing them."""
    parser.addoption("--update", action="store_true", help="rewrite the golden files")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """What a test remembers of its suites is not kept in the user's cache."""
    monkeypatch.setenv("IAMSIM_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test the same terminal: no color, 100 columns, whatever the shell says."""
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "dumb")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare text with a golden file, or write the file under `--update`."""
    update = bool(request.config.getoption("--update"))

    def check(path: Path, text: str) -> None:
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if not path.is_file():
            pytest.fail(f"no golden file {path.name}: run `pytest --update` and read what it wrote")
        assert text == path.read_text(encoding="utf-8")

    return check


@pytest.fixture(scope="session")
def documentation_site(tmp_path_factory):
    """The documentation site, built as its command does; a warning would end it. For tests of one
    worker: those of the group `site`."""
    from tests.repo.conftest import ROOT, run

    folder = tmp_path_factory.mktemp("site")
    script = str(ROOT / "scripts" / "build_site.py")
    done = run(sys.executable, script, str(folder), cwd=ROOT, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stderr) == (0, "")
    return folder
