"""AWS's own samples of service and resource control policies and of data perimeters are judged
without a false error.

https://github.com/aws-samples/service-control-policy-examples,
https://github.com/aws-samples/resource-control-policy-examples and
https://github.com/aws-samples/data-perimeter-policy-examples, as they were on 2026-12-01 (MIT-0).
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from iamsim.cli.main import main

SAMPLES = Path(__file__).parent.parent / "data" / "aws_samples.json.gz"
# What stands for something of the reader's own is no Region, account, network or action.
PLACEHOLDER = re.compile(r"`[^`]*(<[\w-]+>|\{[\w-]+\})[^`]*`")
ISSUERS = "Limit-access-to-trusted-OIDC-identity-providers/Shared-Issuers.json"
KEYS = "Service-specific-controls/AWS-IAM/deny-service-specific-credential-by-type.json"
# Resource-based policies of an API and of a topic, which stand among resource control policies.
OF_RESOURCES = ("api_gateway_policy.json", "sns_topic_policy.json")
# Faults that the samples have.
TRUE = {
    (KEYS, "JSON_SYNTAX_ERROR", "JSON has no comments"),
    (ISSUERS, "POLICY_SIZE_EXCEEDS_RCP_QUOTA", "963 more than the quota 5,120"),
    (ISSUERS, "MISSING_RESOURCE", "neither `Resource` nor `NotResource`"),
    (ISSUERS, "RCP_SYNTAX_ERROR_ALLOW", "allows everything, or nothing"),
    (ISSUERS, "INVALID_CONDITION_KEY_FORMAT", "`accounts.google.com` is no condition key"),
}


@pytest.fixture
def samples(tmp_path, monkeypatch):
    """The folders as they are cloned."""
    monkeypatch.chdir(tmp_path)
    texts = json.loads(gzip.decompress(SAMPLES.read_bytes()))
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return texts


def test_no_sample_has_a_false_error(samples, capsys):
    """Types are told by folders and contents; what is left are placeholders, and true faults."""
    assert main(["validate", ".", "--format", "json", "--fail-on", "never"]) == 0
    data = json.loads(capsys.readouterr().out)
    errors = [finding for finding in data["findings"] if finding["findingType"] == "ERROR"]
    left = [error for error in errors if not PLACEHOLDER.search(error["findingDetails"])]
    told = {
        (file, code, details)
        for file, code, details in TRUE
        for entry in left
        if entry["file"].endswith(file)
        and entry["issueCode"] == code
        and details in entry["findingDetails"]
    }
    assert told == TRUE
    assert len(left) == len(TRUE)
    assert len(samples) > 100


@pytest.mark.parametrize("kind", ["scp", "rcp", "vpce"])
def test_samples_are_taken_for_what_they_are(samples, capsys, kind):
    """As the type that their folder says they have the findings that they have without one."""
    folder = {
        "scp": "service_control_policies",
        "rcp": "resource_control_policies",
        "vpce": "vpc_endpoint_policies",
    }[kind]
    place = f"data-perimeter-policy-examples/{folder}"
    assert any(name.startswith(place) for name in samples)
    answers = []
    for more in ([], ["--type", kind]):
        main(["validate", place, "--format", "json", "--fail-on", "never", *more])
        found = json.loads(capsys.readouterr().out)["findings"]
        answers.append([entry for entry in found if not entry["file"].endswith(OF_RESOURCES)])
    assert answers[0] == answers[1]
