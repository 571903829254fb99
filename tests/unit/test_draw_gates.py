"""What the gates of a decision say: states, reasons, and which of them decide."""

from __future__ import annotations

import pytest

import iamsim
from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.explanation import LayerResidual, WayExplanation
from iamsim.core.reason import Reason
from iamsim.draw.style import State
from iamsim.engine import relations
from iamsim.engine.formula import Relation, Way
from iamsim.engine.services import access_points
from iamsim.words.gates import Place, deciding_texts, gates_of
from iamsim.words.labels import BYPASSES, REASONS, RELATIONS, WAYS, bypass_text, short_arn
from iamsim.words.steps import picture_of
from tests.unit import report_samples as samples
from tests.unit.questions import allow, ask

HARBOR = "corpus/examples/harbor"
DEPLOY = "arn:aws:iam::111122223333:role/deploy"
FILE = "arn:aws:s3:::harbor-reports/finance/2026.csv"
PAYROLL = "arn:aws:s3:::harbor-reports/finance/payroll/2026.csv"  # its policy asks for TLS
KEY_WORLD = """
accounts:
  "111122223333":
    users: {mona: {}}
    resources:
      "arn:aws:kms:eu-west-1:111122223333:key/1":
        grants:
          - {grantee: "arn:aws:iam::111122223333:user/mona", operations: [Decrypt]}
"""


def harbor(principal: str, action: str, resource: str = "*", **more: object):
    """The gates of a question about the example company."""
    world = iamsim.load(HARBOR)
    answer = world.explain(principal=principal, action=action, resource=resource, **more)
    return gates_of(answer._inner)


def states(gates) -> list[list[State]]:
    """The states of all gates, row by row."""
    return [[gate.state for gate in lane.gates] for lane in gates.lanes]


def test_a_boundary_closes_two_of_three_ways():
    """The picture of the tutorial: where a boundary caps, and where it is led around."""
    gates = harbor(DEPLOY, "s3:DeleteObject", FILE)
    assert [place.layer for place in gates.columns] == [
        Layer.RESOURCE_BASED_POLICY,
        Layer.IDENTITY_BASED_POLICY,
        Layer.PERMISSIONS_BOUNDARY,
    ]
    assert states(gates) == [
        [State.CLOSED, State.BYPASSED, State.BYPASSED],
        [State.CLOSED, State.BYPASSED, State.CLOSED],
        [State.BYPASSED, State.OPEN, State.CLOSED],
    ]
    assert [lane.state for lane in gates.lanes] == [State.CLOSED] * 3
    boundary = gates.lanes[2].gates[2]
    assert boundary.decides
    assert boundary.lines == (
        "none of 2 statements allows it",
        "closest: statement 1 “ReadAndWriteReports”",
        "of DeployBoundary",
        "deploy-boundary.json:4",
        "its Action says s3:Get*, s3:List*, s3:PutObject, the request s3:DeleteObject",
    )
    assert gates.lanes[2].gates[1].lines == (
        "statement 1 “WholeBucket”",
        "of Deploy",
        "deploy.json:4",
    )
    assert gates.lanes[0].gates[1].lines == (
        "the resource-based policy grants to the caller itself",
    )
    assert gates.absent == ("VPC endpoint policy", "session policy")


def test_an_explicit_deny_of_a_level_closes_the_guardrail():
    """The level that blocks is named, with its statement; the others are open."""
    gates = harbor(DEPLOY, "cloudtrail:StopLogging")
    guardrail = next(
        gate for gate in gates.guardrails if gate.place.layer is Layer.SERVICE_CONTROL_POLICY
    )
    assert (guardrail.state, guardrail.denies, guardrail.decides) == (State.CLOSED, True, True)
    assert [(level.name, level.state) for level in guardrail.levels] == [
        ("Root", State.OPEN),
        ("Workloads", State.CLOSED),
        ("111122223333", State.OPEN),
    ]
    assert guardrail.levels[1].lines[0] == "statement 2 “KeepTheTrail”"
    (text,) = deciding_texts(gates)
    assert text == (
        "service control policy at Workloads: statement 2 “KeepTheTrail” of StayInEurope, "
        "stay-in-europe.json:11, it denies cloudtrail:StopLogging on *"
    )


def test_an_explicit_deny_of_a_policy_closes_every_way():
    """A deny in a layer that a way leads around counts on that way, too."""
    gates = harbor(DEPLOY, "s3:GetObject", PAYROLL, context={"aws:SecureTransport": "false"})
    [denies] = gates.denying
    assert (denies.state, denies.decides) == (State.CLOSED, True)
    assert all(lane.gates[0] == denies for lane in gates.lanes)
    assert not any(lane.gates[1].denies for lane in gates.lanes)


def test_what_decides_an_allow_stands_on_its_way():
    """Of an allow, the gates of the way that is open decide."""
    gates = harbor("arn:aws:iam::111122223333:user/nora", "s3:GetObject", FILE)
    deciding = [
        (lane.way, gate.name) for lane in gates.lanes for gate in lane.gates if gate.decides
    ]
    assert deciding == [("identity-based-policy", "identity-based policy")]
    assert gates.lanes[-1].state is State.OPEN


def test_what_is_always_allowed_has_no_gates():
    """`sts:GetCallerIdentity` passes whatever any layer says, so none is drawn."""
    gates = harbor(DEPLOY, "sts:GetCallerIdentity")
    assert (gates.guardrails, gates.columns, gates.lanes, gates.absent) == ((), (), (), ())
    assert gates.remark == "always allowed, whatever policies say"


def test_without_ways_in_the_relation_or_the_deny_stands_there():
    """Across partitions no policy helps; an explicit deny is named all the same."""
    across = "arn:aws-cn:s3:::elsewhere/a"
    assert harbor(DEPLOY, "s3:GetObject", across).remark == (
        "caller and resource in different partitions"
    )
    denying = samples.denied_answer(Layer.IDENTITY_BASED_POLICY, relation=Reason.CROSS_PARTITION)
    (gate,) = gates_of(denying).denying
    assert gate.lines[:3] == ("statement 2", "of dev", "dev.json:11")
    assert gate.decides


def test_a_key_and_its_grants_are_two_gates(tmp_path):
    """The grants on a key stand apart from its policy, and each way asks for one of them."""
    file = tmp_path / "world.yaml"
    file.write_text(KEY_WORLD, encoding="utf-8")
    answer = iamsim.load(file).explain(
        principal="arn:aws:iam::111122223333:user/mona",
        action="kms:Decrypt",
        resource="arn:aws:kms:eu-west-1:111122223333:key/1",
    )
    gates = gates_of(answer._inner)
    assert [gate.name for gate in gates.lanes[0].gates[:2]] == ["key policy", "KMS grant"]
    assert gates.columns[1] == Place(Layer.RESOURCE_BASED_POLICY, grants=True)
    by_way = {lane.way: lane for lane in gates.lanes}
    assert by_way["kms-grant"].gates[1].state is State.OPEN
    assert by_way["kms-grant"].gates[1].decides
    assert by_way["resource-based-policy"].gates[1].state is State.BYPASSED


def test_an_allow_that_names_the_caller_otherwise_is_told_apart():
    """A trust policy that names the account does not open the way of naming the role."""
    layers = (
        samples.layer(
            Layer.RESOURCE_BASED_POLICY,
            Outcome.ALLOW,
            Reason.STATEMENT_ALLOWS,
            samples.read_only(action="s3:getobject"),
        ),
    )
    way = WayExplanation(
        "resource-based-policy-to-role",
        (Layer.RESOURCE_BASED_POLICY,),
        open=False,
        blocked_by=(Layer.RESOURCE_BASED_POLICY,),
    )
    gates = gates_of(samples.answer(Verdict.IMPLICIT_DENY, layers=layers, ways=(way,)))
    assert gates.lanes[0].gates[0].lines == ("its Allow names the caller in another way",)


@pytest.mark.parametrize("denies", [True, False])
def test_a_layer_that_is_not_known_may_deny_on_every_way(denies):
    """What is led around matters still where it may deny explicitly."""
    entry = samples.layer(Layer.IDENTITY_BASED_POLICY, Outcome.UNKNOWN, Reason.DEPENDS_ON_UNKNOWN)
    if not denies:
        entry = entry._replace(residual=LayerResidual(None, None))
    way = WayExplanation(
        "resource-based-policy", (Layer.RESOURCE_BASED_POLICY,), open=True, blocked_by=()
    )
    layers = (
        samples.layer(Layer.RESOURCE_BASED_POLICY, Outcome.ALLOW, Reason.STATEMENT_ALLOWS),
        entry,
    )
    gates = gates_of(samples.answer(Verdict.CONDITIONAL, layers=layers, ways=(way,)))
    expected = State.DEPENDS if denies else State.BYPASSED
    assert gates.lanes[0].gates[1].state is expected
    assert gates.lanes[0].state is (State.DEPENDS if denies else State.OPEN)


def test_every_way_and_relation_and_reason_has_words():
    """The tables know what the engine can say."""
    values = [*vars(relations).values(), *vars(access_points).values()]
    ways = {value.name for value in values if isinstance(value, Way)}
    known = [value for value in values if isinstance(value, Relation)]
    ways |= {way.name for relation in known for way in relation.ways}
    assert ways == set(WAYS)
    assert {relation.reason for relation in known} | {Reason.DEPENDS_ON_UNKNOWN} == set(RELATIONS)
    names = list(Reason)
    of_layers = names[names.index(Reason.STATEMENT_ALLOWS) : names.index(Reason.ALLOWED)]
    assert set(of_layers) | {Reason.DEPENDS_ON_UNKNOWN} <= set(REASONS)
    assert {way for way, _ in BYPASSES} <= ways


def test_a_bypass_says_why():
    """Each way has its reason for leading around a layer."""
    policy = "role trust policy"
    assert bypass_text("kms-grant", Layer.IDENTITY_BASED_POLICY, policy) == ("the grant suffices")
    assert bypass_text("resource-based-policy-to-role", Layer.IDENTITY_BASED_POLICY, policy) == (
        "the role trust policy grants to the role"
    )
    assert bypass_text("role-trust-policy", Layer.SESSION_POLICY, policy) == "not asked on this way"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arn:aws:iam::111122223333:role/eng/app", ("eng/app", "role, 111122223333")),
        ("arn:aws:sts::111122223333:assumed-role/app/x", ("app / x", "assumed-role, 111122223333")),
        ("arn:aws:s3:::reports/a/b", ("reports/a/b", "s3")),
        ("arn:aws:iam::111122223333:root", ("root", "iam, 111122223333")),
        (
            "arn:aws:lambda:eu-west-1:111122223333:function:f",
            ("f", "lambda function, 111122223333"),
        ),
        ("arn:aws:sqs:eu-west-1:111122223333:tide", ("tide", "sqs, 111122223333")),
        ("lambda.amazonaws.com", ("lambda.amazonaws.com", "")),
        ("*", ("*", "")),
    ],
)
def test_arns_are_said_in_two_lines(text, expected):
    """The name on top, and what and where it is below."""
    assert short_arn(text) == expected


def test_what_is_not_known_says_what_it_depends_on():
    """A layer with an unknown outcome stands on every way on which it may deny."""
    gates = harbor(
        "arn:aws:iam::111122223333:user/nora",
        "s3:GetObject",
        PAYROLL,
        unknown=["aws:SecureTransport"],
    )
    assert gates.verdict is Verdict.CONDITIONAL
    bucket = gates.lanes[-1].gates[0]
    assert (bucket.state, gates.lanes[-1].state) == (State.DEPENDS, State.DEPENDS)
    assert bucket.lines == ("denies explicitly if the connection is not encrypted",)


def test_the_sides_of_an_access_point_are_shown() -> None:
    """A gate names the access point and the bucket behind it, each as it stands."""
    owner, other = "111122223333", "222233334444"
    point = f"arn:aws:s3:eu-west-1:{owner}:accesspoint/pier"
    let_in = {"Effect": "Allow", "Principal": {"AWS": owner}, "Action": "s3:*", "Resource": "*"}
    world = {
        "accounts": {
            owner: {
                "users": {"maya": {"policies": [{"Statement": [allow()]}]}},
                "resources": {
                    point: {"bucket": "arn:aws:s3:::tide", "policy": {"Statement": [let_in]}}
                },
            },
            other: {"resources": {"arn:aws:s3:::tide": {"policy": {"Statement": [let_in]}}}},
        }
    }
    request = {
        "principal": f"arn:aws:iam::{owner}:user/maya",
        "action": "s3:GetObject",
        "resource": f"{point}/object/k",
    }
    names = ["the access point", "the bucket behind it"]
    for effect, states in (("Allow", "open open"), ("Deny", ""), (None, "open closed")):
        bucket = [] if effect is None else [{**let_in, "Effect": effect}]
        world["accounts"][other]["resources"]["arn:aws:s3:::tide"]["policy"] = {"Statement": bucket}
        gates = gates_of(ask(request, world))
        [lane] = gates.lanes
        sides = lane.gates[0].levels
        assert [side.name for side in sides] == (names if states else [])
        assert " ".join(side.state.value for side in sides) == states


def test_what_decides_says_what_it_lacks():
    """Where no statement came close, since none allows the action, the gate names the action; the
    setting of S3 has no article, and a side of an access point its words."""
    boundary = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    everything = {**boundary, "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    answer = iamsim.explain(
        principal="arn:aws:iam::111122223333:role/deploy",
        action="sns:Publish",
        resource="arn:aws:sns:eu-west-1:111122223333:tide",
        identity_policies=[everything],
        boundary=boundary,
    )
    deciding = [row for row in picture_of(answer._inner).rows if row.decides]
    assert [line.text for row in deciding for line in row.lines] == [
        "no statement allows the action sns:Publish"
    ]
    answer = iamsim.explain(
        principal="arn:aws:iam::444455556666:user/tomas",
        action="s3:GetObject",
        resource="arn:aws:s3:::harbor/a",
        resource_account="111122223333",
        identity_policies=[everything],
        resource_policy={
            **everything,
            "Statement": [{**everything["Statement"][0], "Principal": "*"}],
        },
        public_access_block={"restrict_public_buckets": True},
    )
    assert picture_of(answer._inner).sentence == "S3 Block Public Access does not allow it"
