"""Two records that differ about one fact: nobody knows which of them counts, and the fact is not
known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from iamsim.core.unknown import find_marker
from iamsim.importers.frame import import_sources

if TYPE_CHECKING:
    from pathlib import Path

A = "111122223333"
SETS = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-1111111111111111"
PS = "ps-1111111111111111"
Data = dict[str, Any]


def policy(effect: str) -> Data:
    """A policy of one statement."""
    statement = {"Effect": effect, "Action": "s3:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def imported(folder: Path, files: dict[str, object]) -> tuple[Data, set[str]]:
    """Import some files; the world, and the codes of the remarks."""
    for name, data in files.items():
        file = folder / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(data), encoding="utf-8")
    found = import_sources([str(folder)])
    return found.data, {remark.code for remark in found.remarks}


def blocked(value: bool) -> Data:
    """The settings of Block Public Access as AWS prints them."""
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {"PublicAccessBlockConfiguration": dict.fromkeys(names, value)}


BUCKETS = {f"{A}/list-buckets": {"Buckets": [{"Name": "ledger"}], "Owner": {"ID": "a" * 64}}}
RESOURCE = f"accounts/{A}/resources/arn:aws:s3:::ledger"
ROOTS = {
    "Roots": [{"Id": "r-ab12", "Name": "Root", "Arn": "arn:aws:organizations::1:root/o-a/r-ab12"}]
}
ORGANIZATION: dict[str, object] = {
    "list-roots": ROOTS,
    "list-organizational-units-for-parent.r-ab12": {
        "OrganizationalUnits": [
            {"Id": "ou-ab12-11111111", "Name": "one"},
            {"Id": "ou-ab12-22222222"},
        ]
    },
    "list-accounts": {"Accounts": [{"Id": A, "Name": "a"}]},
}
SCP = {"Id": "p-examplescp1", "Name": "Guard", "Type": "SERVICE_CONTROL_POLICY"}
TARGETS = {
    "list-targets-for-policy.p-examplescp1": {"Targets": [{"TargetId": "r-ab12", "Type": "ROOT"}]}
}


def described(effect: str) -> Data:
    """An SCP as AWS prints it."""
    return {"Policy": {"PolicySummary": SCP, "Content": json.dumps(policy(effect))}}


CASES: dict[str, tuple[dict[str, object], str]] = {
    "settings of Block Public Access": (
        {
            **BUCKETS,
            f"{A}/get-public-access-block.ledger": blocked(True),
            f"{A}/again/get-public-access-block.ledger": blocked(False),
        },
        f"{RESOURCE}/public_access_block",
    ),
    "tags": (
        {
            **BUCKETS,
            f"{A}/get-bucket-tagging.ledger": {"TagSet": [{"Key": "a", "Value": "b"}]},
            f"{A}/again/get-bucket-tagging.ledger": {"TagSet": [{"Key": "a", "Value": "c"}]},
        },
        f"{RESOURCE}/tags",
    ),
    "the document of a control policy": (
        {
            **ORGANIZATION,
            **TARGETS,
            "describe-policy.p-examplescp1": described("Deny"),
            "again/describe-policy.p-examplescp1": described("Allow"),
        },
        "organization/root/scps/1",
    ),
    "the unit of an account": (
        {
            **ORGANIZATION,
            **TARGETS,
            "describe-policy.p-examplescp1": described("Deny"),
            f"list-parents.{A}": {
                "Parents": [{"Id": "ou-ab12-11111111", "Type": "ORGANIZATIONAL_UNIT"}]
            },
            f"again/list-parents.{A}": {
                "Parents": [{"Id": "ou-ab12-22222222", "Type": "ORGANIZATIONAL_UNIT"}]
            },
        },
        f"accounts/{A}/parent",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_two_records_say_differently_is_not_known(tmp_path: Path, name: str) -> None:
    """The first one counted, with a remark alone."""
    files, path = CASES[name]
    world, codes = imported(tmp_path, files)
    found: Any = world
    steps = [A if step == A else step for step in path.split("/")]
    for step in steps:
        found = found[int(step)] if isinstance(found, list) else found[step]
    if isinstance(found, str):  # a policy by its name
        found = world["policies"][found]
    assert find_marker(found) is not None, found
    assert "import-conflict" in codes


PERMISSION_SET: dict[str, object] = {
    f"describe-permission-set.{PS}": {"PermissionSet": {"Name": "Dev", "PermissionSetArn": SETS}},
    f"list-account-assignments.{PS}": {
        "AccountAssignments": [{"AccountId": A, "PermissionSetArn": SETS, "PrincipalType": "USER"}]
    },
    f"get-inline-policy-for-permission-set.{PS}": {"InlinePolicy": json.dumps(policy("Allow"))},
}
LOST: dict[str, tuple[str, object, str]] = {
    "an attached policy": (
        "list-managed-policies-in-permission-set",
        {"AttachedManagedPolicies": [{"Name": "x"}]},
        "policies",
    ),
    "an item of attached policies": (
        "list-managed-policies-in-permission-set",
        {"AttachedManagedPolicies": [None]},
        "policies",
    ),
    "all attached policies": (
        "list-managed-policies-in-permission-set",
        {"AttachedManagedPolicies": 17},
        "policies",
    ),
    "a policy of the account": (
        "list-customer-managed-policy-references-in-permission-set",
        {"CustomerManagedPolicyReferences": [{"Path": "/"}]},
        "policies",
    ),
    "a boundary": (
        "get-permissions-boundary-for-permission-set",
        {"PermissionsBoundary": {"CustomerManagedPolicyReference": {"Path": "/"}}},
        "boundary",
    ),
    "another boundary": (
        "get-permissions-boundary-for-permission-set",
        {"PermissionsBoundary": [17]},
        "boundary",
    ),
    "an inline policy": (
        "again/get-inline-policy-for-permission-set",
        {"InlinePolicy": 17},
        "inline",
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_policies_of_a_permission_set_that_can_not_be_told(tmp_path: Path, name: str) -> None:
    """What it attaches, and what bounds it, is not known; nothing is left out."""
    call, output, field = LOST[name]
    files = PERMISSION_SET | {f"{call}.{PS}": output}
    world, _ = imported(tmp_path, files)
    found = world["accounts"][A]["permission_sets"]["Dev"][field]
    assert find_marker(found[0] if isinstance(found, list) else found) is not None, found


@pytest.mark.parametrize("gone", ["describe-permission-set", "list-account-assignments"])
def test_a_permission_set_of_which_not_all_is_there(tmp_path: Path, gone: str) -> None:
    """Its roles are somewhere: who is not listed may be one of them."""
    files = {name: data for name, data in PERMISSION_SET.items() if not name.startswith(gone)}
    files[f"{A}/list-users"] = {"Users": []}
    world, _ = imported(tmp_path, files)
    assert "principals" in json.dumps(world.get("unlisted")), world
