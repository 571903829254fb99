"""What AWS would print."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iamsim.core.decision import Layer, Verdict
from iamsim.core.explanation import ContextEntry, Decider, Origin
from iamsim.core.reason import Reason
from iamsim.report.message import denied_message
from tests.unit.report_samples import allowed_answer, answer, denied_answer

USER = (
    "User: arn:aws:sts::111122223333:assumed-role/dev/SESSION_NAME is not authorized to perform: "
)
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:jobs"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
SCP_ARN = "arn:aws:organizations::9:policy/o-x/service_control_policy/p-y"
ROLE = "arn:aws:iam::111122223333:role/app"


def implicit(layer: Layer | None, **more):
    """An implicit denial by one layer."""
    deciders = () if layer is None else (Decider(layer, Reason.NO_STATEMENT_ALLOWS),)
    return answer(Verdict.IMPLICIT_DENY, *deciders, **more)


@pytest.mark.parametrize(
    ("layer", "phrase"),
    [
        (Layer.SERVICE_CONTROL_POLICY, "service control policy"),
        (Layer.VPC_ENDPOINT_POLICY, "VPC endpoint policy"),
        (Layer.PERMISSIONS_BOUNDARY, "permissions boundary"),
        (Layer.SESSION_POLICY, "session policy"),
        (Layer.RESOURCE_BASED_POLICY, "resource-based policy"),
        (Layer.IDENTITY_BASED_POLICY, "identity-based policy"),
    ],
)
def test_implicit_denials_name_the_layer(layer, phrase):
    """Each layer has the words that AWS documents for it."""
    message = denied_message(implicit(layer, action="sqs:SendMessage", resource=QUEUE))
    expected = (
        f"sqs:SendMessage on resource: {QUEUE} because no {phrase} allows the sqs:SendMessage"
    )
    assert message == f"{USER}{expected} action"


@pytest.mark.parametrize(
    "layer", [Layer.RESOURCE_CONTROL_POLICY, Layer.S3_BLOCK_PUBLIC_ACCESS, None]
)
def test_layers_without_documented_words_give_none(layer):
    """Where AWS documents no reason, the message stops behind the resource."""
    message = denied_message(implicit(layer, action="sqs:SendMessage", resource=QUEUE))
    assert message == f"{USER}sqs:SendMessage on resource: {QUEUE}"


@pytest.mark.parametrize(
    ("layer", "policy", "ending"),
    [
        (Layer.SERVICE_CONTROL_POLICY, "Guard", "a service control policy"),
        (
            Layer.SERVICE_CONTROL_POLICY,
            SCP_ARN,
            f"a service control policy: {SCP_ARN}",
        ),
        (Layer.RESOURCE_CONTROL_POLICY, "Guard", "a resource control policy"),
        (Layer.VPC_ENDPOINT_POLICY, "arn:aws:x", "a VPC endpoint policy"),
        (Layer.RESOURCE_BASED_POLICY, "arn:aws:x", "a resource-based policy"),
        (
            Layer.IDENTITY_BASED_POLICY,
            "arn:aws:iam::111122223333:policy/P",
            "an identity-based policy: arn:aws:iam::111122223333:policy/P",
        ),
    ],
)
def test_explicit_denials_name_the_policy_where_aws_does(layer, policy, ending):
    """The ARN of the policy is printed for those layers for which AWS prints it, when known."""
    message = denied_message(denied_answer(layer, policy, action="sqs:SendMessage", resource=QUEUE))
    expected = f"sqs:SendMessage on resource: {QUEUE} with an explicit deny in {ending}"
    assert message == f"{USER}{expected}"


@pytest.mark.parametrize(
    ("context", "resource"),
    [
        (
            {"aws:RequestedRegion": "eu-west-1"},
            " on resource: arn:aws:logs:eu-west-1:111122223333:log-group::log-stream:",
        ),
        ({}, ""),
    ],
)
def test_the_log_groups_of_a_region_are_named_where_it_is_known(context, resource):
    """Messages about logs:DescribeLogGroups name an empty group and stream."""
    denied = implicit(Layer.IDENTITY_BASED_POLICY, action="logs:DescribeLogGroups", resource="*")
    request = replace(denied.request, context=context)
    message = denied_message(replace(denied, request=request))
    reason = "because no identity-based policy allows the logs:DescribeLogGroups action"
    assert message == f"{USER}logs:DescribeLogGroups{resource} {reason}"


def test_role_trust_policies_have_words_of_their_own():
    """The resource-based policy of a role is called its trust policy."""
    denied = denied_answer(Layer.RESOURCE_BASED_POLICY, action="sts:AssumeRole", resource=ROLE)
    missing = implicit(Layer.RESOURCE_BASED_POLICY, action="sts:AssumeRole", resource=ROLE)
    head = f"{USER}sts:AssumeRole on resource: {ROLE}"
    assert denied_message(denied) == f"{head} with an explicit deny in the role trust policy"
    assert denied_message(missing) == (
        f"{head} because no role trust policy allows the sts:AssumeRole action"
    )


@pytest.mark.parametrize(
    ("principal", "caller", "named"),
    [
        ("arn:aws:iam::111122223333:user/ida", "", "arn:aws:iam::111122223333:user/ida"),
        (
            "arn:aws-cn:iam::111122223333:role/a/b/app",
            "",
            "arn:aws-cn:sts::111122223333:assumed-role/app/SESSION_NAME",
        ),
        (
            ROLE,
            "arn:aws:sts::111122223333:assumed-role/app/run7",
            "arn:aws:sts::111122223333:assumed-role/app/run7",
        ),
        ("cloudtrail.amazonaws.com", "", "cloudtrail.amazonaws.com"),
    ],
)
def test_the_caller_is_named_as_aws_names_it(principal, caller, named):
    """A role never calls: a session of it does, by its name where that is known."""
    denied = implicit(Layer.IDENTITY_BASED_POLICY, action="sqs:SendMessage", resource=QUEUE)
    denied.request = replace(denied.request, principal=principal, caller=caller)
    message = denied_message(denied)
    assert message is not None
    assert message.startswith(f"User: {named} is not authorized to perform: sqs:SendMessage")


def test_services_have_shapes_of_their_own():
    """S3 quotes the resource, KMS only points at it, and a web identity is not named."""
    assert '"arn:aws:s3:::reports/2026.csv"' in (denied_message(denied_answer()) or "")
    key = denied_message(implicit(Layer.RESOURCE_BASED_POLICY, action="kms:Decrypt", resource=KEY))
    assert key == (
        f"{USER}kms:Decrypt on this resource because no resource-based policy allows the "
        "kms:Decrypt action"
    )
    web = implicit(
        Layer.RESOURCE_BASED_POLICY,
        action="sts:AssumeRoleWithWebIdentity",
        resource=ROLE,
        relation=Reason.WEB_IDENTITY,
    )
    assert denied_message(web) == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


def test_a_log_group_is_named_with_an_empty_stream():
    """As policies have to match it."""
    group = "arn:aws:logs:eu-west-1:111122223333:log-group:app"
    for action, named in (
        ("logs:DescribeLogStreams", f"{group}:log-stream:"),
        ("logs:TagResource", group),
    ):
        message = denied_message(
            implicit(Layer.IDENTITY_BASED_POLICY, action=action, resource=group)
        )
        assert f"on resource: {named} because" in (message or "")


def test_a_request_without_a_resource_names_none():
    """The resource `*` is no resource, so the message does not speak of one."""
    message = denied_message(
        implicit(Layer.IDENTITY_BASED_POLICY, action="s3:ListAllMyBuckets", resource="*")
    )
    assert message == (
        f"{USER}s3:ListAllMyBuckets because no identity-based policy allows the "
        "s3:ListAllMyBuckets action"
    )


@pytest.mark.parametrize(
    ("relation", "organizations", "plain"),
    [
        (Reason.SAME_ACCOUNT, (), False),
        (Reason.CROSS_ACCOUNT, (), True),
        (Reason.CROSS_ACCOUNT, ("o-1", "o-2"), True),
        (Reason.CROSS_ACCOUNT, ("o-1", "o-1"), False),
        (Reason.ANONYMOUS_CALLER, (), True),
    ],
)
def test_s3_says_why_only_within_account_or_organization(relation, organizations, plain):
    """To strangers, S3 says `Access Denied` and nothing else."""
    context = tuple(
        ContextEntry(key, (value,), multivalued=False, origin=Origin("organization"))
        for key, value in zip(
            ("aws:PrincipalOrgID", "aws:ResourceOrgID"), organizations, strict=False
        )
    )
    message = denied_message(
        implicit(Layer.IDENTITY_BASED_POLICY, relation=relation, context=context)
    )
    assert (message == "Access Denied") is plain


def test_what_is_allowed_has_no_message():
    """AWS prints nothing about a request that passes."""
    assert denied_message(allowed_answer()) is None
