"""Checks of ours, where a case of the corpus would be too long or needs another form."""

from __future__ import annotations

import json

import pytest

from iamsim.checks.validate import Validator
from iamsim.checks.words import is_template_function
from iamsim.core.decision import PolicyType
from iamsim.inputs.policy_files import find_policies

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:orders"
VALIDATOR = Validator()


def statement(number=0, **elements):
    """Write a statement of a queue's policy."""
    return {
        "Sid": f"S{number}",
        "Effect": "Allow",
        "Principal": {"AWS": "111122223333"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        **elements,
    }


def messages(code, policy, policy_type=PolicyType.RESOURCE, resource_type=None):
    """Check a policy given as data, and give the messages of one code."""
    found = VALIDATOR.validate_text(json.dumps(policy), "policy", policy_type, resource_type)
    return [finding.message for finding in found if finding.code == code]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement(number) for number in range(20)], []),
        (
            [statement(number) for number in range(21)],
            ["the policy of a queue has at most 20 statements: these are 21"],
        ),
        (
            [statement(Principal={"AWS": [f"1111222233{n:02}" for n in range(51)]})],
            ["the policy of a queue has at most 50 principals: these are 51"],
        ),
        (
            [statement(Condition={"StringLike": {f"aws:RequestTag/{n}": "a" for n in range(11)}})],
            ["the policy of a queue has at most 10 conditions: these are 11"],
        ),
    ],
)
def test_what_the_policy_of_a_queue_may_have_is_counted(statements, expected):
    """Amazon SQS has quotas of its own, and the finding tells the count."""
    policy = {"Version": "2012-10-17", "Statement": statements}
    assert messages("IAMSIM_QUEUE_POLICY_QUOTA", policy) == expected


@pytest.mark.parametrize(
    ("resource_type", "quota"),
    [
        (None, "10,240"),
        ("AWS::IAM::User", "2,048"),
        ("AWS::IAM::Group", "5,120"),
        ("AWS::IAM::Role", "10,240"),
        ("AWS::IAM::ManagedPolicy", "10,240"),
    ],
)
def test_inline_policies_have_the_quotas_of_their_owners(resource_type, quota):
    """What an identity-based policy is embedded in tells its quota."""
    names = [f"arn:aws:s3:::reports-{number:06}/*" for number in range(400)]
    entry = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": names}
    policy = {"Version": "2012-10-17", "Statement": entry}
    code = "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"
    (message,) = messages(code, policy, PolicyType.IDENTITY, resource_type)
    assert message.endswith(f"more than the quota {quota}")


def test_a_role_trust_policy_may_be_longer_on_request():
    """Between the quota and what AWS grants, the hint says so."""
    names = [f"arn:aws:iam::111122223333:role/r{number:04}" for number in range(100)]
    entry = {"Effect": "Allow", "Principal": {"AWS": names}, "Action": "sts:AssumeRole"}
    text = json.dumps({"Version": "2012-10-17", "Statement": entry})
    hints = [
        finding.hint
        for finding in VALIDATOR.validate_text(text, "policy", PolicyType.TRUST)
        if finding.code == "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA"
    ]
    assert hints == ["shorten it, or ask AWS for more: up to 8,192 are granted"]


def test_only_the_policy_counts_where_the_file_holds_more(tmp_path):
    """A short trust policy in a long world, as YAML and as JSON, is not too long."""
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
    }
    (tmp_path / "a.json").write_text(json.dumps({"note": "x" * 9_000, "trust": trust}), "utf-8")
    (tmp_path / "b.yaml").write_text(
        f"note: {'x' * 9_000}\n"
        "trust:\n  Version: '2012-10-17'\n  Statement:\n"
        "    Effect: Allow\n    Principal: '*'\n    Action: sts:AssumeRole\n",
        "utf-8",
    )
    policies = list(find_policies([str(tmp_path)], []))
    assert len(policies) == 2
    for policy in policies:
        codes = {finding.code for finding in policy.check(VALIDATOR, None, None)}
        assert not {code for code in codes if code.startswith("POLICY_SIZE")}


def test_functions_of_templates_are_not_judged():
    """AWS CloudFormation fills them in; a number in their place is still wrong."""
    entry = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": [{"Fn::Sub": "${Bucket.Arn}/*"}, {"Ref": "Arn"}],
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": {"Ref": "Team"}}},
    }
    policy = {"Version": "2012-10-17", "Statement": [entry, {"Fn::If": ["Prod", {}, {}]}]}
    assert not VALIDATOR.validate_text(json.dumps(policy), "policy", PolicyType.IDENTITY)
    entry["Resource"] = [7, {"Fn::Sub": "a", "Ref": "b"}]
    assert len(messages("DATA_TYPE_MISMATCH", policy, PolicyType.IDENTITY)) == 2
    assert not is_template_function({})


def test_thousands_of_pairs_are_not_tried_one_by_one():
    """A statement with very long lists is held against single statements only."""
    actions = [f"s3:Get{number}" for number in range(60)]
    resources = [f"arn:aws:s3:::b{number}" for number in range(60)]
    allow = {"Effect": "Allow", "Action": actions, "Resource": resources}
    half = {"Effect": "Deny", "Action": actions[:30], "Resource": "*"}
    rest = {"Effect": "Deny", "Action": actions[30:], "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allow, half, rest]}
    assert not messages("IAMSIM_DEAD_STATEMENT", policy, PolicyType.IDENTITY)
    allow["Resource"] = resources[:5]
    assert messages("IAMSIM_DEAD_STATEMENT", policy, PolicyType.IDENTITY) == [
        "proved: statements 2 and 3 deny all that the statement allows"
    ]


def test_lists_that_fit_no_policy_are_held_against_equal_entries_only():
    """Thousands of patterns in one list are not tried against each other; a repeated one shows."""
    resources = [f"arn:aws:s3:::b{number}/*" for number in range(2_500)]
    statement = {"Effect": "Allow", "Action": "s3:GetObject"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    statement["Resource"] = [*resources[:50], "arn:aws:s3:::b1/x"]
    assert messages("REDUNDANT_RESOURCE", policy, PolicyType.IDENTITY)
    statement["Resource"] = [*resources, "arn:aws:s3:::b1/x"]
    assert not messages("REDUNDANT_RESOURCE", policy, PolicyType.IDENTITY)
    statement["Resource"] = [*resources, resources[0]]
    assert messages("REDUNDANT_RESOURCE", policy, PolicyType.IDENTITY) == [
        "the resource `arn:aws:s3:::b0/*` changes nothing: it is the same as `arn:aws:s3:::b0/*`"
    ]


def test_more_statements_than_fit_into_a_policy_are_not_held_against_each_other():
    """A statement that another one covers is told up to the limit, and not beyond it."""
    wide = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    narrow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    policy = {"Version": "2012-10-17", "Statement": [wide, narrow]}
    assert messages("IAMSIM_SHADOWED_STATEMENT", policy, PolicyType.IDENTITY)
    policy["Statement"] = [wide, *[narrow] * 700]
    assert not messages("IAMSIM_SHADOWED_STATEMENT", policy, PolicyType.IDENTITY)


@pytest.mark.parametrize(
    ("policy_type", "code"),
    [
        (PolicyType.IDENTITY, "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"),
        (PolicyType.RESOURCE, "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA"),
        (PolicyType.SERVICE_CONTROL, "POLICY_SIZE_EXCEEDS_SCP_QUOTA"),
    ],
)
def test_a_policy_that_no_service_takes_is_only_counted(policy_type, code):
    """Its statements, which are wrong, are not judged, whatever type it is of: that is an error,
    so that no gate passes, and is said whatever codes are selected."""
    statement = {"Effect": "allow", "Action": "s3:Nothing", "Resource": "arn:aws:glue:::x"}
    policy = {"Statement": [statement] * 4_000}
    found = Validator().validate_text(json.dumps(policy), "policy", policy_type)
    assert {finding.code for finding in found} == {code, "JSON_SYNTAX_ERROR"}
    assert "more than the quota" in {finding.code: finding.message for finding in found}[code]
    (alone,) = Validator(select=("INVALID_ACTION",)).validate_text(json.dumps(policy), "policy")
    assert alone.message == "the policy has more than 262,144 characters, and is not judged"


@pytest.mark.parametrize(
    ("text", "code"),
    [('{"Version": ', "JSON_SYNTAX_ERROR"), ('{"Statements": [{}]}', "MISSING_STATEMENT")],
)
def test_what_can_not_be_judged_is_said_whatever_is_selected(text, code):
    """A gate that asks for one code does not pass a file of which nothing was read."""
    (finding,) = Validator(select=("INVALID_ACTION",)).validate_text(text, "policy")
    assert finding.code == code
    assert not Validator(select=("INVALID_ACTION",), ignore=(code,)).validate_text(text, "policy")


def test_the_request_of_a_service_names_an_action_and_a_resource_of_the_statement():
    """Whatever the statement lists, a request is made that it allows."""
    base = statement(Principal={"Service": "sns.amazonaws.com"})
    for elements, action, resource in (
        ({}, "sqs:SendMessage", QUEUE),
        ({"Action": "sqs:Send*"}, "sqs:SendMessage", QUEUE),
        ({"Action": "*", "Resource": "*"}, "s3:GetObject", "arn:aws:s3:::example/example"),
        (
            {"Action": "kms:Decrypt", "Resource": "*"},
            "kms:Decrypt",
            "arn:aws:kms:eu-west-1:111122223333:key/example",
        ),
        ({"Resource": f"{QUEUE}-*"}, "sqs:SendMessage", f"{QUEUE}-x"),
    ):
        policy = {"Version": "2012-10-17", "Statement": {**base, **elements}}
        found = VALIDATOR.validate_text(json.dumps(policy), "policy", PolicyType.RESOURCE)
        (one,) = [f for f in found if f.code == "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"]
        assert (one.witness.action, one.witness.resource) == (action, resource)


def test_a_claim_is_found_in_any_letter_case():
    """Condition keys are compared without letter case, here as everywhere."""
    host = "token.actions.githubusercontent.com"
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{host}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{host}:AUD": "harbor"},
                "StringLike": {f"{host}:Sub": "repo:harbor?/app:*"},
            },
        },
    }
    assert messages("IAMSIM_GITHUB_OWNER_WILDCARD", policy, PolicyType.TRUST)
    assert not messages("IAMSIM_OIDC_AUDIENCE_NOT_ASKED", policy, PolicyType.TRUST)


@pytest.mark.parametrize("key", ["aws:VpcSourceIp", "aws:MultiFactorAuthPresent"])
def test_values_that_the_engine_refuses_break_no_check(key):
    """Checks that try conditions leave those out whose values can't be read."""
    entry = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"IpAddress": {key: "10.0.0é.0/16"}, "StringEquals": {key: "10.0.0é.0/16"}},
    }
    policy = {"Version": "2012-10-17", "Statement": entry}
    assert not messages("IAMSIM_CONTRADICTORY_CONDITIONS", policy, PolicyType.IDENTITY)
    assert not messages("IAMSIM_MFA_NOT_ASKED_OF_ACCESS_KEYS", policy, PolicyType.IDENTITY)


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"Version": None}, True),
        ({"NotAction": "sqs:DeleteQueue"}, True),
        ({"NotResource": f"{QUEUE}-2"}, True),
        ({"Action": "sqs:NewThing"}, False),
        ({"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "10"}}}, True),
        ({"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "ten"}}}, False),
        ({"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}}, True),
        ({"Condition": {"Null": {"aws:RequestTag/a": "true"}}}, True),
    ],
)
def test_a_finding_of_aws_is_given_with_a_request_or_without(changed, shown):
    """Requests are made for all forms of statements; where none is found, none is shown."""
    entry = statement(Principal={"Service": "sns.amazonaws.com"}, **changed)
    version = entry.pop("Version", "2012-10-17")
    for name in ("Action", "Resource"):
        if f"Not{name}" in entry:
            del entry[name]
    policy = {"Version": version, "Statement": entry}
    if version is None:
        del policy["Version"]
    found = VALIDATOR.validate_text(json.dumps(policy), "policy", PolicyType.RESOURCE)
    (one,) = [f for f in found if f.code == "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"]
    assert (one.witness is not None) is shown


@pytest.mark.parametrize(("value", "kind"), [("11112*", "ERROR"), ("111122*", "WARNING")])
def test_a_wildcard_in_a_key_that_aws_does_not_list_is_an_error_before_six_characters(value, kind):
    """AWS asks for six characters, and lists no key whose values must be written out."""
    condition = {"StringLike": {"aws:PrincipalAccount": value}}
    policy = {"Version": "2012-10-17", "Statement": [statement(Condition=condition)]}
    found = VALIDATOR.validate_text(json.dumps(policy), "policy", PolicyType.RESOURCE)
    wide = [finding for finding in found if finding.code == "WILDCARD_USAGE_TOO_PERMISSIVE"]
    assert [entry.finding_type.value for entry in wide] == [kind]
