"""`iamsim serve`: every operation with the real boto3, and what goes wrong as AWS says it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from iamsim.cli.main import main
from iamsim.importers.frame import import_sources
from iamsim.importers.load import load_worlds
from iamsim.serve.dispatch import OPERATIONS, Request, respond
from iamsim.serve.estate import Estate
from iamsim.serve.model import services
from tests.unit.serving import NOW, REGION, client, faults_of, serving

ACCOUNT, OTHER = "111122223333", "444455556666"
KEY = "AKIAMAYA000000000001"
MAYA = f"arn:aws:iam::{ACCOUNT}:user/team/maya"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"
LOCAL = f"arn:aws:iam::{ACCOUNT}:policy/local/ReadReports"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/web/app"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
EXTERNAL = f"arn:aws:access-analyzer:{REGION}:{ACCOUNT}:analyzer/iamsim-external"
UNIT = "ou-ex01-workload"
ALLOW = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::reports/${aws:username}/*",
        "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    },
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
        "Action": "sts:AssumeRole",
    },
}
WORLD = {
    "policies": {
        "StayInEurope": {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
            },
        }
    },
    "organization": {
        "id": "o-example0001",
        "management_account": ACCOUNT,
        "delegated_services": {OTHER: ["access-analyzer.amazonaws.com"]},
        "policies": {"StayInEurope": {"id": "p-stay000000001"}},
        "root": {
            "id": "r-ex01",
            "accounts": [ACCOUNT],
            "units": {
                "Workloads": {
                    "id": UNIT,
                    "scps": ["FullAWSAccess", "StayInEurope"],
                    "accounts": [OTHER],
                }
            },
        },
    },
    "accounts": {
        ACCOUNT: {
            "providers": [SAML, OIDC],
            "root_user": {"mfa_devices": 1, "access_keys": []},
            "password_policy": {"MinimumPasswordLength": 14, "RequireSymbols": True},
            "users": {
                "maya": {
                    "path": "/team/",
                    "id": "AIDAEXAMPLE0000000001",
                    "created": "2025-01-02T03:04:05Z",
                    "groups": ["analysts"],
                    "tags": {"team": "x @ y"},
                    "mfa_devices": 1,
                    "access_keys": [{"id": KEY, "status": "Active"}],
                    "password_enabled": True,
                    "password_last_used": "2025-02-02T03:04:05Z",
                    "policies": [READ_ONLY, ALLOW],
                    "inline_policies": {"ReadOne": ALLOW},
                    "boundary": LOCAL,
                    "last_accessed": {"s3": {"at": "2026-01-01T00:00:00Z"}, "iam": {}},
                },
                **{f"user-{number:03}": {} for number in range(150)},
            },
            "groups": {"analysts": {"policies": ["ReadReports"]}},
            "roles": {
                "app": {
                    "trust": TRUST,
                    "policies": ["ReadReports"],
                    "inline_policies": {"ReadTwo": ALLOW},
                    "instance_profiles": [PROFILE],
                    "last_used": "2025-03-03T00:00:00Z",
                    "tags": {"a": "b"},
                }
            },
            "policies": {"ReadReports": ALLOW},
            "policy_paths": {"ReadReports": "/local/"},
        },
        OTHER: {"users": {"nils": {"access_keys": [{"id": "AKIANILS000000000001"}]}}},
    },
}
# One call of each operation, with the parameters that it needs.
CALLS = {
    "iam": {
        "GenerateCredentialReport": {},
        "GenerateServiceLastAccessedDetails": {"Arn": MAYA},
        "GetServiceLastAccessedDetails": {"JobId": "first"},
        "GetAccessKeyLastUsed": {"AccessKeyId": KEY},
        "GetAccountAuthorizationDetails": {},
        "GetAccountPasswordPolicy": {},
        "GetAccountSummary": {},
        "GetContextKeysForCustomPolicy": {"PolicyInputList": [json.dumps(ALLOW)]},
        "GetContextKeysForPrincipalPolicy": {"PolicySourceArn": MAYA},
        "GetCredentialReport": {},
        "GetGroup": {"GroupName": "analysts"},
        "GetGroupPolicy": None,
        "GetInstanceProfile": {"InstanceProfileName": "app"},
        "GetLoginProfile": {"UserName": "maya"},
        "GetOpenIDConnectProvider": {"OpenIDConnectProviderArn": OIDC},
        "GetPolicy": {"PolicyArn": LOCAL},
        "GetPolicyVersion": {"PolicyArn": LOCAL, "VersionId": "v1"},
        "GetRole": {"RoleName": "app"},
        "GetRolePolicy": {"RoleName": "app", "PolicyName": "ReadTwo"},
        "GetSAMLProvider": {"SAMLProviderArn": SAML},
        "GetUser": {"UserName": "maya"},
        "GetUserPolicy": {"UserName": "maya", "PolicyName": "ReadOne"},
        "ListAccessKeys": {"UserName": "maya"},
        "ListAccountAliases": {},
        "ListAttachedGroupPolicies": {"GroupName": "analysts"},
        "ListAttachedRolePolicies": {"RoleName": "app"},
        "ListAttachedUserPolicies": {"UserName": "maya"},
        "ListEntitiesForPolicy": {"PolicyArn": LOCAL},
        "ListGroupPolicies": {"GroupName": "analysts"},
        "ListGroups": {},
        "ListGroupsForUser": {"UserName": "maya"},
        "ListInstanceProfileTags": {"InstanceProfileName": "app"},
        "ListInstanceProfiles": {},
        "ListInstanceProfilesForRole": {"RoleName": "app"},
        "ListMFADevices": {"UserName": "maya"},
        "ListOpenIDConnectProviderTags": {"OpenIDConnectProviderArn": OIDC},
        "ListOpenIDConnectProviders": {},
        "ListPolicies": {},
        "ListPolicyTags": {"PolicyArn": LOCAL},
        "ListPolicyVersions": {"PolicyArn": LOCAL},
        "ListRolePolicies": {"RoleName": "app"},
        "ListRoleTags": {"RoleName": "app"},
        "ListRoles": {},
        "ListSAMLProviderTags": {"SAMLProviderArn": SAML},
        "ListSAMLProviders": {},
        "ListServerCertificates": {},
        "ListSigningCertificates": {"UserName": "maya"},
        "ListSSHPublicKeys": {"UserName": "maya"},
        "ListUserPolicies": {"UserName": "maya"},
        "ListUserTags": {"UserName": "maya"},
        "ListUsers": {},
        "ListVirtualMFADevices": {},
        "SimulateCustomPolicy": {
            "PolicyInputList": [json.dumps(ALLOW)],
            "ActionNames": ["s3:GetObject", "s3:PutObject"],
            "ResourceArns": ["arn:aws:s3:::reports/a"],
        },
        "SimulatePrincipalPolicy": {
            "PolicySourceArn": MAYA,
            "ActionNames": ["s3:GetObject", "ec2:RunInstances"],
            "ResourceArns": ["arn:aws:s3:::reports/maya/a"],
            "ContextEntries": [
                {
                    "ContextKeyName": "aws:SourceIp",
                    "ContextKeyValues": ["203.0.113.9"],
                    "ContextKeyType": "ip",
                }
            ],
        },
    },
    "sts": {"GetCallerIdentity": {}, "GetAccessKeyInfo": {"AccessKeyId": KEY}},
    "accessanalyzer": {
        "CheckAccessNotGranted": {
            "policyDocument": json.dumps(ALLOW),
            "policyType": "IDENTITY_POLICY",
            "access": [{"actions": ["s3:GetObject"]}],
        },
        "CheckNoNewAccess": {
            "existingPolicyDocument": json.dumps(ALLOW),
            "newPolicyDocument": json.dumps(ALLOW),
            "policyType": "IDENTITY_POLICY",
        },
        "CheckNoPublicAccess": {
            "policyDocument": json.dumps(TRUST),
            "resourceType": "AWS::IAM::AssumeRolePolicyDocument",
        },
        "GetAnalyzer": {"analyzerName": "iamsim-unused"},
        "GetFinding": {"analyzerArn": EXTERNAL, "id": "first"},
        "GetFindingV2": {"analyzerArn": EXTERNAL, "id": "first"},
        "ListAnalyzers": {},
        "ListArchiveRules": {"analyzerName": "iamsim-external"},
        "ListFindings": {"analyzerArn": EXTERNAL},
        "ListFindingsV2": {"analyzerArn": EXTERNAL},
        "ValidatePolicy": {
            "policyDocument": json.dumps(ALLOW | {"Version": "2012-10-18"}),
            "policyType": "IDENTITY_POLICY",
        },
    },
    "organizations": {
        "DescribeAccount": {"AccountId": OTHER},
        "DescribeOrganization": {},
        "DescribeOrganizationalUnit": {"OrganizationalUnitId": UNIT},
        "DescribePolicy": {"PolicyId": "p-stay000000001"},
        "ListAccounts": {},
        "ListAccountsForParent": {"ParentId": UNIT},
        "ListChildren": {"ParentId": "r-ex01", "ChildType": "ORGANIZATIONAL_UNIT"},
        "ListDelegatedAdministrators": {},
        "ListDelegatedServicesForAccount": {"AccountId": OTHER},
        "ListOrganizationalUnitsForParent": {"ParentId": "r-ex01"},
        "ListParents": {"ChildId": OTHER},
        "ListPolicies": {"Filter": "SERVICE_CONTROL_POLICY"},
        "ListPoliciesForTarget": {"TargetId": UNIT, "Filter": "RESOURCE_CONTROL_POLICY"},
        "ListRoots": {},
        "ListTargetsForPolicy": {"PolicyId": "p-FullAWSAccess"},
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of the world above."""
    file = tmp_path_factory.mktemp("served") / "world.json"
    file.write_text(json.dumps(WORLD))
    with serving(file) as running:
        yield running


@pytest.fixture(scope="module")
def iam(server):
    """A client of IAM that signs with a key of the world."""
    return client(server, "iam", KEY)


def snake(name):
    """The method of an operation."""
    from botocore import xform_name

    return xform_name(name)


def test_every_operation_of_the_table_is_answered_and_tried():
    """The table, the functions and the calls of these tests name the same operations."""
    for name, service in services().items():
        assert set(service.operations) == set(OPERATIONS[name]) == set(CALLS[name])


@pytest.mark.parametrize(
    ("service", "operation"), [(service, entry) for service in CALLS for entry in CALLS[service]]
)
def test_answers_are_what_botocore_says(server, service, operation):
    """The real client reads every answer, and finds all that AWS always gives, of AWS's types."""
    parameters = CALLS[service][operation]
    aws = client(server, service, KEY)
    if operation == "GetGroupPolicy":
        with pytest.raises(aws.exceptions.NoSuchEntityException):
            aws.get_group_policy(GroupName="analysts", PolicyName="x")
        return
    if "id" in parameters:
        findings = aws.list_findings_v2(analyzerArn=EXTERNAL)["findings"]
        parameters = parameters | {"id": findings[0]["id"]}
    if "JobId" in parameters:
        job = aws.generate_service_last_accessed_details(Arn=MAYA, Granularity="ACTION_LEVEL")
        parameters = {"JobId": job["JobId"]}
    answer = getattr(aws, snake(operation))(**parameters)
    assert faults_of(service, operation, answer) == []


def aws_error(ask, **parameters):
    """The code, the status and the message of an error."""
    with pytest.raises(ClientError) as caught:
        ask(**parameters)
    answer = caught.value.response
    return (
        answer["Error"]["Code"],
        answer["ResponseMetadata"]["HTTPStatusCode"],
        answer["Error"]["Message"],
    )


def test_a_key_of_the_world_is_its_user_and_others_are_the_account(server):
    """The caller is the owner of the key; a key that is an account's id is its root user."""
    for key, arn, header in (
        (KEY, MAYA, None),
        ("AKIANILS000000000001", f"arn:aws:iam::{OTHER}:user/nils", None),
        (OTHER, f"arn:aws:iam::{OTHER}:root", None),
        ("AKIANOBODYLISTSTHIS1", f"arn:aws:iam::{ACCOUNT}:root", "assumed"),
    ):
        answer = client(server, "sts", key).get_caller_identity()
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        assert answer["Arn"] == arn
        assert headers["x-iamsim-account"] == answer["Account"] == arn.split(":")[4]
        assert headers.get("x-iamsim-caller", "assumed")[:7] == "assumed"
        assert ("x-iamsim-caller" in headers) is (header is not None)
    assert client(server, "iam", OTHER).list_users()["Users"][0]["UserName"] == "nils"
    assert client(server, "iam", KEY).get_user()["User"]["Arn"] == MAYA
    assert client(server, "iam", OTHER).get_user()["User"]["UserId"] == OTHER


def test_users_have_what_the_world_says(iam):
    """What is not said is a stand-in where AWS always says it, and left out elsewhere."""
    user = iam.get_user(UserName="MAYA")["User"]
    assert user["UserId"] == "AIDAEXAMPLE0000000001"
    assert user["CreateDate"].isoformat() == "2025-01-02T03:04:05+00:00"
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == LOCAL
    assert user["Tags"] == [{"Key": "team", "Value": "x @ y"}]
    other = iam.get_user(UserName="user-001")["User"]
    assert other["UserId"].startswith("AIDAIAMSIM")
    assert other["CreateDate"].year == 1970
    assert "PasswordLastUsed" not in other
    listed = iam.list_users(PathPrefix="/team/")["Users"]
    assert [entry["UserName"] for entry in listed] == ["maya"]
    assert "Tags" not in listed[0]


def test_lists_come_in_pages(iam):
    """Pages of the default size, of a size of one's own, and through boto3's paginator."""
    first = iam.list_users()
    assert (len(first["Users"]), first["IsTruncated"]) == (100, True)
    rest = iam.list_users(Marker=first["Marker"])
    assert (len(rest["Users"]), rest["IsTruncated"]) == (51, False)
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 7})
    names = [user["UserName"] for page in pages for user in page["Users"]]
    assert len(names) == len(set(names)) == 151
    details = iam.get_paginator("get_account_authorization_details")
    counts = [
        len(page["UserDetailList"]) + len(page["Policies"])
        for page in details.paginate(PaginationConfig={"PageSize": 50})
    ]
    assert sum(counts) == 151 + 2
    assert len(counts) == 4
    code, status, _ = aws_error(iam.list_users, Marker="nonsense")
    assert (code, status) == ("ValidationError", 400)
    code, _, _ = aws_error(iam.list_groups, Marker=first["Marker"])
    assert code == "ValidationError"


def test_managed_policies_are_those_of_the_account_and_of_aws(iam):
    """Scopes, filters, versions and who has a policy attached."""
    local = iam.list_policies(Scope="Local")["Policies"]
    assert [(entry["Arn"], entry["AttachmentCount"]) for entry in local] == [(LOCAL, 2)]
    assert local[0]["PermissionsBoundaryUsageCount"] == 1
    attached = iam.list_policies(OnlyAttached=True)["Policies"]
    assert {entry["Arn"] for entry in attached} == {LOCAL, READ_ONLY}
    assert iam.list_policies(Scope="AWS")["IsTruncated"]
    version = iam.get_policy_version(PolicyArn=LOCAL, VersionId="v1")["PolicyVersion"]
    assert version["Document"] == ALLOW
    held = iam.list_entities_for_policy(PolicyArn=LOCAL)
    assert [policy_user["UserName"] for policy_user in held["PolicyUsers"]] == ["maya"]
    assert [policy_role["RoleName"] for policy_role in held["PolicyRoles"]] == ["app"]
    bounds = iam.list_entities_for_policy(PolicyArn=LOCAL, PolicyUsageFilter="PermissionsPolicy")
    assert bounds["PolicyUsers"] == []
    aws_policy = iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")
    assert aws_policy["Policy"]["Path"] == "/job-function/"
    names = {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/nothing"}
    assert aws_error(iam.get_policy, **names)[:2] == ("NoSuchEntity", 404)
    names = {"PolicyArn": LOCAL, "VersionId": "v2"}
    assert aws_error(iam.get_policy_version, **names)[0] == "NoSuchEntity"


def test_what_was_called_last_comes_by_a_job(iam):
    """Services with their time, those never called without one; what is not known is an error."""
    job = iam.generate_service_last_accessed_details(Arn=MAYA)["JobId"]
    found = iam.get_service_last_accessed_details(JobId=job)
    assert found["JobStatus"] == "COMPLETED"
    accessed = {entry["ServiceNamespace"]: entry for entry in found["ServicesLastAccessed"]}
    assert accessed["s3"]["LastAuthenticated"].year == 2026
    assert "LastAuthenticated" not in accessed["iam"]
    assert aws_error(iam.generate_service_last_accessed_details, Arn=APP)[0] == "NotImplemented"
    assert aws_error(iam.get_service_last_accessed_details, JobId="0" * 36)[0] == "NoSuchEntity"


def test_errors_are_those_of_aws(server, iam):
    """Codes, status and the words of AWS's own validation."""
    code, status, message = aws_error(iam.get_user, UserName="nobody")
    assert (code, status) == ("NoSuchEntity", 404)
    assert message == "The user with name nobody cannot be found."
    code, status, message = aws_error(iam.get_user, UserName="a b")
    assert (code, status) == ("ValidationError", 400)
    assert message == (
        "1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint:"
        r" Member must satisfy regular expression pattern: [\w+=,.@-]+"
    )
    assert aws_error(iam.create_user, UserName="x")[:2] == ("NotImplemented", 501)
    assert aws_error(iam.get_access_key_last_used, AccessKeyId="AKIANOTHERE00000000")[1] == 403
    sso = client(server, "sso-admin")
    assert aws_error(sso.list_instances)[0] == "UnknownOperationException"
    analyzer = client(server, "accessanalyzer")
    code, status, _ = aws_error(analyzer.list_findings_v2, analyzerArn=EXTERNAL + "s")
    assert (code, status) == ("ResourceNotFoundException", 404)
    code, status, message = aws_error(
        analyzer.validate_policy, policyDocument="{}", policyType="NO_POLICY"
    )
    assert (code, status) == ("ValidationException", 400)
    assert "policyType" in message
    refused = {"policyType": "IDENTITY_POLICY", "newPolicyDocument": "{"}
    code, _, _ = aws_error(
        analyzer.check_no_new_access, existingPolicyDocument=json.dumps(ALLOW), **refused
    )
    assert code == "InvalidParameterException"


def test_simulations_are_those_of_the_command(server, iam, tmp_path):
    """The endpoint and `iamsim simulate` give the same response."""
    world, written = tmp_path / "world.json", tmp_path / "response.json"
    world.write_text(json.dumps(WORLD))
    parameters = CALLS["iam"]["SimulatePrincipalPolicy"]
    request = json.dumps(parameters)
    arguments = ["--cli-input-json", request, "--world", str(world), "--output", str(written)]
    main(["simulate", "principal-policy", *arguments])
    answer = iam.simulate_principal_policy(**parameters)
    expected = json.loads(written.read_text())
    assert answer["EvaluationResults"] == expected["EvaluationResults"]
    decisions = [result["EvalDecision"] for result in answer["EvaluationResults"]]
    assert decisions == ["allowed", "implicitDeny"]
    first = iam.simulate_principal_policy(MaxItems=1, **parameters)
    assert (len(first["EvaluationResults"]), first["IsTruncated"]) == (1, True)
    second = iam.simulate_principal_policy(Marker=first["Marker"], **parameters)
    assert second["EvaluationResults"] == answer["EvaluationResults"][1:]
    other = parameters | {"PolicySourceArn": f"{MAYA}s"}
    assert aws_error(iam.simulate_principal_policy, **other)[:2] == ("NoSuchEntity", 404)
    broken = {"PolicyInputList": ["file:///etc/passwd"], "ActionNames": ["s3:GetObject"]}
    assert aws_error(iam.simulate_custom_policy, **broken)[0] == "InvalidInput"
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[json.dumps(ALLOW)])
    assert keys["ContextKeyNames"] == ["aws:SourceIp", "aws:username"]


def test_checks_pass_and_fail_with_a_request_that_shows_it(server):
    """AWS's members in the body; the witness, and what is not proved, in headers."""
    analyzer = client(server, "accessanalyzer")
    wide = json.dumps(ALLOW | {"Statement": ALLOW["Statement"] | {"Resource": "*"}})
    names = {"policyType": "IDENTITY_POLICY", "existingPolicyDocument": json.dumps(ALLOW)}
    passed = analyzer.check_no_new_access(newPolicyDocument=json.dumps(ALLOW), **names)
    assert passed["result"] == "PASS"
    failed = analyzer.check_no_new_access(newPolicyDocument=wide, **names)
    assert failed["result"] == "FAIL"
    witness = json.loads(failed["ResponseMetadata"]["HTTPHeaders"]["x-iamsim-witness"])
    assert witness["action"] == "s3:GetObject"
    granted = analyzer.check_access_not_granted(
        policyDocument=wide, policyType="IDENTITY_POLICY", access=[{"actions": ["s3:GetObject"]}]
    )
    assert granted["result"] == "FAIL"


def test_findings_are_those_of_the_command(server):
    """The role that trusts another account is found, filtered and sorted as AWS does."""
    analyzer = client(server, "accessanalyzer")
    found = analyzer.list_findings_v2(analyzerArn=EXTERNAL)["findings"]
    assert [entry["resource"] for entry in found] == [APP]
    names = {"analyzerArn": EXTERNAL}
    none = analyzer.list_findings_v2(filter={"resource": {"neq": [APP]}}, **names)
    assert none["findings"] == []
    active = {"status": {"eq": ["ACTIVE"]}, "resourceType": {"contains": ["Role"]}}
    assert len(analyzer.list_findings_v2(filter=active, **names)["findings"]) == 1
    assert (
        aws_error(analyzer.list_findings_v2, filter={"nonsense": {"eq": ["x"]}}, **names)[0]
        == "ValidationException"
    )
    first = analyzer.list_findings(**names)["findings"][0]
    assert first["principal"] == {"AWS": "999988887777"}
    kinds = {entry["type"] for entry in analyzer.list_analyzers()["analyzers"]}
    assert kinds == {"ACCOUNT", "ACCOUNT_UNUSED_ACCESS", "ORGANIZATION"}
    unused = EXTERNAL.replace("external", "unused")
    kinds = {
        finding["findingType"]
        for finding in analyzer.list_findings_v2(analyzerArn=unused)["findings"]
    }
    assert "UnusedPermission" in kinds or "UnusedIAMRole" in kinds


def test_many_clients_at_once_get_what_one_gets(server):
    """Sixteen threads ask sixteen times; every answer is that of a single client."""
    parameters = CALLS["iam"]["SimulatePrincipalPolicy"]
    clients = [client(server, "iam", KEY) for _ in range(16)]
    alone = clients[0].simulate_principal_policy(**parameters)["EvaluationResults"]

    def ask(number):
        answer = clients[number % 16].simulate_principal_policy(**parameters)
        return answer["EvaluationResults"]

    with ThreadPoolExecutor(16) as pool:
        assert all(entry == alone for entry in pool.map(ask, range(256)))


GAAD = Path(__file__).parents[1] / "data" / "imports" / "gaad"
HARBOR = Path(__file__).parents[2] / "corpus" / "examples" / "harbor"
DUMPS = ("paged-unmerged.json", "account-authorization-details.urlencoded.json")


def fetch(world, accounts, folder):
    """What boto3 gets of a world from GetAccountAuthorizationDetails, written as the CLI does."""
    folder.mkdir()
    found = {}
    with serving(world) as server:
        for account in accounts:
            pages = client(server, "iam", account).get_paginator(
                "get_account_authorization_details"
            )
            text = json.dumps(pages.paginate().build_full_result(), default=datetime.isoformat)
            (folder / f"{account}.json").write_text(text)
            found[account] = json.loads(text)
    return found


@pytest.mark.parametrize("name", DUMPS)
def test_details_from_the_endpoint_import_to_the_same_world(name, tmp_path):
    """What was imported, served, fetched with boto3 and imported again is the same."""
    source = str(GAAD / name)
    once = import_sources([source]).data
    fetch(source, once["accounts"], tmp_path / "fetched")
    assert import_sources([str(tmp_path / "fetched")]).data == once


@pytest.mark.parametrize("world", ["harbor", "above"])
def test_a_written_world_and_its_details_serve_the_same(world, tmp_path):
    """A world written by hand, and the world imported of what was fetched from it, give the same
    details; ids and times that the first lacks are lacking in the second."""
    file = HARBOR / "world.yaml"
    if world == "above":
        file = tmp_path / "world.json"
        file.write_text(json.dumps(WORLD))
    accounts = list(load_worlds(str(file)).accounts)
    first = fetch(file, accounts, tmp_path / "first")
    imported = load_worlds(str(tmp_path / "first"))
    assert all(
        user.id is None or user.id == "AIDAEXAMPLE0000000001"
        for account in imported.accounts.values()
        for user in account.users.values()
    )
    held = [account for account in accounts if account in imported.accounts]
    second = fetch(tmp_path / "first", held, tmp_path / "second")
    assert second == {account: first[account] for account in held}
    assert all(not any(first[account].values()) for account in set(accounts) - set(held))


def ask(server, headers, path="/", body=b"", method="POST"):
    """A bare request: its status, headers and body."""
    host, port = server.host.rsplit(":", 1)
    connection = HTTPConnection(host, int(port), timeout=10)
    connection.putrequest(method, path, skip_host=True)
    for name, value in ({"Host": server.host, "Content-Length": len(body)} | headers).items():
        connection.putheader(name, value)
    connection.endheaders(body)
    with closing(connection), connection.getresponse() as response:
        names = {name.lower() for name, _ in response.getheaders()}
        return response.status, names, response.read()


IDENTITY = b"Action=GetCallerIdentity&Version=2011-06-15"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_only_the_printed_address_is_answered_and_no_page(server):
    """Another Host is a site that resolves to this computer, an Origin a page: neither is told."""
    assert ask(server, FORM, body=IDENTITY)[0] == 200
    for headers in (
        {"Host": "localhost:" + server.host.rpartition(":")[2]},
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
    ):
        status, names, body = ask(server, FORM | headers, body=IDENTITY)
        assert status == 403
        assert ACCOUNT.encode() not in body
        assert not any(name.startswith("access-control") for name in names)
    status, names, _ = ask(server, {}, method="OPTIONS")
    assert status == 501
    assert not any(name.startswith("access-control") for name in names)


@pytest.mark.parametrize(
    ("headers", "path", "method", "body", "status"),
    [
        ({"Content-Length": "x"}, "/", "POST", b"", 400),
        ({"Content-Length": "99999999999"}, "/", "POST", b"", 413),
        ({"Transfer-Encoding": "chunked"}, "/", "POST", b"", 411),
        ({}, "/nothing", "GET", b"", 404),
        ({}, "/policy/validation", "POST", b"[1", 400),
        ({}, "/policy/validation", "POST", b"[]", 400),
        ({}, "/policy/validation", "POST", b'{"policyDocument": 1, "policyType": []}', 400),
        ({}, "/policy/validation?maxResults=x", "POST", b"{}", 400),
        (FORM, "/", "POST", b"Action=ListUsers", 400),
        (FORM, "/", "POST", b"Action=Nothing&Version=2010-05-08", 400),
        (FORM, "/", "POST", b"Action=ListUsers&Version=2010-05-08&MaxItems=x", 400),
        (FORM, "/", "POST", b"Action=ListUsers&Version=2010-05-08&MaxItems=9999", 400),
        (FORM, "/", "POST", b"Action=SimulateCustomPolicy&Version=2010-05-08&ActionNames=x", 400),
        (FORM, "/", "POST", b"Action=GetUser&Version=2010-05-08&UserName.a=x", 400),
        (FORM, "/", "POST", b"Action=GetUser&Version=2010-05-08&UserName=x&UserName.a=x", 400),
        (FORM, "/?" + IDENTITY.decode(), "GET", b"", 200),
        ({"X-Amz-Target": "SWBExternalService.ListInstances"}, "/", "POST", b"{}", 400),
        ({"Authorization": "Credential=A/20261201/eu-west-1/s3/aws4"}, "/b/k", "GET", b"", 501),
    ],
)
def test_requests_that_no_sdk_makes_are_refused(server, headers, path, method, body, status):
    """Every request has an answer, and the server goes on."""
    assert ask(server, headers, path, body, method)[0] == status
    assert ask(server, FORM, body=IDENTITY)[0] == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_address_answers_and_stops(number, tmp_path):
    """The first line is the address; a signal ends it with 0, also while a connection is open."""
    command = [sys.executable, "-m", "iamsim", "serve", "--world", str(HARBOR), "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip()
    host, port = address.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port))
    with closing(connection):
        connection.request("POST", "/", IDENTITY, FORM)
        assert b"111122223333" in connection.getresponse().read()
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest, errors) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "is about a world"),
        (["--world", str(HARBOR), "--host", "192.0.2.1"], "loopback"),
        (["--world", str(HARBOR), "--host", "example.com"], "loopback"),
        (["--world", str(HARBOR), "--port", "99999"], "is no port"),
        (["--world", str(HARBOR), "--account", "123456789012"], "no account"),
        (["--world", str(HARBOR), "--at", "soon"], "not a time"),
    ],
)
def test_what_can_not_be_served_is_an_error(arguments, code, capsys):
    """Wrong usage ends with 2 before anything listens."""
    assert main(["serve", *arguments]) == 2
    assert code in capsys.readouterr().err


def test_a_port_that_is_taken_is_an_error(server, capsys):
    """So is a port on which something listens."""
    port = server.host.rpartition(":")[2]
    assert main(["serve", "--world", str(HARBOR), "--port", port]) == 2
    assert "can't listen" in capsys.readouterr().err


def test_unknown_parts_of_a_world_are_said(tmp_path):
    """An answer that rests on a world with unknown parts has a header that counts them."""
    world = {"accounts": {ACCOUNT: {"users": {"maya": {"policies": [{"unknown": "lost"}]}}}}}
    (tmp_path / "world.json").write_text(json.dumps(world))
    with serving(tmp_path / "world.json") as server:
        iam = client(server, "iam")
        answer = iam.list_users()
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-iamsim-world-unknowns"] == "1"
        simulated = iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/maya", ActionNames=["s3:GetObject"]
        )
    assert simulated["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"
    assert "x-iamsim-conditional" in simulated["ResponseMetadata"]["HTTPHeaders"]


def test_what_is_wrong_with_a_simulated_question_is_said(server):
    """A misspelt action and a resource of another type stand in a header; names can't break it."""
    iam = client(server, "iam")
    odd = iam.simulate_custom_policy(
        PolicyInputList=[json.dumps(ALLOW)],
        ActionNames=["s3:GetObjct", "s3:GetObject"],
        ResourceArns=["arn:aws:sqs:eu-west-1:111122223333:b\u00fccher"],
    )
    told = odd["ResponseMetadata"]["HTTPHeaders"]["x-iamsim-hints"]
    assert "s3:GetObjct" in told
    assert "s3:GetObject" in told
    assert told.isascii()
    plain = iam.simulate_custom_policy(
        PolicyInputList=[json.dumps(ALLOW)], ActionNames=["s3:GetObject"]
    )
    assert "x-iamsim-hints" not in plain["ResponseMetadata"]["HTTPHeaders"]


VALUES = (
    *("", "x", "a b", "true", "-1", "1", "9" * 21, MAYA, LOCAL, READ_ONLY, "{", "[]", "null"),
    *("\0", "\u00e9", "*", "%", "..", ACCOUNT, "s3:GetObject", json.dumps(ALLOW)),
)


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """What the server answers from, without a server."""
    file = tmp_path_factory.mktemp("estate") / "world.json"
    file.write_text(json.dumps(WORLD))
    return Estate(load_worlds(str(file)), NOW)


@given(st.data())
def test_no_form_breaks_the_server(estate, data):
    """Whatever stands in the parameters of an operation of IAM or STS, there is an answer."""
    service = services()[data.draw(st.sampled_from(["iam", "sts"]))]
    operation = data.draw(st.sampled_from(sorted(service.operations.values())))
    form = {"Action": operation.name, "Version": service.version}
    members = service.shapes[operation.input].members if operation.input else {}
    for name in members:
        ends = ["", "", ".member.1", ".member.x", ".member.1.ContextKeyName", ".member.2.PolicyArn"]
        value = data.draw(st.sampled_from((None, *VALUES)))
        if value is not None:
            form[name + data.draw(st.sampled_from(ends))] = value
    body = urlencode(form).encode()
    answer = respond(estate, Request("POST", "/", "", {"content-type": FORM["Content-Type"]}, body))
    assert answer.status < 500 or answer.status == 501
    ET.fromstring(answer.body)  # noqa: S314 - our own answer


JUNK = st.recursive(
    st.sampled_from((*VALUES, 1, -3, 1.5, True, None)),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["eq", "neq", "exists", "actions", "status"]), inner)
    ),
    max_leaves=5,
)


@given(st.data())
def test_no_json_breaks_the_server(estate, data):
    """Nor does any body of a call of Access Analyzer."""
    service = services()["accessanalyzer"]
    operation = data.draw(st.sampled_from(sorted(service.operations.values())))
    body = {}
    for name in service.shapes[operation.input].members:
        right = CALLS["accessanalyzer"][operation.name].get(name)
        body[name] = data.draw(JUNK if right is None else st.just(right) | JUNK)
    path = operation.uri.replace("{", "").replace("}", "")
    asked = data.draw(st.sampled_from(["", "maxResults=1", "maxResults=x", "nextToken=x"]))
    request = Request(operation.method, path, asked, {}, json.dumps(body).encode())
    answer = respond(estate, request)
    assert answer.status < 500
    json.loads(answer.body)
