"""Requests from nowhere in particular: from addresses and through VPC endpoints that no policy of
a resource names.

What such a request can do without anybody's credentials that a policy names is public, whichever
statement limits the others: a fixed address or VPC may stand in the Allow, or in a Deny.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from iamsim.universe.asked import FRESH_ACCOUNT

if TYPE_CHECKING:
    from iamsim.compile.condition import ConditionTest
    from iamsim.compile.statement import CompiledStatement
    from iamsim.engine.question import Question

SOURCE_IP = "aws:SourceIp"
MOUNT_TARGET = "elasticfilesystem:accessedviamounttarget"
# Only requests through a VPC endpoint have these; some of nobody's.
OF_ENDPOINTS = {
    "aws:SourceVpc": "vpc-0a9b8c7d6e5f4a3b2",
    "aws:SourceVpcArn": f"arn:aws:ec2:us-east-1:{FRESH_ACCOUNT}:vpc/vpc-0a9b8c7d6e5f4a3b2",
    "aws:SourceVpce": "vpce-0a9b8c7d6e5f4a3b2",
    "aws:VpcSourceIp": "172.31.98.76",
    "aws:VpceAccount": FRESH_ACCOUNT,
    "aws:VpceOrgID": None,
    "aws:VpceOrgPaths": None,
}
# S3 counts what is wider as no limit.
WIDEST = 8
# Some of every eighth of all addresses, for limits that are that wide.
ADDRESSES = (
    "8.7.6.5",
    "44.33.22.11",
    "77.66.55.44",
    "99.88.77.66",
    "133.122.111.99",
    "166.155.144.133",
    "199.188.177.166",
    "222.211.202.191",
)


def unnamed_addresses(tests: Iterable[ConditionTest]) -> tuple[str, ...]:
    """Addresses outside of all small blocks that conditions name; one where they name none."""
    texts = {
        template.text
        for test in tests
        if test.key == SOURCE_IP.lower()
        for template in test.values.templates
    }
    if not texts:
        return ADDRESSES[:1]
    blocks = []
    for text in texts:
        try:
            block = ip_network(text, strict=False)
        except ValueError:
            continue
        if block.version == 4 and block.prefixlen >= WIDEST:  # noqa: PLR2004 - of IP
            blocks.append(block)
    found = tuple(
        text for text in ADDRESSES if not any(ip_address(text) in block for block in blocks)
    )
    return found or ADDRESSES[:1]


def from_anywhere(question: Question, tests: Iterable[ConditionTest]) -> Iterator[Question]:
    """The question of somebody who uses no VPC endpoint, and of somebody who uses one of another
    VPC and account."""
    for address in unnamed_addresses(tests):
        context = {**question.context, SOURCE_IP: address}
        yield replace(question, context=context, unset=question.unset | OF_ENDPOINTS.keys())
    known = {key: value for key, value in OF_ENDPOINTS.items() if value is not None}
    unset = question.unset | (OF_ENDPOINTS.keys() - known.keys()) | {SOURCE_IP}
    yield replace(question, context={**question.context, **known}, unset=unset)


def is_mounted(statement: CompiledStatement) -> bool:
    """Whether an Allow is for clients in the VPC of a file system's mount targets alone: EFS does
    not count it as public.

    https://docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html
    """
    return any(
        condition.key == MOUNT_TARGET
        and condition.operator.base == "Bool"
        and not (
            condition.operator.negated
            or condition.operator.if_exists
            or condition.operator.set_operator
        )
        and {template.text.lower() for template in condition.values.templates} == {"true"}
        for condition in statement.conditions
    )
