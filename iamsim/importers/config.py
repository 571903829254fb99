"""Resources as AWS Config records them: snapshots, and the results of its queries.

https://docs.aws.amazon.com/config/latest/developerguide/example-s3-snapshot.html
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import find_type, resource_types
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.importers.facts_of_aws import read_public_access_block, read_vpc_endpoint
from iamsim.importers.gaad import read_group, read_policy, read_role, read_user
from iamsim.importers.key_outputs import read_encryption
from iamsim.importers.resource_kinds import Scope, partition_of_region, policy_holder
from iamsim.importers.salvage import UniqueKeys
from iamsim.importers.shapes import pages, text
from iamsim.importers.workloads import find_role, note_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.importers.draft import Draft
    from iamsim.importers.shapes import Json
    from iamsim.importers.sources import Source

__all__ = ["IMPORTER"]

LISTS = ("configurationItems", "baseConfigurationItems", "Results")
IAM_READERS = {
    "AWS::IAM::User": read_user,
    "AWS::IAM::Group": read_group,
    "AWS::IAM::Role": read_role,
    "AWS::IAM::Policy": read_policy,
}
DELETED = frozenset(("ResourceDeleted", "ResourceDeletedNotRecorded"))
# Where the default encryption of a bucket stands.
BUCKET_KEY = "ServerSideEncryptionConfiguration"


class AwsConfig:
    """The importer of AWS Config."""

    name = "AWS Config"

    def recognises(self, source: Source) -> bool:
        """Snapshots and results of queries are lists of configuration items."""
        return any(_kind(item) is not None for item, _ in _items(source.data, None))

    def read(self, source: Source, draft: Draft) -> None:
        """Read every item."""
        for item, place in _items(source.data, draft):
            if text(item, "configurationItemStatus") not in DELETED:
                _read(item, place, draft)

    def finish(self, draft: Draft) -> None:
        """There is nothing left to settle."""


def _items(data: object, draft: Draft | None) -> Iterator[tuple[Json, str]]:
    """Go through configuration items; those of query results are JSON texts."""
    for page, page_place in pages(data):
        for key in LISTS:
            listed = page.get(key)
            for index, item in enumerate(listed if isinstance(listed, list) else ()):
                place = f"{page_place}{key}[{index}]"
                items = _decoded(item)
                if isinstance(items, dict):
                    yield items, place
                elif draft is not None:
                    draft.unreadable("this is not a configuration item", place)


def _decoded(value: object) -> object:
    """Read a value that may be JSON in a text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return UniqueKeys().decoder.decode(value)
        except (ValueError, RecursionError):
            return None
    return value


def _kind(item: Json) -> str | None:
    """Give the resource type of an item."""
    kind = text(item, "resourceType")
    return kind if kind is not None and kind.startswith("AWS::") else None


def _read(item: Json, place: str, draft: Draft) -> None:
    """Read one item by its resource type."""
    kind = _kind(item)
    configuration = _decoded(item.get("configuration"))
    if kind is None:
        draft.unreadable("this item has no resource type", place)
        return
    record = configuration if isinstance(configuration, dict) else {}
    if kind in IAM_READERS:
        if not record:
            draft.unreadable("this item has no configuration", place)
            return
        IAM_READERS[kind](_capitalized(record), f"{place}.configuration", draft)
        return
    account = text(item, "awsAccountId", "accountId")
    if account is None or not is_account_id(account):
        draft.unreadable("this item names no account", place)
        return
    if kind == "AWS::KMS::Alias":
        _read_alias(_capitalized(record), text(item, "awsRegion"), account, draft)
    elif kind == "AWS::EC2::VPCEndpoint":
        read_vpc_endpoint(draft, _capitalized(record), f"{place}.configuration", account)
    elif kind == "AWS::S3::AccountPublicAccessBlock":
        draft.account(account).set("public_access_block", read_public_access_block(record), place)
    else:
        _read_resource(item, record, account, place, draft)


def _read_alias(record: Json, region: str | None, account: str, draft: Draft) -> None:
    """Read the alias of a key."""
    name, target = text(record, "AliasName"), text(record, "TargetKeyId")
    if name is not None and target is not None and region is not None:
        home = f"arn:{partition_of_region(region)}:kms:{region}:{account}"
        draft.keys.name(f"{home}:{name}", target)


def _read_resource(item: Json, record: Json, account: str, place: str, draft: Draft) -> None:
    """Read a resource; one without a policy or settings says nothing about access."""
    extra = _decoded(item.get("supplementaryConfiguration"))
    parts = [part for part in (extra, record) if isinstance(part, dict)]
    kind = str(item.get("resourceType"))
    policies = (_policy_of(part, kind) for part in parts)
    policy = next((policy for policy in policies if policy is not None), None)
    block = next(
        (
            one
            for part in parts
            if (
                one := read_public_access_block(
                    _decoded(part.get("PublicAccessBlockConfiguration"))
                )
            )
        ),
        None,
    )
    arn = text(item, "ARN", "arn")
    found = None if arn is None else find_arn(arn)
    if arn is not None and found is not None:
        settings = record
        if found.service == "s3" and isinstance(extra, dict):
            settings = {BUCKET_KEY: _decoded(extra.get(BUCKET_KEY))}
        # Items of snapshots are whole; a query may ask for a part.
        complete = "configurationItemStatus" in item and bool(record)
        read_encryption(draft, arn, settings, place, account, complete=complete)
        role = find_role(arn, record)
        if role is not None:
            resource = draft.resource(arn, account)
            note_role(resource, role, f"{place}.configuration")
            resource.tags(item.get("tags"), place)
        if text(item, "awsRegion") is not None and found.service == "s3":
            draft.keys.locate(arn, str(item["awsRegion"]))
    if policy is None and block is None:
        return
    if arn is None or found is None:
        draft.unreadable(
            f"this {quote(str(item.get('resourceType')))} has no ARN: it is left out", place
        )
        return
    region = text(item, "awsRegion") or ""
    holder = policy_holder(arn, Scope(found.partition, region, account)) or arn
    resource = draft.resource(holder, account)
    if policy is not None:
        resource.set("policy", draft.document(policy, place), place)
    resource.set("public_access_block", block, place)
    resource.tags(item.get("tags"), place)


@cache
def _policy_paths(kind: str) -> tuple[tuple[str, ...], ...]:
    """Where an item of a type holds its policy: the type's own paths, else those of all types.

    Items of newer types have the form of their resource in CloudFormation.
    """
    row = find_type(kind)
    paths = {
        path: None
        for resource_kind in ((row,) if row is not None else resource_types())
        for path in (
            *resource_kind.items,
            *(place.path for place in resource_kind.template if not place.type),
        )
        if path
    }
    return tuple(paths) if paths or row is None else _policy_paths("")


def _policy_of(part: Json, kind: str) -> object:
    """Find the policy in a part of an item: a document or its text."""
    for path in _policy_paths(kind):
        value: object = part
        for step in path:
            value = _decoded(_value_of(value, step))
        if isinstance(value, dict) and "policyText" in value:
            value = value["policyText"]
        if isinstance(value, dict) and "Statement" in value:
            return value
        if isinstance(value, str) and value.lstrip().startswith(("{", "%7B")):
            return value
    return None


def _value_of(holder: object, name: str) -> object:
    """Give a value by its name in any letter case: `accessPolicies` is `AccessPolicies`."""
    if not isinstance(holder, dict):
        return None
    folded = name.lower()
    return next((value for key, value in holder.items() if str(key).lower() == folded), None)


def _capitalized(value: object) -> Json:
    """Bring the keys of a record into the spelling of the API: `roleName` is `RoleName` there."""

    def convert(part: object) -> object:
        if isinstance(part, dict):
            return {
                f"{key[:1].upper()}{key[1:]}": item if key in KEPT else convert(item)
                for key, item in part.items()
                if item is not None  # Config writes out what is not there
            }
        return [convert(item) for item in part] if isinstance(part, list) else part

    converted = convert(value)
    return converted if isinstance(converted, dict) else {}


# Documents have keys of their own.
KEPT = frozenset(("assumeRolePolicyDocument", "document", "policyDocument"))

IMPORTER = AwsConfig()
