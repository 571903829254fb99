"""What plans and states say about whom snapshots are shared with.

Each function reads resource types of
https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from iamsim.importers.terraform.reading import Reading


class _Kind(NamedTuple):
    """A resource type of RDS: the attribute with the name, and the ARN's own part."""

    name: str
    part: str


_KINDS = {
    "aws_db_cluster_snapshot": _Kind("db_cluster_snapshot_identifier", "cluster-snapshot"),
    "aws_db_snapshot": _Kind("db_snapshot_identifier", "snapshot"),
    "aws_db_snapshot_copy": _Kind("target_db_snapshot_identifier", "snapshot"),
    "aws_rds_cluster_snapshot_copy": _Kind(
        "target_db_cluster_snapshot_identifier", "cluster-snapshot"
    ),
}


def _volume_permission(reading: Reading) -> None:
    """Read whom the snapshot of a volume is shared with: one account a resource."""
    snapshot, account = reading.text("snapshot_id"), reading.text("account_id")
    if snapshot is not None and account is not None:
        scope = reading.scope
        arn = f"arn:{scope.partition}:ec2:{scope.region}::snapshot/{snapshot}"
        reading.draft.resource(arn, scope.account).extend("shared_with", [account])


def _launch_permission(reading: Reading) -> None:
    """Read whom an image is shared with: an account, or everybody; units are remarked."""
    image = reading.text("image_id")
    with_whom = reading.text("account_id") or reading.text("group")
    if image is None or with_whom is None:
        reading.remark("incomplete", "the image is shared with an organization, which is left out")
        return
    scope = reading.scope
    arn = f"arn:{scope.partition}:ec2:{scope.region}::image/{image}"
    reading.draft.resource(arn, scope.account).extend("shared_with", [with_whom])


def _of_kind(kind: _Kind) -> Callable[[Reading], None]:
    """Make the reader of a resource type."""

    def read(reading: Reading) -> None:
        accounts = reading.settled("shared_accounts")
        name = reading.text(kind.name)
        if name is None or not isinstance(accounts, list) or not accounts:
            return
        known = [account for account in accounts if isinstance(account, str)]
        if len(known) < len(accounts):
            reading.remark("unknown-value", "an account of `shared_accounts` is left out")
        scope = reading.scope
        arn = f"arn:{scope.partition}:rds:{scope.region}:{scope.account}:{kind.part}:{name}"
        reading.draft.resource(arn, scope.account).extend("shared_with", known)

    return read


READERS: dict[str, Callable[[Reading], None]] = {
    "aws_ami_launch_permission": _launch_permission,
    "aws_snapshot_create_volume_permission": _volume_permission,
    **{name: _of_kind(kind) for name, kind in _KINDS.items()},
}
