"""The storage of iam-collect: a folder for each account, resource and organization.

``aws/PARTITION/accounts/ACCOUNT/SERVICE/.../NAME/FILE.json`` and
``aws/PARTITION/organizations/ORGANIZATION/...``. What a file is about, its path says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from iamsim.core.arn import find_arn, is_account_id
from iamsim.importers.iam_collect_organization import read_organization
from iamsim.importers.iam_collect_resource import read_iam, read_resource

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft
    from iamsim.importers.sources import Source

__all__ = ["IMPORTER"]

match_account = re.compile(
    r"(?:^|.*/)(?P<partition>aws[a-z-]*)/accounts/(?P<account>[0-9]{12})/(?P<rest>.+)\.json"
).fullmatch
match_organization = re.compile(
    r"(?:^|.*/)aws[a-z-]*/organizations/(?P<organization>o-[a-z0-9]+)/(?P<rest>.+)\.json"
).fullmatch
match_index = re.compile(r"(?:^|.*/)aws[a-z-]*/indexes/(?P<name>[^/]+)\.json").fullmatch


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
        found = match_account(source.path)
        if found is not None:
            folder, _, name = found["rest"].rpartition("/")
            key = (found["partition"], found["account"], unquote(folder))
        elif (found := match_organization(source.path)) is not None:
            key = ("organization", found["organization"], "")
            name = found["rest"]
        elif (found := match_index(source.path)) is not None:
            key, name = ("index", "", ""), found["name"]
        else:
            return
        things = state.setdefault("things", {})
        assert isinstance(things, dict)  # noqa: S101 - nobody else puts anything there
        things.setdefault(key, {})[name] = (source.data, source.path)

    def finish(self, draft: Draft) -> None:
        """Read each thing from all of its files."""
        things = draft.state.get(self.name, {}).get("things", {})
        for key, files in sorted(things.items()) if isinstance(things, dict) else ():
            kind, owner, folder = key
            data = {name: content for name, (content, _) in files.items()}
            draft.source = next(iter(files.values()))[1].rpartition("/")[0]
            if kind == "organization":
                read_organization(owner, data, draft)
            elif kind == "index":
                _read_bucket_owners(data.get("buckets-to-accounts"), draft)
            elif folder.startswith("iam/"):
                read_iam(owner, kind, folder.split("/"), data, draft)
            elif folder:
                read_resource(owner, kind, folder.split("/"), data, draft)
            else:
                _read_account(owner, data, draft)
        draft.source = ""


def _read_account(account: str, files: dict[str, object], draft: Draft) -> None:
    """Read what is said of an account itself."""
    metadata = files.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    draft.account(account).set("name", name if isinstance(name, str) else None, "metadata")


def _read_bucket_owners(index: object, draft: Draft) -> None:
    """Read which account owns which bucket."""
    for bucket, owner in index.items() if isinstance(index, dict) else ():
        account = owner.get("accountId") if isinstance(owner, dict) else owner
        arn = f"arn:aws:s3:::{bucket}"
        if isinstance(account, str) and is_account_id(account) and find_arn(arn) is not None:
            draft.resource(arn, account)


IMPORTER = IamCollect()
