"""Lists that say that another page follows: where none of their pages is the last, the rest of
what they list is unknown.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-pagination.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.arn import find_arn
from iamsim.importers.draft import ANYTHING, Draft, Scope
from iamsim.importers.identity_center import doubt_policies
from iamsim.importers.lost import note_principal
from iamsim.importers.scope import scope_of
from iamsim.importers.shapes import Json, folder_names, pages, text
from iamsim.importers.subject import NamedFile, arn_beside, arn_of_file
from iamsim.importers.tree import KINDS_BY_TYPE, NODE
from iamsim.importers.unknown import marker

if TYPE_CHECKING:
    from iamsim.importers.sources import Source

# What stands beside a page that another follows. `Marker` tells it of RDS alone: the file systems
# of EFS come with the one that was asked with.
TOKENS = ("NextToken", "nextToken", "NextMarker", "LastEvaluatedTableName", "PaginationToken")
FLAGS = ("IsTruncated", "Truncated")
# These tell of their pages themselves.
OWN = frozenset(("account authorization details", "service last accessed details"))
OWN_LISTS = frozenset(("Targets",))
MEMBERS = frozenset(("Accounts", "Children", "OrganizationalUnits", "Parents", "Roots"))
SET_LISTS = frozenset(("AttachedManagedPolicies", "CustomerManagedPolicyReferences"))
DELEGATED = frozenset(("DelegatedAdministrators", "DelegatedServices"))
WHY = "every page says that another follows: the last one is not there"

_drop_number = re.compile(r"(?:[-_. ]?(?:page|part)[-_. ]?|\.)[0-9]{1,3}$").sub
_find_targets = re.compile(rf"(?<![0-9a-z-])(?:{NODE}|[0-9]{{12}})(?![0-9a-z-])").findall
_is_call = re.compile(r"(?:describe|get|list|select|search)-[a-z0-9-]+").fullmatch


class _Page(NamedTuple):
    """A page that another follows: its source, its format, and what says what it is about."""

    source: Source
    name: str
    data: Json
    token: str
    about: str


class Paging:
    """Which lists of the sources came to their end."""

    def __init__(self) -> None:
        """Start with no list."""
        self._ended: set[tuple[object, ...]] = set()
        self._cut: dict[tuple[object, ...], _Page] = {}

    def note(self, source: Source, name: str) -> None:
        """Note the pages of a source that the importer of a name reads."""
        if name in OWN:
            return
        for page, about in _outputs(source.data):
            lists = frozenset(key for key, value in page.items() if isinstance(value, list))
            if not lists or lists & OWN_LISTS:
                continue
            place = (name, *_place(source.path), lists)
            subjects = (about,) if about else _subjects(page, source.path)
            keys = [(*place, subject) for subject in subjects]
            token = find_token(page)
            if token is None:
                self._ended.update(keys)
            else:
                self._cut.setdefault(keys[0], _Page(source, name, page, token, about))

    def finish(self, draft: Draft) -> None:
        """Mark what the pages would have told that are not there."""
        for key, page in self._cut.items():
            if key not in self._ended:
                draft.source = page.source.path
                draft.scope = scope_of(page.name, page.source.path)
                draft.remark("page-missing", WHY, page.token, "unknown")
                _lose(draft, page)
        draft.source, draft.scope = "", ANYTHING


def _outputs(data: object) -> Iterator[tuple[Json, str]]:
    """The outputs of a source: pages, and those of a map by what they are about."""
    for page, _ in pages(data):
        yield page, ""
        for key, value in page.items():
            for inner, _ in pages(value) if find_token(page) is None else ():
                if find_token(inner) is not None or isinstance(value, dict):
                    yield inner, key


def find_token(page: Json) -> str | None:
    """The key that says that another page follows."""
    for key in FLAGS:
        if key in page:
            return key if page[key] is True else None
    told = next((key for key in TOKENS if text(page, key) is not None), None)
    if told is None and text(page, "Marker") is not None and any(key[:2] == "DB" for key in page):
        return "Marker"
    return told


def _place(path: str) -> tuple[object, ...]:
    """The folders of a page, and its name where that is one of a call, without its number."""
    folders = tuple(folder_names(path)[:-1])
    named = NamedFile.of(path)
    call = _drop_number("", named.call)
    if not _is_call(call):
        return (*folders, "")
    return (*folders, call, _drop_number("", f".{named.subject}").removeprefix("."))


def _subjects(page: Json, path: str) -> tuple[str, ...]:
    """What a page may be about, as far as it says it: the key of grants, the type of policies."""
    said = arn_beside(page)
    if said is not None:
        return (said,)
    key = "Grants" if "Grants" in page else "Policies"
    listed = page.get(key, [])
    record = listed[0] if isinstance(listed, list) and listed else None
    said = text(record, "KeyId", "Type") if isinstance(record, dict) else None
    if said is None and key == "Policies":
        named = tuple(name for name in KINDS_BY_TYPE if name in path)
        return named or (("", *KINDS_BY_TYPE) if key in page else ("",))
    return (said or "",)


def _lose(draft: Draft, page: _Page) -> None:
    """Mark what a page would have told."""
    lists = page.data.keys()
    if page.name == "AWS Organizations":
        _lose_organization(draft, page)
    elif "Grants" in lists:
        subject = _subjects(page.data, page.source.path)[0]
        arn = subject if find_arn(subject) else arn_of_file(page.source.path)
        if arn is None:
            draft.lose(WHY, services=("kms",))
        else:
            draft.resource(arn).data["grants"] = marker(WHY, draft.file)
    elif "VpcEndpoints" in lists:
        draft.scope = Scope(("endpoints",))
        draft.lose(WHY)
    elif page.name == "IAM Identity Center" and lists & SET_LISTS:
        doubt_policies(draft, page.data, page.about, page.source, marker(WHY, draft.file))
    elif not note_principal(draft, page.source.path, WHY):
        draft.lose(WHY)


def _lose_organization(draft: Draft, page: _Page) -> None:
    """Mark what a page of AWS Organizations would have told."""
    lists, tree = page.data.keys(), draft.tree
    if lists & MEMBERS:
        tree.members_lost = True
    elif lists & DELEGATED:
        tree.administrators_lost = marker(WHY, draft.file)
    elif "Policies" in lists:
        names = (page.about, *reversed(folder_names(page.source.path)))
        is_for_target = "for-target" in page.source.path or bool(_find_targets(page.about))
        found = (_find_targets(name) for name in names) if is_for_target else ()
        target = text(page.data, "TargetId") or next((some[-1] for some in found if some), None)
        told = _subjects(page.data, page.source.path)
        kinds = [kind for key, kind in KINDS_BY_TYPE.items() if key in told]
        for kind in kinds:
            if target is None:
                tree.doubt_root(kind, WHY)
            else:
                tree.doubt(target, kind, WHY)
