"""Unknown things that are no keys: whose a resource is, how a session is named, whole layers."""

from __future__ import annotations

from typing import Any

import pytest

import iamsim
from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.errors import RequestError
from iamsim.engine import authorize
from iamsim.engine.question import AttachedPolicies, Question, Session, Via
from iamsim.engine.world import CompiledWorld
from iamsim.symbolic.completion import complete
from iamsim.symbolic.partial import answer
from iamsim.world.documents import parse_document
from iamsim.world.load import load_world_documents

OWN, OTHER = "111122223333", "222233334444"
USER = f"arn:aws:iam::{OWN}:user/maya"
ROLE = f"arn:aws:iam::{OWN}:role/app"
SESSIONS = f"arn:aws:sts::{OWN}:assumed-role/app"
Data = dict[str, Any]
ALL: Data = {"Effect": "Allow"}


def policy(*statements: Data) -> Any:
    """Parse a policy of statements about everything, unless they say otherwise."""
    whole = [{"Action": "*", "Resource": "*", **statement} for statement in statements]
    return iamsim.parse_policy({"Version": "2012-10-17", "Statement": whole})


def question(*statements: Data, unknown: tuple[str, ...], **more: Any) -> Question:
    """Ask for an object, under identity-based policies of these statements."""
    attached = AttachedPolicies(
        identity_policies=(policy(*statements),), **more.pop("attached", {})
    )
    return Question(
        more.pop("principal", USER),
        "s3:GetObject",
        more.pop("resource", "arn:aws:s3:::tide/log"),
        attached=attached,
        unknown=frozenset(unknown),
        **more,
    )


def allow_if(key: str, value: str, operator: str = "StringEquals") -> Data:
    """Make a statement that allows where a key has a value."""
    return {"Effect": "Allow", "Condition": {operator: {key: value}}}


def test_the_account_of_a_resource_may_be_unknown() -> None:
    """Without a resource-based policy it must be the caller's own."""
    asked = question(ALL, unknown=("resource-account",))
    residual = answer(asked).residual
    assert residual is not None
    assert residual.to_condition() == [{"StringEquals": {"aws:ResourceAccount": [OWN]}}]
    assert residual.sentence == f"allowed if the resource belongs to account `{OWN}`"
    for account in (OWN, OTHER, "999999999999"):
        decided = authorize.decide(question(ALL, unknown=(), resource_account=account))
        assert residual.holds({"aws:ResourceAccount": account}) is decided.allowed
        assert residual.holds({"resource-account": account}) is decided.allowed
    assert not residual.holds({})


def test_an_account_that_makes_no_difference_is_settled() -> None:
    """Where both accounts allow, it is allowed; where no account could, it is denied."""
    named = policy({"Effect": "Allow", "Principal": {"AWS": USER}})
    got = answer(question(ALL, unknown=("resource-account",), attached={"resource_policy": named}))
    assert got.decision.verdict is Verdict.ALLOWED
    got = answer(question(allow_if("aws:ResourceAccount", OTHER), unknown=("resource-account",)))
    assert got.decision.verdict is Verdict.IMPLICIT_DENY


def test_accounts_have_twelve_digits_and_are_there() -> None:
    """What every account id fits is no condition, nor is that there is one."""
    for statement in (
        allow_if("aws:ResourceAccount", "????????????", "StringLike"),
        allow_if("aws:ResourceAccount", "false", "Null"),
    ):
        named = policy({**statement, "Principal": {"AWS": USER}})
        got = answer(
            question(ALL, unknown=("resource-account",), attached={"resource_policy": named})
        )
        assert got.decision.verdict is Verdict.ALLOWED
    pattern = policy(
        {**allow_if("aws:ResourceAccount", "2222*", "StringLike"), "Principal": {"AWS": USER}}
    )
    residual = answer(
        question(ALL, unknown=("resource-account",), attached={"resource_policy": pattern})
    ).residual
    assert residual is not None
    assert residual.holds({"aws:ResourceAccount": OTHER})
    assert residual.holds({"aws:ResourceAccount": OWN})
    assert not residual.holds({"aws:ResourceAccount": "333344445555"})
    allowed, denied = residual.examples()
    assert allowed is not None
    assert denied is not None
    assert len(str(denied["aws:ResourceAccount"])) == 12


@pytest.mark.parametrize(
    "more",
    [
        {"resource": f"arn:aws:sqs:eu-west-1:{OWN}:queue"},
        {"resource": "*"},
        {"resource_account": OWN},
    ],
)
def test_an_account_that_is_told_is_known(more: Data) -> None:
    """The ARN of a queue tells whose it is; an account that was given is not unknown."""
    got = answer(question(ALL, unknown=("resource-account",), **more))
    assert got.decision.verdict is Verdict.ALLOWED


def test_a_given_account_key_leaves_the_account_itself_open() -> None:
    """The context may say something of the key; the account is then asked for by its own name."""
    asked = question(
        ALL, unknown=("resource-account",), context={"aws:ResourceAccount": "999999999999"}
    )
    residual = answer(asked).residual
    assert residual is not None
    assert residual.to_condition() == [{"StringEquals": {"resource-account": [OWN]}}]
    assert residual.holds({"resource-account": OWN})
    assert not residual.holds({"resource-account": OTHER})
    assert not complete(asked, {}).decide().allowed


WORLD = """
organization:
  id: o-tide
  management_account: "999988887777"
  root:
    id: r-1
    accounts: ["999988887777", "111122223333"]
    units:
      Data:
        id: ou-1
        accounts: ["222233334444"]
        rcps:
          - Version: "2012-10-17"
            Statement:
              - Effect: Deny
                Principal: "*"
                Action: "s3:*"
                Resource: "*"
                Condition: {Bool: {"aws:SecureTransport": "false"}}
accounts:
  "111122223333":
    users:
      maya:
        policies:
          - Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]
  "222233334444": {}
"""


def test_accounts_of_an_organization_bring_their_guardrails() -> None:
    """The RCPs of one account count where the resource is in it, and the trace shows them."""
    world = CompiledWorld(load_world_documents(parse_document(WORLD, name="world.yaml")))
    named = policy({"Effect": "Allow", "Principal": {"AWS": USER}})
    asked = Question(
        USER,
        "s3:GetObject",
        "arn:aws:s3:::tide/log",
        attached=AttachedPolicies(resource_policy=named),
        unknown=frozenset({"resource-account", "aws:SecureTransport"}),
    )
    got = answer(asked, world)
    residual = got.residual
    assert residual is not None
    assert not residual.holds({"aws:ResourceAccount": OTHER, "aws:SecureTransport": "false"})
    assert residual.holds({"aws:ResourceAccount": OTHER, "aws:SecureTransport": "true"})
    assert residual.holds({"aws:ResourceAccount": OWN, "aws:SecureTransport": "false"})
    levels = {layer.level: layer for layer in got.explanation.layers if layer.residual}
    (layer,) = levels.values()
    assert layer.layer is Layer.RESOURCE_CONTROL_POLICY
    assert layer.outcome is Outcome.UNKNOWN
    assert layer.residual is not None
    assert layer.residual.denies is not None
    assert layer.residual.denies.sentence.startswith("denies explicitly if")
    assert got.decision.missing_context == ("aws:ResourceAccount", "aws:SecureTransport")


def test_organization_keys_follow_from_an_unknown_account() -> None:
    """Within the organization aws:ResourceOrgID is its id; outside of it there is none."""
    world = CompiledWorld(load_world_documents(parse_document(WORLD, name="world.yaml")))
    named = policy(
        {**allow_if("aws:ResourceOrgID", "o-tide"), "Principal": {"AWS": USER}},
    )
    asked = Question(
        USER,
        "s3:GetObject",
        "arn:aws:s3:::tide/log",
        attached=AttachedPolicies(resource_policy=named),
        context={"aws:SecureTransport": "true"},
        unknown=frozenset({"resource-account"}),
    )
    residual = answer(asked, world).residual
    assert residual is not None
    (block,) = residual.to_condition()
    members = ["111122223333", "222233334444", "999988887777"]
    assert block == {"StringEquals": {"aws:ResourceAccount": members}}


def test_a_session_name_may_be_unknown_where_sessions_are_named() -> None:
    """A policy that names one session allows that one only."""
    named = policy({"Effect": "Deny", "Principal": {"AWS": f"{SESSIONS}/ci"}})
    asked = question(
        ALL, unknown=("session-name",), principal=ROLE, attached={"resource_policy": named}
    )
    residual = answer(asked).residual
    assert residual is not None
    assert residual.to_condition() == [{"StringNotLike": {"aws:userid": ["*:ci"]}}]
    assert residual.sentence == "allowed unless the session is named `ci`"
    for name in ("ci", "cd", "a:ci"):
        whole = question(
            ALL,
            unknown=(),
            principal=ROLE,
            attached={"resource_policy": named},
            session=Session(name=name),
        )
        if ":" not in name:
            assert residual.holds({"session-name": name}) is authorize.decide(whole).allowed
    assert residual.holds({})
    allowed, denied = residual.examples()
    assert denied == {"aws:userid": "AROAEXAMPLEID:ci"}
    assert allowed == {"aws:userid": "AROAEXAMPLEID:session"}


def test_a_session_name_shows_in_the_user_id() -> None:
    """Patterns and variables of aws:userid depend on the session's name."""
    residual = answer(
        question(
            allow_if("aws:userid", "AROAX:c*", "StringLike"),
            unknown=("session-name",),
            principal=ROLE,
        )
    ).residual
    assert residual is not None
    assert residual.holds({"aws:userid": "AROAX:cd"})
    assert not residual.holds({"aws:userid": "AROAY:cd"})
    got = answer(
        question(
            allow_if("aws:userid", "*:*", "StringLike"), unknown=("session-name",), principal=ROLE
        )
    )
    assert got.decision.verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("principal", "more"),
    [(USER, {}), (f"{SESSIONS}/ci", {}), (ROLE, {"session": Session(name="ci")})],
)
def test_a_session_name_that_is_told_is_known(principal: str, more: Data) -> None:
    """A user has no session; the ARN of a session tells its name."""
    named = policy({"Effect": "Deny", "Principal": {"AWS": f"{SESSIONS}/cd"}})
    got = answer(
        question(
            ALL,
            unknown=("session-name",),
            principal=principal,
            attached={"resource_policy": named},
            **more,
        )
    )
    assert got.decision.verdict is Verdict.ALLOWED


def test_a_session_without_user_id_is_asked_for_by_name() -> None:
    """Where aws:userid is said to be absent, the name itself stays open."""
    named = policy({"Effect": "Deny", "Principal": {"AWS": f"{SESSIONS}/ci"}})
    asked = question(
        ALL,
        unknown=("session-name",),
        unset=frozenset({"aws:userid"}),
        principal=ROLE,
        attached={"resource_policy": named},
    )
    residual = answer(asked).residual
    assert residual is not None
    assert residual.to_condition() == [{"StringNotEquals": {"session-name": ["ci"]}}]
    assert not residual.holds({"session-name": "ci"})
    assert not complete(asked, {"session-name": "ci"}).decide().allowed


def test_whether_there_is_a_boundary_matters_to_not_principal() -> None:
    """A `NotPrincipal` denies every caller that has a boundary, whatever that says."""
    spared = policy({"Effect": "Deny", "NotPrincipal": {"AWS": [OWN, USER]}})
    asked = question(ALL, unknown=("permissions-boundary",), attached={"resource_policy": spared})
    residual = answer(asked).residual
    assert residual is not None
    assert residual.sentence == "allowed if there is no permissions boundary"
    assert residual.holds({"permissions-boundary": "notApplicable"})
    for word in ("allow", "explicitDeny", "implicitDeny"):
        assert not residual.holds({"permissions-boundary": word})
        assert not complete(asked, {"permissions-boundary": word}).decide().allowed


def test_an_unknown_bucket_policy_may_be_public() -> None:
    """Block Public Access keeps callers from outside away where the policy is public."""
    block = {"public_access_block": {"restrict_public_buckets": True}}
    asked = question(
        ALL, unknown=("resource-based-policy",), attached=block, resource_account=OTHER
    )
    residual = answer(asked).residual
    assert residual is not None
    assert residual.holds({"resource-based-policy": "allow"})
    assert not residual.holds({"resource-based-policy": "allow", "policy-is-public": "true"})
    assert residual.sentence.endswith("unless the unknown resource-based policy is public")
    both = question(
        ALL,
        unknown=("resource-based-policy", "s3-block-public-access"),
        attached=block,
        resource_account=OTHER,
    )
    for word, allowed in (("allow", True), ("implicitDeny", False)):
        words = {"resource-based-policy": "allow", "s3-block-public-access": word}
        assert complete(both, words).decide().allowed is allowed
    own = question(ALL, unknown=("resource-based-policy",), attached=block)
    residual = answer(own).residual
    assert residual is not None
    assert residual.holds({"policy-is-public": "true"})


@pytest.mark.parametrize(
    ("layer", "more"),
    [
        ("vpc-endpoint-policy", {"via": Via(services=("glue.amazonaws.com",))}),
        ("s3-block-public-access", {}),
        ("resource-control-policy", {"resource": f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-1"}),
        ("resource-based-policy", {"resource": "*"}),
    ],
)
def test_layers_that_can_not_apply_stay_out(layer: str, more: Data) -> None:
    """A follow-up call passes no endpoint, an owner is not kept out, EC2 has no RCPs."""
    asked = question(ALL, unknown=(layer,), **more)
    if "ec2" in asked.resource:
        asked = Question(
            USER,
            "ec2:StopInstances",
            asked.resource,
            attached=asked.attached,
            unknown=asked.unknown,
        )
    assert answer(asked).decision.verdict is Verdict.ALLOWED


def test_known_keys_may_be_changed_beside_unknown_layers() -> None:
    """A residual that depends on a layer is asked anew with another value for a known key."""
    residual = answer(
        question(
            allow_if("aws:x", "a"),
            unknown=("session-policy",),
            context={"aws:x": "a"},
            principal=f"{SESSIONS}/ci",
        )
    ).residual
    assert residual is not None
    assert residual.holds({"session-policy": "allow", "aws:x": "a"})
    assert not residual.holds({"session-policy": "allow", "aws:x": "b"})


def test_layers_say_what_they_depend_on() -> None:
    """Each undecided layer has its own residual, beside the one of the whole request."""
    boundary = policy(ALL, {"Effect": "Deny", "Condition": {"Bool": {"aws:y": "true"}}})
    got = answer(
        question(
            allow_if("aws:x", "a"), unknown=("aws:x", "aws:y"), attached={"boundary": boundary}
        )
    )
    found = {layer.layer: layer.residual for layer in got.explanation.layers if layer.residual}
    identity, bound = found[Layer.IDENTITY_BASED_POLICY], found[Layer.PERMISSIONS_BOUNDARY]
    assert identity.allows is not None
    assert identity.allows.sentence == "allows if `aws:x` is `a`"
    assert identity.denies is None
    assert bound.allows is not None
    assert bound.allows.holds({"aws:y": "false"})
    assert bound.denies is not None
    assert bound.denies.to_condition() == [{"Bool": {"aws:y": ["true"]}}]


def test_a_misspelled_thing_is_no_key() -> None:
    """A name without colon that is no thing is refused, with the right one where it is near."""
    with pytest.raises(RequestError, match="no such thing") as caught:
        answer(question(ALL, unknown=("resource-acount",)))
    assert caught.value.hint == "did you mean `resource-account`?"
    with pytest.raises(RequestError, match="no such thing"):
        answer(question(ALL, unknown=("crew",)))
