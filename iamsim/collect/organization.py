"""Collects an organization: its tree, its policies, its Identity Center, and its accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from iamsim.collect.reader import Reader, file_name, values_at

if TYPE_CHECKING:
    from iamsim.collect.account import Wanted

KINDS = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
OF_SETS = (
    "describe_permission_set",
    "get_inline_policy_for_permission_set",
    "get_permissions_boundary_for_permission_set",
    "list_managed_policies_in_permission_set",
    "list_customer_managed_policy_references_in_permission_set",
)
FOLDER, FOLDER_OF_SETS = "organizations", "identity-center"
INSTANCES = ("Instances", "*", "InstanceArn")


def collect_organization(reader: Reader, wanted: Wanted) -> list[str]:
    """Ask for the tree and its policies, and for Identity Center; gives the ids of the accounts in
    the tree. An account that is in no organization has neither."""

    def ask(operation: str, subject: str = "", **parameters: Any) -> object:  # noqa: ANN401 - of any call
        ending = f".{file_name(subject)}" if subject else ""
        path = f"{FOLDER}/{operation.replace('_', '-')}{ending}.json"
        return reader.get(path, "organizations", operation, **parameters)

    if ask("describe_organization") is None and not reader.denied_at(
        f"{FOLDER}/describe-organization.json"
    ):
        return []
    if wanted.for_audit:
        path = f"{FOLDER}/list-organizations-features.json"
        reader.get(path, "iam", "list_organizations_features")
    delegated = ask("list_delegated_administrators")
    for account in values_at(delegated, ("DelegatedAdministrators", "*", "Id")):
        ask("list_delegated_services_for_account", account, AccountId=account)
    for kind in KINDS:
        for policy in values_at(ask("list_policies", kind, Filter=kind), ("Policies", "*", "Id")):
            ask("describe_policy", policy, PolicyId=policy)
            ask("list_targets_for_policy", policy, PolicyId=policy)
    accounts: list[str] = []
    waiting = values_at(ask("list_roots"), ("Roots", "*", "Id"))
    while waiting:
        parent = waiting.pop()
        found = ask("list_accounts_for_parent", parent, ParentId=parent)
        accounts += values_at(found, ("Accounts", "*", "Id"))
        units = ask("list_organizational_units_for_parent", parent, ParentId=parent)
        waiting += values_at(units, ("OrganizationalUnits", "*", "Id"))
    listed = reader.get(f"{FOLDER}/describe-regions.json", "ec2", "describe_regions", kept=False)
    collect_identity_center(reader, values_at(listed, ("Regions", "*", "RegionName")))
    return accounts


def collect_identity_center(reader: Reader, regions: Sequence[str] = ()) -> None:
    """Ask for the permission sets, and where they are assigned to whom. An instance is in one
    Region, and answers there alone; the session's Region is asked first.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/identity-center-region-considerations.html
    """
    path = f"{FOLDER_OF_SETS}/list-instances.json"
    for region in (None, *regions):
        found = reader.get(path, "sso-admin", "list_instances", region, kept=False)
        if values_at(found, INSTANCES):
            reader.keep(path, found)
            _of_instances(reader, values_at(found, INSTANCES), region)
            return
    if not reader.denied_at(path):
        reader.keep(path, {"Instances": []})


def _of_instances(reader: Reader, instances: Sequence[str], region: str | None) -> None:
    folder = FOLDER_OF_SETS
    for instance in instances:
        listed = reader.get(
            f"{folder}/list-permission-sets.json",
            "sso-admin",
            "list_permission_sets",
            region,
            InstanceArn=instance,
        )
        for value in values_at(listed, ("PermissionSets", "*")):
            about: dict[str, Any] = {"InstanceArn": instance, "PermissionSetArn": value}
            name = file_name(value.rpartition("/")[2])
            for operation in OF_SETS:
                path = f"{folder}/{operation.replace('_', '-')}.{name}.json"
                reader.get(path, "sso-admin", operation, region, **about)
            operation = "list_accounts_for_provisioned_permission_set"
            path = f"{folder}/{operation.replace('_', '-')}.{name}.json"
            provisioned = reader.get(path, "sso-admin", operation, region, **about)
            for account in values_at(provisioned, ("AccountIds", "*")):
                path = f"{folder}/list-account-assignments.{name}.{file_name(account)}.json"
                reader.get(
                    path,
                    "sso-admin",
                    "list_account_assignments",
                    region,
                    **about,
                    AccountId=account,
                )
