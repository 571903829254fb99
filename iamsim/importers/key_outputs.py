"""Outputs of the AWS CLI that say which KMS key encrypts something, and where keys and buckets are.

`get-bucket-encryption`, `get-bucket-location`, `list-aliases`, `describe-secret`, `describe-table`,
`describe-stream`, `describe-parameters`, `get-function-configuration`, `describe-log-groups`,
`describe-file-systems`, `describe-db-instances` and the like. Values of secrets and parameters are
not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.importers.key_settings import default_key, find_key
from iamsim.importers.listed import note_listed
from iamsim.importers.resource_kinds import partition_of_region
from iamsim.importers.shapes import Json, account_of_path, records, text
from iamsim.importers.subject import region_of_path
from iamsim.importers.workloads import find_role, note_role

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

# Descriptions of one resource, and lists of them, by the key that holds them; and of the ARN.
ONE = {
    "Configuration": "FunctionArn",
    "KeyMetadata": "Arn",
    "StreamDescription": "StreamARN",
    "StreamDescriptionSummary": "StreamARN",
    "Table": "TableArn",
}
SEVERAL = {
    "BackupVaultList": "BackupVaultArn",
    "DBClusters": "DBClusterArn",
    "DBInstances": "DBInstanceArn",
    "FileSystems": "FileSystemArn",
    "logGroups": "arn",
}
# What only a description of a secret has: its value has the same ARN and name.
OF_SECRETS = ("CreatedDate", "LastChangedDate", "VersionIdsToStages")
PARAMETER_TYPES = frozenset(("SecureString", "String", "StringList"))
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
OLD_LOCATIONS = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}


def read_encryption(
    draft: Draft,
    arn: str,
    settings: object,
    place: str,
    account: str | None = None,
    *,
    complete: bool = False,
) -> None:
    """Note what settings say of the key of a resource; `complete` ones say all that is set."""
    key = find_key(arn, settings)
    assumed = key is None
    if assumed and complete:
        key = default_key(arn)
    if isinstance(key, str):
        draft.resource(arn, account)
        draft.encrypt(arn, key, place, assumed=assumed)


def read_location(draft: Draft, arn: str, location: object) -> None:
    """Note the region of a bucket."""
    if location is None or isinstance(location, str):
        draft.keys.locate(arn, OLD_LOCATIONS.get(location) or str(location))


def find_key_reader(data: Json) -> Callable[[Draft, Json, str, str], None] | None:
    """Find what reads an output about keys: it takes the output, its place and the file's path."""
    if any(_arn_in(data.get(key), arn_key) is not None for key, arn_key in ONE.items()):
        return _one
    if any(_all_have(data.get(key), arn_key) for key, arn_key in SEVERAL.items()):
        return _several
    if _all_have(data.get("Aliases"), "AliasName"):
        return _aliases
    if _all_have(data.get("Parameters"), "Name", "Type"):
        return _parameters
    if _arn_in(data, "FunctionArn") is not None and "FunctionName" in data:
        return _function
    arn = _arn_in(data, "ARN")
    is_secret = arn is not None and ":secretsmanager:" in arn and "SecretString" not in data
    if is_secret and "VersionId" not in data and any(key in data for key in OF_SECRETS):
        return _secret
    return None


def _arn_in(data: object, key: str) -> str | None:
    arn = text(data, key) if isinstance(data, dict) else None
    return arn if arn is not None and find_arn(arn) is not None else None


def _all_have(value: object, *keys: str) -> bool:
    """Say whether a value is a list of objects that all have some keys."""
    return isinstance(value, list) and all(
        isinstance(item, dict) and all(key in item for key in keys) for item in value
    )


def _one(draft: Draft, data: Json, place: str, _path: str) -> None:
    for key, arn_key in ONE.items():
        arn = _arn_in(data.get(key), arn_key)
        if arn is not None:
            note_listed(draft, arn)
            read_encryption(draft, arn, data[key], f"{place}{key}", complete=True)
            settings = data[key]
            if isinstance(settings, dict):
                _note_role(draft, arn, settings, f"{place}{key}")


def _note_role(draft: Draft, arn: str, settings: Json, place: str) -> None:
    """Note the role with which a function runs."""
    role = find_role(arn, settings)
    if role is not None:
        note_role(draft.resource(arn), role, place)


def _several(draft: Draft, data: Json, place: str, _path: str) -> None:
    for key, arn_key in SEVERAL.items():
        for record, at in records(draft, data, key, place):
            arn = _arn_in(record, arn_key)
            if arn is not None:
                note_listed(draft, arn.removesuffix(":*"))
                read_encryption(draft, arn.removesuffix(":*"), record, at)


def _aliases(draft: Draft, data: Json, place: str, _path: str) -> None:
    """Read the list of a region's aliases; those that AWS only reserves stand for no key yet."""
    for record, _ in records(draft, data, "Aliases", place):
        arn, target = _arn_in(record, "AliasArn"), text(record, "TargetKeyId")
        if arn is not None and target is not None:
            draft.keys.name(arn, target)


def _parameters(draft: Draft, data: Json, place: str, path: str) -> None:
    """Read `describe-parameters`: newer outputs have ARNs, of others the folders say where."""
    account, region = account_of_path(path), region_of_path(path) or draft.options.region
    for record, at in records(draft, data, "Parameters", place):
        arn, name = _arn_in(record, "ARN"), text(record, "Name")
        if arn is None and name is not None and account is not None and region is not None:
            home = f"arn:{partition_of_region(region)}:ssm:{region}:{account}"
            arn = f"{home}:parameter/{name.removeprefix('/')}"
        if arn is None:
            draft.remark("record-without-arn", "nothing says the ARN of this parameter", at)
        elif text(record, "Type") in PARAMETER_TYPES:
            note_listed(draft, arn)
            read_encryption(draft, arn, record, at, complete=True)


def _function(draft: Draft, data: Json, place: str, _path: str) -> None:
    note_listed(draft, str(data["FunctionArn"]))
    read_encryption(draft, str(data["FunctionArn"]), data, f"{place}KMSKeyArn")
    _note_role(draft, str(data["FunctionArn"]), data, f"{place}Role")


def _secret(draft: Draft, data: Json, place: str, _path: str) -> None:
    note_listed(draft, str(data["ARN"]))
    read_encryption(draft, str(data["ARN"]), data, f"{place}KmsKeyId", complete=True)
