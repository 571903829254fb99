"""Service last accessed details: how it is told whom they are about, and what can't be read."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from iamsim.importers.frame import SourceOptions, import_sources
from iamsim.importers.recipe import recipe_script
from iamsim.world.load import load_world_data

ACCOUNT = "222222222222"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service/app"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
DETAILS = {
    "UserDetailList": [
        {"UserName": "alice", "Arn": USER, "Path": "/", "CreateDate": "2025-03-01T10:00:00+00:00"}
    ],
    "RoleDetailList": [
        {
            "RoleName": "app",
            "Arn": ROLE,
            "Path": "/service/",
            "CreateDate": "2025-03-01T12:00:00+02:00",
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "ec2.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            },
        }
    ],
    "GroupDetailList": [],
    "Policies": [],
}


def service(name, last=None, caller=ROLE, actions=None):
    """A record of one service."""
    record = {
        "ServiceName": name.upper(),
        "ServiceNamespace": name,
        "TotalAuthenticatedEntities": 0,
    }
    if last is not None:
        record |= {"LastAuthenticated": last, "LastAuthenticatedEntity": caller}
    if actions is not None:
        record["TrackedActionsLastAccessed"] = [
            {"ActionName": action} | ({} if time is None else {"LastAccessedTime": time})
            for action, time in actions.items()
        ]
    return record


def report(*services, **more):
    """An output of the call."""
    return {
        "JobStatus": "COMPLETED",
        "JobType": "ACTION_LEVEL",
        "JobCreationDate": "2026-11-24T10:00:00+00:00",
        "ServicesLastAccessed": list(services),
        "JobCompletionDate": "2026-11-24T10:00:02+00:00",
        "IsTruncated": False,
        **more,
    }


USED = report(
    service(
        "s3",
        "2026-11-20T08:00:00+00:00",
        actions={"PutObject": None, "s3:ListBucket": "2026-11-20T08:00:00Z"},
    ),
    service("sqs"),
)
EXPECTED = {
    "s3": {
        "at": "2026-11-20T08:00:00Z",
        "actions": {"ListBucket": "2026-11-20T08:00:00Z", "PutObject": "never"},
    },
    "sqs": {"at": "never"},
}


def imported(tmp_path, files, **options):
    """Import account authorization details and some files."""
    (tmp_path / "details.json").write_text(json.dumps(DETAILS))
    for name, data in files.items():
        (tmp_path / name).write_text(json.dumps(data))
    return import_sources([str(tmp_path)], options=SourceOptions(**options))


def of_role(found):
    """What is known of the role."""
    return found.data["accounts"][ACCOUNT]["roles"]["app"].get("last_accessed")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (f"get-service-last-accessed-details.{quote(ROLE, safe='')}.json", USED),
        ("a.json", {"Arn": ROLE, **USED}),
        ("a.json", {"Arn": ROLE, "Details": USED}),
        ("a.json", {ROLE: USED}),
        ("a.json", USED),
        ("a.json", [{"Arn": ROLE, **report(service("sqs"))}, {"Arn": ROLE, **USED}]),
    ],
    ids=["file name", "beside", "around", "map", "caller", "list"],
)
def test_who_it_is_about(tmp_path, name, data):
    """By the name of the file, an ARN beside or around it, a map, or the only caller."""
    found = imported(tmp_path, {name: data})
    assert of_role(found) == EXPECTED
    assert found.remarks == ()
    assert found.formats["service last accessed details"] == 1


def test_the_user_says_whom_a_file_is_about(tmp_path):
    """`--for` comes first."""
    path = str(tmp_path / "a.json")
    found = imported(tmp_path, {"a.json": report(service("sqs"))}, about={path: USER})
    assert found.data["accounts"][ACCOUNT]["users"]["alice"]["last_accessed"] == {
        "sqs": {"at": "never"}
    }


def test_an_import_is_a_world_with_the_dates(tmp_path):
    """What is written is read: times, and when the role was made, in UTC."""
    model = load_world_data(imported(tmp_path, {"a.json": USED}).data)
    role = model.accounts[ACCOUNT].roles["app"]
    assert role.created == "2025-03-01T10:00:00Z"
    assert role.last_accessed["s3"].actions["PutObject"] is None
    assert role.last_accessed["sqs"].at is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (report(service("sqs")), "output-about-unknown"),
        (
            report(service("sqs", "2026-11-20", USER), service("s3", "2026-11-20")),
            "output-about-unknown",
        ),
        ({"Arn": f"arn:aws:iam::{ACCOUNT}:policy/p", **USED}, "record-not-readable"),
        ({"Arn": f"arn:aws:iam::{ACCOUNT}:role/nobody", **USED}, "principal-unknown"),
        (
            {"JobStatus": "IN_PROGRESS", "JobCreationDate": "2026-11-24T10:00:00Z", "Arn": ROLE},
            "report-not-finished",
        ),
    ],
)
def test_what_is_left_out_makes_a_remark(tmp_path, data, code):
    """A report about nobody, about others, and one that was not finished."""
    found = imported(tmp_path, {"a.json": data})
    assert of_role(found) is None
    assert [remark.code for remark in found.remarks] == [code]


def test_one_bad_record_never_loses_the_rest(tmp_path):
    """What is no time counts as unknown, never as unused."""
    bad = report(
        service("ec2", 1700000000),
        {"ServiceName": "nameless"},
        "no record",
        service(
            "iam", "2026-11-20T08:00:00Z", actions={"GetRole": "soon", "": None, "ListRoles": None}
        ),
        *USED["ServicesLastAccessed"],
    )
    found = imported(tmp_path, {"a.json": {"Arn": ROLE, **bad}})
    assert of_role(found) == EXPECTED | {
        "iam": {"at": "2026-11-20T08:00:00Z", "actions": {"ListRoles": "never"}}
    }
    assert [remark.code for remark in found.remarks] == ["record-not-readable"] * 5


def test_pages_and_contradictions(tmp_path):
    """The last page must be there; a service that is said twice in two ways keeps the first."""
    first = {"Arn": ROLE, **report(service("sqs"), IsTruncated=True, Marker="x")}
    assert [remark.code for remark in imported(tmp_path, {"a.json": first}).remarks] == [
        "page-missing"
    ]
    found = imported(tmp_path, {"a.json": first, "b.json": {"Arn": ROLE, **report(service("s3"))}})
    assert of_role(found) == {"s3": {"at": "never"}, "sqs": {"at": "never"}}
    assert found.remarks == ()
    found = imported(
        tmp_path, {"a.json": first, "b.json": {"Arn": ROLE, **report(service("sqs", "2026-11-01"))}}
    )
    assert [remark.code for remark in found.remarks] == ["import-conflict"]


def test_the_recipe_collects_it_where_asked():
    """Files are named so that the importer knows whom they are about."""
    script = recipe_script(organization=False)
    assert 'get-service-last-accessed-details.$(name "$arn").json' in script
    assert 'if [ "${LAST_ACCESSED:-}" = 1 ]' in script
