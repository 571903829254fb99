"""What a check says about the meaning of a policy holds for the engine's decisions."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from iamsim.checks.validate import Validator
from iamsim.core.decision import PolicyType
from iamsim.engine.authorize import decide
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.syntax.read import parse_policy

VALIDATOR = Validator(
    select=(
        "IAMSIM_CONTRADICTORY_CONDITIONS",
        "IAMSIM_DEAD_STATEMENT",
        "IAMSIM_SHADOWED_STATEMENT",
        "REDUNDANT_STATEMENT",
    )
)
IDLE = ("IAMSIM_DEAD_STATEMENT", "IAMSIM_SHADOWED_STATEMENT", "REDUNDANT_STATEMENT")
ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:GetBucketAcl", "sqs:SendMessage"]
ACTION_PATTERNS = [*ACTIONS, "s3:*", "s3:Get*", "S3:G?t*", "*", "s3:*Object", "sqs:*"]
RESOURCES = [
    "arn:aws:s3:::reports/a",
    "arn:aws:s3:::reports/b/c",
    "arn:aws:s3:::other",
    "arn:aws:sqs:eu-west-1:111122223333:q",
]
RESOURCE_PATTERNS = [
    *RESOURCES,
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::reports/*",
    "arn:aws:s3:::reports/?",
    "arn:aws:s3:::${aws:PrincipalTag/team}/*",
    "arn:aws:*:*:*:*",
]
PRINCIPALS = [
    "*",
    {"AWS": "*"},
    {"AWS": "arn:aws:iam::111122223333:user/ann"},
    {"AWS": ["arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:user/bob"]},
]
TEAM, AGE, TIME = "aws:PrincipalTag/team", "aws:MultiFactorAuthAge", "aws:CurrentTime"
VALUES = {
    TEAM: [None, "a", "ab", "B", ""],
    AGE: [None, "5", "10", "15", "20"],
    TIME: [None, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", "2026-06-01T00:00:00Z"],
    "aws:SourceIp": [None, "203.0.113.1", "203.0.113.200", "198.51.100.1", "2001:db8::1"],
    "aws:SecureTransport": [None, "true", "false"],
}
OPERATORS = {
    TEAM: ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "Null"],
    AGE: ["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals"],
    TIME: ["DateLessThan", "DateGreaterThan", "DateEquals", "DateNotEquals"],
    "aws:SourceIp": ["IpAddress", "NotIpAddress"],
    "aws:SecureTransport": ["Bool", "Null"],
}
GIVEN = {
    TEAM: ["a", "ab", "a*", "*", "?", "${aws:username}"],
    AGE: ["10", "15", "20"],
    TIME: ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-06-01T00:00:00Z"],
    "aws:SourceIp": ["203.0.113.0/24", "203.0.113.128/25", "203.0.0.0/16", "2001:db8::/32"],
    "aws:SecureTransport": ["true", "false"],
}


def some(tape, values, most=3):
    """Choose one value, or a list of some."""
    chosen = [tape.choice(values) for _ in range(tape.randrange(1, most + 1))]
    return chosen[0] if len(chosen) == 1 and tape.random() < 0.5 else chosen


def conditions(tape, keys):
    """Write conditions on some of the keys, some keys twice."""
    found = {}
    for _ in range(tape.randrange(1, 4)):
        key = tape.choice(keys)
        operator = tape.choice(OPERATORS[key])
        values = GIVEN[key] if operator != "Null" else ["true", "false"]
        if operator != "Null" and tape.random() < 0.2:
            operator += "IfExists"
        found.setdefault(operator, {})[key] = some(tape, values, 2)
    return found


def statement(tape, effect, *, principal=False):
    """Write a statement."""
    action = "NotAction" if tape.random() < 0.25 else "Action"
    resource = "NotResource" if tape.random() < 0.25 else "Resource"
    made = {"Effect": effect, action: some(tape, ACTION_PATTERNS)}
    made[resource] = some(tape, RESOURCE_PATTERNS)
    if principal:
        made["Principal"] = tape.choice(PRINCIPALS)
    if tape.random() < 0.4:
        made["Condition"] = conditions(tape, [TEAM, "aws:SecureTransport"])
    return made


def questions(tape, policy, *, principal, count=40):
    """Ask random requests under a policy alone."""
    attached = (
        AttachedPolicies(resource_policy=policy)
        if principal
        else AttachedPolicies(identity_policies=(policy,))
    )
    for _ in range(count):
        context = {key: tape.choice(values) for key, values in VALUES.items()}
        given_keys = {key: value for key, value in context.items() if value is not None}
        yield Question(
            f"arn:aws:iam::111122223333:user/{tape.choice(['ann', 'bob', 'eve'])}",
            tape.choice(ACTIONS),
            tape.choice(RESOURCES),
            given_keys,
            unset=frozenset(key for key, value in context.items() if value is None),
            resource_account="111122223333",
            attached=attached,
        )


@given(st.integers(0, 2**48), st.booleans())
def test_taking_out_an_idle_statement_changes_no_decision(seed, principal):
    """Every statement that is reported as dead, shadowed or repeated may be taken out."""
    tape = random.Random(seed)  # noqa: S311 - a seeded source of policies
    effects = [tape.choice(["Allow", "Allow", "Deny"]) for _ in range(tape.randrange(2, 5))]
    made = [statement(tape, effect, principal=principal) for effect in effects]
    document = {"Version": "2012-10-17", "Statement": made}
    kind = PolicyType.RESOURCE if principal else PolicyType.IDENTITY
    whole = parse_policy(document, policy_type=kind)
    for found in VALIDATOR.validate_text(json.dumps(document), "policy", kind):
        if found.code not in IDLE:
            continue
        index = found.places[0].path[1]
        rest = [entry for place, entry in enumerate(made) if place != index]
        without = parse_policy({**document, "Statement": rest}, policy_type=kind)
        later = random.Random(seed + 1)  # noqa: S311
        for question in questions(later, whole, principal=principal):
            attached = AttachedPolicies(
                resource_policy=without if principal else None,
                identity_policies=None if principal else (without,),
            )
            other = Question(
                question.principal,
                question.action,
                question.resource,
                question.context,
                unset=question.unset,
                resource_account=question.resource_account,
                attached=attached,
            )
            assert decide(question).allowed is decide(other).allowed, (document, found, question)


@given(st.integers(0, 2**48))
def test_contradictory_conditions_are_met_by_no_request(seed):
    """A statement whose conditions are reported as contradictory matches nothing."""
    tape = random.Random(seed)  # noqa: S311 - a seeded source of policies
    key = tape.choice(sorted(VALUES))
    made = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    made["Condition"] = conditions(tape, [key, key, tape.choice(sorted(VALUES))])
    document = {"Version": "2012-10-17", "Statement": made}
    if not VALIDATOR.validate_text(json.dumps(document), "policy", PolicyType.IDENTITY):
        return
    policy = parse_policy(document, policy_type=PolicyType.IDENTITY)
    for question in questions(tape, policy, principal=False, count=80):
        assert not decide(question).allowed, (document, question)
