"""Unknown parts of policies: each makes exactly the decisions conditional that it can change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import iamsim
from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.core.span import Source
from iamsim.core.unknown import Unknown, find_marker, find_unknowns
from iamsim.engine import authorize, plan
from iamsim.engine.documents import PolicyLibrary
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.world.load import load_world_data
from iamsim.world.model import PolicyDocument
from tests.unit.questions import question_of

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
        ({"Condition": {"StringEquals": {"aws:Unread": LOST}}}, "conditional"),  # may be `[]`
        ({"Condition": {"StringEquals": {"aws:Unread": [LOST]}}}, "allowed"),
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
    ("condition", "wanted"),
    [
        ({"StringNotEquals": {"aws:Unread": LOST}}, "conditional"),
        ({"StringNotEquals": {"aws:Unread": [LOST]}}, "allowed"),
        ({"StringNotEqualsIfExists": {"aws:Unread": LOST}}, "allowed"),
        ({"StringEquals": {"aws:Unread": LOST}}, "implicitDeny"),
    ],
)
def test_values_that_are_not_known_may_be_none(condition: object, wanted: str) -> None:
    """Of an empty list an Allow gives nothing, also where the key is absent and the operator
    negated; a list with an entry is not empty."""
    assert verdict(policy(statement("Allow", Condition=condition))) == wanted


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
    assert [unknown.why for unknown in find_unknowns({"a": [LOST, {"b": {"unknown": "c"}}]})] == [
        "the file was not there",
        "c",
    ]


def test_markers_stand_in_data_only() -> None:
    """Markers stand in data only."""
    with pytest.raises(iamsim.PolicyError):
        verdict('{"unknown": "why"}')


READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BROKEN = statement("Deny", Resource="arn:aws:s3:::b/*", Condition={"StrignEquals": {"a:b": "c"}})


def library_verdict(*statements: object, use: PolicyType = PolicyType.IDENTITY) -> list[Any]:
    """The statements of a policy of a world, with what is not known of each."""
    document = PolicyDocument("p", policy(*statements), Source("p", ""))
    compiled = PolicyLibrary().compiled(document, use)
    return [
        (entry.effect, [unknown.why for unknown in entry.unknowns]) for entry in compiled.statements
    ]


def test_a_statement_that_can_not_be_read_leaves_its_neighbours() -> None:
    """A statement that can not be read leaves its neighbours."""
    found = library_verdict(BROKEN, statement())
    assert [(effect, len(whys)) for effect, whys in found] == [("Deny", 1), ("Allow", 0)]
    assert found[0][1][0].startswith("it can't be read: ")
    strict = PolicyLibrary(strict=True)
    with pytest.raises(PolicyError):
        strict.compiled(PolicyDocument("p", policy(BROKEN), Source("p", "")), PolicyType.IDENTITY)


@pytest.mark.parametrize(
    "broken",
    [
        "text",
        {"Effect": "Maybe", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Actoin": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": [1, "s3:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": "text"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"a:b": {}}}},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"a:b": [[]]}}},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"Error": {}}}},
        {"Effect": "Deny", "Action": "nothing", "Resource": "*"},
    ],
)
def test_whatever_a_statement_is_it_may_deny(broken: object) -> None:
    """Whatever a statement is it may deny."""
    found = library_verdict(broken, statement())
    assert found[-1] == ("Allow", [])
    assert any(effect == "Deny" and whys for effect, whys in found)


def test_what_a_type_of_policy_does_not_take_is_not_known() -> None:
    """What a type of policy does not take is not known."""
    principal = statement("Deny", Principal="*")
    assert [len(whys) for _, whys in library_verdict(principal, statement())] == [1, 0]
    whole = PolicyDocument("p", {"Statement": []}, Source("p", ""))
    compiled = PolicyLibrary().compiled(whole, PolicyType.IDENTITY)
    assert [entry.effect for entry in compiled.statements] == ["Allow", "Deny"]


def answer_in(world: dict[str, Any], **question: Any) -> str:
    """The verdict of both readings in a world."""
    loaded = iamsim.World(load_world_data(world))
    asked = {"principal": MIA, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", **question}
    found = loaded.explain(**asked).verdict.value
    assert loaded.decide(**asked).verdict.value == found
    plain = authorize.explain(
        Question(asked["principal"], asked["action"], asked["resource"]), loaded._compiled
    )
    assert plain.explanation.layers
    return found


def test_what_the_world_does_not_list_may_be_in_a_lost_source() -> None:
    """What the world does not list may be in a lost source."""
    leo = {"policies": [READ]}
    account = {"users": {"leo": leo}, "resources": {"arn:aws:s3:::b": {}}}
    world = {"accounts": {"111122223333": account}}
    lost = world | {"unlisted": [LOST]}
    assert answer_in(world) == "implicitDeny"
    assert answer_in(lost) == "conditional"
    known = "arn:aws:iam::111122223333:user/leo"
    assert answer_in(lost, principal=known) == "allowed"
    assert answer_in(lost, principal=known, resource="arn:aws:s3:::other/k") == "conditional"
    assert answer_in(world, principal=known, via={"vpc_endpoint": "vpce-1"}) == "allowed"
    assert answer_in(lost, principal=known, via={"vpc_endpoint": "vpce-1"}) == "conditional"
    role = "arn:aws:iam::111122223333:role/other"
    assert answer_in(lost, principal=known, action="sts:AssumeRole", resource=role) == "conditional"


def test_a_group_that_is_not_known_may_have_any_policy() -> None:
    """A group that is not known may have any policy."""
    user = {"policies": [READ], "groups": [LOST]}
    world = {"accounts": {"111122223333": {"users": {"mia": user}}}}
    assert answer_in(world, resource="*", action="s3:ListAllMyBuckets") == "conditional"
    (one,) = CompiledWorld(load_world_data(world)).unknowns()
    assert one.what == "the identity-based policy `a group of user mia`"
    assert one.to_dict()["why"] == "the file was not there"


def test_a_part_of_a_statement_is_named_by_its_number() -> None:
    """A part of a statement is named by its number."""
    user = {"policies": [policy(statement(), statement("Deny", Action=LOST))]}
    world = {"accounts": {"111122223333": {"users": {"mia": user}}}}
    (one,) = CompiledWorld(load_world_data(world)).unknowns()
    assert one.what.startswith("a part of statement 2 of the identity-based policy `")


def test_what_an_unlisted_policy_is_used_as_is_checked_both_ways() -> None:
    """A lost source may hold policies of principals and of resources; both can be compiled."""
    world = {"accounts": {"111122223333": {}}, "unlisted": [LOST]}
    CompiledWorld(load_world_data(world)).check()
    assert answer_in(world) == "conditional"


def test_what_is_certain_needs_no_unknown_part() -> None:
    """An allow that holds in the worst case is an allow, in the plan's own reading too."""
    unsure = policy(statement(Resource=LOST))
    account = {"users": {"mia": {"policies": [READ, unsure]}}, "resources": {"arn:aws:s3:::b": {}}}
    world = CompiledWorld(load_world_data({"accounts": {"111122223333": account}}))
    assert authorize.decide(Question(MIA, "s3:GetObject", "arn:aws:s3:::b/k"), world).allowed


BUCKET, QUEUE = "arn:aws:s3:::b", "arn:aws:sqs:eu-west-1:111122223333:jobs"
POINT = "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/11aa"
SNAPSHOT = "arn:aws:ec2:eu-west-1::snapshot/snap-1"
OTHERS = statement(Principal={"AWS": "444455556666"}, Action="kms:*")
PUBLIC = policy(statement(Principal="*"))
LOST_PART = f"unknown part of policy of {BUCKET}"
ANY = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})


def denies_by(key: str) -> dict[str, Any]:
    """A resource-based policy that denies by a tag."""
    parts = {"Action": "*", "Principal": "*", "Condition": {"StringEquals": {key: "x"}}}
    return policy(statement("Deny", **parts))


@pytest.mark.parametrize(
    ("resources", "asked", "fact", "sentence"),
    [
        (
            {QUEUE: {"policy": denies_by("aws:ResourceTag/team"), "tags": LOST}},
            {"action": "sqs:SendMessage", "resource": QUEUE},
            "tags",
            "allowed unless the resource's tag `team` is `x`",
        ),
        (
            {BUCKET: {"policy": denies_by("s3:BucketTag/team"), "abac": LOST, "tags": {"a": "b"}}},
            {"resource": BUCKET, "action": "s3:ListBucket"},
            "abac",
            "allowed unless `s3:BucketTag/team` is `x`",
        ),
        (
            {BUCKET: {"account": LOST}},
            {},
            "account",
            "allowed if the resource belongs to account `111122223333`",
        ),
        (
            {BUCKET: {"policy": PUBLIC, "public_access_block": LOST}},
            {"principal": "anonymous"},
            None,
            "allowed if Block Public Access of `arn:aws:s3:::b`, which is not known, allows it",
        ),
        (
            {
                BUCKET: {
                    "policy": policy(
                        statement(Principal={"AWS": "999999999999"}), statement(Principal=LOST)
                    ),
                    "public_access_block": {"restrict_public_buckets": True},
                }
            },
            {"principal": "arn:aws:iam::999999999999:root"},
            None,
            f"allowed if the policy `{LOST_PART}`, which is not known, allows it",
        ),
        (
            {BUCKET: {"policy": PUBLIC}, POINT: {"bucket": BUCKET, "network_origin": LOST}},
            {"resource": f"{POINT}/object/k"},
            None,
            f"allowed if the network origin of `{POINT}`, which is not known, allows it",
        ),
        (
            {POINT: {"bucket": LOST, "network_origin": "Internet"}},
            {"resource": f"{POINT}/object/k"},
            None,
            f"allowed unless the bucket behind `{POINT}`, which is not known, denies it explicitly",
        ),
        (
            {KEY: {"policy": policy(OTHERS), "grants": LOST}},
            {"action": "kms:Decrypt", "resource": KEY},
            None,
            f"allowed if the list of grants of `{KEY}`, which is not known, allows it",
        ),
    ],
)
def test_facts_of_resources_that_are_not_known(
    resources: dict[str, Any], asked: dict[str, str], fact: str | None, sentence: str
) -> None:
    """Each makes the decisions conditional that it can change, and is named."""
    account = {"users": {"mia": {"policies": [ANY]}}, "resources": resources}
    world = iamsim.World(load_world_data({"accounts": {"111122223333": account}}))
    question = {"principal": MIA, "action": "s3:GetObject", "resource": f"{BUCKET}/k", **asked}
    answer = world.explain(**question)
    assert world.decide(**question).verdict is answer.verdict
    assert answer.residual is not None
    assert answer.residual.sentence == sentence
    (part,) = answer.to_dict()["unknowns"]
    assert (part["why"], part["source"]) == (LOST["unknown"], LOST["source"])
    assert part.get("fact") == fact


def test_the_origin_of_an_access_point_is_a_key_too() -> None:
    """A policy may ask for it."""
    point = {"bucket": BUCKET, "network_origin": LOST}
    point["policy"] = denies_by("s3:AccessPointNetworkOrigin")
    resources = {POINT: point, BUCKET: {"policy": PUBLIC}}
    account = {"users": {"mia": {"policies": [ANY]}}, "resources": resources}
    world = iamsim.World(load_world_data({"accounts": {"111122223333": account}}))
    answer = world.explain(principal=MIA, action="s3:GetObject", resource=f"{POINT}/object/k")
    assert [unknown.get("fact") for unknown in answer.to_dict()["unknowns"]] == [
        None,
        "network_origin",
    ]


def test_tags_of_a_principal_that_are_not_known() -> None:
    """They may be any; tags that nobody lists are none."""
    denied = {QUEUE: {"policy": denies_by("aws:PrincipalTag/team")}}
    for tags, wanted in (({}, "allowed"), (LOST, "conditional")):
        account = {"users": {"mia": {"policies": [ANY], "tags": tags}}, "resources": denied}
        world = iamsim.World(load_world_data({"accounts": {"111122223333": account}}))
        answer = world.explain(principal=MIA, action="sqs:SendMessage", resource=QUEUE)
        assert answer.verdict.value == wanted
    assert answer.to_dict()["unknowns"][0]["layer"] == "principal"
    (one,) = CompiledWorld(world._compiled.model).unknowns()
    assert one.what == f"the set of tags of `{MIA}`"


def test_a_tag_may_be_called_unknown() -> None:
    """Only with both members of the marker are tags not known."""
    account = {"resources": {QUEUE: {"tags": {"unknown": "x"}}}}
    model = load_world_data({"accounts": {"111122223333": account}})
    assert model.accounts["111122223333"].resources[QUEUE].tags == {"unknown": "x"}
    assert not CompiledWorld(model).unknowns()


def test_the_shares_of_a_snapshot_that_are_not_known() -> None:
    """A stranger may have it shared."""
    account = {"resources": {SNAPSHOT: {"shared_with": LOST}}}
    other = {"users": {"leo": {"policies": [ANY]}}}
    data = {"accounts": {"111122223333": account, "444455556666": other}}
    world = iamsim.World(load_world_data(data))
    leo = "arn:aws:iam::444455556666:user/leo"
    asked = {"principal": leo, "action": "ec2:CreateVolume", "resource": SNAPSHOT}
    assert world.explain(**asked).verdict.value == "conditional"


def test_the_value_of_a_tag_that_is_not_known() -> None:
    """It is the only tag whose value is open; the others are as they are."""
    for key, wanted in (("team", "conditional"), ("env", "allowed"), ("teams", "allowed")):
        tags = {"team": LOST, "env": "y"}
        resources = {QUEUE: {"policy": denies_by(f"aws:ResourceTag/{key}"), "tags": tags}}
        account = {"users": {"mia": {"policies": [ANY]}}, "resources": resources}
        world = iamsim.World(load_world_data({"accounts": {"111122223333": account}}))
        answer = world.explain(principal=MIA, action="sqs:SendMessage", resource=QUEUE)
        assert answer.verdict.value == wanted
    (one,) = world._compiled.unknowns()
    assert one.what == f"the tag `team` of `{QUEUE}`"


def test_an_account_that_the_world_does_not_list_may_be_in_a_lost_source() -> None:
    """Its control policies may be there, too."""
    world = {"accounts": {"111122223333": {}}, "unlisted": [LOST]}
    root = "arn:aws:iam::444455556666:root"
    assert answer_in(world, principal=root, action="iam:ListUsers", resource="*") == "conditional"


def test_what_an_answer_says_of_a_fact() -> None:
    """In words, with the reason and the source."""
    resources = {QUEUE: {"policy": denies_by("aws:ResourceTag/team"), "tags": LOST}}
    account = {"users": {"mia": {"policies": [ANY]}}, "resources": resources}
    world = iamsim.World(load_world_data({"accounts": {"111122223333": account}}))
    answer = world.explain(principal=MIA, action="sqs:SendMessage", resource=QUEUE)
    said = f"the set of tags of `{QUEUE}` is not known: the file was not there (from `p.json`)"
    assert said in " ".join(str(answer).split())
    assert answer.unknowns[0].what == f"the set of tags of `{QUEUE}`"


@pytest.mark.parametrize(
    ("identity", "decided", "readings"),
    [
        ([ALLOW, LOST], "conditional", [False, True]),
        ([DENY, LOST], "explicitDeny", [False, True]),
        ([ALLOW, policy(statement(Condition=LOST))], "allowed", [False]),
    ],
)
def test_a_plan_is_read_no_further_than_it_is_asked(monkeypatch, identity, decided, readings):
    """Where parts of policies are unknown, thousands of plans of a comparison are asked once, in
    one reading: the others are not made."""
    made: list[bool | None] = []
    whole = plan._plan

    def counted(arrangement, reading):
        made.append(reading.hopeful)
        return whole(arrangement, reading)

    monkeypatch.setattr(plan, "_plan", counted)
    request = {"principal": MIA, "identity_policies": identity}
    prepared = authorize.prepare(*question_of(request))
    assert made == []
    for _ in range(2):
        assert prepared.decide().verdict.value == decided
    assert made == readings
    prepared.situation.decide(replace(prepared.request, settled=True))
    assert made == [*readings, None]
