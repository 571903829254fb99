"""Policy coverage: what counts as covered, and the files that build servers read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import partial
from xml.etree import ElementTree as ET

import pytest

from iamsim.report.coverage import (
    coverage_blocks,
    coverage_document,
    coverage_to_dict,
    missing_of,
    percent_of,
)
from iamsim.report.coverage_files import coverage_to_cobertura, coverage_to_lcov
from iamsim.report.document import Document
from iamsim.report.paint import Paint
from iamsim.report.writers.text import to_text
from iamsim.suites.cases import Shelf
from iamsim.suites.coverage import Coverage
from iamsim.suites.runner import collect, run_cases

ROLE = "arn:aws:iam::111122223333:role/app"
POLICY = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:ListBucket"],
      "Resource": "arn:aws:s3:::reports/*",
      "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    },
    {
      "Sid": "Write",
      "Effect": "Allow",
      "Action": "s3:PutObject",
      "NotResource": "arn:aws:s3:::reports/old/*"
    },
    {"Sid": "Dead", "Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "*"},
    {"Sid": "Never", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}
  ]
}
"""


@pytest.fixture
def covered(tmp_path, monkeypatch):
    """Run requests against a role with the policy; gives what is covered."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.json").write_text(POLICY, encoding="utf-8")
    world = {
        "accounts": {
            "111122223333": {
                "roles": {"app": {"policies": ["p.json", "arn:aws:iam::aws:policy/ReadOnlyAccess"]}}
            }
        }
    }
    (tmp_path / "world.json").write_text(json.dumps(world), encoding="utf-8")

    def run(*requests, policy=POLICY):
        (tmp_path / "p.json").write_text(policy, encoding="utf-8")
        suite = {
            "title": "t",
            "world": "world.json",
            "requests": [{"principal": ROLE, **request} for request in requests],
        }
        (tmp_path / "a.iamtest.json").write_text(json.dumps(suite), encoding="utf-8")
        shelf, coverage = Shelf(), Coverage()
        run_cases(collect(["a.iamtest.json"], shelf).cases, shelf, workers=4, coverage=coverage)
        return coverage.policies()

    return run


def test_a_file_that_several_suites_name_is_covered_once(tmp_path, monkeypatch):
    """What each suite exercised of a policy is added up in one row."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.json").write_text(POLICY, encoding="utf-8")
    for name, action in (("a", "s3:GetObject"), ("b", "s3:ListBucket")):
        request = {"principal": ROLE, "action": action, "resource": "arn:aws:s3:::reports/a"}
        request |= {"context": {"aws:MultiFactorAuthPresent": "true"}}
        suite = {"title": name, "identity_policies": ["p.json"], "requests": [request]}
        (tmp_path / f"{name}.iamtest.json").write_text(json.dumps(suite), encoding="utf-8")
    shelf, coverage = Shelf(), Coverage()
    cases = collect(["a.iamtest.json", "b.iamtest.json"], shelf).cases
    run_cases(cases, shelf, coverage=coverage)
    (policy,) = coverage.policies()
    read = policy.statements[0]
    assert (read.matched, read.decided) == (2, 2)
    assert [clause.held for clause in read.clauses] == [1, 1, 2, 2]


READ = {"action": "s3:GetObject", "resource": "arn:aws:s3:::reports/a"}
MFA = {"aws:MultiFactorAuthPresent": "true"}
NO_MFA = {"aws:MultiFactorAuthPresent": "false"}


def test_what_was_never_asked_is_not_covered(covered):
    """A policy that no request touched counts with everything it has, but for what is dead; AWS's
    own policies do not count."""
    policies = covered({"action": "sqs:SendMessage", "resource": "*"})
    assert [policy.name for policy in policies] == ["p.json"]
    assert percent_of(policies) == 0.0
    assert missing_of(policies[0]) == [
        (4, "statement 1 `Read` never matched"),
        (11, "statement 2 `Write` never matched"),
        (17, "statement 3 `Dead` is dead: no request can reach it"),
        (18, "statement 4 `Never` never matched"),
    ]


def test_a_condition_must_go_both_ways(covered):
    """Held and blocked are two things to cover; an entry that never matched is a third."""
    (policy,) = covered({**READ, "context": MFA})
    assert (7, "Action s3:ListBucket never matched") in missing_of(policy)
    lack = "Condition Bool aws:MultiFactorAuthPresent: true never kept the statement from matching"
    assert (9, lack) in missing_of(policy)
    (policy,) = covered({**READ, "context": MFA}, {**READ, "context": NO_MFA})
    assert (9, lack) not in missing_of(policy)
    (policy,) = covered({**READ, "context": NO_MFA})
    assert (4, "statement 1 `Read` never matched (one clause alone kept it from matching)") in (
        missing_of(policy)
    )
    assert policy.statements[0].blocked == 1


def test_all_is_covered_when_everything_was_exercised(covered):
    """Every statement matched, every entry held, every condition went both ways."""
    policies = covered(
        {**READ, "context": MFA},
        {**READ, "context": NO_MFA},
        {"action": "s3:ListBucket", "resource": "arn:aws:s3:::reports/a", "context": MFA},
        {"action": "s3:PutObject", "resource": "arn:aws:s3:::reports/new"},
        {"action": "s3:PutObject", "resource": "arn:aws:s3:::reports/old/a"},
        {"action": "s3:DeleteObject", "resource": "arn:aws:s3:::reports/a"},
    )
    assert percent_of(policies) == 100.0
    assert "100 % of all statements and clauses are covered" in to_text(
        coverage_document(policies), Paint(), 100
    )
    more = Document("", coverage_blocks(policies, verbose=True))
    assert "is dead" in to_text(more, Paint(), 100)
    never = policies[0].statements[3]
    assert (never.matched, never.decided) == (1, 1)


def test_the_share_never_reads_as_all_when_it_is_not(covered):
    """99.6 % is 99 %."""
    text = to_text(coverage_document(covered({**READ, "context": MFA})), Paint(), 100)
    assert "100 %" not in text


def test_lcov_has_lines_and_branches(covered):
    """A line counts what is exercised least on it; conditions are branches with two outcomes."""
    text = coverage_to_lcov(covered({**READ, "context": MFA}))
    lines = text.splitlines()
    assert lines[:2] == ["TN:", "SF:p.json"]
    assert "BRDA:9,0,0,1" in lines
    assert "BRDA:9,0,1,0" in lines
    assert "DA:4,1" in lines
    assert "DA:7,0" in lines  # s3:ListBucket stands on it too
    assert "DA:8,1" in lines
    assert "DA:17,0" not in lines  # dead
    assert lines[-1] == "end_of_record"
    counted = {line.partition(":")[0]: line.partition(":")[2] for line in lines}
    hits = [line for line in lines if line.startswith("DA:")]
    assert counted["LF"] == str(len(hits))
    assert counted["LH"] == str(sum(not line.endswith(",0") for line in hits))


@pytest.mark.parametrize("one_line", [False, True])
def test_lcov_is_what_genhtml_takes(covered, tmp_path, one_line):
    """No branch of a line that was not reached is said to be taken, or not taken."""
    if one_line:
        text = json.dumps(json.loads(POLICY))
        covered = partial(covered, policy=text)
    text = coverage_to_lcov(covered({**READ, "context": MFA}))
    hits = dict(re.findall(r"^DA:(\d+),(\d+)$", text, re.MULTILINE))
    branches = re.findall(r"^BRDA:(\d+),\d+,\d+,(.+)$", text, re.MULTILINE)
    assert branches
    for number, taken in branches:
        assert (taken == "-") is (hits[number] == "0")
    assert {taken for _, taken in branches} == ({"-"} if one_line else {"1", "0"})
    program = shutil.which("genhtml")
    if program is not None:
        (tmp_path / "c.info").write_text(text, encoding="utf-8")
        command = [program, "--branch-coverage", "c.info", "-o", "html"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "warning" not in (done.stdout + done.stderr).lower()


def test_cobertura_says_the_same(covered):
    """The same lines with the same hits, in the other form."""
    policies = covered({**READ, "context": MFA})
    root = ET.fromstring(coverage_to_cobertura(policies))  # noqa: S314 - our own text
    rows = {int(row.get("number")): row for row in root.iter("line")}
    lcov = [
        row[3:].split(",") for row in coverage_to_lcov(policies).splitlines() if row[:3] == "DA:"
    ]
    assert {number: int(row.get("hits")) for number, row in rows.items()} == {
        int(number): int(hits) for number, hits in lcov
    }
    assert rows[9].get("condition-coverage") == "50% (1/2)"
    assert root.get("lines-valid") == str(len(rows))


def test_the_data_has_every_clause(covered):
    """Counts of statements and clauses, as JSON."""
    data = coverage_to_dict(covered({**READ, "context": MFA}, {**READ, "context": NO_MFA}))
    statement = data["policies"][0]["statements"][0]
    assert (statement["matched"], statement["blocked"]) == (1, 1)
    assert statement["clauses"][-1] == {
        "element": "Condition",
        "text": "Bool aws:MultiFactorAuthPresent: true",
        "line": 9,
        "held": 1,
        "blocked": 1,
    }


def test_nothing_to_cover_is_all_covered():
    """Without policies nothing is missing."""
    assert percent_of([]) == 100.0
    assert "there is nothing to cover" in to_text(coverage_document([]), Paint(), 100)
    assert coverage_to_lcov([]) == ""
    assert ET.fromstring(coverage_to_cobertura([])).get("lines-valid") == "0"  # noqa: S314 - as above
