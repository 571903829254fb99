"""Account authorization details taken with a filter, and records of which a list is not there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from iamsim.core.decision import Verdict
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.importers.frame import import_sources
from iamsim.importers.load import to_world
from iamsim.symbolic.partial import decide

if TYPE_CHECKING:
    from pathlib import Path

    from iamsim.importers.frame import Imported

A = "111122223333"
OWN, OF_AWS = f"arn:aws:iam::{A}:policy/p", "arn:aws:iam::aws:policy/ReadOnlyAccess"
READ = "arn:aws:s3:::b/k"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALLOW: dict[str, Any] = {"Version": "2012-10-17", "Statement": EVERYTHING}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


def of(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    """A record as AWS prints it, without any policy."""
    record: dict[str, Any] = {
        f"{kind}Name": name,
        f"{kind}Id": "AIDA1111111111111111",
        "CreateDate": "2026-01-01T00:00:00Z",
        "Arn": f"arn:aws:iam::{A}:{kind.lower()}/{name}",
        "Path": "/",
        f"{kind}PolicyList": [],
        "AttachedManagedPolicies": [],
    }
    more: dict[str, Any] = {"User": {"GroupList": []}, "Role": {"AssumeRolePolicyDocument": TRUST}}
    return {**record, **more.get(kind, {}), **fields}


def details(**lists: list[dict[str, Any]]) -> dict[str, Any]:
    """Details of which the other lists are empty."""
    empty: dict[str, Any] = {
        f"{kind}DetailList": lists.get(kind, []) for kind in ("User", "Group", "Role")
    }
    return empty | {"Policies": lists.get("Policies", [])}


def attached(arn: str) -> dict[str, Any]:
    """The list of one attached policy."""
    return {"AttachedManagedPolicies": [{"PolicyName": "p", "PolicyArn": arn}]}


def imported(folder: Path, data: dict[str, Any]) -> Imported:
    """Import details of the account."""
    (folder / "details.json").write_text(json.dumps(data), encoding="utf-8")
    return import_sources([str(folder)])


def verdict(found: Imported, principal: str) -> Verdict:
    """What a principal of the account may do."""
    world = CompiledWorld(to_world(found))
    arn = f"arn:aws:iam::{A}:{principal}"
    return decide(Question(arn, "s3:GetObject", READ), world).verdict


FILTERED = {
    "a policy is left out": (details(User=[of("User", "mia", **attached(OWN))]), True),
    "a group is left out": (details(User=[of("User", "mia", GroupList=["g"])]), True),
    "AWS's policies are left out": (details(User=[of("User", "mia", **attached(OF_AWS))]), False),
    "nothing is left out": (details(User=[of("User", "mia")]), False),
    "roles are there, too": (
        details(User=[of("User", "mia", **attached(OWN))], Role=[of("Role", "app")]),
        False,
    ),
}


@pytest.mark.parametrize("name", FILTERED)
def test_empty_lists_of_filtered_details_tell_nothing(tmp_path: Path, name: str) -> None:
    """Where they leave out what they name: AWS prints empty lists of what a filter leaves out."""
    data, is_filtered = FILTERED[name]
    found = imported(tmp_path, data)
    told = {remark.code for remark in found.remarks}
    assert ("records-missing" in told) is is_filtered
    assert (found.data.get("unlisted") is not None) is is_filtered


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("User", "GroupList"),
        ("User", "AttachedManagedPolicies"),
        ("Group", "GroupPolicyList"),
        ("Group", "AttachedManagedPolicies"),
        ("Role", "RolePolicyList"),
        ("Role", "AttachedManagedPolicies"),
    ],
)
def test_a_list_that_a_record_lacks_is_not_known(tmp_path: Path, kind: str, field: str) -> None:
    """It may allow anything, to this principal alone; AWS prints the list where it is empty."""
    records = {"User": [of("User", "mia", GroupList=["g"]), of("User", "zoe")]}
    records |= {"Group": [of("Group", "g")], "Role": [of("Role", "app")]}
    assert verdict(imported(tmp_path, details(**records)), "user/mia") is Verdict.IMPLICIT_DENY
    del records[kind][0][field]
    found = imported(tmp_path, details(**records))
    assert [remark.code for remark in found.remarks] == ["records-missing"]
    principal = "role/app" if kind == "Role" else "user/mia"
    assert verdict(found, principal) is Verdict.CONDITIONAL
    assert verdict(found, "user/zoe") is Verdict.IMPLICIT_DENY


def test_records_that_people_write_may_lack_lists(tmp_path: Path) -> None:
    """They have no id and no date, either."""
    arn = f"arn:aws:iam::{A}:user/mia"
    found = imported(tmp_path, details(User=[{"UserName": "mia", "Arn": arn}]))
    assert not found.remarks


def test_a_user_without_inline_policies_has_no_list_of_them(tmp_path: Path) -> None:
    """So AWS prints it."""
    user = of("User", "mia")
    del user["UserPolicyList"]
    found = imported(tmp_path, details(User=[user]))
    assert not found.remarks
    assert verdict(found, "user/mia") is Verdict.IMPLICIT_DENY


def test_two_records_of_one_policy_that_differ_leave_it_unknown(tmp_path: Path) -> None:
    """Which of them counts nobody knows: the other may deny."""
    deny = {"Version": "2012-10-17", "Statement": EVERYTHING | {"Effect": "Deny"}}

    def page(document: dict[str, Any]) -> dict[str, Any]:
        version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document}
        policy = {"PolicyName": "p", "Arn": OWN, "PolicyVersionList": [version]}
        users = [of("User", "mia", **attached(OWN)), of("User", "zoe")]
        return details(User=users, Policies=[policy])

    assert verdict(imported(tmp_path, page(ALLOW)), "user/mia") is Verdict.ALLOWED
    (tmp_path / "older.json").write_text(json.dumps(page(deny)), encoding="utf-8")
    found = imported(tmp_path, page(ALLOW))
    assert "import-conflict" in {remark.code for remark in found.remarks}
    assert verdict(found, "user/mia") is Verdict.CONDITIONAL
    assert verdict(found, "user/zoe") is Verdict.IMPLICIT_DENY
