"""Single calls of IAM: `get-role`, `list-users`, `get-role-policy` and their like.

For people who collected a few principals by hand. Account authorization details hold all of this.
Policies name their role, user or group, but not the account: that a folder's name says, or
`--account`.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.importers.gaad import is_attachment, read_group, read_role, read_user
from iamsim.importers.misspelt import Properties
from iamsim.importers.shapes import Json, account_of_path, is_list_of, pages, records, text, texts
from iamsim.importers.subject import NamedFile, region_of_path
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Record
    from iamsim.importers.sources import Source

SINGLE = {"Role": read_role, "User": read_user, "Group": read_group}
LISTS = {"Roles": read_role, "Users": read_user, "Groups": read_group}
NEEDED = ("Users", "Roles")  # who may do something, besides the root user
OWNERS = {"RoleName": "role", "UserName": "user", "GroupName": "group"}
KINDS = ("role", "user", "group")
ATTACHED = {f"list-attached-{kind}-policies": kind for kind in KINDS}
NAMES = {f"list-{kind}-policies": kind for kind in KINDS}
GROUPS = "list-groups-for-user"
# What only a call about one user or role prints.
ATTRIBUTES = ("boundary", "tags")


class IamCalls:
    """The importer of single calls of IAM."""

    name = "IAM calls"

    def recognises(self, source: Source) -> bool:
        """Records of principals with their ARN, inline policies, and lists of attached policies."""
        return any(_reader_of(page) is not None for page, _ in pages(source.data))

    def read(self, source: Source, draft: Draft) -> None:
        """Read every output."""
        for page, place in pages(source.data):
            reader = _reader_of(page)
            if reader is not None:
                reader(page, place, source, draft)

    def finish(self, draft: Draft) -> None:
        """Mark the inline policies that are listed, and of which no output holds the document; and
        doubt users or roles where the others alone are listed."""
        _lose_lists(draft)
        listed = draft.state.get(self.name, {}).get("listed")
        for record, name, path in listed if isinstance(listed, list) else ():
            draft.source = path
            if name not in record.data["inline_policies"]:
                why = f"the inline policy {quote(name)} of {record.what} is listed, and not there"
                draft.remark("policy-missing", why, severity="unknown")
                record.inline(name, marker(why, draft.file))
        draft.source = ""


def _lose_lists(draft: Draft) -> None:
    """Doubt the principals of an account of which a list names the users or the roles, and nothing
    tells of the others: AWS prints empty lists too."""
    lists = draft.state.get(IamCalls.name, {}).get("lists")
    found: dict[str, dict[str, str]] = lists if isinstance(lists, dict) else {}
    for account, told in sorted(found.items()):
        known = {**told, **found.get("", {})}
        accounts = draft.data.get("accounts")
        data = accounts.get(account) if isinstance(accounts, dict) else None
        if not isinstance(data, dict) or not any(data.get(kind.lower()) for kind in NEEDED):
            continue
        missing = [kind for kind in NEEDED if kind not in known and not data.get(kind.lower())]
        if not missing:
            continue
        draft.source = next(iter(told.values()))
        why = f"nothing tells what `list-{missing[0].lower()}` would of `{account}`"
        draft.remark("records-missing", why, missing[0], "unknown")
        draft.lose(why, kinds=("principals",), account=account)
        draft.source = ""


def _reader_of(page: Json) -> Callable[[Json, str, Source, Draft], None] | None:
    """Find what reads an output."""
    for key in (*SINGLE, *LISTS):
        value = page.get(key)
        record = value[0] if isinstance(value, list) and value else value
        if isinstance(record, dict) and ":iam:" in (text(record, "Arn") or ""):
            return _principals
    if any(page == {key: []} for key in LISTS):  # there is none
        return _principals
    if "PolicyDocument" in page and text(page, "PolicyName") and page.keys() & OWNERS.keys():
        return _inline
    version = page.get("PolicyVersion")
    if isinstance(version, dict) and "Document" in version:
        return _version
    if isinstance(page.get("AttachedPolicies"), list):
        return _attached
    return _inline_names if isinstance(page.get("PolicyNames"), list) else None


def _principals(page: Json, place: str, source: Source, draft: Draft) -> None:
    """Read principals: one, or lists; the users beside a group are its members."""
    for key, read in SINGLE.items():
        record = page.get(key)
        if isinstance(record, dict):
            read(Properties(record), f"{place}{key}", draft)
            own = find_arn(text(record, "Arn") or "")
            if own is not None:
                called_name = text(record, f"{key}Name") or own.resource.rpartition("/")[2]
                for field in ATTRIBUTES:
                    draft.complete.add((own.account, f"{key.lower()}s", called_name, field))
    group = page.get("Group")
    name = text(group, "GroupName") if isinstance(group, dict) else None
    called = NamedFile.of(source.path)
    member = (
        _principal("user", called.subject, place, source, draft)
        if called.call == GROUPS and called.subject
        else None
    )
    if member is not None:
        _completed(draft, source, "users", "groups")
        whole = is_list_of(page, "Groups", _has_a_name)
        lost = marker("the list of groups can't be read", draft.file)
        member.extend("groups", [] if whole else [lost])
    for key, read in LISTS.items():
        listed = page.get(key)
        if isinstance(listed, list) and not page.keys() & SINGLE.keys() and member is None:
            _note_list(key, listed, source, draft)
        for record, at in records(draft, page, key, place):
            read(record, at, draft)
            if member is not None and key == "Groups":
                member.extend("groups", [name for name in [text(record, "GroupName")] if name])
            arn = find_arn(text(record, "Arn") or "")
            if (
                key == "Users"
                and name is not None
                and arn is not None
                and is_account_id(arn.account)
            ):
                user = text(record, "UserName") or arn.resource.rpartition("/")[2]
                draft.user(arn.account, user).extend("groups", [name])


def _note_list(key: str, listed: list[object], source: Source, draft: Draft) -> None:
    """Keep of which account a list of its users, groups or roles is; of any where nothing says."""
    call, region = NamedFile.of(source.path).call, region_of_path(source.path)
    if not listed and (region or ("-" in call and call != f"list-{key.lower()}")):
        return  # nothing of another service, such as the users of caches
    arns = [find_arn(text(record, "Arn") or "") for record in listed if isinstance(record, dict)]
    account = next((arn.account for arn in arns if arn is not None), account_of_path(source.path))
    lists = draft.state.setdefault(IamCalls.name, {}).setdefault("lists", {})
    assert isinstance(lists, dict)  # noqa: S101 - nobody else puts anything there
    lists.setdefault(account or "", {})[key] = source.path


def _has_a_name(record: object) -> bool:
    """Whether an item of a list of groups names one."""
    return isinstance(record, dict) and text(record, "GroupName") is not None


def _inline(page: Json, place: str, source: Source, draft: Draft) -> None:
    for key, kind in OWNERS.items():
        name = text(page, key)
        if name is not None:
            principal = _principal(kind, name, place, source, draft)
            if principal is not None:
                policy = text(page, "PolicyName") or ""
                principal.inline(policy, page["PolicyDocument"], f"{place}PolicyDocument")


def _attached(page: Json, place: str, source: Source, draft: Draft) -> None:
    """Read a list of attached policies: ``list-attached-role-policies.ROLE.json``."""
    principal = _principal_of_file(ATTACHED, place, source, draft)
    items = records(draft, page, "AttachedPolicies", place)
    arns = [arn for item, _ in items if (arn := text(item, "PolicyArn")) is not None]
    if principal is not None:
        principal.attach(arns)
        _completed(draft, source, f"{ATTACHED[NamedFile.of(source.path).call]}s", "policies")
        if not is_list_of(page, "AttachedPolicies", is_attachment):
            principal.attach([marker("the list of policies can't be read", draft.file)])


def _inline_names(page: Json, place: str, source: Source, draft: Draft) -> None:
    """Read a list of the names of inline policies: ``list-role-policies.ROLE.json``."""
    principal = _principal_of_file(NAMES, place, source, draft)
    if principal is not None:
        principal.data.setdefault("inline_policies", {})
        if not is_list_of(page, "PolicyNames", lambda name: isinstance(name, str) and bool(name)):
            principal.attach([marker("the list of policies can't be read", draft.file)])
        _completed(draft, source, f"{NAMES[NamedFile.of(source.path).call]}s", "inline_policies")
        listed = draft.state.setdefault(IMPORTER.name, {}).setdefault("listed", [])
        assert isinstance(listed, list)  # noqa: S101 - nobody else puts anything there
        names = filter(None, texts(page, "PolicyNames"))
        listed += [(principal, name, source.path) for name in names]


def _completed(draft: Draft, source: Source, kinds: str, field: str) -> None:
    """Note that the list of which the name of a source tells is there."""
    account = account_of_path(source.path) or draft.options.account or ""
    draft.complete.add((account, kinds, NamedFile.of(source.path).subject, field))


def _version(page: Json, place: str, source: Source, draft: Draft) -> None:
    """Read a version of a managed policy, whose ARN the user or the name of the file says."""
    version = page["PolicyVersion"]
    arn = find_arn(source.subject or NamedFile.of(source.path).subject)
    if not isinstance(version, dict) or version.get("IsDefaultVersion") is False:
        return
    if arn is None or not is_account_id(arn.account):
        draft.remark(
            "output-about-unknown",
            "nothing says which policy this is a version of",
            place,
            "unknown",
        )
        return
    path, _, name = arn.resource.removeprefix("policy").rpartition("/")
    at = f"{place}PolicyVersion.Document"
    draft.customer_policy(arn.account, name, version.get("Document"), path=f"{path}/", place=at)


def _principal_of_file(
    calls: dict[str, str], place: str, source: Source, draft: Draft
) -> Record | None:
    """Find the principal that the name of a file says an output is about."""
    named = NamedFile.of(source.path)
    kind = calls.get(named.call)
    if kind is None or not named.subject:
        draft.remark(
            "output-about-unknown",
            "this output does not say whose policies these are, nor does the name of its file",
            place,
            "unknown",
        )
        return None
    return _principal(kind, named.subject, place, source, draft)


def _principal(kind: str, name: str, place: str, source: Source, draft: Draft) -> Record | None:
    """Find a principal by its name in the account of the file."""
    account = account_of_path(source.path) or draft.options.account
    if account is None:
        draft.remark(
            "record-without-account",
            f"nothing says which account this {kind} is of: it is left out",
            place,
            "unknown",
        )
        return None
    find = {"role": draft.role, "user": draft.user, "group": draft.group}[kind]
    return find(account, name)


IMPORTER = IamCalls()
