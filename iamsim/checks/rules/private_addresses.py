"""`aws:SourceIp` is compared with private addresses.

## What it finds
Conditions on `aws:SourceIp` whose values are private ranges, all of them or some.

## Why it matters
`aws:SourceIp` is the public address from which a request came, and it is absent from requests
through a VPC endpoint. A private range never matches it: `IpAddress` with nothing else never
holds, `NotIpAddress` always does. The private address is in `aws:VpcSourceIp`.
"""

from __future__ import annotations

from iamsim.checks.view import Findings, PolicyView, checks
from iamsim.checks.words import several
from iamsim.compile.literals import read_network

PRIVATE = tuple(
    network[0]
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
    if (network := read_network(text)) is not None
)


@checks(
    "PRIVATE_IP_ADDRESS",
    "PRIVATE_NOT_IP_ADDRESS",
    "PRIVATE_IP_ADDRESS_SUBSET",
    "PRIVATE_NOT_IP_ADDRESS_SUBSET",
)
def private_source_ip(policy: PolicyView) -> Findings:
    """Conditions on the public address of the caller."""
    for _, condition in policy.conditions():
        if condition.lower != "aws:sourceip" or "IpAddress" not in condition.operator.base:
            continue
        private = [value for value in condition.values if _is_private(value.text)]
        if not private:
            continue
        negated = condition.operator.negated
        code = "PRIVATE_NOT_IP_ADDRESS" if negated else "PRIVATE_IP_ADDRESS"
        named = several([value.text for value in private])
        hint = "a private address is in `aws:VpcSourceIp`, on requests through a VPC endpoint"
        if len(private) == len(condition.values):
            effect = "always" if negated else "never"
            message = f"only private ranges: the condition {effect} holds"
        else:
            code += "_SUBSET"
            message = f"no request comes from the private range {named}"
        places = [value.path for value in private]
        yield policy.finding(code, message, *places, hint=hint)


def _is_private(text: str) -> bool:
    """Whether a block lies inside a private range."""
    network = read_network(text)
    if network is None:
        return False
    bits, mask, number = network[0]
    return any(
        bits == private_bits
        and mask & private_mask == private_mask
        and number & private_mask == private
        for private_bits, private_mask, private in PRIVATE
    )
