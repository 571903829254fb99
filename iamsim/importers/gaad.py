"""Principals and policies of accounts, as `get-account-authorization-details` prints them.

Pages may be in one list, one a file, or behind each other; policies URL-encoded (as the API gives
them) or decoded (as the CLI does); accounts are told apart by the ARNs.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from iamsim.core.arn import Arn, find_arn, is_account_id, is_owned_by_aws
from iamsim.core.caret import quote
from iamsim.core.stand_in import is_stand_in
from iamsim.core.unknown import MARK
from iamsim.importers.counts import count_attachments
from iamsim.importers.misspelt import Properties
from iamsim.importers.shapes import (
    Json,
    account_of_path,
    is_list_of,
    pages,
    records,
    text,
    texts,
    time_text,
)
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record
    from iamsim.importers.sources import Source

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList")
# What each record of a list has, empty or not; the inline policies of users only where there are.
ALWAYS = {
    "UserDetailList": ("GroupList", "AttachedManagedPolicies"),
    "GroupDetailList": ("GroupPolicyList", "AttachedManagedPolicies"),
    "RoleDetailList": ("RolePolicyList", "AttachedManagedPolicies"),
}
# Lists that hold something, the policies and groups that their records name, and those they are.
FILLED, NAMED, TOLD = "filled", "named", "told"


class AccountAuthorizationDetails:
    """The importer of `get-account-authorization-details`."""

    name = "account authorization details"

    def recognises(self, source: Source) -> bool:
        """Pages hold lists of details; a page of policies alone has their versions."""
        return any(_is_page(page) for page, _ in pages(source.data))

    def read(self, source: Source, draft: Draft) -> None:
        """Read every page."""
        state = draft.state.setdefault(self.name, {})
        for page, place in pages(source.data):
            pages_of = state.setdefault(_account_of(page, source.path), {})
            assert isinstance(pages_of, dict)  # noqa: S101 - nobody else puts anything there
            pages_of["cut" if page.get("IsTruncated") is True else "last"] = source.path
            for key in (*LISTS, "Policies"):
                if key in page:
                    pages_of[key] = source.path
            for key, read in READERS.items():
                for record, at in records(draft, page, key, place):
                    read(_whole(key, record, at, draft), at, draft)
                    _note_told(pages_of, key, record)
            account = _account_of(page, source.path)
            for record, _ in records(draft, page, "Policies", place) if account else ():
                arn = text(record, "Arn")
                if arn is not None:
                    count_attachments(draft, account, arn, record)

    def finish(self, draft: Draft) -> None:
        """Say so when the last page is not there, or a list that AWS prints even when empty."""
        state = draft.state.get(self.name, {})
        ends = {account for account, found in state.items() if "last" in cast("Json", found)}
        for account, found in state.items():
            if not isinstance(found, dict):
                continue
            beside = state.get("", {})
            if account and isinstance(beside, dict):
                _lose_lists(account, {**beside, **found}, draft)
                _lose_filtered(account, found, draft)
            # A page without an ARN may be the end of any.
            if "cut" not in found or ends & {account, ""}:
                continue
            draft.source = found["cut"]
            draft.remark(
                "page-missing",
                "every page says that another follows: the last one is not there",
                "IsTruncated",
                "unknown",
            )
            why = "the last page of the account authorization details is not there"
            draft.lose(why, kinds=("principals",), account=account or None)
            draft.source = ""


def _lose_lists(account: str, found: Json, draft: Draft) -> None:
    """Doubt the principals of an account where none of its pages, nor one that names no account,
    has one of the lists."""
    lost = [key for key in LISTS if key not in found]
    if not lost:
        return
    draft.source = str(found.get("last") or found.get("cut"))
    why = f"no page of the account authorization details has {' or '.join(map(quote, lost))}"
    draft.remark("records-missing", why, lost[0], "unknown")
    draft.lose(why, kinds=("principals",), account=account or None)
    draft.source = ""


def _note_told(pages_of: Json, key: str, record: Json) -> None:
    """Note that a list holds something, and which policies and groups a record names or is."""
    filled, named, told = (
        cast("dict[object, None]", pages_of.setdefault(name, {})) for name in (FILLED, NAMED, TOLD)
    )
    filled[key] = None
    is_group = key == "GroupDetailList"
    told[f"group/{text(record, 'GroupName')}" if is_group else text(record, "Arn")] = None
    attached = record.get("AttachedManagedPolicies")
    items = attached if isinstance(attached, list) else []
    arns = [text(item, "PolicyArn") or "" for item in items if isinstance(item, dict)]
    if not _is_printed(key, record):
        return
    named.update((arn, None) for arn in arns if not is_owned_by_aws(arn))
    named.update((f"group/{name}", None) for name in texts(record, "GroupList"))


def _is_printed(key: str, record: Json) -> bool:
    """Whether AWS printed a record of a principal: those that people write have no id or date."""
    return {f"{key.removesuffix('DetailList')}Id", "CreateDate"} <= record.keys()


def _lose_filtered(account: str, found: Json, draft: Draft) -> None:
    """Doubt the principals of an account whose details leave out a group or one of its policies
    that they name: they were taken with a filter, and lists of what is left out are empty.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    named, told, filled = (cast("Json", found.get(key, {})) for key in (NAMED, TOLD, FILLED))
    missing = [name for name in named if name and name not in told]
    empty = [key for key in (LISTS[0], LISTS[2]) if key in found and key not in filled]
    if not missing or not empty:
        return
    draft.source = str(found.get("last") or found.get("cut"))
    why = (
        f"{quote(missing[0])} is named and not described, so that the account authorization details"
        f" are filtered: {' and '.join(map(quote, empty))} may be empty for that alone"
    )
    draft.remark("records-missing", why, empty[0], "unknown")
    draft.lose(why, kinds=("principals",), account=account)
    draft.source = ""


def _whole(key: str, record: Json, place: str, draft: Draft) -> Json:
    """Give a record, with null where a list is not there that AWS prints even when empty: what it
    would say is not known then.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/iam_example_iam_GetAccountAuthorizationDetails_section.html
    """
    always = ALWAYS.get(key, ()) if _is_printed(key, record) else ()
    missing = [name for name in always if record.get(name, "") == ""]
    for name in missing:
        why = f"{quote(name)} is not there, which AWS prints even where it is empty"
        draft.remark("records-missing", why, place, "unknown")
    return Properties({**record, **dict.fromkeys(missing)}) if missing else record


def _account_of(page: Json, path: str) -> str:
    """The account of a page: that of its path, or of the first ARN in it; else an empty text."""
    for key in (*LISTS, "Policies"):
        listed = page.get(key)
        for record in listed if isinstance(listed, list) else ():
            arn = find_arn(text(record, "Arn") or "") if isinstance(record, dict) else None
            if arn is not None and is_account_id(arn.account):
                return arn.account
    return account_of_path(path) or ""


def _is_page(page: Json) -> bool:
    """Say whether an object is a page of account authorization details."""
    if any(isinstance(page.get(key), list) for key in LISTS):
        return True
    policies = page.get("Policies")
    return (
        isinstance(policies, list)
        and bool(policies)
        and isinstance(policies[0], dict)
        and "PolicyVersionList" in policies[0]
    )


def read_user(record: Json, place: str, draft: Draft) -> None:
    """Read a user."""
    arn = _arn(record, place, draft, "user")
    if arn is None:
        return
    user = draft.user(arn.account, _name(record, "UserName", arn))
    _principal(user, record, "UserId", place)
    groups: list[object] = [*texts(record, "GroupList")]
    if not is_list_of(record, "GroupList", lambda item: isinstance(item, str)):
        groups.append(marker("the list of groups can't be read", draft.file))
    if groups:
        user.extend("groups", groups)
    user.set("password_last_used", text(record, "PasswordLastUsed"), place)
    _policies(user, record, "UserPolicyList", place, draft)


def read_group(record: Json, place: str, draft: Draft) -> None:
    """Read a group."""
    arn = _arn(record, place, draft, "group")
    if arn is None:
        return
    group = draft.group(arn.account, _name(record, "GroupName", arn))
    _principal(group, record, "GroupId", place)
    _policies(group, record, "GroupPolicyList", place, draft)


def read_role(record: Json, place: str, draft: Draft) -> None:
    """Read a role; one that is in instance profiles lists them."""
    arn = _arn(record, place, draft, "role")
    if arn is None:
        return
    role = draft.role(arn.account, _name(record, "RoleName", arn))
    _principal(role, record, "RoleId", place)
    at = f"{place}.AssumeRolePolicyDocument"
    role.set("trust", draft.document(record.get("AssumeRolePolicyDocument"), at), at)
    duration = record.get("MaxSessionDuration")
    if isinstance(duration, int) and duration > 0:
        role.set("max_session_duration", duration, place)
    used = record.get("RoleLastUsed")
    if isinstance(used, dict):
        role.set("last_used", text(used, "LastUsedDate"), place)
    profiles = [
        profile
        for item, _ in records(draft, record, "InstanceProfileList", f"{place}.")
        if (profile := text(item, "Arn")) is not None
    ]
    if profiles:
        role.extend("instance_profiles", profiles)
    _policies(role, record, "RolePolicyList", place, draft)


def read_policy(record: Json, place: str, draft: Draft) -> None:
    """Read a managed policy; of its versions the default one counts.

    An AWS managed policy is kept by its ARN: it counts where it is not the one that iamsim ships.
    """
    document, at = _default_version(record, place, draft)
    arn_text = text(record, "Arn")
    arn = None if arn_text is None else find_arn(arn_text)
    if document is None:
        return
    if arn is not None and arn.account == "aws" and arn_text is not None:
        draft.managed.setdefault(arn_text, document)
    elif arn is not None and is_account_id(arn.account):
        name = text(record, "PolicyName") or arn.resource.rpartition("/")[2]
        draft.customer_policy(arn.account, name, document, path=text(record, "Path"), place=at)
    else:
        _no_arn(place, draft, "policy")


READERS: dict[str, Callable[[Json, str, Draft], None]] = {
    "UserDetailList": read_user,
    "GroupDetailList": read_group,
    "RoleDetailList": read_role,
    "Policies": read_policy,
}


def _default_version(record: Json, place: str, draft: Draft) -> tuple[Json | None, str]:
    """Find the document that counts, and its place."""
    default = text(record, "DefaultVersionId")
    versions = list(records(draft, record, "PolicyVersionList", f"{place}."))
    for version, at in versions:
        if version.get("IsDefaultVersion") is True or text(version, "VersionId") == default:
            return draft.document(version.get("Document"), f"{at}.Document"), f"{at}.Document"
    draft.remark(
        "policy-missing",
        f"the default version {quote(default or '')} of the policy is not there: it is unknown",
        place,
        "unknown",
    )
    return marker("its default version is not there", f"{draft.file}: {place}"), place


def _arn(record: Json, place: str, draft: Draft, kind: str) -> Arn | None:
    """Find the ARN of a record; without it, nobody knows the account."""
    arn_text = text(record, "Arn")
    arn = None if arn_text is None else find_arn(arn_text)
    if arn is None or not is_account_id(arn.account):
        _no_arn(place, draft, kind)
        return None
    draft.account(arn.account).set(
        "partition", arn.partition if arn.partition != "aws" else None, place
    )
    return arn


def _no_arn(place: str, draft: Draft, kind: str) -> None:
    draft.unreadable(f"this {kind} has no ARN with an account: it is left out", place)


def _name(record: Json, key: str, arn: Arn) -> str:
    """Give the name that a record says, else the one at the end of its ARN."""
    return text(record, key) or arn.resource.rpartition("/")[2]


def _principal(principal: Record, record: Json, id_key: str, place: str) -> None:
    """Read what users, groups and roles have in common."""
    path = text(record, "Path")
    own = find_arn(text(record, "Arn") or "")
    if path is None and own is not None:
        path = f"/{own.resource.partition('/')[2].rpartition('/')[0]}/".replace("//", "/")
    principal.set("path", path if path != "/" else None, place)
    if id_key != "GroupId":
        created = time_text(record.get("CreateDate"))
        if created is not None:  # formats round it in their own ways
            principal.data.setdefault("created", created)
    identifier = text(record, id_key)
    if identifier is not None and not is_stand_in(identifier):
        principal.set("id", identifier, place)
    whole = is_list_of(record, "Tags", _is_tag)  # of users and roles AWS prints each with its value
    principal.tags(record.get("Tags") if whole else "", f"{place}.Tags")
    boundary = record.get("PermissionsBoundary")
    if "PermissionsBoundary" in record or boundary is not None:
        arn = text(boundary, "PermissionsBoundaryArn") if isinstance(boundary, dict) else None
        lost = marker("the permissions boundary can't be read", principal.draft.file)
        principal.set("boundary", arn if find_arn(arn or "") else lost, place)


def _is_tag(item: object) -> bool:
    """Whether an item of a list of tags names one, and has its value."""
    return isinstance(item, dict) and bool(text(item, "Key")) and "Value" in item


def is_attachment(item: object) -> bool:
    """Whether an item of a list of attached policies names one."""
    return isinstance(item, dict) and find_arn(text(item, "PolicyArn") or "") is not None


def _policies(principal: Record, record: Json, key: str, place: str, draft: Draft) -> None:
    """Read the attached and the inline policies."""
    broken = record.get(MARK)
    if isinstance(broken, str):
        principal.attach([marker(broken, draft.file)])
    attached = records(draft, record, "AttachedManagedPolicies", f"{place}.")
    arns = [arn for item, _ in attached if (arn := text(item, "PolicyArn")) is not None]
    if arns:
        principal.attach(arns)
    whole = is_list_of(record, "AttachedManagedPolicies", is_attachment)
    if not whole or not is_list_of(record, key, lambda item: isinstance(item, dict)):
        principal.attach([marker("the list of policies can't be read", draft.file)])
    for number, (item, at) in enumerate(records(draft, record, key, f"{place}."), 1):
        name = text(item, "PolicyName") or f"inline-{number}"
        principal.inline(name, item.get("PolicyDocument"), f"{at}.PolicyDocument")


IMPORTER = AccountAuthorizationDetails()
