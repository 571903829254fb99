"""Outputs of single calls, and records of AWS Config and iam-collect: facts, or remarks."""

from __future__ import annotations

import json
from collections import Counter
from urllib.parse import quote

import pytest

from iamsim.catalog.policy_calls import policy_call
from iamsim.importers.frame import SourceOptions, import_sources

ACCOUNT = "111122223333"
ARN_OF_DEVICES = f"arn:aws:iam::{ACCOUNT}"
PLACE = f"{ACCOUNT}/eu-west-1"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
POINT = f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/point"
REGION_POINT = f"arn:aws:s3::{ACCOUNT}:accesspoint/x.mrap"
QUEUES = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:"
BUCKET = "arn:aws:s3:::bucket"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}],
}
TEXT = json.dumps(POLICY)
BLOCK = {"RestrictPublicBuckets": True, "BlockPublicAcls": False, "Other": 1}
RESTRICTED = {"restrict_public_buckets": True, "block_public_acls": False}


def listed(arn, **facts):
    """A resource without the output that has its policy: AWS's call for that is named."""
    policy = {"unknown": f"no source has the policy of `{arn}`", "source": policy_call(arn)}
    return {**facts, "policy": policy}


def imported(tmp_path, files, **options):
    """Import files given as path and content; gives the accounts' data and the remarks' codes."""
    for name, content in files.items():
        path = tmp_path / "world" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    found = import_sources([str(tmp_path / "world")], options=SourceOptions(**options))
    return found.data.get("accounts", {}), [remark.code for remark in found.remarks]


@pytest.mark.parametrize(
    ("name", "output", "expected"),
    [
        pytest.param(
            f"{PLACE}/list-access-points",
            {"AccessPointList": [{"AccessPointArn": POINT, "Bucket": "b", "NetworkOrigin": "VPC"}]},
            {
                "resources": {POINT: listed(POINT, bucket="arn:aws:s3:::b", network_origin="VPC")},
            },
            id="access points",
        ),
        pytest.param(
            f"{PLACE}/list-multi-region-access-points",
            {"AccessPoints": [{"Alias": "x.mrap", "Regions": [{"Bucket": "b"}]}]},
            {
                "resources": {
                    REGION_POINT: listed(REGION_POINT, buckets=["arn:aws:s3:::b"]),
                }
            },
            id="multi-Region access points",
        ),
        pytest.param(
            f"{PLACE}/get-rest-api.a1",
            {"id": "a1", "policy": json.dumps(TEXT)[1:-1]},  # as API Gateway escapes it
            {"resources": {f"arn:aws:execute-api:eu-west-1:{ACCOUNT}:a1": {"policy": POLICY}}},
            id="API policy",
        ),
        pytest.param(
            f"{PLACE}/get-access-point-policy.point",
            {"Policy": TEXT},
            {"resources": {POINT: {"policy": POLICY}}},
            id="access point policy",
        ),
        pytest.param(
            f"{ACCOUNT}/get-public-access-block.{ACCOUNT}",
            {"PublicAccessBlockConfiguration": BLOCK},
            {"public_access_block": RESTRICTED},
            id="public access block of an account",
        ),
        pytest.param(
            f"{ACCOUNT}/get-public-access-block",
            {"PublicAccessBlockConfiguration": BLOCK},
            {"public_access_block": RESTRICTED},
            id="public access block of the folder's account",
        ),
        pytest.param(
            f"{ACCOUNT}/get-public-access-block.bucket",
            {"PublicAccessBlockConfiguration": BLOCK},
            {"resources": {BUCKET: listed(BUCKET, public_access_block=RESTRICTED)}},
            id="public access block of a bucket",
        ),
        pytest.param(
            f"{ACCOUNT}/get-bucket-abac.bucket",
            {"AbacStatus": {"Status": "Disabled"}},
            {"resources": {BUCKET: listed(BUCKET, abac=False)}},
            id="whether tags of a bucket count",
        ),
        pytest.param(
            "list-grants",
            {
                "Grants": [
                    {
                        "KeyId": KEY,
                        "GrantId": "g",
                        "Name": "n",
                        "GranteeServicePrincipal": "rds.amazonaws.com",
                        "Operations": ["Decrypt"],
                        "Constraints": {},
                    }
                ]
            },
            {
                "resources": {
                    KEY: listed(
                        KEY,
                        grants=[
                            {
                                "grantee": "rds.amazonaws.com",
                                "operations": ["Decrypt"],
                                "name": "n",
                                "id": "g",
                            }
                        ],
                    )
                }
            },
            id="grants",
        ),
        pytest.param(
            f"{ACCOUNT}/list-queues",
            {
                "QueueUrls": [
                    f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/new",
                    f"https://eu-west-1.queue.amazonaws.com/{ACCOUNT}/old",
                    "nonsense",
                ]
            },
            {
                "resources": {
                    f"{QUEUES}new": listed(f"{QUEUES}new"),
                    f"{QUEUES}old": listed(f"{QUEUES}old"),
                }
            },
            id="queues",
        ),
        pytest.param(
            "list-event-buses",
            {
                "EventBuses": [
                    {"Arn": f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/b", "Policy": TEXT},
                ]
            },
            {"resources": {f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/b": {"policy": POLICY}}},
            id="event buses",
        ),
        pytest.param(
            f"{PLACE}/get-repository-policy",
            {"registryId": ACCOUNT, "repositoryName": "team/app", "policyText": TEXT},
            {
                "resources": {
                    f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/team/app": {"policy": POLICY}
                }
            },
            id="repository",
        ),
        pytest.param(
            "queue",
            {"Attributes": {"QueueArn": f"{QUEUES}q", "CreatedTimestamp": "1"}},
            {"resources": {f"{QUEUES}q": {"kms_key": "none"}}},
            id="queue without a policy",
        ),
        pytest.param(
            "keys",
            {KEY: {"Policy": TEXT}},
            {"resources": {KEY: {"policy": POLICY}}},
            id="map by ARN",
        ),
        pytest.param(
            f"{ACCOUNT}/list-mfa-devices",
            {"MFADevices": [{"UserName": "u", "SerialNumber": number} for number in "121"]},
            {"users": {"u": {"mfa_devices": 2, "mfa_types": ["hardware"]}}},
            id="devices",
        ),
        pytest.param(
            f"{ACCOUNT}/list-mfa-devices",
            {
                "MFADevices": [
                    {"UserName": "u", "SerialNumber": f"{ARN_OF_DEVICES}:u2f/user/u/a"},
                    {
                        "UserName": "v",
                        "SerialNumber": f"{ARN_OF_DEVICES}:u2f/user/v/b",
                        "EnableDate": "2022-06-01T08:00:00+00:00",
                    },
                    {"UserName": "w", "SerialNumber": f"{ARN_OF_DEVICES}:mfa/w"},
                ]
            },
            {
                "users": {
                    "u": {"mfa_devices": 1, "mfa_types": ["fido-or-u2f"]},
                    "v": {"mfa_devices": 1, "mfa_types": ["fido"]},
                    "w": {"mfa_devices": 1, "mfa_types": ["virtual"]},
                }
            },
            id="security keys",
        ),
        pytest.param(
            "list-virtual-mfa-devices",
            {
                "VirtualMFADevices": [
                    {"SerialNumber": "1", "User": {"Arn": f"arn:aws:iam::{ACCOUNT}:root"}},
                    {"SerialNumber": "2"},
                ]
            },
            {"root_user": {"mfa_devices": 1, "mfa_types": ["hardware"]}},
            id="device of the root user",
        ),
        pytest.param(
            f"{ACCOUNT}/list-access-keys",
            {"AccessKeyMetadata": [{"UserName": "u", "AccessKeyId": "AKIA", "Status": "Active"}]},
            {"users": {"u": {"access_keys": [{"id": "AKIA", "status": "Active"}]}}},
            id="access keys",
        ),
        pytest.param(
            "list-saml-providers",
            {"SAMLProviderList": [{"Arn": f"arn:aws:iam::{ACCOUNT}:saml-provider/x"}]},
            {"providers": [f"arn:aws:iam::{ACCOUNT}:saml-provider/x"]},
            id="providers",
        ),
    ],
)
def test_an_output_is_read(tmp_path, name, output, expected):
    """One output gives one fact, and no remark but that of a policy that another output has."""
    accounts, codes = imported(tmp_path, {f"{name}.json": output})
    users = accounts[ACCOUNT].get("users", {})
    for field in ("policies", "boundary", "tags"):
        assert all(user.pop(field) for user in users.values())
    missing = Counter(
        {
            "policy-missing": str(expected).count("no source has the policy") + len(users),
            "attribute-missing": 2 * len(users),
        }
    )
    assert (accounts, Counter(codes)) == ({ACCOUNT: expected}, +missing)


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ({"AccessPointList": [{"Name": "x"}]}, "record-not-readable"),
        ({"Grants": [{"KeyId": "1"}, {"KeyId": KEY}]}, "record-not-readable"),
        ({"SAMLProviderList": [{"Arn": "x"}]}, "record-without-arn"),
        ({"MFADevices": [{"UserName": "u"}]}, "record-without-account"),
        ({"AccessKeyMetadata": [{"UserName": "u"}]}, "record-without-account"),
        ({"VpcEndpoints": [{"VpcEndpointId": "vpce-1"}]}, "record-without-account"),
        ({"VpcEndpoints": [{"OwnerId": ACCOUNT}]}, "record-not-readable"),
        ({"PublicAccessBlockConfiguration": BLOCK}, "output-about-unknown"),
        ({"TagSet": [{"Key": "a", "Value": "b"}]}, "output-about-unknown"),
        ({"AbacStatus": {"Status": "Enabled"}}, "output-about-unknown"),
        ({"Policy": "not JSON"}, "policy-not-readable"),
        ({"OrganizationalUnits": [{}]}, "record-not-readable"),
        ({"Accounts": [{"Id": "1"}]}, "record-not-readable"),
        ({"Parents": [{"Id": "r-ab12"}]}, "output-about-unknown"),
        ({"Children": [{"Id": ACCOUNT}]}, "output-about-unknown"),
        ({"Targets": [{"TargetId": "r-ab12"}]}, "output-about-unknown"),
        ({"Policies": [{"Type": "SERVICE_CONTROL_POLICY"}]}, "record-not-readable"),
        ({"DelegatedAdministrators": [{}]}, "record-not-readable"),
        ({"DelegatedServices": [{}]}, "output-about-unknown"),
        ({"AccountAssignments": [{}]}, "record-not-readable"),
        ({"InlinePolicy": TEXT}, "output-about-unknown"),
        (
            {"AccountAssignments": [{"AccountId": ACCOUNT, "PermissionSetArn": "ps-" + "1" * 16}]},
            "permission-set-unknown",
        ),
        ({"configurationItems": ["?", {"resourceType": "AWS::IAM::Role"}]}, "record-not-readable"),
        ({"configurationItems": [{"resourceType": "AWS::SQS::Queue"}]}, "record-not-readable"),
        ({"ReportFormat": "text/csv", "Content": "?"}, "record-not-readable"),
    ],
)
def test_what_can_not_be_read_is_remarked(tmp_path, output, code):
    """Records without what they need give a remark, and nothing else."""
    _, codes = imported(tmp_path, {"output.json": output})
    assert code in codes


def test_outputs_that_say_nothing_are_no_mistakes(tmp_path):
    """A secret without a policy, the caller's identity, an empty list of tables."""
    files = {
        "a.json": {"ARN": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:x", "Name": "x"},
        "b.json": {"UserId": "A", "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/u"},
        "c.json": {"TableNames": []},
    }
    assert imported(tmp_path, files) == ({}, [])


def test_records_of_config_are_read(tmp_path):
    """Endpoints, settings, policies as text or object; what is deleted is not."""
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"
    base = {"awsAccountId": ACCOUNT}
    items = [
        {
            **base,
            "resourceType": "AWS::EC2::VPCEndpoint",
            "configuration": json.dumps(
                {"vpcEndpointId": "vpce-1", "serviceName": "s3", "policyDocument": TEXT}
            ),
        },
        {
            **base,
            "resourceType": "AWS::S3::AccountPublicAccessBlock",
            "configuration": {"restrictPublicBuckets": True},
        },
        {
            **base,
            "resourceType": "AWS::SQS::Queue",
            "ARN": queue,
            "configuration": {"Policy": TEXT},
        },
        {
            **base,
            "resourceType": "AWS::KMS::Key",
            "ARN": KEY,
            "supplementaryConfiguration": {"Policy": POLICY},
        },
        {
            **base,
            "resourceType": "AWS::S3::Bucket",
            "ARN": "arn:aws:s3:::gone",
            "configurationItemStatus": "ResourceDeleted",
        },
        {**base, "resourceType": "AWS::EC2::Instance", "configuration": {}},
        {**base, "resourceType": "AWS::SNS::Topic", "configuration": {"Policy": TEXT}},
    ]
    accounts, codes = imported(tmp_path, {"snapshot.json": {"configurationItems": items}})
    assert accounts[ACCOUNT] == {
        "public_access_block": {"restrict_public_buckets": True},
        "resources": {KEY: {"policy": POLICY}, queue: {"policy": POLICY}},
        "vpc_endpoints": {"vpce-1": {"service": "s3", "policy": POLICY}},
    }
    assert codes == ["record-not-readable"]


def test_aws_config_tells_policies_in_items_of_their_own_and_of_some_types_none(tmp_path):
    """A policy that is an item is that of the resource it names; where items hold none, it is not
    known, unless AWS says elsewhere that there is none; access points say their buckets."""
    base = {"accountId": ACCOUNT, "awsRegion": "eu-west-1", "configurationItemStatus": "OK"}
    streams = [f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/{name}" for name in ("a", "b")]
    points = f"arn:aws:s3::{ACCOUNT}:accesspoint/x.mrap"
    records = [
        ("AWS::ECR::RegistryPolicy", None, {"RegistryId": ACCOUNT, "PolicyText": POLICY}),
        ("AWS::S3Express::BucketPolicy", None, {"Bucket": "b--x-s3", "PolicyDocument": TEXT}),
        ("AWS::MSK::ClusterPolicy", None, {"Policy": POLICY}),
        ("AWS::MSK::ClusterPolicy", None, {"ClusterArn": "arn:aws:kafka:eu-west-1:1:cluster/c"}),
        *(("AWS::Kinesis::Stream", stream, {"Name": stream}) for stream in streams),
        ("AWS::S3::AccessPoint", POINT, {"Bucket": "b", "NetworkOrigin": "VPC", "Policy": TEXT}),
        ("AWS::S3::MultiRegionAccessPoint", points, {"Regions": [{"Bucket": "b"}]}),
        ("AWS::SQS::Queue", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q", {"Policy": "{no JSON"}),
    ]
    items = [
        {**base, "resourceType": kind, "ARN": arn, "configuration": configuration}
        for kind, arn, configuration in records
    ]
    none = f"{PLACE}/get-resource-policy.{quote(streams[1], safe='')}.json"
    files = {
        "snapshot.json": {"configurationItems": items},
        none: {"Error": {"Code": "ResourceNotFoundException", "Message": "no such policy"}},
    }
    accounts, codes = imported(tmp_path, files)
    resources = accounts[ACCOUNT]["resources"]
    assert resources[f"arn:aws:ecr:eu-west-1:{ACCOUNT}:registry"]["policy"] == POLICY
    assert resources[f"arn:aws:s3express:eu-west-1:{ACCOUNT}:bucket/b--x-s3"]["policy"] == POLICY
    assert resources[POINT]["bucket"] == "arn:aws:s3:::b"
    assert resources[points]["buckets"] == ["arn:aws:s3:::b"]
    unknown = {arn for arn, told in resources.items() if "unknown" in told.get("policy", {})}
    assert unknown == {streams[0], points, f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"}
    assert sorted(codes) == [
        "output-about-unknown",
        "policy-missing",
        "policy-missing",
        "policy-not-readable",
        "record-not-readable",
    ]


def test_folders_of_iam_collect_say_what_a_file_is_about(tmp_path):
    """ARNs are made of the folders where there is no metadata; providers and settings are read."""
    root = f"aws/aws/accounts/{ACCOUNT}"
    oidc = f"arn:aws:iam::{ACCOUNT}:oidc-provider/x"
    files = {
        f"{root}/metadata.json": {"name": "prod"},
        f"{root}/s3/bpa.json": {"restrictPublicBuckets": True},
        f"{root}/s3/b/bpa.json": {"blockPublicPolicy": True},
        f"{root}/s3/b/tags.json": {"a": "b"},
        f"{root}/sqs/eu-west-1/q/policy.json": POLICY,
        f"{root}/lambda/eu-west-1/function/f/policy.json": POLICY,
        f"{root}/odd/policy.json": POLICY,
        f"{root}/iam/oidc/x/metadata.json": {"arn": oidc},
        f"{root}/iam/group/g/managed-policies.json": [{"arn": "arn:aws:iam::aws:policy/Billing"}],
        f"{root}/iam/oidc/x/other.json": {},
        "aws/aws/indexes/buckets-to-accounts.json": {"c": {"accountId": ACCOUNT}, "d": "x"},
    }
    accounts, codes = imported(tmp_path, files)
    account = accounts[ACCOUNT]
    assert account["name"] == "prod"
    assert account["providers"] == [oidc]
    assert account["public_access_block"] == {"restrict_public_buckets": True}
    assert account["resources"] == {
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f": {"policy": POLICY},
        "arn:aws:s3:::b": {
            "tags": {"a": "b"},
            "public_access_block": {"block_public_policy": True},
        },
        "arn:aws:s3:::c": {},
        f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q": {"policy": POLICY},
    }
    assert sorted(set(codes)) == ["file-not-read", "managed-policy-unknown", "record-without-arn"]


def test_files_of_iam_collect_about_accounts_shares_and_keys(tmp_path):
    """Block Public Access of the account, what RAM shares, which key encrypts, whether tags of a
    bucket count, delegated administrators; principals by their ARNs; the rest is remarked."""
    root, organization = f"aws/aws/accounts/{ACCOUNT}", "aws/aws/organizations/o-abcdefghij"
    table, arn = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/t", f"arn:aws:iam::{ACCOUNT}"
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
    shared = {"share": {"policy": json.dumps(POLICY)}}
    files = {
        f"{root}/s3-bpa.json": {"restrictPublicBuckets": True},
        f"{root}/notes.json": {},
        f"{root}/ram/{quote(table, safe='')}.json": shared,
        f"{root}/ram/unnamed.json": shared,
        f"{root}/s3/b/metadata.json": {
            "arn": "arn:aws:s3:::b",
            "region": "eu-west-1",
            "abacEnabled": False,
        },
        f"{root}/s3/b/encryption.json": bucket_rule(key),
        f"{root}/iam/role/a/metadata.json": {"arn": f"{arn}:role/a", "name": "same"},
        f"{root}/iam/role/b/metadata.json": {"arn": f"{arn}:role/b", "name": "same"},
        f"{root}/iam/odd/b/metadata.json": {"arn": f"{arn}:odd/b"},
        f"{organization}/metadata.json": {"rootOu": "r-ab12"},
        f"{organization}/delegated-admins.json": {
            ACCOUNT: ["iam.amazonaws.com"],
            "guardduty.amazonaws.com": [{"accountId": ACCOUNT}],
        },
        f"{organization}/s3-policies/p-1/policy.json": {},
    }
    for path, data in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(data), encoding="utf-8")
    found = import_sources([str(tmp_path)])
    account = found.data["accounts"][ACCOUNT]
    assert account["public_access_block"] == {"restrict_public_buckets": True}
    assert sorted(account["roles"]) == ["a", "b"]
    assert account["resources"][table]["policy"]["Statement"] == POLICY["Statement"]
    assert account["resources"]["arn:aws:s3:::b"] == {"abac": False, "kms_key": key}
    services = found.data["organization"]["delegated_services"]
    assert services == {ACCOUNT: ["iam.amazonaws.com", "guardduty.amazonaws.com"]}
    unread = [remark.source for remark in found.remarks if remark.code == "file-not-read"]
    assert [entry.removeprefix(f"{tmp_path.as_posix()}/") for entry in unread] == [
        f"{root}/iam/odd/b/metadata.json",
        f"{root}/notes.json",
        f"{root}/ram/unnamed.json",
        f"{organization}/s3-policies/p-1/policy.json",
    ]


@pytest.mark.parametrize(
    ("data", "services", "is_read"),
    [
        ([{"id": ACCOUNT, "services": ["a.amazonaws.com"]}], {ACCOUNT: ["a.amazonaws.com"]}, True),
        ([], {}, True),
        ([{"id": "x"}], {}, False),
        ("text", {}, False),
    ],
)
def test_delegated_administrators_of_iam_collect(data, services, is_read, tmp_path):
    """In a list or a map; what is neither is remarked."""
    folder = tmp_path / "aws/aws/organizations/o-abcdefghij"
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text("{}")
    (folder / "delegated-admins.json").write_text(json.dumps(data))
    found = import_sources([str(tmp_path)])
    assert found.data["organization"].get("delegated_services", {}) == services
    codes = [remark.code for remark in found.remarks]
    assert ("file-not-read" in codes) is not is_read


def bucket_rule(key: str) -> dict[str, object]:
    """The default encryption of a bucket, as S3 gives it."""
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]}
