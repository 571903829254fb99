"""What other tools flag as risks is flagged here as well, each with a request that shows it, or has
a reason why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamsim import catalog
from iamsim.checks.codes import RISKS
from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from iamsim.world.documents import read_document

LISTS = Path(__file__).parent.parent / "data" / "risk_lists.yaml"
DATA = read_document(LISTS).data
CODES = {
    "credentials": "IAMSIM_CREDENTIALS_EXPOSURE",
    "permissions": "IAMSIM_RESOURCE_EXPOSURE",
    "escalation": "IAMSIM_PRIVILEGE_ESCALATION",
    "data": "IAMSIM_DATA_EXFILTRATION",
}
VALIDATOR = Validator(select=RISKS)
SPARED = {entry: why for why, entries in DATA["spared"].items() for entry in entries}
FLAGGED = {
    (part["group"], entry): part["tool"] for part in DATA["lists"] for entry in part["entries"]
}


def found(actions):
    """The findings in a policy that allows some actions on everything, by their codes."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    findings = VALIDATOR.validate_text(text, "policy", PolicyType.IDENTITY)
    return {finding.code: finding for finding in findings}


@pytest.mark.parametrize(("group", "entry"), FLAGGED)
def test_what_other_tools_flag_is_flagged(group, entry):
    """By the code of the same group and with a request; or it is spared for a reason, and then it
    is not flagged."""
    findings = found(entry.split(" + "))
    code, why = CODES[group], SPARED.get(entry)
    if why is not None and (group, why) != ("credentials", "in-credentials"):
        assert code not in findings, f"{entry} is flagged: it needs no reason"
        if why != "in-credentials":
            return
        code = CODES["credentials"]
    assert findings[code].witness is not None


def facts_of(entry):
    """What the service reference says of the one action of an entry."""
    service, _, name = entry.partition(":")
    names = {known.lower(): known for known in catalog.action_names(service)}
    return catalog.find_action(f"{service}:{names[name]}") if name in names else None


@pytest.mark.parametrize("entry", SPARED)
def test_the_reasons_hold(entry):
    """As far as the service reference tells."""
    assert entry in {entry for _, entry in FLAGGED}
    if SPARED[entry] == "not-an-action":
        assert facts_of(entry) is None
    elif SPARED[entry] == "reads":
        assert facts_of(entry).access_level in {"Read", "List"}


@pytest.mark.parametrize(
    "whole",
    [
        ["datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"],
        ["sagemaker:CreatePresignedNotebookInstanceUrl"],
    ],
)
def test_a_way_of_which_the_first_calls_are_spared_is_flagged_as_a_whole(whole):
    """Nothing of it is lost."""
    service = whole[0].partition(":")[0]
    (first,) = (
        entry
        for entry, why in SPARED.items()
        if why == "first-calls-alone" and f" {service}:" in entry
    )
    assert CODES["escalation"] in found([*first.split(" + "), *whole])
