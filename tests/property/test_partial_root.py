"""A root ARN of which nobody knows whether it is the root user or a session of sts:AssumeRoot."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.decision import Verdict
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.engine.world import CompiledWorld
from iamsim.symbolic.completion import complete
from iamsim.symbolic.partial import answer
from iamsim.syntax.read import parse_policy

A, B = "111122223333", "222233334444"
KEY = "aws:AssumedRoot"
VALUES = [None, "true", "TRUE", "false", "x"]
WORDS = [None, "allow", "explicitDeny", "notApplicable", "implicitDeny"]
WORLD = CompiledWorld()

tests = st.sampled_from(
    [
        {},
        {"Bool": {KEY: "true"}},
        {"Bool": {KEY: "false"}},
        {"BoolIfExists": {KEY: "true"}},
        {"StringEquals": {KEY: "true"}},
        {"StringNotEquals": {KEY: ["true", "x"]}},
        {"Null": {KEY: "true"}},
        {"Null": {KEY: "false"}},
        {"Bool": {KEY: "true"}, "StringEquals": {"aws:PrincipalAccount": A}},
    ]
)


def policies(**elements):
    """A policy of one to three statements."""
    actions = st.sampled_from(["*", "s3:Get*", "s3:DeleteBucketPolicy"])
    statement = st.builds(
        lambda effect, action, condition: {
            "Effect": effect,
            "Action": action,
            "Resource": "*",
            **elements,
            **({"Condition": condition} if condition else {}),
        },
        st.sampled_from(["Allow", "Allow", "Deny"]),
        actions,
        tests,
    )
    listed = st.lists(statement, min_size=1, max_size=3)
    return listed.map(lambda made: parse_policy({"Version": "2012-10-17", "Statement": made}))


PRINCIPALS = st.sampled_from(
    [
        {"Principal": {"AWS": A}},
        {"Principal": {"AWS": f"arn:aws:iam::{A}:root"}},
        {"Principal": "*"},
    ]
)
questions = st.builds(
    lambda action, account, scp, resource, task, things: Question(
        f"arn:aws:iam::{A}:root",
        action,
        "arn:aws:s3:::data",
        resource_account=None if "resource-account" in things else account,
        attached=AttachedPolicies(
            scps=((scp,),),
            resource_policy=resource,
            session_policies=None if task is None or "session-policy" in things else (task,),
        ),
        unknown=frozenset({KEY, *things}),
    ),
    st.sampled_from(["s3:GetBucketPolicy", "s3:DeleteBucketPolicy"]),
    st.sampled_from([A, B]),
    policies(),
    st.none() | PRINCIPALS.flatmap(lambda who: policies(**who)),
    st.none() | policies(),
    st.sets(st.sampled_from(["session-policy", "resource-account"])),
)


@given(questions, st.sampled_from(VALUES), st.sampled_from(WORDS), st.sampled_from([A, B]))
def test_what_is_said_of_either_root_holds_for_both(question, value, word, account):
    """Whatever the key is, the engine decides the whole request as the answer says: the root user
    has no session policy, a session may have one, with a given one it is a session, and policies
    may read the key as well."""
    got = answer(question, WORLD)
    context = {KEY: value, "session-policy": word, "aws:ResourceAccount": account}
    if "session-policy" not in question.unknown:
        del context["session-policy"]
    if "resource-account" not in question.unknown:
        del context["aws:ResourceAccount"]
    context = {key: member for key, member in context.items() if member is not None}
    decided = complete(question, context, WORLD).decide()
    assert (got.decision.verdict is Verdict.CONDITIONAL) is (got.residual is not None)
    assert got.explanation is not None
    if got.residual is None:
        assert got.allowed is decided.allowed
        return
    assert got.residual.holds(context) is decided.allowed
    examples = got.residual.examples()
    assert examples.allowed is not None
    assert examples.denied is not None
