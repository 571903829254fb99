"""The counts of findings in AWS's managed policies, and the list of errors, are current."""

from __future__ import annotations

import sys

from tests.repo.conftest import ROOT, run


def test_the_evidence_of_validation_is_current():
    """A new error in a managed policy shows up here, and must be judged before it is written."""
    done = run(
        sys.executable,
        "scripts/validation_evidence.py",
        "--check",
        cwd=ROOT,
        PYTHONPATH=str(ROOT),
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
