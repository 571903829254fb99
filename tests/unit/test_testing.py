"""`iamsim.testing`: assertions and sentences, with messages worth reading."""

from __future__ import annotations

import doctest

import pytest

import iamsim.testing
from iamsim import InputError, Layer, Verdict, load
from iamsim.testing import (
    assert_allowed,
    assert_decision,
    assert_denied,
    can,
    current_world,
    use_world,
)

MAYA = "arn:aws:iam::111122223333:user/maya"
OBJECT = "arn:aws:s3:::reports/a"
READ = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": "s3:Get*",
            "Resource": "arn:aws:s3:::reports/*",
            "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        }
    ],
}
HERE = {"aws:SourceIp": "203.0.113.9"}
ELSEWHERE = {"aws:SourceIp": "198.51.100.7"}


@pytest.fixture
def small(tmp_path):
    """A world in which maya reads."""
    path = tmp_path / "world.yaml"
    path.write_text(
        'accounts: {"111122223333": {users: {maya: {policies: [read.json]}}}}', encoding="utf-8"
    )
    (tmp_path / "read.json").write_text(
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*",'
        ' "Resource": "*"}}',
        encoding="utf-8",
    )
    return load(path)


def test_the_docstring_is_true():
    """The example of the module's documentation runs."""
    assert doctest.testmod(iamsim.testing).failed == 0


def test_what_is_allowed_and_denied_passes_and_gives_its_answer():
    """Assertions that hold hand out the answer for more."""
    question = {"principal": MAYA, "resource": OBJECT, "identity_policies": [READ]}
    answer = assert_allowed(**question, action="s3:GetObject", context=HERE)
    assert answer.allowed
    assert_denied(
        **question, action="s3:GetObject", context=ELSEWHERE, because="identity-based-policy"
    )
    assert_decision("implicitDeny", **question, action="s3:PutObject", context=HERE)
    assert_decision(Verdict.ALLOWED, **question, action="s3:GetObject", context=HERE)
    assert_decision("conditional", **question, action="s3:GetObject", unknown=["aws:SourceIp"])
    assert_decision("conditional", **question, action="s3:GetObject")  # it comes from somewhere


def test_a_failure_says_what_came_and_quotes_the_policy():
    """The message has both decisions, the reason and the clause."""
    with pytest.raises(AssertionError) as caught:
        assert_allowed(
            principal=MAYA,
            action="s3:GetObject",
            resource=OBJECT,
            context=ELSEWHERE,
            identity_policies=[READ],
        )
    text = str(caught.value)
    assert text.startswith("expected allowed, got implicitDeny\ndenied: ")
    assert "aws:SourceIp" in text


def test_a_denial_for_another_reason_fails():
    """`because` names the layer that must decide."""
    with pytest.raises(AssertionError, match="because of permissions-boundary, got it because of"):
        assert_denied(
            principal=MAYA,
            action="s3:GetObject",
            resource=OBJECT,
            context=ELSEWHERE,
            identity_policies=[READ],
            because=Layer.PERMISSIONS_BOUNDARY,
        )


@pytest.mark.parametrize(
    ("expected", "because", "message"),
    [("allow", None, "no decision `allow`"), ("denied", "boundary", "no layer `boundary`")],
)
def test_names_that_do_not_exist_are_errors(expected, because, message):
    """A misspelled expectation never passes as one that fails."""
    with pytest.raises(ValueError, match=message):
        assert_decision(expected, because=because, principal=MAYA, action="s3:GetObject")


def test_the_current_world_is_asked_where_no_other_is_named(small):
    """A world in use, an explicit one, and policies of the question's own."""
    question = {"principal": MAYA, "action": "s3:GetObject", "resource": OBJECT}
    assert current_world() is None
    with pytest.raises(AssertionError, match="neither a world nor a policy"):
        assert_denied(**question)
    with use_world(small):
        assert current_world() is small
        assert_allowed(**question)
        assert_denied(**question, identity_policies=[])
        assert can(MAYA).do("s3:GetObject").on(OBJECT)
    assert_allowed(small, **question)
    assert can(MAYA, world=small).do("s3:GetObject").on(OBJECT)
    assert not can(MAYA).with_policies(identity_policies=[]).do("s3:GetObject").on(OBJECT)
    with pytest.raises(AssertionError, match="neither a world nor a policy"):
        bool(can(MAYA).do("s3:GetObject").on(OBJECT))


def test_a_denial_of_what_can_not_be_meant_is_not_asserted(small):
    """Unless the names are said to be known."""
    question = {"principal": MAYA, "action": "s3:PutObjct", "resource": OBJECT}
    with pytest.raises(AssertionError, match="did you mean `s3:PutObject`") as caught:
        assert_denied(small, **question)
    assert "denied: no identity-based policy allows s3:PutObjct" in str(caught.value)
    assert_denied(small, known=["s3:putobjct"], **question)
    with pytest.raises(AssertionError, match="it can't be meant:\nno action `s3:PutObjct`"):
        bool(can(MAYA, world=small).do("s3:PutObjct").on(OBJECT))
    assert not can(MAYA, world=small).knowing("s3:PutObjct").do("s3:PutObjct").on(OBJECT)


def test_a_sentence_that_depends_on_what_is_not_known_is_neither_true_nor_false():
    """Else `assert not` would pass where AWS may allow it; one denial makes it false."""
    maya = can(MAYA).with_policies(identity_policies=[READ])
    open_question = maya.do("s3:GetObject").on(OBJECT)
    with pytest.raises(AssertionError, match="neither true nor false:\nconditional: "):
        assert not open_question
    assert repr(open_question).endswith(": conditional>")
    assert not maya.do("s3:GetObject", "s3:PutObject").on(OBJECT)


def test_half_a_sentence_is_no_question(small):
    """It would always be true."""
    for half in (can(MAYA), can(MAYA).do("s3:GetObject")):
        with pytest.raises(TypeError, match="asks nothing yet"):
            bool(half)


def test_a_sentence_is_true_when_all_of_it_is_allowed():
    """Several actions and resources must all be allowed; the text is about what is denied."""
    maya = can(MAYA).with_policies(identity_policies=[READ]).with_context(HERE)
    assert maya.do("s3:GetObject", "s3:GetObjectAcl").on(OBJECT)
    both = maya.do("s3:GetObject", "s3:PutObject").on(OBJECT, "arn:aws:s3:::reports/b")
    assert not both
    assert str(both).count("denied: ") == 2
    assert "s3:GetObject on" not in str(both)
    assert repr(both).startswith(f"<can('{MAYA}').do('s3:GetObject', 's3:PutObject').on('")
    assert repr(both).endswith("'): implicitDeny>")
    assert len(both.answers) == 4
    assert str(maya.do("s3:GetObject").on(OBJECT)).startswith("allowed: ")
    assert repr(maya.do("s3:GetObject").on(OBJECT)).endswith(": allowed>")
    assert (
        can(MAYA)
        .with_policies(identity_policies=[READ])
        .with_context(aws__SourceIp="203.0.113.7")
        .do("s3:GetObject")
        .on(OBJECT)
    )


def test_a_sentence_knows_sessions_and_the_way_of_the_request(small):
    """Session policies, endpoints and forwarding services reach the question."""
    role = can("arn:aws:iam::111122223333:role/app", world=small)
    session = role.with_session(name="s", policies=[READ], tags={"team": "blue"})
    answer = session.through(service="athena.amazonaws.com").do("s3:GetObject").on().answers[0]
    keys = {entry.key: entry.values for entry in answer.explanation.context}
    assert keys["aws:PrincipalTag/team"] == ("blue",)
    assert keys["aws:CalledVia"] == ("athena.amazonaws.com",)
    with pytest.raises(ValueError, match="needs an action"):
        role.do()
    with pytest.raises(InputError):
        bool(role.do("s3:*").on())
