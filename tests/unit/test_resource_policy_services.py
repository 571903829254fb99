"""Every service with resource-based policies that AWS names has a row, or a reason why not."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import pytest
from botocore.session import get_session

from iamsim.catalog.resource_types import find_type, resource_types
from iamsim.importers.frame import import_sources
from iamsim.importers.options import SourceOptions

DATA = Path(__file__).parent.parent / "data"
# Services with `Yes` or `Partial` under *Resource-based policies*, and the service of their ARNs:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
SERVICES = {
    "AWS Backup": "backup",
    "AWS CloudHSM": "cloudhsm",
    "AWS CloudTrail": "cloudtrail",
    "AWS CodeArtifact": "codeartifact",
    "AWS CodeBuild": "codebuild",
    "AWS Elemental MediaPackage V2": "mediapackagev2",
    "AWS Elemental MediaStore": "mediastore",
    "AWS Entity Resolution": "entityresolution",
    "AWS Glue": "glue",
    "AWS Identity and Access Management (IAM)": "iam",
    "AWS IoT": "iot",
    "AWS Key Management Service (AWS KMS)": "kms",
    "AWS Lambda": "lambda",
    "AWS Migration Hub Refactor Spaces": "refactor-spaces",
    "AWS Organizations": "organizations",
    "AWS Payment Cryptography": "payment-cryptography",
    "AWS Private Certificate Authority (AWS Private CA)": "acm-pca",
    "AWS Secrets Manager": "secretsmanager",
    "AWS Serverless Application Repository": "serverlessrepo",
    "AWS Signer": "signer",
    "AWS Systems Manager": "ssm",
    "AWS Systems Manager Incident Manager": "ssm-incidents",
    "AWS Systems Manager Incident Manager Contacts": "ssm-contacts",
    "AWS X-Ray": "xray",
    "Amazon API Gateway": "apigateway",
    "Amazon Bedrock": "bedrock",
    "Amazon Bedrock AgentCore": "bedrock-agentcore",
    "Amazon CloudWatch Logs": "logs",
    "Amazon CloudWatch Observability Access Manager": "oam",
    "Amazon CloudWatch RUM": "rum",
    "Amazon CodeGuru Profiler": "codeguru-profiler",
    "Amazon Comprehend": "comprehend",
    "Amazon DynamoDB": "dynamodb",
    "Amazon Elastic Container Registry (Amazon ECR)": "ecr",
    "Amazon Elastic Container Registry Public": "ecr-public",
    "Amazon Elastic File System (Amazon EFS)": "elasticfilesystem",
    "Amazon EventBridge": "events",
    "Amazon EventBridge Schemas": "schemas",
    "Amazon Kinesis Data Streams": "kinesis",
    "Amazon Lex V2": "lex",
    "Amazon Managed Service for Prometheus": "aps",
    "Amazon Managed Streaming for Apache Kafka (MSK)": "kafka",
    "Amazon OpenSearch Ingestion": "osis",
    "Amazon OpenSearch Service": "es",
    "Amazon Redshift": "redshift",
    "Amazon Redshift Serverless": "redshift-serverless",
    "Amazon Rekognition": "rekognition",
    "Amazon S3 Glacier": "glacier",
    "Amazon S3 Object Lambda": "s3-object-lambda",
    "Amazon S3 Tables": "s3tables",
    "Amazon S3 Vectors": "s3vectors",
    "Amazon S3 on Outposts": "s3-outposts",
    "Amazon SageMaker AI": "sagemaker",
    "Amazon Simple Email Service (Amazon SES) v2": "ses",
    "Amazon Simple Notification Service (Amazon SNS)": "sns",
    "Amazon Simple Queue Service (Amazon SQS)": "sqs",
    "Amazon Simple Storage Service (Amazon S3)": "s3",
    "Amazon Simple Storage Service (Amazon S3) Express": "s3express",
    "Amazon VPC Lattice": "vpc-lattice",
    "Amazon Virtual Private Cloud (Amazon VPC)": "ec2",
    "AWS Cloud9": "cloud9",
    "Aurora DSQL": "dsql",
}
OPERATIONS = [
    line.split(maxsplit=2)
    for line in (DATA / "policy_operations.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
ACCOUNT, REGION = "111122223333", "eu-west-1"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}],
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_on_the_list_of_aws_has_a_row(service):
    """One that holds its policy, or says why nothing reads it."""
    prefix = SERVICES[service]
    rows = [row for row in resource_types() if prefix in (row.service, row.arn.partition(":")[0])]
    assert any(row.has_policy or row.unread or row.finding for row in rows)


def test_every_service_on_the_list_of_aws_has_a_case():
    """A request in the corpus, about what such a policy lets somebody do."""
    asked = set()
    for path in (DATA.parent.parent / "corpus" / "conformance").rglob("*.yaml"):
        asked.update(re.findall(r"\b([a-z0-9-]+):[A-Z]\w+", path.read_text(encoding="utf-8")))
    on_other_names = {"apigateway": "execute-api"}
    missing = [name for name in SERVICES.values() if on_other_names.get(name, name) not in asked]
    assert missing == []


def test_every_type_of_check_no_public_access_has_a_row():
    """The enumeration of Access Analyzer's API, held against the table."""
    model = get_session().get_service_model("accessanalyzer")
    known = {row.public_check for row in resource_types() if row.public_check}
    assert known == set(model.shape_for("AccessCheckResourceType").enum)


def test_a_row_without_any_reader_says_why():
    """What can have a policy is read from somewhere, or the row has a reason."""
    silent = [
        row.name
        for row in resource_types()
        if (row.own and (row.finding or row.public_check))
        and not (row.template or row.plan or row.calls or row.unread)
        and row.name != "AWS::IAM::Role"  # trust policies are read with their roles
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("service", "operation", "rest"),
    [(entry[0], entry[1], entry[2] if entry[2:] else "") for entry in OPERATIONS],
    ids=[f"{entry[0]}-{entry[1]}" for entry in OPERATIONS],
)
def test_an_operation_that_prints_a_policy_is_read(service, operation, rest, tmp_path):
    """By a row of the table, or by the path in its output; or it says why not."""
    sign, _, text = rest.partition(" ")
    if sign == "!":
        assert len(text) > len("a reason")
        return
    calls = {(call.service, call.operation) for row in resource_types() for call in row.calls}
    if not rest:
        assert {(service, operation), (f"{service}api", operation)} & calls
        return
    if sign == "+":
        assert find_spec(text) is not None
        return
    assert sign == "="
    value: object = json.dumps(POLICY)
    for step in reversed(text.split(".")):
        value = [value] if step == "*" else {step: value}
    arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:thing/one"
    (tmp_path / f"{operation}.{quote(arn, safe='')}.json").write_text(json.dumps(value))
    found = import_sources([str(tmp_path)], options=SourceOptions())
    assert found.data["accounts"][ACCOUNT]["resources"] == {arn: {"policy": POLICY}}


def test_types_are_found_by_the_names_of_access_analyzer():
    """Findings and checks name types as Access Analyzer does."""
    for row in resource_types():
        for name in filter(None, (row.finding, row.public_check)):
            found = find_type(name)
            assert found is not None
            assert name in (found.name, *found.cloudformation, found.finding, found.public_check)
