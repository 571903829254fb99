"""What of a template or a plan is lost beside policies makes conditional what it can change: trust,
boundaries of permission sets, networks of access points, names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from iamsim.core.decision import Verdict
from iamsim.engine.question import Question
from iamsim.symbolic.partial import decide
from tests.property.damage import replaced, without, world_of

if TYPE_CHECKING:
    from iamsim.engine.world import CompiledWorld

HOME, MEMBER = "000000000000", "444455556666"
NOW = "2026-11-24T00:00:00Z"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALL_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
IMPORT = {"Fn::ImportValue": "nowhere"}
GONE = object()
SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"


def policy(*statements: object) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def resource(kind: str, **properties: object) -> dict[str, Any]:
    """A resource of a template."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def template_world(resources: dict[str, Any]) -> CompiledWorld:
    """The world of a template."""
    return world_of({"app.json": json.dumps({"Resources": resources}).encode()})


def plan_world(values: dict[str, dict[str, Any]], unknown: dict[str, Any]) -> CompiledWorld:
    """The world of a plan without a configuration, by addresses."""
    changes = []
    for address, after in values.items():
        kind, _, name = address.partition(".")
        later = unknown.get(address, {})
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": later}
        place = {"address": address, "mode": "managed", "type": kind, "name": name}
        changes.append({**place, "change": change})
    plan = {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes}
    return world_of({"plan.json": json.dumps(plan).encode()})


def verdict(world: CompiledWorld, *asked: str) -> Verdict:
    """Decide a request."""
    return decide(Question(*asked, now=NOW), world).verdict


def damaged(data: Any, path: tuple[str | int, ...], value: object) -> Any:
    """Copy data with another value at a place, or without it."""
    return without(data, path) if value is GONE else replaced(data, path, value)


@pytest.mark.parametrize("value", [GONE, None, IMPORT, 17, "", {"Statement": IMPORT}])
def test_a_role_has_a_trust_policy_that_may_be_lost(value: object) -> None:
    """CloudFormation refuses a role without one."""
    mia, role = f"arn:aws:iam::{HOME}:user/mia", f"arn:aws:iam::{HOME}:role/app"
    inline = [{"PolicyName": "all", "PolicyDocument": policy(ALL)}]
    service = {"Service": "ec2.amazonaws.com"}
    trust = policy({"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"})
    resources = {
        "Mia": resource("IAM::User", UserName="mia", Policies=inline),
        "App": resource("IAM::Role", RoleName="app", AssumeRolePolicyDocument=trust),
    }
    asked = (mia, "sts:AssumeRole", role)
    assert verdict(template_world(resources), *asked) is Verdict.IMPLICIT_DENY
    lost = damaged(resources, ("App", "Properties", "AssumeRolePolicyDocument"), value)
    assert verdict(template_world(lost), *asked) is Verdict.CONDITIONAL


PERMISSION_SET = {
    "Dev": resource(
        "SSO::PermissionSet",
        Name="Dev",
        InstanceArn="arn:aws:sso:::instance/ssoins-1",
        ManagedPolicies=[ALL_ACCESS],
        PermissionsBoundary={"ManagedPolicyArn": READ_ONLY},
    ),
    "Assigned": resource(
        "SSO::Assignment",
        TargetId=MEMBER,
        TargetType="AWS_ACCOUNT",
        PermissionSetArn={"Fn::GetAtt": ["Dev", "PermissionSetArn"]},
    ),
}
SESSION = f"arn:aws:sts::{MEMBER}:assumed-role/AWSReservedSSO_Dev_0000000000000000/mia"
BOUNDARY = ("Dev", "Properties", "PermissionsBoundary")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((BOUNDARY, value) for value in (None, IMPORT, 17, {}, [], {"ManagedPolicyAr": "x"})),
        *(((*BOUNDARY, "ManagedPolicyArn"), value) for value in (GONE, None, IMPORT, 17)),
        *(
            (BOUNDARY, {"CustomerManagedPolicyReference": value})
            for value in (None, IMPORT, {}, {"Name": IMPORT}, {"Name": 17}, {"Nam": "b"})
        ),
    ],
)
def test_the_boundary_of_a_permission_set_may_be_lost(
    path: tuple[str | int, ...], value: object
) -> None:
    """What it does not allow may be allowed, and may be not."""
    asked = (SESSION, "sqs:DeleteQueue", f"arn:aws:sqs:eu-west-1:{MEMBER}:q")
    assert verdict(template_world(PERMISSION_SET), *asked) is Verdict.IMPLICIT_DENY
    lost = template_world(damaged(PERMISSION_SET, path, value))
    assert verdict(lost, *asked) is Verdict.CONDITIONAL


@pytest.mark.parametrize(
    "value", [IMPORT, [IMPORT], 17, [{}], [{"Name": IMPORT}], [{"Name": "b", "Path": IMPORT}]]
)
@pytest.mark.parametrize("name", ["ManagedPolicies", "CustomerManagedPolicyReferences"])
def test_a_policy_of_a_permission_set_may_be_lost(name: str, value: object) -> None:
    """It may deny what the others allow."""
    known = without(PERMISSION_SET, BOUNDARY)
    known["Dev"]["Properties"]["InlinePolicy"] = policy(ALL)
    asked = (SESSION, "sqs:DeleteQueue", f"arn:aws:sqs:eu-west-1:{MEMBER}:q")
    assert verdict(template_world(known), *asked) is Verdict.ALLOWED
    known["Dev"]["Properties"][name] = value
    assert verdict(template_world(known), *asked) is Verdict.CONDITIONAL


OF_SET = {"permission_set_arn": SET, "instance_arn": "arn:aws:sso:::instance/ssoins-1"}
PLANNED_SET: dict[str, dict[str, Any]] = {
    "aws_ssoadmin_permission_set.dev": {"name": "Dev", "arn": SET},
    "aws_ssoadmin_account_assignment.a": {
        **OF_SET,
        "target_id": MEMBER,
        "target_type": "AWS_ACCOUNT",
    },
    "aws_ssoadmin_managed_policy_attachment.all": {**OF_SET, "managed_policy_arn": ALL_ACCESS},
    "aws_ssoadmin_permissions_boundary_attachment.b": {
        **OF_SET,
        "permissions_boundary": [
            {"managed_policy_arn": READ_ONLY, "customer_managed_policy_reference": []}
        ],
    },
}
ATTACHED = "aws_ssoadmin_permissions_boundary_attachment.b"
PLANNED_BOUNDARY = (ATTACHED, "permissions_boundary")


@pytest.mark.parametrize(
    ("path", "value", "later"),
    [
        (PLANNED_BOUNDARY, [], False),
        (PLANNED_BOUNDARY, [{}], False),
        (PLANNED_BOUNDARY, GONE, {"permissions_boundary": True}),
        ((*PLANNED_BOUNDARY, 0, "managed_policy_arn"), GONE, False),
        (
            (*PLANNED_BOUNDARY, 0, "managed_policy_arn"),
            GONE,
            {"permissions_boundary": [{"managed_policy_arn": True}]},
        ),
        ((ATTACHED, "permission_set_arn"), GONE, {"permission_set_arn": True}),
        ((ATTACHED, "permission_set_arn"), GONE, False),
        ((ATTACHED,), {}, True),
    ],
)
def test_the_boundary_of_a_planned_permission_set_may_be_lost(
    path: tuple[str | int, ...], value: object, later: object
) -> None:
    """As in a template, and where it is not known which permission set it is of."""
    asked = (SESSION, "sqs:DeleteQueue", f"arn:aws:sqs:eu-west-1:{MEMBER}:q")
    assert verdict(plan_world(PLANNED_SET, {}), *asked) is Verdict.IMPLICIT_DENY
    lost = plan_world(damaged(PLANNED_SET, path, value), {ATTACHED: later})
    assert verdict(lost, *asked) is not Verdict.ALLOWED
    assert [part for part in lost.unknowns() if "ermission" in str(part)]


@pytest.mark.parametrize("later", [True, "true", 17, [True]])
def test_all_of_a_resource_may_be_known_after_apply(later: object) -> None:
    """A boundary, a bucket's policy: what it is of, and what it says."""
    role, bucket = f"arn:aws:iam::{MEMBER}:role/app", "arn:aws:s3:::b/k"
    there = {"arn": f"arn:aws:iam::{MEMBER}:role/app"}
    values = {
        "aws_iam_role.app": {
            "name": "app",
            "assume_role_policy": json.dumps(policy()),
            "permissions_boundary": READ_ONLY,
            **there,
        },
        "aws_iam_role_policy_attachment.all": {"role": "app", "policy_arn": ALL_ACCESS},
        "aws_s3_bucket.b": {"bucket": "b"},
        "aws_s3_bucket_policy.no": {
            "bucket": "b",
            "policy": json.dumps(
                policy(
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": bucket,
                    }
                )
            ),
        },
    }
    asked = {
        "aws_iam_role.app": (role, "sqs:CreateQueue", f"arn:aws:sqs:eu-west-1:{MEMBER}:q"),
        "aws_s3_bucket_policy.no": (role, "s3:GetObject", bucket),
    }
    whole = plan_world(values, {})
    for address, question in asked.items():
        assert verdict(whole, *question) in {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}
        lost = plan_world(values, {address: later})
        assert verdict(lost, *question) is Verdict.CONDITIONAL, address
        lost = plan_world({**values, address: {}}, {address: later})
        assert verdict(lost, *question) is Verdict.CONDITIONAL, address


POINT = f"arn:aws:s3:us-east-1:{HOME}:accesspoint/inside"


@pytest.mark.parametrize(
    "network", [None, IMPORT, 17, {}, {"VpcId": IMPORT}, {"VpcId": None}, {"Vpc": "vpc-1"}]
)
def test_the_network_of_an_access_point_may_be_lost(network: object) -> None:
    """It may be one that lets the request in, and may be not."""
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    inline = [{"PolicyName": "all", "PolicyDocument": policy(ALL)}]
    resources = {
        "Mia": resource("IAM::User", UserName="mia", Policies=inline),
        "Data": resource("S3::Bucket", BucketName="data"),
        "Inside": resource(
            "S3::AccessPoint",
            Name="inside",
            Bucket="data",
            VpcConfiguration={"VpcId": "vpc-1"},
            Policy=policy(read),
        ),
    }
    asked = (f"arn:aws:iam::{HOME}:user/mia", "s3:GetObject", f"{POINT}/object/k")
    context = {"aws:SourceVpc": "vpc-2", "aws:SecureTransport": "true"}

    def found(world: CompiledWorld) -> Verdict:
        return decide(Question(*asked, context=context, now=NOW), world).verdict

    assert found(template_world(resources)) in {Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY}
    lost = replaced(resources, ("Inside", "Properties", "VpcConfiguration"), network)
    assert found(template_world(lost)) is Verdict.CONDITIONAL


def named(role: object, bucket: object, denied: str) -> dict[str, Any]:
    """A template of a user, a role and a bucket, and a policy that denies something by its name."""
    inline = [{"PolicyName": "all", "PolicyDocument": policy(ALL)}]
    service = {"Service": "ec2.amazonaws.com"}
    trust = policy({"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"})
    no = {"Effect": "Deny", "Action": ["s3:PutObject", "sts:AssumeRole"], "Resource": denied}
    return {
        "Mia": resource("IAM::User", UserName="mia", Policies=inline),
        "No": resource(
            "IAM::UserPolicy", UserName="mia", PolicyName="no", PolicyDocument=policy(no)
        ),
        "App": resource(
            "IAM::Role", RoleName=role, AssumeRolePolicyDocument=trust, Policies=inline
        ),
        "Data": resource("S3::Bucket", BucketName=bucket),
    }


NAMED_MIA = f"arn:aws:iam::{HOME}:user/mia"
PUT, ASSUME, LIST = "s3:PutObject", "sts:AssumeRole", "sqs:ListQueues"


@pytest.mark.parametrize(
    ("denied", "asked", "expected"),
    [
        # The stand-in is what the policy names by its real name.
        ("arn:aws:s3:::real/*", (NAMED_MIA, PUT, "arn:aws:s3:::app-data/k"), Verdict.CONDITIONAL),
        ("arn:aws:s3:::re*/k", (NAMED_MIA, PUT, "arn:aws:s3:::app-data/k"), Verdict.CONDITIONAL),
        # Under its real name, nothing lists it.
        ("arn:aws:sns:*:*:x", (NAMED_MIA, PUT, "arn:aws:s3:::real/k"), Verdict.CONDITIONAL),
        (
            "arn:aws:sns:*:*:x",
            (f"arn:aws:iam::{HOME}:role/real", LIST, "*"),
            Verdict.CONDITIONAL,
        ),
        # Policies that name another thing, or everything, say all of it.
        ("arn:aws:sns:*:*:x", (NAMED_MIA, PUT, "arn:aws:s3:::app-data/k"), Verdict.ALLOWED),
        ("arn:aws:s3:::*", (NAMED_MIA, PUT, "arn:aws:s3:::app-data/k"), Verdict.EXPLICIT_DENY),
        ("arn:aws:sns:*:*:x", (f"arn:aws:iam::{HOME}:role/app-App", LIST, "*"), Verdict.ALLOWED),
        ("arn:aws:s3:::real/*", (NAMED_MIA, LIST, "*"), Verdict.ALLOWED),
    ],
)
def test_what_has_a_name_that_nobody_resolves(
    denied: str, asked: tuple[str, str, str], expected: Verdict
) -> None:
    """It stands under another one: exactly what its name can change hangs on it."""
    world = template_world(named(IMPORT, IMPORT, denied))
    assert verdict(world, *asked) is expected


@pytest.mark.parametrize("planned", [True, False], ids=["plan", "template"])
def test_the_name_that_a_policy_denies_may_be_that_of_a_bucket(*, planned: bool) -> None:
    """In a template and in a plan; where its name is known, it is another."""
    asked = (NAMED_MIA, PUT, "arn:aws:s3:::data/k")
    if not planned:
        resources = named("app", "data", "arn:aws:s3:::real/*")
        assert verdict(template_world(resources), *asked) is Verdict.ALLOWED
        lost = template_world(damaged(resources, ("Data", "Properties", "BucketName"), IMPORT))
        [bucket] = lost.model.accounts[HOME].resources
    else:
        no = {"Effect": "Deny", "Action": PUT, "Resource": "arn:aws:s3:::real/*"}
        values = {
            "aws_iam_user.mia": {"name": "mia", "arn": NAMED_MIA},
            "aws_iam_user_policy.own": {
                "user": "mia",
                "name": "own",
                "policy": json.dumps(policy(ALL, no)),
            },
            "aws_s3_bucket.data": {"bucket": "data"},
        }
        assert verdict(plan_world(values, {}), *asked) is Verdict.ALLOWED
        values["aws_s3_bucket.data"] = {}
        lost = plan_world(values, {"aws_s3_bucket.data": {"bucket": True}})
        [bucket] = lost.model.accounts[HOME].resources
    assert verdict(lost, NAMED_MIA, PUT, f"{bucket}/k") is Verdict.CONDITIONAL


def test_a_permission_set_whose_name_nobody_resolves() -> None:
    """The session of its real name is nobody's that is listed; without a policy that names one,
    nothing else hangs on it."""
    known = damaged(PERMISSION_SET, BOUNDARY, GONE)
    lost = template_world(damaged(known, ("Dev", "Properties", "Name"), IMPORT))
    real = SESSION.replace("_Dev_", "_Real_")
    asked = ("sqs:DeleteQueue", f"arn:aws:sqs:eu-west-1:{MEMBER}:q")
    assert verdict(template_world(known), SESSION, *asked) is Verdict.ALLOWED
    assert verdict(template_world(known), real, *asked) is Verdict.IMPLICIT_DENY
    assert verdict(lost, real, *asked) is Verdict.CONDITIONAL


def test_a_control_policy_on_a_unit_that_no_source_has_may_bear_on_the_account() -> None:
    """Which accounts are in the unit, no template tells."""
    mia = resource("IAM::User", UserName="mia", ManagedPolicyArns=[ALL_ACCESS])
    content = policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    guard = {"Name": "No", "Type": "SERVICE_CONTROL_POLICY", "TargetIds": ["ou-ab12-11111111"]}
    guard["Content"] = content
    asked = (f"arn:aws:iam::{HOME}:user/mia", "s3:ListAllMyBuckets", "*")
    assert verdict(template_world({"Mia": mia}), *asked) is Verdict.ALLOWED
    guarded = template_world({"Mia": mia, "No": resource("Organizations::Policy", **guard)})
    assert verdict(guarded, *asked) is Verdict.CONDITIONAL


def test_of_a_permission_set_that_nothing_assigns_the_roles_are_not_known() -> None:
    """Another template may assign it, to any account."""
    address = "aws_ssoadmin_permission_set.dev"
    worlds = (
        template_world({"Dev": PERMISSION_SET["Dev"]}),
        plan_world({address: {"name": "Dev", "arn": SET, "instance_arn": "i"}}, {}),
    )
    for world in worlds:
        assert any("permission set `Dev`" in found.unknown.why for found in world.unknowns())
