"""The standing comparison with answers of AWS's ValidatePolicy that somebody recorded.

The answers are under GPL-3.0, so they are not here: `IAMSIM_RECORDED_ANSWERS` names a checkout of
https://github.com/zoph-io/MAMIP. Without it the comparison is tried on answers made here, and what
the page says of the last one is read.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from iamsim.checks.codes import CODES, FindingType, learn_more
from tests.repo.conftest import ROOT

SCRIPT = ROOT / "scripts" / "compare_validation.py"
PAGE = ROOT / "docs" / "explanation" / "validation-evidence.md"
ROW = re.compile(r"^\| [A-Z_]+ \| `([A-Z_]+)` ((?:\| \d+ ){4})\|$", re.MULTILINE)
GIVEN = os.environ.get("IAMSIM_RECORDED_ANSWERS")
WRONG = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "x", "Resource": "*"}}


def compare(folder: Path) -> tuple[int, str]:
    """Run the comparison."""
    done = subprocess.run(
        [sys.executable, SCRIPT, folder],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.returncode, done.stdout


def recorded(folder: Path, count: int, found: int) -> Path:
    """A checkout of some policies with one fault each, which AWS found in some of them."""
    (folder / "policies").mkdir()
    (folder / "findings").mkdir()
    (folder / "DEPRECATED.json").write_text("{}", "utf-8")
    path = [{"value": "Statement"}, {"value": "Action"}]
    finding = {
        "findingType": "ERROR",
        "issueCode": "INVALID_ACTION",
        "locations": [{"path": path}],
    }
    for number in range(count):
        data = {"PolicyVersion": {"Document": WRONG}}
        (folder / "policies" / f"p{number}").write_text(json.dumps(data), "utf-8")
        if number < found:
            (folder / "findings" / f"p{number}.json").write_text(json.dumps([finding]), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("count", "found", "code", "share"), [(50, 49, 0, "98.0%"), (50, 48, 1, "96.0%")]
)
def test_the_comparison_fails_below_98_percent(tmp_path, count, found, code, share):
    """By sets of codes; each code and its places have a row."""
    done, text = compare(recorded(tmp_path, count, found))
    assert done == code
    assert text.startswith(f"{found} of {count} policies with the same set of codes: {share}\n")
    row = f"| ERROR | `INVALID_ACTION` | {found} | 0 | {count - found} | {found} |"
    assert text.splitlines()[-1] == row


def test_the_page_says_how_each_code_agrees():
    """The last comparison reached what it must, and its places are AWS's."""
    text = PAGE.read_text("utf-8")
    share = re.search(r"same set of codes for ([\d,]+) of them, \*\*([\d.]+) %\*\*", text)
    assert float(share[2]) >= 98
    rows = {
        code: [int(entry) for entry in re.findall(r"\d+", counts)]
        for code, counts in ROW.findall(text)
    }
    assert len(rows) == 18
    assert sum(both - same for both, _, _, same in rows.values()) <= 1
    assert sum(theirs for _, theirs, _, _ in rows.values()) == 0


@pytest.mark.skipif(GIVEN is None, reason="the recorded answers are under GPL-3.0, and not here")
def test_the_answers_of_aws_are_ours():
    """And the table of the page is theirs."""
    code, text = compare(Path(GIVEN))
    assert code == 0
    assert ROW.findall(text) == ROW.findall(PAGE.read_text("utf-8"))


def test_every_error_has_its_evidence():
    """The page says of each code that is an error where AWS calls it one."""
    text = PAGE.read_text("utf-8")
    rows = dict(re.findall(r"^\| \[?`([A-Z0-9_]+)`[^|]*\| (\S[^|]*) \|$", text, re.MULTILINE))
    errors = {code for code, kind in CODES.items() if kind is FindingType.ERROR}
    told = {
        code: what
        for code, what in rows.items()
        if f"[`{code}`]({learn_more(code)})" in text or "https://docs.aws.amazon.com/" in what
    }
    assert told.keys() == errors
