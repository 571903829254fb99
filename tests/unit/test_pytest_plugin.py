"""The pytest plugin, run in a project of its own."""

from __future__ import annotations

import json

import pytest

READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*"}],
}
SUITE = """
title: who reads
tags: [reports]
world: world.json
requests:
  - name: the app reads
    principal: arn:aws:iam::111122223333:role/app
    action: s3:GetObject
    resource: arn:aws:s3:::reports/a
    expect: allowed
  - name: the app
    principal: arn:aws:iam::111122223333:role/app
    resource: arn:aws:s3:::reports/a
    allowed: [s3:PutObject]
    denied: [s3:DeleteObject]
"""
TESTS = """
import pytest
from iamsim.testing import assert_allowed, assert_denied, can

APP = "arn:aws:iam::111122223333:role/app"

def test_the_fixture_is_the_current_world(world):
    assert_allowed(principal=APP, action="s3:GetObject", resource="arn:aws:s3:::reports/a")
    assert_denied(world, principal=APP, action="s3:PutObject", resource="arn:aws:s3:::reports/a")

def test_a_sentence(world):
    assert can(APP).do("s3:PutObject").on("arn:aws:s3:::reports/a")
"""


@pytest.fixture
def project(pytester):
    """A project with a world, a suite and tests."""
    world = {"accounts": {"111122223333": {"roles": {"app": {"policies": [READ]}}}}}
    pytester.makefile(".json", world=json.dumps(world))
    (pytester.path / "who.iamtest.yaml").write_text(SUITE, encoding="utf-8")
    return pytester


def run(project, *arguments):
    """Run pytest there, with no plugin but ours."""
    return project.runpytest_subprocess(
        "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments
    )


def test_suites_are_collected_and_failures_say_why(project):
    """Cases have readable ids; a failure shows place, expectation and deciding layer."""
    result = run(project, "-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "who.iamtest.yaml::the app reads PASSED*",
            "who.iamtest.yaml::the app [[]s3:PutObject[]] FAILED*",
            "who.iamtest.yaml::the app [[]s3:DeleteObject[]] PASSED*",
            "*who.iamtest.yaml:11",
            "expected allowed, got implicitDeny",
            "denied: no identity-based policy allows s3:PutObject*",
        ]
    )


def test_a_case_is_run_by_its_id_and_picked_by_tag(project):
    """Node ids and the words of `-k` work as for Python tests."""
    run(project, "who.iamtest.yaml::the app reads").assert_outcomes(passed=1)
    run(project, "-k", "reports and reads").assert_outcomes(passed=1, deselected=2)


def test_a_file_that_cannot_be_read_is_an_error_with_its_place(project):
    """A broken suite is one error, and the rest runs."""
    (project.path / "b.iamtest.yaml").write_text("title: t\nrequest: []\n", encoding="utf-8")
    result = run(project, "--continue-on-collection-errors")
    result.assert_outcomes(passed=2, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*b.iamtest.yaml:2:1: `request` is not a key of a scenario"])


def test_a_question_that_cannot_be_asked_fails_its_case_alone(project):
    """An error of one case leaves the others be."""
    text = SUITE.replace("action: s3:GetObject", "action: s3Get")
    (project.path / "who.iamtest.yaml").write_text(text, encoding="utf-8")
    result = run(project)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["error: `s3Get` is no single action"])


def test_the_fixture_gives_the_configured_world(project):
    """`iamsim_world` is found beside the configuration, from whatever folder pytest is run in."""
    project.makeini("[pytest]\niamsim_world = world.json\n")
    project.makepyfile(test_it=TESTS)
    result = run(project, "test_it.py")
    result.assert_outcomes(passed=1, failed=1)
    # As `assert_denied` says it: the reason, and the line of policy that came closest.
    result.stdout.fnmatch_lines(
        [
            "*permissions*",
            "denied: no identity-based policy allows s3:PutObject*",
            "*world.json:*",
            "*does not match s3:PutObject*",
        ]
    )


def test_a_test_that_wants_a_world_without_configuration_is_told_how(project):
    """Without configuration the fixture says what to write."""
    project.makepyfile(test_it=TESTS)
    result = run(project, "test_it.py")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*set `iamsim_world = PATH`*"])
    option = run(project, "test_it.py", "--iamsim-world", "world.json")
    option.assert_outcomes(passed=1, failed=1)


def test_the_plugin_costs_nothing_when_unused(pytester):
    """Without suites nothing of iamsim but the plugin itself is imported."""
    pytester.makepyfile(
        """
        import sys

        def test_loaded():
            loaded = {name for name in sys.modules if name.startswith("iamsim")}
            assert loaded == {"iamsim", "iamsim.pytest_plugin"}
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_coverage_is_shown_and_can_fail_a_run(project):
    """The suites' coverage of the world's policies comes after the tests, with a limit."""
    good = SUITE.replace("allowed: [s3:PutObject]\n", "allowed: [s3:GetObjectAcl]\n")
    (project.path / "who.iamtest.yaml").write_text(good, encoding="utf-8")
    result = run(project, "--iamsim-cov")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*coverage of policies*", "*100 % of all statements*"])
    (project.path / "who.iamtest.yaml").write_text(
        good.replace("action: s3:GetObject\n", "action: s3:PutObjectAcl\n")
        .replace("expect: allowed", "expect: denied")
        .replace("allowed: [s3:GetObjectAcl]", "allowed: []"),
        encoding="utf-8",
    )
    result = run(project, "--iamsim-cov-fail-under", "50")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["coverage is 0.00 %, and 50 % is asked for"])
    assert run(project, "--iamsim-cov-fail-under", "0").ret == 0


def test_coverage_of_several_processes_is_added_up(project):
    """With pytest-xdist the table and the limit are those of one process."""
    good = SUITE.replace("allowed: [s3:PutObject]", "allowed: [s3:GetObjectAcl]")
    (project.path / "who.iamtest.yaml").write_text(good, encoding="utf-8")
    one = run(project, "--iamsim-cov")
    options = ("-n", "2", "-p", "no:randomly", "--iamsim-cov", "--iamsim-cov-fail-under")
    spread = project.runpytest_subprocess(*options, "100")
    assert spread.ret == 0
    tables = [
        lines[lines.index("coverage") : lines.index("coverage") + 5]
        for lines in (one.outlines, spread.outlines)
    ]
    assert tables[0] == tables[1]
    (project.path / "who.iamtest.yaml").write_text(
        good.replace("action: s3:GetObject\n", "action: s3:PutObjectAcl\n")
        .replace("expect: allowed", "expect: denied")
        .replace("allowed: [s3:GetObjectAcl]", "allowed: []"),
        encoding="utf-8",
    )
    limited = project.runpytest_subprocess(*options, "10")
    assert limited.ret == pytest.ExitCode.TESTS_FAILED
    limited.stdout.fnmatch_lines(["coverage is 0.00 %, and 10 % is asked for"])


def test_coverage_says_when_a_process_crashed(project):
    """Nobody takes a table in which something is missing for a full one."""
    project.makepyfile(test_it="import os\n\ndef test_crash():\n    os._exit(3)\n")
    result = project.runpytest_subprocess("-n", "1", "-p", "no:randomly", "--iamsim-cov")
    result.stdout.fnmatch_lines(["a process crashed: what it covered is missing"])


def test_several_processes_run_the_same_cases(project):
    """pytest-xdist collects the same ids in every worker."""
    result = project.runpytest_subprocess("-n", "2", "-p", "no:randomly")
    result.assert_outcomes(passed=2, failed=1)
