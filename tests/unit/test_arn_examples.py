"""ARNs that are made up of the formats of the service reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsim import catalog
from iamsim.catalog.regions import PARTITIONS, is_region, usual_region
from iamsim.checks.arn_examples import example_arn, example_resource
from iamsim.checks.arn_formats import read_format
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.wildcard import Wildcard, match_tokens, tokenize

ACCOUNT = "111122223333"


def formats():
    """All formats of the service reference."""
    for service in catalog.services():
        facts = catalog.find_service(service)
        for kind in () if facts is None else facts.resource_types:
            yield from kind.arn_formats


def test_every_example_is_an_arn_of_its_format():
    """Nothing stays open, an owner that is left open is an account, and the format is kept."""
    none = []
    for text in formats():
        made = example_arn(text, ACCOUNT, partition="aws-cn", region="cn-north-1")
        if made is None:
            none.append(text)
            continue
        arn, form = find_arn(made), read_format(text)
        assert arn is not None, text
        assert form is not None, text
        assert not set(made) & set("*?$"), made
        assert arn.partition == "aws-cn"
        assert arn.service == form.service
        assert arn.region == "" or is_region(arn.region), made
        assert arn.account == form.account or is_account_id(arn.account), made
        assert form.fits_resource(arn.resource), made
    assert all("${Vendor}" in text for text in none)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("arn:${Partition}:s3:::${BucketName}", "arn:aws:s3:::example"),
        (
            "arn:${Partition}:account::${ManagementAccountId}:account/o-${Id}/${MemberAccountId}",
            f"arn:aws:account::{ACCOUNT}:account/o-example/{ACCOUNT}",
        ),
        (
            "arn:${Partition}:braket:*:*:device/${DeviceType}/*",
            f"arn:aws:braket:eu-west-1:{ACCOUNT}:device/example/example",
        ),
        (
            "arn:${Partition}:sso::aws:applicationProvider/${Id}",
            "arn:aws:sso::aws:applicationProvider/example",
        ),
        ("arn:${Partition}:${Vendor}:${Region}:*:${Type}:${Id}", None),
        ("${Name}", None),
    ],
)
def test_examples(text, made):
    """Accounts and Regions are those that are given; literal parts stay."""
    assert example_arn(text, ACCOUNT, partition="aws", region="eu-west-1") == made


TOKENS = st.lists(
    st.one_of(
        st.sampled_from(Wildcard),
        st.sampled_from(["arn:", ":", "aws", "s3", "iam", "sqs", "eu-", "11112222", "key/", "x"]),
    ),
    max_size=12,
)


@given(TOKENS, st.sampled_from(["", "kms", "s3"]))
def test_an_example_of_a_pattern_matches_it(tokens, service):
    """Whatever is filled in, the pattern matches the resource."""
    made = example_resource(tokens, ACCOUNT, partition="aws-cn", service=service)
    assert match_tokens(tokens, made)


@pytest.mark.parametrize(
    ("pattern", "made"),
    [
        ("arn:aws:sqs:*:*:orders-*", f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders-example"),
        ("arn:*:sns:us-??st-1:2222*:x", "arn:aws:sns:us-east-1:222200000000:x"),
        ("arn:aws:kms:eu-*:????22223333:key/*", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/example"),
        ("arn:aws:*:*:*:key/*", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/example"),
        ("arn:aws:iam:*:*:role/ci-*", f"arn:aws:iam::{ACCOUNT}:role/ci-example"),
        ("arn:aws:s3:*:*:logs/*", "arn:aws:s3:::logs/example"),
        ("arn:aws-us-gov:sqs:*:*:a", f"arn:aws-us-gov:sqs:us-gov-west-1:{ACCOUNT}:a"),
        ("*/public/*", "example/public/example"),
    ],
)
def test_examples_of_patterns(pattern, made):
    """The head of an ARN is filled with what there is, and with nothing where such ARNs have
    nothing there."""
    assert example_resource(tokenize(pattern), ACCOUNT, service="kms") == made


@pytest.mark.parametrize("partition", PARTITIONS)
def test_every_partition_has_a_region_for_examples(partition):
    """The Region is one, and of that partition by its beginning."""
    region = usual_region(partition)
    assert is_region(region)
    assert (region == "us-east-1") == (partition in {"aws", "aws-iso-e", "aws-iso-f"})
