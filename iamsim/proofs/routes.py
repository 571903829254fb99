"""The ways that a call can come: to a public endpoint, through a VPC endpoint, from a service that
forwards it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html and
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from iamsim.catalog.presence import Way, network_keys
from iamsim.engine.question import DIRECT_CALL, Via
from iamsim.proofs.globs import literal_glob
from iamsim.proofs.keys import fixed_domain, key_domain
from iamsim.proofs.rules import CALLED_VIA

if TYPE_CHECKING:
    from iamsim.proofs.conditions import Domain
    from iamsim.world.model import World

FORWARDING_KEYS = frozenset({*CALLED_VIA, "aws:viaawsservice", "kms:viaservice"})


class Route(NamedTuple):
    """One way, with what the engine is told of it, and the keys that vary on it."""

    way: Way
    via: Via = DIRECT_CALL
    domains: Mapping[str, Domain] = {}


def routes(
    keys: frozenset[str],
    services: frozenset[str],
    world: World,
    *,
    forwarded: bool,
    changed: frozenset[str] = frozenset(),
) -> Iterator[Route]:
    """The ways that matter where some keys (in lower case) are read, for calls to some services.

    With `forwarded` the caller has an identity, which services can pass on. Where nobody reads a
    key that a way has or lacks, calls to public endpoints stand for all: endpoint policies only
    take away, and those of `changed` endpoints another time something else.
    """
    yield Route(Way.PUBLIC)
    reads = bool(keys & network_keys())
    if reads or changed:
        listed = [
            endpoint
            for account in world.accounts.values()
            for endpoint in account.vpc_endpoints.values()
        ]
        for endpoint in listed:
            if (reads or endpoint.id in changed) and (
                endpoint.service_prefix is None or endpoint.service_prefix in services
            ):
                yield Route(Way.ENDPOINT, Via(vpc_endpoint=endpoint.id))
    if reads:
        base = key_domain("aws:sourcevpce")
        others = base._replace(
            absent=False, avoided=tuple(literal_glob(endpoint.id) for endpoint in listed)
        )
        yield Route(Way.ENDPOINT, domains={"aws:sourcevpce": others})
    if forwarded and keys & FORWARDING_KEYS:
        # Which services did it is open; that a service did is not.
        yield Route(Way.FORWARDED, domains={"aws:viaawsservice": fixed_domain("true")})
