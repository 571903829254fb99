"""What each importer of AWS's own files reads, on files as the AWS CLI wrote them and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError, WorldError
from iamsim.engine.question import Question
from iamsim.engine.world import CompiledWorld
from iamsim.importers.frame import SourceOptions, import_sources
from iamsim.importers.load import to_world
from iamsim.symbolic.partial import decide

# AWS prints empty lists, too.
NOBODY = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": []}

IMPORTS = Path(__file__).parent.parent / "data" / "imports"
DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}
ALLOW_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
DENY_ALL = {"Version": "2012-10-17", "Statement": DENY}
TEXT = json.dumps(DENY_ALL)
TRUSTED = {"Principal": {"Service": "x.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **TRUSTED}]}
PRINCIPAL = {**DENY, "Principal": "*"}


def imported(tmp_path, files, **options):
    """Import files given as path and content; an organization has no delegated administrators, and
    is described."""
    described = {"Id": "o-exampleorg1", "MasterAccountId": "999999999999"}
    nobody = {
        "list-delegated-administrators.json": {"DelegatedAdministrators": []},
        "describe-organization.json": {"Organization": described},
    }
    files = {**nobody, **files} if "roots.json" in files else files
    for name, content in files.items():
        path = tmp_path / "aws-world" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return import_sources([str(tmp_path / "aws-world")], options=SourceOptions(**options))


def codes(found):
    """The codes of all remarks."""
    return [remark.code for remark in found.remarks]


def bucket_policy(bucket):
    """What `get-bucket-policy` prints."""
    statement = {**PRINCIPAL, "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


def test_output_of_the_aws_cli_is_read():
    """What the recipe collected from a local AWS: all that was made there is in the world."""
    found = import_sources([str(IMPORTS / "moto")])
    account = found.data["accounts"]["123456789012"]
    assert account["users"]["alice"]["path"] == "/eng/"
    assert account["users"]["alice"]["mfa_devices"] == 1
    assert account["users"]["alice"]["groups"] == ["devs"]
    assert account["roles"]["app"]["boundary"] == "dev-boundary"
    assert account["roles"]["app"]["instance_profiles"] == [
        "arn:aws:iam::123456789012:instance-profile/app"
    ]
    assert account["policy_paths"] == {"dev-boundary": "/boundaries/"}
    default = account["policies"]["app-data"]["Statement"][0]
    assert default["Action"] == ["s3:GetObject", "s3:PutObject"]
    assert account["providers"][0].endswith("oidc-provider/token.actions.githubusercontent.com")
    reports = account["resources"]["arn:aws:s3:::reports"]
    assert reports["public_access_block"]["restrict_public_buckets"]
    assert reports["tags"] == {"data": "internal"}
    resources = account["resources"].items()
    with_policy = {arn.split(":")[2] for arn, entry in resources if "policy" in entry}
    assert with_policy == {"dynamodb", "ecr", "kms", "lambda", "s3", "secretsmanager", "sns", "sqs"}
    key = next(entry for arn, entry in resources if ":kms:" in arn)
    assert key["grants"][0]["constraints"] == {"EncryptionContextSubset": {"a": "b"}}
    assert len(account["vpc_endpoints"]) == 1
    root = found.data["organization"]["root"]
    workloads = root["units"]["Workloads"]
    assert workloads["scps"] == ["FullAWSAccess", "RegionGuard"]
    assert workloads["units"]["Prod"]["accounts"] == ["959098223003"]
    delegated = found.data["organization"]["delegated_services"]
    assert delegated == {"959098223003": ["guardduty.amazonaws.com"]}
    assert "delegated_administrators" not in found.data["organization"]
    assert codes(found) == ["policy-missing", "permission-set-unassigned"]


def test_encoded_pages_and_decoded_ones_say_the_same():
    """URL-encoded documents and pages in a list give the world of the plain output."""
    plain = import_sources(
        [str(IMPORTS / "identity-center" / "account-authorization-details.json")]
    )
    encoded = import_sources(
        [str(IMPORTS / "gaad" / "account-authorization-details.urlencoded.json")]
    )
    paged = import_sources([str(IMPORTS / "gaad" / "paged-unmerged.json")])
    assert plain.data == encoded.data == paged.data
    assert plain.remarks == ()


def test_a_missing_last_page_is_remarked(tmp_path):
    """Pages that all say that another follows are not all there."""
    pages = json.loads((IMPORTS / "gaad" / "paged-unmerged.json").read_text("utf-8"))
    found = imported(tmp_path, {"first.json": pages[0]})
    assert "page-missing" in codes(found)


def test_a_missing_boundary_is_not_known():
    """What a boundary says whose document nobody gave is not known; the file is named."""
    found = import_sources([str(IMPORTS / "config" / "config-snapshot.json")])
    boundary = found.data["accounts"]["222222222222"]["roles"]["app"]["boundary"]
    assert (list(boundary), boundary["source"]) == (["unknown", "source"], "config-snapshot.json")
    remark = found.remarks[0]
    assert (remark.code, remark.severity) == ("unknown-policy", "unknown")
    assert remark.source.endswith("config-snapshot.json")


def test_the_document_of_an_aws_managed_policy_counts_where_it_is_another(tmp_path):
    """An account's own version of an AWS managed policy is kept under the shared policies."""
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    role = {
        "RoleName": "r",
        "Arn": "arn:aws:iam::111122223333:role/r",
        "AssumeRolePolicyDocument": TRUST,
        "AttachedManagedPolicies": [{"PolicyArn": arn}, {"PolicyArn": f"{arn}OfNoOne"}],
    }
    version = {"Document": DENY_ALL, "VersionId": "v999", "IsDefaultVersion": True}
    policy = {"Arn": arn, "DefaultVersionId": "v999", "PolicyVersionList": [version]}
    found = imported(
        tmp_path, {"a.json": {**NOBODY, "RoleDetailList": [role], "Policies": [policy]}}
    )
    name = "ReadOnlyAccess (AWS managed)"
    attached = found.data["accounts"]["111122223333"]["roles"]["r"]["policies"]
    assert attached == [name, f"{arn}OfNoOne"]
    assert found.data["policies"][name] == DENY_ALL
    assert codes(found) == ["managed-policy-unknown"]


ROOT = {"Roots": [{"Id": "r-ab12", "Name": "Root", "PolicyTypes": []}]}
UNITS = {"OrganizationalUnits": [{"Id": "ou-ab12-11111111", "Name": "Prod"}]}
ACCOUNTS = {"Accounts": [{"Id": "111122223333", "Name": "app"}]}
SCP = {"Id": "p-guard001", "Name": "Guard", "Type": "SERVICE_CONTROL_POLICY"}
DESCRIBED = {"Policy": {"PolicySummary": SCP, "Content": TEXT}}
ENABLED = {
    "Roots": [
        {
            "Id": "r-ab12",
            "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }
    ]
}
AT_ROOT = {"Targets": [{"TargetId": "r-ab12"}]}


class TestOrganizations:
    """Relations between nodes, from whatever says them."""

    @pytest.mark.parametrize(
        ("units", "accounts"),
        [
            pytest.param(
                {"list-organizational-units-for-parent.r-ab12.json": UNITS},
                {"list-accounts-for-parent.ou-ab12-11111111.json": ACCOUNTS},
                id="file names",
            ),
            pytest.param(
                {"units.json": {**UNITS, "ParentId": "r-ab12"}},
                {"accounts.json": {**ACCOUNTS, "ParentId": "ou-ab12-11111111"}},
                id="keys beside the output",
            ),
            pytest.param(
                {"units.json": {"r-ab12": UNITS}},
                {"accounts.json": {"ou-ab12-11111111": ACCOUNTS}},
                id="maps by id",
            ),
            pytest.param(
                {
                    "units.json": {"OrganizationalUnit": UNITS["OrganizationalUnits"][0]},
                    "list-parents.ou-ab12-11111111.json": {"Parents": [{"Id": "r-ab12"}]},
                },
                {
                    "list-accounts.json": ACCOUNTS,
                    "list-children.ou-ab12-11111111.ACCOUNT.json": {
                        "Children": [{"Id": "111122223333", "Type": "ACCOUNT"}]
                    },
                },
                id="parents and children",
            ),
        ],
    )
    def test_parents_are_found(self, tmp_path, units, accounts):
        """The same tree comes of every arrangement of files."""
        found = imported(tmp_path, {"roots.json": ROOT, **units, **accounts})
        root = found.data["organization"]["root"]
        assert root["units"]["Prod"]["accounts"] == ["111122223333"]
        assert found.data["accounts"]["111122223333"]["name"] == "app"
        assert found.remarks == ()

    def test_what_has_no_parent_is_put_into_the_root(self, tmp_path):
        """A unit and an account that nobody placed are there, with remarks."""
        files = {"a.json": ROOT, "b.json": UNITS, "list-accounts.json": ACCOUNTS}
        found = imported(tmp_path, files)
        root = found.data["organization"]["root"]
        assert root["accounts"] == ["111122223333"]
        assert root["units"]["Prod"]["parent"]["source"].endswith("--child-id ou-ab12-11111111")
        placeless, of_it = ["node-without-parent"] * 2, ["organization-missing"] * 2
        assert sorted(codes(found)) == ["administrators-missing", *placeless, *of_it]

    def test_units_above_each_other_are_kept(self, tmp_path):
        """A circle of parents is cut, and nothing is lost."""
        first, second = "ou-ab12-11111111", "ou-ab12-22222222"
        files = {
            "roots.json": ROOT,
            f"list-parents.{first}.json": {"Parents": [{"Id": second}]},
            f"list-parents.{second}.json": {"Parents": [{"Id": first}]},
        }
        text = json.dumps(imported(tmp_path, files).data)
        assert text.count(f'"id": "{first}"') == text.count(f'"id": "{second}"') == 1

    @pytest.mark.parametrize(
        "files",
        [
            {"a.json": ROOT, "b.json": {"Roots": [{"Id": "r-cd34", "Name": "Root"}]}},
            {
                "a.json": {"Organization": {"Id": "o-aaaaaaaaaa"}},
                "b.json": {"Organization": {"Id": "o-bbbbbbbbbb"}},
            },
            {
                "aws/aws/organizations/o-aaaaaaaaaa/metadata.json": {"rootOu": "r-ab12"},
                "aws/aws/organizations/o-bbbbbbbbbb/metadata.json": {"rootOu": "r-cd34"},
            },
        ],
        ids=["roots", "organizations", "iam-collect"],
    )
    def test_two_organizations_are_refused(self, files, tmp_path):
        """A world has one organization: those of two are never mixed."""
        with pytest.raises(WorldError, match="a world has one") as caught:
            imported(tmp_path, files)
        assert caught.value.code == "several-organizations"

    def test_lists_by_target_are_all_that_is_attached(self, tmp_path):
        """`list-policies-for-target` says what hangs on a target, and that nothing else does."""
        found = imported(
            tmp_path,
            {
                "roots.json": ENABLED,
                "policy.json": DESCRIBED,
                "list-policies-for-target.r-ab12.json": {"Policies": [SCP]},
            },
        )
        assert found.data["organization"]["root"]["scps"] == ["Guard"]
        assert found.data["organization"]["policies"] == {"Guard": {"id": "p-guard001"}}
        assert found.remarks == ()

    def test_full_access_is_assumed_where_its_targets_are_not_known(self, tmp_path):
        """Without the targets of FullAWSAccess AWS's default holds, and what else is not known."""
        found = imported(
            tmp_path,
            {
                "roots.json": ENABLED,
                "policy.json": DESCRIBED,
                "list-targets-for-policy.p-guard001.json": AT_ROOT,
            },
        )
        unknown = {"unknown": "where `p-FullAWSAccess` is attached is not known"}
        assert found.data["organization"]["root"]["scps"] == ["FullAWSAccess", "Guard", unknown]
        assert codes(found) == ["targets-missing"]

    def test_what_full_access_was_taken_from_has_nothing(self, tmp_path):
        """With all targets known, a node that none names has no policy at all."""
        found = imported(
            tmp_path,
            {
                "roots.json": ENABLED,
                "list-organizational-units-for-parent.r-ab12.json": UNITS,
                "list-targets-for-policy.p-FullAWSAccess.json": {
                    "Targets": [{"TargetId": "r-ab12"}]
                },
            },
        )
        root = found.data["organization"]["root"]
        assert root["scps"] == ["FullAWSAccess"]
        assert root["units"]["Prod"]["scps"] == []

    def test_a_page_of_targets_is_not_all_of_them(self, tmp_path):
        """Where the last page is missing, nodes that no page names keep AWS's default."""
        found = imported(
            tmp_path,
            {
                "roots.json": ENABLED,
                "list-organizational-units-for-parent.r-ab12.json": UNITS,
                "list-targets-for-policy.p-FullAWSAccess.json": {**AT_ROOT, "NextToken": "x"},
            },
        )
        unit = found.data["organization"]["root"]["units"]["Prod"]
        assert unit["scps"] == ["FullAWSAccess"]
        assert codes(found) == ["page-missing", "targets-missing"]

    def test_policies_of_a_type_that_is_not_enabled_do_not_count(self, tmp_path):
        """A root without enabled policy types attaches nothing."""
        found = imported(
            tmp_path,
            {
                "roots.json": ROOT,
                "policy.json": DESCRIBED,
                "list-targets-for-policy.p-guard001.json": AT_ROOT,
            },
        )
        assert "scps" not in found.data["organization"]["root"]

    def test_only_administrators_of_iam_may_open_root_sessions(self, tmp_path):
        """Delegation for another service is kept, and gives no right to root sessions."""
        listed = {"DelegatedServices": [{"ServicePrincipal": "iam.amazonaws.com"}]}
        other = {"DelegatedAdministrators": [{"Id": "444455556666"}]}
        found = imported(
            tmp_path,
            {
                "list-delegated-services-for-account.111122223333.json": listed,
                "list-delegated-administrators.guardduty.amazonaws.com.json": other,
            },
        )
        organization = found.data["organization"]
        assert organization["delegated_administrators"] == ["111122223333"]
        assert organization["delegated_services"]["444455556666"] == ["guardduty.amazonaws.com"]


ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234"


class TestSubjects:
    """Which resource an output is about."""

    @pytest.mark.parametrize(
        ("name", "arn"),
        [
            (
                "111122223333/get-key-policy.arn%3Aaws%3Akms%3Aeu-west-1%3A111122223333%3Akey%2F1234",
                ARN,
            ),
            ("111122223333/eu-west-1/get-key-policy.1234", ARN),
            ("prod-111122223333/get-bucket-policy.reports", "arn:aws:s3:::reports"),
            (
                "111122223333/eu-west-1/get-policy.handler",
                "arn:aws:lambda:eu-west-1:111122223333:function:handler",
            ),
        ],
    )
    def test_file_names_say_it(self, tmp_path, name, arn):
        """ARNs, or short names under folders named after account and region."""
        document = {"Version": "2012-10-17", "Statement": PRINCIPAL}
        found = imported(tmp_path, {f"{name}.json": {"Policy": json.dumps(document)}})
        assert found.data["accounts"]["111122223333"]["resources"] == {arn: {"policy": document}}

    def test_the_user_says_it(self, tmp_path):
        """`--for` names the resource of a file, and may name one of a bare policy too."""
        path = str(tmp_path / "aws-world" / "policy.json").replace("\\", "/")
        document = {"Version": "2012-10-17", "Statement": PRINCIPAL}
        found = imported(tmp_path, {"policy.json": document}, about={path: ARN})
        assert found.data["accounts"]["111122223333"]["resources"][ARN]["policy"] == document

    def test_the_user_may_mistype_the_path(self, tmp_path):
        """The same file by another path is fine; one that is not there is an error."""
        document = {"Version": "2012-10-17", "Statement": PRINCIPAL}
        path = f"{tmp_path}/./aws-world/policy.json"
        found = imported(tmp_path, {"policy.json": document}, about={path: ARN})
        assert found.data["accounts"]["111122223333"]["resources"][ARN]["policy"] == document
        with pytest.raises(RequestError, match="which is not among the sources") as caught:
            imported(tmp_path, {"policy.json": document}, about={"polcy.json": ARN})
        assert caught.value.code == "file-not-among-sources"

    def test_a_bucket_policy_says_it_itself(self, tmp_path):
        """A policy is only accepted by the bucket that it is about; its account must be said."""
        files = {"policy.json": bucket_policy("reports")}
        found = imported(tmp_path, files)
        assert codes(found) == ["resource-without-account"]
        owner = found.data["accounts"]["000000000000"]["resources"]["arn:aws:s3:::reports"]
        assert owner["account"]["unknown"].startswith("which account owns `arn:aws:s3:::reports`")
        found = imported(tmp_path, files, account="111122223333")
        assert "arn:aws:s3:::reports" in found.data["accounts"]["111122223333"]["resources"]

    def test_a_key_policy_of_nobody_is_left_out(self, tmp_path):
        """Where nothing says whose policy it is, it is not guessed."""
        document = json.dumps({"Version": "2012-10-17", "Statement": PRINCIPAL})
        found = imported(tmp_path, {"x.json": {"Policy": document}})
        assert codes(found) == ["output-about-unknown"]

    def test_two_accounts_of_one_bucket_are_a_conflict(self, tmp_path):
        """The first account counts."""
        name = "get-bucket-policy.reports.json"
        files = {f"111122223333/{name}": bucket_policy("reports")}
        files[f"444455556666/{name}"] = bucket_policy("reports")
        found = imported(tmp_path, files)
        assert "import-conflict" in codes(found)
        assert list(found.data["accounts"]) == ["111122223333"]


def test_identity_center_is_provisioned_into_accounts():
    """Permission sets are in every account with an assignment, with all four kinds of policies."""
    found = import_sources([str(IMPORTS / "identity-center")])
    developer = found.data["accounts"]["222222222222"]["permission_sets"]["Dev"]
    assert developer["policies"] == ["app-data", "arn:aws:iam::aws:policy/PowerUserAccess"]
    assert developer["boundary"] == "dev-boundary"
    assert developer["inline"]["Statement"][1]["Effect"] == "Deny"
    assert developer["assignments"] == ["GROUP/91111111-2222-3333-4444-555555555555"]
    assert developer["arn"].startswith("arn:aws:sso:::permissionSet/ssoins-")
    assert found.remarks == ()


def test_credential_reports_tell_of_users_and_the_root_user():
    """Devices, passwords and keys, from the CSV and from the call's output alike."""
    found = import_sources([str(IMPORTS / "credential-report")])
    account = found.data["accounts"]["222222222222"]
    assert account["root_user"]["mfa_devices"] == 1
    assert account["users"]["alice"]["mfa_devices"] == 0
    key = account["users"]["alice"]["access_keys"][0]
    assert (key["status"], key["last_used"]) == ("Active", "2026-10-01T08:00:00+00:00")
    alice = account["users"]["alice"]
    assert alice["password_enabled"] is True
    assert alice["created"] == alice["password_last_changed"] == "2025-03-01T10:00:00Z"
    assert "created" not in account["root_user"]


def test_a_list_of_keys_and_the_report_complete_each_other(tmp_path):
    """Ids are in the one, uses in the other; a key that was never used says so."""
    (tmp_path / "222222222222").mkdir()
    report = (IMPORTS / "credential-report" / "credential-report.csv").read_text("utf-8")
    report = report.replace("2026-10-01T08:00:00+00:00,eu-west-1,s3", "N/A,N/A,N/A")
    (tmp_path / "report.csv").write_text(report)
    listed = [
        {"UserName": "alice", "AccessKeyId": "AKIA1", "Status": "Active", "CreateDate": date}
        for date in ("2025-03-02T10:00:00Z", "2024-01-01T00:00:00Z")
    ]
    path = tmp_path / "222222222222" / "list-access-keys.json"
    path.write_text(json.dumps({"AccessKeyMetadata": listed}))
    found = import_sources([str(tmp_path)])
    first, second = found.data["accounts"]["222222222222"]["users"]["alice"]["access_keys"]
    assert (first["id"], first["last_used"]) == ("AKIA1", "never")
    assert "last_used" not in second


def test_config_reads_resources_and_query_results():
    """Snapshots and the results of advanced queries are the same records."""
    found = import_sources([str(IMPORTS / "config")])
    account = found.data["accounts"]["222222222222"]
    bucket = account["resources"]["arn:aws:s3:::acme-data"]
    assert bucket["policy"]["Statement"][0]["Sid"] == "Tls"
    assert bucket["public_access_block"]["block_public_acls"]
    assert account["roles"]["app"]["policies"] == ["app-data"]


def test_iam_collect_is_read_by_its_paths():
    """Principals, resources and the organization of iam-collect's storage."""
    found = import_sources([str(IMPORTS / "iam-collect")])
    account = found.data["accounts"]["222222222222"]
    assert account["roles"]["app"]["path"] == "/service/"
    assert account["users"]["alice"]["groups"] == ["devs"]
    assert {arn.split(":")[2] for arn in account["resources"]} == {"kms", "s3"}
    assert account["vpc_endpoints"]["vpce-0abc"]["vpc"] == "vpc-0abc"
    prod = found.data["organization"]["root"]["units"]["ou-ab12-workload1"]["units"]["Prod"]
    assert prod["accounts"] == ["222222222222"]


def test_an_inline_policy_of_no_sense_is_not_known(tmp_path):
    """A document that is no policy is marked, and remarked with its place; the role stays."""
    role = {
        "RoleName": "r",
        "Arn": "arn:aws:iam::111122223333:role/r",
        "AssumeRolePolicyDocument": TRUST,
        "RolePolicyList": [
            {"PolicyName": "broken", "PolicyDocument": {"Statement": {"Effect": "Maybe"}}},
            {"PolicyName": "cut", "PolicyDocument": "%7B%22Version"},
        ],
    }
    found = imported(
        tmp_path, {"a.json": {**NOBODY, "RoleDetailList": [role, "?", {"RoleName": "x"}]}}
    )
    assert found.data["accounts"]["111122223333"]["roles"]["r"]["inline_policies"] == {
        "broken": {"Statement": {"Effect": "Maybe"}},
        "cut": {
            "unknown": "the text in its place is no policy document",
            "source": "a.json: RoleDetailList[0].RolePolicyList[1].PolicyDocument",
        },
    }
    assert sorted(codes(found)) == [
        "policy-broken",
        "policy-not-readable",
        "record-not-readable",
        "record-not-readable",
    ]
    assert {remark.place for remark in found.remarks} >= {
        "RoleDetailList[0].RolePolicyList[1].PolicyDocument",
        "RoleDetailList[1]",
    }


def test_single_calls_of_iam_are_read(tmp_path):
    """Principals, their policies and their members, call by call."""
    arn = "arn:aws:iam::111122223333"
    role = {"RoleName": "app", "Path": "/x/", "Arn": f"{arn}:role/x/app"}
    role["AssumeRolePolicyDocument"] = TRUST
    alice = {"UserName": "alice", "Path": "/", "Arn": f"{arn}:user/alice"}
    group = {"GroupName": "devs", "Path": "/", "Arn": f"{arn}:group/devs"}
    attached = [{"PolicyName": "own", "PolicyArn": f"{arn}:policy/p/own"}]
    version = {"Document": DENY_ALL, "VersionId": "v1", "IsDefaultVersion": True}
    policy = quote(f"{arn}:policy/p/own", safe="")
    found = imported(
        tmp_path,
        {
            "get-role.json": {"Role": role},
            "get-group.json": {"Group": group, "Users": [alice]},
            "get-user.json": {"User": alice},
            "111122223333/list-attached-role-policies.app.json": {"AttachedPolicies": attached},
            "111122223333/list-role-policies.app.json": {"PolicyNames": []},
            "111122223333/list-attached-user-policies.alice.json": {"AttachedPolicies": []},
            "111122223333/list-groups-for-user.alice.json": {"Groups": [group]},
            "111122223333/list-attached-group-policies.devs.json": {"AttachedPolicies": []},
            "111122223333/list-group-policies.devs.json": {"PolicyNames": []},
            "111122223333/list-user-policies.alice.json": {"PolicyNames": ["mine"]},
            "111122223333/get-user-policy.json": {
                "UserName": "alice",
                "PolicyName": "mine",
                "PolicyDocument": DENY_ALL,
            },
            f"get-policy-version.{policy}.json": {"PolicyVersion": version},
        },
    )
    account = found.data["accounts"]["111122223333"]
    assert account["users"]["alice"] == {
        "policies": [],
        "inline_policies": {"mine": DENY_ALL},
        "groups": ["devs"],
    }
    assert account["roles"]["app"] == {
        "path": "/x/",
        "trust": TRUST,
        "policies": ["own"],
        "inline_policies": {},
    }
    assert account["policies"] == {"own": DENY_ALL}
    assert account["policy_paths"] == {"own": "/p/"}
    assert found.remarks == ()


def test_one_inline_policy_is_not_all_of_them(tmp_path):
    """Nor has a list the boundary of a user, which may stop what his policies allow.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
    """
    files = {
        "list-users": {"Users": [LISTED_USER]},
        "get-user": {"User": LISTED_USER},
        "list-attached-user-policies.u": {"AttachedPolicies": []},
        "list-groups-for-user.u": {"Groups": []},
        "list-user-policies.u": {"PolicyNames": ["own"]},
        "get-user-policy.u": {"UserName": "u", "PolicyName": "own", "PolicyDocument": ALLOW_ALL},
    }
    question = Question("arn:aws:iam::111122223333:user/u", "s3:GetObject", "arn:aws:s3:::b/k")
    for gone, expected in (
        (None, Verdict.ALLOWED),
        ("list-users", Verdict.ALLOWED),
        ("get-user", Verdict.CONDITIONAL),
        ("list-user-policies.u", Verdict.CONDITIONAL),
    ):
        left = {f"111122223333/{name}.json": files[name] for name in files if name != gone}
        found = imported(tmp_path / str(gone), left)
        assert decide(question, CompiledWorld(to_world(found))).verdict is expected, gone


LISTED_USER = {"UserName": "u", "Path": "/", "Arn": "arn:aws:iam::111122223333:user/u"}

LISTED_GROUP = {"GroupName": "g", "Path": "/", "Arn": "arn:aws:iam::111122223333:group/g"}


@pytest.mark.parametrize(
    "files",
    [
        {"list-users": {"Users": [LISTED_USER]}, "list-roles": {"Roles": []}},
        {"get-group.g": {"Group": LISTED_GROUP, "Users": [LISTED_USER]}},
        {"list-access-keys.u": {"AccessKeyMetadata": [{"UserName": "u", "AccessKeyId": "AKIA"}]}},
        {
            "list-users": {"Users": [LISTED_USER]},
            "list-roles": {"Roles": []},
            "list-attached-user-policies.u": {"AttachedPolicies": []},
            "list-groups-for-user.u": {"Groups": []},
            "list-user-policies.u": {"PolicyNames": ["own"]},
        },
    ],
)
def test_the_policies_of_who_is_only_named_are_not_known(tmp_path, files):
    """A list of users, of members and of keys tells no policies; a listed policy may be any."""
    found = imported(
        tmp_path, {f"111122223333/{name}.json": output for name, output in files.items()}
    )
    assert set(codes(found)) == {"policy-missing", "attribute-missing"}
    question = Question("arn:aws:iam::111122223333:user/u", "s3:GetObject", "arn:aws:s3:::b/k")
    assert decide(question, CompiledWorld(to_world(found))).verdict is Verdict.CONDITIONAL


LISTED_ROLE = {
    "RoleName": "r",
    "Path": "/",
    "Arn": "arn:aws:iam::111122223333:role/r",
    "AssumeRolePolicyDocument": DENY_ALL,
}


def test_a_list_of_roles_alone_says_nothing_of_users(tmp_path):
    """There may be users with any policy, until something lists them, though it lists none."""
    roles = {"111122223333/list-roles.json": {"Roles": [LISTED_ROLE]}}
    alone = to_world(imported(tmp_path / "alone", roles))
    assert alone.unlisted_of("principals", "111122223333")
    none = roles | {"111122223333/list-users.json": {"Users": []}}
    told = imported(tmp_path / "told", none)
    assert "records-missing" not in codes(told)
    assert not to_world(told).unlisted_of("principals", "111122223333")


def test_single_calls_of_nobody_are_remarked(tmp_path):
    """Neither account nor principal nor policy is guessed."""
    document = {"RoleName": "app", "PolicyName": "x", "PolicyDocument": DENY_ALL}
    files = {
        "a.json": document,
        "b.json": {"AttachedPolicies": []},
        "c.json": {"PolicyVersion": {"Document": DENY_ALL}},
    }
    assert sorted(codes(imported(tmp_path, files))) == [
        "output-about-unknown",
        "output-about-unknown",
        "record-without-account",
    ]


@pytest.mark.parametrize(
    "constraints",
    [
        None,
        "garbled",
        {"EncryptionContextSubset": {"a": None}},
        {"EncryptionContextEquals": None},
        {"SourceArn": 1},
        {"SomethingNew": "x"},
    ],
)
def test_a_grant_whose_constraints_are_not_read_is_not_known(tmp_path, constraints):
    """Without what it lost the grant would let more through."""
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    grant = {
        "KeyId": key,
        "GranteePrincipal": "arn:aws:iam::111122223333:role/app",
        "Operations": ["Decrypt"],
        "Constraints": constraints,
    }
    path = tmp_path / "list-grants.json"
    path.write_text(json.dumps({"Grants": [grant]}))
    found = import_sources([str(path)])
    grants = found.data["accounts"]["111122223333"]["resources"][key]["grants"]
    assert "the constraints of a grant can't be read" in json.dumps(grants)


@pytest.mark.parametrize("members", ["Groups", "Roles", "Users"])
def test_a_list_of_nobody_is_read(tmp_path, members):
    """It is no file that nobody knows."""
    assert imported(tmp_path, {"111122223333/list.json": {members: []}}).remarks == ()


@pytest.mark.parametrize(
    ("kind", "fields", "whole"),
    [
        ("AWS::IAM::Role", ("arn", "configuration"), True),
        ("AWS::IAM::Role", ("arn",), False),
        ("AWS::IAM::Role", ("arn", "configuration.path"), False),
        ("AWS::S3::Bucket", ("arn", "configuration"), False),
        ("AWS::S3::Bucket", ("arn", "configuration", "supplementaryConfiguration"), True),
    ],
)
def test_a_query_that_selects_some_fields_is_not_the_whole(tmp_path, kind, fields, whole):
    """What it leaves out is unknown: a bucket without its policy is not one that has none."""
    item = {"resourceType": kind, "arn": "arn:aws:s3:::b", "accountId": "111122223333"}
    item |= {name.partition(".")[0]: {} for name in fields if "onfiguration" in name}
    names = [{"Name": name} for name in fields]
    query = {"Results": [json.dumps(item)], "QueryInfo": {"SelectFields": names}}
    found = imported(tmp_path, {"query.json": query})
    assert ("records-missing" not in codes(found)) is whole
    if not whole:
        assert to_world(found).unlisted_of("principals", "111122223333")


@pytest.mark.parametrize("fields", [17, {}, [{"Name": {}}], ["configuration"], [{}]])
def test_fields_of_a_query_that_can_t_be_read_are_not_the_whole(tmp_path, fields):
    """A list of fields in another form says nothing of what was selected."""
    item = {"resourceType": "AWS::IAM::Role", "arn": "arn:aws:s3:::b", "configuration": {}}
    query = {"Results": [json.dumps(item)], "QueryInfo": {"SelectFields": fields}}
    assert "records-missing" in codes(imported(tmp_path, {"query.json": query}))
