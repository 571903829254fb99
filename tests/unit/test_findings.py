"""Findings as text, as JSON, as SARIF, and for build servers."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from iamsim.checks.codes import FindingType
from iamsim.checks.validate import Validator
from iamsim.report.findings import CheckedPolicy, count_line, findings_document
from iamsim.report.findings_ci import findings_to_github, findings_to_junit
from iamsim.report.findings_data import findings_to_dict, findings_to_sarif
from iamsim.report.paint import Paint
from iamsim.report.writers.text import to_text

TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Sid", "Effect": "Allow", "Action": "s3:GetObjet", "Principal": "*",
     "Resource": "arn:aws:S3:::b"},
    {"Sid": "", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
  ]
}"""
NAME = "policies, all/50% of <them>.json"


def written(checked, **options):
    """Findings as text."""
    return to_text(findings_document(checked, **options), Paint(), 100)


@pytest.fixture(scope="module")
def checked():
    """Two policies: one with findings of three types, one without."""
    validator = Validator()
    return [
        CheckedPolicy(NAME, validator.validate_text(TEXT, NAME, policy_type=None)),
        CheckedPolicy("good.json", ()),
    ]


def test_text_quotes_the_line_and_counts(checked):
    """Each finding has its place, type, code and line, and the last line counts by type."""
    text = written(checked)
    assert f"{NAME}:4:49: error INVALID_ACTION" in text
    assert "error INVALID_ACTION: `s3:GetObjet` is no action of its service (service ref" in text
    assert "hint: did you mean `s3:GetObject`?" in text
    assert "^^^" in text
    assert "https://" not in text
    assert text.endswith(f"{count_line(checked)}\n")
    assert "in 2 policies" in count_line(checked)


def test_verbose_text_leads_to_the_explanation(checked):
    """With `verbose`, each finding says where AWS explains it."""
    assert "see: https://docs.aws.amazon.com/IAM/" in written(checked, verbose=True)


def test_no_findings_are_counted_too():
    """Policies without findings are told so."""
    assert count_line([CheckedPolicy("a", ())]) == "no findings in 1 policy"


def test_json_has_the_shape_of_validate_policy(checked):
    """Each finding has ValidatePolicy's members; lines count from 1, columns and offsets from 0."""
    data = json.loads(json.dumps(findings_to_dict(checked)))
    found = {entry["issueCode"]: entry for entry in data["findings"]}
    one = found["INVALID_ARN_SERVICE_CASE"]
    start = TEXT.index("S3:::b")
    assert one["file"] == NAME
    assert one["findingType"] == "ERROR"
    assert one["locations"] == [
        {
            "path": [
                {"value": "Statement"},
                {"index": 0},
                {"value": "Resource"},
                {"substring": {"start": 8, "length": 2}},
            ],
            "span": {
                "start": {"line": 5, "column": TEXT.splitlines()[4].index("S3:"), "offset": start},
                "end": {
                    "line": 5,
                    "column": TEXT.splitlines()[4].index("S3:") + 2,
                    "offset": start + 2,
                },
            },
        }
    ]
    for finding in data["findings"]:
        assert set(finding) >= {"findingDetails", "findingType", "issueCode", "learnMoreLink"}


def test_json_names_a_key_as_aws_does():
    """The path to the name of a member ends in `key`."""
    found = Validator().validate_text('{"Statement": {"Effect": "Deny", "Action": "s3:*", "X": 1}}')
    data = findings_to_dict([CheckedPolicy("p", found)])["findings"]
    paths = [entry["locations"][0]["path"] for entry in data if "X" in entry["findingDetails"]]
    assert paths == [[{"value": "Statement"}, {"key": "X"}]]


def test_sarif_is_a_log_of_one_run(checked):
    """Every result has its rule, its level and a region; further places are related."""
    log = json.loads(json.dumps(findings_to_sarif(checked, "1.2.3")))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in rules] == sorted({rule["id"] for rule in rules})
    assert len(run["results"]) == len(checked[0].findings)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert len(result["locations"]) == 1
        place = result["locations"][0]["physicalLocation"]
        region = place["region"]
        assert place["artifactLocation"]["uri"] == "policies,%20all/50%25%20of%20%3Cthem%3E.json"
        assert (region["startLine"], region["startColumn"]) <= (
            region["endLine"],
            region["endColumn"],
        )


def test_github_commands_are_escaped(checked):
    """Each finding is one line, whatever stands in names and hints."""
    lines = findings_to_github(checked).splitlines()
    assert len(lines) == len(checked[0].findings) + 1
    for line in lines[:-1]:
        command, _, _ = line.removeprefix("::").partition("::")
        assert command.split(" ")[0] in ("error", "warning", "notice")
        assert "file=policies%2C all/50%25 of <them>.json," in command
    assert lines[-1] == count_line(checked)


def test_junit_has_a_case_for_each_policy(checked):
    """Findings that fail are failures, the others are output."""
    xml = findings_to_junit(checked, lambda kind: kind is FindingType.ERROR)
    suite = ET.fromstring(xml)  # noqa: S314 - our own text
    assert suite.attrib["tests"] == "2"
    assert suite.attrib["failures"] == "1"
    first, second = suite.findall("testcase")
    assert first.attrib["name"] == NAME
    assert "INVALID_ACTION" in first.find("failure").text
    assert "EMPTY_SID_VALUE" in first.find("system-out").text
    assert list(second) == []
