"""Requests that show a fault are allowed by the engine, and read as people write them."""

from __future__ import annotations

import json

import pytest

from iamsim.checks.codes import OPT_IN, RISKS
from iamsim.checks.finding import FindingType
from iamsim.checks.shown import Witness
from iamsim.checks.validate import Validator
from iamsim.checks.witness import OWN_ACCOUNT
from iamsim.core.decision import PolicyType
from iamsim.engine.authorize import decide
from iamsim.engine.question import AttachedPolicies, Question
from iamsim.report.findings import CheckedPolicy, findings_document
from iamsim.report.findings_data import findings_to_dict, findings_to_sarif
from iamsim.report.paint import Paint
from iamsim.report.writers.text import to_text
from iamsim.syntax.read import parse_policy
from tests.unit.test_checks_corpus import FILES, read_document

SHOWN = (
    "IAMSIM_EXTERNAL_ID_NOT_DEMANDED",
    "IAMSIM_GITHUB_OWNER_WILDCARD",
    "IAMSIM_OIDC_TENANT_NOT_ASKED",
    "IAMSIM_SOURCE_OF_STRANGERS",
    "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
    "MISSING_GITHUB_REPO_CONDITION_KEY",
    "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
)
EVERYTHING = parse_policy(
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
)
CASES = [
    pytest.param(data["code"], case, id=f"{path.stem}-{number}")
    for path in FILES
    if path.stem in SHOWN
    for data in [read_document(path).data]
    for number, case in enumerate(data["fires"], start=1)
]


def trust(principal, condition=None, action="sts:AssumeRole"):
    """Write a role trust policy of one statement."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def found(policy, code=None, policy_type=None):
    """Check a policy given as data; with `code`, give the findings of that code alone."""
    findings = Validator().validate_text(json.dumps(policy), "policy", policy_type)
    return [finding for finding in findings if code in (None, finding.code)]


@pytest.mark.parametrize(("code", "case"), CASES)
def test_a_request_that_shows_a_hole_is_allowed_by_the_whole_policy(code, case):
    """The engine allows it with nothing but the policy, and everything on the caller's side."""
    policy_type = PolicyType(case["type"])
    findings = Validator().validate_text(case["policy"], "policy", policy_type)
    witnesses = [finding.witness for finding in findings if finding.code == code]
    assert witnesses
    for witness in witnesses:
        question = Question(
            witness.principal,
            witness.action,
            witness.resource,
            dict(witness.context),
            resource_account=OWN_ACCOUNT,
            attached=AttachedPolicies(
                resource_policy=parse_policy(case["policy"], policy_type=policy_type),
                identity_policies=(EVERYTHING,),
            ),
        )
        assert decide(question).allowed


RISKY = [
    pytest.param(data["code"], case["policy"], id=f"{path.stem}-{number}")
    for path in FILES
    if path.stem in RISKS
    for data in [read_document(path).data]
    for number, case in enumerate(data["fires"], start=1)
]


@pytest.mark.parametrize(("code", "policy"), RISKY)
def test_each_risk_comes_with_a_request_that_its_policy_allows(code, policy):
    """Keys and roles leave it to the account, as they do by default."""
    for found_one in Validator(select=(code,)).validate_text(policy, "p", PolicyType.IDENTITY):
        shown = found_one.witness
        service = shown.action.partition(":")[0]
        left = {"Effect": "Allow", "Action": "*", "Principal": {"AWS": OWN_ACCOUNT}}
        kind = PolicyType.TRUST if service == "sts" else PolicyType.RESOURCE
        resource = parse_policy(
            {"Statement": left if service == "sts" else {**left, "Resource": "*"}},
            policy_type=kind,
        )
        attached = AttachedPolicies(
            identity_policies=(parse_policy(policy),),
            resource_policy=resource if service in ("kms", "sts") else None,
        )
        question = Question(
            shown.principal,
            shown.action,
            shown.resource,
            dict(shown.context),
            resource_account=OWN_ACCOUNT,
            attached=attached,
        )
        assert decide(question).allowed


def test_a_deny_elsewhere_in_the_policy_closes_a_hole():
    """A finding of ours that rests on a request is not given where the policy denies it."""
    subject = "token.actions.githubusercontent.com:sub"
    provider = {"Federated": "arn:aws:iam::111122223333:oidc-provider/" + subject[:-4]}
    action = "sts:AssumeRoleWithWebIdentity"
    policy = trust(provider, {"StringLike": {subject: "repo:harbor*"}}, action)
    assert found(policy, "IAMSIM_GITHUB_OWNER_WILDCARD", PolicyType.TRUST)
    policy["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "*",
            "Condition": {"StringNotLike": {subject: "repo:harbor/*"}},
        }
    )
    assert not found(policy, "IAMSIM_GITHUB_OWNER_WILDCARD", PolicyType.TRUST)


def test_a_policy_that_the_engine_does_not_read_has_no_request():
    """The finding of AWS's is given all the same."""
    policy = trust({"Service": "sns.amazonaws.com"})
    policy["Statement"][0]["Condition"] = {"StringEqualz": {"aws:PrincipalTag/a": "b"}}
    (one,) = found(policy, "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", PolicyType.TRUST)
    assert one.witness is None


def test_values_of_other_conditions_are_met():
    """A request carries what the other conditions of the statement ask."""
    condition = {
        "StringLike": {"aws:RequestTag/team": "led*"},
        "Bool": {"aws:SecureTransport": "true"},
        "Null": {"aws:RequestTag/a": "false"},
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
    }
    policy = trust({"Service": "sns.amazonaws.com"}, condition)
    (one,) = found(policy, "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", PolicyType.TRUST)
    context = dict(one.witness.context)
    assert context["aws:SourceIp"] == "203.0.113.0"
    assert context["aws:SecureTransport"] == "true"
    assert context["aws:RequestTag/team"].startswith("led")


def test_the_request_is_in_every_output():
    """Text, JSON and SARIF tell it."""
    policy = trust({"AWS": "arn:aws:iam::464622532012:root"})
    text = json.dumps(policy)
    findings = Validator().validate_text(text, "trust.json", PolicyType.TRUST)
    checked = [CheckedPolicy("trust.json", findings)]
    assert "shown by: arn:aws:iam::464622532012:role/vendor calls sts:AssumeRole on" in (
        to_text(findings_document(checked), Paint(), 100)
    )
    (data,) = findings_to_dict(checked)["findings"]
    assert data["request"] == {
        "principal": "arn:aws:iam::464622532012:role/vendor",
        "action": "sts:AssumeRole",
        "resource": "arn:aws:iam::111122223333:role/example",
        "context": {},
    }
    (result,) = findings_to_sarif(checked, "1")["runs"][0]["results"]
    assert result["properties"]["request"] == data["request"]


def test_a_request_reads_as_one_sentence():
    """The context stands behind it, where there is any."""
    assert Witness("p", "s:A", "r", ()).text == "p calls s:A on r"
    assert Witness("p", "s:A", "r", (("k", "v"),)).text == "p calls s:A on r with k=v"


@pytest.mark.parametrize(
    ("policy", "code", "kind"),
    [
        ({"Action": "s3:GetObjct"}, "INVALID_ACTION", FindingType.ERROR),
        ({"Action": "s3:GteObject"}, "INVALID_ACTION", FindingType.ERROR),
        ({"Action": "s3:FoldObject"}, "INVALID_ACTION", FindingType.ERROR),
        ({"Action": "s3:Fold*"}, "INVALID_ACTION", FindingType.ERROR),
        ({"Action": "dynamodbb:GetItem"}, "INVALID_SERVICE_IN_ACTION", FindingType.ERROR),
        ({"Action": "newservice:GetItem"}, "INVALID_SERVICE_IN_ACTION", FindingType.ERROR),
        ({"Resource": "arn:aws:ec2:*:*:vpc-endpoint:*"}, "IAMSIM_ARN_FORMAT", FindingType.WARNING),
        ({"Resource": "arn:aws:ec2:*:*:newthing/*"}, "IAMSIM_ARN_FORMAT", FindingType.WARNING),
        ({"Resource": "arn:aws:ec2:*:*:newthing/a"}, "INVALID_ARN_RESOURCE", FindingType.ERROR),
        ({"Resource": "arn:aws:nothing:*:*:a/b"}, "INVALID_SERVICE", FindingType.ERROR),
        ({"Resource": "arn:aws:ec2:eu-wset-1:*:vpc/*"}, "INVALID_ARN_REGION", FindingType.ERROR),
        ({"Resource": "arn:aws:ec2:eu-west-9:*:vpc/*"}, "INVALID_ARN_REGION", FindingType.WARNING),
        ({"Resource": "arn:aws:ec2:Frankfurt:*:vpc/*"}, "INVALID_ARN_REGION", FindingType.ERROR),
    ],
)
def test_names_that_the_reference_lacks_are_errors_where_aws_calls_them_so(policy, code, kind):
    """Actions, services and keys are errors as in AWS's recorded answers; Regions that may be newer
    than ours, and forms that AWS takes, are not."""
    statement = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*", **policy}
    (one,) = found({"Version": "2012-10-17", "Statement": [statement]}, code)
    assert one.finding_type is kind
    assert one.tentative is (code == "INVALID_ARN_REGION" and kind is FindingType.WARNING)
    assert one.snapshot is None or one.snapshot in one.details


@pytest.mark.parametrize(
    ("action", "key", "code"),
    [
        ("iam:GetRole", "aws:RequestTag/team", "IAMSIM_KEY_NOT_SENT"),
        ("ec2:DescribeInstances", "ec2:ResourceTag/team", "IAMSIM_KEY_NOT_SENT"),
        ("kms:CreateKey", "kms:EncryptionContext:a", "UNSUPPORTED_ACTION_FOR_CONDITION_KEY"),
    ],
)
def test_a_key_that_no_table_lists_has_aws_code_where_aws_gives_it(action, key, code):
    """AWS's recorded answers have its code for some keys, and never for tags."""
    statement = {
        "Effect": "Allow",
        "Action": action,
        "Resource": "*",
        "Condition": {"StringEquals": {key: "a"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    assert found(policy, code)


def test_what_is_made_has_tags():
    """Actions that carry tags of the request are not reported for tags of the resource."""
    statement = {
        "Effect": "Allow",
        "Action": "resource-groups:CreateGroup",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    assert not found(policy, "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE")


@pytest.mark.parametrize(
    ("operator", "key", "value", "code"),
    [
        ("StringEqualsIfExists", "iam:PassedToService", "ec2.amazonaws.com", "PASS_ROLE"),
        ("StringLike", "iam:PassedToService", "*.amazonaws.com", "PASS_ROLE"),
        ("StringLike", "iam:AWSServiceName", "*a4b.amazonaws.com", "CREATE_SLR"),
    ],
)
def test_weak_conditions_on_services_do_not_count(operator, key, value, code):
    """IfExists lets requests without the key pass, and a leading wildcard names no service."""
    action = "iam:PassRole" if code == "PASS_ROLE" else "iam:CreateServiceLinkedRole"
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    weak = {**statement, "Condition": {operator: {key: value}}}
    strong = {**statement, "Condition": {"StringEquals": {key: "ec2.amazonaws.com"}}}
    name = f"{code}_WITH_STAR_IN_RESOURCE"
    assert found({"Version": "2012-10-17", "Statement": [weak]}, name)
    assert not found({"Version": "2012-10-17", "Statement": [strong]}, name)


def test_codes_that_are_off_run_only_when_selected():
    """Selecting one by name turns it on."""
    policy = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    assert not {finding.code for finding in Validator().validate_text(text)} & set(OPT_IN)
    chosen = Validator(select=("IAMSIM_RESOURCE_STAR",)).validate_text(text)
    assert [finding.code for finding in chosen] == ["IAMSIM_RESOURCE_STAR"]
