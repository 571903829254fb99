"""Changed worlds: where added policies go, what is left, and what can't be."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from iamsim.core.decision import Layer, Verdict
from iamsim.core.errors import RequestError
from iamsim.engine import authorize
from iamsim.engine.question import NOTHING_ATTACHED
from iamsim.query.changed_layers import POLICY_TYPES, Addition, Change
from iamsim.query.policies_in_play import check_names, check_names_in_world, policies_in_play
from iamsim.query.what_if import ChangedWorld
from iamsim.syntax.read import parse_policy
from tests.unit.questions import (
    BUCKET,
    OBJECT,
    ROOT,
    SESSION,
    USER,
    A,
    B,
    allow,
    deny,
    policy,
    question_of,
)

READ = {"principal": USER, "action": "s3:GetObject", "resource": OBJECT}
EVERYTHING = policy(allow())
NOTHING = policy(deny())


def world(**account):
    """A world with one account in an organization, whose user reads everything."""
    entry = {"users": {"maya": {"policies": ["Read"]}}, "policies": {"Read": EVERYTHING}, **account}
    root = {"accounts": [A], "id": "r-aaaa"}
    return {"organization": {"id": "o-example", "root": root}, "accounts": {A: entry, B: {}}}


def added(layer: Layer, document, name: str = "more") -> Addition:
    """A policy more."""
    return Addition(layer, parse_policy(document, name=name, policy_type=POLICY_TYPES[layer]))


def ask(request, model=None, **change):
    """Ask in a changed world."""
    question, compiled = question_of(request, model)
    return authorize.explain(question, ChangedWorld(compiled.model, Change(**change)))


def verdict(request, model=None, **change) -> Verdict:
    """Decide in a changed world, by both readings."""
    question, compiled = question_of(request, model)
    changed = ChangedWorld(compiled.model, Change(**change))
    decided = authorize.decide(question, changed).verdict
    assert authorize.explain(question, changed).decision.verdict is decided
    return decided


def outcome(answer, layer: Layer) -> list[tuple[str | None, str]]:
    """What a layer says, by level."""
    return [
        (entry.level, entry.outcome.value)
        for entry in answer.explanation.layers
        if entry.layer is layer
    ]


def test_an_identity_based_policy_more_for_a_caller_that_nobody_knows():
    """The first policy of a caller is added as well as another one."""
    more = (added(Layer.IDENTITY_BASED_POLICY, EVERYTHING),)
    assert verdict(READ) is Verdict.IMPLICIT_DENY
    assert verdict(READ, additions=more) is Verdict.ALLOWED
    assert verdict(READ, world(), additions=(added(more[0].layer, NOTHING),)) is (
        Verdict.EXPLICIT_DENY
    )


@pytest.mark.parametrize("layer", [Layer.PERMISSIONS_BOUNDARY, Layer.SESSION_POLICY])
def test_a_cap_where_there_was_none(layer):
    """A boundary or session policy that is added caps what the caller may do."""
    capped = (added(layer, policy(allow(Action="s3:List*"))),)
    assert verdict(READ, world(), additions=capped) is Verdict.IMPLICIT_DENY
    wide = (*capped, added(layer, EVERYTHING))
    assert verdict(READ, world(), additions=wide) is Verdict.ALLOWED


def test_a_boundary_counts_for_not_principal():
    """A caller with a permissions boundary is never spared by NotPrincipal, added or not."""
    spared = {"AWS": [USER, ROOT]}
    statement = {"Effect": "Deny", "NotPrincipal": spared, "Action": "*", "Resource": "*"}
    request = {**READ, "resource_policy": policy(statement), "identity_policies": [EVERYTHING]}
    assert verdict(request) is Verdict.ALLOWED
    boundary = (added(Layer.PERMISSIONS_BOUNDARY, EVERYTHING),)
    assert verdict(request, additions=boundary) is Verdict.EXPLICIT_DENY
    with_boundary = {**request, "boundary": EVERYTHING}
    assert verdict(with_boundary) is Verdict.EXPLICIT_DENY
    without = frozenset({Layer.PERMISSIONS_BOUNDARY})
    assert verdict(with_boundary, without_layers=without) is Verdict.ALLOWED


def test_a_control_policy_comes_to_the_account():
    """The last level gets it, beside what is attached there; the others stay."""
    deny_reads = added(Layer.SERVICE_CONTROL_POLICY, policy(deny(Action="s3:GetObject")))
    answer = ask(READ, world(), additions=(deny_reads,))
    assert outcome(answer, Layer.SERVICE_CONTROL_POLICY) == [
        ("Root", "allow"),
        (A, "explicitDeny"),
    ]
    everybody = policy({**deny(Action="s3:GetObject"), "Principal": "*"})
    answer = ask(READ, world(), additions=(added(Layer.RESOURCE_CONTROL_POLICY, everybody),))
    assert outcome(answer, Layer.RESOURCE_CONTROL_POLICY)[-1] == (A, "explicitDeny")


def test_the_first_control_policy_has_company():
    """Without an organization a level appears, with what AWS attaches by default."""
    request = {**READ, "identity_policies": [EVERYTHING]}
    elsewhere = added(Layer.SERVICE_CONTROL_POLICY, policy(deny(Action="ec2:*")))
    answer = ask(request, additions=(elsewhere,))
    assert outcome(answer, Layer.SERVICE_CONTROL_POLICY) == [("level 1", "allow")]
    here = added(Layer.RESOURCE_CONTROL_POLICY, policy({**deny(Action="s3:*"), "Principal": "*"}))
    answer = ask(request, additions=(here,))
    assert outcome(answer, Layer.RESOURCE_CONTROL_POLICY) == [("level 1", "explicitDeny")]


def test_a_control_policy_does_not_reach_the_management_account():
    """Where SCPs do not apply, one more does not either."""
    model = world()
    model["organization"]["management_account"] = A
    scp = (added(Layer.SERVICE_CONTROL_POLICY, NOTHING),)
    assert verdict(READ, model, additions=scp) is Verdict.ALLOWED


def test_a_resource_based_policy_more_or_less():
    """Added to what the resource has; without any, the resource has none."""
    grant = policy({**allow(), "Principal": {"AWS": USER}})
    more = (added(Layer.RESOURCE_BASED_POLICY, grant),)
    assert verdict(READ, additions=more) is Verdict.ALLOWED
    request = {**READ, "resource_policy": policy({**deny(), "Principal": "*"})}
    assert verdict(request, additions=more) is Verdict.EXPLICIT_DENY
    assert verdict(request, additions=more, without=("resource_policy",)) is Verdict.ALLOWED
    answer = ask({**READ, "resource_policy": grant}, without=("resource_policy",))
    assert outcome(answer, Layer.RESOURCE_BASED_POLICY) == [(None, "notApplicable")]


@pytest.mark.parametrize("layer", [entry for entry in Layer if entry in POLICY_TYPES])
def test_a_layer_left_out_of_a_world(layer):
    """Whatever stood there is not there, also what no name could take away."""
    everybody = {"Principal": "*"}
    model = world(
        scps=[NOTHING],
        rcps=[policy({**deny(Action="s3:*"), **everybody})],
        users={"maya": {"policies": [NOTHING], "boundary": NOTHING}},
        policies={},
        resources={BUCKET: {"policy": policy({**deny(), **everybody})}},
        vpc_endpoints={"vpce-1": {"policy": policy({**deny(), **everybody})}},
    )
    request = {**READ, "via": {"vpc_endpoint": "vpce-1"}, "session": {"policies": [NOTHING]}}
    before = outcome(ask(request, model), layer)
    assert before[-1][1] == "explicitDeny"
    after = outcome(ask(request, model, without_layers=frozenset({layer})), layer)
    ending = "implicitDeny" if layer is Layer.IDENTITY_BASED_POLICY else "notApplicable"
    assert after == [(None, ending)]


def test_an_access_point_and_its_bucket_keep_their_places():
    """A policy taken from one of the two leaves a place that allows nothing."""
    point = f"arn:aws:s3:eu-west-1:{A}:accesspoint/reports-reader"
    grant = {**allow(), "Principal": {"AWS": USER}}
    model = world(
        resources={
            point: {"policy": policy(grant), "bucket": BUCKET},
            BUCKET: {"policy": policy(grant)},
        }
    )
    request = {"principal": USER, "action": "s3:GetObject", "resource": f"{point}/object/a"}
    question, compiled = question_of(request, model)
    names = {
        entry.level: entry.policy.name
        for entry in policies_in_play(question, compiled)
        if entry.layer is Layer.RESOURCE_BASED_POLICY
    }
    answer = ask(request, model, without=(names["bucket"],))
    places = outcome(answer, Layer.RESOURCE_BASED_POLICY)
    assert places == [("access point", "allow"), ("bucket", "implicitDeny")]
    more = (added(Layer.RESOURCE_BASED_POLICY, policy({**deny(), "Principal": "*"})),)
    places = outcome(ask(request, model, additions=more), Layer.RESOURCE_BASED_POLICY)
    assert places == [("access point", "explicitDeny"), ("bucket", "allow")]


def test_a_bucket_is_public_by_the_policy_that_it_has_then():
    """Block Public Access looks at the changed policy, or is left out itself."""
    public = policy({**allow(), "Principal": "*"})
    request = {
        "principal": f"arn:aws:iam::{B}:user/otto",
        "action": "s3:GetObject",
        "resource": OBJECT,
        "resource_account": A,
        "identity_policies": [EVERYTHING],
        "public_access_block": {"restrict_public_buckets": True},
    }
    layer = Layer.RESOURCE_BASED_POLICY
    more = (added(layer, public),)
    blocked = ask(request, additions=more)
    assert outcome(blocked, Layer.S3_BLOCK_PUBLIC_ACCESS) == [(None, "implicitDeny")]
    block = Layer.S3_BLOCK_PUBLIC_ACCESS
    without = frozenset({block})
    assert verdict(request, additions=more, without_layers=without) is Verdict.ALLOWED
    public_now = {**request, "resource_policy": public}
    left = ask(public_now, without=("resource_policy",))
    assert outcome(left, block) == [(None, "allow")]


def test_an_endpoint_policy_more():
    """With an endpoint, without one, and on a follow-up call, which comes through none."""
    more = (added(Layer.VPC_ENDPOINT_POLICY, policy({**deny(), "Principal": "*"})),)
    assert verdict(READ, world(), additions=more) is Verdict.EXPLICIT_DENY
    model = world(vpc_endpoints={"vpce-1": {"service": "s3", "type": "Gateway"}})
    through = {**READ, "via": {"vpc_endpoint": "vpce-1"}}
    assert verdict(through, model) is Verdict.ALLOWED
    assert verdict(through, model, additions=more) is Verdict.EXPLICIT_DENY
    follow_up = {**READ, "via": {"vpc_endpoint": "vpce-1", "service": "athena.amazonaws.com"}}
    assert verdict(follow_up, model, additions=more) is Verdict.ALLOWED


def test_a_statement_goes_and_the_others_keep_their_numbers():
    """By Sid or by number, counted from 1; a Sid made of digits goes first."""
    document = policy(
        allow(Sid="Reads"), deny(Sid="Writes", Action="s3:Put*"), deny(Sid="1", Action="s3:Get*")
    )
    request = {**READ, "identity_policies": [document]}
    (name,) = {member.policy.name for member in policies_in_play(*question_of(request))}
    assert verdict(request) is Verdict.EXPLICIT_DENY
    assert verdict(request, without=(f"{name}#1",)) is Verdict.ALLOWED
    assert verdict(request, without=(f"{name}#3",)) is Verdict.ALLOWED
    answer = ask(request, without=(f"{name}#1", f"{name}#Writes"))
    (entry,) = [e for e in answer.explanation.layers if e.layer is Layer.IDENTITY_BASED_POLICY]
    assert [statement.index for statement in entry.policies[0].statements] == [0]


def test_session_policies_change_where_they_came_from():
    """From the session or beside it; the last one gone, the session has none."""
    narrow = policy(allow(Sid="Lists", Action="s3:List*"))
    request = {"principal": SESSION, "action": "s3:GetObject", "resource": OBJECT}
    request["identity_policies"] = [EVERYTHING]
    inside = {**request, "session": {"policies": [narrow]}}
    beside = {**request, "session_policies": [narrow]}
    for asked in (inside, beside):
        question, compiled = question_of(asked)
        (name,) = {
            entry.policy.name
            for entry in policies_in_play(question, compiled)
            if entry.layer is Layer.SESSION_POLICY
        }
        assert verdict(asked) is Verdict.IMPLICIT_DENY
        assert verdict(asked, without=(name,)) is Verdict.ALLOWED
        assert verdict(asked, without=(f"{name}#Lists",)) is Verdict.IMPLICIT_DENY
        layer = frozenset({Layer.SESSION_POLICY})
        assert verdict(asked, without_layers=layer) is Verdict.ALLOWED
    empty = {**request, "session": {"policies": []}}
    assert verdict(empty) is Verdict.IMPLICIT_DENY
    assert verdict(empty, without_layers=frozenset({Layer.SESSION_POLICY})) is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("principal", "layer"),
    [
        ("lambda.amazonaws.com", Layer.IDENTITY_BASED_POLICY),
        (ROOT, Layer.PERMISSIONS_BOUNDARY),
        ("anonymous", Layer.SERVICE_CONTROL_POLICY),
    ],
)
def test_a_policy_that_the_caller_can_not_have(principal, layer):
    """It is refused, not ignored."""
    with pytest.raises(RequestError) as caught:
        ask({**READ, "principal": principal}, additions=(added(layer, EVERYTHING),))
    assert caught.value.code == "policy-without-place"


def test_what_is_always_attached_stays():
    """RCPFullAWSAccess can't be detached, and is not among what could be."""
    question, compiled = question_of(READ, world())
    changed = ChangedWorld(compiled.model, Change(without=("RCPFullAWSAccess",)))
    assert authorize.decide(question, changed).verdict is Verdict.ALLOWED
    with pytest.raises(RequestError, match="can't be detached"):
        check_names(["RCPFullAWSAccess"], [question], compiled)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("Raed", "no policy `Raed` is in play", "did you mean `Read`? in play are `FullAWSAccess`"),
        ("zzz", "no policy `zzz` is in play", "in play are `FullAWSAccess`, `Read`"),
        ("Read#9", "the policy `Read` has no statement `9`", "its statements are 1 (`Main`)"),
        ("Read#Mian", "has no statement `Mian`", "did you mean `Main`? its statements are 1"),
    ],
)
def test_a_name_that_is_not_in_play(name, message, hint):
    """The error lists what is, and what was probably meant."""
    question, compiled = question_of(READ, world(policies={"Read": policy(allow(Sid="Main"))}))
    with pytest.raises(RequestError) as caught:
        check_names([name], [question], compiled)
    assert caught.value.code == "policy-not-in-play"
    assert message in caught.value.message
    assert (caught.value.hint or "").startswith(hint)


def test_names_of_a_whole_world():
    """A policy used anywhere in the world, by name, ARN or the last part of the ARN, is known."""
    _, compiled = question_of(READ, world())
    check_names_in_world([], compiled)
    check_names_in_world(["Read", f"arn:aws:iam::{A}:policy/Read", "Read#1"], compiled)
    check_names_in_world(["more"], compiled, [parse_policy(EVERYTHING, name="more")])
    with pytest.raises(RequestError, match="no policy `Reed` is used in this world"):
        check_names_in_world(["Reed"], compiled)


def test_no_policy_at_all_is_in_play():
    """The hint says so."""
    question, compiled = question_of(READ)
    with pytest.raises(RequestError) as caught:
        check_names(["Read"], [question], compiled)
    assert caught.value.hint == "there is none"


def test_changes_follow_each_other():
    """What one change adds, the next may take away."""
    question, compiled = question_of(READ)
    more = Change(additions=(added(Layer.IDENTITY_BASED_POLICY, EVERYTHING),))
    less = Change(without=("more",))
    assert authorize.decide(question, ChangedWorld(None, more)).allowed
    assert not authorize.decide(question, ChangedWorld(None, more, less)).allowed
    assert authorize.decide(question, ChangedWorld(compiled.model, less, more)).allowed


def test_a_changed_world_survives_pickling():
    """Model and changes travel; what was compiled is made anew."""
    question, compiled = question_of(READ, world())
    change = Change(additions=(added(Layer.IDENTITY_BASED_POLICY, NOTHING),))
    changed = pickle.loads(pickle.dumps(ChangedWorld(compiled.model, change)))  # noqa: S301 - ours
    assert authorize.decide(question, changed).verdict is Verdict.EXPLICIT_DENY


def test_what_was_changed_is_remembered(monkeypatch):
    """The second question about a caller finds the changed side again, until the table is full."""
    question, compiled = question_of(READ, world())
    changed = ChangedWorld(compiled.model, Change(without=("Read",)))
    plain = replace(question, attached=NOTHING_ATTACHED)
    first = changed.caller_facts(plain)
    assert changed.caller_facts(plain) is first
    monkeypatch.setattr("iamsim.query.what_if.REMEMBERED", 1)
    other = replace(plain, principal=SESSION)
    assert changed.caller_facts(other) is changed.caller_facts(other)
    assert changed.caller_facts(plain) is not first


def test_every_layer_has_a_type_but_the_one_without_policies():
    """Block Public Access has settings, no policies."""
    assert set(Layer) - set(POLICY_TYPES) == {Layer.S3_BLOCK_PUBLIC_ACCESS}
