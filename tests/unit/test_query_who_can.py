"""Who can: keys that encrypt, chains of roles, guardrails; and the matrix."""

from __future__ import annotations

import json

import pytest

from iamsim import catalog
from iamsim.cli.main import main
from iamsim.core.decision import Layer, Verdict
from iamsim.core.errors import RequestError
from iamsim.engine.world import CompiledWorld
from iamsim.query import who_can
from iamsim.query.batch import Batch
from iamsim.query.batch.alike_actions import alike_actions
from iamsim.query.encryption import find_encryption
from iamsim.query.matrix import Column, find_matrix, pick_candidates
from iamsim.query.role_chains import routes_to
from iamsim.query.who_can import find_blocked, find_who_can
from iamsim.questions.actions import expand_actions
from iamsim.questions.check import acts_on
from iamsim.world.load import load_world_data
from tests.unit.test_query_batch import AWAY, BUCKET, HOME, KEY, allow, user

OBJECT = f"{BUCKET}/x"
ROOT = f"arn:aws:iam::{HOME}:root"


def open_world(data):
    """Make a batch of a whole world."""
    return Batch(CompiledWorld(load_world_data(data)))


def role(name, account=HOME):
    """The ARN of a role."""
    return f"arn:aws:iam::{account}:role/{name}"


def trust(**principal):
    """A trust policy for one principal."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def key_policy(*users):
    """A key policy that names users."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [user(name) for name in users]},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_the_key_counts_for_those_who_read_and_write():
    """Who may read the object and not use the key stands apart."""
    batch = open_world(
        {
            "accounts": {
                HOME: {
                    "users": {
                        name: {"policies": [allow(["s3:GetObject", "s3:ListBucket"])]}
                        for name in ("ann", "bob")
                    },
                    "resources": {
                        BUCKET: {"kms_key": KEY},
                        KEY: {"policy": key_policy("ann")},
                    },
                }
            }
        }
    )
    found = find_who_can(batch, ["s3:GetObject"], OBJECT, with_dependencies=True)
    assert [access.candidate.principal for access in found.accesses] == [user("ann")]
    assert {entry.candidate.principal for entry in found.denied_by_key} == {user("bob"), ROOT}
    (dependency,) = found.accesses[0].dependencies
    assert (dependency.action, dependency.resource) == ("kms:Decrypt", KEY)
    assert found.unknown_keys == ()
    listing = find_who_can(batch, ["s3:ListBucket"], BUCKET, with_dependencies=True)
    assert all(not access.dependencies for access in listing.accesses)


@pytest.mark.parametrize(
    ("kms_key", "action", "expected"),
    [
        (None, "s3:GetObject", (None, ("kms:Decrypt",))),
        ("none", "s3:GetObject", None),
        (KEY, "s3:PutObject", (KEY, ("kms:GenerateDataKey",))),
        (KEY, "s3:DeleteObject", None),
    ],
)
def test_encryption_is_what_the_world_says(kms_key, action, expected):
    """A key, none, or not known; actions that touch no content need nothing."""
    resource = {} if kms_key is None else {"kms_key": kms_key}
    resources = {BUCKET: resource, KEY: {"policy": key_policy("ann")}}
    model = load_world_data({"accounts": {HOME: {"resources": resources}}})
    found = find_encryption(action, OBJECT, model)
    assert (None if found is None else (found.key, found.actions)) == expected
    if found is not None:
        assert found.via.services == ("s3.amazonaws.com",)


def test_behind_an_access_point_the_bucket_says_its_key():
    """An access point has no key of its own."""
    point = f"arn:aws:s3:eu-west-1:{HOME}:accesspoint/p"
    model = load_world_data(
        {
            "accounts": {
                HOME: {
                    "resources": {
                        BUCKET: {"kms_key": KEY},
                        KEY: {"policy": key_policy("ann")},
                        point: {"bucket": BUCKET},
                    }
                }
            }
        }
    )
    found = find_encryption("s3:GetObject", f"{point}/object/x", model)
    assert found is not None
    assert found.key == KEY


def test_chains_are_as_short_as_there_is_and_count_their_conditions():
    """A service trusts its way to the last role; a loop of roles ends."""
    mfa = trust(AWS=role("first"))
    mfa["Statement"][0]["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    loop = trust(AWS=[role("last"), user("ann")])
    loop["Statement"].append(trust(Service="lambda.amazonaws.com")["Statement"][0])
    batch = open_world(
        {
            "accounts": {
                HOME: {
                    "users": {"ann": {}},
                    "roles": {
                        "last": {"trust": mfa, "policies": [allow("s3:GetObject")]},
                        "first": {"trust": loop},
                    },
                    "resources": {BUCKET: {}},
                }
            }
        }
    )
    found = find_who_can(batch, ["s3:GetObject"], OBJECT, via_roles=True)
    chains = {
        access.candidate.principal: (access.roles, access.verdict) for access in found.accesses
    }
    assert chains == {
        ROOT: ((), Verdict.ALLOWED),
        role("last"): ((), Verdict.ALLOWED),
        role("first"): ((role("last"),), Verdict.CONDITIONAL),
        user("ann"): ((role("first"), role("last")), Verdict.CONDITIONAL),
        "lambda.amazonaws.com": ((role("first"), role("last")), Verdict.CONDITIONAL),
    }


def test_of_two_chains_the_one_without_conditions_is_taken():
    """Both are as long; one asks for MFA."""
    mfa = trust(AWS=user("ann"))
    mfa["Statement"][0]["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    reads = [allow("s3:GetObject")]
    batch = open_world(
        {
            "accounts": {
                HOME: {
                    "users": {"ann": {}},
                    "roles": {
                        "a": {"trust": mfa, "policies": reads},
                        "b": {"trust": trust(AWS=user("ann")), "policies": reads},
                    },
                }
            }
        }
    )
    targets = [entry for entry in batch.candidates if ":role/" in entry.principal]
    ((candidate, route),) = routes_to(batch, targets)
    assert (candidate.principal, route.roles) == (user("ann"), (role("b"),))


def world_with_guardrails(*, boundary, scp):
    """One user who could, and what keeps them."""
    denies = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
    }
    return open_world(
        {
            "organization": {
                "id": "o-example001",
                "management_account": AWAY,
                "root": {"accounts": [HOME], "scps": ["FullAWSAccess", *([denies] if scp else [])]},
            },
            "accounts": {
                HOME: {
                    "users": {
                        "ann": {
                            "policies": [allow("s3:*")],
                            **({"boundary": allow("ec2:*")} if boundary else {}),
                        },
                        "bob": {},
                    },
                    "resources": {BUCKET: {}},
                }
            },
        }
    )


@pytest.mark.parametrize(
    ("boundary", "scp", "expected"),
    [
        (True, False, {user("ann"): [Layer.PERMISSIONS_BOUNDARY]}),
        (
            True,
            True,
            {
                ROOT: [Layer.SERVICE_CONTROL_POLICY],
                user("ann"): [Layer.SERVICE_CONTROL_POLICY, Layer.PERMISSIONS_BOUNDARY],
            },
        ),
        (False, False, {}),
    ],
)
def test_blocked_are_those_whom_guardrails_alone_keep(boundary, scp, expected):
    """Who has no permission at all is not among them."""
    batch = world_with_guardrails(boundary=boundary, scp=scp)
    found = find_blocked(batch, ["s3:GetObject"], OBJECT)
    layers = {entry.candidate.principal: [by.layer for by in entry.blockers] for entry in found}
    assert layers == expected


def test_guardrails_that_deny_only_together_give_the_decision_as_it_is():
    """Each leaves a way open that the other closes."""
    here = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    there = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
    batch = open_world(
        {
            "organization": {
                "id": "o-example001",
                "management_account": AWAY,
                "root": {"accounts": [HOME], "scps": [allow("*", Condition=here)]},
            },
            "accounts": {
                HOME: {
                    "users": {
                        "ann": {
                            "policies": [allow("s3:*")],
                            "boundary": allow("*", Condition=there),
                        }
                    }
                }
            },
        }
    )
    (found,) = find_blocked(batch, ["s3:GetObject"], OBJECT)
    assert found.candidate.principal == user("ann")
    assert len(found.blockers) == 1


def test_what_nobody_was_asked_for_is_said(monkeypatch, tmp_path, capsys):
    """A question about more actions than there is work for is answered for the first of them, and
    says from which on it is not; so does the one about guardrails."""
    data = {"accounts": {HOME: {"users": {"ann": {"policies": [allow("s3:Get*")]}}}}}
    every = expand_actions(("s3:*",), OBJECT)
    whole = find_who_can(open_world(data), every, OBJECT)
    assert whole.unsearched == ()
    assert len({access.action for access in whole.accesses}) == len(every)
    monkeypatch.setattr(who_can, "MOST_ASKED", 1)
    part = find_who_can(open_world(data), every, OBJECT)
    asked = set(every) - set(part.unsearched)
    assert every[0] in asked
    assert len(asked) < len(every)
    assert {access.action for access in part.accesses} <= asked
    rows = [
        [(access.candidate.principal, access.action) for access in w.accesses]
        for w in (part, whole)
    ]
    assert rows[0] == [row for row in rows[1] if row[1] in asked]
    (tmp_path / "w.json").write_text(json.dumps(data), "utf-8")
    for more in ([], ["--not"]):
        assert main(["who-can", "s3:*", OBJECT, "--world", str(tmp_path / "w.json"), *more]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert f"nobody was asked for {len(part.unsearched)} of the {len(every)} actions" in said


def test_actions_that_nothing_tells_apart_are_asked_for_once():
    """A statement about one of them tells it from the others; so does a rule of the service."""
    world = open_world(
        {"accounts": {HOME: {"users": {"ann": {"policies": [allow("s3:GetObjectAcl")]}}}}}
    ).world
    every = expand_actions(("s3:*",), OBJECT)
    parts = alike_actions(every, world)
    assert [part for part in parts if "s3:GetObjectAcl" in part] == [("s3:GetObjectAcl",)]
    assert sorted(action for part in parts for action in part) == sorted(every)
    assert len(parts) < len(every) / 4


def test_matrix_has_an_answer_in_every_cell():
    """Rows are those that the patterns choose, in the order of the world."""
    batch = open_world(
        {"accounts": {HOME: {"users": {"bob": {}, "ann": {"policies": [allow("s3:GetObject")]}}}}}
    )
    chosen = pick_candidates(batch, ["*:user/b*", "*:user/*"])
    assert [entry.principal for entry in chosen] == [user("ann"), user("bob")]
    columns = [Column("s3:GetObject", OBJECT), Column("s3:PutObject", OBJECT)]
    matrix = find_matrix(batch, chosen, columns)
    assert [[answer.possible for answer in row.answers] for row in matrix.rows] == [
        [True, False],
        [False, False],
    ]
    assert len(pick_candidates(batch, [])) == 3
    with pytest.raises(RequestError) as caught:
        pick_candidates(batch, ["*:role/*"])
    assert caught.value.code == "no-such-principal"


def test_an_owner_that_nobody_knows_is_said():
    """An unlisted bucket has no account; a queue has it in its ARN."""
    batch = open_world({"accounts": {HOME: {}}})
    assert find_who_can(batch, ["s3:GetObject"], OBJECT).owner_unknown
    queue = f"arn:aws:sqs:eu-west-1:{HOME}:q"
    assert not find_who_can(batch, ["sqs:SendMessage"], queue).owner_unknown
    assert not find_who_can(batch, ["ec2:DescribeVpcs"], "*").owner_unknown


def test_all_actions_are_those_that_act_on_the_resource():
    """With a bucket these are some of Amazon S3, not the thousands that there are."""
    actions = expand_actions(("*",), "arn:aws:s3:::reports")
    assert "s3:ListBucket" in actions
    assert all(acts_on(action, "arn:aws:s3:::reports") for action in actions)
    assert len(actions) < len(catalog.expand("s3:*"))


def test_what_can_not_be_read_of_an_action_may_be_any():
    """A holder of such a policy is not taken for somebody who is allowed nothing."""
    statement = {"Effect": "Allow", "Action": "s3 GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": statement}
    batch = open_world({"accounts": {HOME: {"users": {"mia": {"policies": [document]}}}}})
    found = {
        entry.candidate.principal: entry.answer.verdict
        for entry in batch.who("ec2:RunInstances", "*")
    }
    assert found[user("mia")] is Verdict.CONDITIONAL


@pytest.mark.parametrize("shared", [AWAY, "all"])
def test_those_with_whom_a_snapshot_is_shared_are_found(shared):
    """They are in no policy: an attribute lists them."""
    snapshot = "arn:aws:ec2:us-east-1::snapshot/snap-0123456789abcdef0"
    resources = {snapshot: {"shared_with": [shared]}}
    batch = open_world({"accounts": {HOME: {"resources": resources}}})
    found = {
        entry.candidate.account: entry.answer.verdict
        for entry in batch.who("ec2:CreateVolume", snapshot)
    }
    other = AWAY if shared == AWAY else None
    assert found == {HOME: Verdict.ALLOWED, other: Verdict.CONDITIONAL}
    assert {entry.candidate.account for entry in batch.who("ec2:DeleteSnapshot", snapshot)} == {
        HOME
    }


@pytest.mark.parametrize(
    "pattern", ["zz*", "zara", "arn:aws:iam::111122223333:role/gone", "arn:aws:iam::*:role/zz*"]
)
def test_a_pattern_that_nobody_fits_is_an_error(tmp_path, capsys, pattern):
    """`nobody` would read as an answer."""
    path = tmp_path / "world.yaml"
    path.write_text('accounts: {"111122223333": {users: {ann: {}}}}', "utf-8")
    asked = ["who-can", "s3:GetObject", "arn:aws:s3:::b/k", "--world", str(path), "-p"]
    assert main([*asked, pattern]) == 2
    assert "no principal of the world fits" in capsys.readouterr().err
    for known in ("ann", "arn:aws:iam::999999999999:role/partner", "anonymous", "s3.amazonaws.com"):
        assert main([*asked, known]) == 0


@pytest.mark.parametrize(
    "trust",
    [
        {"unknown": "lost"},
        {"Version": "2012-10-17", "Statement": [{"unknown": "lost"}]},
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam::{HOME}:user/bob", {"unknown": "lost"}]},
                "Action": "sts:AssumeRole",
            },
        },
    ],
)
def test_a_trust_that_is_not_known_may_name_anybody(trust):
    """`nobody` was the answer, where `explain` says that it depends."""
    role = f"arn:aws:iam::{HOME}:role/app"
    account = {"users": {"ann": {}, "bob": {}}, "roles": {"app": {"trust": trust}}}
    batch = Batch(CompiledWorld.checked(load_world_data({"accounts": {HOME: account}})))
    found = find_who_can(batch, ["sts:AssumeRole"], role).accesses
    verdicts = {access.candidate.principal: access.verdict for access in found}
    ann = f"arn:aws:iam::{HOME}:user/ann"
    assert verdicts[ann] is Verdict.CONDITIONAL
    assert ann in [candidate.principal for candidate in batch.trusted(role)]
