"""Policies that could be written from what was used.

## What it finds
`used-services-known`: users and roles of which nobody says which services they called, so that no
policy can be written from it.
`service-never-used`: users and roles that may use services which they have not called in all the
time that IAM looks back to (400 days): the first thing that a generated policy leaves out.
`unused-access-analyzer`: an account without an active analyzer for unused access.

## Why it matters
IAM Access Analyzer writes policies from CloudTrail, `iamsim generate` does so from the same trails:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html>,
<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html>.

## What it needs
The service last accessed details of each principal; `list-analyzers` of each account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.audit.model import Finding, Fix, Passed, Severity
from iamsim.audit.registry import audits
from iamsim.audit.rules.outside import analyzer_of
from iamsim.audit.sources import LAST_ACCESSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.audit.looking import Looking
    from iamsim.audit.model import Outcome
    from iamsim.world.model import Account, Role, User

HEADING = "analyzer-generate"
GENERATE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html"
ACCESSED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html"
UNUSED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-create-unused.html"
UNUSED_TYPES = ("ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS")
FEW = 6


def _everybody(looking: Looking) -> list[tuple[Account, User | Role]]:
    return [*looking.users, *looking.roles]


@audits("used-services-known", HEADING, "It is known what was used", Severity.LOW, GENERATE)
def known(looking: Looking) -> Iterator[Outcome]:
    """Principals of whose use nothing is known."""
    for account, entity in _everybody(looking):
        if entity.last_accessed is None:
            yield LAST_ACCESSED.gap(
                entity.arn, "which services it has called", account=account.id, arn=entity.arn
            )
        else:
            yield Passed(entity.arn)


@audits("service-never-used", HEADING, "Nobody may use what it never used", Severity.LOW, ACCESSED)
def never_used(looking: Looking) -> Iterator[Outcome]:
    """Services that somebody may use and never used."""
    for account, entity in _everybody(looking):
        if entity.last_accessed is None:
            yield LAST_ACCESSED.gap(
                entity.arn, "which services it has called", account=account.id, arn=entity.arn
            )
            continue
        never = sorted(name for name, access in entity.last_accessed.items() if access.at is None)
        used = len(entity.last_accessed) - len(never)
        if not never:
            yield Passed(entity.arn)
            continue
        more = f" and {len(never) - FEW} more" if len(never) > FEW else ""
        yield Finding(
            entity.arn,
            f"may use {len(never)} services that it never called, and called {used}:"
            f" {', '.join(never[:FEW])}{more}",
            Fix(
                "commands",
                f"iamsim generate --world WORLD --events TRAIL --principal {entity.arn}\naws"
                " accessanalyzer start-policy-generation --policy-generation-details"
                f" principalArn={entity.arn}",
            ),
            account.id,
            span=entity.span,
        )


@audits(
    "unused-access-analyzer",
    HEADING,
    "IAM Access Analyzer looks for unused access",
    Severity.LOW,
    UNUSED,
)
def analyzer(looking: Looking) -> Iterator[Outcome]:
    """Accounts without an analyzer for unused access."""
    yield from analyzer_of(looking, UNUSED_TYPES, "unused access", "ACCOUNT_UNUSED_ACCESS")
