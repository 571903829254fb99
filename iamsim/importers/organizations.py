"""The organization, as the list and describe calls of AWS Organizations print it.

The outputs stand in any number of files. Some of them don't say what they are about (the units *of
which parent*, the policies *of which target*): that is read from a key beside the output
(`ParentId`, `TargetId`, `ChildId`, `PolicyId`, `AccountId`, `ServicePrincipal`), from a map of
outputs by id, or from the name of the file, such as
``list-organizational-units-for-parent.r-ab12.json``.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.core.errors import WorldError
from iamsim.core.stand_in import is_organization_stand_in
from iamsim.importers.attachments import Attachments
from iamsim.importers.shapes import Json, account_of, folder_names, is_list_of, pages, records, text
from iamsim.importers.tree import NODE
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

find_nodes = re.compile(rf"(?<![0-9a-z-])(?:{NODE})(?![0-9a-z-])").findall
find_targets = re.compile(rf"(?<![0-9a-z-])(?:{NODE}|[0-9]{{12}})(?![0-9a-z-])").findall
find_accounts = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])").findall
find_policies = re.compile(r"(?<![0-9A-Za-z-])p-[0-9A-Za-z_]{8,128}(?![0-9A-Za-z_])").findall
find_types = re.compile(r"SERVICE_CONTROL_POLICY|RESOURCE_CONTROL_POLICY").findall
find_organization = re.compile(
    r"arn:aws[a-z-]*:organizations::([0-9]{12}):(?:root|ou|account)/(o-[0-9a-z]{10,32})/[^/]+"
).fullmatch
is_id = re.compile(rf"{NODE}|[0-9]{{12}}|p-[0-9A-Za-z_]{{8,128}}").fullmatch

ADMINISTRATORS = "administrators"  # whether some source lists them
ARNS = "arns"  # what ARNs say of the organization
OF_ORGANIZATION = {"id": "the id", "management_account": "the management account"}
DESCRIBE = "aws organizations describe-organization"
# Only accounts that administer IAM may make privileged root sessions.
IAM_SERVICE = "iam.amazonaws.com"


def find_services(name: str) -> list[str]:
    """Find the service principal that a file is named after, behind the name of the call."""
    subject = name.partition(".")[2].removesuffix(".json")
    return [subject] if ".amazonaws.com" in subject else []


class Part(NamedTuple):
    """One output, its place, and the names that may say what it is about: the nearest first."""

    data: Json
    place: str
    keys: tuple[str, ...]
    file: str
    folders: tuple[str, ...]

    def about(
        self, find: Callable[[str], list[str]], *fields: str, folders: bool = False
    ) -> str | None:
        """Find the id that the output is about; `folders` says that one above it may name it."""
        said = text(self.data, *fields)
        if said is not None:
            return said
        for name in (*self.keys, self.file, *(self.folders if folders else ())):
            found = find(name)
            if found:
                return found[-1]
        return None


class Organizations:
    """The importer of AWS Organizations' outputs."""

    name = "AWS Organizations"

    def recognises(self, source: Source) -> bool:
        """Some part holds a key of a list or describe call, with ids of Organizations in it."""
        return any(_reader_of(part.data) is not None for part in _parts(source))

    def read(self, source: Source, draft: Draft) -> None:
        """Read every output in a source."""
        for part in _parts(source):
            reader = _reader_of(part.data)
            if reader is not None and not _tells_nothing(part):
                reader(part, draft, _attachments(draft))

    def finish(self, draft: Draft) -> None:
        """Bring together what was said of policies and of targets."""
        if self.name in draft.state:
            _attachments(draft).finish()
            if not draft.state[self.name].get(ADMINISTRATORS):
                doubt_administrators(draft)
            _doubt_organization(draft)


def doubt_administrators(draft: Draft) -> None:
    """Doubt who administers services for the organization where no source lists that."""
    if draft.tree.administrators_lost is not None:
        return
    why = "no source lists the delegated administrators"
    draft.remark("administrators-missing", why, severity="unknown")
    draft.tree.administrators_lost = marker(why, "aws organizations list-delegated-administrators")


def _doubt_organization(draft: Draft) -> None:
    """Doubt the id and the management account where no source says them: neither the description of
    the organization, nor an ARN in it.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
    """
    said = draft.state[Organizations.name].get(ARNS, {})
    data = draft.organization().data
    for field, what in OF_ORGANIZATION.items():
        value = said.get(field) if isinstance(said, dict) else None
        if field in data or value is not None:
            data.setdefault(field, value)
            continue
        why = f"no source says {what} of the organization"
        draft.remark("organization-missing", why, severity="unknown")
        data[field] = marker(why, DESCRIBE)


def _note_arn(record: Json, draft: Draft) -> None:
    """Note what the ARN of a root, a unit or an account says of its organization."""
    found = find_organization(text(record, "Arn") or "")
    if found is not None and not is_organization_stand_in(found[2]):
        said = draft.state.setdefault(Organizations.name, {}).setdefault(ARNS, {})
        assert isinstance(said, dict)  # noqa: S101 - nobody else puts anything there
        said |= {"management_account": found[1], "id": found[2]}


def _attachments(draft: Draft) -> Attachments:
    """Give what is gathered about attachments."""
    state = draft.state.setdefault(Organizations.name, {})
    found = state.setdefault("attachments", Attachments(draft))
    assert isinstance(found, Attachments)  # noqa: S101 - nobody else puts anything there
    return found


def _parts(source: Source) -> Iterator[Part]:
    """Go through the outputs of a source: pages in a list, or a map of outputs by id."""
    names = folder_names(source.path)
    file, folders = names[-1] if names else "", tuple(reversed(names[:-1]))
    for page, place in pages(source.data):
        if page and all(is_id(key) for key in page):
            for key, value in page.items():
                for inner, inner_place in pages(value):
                    at = f"{place}{key}.{inner_place}"
                    yield Part(inner, at, (key,), file, folders)
        else:
            yield Part(page, place, (), file, folders)


def _tells_nothing(part: Part) -> bool:
    """Whether an output is an empty list of policies of which nothing says whose they would be:
    `aws iam list-policies` prints the same, where there is no organization.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
    """
    named = part.keys or "for-target" in part.file or find_types(part.file)
    return part.data.get("Policies") == [] and not (named or text(part.data, "TargetId"))


def _reader_of(data: Json) -> Callable[[Part, Draft, Attachments], None] | None:
    """Find what reads an output."""
    for key, (reader, sign) in READERS.items():
        value = data.get(key)
        record = value[0] if isinstance(value, list) and value else value
        listed = isinstance(value, list)
        if listed != (key not in SINGLE):
            continue
        if listed and (sign is None or not value):
            return reader
        if sign is not None and isinstance(record, dict) and sign in record:
            return reader
    return None


def _organization(part: Part, draft: Draft, _attachments: Attachments) -> None:
    record = part.data["Organization"]
    assert isinstance(record, dict)  # noqa: S101 - it is read for a key in it
    at = f"{part.place}Organization"
    management = text(record, "ManagementAccountId", "MasterAccountId")
    known, own = draft.organization().data.get("id"), text(record, "Id")
    own = None if own is not None and is_organization_stand_in(own) else own
    if known is not None and own is not None and known != own:
        raise WorldError(
            "several-organizations",
            f"the sources describe the organizations {quote(str(known))} and {quote(own)}, and a"
            " world has one",
            hint="import what is of one organization at a time",
        )
    draft.organization().set("id", own, at)
    draft.organization().set("management_account", management, at)
    if text(record, "FeatureSet") == "CONSOLIDATED_BILLING":
        draft.tree.enabled = set()


def _roots(part: Part, draft: Draft, _attachments: Attachments) -> None:
    for record, at in records(draft, part.data, "Roots", part.place):
        root = text(record, "Id")
        if root is None:
            continue
        draft.tree.node(root, text(record, "Name"))
        _note_arn(record, draft)
        types = record.get("PolicyTypes")
        if not is_list_of(record, "PolicyTypes", _is_policy_type):
            draft.remark(
                "organization-missing",
                "which policy types the root has enabled can't be read: all are taken to be",
                at,
                "unknown",
            )
        elif isinstance(types, list):
            draft.tree.enable(
                text(item, "Type") for item in types if text(item, "Status") == "ENABLED"
            )


def _is_policy_type(item: object) -> bool:
    """Whether an item of a list of policy types says which it is, and its status."""
    return isinstance(item, dict) and None not in (text(item, "Type"), text(item, "Status"))


def _units(part: Part, draft: Draft, _attachments: Attachments) -> None:
    parent = part.about(find_nodes, "ParentId", folders="for-parent" in part.file)
    for record, at in records(draft, part.data, "OrganizationalUnits", part.place):
        _unit(record, parent, at, draft)


def _one_unit(part: Part, draft: Draft, _attachments: Attachments) -> None:
    record = part.data["OrganizationalUnit"]
    if isinstance(record, dict):
        _unit(record, None, f"{part.place}OrganizationalUnit", draft)


def _unit(record: Json, parent: str | None, place: str, draft: Draft) -> None:
    unit = text(record, "Id")
    if unit is None:
        draft.unreadable("this unit has no `Id`", place)
        return
    draft.tree.node(unit, text(record, "Name"))
    _note_arn(record, draft)
    if parent is not None and parent != unit:
        draft.tree.place(unit, parent, place)


def _accounts(part: Part, draft: Draft, _attachments: Attachments) -> None:
    parent = part.about(find_nodes, "ParentId", folders="for-parent" in part.file)
    for record, at in records(draft, part.data, "Accounts", part.place):
        _account(record, parent, at, draft)


def _one_account(part: Part, draft: Draft, _attachments: Attachments) -> None:
    record = part.data["Account"]
    if isinstance(record, dict):
        _account(record, None, f"{part.place}Account", draft)


def _account(record: Json, parent: str | None, place: str, draft: Draft) -> None:
    account_id = text(record, "Id") or ""
    if not is_account_id(account_id):
        draft.unreadable("this account has no `Id` of twelve digits", place)
        return
    draft.tree.accounts.add(account_id)
    draft.account(account_id).set("name", text(record, "Name"), place)
    _note_arn(record, draft)
    if parent is not None:
        draft.tree.place(account_id, parent, place)


def _parents(part: Part, draft: Draft, _attachments: Attachments) -> None:
    child = part.about(find_targets, "ChildId", folders=True)
    for record, at in records(draft, part.data, "Parents", part.place):
        parent = text(record, "Id")
        if child is None:
            _unnamed(part, draft, "child")
        elif parent is not None and parent != child:
            draft.tree.place(child, parent, at)


def _children(part: Part, draft: Draft, _attachments: Attachments) -> None:
    parent = part.about(find_nodes, "ParentId", folders=True)
    for record, at in records(draft, part.data, "Children", part.place):
        child = text(record, "Id")
        if parent is None:
            _unnamed(part, draft, "parent")
        elif child is not None and child != parent:
            if is_account_id(child):
                draft.account(child)
                draft.tree.accounts.add(child)
            draft.tree.place(child, parent, at)


def _policies(part: Part, draft: Draft, attachments: Attachments) -> None:
    target = part.about(find_targets, "TargetId", folders="for-target" in part.file)
    listed: dict[str, list[str]] = {}
    for record, at in records(draft, part.data, "Policies", part.place):
        policy_id, policy_type = text(record, "Id"), text(record, "Type")
        if policy_id is None:
            draft.unreadable("this policy has no `Id`", at)
            continue
        draft.tree.policy(policy_id, name=text(record, "Name"), policy_type=policy_type)
        listed.setdefault(policy_type or "", []).append(policy_id)
    if target is None:
        if "for-target" in part.file:
            _unnamed(part, draft, "target")
        return
    for policy_type in listed or dict.fromkeys(find_types(part.file)):
        attachments.of_target(target, policy_type, listed.get(policy_type, []))


def _one_policy(part: Part, draft: Draft, _attachments: Attachments) -> None:
    record = part.data["Policy"]
    assert isinstance(record, dict)  # noqa: S101 - it is read for a key in it
    summary = record["PolicySummary"]
    at = f"{part.place}Policy"
    policy_id = text(summary, "Id") if isinstance(summary, dict) else None
    if policy_id is None or not isinstance(summary, dict):
        draft.unreadable("this policy has no `Id`", at)
        return
    draft.tree.policy(
        policy_id,
        name=text(summary, "Name"),
        policy_type=text(summary, "Type"),
        document=record.get("Content", ""),
        place=f"{at}.Content",
    )


def _targets(part: Part, draft: Draft, attachments: Attachments) -> None:
    policy_id = part.about(find_policies, "PolicyId", folders=True)
    if policy_id is None:
        _unnamed(part, draft, "policy")
        return
    targets: list[str] = []
    for record, at in records(draft, part.data, "Targets", part.place):
        target = text(record, "TargetId")
        if target is None:
            draft.unreadable("this target has no `TargetId`", at)
            continue
        targets.append(target)
        if is_account_id(target):
            draft.account(target).set("name", text(record, "Name"), at)
            draft.tree.accounts.add(target)
        else:
            draft.tree.node(target, text(record, "Name"))
    whole = text(part.data, "NextToken") is None and is_list_of(part.data, "Targets", _is_target)
    attachments.of_policy(policy_id, targets, more=not whole)


def _is_target(item: object) -> bool:
    """Whether an item of a list of targets names one."""
    return isinstance(item, dict) and text(item, "TargetId") is not None


def _administrators(part: Part, draft: Draft, _attachments: Attachments) -> None:
    service = part.about(find_services, "ServicePrincipal")
    draft.state[Organizations.name][ADMINISTRATORS] = True
    for record, at in records(draft, part.data, "DelegatedAdministrators", part.place):
        account_id = text(record, "Id") or account_of(text(record, "Arn"))
        if account_id is None or not is_account_id(account_id):
            draft.unreadable("this administrator has no account id", at)
            continue
        delegate(draft, account_id, service)


def _services(part: Part, draft: Draft, _attachments: Attachments) -> None:
    account_id = part.about(find_accounts, "AccountId", folders=True)
    for record, _ in records(draft, part.data, "DelegatedServices", part.place):
        if account_id is None:
            _unnamed(part, draft, "account")
        else:
            delegate(draft, account_id, text(record, "ServicePrincipal"))


def delegate(draft: Draft, account_id: str, service: str | None) -> None:
    """Note what an account administers."""
    delegated = draft.organization().data.setdefault("delegated_services", {})
    services = delegated.setdefault(account_id, []) if isinstance(delegated, dict) else []
    if service is not None and service not in services:
        services.append(service)
    if service == IAM_SERVICE:
        draft.organization().extend("delegated_administrators", [account_id])


def _unnamed(part: Part, draft: Draft, what: str) -> None:
    """Say that nobody knows what an output is about."""
    draft.remark(
        "output-about-unknown",
        f"this output does not say of which {what} it is, and the file is not named after one",
        part.place,
        "unknown",
    )


# The key that holds an output, its reader, and a field that tells its first record from those of
# other calls; `None` where the key alone does.
READERS: dict[str, tuple[Callable[[Part, Draft, Attachments], None], str | None]] = {
    "Organization": (_organization, "Id"),
    "Roots": (_roots, "Id"),
    "OrganizationalUnits": (_units, None),
    "OrganizationalUnit": (_one_unit, "Id"),
    "Accounts": (_accounts, "Id"),
    "Account": (_one_account, "JoinedMethod"),
    "Parents": (_parents, "Id"),
    "Children": (_children, "Id"),
    "Targets": (_targets, None),
    "Policy": (_one_policy, "PolicySummary"),
    "Policies": (_policies, "Type"),
    "DelegatedAdministrators": (_administrators, None),
    "DelegatedServices": (_services, None),
}

# Keys that hold one record; the others hold lists.
SINGLE = frozenset(("Account", "Organization", "OrganizationalUnit", "Policy"))

IMPORTER = Organizations()
