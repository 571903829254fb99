from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim.catalog import managed
from iamsim.catalog.files import data_path
from iamsim.catalog.pack import Pack

ROOT = Path(__file__).resolve().parent.parent.parent

ROOT_TASKS = (
    "IAMAuditRootUserCredentials",
    "IAMCreateRootUserPassword",
    "IAMDeleteRootUserCredentials",
    "S3UnlockBucketPolicy",
    "SQSUnlockQueuePolicy",
)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_a_policy_is_found_in_every_partition(partition):
    """The same document answers, under the ARN that was asked for."""
    arn = f"arn:{partition}:iam::aws:policy/job-function/ViewOnlyAccess"
    policy = managed.find_managed_policy(arn)
    assert policy is not None
    assert (policy.arn, policy.name) == (arn, "ViewOnlyAccess")
    assert policy.version_id is not None
    assert policy.version_id.startswith("v")
    assert policy.created is not None
    assert policy.updated is not None
    assert policy.created <= policy.updated
    assert policy.source == "moto 5.2.5"


def test_a_list_unpacks_no_document(monkeypatch):
    """Facts of all policies are read from the table alone; a document is unpacked once, when it is
    asked for."""
    unpacked = []
    text = Pack.text
    monkeypatch.setattr(Pack, "text", lambda self, name: unpacked.append(name) or text(self, name))
    listed = managed.policies()
    assert {policy.arn for policy in listed} == set(managed.arns())
    assert set(unpacked) <= {managed.POLICIES}
    found = managed.find_managed_policy(listed[0].arn)
    assert found is not None
    assert found.document_text == listed[0].document_text == listed[0].document_text
    assert len(set(unpacked) - {managed.POLICIES}) == 1
    assert len(unpacked) - unpacked.count(managed.POLICIES) == 2


def test_administrator_access_allows_everything():
    """A well-known document is the one that AWS publishes."""
    policy = managed.find_managed_policy("arn:aws:iam::aws:policy/AdministratorAccess")
    assert policy is not None
    assert json.loads(policy.document_text) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }


@pytest.mark.parametrize("name", ROOT_TASKS)
def test_the_root_task_policies_are_there(name):
    """The five policies that sts:AssumeRoot takes are found; each only denies."""
    policy = managed.find_managed_policy(f"arn:aws:iam::aws:policy/root-task/{name}")
    assert policy is not None
    statements = json.loads(policy.document_text)["Statement"]
    assert {statement["Effect"] for statement in statements} == {"Deny"}


@pytest.mark.parametrize(
    ("resource", "name", "statement"),
    [
        (
            "service_control_policy/p-FullAWSAccess",
            "FullAWSAccess",
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
        ),
        (
            "resource_control_policy/p-RCPFullAWSAccess",
            "RCPFullAWSAccess",
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        ),
    ],
)
def test_the_policies_of_organizations_are_there(resource, name, statement):
    """Both are found by ARN and by name, and say that they were written from documentation."""
    policy = managed.find_managed_policy(f"arn:aws:organizations::aws:policy/{resource}")
    assert policy is not None
    assert json.loads(policy.document_text)["Statement"] == [statement]
    assert policy.source == "written from documentation"
    assert (policy.version_id, policy.created, policy.updated) == (None, None, None)
    named = managed.find_managed_policy_by_name(name)
    assert named is not None
    assert named.arn == policy.arn


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "ReadOnlyAccess",
        "arn:aws:iam::aws:policy/",
        "arn:aws:iam::aws:policy/NoSuchPolicy",
        "arn:aws:iam::aws:policy/ReadOnlyAccess\tReadOnlyAccess",
        "arn:aws:iam::aws:policy/ViewOnlyAccess",
        "arn:aws:iam::111122223333:policy/ReadOnlyAccess",
        "arn:aws:iam:eu-west-1:aws:policy/ReadOnlyAccess",
        "arn:aws:s3::aws:policy/ReadOnlyAccess",
        "arn:other:iam::aws:policy/ReadOnlyAccess",
        "urn:aws:iam::aws:policy/ReadOnlyAccess",
    ],
)
def test_other_arns_find_nothing(arn):
    """A wrong name, path, account, region, service or partition is no managed policy."""
    assert managed.find_managed_policy(arn) is None


@pytest.mark.parametrize("name", ["", "v1", "iam", "NoSuchPolicy", "moto 5.2.5"])
def test_only_names_are_names(name):
    """What stands in another column isn't taken for a name."""
    assert managed.find_managed_policy_by_name(name) is None


@given(arn=st.sampled_from(managed.arns()))
def test_every_policy_is_a_whole_document(arn):
    """Each ARN finds a policy of its own name whose text is a JSON policy with all its lines."""
    policy = managed.find_managed_policy(arn)
    assert policy is not None
    assert policy.arn == arn
    assert arn.rpartition("/")[2] in (policy.name, f"p-{policy.name}")
    document = json.loads(policy.document_text)
    assert set(document) <= {"Version", "Id", "Statement"}
    assert policy.document_text == json.dumps(document, indent=2, ensure_ascii=False)
    assert managed.find_managed_policy_by_name(policy.name).arn == arn


def test_names_and_arns_are_complete_and_sorted():
    """As many names as ARNs as the version says, none twice."""
    names, arns = managed.names(), managed.arns()
    assert len(set(names)) == len(set(arns)) == managed.version().policies
    assert list(names) == sorted(names, key=str.lower)
    assert list(arns) == sorted(arns)
    assert {f"arn:aws:iam::aws:policy/root-task/{name}" for name in ROOT_TASKS} <= set(arns)


def test_the_version_says_package_and_day():
    """The snapshot's day is that of its newest policy."""
    version = managed.version()
    assert (version.package, version.package_version) == ("moto", "5.2.5")
    found = map(managed.find_managed_policy, managed.arns())
    assert version.snapshot == max(policy.updated or "" for policy in found if policy)[:10]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ReadOnlyAcess", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        (
            "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole",
            "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        ),
    ],
)
def test_a_misspelled_policy_is_recognized(text, meant):
    """A typo in the name and a wrong path both lead to the right ARN."""
    assert managed.suggest(text)[0] == meant


def test_nothing_is_suggested_for_something_else():
    """A text that is like no name gives no guess."""
    assert managed.suggest("xyzzy-17-!!") == ()


def test_a_policy_shows_itself_without_its_document():
    """The representation stays short."""
    policy = managed.find_managed_policy("arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert "ReadOnlyAccess" in repr(policy)
    assert len(repr(policy)) < 200


def test_a_lookup_loads_no_slow_module():
    """One policy needs neither json, re, typing nor dataclasses."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "from iamsim.catalog.managed import find_managed_policy as find\n"
        "assert find('arn:aws:iam::aws:policy/ReadOnlyAccess')\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not {"json", "re", "typing", "dataclasses"} & set(run.stdout.split())


def test_the_packed_policies_are_small():
    """All documents together stay under 0.6 MB."""
    assert Path(data_path("managed_policies.pack")).stat().st_size < 600_000
