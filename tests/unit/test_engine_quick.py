"""Quick decisions: what is shared, what takes the long way, and what is forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest

import iamsim
from iamsim.api.world import World
from iamsim.core.decision import Verdict
from iamsim.core.remember import remember
from iamsim.engine import quick
from iamsim.engine.question import NOTHING_ATTACHED, Session
from iamsim.engine.quick import QuickDecisions
from iamsim.engine.world import SESSIONS, CompiledWorld
from iamsim.world.load import load_world_data
from tests.unit.questions import (
    BUCKET,
    KEY,
    OBJECT,
    QUEUE,
    ROLE,
    ROOT,
    SESSION,
    USER,
    A,
    allow,
    deny,
    policy,
)

Data = dict[str, Any]
TWIN = f"arn:aws:iam::{A}:role/twin"
POINT = f"arn:aws:s3:eu-west-1:{A}:accesspoint/door"
TRUST = policy(allow(Principal="*", Action="sts:AssumeRole", Resource=None))
MINE = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
TLS = {"Bool": {"aws:SecureTransport": "true"}}


def world_of(*statements: Data, resources: Data | None = None, **account: Any) -> CompiledWorld:
    """A world of two roles and a user that share a policy."""
    role = {"policies": ["Shared"], "trust": TRUST, "id": "AROA1"}
    data: Data = {
        "accounts": {
            A: {
                "policies": {"Shared": policy(*statements)},
                "roles": {"app": role, "twin": {**role, "id": "AROA2", "tags": {"team": "blue"}}},
                "users": {"maya": {"policies": ["Shared"], "id": "AIDA1"}},
                "resources": resources or {BUCKET: {}},
                **account,
            }
        }
    }
    return CompiledWorld(load_world_data(data))


def reading_of(world: CompiledWorld, principal: str, **request: Any) -> Any:
    """What is read of a request; `None` where it takes the long way."""
    asked = {"action": "s3:GetObject", "resource": OBJECT, "context": {}, **request}
    signed = world.quick().sign(principal, **asked)
    return None if signed is None else signed[0].reading


def test_sessions_share_their_role_and_alike_roles_their_reading() -> None:
    """Sessions of a role are one caller; roles with the same policies have one reading, a user
    has one of its own."""
    world = world_of(allow(Condition=MINE))
    of_session = reading_of(world, SESSION)
    assert of_session is reading_of(world, SESSION.replace("s1", "s2"))
    assert of_session is reading_of(world, ROLE)
    assert of_session is reading_of(world, TWIN)
    assert of_session is not reading_of(world, USER)
    assert len(world.quick()._callers) == 4
    decide = World(world.model).decide
    assert not decide(principal=ROLE, action="s3:GetObject", resource=OBJECT).allowed
    assert decide(principal=TWIN, action="s3:GetObject", resource=OBJECT).allowed


def test_what_names_a_session_or_a_role_tells_them_apart() -> None:
    """A resource-based policy that names one session sends all of its role the long way; one that
    names a role gives that role a reading of its own."""
    named = policy(deny(Principal={"AWS": SESSION}))
    world = world_of(allow(), resources={BUCKET: {"policy": named}})
    assert reading_of(world, SESSION.replace("s1", "s2")) is None
    assert reading_of(world, TWIN) is not None
    decide = World(world.model).decide
    asked = {"action": "s3:GetObject", "resource": OBJECT}
    assert decide(principal=SESSION, **asked).verdict is Verdict.EXPLICIT_DENY
    assert decide(principal=SESSION.replace("s1", "s2"), **asked).allowed
    world = world_of(allow(), resources={BUCKET: {"policy": policy(deny(Principal={"AWS": ROLE}))}})
    assert reading_of(world, ROLE) is not reading_of(world, TWIN)


def test_the_user_id_of_a_session_is_its_own() -> None:
    """A condition on aws:userid tells sessions of one role apart."""
    decide = World(
        world_of(allow(Condition={"StringEquals": {"aws:userid": "AROA1:s2"}})).model
    ).decide
    asked = {"action": "s3:GetObject", "resource": OBJECT}
    for _ in range(2):
        assert not decide(principal=SESSION, **asked).allowed
        assert decide(principal=SESSION.replace("s1", "s2"), **asked).allowed
        assert decide(principal=ROLE, **asked).verdict is Verdict.CONDITIONAL


@pytest.mark.parametrize(
    ("principal", "request_"),
    [
        (ROOT, {}),
        ("s3.amazonaws.com", {}),
        ("nobody", {}),
        (USER, {"action": "s3:*"}),
        (USER, {"action": "kms:Decrypt", "resource": KEY.replace("key/1234", "alias/a")}),
        (USER, {"action": "logs:DescribeLogGroups", "resource": "*"}),
        (USER, {"action": "s3:GetObject", "resource": f"{POINT}/object/a"}),
        (USER, {"context": {"AWS:SourceVpce": "vpce-1"}}),
    ],
)
def test_what_is_out_of_the_ordinary_takes_the_long_way(principal: str, request_: Data) -> None:
    """Root users, services, nobody; no single action; what has rules of its own."""
    points = {POINT: {"bucket": BUCKET}} if "accesspoint" in request_.get("resource", "") else {}
    world = world_of(allow(), resources={BUCKET: {}, **points})
    for _ in range(2):
        assert reading_of(world, principal, **request_) is None


def test_unknown_statements_take_the_long_way() -> None:
    """Where a statement about the action is not known, the answer may depend on it."""
    world = world_of(allow(Action="s3:*", Condition={"NoSuchOperator": {"aws:SourceIp": "x"}}))
    assert reading_of(world, ROLE) is None
    assert reading_of(world, TWIN) is None  # of the same class
    assert reading_of(world, ROLE, action="sqs:SendMessage", resource=QUEUE) is not None


def test_all_buckets_are_a_resource() -> None:
    """Who lists buckets asks about all of them."""
    world = World(world_of(allow(Action="s3:ListAllMyBuckets", Resource="arn:aws:s3:::*")).model)
    assert world.decide(principal=USER, action="s3:ListAllMyBuckets").allowed
    allowed = policy(allow(Action="s3:ListAllMyBuckets", Resource="arn:aws-us-gov:s3:::*"))
    account = {"partition": "aws-us-gov", "users": {"ann": {"policies": [allowed]}}}
    world = World(load_world_data({"accounts": {A: account}}))
    principal = f"arn:aws-us-gov:iam::{A}:user/ann"
    assert world.decide(principal=principal, action="s3:ListAllMyBuckets").allowed


def test_the_time_is_that_of_the_context_or_of_asking() -> None:
    """Either spelling of the time in the context wins over the time of asking."""
    later = {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    world = World(world_of(allow(Condition=later)).model)
    asked = {"principal": USER, "action": "s3:GetObject", "resource": OBJECT}
    assert world.decide(**asked, context={"x": "y"}).allowed
    assert not world.decide(**asked, context={"aws:EpochTime": "1"}).allowed
    assert not world.decide(**asked, context={"aws:currenttime": "2019-01-01T00:00:00Z"}).allowed


def test_keys_of_an_encryption_context_follow_from_its_pairs() -> None:
    """kms:EncryptionContextKeys is derived, and so is the caller's account."""
    both = {
        "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "stage"},
        "StringEquals": {"kms:CallerAccount": A},
    }
    key = {KEY: {"policy": policy(allow(Principal={"AWS": f"arn:aws:iam::{A}:root"}))}}
    world = World(world_of(allow(Condition=both), resources=key).model)
    asked = {"principal": USER, "action": "kms:Decrypt", "resource": KEY}
    assert world.decide(**asked, context={"kms:EncryptionContext:stage": "prod"}).allowed
    assert not world.decide(**asked, context={"kms:EncryptionContext:team": "a"}).allowed


def test_a_service_has_another_name_for_the_region_that_is_asked() -> None:
    """Either key tells both.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_ec2_region.html
    """
    abroad = {"StringNotEquals": {"ec2:Region": "eu-west-1"}}
    guarded = policy(allow(), deny(Action="ec2:*", Condition=abroad))
    data = {"accounts": {A: {"users": {USER.rpartition("/")[2]: {"policies": [guarded]}}}}}
    world = World(load_world_data(data))
    for key in ("aws:RequestedRegion", "ec2:Region"):
        for region, expected in (
            ("eu-west-1", Verdict.ALLOWED),
            ("us-east-1", Verdict.EXPLICIT_DENY),
        ):
            decision = world.decide(
                principal=USER,
                action="ec2:DescribeInstances",
                resource="*",
                context={key: region},
            )
            assert decision.verdict is expected


def test_a_key_that_nobody_tells_is_settled_once_for_each_signature() -> None:
    """Requests that lack a key that AWS sends take the long way once; a value told is heard."""
    compiled = world_of(
        allow(Resource=f"{BUCKET}/*"), deny(Condition={"Bool": {"aws:SecureTransport": "false"}})
    )
    world = World(compiled.model)
    asked = {"principal": USER, "action": "s3:GetObject"}
    first = world.decide(**asked, resource=OBJECT)
    assert first.verdict is Verdict.CONDITIONAL
    assert world.decide(**asked, resource=f"{BUCKET}/other") is first
    assert world.decide(**asked, resource="arn:aws:s3:::x/y").verdict is Verdict.IMPLICIT_DENY
    assert world.decide(**asked, resource=OBJECT, context={"aws:SecureTransport": "true"}).allowed


def test_many_are_decided_in_order_and_counted() -> None:
    """Records give their decisions in turn; a record with a session is asked in whole."""
    world = World(world_of(allow(Action="s3:*"), deny(Action="s3:PutObject", Condition=TLS)).model)
    records: list[Data] = [
        {"principal": USER, "action": "s3:GetObject", "resource": OBJECT},
        {"principal": USER, "action": "s3:PutObject", "context": {"aws:SecureTransport": True}},
        {"principal": ROLE, "action": "sqs:SendMessage", "resource_account": A},
        {"principal": ROLE, "action": "s3:GetObject", "session": {"name": "s9"}},
        {"principal": USER, "action": "s3:GetObject", "resource": f"{BUCKET}/b"},
    ]
    found = [decision.verdict.value for decision in world.decide_many(records)]
    assert found == ["allowed", "explicitDeny", "implicitDeny", "allowed", "allowed"]
    counted = world.count_many(records)
    assert list(counted.values()) == [3, 1, 1]
    assert next(iter(counted)).allowed


def test_what_several_keys_say_together_is_told_by_their_values() -> None:
    """Policy variables tell requests apart by the whole resource and the values; what lacks a key
    that AWS sends is asked once for all that are alike."""
    own = allow(Action="s3:*", Resource=f"{BUCKET}/${{aws:PrincipalTag/team}}/*")
    plain = allow(Action="sqs:*", Condition=TLS)
    pair = {"StringEquals": {"sns:Endpoint": "${aws:PrincipalTag/team}"}}
    world = World(world_of(own, plain, allow(Action="sns:*", Condition=pair)).model)
    asked = {"principal": TWIN, "action": "s3:GetObject"}
    records = [{**asked, "resource": f"{BUCKET}/{name}"} for name in ("blue/a", "red/a", "blue/b")]
    records += [{"principal": TWIN, "action": "sqs:SendMessage", "resource": QUEUE}] * 2
    found = [decision.verdict.value for decision in world.decide_many(records)]
    assert found == ["allowed", "implicitDeny", "allowed", "conditional", "conditional"]
    asked = {
        "principal": TWIN,
        "action": "sns:Subscribe",
        "resource": f"arn:aws:sns:eu-west-1:{A}:n",
    }
    records = [{**asked, "context": {"sns:Endpoint": name}} for name in ("blue", "red")]
    assert [decision.allowed for decision in world.decide_many(records)] == [True, False]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"principal": USER, "action": ["s3:GetObject"]}, "wrong-type"),
        ({"principal": USER}, "wrong-type"),
        ({"principal": USER, "action": "s3:GetObject", "account": A}, "unknown-argument"),
        ({"principal": USER, "action": "s3:GetObject", "resource_account": 1}, "wrong-type"),
        ({"principal": "nobody", "action": "s3:GetObject"}, "invalid-principal"),
    ],
)
def test_a_record_that_can_not_be_asked_is_an_error(record: Data, code: str) -> None:
    """What `decide` refuses, is refused among many."""
    with pytest.raises(iamsim.RequestError) as caught:
        list(World(world_of(allow()).model).decide_many([record]))
    assert caught.value.code == code


def test_tables_are_bounded_and_lose_their_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full table forgets a quarter; kinds of sessions beyond a few are forgotten, too."""
    table: dict[int, int] = {}
    for number in range(9):
        assert remember(table, number, -number, 8) == -number
    assert list(table) == [2, 3, 4, 5, 6, 7, 8]
    world = world_of(allow())
    for number in range(2 * SESSIONS):
        world.quick(NOTHING_ATTACHED, Session(name=f"s{number}"))
    assert len(world._own.quick) <= SESSIONS
    monkeypatch.setattr(quick, "SPELLINGS", 4)
    asked = {"principal": USER, "action": "s3:GetObject", "resource": OBJECT}
    for number in range(9):
        assert World(world.model).decide(**asked, context={f"a:k{number}": "v"}).allowed


def test_a_full_table_of_callers_keeps_the_newest() -> None:
    """Asking for many callers on many objects empties no table, and keeps none beyond its limit."""
    world = world_of(allow())
    tables = QuickDecisions(world, NOTHING_ATTACHED, Session(), 8)
    names = ("_asked", "_callers", "_places", "_meetings", "_readings")
    for number in range(40):
        role = f"arn:aws:sts::{A}:assumed-role/role-{number % 20}/s{number}"
        for index in range(2):
            tables.sign(role, "s3:GetObject", f"{OBJECT}/{number}-{index}", {})
        sizes = {name: len(getattr(tables, name)) for name in names}
        assert max(sizes.values()) <= 8
        if number >= 8:
            assert min(sizes["_asked"], sizes["_callers"], sizes["_places"]) >= 6
        assert role in tables._asked


def test_policies_of_a_question_have_tables_of_their_own() -> None:
    """Compiled policies decide as `iamsim.decide` does, with the same arguments."""
    policies = [policy(allow(Action="s3:*", Condition=TLS))]
    stack = iamsim.compile_policies(principal=USER, identity_policies=policies)
    for context in ({"aws:SecureTransport": "true"}, {"aws:SecureTransport": "false"}, {}):
        asked: Data = {"action": "s3:GetObject", "resource": OBJECT, "context": context}
        found = stack.decide(stack.request(**asked))
        parsed = [iamsim.parse_policy(json.dumps(entry)) for entry in policies]
        for given in (policies, policies, parsed, parsed):
            alone = iamsim.decide(principal=USER, **asked, identity_policies=given)
            assert alone.verdict is found.verdict


def test_a_world_says_what_its_policies_read() -> None:
    """Keys, conditions and resources of the statements about an action, and of no others."""
    own = allow(Action="s3:*", Resource=f"{BUCKET}/${{aws:PrincipalTag/team}}/*", Condition=TLS)
    bucket = {BUCKET: {"policy": policy(deny(Principal="*", Action="sqs:*", Condition=MINE))}}
    reads = world_of(own, resources=bucket).reads("s3:GetObject")
    assert reads.keys == {"aws:securetransport", "aws:principaltag/team"}
    assert [condition.written_key for condition in reads.conditions] == ["aws:SecureTransport"]
    assert reads.resources == (f"{BUCKET}/${{aws:PrincipalTag/team}}/*",)
