"""Questions of which the resource is one of those that a pattern stands for."""

from __future__ import annotations

import pytest

import iamsim

MIA = "arn:aws:iam::111122223333:user/mia"
PATTERN = "arn:aws:s3:::b/*"


def ask(*statements, resource=PATTERN, action="s3:PutObject"):
    """Ask with the resource unknown."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": effect, "Action": actions, "Resource": resources}
            for effect, actions, resources in statements
        ],
    }
    return iamsim.explain(
        principal=MIA,
        action=action,
        resource=resource,
        unknown=["resource"],
        identity_policies=[policy],
    )


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([("Allow", "s3:*", "*")], "allowed"),
        ([("Allow", "s3:*", "arn:aws:s3:::b/*")], "allowed"),
        ([("Allow", "s3:*", "arn:aws:s3:::b/site/*")], "conditional"),
        ([("Allow", "s3:*", "arn:aws:s3:::b/?")], "conditional"),
        ([("Allow", "s3:*", "*"), ("Deny", "s3:*", "arn:aws:s3:::b/secret")], "conditional"),
        ([("Allow", "s3:*", "*"), ("Deny", "s3:Put*", "*")], "explicitDeny"),
        ([("Allow", "sqs:*", "*")], "implicitDeny"),
        ([("Allow", "s3:*", "*"), ("Deny", "sqs:*", "*")], "allowed"),
    ],
)
def test_the_verdict_holds_for_every_resource_of_the_pattern(statements, decision):
    """It is conditional where policies may tell the resources apart."""
    assert ask(*statements).verdict.value == decision


def test_a_conditional_answer_says_on_what():
    """The residual holds for a resource if and only if that is allowed."""
    answer = ask(("Allow", "s3:*", "arn:aws:s3:::b/site/*"))
    residual = answer.residual
    assert residual.keys == residual.stand_ins == ("resource",)
    assert residual.simplified
    assert residual.examples() == (None, None)
    assert residual.holds({"resource": "arn:aws:s3:::b/site/x"})
    assert not residual.holds({"resource": "arn:aws:s3:::b/x"})
    assert not residual.holds({})
    with pytest.raises(iamsim.UnsupportedError):
        residual.to_condition()
    assert "which resource of `arn:aws:s3:::b/*` it is" in str(answer)
    assert answer.to_dict()["decision"] == "conditional"


def test_anything_may_be_meant():
    """A bare star is a pattern as well; a resource without one is known."""
    narrow = ("Allow", "s3:*", "arn:aws:s3:::b/site/*")
    assert ask(narrow, resource="*").verdict.value == "conditional"
    assert ask(("Allow", "s3:*", "*"), resource="*").verdict.value == "allowed"
    assert ask(narrow, resource="arn:aws:s3:::b/x").verdict.value == "implicitDeny"


def test_a_request_of_a_call_goes_into_explain():
    """What `read_line` gives can be asked, patterns too."""
    (request,) = iamsim.read_line(
        "aws kms decrypt --ciphertext-blob fileb://c", region="eu-west-1", account="111122223333"
    ).requests
    del request["needed"], request["because"]
    answer = iamsim.explain(principal=MIA, **request, identity_policies=[])
    assert answer.verdict is iamsim.Verdict.IMPLICIT_DENY
