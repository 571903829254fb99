"""What a policy may hold, by what it is used as."""

from __future__ import annotations

import pytest

from iamsim.core.decision import PolicyType
from iamsim.core.errors import PolicyError
from iamsim.syntax.read import parse_policy

IDENTITY = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
DENY = {**IDENTITY, "Effect": "Deny"}
EVERYONE = {**IDENTITY, "Principal": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}
FULL_ACCESS = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
WITHOUT_PRINCIPAL = (
    PolicyType.IDENTITY,
    PolicyType.PERMISSIONS_BOUNDARY,
    PolicyType.SESSION,
    PolicyType.SERVICE_CONTROL,
)


def document(*statements, version="2012-10-17", **more):
    """Make a policy document."""
    return {"Version": version, **more, "Statement": list(statements)}


ACCEPTED = [
    *((policy_type, document(IDENTITY, DENY)) for policy_type in WITHOUT_PRINCIPAL),
    (PolicyType.IDENTITY, document({**IDENTITY, "Resource": "arn:aws:s3"})),
    (PolicyType.IDENTITY, document(IDENTITY, version="2008-10-17")),
    (PolicyType.SERVICE_CONTROL, {"Statement": IDENTITY}),
    (
        PolicyType.SERVICE_CONTROL,
        document({"Effect": "Allow", "NotAction": "*", "NotResource": "*"}),
    ),
    (PolicyType.SESSION, document({**IDENTITY, "Resource": ["*", "arn:aws:s3:::a", "bucket"]})),
    (PolicyType.RESOURCE, document(EVERYONE, Id="any")),
    (PolicyType.RESOURCE, document({"Effect": "Allow", "Action": "*", "Principal": "*"})),
    (PolicyType.RESOURCE, document({"Effect": "Deny", "Action": "*", "NotPrincipal": "*"})),
    (PolicyType.TRUST, document(TRUST)),
    (PolicyType.TRUST, document({**TRUST, "Condition": {"Null": {"k": "true"}}})),
    (PolicyType.VPC_ENDPOINT, document(EVERYONE)),
    (PolicyType.VPC_ENDPOINT, document({**DENY, "NotPrincipal": {"AWS": "111122223333"}})),
    (PolicyType.RESOURCE_CONTROL, document({**DENY, "Principal": "*"})),
    (PolicyType.RESOURCE_CONTROL, document({**DENY, "Action": "s3:*", "Principal": "*"})),
    (PolicyType.RESOURCE_CONTROL, document(FULL_ACCESS)),
    (PolicyType.RESOURCE_CONTROL, {"Statement": {**FULL_ACCESS, "Sid": "Full", "Action": ["*"]}}),
]
REFUSED = [
    *(
        (policy_type, document(EVERYONE), "principal-not-allowed")
        for policy_type in WITHOUT_PRINCIPAL
    ),
    *(
        (policy_type, document({"Effect": "Deny", "Action": "*"}), "missing-resource")
        for policy_type in WITHOUT_PRINCIPAL
    ),
    *(
        (policy_type, document(IDENTITY, Id="any"), "id-not-allowed")
        for policy_type in WITHOUT_PRINCIPAL[:3]
    ),
    (PolicyType.IDENTITY, document({**DENY, "NotPrincipal": "*"}), "principal-not-allowed"),
    (PolicyType.SERVICE_CONTROL, document(IDENTITY, version="2008-10-17"), "invalid-version"),
    (PolicyType.RESOURCE_CONTROL, document(FULL_ACCESS, version="2008-10-17"), "invalid-version"),
    (PolicyType.SESSION, document({**IDENTITY, "Resource": "arn:aws:s3::"}), "incomplete-arn"),
    (
        PolicyType.SESSION,
        document({"Effect": "Deny", "Action": "*", "NotResource": ["*", "arn:aws:s3"]}),
        "incomplete-arn",
    ),
    (PolicyType.RESOURCE, document(IDENTITY), "missing-principal"),
    (PolicyType.TRUST, document({"Effect": "Allow", "Action": "*"}), "missing-principal"),
    (PolicyType.TRUST, document({**TRUST, "Resource": "*"}), "resource-not-allowed"),
    (PolicyType.TRUST, document({**TRUST, "NotResource": "*"}), "resource-not-allowed"),
    (
        PolicyType.TRUST,
        document({"Effect": "Deny", "Action": "*", "NotPrincipal": "*"}),
        "not-principal-not-allowed",
    ),
    (PolicyType.VPC_ENDPOINT, document(IDENTITY), "missing-principal"),
    (PolicyType.VPC_ENDPOINT, document(TRUST), "missing-resource"),
    (PolicyType.RESOURCE_CONTROL, document(DENY), "missing-principal"),
    (PolicyType.RESOURCE_CONTROL, document(EVERYONE), "resource-control-policy-allows"),
    (
        PolicyType.RESOURCE_CONTROL,
        document(FULL_ACCESS, FULL_ACCESS),
        "resource-control-policy-allows",
    ),
    (
        PolicyType.RESOURCE_CONTROL,
        document({**FULL_ACCESS, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        "resource-control-policy-allows",
    ),
    (
        PolicyType.RESOURCE_CONTROL,
        document({**DENY, "Principal": {"AWS": "*"}}),
        "resource-control-policy-principal",
    ),
    (
        PolicyType.RESOURCE_CONTROL,
        document({**DENY, "Principal": "*", "Action": ["s3:*", "*"]}),
        "resource-control-policy-action",
    ),
    (
        PolicyType.RESOURCE_CONTROL,
        document({"Effect": "Deny", "NotAction": "s3:*", "Principal": "*", "Resource": "*"}),
        "not-action-not-allowed",
    ),
    (
        PolicyType.RESOURCE_CONTROL,
        document({**DENY, "NotPrincipal": "*"}),
        "not-principal-not-allowed",
    ),
]


@pytest.mark.parametrize(("policy_type", "policy"), ACCEPTED)
def test_accepts_what_the_type_takes(policy_type, policy):
    """A policy that AWS takes as this type is read without an error."""
    assert parse_policy(policy, policy_type=policy_type).statements


@pytest.mark.parametrize(("policy_type", "policy", "code"), REFUSED)
def test_refuses_what_the_type_does_not_take(policy_type, policy, code):
    """A policy that AWS refuses as this type is an error with the code of its fault."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(policy, policy_type=policy_type)
    assert caught.value.code == code
    assert caught.value.span.text


@pytest.mark.parametrize("policy", [policy for _, policy, _ in REFUSED])
def test_without_a_type_nothing_of_this_is_checked(policy):
    """The shape of these documents is fine; only their use is not."""
    assert parse_policy(policy).statements
