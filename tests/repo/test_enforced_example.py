"""The example of permissions in unit tests: it finds what is missing, and passes with it."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.repo.conftest import ROOT

PROJECT = ROOT / "corpus" / "examples" / "reports"


def run(*options):
    """Run the project's tests in a process of their own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_missing_permission_is_found():
    """The role may store the report, but not tag it."""
    done = run()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "not authorized to perform: s3:PutObjectTagging" in done.stdout
    said = done.stdout.partition("denied by iamsim")[2]
    assert "denied: no identity-based policy allows s3:PutObjectTagging" in said


def test_with_the_permission_it_passes():
    """The fixed role may do all, and nothing else."""
    done = run("--iamsim-world", "fixed/world.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
