"""Whom snapshots are shared with: outputs of EC2 and RDS, Terraform, and what can't be read."""

from __future__ import annotations

import json

import pytest

from iamsim.importers.frame import SourceOptions, import_sources
from iamsim.world.load import load_world_data
from tests.unit.plans import imported, resource

ACCOUNT, PARTNER, OTHER = "111122223333", "777788889999", "444455556666"
VOLUME = "arn:aws:ec2:eu-west-1::snapshot/snap-0123456789abcdef0"
DATABASE = f"arn:aws:rds:eu-west-1:{ACCOUNT}:snapshot:night"
IMAGE = "arn:aws:ec2:eu-west-1::image/ami-1"
CLUSTER = f"arn:aws:rds:eu-west-1:{ACCOUNT}:cluster-snapshot:night"
EBS = {
    "SnapshotId": "snap-0123456789abcdef0",
    "CreateVolumePermissions": [{"UserId": PARTNER}, {"Group": "all"}],
}
RDS = {
    "DBSnapshotAttributesResult": {
        "DBSnapshotIdentifier": "night",
        "DBSnapshotAttributes": [{"AttributeName": "restore", "AttributeValues": [PARTNER]}],
    }
}
AURORA = {
    "DBClusterSnapshotAttributesResult": {
        "DBClusterSnapshotIdentifier": "night",
        "DBClusterSnapshotAttributes": [
            {"AttributeName": "restore", "AttributeValues": ["all"]},
            {"AttributeName": "other", "AttributeValues": ["x"]},
        ],
    }
}


def read(tmp_path, data, folder=f"{ACCOUNT}/eu-west-1", name="a.json", **options):
    """Import one file in a folder named after account and region."""
    path = tmp_path / folder
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(json.dumps(data))
    return import_sources([str(tmp_path)], options=SourceOptions(**options))


def shares(found):
    """The snapshots with the accounts, of all accounts."""
    return {
        (account, arn): resource.get("shared_with")
        for account, data in found.data.get("accounts", {}).items()
        for arn, resource in data.get("resources", {}).items()
    }


@pytest.mark.parametrize(
    ("data", "arn", "shared"),
    [
        (EBS, VOLUME, [PARTNER, "all"]),
        (RDS, DATABASE, [PARTNER]),
        (AURORA, CLUSTER, ["all"]),
        ({"DBSnapshots": [{"DBSnapshotArn": DATABASE}]}, DATABASE, None),
        ({"DBClusterSnapshots": [{"DBClusterSnapshotArn": CLUSTER}]}, CLUSTER, None),
        ({"Snapshots": [{"SnapshotId": EBS["SnapshotId"], "OwnerId": ACCOUNT}]}, VOLUME, None),
        ({"SnapshotId": EBS["SnapshotId"], "CreateVolumePermissions": []}, VOLUME, []),
        (
            {"ImageId": "ami-1", "LaunchPermissions": [{"UserId": PARTNER}, {"Group": "all"}]},
            IMAGE,
            [PARTNER, "all"],
        ),
    ],
)
def test_outputs_of_the_calls(tmp_path, data, arn, shared):
    """Account and region are those of the folders; what is imported is a world."""
    found = read(tmp_path, data)
    assert shares(found) == {(ACCOUNT, arn): shared}
    assert found.remarks == ()
    resources = load_world_data(found.data).accounts[ACCOUNT].resources
    assert resources[arn].shared_with == tuple(shared or ())


def test_account_and_region_may_be_said(tmp_path):
    """By options, or by an ARN beside the output."""
    found = read(tmp_path, RDS, "somewhere", region="eu-west-1", account=ACCOUNT)
    assert shares(found) == {(ACCOUNT, DATABASE): [PARTNER]}
    found = read(tmp_path / "more", {"Arn": DATABASE, **RDS}, "somewhere")
    assert shares(found) == {(ACCOUNT, DATABASE): [PARTNER]}


@pytest.mark.parametrize("data", [EBS, RDS, {"DBSnapshots": [{}]}])
def test_what_nobody_says_is_remarked(tmp_path, data):
    """Without a region there is no ARN."""
    found = read(tmp_path, data, "somewhere")
    assert [remark.code for remark in found.remarks] == ["output-about-unknown"]


def test_one_bad_record_never_loses_the_rest(tmp_path):
    """What is no account is left out alone."""
    data = {**EBS, "CreateVolumePermissions": [{"UserId": "someone"}, {}, 7, {"UserId": PARTNER}]}
    found = read(tmp_path, data)
    assert shares(found) == {(ACCOUNT, VOLUME): [PARTNER]}
    assert [remark.code for remark in found.remarks] == ["record-not-readable"] * 3


def test_terraform_says_it_too(tmp_path):
    """A permission for each account, and the accounts of a snapshot of RDS."""
    volume = {"snapshot_id": EBS["SnapshotId"]}
    found = imported(
        tmp_path,
        [
            resource("aws_snapshot_create_volume_permission.a", {**volume, "account_id": PARTNER}),
            resource("aws_snapshot_create_volume_permission.b", {**volume, "account_id": OTHER}),
            resource(
                "aws_db_snapshot.a", {"db_snapshot_identifier": "night", "shared_accounts": ["all"]}
            ),
            resource(
                "aws_rds_cluster_snapshot_copy.a",
                {"target_db_cluster_snapshot_identifier": "night", "shared_accounts": [PARTNER]},
            ),
            resource("aws_db_cluster_snapshot.b", {"db_cluster_snapshot_identifier": "own"}),
        ],
    )
    assert shares(found) == {
        (ACCOUNT, VOLUME): [OTHER, PARTNER],
        (ACCOUNT, DATABASE): ["all"],
        (ACCOUNT, CLUSTER): [PARTNER],
    }


def test_terraform_says_whom_images_are_shared_with(tmp_path):
    """An account or everybody; an organization is remarked."""
    image = {"image_id": "ami-1"}
    kind = "aws_ami_launch_permission"
    organization = "arn:aws:organizations::111122223333:organization/o-abcdefghij"
    found = imported(
        tmp_path,
        [
            resource(f"{kind}.a", {**image, "account_id": PARTNER}),
            resource(f"{kind}.b", {**image, "group": "all"}),
            resource(f"{kind}.c", {**image, "organization_arn": organization}),
        ],
    )
    assert shares(found) == {(ACCOUNT, IMAGE): [PARTNER, "all"]}
    assert [(remark.place, remark.code) for remark in found.remarks] == [
        (f"{kind}.c", "incomplete")
    ]


def test_terraform_says_what_is_not_known(tmp_path):
    """A snapshot that is made first has no id in a plan; an unknown account is left out alone."""
    found = imported(
        tmp_path,
        [
            resource(
                "aws_snapshot_create_volume_permission.a",
                {"account_id": PARTNER},
                {"snapshot_id": True},
            ),
            resource(
                "aws_db_snapshot.a",
                {"db_snapshot_identifier": "night", "shared_accounts": [PARTNER, None]},
                {"shared_accounts": [False, True]},
            ),
        ],
    )
    assert shares(found) == {(ACCOUNT, DATABASE): [PARTNER]}
    assert {remark.code for remark in found.remarks} == {"unknown-value"}
