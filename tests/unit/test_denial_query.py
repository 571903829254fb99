"""Whether a world explains a denial, and what would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iamsim.core.decision import Layer, PolicyType, Verdict
from iamsim.engine.authorize import explain
from iamsim.engine.question import Question, Via
from iamsim.engine.world import CompiledWorld
from iamsim.query.denial import Agreement, compare, complete_message, examine, missing_part
from iamsim.query.difference import DifferenceKind
from iamsim.query.differences import MOST_PAIRS, MOST_TRIED, Search, with_both
from iamsim.report.message import denied_message
from iamsim.symbolic.samples import sample_values
from iamsim.syntax.denial import DenialForm, DenialMessage
from iamsim.world.load import load_world
from iamsim.world.model import World
from tests.unit.denial_world import (
    ACCOUNT,
    BUCKET,
    KEY,
    KIM,
    LOADER,
    QUEUE,
    WORLD,
    allow,
    deny,
    policy,
    world_of,
)

FULL = DenialForm.FULL
NAMED = [layer for layer in Layer if layer is not Layer.S3_BLOCK_PUBLIC_ACCESS]


@pytest.fixture(scope="module")
def world() -> CompiledWorld:
    """The sample world, with policies in most places."""
    return CompiledWorld(world_of(WORLD))


def denied(action: str, resource: str | None, layer: Layer | None, **more) -> DenialMessage:
    """A message about the user of the sample world."""
    return DenialMessage(FULL, KIM, action, resource, layer, **{"explicit": False, **more})


def report(message: DenialMessage, world: CompiledWorld, **more):
    """Ask the question of a message."""
    question = Question(
        message.principal or "", message.action or "", message.resource or "*", **more
    )
    return examine(message, question, world)


def test_the_same_reason_explains(world):
    """Same kind, same layer: explained, and no difference is looked for."""
    found = report(
        denied("sqs:PurgeQueue", QUEUE, Layer.SERVICE_CONTROL_POLICY, explicit=True), world
    )
    assert found.agreement is Agreement.SAME
    assert found.explained
    assert found.search == Search()


@pytest.mark.parametrize(
    ("message", "agreement"),
    [
        (denied("sqs:PurgeQueue", QUEUE, None, explicit=None), Agreement.NO_REASON_GIVEN),
        (
            denied("sqs:PurgeQueue", QUEUE, Layer.IDENTITY_BASED_POLICY, explicit=True),
            Agreement.AMONG_SEVERAL,
        ),
        (
            denied("sqs:PurgeQueue", QUEUE, Layer.SESSION_POLICY, explicit=True),
            Agreement.OTHER_LAYER,
        ),
        (denied("sqs:PurgeQueue", QUEUE, Layer.SERVICE_CONTROL_POLICY), Agreement.OTHER_KIND),
        (denied("sqs:SendMessage", QUEUE, Layer.SERVICE_CONTROL_POLICY), Agreement.ALLOWED),
        (denied("sqs:AddPermission", QUEUE, Layer.RESOURCE_BASED_POLICY), Agreement.AMONG_SEVERAL),
        (denied("sqs:AddPermission", QUEUE, Layer.PERMISSIONS_BOUNDARY), Agreement.OTHER_LAYER),
        (
            denied("s3:PutObjectAcl", BUCKET + "/a", None, setting="BlockPublicAcls"),
            Agreement.NOT_DECIDED_HERE,
        ),
    ],
)
def test_agreement_is_about_layer_and_kind(world, message, agreement):
    """AWS names one of several reasons; another layer, another kind, or no denial explain
    nothing."""
    assert report(message, world).agreement is agreement


@pytest.mark.parametrize(
    ("arn", "agreement"),
    [
        (f"arn:aws:iam::{ACCOUNT}:policy/Guard", Agreement.SAME),
        (f"arn:aws:iam::{ACCOUNT}:policy/team/blue/Guard", Agreement.SAME),
        (f"arn:aws:iam::{ACCOUNT}:policy/Other", Agreement.OTHER_POLICY),
        ("arn:aws:iam::222233334444:policy/Guard", Agreement.OTHER_POLICY),
        (None, Agreement.SAME),
    ],
)
def test_a_policy_that_is_named_must_be_the_one_that_denies(world, arn, agreement):
    """The ARN in a message is compared by account and name, as worlds know no paths."""
    layer = Layer.IDENTITY_BASED_POLICY
    message = denied("sqs:DeleteQueue", QUEUE, layer, explicit=True, policy_arn=arn)
    assert report(message, world).agreement is agreement


def test_an_unknown_arn_contradicts_nothing(world):
    """The world's SCP has no ARN, so the one in the message may be its."""
    arn = "arn:aws:organizations::999900001111:policy/o-x/service_control_policy/p-1"
    message = denied(
        "sqs:PurgeQueue", QUEUE, Layer.SERVICE_CONTROL_POLICY, explicit=True, policy_arn=arn
    )
    assert report(message, world).agreement is Agreement.SAME


@pytest.mark.parametrize("explicit", [False, True])
@pytest.mark.parametrize("layer", NAMED)
def test_a_policy_that_the_world_lacks_is_thought_of(layer, explicit, world):
    """For every layer, a message that names it is explained by a policy there, unless AWS can't
    deny like that: what RCPs do not deny they allow."""
    message = denied("sqs:SendMessage", QUEUE, layer, explicit=explicit)
    found = report(message, world)
    kinds = {difference.kind for difference in found.differences if difference.layer is layer}
    possible = explicit or layer not in {
        Layer.RESOURCE_CONTROL_POLICY,
        Layer.RESOURCE_BASED_POLICY,
    }
    assert bool(kinds) is possible
    assert kinds <= {DifferenceKind.POLICY_MISSING, DifferenceKind.POLICY_DIFFERS}


CASES = [
    pytest.param(
        denied("sqs:ReceiveMessage", QUEUE, Layer.IDENTITY_BASED_POLICY, explicit=True),
        {"context": {"aws:MultiFactorAuthPresent": "true"}},
        (DifferenceKind.KEY_ABSENT, "aws:MultiFactorAuthPresent", ()),
        id="without MFA",
    ),
    pytest.param(
        denied("sqs:ListQueues", None, Layer.IDENTITY_BASED_POLICY, explicit=True),
        {},
        (DifferenceKind.KEY_OTHER_VALUE, "aws:SourceIp", ("192.0.2.1",)),
        id="from elsewhere",
    ),
    pytest.param(
        denied("s3:GetObject", f"{BUCKET}/a", Layer.RESOURCE_BASED_POLICY, explicit=True),
        {"via": Via("vpce-0a")},
        (DifferenceKind.NO_VPC_ENDPOINT, None, ()),
        id="not through the endpoint",
    ),
    pytest.param(
        denied("s3:GetObject", f"{BUCKET}/a", Layer.VPC_ENDPOINT_POLICY),
        {"context": {"aws:SourceVpc": "vpc-a"}},
        (DifferenceKind.VPC_ENDPOINT, None, ()),
        id="through another endpoint",
    ),
    pytest.param(
        denied("s3:GetObject", "arn:aws:s3:::elsewhere/a", Layer.RESOURCE_BASED_POLICY),
        {},
        (DifferenceKind.OTHER_OWNER, None, ()),
        id="a stranger's bucket",
    ),
    pytest.param(
        denied("sqs:GetQueueUrl", QUEUE, Layer.IDENTITY_BASED_POLICY),
        {"context": {"aws:RequestTag/team": "blue"}},
        (DifferenceKind.KEY_OTHER_VALUE, "aws:RequestTag/team", ("another-value",)),
        id="another tag",
    ),
    pytest.param(
        denied("sqs:SetQueueAttributes", QUEUE, Layer.IDENTITY_BASED_POLICY),
        {"now": "2026-03-01T00:00:00Z"},
        (DifferenceKind.KEY_VALUE, "aws:CurrentTime", ("2027-01-01T00:00:00Z",)),
        id="at another time",
    ),
]


@pytest.mark.parametrize(("message", "more", "expected"), CASES)
def test_differences_that_would_explain_are_found(world, message, more, expected):
    """Keys, endpoints and owners are varied until the engine denies as AWS did."""
    found = report(message, world, **more)
    assert found.agreement in {Agreement.ALLOWED, Agreement.ONLY_IF}
    kind, key, values = expected
    (difference,) = [entry for entry in found.differences if (entry.kind, entry.key) == (kind, key)]
    assert difference.values == values
    assert found.search.tried <= MOST_TRIED


@pytest.mark.parametrize(("message", "more", "expected"), CASES)
def test_every_difference_was_tried_in_the_engine(world, message, more, expected):
    """What is said to explain a denial does: asked again, the engine gives the reason of the
    message, and the likeliest stand first."""
    found = report(message, world, **more)
    ranks = [difference.rank for difference in found.differences]
    assert ranks == sorted(ranks)
    for difference in found.differences:
        again = explain(difference.question, world)
        assert compare(message, again) is Agreement.SAME
        assert difference.answer is not None
        assert difference.answer.decision == again.decision


def test_what_the_callers_arn_settles_is_not_varied(world):
    """The message names the caller, so that no difference is about who called."""
    message = denied("sqs:TagQueue", QUEUE, Layer.IDENTITY_BASED_POLICY)
    found = report(message, world)
    assert found.agreement is Agreement.ALLOWED
    assert all(difference.key is None for difference in found.differences)


def test_a_denial_without_reason_may_come_from_what_the_world_lacks(world):
    """When neither layer nor kind are told, policies that the world does not have are tried."""
    plain = DenialMessage(DenialForm.PLAIN, KIM, "sqs:SendMessage", QUEUE)
    layers = {difference.layer for difference in report(plain, world).differences}
    assert {Layer.SESSION_POLICY, Layer.PERMISSIONS_BOUNDARY} <= layers


@pytest.mark.parametrize(
    ("message", "filled"),
    [
        (
            DenialMessage(DenialForm.PLAIN, operation="ListObjectsV2"),
            {"action": "s3:ListBucket", "resource": None},
        ),
        (DenialMessage(DenialForm.PLAIN, operation="Unheard"), {"action": None}),
        (DenialMessage(DenialForm.POINTED, KIM, "kms:Decrypt"), {"resource": KEY}),
        (DenialMessage(DenialForm.CIPHERTEXT, action="kms:Decrypt"), {"resource": KEY}),
        (
            denied("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:********3333:a/b", None),
            {"resource": f"arn:aws:execute-api:eu-west-1:{ACCOUNT}:a/b"},
        ),
        (
            denied("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:********9999:a/b", None),
            {"resource": "arn:aws:execute-api:eu-west-1:********9999:a/b"},
        ),
        (
            denied("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/loader", None),
            {"resource": f"arn:aws:iam::{ACCOUNT}:role/jobs/loader"},
        ),
        (
            denied("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/nobody", None),
            {"resource": f"arn:aws:iam::{ACCOUNT}:user/nobody"},
        ),
        (denied("sqs:SendMessage", "queue", None), {"resource": "queue"}),
    ],
)
def test_the_world_completes_a_message(world, message, filled):
    """Action, key, account and path are filled in where operation or world tell them."""
    complete = complete_message(message, world.model)
    assert {name: getattr(complete, name) for name in filled} == filled


def test_without_a_world_only_the_operation_helps():
    """Nothing is invented where there is no world, or where it leaves a choice."""
    pointed = DenialMessage(DenialForm.POINTED, KIM, "kms:Decrypt")
    assert complete_message(pointed, None) is pointed
    assert complete_message(pointed, World()) is pointed


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"principal": None}, "denial-without-principal"),
        ({"action": None}, "denial-without-action"),
        ({"form": DenialForm.POINTED, "resource": None}, "denial-without-resource"),
        ({"form": DenialForm.PLAIN, "resource": None}, "denial-without-resource"),
        ({"resource": None}, None),
    ],
)
def test_what_a_message_does_not_say_has_to_be_given(world, change, code):
    """A question needs caller, action and, where the message leaves it out, the resource."""
    message = replace(denied("kms:Decrypt", KEY, None), **change)
    error = missing_part(message, world.model)
    assert (None if error is None else error.code) == code
    if code == "denial-without-resource":
        assert KEY in (error.hint or "")
        assert missing_part(message, None).hint == "give its ARN with -r"


def test_the_example_world_explains_its_boundary():
    """The example company's boundary is named as AWS names it, for a session of the role."""
    root = Path(__file__).parent.parent.parent / "corpus" / "examples"
    world = CompiledWorld(load_world(root / "harbor"))
    message = DenialMessage(
        FULL,
        "arn:aws:sts::111122223333:assumed-role/deploy/run7",
        "s3:DeleteObject",
        "arn:aws:s3:::harbor-reports/finance/2026.csv",
        Layer.PERMISSIONS_BOUNDARY,
        explicit=False,
    )
    assert report(message, world).agreement is Agreement.SAME


def test_samples_cover_each_operator(world):
    """Every operator gives values that its policies mention, and one that they do not."""
    question = Question(LOADER, "sqs:ListDeadLetterSourceQueues", QUEUE)
    answer = explain(question, world)
    assert answer.decision.verdict is Verdict.IMPLICIT_DENY
    policies = world.policies.policy_set(
        world.model.accounts[ACCOUNT].roles["loader"].policies, PolicyType.IDENTITY
    )
    found = {}
    for _, statement in policies.candidates("sqs:listdeadlettersourcequeues"):
        for test in statement.conditions:
            values = list(sample_values([test], {}))
            found[test.written_operator] = values
            assert len({value for value, _ in values}) == len(values)
    assert found["NumericLessThan"] == [("10", True), ("9", False), ("11", False)]
    assert found["StringLike"] == [("asamplexb", True), *other()]
    assert found["Bool"] == [("true", True), ("false", False)]
    assert found["ArnLike"][0] == ("arn:aws:sns:eu-west-1:sample:x", True)
    assert found["Null"] == list(other())
    assert found["StringEquals"] == list(other())  # its variable has no value
    assert found["IpAddress"][0] == ("203.0.113.0", True)
    assert found["DateLessThan"][0] == ("2026-01-01", True)
    assert found["NumericEquals"] == [("many", True)]


def other() -> tuple[tuple[str, bool], ...]:
    """The value that no policy mentions."""
    return (("another-value", False),)


# Denied without MFA from outside of the office: each by itself changes nothing.
TOGETHER = {
    "accounts": {
        ACCOUNT: {
            "users": {
                "kim": {
                    "policies": [
                        policy(
                            allow("sqs:*"),
                            deny(
                                "sqs:*",
                                {
                                    "Bool": {"aws:MultiFactorAuthPresent": "false"},
                                    "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                                },
                            ),
                        )
                    ]
                }
            },
            "resources": {
                QUEUE: {},
                BUCKET: {"policy": policy({**allow("s3:GetObject"), "Principal": "*"})},
            },
        },
        "222233334444": {"users": {"lee": {"policies": [policy(allow("s3:*"))]}}},
    }
}
INSIDE = {"aws:MultiFactorAuthPresent": "true", "aws:sourceip": "203.0.113.9"}


def test_two_differences_are_tried_together():
    """Where no change by itself explains a denial two may, and both are needed."""
    world = CompiledWorld(world_of(TOGETHER))
    message = denied("sqs:SendMessage", QUEUE, Layer.IDENTITY_BASED_POLICY, explicit=True)
    found = report(message, world, context=INSIDE)
    pairs = [difference for difference in found.differences if difference.also is not None]
    assert found.search.paired
    assert {(entry.key.lower(), entry.also.key.lower()) for entry in pairs} == {
        ("aws:multifactorauthpresent", "aws:sourceip")
    }
    for pair in pairs:
        assert explain(pair.question, world).decision.verdict is Verdict.EXPLICIT_DENY
        changed = {key.lower(): value for key, value in pair.question.context.items()}
        for key in (pair.key.lower(), pair.also.key.lower()):
            others = {name: value for name, value in INSIDE.items() if name.lower() != key}
            one = {**others, key: changed[key]} if key in changed else others
            alone = Question(KIM, "sqs:SendMessage", QUEUE, context=one)
            assert explain(alone, world).decision.verdict is Verdict.ALLOWED
    ranks = [difference.rank for difference in found.differences]
    assert ranks == sorted(ranks)


def test_two_are_not_tried_where_one_explains(world):
    """A pair says nothing more than the one of it that explains the denial."""
    found = report(
        denied("sqs:ReceiveMessage", QUEUE, Layer.IDENTITY_BASED_POLICY, explicit=True), world
    )
    assert not found.search.paired
    assert all(difference.also is None for difference in found.differences)


def test_the_number_of_pairs_is_bounded():
    """Many keys make more pairs than are tried, and the report says that there are more."""
    keys = [f"aws:RequestTag/t{number}" for number in range(40)]
    blocked = [
        deny("sqs:*", {"StringEquals": {key: "a", "aws:RequestTag/all": "no"}}) for key in keys
    ]
    data = {
        "accounts": {ACCOUNT: {"users": {"kim": {"policies": [policy(allow("sqs:*"), *blocked)]}}}}
    }
    world = CompiledWorld(world_of(data))
    message = DenialMessage(FULL, KIM, "sqs:SendMessage", QUEUE, Layer.VPC_ENDPOINT_POLICY)
    found = report(message, world)
    assert found.search.cut
    assert found.search.tried <= MOST_TRIED + MOST_PAIRS


def test_a_plain_denial_may_be_block_public_access():
    """A bucket with a public policy may be restricted, of which S3 says nothing; asked again with
    the setting, the world denies, and the message is a plain one again."""
    world = CompiledWorld(world_of(TOGETHER))
    caller = "arn:aws:iam::222233334444:user/lee"
    message = DenialMessage(DenialForm.PLAIN, caller, "s3:GetObject", BUCKET + "/a")
    found = report(message, world)
    kinds = [difference.kind for difference in found.differences]
    assert DifferenceKind.PUBLIC_ACCESS_BLOCKED in kinds
    (blocked,) = [
        difference
        for difference in found.differences
        if difference.kind is DifferenceKind.PUBLIC_ACCESS_BLOCKED
    ]
    assert blocked.answer.decision.layer is Layer.S3_BLOCK_PUBLIC_ACCESS
    assert denied_message(blocked.answer) == "Access Denied"
    assert compare(message, blocked.answer) is Agreement.NO_REASON_GIVEN


def test_changes_of_one_thing_do_not_go_together():
    """Two endpoints, or a key taken away twice, are no pair; keys go together in any case."""
    base = Question(KIM, "sqs:SendMessage", QUEUE, context={"a:b": "1", "c:d": "2"})
    gone = replace(base, context={"c:d": "2"}, unset=frozenset({"a:b"}))
    other = replace(base, context={"a:b": "1", "c:d": "3"})
    both = with_both(base, gone, other)
    assert (both.context, both.unset) == ({"c:d": "3"}, {"a:b"})
    assert with_both(base, other, gone) == both
    through = [replace(base, via=Via(name)) for name in ("vpce-1", "vpce-2")]
    assert with_both(base, *through) is None
    assert with_both(base, through[0], gone) == replace(gone, via=Via("vpce-1"))
