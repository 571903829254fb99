"""Residuals: what is left of a request when context keys are unknown, and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

import iamsim
from iamsim.core.decision import Outcome, Verdict
from iamsim.core.errors import UnsupportedError
from iamsim.core.reason import Reason
from iamsim.engine.question import AttachedPolicies, Question, Via
from iamsim.symbolic.partial import answer, describe

USER = "arn:aws:iam::111122223333:user/maya"
SESSION = "arn:aws:sts::111122223333:assumed-role/app/s1"
Data = dict[str, Any]


def policy(*statements: Data) -> Any:
    """Parse a policy of statements about everything, unless they say otherwise."""
    whole = [{"Action": "*", "Resource": "*", **statement} for statement in statements]
    return iamsim.parse_policy({"Version": "2012-10-17", "Statement": whole})


def allow(**condition: Data) -> Data:
    """Make a statement that allows under a condition."""
    return {"Effect": "Allow", "Condition": condition}


def deny(**condition: Data) -> Data:
    """Make a statement that denies under a condition."""
    return {"Effect": "Deny", "Condition": condition}


def ask(*statements: Data, unknown: tuple[str, ...] = ("aws:x",), **more: Any) -> Any:
    """Ask for an object with keys unknown, under identity-based policies of these statements."""
    attached = AttachedPolicies(
        identity_policies=(policy(*statements),), **more.pop("attached", {})
    )
    return answer(
        Question(
            more.pop("principal", USER),
            "s3:GetObject",
            more.pop("resource", "arn:aws:s3:::tide/log"),
            attached=attached,
            unknown=frozenset(unknown),
            **more,
        )
    )


def block(operator: str, values: Any, key: str = "aws:x") -> Data:
    """Make one test of a Condition block."""
    return {operator: {key: values}}


ALL = {"Effect": "Allow"}

SIMPLIFIED = [
    # a condition, the blocks that say the same, shorter
    ([allow(**block("StringEquals", ["a", "a", "b"]))], [block("StringEquals", ["a", "b"])]),
    ([allow(**block("StringLike", ["a*", "ab*", "abc"]))], [block("StringLike", ["a*"])]),
    (
        [allow(**block("IpAddress", ["10.0.0.0/8", "10.1.0.0/16"]))],
        [block("IpAddress", ["10.0.0.0/8"])],
    ),
    ([ALL, deny(**block("StringEquals", "a"))], [block("StringNotEquals", ["a"])]),
    ([ALL, deny(**block("StringNotEquals", "a"))], [block("StringEquals", ["a"])]),
    ([ALL, deny(**block("StringNotLike", "a*"))], [block("StringLike", ["a*"])]),
    ([ALL, deny(**block("Null", "true"))], [block("Null", ["false"])]),
    ([ALL, deny(**block("IpAddress", "10.0.0.0/8"))], [block("NotIpAddress", ["10.0.0.0/8"])]),
    (
        [ALL, deny(**block("StringEqualsIfExists", "a"))],
        [{**block("StringNotEquals", ["a"]), **block("Null", ["false"])}],
    ),
    (
        [ALL, deny(**block("StringNotEquals", "a"), **block("Null", "false"))],
        [block("StringEqualsIfExists", ["a"])],
    ),
    (
        [ALL, deny(**block("StringEquals", "a")), deny(**block("StringEquals", "b"))],
        [block("StringNotEquals", ["a", "b"])],
    ),
    (
        [
            allow(**block("StringEquals", ["a", "b", "c"])),
            deny(**block("StringEquals", "b")),
        ],
        [block("StringEquals", ["a", "c"])],
    ),
    (
        [allow(**block("StringLike", "a*")), deny(**block("StringLike", "*z"))],
        [{**block("StringLike", ["a*"]), **block("StringNotLike", ["*z"])}],
    ),
    (
        [allow(**block("NumericLessThan", "20")), deny(**block("NumericLessThan", "10"))],
        [{**block("NumericLessThan", ["20"]), **block("NumericGreaterThanEquals", ["10"])}],
    ),
    (
        [
            allow(**block("ForAllValues:StringEquals", ["a", "b"])),
            deny(**block("ForAnyValue:StringEquals", "b")),
        ],
        [block("ForAllValues:StringEquals", ["a"])],
    ),
    (
        [ALL, deny(**block("ForAnyValue:StringEquals", "a"))],
        [block("ForAllValues:StringNotEquals", ["a"])],
    ),
]


@pytest.mark.parametrize(("statements", "blocks"), SIMPLIFIED)
def test_conditions_are_simplified(statements: list[Data], blocks: list[Data]) -> None:
    """Values are cut, covered patterns dropped, and what denies is turned into its opposite."""
    got = ask(*statements)
    assert got.decision.verdict is Verdict.CONDITIONAL
    assert got.residual.to_condition() == blocks
    assert got.residual.simplified


def test_values_of_two_layers_are_joined() -> None:
    """What a boundary and an identity-based policy list of one key becomes one list."""
    boundary = policy(allow(**block("StringEquals", ["b", "c"])))
    got = ask(allow(**block("StringEquals", ["a", "b"])), attached={"boundary": boundary})
    assert got.residual.to_condition() == [block("StringEquals", ["b"])]


def test_three_patterns_of_one_key_stand_in_one_block() -> None:
    """One operator may be needed more than once: it then stands there under its other names."""
    layers = {
        "boundary": policy(allow(**block("StringLike", "*z"))),
        "scps": ((policy(allow(**block("StringLike", "*m*"))),),),
    }
    residual = ask(allow(**block("StringLike", "a*")), attached=layers).residual
    (found,) = residual.to_condition()
    assert sorted(found) == ["ForAnyValue:StringLike", "StringLike", "StringLikeIfExists"]
    assert residual.sentence == "allowed if `aws:x` matches `*z`, `*m*` and `a*`"
    assert residual.holds({"aws:x": "amz"})
    assert not residual.holds({"aws:x": "az"})


def test_what_no_block_can_say_is_still_decided() -> None:
    """Whether a key holds one value or several that match alike: no operator asks that."""
    residual = ask(
        ALL, deny(**block("StringLike", "a*", "aws:TagKeys")), unknown=("aws:TagKeys",)
    ).residual
    with pytest.raises(UnsupportedError, match="can't be written"):
        residual.to_condition()
    assert residual.sentence.endswith("in a way that no Condition block can say")
    assert residual.holds({"aws:TagKeys": ["ab", "ac"]})
    assert not residual.holds({"aws:TagKeys": ["ab"]})


def test_alternatives_are_blocks() -> None:
    """What one block can't say is said by several, none of which lies in another."""
    got = ask(
        allow(**block("StringEquals", "a")),
        allow(**block("Bool", "true", "aws:y")),
        allow(**block("StringEquals", "a"), **block("Bool", "true", "aws:y")),
        unknown=("aws:x", "aws:y"),
    )
    blocks = got.residual.to_condition()
    assert len(blocks) == 2
    assert block("StringEquals", ["a"]) in blocks
    assert block("Bool", ["true"], "aws:y") in blocks


SAID = [
    (
        [
            allow(
                **block("Bool", "true", "aws:MultiFactorAuthPresent"),
                **block("IpAddress", "203.0.113.0/24", "aws:SourceIp"),
            ),
            deny(
                **block("StringNotEquals", "vpce-0abc", "aws:SourceVpce"),
                **block("Null", "false", "aws:SourceVpce"),
            ),
        ],
        ("aws:SourceIp", "aws:MultiFactorAuthPresent", "aws:SourceVpce"),
        (
            "allowed if MFA was used and the caller comes from `203.0.113.0/24`, unless the "
            "request goes through a VPC endpoint other than `vpce-0abc`"
        ),
    ),
    ([ALL, deny(**block("StringEquals", "a"))], ("aws:x",), "allowed unless `aws:x` is `a`"),
    ([allow(**block("Null", "true"))], ("aws:x",), "allowed if `aws:x` is absent"),
    ([allow(**block("NumericLessThan", "5"))], ("aws:x",), "allowed if `aws:x` is less than `5`"),
    (
        [allow(**block("DateGreaterThan", "2027-01-01"))],
        ("aws:x",),
        "allowed if `aws:x` is after `2027-01-01`",
    ),
    (
        [allow(**block("ForAnyValue:StringLike", "a*"))],
        ("aws:x",),
        "allowed if some value of `aws:x` matches `a*`",
    ),
    (
        [allow(**block("ForAllValues:StringEquals", "a"))],
        ("aws:x",),
        "allowed unless some value of `aws:x` is other than `a`",
    ),
    (
        [allow(**block("ForAllValues:StringEquals", ["a", "b"]), **block("Null", "false"))],
        ("aws:x",),
        "allowed if every value of `aws:x` is `a` or `b`",
    ),
    (
        [ALL, deny(**block("BoolIfExists", "false", "aws:SecureTransport"))],
        ("aws:SecureTransport",),
        "allowed if the connection is encrypted",
    ),
    (
        [ALL, deny(**block("Bool", "false", "aws:MultiFactorAuthPresent"))],
        ("aws:MultiFactorAuthPresent",),
        "allowed unless the session was made without MFA",
    ),
    (
        [ALL, deny(**block("NumericGreaterThan", "3600", "aws:MultiFactorAuthAge"))],
        ("aws:MultiFactorAuthAge",),
        "allowed unless MFA was used more than `3600` seconds ago",
    ),
    (
        [
            allow(**block("DateLessThan", "2027-01-01", "aws:CurrentTime")),
            deny(**block("DateLessThan", "2026-12-01", "aws:CurrentTime")),
        ],
        ("aws:CurrentTime",),
        "allowed if the request is made before `2027-01-01` and not before `2026-12-01`",
    ),
    (
        [allow(**block("StringEquals", "${aws:PrincipalTag/team}", "aws:ResourceTag/team"))],
        ("aws:PrincipalTag/team", "aws:ResourceTag/team"),
        "allowed if the resource's tag `team` is the caller's tag `team`",
    ),
    (
        [
            allow(**block("StringEquals", "a")),
            allow(**block("Bool", "true", "aws:y")),
            deny(**block("StringEquals", "vpc-1", "aws:SourceVpc")),
        ],
        ("aws:x", "aws:y", "aws:SourceVpc"),
        "allowed if `aws:x` is `a` or `aws:y` is true, unless the request comes from VPC `vpc-1`",
    ),
    (
        [ALL, deny(**block("ForAllValues:StringEquals", ["a", "b"]))],
        ("aws:x",),
        "allowed if some value of `aws:x` is neither `a` nor `b`",
    ),
    (
        [ALL, deny(**block("StringEquals", "a", "aws:TagKeys"))],
        ("aws:TagKeys",),
        "allowed if `aws:TagKeys` is absent or some value of it is other than `a`",
    ),
]


@pytest.mark.parametrize(("statements", "unknown", "text"), SAID)
def test_residuals_are_said_in_words(
    statements: list[Data], unknown: tuple[str, ...], text: str
) -> None:
    """What must hold comes behind *if*, what only must not be behind *unless*."""
    said = ask(*statements, unknown=unknown).residual.sentence
    assert sorted(said.replace(",", " ,").split()) == sorted(text.replace(",", " ,").split())


def test_the_description_names_statements_and_examples() -> None:
    """Each part comes with the statement that asks for it, and there are examples."""
    statement = {**allow(**block("StringEquals", "a")), "Sid": "Mine"}
    lines = describe(ask(statement)).splitlines()
    assert lines[0] == "allowed if `aws:x` is `a`"
    assert lines[1].startswith("  `aws:x` is `a`: Allow by `Mine`")
    assert lines[2] == "  allowed, for example, with aws:x = a"
    assert lines[3] == "  denied, for example, with none of these keys"
    assert describe(ask(ALL)) == ""


def test_a_layer_that_depends_is_unknown() -> None:
    """The trace marks the layers that depend on unknown keys, and keeps the others' outcomes."""
    boundary = policy(ALL)
    got = ask(allow(**block("StringEquals", "a")), attached={"boundary": boundary})
    outcomes = {layer.layer.value: layer.outcome for layer in got.explanation.layers}
    assert outcomes["identity-based-policy"] is Outcome.UNKNOWN
    assert outcomes["permissions-boundary"] is Outcome.ALLOW
    assert [decider.reason for decider in got.explanation.decided_by] == [Reason.DEPENDS_ON_UNKNOWN]
    assert got.decision.missing_context == ("aws:x",)


def test_missing_keys_matter_or_not() -> None:
    """A missing key matters when some value of it, all else as it is, gives another verdict."""
    got = ask(
        allow(**block("StringEquals", "a", "aws:y")),
        allow(**block("StringEquals", "a", "aws:z"), **block("Bool", "true", "aws:w")),
        unknown=(),
    )
    matters = {missing.key: missing.matters for missing in got.explanation.missing}
    assert matters == {"aws:w": False, "aws:y": True, "aws:z": False}


def test_a_known_key_may_be_changed_when_asking_a_residual() -> None:
    """Asked with another value for a known key, the whole question is decided anew."""
    condition = {**block("StringEquals", "a"), **block("StringEquals", "b", "aws:y")}
    condition["StringEquals"] = {"aws:x": "a", "aws:y": "b"}
    residual = ask(allow(**condition), context={"aws:y": "b"}).residual
    assert residual.holds({"aws:x": "a"})
    assert not residual.holds({"aws:x": "a", "aws:y": "c"})
    assert not residual.holds({"aws:x": ["a", "a"]})


NEEDED = {"identity-based-policy", "resource-based-policy"}
UNKNOWN_LAYERS = [
    # layer, what the residual says when the layer allows, says nothing, denies
    ("permissions-boundary", USER, (True, False, False)),
    ("service-control-policy", USER, (True, False, False)),
    ("session-policy", SESSION, (True, False, False)),
    ("identity-based-policy", USER, (True, False, False)),
    ("resource-based-policy", USER, (True, True, False)),
]


@pytest.mark.parametrize(("layer", "principal", "says"), UNKNOWN_LAYERS)
def test_a_layer_may_be_unknown(layer: str, principal: str, says: tuple[bool, ...]) -> None:
    """An unknown layer takes away what it does not allow; one that denies always does."""
    got = ask(ALL, unknown=(layer,), principal=principal)
    assert got.decision.verdict is Verdict.CONDITIONAL
    values = ({layer: "allow"}, {}, {layer: "explicitDeny"})
    assert tuple(map(got.residual.holds, values)) == says
    assert got.residual.holds({layer: "notApplicable"}) is (layer not in NEEDED or says[1])
    (blocks,) = got.residual.to_condition()
    assert blocks in (
        {"StringNotEquals": {layer: ["explicitDeny"]}},
        {"StringEquals": {layer: ["allow"]}},
        {"StringEquals": {layer: ["allow", "notApplicable"]}},
    )
    verb = "unless" if says[1] else "if"
    name = layer.replace("-", " ").replace(" based", "-based")
    assert got.residual.sentence.startswith(f"allowed {verb} the unknown {name}")
    assert got.residual.examples().denied is not None


def test_a_layer_that_does_not_apply_stays_out() -> None:
    """An IAM user has no session policy, and the root user needs no policies of its own."""
    assert ask(ALL, unknown=("session-policy",)).decision.verdict is Verdict.ALLOWED
    root = "arn:aws:iam::111122223333:root"
    got = ask(ALL, unknown=("identity-based-policy",), principal=root)
    assert got.decision.verdict is Verdict.ALLOWED


def test_an_unknown_endpoint_is_its_keys_and_its_policy() -> None:
    """Whether the request came through an endpoint leaves the endpoint's keys and policy open."""
    got = ask(allow(**block("StringEquals", "vpce-1", "aws:SourceVpce")), unknown=("vpc-endpoint",))
    assert got.residual.holds({"aws:SourceVpce": "vpce-1", "vpc-endpoint-policy": "allow"})
    assert not got.residual.holds({"aws:SourceVpce": "vpce-1"})
    follow_up = ask(ALL, unknown=("vpc-endpoint",), via=Via(services=("glue.amazonaws.com",)))
    assert follow_up.decision.verdict is Verdict.ALLOWED


def test_what_can_not_be_simplified_says_so_and_stays_exact() -> None:
    """Forty statements over twelve keys are not simplified; the residual still decides."""
    keys = [f"aws:k{number}" for number in range(12)]
    statements = [
        (deny if number % 2 else allow)(
            **block("StringEquals", f"v{number % 3}", keys[number % 12]),
            **block("StringLike", f"v{number % 5}*", keys[number * 5 % 12]),
            **block("StringNotEquals", f"w{number % 4}", keys[number * 7 % 12]),
        )
        for number in range(40)
    ]
    got = ask(*statements, unknown=tuple(keys))
    assert got.decision.verdict is Verdict.CONDITIONAL
    assert not got.residual.simplified
    assert not got.residual.holds({})
    allowed, denied = got.residual.examples()
    assert allowed is not None
    assert denied is not None
    assert got.residual.holds(allowed)
    assert not got.residual.holds(denied)
    with pytest.raises(UnsupportedError, match="too long"):
        got.residual.to_condition()
    assert got.residual.sentence.startswith("allowed depending on")


def test_a_key_that_follows_from_others_is_absent_in_an_example_that_has_it_not():
    """The keys of an encryption context follow from its pairs, whose names terms have in small
    letters: the example that allows was denied by the engine, and `diff` broke off."""
    pair = {"kms:EncryptionContext:AppName": "ExampleApp"}
    only = {"kms:EncryptionContextKeys": "AppName"}
    condition = {"StringEquals": pair, "ForAllValues:StringEquals": only}
    question = Question(
        USER,
        "kms:CancelKeyDeletion",
        "arn:aws:kms:us-west-2:111122223333:key/k",
        attached=AttachedPolicies(
            identity_policies=(policy(allow(**condition)),),
            resource_policy=policy({**ALL, "Principal": {"AWS": "111122223333"}}),
        ),
        partial=True,
    )
    assert answer(question).residual.examples().allowed == pair
