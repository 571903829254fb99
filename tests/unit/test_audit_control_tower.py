"""AWS Control Tower's preventive controls: every one is a claim that its own policy proves and its
absence refutes, or has a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamsim.audit.control_tower import (
    OWN_ORGANIZATION,
    elective_controls,
    is_landing_zone_4,
    mandatory_controls,
    reasons,
)
from iamsim.audit.guardrails import GUARDRAILS, GuardrailProver
from iamsim.audit.proving import policy_that_holds
from iamsim.catalog import expand
from iamsim.proofs.result import Verdict
from iamsim.world.documents import read_document
from iamsim.world.load import load_world

ROOT = Path(__file__).parent.parent.parent
MEMBER = "222222222222"
ORGANIZATION = "o-abcdefghij"
MANDATORY = {
    control.id: control
    for landing_zone_4 in (False, True)
    for control in mandatory_controls(landing_zone_4=landing_zone_4)
}
ELECTIVE = {control.id: control for control in elective_controls()}
CLAIMS = {**MANDATORY, **ELECTIVE}


def prover(tmp_path, scps=(), rcps=()):
    """What proves guardrails of an organization with these policies and one member."""
    root = {
        "id": "r-abcd",
        "scps": ["FullAWSAccess", *scps],
        "rcps": ["RCPFullAWSAccess", *rcps],
        "accounts": ["111111111111", MEMBER],
    }
    organization = {"id": ORGANIZATION, "management_account": "111111111111", "root": root}
    path = tmp_path / "world.json"
    path.write_text(
        json.dumps({"organization": organization, "accounts": {"111111111111": {}, MEMBER: {}}})
    )
    return GuardrailProver(load_world(path), [MEMBER], ())


@pytest.mark.parametrize("id_", CLAIMS)
def test_a_control_holds_with_its_policy_and_not_without(tmp_path, id_):
    """The policy that is the fix proves the claim; without it a request refutes it."""
    control = CLAIMS[id_]
    if control.condition is not None:
        made = json.dumps(control.condition).replace(OWN_ORGANIZATION, ORGANIZATION)
        control = control._replace(condition=json.loads(made))
    without = prover(tmp_path)
    refuted = without.prove(control)
    assert refuted.verdict is Verdict.FAIL
    assert refuted.witness["action"] in {
        action for pattern in control.actions for action in expand(pattern)
    }
    policy = policy_that_holds(without, control)
    there = [[policy], []]
    with_it = prover(tmp_path, *(reversed(there) if control.of_resources else there))
    assert with_it.prove(control).verdict is Verdict.PASS


def test_every_preventive_control_of_aws_is_a_claim_or_has_a_reason():
    """Those of the dated lists, each once, and no others; each with its page."""
    lists = read_document(ROOT / "tests/data/framework_ids.yaml").data
    names = ("mandatory", "landing-zone-4", "elective", "strongly-recommended")
    listed = [entry for name in names for entry in lists[f"control-tower-{name}"]["ids"]]
    claimed = [entry for control in CLAIMS.values() for entry in control.controls]
    assert sorted([*claimed, *reasons()]) == sorted(listed)
    pages = "https://docs.aws.amazon.com/controltower/latest/controlreference/"
    assert all(control.see.startswith(pages) for control in CLAIMS.values())
    assert {entry for guardrail in GUARDRAILS for entry in guardrail.controls} <= {*listed}


def test_landing_zones_are_told_by_their_statements():
    """One name that only 4.0 brings is enough; others say nothing."""
    assert is_landing_zone_4(["GRIAMROLEPOLICY", "CTS3PV8"])
    assert not is_landing_zone_4(["GRIAMROLEPOLICY", "CTEC2PV1"])
    before, after = (mandatory_controls(landing_zone_4=known) for known in (False, True))
    assert {control.id for control in after} - {control.id for control in before} == {
        "CT.S3.PV.7",
        "CT.S3.PV.8",
        "CT.SNS.PV.1",
    }
