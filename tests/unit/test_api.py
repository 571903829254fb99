"""The Python interface: arguments in every form that it takes, and answers."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import iamsim
from iamsim.api.inputs import context_values, session_of, via_of
from tests.unit.questions import BUCKET, KEY, OBJECT, ROLE, SESSION, USER, A, B, allow, deny, policy

if TYPE_CHECKING:
    from pathlib import Path

Data = dict[str, Any]
ALL = policy(allow())
ASKED: Data = {"principal": USER, "action": "s3:GetObject", "resource": OBJECT}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "x"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (10, "10"),
        (1.5, "1.5"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
        (["a", 1, True], ("a", "1", "true")),
        (("a",), ("a",)),
        ([], ()),
        ({"b", "a"}, ("a", "b")),
        (frozenset({"b", "a"}), ("a", "b")),
    ],
)
def test_context_values(value: object, expected: str | tuple[str, ...]) -> None:
    """Values come as AWS writes them: texts, or several texts in an order that does not vary."""
    assert context_values({"k": value}) == {"k": expected}


@pytest.mark.parametrize("value", [None, {"a": 1}, b"x", ["a", None], object()])
def test_context_values_that_are_none(value: object) -> None:
    """What is no value of a context key is refused."""
    with pytest.raises(iamsim.RequestError) as caught:
        context_values({"k": value})
    assert caught.value.code == "invalid-context-value"


def test_no_context_is_an_empty_one() -> None:
    """A context may be left out."""
    assert context_values(None) == {}


def test_sessions() -> None:
    """A session is told by its parts; one policy alone is a list of one."""
    session = session_of(
        {
            "name": "s1",
            "policies": ALL,
            "tags": {"team": "blue"},
            "transitive_tags": ["team"],
            "source_identity": "maya",
            "source_user": USER,
        }
    )
    assert session.name == "s1"
    assert session.policies is not None
    assert len(session.policies) == 1
    assert session.tags == {"team": "blue"}
    assert session.transitive_tags == ("team",)
    assert session.source_identity == "maya"
    assert session_of(None) is session_of({})
    assert session_of({"name": "s1"}).policies is None


def test_ways_of_a_call() -> None:
    """One service or several, an endpoint, or nothing."""
    assert via_of({"service": "s3.amazonaws.com"}).services == ("s3.amazonaws.com",)
    assert via_of({"service": ["a.amazonaws.com", "b.amazonaws.com"]}).services[1].startswith("b")
    assert via_of({"vpc_endpoint": "vpce-1"}).vpc_endpoint == "vpce-1"
    assert via_of(None) is via_of({})


@pytest.mark.parametrize("argument", ["session", "via", "public_access_block"])
def test_unknown_parts_are_refused(argument: str) -> None:
    """A misspelt part of an argument is an error, not silence."""
    wrong: Data = {argument: {"nam": "x"}}
    with pytest.raises(iamsim.RequestError) as caught:
        iamsim.explain(**ASKED, **wrong)
    assert caught.value.code == "unknown-argument"
    assert "its parts are" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"principal": 5}, "`principal` must be a text, not a number"),
        ({"action": ["s3:GetObject"]}, "`action` must be a text, not a list"),
        ({"action": ("s3:GetObject",)}, "`action` must be a text, not a list"),
        ({"resource": None}, "`resource` must be a text, not nothing"),
        ({"resource_account": 111122223333}, "`resource_account` must be a text, not a number"),
        ({"context": ["aws:SourceIp"]}, "`context` must be a map of names and values, not a list"),
        ({"session": "run7"}, "`session` must be a map of names and values, not a text"),
        ({"session": {"tags": ["team"]}}, "must be a map of names and values, not a list"),
        ({"public_access_block": True}, "must be a map of names and values, not true or false"),
        ({"public_access_block": {"BlockPublicAcls": "no"}}, "must be true or false, not a text"),
    ],
)
def test_arguments_of_another_kind_are_refused(wrong: Data, words: str) -> None:
    """What has to be a text or a map and is none is told by name: it never means something else."""
    with pytest.raises(iamsim.RequestError) as caught:
        iamsim.explain(**{**ASKED, **wrong})
    assert caught.value.code == "wrong-type"
    assert words in caught.value.message


def test_an_account_has_twelve_digits() -> None:
    """The account of a resource that is none would make every request one across accounts."""
    with pytest.raises(iamsim.RequestError) as caught:
        iamsim.explain(**ASKED, resource_account="1111-2222-3333")
    assert caught.value.code == "invalid-account-id"


def test_one_name_is_a_list_of_one() -> None:
    """A key that is unknown, unset or transitive need not stand in a list: its letters are no
    names."""
    inside = policy(allow(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))
    asked: Data = {**ASKED, "identity_policies": [inside]}
    assert iamsim.explain(**asked, unknown="aws:SourceIp").verdict.value == "conditional"
    given = {**asked, "context": {"aws:SourceIp": "203.0.113.7"}}
    assert iamsim.explain(**given).allowed
    taken = iamsim.explain(**asked, unset="aws:ResourceAccount").to_dict()
    assert taken == iamsim.explain(**asked, unset=["aws:ResourceAccount"]).to_dict()
    assert session_of({"transitive_tags": "team"}).transitive_tags == ("team",)


@pytest.mark.parametrize("name", ["restrict_public_buckets", "RestrictPublicBuckets"])
def test_settings_go_by_both_names(name: str) -> None:
    """S3 Block Public Access has the names of worlds and those of AWS: both restrict."""
    everyone = policy(allow(Principal="*"))
    asked: Data = {
        "principal": "anonymous",
        "action": "s3:GetObject",
        "resource": OBJECT,
        "resource_account": A,
        "resource_policy": everyone,
    }
    assert iamsim.explain(**asked).allowed
    assert not iamsim.explain(**asked, public_access_block={name: True}).allowed
    assert iamsim.explain(**asked, public_access_block={name: False}).allowed


@pytest.mark.parametrize(
    "document",
    [ALL, json.dumps(ALL), json.dumps(ALL).encode(), iamsim.parse_policy(ALL)],
    ids=["object", "text", "bytes", "policy"],
)
def test_policies_come_in_every_form(document: Any) -> None:
    """A policy is an object, a text, bytes or one read already, alone or in a list."""
    for given in (document, [document], (document,), iter([document])):
        assert iamsim.decide(**ASKED, identity_policies=given).allowed
    assert iamsim.decide(
        **ASKED, identity_policies=[document], scps=[[document], [document]]
    ).allowed
    assert not iamsim.decide(**ASKED, identity_policies=[document], scps=[[document], []]).allowed


def test_every_layer_has_an_argument() -> None:
    """Each kind of policy can be given, and each can keep a request out."""
    nothing = policy(allow(Action="ec2:*"))
    free: Data = {
        "identity_policies": [ALL],
        "resource_policy": policy(allow(Principal={"AWS": A})),
        "boundary": ALL,
        "session_policies": [ALL],
        "scps": [[ALL]],
        "rcps": [[]],
        "vpce_policies": [policy(allow(Principal="*"))],
        "public_access_block": {"restrict_public_buckets": True},
    }
    asked = {**ASKED, "principal": SESSION}
    assert iamsim.decide(**asked, **free).allowed
    for name, closed in (
        ("identity_policies", [nothing]),
        ("resource_policy", policy(deny(Principal="*"))),
        ("boundary", nothing),
        ("session_policies", [nothing]),
        ("scps", [[nothing]]),
        ("rcps", [[policy(deny(Principal="*", Action="s3:*"))]]),
        ("vpce_policies", [policy(allow(Principal="*", Action="ec2:*"))]),
    ):
        layers: Data = {**free, name: closed}
        assert not iamsim.decide(**asked, **layers).allowed
        assert not iamsim.explain(**asked, **layers).allowed


def test_faults_name_the_argument() -> None:
    """An error in one of several policies says in which."""
    with pytest.raises(iamsim.PolicyError, match=r"scps\[1\]\[0\]"):
        iamsim.decide(**ASKED, scps=[[ALL], ["{"]])


def test_an_answer_has_everything() -> None:
    """Verdict, decision, explanation, data and text of one answer agree."""
    answer = iamsim.explain(**ASKED, identity_policies=[ALL], context={"aws:SourceIp": "10.0.0.1"})
    assert answer.allowed
    assert answer.verdict is answer.decision.verdict is iamsim.Verdict.ALLOWED
    assert answer.residual is None
    assert answer.request.context == {"aws:SourceIp": "10.0.0.1"}
    assert answer.explanation is answer.explanation
    assert answer.to_dict()["decision"] == "allowed"
    assert "allowed" in str(answer).lower()
    assert repr(answer) == f"<Answer allowed: {USER} s3:GetObject {OBJECT}>"
    with pytest.raises(TypeError, match=r"answer\.allowed"):
        bool(answer)


def test_what_is_not_known_leaves_a_residual() -> None:
    """With an unknown key the answer may be conditional; `unset` makes a key absent instead."""
    team = policy(allow(Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}))
    key = "aws:PrincipalTag/team"
    answer = iamsim.explain(**ASKED, identity_policies=[team], unknown=[key])
    assert answer.verdict is iamsim.Verdict.CONDITIONAL
    assert answer.residual is not None
    assert answer.residual.holds({key: "blue"})
    assert not answer.residual.holds({})
    partial = iamsim.explain(**ASKED, identity_policies=[team], partial=True)
    assert partial.verdict is iamsim.Verdict.CONDITIONAL
    absent = iamsim.explain(**ASKED, identity_policies=[team], partial=True, unset=[key])
    assert absent.verdict is iamsim.Verdict.IMPLICIT_DENY
    named = policy(allow(Condition={"StringEquals": {"aws:username": "maya"}}))
    assert iamsim.decide(**ASKED, identity_policies=[named]).allowed
    assert not iamsim.decide(**ASKED, identity_policies=[named], unset=["aws:UserName"]).allowed


def test_without_a_word_on_mfa_there_is_no_age_of_it() -> None:
    """A session that is said to lack `aws:MultiFactorAuthPresent` lacks the age as well."""
    late = {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": late},
    ]
    asked = {
        "principal": "arn:aws:sts::111122223333:assumed-role/app/run",
        "action": "sqs:SendMessage",
        "resource": "arn:aws:sqs:eu-west-1:111122223333:tide",
        "identity_policies": [{"Version": "2012-10-17", "Statement": statements}],
    }
    assert iamsim.explain(**asked).verdict is iamsim.Verdict.CONDITIONAL
    absent = iamsim.explain(**asked, unset=["aws:MultiFactorAuthPresent"])
    assert absent.verdict is iamsim.Verdict.ALLOWED


def test_trust_policies_are_read_as_such() -> None:
    """The resource policy of a role that is assumed has no Resource element."""
    trust = policy(allow(Principal={"AWS": USER}, Action="sts:AssumeRole", Resource=None))
    asked: Data = {"principal": USER, "action": "sts:AssumeRole", "resource": ROLE}
    assert iamsim.decide(**asked, resource_policy=trust).allowed
    compiled = iamsim.compile_policies(principal=USER, resource_policy=trust, is_trust_policy=True)
    request = compiled.request(action="sts:AssumeRole", resource=ROLE)
    assert compiled.decide(request).allowed


def test_policies_are_compiled_once_for_many_requests() -> None:
    """A prepared request is decided as often as one likes; what was compiled can be shipped."""
    folder = policy(allow(Resource=f"{BUCKET}/${{aws:username}}/*"))
    compiled = iamsim.compile_policies(principal=USER, identity_policies=[folder])
    for key, allowed in (("maya/x", True), ("lee/x", False)):
        request = compiled.request(action="s3:GetObject", resource=f"{BUCKET}/{key}")
        first, second = compiled.decide(request), compiled.decide(request)
        assert first is second
        assert first.allowed is allowed
    there = pickle.loads(pickle.dumps(compiled))  # noqa: S301 - made here
    request = there.request(action="s3:GetObject", resource=f"{BUCKET}/maya/x")
    assert there.decide(request).allowed


def test_one_request_does_not_change_what_the_next_one_meets() -> None:
    """A key that RCPs spare once took them away from the bucket that was asked about next."""
    rcp = policy(deny(Principal="*", Action=["s3:*", "kms:*"]))
    compiled = iamsim.compile_policies(principal=USER, identity_policies=[ALL], rcps=[[rcp]])
    spared = KEY.replace(":key/1234", ":alias/aws/s3")
    for action, resource, allowed in (
        ("kms:DescribeKey", spared, True),
        ("s3:GetObject", OBJECT, False),
        ("kms:DescribeKey", spared, True),
    ):
        request = compiled.request(action=action, resource=resource)
        assert compiled.decide(request).allowed is allowed


WORLD = f"""
accounts:
  "{A}":
    users:
      maya:
        policies:
          - Version: "2012-10-17"
            Statement: {{Effect: Allow, Action: "s3:Get*", Resource: "*"}}
"""


def test_worlds(tmp_path: Path) -> None:
    """A world is loaded from a file, checked, asked, explained, compiled and shipped."""
    path = tmp_path / "world.yaml"
    path.write_text(WORLD, encoding="utf-8")
    world = iamsim.load(path)
    assert world.decide(**ASKED).allowed
    assert not world.decide(**ASKED, resource_account=B).allowed
    answer = world.explain(**ASKED, context={"aws:SourceIp": "10.0.0.1"})
    assert answer.allowed
    assert answer.decision.statements[0].span.source.name.endswith("world.yaml")
    assert world.compile().decide(**ASKED).allowed
    there = pickle.loads(pickle.dumps(world))  # noqa: S301 - made here
    assert there.decide(**ASKED).allowed


def test_several_worlds_are_one(tmp_path: Path) -> None:
    """Worlds are merged: a user of one file, the bucket's account of another."""
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(WORLD, encoding="utf-8")
    second.write_text(f'accounts: {{"{B}": {{resources: {{"{BUCKET}": {{}}}}}}}}', encoding="utf-8")
    world = iamsim.load(first, second)
    assert world.explain(**ASKED).explanation.relation.value == "cross-account"


def test_a_broken_world_is_refused(tmp_path: Path) -> None:
    """A policy that can't be compiled is found when the world is loaded, not when asked about."""
    path = tmp_path / "world.yaml"
    broken = WORLD.replace(
        'Resource: "*"', 'Resource: "*", Condition: {IpAdress: {"aws:SourceIp": x}}'
    )
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(iamsim.PolicyError) as caught:
        iamsim.load(path, strict=True)
    assert caught.value.code == "unknown-operator"
    iamsim.load(path)


def test_unknown_names_of_the_package() -> None:
    """The package lists its public names, loads each when asked, and knows no others."""
    assert set(iamsim.__all__) <= set(dir(iamsim))
    for name in iamsim.__all__:
        assert getattr(iamsim, name) is not None
    with pytest.raises(AttributeError, match="no attribute `nothing`"):
        _ = iamsim.nothing
