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
    organizations = [{"aws:PrincipalOrgID": one} for one in (THEIRS, NOBODYS)] + [{}]
    for account, name in product((PARTNER, STRANGER), ("app-1", "ops", "other")):
        for context in organizations:
            yield f"arn:aws:iam::{account}:role/{name}", context


def members(names):
    """Principals of the organization's other account: outside of an account's zone."""
    return [(f"arn:aws:iam::{SISTER}:role/{name}", {}) for name in names]


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
    denies = [{**one, "Effect": "Deny", "Principal": "*", "Resource": "*"} for one in control]
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
    reported = {action for one in found.findings for action in one.actions if action in ACTIONS}
    assert reported == allowed(world, outsiders)
    assert all(one.resource == QUEUE for one in found.findings)
    kept = {action for one in found.kept for action in one.actions}
    assert not (kept and not denies)
