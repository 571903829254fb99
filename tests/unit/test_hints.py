"""What the service reference adds to answers: each hint fires, and not where it would be wrong."""

from __future__ import annotations

import pytest

from iamsim import catalog
from iamsim.core.hint import HintKind
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.query.hints import find_hints
from iamsim.report.data import answer_to_dict
from iamsim.report.hints import hint_text
from iamsim.report.markdown import render_markdown
from iamsim.report.text import render_answers, render_text
from iamsim.symbolic.partial import answer
from iamsim.syntax.read import parse_policy

ANA = "arn:aws:iam::111122223333:user/ana"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
BUCKET, OBJECTS = "arn:aws:s3:::reports", "arn:aws:s3:::reports/*"


def asked(action, resource="*", statement=EVERYTHING, context=None):
    """The answer to a question about one statement of an identity-based policy."""
    policy = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
    attached = AttachedPolicies(identity_policies=(policy,))
    return answer(Question(ANA, action, resource, context or {}, attached=attached))


def only(answered):
    """The one hint of an answer."""
    (hint,) = find_hints(answered)
    return hint


@pytest.mark.parametrize(
    ("action", "kind", "meant"),
    [
        ("s3:GetObjct", HintKind.UNKNOWN_ACTION, "s3:GetObject"),
        ("sns:PublishBatch", HintKind.UNKNOWN_ACTION, "sns:Publish"),
        ("dynmodb:GetItem", HintKind.UNKNOWN_SERVICE, "dynamodb:GetItem"),
    ],
)
def test_action_that_nobody_knows_is_decided_and_a_better_one_is_named(action, kind, meant):
    """The verdict does not wait for the reference."""
    answered = asked(action)
    assert answered.allowed
    hint = only(answered)
    assert hint.kind is kind
    assert hint.suggestions[0] == meant
    assert hint.snapshot == catalog.version().snapshot


def test_retired_action_is_named_as_such():
    """Every action that older references had."""
    retired = catalog.retired_actions()[0]
    assert only(asked(retired)).kind is HintKind.RETIRED_ACTION


@pytest.mark.parametrize(
    ("action", "resource", "meant"),
    [
        ("s3:ListBucket", "arn:aws:s3:::reports/2026/may", (BUCKET,)),
        ("s3:ListBucket", OBJECTS, (BUCKET,)),
        ("s3:GetObject", BUCKET, (OBJECTS,)),
        ("s3:GetObject", "arn:aws:sqs:eu-west-1:111122223333:tide", ()),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:tide", ()),
        ("s3:ListBucket", "reports", (BUCKET,)),
        ("s3:ListBucket", "s3://reports/2026/may", (BUCKET,)),
        ("s3:GetObject", "s3://reports/a.csv", ("arn:aws:s3:::reports/a.csv",)),
        ("sqs:SendMessage", "orders", ("arn:aws:sqs:REGION:ACCOUNT:orders",)),
    ],
)
def test_resource_of_another_type_is_told_with_the_right_formats(action, resource, meant):
    """A bucket for its objects, objects for their bucket, another service's resource, no ARN."""
    hint, *more = find_hints(asked(action, resource))
    assert all(other.kind is HintKind.RESOURCE_HOLDS_WILDCARD for other in more)
    assert hint.kind is HintKind.RESOURCE_OF_OTHER_TYPE
    assert hint.suggestions == meant
    assert all(text.startswith("arn:aws:") for text in hint.formats)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("S3:getobject", "arn:aws:s3:::reports/a"),
        ("s3:GetObject", "arn:aws-cn:s3:::reports/a"),
        ("s3:ListAllMyBuckets", "*"),
        ("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/quay/object/a"),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:gauge:live"),
        ("dynamodb:Query", "arn:aws:dynamodb:eu-west-1:111122223333:table/tide/index/by-day"),
        ("ssm:SendCommand", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"),
        ("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:111122223333:abc/prod/GET/x/y"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/deep/path/deployer"),
        ("quay:OpenGate", "not an arn"),
    ],
)
def test_no_hint_about_resources_that_fit(action, resource):
    """Access points, qualifiers, indexes, resources of another service, any letter case."""
    kinds = {hint.kind for hint in find_hints(asked(action, resource))}
    assert kinds <= {HintKind.UNKNOWN_SERVICE}


def test_action_without_resource_is_asked_with_a_star():
    """An ARN in the question, and ARNs in the statement that came closest."""
    assert only(asked("s3:ListAllMyBuckets", BUCKET)).kind is HintKind.ACTION_WITHOUT_RESOURCE
    assert find_hints(asked("s3:ListAllMyBuckets")) == ()
    narrow = {"Effect": "Allow", "Action": "s3:*", "Resource": [BUCKET]}
    hint = only(asked("s3:ListAllMyBuckets", statement=narrow))
    assert hint.kind is HintKind.STATEMENT_RESOURCES_WITHOUT_USE
    assert hint.place is not None
    assert hint.place.span.text == f'"{BUCKET}"'


def test_statement_that_misspells_the_action():
    """A typing error in a policy, where it looks like the action that was asked for."""
    resource = "arn:aws:s3:::reports/a"
    misspelled = {"Effect": "Allow", "Action": ["s3:GetObjects", "s3:Put*"], "Resource": "*"}
    hint = only(asked("s3:GetObject", resource, misspelled))
    assert (hint.kind, hint.subject) == (HintKind.STATEMENT_ACTION_UNKNOWN, "s3:GetObjects")
    assert hint_text(hint).endswith("; did you mean `s3:GetObject`?")
    other = {**misspelled, "Action": ["s3:ListBucket", "sqs:NoSuchThing"]}
    assert find_hints(asked("s3:GetObject", resource, other)) == ()


def test_statement_that_names_objects_for_the_bucket():
    """The usual reason why a list is denied."""
    narrow = {"Effect": "Allow", "Action": "s3:*", "Resource": [OBJECTS]}
    hint = only(asked("s3:ListBucket", BUCKET, narrow))
    assert hint.kind is HintKind.STATEMENT_RESOURCES_OF_OTHER_TYPE
    assert "arn:aws:s3:::BUCKET_NAME" in hint.formats
    fitting = {**narrow, "Resource": ["arn:aws:s3:::other", "*quay"]}
    assert find_hints(asked("s3:ListBucket", BUCKET, fitting)) == ()
    optional = {"Effect": "Allow", "Action": "*", "Resource": [OBJECTS]}
    assert find_hints(asked("cloudwatch:ListMetrics", statement=optional)) == ()


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("s3:prefix", HintKind.CONTEXT_KEY_NOT_SENT),
        ("aws:RequestTag/team", HintKind.CONTEXT_KEY_NOT_SENT),
        ("s3:Prefx", HintKind.UNKNOWN_CONTEXT_KEY),
        ("aws:SorceIp", HintKind.UNKNOWN_CONTEXT_KEY),
        ("ss3:prefix", HintKind.UNKNOWN_CONTEXT_KEY),
        ("own-thing:prefix", None),
        ("aws:SourceIp", None),
        ("aws:PrincipalTag/team", None),
        ("sts:ExternalId", None),
        ("idp.example.com:sub", None),
        ("idp.example.com:crew", None),
        ("s3:ExistingObjectTag/team", None),
    ],
)
def test_context_key_that_the_action_can_not_carry(key, kind):
    """Keys of other actions and misspelled ones; claims of tokens and keys of sessions are left."""
    given = {key: "203.0.113.9"}
    hints = find_hints(asked("s3:GetObject", "arn:aws:s3:::reports/a", context=given))
    assert [hint.kind for hint in hints] == ([] if kind is None else [kind])


@pytest.mark.parametrize(
    ("effect", "operator", "kind"),
    [
        ("Allow", "StringEquals", HintKind.CONDITION_NEVER_MET),
        ("Deny", "StringNotEquals", HintKind.CONDITION_ALWAYS_MET),
        ("Allow", "StringEqualsIfExists", None),
        ("Allow", "Null", None),
    ],
)
def test_condition_on_a_key_that_the_action_never_carries(effect, operator, kind):
    """It never holds, or where it is negated always; what is meant for absent keys is left."""
    statement = {
        "Effect": effect,
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {operator: {"s3:prefix": "true" if operator == "Null" else "a"}},
    }
    hints = find_hints(asked("s3:GetObject", "arn:aws:s3:::reports/a", statement))
    assert [hint.kind for hint in hints] == ([] if kind is None else [kind])


def test_multivalued_key_without_set_operator():
    """Nothing says whether one value is enough."""
    statement = {**EVERYTHING, "Condition": {"StringEquals": {"aws:TagKeys": "team"}}}
    resource = "arn:aws:sqs:eu-west-1:111122223333:tide"
    hint = only(asked("sqs:TagQueue", resource, statement, {"aws:TagKeys": "team"}))
    assert hint.kind is HintKind.SET_OPERATOR_MISSING
    assert "`ForAnyValue:StringEquals`" in hint_text(hint)


def test_hints_are_written_in_every_form():
    """Text, Markdown and JSON say the same sentence; without hints they say nothing of them."""
    answered = asked("s3:GetObjct", "arn:aws:s3:::reports/a")
    sentence = hint_text(only(answered))
    assert "did you mean `s3:GetObject`" in sentence
    assert sentence in " ".join(render_text(answered).split())
    assert sentence.partition("`")[0] in render_markdown(answered)
    (data,) = answer_to_dict(answered)["hints"]
    assert data["text"] == sentence
    plain = asked("s3:GetObject", "arn:aws:s3:::reports/a")
    assert "hints" not in answer_to_dict(plain)
    assert "hints" not in render_text(plain)


def test_several_answers_say_each_hint_once():
    """The short form of many pairs has them at its end."""
    answers = [asked("s3:GetObjct", f"arn:aws:s3:::reports/{name}") for name in "ab"]
    assert render_answers(answers).count("no action `s3:GetObjct` is known") == 1
    assert "hints" not in render_answers([asked("s3:ListAllMyBuckets")] * 2)


def test_another_catalog_is_asked_anew(tmp_path):
    """What was remembered of one snapshot is not said of another."""
    assert find_hints(asked("quay:OpenGate"))[0].kind is HintKind.UNKNOWN_SERVICE
    target = tmp_path / "own.pack"
    path = tmp_path / "quay.json"
    path.write_text(
        '{"Name": "quay", "Actions": [{"Name": "OpenGate", "ActionConditionKeys": [],'
        ' "Resources": []}], "Resources": [], "ConditionKeys": [], "Version": "v1.4"}',
        encoding="utf-8",
    )
    catalog.merge_service_reference([path], target)
    try:
        catalog.use(target)
        assert find_hints(asked("quay:OpenGate")) == ()
    finally:
        catalog.use()
