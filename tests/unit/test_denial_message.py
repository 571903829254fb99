"""The messages of denials, for every layer and kind of caller: written by iamsim, read back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.core.decision import Layer, Verdict
from iamsim.core.explanation import Decider
from iamsim.core.reason import Reason
from iamsim.engine.authorize import explain
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.report.message import denied_message
from iamsim.syntax.denial import DenialForm, parse_denial
from tests.unit.denial_world import ACCOUNT, BUCKET, KEY, KIM, QUEUE, WORLD, policy, world_of
from tests.unit.report_samples import answer, denied_answer

OTHER = "222233334444"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
LOCKED = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:locked"
STRANGER = f"arn:aws:iam::{OTHER}:user/lea"
SCP = f"arn:aws:organizations::{OTHER}:policy/o-led/service_control_policy/p-1"

SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s1"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/guest"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"

# Who calls, what, on what; and what stands behind `is not authorized to perform: `.
TRUST = "sts:AssumeRole"
CASES: list[tuple[str, str, str, str]] = [
    (
        KIM,
        "sqs:AddPermission",
        QUEUE,
        "because no identity-based policy allows the sqs:AddPermission action",
    ),
    (
        SESSION,
        "sqs:SendMessage",
        QUEUE,
        "because no permissions boundary allows the sqs:SendMessage action",
    ),
    (
        FEDERATED,
        "sqs:SendMessage",
        QUEUE,
        "because no identity-based policy allows the sqs:SendMessage action",
    ),
    (ROOT, "sqs:PurgeQueue", QUEUE, "with an explicit deny in a service control policy"),
    (
        STRANGER,
        "sqs:SendMessage",
        QUEUE,
        "because no resource-based policy allows the sqs:SendMessage action",
    ),
    (KIM, "sqs:SendMessage", LOCKED, "with an explicit deny in a resource-based policy"),
    (
        KIM,
        "sqs:DeleteQueue",
        QUEUE,
        f"with an explicit deny in an identity-based policy: arn:aws:iam::{ACCOUNT}:policy/Guard",
    ),
    (KIM, TRUST, ROLE, "with an explicit deny in the role trust policy"),
    (SESSION, TRUST, ROLE, "because no role trust policy allows the sts:AssumeRole action"),
]


@pytest.fixture(scope="module")
def world() -> CompiledWorld:
    """The sample world, with a role under a boundary and a locked queue."""
    account = WORLD["accounts"][ACCOUNT]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    locked = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    trust = [
        {"Effect": "Deny", "Principal": {"AWS": KIM}, "Action": TRUST},
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": TRUST},
    ]
    app = {
        "policies": [policy(everything)],
        "boundary": policy({**everything, "Action": ["s3:*", "sts:*"]}),
        "trust": policy(*trust),
    }
    changed: dict[str, Any] = {
        **account,
        "roles": {**account["roles"], "app": app},
        "resources": {**account["resources"], LOCKED: {"policy": policy(locked)}},
    }
    return CompiledWorld(world_of({**WORLD, "accounts": {ACCOUNT: changed, OTHER: {}}}))


@pytest.mark.parametrize(("principal", "action", "resource", "reason"), CASES)
def test_every_kind_of_caller_gets_the_words_of_aws(world, principal, action, resource, reason):
    """Caller, action and resource are named, and the reason in AWS's words for its layer."""
    message = denied_message(explain(Question(principal, action, resource), world))
    head = f"User: {principal} is not authorized to perform: {action} on resource: {resource}"
    assert message == f"{head} {reason}"


@pytest.mark.parametrize(("principal", "action", "resource", "reason"), CASES)
def test_what_was_written_for_a_caller_is_read_back(world, principal, action, resource, reason):
    """The message gives back caller, action, resource, layer, kind and policy of its answer."""
    answered = explain(Question(principal, action, resource), world)
    message = parse_denial(denied_message(answered) or "")
    decision = answered.decision
    assert (message.principal, message.action) == (principal, action)
    assert (message.resource, message.layer) == (resource, decision.layer)
    assert message.explicit is (decision.verdict is Verdict.EXPLICIT_DENY)
    arn = decision.statements[0].arn if decision.statements else None
    assert message.policy_arn == arn
    assert message.is_trust is (action == TRUST)


def test_the_anonymous_are_told_nothing(world):
    """To a caller without an identity, S3 prints its plain message."""
    answered = explain(Question("anonymous", "s3:GetObject", f"{BUCKET}/a"), world)
    assert parse_denial(denied_message(answered) or "").form is DenialForm.PLAIN


def test_a_web_identity_is_not_named(world):
    """The unsigned call of an identity provider has the short message of its own."""
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.com"
    action = "sts:AssumeRoleWithWebIdentity"
    message = parse_denial(denied_message(explain(Question(provider, action, ROLE), world)) or "")
    assert (message.form, message.action) == (DenialForm.UNSIGNED, action)


def test_a_key_is_pointed_at(world):
    """KMS says `on this resource`, with the reason."""
    text = denied_message(explain(Question(KIM, "kms:Decrypt", KEY), world)) or ""
    message = parse_denial(text)
    assert " on this resource because no " in text
    assert (message.form, message.action) == (DenialForm.POINTED, "kms:Decrypt")
    assert (message.layer, message.explicit) == (Layer.RESOURCE_BASED_POLICY, False)


def test_control_policies_are_named_where_their_arn_is_known():
    """An SCP that was given under its ARN is named by it, as AWS does since 2026."""
    text = denied_message(denied_answer(Layer.SERVICE_CONTROL_POLICY, SCP)) or ""
    assert text.endswith(f"with an explicit deny in a service control policy: {SCP}")
    assert parse_denial(text).policy_arn == SCP


WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789", min_size=1, max_size=20)
PRINCIPALS = st.one_of(
    WORDS.map(lambda name: f"arn:aws:iam::{ACCOUNT}:user/team/{name}"),
    WORDS.map(lambda name: f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{name}@example.com"),
    WORDS.map(lambda name: f"arn:aws-cn:sts::{ACCOUNT}:federated-user/{name}"),
)
OBJECTS = st.text("abc XYZ019/._-=+'()", min_size=1, max_size=30).map(str.strip).filter(bool)
REQUESTS = st.one_of(
    st.tuples(st.just("s3:GetObject"), OBJECTS.map(lambda key: f"arn:aws:s3:::ledger/{key}")),
    st.tuples(
        WORDS.map(lambda name: f"sqs:{name}"),
        WORDS.map(lambda name: f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}"),
    ),
    st.tuples(st.sampled_from(["sts:AssumeRole", "sts:TagSession"]), st.just(ROLE)),
    st.tuples(st.just("dynamodb:ListTables"), st.just("*")),
)
SAID = {
    True: [layer for layer in Layer if layer is not Layer.S3_BLOCK_PUBLIC_ACCESS],
    False: [
        layer
        for layer in Layer
        if layer not in {Layer.S3_BLOCK_PUBLIC_ACCESS, Layer.RESOURCE_CONTROL_POLICY}
    ],
}
NAMING = {
    Layer.SERVICE_CONTROL_POLICY,
    Layer.RESOURCE_CONTROL_POLICY,
    Layer.PERMISSIONS_BOUNDARY,
    Layer.SESSION_POLICY,
    Layer.IDENTITY_BASED_POLICY,
}


@given(PRINCIPALS, REQUESTS, st.booleans(), st.data())
def test_reading_a_message_gives_back_its_answer(principal, request_, explicit, data):
    """For every caller, action, resource, layer and kind: parse(message(answer)) is the answer."""
    action, resource = request_
    layer = data.draw(st.sampled_from(SAID[explicit]))
    arn = data.draw(st.sampled_from(["Guard", SCP, f"arn:aws:iam::{ACCOUNT}:policy/Guard"]))
    about = {"principal": principal, "action": action, "resource": resource}
    if explicit:
        made = denied_answer(layer, arn, **about)
    else:
        made = answer(Verdict.IMPLICIT_DENY, Decider(layer, Reason.NO_STATEMENT_ALLOWS), **about)
    message = parse_denial(denied_message(made) or "")
    assert (message.principal, message.action) == (principal, action)
    assert message.resource == (None if resource == "*" else resource)
    assert (message.layer, message.explicit) == (layer, explicit)
    named = explicit and layer in NAMING and arn.startswith("arn:")
    assert message.policy_arn == (arn if named else None)
