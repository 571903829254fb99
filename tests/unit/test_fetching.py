"""The call that prints the policy of a resource is exact, and its words are safe in a shell."""

from __future__ import annotations

import pytest

from iamsim.core.decision import Layer
from iamsim.report.fetching import fetch_call

AT = "eu-west-1:111122223333"
SQS = "aws sqs get-queue-attributes --queue-url https://sqs"
CALLS = {
    "arn:aws:s3:::reports": "aws s3api get-bucket-policy --bucket reports",
    "arn:aws:s3:::reports/2026/may.csv": "aws s3api get-bucket-policy --bucket reports",
    f"arn:aws:sqs:{AT}:q": (
        f"{SQS}.eu-west-1.amazonaws.com/111122223333/q --attribute-names All --region eu-west-1"
    ),
    "arn:aws-cn:sqs:cn-north-1:111122223333:q": (
        f"{SQS}.cn-north-1.amazonaws.com.cn/111122223333/q --attribute-names All"
        " --region cn-north-1"
    ),
    f"arn:aws:kms:{AT}:key/1": (
        "aws kms get-key-policy --key-id 1 --policy-name default --region eu-west-1"
    ),
    f"arn:aws:dynamodb:{AT}:table/t/index/i": (
        f"aws dynamodb get-resource-policy --resource-arn arn:aws:dynamodb:{AT}:table/t"
        " --region eu-west-1"
    ),
    "arn:aws:iam::111122223333:role/team/app": "aws iam get-role --role-name app",
    "arn:aws:s3:::a;b": "aws s3api get-bucket-policy --bucket 'a;b'",
    "arn:aws:s3:::": "iamsim import --recipe",
    f"arn:aws:ec2:{AT}:instance/i-1": "iamsim import --recipe",
    "*": "iamsim import --recipe",
}


@pytest.mark.parametrize(("resource", "call"), CALLS.items())
def test_the_policy_of_a_resource(resource: str, call: str) -> None:
    """The service's own call about that resource, or the script that makes them all."""
    assert fetch_call(Layer.RESOURCE_BASED_POLICY, resource) == call


def test_other_layers_have_a_call_each() -> None:
    """The resource tells nothing about the policies of other layers."""
    for layer in Layer:
        if layer is not Layer.RESOURCE_BASED_POLICY:
            assert fetch_call(layer, "arn:aws:s3:::reports").startswith("aws ")
