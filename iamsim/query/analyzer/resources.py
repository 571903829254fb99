"""The resources that IAM Access Analyzer looks at, and the actions that are about each.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from iamsim import catalog
from iamsim.core.arn import find_arn
from iamsim.query.batch import catalog_actions

if TYPE_CHECKING:
    from iamsim.core.arn import Arn

__all__ = ["AnalyzedType", "analyzed_type", "type_actions"]


class AnalyzedType(NamedTuple):
    """A type: AWS's name, the service, the catalog's types of the resource itself and, behind
    `separator`, of what is in it; `shared` are the actions that sharing a snapshot gives."""

    name: str
    service: str
    own: tuple[str, ...]
    inner: tuple[str, ...] = ()
    separator: str = ""
    shared: tuple[str, ...] = ()


BUCKET = AnalyzedType("AWS::S3::Bucket", "s3", ("bucket",), ("object",), "/")
ACCESS_POINT = AnalyzedType(
    "AWS::S3::Bucket", "s3", ("accesspoint", "bucket"), ("object", "accesspointobject"), "/object/"
)
ROLE = AnalyzedType("AWS::IAM::Role", "sts", ("role",))
TABLE = AnalyzedType("AWS::DynamoDB::Table", "dynamodb", ("table",), ("index",), "/index/")
STREAM = AnalyzedType("AWS::DynamoDB::Stream", "dynamodb", ("stream",))
# By service, then by how the part of the ARN after the account begins.
TYPES: dict[str, tuple[tuple[str, AnalyzedType], ...]] = {
    "iam": (("role/", ROLE),),
    "sqs": (("", AnalyzedType("AWS::SQS::Queue", "sqs", ("queue",))),),
    "sns": (("", AnalyzedType("AWS::SNS::Topic", "sns", ("topic",))),),
    "kms": (("key/", AnalyzedType("AWS::KMS::Key", "kms", ("key",))),),
    "lambda": (
        ("function:", AnalyzedType("AWS::Lambda::Function", "lambda", ("function",), (), ":")),
        ("layer:", AnalyzedType("AWS::Lambda::LayerVersion", "lambda", ("layerVersion",))),
    ),
    "secretsmanager": (
        ("secret:", AnalyzedType("AWS::SecretsManager::Secret", "secretsmanager", ("Secret",))),
    ),
    "elasticfilesystem": (
        (
            "file-system/",
            AnalyzedType("AWS::EFS::FileSystem", "elasticfilesystem", ("file-system",)),
        ),
    ),
    "ecr": (("repository/", AnalyzedType("AWS::ECR::Repository", "ecr", ("repository",))),),
    # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
    "ec2": (
        (
            "snapshot/",
            AnalyzedType(
                "AWS::EC2::Snapshot",
                "ec2",
                ("snapshot",),
                shared=("ec2:CopySnapshot", "ec2:CreateVolume"),
            ),
        ),
    ),
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html
    "rds": (
        (
            "snapshot:",
            AnalyzedType(
                "AWS::RDS::DBSnapshot",
                "rds",
                ("snapshot",),
                shared=("rds:CopyDBSnapshot", "rds:RestoreDBInstanceFromDBSnapshot"),
            ),
        ),
        (
            "cluster-snapshot:",
            AnalyzedType(
                "AWS::RDS::DBClusterSnapshot",
                "rds",
                ("cluster-snapshot",),
                shared=("rds:CopyDBClusterSnapshot", "rds:RestoreDBClusterFromSnapshot"),
            ),
        ),
    ),
    "s3express": (
        ("bucket/", AnalyzedType("AWS::S3Express::DirectoryBucket", "s3express", ("bucket",))),
    ),
}
ASSUMING = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetSourceIdentity",
    "sts:TagSession",
)


def analyzed_type(text: str) -> AnalyzedType | None:
    """The type of a resource by its ARN; `None` for one that Access Analyzer does not look at."""
    arn = find_arn(text)
    if arn is None:
        return None
    if arn.service == "s3":
        return _of_s3(arn)
    if arn.service == "dynamodb":
        return (STREAM if "/stream/" in arn.resource else TABLE) if arn.account else None
    for start, found in TYPES.get(arn.service, ()):
        if arn.resource.startswith(start):
            return found
    return None


def _of_s3(arn: Arn) -> AnalyzedType | None:
    if arn.resource.startswith("accesspoint/"):
        return ACCESS_POINT
    return BUCKET if not arn.account and "/" not in arn.resource else None


@cache
def type_actions(found: AnalyzedType, *, inner: bool) -> int:
    """The actions that are about such a resource, or about what is in it: a mask of the catalog."""
    universe = catalog_actions()
    if found is ROLE:
        return 0 if inner else universe.mask_of(ASSUMING)
    names = {name.lower() for name in (found.inner if inner else found.own)}
    return universe.mask_of(
        facts.full_name
        for facts in catalog.actions(found.service)
        if any(use.name.lower() in names for use in facts.resource_types)
    )
