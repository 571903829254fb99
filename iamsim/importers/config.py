"""Resources as AWS Config records them: snapshots, and the results of its queries.

https://docs.aws.amazon.com/config/latest/developerguide/example-s3-snapshot.html
What items of each type hold: https://github.com/awslabs/aws-config-resource-schema
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import find_type, resource_types, type_of_arn
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.importers.facts import set_policy
from iamsim.importers.facts_of_aws import (
    read_access_point,
    read_public_access_block,
    read_region_point,
    read_vpc_endpoint,
)
from iamsim.importers.gaad import read_group, read_policy, read_role, read_user
from iamsim.importers.key_outputs import read_encryption
from iamsim.importers.lost import NO_POLICY
from iamsim.importers.resource_kinds import (
    Scope,
    partition_of_region,
    policy_holder,
    target_arn,
)
from iamsim.importers.salvage import UniqueKeys
from iamsim.importers.shapes import Json, pages, text
from iamsim.importers.unknown import marker
from iamsim.importers.unread import services_within
from iamsim.importers.workloads import find_role, note_role

if TYPE_CHECKING:
    from iamsim.catalog.resource_types import PolicyPlace, ResourceType
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

LISTS = ("configurationItems", "baseConfigurationItems", "Results")
IAM_READERS = {
    "AWS::IAM::User": read_user,
    "AWS::IAM::Group": read_group,
    "AWS::IAM::Role": read_role,
    "AWS::IAM::Policy": read_policy,
}
DELETED = frozenset(("ResourceDeleted", "ResourceDeletedNotRecorded"))
# Resources of types whose policies items do not hold, with their accounts.
WITHOUT_POLICY = "policies that AWS Config does not record"
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
        for page, place in pages(source.data):
            _lose_fields(page, place, draft)
        for item, place in _items(source.data, draft):
            if text(item, "configurationItemStatus") not in DELETED:
                _read(item, place, draft)

    def finish(self, draft: Draft) -> None:
        """A resource of whose policy no source tells has one that is not known."""
        none = draft.state.get(NO_POLICY, {})
        for arn, account in draft.state.get(WITHOUT_POLICY, {}).items():
            resource = draft.resource(arn, str(account))
            if "policy" not in resource.data and arn not in none:
                why = f"AWS Config does not record the policy of {quote(arn)}"
                resource.data["policy"] = marker(why, "iamsim import --recipe")
                draft.remark("policy-missing", why, severity="unknown")


def _lose_fields(page: Json, place: str, draft: Draft) -> None:
    """A query that selects some fields leaves out what resources have besides: their policies too.

    https://docs.aws.amazon.com/config/latest/developerguide/querying-AWS-resources.html
    """
    results = page.get("Results")
    query = page.get("QueryInfo")
    selected = query.get("SelectFields") if isinstance(query, dict) else None
    if not isinstance(results, list) or not results:
        return
    fields = selected if isinstance(selected, list) else ()
    names = {text(field, "Name") for field in fields if isinstance(field, dict)}
    items = [item for item in map(_decoded, results) if isinstance(item, dict)]
    wanted = {"configuration"}
    if not all(_kind(item) in IAM_READERS for item in items):
        wanted.add("supplementaryConfiguration")
    if (selected is None or names >= wanted) and all("configuration" in item for item in items):
        return
    why = "a query selects some fields of AWS Config's items, and not what these have besides"
    draft.remark("records-missing", why, f"{place}QueryInfo", "unknown")
    draft.lose(why)


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
    elif kind in _policy_types():
        _read_policy(item, record, account, place, draft)
    else:
        _read_resource(item, record, account, place, draft)


def _read_alias(record: Json, region: str | None, account: str, draft: Draft) -> None:
    name, target = text(record, "AliasName"), text(record, "TargetKeyId")
    if name is not None and target is not None and region is not None:
        home = f"arn:{partition_of_region(region)}:kms:{region}:{account}"
        draft.keys.name(f"{home}:{name}", target)


def _read_resource(item: Json, record: Json, account: str, place: str, draft: Draft) -> None:
    """Read a resource; one without a policy or settings says nothing about access."""
    extra = _decoded(item.get("supplementaryConfiguration"))
    parts = [part for part in (extra, record) if isinstance(part, dict)]
    kind = str(item.get("resourceType"))
    policies = (_policy_in(part, _policy_paths(kind)) for part in parts)
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
        if kind in POINTS and "configurationItemStatus" in item:
            POINTS[kind](draft.resource(arn, account), record, draft.file, place)
        row = find_type(kind) or type_of_arn(arn)
        if policy is None and row is not None and row.has_policy and not _own_paths(row):
            draft.state.setdefault(WITHOUT_POLICY, {})[_holder(arn, item, account)] = account
    told = not {"ARN", "arn"}.isdisjoint(item)
    if policy is None and block is None and (found is not None or not told):
        return
    if arn is None or found is None:
        draft.unreadable(f"this {quote(kind)} has no ARN: it is left out", place)
        return
    resource = draft.resource(_holder(arn, item, account), account)
    if policy is not None:
        resource.set("policy", draft.document(policy, place), place)
    resource.set("public_access_block", block, place)
    resource.tags(item.get("tags"), place)


def _holder(arn: str, item: Json, account: str) -> str:
    """The ARN whose requests the policy of an item's resource is asked about."""
    region, found = text(item, "awsRegion") or "", find_arn(arn)
    partition = partition_of_region(region) if found is None else found.partition
    return policy_holder(arn, Scope(partition, region, account)) or arn


def _read_policy(item: Json, record: Json, account: str, place: str, draft: Draft) -> None:
    """Read an item that is the policy of another resource."""
    kind, own = _policy_types()[str(item.get("resourceType"))]
    value = _policy_in(record, (own.path,))
    if value is None:
        draft.unreadable("this item has no policy document", place)
        draft.lose("an item of AWS Config has no policy document", {kind.service})
        return
    document = draft.document(value, place)
    region = text(item, "awsRegion") or ""
    scope = Scope(partition_of_region(region), region, account)
    targets = [[_value_of(record, name) for name in names] for names in own.targets or ((),)]
    named = next((names for names in targets if all(isinstance(name, str) for name in names)), None)
    arn = None if named is None else target_arn(kind, scope, [str(name) for name in named] or [""])
    if arn is None:
        why = "nothing says which resource has this policy"
        draft.remark("output-about-unknown", f"{why}: it is left out", place, "unknown")
        draft.lose(why, services_within(document))
    else:
        several = (type_of_arn(arn) or kind).several
        set_policy(draft.resource(arn, account), document, place, several=several)


@cache
def _policy_types() -> dict[str, tuple[ResourceType, PolicyPlace]]:
    """The types of CloudFormation that are the policy of another resource, with its type."""
    return {
        place.type: (row, place)
        for row in resource_types()
        for place in row.template
        if place.type and place.path
    }


@cache
def _own_paths(row: ResourceType) -> tuple[tuple[str, ...], ...]:
    """Where items of a type hold its policy. Those of newer types have the form of their resource
    in CloudFormation."""
    inline = (place.path for place in row.template if not place.type)
    return tuple(path for path in (*row.items, *inline) if path)


@cache
def _policy_paths(kind: str) -> tuple[tuple[str, ...], ...]:
    """Where an item of a type holds its policy: the type's own paths, else those of all types."""
    row = find_type(kind)
    own = () if row is None else _own_paths(row)
    return own or tuple({path: None for row in resource_types() for path in _own_paths(row)})


def _policy_in(part: Json, paths: tuple[tuple[str, ...], ...]) -> object:
    """Find the policy in a part of an item: a document or its text."""
    for path in paths:
        value: object = part
        for step in path:
            text_of_value = _value_of(value, step)
            value = _decoded(text_of_value)
            value = text_of_value if value is None else value  # a text that is no JSON is told
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


POINTS = {
    "AWS::S3::AccessPoint": read_access_point,
    "AWS::S3::MultiRegionAccessPoint": read_region_point,
}
# Documents have keys of their own.
KEPT = frozenset(("assumeRolePolicyDocument", "document", "policyDocument"))

IMPORTER = AwsConfig()
