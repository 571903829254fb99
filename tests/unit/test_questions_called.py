"""Calls of IAM name users, groups, roles and instance profiles without their path."""

from __future__ import annotations

import json

import pytest

from iamsim.calls.lines import read_line
from iamsim.cli.main import main
from iamsim.questions.called import in_world
from iamsim.world.load import load_world_data

ACCOUNT = "111122223333"
IAM = f"arn:aws:iam::{ACCOUNT}:"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NO_TEAM = {"Effect": "Deny", "Action": "iam:*", "Resource": f"{IAM}user/team/*"}
TRUST = {"Version": "2012-10-17", "Statement": []}
WORLD = {
    "accounts": {
        ACCOUNT: {
            "users": {
                "ann": {
                    "inline_policies": {"p": {"Version": "2012-10-17", "Statement": [ALL, NO_TEAM]}}
                },
                "bo": {"path": "/team/"},
            },
            "groups": {"crew": {"path": "/team/"}},
            "roles": {
                "AWSServiceRoleForBackup": {"path": "/aws-service-role/backup.amazonaws.com/"},
                "host": {"path": "/ec2/", "instance_profiles": [f"{IAM}instance-profile/ec2/box"]},
            },
            "permission_sets": {"Ops": {}},
        }
    }
}


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("aws iam delete-user --user-name bo", ["user/team/bo"]),
        ("aws iam delete-user --user-name ann", ["user/ann"]),
        ("aws iam delete-user --user-name nobody", ["user/nobody"]),
        ("aws iam get-group --group-name crew", ["group/team/crew"]),
        ("aws iam get-instance-profile --instance-profile-name box", ["instance-profile/ec2/box"]),
        (
            "aws iam get-role --role-name AWSReservedSSO_Ops_0123456789abcdef",
            ["role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef"],
        ),
        (
            "aws iam add-role-to-instance-profile --instance-profile-name box --role-name host",
            ["instance-profile/ec2/box", "role/ec2/host"],
        ),
        ("aws iam create-user --user-name bo", ["user/bo"]),
    ],
)
def test_what_a_call_names_is_what_the_world_has_by_that_name(line, named):
    """A name finds the entity of the account, whatever its path; what a call makes has its own."""
    world = load_world_data(WORLD)
    asked = read_line(line, account=ACCOUNT).asked
    assert [in_world(requested, world).resource for requested in asked] == [
        IAM + resource for resource in named
    ]
    assert in_world(asked[0], None) is asked[0]


def test_a_call_by_name_meets_the_deny_of_what_it_names(tmp_path, capsys):
    """A Deny on a path stops the call that names the user without it."""
    line = "aws iam delete-user --user-name bo"
    world = tmp_path / "world.json"
    world.write_text(json.dumps(WORLD), encoding="utf-8")
    main(["explain", "-p", f"{IAM}user/ann", "--call", line, "--world", str(world), "-q"])
    assert capsys.readouterr().out.strip() == "explicitDeny"


def test_a_call_that_needs_no_permission_is_refused_to_credentials_that_may_not_make_it(capsys):
    """A role session gets no session token; a user does, without a permission."""
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/host/i"
    for caller, verdict in ((session, "implicitDeny"), (f"{IAM}user/ann", "allowed")):
        main(["explain", "-p", caller, "--call", "aws sts get-session-token", "-q"])
        assert capsys.readouterr().out.strip() == verdict
