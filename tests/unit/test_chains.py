"""Chains of roles: which calls they take, what travels along, and where they break."""

from __future__ import annotations

import pytest

from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.engine import authorize
from iamsim.engine.question import Question, Session
from iamsim.engine.world import CompiledWorld
from iamsim.query.assumptions import Assumption, assumptions_of, joined_session
from iamsim.query.chained_context import Step, belongs_to_hop, belongs_to_question
from iamsim.query.chains import plan_chain, walk_chain
from iamsim.world.load import load_world_data

A, B = "111111111111", "222222222222"
MAYA = f"arn:aws:iam::{A}:user/maya"
FIRST = f"arn:aws:iam::{A}:role/team/first"
SECOND = f"arn:aws:iam::{B}:role/second"
HOST = "token.example.com"
PROVIDER = f"arn:aws:iam::{A}:oidc-provider/{HOST}"
SAML = f"arn:aws:iam::{A}:saml-provider/office"
ASSUME = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
TOKEN = ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:TagSession"]


def trust(principal, actions=ASSUME, **more):
    """A trust policy of one statement."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions, **more}
    return {"Version": "2012-10-17", "Statement": statement}


def allow(*actions):
    """A policy that allows actions everywhere."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": statement}


def world(**second) -> CompiledWorld:
    """Two accounts; `first` may be assumed by a user and with tokens, `second` by `first`."""
    statements = [
        trust({"AWS": MAYA})["Statement"],
        trust({"Federated": [PROVIDER, SAML]}, TOKEN)["Statement"],
    ]
    first = {
        "path": "/team/",
        "trust": {"Version": "2012-10-17", "Statement": statements},
        "policies": [allow("sts:*")],
        "tags": {"team": "red", "stage": "test"},
    }
    accounts = {
        A: {"users": {"maya": {}}, "roles": {"first": first, "same": {}}},
        B: {"roles": {"second": {"trust": trust({"AWS": FIRST}), **second}, "same": {}}},
    }
    return CompiledWorld(load_world_data({"accounts": accounts}))


def plan(*assumptions: Assumption, principal: str = MAYA, given=None, **more):
    """Plan a chain in the sample world."""
    question = Question(principal, "s3:GetObject", "arn:aws:s3:::reports/a", given or {}, **more)
    return plan_chain(question, assumptions, world())


def contexts(planned) -> list[dict]:
    """The context of each hop."""
    return [dict(hop.questions[0].context) for hop in planned.hops]


def actions(planned) -> list[list[str]]:
    """The permissions that each hop takes."""
    return [[question.action for question in hop.questions] for hop in planned.hops]


def test_a_plain_chain_takes_one_permission_a_hop():
    """The role of the first hop makes the second call; the session at the end asks."""
    planned = plan(Assumption(FIRST), Assumption(SECOND, Session(name="s1")))
    assert actions(planned) == [["sts:AssumeRole"], ["sts:AssumeRole"]]
    assert [hop.caller for hop in planned.hops] == [MAYA, FIRST]
    assert contexts(planned) == [{}, {"sts:RoleSessionName": "s1"}]
    asked = planned.ends_in(Question(MAYA, "s3:GetObject", "arn:aws:s3:::reports/a"))
    assert asked.principal == f"arn:aws:sts::{B}:assumed-role/second/s1"


def test_tags_and_source_identity_need_permissions_of_their_own():
    """Passed or inherited; what is not transitive stays behind."""
    session = Session(
        tags={"team": "blue", "cost": "1"}, transitive_tags=("team",), source_identity="maya"
    )
    planned = plan(Assumption(FIRST, session), Assumption(SECOND))
    companions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    assert actions(planned) == [companions, companions]
    assert contexts(planned)[0] == {
        "sts:SourceIdentity": "maya",
        "aws:RequestTag/team": "blue",
        "aws:RequestTag/cost": "1",
        "aws:TagKeys": ("team", "cost"),
        "sts:TransitiveTagKeys": ("team",),
    }
    assert contexts(planned)[1] == {}
    assert planned.hops[1].session.tags == {"team": "blue"}
    assert planned.hops[1].session.source_identity == "maya"
    assert planned.hops[1].questions[0].session.tags == {"team": "blue", "cost": "1"}


def test_session_tags_override_role_tags_in_the_next_call():
    """The trust policy of the next role sees tags of role and session, and the source identity."""
    session = Session(tags={"Team": "blue"}, source_identity="maya")
    planned = plan(Assumption(FIRST, session), Assumption(SECOND))
    derived = authorize.prepare(planned.hops[1].questions[0], world()).request.context
    assert derived["aws:principaltag/team"] == "blue"
    assert derived["aws:principaltag/stage"] == "test"
    assert derived["aws:sourceidentity"] == "maya"


def test_a_chain_is_walked_to_its_end_or_to_the_first_denial():
    """A hop is allowed when each of its permissions is."""
    compiled = world(trust=trust({"AWS": FIRST}, "sts:AssumeRole"))
    start = Question(MAYA, "s3:GetObject", "*")

    def walk(*assumptions):
        return walk_chain(
            plan_chain(start, assumptions, compiled),
            lambda question: authorize.explain(question, compiled),
        )

    plain = walk(Assumption(FIRST), Assumption(SECOND))
    assert plain.verdict is Verdict.ALLOWED
    assert plain.denied_at is None
    named = walk(
        Assumption(FIRST, Session(source_identity="maya")),
        Assumption(SECOND),
        Assumption(FIRST),
    )
    assert [hop.verdict for hop in named.hops] == [Verdict.ALLOWED, Verdict.IMPLICIT_DENY]
    broken = named.denied_at
    assert broken is not None
    assert broken.deciding.request.action == "sts:SetSourceIdentity"
    assert named.verdict is Verdict.IMPLICIT_DENY


def test_a_hop_does_not_advise_to_ask_for_what_it_asks():
    """The notes about companion permissions are for questions that stand alone."""
    compiled = world()
    session = Session(tags={"team": "blue"}, source_identity="maya")
    planned = plan(Assumption(FIRST, session))
    chain = walk_chain(planned, lambda question: authorize.explain(question, compiled))
    answer = chain.hops[0].answers[0]
    assert answer.decision.notes == ()
    assert answer.explanation.notes == ()
    alone = authorize.explain(planned.hops[0].questions[0], compiled)
    assert len(alone.explanation.notes) == 2


@pytest.mark.parametrize(
    ("provider", "action"),
    [(PROVIDER, "sts:AssumeRoleWithWebIdentity"), (SAML, "sts:AssumeRoleWithSAML")],
)
def test_a_token_starts_a_chain(provider, action):
    """The first call is the one that takes the token; the later ones are signed."""
    claims = {f"{HOST}:sub": "repo:a", f"{HOST}:ref": "main", "saml:sub": "x", "saml:iss": "y"}
    planned = plan(Assumption(FIRST), Assumption(SECOND), principal=provider, given=claims)
    assert actions(planned) == [[action], ["sts:AssumeRole"]]
    assert contexts(planned) == [claims, {}]
    question = Question(provider, "s3:GetObject", "*", claims)
    assert dict(planned.ends_in(question).context) == {}
    alone = plan(Assumption(FIRST), principal=provider, given=claims)
    kept = {"aws:FederatedProvider": provider, f"{HOST}:sub": "repo:a", "saml:sub": "x"}
    assert dict(alone.ends_in(question).context) == kept


def test_policies_of_the_caller_stay_with_the_first_caller():
    """What came for the resource goes with the question at the end, and session policies to the
    session that they are passed for."""
    from iamsim.engine.question import NOTHING_ATTACHED, AttachedPolicies
    from iamsim.syntax.read import parse_policy

    mine, theirs = parse_policy(allow("sts:*")), parse_policy(allow("s3:*"))
    attached = AttachedPolicies(identity_policies=(mine,), rcps=((theirs,),))
    planned = plan(Assumption(FIRST), Assumption(SECOND), attached=attached)
    first, second = (hop.questions[0].attached for hop in planned.hops)
    assert first == AttachedPolicies(identity_policies=(mine,))
    assert second is NOTHING_ATTACHED
    question = Question(MAYA, "s3:GetObject", "*", attached=attached)
    assert planned.ends_in(question).attached == AttachedPolicies(rcps=((theirs,),))
    only_mine = AttachedPolicies(boundary=mine)
    asked = planned.ends_in(Question(MAYA, "s3:GetObject", "*", attached=only_mine))
    assert asked.attached is NOTHING_ATTACHED


def test_a_source_identity_that_was_given_is_inherited():
    """The context of the first caller says that its session has one."""
    given = {"aws:SourceIdentity": "otto"}
    session = f"arn:aws:sts::{A}:assumed-role/first/x"
    planned = plan(Assumption(SECOND), principal=session, given=given)
    assert planned.hops[0].session.source_identity == "otto"
    several = plan(Assumption(SECOND), principal=session, given={"aws:SourceIdentity": ("a", "b")})
    assert several.hops[0].session.source_identity is None
    with pytest.raises(RequestError) as caught:
        plan(Assumption(SECOND, Session(source_identity="maya")), principal=session, given=given)
    assert caught.value.code == "source-identity-set-already"


def test_a_given_key_wins_over_what_the_call_passes():
    """`-c sts:RoleSessionName` is what trust policies see, whatever the session is called."""
    given = {"STS:rolesessionname": "other"}
    planned = plan(Assumption(FIRST, Session(name="s1")), given=given)
    assert contexts(planned) == [given]


def test_a_transitive_tag_can_not_be_replaced():
    """Not in another letter case either; the same session tag that is not transitive can."""
    before = Session(tags={"Team": "blue"}, transitive_tags=("Team",))
    with pytest.raises(RequestError) as caught:
        joined_session(before, Session(tags={"team": "red"}), SECOND)
    assert caught.value.code == "transitive-tag-set-already"
    loose = Session(tags={"Team": "blue"})
    assert joined_session(loose, Session(tags={"team": "red"}), SECOND).tags == {"team": "red"}


def test_what_travels_is_set_at_the_first_hop():
    """Name, policies and other tags at the last; of one hop, all at that."""
    session = Session(
        name="s1", tags={"a": "1", "b": "2"}, transitive_tags=("a",), source_identity="maya"
    )
    first, middle, last = assumptions_of(["x", "y", "z"], session)
    assert first.session == Session(tags={"a": "1"}, transitive_tags=("a",), source_identity="maya")
    assert middle == Assumption("y")
    assert last.session == Session(name="s1", tags={"b": "2"})
    assert assumptions_of(["x"], session) == (Assumption("x", session),)


@pytest.mark.parametrize(
    ("role", "message", "hint"),
    [
        ("scond", "the world has no role `scond`", f"did you mean `{SECOND}`?"),
        (f"arn:aws:iam::{A}:role/first", "has no role", f"did you mean `{FIRST}`?"),
        (f"{MAYA}", "the world has no role", "roles of the world are"),
        ("arn:aws:s3:::x", "the world has no role", "roles of the world are"),
    ],
)
def test_a_role_that_is_not_there(role, message, hint):
    """The error names the closest role, or some."""
    with pytest.raises(RequestError) as caught:
        plan(Assumption(role))
    assert caught.value.code == "unknown-role"
    assert message in caught.value.message
    assert (caught.value.hint or "").startswith(hint)


def test_roles_by_name():
    """The caller's account goes first, then the only account that has one."""
    assert plan(Assumption("same")).hops[0].role == f"arn:aws:iam::{A}:role/same"
    assert plan(Assumption("second")).hops[0].role == SECOND
    with pytest.raises(RequestError, match="several accounts have a role `same`"):
        plan(Assumption("same"), principal=f"arn:aws:iam::{'3' * 12}:user/x")
    empty = CompiledWorld()
    with pytest.raises(RequestError) as caught:
        plan_chain(Question(MAYA, "s3:GetObject"), (Assumption("x"),), empty)
    assert caught.value.hint == "the world has no roles"


def test_the_arn_of_a_session_names_it():
    """`--assume` may say as whom."""
    planned = plan(Assumption(f"arn:aws:sts::{A}:assumed-role/first/nightly"))
    assert planned.hops[0].passed.name == "nightly"
    assert planned.hops[0].role == FIRST


def test_a_transitive_tag_must_be_a_tag():
    """Without a near name the hint says how to give it."""
    with pytest.raises(RequestError) as caught:
        assumptions_of(["x"], Session(transitive_tags=("team",)))
    assert caught.value.code == "unknown-transitive-tag"
    assert "--session-tag" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("key", "first", "later", "question"),
    [
        ("aws:SourceIp", True, True, True),
        ("aws:MultiFactorAuthPresent", True, False, False),
        ("aws:PrincipalTag/team", True, False, False),
        ("aws:RequestTag/team", False, False, True),
        ("aws:RequestedRegion", False, False, True),
        ("sts:ExternalId", True, True, False),
        ("s3:prefix", False, False, True),
    ],
)
def test_keys_belong_to_the_requests_that_they_are_about(key, first, later, question):
    """Of the caller, of every request, or of the target."""
    assert belongs_to_hop(key, Step(first=True, with_token=False)) is first
    assert belongs_to_hop(key, Step(first=False, with_token=False)) is later
    assert belongs_to_question(key, "s3:ListBucket", hops=1) is question
    if key == "sts:ExternalId":
        assert belongs_to_question(key, "sts:AssumeRole", hops=1)
