"""Findings say exactly what the engine allows to somebody outside, on generated small worlds."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.decision import PolicyType, Verdict
from iamsim.engine import authorize
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.engine.world import CompiledWorld
from iamsim.query.analyzer.external import find_external
from iamsim.query.analyzer.recommended import recommend
from iamsim.query.analyzer.unused_permissions import find_unused_permissions
from iamsim.query.batch import Batch
from iamsim.syntax.read import parse_policy
from iamsim.world.load import load_world_data

HOME, SISTER, PARTNER, STRANGER = "111111111111", "222222222222", "333333333333", "444444444444"
OURS, THEIRS, NOBODYS = "o-ours000001", "o-theirs0001", "o-nobodys001"
QUEUE = f"arn:aws:sqs:eu-west-1:{HOME}:work"
ACTIONS = ("sqs:SendMessage", "sqs:ReceiveMessage")
ANYTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    name="all",
    policy_type=PolicyType.IDENTITY,
)
PRINCIPALS = st.sampled_from(
    [
        "*",
        {"AWS": HOME},
        {"AWS": SISTER},
        {"AWS": PARTNER},
        {"AWS": f"arn:aws:iam::{PARTNER}:role/app-1"},
        {"AWS": f"arn:aws:iam::{SISTER}:role/ops"},
        {"Service": "sns.amazonaws.com"},
    ]
)
TESTS = st.sampled_from(
    [
        ("aws:PrincipalOrgID", (OURS,)),
        ("aws:PrincipalOrgID", (THEIRS, OURS)),
        ("aws:PrincipalAccount", (HOME,)),
        ("aws:PrincipalAccount", (PARTNER, HOME)),
        ("aws:PrincipalArn", (f"arn:aws:iam::{PARTNER}:role/app-*",)),
        ("aws:PrincipalArn", (f"arn:aws:iam::{HOME}:role/*",)),
        ("aws:PrincipalArn", ("arn:aws:iam::*:role/ops",)),
        ("aws:SourceVpc", ("vpc-11112222",)),
        ("aws:PrincipalTag/team", ("red",)),
    ]
)
OPERATORS = st.sampled_from(
    ["StringEquals", "StringLike", "StringNotLike", "StringLikeIfExists", "StringNotEquals"]
)


@st.composite
def statements(draw):
    """One statement about the queue."""
    document = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Principal": draw(PRINCIPALS),
        "Action": draw(st.sampled_from([*ACTIONS, "sqs:*"])),
        "Resource": QUEUE,
    }
    conditions = draw(st.lists(st.tuples(OPERATORS, TESTS), max_size=2))
    if conditions:
        block = document["Condition"] = {}
        for operator, (key, values) in conditions:
            block.setdefault(operator, {})[key] = list(values)
    return document


def callers():
    """Outsiders of every kind that the statements tell apart, with what is known of them."""
    yield "anonymous", {}
    organizations = [{"aws:PrincipalOrgID": entry} for entry in (THEIRS, NOBODYS)] + [{}]
    for account, name in product((PARTNER, STRANGER), ("app-1", "ops", "other")):
        for context in organizations:
            yield f"arn:aws:iam::{account}:role/{name}", context


def members(names):
    """Principals of the organization's other accounts, of which the world lists one: outside of an
    account's zone."""
    own = {"aws:PrincipalOrgID": OURS}
    return [
        (f"arn:aws:iam::{account}:role/{name}", context)
        for account, context in ((SISTER, {}), (STRANGER, own))
        for name in names
    ]


def allowed(world, outsiders):
    """What the engine allows to somebody of them, with some context."""
    found = set()
    # Of each key that conditions name: absent, the value that they name, and another one.
    vpcs, teams = (None, "vpc-11112222", "vpc-99998888"), (None, "red", "another")
    for (principal, known), vpc, team in product(outsiders, vpcs, teams):
        context = {**known}
        if vpc is not None:
            context["aws:SourceVpc"] = vpc
        if team is not None and principal != "anonymous":
            context["aws:PrincipalTag/team"] = team
        for action in ACTIONS:
            question = Question(
                principal,
                action,
                QUEUE,
                context,
                attached=AttachedPolicies(identity_policies=(ANYTHING,)),
            )
            if authorize.decide(question, world).verdict is Verdict.ALLOWED:
                found.add(action)
    return found


@given(
    st.lists(statements(), min_size=1, max_size=3),
    st.lists(statements(), max_size=1),
    st.sampled_from(["organization", "account"]),
)
def test_there_is_a_finding_exactly_where_somebody_outside_is_allowed(policy, control, zone):
    """No finding, no principal outside of the zone that the engine allows; and the other way."""
    denies = [{**entry, "Effect": "Deny", "Principal": "*", "Resource": "*"} for entry in control]
    document = {"Version": "2012-10-17", "Statement": policy}
    root = {"id": "r-root", "accounts": [HOME, SISTER]}
    if denies:
        root["rcps"] = [{"Version": "2012-10-17", "Statement": denies}]
    world = CompiledWorld.checked(
        load_world_data(
            {
                "organization": {"id": OURS, "root": root},
                "accounts": {HOME: {"resources": {QUEUE: {"policy": document}}}, SISTER: {}},
            }
        )
    )
    found = find_external(Batch(world), zone)
    outsiders = list(callers())
    if zone == "account":
        outsiders += members(("app-1", "ops", "other"))
    reported = {
        action for finding in found.findings for action in finding.actions if action in ACTIONS
    }
    assert reported == allowed(world, outsiders)
    assert all(finding.resource == QUEUE for finding in found.findings)
    kept = {action for entry in found.kept for action in entry.actions}
    assert not (kept and not denies)


ROLE = f"arn:aws:iam::{HOME}:role/app"
TRACKED = ("CreateQueue", "DeleteQueue", "ListQueues", "PurgeQueue")
# One of every kind that the patterns below tell apart.
QUEUES = tuple(
    f"arn:aws:sqs:{region}:{HOME}:{name}"
    for region, name in product(("eu-west-1", "us-east-1"), ("a", "b", "c", "ab", "other"))
)
PATTERNS = st.lists(
    st.sampled_from(["*", QUEUES[0], QUEUES[1], f"arn:aws:sqs:*:{HOME}:a*", "arn:aws:sqs:*:*:?"]),
    min_size=1,
    max_size=2,
    unique=True,
)


@st.composite
def permissions(draw):
    """One statement of an identity-based policy."""
    document = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Action": draw(st.sampled_from(["sqs:*", "sqs:*Queue", "sqs:CreateQueue", "s3:*"])),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(PATTERNS),
    }
    if draw(st.booleans()):
        operator = draw(st.sampled_from(["StringEquals", "StringNotEquals"]))
        document["Condition"] = {operator: {"aws:SourceVpc": "vpc-11112222"}}
    return document


def role_world(statements, control):
    """A role with one policy, all of whose tracked actions were never called."""
    actions = dict.fromkeys(TRACKED, "never")
    role = {
        "inline_policies": {"own": {"Version": "2012-10-17", "Statement": statements}},
        "last_accessed": {"sqs": {"at": "2026-11-20", "actions": actions}},
    }
    root = {"id": "r-root", "accounts": [HOME]}
    if control:
        root["scps"] = ["FullAWSAccess", {"Version": "2012-10-17", "Statement": control}]
    data = {
        "organization": {"id": OURS, "root": root},
        "accounts": {HOME: {"roles": {"app": role}}},
    }
    return CompiledWorld.checked(load_world_data(data))


def usable(world):
    """The tracked actions that the plain engine allows the role on some queue, in some context."""
    return {
        action
        for action, queue, vpc in product(TRACKED, QUEUES, ("vpc-11112222", "vpc-99998888"))
        if authorize.decide(
            Question(ROLE, f"sqs:{action}", queue, {"aws:SourceVpc": vpc}), world
        ).verdict
        is Verdict.ALLOWED
    }


@given(st.lists(permissions(), min_size=1, max_size=3), st.booleans())
def test_what_is_unused_is_what_the_policies_of_the_role_alone_allow(statements, guarded):
    """Exactly the tracked actions that the engine allows without guardrails; those blocked are what
    it does not allow with them."""
    control = [{"Effect": "Deny", "Action": "sqs:D*", "Resource": "*"}] if guarded else []
    guarded_world = role_world(statements, control)
    found = find_unused_permissions(Batch(guarded_world), "2026-11-25", 90)
    services = [service for entry in found for service in entry.services]
    unused = {name.removeprefix("sqs:") for service in services for name, _ in service.actions}
    assert unused == usable(role_world(statements, []))
    blocked = {name.removeprefix("sqs:") for service in services for name in service.blocked}
    assert blocked == unused - usable(guarded_world)


@given(st.lists(permissions(), min_size=1, max_size=3))
def test_recommended_policies_leave_nothing_unused_and_all_the_rest(statements):
    """With them there is no finding any more, and the plain engine allows what it did otherwise."""
    world = role_world(statements, [])
    found = find_unused_permissions(Batch(world), "2026-11-25", 90)
    recommend(Batch(world), found)
    steps = [step for entry in found for step in entry.steps]
    assert bool(steps) is bool(found)
    for step in steps:
        left = [] if step.document is None else step.document["Statement"]
        after = role_world(left or [{"Effect": "Deny", "Action": "a:b", "Resource": "*"}], [])
        assert not find_unused_permissions(Batch(after), "2026-11-25", 90)
        for action, queue in product(("sqs:SendMessage", "s3:ListBucket"), QUEUES):
            question = Question(ROLE, action, queue, {"aws:SourceVpc": "vpc-11112222"})
            before = authorize.decide(question, world).verdict
            assert authorize.decide(question, after).verdict is before


HOLDERS = [(kind, name) for kind in ("roles", "users") for name in ("app", "web")]
QUEUE_POLICIES = st.sampled_from(
    [None, {"Effect": "Deny", "NotPrincipal": {"AWS": ROLE}}]
    + [
        {"Effect": effect, "Principal": {"AWS": f"arn:aws:iam::{HOME}:{word}"}}
        for effect in ("Allow", "Deny")
        for word in ("role/app", "user/web", "root")
    ]
)
BLUE = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
OWN_NAME = f"arn:aws:sqs:*:{HOME}:${{aws:PrincipalTag/team}}"
NARROWED = st.sampled_from([{}, {"Condition": BLUE}, {"Resource": OWN_NAME}])
EVERY_QUEUE = {"Effect": "Allow", "Action": "*", "Resource": "*"}
CONTROLS = st.sampled_from(
    [
        {"Effect": "Deny", "Action": "sqs:D*", "Resource": "*"},
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": BLUE},
        {"Effect": "Deny", "Action": "sqs:*", "NotResource": QUEUES[0]},
    ]
)


@st.composite
def crowds(draw):
    """Roles and users with policies of the same few statements, some with tags and a boundary."""
    shared = [
        {
            key: value
            for key, value in entry.items()
            if key != "NotResource" or "Resource" not in more
        }
        | more
        for entry, more in draw(
            st.lists(st.tuples(permissions(), NARROWED), min_size=1, max_size=3)
        )
    ]
    found = {"roles": {}, "users": {}}
    for kind, name in HOLDERS:
        statements = draw(st.lists(st.sampled_from(shared), min_size=1, max_size=2))
        one = {"inline_policies": {"own": {"Version": "2012-10-17", "Statement": statements}}}
        if draw(st.booleans()):
            one["tags"] = {"team": draw(st.sampled_from(["a", "blue"]))}
        limit = draw(st.sampled_from([None, EVERY_QUEUE, draw(permissions())]))
        if limit is not None:
            one["boundary"] = {"Version": "2012-10-17", "Statement": [limit]}
        found[kind][name] = one
    return found


def crowd_world(crowd, policy, control, reported):
    """A world with all of them, where it is known of some when they called what."""
    used = {
        "sqs": {"at": "2026-11-20", "actions": dict.fromkeys(TRACKED, "never")},
        "s3": {"at": "never"},
    }
    root = {"id": "r-root", "accounts": [HOME]}
    if control is not None:
        document = {"Version": "2012-10-17", "Statement": [control]}
        root["scps"] = ["FullAWSAccess", document]
    account = {
        kind: {
            name: value | ({"last_accessed": used} if (kind, name) in reported else {})
            for name, value in some.items()
        }
        for kind, some in crowd.items()
    }
    if policy is not None:
        statement = {**policy, "Action": "sqs:*", "Resource": QUEUES[0]}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        account["resources"] = {QUEUES[0]: {"policy": document}}
    data = {"organization": {"id": OURS, "root": root}, "accounts": {HOME: account}}
    return CompiledWorld.checked(load_world_data(data))


@given(crowds(), QUEUE_POLICIES, st.none() | CONTROLS)
def test_what_many_did_not_use_is_what_each_of_them_did_not_use(crowd, policy, control):
    """What is decided once for several holders of the same statements holds for each of them."""
    together = find_unused_permissions(
        Batch(crowd_world(crowd, policy, control, HOLDERS)), "2026-11-25", 90
    )
    alone = {}
    for holder in HOLDERS:
        world = crowd_world(crowd, policy, control, [holder])
        for unused_permission in find_unused_permissions(Batch(world), "2026-11-25", 90):
            alone[unused_permission.resource] = unused_permission.services
    assert {entry.resource: entry.services for entry in together} == alone
