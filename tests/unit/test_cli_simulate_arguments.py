"""`iamsim simulate`: every argument of AWS's own model, and what AWS's pages say of each."""

from __future__ import annotations

import json
import re

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from iamsim.cli.main import main
from iamsim.cli.simulate import COMMAND
from iamsim.cli.simulate_structures import organization_levels, policy_identifiers
from iamsim.core.errors import RequestError
from iamsim.query.exclusion import POLICY_TYPES, PolicyIdentifier
from iamsim.query.simulation_entries import RESOURCE_HANDLING

MODEL = ServiceModel(Loader().load_service_model("iam", "service-2"))
OPERATIONS = {
    "principal-policy": MODEL.operation_model("SimulatePrincipalPolicy"),
    "custom-policy": MODEL.operation_model("SimulateCustomPolicy"),
}
ACCOUNT = "111122223333"
NORA = f"arn:aws:iam::{ACCOUNT}:user/nora"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
BUCKET = "arn:aws:s3:::reports/a"


def document(action, effect="Allow", **more):
    """A policy with one statement about every resource."""
    statement = {"Effect": effect, "Action": action, "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def text(action, effect="Allow"):
    """The same as text."""
    return json.dumps(document(action, effect))


WORLD = {
    "organization": {
        "id": "o-a1b2c3d4e5",
        "management_account": "999999999999",
        "root": {
            "id": "r-ab12",
            "units": {"Work": {"accounts": [ACCOUNT], "scps": ["FullAWSAccess", "NoSqs"]}},
        },
    },
    "policies": {"NoSqs": document("sqs:*", "Deny")},
    "accounts": {
        ACCOUNT: {
            "users": {
                "nora": {
                    "policies": ["arn:aws:iam::aws:policy/AmazonSQSFullAccess", "Lists"],
                    "groups": ["devs"],
                },
            },
            "groups": {"devs": {"policies": [document("s3:Put*")]}},
            "roles": {"app": {"policies": [document("s3:*")], "boundary": "Lists"}},
            "policies": {"Lists": document("s3:List*")},
        }
    },
}


@pytest.fixture
def world(tmp_path):
    """A small world as a file."""
    path = tmp_path / "world.json"
    path.write_text(json.dumps(WORLD), "utf-8")
    return str(path)


@pytest.fixture
def run(capsys):
    """Run `iamsim simulate`: exit code, output, errors."""

    def call(*words):
        code = main(["simulate", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def response(run):
    """Run a simulation that has an answer, and give it."""

    def call(*words):
        code, out, err = run(*words)
        assert code == 0
        assert all(line.startswith("hint: ") for line in err.splitlines())
        return json.loads(out)

    return call


def decisions(response):
    """The decision of each action."""
    return {
        result["EvalActionName"]: result["EvalDecision"] for result in response["EvaluationResults"]
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_member_of_the_request_has_its_argument(name):
    """What botocore's model of 2026 lets one send can be said here, under the AWS CLI's name."""
    (command,) = [piece for piece in COMMAND.commands if piece.name == name]
    known = {option for entry in command.options for option in entry.names}
    members = OPERATIONS[name].input_shape.members
    wanted = {"--" + re.sub(r"(?<=[a-z])(?=[A-Z])", "-", member).lower() for member in members}
    assert wanted <= known
    assert {"--starting-token", "--page-size", "--no-paginate"} <= known


def test_words_and_limits_are_those_of_the_model():
    """Policy types, scenarios and the numbers of values agree with botocore's model."""
    principal = OPERATIONS["principal-policy"].input_shape.members
    identifier = principal["PolicyExclusionList"].member
    assert tuple(identifier.members["PolicyType"].enum) == POLICY_TYPES
    words = re.findall(r"EC2-VPC[\w-]+", principal["ResourceHandlingOption"].documentation)
    assert set(words) == set(RESOURCE_HANDLING)
    most = principal["PolicyExclusionList"].metadata["max"]
    policy_identifiers(["PolicyType=inline"] * most)
    with pytest.raises(RequestError, match="takes 256 values at most"):
        policy_identifiers(["PolicyType=inline"] * (most + 1))
    custom = OPERATIONS["custom-policy"].input_shape.members
    most = custom["OrderedOrganizationPolicyInputList"].metadata["max"]
    level = {"ServiceControlPolicyInputList": ["FullAWSAccess"]}
    assert len(organization_levels([json.dumps([level] * most)])) == most
    with pytest.raises(RequestError, match="takes 7 values at most"):
        organization_levels([json.dumps([level] * (most + 1))])


@pytest.mark.parametrize(
    ("source", "excluded", "expected"),
    [
        (NORA, (), "explicitDeny implicitDeny allowed allowed"),
        (NORA, ("PolicyType=scp",), "allowed implicitDeny allowed allowed"),
        (NORA, ("PolicyType=rcp",), "explicitDeny implicitDeny allowed allowed"),
        (NORA, ("PolicyType=inline",), "explicitDeny implicitDeny implicitDeny allowed"),
        (NORA, ("PolicyType=user-managed",), "explicitDeny implicitDeny allowed implicitDeny"),
        (
            NORA,
            ("PolicyType=scp", "PolicyType=aws-managed"),
            "implicitDeny implicitDeny allowed allowed",
        ),
        (
            NORA,
            ("PolicyType=scp", "PolicyArn=arn:aws:iam::aws:policy/Amazon*Access"),
            "implicitDeny implicitDeny allowed allowed",
        ),
        (
            NORA,
            (f"PolicyArn=arn:aws:iam::{ACCOUNT}:policy/L?sts",),
            "explicitDeny implicitDeny allowed implicitDeny",
        ),
        (
            NORA,
            (
                (
                    '{"InlinePolicyIdentifier": {"PolicyName": "inline policy 1 of group devs", '
                    '"AttachmentType": "group", "AttachmentName": "d*"}}'
                ),
            ),
            "explicitDeny implicitDeny implicitDeny allowed",
        ),
        (
            NORA,
            (
                (
                    "InlinePolicyIdentifier={PolicyName=inline policy 1 of group devs,"
                    "AttachmentType=user,AttachmentName=devs}"
                ),
            ),
            "explicitDeny implicitDeny allowed allowed",
        ),
        (ROLE, (), "explicitDeny implicitDeny implicitDeny allowed"),
        (ROLE, ("PolicyType=permission-boundary",), "explicitDeny allowed allowed allowed"),
        (ROLE, ("PolicyType=inline",), "explicitDeny implicitDeny implicitDeny implicitDeny"),
        # A boundary is not attached: its ARN leaves it where it is.
        (
            ROLE,
            (f"PolicyArn=arn:aws:iam::{ACCOUNT}:policy/Lists",),
            "explicitDeny implicitDeny implicitDeny allowed",
        ),
    ],
)
def test_policies_are_left_out_as_if_they_were_detached(
    response, world, source, excluded, expected
):
    """By type, by ARN with wildcards, by name and holder; what fits nothing is ignored."""
    words = ["principal-policy", "--world", world, "--policy-source-arn", source]
    words += ["--action-names", "sqs:SendMessage", "s3:GetObject", "s3:PutObject"]
    words += ["s3:ListBucket", "--resource-arns", "*"]
    if excluded:
        words += ["--policy-exclusion-list", *excluded]
    assert " ".join(decisions(response(*words)).values()) == expected


@pytest.mark.parametrize(
    "word",
    [
        "inline",
        "PolicyArn=nothing",
        "PolicyArn=arn:aws:iam::aws:policy/*a*",
        "PolicyArn=arn:*:iam::aws:policy/a",
        '{"PolicyType": "inline", "PolicyArn": "arn:aws:iam::aws:policy/a"}',
        "InlinePolicyIdentifier={PolicyName=a}",
        "InlinePolicyIdentifier={PolicyName=a,AttachmentType=queue,AttachmentName=b}",
        "InlinePolicyIdentifier={PolicyName=a,AttachmentType=user,AttachmentName=*b*}",
        "InlinePolicyIdentifier={name=a}",
        "{broken",
        "[5]",
    ],
)
def test_what_names_no_policy_is_refused(word):
    """Malformed ARNs and wildcards in other places are errors, as for AWS."""
    with pytest.raises(RequestError) as caught:
        policy_identifiers([word])
    assert caught.value.code == "invalid-policy-identifier"
    assert "PolicyArn=ARN" in caught.value.hint


def test_commas_and_signs_may_stand_in_names():
    """Names of policies and roles may hold what the shorthand uses itself."""
    word = "InlinePolicyIdentifier={AttachmentName=x=1,b,PolicyName=a,b,AttachmentType=role}"
    expected = PolicyIdentifier(None, None, "a,b", "role", "x=1,b")
    assert policy_identifiers([word]) == (expected,)


def test_levels_of_service_control_policies_come_with_the_call(response, tmp_path):
    """Every level has to allow; levels are JSON, a file of JSON, or shorthand."""
    words = ("custom-policy", "--policy-input-list", text("s3:*"), "--action-names")
    words = (*words, "s3:GetObject", "s3:PutObject", "--resource-arns", BUCKET)
    levels = [
        {"ServiceControlPolicyInputList": ["FullAWSAccess"]},
        {"ServiceControlPolicyInputList": [text("s3:Get*"), document("ec2:*")]},
    ]
    file = tmp_path / "levels.json"
    file.write_text(json.dumps(levels), "utf-8")
    policy = tmp_path / "scp.json"
    policy.write_text(text("s3:Get*"), "utf-8")
    one = "ServiceControlPolicyInputList="
    for given in (
        [json.dumps(levels)],
        [json.dumps(level) for level in levels],
        [f"file://{file}"],
        [f"{one}FullAWSAccess", f"{one}{policy},FullAWSAccess", f"{one}{text('s3:Get*')}"],
    ):
        found = response(*words, "--ordered-organization-policy-input-list", *given)
        assert decisions(found) == {"s3:GetObject": "allowed", "s3:PutObject": "implicitDeny"}
        details = [result["OrganizationsDecisionDetail"] for result in found["EvaluationResults"]]
        assert [detail["AllowedByOrganizations"] for detail in details] == [True, False]
    empty = '{"ServiceControlPolicyInputList": []}'
    found = response(*words, "--ordered-organization-policy-input-list", empty)
    assert set(decisions(found).values()) == {"implicitDeny"}


@pytest.mark.parametrize("word", ["FullAWSAccess", "{}", "[5]", '{"Policies": []}', "Levels=a"])
def test_what_is_no_level_is_refused(word):
    """A level says that it is one."""
    with pytest.raises(RequestError) as caught:
        organization_levels([word])
    assert caught.value.code == "invalid-organization-level"


ACTIONS = [f"s3:{name}" for name in ("GetObject", "PutObject", "DeleteObject", "ListBucket")]


@pytest.fixture
def page(response):
    """Ask about four actions, and give their names in the answer, its flag and its marker."""

    def call(*words):
        base = ("custom-policy", "--policy-input-list", text("s3:*"))
        found = response(*base, "--action-names", *ACTIONS, *words)
        names = list(decisions(found))
        assert set(found) - {"Marker"} == {"EvaluationResults", "IsTruncated"}
        assert ("Marker" in found) is found["IsTruncated"]
        return names, found.get("Marker")

    return call


def test_results_come_in_pages(page):
    """Following the markers gives every result once, whatever the size; a page says if there is
    more."""
    assert page() == (ACTIONS, None)
    assert page("--page-size", "1") == (ACTIONS, None)
    assert page("--max-items", "4") == (ACTIONS, None)
    for size in (1, 2, 3):
        for option in ("--starting-token", "--marker"):
            found, marker = page("--max-items", str(size))
            while marker is not None:
                names, marker = page("--max-items", str(size), option, marker)
                assert len(names) <= size
                found += names
            assert found == ACTIONS


def test_one_call_of_the_api_gives_a_hundred_results(response):
    """Without a number the API cuts after 100; the AWS CLI goes on by itself."""
    actions = [f"s3:Action{number}" for number in range(101)]
    words = ("custom-policy", "--policy-input-list", text("s3:*"), "--action-names", *actions)
    assert len(response(*words)["EvaluationResults"]) == 101
    cut = response(*words, "--no-paginate")
    assert (len(cut["EvaluationResults"]), cut["IsTruncated"]) == (100, True)
    rest = response(*words, "--no-paginate", "--marker", cut["Marker"])
    assert (list(decisions(rest)), rest["IsTruncated"]) == (["s3:Action100"], False)


INSTANCE = [
    f"arn:aws:ec2:us-east-1:{ACCOUNT}:{kind}/x"
    for kind in ("instance", "security-group", "network-interface")
]
IMAGE = "arn:aws:ec2:us-east-1::image/ami-1"


def test_a_scenario_of_ec2_needs_its_resources(run):
    """With all resources it is simulated, without the volume it is refused."""
    words = ("custom-policy", "--policy-input-list", text("ec2:*"))
    words = (*words, "--action-names", "ec2:RunInstances", "--resource-arns", *INSTANCE, IMAGE)
    option = "--resource-handling-option"
    assert run(*words, option, "EC2-VPC-InstanceStore")[0] == 0
    code, out, err = run(*words, option, "EC2-VPC-EBS-Subnet")
    assert (code, out) == (2, "")
    assert "`EC2-VPC-EBS-Subnet` lacks resources: subnet, volume" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--max-items", "0"], "`--max-items` takes a number from 1 to 1000, not `0`"),
        (["--max-items", "1001"], "`--max-items` takes"),
        (["--max-items", "two"], "`--max-items` takes"),
        (["--page-size", "0"], "`--page-size` takes"),
        (["--marker", "1"], "`1` is not the marker of a response to these arguments"),
        (["--starting-token", "x"], "`x` is not the marker"),
        (["--resource-handling-option", "EC2-Classic-EBS"], "is not a value of"),
        (["--resource-policy", text("s3:*")], "the option `--caller-arn` is missing"),
        (
            ["--caller-arn", f"arn:aws:sts::{ACCOUNT}:assumed-role/app/x"],
            "is not the ARN of a user, group or role",
        ),
        (["--caller-arn", "lambda.amazonaws.com"], "is not the ARN of a user, group or role"),
        (["--action-names", "s3:*"], "`s3:*` is no single action"),
        (["--resource-owner", "prod"], "`prod` is not an account"),
        (["--resource-owner", NORA], "is not an account"),
    ],
)
def test_what_the_api_refuses_is_refused(run, words, message):
    """Numbers out of range, foreign markers, callers and scenarios that AWS does not take."""
    base = ("custom-policy", "--policy-input-list", text("s3:*"), "--action-names", "s3:GetObject")
    code, out, err = run(*base, *words)
    assert (code, out) == (2, "")
    assert message in err


def test_the_owner_may_be_written_as_an_arn(response):
    """SimulateCustomPolicy wants the ARN of the account, SimulatePrincipalPolicy its id."""
    policy = document("s3:GetObject", Principal={"AWS": NORA})
    words = ("custom-policy", "--policy-input-list", text("s3:*"), "--caller-arn", NORA)
    words = (*words, "--action-names", "s3:GetObject", "--resource-arns", BUCKET)
    words = (*words, "--resource-policy", json.dumps(policy), "--resource-owner")
    for owner in ("444455556666", "arn:aws:iam::444455556666:root"):
        (result,) = response(*words, owner)["EvaluationResults"]
        assert result["EvalDecision"] == "allowed"
        assert set(result["EvalDecisionDetails"]) == {"IAM Policy", "Resource Policy"}


def test_a_group_may_be_the_caller(response):
    """A group calls as somebody of its account who has no name."""
    words = ("custom-policy", "--policy-input-list", text("s3:*"), "--action-names")
    caller = f"arn:aws:iam::{ACCOUNT}:group/devs"
    found = response(*words, "s3:GetObject", "--caller-arn", caller)
    assert decisions(found) == {"s3:GetObject": "allowed"}


def test_a_whole_request_may_be_json(response, run, tmp_path):
    """With the members of the API, from a file or in place; arguments win over it."""
    request = {
        "PolicyInputList": [text("s3:*")],
        "OrderedOrganizationPolicyInputList": [
            {"ServiceControlPolicyInputList": [text("s3:Get*")]}
        ],
        "ActionNames": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
        "ContextEntries": [{"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["203.0.113.9"]}],
        "ResourceArns": [BUCKET],
        "MaxItems": 2,
    }
    validated = MODEL.operation_model("SimulateCustomPolicy").input_shape
    assert ParamValidator().validate(request, validated).has_errors() is False
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request), "utf-8")
    for given in (json.dumps(request), f"file://{file}"):
        found = response("custom-policy", "--cli-input-json", given)
        assert decisions(found) == {"s3:GetObject": "allowed", "s3:PutObject": "implicitDeny"}
        assert found["Marker"] == "2"
        words = ("--action-names", "s3:ListBucket")
        assert list(decisions(response("custom-policy", *words, "--cli-input-json", given))) == [
            "s3:ListBucket"
        ]
    for given, message in (
        ("{", "the request is not JSON"),
        ("[]", "the request is no object"),
        ('{"ActionName": []}', "a request has no `ActionName`\nhint: did you mean `ActionNames`?"),
        ('{"ActionNames": "s3:GetObject"}', "`ActionNames` of the request must be a list"),
        ('{"MaxItems": true}', "`MaxItems` of the request must be a text or a number"),
    ):
        code, out, err = run("custom-policy", "--cli-input-json", given)
        assert (code, out) == (2, "")
        assert message in err


def test_the_output_option_of_the_aws_cli_is_understood(response, run, tmp_path, monkeypatch):
    """`--output json` is the format that there is; other formats are refused, files written."""
    monkeypatch.chdir(tmp_path)
    words = ("custom-policy", "--policy-input-list", text("s3:*"), "--action-names", "s3:GetObject")
    assert response(*words, "--output", "json") == response(*words)
    code, out, err = run(*words, "--output", "table")
    assert (code, out) == (2, "")
    assert "the answer is JSON, not `table`" in err
    assert list(tmp_path.iterdir()) == []
    assert run(*words, "--output", "./table") == (0, "", "")
    assert (tmp_path / "table").exists()
