"""Permission sets of IAM Identity Center, and the accounts they are provisioned into.

The calls about one permission set don't print which: that is read from `PermissionSetArn` beside
the output, from a map of outputs by that ARN, from the name of the file
(``describe-permission-set.ps-1111111111111111.json``), and where there is only one permission set,
that is it. https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.importers.draft import Record
from iamsim.importers.facts import note_unassigned
from iamsim.importers.misspelt import Properties
from iamsim.importers.shapes import Json, folder_names, pages, records, text, texts
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

find_ids = re.compile(r"(?<![0-9A-Za-z])ps-[0-9A-Za-z]{16}(?![0-9A-Za-z])").findall
# The key of each call's output.
KEYS = (
    "PermissionSet",
    "PermissionSets",
    "InlinePolicy",
    "AttachedManagedPolicies",
    "CustomerManagedPolicyReferences",
    "PermissionsBoundary",
    "AccountAssignments",
    "AccountIds",
    "Instances",
)


# Lists of attached policies, and what names each of them.
POLICY_LISTS = {"AttachedManagedPolicies": "Arn", "CustomerManagedPolicyReferences": "Name"}


@dataclass(slots=True)
class PermissionSet:
    """What is known of a permission set, and of the accounts that have it."""

    facts: dict[str, object] = field(default_factory=dict)
    policies: list[object] = field(default_factory=list)
    name: str | None = None
    accounts: dict[str, list[str]] = field(default_factory=dict)
    source: str = ""


class IdentityCenter:
    """The importer of the outputs of `aws sso-admin`."""

    name = "IAM Identity Center"

    def recognises(self, source: Source) -> bool:
        """Some part holds the key of one of the calls, and nothing that other formats have."""
        return any(_is_output(part) for part, _, _ in _parts(source))

    def read(self, source: Source, draft: Draft) -> None:
        """Gather what is said of each permission set."""
        for part, place, key in _parts(source):
            if _is_output(part):
                _read(part, place, _subject(part, key, source), draft)

    def finish(self, draft: Draft) -> None:
        """Provision the permission sets into their accounts."""
        if self.name not in draft.state:
            return
        sets = _sets(draft)
        unnamed = sets.pop("", None)
        if unnamed is not None:
            if len(sets) == 1:
                only = next(iter(sets.values()))
                only.facts = unnamed.facts | only.facts
                only.policies += unnamed.policies
                for account_id, assigned in unnamed.accounts.items():
                    only.accounts.setdefault(account_id, []).extend(assigned)
            else:
                draft.source = unnamed.source
                draft.remark(
                    "output-about-unknown",
                    "nothing says which permission set an output is about: it is left out",
                    severity="unknown",
                )
        for set_id, permission_set in sorted(sets.items()):
            draft.source = permission_set.source
            _provision(set_id, permission_set, draft)
        draft.source = ""


def _parts(source: Source) -> Iterator[tuple[Json, str, str]]:
    """Go through outputs: pages, or a map of outputs by the ARN of a permission set."""
    for page, place in pages(source.data):
        if page and all(find_ids(key) for key in page):
            for key, value in page.items():
                for inner, inner_place in pages(value):
                    yield inner, f"{place}{key}.{inner_place}", key
        else:
            yield page, place, ""


def _is_output(part: Json) -> bool:
    """Say whether an object is an output of `aws sso-admin`."""
    if not any(key in part for key in KEYS):
        return False
    names = set(part) - {"NextToken", "PermissionSetArn", "InstanceArn"}
    if names == {"Instances"}:
        return "InstanceArn" in str(part["Instances"])
    return bool(names) and names <= set(KEYS)


def _subject(part: Json, key: str, source: Source) -> str:
    """Find the id of the permission set that an output is about; empty where nothing says it."""
    summary = part.get("PermissionSet")
    said = text(summary, "PermissionSetArn") if isinstance(summary, dict) else None
    for name in (
        said,
        text(part, "PermissionSetArn"),
        source.subject,
        key,
        *(unquote(name) for name in reversed(folder_names(source.path))),
    ):
        found = find_ids(name or "")
        if found:
            return str(found[-1])
    return ""


def doubt_policies(draft: Draft, part: Json, key: str, source: Source, unknown: Json) -> None:
    """Doubt which policies a permission set has, of which an output is not all."""
    set_id = _subject(part, key, source)
    _sets(draft).setdefault(set_id, PermissionSet(source=draft.source)).policies.append(unknown)


def _sets(draft: Draft) -> dict[str, PermissionSet]:
    """Give the permission sets that were gathered, by id."""
    state = draft.state.setdefault(IdentityCenter.name, {})
    found = state.setdefault("sets", {})
    assert isinstance(found, dict)  # noqa: S101 - nobody else puts anything there
    return found


def _read(part: Json, place: str, set_id: str, draft: Draft) -> None:
    sets = _sets(draft)
    for arn in texts(part, "PermissionSets"):
        for found in find_ids(arn):
            sets.setdefault(found, PermissionSet(source=draft.source))
    for record, at in records(draft, part, "AccountAssignments", place):
        _assign(record, at, set_id, draft)
    if part.keys() & {"PermissionSets", "AccountAssignments", "Instances"}:
        return
    known = sets.setdefault(set_id, PermissionSet())
    known.source = known.source or draft.source
    facts = Record(draft, f"the permission set {quote(set_id)}", known.facts)
    summary = part.get("PermissionSet")
    if isinstance(summary, dict):
        known.name = text(summary, "Name") or known.name
        facts.set("arn", text(summary, "PermissionSetArn"), place)
        facts.set("session_duration", text(summary, "SessionDuration"), place)
    inline = part.get("InlinePolicy")
    if inline not in (None, ""):  # AWS prints an empty text where there is none
        at = f"{place}InlinePolicy"
        facts.set("inline", draft.document(inline, at), at)
    for key, name in POLICY_LISTS.items():
        listed = part.get(key, [])
        for index, record in enumerate(listed if isinstance(listed, list) else [listed]):
            named = text(Properties(record), name) if isinstance(record, dict) else None
            known.policies.append(named or _not_told(draft, f"{place}{key}[{index}]"))
    facts.set("boundary", _boundary(part, draft, place), place)
    for account_id in texts(part, "AccountIds"):
        if is_account_id(account_id):
            known.accounts.setdefault(account_id, [])


def _boundary(part: Json, draft: Draft, place: str) -> object:
    """Give the boundary: an AWS managed policy by its ARN, one of the account by its name."""
    boundary = part.get("PermissionsBoundary")
    if boundary is None:
        return None
    if isinstance(boundary, dict):
        reference = boundary.get("CustomerManagedPolicyReference")
        name = text(reference, "Name") if isinstance(reference, dict) else None
        arn = text(boundary, "ManagedPolicyArn") if reference is None else None
        if name or arn:
            return name or arn
    return _not_told(draft, f"{place}PermissionsBoundary")


def _not_told(draft: Draft, place: str) -> Json:
    """Mark a policy that a record names, where the name can't be read."""
    why = "the name of the policy can't be read"
    draft.remark("policy-not-readable", why, place, "unknown")
    return marker(why, f"{draft.file}: {place}")


def _assign(record: Json, place: str, set_id: str, draft: Draft) -> None:
    """Read an assignment: who may use a permission set in an account."""
    account_id = text(record, "AccountId") or ""
    ids = find_ids(text(record, "PermissionSetArn") or "") or ([set_id] if set_id else [])
    if not is_account_id(account_id) or not ids:
        draft.unreadable("this assignment names no account or no permission set", place)
        return
    known = _sets(draft).setdefault(ids[-1], PermissionSet(source=draft.source))
    who = f"{text(record, 'PrincipalType') or 'USER'}/{text(record, 'PrincipalId') or ''}"
    known.accounts.setdefault(account_id, []).append(who)


def _provision(set_id: str, found: PermissionSet, draft: Draft) -> None:
    """Put a permission set into its accounts."""
    if found.name is None:
        why = f"nothing describes the permission set {quote(set_id)}"
        draft.remark("permission-set-unknown", f"{why}: it is left out", severity="unknown")
        draft.lose(why, kinds=("principals",))
        return
    if not found.accounts:
        note_unassigned(draft, found.name, "")
    for account_id, assigned in sorted(found.accounts.items()):
        permission_set = draft.permission_set(account_id, found.name)
        permission_set.fill(found.facts)
        if found.policies:
            permission_set.attach(found.policies)
        if assigned:
            permission_set.extend("assignments", assigned)


IMPORTER = IdentityCenter()
