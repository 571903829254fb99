"""What an action on an encrypted resource needs of the key, by the tables of AWS's pages."""

from __future__ import annotations

import pytest

from iamsim.catalog.key_permissions import key_permissions
from iamsim.catalog.reference import Catalog
from iamsim.query.encryption import find_encryption
from iamsim.world.load import load_world_data

HOME = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/1"
GRANT = {"grantee": f"arn:aws:iam::{HOME}:role/r", "operations": ["Decrypt"]}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
}
DECRYPT, ENCRYPT, DATA_KEY = "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"
# An action of each row of the table, on a resource of its kind.
ROWS = [
    ("s3:GetObject", "arn:aws:s3:::b/x", (DECRYPT,)),
    ("s3:GetObjectVersion", "arn:aws:s3:::b/x", (DECRYPT,)),
    ("s3:PutObject", "arn:aws:s3:::b/x", (DATA_KEY,)),
    ("s3:ListMultipartUploadParts", "arn:aws:s3:::b/x", (DECRYPT,)),
    ("s3:GetObjectVersionForReplication", "arn:aws:s3:::b/x", (DECRYPT,)),
    ("s3:ReplicateObject", "arn:aws:s3:::b/x", (ENCRYPT,)),
    ("s3express:CreateSession", "s3express:bucket/b--x-s3", (DATA_KEY, DECRYPT)),
    ("sqs:SendMessage", "sqs:q", (DATA_KEY, DECRYPT)),
    ("sqs:ReceiveMessage", "sqs:q", (DECRYPT,)),
    ("sns:Publish", "sns:t", (DATA_KEY, DECRYPT)),
    ("secretsmanager:GetSecretValue", "secretsmanager:secret:s-AbCdEf", (DECRYPT,)),
    ("secretsmanager:ReplicateSecretToRegions", "secretsmanager:secret:s-AbCdEf", (DECRYPT,)),
    ("secretsmanager:PutSecretValue", "secretsmanager:secret:s-AbCdEf", (DATA_KEY, DECRYPT)),
    ("secretsmanager:UpdateSecret", "secretsmanager:secret:s-A", (DATA_KEY, ENCRYPT, DECRYPT)),
    ("ssm:GetParameter", "ssm:parameter/p", (DECRYPT,)),
    ("ssm:GetParameterHistory", "ssm:parameter/p", (DECRYPT,)),
    ("ssm:GetParameters", "ssm:parameter/p", (DECRYPT,)),
    ("ssm:GetParametersByPath", "ssm:parameter/p", (DECRYPT,)),
    ("ssm:PutParameter", "ssm:parameter/p", (ENCRYPT,)),
    ("kinesis:GetRecords", "kinesis:stream/s", (DECRYPT,)),
    ("kinesis:SubscribeToShard", "kinesis:stream/s", (DECRYPT,)),
    ("kinesis:PutRecord", "kinesis:stream/s", (DATA_KEY,)),
    ("kinesis:PutRecords", "kinesis:stream/s", (DATA_KEY,)),
    ("dynamodb:BatchGetItem", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:BatchWriteItem", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:ConditionCheckItem", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:DeleteItem", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:GetItem", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:PartiQLDelete", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:PartiQLInsert", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:PartiQLSelect", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:PartiQLUpdate", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:PutItem", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:Query", "dynamodb:table/t/index/i", (DECRYPT,)),
    ("dynamodb:Scan", "dynamodb:table/t", (DECRYPT,)),
    ("dynamodb:UpdateItem", "dynamodb:table/t", (DECRYPT,)),
    ("ec2:AttachVolume", "ec2:volume/vol-1", ("kms:CreateGrant",)),
]


def full(resource):
    """Make an ARN of a service and a name."""
    if resource.startswith("arn:"):
        return resource
    service, _, name = resource.partition(":")
    return f"arn:aws:{service}:eu-west-1:{HOME}:{name}"


def world_of(resource, kms_key=KEY, **key):
    """A world in which a resource is encrypted with a key."""
    listed = full(resource).removesuffix("/x").removesuffix("/index/i")
    resources = {listed: {"kms_key": kms_key}, KEY: key}
    return load_world_data({"accounts": {HOME: {"resources": resources}}})


@pytest.mark.parametrize(("action", "resource", "needed"), ROWS)
def test_a_row_says_what_is_needed(action, resource, needed):
    """The permissions, the key, and the service that calls KMS."""
    found = find_encryption(action, full(resource), world_of(resource, policy=POLICY))
    assert found is not None
    assert (found.key, found.actions) == (KEY, needed)
    assert found.via.services == (f"{action.partition(':')[0]}.amazonaws.com",)


def test_every_action_of_the_table_is_asked_here():
    """The rows above are the whole table."""
    assert key_permissions().keys() == {action.lower() for action, _, _ in ROWS}


def test_the_table_speaks_of_actions_that_there_are():
    """Actions of the services, and of KMS."""
    catalog = Catalog()
    needed = key_permissions()
    for action in {*needed, *(entry for some in needed.values() for entry in some)}:
        assert catalog.find_action(action) is not None, action


@pytest.mark.parametrize(
    "action", ["logs:GetLogEvents", "lambda:GetFunction", "ecr:BatchGetImage", "s3:DeleteObject"]
)
def test_services_with_a_name_of_their_own_need_nothing_of_callers(action):
    """So do actions that touch no content."""
    assert find_encryption(action, "arn:aws:s3:::b/x", world_of("arn:aws:s3:::b/x")) is None


@pytest.mark.parametrize(
    ("key", "expected"), [({}, None), ({"policy": POLICY}, KEY), ({"grants": [GRANT]}, KEY)]
)
def test_a_key_counts_where_its_policy_is_known(key, expected):
    """Without policy or grant nobody could use it: the world does not have the policy, then."""
    found = find_encryption("s3:GetObject", "arn:aws:s3:::b/x", world_of("arn:aws:s3:::b", **key))
    assert found is not None
    assert found.key == expected


def test_a_key_that_is_not_listed_is_not_known():
    """Such as that of another account."""
    foreign = "arn:aws:kms:eu-west-1:444455556666:key/2"
    found = find_encryption("s3:GetObject", "arn:aws:s3:::b/x", world_of("arn:aws:s3:::b", foreign))
    assert found is not None
    assert found.key is None


def test_china_has_its_own_services():
    """The service that calls is of the resource's partition."""
    empty = load_world_data({"accounts": {}})
    found = find_encryption("s3:GetObject", "arn:aws-cn:s3:::b/x", empty)
    assert found is not None
    assert found.via.services == ("s3.amazonaws.com.cn",)
