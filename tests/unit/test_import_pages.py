"""A page of a listing that never came is unknown, whatever call it is of; one that came is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from iamsim.importers.frame import import_sources

if TYPE_CHECKING:
    from pathlib import Path

    from iamsim.importers.frame import Imported

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ENDPOINT = {
    "VpcEndpointId": "vpce-0123456789abcdef0",
    "VpcEndpointType": "Gateway",
    "ServiceName": "com.amazonaws.eu-west-1.s3",
    "OwnerId": ACCOUNT,
}
ANYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
WHOLE = json.dumps({"Version": "2012-10-17", "Statement": ANYTHING})
ROOTS = {"Roots": [{"Id": "r-ab12", "Name": "Root"}]}
TYPE = "SERVICE_CONTROL_POLICY"
MORE: dict[str, Any] = {"NextToken": "x"}
SET = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-2222222222222222"
UNKNOWN = '"unknown": "every page says'
# The file, the page, and what the world then says of it.
LISTS = {
    "policies": (
        f"list-policies.{TYPE}.json",
        {"Policies": []},
        f'"scps": ["FullAWSAccess", {{{UNKNOWN}',
    ),
    "policies of a target": (
        f"list-policies-for-target.{ACCOUNT}.{TYPE}.json",
        {"Policies": []},
        f'"scps": [{{{UNKNOWN}',
    ),
    "administrators": (
        "list-delegated-administrators.json",
        {"DelegatedAdministrators": []},
        f'"delegated_administrators": {{{UNKNOWN}',
    ),
    "endpoints": (
        "describe-vpc-endpoints.json",
        {"VpcEndpoints": [{**ENDPOINT, "PolicyDocument": WHOLE}]},
        '"kinds": ["endpoints"]',
    ),
    "grants": (
        "grants.json",
        {"Grants": [{"KeyId": KEY, "GranteePrincipal": KEY, "Operations": ["Decrypt"]}]},
        f'"grants": {{{UNKNOWN}',
    ),
    "policies of a role": (
        "list-attached-role-policies.app.json",
        {"AttachedPolicies": []},
        f'"policies": [{{{UNKNOWN}',
    ),
    "buckets": ("list-buckets.json", {"Buckets": [{"Name": "reports"}]}, '"services": ["s3"]'),
    "a permission set": (
        "list-managed-policies-in-permission-set.ps-2222222222222222.json",
        {"AttachedManagedPolicies": []},
        f'"policies": [{{{UNKNOWN}',
    ),
}


def imported(folder: Path, files: dict[str, Any]) -> Imported:
    """Import files of an account."""
    for name, data in files.items():
        (folder / ACCOUNT).mkdir(exist_ok=True)
        (folder / ACCOUNT / name).write_text(json.dumps(data), encoding="utf-8")
    return import_sources([str(folder)])


@pytest.mark.parametrize("name", LISTS)
def test_a_page_that_never_came_is_unknown(tmp_path: Path, name: str) -> None:
    """With a remark, and with a marker where it would have told something."""
    file, page, said = LISTS[name]
    others = {"list-roots.json": ROOTS}
    if name == "a permission set":
        others["set.json"] = {"PermissionSet": {"Name": "Ops", "PermissionSetArn": SET}}
        others["accounts.json"] = {"AccountIds": [ACCOUNT], "PermissionSetArn": SET}
    found = imported(tmp_path, {**others, file: {**page, **MORE}})
    assert "page-missing" in {remark.code for remark in found.remarks}
    assert said in json.dumps(found.data)


@pytest.mark.parametrize("name", LISTS)
def test_a_page_that_came_is_known(tmp_path: Path, name: str) -> None:
    """In a list of pages in one file, and where a number tells two files apart."""
    file, page, _ = LISTS[name]
    numbered = file.replace(".json", ".page2.json")
    for files in ({file: [{**page, **MORE}, page]}, {file: {**page, **MORE}, numbered: page}):
        found = imported(tmp_path, {"list-roots.json": ROOTS, **files})
        assert "page-missing" not in {remark.code for remark in found.remarks}


def test_an_endpoint_that_does_not_tell_its_policy(tmp_path: Path) -> None:
    """AWS prints one for each gateway; the policy of the record without one is unknown."""
    found = imported(tmp_path, {"describe-vpc-endpoints.json": {"VpcEndpoints": [ENDPOINT]}})
    assert [remark.code for remark in found.remarks] == ["policy-missing"]
    assert '"policy": {"unknown"' in json.dumps(found.data)


def test_a_marker_has_a_remark(tmp_path: Path) -> None:
    """A boundary that is none is remarked, so that `--strict` refuses it."""
    user = {
        "UserName": "ann",
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "PermissionsBoundary": {},
    }
    page = {"UserDetailList": [user], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    found = imported(tmp_path, {"get-account-authorization-details.json": page})
    assert [remark.code for remark in found.remarks] == ["unknown-value"]


@pytest.mark.parametrize("file", ["list-policies.json", "x.json", "444455556666.json"])
def test_an_empty_list_of_policies_is_no_organization(tmp_path: Path, file: str) -> None:
    """`aws iam list-policies` prints it where an account has no policies of its own; a list that
    says of which type it is, or of which target, is of an organization."""
    roles = {"Roles": [{"RoleName": "app", "Arn": f"arn:aws:iam::{ACCOUNT}:role/app"}]}
    found = imported(tmp_path, {file: {"Policies": []}, "list-roles.json": roles})
    assert "organization" not in found.data
    found = imported(tmp_path, {f"list-policies.{TYPE}.json": {"Policies": []}})
    assert "organization" in found.data
