"""What differs between two worlds, by what was edited: a hand-made pair for each kind of change."""

from __future__ import annotations

import copy

import pytest

from iamsim.engine import authorize
from iamsim.engine.world import CompiledWorld
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.prove import prove
from iamsim.query.batch import Batch
from iamsim.query.changes import compare, find, find_changes
from iamsim.query.changes.cause import find_cause
from iamsim.query.changes.compare import compare_place, question_at
from iamsim.query.changes.same import direction_of
from iamsim.query.policy_changes import policy_changes
from iamsim.symbolic import remembered
from iamsim.symbolic.actions import all_actions
from iamsim.world.load import load_world_data

HOME, OTHER = "111111111111", "222222222222"
BUCKET, SHARED = "arn:aws:s3:::data", "arn:aws:s3:::shared"
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/11111111-1111-1111-1111-111111111111"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{HOME}:secret:s-AbCdEf"
ENDPOINT = "vpce-0123456789abcdef0"
ANN, APP = f"arn:aws:iam::{HOME}:user/ann", f"arn:aws:iam::{HOME}:role/app"
BOB = f"arn:aws:iam::{OTHER}:user/bob"
SSO = (
    f"arn:aws:iam::{HOME}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Read_0000000000000000"
)


def policy(*statements):
    """A policy of some statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource="*", **more):
    """An Allow statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def anybody(action, resource, **more):
    """An Allow statement for everyone."""
    return allow(action, resource, Principal="*", **more)


def when(key, value):
    """A condition on one value."""
    return {"Condition": {"StringEquals": {key: value}}}


def units(production=(), development=(OTHER,), more=()):
    """An organization with two units; nobody may use SQS in one of them."""
    return {
        "id": "o-aaaaaaaaaa",
        "management_account": "999999999999",
        "root": {
            "id": "r-ab12",
            "units": {
                "Production": {
                    "id": "ou-ab12-11111111",
                    "accounts": list(production),
                    "scps": ["FullAWSAccess", *more],
                },
                "Development": {
                    "id": "ou-ab12-22222222",
                    "accounts": list(development),
                    "scps": ["FullAWSAccess", "NoQueues"],
                },
            },
        },
    }


def world():
    """The world that every pair starts from."""
    team = when("aws:ResourceTag/team", "blue")
    home = {
        "users": {
            "ann": {
                "policies": [
                    policy(
                        allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/*"),
                        allow("s3:GetObject", f"{SHARED}/*"),
                        allow("sqs:SendMessage"),
                        allow("dynamodb:GetItem", **when("aws:PrincipalTag/team", "blue")),
                        allow("secretsmanager:GetSecretValue", **team),
                    )
                ],
                "groups": ["dev"],
                "tags": {"team": "blue"},
            }
        },
        "groups": {
            "dev": {"policies": [policy(allow("sns:Publish"))]},
            "ops": {"policies": [policy(allow("lambda:InvokeFunction"))]},
        },
        "roles": {
            "app": {
                "trust": policy(
                    {"Effect": "Allow", "Principal": {"AWS": ANN}, "Action": "sts:AssumeRole"}
                ),
                "policies": [policy(allow("s3:*"))],
            }
        },
        "permission_sets": {"Read": {"policies": [policy(allow("s3:ListBucket"))]}},
        "resources": {
            BUCKET: {"policy": policy(anybody("s3:ListBucket", BUCKET))},
            KEY: {
                "policy": policy(
                    allow("kms:*", Principal={"AWS": f"arn:aws:iam::{HOME}:root"}),
                )
            },
            SECRET: {"tags": {"team": "red"}},
        },
        "vpc_endpoints": {
            ENDPOINT: {"service": "s3", "vpc": "vpc-1", "policy": policy(anybody("*", "*"))}
        },
    }
    shared = anybody("s3:GetObject", f"{SHARED}/*", **when("aws:PrincipalOrgID", "o-aaaaaaaaaa"))
    other = {
        "users": {"bob": {"policies": [policy(allow(["s3:*", "sqs:*", "kms:Decrypt"]))]}},
        "resources": {SHARED: {"policy": policy(shared)}},
    }
    queues = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    puts = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
    return {
        "organization": units([HOME]),
        "policies": {"NoQueues": policy(queues), "NoPuts": policy(puts)},
        "accounts": {HOME: home, OTHER: other},
    }


def put(value, *path):
    """An edit: something else at a place of the world."""

    def edit(data):
        for key in path[:-1]:
            data = data.setdefault(key, {})
        data[path[-1]] = value

    return edit


def home(value, *path):
    """The same in the account."""
    return put(value, "accounts", HOME, *path)


def moved(data):
    """Give the bucket to the other account."""
    accounts = data["accounts"]
    accounts[OTHER]["resources"][BUCKET] = accounts[HOME]["resources"].pop(BUCKET)


TRUSTED = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
GRANT = [{"grantee": BOB, "operations": ["Decrypt"]}]
ONLY_READS = policy(anybody("s3:GetObject", f"{BUCKET}/*"))

PAIRS = {
    "service control policy attached elsewhere": (
        put(units([HOME], more=["NoQueues"]), "organization"),
        ("closes", ANN, "sqs:SendMessage", "*"),
        "service control policies at Production",
    ),
    "account moved to another unit": (
        put(units([], [OTHER, HOME]), "organization"),
        ("closes", ANN, "sqs:SendMessage", "*"),
        "accounts in Development",
    ),
    "resource control policy": (
        home(["RCPFullAWSAccess", "NoPuts"], "rcps"),
        ("closes", ANN, "s3:PutObject", f"{BUCKET}/*"),
        f"resource control policies at {HOME}",
    ),
    "group joined": (
        home(["dev", "ops"], "users", "ann", "groups"),
        ("opens", ANN, "lambda:InvokeFunction", "*"),
        f"groups of {ANN}",
    ),
    "policy of a group": (
        home([policy(allow("sns:Subscribe"))], "groups", "dev", "policies"),
        ("closes", ANN, "sns:Publish", "*"),
        f"inline policy inline policy 1 of group dev of arn:aws:iam::{HOME}:group/dev",
    ),
    "boundary": (
        home(policy(allow("s3:*")), "users", "ann", "boundary"),
        ("closes", ANN, "sqs:SendMessage", "*"),
        f"boundary of {ANN}",
    ),
    "trust": (
        home(policy(TRUSTED), "roles", "app", "trust"),
        ("opens", "lambda.amazonaws.com", "sts:AssumeRole", APP),
        f"trust policy of {APP}",
    ),
    "resource-based policy": (
        home(policy(anybody("s3:GetObject", f"{BUCKET}/*")), "resources", BUCKET, "policy"),
        ("opens", BOB, "s3:GetObject", f"{BUCKET}/*"),
        f"policy of {BUCKET}",
    ),
    "grant of a key": (
        home(GRANT, "resources", KEY, "grants"),
        ("opens", BOB, "kms:Decrypt", KEY),
        f"grant 1 of {KEY}",
    ),
    "permission set": (
        home([policy(allow("s3:PutObject"))], "permission_sets", "Read", "policies"),
        ("opens", SSO, "s3:PutObject", "*"),
        f"inline policy inline policy 1 of permission set Read of permission set Read of {HOME}",
    ),
    "boundary of a permission set": (
        home(policy(allow("sqs:*")), "permission_sets", "Read", "boundary"),
        ("closes", SSO, "s3:ListBucket", "*"),
        f"boundary of permission set Read of {HOME}",
    ),
    "Block Public Access of a bucket": (
        home({"restrict_public_buckets": True}, "resources", BUCKET, "public_access_block"),
        ("closes", BOB, "s3:ListBucket", BUCKET),
        f"public access block of {BUCKET}",
    ),
    "Block Public Access of an account": (
        home({"restrict_public_buckets": True}, "public_access_block"),
        ("closes", "anonymous", "s3:ListBucket", BUCKET),
        f"public access block of {HOME}",
    ),
    "tag of a principal": (
        home({"team": "red"}, "users", "ann", "tags"),
        ("closes", ANN, "dynamodb:GetItem", "*"),
        f"tags of {ANN}",
    ),
    "tag of a resource": (
        home({"team": "blue"}, "resources", SECRET, "tags"),
        ("opens", ANN, "secretsmanager:GetSecretValue", SECRET),
        f"tags of {SECRET}",
    ),
    "id of the organization": (
        put("o-bbbbbbbbbb", "organization", "id"),
        ("closes", ANN, "s3:GetObject", f"{SHARED}/*"),
        "id of the organization",
    ),
    "management account": (
        put(OTHER, "organization", "management_account"),
        ("opens", BOB, "sqs:SendMessage", "*"),
        "management account of the organization",
    ),
    "owner of a bucket": (
        moved,
        ("closes", ANN, "s3:ListBucket", BUCKET),
        f"resource {BUCKET}",
    ),
    "policy of a VPC endpoint": (
        home(ONLY_READS, "vpc_endpoints", ENDPOINT, "policy"),
        ("closes", ANN, "s3:PutObject", f"{BUCKET}/*"),
        f"policy of VPC endpoint {ENDPOINT}",
    ),
}


def compared(edit):
    """Both batches of a pair, and what differs."""
    before = world()
    after = copy.deepcopy(before)
    edit(after)
    batches = [Batch(CompiledWorld.checked(load_world_data(entry))) for entry in (before, after)]
    return batches, find_changes(*batches)


@pytest.mark.parametrize(("edit", "expected", "what"), PAIRS.values(), ids=list(PAIRS))
def test_what_an_edit_changes_is_found_and_named(edit, expected, what):
    """The decision that the edit was made for is among the changes, and the edit is said."""
    batches, changes = compared(edit)
    found = {
        (entry.direction.value, entry.candidate.principal, action, entry.resource)
        for entry in changes.found
        for action in entry.actions
    }
    assert expected in found
    models = [batch.world.model for batch in batches]
    assert what in [policy_change.what for policy_change in policy_changes(*models)]


@pytest.mark.parametrize("edit", [edit for edit, _, _ in PAIRS.values()], ids=list(PAIRS))
def test_every_claim_of_a_pair_is_what_explain_says_in_both_worlds(edit):
    """Verdicts before and after are those of the explained decision, asked one by one."""
    batches, changes = compared(edit)
    bounds = {
        (bound.candidate.principal, bound.place.sample, bound.via.vpc_endpoint): bound
        for bound in changes.bounds
    }
    for change in changes.found:
        where = change.candidate.principal, change.place.sample, change.vpc_endpoint
        for action in change.actions[:3]:
            for batch, answer in zip(batches, (change.before, change.after), strict=True):
                if answer.residual is not None:
                    continue
                question = question_at(batch, bounds[where], action, change.asked)
                alone = authorize.explain(question, batch.world).decision
                assert alone.verdict is answer.verdict


def test_a_vpc_endpoint_changes_only_requests_through_it():
    """The policy lets reads through; direct calls stay as they are."""
    _, changes = compared(home(ONLY_READS, "vpc_endpoints", ENDPOINT, "policy"))
    assert {entry.vpc_endpoint for entry in changes.found} == {ENDPOINT}
    closed = {
        (action, entry.resource)
        for entry in changes.found
        if entry.candidate.principal == ANN
        for action in entry.actions
    }
    assert ("s3:PutObject", f"{BUCKET}/*") in closed
    assert ("s3:GetObject", f"{BUCKET}/*") not in closed
    assert all(action.startswith("s3:") for action, _ in closed)


def test_what_a_vpc_endpoint_lets_through_opens_to_everybody_who_comes_through_it():
    """Also to somebody of another account; the proof sees it though nobody reads a network key."""
    before, after = world(), world()
    home(ONLY_READS, "vpc_endpoints", ENDPOINT, "policy")(before)
    worlds = [CompiledWorld(load_world_data(entry)) for entry in (before, after)]
    changes = find_changes(*map(Batch, worlds))
    opened = {
        entry.candidate.principal
        for entry in changes.found
        if entry.is_opening and "s3:PutObject" in entry.actions
    }
    assert {ANN, BOB} <= opened
    claim = {"name": "puts", "no_new_access": {"action": "s3:PutObject"}}
    result = prove(parse_claim(claim), worlds[1], worlds[0])
    assert result.result == "FAIL"
    assert result.witness["via"] == {"vpc_endpoint": ENDPOINT}


def test_a_policy_that_lets_everything_pass_is_none():
    """An endpoint without a policy decides as one that allows everything does."""
    _, changes = compared(
        lambda data: data["accounts"][HOME]["vpc_endpoints"][ENDPOINT].pop("policy")
    )
    assert not changes.found
    assert changes.bounds


def test_an_endpoint_of_one_world_is_said_and_not_asked():
    """A request through what does not exist is no request."""
    _, changes = compared(lambda data: data["accounts"][HOME].pop("vpc_endpoints"))
    assert not changes.found
    assert len(changes.silent) == 1
    assert ENDPOINT in changes.silent[0]


def between(*edits):
    """What differs between two worlds, each edited in its own way."""
    worlds = [world(), world()]
    for entry, edit in zip(worlds, edits, strict=True):
        edit(entry)
    batches = [Batch(CompiledWorld.checked(load_world_data(entry))) for entry in worlds]
    return find_changes(*batches)


def rows(changes):
    """Direction, principal, action and resource of every change."""
    return {
        (entry.direction.value, entry.candidate.principal, action, entry.resource)
        for entry in changes.found
        for action in entry.actions
    }


def test_an_action_about_a_resource_of_another_service_is_asked():
    """Systems Manager starts sessions on instances of EC2."""
    instances = f"arn:aws:ec2:eu-west-1:{HOME}:instance/*"
    _, changes = compared(
        home([policy(allow("ssm:StartSession", instances))], "groups", "dev", "policies")
    )
    assert ("opens", ANN, "ssm:StartSession", instances) in rows(changes)


def test_a_policy_that_becomes_public_closes_what_its_other_statements_say():
    """Block Public Access restricts the whole policy then."""
    bob = allow("s3:ListBucket", BUCKET, Principal={"AWS": BOB})
    public = anybody("s3:GetBucketAcl", BUCKET)

    def with_policy(*statements):
        def edit(data):
            home({"restrict_public_buckets": True}, "public_access_block")(data)
            home(policy(*statements), "resources", BUCKET, "policy")(data)

        return edit

    changes = between(with_policy(bob), with_policy(bob, public))
    assert ("closes", BOB, "s3:ListBucket", BUCKET) in rows(changes)


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": ["sqs:*", "sns:Publish"], "Resource": "*"},
        {"Effect": "Deny", "Action": ["sns:Publish", "SQS:*"], "Resource": "*"},
    ],
    ids=["added", "written otherwise"],
)
def test_of_two_statements_only_entries_that_differ_are_asked_about(statement):
    """One action more in a service control policy: nothing else can differ."""
    _, changes = compared(put(policy(statement), "policies", "NoQueues"))
    assert {name for bound in changes.bounds for name in one_by_one(bound.actions)} == {
        "sns:publish"
    }
    assert {bound.candidate.account for bound in changes.bounds} == {OTHER}


def one_by_one(mask):
    """The names of actions."""
    universe = all_actions()
    return [universe.names[number] for number in universe.numbers(mask)]


def test_principals_that_cannot_differ_are_compared_once(monkeypatch):
    """Ten roles alike and one that is not; each answer names the statement of its own role."""
    asked = []

    def counted(before, after, universe, reached, trials):
        asked.append(reached.candidate.principal)
        return compare_place(before, after, universe, reached, trials)

    monkeypatch.setattr(find, "compare_place", counted)
    roles = {f"r{number}": {"policies": [policy(allow("sqs:*"))]} for number in range(10)}
    roles["other"] = {"policies": [policy(allow("sns:*"), allow("sqs:SendMessage"))]}
    attached = put(units([HOME], more=["NoQueues"]), "organization")

    def before(data):
        data["accounts"][HOME]["roles"] = roles

    def after(data):
        before(data)
        attached(data)

    changes = between(before, after)
    mine = [text for text in asked if ":role/r" in text or text.endswith("/other")]
    assert len(set(mine)) == 2
    named = {
        (entry.candidate.principal.rpartition("/")[2], entry.before.decision.statements[0].policy)
        for entry in changes.found
        if entry.candidate.principal.startswith(f"arn:aws:iam::{HOME}:role/")
        and entry.before.possible
    }
    assert named >= {(name, f"inline policy 1 of role {name}") for name in roles}


def test_an_account_is_asked_for_by_a_role_a_user_and_its_root_user():
    """Of another account that a trust policy names, roles can assume the role; its root user never
    can."""
    outside = {"AWS": "arn:aws:iam::333333333333:root"}
    trust = policy({"Effect": "Allow", "Principal": outside, "Action": "sts:AssumeRole"})
    _, changes = compared(home(trust, "roles", "app", "trust"))
    assert ("opens", outside["AWS"], "sts:AssumeRole", APP) in rows(changes)


def test_the_objects_of_a_bucket_are_asked_where_its_policy_names_none():
    """A policy that is about `*` is about the objects as well, and nobody says their names."""

    def account(*statements):
        bucket = {"policy": policy(*statements)} if statements else {}
        return {"accounts": {HOME: {"roles": {"app": {}}, "resources": {BUCKET: bucket}}}}

    worlds = [
        CompiledWorld(load_world_data(data))
        for data in (account(), account(allow("s3:*", Principal={"AWS": APP})))
    ]
    found = find_changes(*(Batch(world, partial=False) for world in worlds)).found
    opened = {action for change in found for action in change.actions}
    assert {"s3:PutObject", "s3:ListBucket"} <= opened
    assert f"{BUCKET}/~x" in {change.place.sample for change in found}


NAMED = {
    "session of a role": (f"arn:aws:sts::{HOME}:assumed-role/app/s1", "roles", "app"),
    "role of a permission set": (
        SSO.replace("0" * 16, "0123456789abcdef"),
        "permission_sets",
        "Read",
    ),
    "federated user": (f"arn:aws:sts::{HOME}:federated-user/ann", "users", "ann"),
}


@pytest.mark.parametrize(("principal", "kind", "name"), NAMED.values(), ids=list(NAMED))
def test_whom_policies_name_and_no_world_lists_differs_with_what_it_has(principal, kind, name):
    """The policies that name it stay as they are, and name neither its role nor its account."""
    guard = policy({"Effect": "Deny", "Action": "s3:*", "Resource": f"{SHARED}/*"})
    bucket = policy(allow("s3:GetObject", f"{SHARED}/*", Principal={"AWS": principal}))

    def batch(holder, *scps):
        own = {kind: {name: holder}, "scps": ["FullAWSAccess", *scps]}
        other = {"resources": {SHARED: {"policy": bucket}}}
        organization = {"id": "o-aaaaaaaaaa", "management_account": "999999999999"}
        data = {"accounts": {HOME: own, OTHER: other}, "organization": organization}
        return Batch(CompiledWorld(load_world_data(data)))

    holder = {"policies": [policy(allow("s3:*"))]}
    denied = batch(holder, guard) if kind == "users" else batch({})
    for pair, direction in (
        ((batch(holder), denied), "closes"),
        ((denied, batch(holder)), "opens"),
    ):
        found = rows(find_changes(*pair))
        assert (direction, principal, "s3:GetObject", f"{SHARED}/*") in found


def test_administrators_of_an_organization_differ_at_the_root_users_of_members():
    """No policy of a resource lets them in: the user's own policy is all that differs."""

    def batch(*actions):
        user = {"policies": [policy(allow(list(actions)))]}
        accounts = {HOME: {"users": {"ann": user}}, OTHER: {}}
        organization = {"id": "o-aaaaaaaaaa", "management_account": HOME}
        organization["root"] = {"accounts": [HOME, OTHER], "id": "r-ab12"}
        data = {"accounts": accounts, "organization": organization}
        return Batch(CompiledWorld(load_world_data(data)))

    pair = batch("sqs:*"), batch("sqs:*", "sts:AssumeRoot")
    for (before, after), direction in ((pair, "opens"), (pair[::-1], "closes")):
        found = rows(find_changes(before, after))
        assert (direction, ANN, "sts:AssumeRoot", f"arn:aws:iam::{OTHER}:root") in found


def test_a_new_administrator_without_data_is_said_not_to_be_asked_about():
    """What its principals may do then is in no world."""

    def batch(*delegated):
        organization = {"id": "o-aaaaaaaaaa", "management_account": HOME}
        organization["delegated_administrators"] = list(delegated)
        organization["root"] = {"accounts": [HOME, OTHER], "id": "r-ab12"}
        data = {"accounts": {HOME: {}}, "organization": organization}
        return Batch(CompiledWorld(load_world_data(data)))

    found = find_changes(batch(), batch(OTHER))
    assert any(OTHER in said for said in found.silent)
    assert not find_changes(batch(OTHER), batch(OTHER)).silent


def test_a_session_that_a_trust_policy_names_differs_with_its_role():
    """The trust policy is of another account, and stays."""
    session, role = f"arn:aws:sts::{HOME}:assumed-role/app/s1", f"arn:aws:iam::{OTHER}:role/ops"
    trusted = {"Effect": "Allow", "Principal": {"AWS": session}, "Action": "sts:AssumeRole"}

    def batch(**app):
        accounts = {
            HOME: {"roles": {"app": {"policies": [policy(allow("sts:*"))], **app}}},
            OTHER: {"roles": {"ops": {"trust": policy(trusted)}}},
        }
        return Batch(CompiledWorld(load_world_data({"accounts": accounts})))

    changes = find_changes(batch(), batch(boundary=policy(allow("s3:*"))))
    assert ("closes", session, "sts:AssumeRole", role) in rows(changes)


def _with_many(data):
    """A role with queues, buckets, topics, what may be an ARN and what can be none."""
    rest = [
        f"arn:aws:{name}:eu-west-1:{HOME}:x" for name in ("sqs", "sns", "lambda", "kms", "states")
    ]
    data["accounts"][HOME]["roles"]["app"]["policies"] = [
        policy(allow("sqs:*", ["*Queue.Arn", "Topic.Arn"]), allow(["sns:*", "states:*"], rest))
    ]


def test_what_is_no_arn_is_asked_once():
    """A pattern whose service is open stands with those of every service; it is one place. One that
    no ARN fits is none."""
    asked = [
        (bound.candidate.principal, bound.place.sample, bound.via)
        for bound in between(lambda _data: None, _with_many).bounds
    ]
    assert (APP, "Queue.Arn") in {entry[:2] for entry in asked}
    assert (APP, "Topic.Arn") not in {entry[:2] for entry in asked}
    assert len(asked) == len(set(asked))


def test_after_many_changes_of_a_principal_the_rest_is_said_not_to_be_asked(monkeypatch):
    """The places that are left out make the comparison incomplete."""
    whole = between(lambda _data: None, _with_many)
    monkeypatch.setattr(find, "MOST_CHANGES", 1)
    cut = between(lambda _data: None, _with_many)
    assert whole.complete
    assert not cut.complete
    assert 0 < len(cut.bounds) < len(whole.bounds)


def test_without_trials_changes_are_found_and_not_proved(monkeypatch):
    """What is put back explains; it decides nothing."""
    monkeypatch.setattr(find, "MOST_TRIALS", 0)
    cut = between(lambda _data: None, _with_many)
    monkeypatch.undo()
    whole = between(lambda _data: None, _with_many)
    assert any(change.proved for change in whole.found)
    assert not any(change.proved for change in cut.found)
    assert [change.actions for change in cut.found] == [change.actions for change in whole.found]


def test_the_cause_is_the_same_whether_or_not_the_answers_are_known(monkeypatch):
    """What was asked to see that there is a change need not be asked again to explain it."""
    found = []

    def both(before, after, trials, answers):
        cause = find_cause(before, after, trials, answers)
        found.append((answers is not None, cause, find_cause(before, after, trials)))
        return cause

    monkeypatch.setattr(compare, "find_cause", both)
    between(lambda _data: None, _with_many)
    assert any(known and cause for known, cause, _ in found)
    assert all(cause == again for _, cause, again in found)


def test_conditions_that_were_compared_once_are_not_solved_again(monkeypatch):
    """Many places of many principals leave the same conditions open."""

    def conditional(key):
        def change(data):
            granted = allow("sqs:*", Condition={"StringEquals": {key: "red"}})
            data["accounts"][HOME]["roles"]["app"]["policies"] = [policy(granted)]

        return change

    (change, *_) = (
        found
        for found in between(conditional("aws:RequestTag/a"), conditional("aws:RequestTag/b")).found
        if found.before.residual is not None and found.after.residual is not None
    )
    solved = []
    solve = remembered.solve
    monkeypatch.setattr(remembered, "solve", lambda *some: solved.append(some) or solve(*some))
    remembered.forget()
    first = direction_of(change.before, change.after)
    assert len(solved) == 2
    assert direction_of(change.before, change.after) is first is not None
    assert len(solved) == 2
