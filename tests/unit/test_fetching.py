"""The call that prints the policy of a resource is exact, and its words are safe in a shell."""

from __future__ import annotations

import pytest

from iamsim.core import unknown as core_unknown
from iamsim.core.decision import Layer
from iamsim.core.unknown import UnknownPart
from iamsim.report.fetching import fetch_call, fetch_unknown

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


MIA = "arn:aws:iam::111122223333:user/mia"


def test_other_layers_have_a_call_each() -> None:
    """Exact, as far as the request tells: no word of them is left to be filled in."""
    for layer in Layer:
        call = fetch_call(layer, "arn:aws:s3:::reports/may.csv", MIA)
        assert call.startswith("aws ")
        assert not any(word.isupper() for word in call.split() if "_" not in word)


def test_a_policy_that_a_message_names() -> None:
    """By its own id or ARN."""
    control = "arn:aws:organizations::444455556666:policy/o-a1b2/service_control_policy/p-c3d4"
    named = fetch_call(Layer.SERVICE_CONTROL_POLICY, "*", MIA, control)
    assert named == "aws organizations describe-policy --policy-id p-c3d4"


FACTS = {
    ("abac", "arn:aws:s3:::reports"): "aws s3api get-bucket-abac --bucket reports",
    ("public_access_block", "111122223333"): (
        "aws s3control get-public-access-block --account-id 111122223333"
    ),
    ("network_origin", f"arn:aws:s3:{AT}:accesspoint/team"): (
        "aws s3control get-access-point --account-id 111122223333 --name team --region eu-west-1"
    ),
    ("grants", f"arn:aws:kms:{AT}:key/1"): (
        f"aws kms list-grants --key-id arn:aws:kms:{AT}:key/1 --region eu-west-1"
    ),
    ("shared_with", "arn:aws:ec2:eu-west-1::snapshot/snap-1"): (
        "aws ec2 describe-snapshot-attribute --attribute createVolumePermission"
        " --snapshot-id snap-1 --region eu-west-1"
    ),
    ("shared_with", f"arn:aws:rds:{AT}:cluster-snapshot:nightly"): (
        "aws rds describe-db-cluster-snapshot-attributes --db-cluster-snapshot-identifier nightly"
        " --region eu-west-1"
    ),
    ("tags/team", "arn:aws:s3:::a;b"): (
        "aws resourcegroupstaggingapi get-resources --resource-arn-list 'arn:aws:s3:::a;b'"
    ),
}


@pytest.mark.parametrize(("known_by", "call"), FACTS.items())
def test_a_fact_that_is_not_known(known_by: tuple[str, str], call: str) -> None:
    """The call about its resource or account."""
    fact, holder = known_by
    part = UnknownPart("resource", holder, None, "lost", "", fact)
    assert fetch_unknown(part, "*") == call


@pytest.mark.parametrize("fact", core_unknown.FACTS.keys() - {"role", "settings"})
def test_every_fact_has_a_call(fact: str) -> None:
    """Of those that decisions hang on."""
    part = UnknownPart("resource", f"arn:aws:ec2:{AT}:snapshot/s", None, "lost", "", fact)
    assert fetch_unknown(part, "*").startswith("aws ")


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("p-scpwork001", "aws organizations describe-policy --policy-id p-scpwork001"),
        ("p-x; rm -rf .", "aws organizations list-policies-for-target --target-id ACCOUNT"),
    ],
)
def test_a_lost_control_policy_is_fetched_by_its_id(source: str, call: str) -> None:
    """Of which the import says the call; what else stands there is no command."""
    part = UnknownPart(
        layer="service-control-policy",
        policy="work",
        statement=None,
        why="lost",
        source=f"aws organizations describe-policy {source}",
    )
    assert fetch_unknown(part, "*").startswith(call)
