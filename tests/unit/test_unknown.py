"""Unknown parts of policies: each makes exactly the decisions conditional that it can change."""

from __future__ import annotations

from typing import Any

import pytest

import iamsim
from iamsim.core.unknown import Unknown, find_marker, find_unknowns

MIA = "arn:aws:iam::111122223333:user/mia"
LOST = {"unknown": "the file was not there", "source": "p.json"}


def policy(*statements: object) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect: str = "Allow", **elements: object) -> dict[str, Any]:
    """A statement about S3."""
    return {"Effect": effect, "Action": "s3:*", "Resource": "*", **elements}


ALLOW, DENY = policy(statement()), policy(statement("Deny"))


def verdict(*identity: object, context: dict[str, str] | None = None, **more: Any) -> str:
    """What both readings say of one request."""
    question = {
        "principal": MIA,
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/k",
        "context": context or {},
        "identity_policies": list(identity),
        **more,
    }
    found = iamsim.explain(**question).verdict.value
    assert iamsim.decide(**question).verdict.value == found
    return found


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({"identity_policies": [LOST]}, "conditional"),
        ({"identity_policies": [ALLOW, LOST]}, "conditional"),
        ({"identity_policies": [DENY, LOST]}, "explicitDeny"),
        ({"boundary": LOST}, "implicitDeny"),
        ({"identity_policies": [ALLOW], "boundary": LOST}, "conditional"),
        ({"identity_policies": [ALLOW], "session_policies": [LOST]}, "conditional"),
        ({"identity_policies": [ALLOW], "scps": [[ALLOW], [LOST]]}, "conditional"),
        ({"identity_policies": [ALLOW], "scps": [[DENY], [LOST]]}, "explicitDeny"),
        ({"identity_policies": [ALLOW], "vpce_policies": [LOST]}, "conditional"),
        ({"resource_policy": LOST}, "conditional"),
        ({"identity_policies": [ALLOW], "resource_policy": LOST}, "conditional"),
        ({"identity_policies": [policy(LOST)]}, "conditional"),
        ({"identity_policies": [ALLOW, policy(statement(), LOST)]}, "conditional"),
        ({"identity_policies": [DENY, policy(statement(), LOST)]}, "explicitDeny"),
    ],
)
def test_a_policy_that_is_not_known_may_allow_and_may_deny(
    arguments: dict[str, Any], wanted: str
) -> None:
    """A policy that is not known may allow and may deny."""
    identity = arguments.pop("identity_policies", ())
    assert verdict(*identity, **arguments) == wanted


@pytest.mark.parametrize(
    ("elements", "wanted"),
    [
        ({"Action": LOST}, "conditional"),
        ({"Action": ["s3:Get*", LOST]}, "explicitDeny"),
        ({"Action": ["s3:Put*", LOST]}, "conditional"),
        ({"Action": LOST, "Resource": "arn:aws:s3:::other/*"}, "allowed"),
        ({"Resource": LOST}, "conditional"),
        ({"Resource": ["arn:aws:s3:::b/*", LOST]}, "explicitDeny"),
        ({"Resource": ["arn:aws:s3:::c/*", LOST]}, "conditional"),
        ({"Action": "ec2:*", "Resource": LOST}, "allowed"),
        ({"Condition": LOST}, "conditional"),
        ({"Condition": {"StringEquals": LOST}}, "conditional"),
        ({"Condition": {"StringEquals": {"aws:Unread": LOST}}}, "allowed"),
        ({"Condition": {"StringEquals": {"aws:PrincipalType": LOST}}}, "conditional"),
        ({"Condition": {"StringEquals": {"aws:PrincipalType": ["User", LOST]}}}, "explicitDeny"),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalType": ["User", LOST]}}}, "allowed"),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalType": LOST}}}, "conditional"),
        ({"Condition": {"StringNotEquals": {"aws:Unread": LOST}}}, "explicitDeny"),
        ({"Condition": {"StringEqualsIfExists": {"aws:Unread": LOST}}}, "explicitDeny"),
        ({"Condition": {"StringEqualsIfExists": {"aws:PrincipalType": LOST}}}, "conditional"),
        ({"Condition": {"Null": {"aws:PrincipalType": LOST}}}, "conditional"),
        ({"Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": LOST}}}, "allowed"),
        ({"Condition": {"ForAllValues:StringLike": {"aws:TagKeys": LOST}}}, "explicitDeny"),
        ({"Condition": {"ForAnyValue:StringNotLike": {"aws:TagKeys": LOST}}}, "allowed"),
        (
            {"Condition": {"StringEquals": {"aws:PrincipalType": LOST, "aws:Unread": "a"}}},
            "allowed",
        ),
    ],
)
def test_a_part_of_a_deny_may_deny(elements: dict[str, object], wanted: str) -> None:
    """A part of a deny may deny."""
    assert verdict(ALLOW, policy(statement("Deny", **elements))) == wanted


@pytest.mark.parametrize(
    ("elements", "wanted"),
    [
        ({"NotAction": ["ec2:*", LOST]}, "conditional"),
        ({"NotAction": ["s3:*", LOST]}, "allowed"),
        ({"NotAction": LOST}, "conditional"),
    ],
)
def test_an_exception_that_is_not_known_may_spare_anything(
    elements: dict[str, object], wanted: str
) -> None:
    """An exception that is not known may spare anything."""
    parts = {"Effect": "Deny", "Resource": "*", **elements}
    assert verdict(ALLOW, policy(parts)) == wanted


@pytest.mark.parametrize(
    ("principal", "wanted"),
    [
        ({"AWS": LOST}, "conditional"),
        (LOST, "conditional"),
        ({"AWS": [MIA, LOST]}, "allowed"),
        ({"AWS": ["arn:aws:iam::111122223333:user/leo", LOST]}, "conditional"),
    ],
)
def test_a_principal_that_is_not_known_may_be_anybody(principal: object, wanted: str) -> None:
    """A principal that is not known may be anybody."""
    resource = policy(statement(Principal=principal))
    assert verdict(resource_policy=resource) == wanted


@pytest.mark.parametrize(
    ("principal", "wanted"),
    [({"AWS": [LOST]}, "conditional"), ({"AWS": [MIA, "111122223333", LOST]}, "allowed")],
)
def test_a_spared_principal_that_is_not_known(principal: object, wanted: str) -> None:
    """A spared principal that is not known."""
    denies = {**statement("Deny"), "NotPrincipal": principal}
    assert verdict(ALLOW, resource_policy=policy(denies)) == wanted


def test_an_effect_that_is_not_known_may_be_either() -> None:
    """An effect that is not known may be either."""
    assert verdict(ALLOW, policy(statement(LOST))) == "conditional"  # type: ignore[arg-type]
    assert verdict(policy(statement(LOST))) == "conditional"  # type: ignore[arg-type]
    assert verdict(policy(statement(LOST, Action="ec2:*"))) == "implicitDeny"  # type: ignore[arg-type]


def test_an_answer_names_what_is_not_known_and_on_what_it_depends() -> None:
    """An answer names what is not known and on what it depends."""
    answer = iamsim.explain(
        principal=MIA,
        action="s3:GetObject",
        resource="arn:aws:s3:::b/k",
        identity_policies=[ALLOW, policy(statement("Deny", Resource=LOST)), policy(LOST)],
        scps=[[LOST]],
    )
    assert answer.to_dict()["unknowns"] == [
        {
            "layer": "service-control-policy",
            "policy": "scps[0][0]",
            "statement": None,
            "why": "the file was not there",
            "source": "p.json",
        },
        {
            "layer": "identity-based-policy",
            "policy": "identity_policies[1]",
            "statement": 0,
            "why": "the file was not there",
            "source": "p.json",
        },
        {
            "layer": "identity-based-policy",
            "policy": "identity_policies[2]",
            "statement": 0,
            "why": "the file was not there",
            "source": "p.json",
        },
    ]
    residual = answer.residual
    assert residual is not None
    assert all(key.startswith("unknown:") for key in residual.keys)
    assert residual.stand_ins == residual.keys
    assert residual.holds({"unknown:scps[0][0]:Allow": "true"})
    assert not residual.holds({})
    assert not residual.holds(
        {"unknown:scps[0][0]:Allow": "true", "unknown:identity_policies[1]#1:Deny": "true"}
    )


def test_what_does_not_bear_on_a_decision_is_not_named() -> None:
    """What does not bear on a decision is not named."""
    answer = iamsim.explain(
        principal=MIA,
        action="s3:GetObject",
        resource="arn:aws:s3:::b/k",
        identity_policies=[DENY, LOST],
    )
    assert answer.to_dict()["unknowns"] == []
    assert answer.residual is None


def test_unknown_keys_and_unknown_parts_make_one_residual() -> None:
    """Unknown keys and unknown parts make one residual."""
    answer = iamsim.explain(
        principal=MIA,
        action="s3:GetObject",
        resource="arn:aws:s3:::b/k",
        identity_policies=[
            policy(statement(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})),
            policy(statement("Deny", Resource=LOST)),
        ],
        unknown=["aws:SourceVpc"],
    )
    assert answer.residual is not None
    assert answer.residual.sentence == (
        "allowed if the request comes from VPC `vpc-1`, unless statement 1 of the policy"
        " `identity_policies[1]`, which is not known, denies it explicitly"
    )


def test_a_marker_says_why_and_from_where() -> None:
    """A marker says why and from where."""
    assert find_marker(LOST) == Unknown("the file was not there", "p.json")
    assert find_marker({"unknown": "why"}) == Unknown("why")
    assert Unknown("why").to_marker() == {"unknown": "why"}
    assert Unknown("why", "here").to_marker() == {"unknown": "why", "source": "here"}
    for other in ("unknown", {"unknown": 1}, {"unknown": "a", "more": "b"}, {"source": "a"}):
        assert find_marker(other) is None
    assert [one.why for one in find_unknowns({"a": [LOST, {"b": {"unknown": "c"}}]})] == [
        "the file was not there",
        "c",
    ]


def test_markers_stand_in_data_only() -> None:
    """Markers stand in data only."""
    with pytest.raises(iamsim.PolicyError):
        verdict('{"unknown": "why"}')
