"""What a world answers: principals, resources, the organization and its levels."""

import pickle

import pytest

from iamsim.world.builtin import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS, find_built_in
from iamsim.world.load import load_world_data
from iamsim.world.model import ManagedPolicyReference, PolicyDocument, World

HUB, SPOKE, OTHER = "111122223333", "444455556666", "777788889999"
MANAGEMENT = "999999999999"
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
SUFFIX = "0123456789abcDEF"

WORLD = {
    "policies": {"Deny": DENY},
    "organization": {
        "id": "o-exampleorg1",
        "management_account": MANAGEMENT,
        "root": {
            "id": "r-ab12",
            "units": {
                "Workloads": {
                    "id": "ou-ab12-1",
                    "scps": ["FullAWSAccess", "Deny"],
                    "units": {"Prod": {"id": "ou-ab12-2", "rcps": [DENY], "accounts": [HUB]}},
                },
                "Unnamed": {"name": "Sandbox", "accounts": [OTHER]},
            },
        },
    },
    "accounts": {
        HUB: {
            "scps": [],
            "users": {
                "alice": {"path": "/eng/", "groups": ["devs"], "policies": [ALLOW]},
                "bob": {},
            },
            "groups": {"devs": {"path": "/g/", "policies": ["Deny"]}},
            "roles": {
                "app": {"path": "/team/", "policies": [ALLOW], "trust": ALLOW},
                "AWSServiceRoleForX": {"path": "/aws-service-role/x.amazonaws.com/"},
                "marked": {"service_linked": True},
                f"AWSReservedSSO_Listed_{SUFFIX}": {"path": "/aws-reserved/sso.amazonaws.com/"},
            },
            "permission_sets": {
                "Dev_2": {"policies": ["Deny"], "inline": ALLOW, "boundary": "Deny"},
                "Bare": {"inline": {}},
                "Listed": {"policies": ["Deny"]},
            },
            "resources": {
                "arn:aws:s3:::reports": {},
                "arn:aws:lambda:eu-west-1:111122223333:function:f": {},
                "arn:aws:lambda:eu-west-1:111122223333:function:f:live": {},
                "arn:aws:dynamodb:eu-west-1:111122223333:table/T": {},
                "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x:*": {},
                "arn:aws:ssm:eu-west-1:111122223333:parameter/a": {},
                "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap": {
                    "bucket": "arn:aws:s3:::reports",
                    "network_origin": "VPC",
                },
            },
        },
        SPOKE: {
            "scps": ["Deny"],
            "resources": {"arn:aws:s3:::shared": {"account": OTHER}},
            "vpc_endpoints": {
                "vpce-1": {"service": "s3", "type": "Gateway"},
                "vpce-2": {"service": "com.amazonaws.eu-west-1.ecr.api"},
                "vpce-3": {},
            },
        },
        "222233334444": {
            "providers": ["arn:aws-us-gov:iam::222233334444:saml-provider/x"],
            "users": {"gil": {}},
        },
    },
}


@pytest.fixture(scope="module")
def world():
    """Load the world above."""
    return load_world_data(WORLD)


@pytest.mark.parametrize(
    ("arn", "found"),
    [
        (f"arn:aws:iam::{HUB}:user/eng/alice", "user/eng/alice"),
        (f"arn:aws:iam::{HUB}:user/bob", "user/bob"),
        (f"arn:aws:iam::{HUB}:role/team/app", "role/team/app"),
        (f"arn:aws:sts::{HUB}:assumed-role/app/s1", "role/team/app"),
        ("arn:aws-us-gov:iam::222233334444:user/gil", "user/gil"),
        (f"arn:aws:iam::{HUB}:user/alice", None),
        (f"arn:aws:iam::{HUB}:user/eng/Alice", None),
        (f"arn:aws:iam::{HUB}:role/app", None),
        (f"arn:aws:iam::{HUB}:group/g/devs", None),
        (f"arn:aws:iam::{HUB}:root", None),
        (f"arn:aws:iam:eu-west-1:{HUB}:user/bob", None),
        (f"arn:aws-cn:iam::{HUB}:user/bob", None),
        ("arn:aws:iam::222233334444:user/gil", None),
        (f"arn:aws:iam::{MANAGEMENT}:user/bob", None),
        (f"arn:aws:sts::{HUB}:assumed-role/App/s1", None),
        (f"arn:aws:sts::{HUB}:assumed-role/app", None),
        (f"arn:aws:sts::{HUB}:assumed-role/app/", None),
        (f"arn:aws:sts::{HUB}:federated-user/bob", None),
        (f"arn:aws:ec2::{HUB}:user/bob", None),
        ("lambda.amazonaws.com", None),
    ],
)
def test_principals_are_found_by_their_whole_arn(world, arn, found):
    """A user or role needs partition, path and letter case; a session gives its role."""
    principal = world.find_principal(arn)
    assert (principal and principal.arn.split(":")[-1]) == found


@pytest.mark.parametrize(
    ("arn", "path"),
    [
        (f"arn:aws:sts::{HUB}:assumed-role/AWSReservedSSO_Dev_2_{SUFFIX}/eve", ""),
        (
            f"arn:aws:iam::{HUB}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_2_{SUFFIX}",
            "",
        ),
        (
            f"arn:aws:iam::{HUB}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Dev_2_{SUFFIX}",
            "eu-west-1/",
        ),
    ],
)
def test_a_permission_set_stands_for_its_role(world, arn, path):
    """The role of a permission set has its policies, with any suffix and the reserved path."""
    role = world.find_principal(arn)
    assert role.path == f"/aws-reserved/sso.amazonaws.com/{path}"
    assert role.permission_set == "Dev_2"
    assert [policy.name for policy in role.policies] == [
        "Deny",
        "inline policy of permission set Dev_2",
    ]
    assert role.boundary.name == "Deny"
    assert world.find_principal(arn) is role


def test_an_empty_inline_policy_of_a_permission_set_is_none(world):
    """`inline: {}` says that there is no inline policy."""
    arn = f"arn:aws:sts::{HUB}:assumed-role/AWSReservedSSO_Bare_{SUFFIX}/eve"
    assert world.find_principal(arn).policies == ()


def test_a_listed_role_wins_over_its_permission_set(world):
    """Where the provisioned role itself is in the world, it counts as listed."""
    arn = f"arn:aws:sts::{HUB}:assumed-role/AWSReservedSSO_Listed_{SUFFIX}/eve"
    assert world.find_principal(arn).permission_set is None


@pytest.mark.parametrize(
    "resource",
    [
        f"role/AWSReservedSSO_Dev_2_{SUFFIX}",
        f"role/aws-reserved/sso.amazonaws.com/a/b/AWSReservedSSO_Dev_2_{SUFFIX}",
        f"role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_2_{SUFFIX}0",
        f"role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_dev_2_{SUFFIX}",
        "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_2_xyz",
    ],
)
def test_other_roles_are_not_those_of_permission_sets(world, resource):
    """Path, name and the sixteen digits must all fit."""
    assert world.find_principal(f"arn:aws:iam::{HUB}:{resource}") is None


def test_service_linked_roles_are_known_by_path_or_mark(world):
    """The path says it, or the file does."""
    roles = world.accounts[HUB].roles
    assert [name for name, role in roles.items() if role.service_linked] == [
        "AWSServiceRoleForX",
        "marked",
    ]


def test_groups_of_a_user_are_in_the_order_of_the_user(world):
    """A user's groups come with their policies, and have ARNs with their paths."""
    account = world.accounts[HUB]
    (group,) = account.groups_of(account.users["alice"])
    assert group.arn == f"arn:aws:iam::{HUB}:group/g/devs"
    assert [policy.name for policy in group.policies] == ["Deny"]


@pytest.mark.parametrize(
    ("arn", "found"),
    [
        ("arn:aws:s3:::reports", "arn:aws:s3:::reports"),
        ("arn:aws:s3:::reports/a/b.csv", "arn:aws:s3:::reports"),
        ("arn:aws:s3:::reports/", "arn:aws:s3:::reports"),
        ("arn:aws:s3:::reports2/a", None),
        ("arn:aws:s3:::report", None),
        ("arn:aws:lambda:eu-west-1:111122223333:function:f:7", ":function:f"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:f:live", ":function:f:live"),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/T/index/I", "table/T"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x", "/aws/x:*"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x:*", "/aws/x:*"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x:log-stream:s", "/aws/x:*"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x/y", None),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/a/b", None),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/ap/object/k", "accesspoint/ap"),
        ("*", None),
        ("arn:aws:s3:::" + "/" * 100_000, None),
    ],
)
def test_a_resource_is_the_listed_arn_or_what_it_lies_in(world, arn, found):
    """The longest listed ARN counts that the ARN continues with a separator of its service."""
    resource = world.find_resource(arn)
    assert (resource is None) == (found is None)
    assert found is None or resource.arn.endswith(found)


def test_accounts_of_resources_come_from_the_world_else_from_the_arn(world):
    """S3 ARNs name no account, so the world must; other ARNs name it."""
    assert world.account_of_bucket("reports") == HUB
    assert world.account_of_bucket("arn:aws:s3:::shared/key") == OTHER
    assert world.account_of_bucket("other") is None
    assert world.account_of_resource("arn:aws:s3:::shared/key") == OTHER
    assert world.account_of_resource(f"arn:aws:sqs:eu-west-1:{SPOKE}:q") == SPOKE
    assert world.account_of_resource("arn:aws:s3:::other") is None
    assert world.account_of_resource("*") is None


def test_the_path_of_an_account_leads_from_the_root_to_its_unit(world):
    """The management account stands in the root when no node lists it."""
    names = [node.name for node in world.organization_path(HUB)]
    assert names == ["Root", "Workloads", "Prod"]
    assert [node.name for node in world.organization_path(MANAGEMENT)] == ["Root"]
    assert world.organization_path(SPOKE) is None


def test_the_path_as_text_needs_all_ids(world):
    """aws:PrincipalOrgPaths is the ids from the organization to the unit, with a slash behind."""
    assert world.organization_path_text(HUB) == "o-exampleorg1/r-ab12/ou-ab12-1/ou-ab12-2/"
    assert world.organization_path_text(OTHER) is None  # its unit has no id
    assert world.organization_path_text(SPOKE) is None


def test_levels_are_root_first_with_the_defaults_of_aws(world):
    """A node without `scps` has FullAWSAccess; what is listed is all that is attached."""

    def names(levels):
        return [(level, [policy.name for policy in policies]) for level, policies in levels]

    assert names(world.scp_levels(HUB)) == [
        ("Root", ["FullAWSAccess"]),
        ("Workloads", ["FullAWSAccess", "Deny"]),
        ("Prod", ["FullAWSAccess"]),
        (HUB, []),
    ]
    assert names(world.rcp_levels(HUB)) == [
        ("Root", ["RCPFullAWSAccess"]),
        ("Workloads", ["RCPFullAWSAccess"]),
        ("Prod", ["inline policy 1 of Prod"]),
        (HUB, ["RCPFullAWSAccess"]),
    ]
    assert names(world.scp_levels(OTHER))[1] == ("Sandbox", ["FullAWSAccess"])


def test_outside_of_the_organization_only_own_policies_are_levels(world):
    """An account in no organization has no levels, but for what it lists itself."""
    assert [level for level, _ in world.scp_levels(SPOKE)] == [SPOKE]
    assert world.rcp_levels(SPOKE) is None
    assert world.scp_levels("000000000000") is None


def test_membership(world):
    """Members are the accounts of the nodes and the management account."""
    assert world.in_organization(HUB)
    assert world.in_organization(MANAGEMENT)
    assert not world.in_organization(SPOKE)
    assert world.is_management(MANAGEMENT)
    assert not world.is_management(HUB)


def test_a_world_without_organization_has_no_members():
    """An empty world answers every question."""
    world = World()
    assert not world.is_management(HUB)
    assert not world.in_organization(HUB)
    assert world.organization_path(HUB) is None
    assert world.scp_levels(HUB) is None
    assert world.rcp_levels(HUB) is None
    assert world.find_resource("arn:aws:s3:::b/k") is None


def test_an_organization_without_tree_has_its_management_account():
    """Without a root there are no levels, and without a management account no member."""
    world = load_world_data({"organization": {"management_account": MANAGEMENT}})
    assert world.in_organization(MANAGEMENT)
    assert world.organization_path(MANAGEMENT) is None
    assert load_world_data({"organization": {"root": {}}}).node_of(MANAGEMENT) is None


@pytest.mark.parametrize(
    ("endpoint", "prefix"), [("vpce-1", "s3"), ("vpce-2", "ecr"), ("vpce-3", None)]
)
def test_the_service_of_an_endpoint_has_a_short_name(world, endpoint, prefix):
    """Both ways to write an endpoint's service give the service's prefix."""
    assert world.accounts[SPOKE].vpc_endpoints[endpoint].service_prefix == prefix


@pytest.mark.parametrize(
    ("reference", "policy"),
    [
        ("FullAWSAccess", FULL_AWS_ACCESS),
        (
            "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
            FULL_AWS_ACCESS,
        ),
        (RCP_FULL_AWS_ACCESS.arn, RCP_FULL_AWS_ACCESS),
        ("arn:aws:iam::aws:policy/p-FullAWSAccess", None),
        ("fullawsaccess", None),
    ],
)
def test_built_in_policies_go_by_name_and_arn(reference, policy):
    """The two policies of AWS Organizations are known without a file."""
    assert find_built_in(reference) is policy


def test_built_in_policies_have_places():
    """Their statements can be shown like those of a file."""
    assert FULL_AWS_ACCESS.source.span(("Statement", 0)).place == "FullAWSAccess:4:5"
    assert RCP_FULL_AWS_ACCESS.source.span(("Statement", 0)).line == 4


def test_items_know_where_they_stand(world):
    """Users, resources and references to managed policies have a place in the file."""
    assert world.accounts[HUB].users["bob"].span.text == "{}"
    reference = ManagedPolicyReference("arn:aws:iam::aws:policy/job-function/Billing")
    assert reference.name == "Billing"
    assert reference.span.line == 1
    assert reference == ManagedPolicyReference(reference.arn, position=("x",))


def test_a_world_survives_pickling(world):
    """Worker processes get a whole world: the same answers, and the same places."""
    world.find_resource("arn:aws:s3:::reports")
    copy = pickle.loads(pickle.dumps(world))  # noqa: S301 - our own bytes
    arn = f"arn:aws:iam::{HUB}:user/eng/alice"
    (policy,) = copy.find_principal(arn).policies
    (expected,) = world.find_principal(arn).policies
    assert isinstance(policy, PolicyDocument)
    assert policy.document == expected.document
    assert (
        policy.source.span(("Statement", 0)).place == expected.source.span(("Statement", 0)).place
    )
