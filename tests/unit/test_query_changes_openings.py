"""Every way to open something to somebody is a change: whom only conditions designate, whom a
NotPrincipal or a resource control policy spares, with whom a snapshot is shared, what perimeters
let through, and what counts for nobody yet."""

from __future__ import annotations

import pytest

from iamsim.engine.world import CompiledWorld
from iamsim.proofs.claims import parse_claim
from iamsim.proofs.prove import Prover
from iamsim.proofs.result import Verdict
from iamsim.query.batch import Batch
from iamsim.query.changes import Direction, find_changes
from iamsim.query.who_can import find_who_can
from iamsim.universe.candidates import CandidateKind
from iamsim.world.load import load_world_data

HOME, PARTNER = "111111111111", "333333333333"
BUCKET = "arn:aws:s3:::data"
OWN, OTHER = "o-mine000000", "o-partner0000"
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/11111111-1111-1111-1111-111111111111"
SNAPSHOT = "arn:aws:ec2:us-east-1::snapshot/snap-1234567890abcdef0"
ROOT = f"arn:aws:iam::{HOME}:root"
CANONICAL = "a" * 64


def policy(*statements):
    """A policy of some statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource="*", **more):
    """An Allow statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    """A Deny statement."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def equals(key, value):
    """A condition on one value."""
    return {"StringEquals": {key: value}}


def reads(condition=None, principal="*"):
    """A bucket policy that lets somebody read objects."""
    more = {"Condition": condition} if condition else {}
    return policy(allow("s3:GetObject", f"{BUCKET}/*", Principal=principal, **more))


def trust(condition):
    """A trust policy for anybody under a condition."""
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "sts:AssumeRole",
            "Condition": condition,
        }
    )


def spared(*principals):
    """A bucket policy that denies all but some."""
    return policy(
        allow("s3:GetObject", f"{BUCKET}/*", Principal="*"),
        {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": list(principals)},
            "Action": "s3:GetObject",
            "Resource": f"{BUCKET}/*",
        },
    )


def world(bucket=None, resources=None, account=None, scps=None, rcps=None):
    """An account in an organization, with a bucket."""
    own = {"policy": bucket} if bucket else {}
    users = {"ann": {"policies": [policy(allow(["s3:*", "sqs:*"]))]}}
    home = {"users": users, "resources": {BUCKET: own, **(resources or {})}}
    home |= account or {}
    unit = {
        "id": "ou-ab12-11111111",
        "accounts": [HOME],
        "scps": ["FullAWSAccess", *(["Guard"] if scps else [])],
        "rcps": ["RCPFullAWSAccess", *(["Fence"] if rcps else [])],
    }
    return {
        "policies": {"Guard": scps or policy(), "Fence": rcps or policy()},
        "organization": {
            "id": OWN,
            "management_account": "999999999999",
            "root": {"id": "r-ab12", "units": {"Workloads": unit}},
        },
        "accounts": {HOME: home},
    }


def fence(*organizations):
    """A resource control policy that spares organizations."""
    outside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": list(organizations)}}
    return policy(deny("s3:*", Principal="*", Condition=outside))


def perimeter(*organizations):
    """A service control policy that lets nothing be written elsewhere."""
    outside = {"StringNotEqualsIfExists": {"aws:ResourceOrgID": list(organizations)}}
    return policy(deny("s3:PutObject", Condition=outside))


def key(*more):
    """A key with a policy."""
    own = allow("kms:*", Principal={"AWS": ROOT})
    return {KEY: {"policy": policy(own, *more)}}


def user(*statements):
    """Another user of the account."""
    return {"users": {"bob": {"policies": [policy(*statements)]}}}


def denied(names):
    """A bucket policy that lets everybody read but some."""
    return policy(
        *reads()["Statement"], deny("s3:GetObject", f"{BUCKET}/*", Sid="Not", Principal=names)
    )


def endpoint(*statements):
    """An endpoint for S3 in a network of the account."""
    one = {"service": "s3", "vpc": "vpc-11111111", "policy": policy(*statements)}
    return {"vpc_endpoints": {"vpce-11111111": one}}


def passes(principal="*"):
    """A statement of an endpoint that lets somebody through."""
    return allow("*", Principal=principal)


OTHERS = allow("s3:PutObject", f"{BUCKET}/*", Principal={"AWS": ROOT})
SESSION = f"arn:aws:sts::{HOME}:assumed-role/app/one"
ROLE = {"roles": {"app": {"policies": [policy(allow("s3:GetObject"))]}}}
RED = allow("s3:GetObject", f"{BUCKET}/red/*")
TEAM = policy(
    allow("s3:GetObject"), deny("s3:*", f"{BUCKET}/${{aws:PrincipalTag/team}}/*", Sid="Team")
)


def tagged(policies):
    """A role whose sessions may have tags."""
    own = allow(["sts:AssumeRole", "sts:TagSession"], Principal={"AWS": ROOT})
    del own["Resource"]
    return {"roles": {"app": {"policies": policies, "trust": policy(own)}}}


EVERYBODY = {"ArnLike": {"aws:PrincipalArn": "*"}}
OPENINGS = {
    "an organization": (
        world(),
        world(reads(equals("aws:PrincipalOrgID", OTHER))),
        (OTHER, "s3:GetObject"),
    ),
    "a part of an organization": (
        world(),
        world(reads({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{OTHER}/r-ab12/*"}})),
        (f"{OTHER}/r-ab12/*", "s3:GetObject"),
    ),
    "an account": (
        world(),
        world(reads(equals("aws:PrincipalAccount", PARTNER))),
        (f"arn:aws:iam::{PARTNER}:root", "s3:GetObject"),
    ),
    "accounts by a pattern": (
        world(),
        world(reads({"StringLike": {"aws:PrincipalAccount": "3333*"}})),
        ("arn:aws:iam::333300000000:root", "s3:GetObject"),
    ),
    "an ARN": (
        world(),
        world(reads({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/x*"}})),
        (f"arn:aws:iam::{PARTNER}:role/x*", "s3:GetObject"),
    ),
    "a unique id": (
        world(),
        world(reads({"StringLike": {"aws:userid": "AROAEXAMPLEID:*"}})),
        ("AROAEXAMPLEID:*", "s3:GetObject"),
    ),
    "a tag": (
        world(),
        world(reads(equals("aws:PrincipalTag/team", "x"))),
        ("*", "s3:GetObject"),
    ),
    "kms:CallerAccount": (
        world(resources=key()),
        world(
            resources=key(
                allow(
                    "kms:Decrypt",
                    Principal={"AWS": "*"},
                    Condition=equals("kms:CallerAccount", PARTNER),
                )
            )
        ),
        (f"arn:aws:iam::{PARTNER}:root", "kms:Decrypt"),
    ),
    "a canonical user": (
        world(),
        world(reads(principal={"CanonicalUser": CANONICAL})),
        (CANONICAL, "s3:GetObject"),
    ),
    "NotPrincipal": (
        world(spared(ROOT)),
        world(spared(ROOT, f"arn:aws:iam::{PARTNER}:root", f"arn:aws:iam::{PARTNER}:role/p")),
        (f"arn:aws:iam::{PARTNER}:role/p", "s3:GetObject"),
    ),
    "a trust policy": (
        world(account={"roles": {"app": {"trust": trust(equals("aws:PrincipalOrgID", OWN))}}}),
        world(account={"roles": {"app": {"trust": trust(equals("aws:PrincipalOrgID", OTHER))}}}),
        (OTHER, "sts:AssumeRole"),
    ),
    "a resource control policy": (
        world(reads(EVERYBODY), rcps=fence(OWN)),
        world(reads(EVERYBODY), rcps=fence(OWN, OTHER)),
        (OTHER, "s3:GetObject"),
    ),
    "a snapshot for an account": (
        world(resources={SNAPSHOT: {}}),
        world(resources={SNAPSHOT: {"shared_with": [PARTNER]}}),
        (f"arn:aws:iam::{PARTNER}:root", "ec2:CopySnapshot"),
    ),
    "a snapshot for everybody": (
        world(resources={SNAPSHOT: {}}),
        world(resources={SNAPSHOT: {"shared_with": ["all"]}}),
        ("*", "ec2:CopySnapshot"),
    ),
    "a condition dropped": (
        world(reads(equals("aws:PrincipalOrgID", OWN))),
        world(reads(equals("aws:PrincipalType", "User"))),
        ("*", "s3:GetObject"),
    ),
    "everybody": (
        world(reads(equals("aws:PrincipalOrgID", OWN))),
        world(reads()),
        ("anonymous", "s3:GetObject"),
    ),
    "services for an account": (
        world(),
        world(reads(equals("aws:SourceAccount", PARTNER))),
        ("monitoring.amazonaws.com", "s3:GetObject"),
    ),
    "services for an organization": (
        world(),
        world(reads(equals("aws:SourceOrgID", OTHER))),
        ("monitoring.amazonaws.com", "s3:GetObject"),
    ),
    "a service by its resource": (
        world(),
        world(reads({"ArnLike": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{PARTNER}:topic"}})),
        ("sns.amazonaws.com", "s3:GetObject"),
    ),
    "a service by its name": (
        world(),
        world(reads(equals("aws:PrincipalServiceName", "sns.amazonaws.com"))),
        ("sns.amazonaws.com", "s3:GetObject"),
    ),
    "a perimeter of resources": (
        world(scps=perimeter(OWN)),
        world(scps=perimeter(OWN, OTHER)),
        (f"arn:aws:iam::{HOME}:user/ann", "s3:PutObject"),
    ),
    "resources of any account": (
        world(account=user(allow("s3:PutObject", Condition=equals("aws:ResourceAccount", HOME)))),
        world(account=user(allow("s3:PutObject"))),
        (f"arn:aws:iam::{HOME}:user/bob", "s3:PutObject"),
    ),
    "calls of services": (
        world(
            account=user(
                allow("s3:GetObject"),
                deny("s3:*", Condition={"Bool": {"aws:ViaAWSService": "true"}}),
            )
        ),
        world(account=user(allow("s3:GetObject"))),
        (f"arn:aws:iam::{HOME}:user/bob", "s3:GetObject"),
    ),
    "unencrypted connections": (
        world(
            policy(
                *reads()["Statement"],
                deny(
                    "s3:GetObject",
                    f"{BUCKET}/*",
                    Principal="*",
                    Condition={"Bool": {"aws:SecureTransport": "false"}},
                ),
            )
        ),
        world(reads()),
        ("anonymous", "s3:GetObject"),
    ),
    **{
        f"a denial of {who} gone": (
            world(denied(names)),
            world(reads()),
            (next(iter(names.values())), "s3:GetObject"),
        )
        for who, names in {
            "a user elsewhere": {"AWS": f"arn:aws:iam::{PARTNER}:user/eve"},
            "another account": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
            "a service": {"Service": "sns.amazonaws.com"},
            "a federated user": {"AWS": f"arn:aws:sts::{HOME}:federated-user/fed"},
            "a session elsewhere": {"AWS": f"arn:aws:sts::{PARTNER}:assumed-role/app/one"},
        }.items()
    },
    "a denial of a session gone": (
        world(policy(OTHERS, *denied({"AWS": SESSION})["Statement"][1:]), account=ROLE),
        world(policy(OTHERS), account=ROLE),
        (SESSION, "s3:GetObject"),
    ),
    "an endpoint's denial of a session gone": (
        world(account=ROLE | endpoint(passes(), deny("*", Principal={"AWS": SESSION}))),
        world(account=ROLE | endpoint(passes())),
        (SESSION, "s3:GetObject"),
    ),
    "an endpoint for everybody": (
        world(reads(EVERYBODY), account=endpoint(passes({"AWS": HOME}))),
        world(reads(EVERYBODY), account=endpoint(passes())),
        ("*", "s3:GetObject"),
    ),
    "an endpoint for a user elsewhere": (
        world(reads(EVERYBODY), account=endpoint(passes({"AWS": HOME}))),
        world(
            reads(EVERYBODY),
            account=endpoint(passes({"AWS": [HOME, f"arn:aws:iam::{PARTNER}:user/eve"]})),
        ),
        (f"arn:aws:iam::{PARTNER}:user/eve", "s3:GetObject"),
    ),
    "calls of services that an older statement tells apart": (
        world(account=user(allow("s3:*", Condition={"Bool": {"aws:ViaAWSService": "false"}}))),
        world(
            account=user(
                allow("s3:*", Condition={"Bool": {"aws:ViaAWSService": "false"}}), allow("s3:*")
            )
        ),
        (f"arn:aws:iam::{HOME}:user/bob", "s3:GetObject"),
    ),
    "a variable that has the value of another pattern": (
        world(account=tagged([policy(RED, *TEAM["Statement"][1:])])),
        world(account=tagged([policy(RED)])),
        (f"arn:aws:iam::{HOME}:role/app", "s3:GetObject"),
    ),
}
OPENINGS |= {
    f"parts of {what}, named {how}": (
        world(resources={arn: {"policy": policy(allow(action, some, Principal={"AWS": PARTNER}))}}),
        world(resources={arn: {"policy": policy(allow(action, more, Principal={"AWS": PARTNER}))}}),
        (f"arn:aws:iam::{PARTNER}:root", action),
    )
    for what, arn, action, patterns in (
        (
            "an API",
            f"arn:aws:execute-api:eu-west-1:{HOME}:a1b2c3d4e5",
            "execute-api:Invoke",
            {
                "in the short form": ("execute-api:/prod/GET/*", "execute-api:/prod/*"),
                "by a pattern of all APIs": (
                    "arn:aws:execute-api:*:*:*/prod/GET/*",
                    "arn:aws:execute-api:*:*:*/prod/*",
                ),
            },
        ),
        (
            "a table",
            f"arn:aws:dynamodb:eu-west-1:{HOME}:table/orders",
            "dynamodb:Query",
            {
                "by a pattern of all tables": (
                    "arn:aws:dynamodb:*:*:table/*/index/by-day",
                    "arn:aws:dynamodb:*:*:table/*/index/by-*",
                )
            },
        ),
    )
    for how, (some, more) in patterns.items()
}
PUBLIC = {"a tag", "a snapshot for everybody", "a condition dropped", "everybody"}
PUBLIC |= {"unencrypted connections", "an endpoint for everybody"}


def proved(before, after, action):
    """Whether a claim holds that a change allows nothing new."""
    worlds = [CompiledWorld.checked(load_world_data(entry)) for entry in (after, before)]
    claim = {"name": "none", "no_new_access": {"action": action}}
    claim |= {"services": True, "resources": "any"}
    return Prover(*worlds).prove(parse_claim(claim)).verdict


def between(before, after, **options):
    """What differs between two worlds, with what was compared."""
    batches = [
        Batch(CompiledWorld.checked(load_world_data(entry)), **options) for entry in (before, after)
    ]
    return batches, find_changes(*batches)


@pytest.mark.parametrize("name", OPENINGS)
def test_an_opening_is_a_change_with_its_cause(name):
    """Whoever gets in is named, and the way back closes again for the same."""
    before, after, (who, action) = OPENINGS[name]
    _, changes = between(before, after)
    opened = [
        entry
        for entry in changes.found
        if entry.is_opening and entry.candidate.principal == who and action in entry.actions
    ]
    assert opened
    assert changes.has("opened")
    assert any(entry.is_public for entry in changes.found) is (name in PUBLIC)
    assert [entry.is_public for entry in changes.found] == sorted(
        (entry.is_public for entry in changes.found), reverse=True
    )
    if SNAPSHOT not in str(after):
        assert all(entry.proved and entry.through for entry in opened)
    assert proved(before, after, action) is not Verdict.PASS
    _, back = between(after, before)
    assert any(
        entry.direction in {Direction.CLOSES, Direction.SHIFTS}
        and entry.candidate.principal == who
        and action in entry.actions
        for entry in back.found
    )


@pytest.mark.parametrize(
    "name", [name for name, (_, after, _) in OPENINGS.items() if "s3:GetObject" in str(after)]
)
def test_what_who_can_gains_between_two_worlds_changes_reports(name):
    """Everybody who comes to be among those that can read the objects is in the changes."""
    before, after, _ = OPENINGS[name]
    batches, changes = between(before, after)
    action, resource = "s3:GetObject", f"{BUCKET}/~x"
    held, holds = (
        {
            access.candidate.principal
            for access in find_who_can(batch, [action], resource).accesses
            if access.possible
        }
        for batch in batches
    )
    reported = {
        entry.candidate.principal
        for entry in changes.found
        if entry.is_opening and action in entry.actions and entry.place.sample == resource
    }
    assert holds - held <= reported


LATER = {
    "a policy that nobody has": (
        world(),
        world(account={"policies": {"Admin": policy(allow("*"))}}),
        f"managed policy Admin of {HOME}, which is attached to nobody",
    ),
    "a group without users": (
        world(account={"groups": {"admins": {"policies": []}}}),
        world(account={"groups": {"admins": {"policies": [policy(allow("*"))]}}}),
        f"group admins of {HOME}, which has no users",
    ),
}


@pytest.mark.parametrize("name", LATER)
def test_what_counts_for_nobody_yet_is_said_apart(name):
    """It is no opening of today; a gate that asks for it finds it."""
    before, after, where = LATER[name]
    _, changes = between(before, after)
    assert changes.found == []
    assert [(entry.where, entry.direction) for entry in changes.latent] == [
        (where, Direction.OPENS)
    ]
    assert not changes.has("opened")
    assert changes.has("latent")
    _, back = between(after, before)
    assert [entry.direction for entry in back.latent] == [Direction.CLOSES]


@pytest.mark.parametrize(
    "after",
    [
        reads({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/ci-*"}}),
        reads(principal={"AWS": f"arn:aws:iam::{HOME}:role/ci-new"}),
    ],
    ids=["condition", "principal"],
)
def test_roles_that_do_not_exist_yet_are_said_apart(after):
    """A pattern or a name for roles to come opens for whoever makes one."""
    _, changes = between(world(), world(after))
    later = [entry for entry in changes.future if "role/ci-" in entry.candidate.principal]
    assert changes.found == []
    assert [entry.candidate.kind for entry in later] == [CandidateKind.FUTURE]
    assert changes.has("latent")


def test_an_entry_that_no_action_fits_is_said_and_not_compared():
    """Nobody knows what it allows, so a gate must not pass on it."""
    after = world(account=user(allow("s3:GetObject"), allow("s3:FooNew*")))
    _, changes = between(world(account=user(allow("s3:GetObject"))), after)
    assert changes.silent == (
        "no action of the service reference is meant by `s3:FooNew*`, of which the worlds differ",
    )


def test_a_softened_denial_is_the_cause_and_not_the_old_allow():
    """The statement whose change decides is named: the Deny that became narrower."""
    wide = deny("s3:GetObject", f"{BUCKET}/*", Principal="*", Sid="Keep")
    narrow = deny("s3:GetObject", f"{BUCKET}/secret/*", Principal="*", Sid="Keep")
    opened = reads()["Statement"]
    _, changes = between(world(policy(*opened, wide)), world(policy(*opened, narrow)))
    assert {statement.sid for change in changes.found for statement in change.through} == {"Keep"}
    assert all(change.proved for change in changes.found)


def test_what_is_public_and_blocked_still_opens_to_services():
    """Block Public Access spares them; a resource control policy that no longer denies opens."""
    shut = policy(deny("s3:*", Principal="*"))
    before, after = world(reads(), rcps=shut), world(reads())
    for data in (before, after):
        block = {"restrict_public_buckets": "true"}
        data["accounts"][HOME]["resources"][BUCKET]["public_access_block"] = block
    _, changes = between(before, after)
    opened = {entry.candidate.kind for entry in changes.found if entry.is_opening}
    assert CandidateKind.SERVICE in opened
    assert CandidateKind.ANONYMOUS not in opened


def test_a_tag_that_changes_opens_what_its_old_value_kept_shut():
    """The places of both worlds are asked about."""
    before, after = (
        world(account={"users": {"bob": {"policies": [TEAM], "tags": {"team": team}}}})
        for team in ("red", "blue")
    )
    _, changes = between(before, after)
    assert {(entry.place.label, entry.direction) for entry in changes.found} >= {
        (f"{BUCKET}/red/*", Direction.OPENS),
        (f"{BUCKET}/blue/*", Direction.CLOSES),
    }
    assert proved(before, after, "s3:GetObject") is Verdict.FAIL


TEAM_X = {"StringEquals": {"aws:PrincipalTag/team": "x"}}
TABLE = f"arn:aws:dynamodb:us-east-1:{HOME}:table/t"
READ = allow("dynamodb:GetItem", Condition={"StringEquals": {"aws:ResourceTag/team": "x"}})


def role_with(tags):
    """A role that may read for a team, whose sessions may have tags."""
    role = tagged([policy(allow("s3:GetObject", Condition=TEAM_X))])["roles"]["app"]
    return {"roles": {"app": role | {"tags": tags}}}


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        (
            world(account=user(READ), resources={TABLE: {}}),
            world(account=user(READ), resources={TABLE: {"tags": {"team": "x"}}}),
            "dynamodb:GetItem",
        ),
        (world(account=role_with({})), world(account=role_with({"team": "x"})), "s3:GetObject"),
        (
            world(account=role_with({"team": "y"})),
            world(account=role_with({"team": "x"})),
            "s3:GetObject",
        ),
    ],
    ids=["a resource", "a role without", "a role with another"],
)
def test_a_tag_that_is_new_opens_what_asks_for_it(before, after, action):
    """What the world before does not have is missing there; sessions need not have own tags."""
    _, changes = between(before, after)
    assert any(entry.is_opening and action in entry.actions for entry in changes.found)
    assert proved(before, after, action) is Verdict.FAIL
    assert proved(after, before, action) is Verdict.PASS


def test_other_service_control_policies_count_for_who_will_come():
    """Whoever the account gets later is asked for, where nobody who exists may gain anything."""
    before = world(scps=policy(deny("sts:*")))
    _, changes = between(before, world(), partial=True)
    assert f"arn:aws:iam::{HOME}:*" in {bound.candidate.principal for bound in changes.bounds}


def test_identical_worlds_differ_in_nothing():
    """Nothing is asked where nothing differs."""
    same = OPENINGS["everybody"][1]
    _, changes = between(same, same)
    assert (changes.found, changes.future, changes.latent, changes.bounds) == ([], [], [], [])


API = f"arn:aws:execute-api:eu-west-1:{HOME}:api1"
LOGS = f"arn:aws:logs:eu-west-1:{HOME}:log-group"
EVENTS = {"Service": "events.amazonaws.com"}


@pytest.mark.parametrize(
    ("arn", "who", "action", "resource"),
    [
        (API, "*", "execute-api:Invoke", "*"),
        (API, "*", "execute-api:Invoke", "execute-api:/*"),
        (API, "*", "execute-api:Invoke", "execute-api:/prod/GET/*"),
        (LOGS, EVENTS, "logs:PutLogEvents", "*"),
        (LOGS, EVENTS, "logs:PutLogEvents", "arn:aws:logs:*:*:log-group:tide:log-stream:s"),
    ],
)
def test_what_is_in_a_resource_is_opened_whatever_the_pattern(arn, who, action, resource):
    """The action takes what is in the resource, whose ARN is longer: nothing differed."""
    opened = policy(allow(action, resource, Principal=who))
    before, after = (
        Batch(CompiledWorld(load_world_data(world(resources={arn: facts}))), partial=True)
        for facts in ({}, {"policy": opened})
    )
    named = "anonymous" if who == "*" else who["Service"]
    assert [
        (change.actions, change.direction)
        for change in find_changes(before, after).found
        if change.candidate.principal == named
    ] == [((action,), Direction.OPENS)]
