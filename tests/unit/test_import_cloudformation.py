"""CloudFormation: what expressions come to, how files are recognised, and what SAM and CDK add."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from iamsim.core.decision import PolicyType
from iamsim.core.errors import WorldError
from iamsim.engine.world import CompiledWorld
from iamsim.importers.cloudformation.naming import Environment
from iamsim.importers.cloudformation.sam_policies import expand_policies
from iamsim.importers.cloudformation.stack import Stack
from iamsim.importers.frame import import_sources
from iamsim.importers.options import SourceOptions
from iamsim.importers.sources import parse_yaml
from iamsim.importers.unknown import Unknown, settle_document
from iamsim.world.load import load_world

CDK = Path(__file__).parents[2] / "corpus/imports/cloudformation/cdk/source/cdk.out"
HERE = Environment("111122223333", "eu-west-1", "app")
TEMPLATE = {
    "Parameters": {
        "Env": {"Type": "String", "Default": "prod"},
        "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Empty": {"Type": "List<Number>", "Default": ""},
        "None": {"Type": "String"},
        "Ssm": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"},
        "Flag": {"Type": "String", "Default": True},
    },
    "Mappings": {"Map": {"prod": {"Key": ["x", "y"]}}},
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Open": {"Fn::Equals": [{"Ref": "None"}, "x"]},
        "Circle": {"Fn::Not": [{"Condition": "Circle"}]},
    },
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/a/"}},
        "Self": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Self"}}},
        "Odd": {"Type": "Custom::Thing"},
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"StageName": "live"}},
    },
}


def evaluate(value: object) -> object:
    """Evaluate a value in the template above."""
    stack = Stack(TEMPLATE, HERE, {"Given": "g"}, {"shared": "arn:aws:s3:::shared"})
    return stack.evaluate(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Env"}, "prod"),
        ({"Ref": "Given"}, "g"),
        ({"Ref": "List"}, ["a", "b"]),
        ({"Ref": "Empty"}, []),
        ({"Ref": "Flag"}, "true"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "AWS::NotificationARNs"}, []),
        ({"Ref": "Queue"}, "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"),
        ({"Ref": "Bucket"}, "app-bucket"),
        ({"Ref": "Stage"}, "live"),
        ({"Fn::GetAtt": "Role.Arn"}, "arn:aws:iam::111122223333:role/a/app-Role"),
        ({"Fn::GetAtt": ["Queue", "QueueName"]}, "jobs"),
        (
            {"Fn::GetAtt": ["Queue", "QueueUrl"]},
            "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs",
        ),
        (
            {"Fn::Sub": "${!keep}-${Env}-${Queue.Arn}"},
            "${keep}-prod-arn:aws:sqs:eu-west-1:111122223333:jobs",
        ),
        ({"Fn::Sub": ["${a}", {"a": {"Ref": "Env"}}]}, "prod"),
        ({"Fn::Join": ["-", ["a", 1, True]]}, "a-1-true"),
        ({"Fn::Select": ["1", {"Ref": "List"}]}, "b"),
        ({"Fn::Select": [0, ["a", {"Ref": "None"}]]}, "a"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::FindInMap": ["Map", {"Ref": "Env"}, "Key"]}, ["x", "y"]),
        ({"Fn::FindInMap": ["Map", "dev", "Key", {"DefaultValue": "z"}]}, "z"),
        ({"Fn::ImportValue": "shared"}, "arn:aws:s3:::shared"),
        ({"Fn::If": ["Yes", "a", "b"]}, "a"),
        ({"Fn::If": ["No", "a", "b"]}, "b"),
        ({"Fn::If": ["Open", "same", "same"]}, "same"),
        ([1, {"Fn::If": ["No", "a", {"Ref": "AWS::NoValue"}]}], [1]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
        ({"Fn::Base64": "x"}, "eA=="),
        ({"Fn::Cidr": ["10.0.0.0/24", 2, "5"]}, ["10.0.0.0/27", "10.0.0.32/27"]),
        ({"Fn::Length": {"Ref": "List"}}, 2),
        ({"Fn::ToJsonString": {"a": 1}}, '{"a":1}'),
    ],
)
def test_an_expression_comes_to_its_value(value, expected):
    """Each intrinsic function, by an example."""
    assert evaluate(value) == expected


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"Ref": "None"}, "the parameter `None`"),
        ({"Ref": "Ssm"}, "the parameter `Ssm`"),
        ({"Ref": "Missing"}, "`Ref: Missing`"),
        ({"Ref": "Odd"}, "`Ref: Odd`"),
        ({"Ref": ["x"]}, "a `Ref` that names nothing"),
        ({"Fn::GetAtt": ["Odd", "Arn"]}, "`Fn::GetAtt: Odd.Arn`"),
        ({"Fn::GetAtt": ["Role", "RoleId"]}, "`Fn::GetAtt: Role.RoleId`"),
        ({"Fn::GetAtt": ["Missing", "Arn"]}, "`Fn::GetAtt: Missing.Arn`"),
        ({"Fn::GetAtt": 3}, "a `Fn::GetAtt` that names nothing"),
        ({"Fn::GetAtt": ["Odd", "Outputs.X"]}, "`Fn::GetAtt: Odd.Outputs.X`"),
        ({"Fn::Sub": "${None}"}, "the parameter `None`"),
        ({"Fn::Sub": "${List}"}, "`${List}`"),
        ({"Fn::Sub": 3}, "a `Fn::Sub` without a text"),
        ({"Fn::Sub": "{{resolve:ssm:/a}}"}, "`{{resolve:ssm:/a}}`"),
        ("{{resolve:ssm:/a}}", "`{{resolve:ssm:/a}}`"),
        ({"Fn::Join": ["", ["a", {"Ref": "None"}]]}, "the parameter `None`"),
        ({"Fn::Join": ["", "a"]}, "`Fn::Join` with arguments that it does not take"),
        ({"Fn::Select": [5, ["a"]]}, "`Fn::Select` with arguments that it does not take"),
        ({"Fn::Select": [0, {"Ref": "None"}]}, "the parameter `None`"),
        ({"Fn::Split": ["", "a"]}, "`Fn::Split` with arguments that it does not take"),
        ({"Fn::Split": [",", {"Ref": "None"}]}, "the parameter `None`"),
        ({"Fn::Cidr": ["x", 2, 5]}, "`Fn::Cidr` with arguments that it does not take"),
        ({"Fn::Cidr": ["10.0.0.0/24"]}, "`Fn::Cidr` with arguments that it does not take"),
        ({"Fn::FindInMap": ["Map", "dev", "Key"]}, "`Fn::FindInMap: Map.dev.Key`"),
        ({"Fn::FindInMap": ["Map"]}, "a `Fn::FindInMap` without three parts"),
        ({"Fn::FindInMap": ["Map", {"Ref": "None"}, "Key"]}, "the parameter `None`"),
        ({"Fn::ImportValue": "other"}, "`Fn::ImportValue: other`"),
        ({"Fn::ImportValue": {"Ref": "None"}}, "the parameter `None`"),
        ({"Fn::If": ["Open", "a", "b"]}, "the parameter `None`"),
        ({"Fn::If": ["Circle", "a", "b"]}, "the condition `Circle`, which refers to itself"),
        ({"Fn::If": ["Nowhere", "a", "b"]}, "the condition `Nowhere`, which is not there"),
        ({"Fn::If": ["Yes"]}, "a `Fn::If` without three parts"),
        ({"Fn::Transform": {"Name": "AWS::Include"}}, "`Fn::Transform`"),
        ({"Fn::GetAZs": ""}, "`Fn::GetAZs`"),
    ],
)
def test_what_a_template_does_not_tell_is_unknown(value, why):
    """Each way of not knowing, with what would have to be known."""
    assert evaluate(value) == Unknown(why)


def test_a_name_that_refers_to_itself_is_made_up():
    """A circle ends in a made up name, not in a deep recursion."""
    assert (
        evaluate({"Fn::GetAtt": ["Self", "Arn"]}) == "arn:aws:sqs:eu-west-1:111122223333:app-Self"
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Fn::And": [{"Condition": "Open"}, {"Condition": "No"}]}, False),
        ({"Fn::Or": [{"Condition": "Open"}, {"Condition": "Yes"}]}, True),
        (
            {"Fn::And": [{"Condition": "Open"}, {"Condition": "Yes"}]},
            Unknown("the parameter `None`"),
        ),
        ({"Fn::Not": [{"Condition": "Open"}]}, Unknown("the parameter `None`")),
        ("true", True),
        ("what", Unknown("a condition of no known form")),
    ],
)
def test_unknown_conditions_count_only_where_they_matter(condition, expected):
    """`And` with something false is false, whatever the rest."""
    assert Stack(TEMPLATE, HERE).test(condition) == expected


def template(**resources: object) -> dict[str, object]:
    """Make a template of resources: type and properties."""
    return {
        "Resources": {
            name: {"Type": kind, "Properties": properties}
            for name, (kind, properties) in resources.items()
        }
    }


def imported(tmp_path, data: object, name: str = "app.json", **options: object):
    """Import one template."""
    file = tmp_path / name
    file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    given = {"account": "111122223333", "region": "eu-west-1", **options}
    return import_sources([str(file)], options=SourceOptions(**given))


def test_parameters_exports_and_the_stack_name_come_from_outside(tmp_path):
    """What the user says takes the place of what is not known."""
    data = template(
        User=(
            "AWS::IAM::User",
            {"ManagedPolicyArns": [{"Ref": "Arn"}, {"Fn::ImportValue": "policy"}]},
        )
    ) | {"Parameters": {"Arn": {"Type": "String"}}}
    arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"]
    found = imported(
        tmp_path, data, parameters={"Arn": arns[0]}, exports={"policy": arns[1]}, stack="mine"
    )
    assert found.remarks == ()
    assert found.data["accounts"]["111122223333"]["users"]["mine-User"]["policies"] == arns
    without = imported(tmp_path, data)
    assert [remark.message for remark in without.remarks] == [
        "`ManagedPolicyArns` depends on `Fn::ImportValue: policy`",
        "`ManagedPolicyArns` depends on the parameter `Arn`",
    ]


def test_an_account_that_nobody_names_is_remarked(tmp_path):
    """Placeholders stand for account and region, and are said to."""
    data = template(Queue=("AWS::SQS::Queue", {"Tags": [{"Key": "a", "Value": "b"}]}))
    found = imported(tmp_path, data, account=None, region=None)
    assert [remark.code for remark in found.remarks] == ["account-unknown", "region-unknown"]
    [arn] = found.data["accounts"]["000000000000"]["resources"]
    assert arn == "arn:aws:sqs:us-east-1:000000000000:app-Queue"


def test_the_output_of_get_template_is_a_template(tmp_path):
    """`aws cloudformation get-template` prints the template inside of its output."""
    user = "{Type: AWS::IAM::User, Properties: {UserName: !Sub 'u-${AWS::Region}'}}"
    body = f"Resources:\n  User: {user}\n"
    found = imported(tmp_path, {"TemplateBody": body, "StagesAvailable": ["Original"]})
    assert list(found.data["accounts"]["111122223333"]["users"]) == ["u-eu-west-1"]


def test_the_identity_provider_of_the_cdk_is_a_custom_resource(tmp_path):
    """`iam.OpenIdConnectProvider` makes the provider by a function; `Ref` gives its ARN."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": {"Ref": "Provider"}},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    data = template(
        Provider=(
            "Custom::AWSCDKOpenIdConnectProvider",
            {"Url": "https://token.actions.githubusercontent.com", "CodeHash": "8f"},
        ),
        Role=(
            "AWS::IAM::Role",
            {"RoleName": "deploy", "AssumeRolePolicyDocument": {"Statement": [trust]}},
        ),
    )
    found = imported(tmp_path, data)
    account = found.data["accounts"]["111122223333"]
    arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    assert found.remarks == ()
    assert account["providers"] == [arn]
    [statement] = account["roles"]["deploy"]["trust"]["Statement"]
    assert statement["Principal"] == {"Federated": arn}


def test_short_forms_keep_their_anchors():
    """A tagged value that is repeated is repeated with its tag."""
    data = parse_yaml("a: &x !Sub '${A}'\nb: *x\nc: !GetAtt A.B.C\n", "t.yaml")
    assert data == {
        "a": {"Fn::Sub": "${A}"},
        "b": {"Fn::Sub": "${A}"},
        "c": {"Fn::GetAtt": ["A", "B.C"]},
    }


def test_other_tags_are_refused():
    """A tag that CloudFormation does not know is an error, as in every other file."""
    with pytest.raises(WorldError, match="the YAML tag `!Shell` is not allowed"):
        parse_yaml("a: !Shell x\n", "t.yaml")


def test_a_manifest_alone_brings_its_stacks(tmp_path):
    """Of a CDK folder the manifest is enough; stacks of one account see each other's exports."""
    role = template(
        Role=(
            "AWS::IAM::Role",
            {"AssumeRolePolicyDocument": {}, "ManagedPolicyArns": [{"Fn::ImportValue": "p"}]},
        )
    )
    policy = template(
        Policy=(
            "AWS::IAM::ManagedPolicy",
            {
                "PolicyDocument": {
                    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
                }
            },
        )
    ) | {"Outputs": {"P": {"Value": {"Ref": "Policy"}, "Export": {"Name": "p"}}}}
    artifacts = {}
    for name, data in {"A": role, "B": policy}.items():
        (tmp_path / f"{name}.template.json").write_text(json.dumps(data))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://444455556666/eu-west-1",
            "properties": {"templateFile": f"{name}.template.json", "stackName": f"stack-{name}"},
        }
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    found = import_sources([str(manifest)])
    account = found.data["accounts"]["444455556666"]
    assert account["roles"]["stack-A-Role"]["policies"] == ["stack-B-Policy"]
    assert import_sources([str(tmp_path)]).data == found.data


def test_sam_policies_of_every_form():
    """Names, ARNs, templates, documents, choices, and what is none of these."""
    said: list[str] = []
    document = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    found = expand_policies(
        "P",
        [
            "AWSLambdaBasicExecutionRole",
            "NotOfAws",
            {"Ref": "Arn"},
            document,
            {"Fn::If": ["C", document, {"Ref": "AWS::NoValue"}]},
            {"SQSPollerPolicy": {}},
            {"NoSuchTemplate": {}},
            3,
        ],
        lambda code, message: said.append(f"{code}: {message}"),
    )
    managed = "arn:${AWS::Partition}:iam::aws:policy"
    assert found.managed == [
        {"Fn::Sub": f"{managed}/service-role/AWSLambdaBasicExecutionRole"},
        {"Fn::Sub": f"{managed}/NotOfAws"},
        {"Ref": "Arn"},
    ]
    assert found.inline[0] == {"PolicyDocument": document, "PolicyName": "P3"}
    assert found.inline[1] == {
        "Fn::If": [
            "C",
            {"PolicyDocument": document, "PolicyName": "P4"},
            {"Ref": "AWS::NoValue"},
        ]
    }
    assert said == [
        "not-expanded: the policy template `SQSPollerPolicy` lacks `QueueName`",
        "not-expanded: the policy `NoSuchTemplate` is none that SAM knows",
        "not-expanded: the policy `3` is none that SAM knows",
    ]


def test_what_sam_makes_and_is_not_modelled_is_remarked(tmp_path):
    """Connectors, nested applications and events of other types."""
    data = template(
        App=("AWS::Serverless::Application", {}),
        Link=("AWS::Serverless::Connector", {}),
        Fn=("AWS::Serverless::Function", {"Events": {"A": {"Type": "AlexaSkill"}}}),
    ) | {"Transform": ["AWS::Serverless-2016-10-31", "My::Macro"]}
    data["Resources"]["Fn"]["Connectors"] = {}
    found = imported(tmp_path, data)
    assert [remark.message for remark in found.remarks] == [
        "`AWS::Serverless::Application` is not expanded",
        "`Connectors` are not expanded",
        "the event `A` of type `AlexaSkill` is not expanded",
        "`AWS::Serverless::Connector` is not expanded",
        "the transform `My::Macro` is not applied",
    ]
    assert list(found.data["accounts"]["111122223333"]["roles"]) == ["app-FnRole"]


STATEMENT = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


@pytest.mark.parametrize(
    "statements",
    [
        [[STATEMENT]],
        [[[STATEMENT]]],
        [STATEMENT, [STATEMENT]],
        [[{"Ref": "NotGiven"}]],
        [[{"Fn::If": ["Open", STATEMENT, {"Ref": "AWS::NoValue"}]}]],
        {"Fn::If": ["Open", [[STATEMENT]], [STATEMENT]]},
    ],
)
def test_statements_in_a_list_too_many_are_not_known(statements, tmp_path):
    """Once a crash: such a policy can't be stored, and what it would deny is not known."""
    policy = {"Version": "2012-10-17", "Statement": statements}
    template = {
        "Parameters": {"NotGiven": {"Type": "String"}},
        "Conditions": {"Open": {"Fn::Equals": [{"Ref": "NotGiven"}, "x"]}},
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "r",
                    "AssumeRolePolicyDocument": policy,
                    "Policies": [{"PolicyName": "p", "PolicyDocument": policy}],
                },
            },
            "Stored": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"Bucket": "b", "PolicyDocument": policy},
            },
        },
    }
    (tmp_path / "t.json").write_text(json.dumps(template), "utf-8")
    found = import_sources(
        [str(tmp_path / "t.json")], options=SourceOptions(account="111122223333")
    )
    (tmp_path / "w.json").write_text(json.dumps(found.data), "utf-8")
    world = CompiledWorld(load_world(tmp_path / "w.json"))
    assert {unknown.use for unknown in world.unknowns()} == {
        PolicyType.TRUST,
        PolicyType.IDENTITY,
        PolicyType.RESOURCE,
    }


def test_a_nested_stack_without_its_template_and_one_inside_itself(tmp_path):
    """What is not at hand is remarked; a template inside itself ends."""
    data = template(
        Again=("AWS::CloudFormation::Stack", {"TemplateURL": "app.json"}),
        Far=("AWS::CloudFormation::Stack", {"TemplateURL": "https://example.com/x.json"}),
        User=("AWS::IAM::User", {}),
    )
    found = imported(tmp_path, data)
    users = found.data["accounts"]["111122223333"]["users"]
    assert {"app-User", "app-Again-User"} <= users.keys()
    assert {remark.code for remark in found.remarks} == {"nested-template-missing"}
    data = template(Child=("AWS::CloudFormation::Stack", {"TemplateURL": "app.json"}))
    (tmp_path / "outer.json").write_text(json.dumps(data))
    found = import_sources([str(tmp_path)], options=SourceOptions(account="111122223333"))
    users = found.data["accounts"]["111122223333"]["users"]
    assert "outer-Child-User" in users
    assert "app-User" not in users


X = {"unknown": "it depends on `x`", "source": "`x`"}
REPORTED = [
    (Unknown("`x`"), X, ["the policy is not known: it depends on `x`"]),
    (
        "{",
        {"unknown": "what stands in its place is not JSON"},
        ["the policy is not JSON: it is not known"],
    ),
    (
        [],
        {"unknown": "what stands in its place is no JSON object"},
        ["the policy is not a JSON object: it is not known"],
    ),
    (
        {"Version": Unknown("`x`"), "Statement": []},
        X,
        ["the policy is not known: its `Version` is `x`"],
    ),
    (
        {"Id": Unknown("`x`"), "Statement": [Unknown("`x`"), "text"]},
        {"Statement": [X, "text"]},
        ["`Id` is left out: it depends on `x`", "statement 0 is not known: it depends on `x`"],
    ),
    (
        {"Statement": {"Sid": Unknown("`x`"), "Effect": "Allow", "Action": "s3:*"}},
        {"Statement": [{"Effect": "Allow", "Action": "s3:*"}]},
        [],
    ),
    (
        {"Statement": {"Sid": "A", "Effect": "Deny", "Principal": {"AWS": [Unknown("`x`"), "a"]}}},
        {"Statement": [{"Sid": "A", "Effect": "Deny", "Principal": {"AWS": [X, "a"]}}]},
        ["the statement `A` (Deny): its Principal is not known in whole: it depends on `x`"],
    ),
    (
        {"Statement": {"Effect": "Allow", "Resource": Unknown("`x`")}},
        {"Statement": [{"Effect": "Allow", "Resource": X}]},
        ["statement 0 (Allow): its Resource is not known in whole: it depends on `x`"],
    ),
]


@pytest.mark.parametrize(("value", "kept", "messages"), REPORTED)
def test_what_is_not_known_of_a_policy_is_marked(value, kept, messages):
    """Every part stays where it is, with why it is not known."""
    said: list[str] = []
    assert settle_document(value, lambda _code, message: said.append(message)) == kept
    assert said == messages


def test_a_resource_without_a_type_may_bear_on_all_others(tmp_path):
    """What can't be read may be a policy of all that can: each has an unknown one besides."""
    data = template(
        Badge=(3, {}),
        User=("AWS::IAM::User", {"UserName": "mia", "ManagedPolicyArns": [READ]}),
        Topic=("AWS::SNS::Topic", {"TopicName": "news"}),
        Policy=("AWS::SNS::TopicPolicy", {"Topics": [{"Ref": "Topic"}], "PolicyDocument": ALLOW}),
    )
    found = imported(tmp_path, data).data
    doubt = {"unknown": "`Badge` of the template can't be read", "source": "app.json"}
    account = found["accounts"]["111122223333"]
    assert account["users"]["mia"]["policies"] == [READ, doubt]
    topic = account["resources"]["arn:aws:sns:eu-west-1:111122223333:news"]
    assert topic["policy"]["Statement"] == [*ALLOW["Statement"], doubt]
    assert found["unlisted"] == [
        {
            "unknown": "a record can't be read: this resource has no type (Resources.Badge)",
            "source": "app.json",
        }
    ]


def test_resources_that_do_not_have_the_form_of_their_type(tmp_path):
    """Each is remarked or left out, and the others stay."""
    data = template(
        Alarm=("AWS::CloudWatch::Alarm", {}),
        Bus=("AWS::Events::EventBus", {"Name": "b", "Policy": {"Statement": ["x"]}}),
        Child=("AWS::S3::BucketPolicy", {"PolicyDocument": {}}),
        Half=("AWS::Lambda::Permission", {"FunctionName": "f"}),
        Lost=("AWS::SQS::QueuePolicy", {"Queues": ["not a url"], "PolicyDocument": {}}),
        Odd=("AWS::SNS::TopicPolicy", {"Topics": ["arn:x"], "PolicyDocument": {}}),
        Plain=("AWS::IAM::RolePolicy", {"PolicyName": "p"}),
        User=("AWS::IAM::User", {"Tags": {"a": "b"}, "Policies": {"Ref": "None"}}),
        Table=(
            "AWS::DynamoDB::GlobalTable",
            {
                "TableName": "t",
                "Replicas": [
                    {
                        "Region": "us-east-1",
                        "ResourcePolicy": {"PolicyDocument": {"Statement": []}},
                    },
                    {"Region": "eu-west-1", "ResourcePolicy": {"PolicyDocument": ALLOW}},
                ],
            },
        ),
    ) | {"Parameters": {"None": {"Type": "String"}}}
    found = imported(tmp_path, data)
    account = found.data["accounts"]["111122223333"]
    assert account["users"]["app-User"]["tags"] == {"a": "b"}
    table = account["resources"]["arn:aws:dynamodb:eu-west-1:111122223333:table/t"]
    assert table["policy"] == ALLOW
    assert [(remark.place, remark.code) for remark in found.remarks] == [
        ("Resources.Child", "record-not-readable"),
        ("Resources.Half", "incomplete"),
        ("Resources.Lost", "not-an-arn"),
        ("Resources.Odd", "not-an-arn"),
        ("Resources.Plain", "record-not-readable"),
        ("Resources.User", "unknown-value"),
    ]


READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ALLOW = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}
    ]
}


def test_an_archive_of_a_cdk_folder(tmp_path):
    """Inside of an archive stacks, environments and nested stacks are found as in a folder."""
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as archive:
        for file in sorted(CDK.rglob("*.json")):
            archive.write(file, file.relative_to(CDK).as_posix())
    assert import_sources([str(tmp_path / "out.zip")]).data == import_sources([str(CDK)]).data


def test_limits_that_are_not_known_are_marked(tmp_path):
    """A boundary or an endpoint policy that is not known is marked, and remarked."""
    missing = {"Fn::ImportValue": "missing"}
    data = template(
        User=("AWS::IAM::User", {"PermissionsBoundary": missing}),
        Endpoint=("AWS::EC2::VPCEndpoint", {"PolicyDocument": missing}),
    )
    found = imported(tmp_path, data)
    account = found.data["accounts"]["111122223333"]
    lost = "it depends on `Fn::ImportValue: missing`"
    assert account["users"]["app-User"]["boundary"]["unknown"] == lost
    assert account["vpc_endpoints"]["app-Endpoint"]["policy"]["unknown"] == lost
    assert {remark.code for remark in found.remarks} == {"unknown-value"}


@pytest.mark.parametrize(
    ("kind", "properties", "message"),
    [
        (
            "AWS::Transfer::User",
            {"Policy": json.dumps(ALLOW), "Notes": '"Statement" and "Effect", in words'},
            "no reader takes policies of `AWS::Transfer::User`: `Policy` is left out",
        ),
        (
            "Custom::Thing",
            {"Deep": [{"Policies": [ALLOW]}]},
            "no reader takes policies of `Custom::Thing`: `Deep[0].Policies[0]` is left out",
        ),
        (
            "AWS::RAM::ResourceShare",
            {"Name": "share"},
            "which actions a share gives is not in it",
        ),
    ],
)
def test_a_policy_that_no_reader_takes_is_remarked(kind, properties, message, tmp_path):
    """By the form of a policy, or by the row of a type that gives access otherwise."""
    found = imported(tmp_path, template(One=(kind, properties)))
    assert [(remark.code, remark.message) for remark in found.remarks] == [
        ("policy-not-read", message)
    ]
    unmade = template(One=(kind, properties))
    unmade["Conditions"] = {"No": {"Fn::Equals": ["a", "b"]}}
    unmade["Resources"]["One"]["Condition"] = "No"
    assert imported(tmp_path, unmade).remarks == ()


def test_the_policy_of_an_api_of_sam_is_remarked(tmp_path):
    """SAM writes one from lists of accounts, addresses and endpoints."""
    data = template(Api=("AWS::Serverless::Api", {"Auth": {"ResourcePolicy": {}}}))
    data["Transform"] = "AWS::Serverless-2016-10-31"
    assert [remark.code for remark in imported(tmp_path, data).remarks] == ["not-expanded"]


def test_the_policy_of_a_stream_stands_with_its_table(tmp_path):
    """AWS names the stream after the time at which it makes it."""
    policy = {"ResourcePolicy": {"PolicyDocument": ALLOW}}
    data = template(
        Table=("AWS::DynamoDB::Table", {"TableName": "t", "StreamSpecification": policy}),
        Group=("AWS::Logs::LogGroup", {"LogGroupName": "g", "ResourcePolicyDocument": ALLOW}),
    )
    found = imported(tmp_path, data)
    resources = found.data["accounts"]["111122223333"]["resources"]
    stream = "arn:aws:dynamodb:eu-west-1:111122223333:table/t/stream/1970-01-01T00:00:00.000"
    assert resources[stream]["policy"] == ALLOW
    assert [remark.code for remark in found.remarks] == ["name-unknown"]


def test_what_a_share_gives_is_marked(tmp_path):
    """AWS RAM lets accounts or an organization do what its permission says."""
    table = "arn:aws:dynamodb:eu-west-1:111122223333:table/t"
    bus = "arn:aws:events:eu-west-1:111122223333:event-bus/b"
    organization = "arn:aws:organizations::111122223333:organization/o-abcdefghij"
    share = "AWS::RAM::ResourceShare"
    data = template(
        Accounts=(share, {"ResourceArns": [table, "x"], "Principals": ["444455556666"]}),
        Organization=(share, {"ResourceArns": [bus], "Principals": [organization]}),
    )
    resources = imported(tmp_path, data).data["accounts"]["111122223333"]["resources"]
    [statement] = resources[table]["policy"]["Statement"]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::444455556666:root"]}
    assert "unknown" in statement["Action"]
    [statement] = resources[bus]["policy"]["Statement"]
    assert "unknown" in statement["Principal"]


def test_a_policy_among_several_that_is_not_known_is_marked(tmp_path):
    """Statements of a bus may come from several resources: one that is not known is marked."""
    missing = {"Fn::ImportValue": "missing"}
    data = template(
        Bus=("AWS::Events::EventBus", {"Name": "b", "Policy": missing}),
        More=(
            "AWS::Events::EventBusPolicy",
            {"EventBusName": "b", "Statement": ALLOW["Statement"][0]},
        ),
        Layer=(
            "AWS::Lambda::LayerVersionPermission",
            {
                "Action": "lambda:GetLayerVersion",
                "LayerVersionArn": "arn:aws:lambda:eu-west-1:111122223333:layer:l:1",
                "Principal": missing,
            },
        ),
        Lost=("AWS::Lambda::Permission", {"FunctionName": missing, "Principal": "*"}),
        Nobody=("AWS::Signer::ProfilePermission", {"ProfileName": missing, "Action": "a"}),
        Profile=(
            "AWS::Signer::ProfilePermission",
            {"ProfileName": "p", "Action": missing, "Principal": "444455556666"},
        ),
    )
    found = imported(tmp_path, data)
    resources = found.data["accounts"]["111122223333"]["resources"]
    home = "eu-west-1:111122223333"
    first, second = resources[f"arn:aws:events:{home}:event-bus/b"]["policy"]["Statement"]
    assert "unknown" in first
    assert second == ALLOW["Statement"][0]
    layer, lost = resources[f"arn:aws:lambda:{home}:layer:l:1"]["policy"]["Statement"]
    assert "unknown" in layer["Principal"]
    assert lost["Action"] == "lambda:InvokeFunction"  # on what is not known
    assert "unknown" in lost["Condition"]["Bool"]
    [profile] = resources[f"arn:aws:signer:{home}:/signing-profiles/p"]["policy"]["Statement"]
    assert "unknown" in profile["Action"]
    assert {remark.code for remark in found.remarks} == {"incomplete", "unknown-value"}
