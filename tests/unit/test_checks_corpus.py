"""Every file of corpus/checks is a test: what must fire fires where it must, the rest is quiet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from iamsim.checks.codes import AWS_CODES, CODES, NOT_CHECKED, OWN_CODES, learn_more
from iamsim.checks.rules import load_rules
from iamsim.checks.validate import Validator
from iamsim.checks.view import CHECKS
from iamsim.core.decision import PolicyType
from iamsim.world.documents import read_document

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "corpus" / "checks"
FILES = sorted(CORPUS.glob("*.yaml"))
AWS_COUNTS = {"ERROR": 79, "SECURITY_WARNING": 19, "WARNING": 26, "SUGGESTION": 29}


def cases(kind):
    """Give the cases of a kind, `fires` or `quiet`, of all files."""
    found = []
    for path in FILES:
        data = read_document(path).data
        for number, case in enumerate(data[kind], start=1):
            found.append(pytest.param(data["code"], case, id=f"{path.stem}-{number}"))
    return found


def findings_of(code, case):
    """Check the policy of a case."""
    validator = Validator(select=(code,) if case.get("selected") else ())
    return validator.validate_text(
        case["policy"], "policy", PolicyType(case["type"]), case.get("resource-type")
    )


def place_text(place):
    """Write a place as the corpus does, with every number as text."""
    path = [str(step) for step in place.path]
    if place.start is None:
        return {"path": path}
    return {"path": path, "substring": [str(place.start), str(place.length)]}


def span_text(span):
    """Write a span as line:column-line:column."""
    end_line, end_column = span.source.line_column(span.end)
    return f"{span.line}:{span.column}-{end_line}:{end_column}"


@pytest.mark.parametrize(("code", "case"), cases("fires"))
def test_a_check_fires_where_it_must(code, case):
    """The code is given, at the paths and the lines and columns that the case lists."""
    found = [finding for finding in findings_of(code, case) if finding.code == code]
    places = [
        place_text(place) | {"span": span_text(span)}
        for entry in found
        for place, span in zip(entry.places, entry.spans, strict=True)
    ]
    assert places == case["at"]


@pytest.mark.parametrize(("code", "case"), cases("quiet"))
def test_a_check_is_quiet_where_it_must(code, case):
    """The code is not given for a policy that is close to one that has the fault."""
    assert code not in {finding.code for finding in findings_of(code, case)}


def test_aws_has_153_codes():
    """The table of ValidatePolicy's codes has as many of each finding type as AWS's page."""
    counts = dict.fromkeys(AWS_COUNTS, 0)
    for kind in AWS_CODES.values():
        counts[kind.value] += 1
    assert counts == AWS_COUNTS


def test_every_code_has_cases_and_a_check_or_a_reason():
    """Each code is either not checked, for a stated reason, or has one check and cases."""
    load_rules()
    checked = [code for check in CHECKS for code in check.codes]
    assert sorted(checked) == sorted(set(checked))
    assert set(checked) | set(NOT_CHECKED) == set(CODES)
    assert not set(checked) & set(NOT_CHECKED)
    assert {path.stem for path in FILES} == set(checked)


def test_the_pages_of_the_checks_are_current():
    """The generated pages are what their script writes, and the list names every code."""
    done = subprocess.run(
        [sys.executable, "scripts/write_checks.py", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    index = (ROOT / "docs" / "reference" / "checks" / "README.md").read_text("utf-8")
    assert all(f"| `{code}` | " in index for code in CODES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_code_has_cases_that_fire_and_cases_that_must_not(path):
    """Each file is about the code of its name, and has cases of both kinds."""
    data = read_document(path).data
    assert set(data) == {"code", "fires", "quiet"}
    assert data["code"] == path.stem
    assert data["fires"]
    assert data["quiet"]
    assert set(AWS_CODES) <= {file.stem for file in FILES}


def test_own_codes_are_told_apart():
    """Our own codes begin with a prefix that AWS does not use, and lead to our own pages."""
    assert all(code.startswith("IAMSIM_") for code in OWN_CODES)
    assert not any(code.startswith("IAMSIM_") for code in AWS_CODES)
    for code in OWN_CODES:
        page, _, heading = learn_more(code).partition("#")
        assert heading == code.lower()
        assert f"\n## {code}\n" in (ROOT / page).read_text("utf-8")


def test_a_learn_more_link_leads_to_the_section_of_the_code():
    """AWS's page calls warnings general warnings, and each section by type and code."""
    link = learn_more("CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION")
    assert link.endswith(
        "#access-analyzer-reference-policy-checks-general-warning"
        "-create-slr-with-star-in-resource-and-not-action"
    )
