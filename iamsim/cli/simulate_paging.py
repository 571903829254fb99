"""The arguments of simulations about the response and its resources: paging, resource handling.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-pagination.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamsim.cli.options import Options

__all__ = ["RESOURCE_HANDLING", "Page", "check_handling", "page_of"]

MOST_ITEMS = 1000
DEFAULT_ITEMS = 100  # of one call of the API; the AWS CLI makes as many calls as it takes
_NAMES = {"instance": "instance", "image": "image", "security-group": "security group"}
_NAMES |= {"network-interface": "network interface", "volume": "volume", "subnet": "subnet"}
_INSTANCE = ("instance", "image", "security-group", "network-interface")
# The resources that each scenario needs.
RESOURCE_HANDLING: Mapping[str, tuple[str, ...]] = {
    "EC2-VPC-InstanceStore": _INSTANCE,
    "EC2-VPC-InstanceStore-Subnet": (*_INSTANCE, "subnet"),
    "EC2-VPC-EBS": (*_INSTANCE, "volume"),
    "EC2-VPC-EBS-Subnet": (*_INSTANCE, "subnet", "volume"),
}


class Page(NamedTuple):
    """Which results are given: from number `first` on, `most` of them; `None` for all."""

    first: int = 0
    most: int | None = None


def page_of(options: Options, count: int) -> Page:
    """Read the options about paging, of `count` results; raises `RequestError` for other numbers
    than AWS takes, and for a marker that no response had."""
    most = _number(options, "max_items", "--max-items")
    _number(options, "page_size", "--page-size")
    if most is None and options["no_paginate"]:
        most = DEFAULT_ITEMS
    marker = options["starting_token"] or options["marker"]
    if not isinstance(marker, str):
        return Page(0, most)
    first = int(marker) if marker.isdecimal() and len(marker) < len(str(MOST_ITEMS)) * 2 else 0
    if not 0 < first < count:
        raise RequestError(
            "unknown-marker",
            f"`{marker}` is not the marker of a response to these arguments",
            hint="give the `Marker` of the response before",
        )
    return Page(first, most)


def _number(options: Options, field: str, option: str) -> int | None:
    text = options[field]
    if not isinstance(text, str):
        return None
    number = int(text) if text.isdecimal() and len(text) <= len(str(MOST_ITEMS)) else 0
    if not 1 <= number <= MOST_ITEMS:
        raise RequestError(
            "invalid-number", f"`{option}` takes a number from 1 to {MOST_ITEMS}, not `{text}`"
        )
    return number


def check_handling(scenario: str | None, resources: Iterable[str]) -> None:
    """Check that the resources of an EC2 scenario are all there, as AWS does.

    Raises `RequestError` that names the lacking ones.
    """
    if scenario is None:
        return
    arns = [find_arn(resource) for resource in resources]
    given = {arn.resource.partition("/")[0] for arn in arns if arn and arn.service == "ec2"}
    lacking = [_NAMES[kind] for kind in RESOURCE_HANDLING[scenario] if kind not in given]
    if lacking:
        raise RequestError(
            "incomplete-scenario",
            f"the scenario `{scenario}` lacks resources: {', '.join(lacking)}",
            hint="give an ARN of each with `--resource-arns`",
        )
