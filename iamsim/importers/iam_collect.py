"""The storage of iam-collect: a folder for each account, resource and organization.

As its documentation of the storage says:
``aws/PARTITION/accounts/ACCOUNT/SERVICE/[REGION/][TYPE/]NAME/FILE.json``,
``.../ACCOUNT/FILE.json``, ``.../ACCOUNT/ram/ARN.json`` and
``aws/PARTITION/organizations/ORGANIZATION/...``. What a file is about, its path says; a file that
is not read is remarked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.core.errors import WorldError
from iamsim.importers.facts_of_aws import read_public_access_block
from iamsim.importers.iam_collect_organization import read_organization
from iamsim.importers.iam_collect_resource import read_iam, read_resource, read_shared
from iamsim.importers.lost import is_error
from iamsim.importers.unknown import marker
from iamsim.importers.unread import documents_within, services_within

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

match_account = re.compile(
    r"(?:^|.*/)(?P<partition>aws[a-z-]*)/accounts/(?P<account>[0-9]{12})/(?P<rest>.+)\.json"
).fullmatch
match_organization = re.compile(
    r"(?:^|.*/)aws[a-z-]*/organizations/(?P<organization>o-[a-z0-9]+)/(?P<rest>.+)\.json"
).fullmatch
match_index = re.compile(r"(?:^|.*/)aws[a-z-]*/indexes/(?P<name>[^/]+)\.json").fullmatch
ORGANIZATION, INDEX, SHARED = "organization", "index", "ram"
UNREAD = "no reader takes this file"
GRANTING = ("delegated-admins",)  # what gives access without a policy
Key = tuple[str, str, str]
Files = dict[str, tuple[object, str]]


class IamCollect:
    """The importer of iam-collect's storage."""

    name = "iam-collect"

    def recognises(self, source: Source) -> bool:
        """The path says it."""
        path = source.path
        return any(match(path) for match in (match_account, match_organization, match_index))

    def read(self, source: Source, draft: Draft) -> None:
        """Gather the files of each thing."""
        state = draft.state.setdefault(self.name, {})
        key: Key
        if (match := match_account(source.path)) is not None:
            folder, _, name = match["rest"].rpartition("/")
            key = (match["partition"], match["account"], unquote(folder))
        elif (match := match_organization(source.path)) is not None:
            key, name = (ORGANIZATION, match["organization"], ""), match["rest"]
        elif (match := match_index(source.path)) is not None:
            key, name = (INDEX, "", ""), match["name"]
        else:
            return
        things = state.setdefault("things", {})
        assert isinstance(things, dict)  # noqa: S101 - nobody else puts anything there
        data = source.data
        if data is None or is_error(data) or (name == "metadata" and not data):
            data = marker("the file holds nothing", source.path.rpartition("/")[2])
        things.setdefault(key, {})[name] = (data, source.path)

    def finish(self, draft: Draft) -> None:
        """Read each thing from all of its files, what is shared behind what it is shared from."""
        things = draft.state.get(self.name, {}).get("things", {})
        if not isinstance(things, dict):
            return
        _refuse_several(things)
        for key in sorted(things, key=lambda thing: (thing[2] == SHARED, thing)):
            _read(key, things[key], draft)
        draft.source = ""


def _refuse_several(things: dict[Key, Files]) -> None:
    """Refuse storage of several organizations: a world has one, and they are never merged."""
    organizations = sorted(key[1] for key in things if key[0] == ORGANIZATION)
    if len(organizations) > 1:
        shown = " and ".join(map(quote, organizations))
        raise WorldError(
            "several-organizations",
            f"the storage has several organizations, {shown}, and a world has one",
            hint="import the folders of one organization and of its accounts at a time",
        )


def _read(key: Key, files: Files, draft: Draft) -> None:
    """Read one thing, and remark the files of it that nothing reads."""
    kind, owner, folder = key
    data = {name: content for name, (content, _) in files.items()}
    draft.source = next(iter(files.values()))[1].rpartition("/")[0]
    parts = folder.split("/")
    if kind == ORGANIZATION:
        used = read_organization(owner, data, draft)
    elif kind == INDEX:
        used = _read_indexes(data, draft)
    elif parts[0] == "iam" and parts[1:]:
        used = read_iam(owner, kind, parts, data, draft)
    elif folder == SHARED:
        used = read_shared(owner, {unquote(name): value for name, value in data.items()}, draft)
    elif folder:
        used = read_resource(owner, kind, parts, data, draft)
    else:
        used = _read_account(owner, data, draft)
    for name in sorted(files.keys() - used - {unquote(text) for text in used}):
        if unquote(name) not in used:
            draft.source = files[name][1]
            draft.remark("file-not-read", f"{UNREAD} of iam-collect's storage", severity="unknown")
            if unquote(name) in GRANTING or any(documents_within(data[name])):
                holds = name not in GRANTING and unquote(name) not in GRANTING
                draft.lose(UNREAD, services_within(data[name]) if holds else None)


def _read_account(account: str, files: dict[str, object], draft: Draft) -> set[str]:
    """Read what is said of an account itself; gives the names of the files that were read."""
    metadata, record = files.get("metadata"), draft.account(account)
    name = metadata.get("name") if isinstance(metadata, dict) else None
    record.set("name", name if isinstance(name, str) else None, "metadata")
    block = read_public_access_block(files.get("s3-bpa"))
    record.set("public_access_block", block, "s3-bpa")
    used = {"metadata", "organization"}
    return used if block is None else {*used, "s3-bpa"}


def _read_indexes(files: dict[str, object], draft: Draft) -> set[str]:
    """Read which account owns which bucket; the other indexes say again what other files say."""
    index = files.get("buckets-to-accounts")
    for bucket, owner in index.items() if isinstance(index, dict) else ():
        account = owner.get("accountId") if isinstance(owner, dict) else owner
        arn = f"arn:aws:s3:::{bucket}"
        if isinstance(account, str) and is_account_id(account) and find_arn(arn) is not None:
            draft.resource(arn, account)
    return set(files)


IMPORTER = IamCollect()
