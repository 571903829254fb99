"""What a principal can do: the places that patterns tell apart, and the policy that says it."""

from __future__ import annotations

import pytest

from iamsim.compile.policy import compile_policy
from iamsim.core.decision import Verdict
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.written import allows_nothing_more, leaves_nothing_out
from iamsim.query.batch import Batch, catalog_actions
from iamsim.query.what_can import find_effective, write_policy
from iamsim.query.what_can.policy import EffectivePolicy
from iamsim.query.what_can.shrink import shrunk_actions
from iamsim.report.what_can import action_rows, policy_remarks
from iamsim.syntax.read import parse_policy
from iamsim.world.load import load_world_data
from tests.unit.test_query_batch import BUCKET, HOME, allow, user
from tests.unit.test_query_who_can import open_world

GET = "s3:GetObject"


def deny(action, resource="*", **more):
    """A Deny statement."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def policy(*statements):
    """A policy of some statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def effective_of(document, **more):
    """What a user with one policy can do."""
    account = {"users": {"ann": {"policies": [document], **more}}}
    batch = open_world({"accounts": {HOME: account}})
    return find_effective(batch, user("ann")), batch


def statements_about(written, action):
    """The statements that name an action, without it."""
    found = []
    for statement in written.document["Statement"]:
        actions = statement["Action"]
        if action in ([actions] if isinstance(actions, str) else actions):
            found.append({key: value for key, value in statement.items() if key != "Action"})
    return found


def everything_but(*statements):
    """A policy that allows one action, and more statements."""
    return policy({"Effect": "Allow", "Action": GET, "Resource": "*"}, *statements)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            everything_but(deny(GET, f"{BUCKET}/secret/*")),
            [
                {"Effect": "Allow", "Resource": "*"},
                {"Effect": "Deny", "Resource": f"{BUCKET}/secret/*"},
            ],
        ),
        (
            policy(
                {"Effect": "Allow", "Action": GET, "Resource": f"{BUCKET}/*"},
                deny(GET, f"{BUCKET}/a/*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
                deny(GET, f"{BUCKET}/b/*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
            ),
            [
                {"Effect": "Allow", "Resource": f"{BUCKET}/*"},
                {
                    "Effect": "Deny",
                    "Resource": f"{BUCKET}/a/*",
                    "Condition": {"Bool": {"aws:SecureTransport": ["true"]}},
                },
                {
                    "Effect": "Deny",
                    "Resource": f"{BUCKET}/b/*",
                    "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
                },
            ],
        ),
        (
            policy(
                {
                    "Effect": "Allow",
                    "Action": GET,
                    "Resource": f"{BUCKET}/*",
                    "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
                },
                {"Effect": "Allow", "Action": GET, "Resource": f"{BUCKET}/open/*"},
            ),
            [
                {
                    "Effect": "Allow",
                    "Resource": f"{BUCKET}/*",
                    "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
                },
                {"Effect": "Allow", "Resource": f"{BUCKET}/open/*"},
            ],
        ),
        (
            everything_but(
                deny(GET, f"{BUCKET}/*", Condition={"Null": {"aws:MultiFactorAuthAge": "true"}})
            ),
            [
                {"Effect": "Allow", "Resource": "*"},
                {
                    "Effect": "Deny",
                    "Resource": f"{BUCKET}/*",
                    "Condition": {"Null": {"aws:MultiFactorAuthAge": ["true"]}},
                },
            ],
        ),
    ],
)
def test_a_written_policy_follows_the_patterns(document, expected):
    """An Allow for what is more than around, a Deny for what is less, conditions included."""
    effective, batch = effective_of(document)
    written = write_policy(effective, batch)
    assert written.exact, written
    assert sorted(statements_about(written, GET), key=str) == sorted(expected, key=str)


def test_a_place_without_anything_that_holds_one_with_something_is_spared():
    """The Deny of a boundary's gap can't be written over the grant inside: the Allow leaves the
    whole out."""
    bucket_policy = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": user("ann")},
            "Action": GET,
            "Resource": f"{BUCKET}/mine/*",
        }
    )
    boundary = policy({"Effect": "Allow", "Action": GET, "NotResource": f"{BUCKET}/*"})
    batch = open_world(
        {
            "accounts": {
                HOME: {
                    "users": {"ann": {"policies": [allow(GET)], "boundary": boundary}},
                    "resources": {BUCKET: {"policy": bucket_policy}},
                }
            }
        }
    )
    written = write_policy(find_effective(batch, user("ann")), batch)
    assert written.exact, written
    assert statements_about(written, GET) == [
        {"Effect": "Allow", "NotResource": f"{BUCKET}/*"},
        {"Effect": "Allow", "Resource": f"{BUCKET}/mine/*"},
    ]


def test_overlapping_patterns_are_denied_by_the_one_that_gives_nothing():
    """An ARN that fits a grant and a denial has no pattern of its own."""
    effective, batch = effective_of(
        policy(
            {"Effect": "Allow", "Action": GET, "Resource": f"{BUCKET}/*.csv"},
            deny(GET, f"{BUCKET}/secret*"),
        )
    )
    written = write_policy(effective, batch)
    assert written.exact, written
    assert {"Effect": "Deny", "Resource": f"{BUCKET}/secret*"} in statements_about(written, GET)


def test_unknown_variables_stay_in_the_policy():
    """A tag that nobody knows stands for a value that no policy names."""
    effective, batch = effective_of(allow(GET, f"{BUCKET}/${{aws:PrincipalTag/team}}/*"))
    assert effective.unknown == (f"{BUCKET}/${{aws:PrincipalTag/team}}/*",)
    written = write_policy(effective, batch)
    assert statements_about(written, GET) == [
        {"Effect": "Allow", "Resource": f"{BUCKET}/${{aws:PrincipalTag/team}}/*"}
    ]


def test_known_variables_are_filled_in():
    """The user's name is known; a star in a value would not be a wildcard."""
    effective, batch = effective_of(allow(GET, f"{BUCKET}/${{aws:username}}/*"))
    assert statements_about(write_policy(effective, batch), GET) == [
        {"Effect": "Allow", "Resource": f"{BUCKET}/ann/*"}
    ]


def test_rows_name_resources_and_exceptions():
    """A narrower pattern that is like the wider one is not named again."""
    effective, _ = effective_of(
        policy(
            {"Effect": "Allow", "Action": GET, "Resource": [f"{BUCKET}/*", f"{BUCKET}/a/*"]},
            deny(GET, f"{BUCKET}/b/*"),
        )
    )
    (row,) = [row for row in action_rows(effective) if row.action == GET]
    assert row.resources == (f"{BUCKET}/*",)
    assert row.excepted == (f"{BUCKET}/b/*",)
    assert row.decision is Verdict.ALLOWED
    assert row.level == "Read"


def test_remarks_say_what_is_not_exact():
    """Mismatches and what can't be written stand there by name."""
    effective, batch = effective_of(allow(GET))
    written = write_policy(effective, batch)
    asked = f"{written.compared} requests were asked of the policy and of the world"
    assert policy_remarks(written, None, None) == [
        f"{asked}: all alike",
        "not proved that nothing is left out: claims have no context and no session",
        "not proved that the policy allows nothing more: claims have no context and no session",
    ]
    written.unwritable = ("s3:PutObject",)
    assert "s3:PutObject" in policy_remarks(written, None, None)[-3]
    written.unwritable = ()
    written.complete = False
    assert written.exact  # of what was looked at; there may be more
    assert policy_remarks(written, None, None)[-3].startswith("note: too many resource patterns")
    written.cut = True
    assert not written.exact
    assert policy_remarks(written, None, None)[-3].startswith(
        "not exact: too many resource patterns"
    )
    written.requests = written.compared + 1
    assert f"a part of {written.requests}" in policy_remarks(written, None, None)[0]


def test_variables_of_one_shape_do_not_stand_for_the_values_of_each_other():
    """Where one tag has its value, another that no condition reads has its own."""
    shape = "arn:aws:s3:::home/${{aws:PrincipalTag/{}}}/*"
    effective, batch = effective_of(
        policy(
            {"Effect": "Allow", "Action": GET, "Resource": shape.format("a")},
            deny(GET, shape.format("b")),
        )
    )
    written = write_policy(effective, batch)
    assert effective.unknown
    assert written.exact


def test_many_statements_with_many_patterns_are_cut_short_and_said(monkeypatch):
    """Each service keeps some places; the rest is said, and the policy is not called exact."""
    monkeypatch.setattr("iamsim.query.what_can.effective.MOST_WORK", 100)
    statements = [
        {"Effect": "Allow", "Action": GET, "Resource": f"arn:aws:s3:::b{number}/*"}
        for number in range(40)
    ]
    effective, batch = effective_of(policy(*statements))
    places = {entry.place for entry in effective.somewhere}
    assert effective.cut
    assert not effective.complete
    assert 0 < len(places) < len(statements)
    assert not write_policy(effective, batch).exact


def test_shrunk_actions_are_short():
    """Whole services, prefixes of whole words, and single names."""
    universe = catalog_actions()
    assert shrunk_actions(universe, universe.everything) == ["*"]
    assert shrunk_actions(universe, universe.service_mask("sqs")) == ["sqs:*"]
    assert shrunk_actions(universe, universe.mask_of(["s3:GetObject"])) == ["s3:GetObject"]
    assert shrunk_actions(universe, 0) == []


def test_what_the_root_user_lacks_is_written_as_not_action():
    """Nearly everything is shorter said by what is missing."""
    batch = open_world({"accounts": {HOME: {}}})
    effective = find_effective(batch, f"arn:aws:iam::{HOME}:root")
    written = write_policy(effective, batch, shrink=True)
    assert written.exact
    (statement,) = written.document["Statement"]
    assert "kms:Decrypt" not in statement["NotAction"]
    assert "kms:Dec*" in statement["NotAction"]


@pytest.mark.parametrize(
    ("statements", "word"),
    [
        ([{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}], "proved: "),
        ([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}], "not exact: s3:Get"),
        (
            [
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"},
            ],
            "not exact: s3:GetObject on arn:aws:s3:::a/",
        ),
        (
            [
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:sqs:*"},
            ],
            "proved: ",
        ),
    ],
)
def test_a_written_policy_is_proved_to_leave_nothing_out(statements, word):
    """Or what it leaves out is named, whether no statement allows it or one takes it away."""
    allowed = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
    held = {"Version": "2012-10-17", "Statement": allowed}
    world = {"accounts": {HOME: {"users": {"mia": {"policies": [held]}}}}}
    compiled = CompiledWorld(load_world_data(world))
    written = compile_policy(parse_policy({"Version": "2012-10-17", "Statement": statements}))
    proof = leaves_nothing_out(written, f"arn:aws:iam::{HOME}:user/mia", compiled)
    assert policy_remarks(EffectivePolicy({}), proof, None)[-2].startswith(word)


@pytest.mark.parametrize("attached", ["account", "root"])
def test_patterns_of_resource_control_policies_are_places(attached):
    """What an RCP denies on some resources of the account is not written as allowed there."""
    secrets = "arn:aws:secretsmanager:*:*:secret:vault*"
    fence = policy(deny("secretsmanager:*", secrets, Principal="*"))
    account = {"users": {"ann": {"policies": [allow("secretsmanager:GetSecretValue")]}}}
    root = {"id": "r-ab12", "accounts": [HOME]}
    (account if attached == "account" else root)["rcps"] = ["RCPFullAWSAccess", fence]
    batch = open_world(
        {
            "accounts": {HOME: account},
            "organization": {
                "id": "o-example00",
                "management_account": "999999999999",
                "root": root,
            },
        }
    )
    written = write_policy(find_effective(batch, user("ann")), batch)
    assert written.exact
    action = "secretsmanager:GetSecretValue"
    assert statements_about(written, action) == [
        {"Effect": "Allow", "Resource": "*"},
        {"Effect": "Deny", "Resource": secrets},
    ]


TLS = policy(deny("s3:*", "*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}))


@pytest.mark.parametrize(
    ("more", "result"),
    [
        ([], "PASS"),
        ([{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}], "FAIL"),
        ([{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:sqs:*"}], "PASS"),
    ],
)
def test_a_written_policy_is_proved_to_allow_nothing_more(more, result):
    """What a bucket's policy denies of its objects is written as denied, or it is named."""
    world = {"accounts": {HOME: {"users": {"ann": {"policies": [allow(GET)]}}}}}
    world["accounts"][HOME]["resources"] = {BUCKET: {"policy": TLS}}
    batch = open_world(world)
    written = write_policy(find_effective(batch, user("ann")), batch).document
    statements = [*written["Statement"], *more]
    compiled = compile_policy(parse_policy({**written, "Statement": statements}))
    proof = allows_nothing_more(compiled, user("ann"), batch.world)
    assert proof.result == result
    remark = policy_remarks(EffectivePolicy({}), None, proof)[-1]
    start = "proved: the policy allows" if result == "PASS" else "not exact: s3:PutObject on "
    assert remark.startswith(start)


def test_what_every_access_point_asks_for_does_not_belong_into_a_written_policy():
    """Access points take no request without TLS, whatever the caller may do."""
    batch = open_world({"accounts": {HOME: {"users": {"ann": {"policies": [allow(GET)]}}}}})
    written = write_policy(find_effective(batch, user("ann")), batch)
    assert allows_nothing_more(written.compiled, user("ann"), batch.world).result == "PASS"


@pytest.mark.parametrize("prove", [allows_nothing_more, leaves_nothing_out])
def test_sessions_are_proved_as_their_roles_and_strangers_not_at_all(prove):
    """A policy that says nothing of the role's own powers, and one that says too much."""
    world = {"accounts": {HOME: {"roles": {"app": {"policies": [allow(GET)]}}}}}
    compiled = CompiledWorld(load_world_data(world))
    action = "s3:PutObject"
    written = compile_policy(parse_policy(allow(action)))
    session = f"arn:aws:sts::{HOME}:assumed-role/app/one"
    assert prove(written, session, compiled).result == "FAIL"
    stranger = f"arn:aws:sts::{HOME}:federated-user/somebody"
    assert prove(written, stranger, compiled).result == "UNKNOWN"


@pytest.mark.parametrize("prove", [allows_nothing_more, leaves_nothing_out])
def test_what_an_administrator_can_do_is_proved_to_be_written_in_whole(prove):
    """Thousands of ways in which somebody meets resources are no reason to stop; and aliases of
    keys, which have no policy, are not left out with the keys, which have one."""
    arn = f"arn:aws:iam::{HOME}:role/chief"
    policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    batch = open_world({"accounts": {HOME: {"roles": {"chief": {"policies": policies}}}}})
    written = write_policy(find_effective(batch, arn), batch, shrink=True)
    assert prove(written.compiled, arn, batch.world).result == "PASS"


def test_aliases_of_keys_are_written_without_those_that_aws_keeps():
    """Nobody makes `alias/aws/...`: https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html."""
    statement = {"Effect": "Allow", "Action": "kms:CreateAlias", "Resource": "*"}
    written = write_policy(*effective_of(policy(statement)))
    aliases = f"arn:aws:kms:*:{HOME}:alias/"
    assert [
        (entry["Effect"], entry["Resource"])
        for entry in written.document["Statement"]
        if entry["Action"] == "kms:CreateAlias"
    ] == [("Allow", f"{aliases}*"), ("Deny", f"{aliases}aws/*")]


def test_a_caller_who_can_do_nothing_gets_no_policy():
    """AWS refuses a policy without a statement."""
    batch = open_world({"accounts": {HOME: {}}})
    written = write_policy(find_effective(batch, "anonymous"), batch)
    assert written.allows_nothing
    assert written.compiled.statements == ()
    assert "there is nothing to allow" in policy_remarks(written, None, None)[0]


def test_an_alias_is_asked_about_aliases_alone_where_patterns_meet():
    """A pattern of keys that may fit an alias, too, opens no use of keys at the alias."""
    key = "arn:aws:kms:eu-west-1:333333333333:key/11aa"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "*",
        "NotResource": ["arn:aws:kms:eu-west-1:333*:key/11aa"],
    }
    document = {"Version": "2012-10-17", "Statement": statement}
    data = {
        "333333333333": {"resources": {key: {"policy": document}}},
        "999999999999": {"roles": {"app": {}}},
    }
    world = CompiledWorld(load_world_data({"accounts": data}))
    batch = Batch(world)
    effective = find_effective(batch, "arn:aws:sts::999999999999:assumed-role/app/s1")
    possible = effective.mask(Verdict.ALLOWED) | effective.mask(Verdict.CONDITIONAL)
    assert "kms:Decrypt" not in batch.universe.actions(possible)
