"""A property under a name that is one slip of the keyboard away from one that is read is not known:
what it denies may be denied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from iamsim.importers.frame import import_sources
from iamsim.importers.misspelt import Misspelt, Properties, find_misspelt
from iamsim.importers.shapes import account_of_path
from tests.property.damage import (
    Damage,
    damaged_world,
    files_of,
    opened_by,
    questions_of,
    renamed,
    replaced,
    slip_of,
)

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = "tests/data/imports/denials/template"
ORGANIZATION = "corpus/imports/cloudformation/organization/source"
PLAN = "tests/data/imports/denials/plan"
CALLS = "tests/data/imports/denials/calls"
OUTPUTS = "tests/data/imports/denials/outputs"
COLLECTED = "tests/data/imports/denials/collected"
OF_REGION = "111122223333/eu-west-1"
USERS = "iam-data/aws/aws/accounts/111122223333/iam/user"
STATE = "corpus/imports/terraform/organization/source"
CASES = [
    (TEMPLATE, "app.json", "Resources.Mia.Properties"),
    (TEMPLATE, "app.json", "Resources.Mia.Properties.UserName"),
    (TEMPLATE, "app.json", "Resources.Mia.Properties.Groups"),
    (TEMPLATE, "app.json", "Resources.Leo.Properties.PermissionsBoundary"),
    (TEMPLATE, "app.json", "Resources.Devs.Properties.Policies"),
    (TEMPLATE, "app.json", "Resources.NoUsers.Properties.Roles"),
    (TEMPLATE, "app.json", "Resources.NoKeys.Properties.Users"),
    (TEMPLATE, "app.json", "Resources.Key.Properties.KeyPolicy"),
    (TEMPLATE, "app.json", "Resources.JobsPolicy.Properties.Queues"),
    (TEMPLATE, "app.json", "Resources.JobsPolicy.Properties.PolicyDocument"),
    (ORGANIZATION, "template.json", "Resources.NoUsers.Properties.TargetIds"),
    (PLAN, "plan.json", "resource_changes.1.change.after.permissions_boundary"),
    (PLAN, "plan.json", "resource_changes.18.change.after.policy"),
    (STATE, "state.json", "values.root_module"),
    (STATE, "state.json", "values.root_module.resources"),
    (STATE, "state.json", "values.root_module.resources.2.values.id"),
    (STATE, "state.json", "values.root_module.resources.2.values.parent_id"),
    (CALLS, "111122223333/get-role.app.json", "Role.PermissionsBoundary"),
    (CALLS, "111122223333/get-user.mia.json", "User.PermissionsBoundary"),
    (CALLS, "111122223333/get-user.mia.json", "User.Tags"),
    (OUTPUTS, f"{OF_REGION}/get-queue-attributes.jobs.json", "Attributes"),
    (OUTPUTS, f"{OF_REGION}/get-queue-attributes.jobs.json", "Attributes.Policy"),
    (OUTPUTS, f"{OF_REGION}/get-resource-policy.secret.json", "ResourcePolicy"),
    (OUTPUTS, "111122223333/get-bucket-tagging.tagged.json", "TagSet.0.Value"),
    (COLLECTED, f"{USERS}/leo/metadata.json", "permissionBoundary"),
]
EMPTY = [
    (TEMPLATE, "app.json", "Resources.Mia.Properties.UserName", ""),
    (TEMPLATE, "app.json", "Resources.JobsPolicy.Properties.Queues", []),
]


def path_of(place: str) -> tuple[str | int, ...]:
    """The steps of a place."""
    return tuple(int(step) if step.isdigit() else step for step in place.split("."))


@pytest.mark.parametrize(("sample", "file", "place"), CASES)
def test_a_misspelt_name_opens_nothing(sample: str, file: str, place: str) -> None:
    """No denial of the sample becomes a clean *allowed*."""
    path = path_of(place)
    data = renamed(
        json.loads(files_of(sample)[file]),
        path,
        slip_of(str(path[-1])) if len(str(path[-1])) > 3 else f"{path[-1]}z",
    )
    holds_denials(sample, file, data)


@pytest.mark.parametrize(("sample", "file", "place", "value"), EMPTY)
def test_what_cloudformation_refuses_to_be_empty_was_lost(
    sample: str, file: str, place: str, value: object
) -> None:
    """A policy of no queue, or of nobody, may be that of any."""
    holds_denials(sample, file, replaced(json.loads(files_of(sample)[file]), path_of(place), value))


def holds_denials(sample: str, file: str, data: Any) -> None:
    """Import a sample with another file, which opens nothing."""
    world = damaged_world(sample, Damage(file, json.dumps(data).encode(), ""))
    assert world is not None
    assert opened_by(world, questions_of(sample)) is None


def test_an_inline_policy_of_nobody_may_be_that_of_anybody(tmp_path: Path) -> None:
    """IAM has no inline policy that belongs to nobody; a managed policy may be attached to none."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*"}]}
    resources = {
        "Mia": {"Type": "AWS::IAM::User", "Properties": {"UserName": "mia"}},
        "No": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyName": "no", "PolicyDocument": document, "Users": []},
        },
    }
    (tmp_path / "app.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    found = import_sources([str(tmp_path)])
    assert "unknown" in json.dumps(found.data["accounts"]["000000000000"]["users"]["mia"])


def test_a_permission_with_a_misspelt_condition_is_not_open(tmp_path: Path) -> None:
    """What would narrow it down is not known."""
    permission = {
        "FunctionName": "job",
        "Principal": "s3.amazonaws.com",
        "Action": "lambda:InvokeFunction",
        "SourceAcount": "111122223333",
    }
    resources = {"Open": {"Type": "AWS::Lambda::Permission", "Properties": permission}}
    (tmp_path / "app.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    found = import_sources([str(tmp_path)])
    assert "`SourceAcount`, which may be `SourceAccount` misspelt" in json.dumps(found.data)
    assert "unknown-value" in {remark.code for remark in found.remarks}


def test_settings_of_public_access_are_not_absent_when_they_are_misspelt(tmp_path: Path) -> None:
    """Neither in a template nor in a configuration in HCL."""
    block = {"BlockPublicPolcy": True, "BlockPublicAcls": True}
    bucket = {"BucketName": "b1", "PublicAccessBlockConfiguration": block}
    resources = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": bucket}}
    (tmp_path / "app.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    block_of_b2 = """
        resource "aws_s3_bucket" "b2" { bucket = "b2" }
        resource "aws_s3_bucket_public_access_block" "b2" {
          bucket              = "b2"
          block_public_polcy  = true
          block_public_acls   = true
        }
    """
    (tmp_path / "main.tf").write_text(block_of_b2, encoding="utf-8")
    resources_of = import_sources([str(tmp_path)]).data["accounts"]["000000000000"]["resources"]
    for name in ("b1", "b2"):
        assert "unknown" in resources_of[f"arn:aws:s3:::{name}"]["public_access_block"], name


def test_a_misspelt_type_may_be_the_one_that_is_meant(tmp_path: Path) -> None:
    """Who is in a group is not known then."""
    resources = {
        "Mia": {"Type": "AWS::IAM::User", "Properties": {"UserName": "mia"}},
        "In": {
            "Type": "AWS::IAM::UserToGroupAdition",
            "Properties": {"GroupName": "devs", "Users": ["mia"]},
        },
    }
    (tmp_path / "app.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    found = import_sources([str(tmp_path)])
    user = found.data["accounts"]["000000000000"]["users"]["mia"]
    assert "AWS::IAM::UserToGroupAddition" in json.dumps(user["policies"])


@pytest.mark.parametrize("kind", ["aws_iam_role_polcy", "aws_foo_policy"])
def test_a_policy_of_a_type_that_a_configuration_misspells_is_not_lost(
    tmp_path: Path, kind: str
) -> None:
    """Terraform refuses it; what it denies may be denied until somebody mends it."""
    deny = 'jsonencode({Version = "2012-10-17", Statement = [{Effect = "Deny", Action = "s3:*",'
    (tmp_path / "main.tf").write_text(
        f"""
        resource "aws_iam_role" "app" {{
          name               = "app"
          assume_role_policy = file("trust.json")
        }}
        resource "aws_iam_role_policy_attachment" "app" {{
          role       = aws_iam_role.app.name
          policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
        }}
        resource "{kind}" "app" {{
          role   = aws_iam_role.app.name
          policy = {deny} Resource = "*"}}]}})
        }}
        """,
        encoding="utf-8",
    )
    found = import_sources([str(tmp_path)])
    said = [remark.message for remark in found.remarks if "main.tf" in remark.source]
    assert any(f"no reader takes policies of `{kind}`: `policy` is left out" in one for one in said)
    role = found.data["accounts"]["000000000000"]["roles"]["app"]
    doubted = "aws_iam_role_policy` misspelt" in json.dumps(role)
    assert doubted is (kind != "aws_foo_policy")
    assert any("misspelt" in one for one in said) is doubted


def test_an_item_whose_arn_is_broken_may_be_any_resource(tmp_path: Path) -> None:
    """A bucket without a policy as well: whose it is told who may come to it."""
    item = {
        "configurationItemStatus": "OK",
        "awsAccountId": "444455556666",
        "awsRegion": "eu-west-1",
        "resourceType": "AWS::S3::Bucket",
        "configuration": {"name": "archive"},
    }
    file = tmp_path / "snapshot.json"
    for arn, lost in ((["x"], True), ("archive", True), ("arn:aws:s3:::archive", False)):
        snapshot = {"fileVersion": "1.0", "configurationItems": [item | {"ARN": arn}]}
        file.write_text(json.dumps(snapshot), encoding="utf-8")
        assert ("unlisted" in import_sources([str(tmp_path)]).data) is lost, arn


def test_a_policy_of_a_bucket_that_nothing_names_may_be_of_any(tmp_path: Path) -> None:
    """Of one that the configuration does not make, too."""
    deny = 'jsonencode({Version = "2012-10-17", Statement = [{Effect = "Deny", Principal = "*",'
    (tmp_path / "main.tf").write_text(
        f"""
        resource "aws_s3_bucket_policy" "of" {{
          bucket = local.nowhere
          policy = {deny} Action = "s3:*", Resource = "*"}}]}})
        }}
        """,
        encoding="utf-8",
    )
    [lost] = import_sources([str(tmp_path)]).data["unlisted"]
    assert "s3" in lost["services"]


def test_an_output_without_the_key_of_its_call_is_lost(tmp_path: Path) -> None:
    """What AWS RAM wrote may be anything then; an empty list is one, and a broken entry another."""
    file = tmp_path / "111122223333/get-resource-policies.json"
    file.parent.mkdir()
    for told, lost in (('{"policeis": []}', True), ('{"policies": []}', False)):
        file.write_text(told, encoding="utf-8")
        (tmp_path / "list-users.json").write_text('{"Users": []}', encoding="utf-8")
        assert ("unlisted" in import_sources([str(tmp_path)]).data) is lost, told


def test_an_id_of_a_key_names_no_account() -> None:
    """Its last part may have twelve digits; the folder says the account."""
    path = "111122223333/eu-west-1/get-key-policy.11111111-2222-3333-4444-555555555555.json"
    assert account_of_path(path) == "111122223333"
    assert account_of_path("dump-111122223333.json") == "111122223333"


def test_only_slips_of_the_keyboard_are_misspelt() -> None:
    """Other names that nobody reads are no properties that are read; short ones may be others."""
    assert find_misspelt("TargetIds", ["TargetIdz"]) == Misspelt(
        "`TargetIdz`, which may be `TargetIds` misspelt"
    )
    assert find_misspelt("StreamSpecification", ["KinesisStreamSpecification"]) is None
    assert find_misspelt("id", ["ip"]) is None
    assert Properties(Tags=1).get("Tags") == 1
    assert Properties(Tags=1).get("Path", "/") == "/"
