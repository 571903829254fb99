"""The table of resource types: every row is sound, and what it names is there."""

from __future__ import annotations

import re

import pytest

from iamsim import catalog
from iamsim.catalog.files import data_lines
from iamsim.catalog.resource_types import (
    FILE,
    find_terraform_type,
    find_type,
    policy_services,
    resource_types,
    type_of_arn,
)
from iamsim.core.arn import find_arn
from iamsim.importers.cloudformation import resource_policies as templates
from iamsim.importers.terraform import resource_policies as plans

ROWS = resource_types()
NAMED = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
KNOWN_FIELDS = {
    *("about", "actions", "also", "arn", "call", "finding", "id", "inner", "item", "key"),
    *("leads-to", "list", "name", "no-resource", "not-in-cloudformation", "own", "page", "plan"),
    *(
        "policies",
        "policy-arn",
        "public-check",
        "quota",
        "reference",
        "region",
        "role",
        "runs-with",
        "shared",
    ),
    *("template", "terraform", "tls", "unread", "within"),
}
PARTS = {
    "region": "eu-west-1",
    "account": "111122223333",
    "name": "sample",
    "path": "/",
    "table": "t",
}


def test_every_field_of_the_file_is_read():
    """A misspelt field would be passed over; a row that comes twice would hide one."""
    lines = data_lines(FILE)
    fields = {line.strip().partition(":")[0] for line in lines if line.startswith(" ")}
    assert fields <= KNOWN_FIELDS
    names = [line for line in lines if not line.startswith(" ")]
    assert len(names) == len(set(names)) == len(ROWS)


@NAMED
def test_a_row_has_its_page_and_refers_to_what_is_there(row):
    """Pages are AWS's; what they lead to is in a row; types of the service reference are in it."""
    assert re.fullmatch(r"https://docs\.aws\.amazon\.com/\S+", row.page)
    assert not row.leads_to or find_type(row.leads_to) is not None
    assert row.reference in ("name", "arn", "url", "version", "account")
    assert row.key in ("", "always", "named")
    assert (row.default_key is not None) == (row.key == "always")
    service = "iam" if row.finding == "AWS::IAM::Role" else row.service
    for name in (*row.own, *row.inner):
        assert catalog.find_resource_type(service, name) is not None, (service, name)


@NAMED
def test_the_functions_of_a_row_are_there(row):
    """Every function that a row names is in the importer."""
    for place in row.template:
        assert not place.function or place.function in templates.FUNCTIONS
    for place in row.plan:
        known = {**plans.FUNCTIONS, **plans.LATE_FUNCTIONS}
        assert not place.function or place.function in known


@NAMED
def test_an_arn_is_read_as_it_was_built(row):
    """The ARN of a type is an ARN, and its name and account are read back from it."""
    parts = PARTS | {part: part for part, _ in row.outer}
    for of_policy in (False, True):
        arn = row.arn_in("aws", parts, of_policy=of_policy)
        assert find_arn(arn) is not None
        read = row.parts_of(arn)
        assert read is not None
        assert read.get("account", "111122223333") == "111122223333"
        if "{name}" in row.arn:
            assert read["name"].startswith("sample")


def test_what_finds_a_type():
    """By the names of CloudFormation, Terraform and Access Analyzer, and by ARNs."""
    queue = find_type("AWS::SQS::Queue")
    assert queue is find_terraform_type("aws_sqs_queue")
    assert queue is type_of_arn("arn:aws:sqs:eu-west-1:111122223333:q")
    assert find_type("AWS::KMS::ReplicaKey") is find_type("AWS::KMS::Key")
    assert find_type("AWS::S3::Glacier") is find_type("AWS::Glacier::Vault")
    assert find_type("AWS::EC2::Subnet") is None
    assert type_of_arn("arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1") is None
    assert type_of_arn("nothing") is None
    assert "execute-api" in policy_services()
    assert "ec2" not in policy_services()


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:s3:::b", "AWS::S3::Bucket"),
        ("arn:aws:s3:::b/key", None),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/a", "AWS::S3::AccessPoint"),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/a/object/k", None),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/t", "AWS::DynamoDB::Table"),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/i", None),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/t/stream/2026", "AWS::DynamoDB::Stream"),
        ("arn:aws:kinesis:eu-west-1:111122223333:stream/s", "AWS::Kinesis::Stream"),
        (
            "arn:aws:kinesis:eu-west-1:111122223333:stream/s/consumer/c:1",
            "AWS::Kinesis::StreamConsumer",
        ),
        ("arn:aws:s3tables:eu-west-1:111122223333:bucket/b", "AWS::S3Tables::TableBucket"),
        ("arn:aws:s3tables:eu-west-1:111122223333:bucket/b/table/t", "AWS::S3Tables::Table"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:f", "AWS::Lambda::Function"),
        ("arn:aws:lambda:eu-west-1:111122223333:layer:l:3", "AWS::Lambda::LayerVersion"),
        ("arn:aws:execute-api:eu-west-1:111122223333:abc", "AWS::ApiGateway::RestApi"),
        ("arn:aws:apigateway:eu-west-1::/restapis/abc", "AWS::ApiGateway::RestApi"),
        ("arn:aws:iam::111122223333:role/service/app", "AWS::IAM::Role"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group", "AWS::Logs::Account"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:/a", "AWS::Logs::LogGroup"),
    ],
)
def test_the_type_of_an_arn(arn, name):
    """The most particular row counts, and what lies in a resource is of no row."""
    found = type_of_arn(arn)
    assert (found.name if found is not None else None) == name
