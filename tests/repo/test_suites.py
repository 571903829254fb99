"""The suites of the corpus do what they are there to show: all passes, all is covered, and every
change of a policy is noticed."""

from __future__ import annotations

import pytest

from iamsim.proofs.same_access import same_access
from iamsim.report.coverage import missing_of, percent_of
from iamsim.suites.cases import Shelf, find_files
from iamsim.suites.coverage import Coverage
from iamsim.suites.mutation.run import Verdict, run_mutants, score
from iamsim.suites.runner import collect, run_cases
from tests.repo.conftest import ROOT

FOLDERS = sorted(path for path in (ROOT / "corpus" / "suites").iterdir() if path.is_dir())
SUBJECTS = {
    "boundary-delegation",
    "break-glass",
    "ci-role",
    "cross-account-kms",
    "data-perimeter",
    "github-oidc",
    "permission-sets",
    "region-lock",
}


def test_every_subject_has_a_suite():
    """None was lost."""
    assert {folder.name for folder in FOLDERS} == SUBJECTS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_suite_passes_covers_everything_and_notices_every_change(folder):
    """Each folder has full coverage and no surviving mutant."""
    shelf, coverage = Shelf(), Coverage()
    collected = collect(find_files([str(folder)]), shelf)
    assert not collected.broken
    outcomes = run_cases(collected.cases, shelf, coverage=coverage)
    assert [outcome.case.id for outcome in outcomes if not outcome.passed] == []
    covered = coverage.policies()
    assert {policy.name: missing_of(policy) for policy in covered if missing_of(policy)} == {}
    assert percent_of(covered) == 100
    results = list(run_mutants(collected.cases, shelf, prove=same_access))
    survivors = [result for result in results if result.verdict is Verdict.SURVIVED]
    assert [(survivor.mutant.span.place, survivor.mutant.text) for survivor in survivors] == []
    assert score(results) == 100
    assert any(result.verdict is Verdict.KILLED for result in results)
