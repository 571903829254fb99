"""Collects one account: its principals and credentials, its resources Region by Region."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from iamsim.collect.reader import Reader, file_name, items_at, values_at
from iamsim.importers.recipe_calls import EACH, Collected, collected_calls

if TYPE_CHECKING:
    from iamsim.catalog.resource_types import Call

# Lists of each user's credentials.
OF_USERS = (
    "list_access_keys",
    "list_mfa_devices",
    "list_service_specific_credentials",
    "list_signing_certificates",
    "list_ssh_public_keys",
)
# An account without one has AWS's own:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
NOTHING = {"get_account_password_policy": "PasswordPolicy"}
PROVIDERS = ("list_open_id_connect_providers", "list_saml_providers")
OF_ACCOUNT = ("get_account_summary", "get_account_password_policy", "list_virtual_mfa_devices")
BUCKET_POLICY = "get_bucket_policy"
OF_BUCKETS = (
    BUCKET_POLICY,
    "get_bucket_encryption",
    "get_bucket_location",
    "get_public_access_block",
    "get_bucket_tagging",
    "get_bucket_abac",
)
# Kinds of snapshots, and images: the service, what lists them, where their names stand, what tells
# with whom one is shared, and how both are asked.
SNAPSHOTS: tuple[
    tuple[str, tuple[str, dict[str, Any], tuple[str, ...]], tuple[str, str, dict[str, Any]]], ...
] = (
    (
        "ec2",
        ("describe_snapshots", {"OwnerIds": ["self"]}, ("Snapshots", "*", "SnapshotId")),
        ("describe_snapshot_attribute", "SnapshotId", {"Attribute": "createVolumePermission"}),
    ),
    (
        "ec2",
        ("describe_images", {"Owners": ["self"]}, ("Images", "*", "ImageId")),
        ("describe_image_attribute", "ImageId", {"Attribute": "launchPermission"}),
    ),
    (
        "rds",
        (
            "describe_db_snapshots",
            {"SnapshotType": "manual"},
            ("DBSnapshots", "*", "DBSnapshotIdentifier"),
        ),
        ("describe_db_snapshot_attributes", "DBSnapshotIdentifier", {}),
    ),
    (
        "rds",
        (
            "describe_db_cluster_snapshots",
            {"SnapshotType": "manual"},
            ("DBClusterSnapshots", "*", "DBClusterSnapshotIdentifier"),
        ),
        ("describe_db_cluster_snapshot_attributes", "DBClusterSnapshotIdentifier", {}),
    ),
)
COMMERCIAL = "aws"  # the partition of the Regions that rows of types without one name
SERVICE_LINKED = "/aws-service-role/"
# Lists of a Region whose outputs are facts themselves.
OF_REGION = (
    ("backup", "list_backup_vaults"),
    ("ec2", "describe_instances"),
    ("efs", "describe_file_systems"),
    ("kms", "list_aliases"),
    ("lambda", "list_functions"),
    ("logs", "describe_log_groups"),
    ("rds", "describe_db_clusters"),
    ("rds", "describe_db_instances"),
    ("secretsmanager", "list_secrets"),
    ("ecr", "describe_repositories"),
    ("ssm", "describe_parameters"),
)
WAITS = 10  # for a credential report, or the details of a principal
SECONDS = 2
MOST_SERVICES = 1000  # on one page of such details


class Wanted(NamedTuple):
    """What is asked of an account: which Regions (without any all that it has on); resources of
    which services (without any, all); what only an audit reads, such as credentials of users; when
    its principals last called which service; with whom snapshots are shared."""

    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    for_audit: bool = True
    last_accessed: bool = False
    snapshots: bool = False

    def wants(self, service: str) -> bool:
        """Whether resources of a service are asked for."""
        return not self.services or service in self.services


def collect_account(reader: Reader, account: str, partition: str, wanted: Wanted) -> None:
    """Ask for all of an account that is wanted."""
    details = reader.get(
        f"{account}/get-account-authorization-details.json",
        "iam",
        "get_account_authorization_details",
    )
    for operation in PROVIDERS:
        reader.get(f"{account}/{operation.replace('_', '-')}.json", "iam", operation)
    if wanted.for_audit:
        _credentials(reader, account, values_at(details, ("UserDetailList", "*", "UserName")))
    if wanted.last_accessed:
        _last_accessed(reader, account, details)
    if wanted.wants("s3"):
        _buckets(reader, account)
    if partition == COMMERCIAL:
        for collected in collected_calls():
            region = collected.row.region
            if region not in ("", EACH) and wanted.wants(collected.row.arn.partition(":")[0]):
                _of_type(reader, collected, account, region, partition)
    for region in wanted.regions or regions_of(reader):
        collect_region(reader, account, region, partition, wanted)
        if wanted.snapshots:
            _snapshots(reader, f"{account}/{file_name(region)}", region)
        reader.forget(region)


def regions_of(reader: Reader) -> list[str]:
    """The Regions that an account has on."""
    listed = reader.get("describe-regions.json", "ec2", "describe_regions", kept=False)
    return values_at(listed, ("Regions", "*", "RegionName"))


def _buckets(reader: Reader, account: str) -> None:
    """Ask for the buckets, which belong to no Region, and what holds for all of them."""
    reader.get(
        f"{account}/get-public-access-block.{account}.json",
        "s3control",
        "get_public_access_block",
        AccountId=account,
    )
    buckets = reader.get(f"{account}/list-buckets.json", "s3api", "list_buckets")
    for bucket in values_at(buckets, ("Buckets", "*", "Name")):
        for operation in OF_BUCKETS:
            path = f"{account}/{operation.replace('_', '-')}.{file_name(bucket)}.json"
            nothing = "" if operation == BUCKET_POLICY else None  # that there is none is a fact
            reader.get(path, "s3api", operation, nothing=nothing, Bucket=bucket)


def _credentials(reader: Reader, account: str, users: list[str]) -> None:
    """Ask for the credentials of the users and of the root user, and whom AWS would call."""
    _credential_report(reader, account)
    for operation in OF_ACCOUNT:
        path = f"{account}/{operation.replace('_', '-')}.json"
        reader.get(path, "iam", operation, nothing=NOTHING.get(operation))
    for user in users:
        for operation in OF_USERS:
            path = f"{account}/{operation.replace('_', '-')}.{file_name(user)}.json"
            reader.get(path, "iam", operation, UserName=user)
    reader.get(
        f"{account}/get-alternate-contact.json",
        "account",
        "get_alternate_contact",
        nothing="AlternateContact",
        AlternateContactType="SECURITY",
    )


def _credential_report(reader: Reader, account: str) -> None:
    """Have the report made, and wait for it."""
    path = f"{account}/get-credential-report.json"
    for _ in range(WAITS):
        made = reader.get(path, "iam", "generate_credential_report", kept=False)
        if not isinstance(made, dict) or "Content" in made or made.get("State") == "COMPLETE":
            break
        time.sleep(SECONDS)
    reader.get(path, "iam", "get_credential_report")


def _last_accessed(reader: Reader, account: str, details: object) -> None:
    """Have the details of every user and role made, and wait for each."""
    arns = values_at(details, ("UserDetailList", "*", "Arn"))
    arns += values_at(details, ("RoleDetailList", "*", "Arn"))
    for arn in arns:
        if SERVICE_LINKED in arn:
            continue
        path = f"{account}/get-service-last-accessed-details.{file_name(arn)}.json"
        made = reader.get(
            path,
            "iam",
            "generate_service_last_accessed_details",
            kept=False,
            Arn=arn,
            Granularity="ACTION_LEVEL",
        )
        job = made.get("JobId") if isinstance(made, dict) else None
        for _ in range(WAITS if job else 0):
            told = reader.get(
                path,
                "iam",
                "get_service_last_accessed_details",
                kept=False,
                JobId=job,
                MaxItems=MOST_SERVICES,
            )
            if not isinstance(told, dict) or told.get("JobStatus") != "IN_PROGRESS":
                if told is not None:
                    reader.keep(path, told)
                break
            time.sleep(SECONDS)


def _snapshots(reader: Reader, folder: str, region: str) -> None:
    """Ask with whom the snapshots of a Region are shared."""
    for service, (listing, about, names), (operation, key, more) in SNAPSHOTS:
        path = f"{folder}/{listing.replace('_', '-')}.json"
        listed = reader.get(path, service, listing, region, kept=False, **about)
        for name in values_at(listed, names):
            path = f"{folder}/{operation.replace('_', '-')}.{file_name(name)}.json"
            reader.get(path, service, operation, region, **{**more, key: name})


def collect_region(
    reader: Reader, account: str, region: str, partition: str, wanted: Wanted
) -> None:
    """Ask for the resources of one Region, and for what their types print as policies."""
    folder = f"{account}/{file_name(region)}"
    reader.get(f"{folder}/describe-vpc-endpoints.json", "ec2", "describe_vpc_endpoints", region)
    if wanted.for_audit:
        reader.get(f"{folder}/list-analyzers.json", "accessanalyzer", "list_analyzers", region)
    for service, operation in OF_REGION:
        if wanted.wants(service):
            reader.get(f"{folder}/{operation.replace('_', '-')}.json", service, operation, region)
    for service, ask in OF_SERVICES.items():
        if wanted.wants(service):
            ask(reader, account, folder, region)
    for collected in collected_calls():
        row = collected.row
        here = row.region in ("", EACH) or partition != COMMERCIAL
        if here and wanted.wants(row.arn.partition(":")[0]):
            _of_type(reader, collected, account, region, partition)


def _access_points(reader: Reader, account: str, folder: str, region: str) -> None:
    path = f"{folder}/list-access-points.json"
    points = reader.get(path, "s3control", "list_access_points", region, AccountId=account)
    for name in values_at(points, ("AccessPointList", "*", "Name")):
        path = f"{folder}/get-access-point.{file_name(name)}.json"
        reader.get(path, "s3control", "get_access_point", region, AccountId=account, Name=name)


def _grants(reader: Reader, _account: str, folder: str, region: str) -> None:
    keys = reader.get(f"{folder}/list-keys.json", "kms", "list_keys", region, kept=False)
    for arn in values_at(keys, ("Keys", "*", "KeyArn")):
        path = f"{folder}/list-grants.{file_name(arn)}.json"
        reader.get(path, "kms", "list_grants", region, KeyId=arn)


def _tables(reader: Reader, _account: str, folder: str, region: str) -> None:
    tables = reader.get(f"{folder}/list-tables.json", "dynamodb", "list_tables", region, kept=False)
    for table in values_at(tables, ("TableNames", "*")):
        path = f"{folder}/describe-table.{file_name(table)}.json"
        reader.get(path, "dynamodb", "describe_table", region, TableName=table)


def _streams(reader: Reader, _account: str, folder: str, region: str) -> None:
    path = f"{folder}/list-streams.json"
    streams = reader.get(path, "kinesis", "list_streams", region, kept=False)
    for stream in values_at(streams, ("StreamNames", "*")):
        path = f"{folder}/describe-stream-summary.{file_name(stream)}.json"
        reader.get(path, "kinesis", "describe_stream_summary", region, StreamName=stream)


OF_SERVICES = {"s3": _access_points, "kms": _grants, "dynamodb": _tables, "kinesis": _streams}


def _of_type(
    reader: Reader, collected: Collected, account: str, region: str, partition: str
) -> None:
    """Ask for the policies of a type of resource, or for their roles: with one call, or one for
    each that is listed."""
    row, chain, call = collected
    only = call.path if collected.tells_roles else ()
    folder, values = f"{account}/{file_name(region)}", {"{account}": account}
    home = account if row.region else folder  # ARNs without a Region, one folder for all
    if not chain:
        reader.of_table(f"{home}/{call.operation}.json", call, region, values, only=only)
        return
    for value, found in _listed(
        reader, folder if row.region == EACH else home, chain, region, values
    ):
        parts = {"region": region, "account": account, "name": value}
        arn = value if value.startswith("arn:") else row.arn_in(partition, parts)
        name = (row.parts_of(arn) or {}).get("name", value) if arn == value else value
        filled = {**found, "{arn}": arn, "{name}": name, "{url}": value}
        subject = value.rpartition("/")[2] if "{url}" in call.options else value
        subject = subject if call.by_name else arn
        path = f"{home}/{call.operation}.{file_name(subject)}.json"
        reader.of_table(path, call, region, filled, only=only)


def _listed(
    reader: Reader, folder: str, chain: Sequence[Call], region: str, values: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """What a chain of calls lists, with what options of the next call may be filled in with."""
    listing, *rest = chain
    above = [value for option, value in values.items() if option[1:-1].isdigit()]
    path = f"{folder}/{listing.operation}.{file_name(':'.join((listing.service, *above)))}.json"
    listed = reader.of_table(path, listing, region, values, kept=False)
    for value, members in items_at(listed, listing.path):
        filled = {**values, **members, f"{{{len(above) + 1}}}": value}
        if rest:
            yield from _listed(reader, folder, rest, region, filled)
        else:
            yield value, filled
