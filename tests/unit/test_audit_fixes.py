"""A fix that is a policy, put in its place, mends what was found; the requests that show findings
are decided as is said."""

from __future__ import annotations

import copy
import json

import pytest

from iamsim.audit.choices import Choices
from iamsim.audit.run import run_audit
from iamsim.engine.world import CompiledWorld
from iamsim.query.batch import Batch
from iamsim.query.batch.answers import decide_one, opened
from iamsim.world.load import load_world
from tests.unit.test_audit import cases, run

GUARDRAILS = ("guardrail-", "perimeter-", "control-tower-")
SOMETHING_ELSE = frozenset(
    (
        "policy-to-generate",  # takes the place of all policies of somebody
        "roles-anywhere-trust",  # is a whole trust policy
    )
)


def maps(node):
    """Every map of a document."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    for value in node if isinstance(node, list) else ():
        yield from maps(value)


def bare(statement):
    """A statement without its conditions, which fixes add."""
    return {key: value for key, value in statement.items() if key != "Condition"}


def mended(world, finding, check):
    """The world with the fix of a finding in its place."""
    made, fix = copy.deepcopy(world), json.loads(finding.fix.text)
    account = made["accounts"].get(finding.account, {})
    if check.startswith(GUARDRAILS):
        root = made["organization"]["root"]
        kind = "rcps" if "Principal" in fix["Statement"][0] else "scps"
        full = "RCPFullAWSAccess" if kind == "rcps" else "FullAWSAccess"
        root[kind] = [*root.get(kind, [full]), fix]
    elif fix.get("Sid") == "OnlyWithTls":
        resource = account["resources"][finding.subject]
        policy = resource.get("policy", {"Version": "2012-10-17", "Statement": []})
        known = policy["Statement"]
        known = known if isinstance(known, list) else [known]
        resource["policy"] = {**policy, "Statement": [*known, fix]}
    elif "Version" in fix or fix.get("Sid") in {"NoWayUp", "LeaveBoundariesAlone"}:
        kind, _, name = finding.subject.split(":", 5)[5].partition("/")
        holder = account[f"{kind}s"][name.rpartition("/")[2]]
        policy = fix if "Version" in fix else {"Version": "2012-10-17", "Statement": [fix]}
        holder["policies"] = [*holder.get("policies", []), policy]
    else:
        for policy in maps(made):
            known = policy.get("Statement")
            if isinstance(known, dict) and bare(known) == bare(fix):
                policy["Statement"] = fix
            elif isinstance(known, list):
                policy["Statement"] = [
                    fix if bare(statement) == bare(fix) else statement for statement in known
                ]
    return made


@pytest.mark.parametrize(("check", "at", "case"), [*cases("fails"), *cases("informs")])
def test_a_fix_in_its_place_mends_the_world(tmp_path, check, at, case):
    """Nothing is found any more of subjects whose fix is a statement or a policy."""
    found = run(tmp_path, check, at, case["world"]).findings
    fixed = [finding for finding in found if finding.fix.kind == "policy"]
    if check in SOMETHING_ELSE or not fixed:
        return
    world = case["world"]
    for finding in fixed:
        world = mended(world, finding, check)
    left = {finding.subject for finding in run(tmp_path, check, at, world).findings}
    assert not left & {finding.subject for finding in fixed}


@pytest.mark.parametrize(("check", "at", "case"), [*cases("fails"), *cases("informs")])
def test_the_request_of_a_finding_is_decided_as_it_says(tmp_path, check, at, case):
    """For principals of the world: allowed, or possible, where nothing else is said."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(case["world"]))
    batch = Batch(CompiledWorld.checked(load_world(path)), now=at)
    (result,) = run_audit(batch, at, Choices(select=frozenset([check]))).checks
    for finding in result.findings:
        for evidence in finding.evidence:
            if evidence.request is None or evidence.text not in {"", "denied"}:
                continue
            asked = evidence.request
            question = batch.question(
                asked.principal, asked.action, asked.resource, dict(asked.context)
            )
            answer = decide_one(opened(question), batch.world)
            assert answer.possible is (evidence.text != "denied"), asked.call
