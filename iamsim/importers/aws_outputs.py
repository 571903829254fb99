"""Resource-based policies and what bears on them, as calls of the AWS CLI print them.

Bucket, key, queue, topic, function, secret, repository, table and event bus policies, S3 Block
Public Access, KMS grants, access points, VPC endpoints, identity providers, MFA devices, access
keys, and which KMS keys encrypt. Which resource an output is about: see `iamsim.importers.subject`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from iamsim.catalog.resource_types import type_of_arn
from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.unknown import find_marker
from iamsim.importers.credentials import (
    CREDENTIAL_LISTS,
    SETTINGS,
    read_credentials,
    read_setting,
)
from iamsim.importers.facts import set_policy
from iamsim.importers.facts_of_aws import (
    read_access_keys,
    read_access_points,
    read_grants,
    read_mfa_devices,
    read_providers,
    read_public_access_block,
    read_region_points,
    read_vpc_endpoints,
)
from iamsim.importers.key_outputs import find_key_reader, read_encryption, read_location
from iamsim.importers.listed import note_listed, note_none
from iamsim.importers.lost import is_error, note_lost
from iamsim.importers.misspelt import find_misspelt
from iamsim.importers.policy_outputs import (
    FoundPolicy,
    arn_beside_policy,
    described_in,
    list_within,
    lists_policies,
    names_within,
    only_arn,
    policies_in,
)
from iamsim.importers.resource_kinds import (
    EXPRESS,
    Scope,
    known_type,
    partition_of_region,
    policy_holder,
    target_arn,
)
from iamsim.importers.shapes import Json, account_of_path, pages, records, text, texts
from iamsim.importers.shared_outputs import (
    is_list_of_shared,
    read_shared_policies,
    settle_shared_policies,
)
from iamsim.importers.subject import (
    ARN_KEYS,
    NamedFile,
    arn_beside,
    arn_of_file,
    arn_of_policy,
    region_of_path,
)
from iamsim.importers.unread import services_within
from iamsim.importers.workloads import (
    find_role,
    is_about_workloads,
    note_role,
    read_instances,
    read_workloads,
)

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

# Attributes that only come along with all others: what is not there then is not set.
ALL_ATTRIBUTES = ("CreatedTimestamp", "Owner", "SqsManagedSseEnabled")
BUCKET = "AWS::S3::Bucket"
# Outputs that hold nothing for a world, by a key that tells them.
NOTHING = (
    ("Account", "UserId", "Arn"),
    ("State", "Description"),
    ("ReportFormat", "GeneratedTime"),
    ("AccountAliases",),
)


class AwsOutputs:
    """The importer of the CLI's outputs about resources."""

    name = "AWS CLI outputs"

    def recognises(self, source: Source) -> bool:
        """Some part is an output that has a reader."""
        return any(_reader_of(part, source) is not None for part, _, _ in _parts(source))

    def read(self, source: Source, draft: Draft) -> None:
        """Read every output in a source."""
        for part, place, arn in _parts(source):
            reader = _reader_of(part, source)
            if reader is not None:
                reader(_Output(part, place, source, arn, draft))

    def finish(self, draft: Draft) -> None:
        """What is shared counts beside the policies of all sources."""
        settle_shared_policies(draft)


class _Output:
    """One output with all that may say what it is about."""

    def __init__(
        self, data: Json, place: str, source: Source, arn: str | None, draft: Draft
    ) -> None:
        self.data = data
        self.place = place
        self.source = source
        self.draft = draft
        self.account = account_of_path(source.path)
        self._arn = arn

    def said(self) -> str | None:
        """Give the ARN that the user or a map of outputs says."""
        subject = self.source.subject
        if subject is not None and find_arn(subject) is not None:
            return subject
        return self._arn

    @property
    def call(self) -> str:
        """The call that the file is named after."""
        return NamedFile.of(self.source.path).call

    def named(self) -> str | None:
        """Give the ARN that the name of the file says."""
        return arn_of_file(self.source.path)

    def arn(self, data: Json | None = None) -> str | None:
        """Find the ARN of the resource; `data` is the part of the output that may hold it."""
        return self.said() or arn_beside(data or self.data) or self.named()

    def scope(self) -> Scope | None:
        """Give the account and region that folders are named after."""
        region = region_of_path(self.source.path) or self.draft.options.region
        account = self.account or self.draft.options.account
        if region is None or account is None:
            return None
        return Scope(partition_of_region(region), region, account)


def _parts(source: Source) -> Iterator[tuple[Json, str, str | None]]:
    """Go through the outputs of a source with their places: pages, or a map of outputs by ARN."""
    for page, place in pages(source.data):
        if page and all(find_arn(key) is not None for key in page):
            for arn, value in page.items():
                for inner, inner_place in pages(value):
                    yield inner, f"{place}{arn}.{inner_place}", arn
        else:
            yield page, place, None


def _reader_of(data: Json, source: Source) -> Callable[[_Output], None] | None:
    """Find what reads an output; a bare policy counts where something says whose it is."""
    if "Statement" in data:
        known = source.subject is not None or arn_of_file(source.path) is not None
        return _bare_policy if known else None
    for key, reader in READERS.items():
        if isinstance(data.get(key), dict | list):
            return reader
    return next((reader for tells, reader in TOLD if tells(data, source)), None)


def _nothing(_output: _Output) -> None:
    """Read an output that says nothing about access."""


def _secret(output: _Output) -> None:
    """Note a secret without a policy, which is printed with its ARN and name alone."""
    note_none(output.draft, text(output.data, "ARN"))


def _described(output: _Output) -> None:
    """Note the resource that an output describes."""
    note_listed(output.draft, described_in(output.data) or "", output.call, output.data)


def _names(output: _Output) -> None:
    """Note resources of which a call gives the names alone: the folders say where they are."""
    found = names_within(output.data, output.call)
    if found is None:
        return
    kind, names, place = found
    scope = output.scope()
    if scope is None and output.account is not None and "{region}" not in kind.policy_arn:
        scope = Scope("aws", "", output.account)
    for name in names:
        arn = None if scope is None else target_arn(kind, scope, [name])
        if arn is None:
            why = f"nothing says which account and Region these resources of {kind.service} are in"
            output.draft.remark("output-about-unknown", why, f"{output.place}{place}", "unknown")
            output.draft.lose(why, {kind.service})
            return
        output.draft.resource(arn, output.account)


def _bare_policy(output: _Output) -> None:
    """Read a policy that stands there without an envelope."""
    arn = output.arn()
    if arn is None:
        _about_unknown(output, "resource has this policy")
    else:
        output.draft.resource(arn, output.account).set("policy", output.data, output.place)


def _policies(output: _Output) -> None:
    """Read the policies of resources, and note those of a list that have none."""
    if list_within(output.data) is not None:
        _listed(output)
    for policy in policies_in(output.data):
        _resource_policy(output, policy)


def _shared(output: _Output) -> None:
    """Read what AWS RAM wrote."""
    read_shared_policies(output.draft, output.data, output.place)


def _attributes(output: _Output) -> None:
    """Read the attributes of a queue or topic."""
    attributes = output.data["Attributes"]
    lost = is_error(attributes) or find_marker(attributes) is not None
    if not isinstance(attributes, dict) or not attributes or lost:
        note_lost(output.draft, output.source.path, None)
    if not isinstance(attributes, dict):
        return
    place = f"{output.place}Attributes."
    arn = output.arn(attributes)
    for policy in policies_in(output.data):
        arn = _resource_policy(output, policy) or arn
    if arn is not None:
        output.draft.resource(arn, output.account)
        complete = any(key in attributes for key in ALL_ATTRIBUTES)
        if complete and find_misspelt("Policy", attributes) is None:
            note_none(output.draft, arn)
        at = f"{place}KmsMasterKeyId"
        read_encryption(output.draft, arn, attributes, at, output.account, complete=complete)


def _resource_policy(output: _Output, found: FoundPolicy) -> str | None:
    """Give a resource its policy, and say which it is."""
    draft, at = output.draft, f"{output.place}{found.place}"
    document = draft.document(found.value, at)
    scope = output.scope()
    for key in ARN_KEYS:
        if found.holders and key in found.holders[0]:
            beside = text(found.holders[0], key)
            if beside is None or find_arn(beside) is None:
                draft.unreadable(f"`{key}` is no ARN", at)
    arn = output.said() or arn_beside_policy(found, scope) or output.named()
    arn = arn or only_arn(found, scope, output.call) or arn_of_policy(document)
    if arn is not None and scope is not None:
        arn = policy_holder(arn, scope)
    if arn is None:
        draft.remark(
            "output-about-unknown",
            "nothing says which resource has this policy: it is left out",
            at,
            "unknown",
        )
        draft.lose("nothing says which resource has the policy", services_within(document))
        return None
    resource, kind = draft.resource(arn, output.account), type_of_arn(arn)
    if kind is not None and kind.several and (len(found.holders) > 1 or len(kind.calls) > 1):
        set_policy(resource, document, at, several=True)
    else:
        resource.set("policy", document, at)
    return arn


def _listed(output: _Output) -> None:
    """Note resources of which a call gives the ARNs, and whose policies others print."""
    key, arn_key = list_within(output.data) or ("", "")
    for record, place in records(output.draft, output.data, key, output.place):
        arn = text(record, arn_key)
        if arn is None or find_arn(arn) is None:
            output.draft.unreadable(f"`{arn_key}` is no ARN", place)
        else:
            resource = output.draft.resource(arn, output.account)
            if lists_policies(arn, key):
                note_none(output.draft, arn)
            complete = key == "SecretList"
            read_encryption(output.draft, arn, record, place, complete=complete)
            note_role(resource, find_role(arn, record), place)


def _instances(output: _Output) -> None:
    """Read with which roles instances run."""
    read_instances(output.draft, output.data, output.place)


def _of_workloads(output: _Output) -> None:
    """Read with which roles functions, builds, jobs, stacks and their like act."""
    read_workloads(output.draft, output.data, output.scope(), output.place)


def _queues(output: _Output) -> None:
    """Note queues by their addresses: https://sqs.REGION.amazonaws.com/ACCOUNT/NAME."""
    urls = texts(output.data, "QueueUrls")
    listed = output.data.get("QueueUrls")
    if not isinstance(listed, list) or len(urls) != len(listed):
        output.draft.unreadable("`QueueUrls` is no list of addresses", f"{output.place}QueueUrls")
    for url in urls:
        parts = url.split("/")
        labels = parts[2].split(".") if len(parts) > 2 else []  # noqa: PLR2004 - scheme, empty, host
        if len(labels) > 1 and len(parts) >= 5 and is_account_id(parts[-2]):  # noqa: PLR2004
            region = labels[1] if labels[0] == "sqs" else labels[0]
            home = f"arn:{partition_of_region(region)}:sqs:{region}"
            output.draft.resource(f"{home}:{parts[-2]}:{parts[-1]}")


def _buckets(output: _Output) -> None:
    """Read the list of an account's buckets, and the id that S3 knows the account by."""
    owner = output.data.get("Owner")
    if output.account is not None and isinstance(owner, dict):
        output.draft.account(output.account).set(
            "canonical_user_id", text(owner, "ID"), f"{output.place}Owner"
        )
    for record, at in records(output.draft, output.data, "Buckets", output.place):
        name = text(record, "Name")
        if name is None:
            output.draft.unreadable("this bucket has no name", at)
        elif name.endswith(tuple(EXPRESS)):
            scope = output.scope()
            arn = None if scope is None else target_arn(known_type(BUCKET), scope, [name])
            if arn is None:
                output.draft.unreadable("nothing says the ARN of this directory bucket", at)
            else:
                output.draft.resource(arn)
        else:
            output.draft.resource(f"arn:aws:s3:::{name}", output.account)
            if text(record, "BucketRegion") is not None:
                read_location(output.draft, f"arn:aws:s3:::{name}", record["BucketRegion"])


def _encryption(output: _Output) -> None:
    """Read the default encryption of a bucket."""
    arn = output.arn()
    if arn is None:
        _about_unknown(output, "bucket is encrypted so")
    else:
        at = f"{output.place}ServerSideEncryptionConfiguration"
        read_encryption(output.draft, arn, output.data, at, output.account)


def _location(output: _Output) -> None:
    """Read the region of a bucket."""
    arn = output.arn()
    if arn is None:
        _about_unknown(output, "bucket is there")
    else:
        read_location(output.draft, arn, output.data["LocationConstraint"])


def _keys(output: _Output) -> None:
    """Read an output that is read for its keys alone."""
    read = find_key_reader(output.data)
    if read is not None:
        read(output.draft, output.data, output.place, output.source.path)


def _tags(output: _Output) -> None:
    """Read the tags of a bucket or a key."""
    arn = output.arn()
    if arn is None:
        _about_unknown(output, "resource has these tags")
        return
    key = "TagSet" if "TagSet" in output.data else "Tags"
    output.draft.resource(arn, output.account).tags(output.data[key], f"{output.place}{key}")


def _abac(output: _Output) -> None:
    """Read whether the tags of a bucket count in decisions.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAbac.html
    """
    arn, setting = output.arn(), output.data["AbacStatus"]
    status = text(setting, "Status") if isinstance(setting, dict) else None
    if arn is None:
        _about_unknown(output, "bucket has this setting")
    elif status is not None:
        counts = status == "Enabled"
        output.draft.resource(arn, output.account).set("abac", counts, f"{output.place}AbacStatus")


def _grants(output: _Output) -> None:
    """Read the grants on a key; they name it themselves, by its ARN or its id."""
    read_grants(output.draft, output.data, output.place, output.arn())


def _public_access_block(output: _Output) -> None:
    """Read the S3 Block Public Access settings of a bucket or an account."""
    said = output.source.subject or NamedFile.of(output.source.path).subject
    arn = output.arn()
    account = said if is_account_id(said) else None
    if arn is None and account is None and not said:
        account = output.account
    target = None
    if arn is not None:
        target = output.draft.resource(arn, output.account)
    elif account is not None:
        target = output.draft.account(account)
    if target is None:
        _about_unknown(output, "bucket or account has these settings")
        return
    key = "PublicAccessBlockConfiguration"
    target.set(
        "public_access_block", read_public_access_block(output.data[key]), f"{output.place}{key}"
    )


def _about_unknown(output: _Output, what: str) -> None:
    output.draft.remark(
        "output-about-unknown", f"nothing says which {what}: left out", output.place, "unknown"
    )


def _of_account(
    read: Callable[[Draft, Json, str, str | None], None],
) -> Callable[[_Output], None]:
    """Make a reader of outputs whose records name what they belong to, the account apart."""

    def run(output: _Output) -> None:
        read(output.draft, output.data, output.place, output.account)

    return run


READERS: dict[str, Callable[[_Output], None]] = {
    "AbacStatus": _abac,
    "VpcEndpoints": _of_account(read_vpc_endpoints),
    "Grants": _grants,
    "AccessPointList": _of_account(read_access_points),
    "AccessPoints": _of_account(read_region_points),
    "OpenIDConnectProviderList": _of_account(read_providers),
    "SAMLProviderList": _of_account(read_providers),
    "VirtualMFADevices": _of_account(read_mfa_devices),
    "MFADevices": _of_account(read_mfa_devices),
    "AccessKeyMetadata": _of_account(read_access_keys),
    "PublicAccessBlockConfiguration": _public_access_block,
    "ServerSideEncryptionConfiguration": _encryption,
    "Attributes": _attributes,
    "Buckets": _buckets,
    "Reservations": _instances,
    "TagSet": _tags,
    **dict.fromkeys(CREDENTIAL_LISTS, _of_account(read_credentials)),
    **dict.fromkeys(SETTINGS, _of_account(read_setting)),
}
# What tells outputs that no single key does, the most particular first.
TOLD: tuple[tuple[Callable[[Json, Source], object], Callable[[_Output], None]], ...] = (
    (lambda data, _: find_key_reader(data) is not None, _keys),
    (lambda data, _: isinstance(data.get("QueueUrls"), list), _queues),
    (lambda data, _: data.keys() == {"LocationConstraint"}, _location),
    (lambda data, _: policies_in(data), _policies),
    (lambda data, _: list_within(data) is not None, _listed),
    (lambda data, source: names_within(data, NamedFile.of(source.path).call) is not None, _names),
    (lambda data, _: is_about_workloads(data), _of_workloads),
    (lambda data, _: is_list_of_shared(data), _shared),
    (lambda data, _: data.keys() == {"ARN", "Name"}, _secret),
    (lambda data, _: any(all(key in data for key in keys) for keys in NOTHING), _nothing),
    (lambda data, _: described_in(data) is not None, _described),
)

IMPORTER = AwsOutputs()
