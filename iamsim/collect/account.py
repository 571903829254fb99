"""Collects one account: its principals and credentials, its resources Region by Region."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from iamsim.collect.reader import file_name, values_at
from iamsim.importers.recipe_calls import collected_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.collect.reader import Reader

__all__ = ["collect_account"]

# Lists of each user's credentials.
OF_USERS = (
    "list_access_keys",
    "list_mfa_devices",
    "list_service_specific_credentials",
    "list_signing_certificates",
    "list_ssh_public_keys",
)
OF_ACCOUNT = (
    "get_account_summary",
    "get_account_password_policy",
    "list_open_id_connect_providers",
    "list_saml_providers",
    "list_virtual_mfa_devices",
)
OF_BUCKETS = (
    "get_bucket_policy",
    "get_bucket_encryption",
    "get_bucket_location",
    "get_public_access_block",
    "get_bucket_tagging",
)
WAITS = 10  # for a credential report
SECONDS = 2


def collect_account(reader: Reader, account: str, regions: Sequence[str], partition: str) -> None:
    """Ask for all of an account; without `regions` in every Region that it has on."""
    details = reader.get(
        f"{account}/get-account-authorization-details.json",
        "iam",
        "get_account_authorization_details",
    )
    _credential_report(reader, account)
    for operation in OF_ACCOUNT:
        reader.get(f"{account}/{operation.replace('_', '-')}.json", "iam", operation)
    for user in values_at(details, ("UserDetailList", "*", "UserName")):
        for operation in OF_USERS:
            path = f"{account}/{operation.replace('_', '-')}.{file_name(user)}.json"
            reader.get(path, "iam", operation, UserName=user)
    reader.get(
        f"{account}/get-alternate-contact.json",
        "account",
        "get_alternate_contact",
        AlternateContactType="SECURITY",
    )
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
            reader.get(path, "s3api", operation, Bucket=bucket)
    listed = reader.get(f"{account}/describe-regions.json", "ec2", "describe_regions", kept=False)
    for region in regions or values_at(listed, ("Regions", "*", "RegionName")):
        collect_region(reader, account, region, partition)


def _credential_report(reader: Reader, account: str) -> None:
    """Have the report made, and wait for it."""
    path = f"{account}/get-credential-report.json"
    for _ in range(WAITS):
        made = reader.get(path, "iam", "generate_credential_report", kept=False)
        if not isinstance(made, dict) or "Content" in made or made.get("State") == "COMPLETE":
            break
        time.sleep(SECONDS)
    reader.get(path, "iam", "get_credential_report")


def collect_region(reader: Reader, account: str, region: str, partition: str) -> None:
    """Ask for the resources of one Region, and for what their types print as policies."""
    folder = f"{account}/{file_name(region)}"
    reader.get(f"{folder}/describe-vpc-endpoints.json", "ec2", "describe_vpc_endpoints", region)
    reader.get(f"{folder}/list-analyzers.json", "accessanalyzer", "list_analyzers", region)
    reader.get(f"{folder}/list-aliases.json", "kms", "list_aliases", region)
    keys = reader.get(f"{folder}/list-keys.json", "kms", "list_keys", region, kept=False)
    for arn in values_at(keys, ("Keys", "*", "KeyArn")):
        path = f"{folder}/list-grants.{file_name(arn)}.json"
        reader.get(path, "kms", "list_grants", region, KeyId=arn)
    for table in values_at(
        reader.get(f"{folder}/list-tables.json", "dynamodb", "list_tables", region),
        ("TableNames", "*"),
    ):
        path = f"{folder}/describe-table.{file_name(table)}.json"
        reader.get(path, "dynamodb", "describe_table", region, TableName=table)
    for row, (*listing, call) in collected_calls():
        values = {"{account}": account}
        if not listing:
            reader.of_table(f"{folder}/{call.operation}.json", call, region, values)
            continue
        listed = reader.of_table(
            f"{folder}/{listing[0].operation}.json", listing[0], region, values
        )
        for one in values_at(listed, listing[0].path):
            arn = row.arn.replace("{region}", region).replace("{account}", account)
            arn = one if one.startswith("arn:") else f"arn:{partition}:{arn.replace('{name}', one)}"
            before = row.arn.partition("{name}")[0].rpartition("}:")[2]
            name = one.rpartition(f":{before}")[2] if one.startswith("arn:") and before else one
            filled = {**values, "{arn}": arn, "{name}": name, "{url}": one}
            subject = one.rpartition("/")[2] if "{url}" in call.options else one
            subject = arn if "{arn}" in call.options else subject
            path = f"{folder}/{call.operation}.{file_name(subject)}.json"
            reader.of_table(path, call, region, filled)
