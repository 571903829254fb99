"""`iamsim serve` as AWS Organizations: the JSON protocol, with the real boto3."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from iamsim.collect.organization import collect_organization
from iamsim.collect.reader import Reader
from iamsim.importers.frame import import_sources
from iamsim.importers.load import load_worlds
from iamsim.serve.dispatch import Request, respond
from iamsim.serve.estate import Estate
from iamsim.serve.model import services
from tests.unit.serving import NOW, client, faults_of, serving

MANAGEMENT, MEMBER, DELEGATE, OUTSIDE = (str(number) * 12 for number in (1, 2, 3, 4))
UNIT, INNER = "ou-ex01-workload", "ou-ex01-inner001"
DENY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}],
}
WORLD = {
    "policies": {"NoDelete": DENY},
    "organization": {
        "id": "o-example0001",
        "management_account": MANAGEMENT,
        "delegated_services": {DELEGATE: ["access-analyzer.amazonaws.com"]},
        "policies": {"NoDelete": {"id": "p-nodelete0001"}},
        "root": {
            "id": "r-ex01",
            "scps": ["FullAWSAccess"],
            "rcps": ["RCPFullAWSAccess"],
            "accounts": [MANAGEMENT],
            "units": {
                "Workloads": {
                    "id": UNIT,
                    "scps": ["FullAWSAccess", "NoDelete"],
                    "rcps": ["RCPFullAWSAccess"],
                    "accounts": [MEMBER],
                    "units": {
                        "Inner": {
                            "id": INNER,
                            "scps": ["FullAWSAccess"],
                            "rcps": ["RCPFullAWSAccess"],
                            "accounts": [DELEGATE],
                        }
                    },
                }
            },
        },
    },
    "accounts": {
        MANAGEMENT: {"name": "management", "scps": ["FullAWSAccess"], "rcps": ["RCPFullAWSAccess"]},
        MEMBER: {"name": "prod", "scps": ["NoDelete"], "rcps": ["RCPFullAWSAccess"]},
        DELEGATE: {"name": "audit", "scps": ["FullAWSAccess"], "rcps": ["RCPFullAWSAccess"]},
        OUTSIDE: {"name": "outside"},
    },
}
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of the world above."""
    file = tmp_path_factory.mktemp("served") / "world.json"
    file.write_text(json.dumps(WORLD))
    with serving(file) as running:
        yield running


@pytest.fixture(scope="module")
def organizations(server):
    """A client that signs as the management account."""
    return client(server, "organizations", MANAGEMENT)


def test_the_tree_is_that_of_the_world(organizations):
    """Parents and children from the root down, with ARNs and paths."""
    about = organizations.describe_organization()["Organization"]
    assert (about["Id"], about["MasterAccountId"]) == ("o-example0001", MANAGEMENT)
    [root] = organizations.list_roots()["Roots"]
    assert root["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:root/o-example0001/r-ex01"
    [unit] = organizations.list_organizational_units_for_parent(ParentId=root["Id"])[
        "OrganizationalUnits"
    ]
    assert (unit["Id"], unit["Name"]) == (UNIT, "Workloads")
    assert unit["Path"] == f"o-example0001/r-ex01/{UNIT}/"
    inner = organizations.describe_organizational_unit(OrganizationalUnitId=INNER)
    assert inner["OrganizationalUnit"]["Path"] == f"o-example0001/r-ex01/{UNIT}/{INNER}/"
    children = organizations.list_children(ParentId=UNIT, ChildType="ACCOUNT")["Children"]
    assert children == [{"Id": MEMBER, "Type": "ACCOUNT"}]
    assert organizations.list_parents(ChildId=DELEGATE)["Parents"] == [
        {"Id": INNER, "Type": "ORGANIZATIONAL_UNIT"}
    ]
    answer = organizations.list_accounts()
    assert [account["Name"] for account in answer["Accounts"]] == ["management", "prod", "audit"]
    assert "email" in answer["ResponseMetadata"]["HTTPHeaders"]["x-iamsim-unknown"]


def test_policies_are_listed_where_they_are_attached(organizations):
    """By target, by policy, and with their documents."""
    listed = organizations.list_policies(Filter=SCP)["Policies"]
    assert {entry["Name"]: entry["Id"] for entry in listed} == {
        "FullAWSAccess": "p-FullAWSAccess",
        "NoDelete": "p-nodelete0001",
    }
    assert {entry["Name"]: entry["AwsManaged"] for entry in listed}["FullAWSAccess"] is True
    policy = organizations.describe_policy(PolicyId="p-nodelete0001")["Policy"]
    assert json.loads(policy["Content"]) == DENY
    attached = organizations.list_policies_for_target(TargetId=MEMBER, Filter=SCP)["Policies"]
    assert [entry["Name"] for entry in attached] == ["NoDelete"]
    targets = organizations.list_targets_for_policy(PolicyId="p-nodelete0001")["Targets"]
    assert [(target["TargetId"], target["Type"]) for target in targets] == [
        (UNIT, "ORGANIZATIONAL_UNIT"),
        (MEMBER, "ACCOUNT"),
    ]
    none = organizations.list_policies(Filter="TAG_POLICY")
    assert none["Policies"] == []
    assert "holds none" in none["ResponseMetadata"]["HTTPHeaders"]["x-iamsim-unknown"]


def test_lists_come_in_pages(organizations):
    """As the SDK's paginators ask for them; a token of another list is refused."""
    paginator = organizations.get_paginator("list_accounts")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Accounts"]) for page in pages] == [2, 1]
    with pytest.raises(organizations.exceptions.InvalidInputException) as caught:
        organizations.list_roots(NextToken=pages[0]["NextToken"])
    assert caught.value.response["Reason"] == "INVALID_NEXT_TOKEN"


@pytest.mark.parametrize(
    ("account", "operation", "parameters", "code"),
    [
        (OUTSIDE, "describe_organization", {}, "AWSOrganizationsNotInUseException"),
        (MEMBER, "list_accounts", {}, "AccessDeniedException"),
        (MANAGEMENT, "describe_policy", {"PolicyId": "p-none00000000"}, "PolicyNotFoundException"),
        (MANAGEMENT, "describe_account", {"AccountId": OUTSIDE}, "AccountNotFoundException"),
        (MANAGEMENT, "describe_account", {"AccountId": "1"}, "InvalidInputException"),
        (MANAGEMENT, "list_policies", {"Filter": "X"}, "InvalidInputException"),
        (MANAGEMENT, "list_parents", {"ChildId": "5" * 12}, "ChildNotFoundException"),
        (
            MANAGEMENT,
            "list_children",
            {"ParentId": MEMBER, "ChildType": "ACCOUNT"},
            "InvalidInputException",
        ),
        (
            MANAGEMENT,
            "list_policies_for_target",
            {"TargetId": OUTSIDE, "Filter": SCP},
            "TargetNotFoundException",
        ),
        (
            MANAGEMENT,
            "list_accounts_for_parent",
            {"ParentId": "r-none"},
            "ParentNotFoundException",
        ),
        (
            MANAGEMENT,
            "describe_organizational_unit",
            {"OrganizationalUnitId": "ou-ex01-00000000"},
            "OrganizationalUnitNotFoundException",
        ),
        (
            MANAGEMENT,
            "list_delegated_services_for_account",
            {"AccountId": MEMBER},
            "AccountNotRegisteredException",
        ),
        (MANAGEMENT, "list_handshakes_for_organization", {}, "NotImplemented"),
    ],
)
def test_errors_are_those_of_aws(server, account, operation, parameters, code):
    """By AWS's code, which boto3 makes an exception of."""
    aws = client(server, "organizations", account)
    with pytest.raises(ClientError) as caught:
        getattr(aws, operation)(**parameters)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Message"]
    assert code == "NotImplemented" or type(caught.value).__name__ == code


def test_any_member_may_describe_and_a_delegate_may_list(server):
    """Who AWS answers, by the account alone: the caller's permissions are not asked."""
    member = client(server, "organizations", MEMBER)
    assert member.describe_organization()["Organization"]["Id"] == "o-example0001"
    delegate = client(server, "organizations", DELEGATE)
    assert len(delegate.list_accounts()["Accounts"]) == 3
    assert [
        delegated_administrator["Id"]
        for delegated_administrator in delegate.list_delegated_administrators()[
            "DelegatedAdministrators"
        ]
    ] == [DELEGATE]
    services_of = delegate.list_delegated_services_for_account(AccountId=DELEGATE)
    assert services_of["DelegatedServices"] == [
        {"ServicePrincipal": "access-analyzer.amazonaws.com"}
    ]


def test_a_management_account_that_is_not_listed_is_asked_all_the_same(tmp_path):
    """By its id, and by any key that nobody lists; IAM answers for what the world lists."""
    world = json.loads(json.dumps(WORLD))
    del world["accounts"][MANAGEMENT]
    file = tmp_path / "world.json"
    file.write_text(json.dumps(world))
    with serving(file) as server:
        for key in (MANAGEMENT, "AKIANOBODYLISTSTHIS1"):
            answer = client(server, "organizations", key).list_accounts()
            assert len(answer["Accounts"]) == 3
            assert "Name" not in answer["Accounts"][0]
            headers = answer["ResponseMetadata"]["HTTPHeaders"]
            assert headers["x-iamsim-account"] == MANAGEMENT
            assert ("x-iamsim-caller" in headers) is (key != MANAGEMENT)
        assert client(server, "sts").get_caller_identity()["Account"] == MEMBER
        assert client(server, "sts", MANAGEMENT).get_caller_identity()["Account"] == MANAGEMENT
        assert client(server, "iam", MANAGEMENT).list_users()["Users"] == []


class Session:
    """A session of boto3 whose clients ask a server."""

    region_name = "eu-west-1"

    def __init__(self, server):
        self.server = server

    def client(self, service, **_options):
        """A client that signs as the management account."""
        return client(self.server, service, MANAGEMENT)


def collected(world, folder):
    """What `iamsim collect` gets of the organization of a world."""
    with serving(world) as server:
        reader = Reader(Session(server), folder, lambda _text: None)
        accounts = collect_organization(reader, type("Wanted", (), {"for_audit": False})())
    # Neither Identity Center nor the list of Regions in which to look for it is served.
    assert {text.partition(": ")[0] for text in reader.denied} == {
        "identity-center/list-instances.json",
        "organizations/describe-regions.json",
    }
    return accounts


def test_what_is_collected_from_the_endpoint_imports_to_the_same_organization(tmp_path):
    """The world, served, collected by `iamsim collect` and imported."""
    file = tmp_path / "world.json"
    file.write_text(json.dumps(WORLD))
    folder = tmp_path / "collected"
    assert sorted(collected(file, folder)) == [MANAGEMENT, MEMBER, DELEGATE]
    found = import_sources([str(folder / "organizations")]).data
    assert found["organization"] == WORLD["organization"] | {
        "root": WORLD["organization"]["root"] | {"name": "Root"}
    }
    assert found["policies"] == WORLD["policies"]
    assert found["accounts"] == {
        number: WORLD["accounts"][number] for number in (MANAGEMENT, MEMBER, DELEGATE)
    }


def test_ids_that_are_made_up_are_not_imported(tmp_path):
    """Nor does an answer hold anything that botocore's model forbids."""
    world = {
        "organization": {
            "management_account": MANAGEMENT,
            "root": {"units": {"Work": {"scps": [DENY], "accounts": [MEMBER]}}},
        },
        "accounts": {MANAGEMENT: {}, MEMBER: {}},
    }
    file = tmp_path / "world.json"
    file.write_text(json.dumps(world))
    with serving(file) as server:
        aws = client(server, "organizations", MANAGEMENT)
        organization = aws.describe_organization()
        assert faults_of("organizations", "DescribeOrganization", organization) == []
        units = aws.list_organizational_units_for_parent(
            ParentId=aws.list_roots()["Roots"][0]["Id"]
        )
        assert faults_of("organizations", "ListOrganizationalUnitsForParent", units) == []
    folder = tmp_path / "collected"
    collected(file, folder)
    found = import_sources([str(folder / "organizations")]).data
    assert "unknown" in found["organization"]["id"]
    assert "iamsim" not in json.dumps(
        {key: value for key, value in found["organization"].items() if key != "root"}
    )
    root = found["organization"]["root"]
    assert "id" not in root
    [unit] = root["units"].values()
    assert "id" not in unit
    assert unit["accounts"] == [MEMBER]


def test_what_is_not_known_is_said(tmp_path):
    """Policies that are attached and that nobody knows are in a header, not in the list."""
    world = json.loads(json.dumps(WORLD))
    world["organization"]["root"]["scps"].append({"unknown": "lost"})
    world["organization"]["delegated_administrators"] = {"unknown": "denied"}
    file = tmp_path / "world.json"
    file.write_text(json.dumps(world))
    with serving(file) as server:
        aws = client(server, "organizations", MANAGEMENT)
        answer = aws.list_policies_for_target(TargetId="r-ex01", Filter=SCP)
        assert [policy["Name"] for policy in answer["Policies"]] == ["FullAWSAccess"]
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        assert "1 of it is not known" in headers["x-iamsim-unknown"]
        with pytest.raises(ClientError) as caught:
            aws.list_delegated_administrators()
        assert caught.value.response["Error"]["Code"] == "NotImplemented"
        member = client(server, "organizations", MEMBER).list_roots()
        assert "whether" in member["ResponseMetadata"]["HTTPHeaders"]["x-iamsim-unknown"]


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """What the server answers from, without a server."""
    file = tmp_path_factory.mktemp("estate") / "world.json"
    file.write_text(json.dumps(WORLD))
    return Estate(load_worlds(str(file)), NOW)


VALUES = st.sampled_from(
    ("", "x", MEMBER, UNIT, "r-ex01", "p-FullAWSAccess", SCP, RCP, "ACCOUNT", 1, -1, 20, True, [])
) | st.dictionaries(st.text(max_size=2), st.none(), max_size=1)


@given(st.data())
def test_no_body_breaks_the_server(estate, data):
    """Whatever stands in the members of an operation, there is an answer in JSON."""
    service = services()["organizations"]
    operation = data.draw(st.sampled_from(sorted(service.operations.values())))
    members = service.shapes[operation.input].members if operation.input else {}
    body = {name: data.draw(VALUES) for name in members if data.draw(st.booleans())}
    text = json.dumps(body).encode() if data.draw(st.integers(0, 9)) else b"{x"
    headers = {"x-amz-target": f"{service.target}.{operation.name}"}
    answer = respond(estate, Request("POST", "/", "", headers, text))
    assert answer.status < 500
    assert isinstance(json.loads(answer.body), dict)
