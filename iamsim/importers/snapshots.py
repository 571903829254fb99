"""Snapshots, and images of machines, and the accounts that they are shared with.

As `aws ec2 describe-snapshot-attribute --attribute createVolumePermission`,
`aws ec2 describe-image-attribute --attribute launchPermission`,
`aws rds describe-db-snapshot-attributes` and `describe-db-cluster-snapshot-attributes` print them,
and the lists of snapshots.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshotAttributes.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn, is_account_id
from iamsim.importers.resource_kinds import partition_of_region
from iamsim.importers.shapes import Json, account_of_path, pages, records, text, texts
from iamsim.importers.subject import NamedFile, arn_beside, region_of_path

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

PERMISSIONS = {"CreateVolumePermissions": "SnapshotId", "LaunchPermissions": "ImageId"}
EC2_PARTS = {"SnapshotId": "snapshot", "ImageId": "image"}
EVERYBODY = "all"


class RdsKind(NamedTuple):
    """What RDS calls a kind of snapshot: the attributes, the list, the id, the ARN, and the ARN's
    own part."""

    result: str
    attributes: str
    list: str
    id: str
    arn: str
    part: str


KINDS = (
    RdsKind(
        "DBSnapshotAttributesResult",
        "DBSnapshotAttributes",
        "DBSnapshots",
        "DBSnapshotIdentifier",
        "DBSnapshotArn",
        "snapshot",
    ),
    RdsKind(
        "DBClusterSnapshotAttributesResult",
        "DBClusterSnapshotAttributes",
        "DBClusterSnapshots",
        "DBClusterSnapshotIdentifier",
        "DBClusterSnapshotArn",
        "cluster-snapshot",
    ),
)


class Snapshots:
    """The importer of snapshots."""

    name = "snapshots"

    def recognises(self, source: Source) -> bool:
        """The keys of the calls."""
        return any(_is_known(page) for page, _ in pages(source.data))

    def read(self, source: Source, draft: Draft) -> None:
        """Read every output."""
        for page, place in pages(source.data):
            for arn, at, shared in _read(page, place, source, draft):
                if arn is None:
                    draft.remark(
                        "output-about-unknown",
                        "nothing says which snapshot, region or account this is about: left out",
                        at,
                        "unknown",
                    )
                    continue
                snapshot = draft.resource(arn, account_of_path(source.path))
                if shared is not None:
                    snapshot.extend("shared_with", shared)

    def finish(self, draft: Draft) -> None:
        """There is nothing left to settle."""


def _is_known(page: Json) -> bool:
    """Whether an object is an output about snapshots."""
    snapshots = page.get("Snapshots")
    return (
        any(isinstance(page.get(key), list) for key in PERMISSIONS)
        or (
            isinstance(snapshots, list)
            and bool(snapshots)
            and all(
                isinstance(snapshot, dict) and "SnapshotId" in snapshot for snapshot in snapshots
            )
        )
        or any(
            isinstance(page.get(kind.result), dict) or isinstance(page.get(kind.list), list)
            for kind in KINDS
        )
    )


SnapshotPolicy = tuple[str | None, str, "list[str] | None"]


def _read(page: Json, place: str, source: Source, draft: Draft) -> Iterator[SnapshotPolicy]:
    """Go through the snapshots of an output: ARN, place, and with whom it is shared, if said."""
    region = region_of_path(source.path) or draft.options.region
    for key, named in PERMISSIONS.items():
        if isinstance(page.get(key), list):
            arn = _said(source, page) or _ec2_arn(named, text(page, named), region)
            shared = [
                name
                for record, at in records(draft, page, key, place)
                for name in _account(text(record, "UserId", "Group"), at, draft)
            ]
            yield arn, f"{place}{key}", shared
    for record, at in records(draft, page, "Snapshots", place):
        owner = text(record, "OwnerId")
        arn = _ec2_arn("SnapshotId", text(record, "SnapshotId"), region)
        if arn is not None and owner is not None and is_account_id(owner):
            draft.resource(arn, owner)
        else:
            yield arn, at, None
    for kind in KINDS:
        for record, at in records(draft, page, kind.list, place):
            yield text(record, kind.arn), at, None
        result = page.get(kind.result)
        if isinstance(result, dict):
            at = f"{place}{kind.result}."
            arn = _said(source, page) or _rds_arn(kind, result, region, source, draft)
            yield arn, at.removesuffix("."), _restorers(kind, result, at, draft)


def _restorers(kind: RdsKind, result: Json, place: str, draft: Draft) -> list[str]:
    """The accounts that may restore a snapshot."""
    return [
        name
        for attribute, at in records(draft, result, kind.attributes, place)
        if text(attribute, "AttributeName") == "restore"
        for value in texts(attribute, "AttributeValues")
        for name in _account(value, at, draft)
    ]


def _account(name: str | None, place: str, draft: Draft) -> Iterator[str]:
    """An account or everybody; anything else makes a remark."""
    if name is not None and (name == EVERYBODY or is_account_id(name)):
        yield name
    else:
        draft.unreadable("this is no account, nor `all`", place)


def _said(source: Source, page: Json) -> str | None:
    """The ARN that the user, the output or the name of the file says."""
    named = NamedFile.of(source.path).subject
    said = source.subject or arn_beside(page) or named
    return said if find_arn(said) is not None else None


def _ec2_arn(key: str, name: str | None, region: str | None) -> str | None:
    """The ARN of a snapshot of a volume, or of an image: it names no account."""
    if name is None or region is None:
        return None
    return f"arn:{partition_of_region(region)}:ec2:{region}::{EC2_PARTS[key]}/{name}"


def _rds_arn(
    kind: RdsKind, result: Json, region: str | None, source: Source, draft: Draft
) -> str | None:
    """The ARN of a snapshot of a database or cluster."""
    name = text(result, kind.id)
    account = account_of_path(source.path) or draft.options.account
    if name is None or region is None or account is None:
        return None
    return f"arn:{partition_of_region(region)}:rds:{region}:{account}:{kind.part}:{name}"


IMPORTER = Snapshots()
