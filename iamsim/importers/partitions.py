"""Accounts in China and GovCloud: what outputs name without its partition gets the account's.

A bucket's name, a queue's address and a file's name say no partition, so that ARNs made of them
begin with ``arn:aws:`` at first. An account lies in one partition with all that it owns:
https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.importers.resource_kinds import partition_of_region

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

STANDARD = "arn:aws:"


def settle_partitions(draft: Draft) -> None:
    """Give the resources of accounts in other partitions the ARNs that they have there."""
    for account_id in sorted(draft.data.get("accounts", {})):
        account = draft.account(account_id)
        resources = account.data.get("resources")
        if not isinstance(resources, dict):
            continue
        said = account.data.get("partition")
        partition = said if isinstance(said, str) else _seen(resources)
        if partition is None or partition == "aws":
            continue
        for arn in [arn for arn in resources if arn.startswith(STANDARD)]:
            facts = resources.pop(arn)
            if isinstance(facts, dict):
                draft.resource(_moved(arn, partition), account_id).fill(facts)
        for facts in resources.values():
            if isinstance(facts, dict) and isinstance(facts.get("bucket"), str):
                facts["bucket"] = _moved(facts["bucket"], partition)


def _seen(arns: Iterable[str]) -> str | None:
    """Find the partition that ARNs agree on; those of S3 buckets may be made, and say nothing."""
    found = {
        arn.partition if arn.partition != "aws" else partition_of_region(arn.region)
        for arn in map(find_arn, arns)
        if arn is not None and (arn.partition != "aws" or arn.region)
    }
    return found.pop() if len(found) == 1 else None


def _moved(arn: str, partition: str) -> str:
    """Put an ARN of the standard partition into another one."""
    return f"arn:{partition}:{arn[len(STANDARD) :]}" if arn.startswith(STANDARD) else arn
