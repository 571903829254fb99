"""The Regions of AWS, by their codes.

https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html as of November
2026.
"""

from __future__ import annotations

import re

from iamsim.core.slips import is_slip

PARTITIONS = (
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
)

_REGIONS = frozenset(
    [
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "cn-north-1",
        "cn-northwest-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "eusc-de-east-1",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "me-west-1",
        "mx-central-1",
        "sa-east-1",
        "sa-west-1",
        "us-east-1",
        "us-east-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    ]
)
REGIONS = tuple(sorted(_REGIONS))
# Isolated partitions and Regions to come have the form, but stand in no public list.
_match_isolated = re.compile(r"(?:us|eu)-iso[a-z]?-[a-z]+-[0-9]").fullmatch
_match_form = re.compile(r"[a-z]{2,4}(?:-[a-z]+){1,2}-[0-9]").fullmatch
_USUAL = {
    "aws-cn": "cn-north-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-us-gov": "us-gov-west-1",
}
_OTHER = frozenset({"global", "aws-global"})


def usual_region(partition: str) -> str:
    """Give a Region of a partition that examples may stand in: the one of most services there."""
    return _USUAL.get(partition, "us-east-1")


def is_region(text: str) -> bool:
    """Whether a text is the code of a Region."""
    return text in _REGIONS or text in _OTHER or _match_isolated(text) is not None


def may_be_region(text: str) -> bool:
    """Whether a text that is no known Region may be one that is newer than the list: it has the
    form of a code and is no slip of a known one in another part than its number."""
    if _match_form(text) is None:
        return False
    area = text.rpartition("-")[0]
    areas = {region.rpartition("-")[0] for region in _REGIONS}
    return area in areas or not is_slip(area, areas)
