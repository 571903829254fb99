"""Collecting a live account: moto's server answers the real boto3, and the files import without a
remark to a world with what is in the account."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

import iamsim
from iamsim.calls.data import find_service
from iamsim.catalog.resource_types import resource_types
from iamsim.cli.main import main as run
from iamsim.collect.account import Wanted, _of_type
from iamsim.collect.organization import collect_organization
from iamsim.collect.reader import CLIENTS, Reader, _only, file_name
from iamsim.collect.run import collect as collect_all
from iamsim.importers.recipe import recipe_policy
from iamsim.importers.recipe_calls import EACH, collected_calls, policy_calls
from iamsim.importers.registry import IMPORTERS
from iamsim.importers.sums import SUMS
from iamsim.importers.workloads import is_about_workloads
from tests.unit.expanding import expanded
from tests.unit.live_account import (
    ACCOUNT,
    PUBLIC,
    READ,
    RECORDED,
    REGION,
    ROLE,
    TRUST,
    policy,
    served,
)

ROOT = Path(__file__).parent.parent.parent
ANA = f"arn:aws:iam::{ACCOUNT}:user/ana"


@pytest.fixture(autouse=True)
def addresses(monkeypatch):
    """Endpoints have addresses, wherever the tests run: nothing is sent to them."""
    monkeypatch.setattr("iamsim.collect.reader.has_address", lambda _host: True)


@pytest.fixture(scope="module")
def live():
    """A server of moto's with a small organization."""
    yield from served()


# Types of what is in the account, or may be: a client of each service takes its time.
ASKED_TYPES = {
    *("AWS::DynamoDB::Table", "AWS::ECR::Repository", "AWS::Events::EventBus", "AWS::KMS::Key"),
    *("AWS::Kinesis::Stream", "AWS::Lambda::Function", "AWS::Logs::Account", "AWS::SNS::Topic"),
    *("AWS::S3::AccessPoint", "AWS::SQS::Queue", "AWS::SecretsManager::Secret"),
}


@pytest.fixture
def environment(live, monkeypatch):
    """What boto3 finds in the environment."""
    for key, value in live.environment().items():
        monkeypatch.setenv(key, value)
    few = [found for found in collected_calls() if found.row.name in ASKED_TYPES]
    monkeypatch.setattr("iamsim.collect.account.collected_calls", lambda: few)


def collecting(folder, *more):
    """The arguments that collect the account."""
    return ["collect", "-o", str(folder), "--region", REGION, "--quiet", *more]


def collect(folder, *more):
    """Collect the account by the command line."""
    return run(collecting(folder, *more))


def files(folder):
    """The files of a folder by their paths, with what is in them."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def refusing(monkeypatch, *refused):
    """Have AWS refuse some calls."""
    call = Reader._call

    def answer(self, service, operation, *more):
        if operation in refused:
            error = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}
            raise ClientError(error, operation)
        return call(self, service, operation, *more)

    monkeypatch.setattr(Reader, "_call", answer)


def test_what_is_collected_is_the_account(environment, live, tmp_path):
    """Principals, policies, credentials and resources are in the world; no secret is in a file."""
    assert collect(tmp_path) == 0
    account = iamsim.load(tmp_path).model.accounts[ACCOUNT]
    ana = account.users["ana"]
    assert [policy.document for policy in ana.policies] == [READ]
    assert (ana.password_enabled, len(ana.access_keys), ana.mfa_devices) == (True, 1, 0)
    assert account.roles["app"].trust.document == TRUST
    assert account.resources["arn:aws:s3:::reports"].policy.document == PUBLIC
    assert f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs" in account.resources
    assert any(":kms:" in arn for arn in account.resources)
    assert not any(live.secret in text for text in files(tmp_path).values())


def test_an_organization_is_collected_as_the_cli_prints_it(environment, live, tmp_path):
    """Every account by a role of its own; the world is that of the outputs of the AWS CLI, which
    the script of `iamsim import` collected from the same organization; no key of a role is kept."""
    collected, printed = tmp_path / "collected", tmp_path / "printed"
    assert collect(collected, "--organization", "--role", ROLE) == 0
    for path, text in files(collected).items():
        # The script only says what is refused, and moto can't do all; the AWS CLI 1 asks Amazon
        # SQS at an address that is not moto's. That there is no password policy and no contact is
        # an error of the AWS CLI, and a fact here.
        nothing = re.fullmatch(r'{\s*"(PasswordPolicy|AlternateContact)": {}\s*}\s*', text)
        if nothing or text.startswith("An error occurred") or "get-queue-attributes" in path:
            (collected / path).unlink()
    (collected / SUMS).unlink()
    for path, output in json.loads(RECORDED.read_text("utf-8")).items():
        file = printed / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(output), encoding="utf-8")
    found, known = (written(tmp_path, folder) for folder in (collected, printed))
    assert found == known
    assert any("MEMBER" in name for name in found)
    organization = iamsim.load(collected).model.organization
    (unit,) = organization.root.units
    assert unit.accounts == (live.member,)
    assert "stay" in [policy.name for policy in unit.scps]
    texts = files(collected)
    assert not any(live.secret in text or "SecretAccessKey" in text for text in texts.values())


# What differs from one organization of moto's to the next: times, unique ids, the member account;
# and how many files and empty lists there are, since the AWS CLI prints nothing of some of these.
PASSING = (
    (re.compile(r"unverified: \d+"), "unverified: SOME"),
    (re.compile(r"\n +empty_lists:( \[[^\]]*\]|(\n +- [^\n]*)+)"), ""),
    (re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+(Z|\+00:00)?"), "TIME"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "KEY"),
    (re.compile(r"\b[A-Za-z0-9]{20,21}\b|\b[0-9a-f]{32}\b"), "ID"),
    (re.compile(r"\b(ou|[opr])-[a-z0-9-]{4,}\b"), "NODE"),
    (re.compile(rf"\b(?!{ACCOUNT})\d{{12}}\b"), "MEMBER"),
)


def written(folder, sources):
    """The files of the world that sources import to, without what no two organizations share."""
    world = folder / f"world-{sources.name}"
    assert run(["import", str(sources), "-o", str(world), "--quiet"]) == 0
    return {
        plain(name): plain(text)
        for name, text in files(world).items()
        if not name.startswith(".iamsim-i")  # sizes and hashes
    }


def plain(text):
    """A text without times and ids."""
    for pattern, word in PASSING:
        text = pattern.sub(word, text)
    return text


def test_a_member_that_can_t_be_entered_is_unknown(environment, live, tmp_path, monkeypatch):
    """AWS's error stands where its principals would: nobody takes it for an empty account."""
    monkeypatch.setattr("iamsim.collect.run._assume", denied)
    assert collect(tmp_path, "--organization", "--role", ROLE) == 0
    answer = iamsim.load(tmp_path).decide(
        principal=f"arn:aws:iam::{live.member}:user/ben",
        action="s3:GetObject",
        resource="arn:aws:s3:::reports/x",
    )
    assert answer.verdict is iamsim.Verdict.CONDITIONAL


def denied(*_given):
    """AWS STS refuses."""
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")


def test_a_run_that_was_cut_off_goes_on(environment, tmp_path, monkeypatch):
    """What is there is not asked for again, and the files are those of a run from the start."""
    assert collect(tmp_path) == 0
    whole = files(tmp_path)
    kept = tmp_path / ACCOUNT / "get-account-authorization-details.json"
    lost = tmp_path / ACCOUNT / "get-bucket-policy.reports.json"
    lost.unlink()
    asked = []
    call = Reader._call

    def counted(self, service, operation, *more):
        asked.append(operation)
        return call(self, service, operation, *more)

    monkeypatch.setattr(Reader, "_call", counted)
    assert collect(tmp_path) == 0
    assert kept.is_file()
    assert "get_account_authorization_details" not in asked
    assert "get_bucket_policy" in asked
    assert set(files(tmp_path)) == set(whole)


def test_what_is_refused_is_unknown(environment, tmp_path, monkeypatch):
    """A denied call leaves AWS's error, and the policy that it should have printed is unknown."""
    refusing(monkeypatch, "get_bucket_policy")
    assert collect(tmp_path) == 0
    policy = iamsim.load(tmp_path).model.accounts[ACCOUNT].resources["arn:aws:s3:::reports"].policy
    assert "unknown" in policy.document


class Pages:
    """A client of boto3 whose list has three pages, and which is asked too often once."""

    def __init__(self):
        """Count what is asked."""
        self.asked = 0

    def answer(self, request, **_more):
        """Answer a call before it is sent: throttled first, then page by page."""
        from botocore.awsrequest import AWSResponse

        self.asked += 1
        status, body = 200, None
        if self.asked == 1:
            status, body = 400, {"__type": "ThrottlingException", "message": "Rate exceeded"}
        else:
            page = self.asked - 2
            body = {"TableNames": [f"table-{page}"]}
            if page < 2:
                body["LastEvaluatedTableName"] = f"table-{page}"
        raw = type("Raw", (), {"stream": lambda _self, **_: iter([json.dumps(body).encode()])})
        return AWSResponse(request.url, status, {}, raw())


def test_a_call_is_tried_again_and_all_pages_are_read(environment, tmp_path, monkeypatch):
    """AWS says that it was asked too often: boto3 waits and asks again; three pages are a list."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    reader = Reader(boto3.Session(), tmp_path, lambda _text: None)
    pages = Pages()
    client = reader._client("dynamodb", REGION)
    client.meta.events.register("before-send.dynamodb", pages.answer)
    found = reader.get("list-tables.json", "dynamodb", "list_tables", REGION)
    assert found["TableNames"] == ["table-0", "table-1", "table-2"]
    assert (pages.asked, reader.denied) == (4, [])


def test_only_calls_that_read_are_made(environment, tmp_path):
    """An operation that changes something is refused before it is sent."""
    reader = Reader(boto3.Session(), tmp_path, lambda _text: None)
    with pytest.raises(AssertionError, match="no call that reads"):
        reader.get("x.json", "iam", "delete_user", UserName="ana")


def test_the_policy_is_printed_first(capsys, tmp_path):
    """Every action of the policy reads; it is that of the recipe, with the role that is taken."""
    assert run(["collect", "--policy"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == recipe_policy(organization=False)
    assert "iam:ListSSHPublicKeys" in expanded(printed["Statement"][0]["Action"])
    assert run(["collect", "--policy", "-o", str(tmp_path / "policy.json")]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "policy.json").read_text("utf-8")) == printed
    assert run(["collect", "--policy", "--organization", "--role", ROLE]) == 0
    *_, members = json.loads(capsys.readouterr().out)["Statement"]
    assert members["Resource"] == f"arn:*:iam::*:role/{ROLE}"


# Calls of which the tables of calls don't tell the action, or tell it for another type.
OTHERWISE = {
    ("s3api", "list_directory_buckets"): "s3express:ListAllMyDirectoryBuckets",
    ("s3control", "list_access_points_for_directory_buckets"): (
        "s3express:ListAccessPointsForDirectoryBuckets"
    ),
}
# The same calls are of other services where they are about buckets in a zone, or on an Outpost.
OF_OTHER_BUCKETS = {
    *("s3-outposts:GetAccessPointPolicy", "s3-outposts:GetBucketPolicy"),
    *(
        "s3-outposts:ListAccessPoints",
        "s3express:GetAccessPointPolicy",
        "s3express:GetBucketPolicy",
    ),
}


SENSITIVE = "sensitive-"
# What AWS's models call sensitive, and is no secret: names, texts and the keys of buckets.
NO_SECRETS = {"KMSMasterKeyID", "Message", "Name"}
DEEPEST = 3  # structures in each other, in what names other things
UNITS = "list_organizational_units_for_parent"
# Actions of the policy that only the script asks: the CLI lists users and roles one by one.
OF_THE_SCRIPT = {"iam:ListRoles", "iam:ListUsers"}


def sampled(shape, name="", above=()):
    """An answer as AWS's model has it: a value for each member, an item in each list."""
    if shape.type_name == "structure":
        inner = () if len(above) > DEEPEST else shape.members.items()
        return {key: sampled(entry, key, (*above, shape.name)) for key, entry in inner}
    if shape.type_name == "list":
        return [sampled(shape.member, name, above)]
    if shape.type_name == "string":
        if shape.metadata.get("sensitive"):
            return f"{SENSITIVE}{name}"
        if name.lower().endswith("arn"):
            return f"arn:aws:x:{REGION}:{ACCOUNT}:{above[0]}"
        return {"JobStatus": "COMPLETED", "State": "COMPLETE"}.get(name, f"{name}-sample")
    return 1 if shape.type_name in ("integer", "long") else None


def validated(client, operation, parameters):
    """Whether AWS's model takes the parameters of a call."""
    name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(name).input_shape
    report = None if shape is None else ParamValidator().validate(parameters, shape)
    assert report is None or not report.has_errors(), report.generate_report()


def every_call(tmp_path, monkeypatch):
    """Collect from AWS's models: every call is answered, so that every further one is made."""
    made = set()
    monkeypatch.setattr("iamsim.collect.account.collected_calls", collected_calls)

    def answer(self, service, operation, region, parameters):
        made.add((service, operation))
        if operation == UNITS:
            inner = parameters["ParentId"] == "ou-sample"
            return {} if inner else {"OrganizationalUnits": [{"Id": "ou-sample"}]}
        client = self._client(service, region or REGION)
        name = client.meta.method_to_api_mapping[operation]
        shape = client.meta.service_model.operation_model(name).output_shape
        return {} if shape is None else sampled(shape)

    monkeypatch.setattr(Reader, "_call", answer)
    wanted = Wanted((REGION,), last_accessed=True, snapshots=True)
    collected = collect_all(boto3.Session(), tmp_path, wanted, organization=True)
    assert collected.refused == []
    return made


def test_nothing_that_aws_calls_sensitive_is_written(environment, tmp_path, monkeypatch):
    """Of every call that is made, in every part of its output that AWS's model has."""
    every_call(tmp_path, monkeypatch)
    written = "".join(files(tmp_path).values())
    assert set(re.findall(rf"{SENSITIVE}(\w+)", written)) == NO_SECRETS


def action_of(service, operation):
    """The IAM action of a call, as the tables of `iamsim calls` have it."""
    told = OTHERWISE.get((service, operation))
    if told is not None:
        return told
    (asked, *_) = find_service(CLIENTS.get(service, service)).operation(operation).asks
    return asked.action


def test_the_policy_is_that_of_the_calls(environment, live, tmp_path, monkeypatch):
    """Every call that can be made is of an action that the policy allows, and every action of the
    policy is of such a call."""
    made = {action_of(*call) for call in every_call(tmp_path, monkeypatch)}
    allowed = {
        action
        for statement in recipe_policy(organization=True)["Statement"]
        for action in expanded(statement["Action"])
        if action != "sts:AssumeRole" and action not in OF_THE_SCRIPT
    }
    assert len(made) > 100
    assert sorted(made - allowed) == []
    assert allowed - made == OF_OTHER_BUCKETS


ROLES = [found.call for found in collected_calls() if found.tells_roles]
# How what an importer reads is collected: by these calls, or why by none of its own.
SOURCES = {
    "gaad": [("iam", "get_account_authorization_details")],
    "organizations": [
        ("organizations", "describe_organization"),
        ("organizations", "describe_policy"),
        ("organizations", "list_accounts_for_parent"),
        ("organizations", "list_targets_for_policy"),
    ],
    "identity_center": [
        ("sso-admin", "list_permission_sets"),
        ("sso-admin", "list_account_assignments"),
    ],
    "credential_report": [("iam", "get_credential_report")],
    "last_accessed": [("iam", "get_service_last_accessed_details")],
    "snapshots": [
        ("ec2", "describe_image_attribute"),
        ("ec2", "describe_snapshot_attribute"),
        ("rds", "describe_db_snapshot_attributes"),
        ("rds", "describe_db_cluster_snapshot_attributes"),
    ],
    "aws_outputs": [
        ("accessanalyzer", "list_analyzers"),
        ("account", "get_alternate_contact"),
        ("ec2", "describe_vpc_endpoints"),
        ("iam", "get_account_password_policy"),
        ("iam", "get_account_summary"),
        ("iam", "list_access_keys"),
        ("iam", "list_mfa_devices"),
        ("iam", "list_open_id_connect_providers"),
        ("iam", "list_organizations_features"),
        ("iam", "list_saml_providers"),
        ("iam", "list_service_specific_credentials"),
        ("iam", "list_signing_certificates"),
        ("iam", "list_ssh_public_keys"),
        ("iam", "list_virtual_mfa_devices"),
        ("kms", "list_aliases"),
        ("kms", "list_grants"),
        ("s3control", "get_access_point"),
        ("s3control", "get_public_access_block"),
        *((call.service, call.operation.replace("-", "_")) for call in ROLES),
    ],
    "iam_calls": "the same as in the account authorization details, principal by principal",
    "config": "resources that the calls of their services print, as AWS Config keeps them",
    "iam_collect": "the files of another tool, which makes the same calls",
    "terraform.importer": "files of a project; what they made is collected as it is",
    "cloudformation.importer": "files of a project; what they made is collected as it is",
}


def test_every_call_that_the_page_of_import_names_is_collected():
    """Or stands in its table with the reason why it is not."""
    page = (ROOT / "docs/reference/importers.md").read_text("utf-8")
    named = set(re.findall(r"\b(?:describe|get|list|batch-get)(?:-[a-z0-9]+)+", page))
    _, _, rest = page.partition("| read, and not asked for |")
    rows = [line.split("|")[1] for line in rest.partition("\n\n")[0].split("\n") if "|" in line]
    passed_over = set(re.findall(r"`([a-z-]+)`", " ".join(rows)))
    source = "".join(
        (ROOT / f"iamsim/collect/{name}.py").read_text("utf-8")
        for name in ("account", "organization")
    )
    asked = {name.replace("_", "-") for name in re.findall(r'"([a-z_0-9]+)"', source)}
    for found in collected_calls():
        asked |= {call.operation for call in (*found.chain, found.call)}
    assert sorted(named - asked - passed_over) == []
    assert passed_over
    assert not passed_over & asked


BUCKETS = "AWS::S3::Bucket"  # more is asked about them, with the account


def test_every_source_of_import_is_collected(environment, live, tmp_path, monkeypatch):
    """By its calls, or with the reason why not; and the policies of every type of resource that a
    call prints."""
    made = every_call(tmp_path, monkeypatch)
    assert set(SOURCES) == set(IMPORTERS)
    for source, calls in SOURCES.items():
        assert isinstance(calls, str) or set(calls) <= made, source
    collected = {found.row.name for found in collected_calls()} | {BUCKETS}
    for row in resource_types():
        calls = {(call.service, call.operation.replace("-", "_")) for call in row.calls}
        assert not calls or (calls & made and row.name in collected), row.name


DOCUMENT = policy(Principal="*", Action="a:B", Resource="*")
# Names whose ending says what they are of.
NAMES = {
    "AWS::S3Express::AccessPoint": "sample--euw1-az1--xa-s3",
    "AWS::S3Express::DirectoryBucket": "sample--euw1-az1--x-s3",
}


def at(path, value):
    """An output with a value at a path of the table."""
    for step in reversed(path):
        value = [value] if step == "*" else {step: value}
    return value


def kept_types():
    """How each type is collected that needs more than one call about all of its kind."""
    return [
        pytest.param(found, id=f"{found.row.name}-{found.chain[-1].operation}")
        for found in collected_calls()
        if found.chain and not found.tells_roles
    ]


@pytest.mark.parametrize(
    ("name", "output", "why"),
    [
        (
            "list-profile-permissions.arn:aws:signer:us-east-1:{}:/signing-profiles/p",
            {"permissions": [{"action": "signer:StartSigningJob", "principal": "444455556666"}]},
            "prints permissions, and no policy",
        ),
        (
            "get-application-policy.arn:aws:serverlessrepo:us-east-1:{}:applications/a",
            {"Statements": [{"Actions": ["Deploy"], "Principals": ["*"]}]},
            "prints statements in a form of its own",
        ),
    ],
)
def test_what_no_importer_reads_is_unknown(name, output, why, tmp_path):
    """Who may do what is there, in a form that is not read; an empty list is no policy."""
    folder = tmp_path / ACCOUNT / REGION
    folder.mkdir(parents=True)
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    (folder.parent / "get-account-authorization-details.json").write_text(json.dumps(details))
    arn = name.format(ACCOUNT)
    (folder / f"{file_name(arn)}.json").write_text(json.dumps(output))
    empty = json.dumps({key: [] for key in output})
    (folder / f"{file_name(arn + '-without')}.json").write_text(empty)
    (resource,) = iamsim.load(tmp_path).model.accounts[ACCOUNT].resources.values()
    assert resource.arn == arn.partition(".")[2]
    assert why in resource.policy.document["unknown"]


@pytest.mark.parametrize("found", kept_types())
def test_a_policy_goes_from_the_list_to_its_resource(found, tmp_path, monkeypatch):
    """Every type: what its chain of calls lists is asked about with parameters of AWS's model, and
    the output imports as the policy of that resource."""
    row, chain, call = found
    parts = {part: f"{part}-1" for part, _ in row.outer}
    name = NAMES.get(row.name, "sample-" + "0" * 36)
    parts |= {"region": REGION, "account": ACCOUNT, "name": name, "table": "t"}
    of_policy = chain[-1].path[-1] == "ClusterNamespaceArn"
    arn = row.arn_in("aws", parts, of_policy=of_policy)
    outputs = {(entry.service, entry.operation): at(entry.path, "outer-1") for entry in chain[:-1]}
    last = chain[-1]
    member = name
    if last.path[-1].lower().endswith("arn") or last.operation == "list-report-groups":
        member = arn
    elif row.name == "AWS::SQS::Queue":
        member = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    *above, key = last.path
    item = {
        entry[2:-1].partition(".")[0]: "1" * 12
        for entry in call.filled_in
        if entry.startswith("{.")
    }
    item |= {"namespace": ["space"]} if "namespace" in item else {}
    listed = at(last.path, member) if key == "*" else at(above, {**item, key: member})
    outputs[last.service, last.operation] = listed
    text = json.dumps(DOCUMENT)
    policies = {"One": text} if call.path[-1] == "*" else text
    path = call.path[:-1] if call.path[-1] == "*" else call.path
    outputs[call.service, call.operation] = at(path, policies)
    made = []

    def answer(self, service, operation, region, parameters):
        validated(self._client(service, region), operation, parameters)
        made.append(operation)
        return outputs[service, operation.replace("_", "-")]

    monkeypatch.setattr(Reader, "_call", answer)
    reader = Reader(boto3.Session(), tmp_path, print)
    asked = row.region if row.region not in ("", EACH) else REGION
    _of_type(reader, found, ACCOUNT, asked, "aws")
    assert len(made) == len(chain) + 1
    resources = iamsim.load(tmp_path).model.accounts[ACCOUNT].resources
    (resource,) = (entry for entry in resources.values() if entry.policy is not None)
    assert resource.arn in (arn, row.arn_in("aws", parts, of_policy=True))
    assert resource.policy.document == DOCUMENT


@pytest.mark.parametrize(
    "found",
    [pytest.param(found, id=found.row.name) for found in collected_calls() if found.tells_roles],
)
def test_a_role_goes_from_the_call_to_what_acts_with_it(found, tmp_path, monkeypatch):
    """Every type of workload: its role is read from the output, of which nothing else is kept; that
    there is none is no error."""
    row, chain, call = found
    arn = row.arn_in("aws", {"region": REGION, "account": ACCOUNT, "name": "thing"})
    role = f"arn:aws:iam::{ACCOUNT}:role/worker"
    *above, members = call.path
    name, *role_members = members.split(",")
    role_member, *within = role_members[0].split("/")
    own_name = "thing" if name in ("Name", "EndpointName") else arn
    hush = {"environment": [{"name": "KEY", "value": "hush"}]}
    told = hush | {name: own_name, role_member: {**hush, within[0]: role} if within else role}
    outputs = {call.operation: at(above, told)}
    for listing in chain:
        is_arn = listing.path[-1].lower().endswith("arn") or listing.path[0].endswith("Arns")
        outputs[listing.operation] = at(listing.path, arn if is_arn else "thing")

    def answer(self, service, operation, region, parameters):
        validated(self._client(service, region), operation, parameters)
        return outputs[operation.replace("_", "-")]

    monkeypatch.setattr(Reader, "_call", answer)
    (tmp_path / "full").mkdir()
    _of_type(Reader(boto3.Session(), tmp_path / "full", print), found, ACCOUNT, REGION, "aws")
    assert "hush" not in "".join(files(tmp_path / "full").values())
    resources = iamsim.load(tmp_path / "full").model.accounts[ACCOUNT].resources
    assert resources[arn].role == role
    outputs[call.operation] = at(above, {name: own_name})
    _of_type(Reader(boto3.Session(), tmp_path / "none", print), found, ACCOUNT, REGION, "aws")
    (text,) = files(tmp_path / "none").values()
    assert is_about_workloads(json.loads(text))


def test_of_lists_within_a_member_no_more_than_the_role_is_kept():
    """The script for the AWS CLI asks for the same."""
    (found,) = (
        entry for entry in collected_calls() if entry.row.name == "AWS::Batch::JobDefinition"
    )
    task = {"taskRoleArn": "r", "containers": [{"environment": [{"value": "hush"}]}]}
    job = {"jobDefinitionArn": "a", "ecsProperties": {"taskProperties": [task, {"containers": []}]}}
    kept = _only({"jobDefinitions": [job | {"containerProperties": None}]}, found.call.path)
    inner = {"ecsProperties": {"taskProperties": [{"taskRoleArn": "r"}, {}]}}
    assert kept == {
        "jobDefinitions": [inner | {"jobDefinitionArn": "a", "containerProperties": {}}]
    }
    asked = (
        "ecsProperties: ecsProperties.{taskProperties: taskProperties[].{taskRoleArn: taskRoleArn}}"
    )
    assert asked in policy_calls()


def test_a_region_without_the_service_has_nothing_of_it(tmp_path, monkeypatch):
    """Its endpoint has no address there, and botocore's list has not the Region. Where the list
    says nothing about it, or has it, what there is is unknown."""
    monkeypatch.setattr("iamsim.collect.reader.has_address", lambda _host: False)
    reader = Reader(boto3.Session(), tmp_path, lambda _text: None)
    asked = {found.row.name: found for found in collected_calls()}
    _of_type(reader, asked["AWS::MediaStore::Container"], ACCOUNT, "ap-east-1", "aws")
    assert files(tmp_path) == {}
    _of_type(reader, asked["AWS::MediaStore::Container"], ACCOUNT, REGION, "aws")
    _of_type(reader, asked["AWS::DSQL::Cluster"], ACCOUNT, REGION, "aws")
    assert len(reader.denied) == len(files(tmp_path)) == 2
    reader.keep(f"{ACCOUNT}/list-saml-providers.json", {"SAMLProviderList": []})
    lost = [entry.services for entry in iamsim.load(tmp_path).model.unlisted]
    assert frozenset().union(*lost) == {"dsql", "mediastore"}


ACCESSED = {
    "JobStatus": "COMPLETED",
    "JobType": "ACTION_LEVEL",
    "JobCreationDate": "2026-12-01T00:00:00+00:00",
    "JobCompletionDate": "2026-12-01T00:00:01+00:00",
    "IsTruncated": False,
    "ServicesLastAccessed": [
        {
            "ServiceName": "Amazon S3",
            "ServiceNamespace": "s3",
            "LastAuthenticated": "2026-11-01T00:00:00+00:00",
            "TotalAuthenticatedEntities": 1,
        }
    ],
}


def test_what_was_called_last_is_waited_for(environment, tmp_path, monkeypatch):
    """IAM makes the details first; what it says while it does so is not kept."""
    answers = {"generate_service_last_accessed_details": {"JobId": "1"}}
    asked = []
    call = Reader._call

    def answer(self, service, operation, *more):
        if operation == "get_service_last_accessed_details":
            asked.append(operation)
            return {"JobStatus": "IN_PROGRESS"} if len(asked) == 1 else ACCESSED
        return answers.get(operation) or call(self, service, operation, *more)

    monkeypatch.setattr(Reader, "_call", answer)
    monkeypatch.setattr("iamsim.collect.account.SECONDS", 0)
    assert collect(tmp_path, "--last-accessed") == 0
    account = iamsim.load(tmp_path).model.accounts[ACCOUNT]
    assert account.users["ana"].last_accessed["s3"].at == "2026-11-01T00:00:00Z"


def test_an_account_without_an_organization_has_none(environment, tmp_path, monkeypatch):
    """AWS says that the account is in no organization: that is known, and nothing is refused."""
    reader = Reader(boto3.Session(), tmp_path, lambda _text: None)
    error = {"Error": {"Code": "AWSOrganizationsNotInUseException", "Message": "none"}}

    def answer(*_given):
        raise ClientError(error, "DescribeOrganization")

    monkeypatch.setattr(Reader, "_call", answer)
    assert collect_organization(reader, Wanted()) == []
    assert (reader.denied, files(tmp_path)) == ([], {})


ASKED = ("-a", "sqs:ReceiveMessage", "-r", f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs")


def asked_live(folder, *more, asked=ASKED):
    """Ask about a live account; moto writes to standard output, so the answer has a file."""
    path = folder / "answer.json"
    asked = ["explain", "--live", *asked, *more, "--format", "json", "-o", str(path)]
    assert run(asked) == 0
    return json.loads(path.read_text("utf-8"))


def test_a_live_account_is_asked(environment, live, tmp_path, capsys):
    """`--live` collects, imports and explains in one; `me` is whom AWS takes the caller for."""
    answer = asked_live(tmp_path, "-p", "me")
    assert (answer["request"]["principal"], answer["decision"]) == (ANA, "implicitDeny")
    told = capsys.readouterr()
    assert f"collected {ACCOUNT} for {ANA}" in told.err
    assert live.secret not in told.out + told.err


@pytest.fixture
def profile(environment, live, tmp_path, monkeypatch):
    """A profile with a role of the member account, which boto3 takes."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    (tmp_path / "config").write_text(
        f"[profile audit]\nrole_arn = arn:aws:iam::{live.member}:role/{ROLE}\n"
        f"credential_source = Environment\nregion = {REGION}\n",
        encoding="utf-8",
    )
    return "audit"


def test_a_profile_takes_a_role(profile, live, tmp_path):
    """The caller is a session of the role, without a principal as well."""
    answer = asked_live(tmp_path, "--profile", profile)
    assert f":{live.member}:assumed-role/{ROLE}/" in answer["request"]["principal"]
    assert answer["decision"] == "implicitDeny"


def test_guardrails_that_nobody_may_read_are_unknown(profile, live, tmp_path, monkeypatch):
    """Where AWS refuses the organization to a member there is no clean answer."""
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*"}}
    everything["Statement"]["Resource"] = "*"
    more = ("--profile", profile, "--identity-policy", json.dumps(everything))
    queue = ("-a", "sqs:ReceiveMessage", "-r", f"arn:aws:sqs:{REGION}:{live.member}:jobs")
    assert asked_live(tmp_path, *more, asked=queue)["decision"] == "allowed"
    refusing(monkeypatch, "list_policies", "list_roots")
    assert asked_live(tmp_path, *more, asked=queue)["decision"] == "conditional"


TOKEN = "of-a-sign-in"  # noqa: S105 - of this test's portal


class Portal(BaseHTTPRequestHandler):
    """IAM Identity Center's portal: gives the keys of a role for a token."""

    def do_GET(self):
        """Answer GetRoleCredentials."""
        live = self.server.live
        given = self.headers["x-amz-sso_bearer_token"] == TOKEN
        keys = {"accessKeyId": live.id, "secretAccessKey": live.secret, "sessionToken": "t"}
        body = json.dumps({"roleCredentials": {**keys, "expiration": 4_000_000_000_000}})
        self.send_response(200 if given else 401)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_given):
        """Say nothing."""


def test_a_profile_of_identity_center(live, tmp_path):
    """A token of `aws sso login` becomes keys of a role, which stay in memory. boto3 looks for the
    home folder when it is imported, so that this is a process of its own."""
    portal = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    portal.live = live
    threading.Thread(target=portal.serve_forever, daemon=True).start()
    home = tmp_path / "home"
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"accessToken": TOKEN, "expiresAt": "2096-01-01T00:00:00Z", "region": REGION}
    name = hashlib.sha1(b"work").hexdigest()  # noqa: S324 - as boto3 names the file
    (cache / f"{name}.json").write_text(json.dumps(token), encoding="utf-8")
    (home / ".aws" / "config").write_text(
        "[sso-session work]\nsso_start_url = https://work.awsapps.com/start\n"
        f"sso_region = {REGION}\nsso_registration_scopes = sso:account:access\n"
        f"[profile work]\nsso_session = work\nsso_account_id = {ACCOUNT}\n"
        f"sso_role_name = Reader\nregion = {REGION}\n",
        encoding="utf-8",
    )
    folder = tmp_path / "collected"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-m", "iamsim", *collecting(folder, "--profile", "work")],
        cwd=ROOT,
        env={
            **kept,
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "AWS_ENDPOINT_URL": live.endpoint,
            "AWS_ENDPOINT_URL_SSO": f"http://127.0.0.1:{portal.server_port}",
            "AWS_MAX_ATTEMPTS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    portal.shutdown()
    portal.server_close()
    assert (done.returncode, done.stderr) == (0, "")
    assert "ana" in iamsim.load(folder).model.accounts[ACCOUNT].users
    assert not any(live.secret in text for text in files(folder).values())


def test_a_profile_that_there_is_not(environment, tmp_path, capsys):
    """boto3's sentence, and the exit code of an error."""
    assert run(["collect", "-o", str(tmp_path), "--profile", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err


def test_a_profile_is_for_live_accounts(capsys):
    """Without `--live` files are read, and nobody signs in."""
    assert run(["explain", "--profile", "audit", *ASKED]) == 2
    assert "`--profile` is for `--live`" in capsys.readouterr().err
