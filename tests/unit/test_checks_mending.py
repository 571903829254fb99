"""Certain mends: what they change in the text, and what is left alone."""

from __future__ import annotations

import io
import json

import pytest

from iamsim.checks import mends
from iamsim.checks.mending import mend
from iamsim.checks.mends import MENDS, Mend
from iamsim.checks.validate import Validator
from iamsim.cli.main import main
from iamsim.core.decision import PolicyType
from iamsim.syntax.splicing import apply_changes, replace_value
from iamsim.world.documents import parse_document

VALIDATOR = Validator()


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """Say so."""
        return True


def mended(text, policy_type=None):
    """One round after the other, as `--fix` makes them; gives the text and the codes mended."""
    codes = set()
    for _ in range(10):
        examined = VALIDATOR.examine_text(text, "policy", policy_type)
        done = mend(examined.view, examined.findings, (), "json")
        codes |= {finding.code for finding in done.mended}
        after = apply_changes(text, done.changes)
        if after == text:
            return text, codes
        text = after
    raise AssertionError(text)


def statement(**elements):
    """A policy with one statement, allowing s3:GetObject on everything unless told otherwise."""
    plain = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    merged = {key: value for key, value in {**plain, **elements}.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [merged]})


@pytest.mark.parametrize(
    ("before", "code", "after"),
    [
        ({"Action": ["s3:Get*", "s3:GetObject"]}, "REDUNDANT_ACTION", {"Action": ["s3:Get*"]}),
        (
            {"Resource": ["arn:aws:s3:::a/b", "arn:aws:s3:::a/*", "arn:aws:s3:::a/*"]},
            "REDUNDANT_RESOURCE",
            {"Resource": ["arn:aws:s3:::a/*"]},
        ),
        (
            {"Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.7/24", "10.0.0.0/8"]}}},
            "IMPROVE_IP_RANGE",
            {"Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}}},
        ),
        (
            {"Condition": {"ipaddressifexists": {"aws:SourceIp": "10.0.0.0/8"}}},
            "IAMSIM_OPERATOR_LETTER_CASE",
            {"Condition": {"IpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}}},
        ),
        ({"Condition": {}}, "EMPTY_OBJECT_CONDITION", {}),
        ({"Condition": {"Bool": {}}}, "EMPTY_OBJECT_CONDITION", {}),
        ({"Sid": ""}, "EMPTY_SID_VALUE", {}),
        (
            {"Condition": {"StringLike": {"aws:PrincipalTag/team": ["*"]}}},
            "EQUIVALENT_TO_NULL_FALSE",
            {"Condition": {"Null": {"aws:PrincipalTag/team": "false"}}},
        ),
        (
            {"Condition": {"StringNotLike": {"aws:PrincipalTag/team": "*"}}},
            "EQUIVALENT_TO_NULL_TRUE",
            {"Condition": {"Null": {"aws:PrincipalTag/team": "true"}}},
        ),
        (
            {"Condition": {"StringLikeIfExists": {"aws:PrincipalTag/team": "*"}}},
            "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
            {},
        ),
        (
            {"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": ["60", "600"]}}},
            "REDUNDANT_CONDITION_VALUE_NUM",
            {"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": ["600"]}}},
        ),
        ({"Effect": "allow"}, "INVALID_EFFECT", {}),
        ({"Effect": None, "effect": "Deny"}, "INVALID_POLICY_ELEMENT", {"Effect": "Deny"}),
    ],
)
def test_certain_mends(before, code, after):
    """The finding is gone, the rest stays, and nothing is left to mend."""
    text, codes = mended(statement(**before))
    assert code in codes
    assert json.loads(text) == json.loads(statement(**after))


@pytest.mark.parametrize(
    "elements",
    [
        {"Action": "s3:GetObject", "action": "s3:PutObject"},
        {"Effect": "Permit"},
        {"Condition": {"StringLike": {"aws:PrincipalTag/a": "*", "aws:PrincipalTag/b": "x"}}},
        {"Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": "*"}}},
        {"Condition": {"StringLike": {"aws:PrincipalTag/a": "*"}, "Null": {"aws:TagKeys": "true"}}},
        {"Condition": {"Bool": {"a:b": "true"}, "bool": {"a:c": "true"}}},
    ],
)
def test_what_is_not_certain_is_left(elements):
    """Two elements of one name, a word that is none, conditions beside others."""
    text = statement(**elements)
    assert mended(text)[0] == text


def test_version_is_added_only_where_nothing_can_be_a_variable():
    """With a version, `${...}` would mean something else."""
    plain = '{\n  "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}\n}\n'
    text, codes = mended(plain)
    assert text == plain.replace("{\n", '{\n  "Version": "2012-10-17",\n', 1)
    assert codes == {"MISSING_VERSION"}
    variable = plain.replace('"*"}', '"arn:aws:s3:::a/${aws:username}"}')
    assert mended(variable)[0] == variable
    key = plain.replace('"*"}', '"*", "Condition": {"Bool": {"a:${b}": "true"}}}')
    assert "Version" not in mended(key)[0]


def test_statement_that_repeats_another_goes():
    """Even of several lines, with the comma."""
    policy = json.loads(statement())
    policy["Statement"] *= 3
    text, codes = mended(json.dumps(policy, indent=4))
    assert json.loads(text) == json.loads(statement())
    assert codes == {"REDUNDANT_STATEMENT"}


def test_trust_policy_and_resource_policy_are_mended_too():
    """Principals of every kind are asked as callers."""
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": ["111122223333", "arn:aws:iam::444455556666:root"]},
            "Action": ["sts:AssumeRole", "sts:assumerole"],
        },
    }
    text, codes = mended(json.dumps(trust), PolicyType.TRUST)
    assert json.loads(text)["Statement"]["Action"] == ["sts:AssumeRole"]
    assert codes == {"REDUNDANT_ACTION"}
    resource = {**trust, "Statement": {**trust["Statement"], "Action": ["s3:*", "s3:GetObject"]}}
    resource["Statement"]["Resource"] = ["arn:aws:s3:::a/${aws:username}/*"]
    resource["Statement"]["Principal"] = {"Service": "s3.amazonaws.com", "AWS": "*"}
    text, codes = mended(json.dumps(resource), PolicyType.RESOURCE)
    assert json.loads(text)["Statement"]["Action"] == ["s3:*"]


@pytest.mark.parametrize(
    "condition",
    [
        {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
        {"NumericLessThan": {"s3:max-keys": "10"}},
        {"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "255.0.0.0/8", "::/0"]}},
        {"StringEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/crew}"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}},
        {"Null": {"aws:TokenIssueTime": "false"}},
        {"Null": {"aws:TokenIssueTime": "true"}},
        {"StringNotEquals": {"aws:PrincipalTag/team": "a"}},
    ],
)
def test_a_mend_that_would_change_a_decision_is_refused(monkeypatch, condition):
    """Whatever a mend claims, the engine is asked with the values that the policy names."""

    def widen(policy, finding):
        del finding
        return [replace_value(policy.source, ("Statement", 0, "Condition"), {})]

    monkeypatch.setitem(mends.MENDS, "REDUNDANT_ACTION", Mend(widen))
    text = statement(Action=["s3:*", "s3:GetObject"], Condition=condition)
    examined = VALIDATOR.examine_text(text)
    done = mend(examined.view, examined.findings, (), "json")
    assert "REDUNDANT_ACTION" in {finding.code for finding in done.refused}
    assert "REDUNDANT_ACTION" not in {finding.code for finding in done.mended}


@pytest.mark.parametrize(
    "written",
    ["no list", {"IpAddress": {"aws:SourceIp": "no address"}}, {"NoOperator": {"a:b": "c"}}],
)
def test_a_mend_after_which_aws_would_refuse_the_policy_is_refused(monkeypatch, written):
    """What could be read before must be readable after."""

    def spoil(policy, finding):
        del finding
        return [replace_value(policy.source, ("Statement", 0, "Condition"), written)]

    monkeypatch.setitem(mends.MENDS, "REDUNDANT_ACTION", Mend(spoil))
    text = statement(Action=["s3:*", "s3:GetObject"], Condition={"Bool": {"a:b": "true"}})
    examined = VALIDATOR.examine_text(text)
    done = mend(examined.view, examined.findings, (), "json")
    assert (done.changes, done.mended) == ((), ())
    assert len(done.refused) == 1


def test_only_repairs_are_made_in_a_document_that_aws_refuses():
    """Without decisions before there is nothing to compare the others with."""
    text = statement(Action=["s3:*", "s3:GetObject"], Effect="Permit", resource="*", Resource=None)
    after, codes = mended(text)
    assert codes == {"INVALID_POLICY_ELEMENT"}
    assert json.loads(after)["Statement"][0]["Action"] == ["s3:*", "s3:GetObject"]


def test_policy_inside_a_world_is_mended_in_its_place():
    """A YAML file keeps its comments and its form."""
    text = (
        "accounts:\n  # ours\n  '1':\n    policies:\n      A:\n        Version: '2012-10-17'\n"
        "        Statement:\n        - Effect: Allow\n          Action:\n          - s3:Get*\n"
        "          - s3:GetObject # why\n          - sqs:*\n          Resource: '*'\n"
    )
    path = ("accounts", "1", "policies", "A")
    part = parse_document(text, "world.yaml").sub_document(path)
    examined = VALIDATOR.examine_data(part.data, part.source)
    done = mend(examined.view, examined.findings, path, "yaml")
    assert apply_changes(text, done.changes) == text.replace("          - s3:GetObject # why\n", "")


def test_parts_of_aliases_are_left(tmp_path, monkeypatch, capsys):
    """They stand in several policies; so does what their anchor marks."""
    text = (
        "A: {Version: '2012-10-17', Statement: &all [{Effect: Deny, Action: ['s3:*', 's3:*'],"
        " Resource: '*'}]}\nB: {Version: '2012-10-17', Statement: *all}\n"
    )
    part = parse_document(text, "world.yaml").sub_document(("B",))
    examined = VALIDATOR.examine_data(part.data, part.source)
    assert "REDUNDANT_ACTION" in {finding.code for finding in examined.findings}
    assert mend(examined.view, examined.findings, ("B",), "yaml").changes == ()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world.yaml").write_text(text, "utf-8")
    assert main(["validate", "world.yaml", "--fix"]) == 0
    assert "left as it is" in capsys.readouterr().err
    assert (tmp_path / "world.yaml").read_text("utf-8") == text


def test_every_mend_belongs_to_a_check():
    """The table names codes that exist."""
    from iamsim.checks.codes import CODES

    assert set(MENDS) <= set(CODES)


def test_fix_writes_what_diff_shows(tmp_path, monkeypatch, capsys):
    """`--diff` leaves the file, `--fix` writes it, with its line ends and its byte order mark."""
    monkeypatch.chdir(tmp_path)
    text = statement(Action=["s3:Get*", "s3:GetObject"]).replace(", ", ",\r\n ")
    path = tmp_path / "policy.json"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    before = path.read_bytes()
    assert main(["validate", "policy.json", "--diff"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("--- a/policy.json\n+++ b/policy.json\n")
    assert path.read_bytes() == before
    assert main(["validate", "policy.json", "--fix", "--format", "json"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["findings"] == []
    assert "--- a/policy.json" in output.err
    assert path.read_bytes() == before.replace(b',\r\n "s3:GetObject"', b"")
    assert main(["validate", "policy.json", "--fix"]) == 0
    assert capsys.readouterr().out == "no findings in 1 policy\n"


def test_fix_needs_files(monkeypatch, capsys):
    """Standard input can't be written back."""
    import sys

    stream = io.TextIOWrapper(io.BytesIO(statement().encode()), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    assert main(["validate", "-", "--fix"]) == 2
    assert "can't be mended in place" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("y\nn\ny\n", [True, False, True]),
        ("YES\nmaybe\n\nall\n", [True, True, True]),
        ("no\nquit\n", [False, False, False]),
        ("", [False, False, False]),
    ],
)
def test_fix_asks_about_each_file_in_a_terminal(tmp_path, monkeypatch, capsys, typed, written):
    """Each patch is shown before its question; what was not agreed to stays as it is, and `--yes`
    asks nothing."""
    monkeypatch.chdir(tmp_path)
    text = statement(Action=["s3:Get*", "s3:GetObject"])
    names = ["a.json", "b.json", "c.json"]
    for name in names:
        (tmp_path / name).write_text(text, "utf-8")
    errors = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", Terminal(typed))
        patch.setattr("sys.stderr", errors)
        main(["validate", *names, "--fix"])
    assert [(tmp_path / name).read_text("utf-8") != text for name in names] == written
    output = capsys.readouterr().out
    asked = [name for name in names if f"write {name}?" in errors.getvalue()]
    assert asked
    assert all(f"--- a/{name}" in output for name in asked)
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", Terminal())
        patch.setattr("sys.stderr", errors := Terminal())
        assert main(["validate", *names, "--fix", "--yes"]) == 0
    assert "write" not in errors.getvalue()
    assert text not in [(tmp_path / name).read_text("utf-8") for name in names]
