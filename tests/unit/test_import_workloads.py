"""With which role something acts, in every form that says it; and what paths make of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from iamsim.catalog.resource_types import resource_types
from iamsim.importers.frame import import_sources
from iamsim.importers.options import SourceOptions

ACCOUNT, REGION = "111122223333", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/apps/worker"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/machines"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
INSTANCE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1"
TRUST = {"Version": "2012-10-17", "Statement": []}
DETAILS = {
    "RoleDetailList": [
        {
            "Arn": ROLE,
            "RoleName": "worker",
            "Path": "/apps/",
            "RoleId": "AROAIOSFODNN7EXAMPLE",
            "AssumeRolePolicyDocument": TRUST,
            "InstanceProfileList": [{"Arn": PROFILE, "InstanceProfileName": "machines"}],
        }
    ],
    "UserDetailList": [],
    "GroupDetailList": [],
    "Policies": [],
}
RUNNING = {
    "InstanceId": "i-1",
    "Placement": {"AvailabilityZone": "eu-west-1b"},
    "IamInstanceProfile": {"Arn": PROFILE, "Id": "AIPAIOSFODNN7EXAMPLE"},
    "Tags": [{"Key": "team", "Value": "blue"}],
}
ITEM = {
    "configurationItemStatus": "OK",
    "awsAccountId": ACCOUNT,
    "awsRegion": REGION,
    "tags": {},
}
CASES: dict[str, tuple[Any, str]] = {
    "list-functions": ({"Functions": [{"FunctionArn": FUNCTION, "Role": ROLE}]}, FUNCTION),
    "get-function": (
        {"Configuration": {"FunctionName": "f", "FunctionArn": FUNCTION, "Role": ROLE}},
        FUNCTION,
    ),
    "get-function-configuration": (
        {"FunctionName": "f", "FunctionArn": FUNCTION, "Role": ROLE},
        FUNCTION,
    ),
    "describe-instances": (
        {"Reservations": [{"OwnerId": ACCOUNT, "Instances": [RUNNING]}]},
        INSTANCE,
    ),
    "config-function": (
        {
            "configurationItems": [
                {
                    **ITEM,
                    "resourceType": "AWS::Lambda::Function",
                    "ARN": FUNCTION,
                    "configuration": {"functionName": "f", "role": ROLE},
                }
            ]
        },
        FUNCTION,
    ),
    "config-instance": (
        {
            "configurationItems": [
                {
                    **ITEM,
                    "resourceType": "AWS::EC2::Instance",
                    "ARN": INSTANCE,
                    "configuration": {"iamInstanceProfile": {"arn": PROFILE}},
                }
            ]
        },
        INSTANCE,
    ),
}
# Records of further services: the call, its output, and the rest of the ARN.
for call, output, arn in (
    (
        "batch-get-projects",
        {"projects": [{"arn": "codebuild:project/b", "serviceRole": ROLE}], "projectsNotFound": []},
        "codebuild:project/b",
    ),
    (
        "describe-state-machine",
        {"stateMachineArn": "states:stateMachine:m", "definition": "{}", "roleArn": ROLE},
        "states:stateMachine:m",
    ),
    (
        "describe-task-definition",
        {"taskDefinition": {"taskDefinitionArn": "ecs:task-definition/t:1", "taskRoleArn": ROLE}},
        "ecs:task-definition/t:1",
    ),
    (
        "describe-notebook-instance",
        {"NotebookInstanceArn": "sagemaker:notebook-instance/n", "RoleArn": ROLE},
        "sagemaker:notebook-instance/n",
    ),
    (
        "describe-stacks",
        {"Stacks": [{"StackId": "cloudformation:stack/s/1a2b", "RoleARN": ROLE}]},
        "cloudformation:stack/s/1a2b",
    ),
    (
        "get-environment",
        {"Environment": {"Arn": "airflow:environment/e", "ExecutionRoleArn": ROLE}},
        "airflow:environment/e",
    ),
    (
        "get-agent-runtime",
        {"agentRuntimeArn": "bedrock-agentcore:runtime/a-1", "roleArn": ROLE, "status": "READY"},
        "bedrock-agentcore:runtime/a-1",
    ),
    ("get-jobs", {"Jobs": [{"Name": "j", "Role": "worker"}]}, "glue:job/j"),
    (
        "get-dev-endpoint",
        {"DevEndpoint": {"EndpointName": "e", "RoleArn": ROLE}},
        "glue:devEndpoint/e",
    ),
    (
        "describe-job-definitions",
        {
            "jobDefinitions": [
                {
                    "jobDefinitionArn": "batch:job-definition/j:3",
                    "type": "multinode",
                    "nodeProperties": {
                        "nodeRangeProperties": [
                            {"targetNodes": "0:", "container": {"jobRoleArn": ROLE}}
                        ]
                    },
                }
            ]
        },
        "batch:job-definition/j:3",
    ),
    (
        "describe-service",
        {
            "Service": {
                "ServiceArn": "apprunner:service/web/1a2b",
                "InstanceConfiguration": {"Cpu": "1024", "InstanceRoleArn": ROLE},
            }
        },
        "apprunner:service/web/1a2b",
    ),
    (
        "list-apps",
        {"apps": [{"appArn": "amplify:apps/d1a2", "iamServiceRoleArn": ROLE}]},
        "amplify:apps/d1a2",
    ),
):
    service, _, rest = arn.partition(":")
    full = f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"
    CASES[call] = (json.loads(json.dumps(output).replace(f'"{arn}"', f'"{full}"')), full)


def imported(tmp_path: Any, sources: dict[str, Any]) -> Any:
    """Import sources beside the details of the account."""
    for name, data in sources.items():
        (tmp_path / name).write_text(json.dumps(data), encoding="utf-8")
    options = SourceOptions(account=ACCOUNT, region=REGION)
    return import_sources([str(tmp_path)], options=options)


def role_of(found: Any, arn: str) -> Any:
    """The role of a resource in what was imported."""
    return found.data["accounts"][ACCOUNT]["resources"][arn].get("role")


@pytest.mark.parametrize("name", CASES)
def test_outputs_and_items_say_the_role(tmp_path, name):
    """Calls and items of AWS Config name a role, or an instance profile that has one."""
    data, arn = CASES[name]
    found = imported(tmp_path, {"details.json": DETAILS, f"{name}.json": data})
    assert role_of(found, arn) == ROLE


def test_a_template_and_a_plan_say_the_role(tmp_path):
    """A template names a profile of its own, a plan the ARN of a role."""
    template = {
        "Resources": {
            "Worker": {
                "Type": "AWS::IAM::Role",
                "Properties": {"RoleName": "w", "AssumeRolePolicyDocument": TRUST},
            },
            "Machines": {
                "Type": "AWS::IAM::InstanceProfile",
                "Properties": {"InstanceProfileName": "own", "Roles": [{"Ref": "Worker"}]},
            },
            "Machine": {
                "Type": "AWS::EC2::Instance",
                "Properties": {"IamInstanceProfile": {"Ref": "Machines"}},
            },
            "Build": {
                "Type": "AWS::CodeBuild::Project",
                "Properties": {"Name": "b", "ServiceRole": {"Fn::GetAtt": ["Worker", "Arn"]}},
            },
        }
    }
    found = imported(tmp_path, {"template.json": template})
    resources = found.data["accounts"][ACCOUNT]["resources"]
    roles = {arn.split(":")[2]: resource["role"] for arn, resource in resources.items()}
    own = f"arn:aws:iam::{ACCOUNT}:role/w"
    assert roles == {"ec2": own, "codebuild": own}


def job_of(*roles):
    """A job definition of Terraform whose tasks have these roles."""
    tasks = [{"containers": [], "taskRoleArn": role} for role in roles]
    text = json.dumps(json.dumps({"taskProperties": tasks}))
    return (
        f'resource "aws_batch_job_definition" "j" {{\n  name = "j"\n  ecs_properties = {text}\n}}\n'
    )


@pytest.mark.parametrize(
    ("source", "role"),
    [
        (job_of(ROLE, ROLE), ROLE),
        (job_of(ROLE, ROLE.replace("worker", "other")), None),
        ('resource "aws_batch_job_definition" "j" {\n  container_propertes = "{}"\n}\n', None),
        ('resource "aws_batch_job_definition" "j" {\n  container_properties = var.x\n}\n', None),
        ('resource "aws_batch_job_definition" "j" {\n  container_properties = "none"\n}\n', ""),
    ],
)
def test_a_role_within_a_text_is_read_and_several_are_not_known(tmp_path, source, role):
    """Terraform writes parts of a job definition as JSON; `None`: which role it has is unknown."""
    (tmp_path / "details.json").write_text(json.dumps(DETAILS), encoding="utf-8")
    (tmp_path / "main.tf").write_text(source, encoding="utf-8")
    options = SourceOptions(account=ACCOUNT, region=REGION)
    found = import_sources([str(tmp_path)], options=options)
    resources = found.data["accounts"][ACCOUNT].get("resources", {})
    roles = [resource.get("role") for resource in resources.values()]
    if role:
        assert roles == [role]
    elif role is None:
        assert len(roles) == 1
        assert "unknown" in roles[0]
    else:
        assert roles in ([], [None])


def test_a_profile_that_nobody_tells_of_is_unknown(tmp_path):
    """No role is made up for it; the remark names the profile."""
    data, arn = CASES["describe-instances"]
    found = imported(tmp_path, {"describe-instances.json": data})
    assert "unknown" in role_of(found, arn)
    assert [remark.code for remark in found.remarks] == ["role-unknown"]
    assert "instance-profile/machines" in found.remarks[0].message


@pytest.mark.parametrize(
    "change",
    [
        {"Placement": {}},
        {"InstanceId": None},
        {"Placement": {"AvailabilityZone": "nowhere"}},
    ],
)
def test_an_instance_without_its_place_is_unreadable(tmp_path, change):
    """An instance whose ARN can't be told is lost, and that is said."""
    data = {"Reservations": [{"OwnerId": ACCOUNT, "Instances": [RUNNING | change]}]}
    found = imported(tmp_path, {"details.json": DETAILS, "describe-instances.json": data})
    assert "record-not-readable" in {remark.code for remark in found.remarks}


@pytest.mark.parametrize(
    "kind", [kind for kind in resource_types() if kind.runs_with], ids=lambda kind: kind.name
)
def test_each_kind_of_workload_has_its_role_in_templates_and_configurations(tmp_path, kind):
    """Whatever a row of the table names, both forms of infrastructure as code say."""
    role = PROFILE if kind.runs_with == ("IamInstanceProfile",) else ROLE
    names = re.sub("(?<=[a-z])(?=[A-Z])", "_", kind.runs_with[-1]).lower().split(".")
    body, properties = f'{names[-1]} = "{role}"', {}
    for name in reversed(names[:-1]):
        body = f"{name} {{\n  {body}\n}}"
    value: Any = role
    for name in reversed(kind.runs_with[0].split(".")):
        value = properties = {name: value}
    configuration = f'resource "{kind.terraform[0]}" "x" {{\n  {body}\n}}\n'
    resource = {"Type": kind.name, "Properties": properties}
    sources = {"template.json": {"Resources": {"X": resource}}, "main.tf": configuration}
    if kind.name == "AWS::CloudFormation::Stack":  # a nested one acts with the role of its parent
        del sources["template.json"]
    for name, source in sources.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "details.json").write_text(json.dumps(DETAILS), encoding="utf-8")
        text = source if isinstance(source, str) else json.dumps(source)
        (folder / name).write_text(text, encoding="utf-8")
        options = SourceOptions(account=ACCOUNT, region=REGION)
        found = import_sources([str(folder)], options=options)
        (workload,) = found.data["accounts"][ACCOUNT]["resources"].values()
        assert workload["role"] == ROLE
