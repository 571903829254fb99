"""Nothing is settled before its time: values that are rare, and callers that are two things."""

from __future__ import annotations

from typing import Any

import pytest

from iamsim.core.decision import Layer, Verdict
from iamsim.core.reason import Reason
from iamsim.engine.question import Via
from tests.unit.test_symbolic_residual import ALL, allow, ask, block, deny, policy

Data = dict[str, Any]


def test_a_list_may_need_three_values() -> None:
    """Three tests that each ask for some value of a list are met by a list of three together."""
    three = {
        "ForAnyValue:StringEquals": {"aws:x": "a"},
        "ForAnyValue:StringLike": {"aws:x": "b"},
        "ForAnyValue:StringEqualsIgnoreCase": {"aws:x": "c"},
    }
    residual = ask(allow(**three)).residual
    assert residual is not None
    allowing = residual.examples().allowed
    assert allowing is not None
    assert {*allowing["aws:x"]} == {"a", "b", "c"}


def test_keys_that_are_compared_share_their_values() -> None:
    """What one unknown key must be, another must be that is compared with it."""
    equal = allow(StringEquals={"aws:x": "${aws:y}"}, StringLike={"aws:x": "a"})
    residual = ask(equal, unknown=("aws:x", "aws:y")).residual
    assert residual is not None
    assert residual.examples().allowed == {"aws:x": "a", "aws:y": "a"}


@pytest.mark.parametrize(
    ("condition", "context"),
    [
        ({"NumericEquals": {"aws:x": "10"}, "StringLike": {"aws:x": "*.0"}}, {"aws:x": "10.0"}),
        (
            {
                "StringEqualsIgnoreCase": {"aws:x": "${aws:y}"},
                "StringLike": {"aws:x": "?B", "aws:y": "A?"},
                "StringNotLike": {"aws:x": "A?", "aws:y": "?B"},
            },
            {"aws:x": "aB", "aws:y": "Ab"},
        ),
    ],
    ids=["a number as a text", "other letters in other places"],
)
def test_values_that_are_not_followed_stay_open(condition: Data, context: Data) -> None:
    """Where no value was found that allows, and one might have been missed, nothing is settled."""
    residual = ask(allow(**condition), unknown=("aws:x", "aws:y")).residual
    assert residual is not None
    assert not residual.simplified
    assert residual.holds(context)


def test_a_federated_user_needs_a_session_policy() -> None:
    """Where nobody knows the session policy, that there is none is a denial for such a caller."""
    user = "arn:aws:sts::111122223333:federated-user/kiosk"
    residual = ask(ALL, unknown=("session-policy",), principal=user).residual
    assert residual.holds({"session-policy": "allow"})
    assert not residual.holds({"session-policy": "notApplicable"})
    assert residual.to_condition() == [block("StringEquals", ["allow"], "session-policy")]


def test_what_is_missing_may_matter_to_a_root_session_alone() -> None:
    """Where a root ARN may be a session, the key that says so is unknown, and a key that only
    sessions are asked for matters."""
    condition = {"StringEquals": {"aws:AssumedRoot": "true", "aws:y": "1"}}
    scps = ((policy(ALL, deny(**condition)),),)
    got = ask(
        ALL,
        unknown=("aws:AssumedRoot",),
        principal="arn:aws:iam::111122223333:root",
        attached={"scps": scps},
    )
    assert got.decision.verdict is Verdict.ALLOWED
    found = {key.key: (key.unknown, key.matters) for key in got.explanation.missing}
    assert found == {"aws:assumedroot": (True, False), "aws:y": (False, True)}


def test_only_what_reads_an_unknown_key_is_marked() -> None:
    """Of two tests in one statement, the one whose key is known keeps what it says."""
    condition = {"StringEquals": {"aws:x": "a", "aws:y": "b"}}
    got = ask(allow(**condition), context={"aws:y": "b"})
    reasons = {
        clause.key: clause.reason
        for layer in got.explanation.layers
        for document in layer.policies
        for statement in document.statements
        for clause in statement.clauses
        if clause.key is not None
    }
    assert reasons == {"aws:x": Reason.DEPENDS_ON_UNKNOWN, "aws:y": Reason.MATCHED}


def test_a_settled_denial_names_the_layer_that_is_silent() -> None:
    """Where a Deny holds for some values only, the denial is for want of an Allow in any case."""
    got = ask(deny(**block("StringNotEquals", "a")))
    assert got.decision.verdict is Verdict.IMPLICIT_DENY
    assert got.decision.layer is Layer.IDENTITY_BASED_POLICY


def test_every_example_names_an_account() -> None:
    """A resource is in some account: an example that a key alone decides says one, too."""
    either = ({"aws:x": "a", "aws:y": "1"}, {"aws:x": "b", "aws:z": "1"})
    statements = [allow(StringEquals=entry) for entry in either]
    residual = ask(*statements, unknown=("resource-account", "aws:x", "aws:y", "aws:z")).residual
    assert all("aws:ResourceAccount" in example for example in residual.examples())


def test_the_call_of_a_service_comes_through_no_endpoint_that_could_be_unknown() -> None:
    """What a service calls for somebody has no endpoint, so the keys of one are absent."""
    statement = allow(StringEquals={"aws:SourceVpce": "vpce-1"})
    for via, verdict in (
        (Via(), Verdict.CONDITIONAL),
        (Via(services=("glue.amazonaws.com",)), Verdict.IMPLICIT_DENY),
    ):
        assert ask(statement, unknown=("vpc-endpoint",), via=via).decision.verdict is verdict


def test_a_key_may_hold_a_list_where_a_statement_about_something_else_says_so() -> None:
    """A set operator tells that a key is multivalued, even where its statement does not matter."""
    there, absent = allow(StringLike={"aws:x": "*"}), allow(Null={"aws:x": "true"})
    listed = allow(**{"ForAnyValue:StringEquals": {"aws:x": "a"}})
    assert ask(there, absent).decision.verdict is Verdict.ALLOWED
    got = ask(there, absent, {**listed, "Resource": "arn:aws:s3:::other"})
    assert got.decision.verdict is Verdict.CONDITIONAL
    assert not got.residual.holds({"aws:x": ["a", "b"]})


def test_two_keys_may_differ_in_letter_case_alone() -> None:
    """Values that are equal but for letter case are found where a policy asks for them."""
    alike = allow(StringEqualsIgnoreCase={"aws:x": "${aws:y}"}, StringLike={"aws:y": "?*"})
    same = deny(StringEquals={"aws:x": "${aws:y}"})
    allowing = ask(alike, same, unknown=("aws:x", "aws:y")).residual.examples().allowed
    assert allowing is not None
    assert allowing["aws:x"] != allowing["aws:y"]
    assert allowing["aws:x"].lower() == allowing["aws:y"].lower()
