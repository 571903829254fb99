"""`iamsim validate`: what is found where, what it is taken for, and how the command ends."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from iamsim.catalog import managed
from iamsim.checks.validate import Validator
from iamsim.cli.main import main
from iamsim.core.decision import PolicyType
from iamsim.inputs.policy_files import find_policies

GOOD = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
WARNED = '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'


def found(*paths):
    """Give name and type of the policies below paths, and what could not be read."""
    unreadable = []
    policies = list(find_policies([str(path) for path in paths], unreadable))
    return policies, unreadable


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("policy.json", None),
        ("scp/policy.json", PolicyType.SERVICE_CONTROL),
        ("rcps/policy.json", PolicyType.RESOURCE_CONTROL),
        ("deny-regions.scp.json", PolicyType.SERVICE_CONTROL),
        ("base-rcp.json", PolicyType.RESOURCE_CONTROL),
        ("boundary.json", None),
    ],
)
def test_control_policies_are_told_by_their_place(tmp_path, name, expected):
    """Service control and resource control policies look alike: their names tell them apart."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    text = GOOD.replace('"Action": "*"', '"Principal": "*", "Action": "s3:*"')
    path.write_text(text if "rcp" in name else GOOD, encoding="utf-8")
    ((policy,), unreadable) = found(path)
    assert (policy.policy_type, unreadable) == (expected, [])


@pytest.mark.parametrize(
    "name",
    [
        "AdministratorAccess",
        "AdministratorAccess-Amplify",
        "AWSLambda_FullAccess",
        "job-function/ViewOnlyAccess",
        "arn:aws:iam::aws:policy/AdministratorAccess",
    ],
)
def test_an_aws_managed_policy_is_checked_by_its_name(name, capsys):
    """As wherever a policy is taken; there is no file of it to be mended."""
    (policy,), unreadable = found(name)
    assert (policy.name, unreadable) == (name, [])
    assert main(["validate", name, "--diff"]) == 0
    assert "1 policy" in capsys.readouterr().out
    assert found("NoSuchPolicy")[0] == []


def test_a_folder_gives_its_policies_and_nothing_else(tmp_path):
    """JSON and YAML files with a policy are found at any depth, other files are passed over."""
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.json").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.json").write_text('{"no": ["policy"]}', encoding="utf-8")
    (tmp_path / "c.txt").write_text(GOOD, encoding="utf-8")
    (tmp_path / "d.yaml").write_text(f"policy: {GOOD}\nother: {WARNED}\n", encoding="utf-8")
    policies, unreadable = found(tmp_path)
    names = [Path(policy.name).relative_to(tmp_path).as_posix() for policy in policies]
    assert names == ["d.yaml", "d.yaml", "deep/er/a.json"]
    assert unreadable == []


def test_a_file_by_name_is_checked_whatever_it_holds(tmp_path):
    """A JSON file that was named is a policy, even without statements."""
    path = tmp_path / "empty.json"
    path.write_text("{}", encoding="utf-8")
    ((policy,), _) = found(path)
    codes = [finding.code for finding in policy.check(Validator(), None, None)]
    assert "MISSING_STATEMENT" in codes


def test_a_plan_of_terraform_is_no_broken_policy(tmp_path):
    """By name it is told what to do with it; in a folder it is passed over."""
    plan = tmp_path / "plan.json"
    plan.write_text('{"format_version": "1.2", "terraform_version": "1.9.0"}', encoding="utf-8")
    unreadable = []
    assert not list(find_policies([str(plan)], unreadable))
    assert len(unreadable) == 1
    assert "iamsim import" in unreadable[0]
    assert not list(find_policies([str(tmp_path)], unreadable))
    assert len(unreadable) == 1


def test_policies_of_a_world_have_the_types_of_their_places(tmp_path):
    """Members of a world tell role trust policies and boundaries; others are recognized."""
    trust = '{"Statement": {"Principal": {"AWS": "1"}, "Action": "sts:*", "Effect": "Allow"}}'
    path = tmp_path / "world.yaml"
    path.write_text(
        f"role:\n  trust: {trust}\n  boundary: {GOOD}\n  policies: [{GOOD}]\nscps: [{GOOD}]\n",
        encoding="utf-8",
    )
    policies, _ = found(path)
    assert [policy.policy_type for policy in policies] == [
        PolicyType.TRUST,
        PolicyType.PERMISSIONS_BOUNDARY,
        PolicyType.IDENTITY,
        PolicyType.SERVICE_CONTROL,
    ]
    spans = policies[1].check(Validator(select=("MISSING_VERSION",)), None, None)
    assert spans == ()


def test_files_that_cannot_be_read_are_told(tmp_path):
    """A file that is no text, and one that is not there, lose no other file."""
    bad = tmp_path / "bad.json"
    bad.write_bytes(b'{"Statement": "\xff"}')
    good = tmp_path / "good.json"
    good.write_text(GOOD, encoding="utf-8")
    policies, unreadable = found(bad, tmp_path / "none.json", good)
    assert [policy.name for policy in policies] == [str(good)]
    assert len(unreadable) == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--fail-on", "warning"], 1),
        (["--fail-on", "suggestion"], 1),
        (["--fail-on", "security-warning"], 0),
        (["--fail-on", "never"], 0),
        (["--fail-on", "suggestion", "--ignore", "missing_version"], 0),
        (["--fail-on", "suggestion", "--select", "INVALID_EFFECT"], 0),
    ],
)
def test_the_exit_code_follows_the_gravest_finding(tmp_path, capsys, options, code):
    """Findings as grave as `--fail-on`, or graver, make the exit code 1."""
    path = tmp_path / "policy.json"
    path.write_text(WARNED, encoding="utf-8")
    assert main(["validate", str(path), *options]) == code
    assert "in 1 policy" in capsys.readouterr().out


def test_standard_input_is_a_policy(monkeypatch, capsys):
    """A dash reads the policy from standard input, and errors name it so."""
    stream = io.TextIOWrapper(io.BytesIO(b'{"Statement": [}'), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    assert main(["validate", "-"]) == 1
    assert capsys.readouterr().out.startswith("standard input:1:16: error JSON_SYNTAX_ERROR")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert main(["validate", "-"]) == 0  # another run reads its own


def test_a_folder_without_policies_is_an_error(tmp_path, capsys):
    """Nothing to check is told, not passed over."""
    assert main(["validate", str(tmp_path)]) == 2
    assert "there is no policy in what was given" in capsys.readouterr().err


def test_output_goes_to_a_file(tmp_path, capsys):
    """With `-o` nothing but the file is written."""
    path, target = tmp_path / "policy.json", tmp_path / "log.sarif"
    path.write_text(WARNED, encoding="utf-8")
    assert main(["validate", str(path), "--format", "sarif", "-o", str(target)]) == 0
    assert '"ruleId": "MISSING_VERSION"' in target.read_text("utf-8")
    assert capsys.readouterr() == ("", "")


def test_managed_policies_are_policies_to_the_checks():
    """A large sample of AWS's own policies is read whole: no check takes one for broken JSON."""
    validator = Validator()
    for arn in managed.arns()[::25]:
        findings = validator.validate_text(managed.find_managed_policy(arn).document_text)
        assert "JSON_SYNTAX_ERROR" not in {finding.code for finding in findings}
