"""Resources that an output of the AWS CLI only lists or describes: their policies are unknown."""

from __future__ import annotations

import json
from urllib.parse import quote

from iamsim.catalog.resource_types import resource_types
from iamsim.importers import listed
from iamsim.importers.draft import NAME_PRINCIPALS
from iamsim.importers.frame import import_sources
from iamsim.importers.registry import load_importers

ACCOUNT, REGION = "111122223333", "eu-west-1"
ERROR = "\nAn error occurred (NoSuchPolicy) when calling the operation: there is none\n"


def imported(folder, files):
    """The resources of an import of files, and the codes of its remarks."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    found = import_sources([str(folder)])
    account = found.data.get("accounts", {}).get(ACCOUNT, {})
    return account.get("resources", {}), [remark.code for remark in found.remarks]


def listing(row, call):
    """An output of a call that lists one resource of a type, and its ARN."""
    name = "thing--euw1-az1--x-s3" if row.name == DIRECTORY_BUCKET else "thing"
    parts = {"region": REGION, "account": ACCOUNT, "name": name, "path": "/"}
    parts |= {name: "outer" for name, _ in row.outer} | {"table": "t"}
    arn = row.arn_in("aws", parts, of_policy=True)
    value = arn if call.path[-1].lower().endswith("arn") or row.outer else name
    if "{url}" in row.calls[0].options:
        value = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/thing"
    output = value
    if call.path[0] == "AccessPointList":  # its items have both
        return arn, {"AccessPointList": [{"Name": "thing", "AccessPointArn": arn}]}
    for step in reversed(call.path):
        output = [output] if step == "*" else {step: output}
    return arn, output


DIRECTORY_BUCKET = "AWS::S3Express::DirectoryBucket"
OTHERWISE = ("AWS::Events::EventBus",)  # its list has the policies
LISTED = [
    row
    for row in resource_types()
    if row.listed and row.calls and not row.unread and row.name not in OTHERWISE
]


def test_a_listed_resource_has_an_unknown_policy_until_the_call_is_there(tmp_path):
    """For every type: the marker names the call that prints the policy; where that says that there
    is none, there is none."""
    lists, none, calls = {}, {}, {}
    for number, row in enumerate(LISTED):
        for chain in row.listed:
            arn, output = listing(row, chain[-1])
            place = f"{number}/{ACCOUNT}/{REGION}"
            lists[f"{place}/{chain[-1].operation}.json"] = output
            none[f"{place}/{row.calls[0].operation}.{quote(arn, safe='')}.json"] = ERROR
            calls[arn] = tuple(f"aws {call.service} {call.operation} " for call in row.calls)
    first, codes = imported(tmp_path / "lists", lists)
    sources = {arn: str(value.get("policy", {}).get("source")) for arn, value in first.items()}
    said = {arn: sources.get(arn, "nothing") for arn in calls}
    assert {arn: value for arn, value in said.items() if not value.startswith(calls[arn])} == {}
    # Lists of access points say more than this one does.
    assert set(codes) - {"unknown-value"} == {"policy-missing"}
    second, codes = imported(tmp_path / "answered", lists | none)
    assert [arn for arn in calls if "policy" in second[arn]] == []
    assert set(codes) <= {"unknown-value"}


def test_a_description_leaves_the_policy_unknown_too(tmp_path):
    """Of a key, a table, a function, a bucket's setting; attributes that were asked for singly tell
    no policy, and all of them do."""
    home = f"{ACCOUNT}:"
    key = f"arn:aws:kms:{REGION}:{home}key/1"
    table = f"arn:aws:dynamodb:{REGION}:{home}table/t"
    queues = [f"arn:aws:sqs:{REGION}:{home}{name}" for name in ("part", "whole")]
    bus = f"arn:aws:events:{REGION}:{home}event-bus/default"
    domain = f"arn:aws:es:{REGION}:{home}domain/d"
    files = {
        "key.json": {"KeyMetadata": {"KeyId": "1", "Arn": key, "KeyManager": "CUSTOMER"}},
        "table.json": {"Table": {"TableName": "t", "TableArn": table}},
        "part.json": {"Attributes": {"QueueArn": queues[0]}},
        "whole.json": {"Attributes": {"QueueArn": queues[1], "CreatedTimestamp": "1"}},
        "buses.json": {"EventBuses": [{"Name": "default", "Arn": bus}]},
        f"{ACCOUNT}/get-public-access-block.b.json": {
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}
        },
        "domain.json": {"DomainStatus": {"DomainName": "d", "ARN": domain}},
    }
    resources, codes = imported(tmp_path, files)
    unknown = {
        arn for arn, resource in resources.items() if "unknown" in resource.get("policy", {})
    }
    assert unknown == {key, table, queues[0], "arn:aws:s3:::b", domain}
    assert set(codes) == {"policy-missing"}
    assert "policy" not in resources[queues[1]]
    assert "policy" not in resources[bus]


def test_what_says_that_there_is_no_policy(tmp_path):
    """AWS's error, a secret with its ARN and name alone, an empty list, a list of a service that is
    not told where it is."""
    place = f"{ACCOUNT}/{REGION}"
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:s-AbCdEf"
    parameter = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/p"
    files = {
        f"{ACCOUNT}/list-buckets.json": {"Buckets": [{"Name": "b"}]},
        f"{ACCOUNT}/get-bucket-policy.b.json": ERROR,
        "secrets.json": {"SecretList": [{"ARN": secret, "Name": "s"}]},
        "policy-of-secret.json": {"ARN": secret, "Name": "s"},
        f"{place}/describe-parameters.json": {"Parameters": [{"Name": "p", "Type": "String"}]},
        f"{place}/get-resource-policies.{quote(parameter, safe='')}.json": {"Policies": []},
    }
    resources, codes = imported(tmp_path, files)
    assert [
        arn for arn, resource in resources.items() if "unknown" in resource.get("policy", {})
    ] == []
    assert codes == []
    files = {"list-tables.json": {"TableNames": ["t"]}, "secrets.json": files["secrets.json"]}
    assert "output-about-unknown" in imported(tmp_path / "elsewhere", files)[1]


def test_formats_go_by_the_names_of_importers():
    """What tells of policies, and what names principals alone, are names that importers have."""
    names = {importer.name for importer in load_importers()}
    assert listed.TELLING - {listed.BELOW} <= names
    assert names >= NAME_PRINCIPALS
