"""`iamsim explain SCENARIO.yaml`."""

from __future__ import annotations

import json

import pytest

from iamsim.cli.main import main

SCENARIO = """title: Reading | writing
defaults: {principal: "arn:aws:iam::111122223333:user/nora"}
identity_policies:
- {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:Get*', Resource: '*'}]}
requests:
- {name: reads, action: s3:GetObject, expect: allowed}
- {name: writes, action: [s3:PutObject, s3:GetObject]}
"""


@pytest.fixture
def run(capsys, tmp_path):
    """Write a scenario and run it: exit code and output."""

    def call(text: str, *words: str) -> tuple[int, str]:
        file = tmp_path / "case.yaml"
        file.write_text(text, encoding="utf-8")
        code = main(["explain", str(file), *words])
        return code, capsys.readouterr().out.replace(str(file), "case.yaml")

    return call


def test_each_request_has_a_line(run):
    """A request is one line with its verdict and whether that was expected."""
    code, out = run(SCENARIO)
    assert code == 0
    assert out.splitlines() == [
        "Reading | writing (case.yaml)",
        "  ok  allowed       reads",
        "  ok  implicitDeny  writes",
        "",
        "2 requests, all as expected",
    ]


def test_a_failed_expectation_exits_with_one_and_says_why(run):
    """What was not as expected is said below the request, with the reason of the answer."""
    code, out = run(SCENARIO.replace("expect: allowed", "expect: denied"))
    assert code == 1
    assert "  FAIL  allowed       reads\n" in out
    assert "not as expected\n  - reads\n    expected denied, got allowed\n" in out
    assert "    allowed: statement 1 of identity-based policy" in out
    assert out.endswith("2 requests, 1 not as expected\n")


def test_nothing_expected_is_nothing_met(run):
    """Without expectations, the last line only counts."""
    assert run(SCENARIO.replace(", expect: allowed", ""))[1].endswith("\n2 requests\n")


def test_quiet_verbose_json_and_markdown(run):
    """The other forms of output hold the same answers."""
    assert run(SCENARIO, "-q")[1] == "allowed\nimplicitDeny\n"
    verbose = run(SCENARIO, "-v")[1]
    assert verbose.count("every statement") == 3
    data = json.loads(run(SCENARIO, "--format", "json")[1])
    first, second = data["scenarios"][0]["requests"]
    assert first["answer"]["decision"] == "allowed"
    assert [answer["decision"] for answer in second["answer"]["answers"]] == [
        "implicitDeny",
        "allowed",
    ]
    markdown = run(SCENARIO, "--format", "markdown")[1]
    assert "| ok | allowed | reads | statement 1" in markdown
