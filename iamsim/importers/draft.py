"""A world in the making: facts from many files, merged, with a remark for what does not fit.

The plain data of a draft is that of a world file, with policies written inline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, cast
from urllib.parse import unquote

from iamsim.core.arn import find_arn, is_account_id
from iamsim.core.caret import quote
from iamsim.core.unknown import find_marker
from iamsim.importers.key_ring import Claim, KeyRing
from iamsim.importers.options import SourceOptions
from iamsim.importers.places import Places
from iamsim.importers.salvage import UniqueKeys
from iamsim.importers.tree import Tree
from iamsim.importers.unknown import IN_CONFLICT, marker

if TYPE_CHECKING:
    from iamsim.importers.reach import Reach

Severity = Literal["unknown", "skipped", "conflict"]
OF_ACCOUNT = frozenset(("principals", "settings"))
ORGANIZATION = "the organization"
# Facts that a marker may stand for: where two records differ, nobody knows which of them counts.
CONTESTED = frozenset(
    (
        *("abac", "boundary", "bucket", "buckets", "grants", "kms_key", "management_account"),
        *("network_origin", "public_access_block", "role", "shared_with", "tags", "vpc"),
    )
)
URL_ENCODED_START = "%7B"
# API Gateway gives policies with every quotation mark escaped once more.
ESCAPED_START = '{\\"'


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """What is not known (`unknown`), was left out (`skipped`) or said in two ways (`conflict`).

    `source` is the file, `place` the path inside of it, such as
    ``Roles[3].AssumeRolePolicyDocument``.
    """

    source: str
    place: str
    code: str
    message: str
    severity: Severity


class Scope(NamedTuple):
    """Of what a source tells: of some kinds of things (`iamsim.world.items.LOST_KINDS`), of
    resources of some services alone, of an account; where it does not say, of anything."""

    kinds: tuple[str, ...] = ()
    services: frozenset[str] | None = None
    account: str | None = None


ANYTHING = Scope()
# Formats of which a record of a principal says nothing of its policies.
NAME_PRINCIPALS = frozenset(
    {"AWS CLI outputs", "IAM calls", "credential report", "service last accessed details"}
)


def _is_policy(value: object) -> bool:
    """Whether a value is a policy document."""
    return isinstance(value, dict) and "Statement" in value


def _is_in_conflict(value: object) -> bool:
    """Whether two records differed about a value already."""
    unknown = find_marker(value)
    return unknown is not None and unknown.why == IN_CONFLICT


class Record:
    """One thing of the world (a role, say): its plain data, and the merging of facts about it.

    Facts may come twice; a fact that contradicts the first one leaves it and makes a remark. Which
    of two policies counts nobody knows.
    """

    __slots__ = ("data", "draft", "what")

    def __init__(self, draft: Draft, what: str, data: dict[str, object]) -> None:
        """Wrap plain data; `what` names the thing in remarks, such as "the role `app`"."""
        self.draft = draft
        self.what = what
        self.data = data

    def set(self, key: str, value: object, place: str = "") -> None:
        """Give a field its value; `None` says nothing."""
        if value is None:
            return
        known = self.data.setdefault(key, value)
        if known is value or known == value or _is_in_conflict(known):
            return
        self.draft.remark(
            "import-conflict",
            f"`{key}` of {self.what} differs from what another record says",
            place,
            "conflict",
        )
        may_be_marked = key in CONTESTED or (key == "id" and self.what == ORGANIZATION)
        if may_be_marked or _is_policy(known) or _is_policy(value):
            self.data[key] = marker(IN_CONFLICT, self.draft.file)

    def fill(self, facts: Mapping[str, object], place: str = "") -> None:
        """Give several fields their values."""
        for key, value in facts.items():
            self.set(key, value, place)

    def extend(self, key: str, values: Iterable[object]) -> None:
        """Add to a list what is not in it yet; the list is there afterwards, if only empty."""
        known = self.data.setdefault(key, [])
        if isinstance(known, list):
            known.extend(value for value in values if value not in known)

    def entry(self, key: str, name: str, value: object, place: str = "") -> None:
        """Add an entry to a map of the record, such as a policy under its name."""
        entries = self.data.setdefault(key, {})
        if isinstance(entries, dict):
            Record(self.draft, f"`{key}` of {self.what}", entries).set(name, value, place)

    def inline(self, name: str, document: object, place: str = "") -> None:
        """Add an inline policy of a user, group or role; text and URL-encoded text are read."""
        self.entry("inline_policies", name, self.draft.document(document, place), place)

    def attach(self, arns: Iterable[object]) -> None:
        """Attach managed policies, each by its ARN or its name; or the marker of an unknown one."""
        self.extend("policies", arns)

    def tags(self, value: object, place: str = "") -> None:
        """Set tags: a map, or a list of `Key` and `Value` in any letter case; what is neither, or
        not in whole, is not known."""
        tags = read_tags(value)
        whole = value is None or (tags is not None and len(tags) == len(cast("list[str]", value)))
        if not whole:
            self.draft.remark("tags-not-readable", "not all of the tags can be read", place)
            source = self.draft.file or place or "tags"
            self.set("tags", marker("not all of the tags can be read", source), place)
        elif tags:
            self.set("tags", tags, place)


class Draft:
    """Collects a world from many sources; `data` is complete once `iamsim.importers` finished it.

    While a source is read, `source` is its path: remarks are made about it. `state` is room for
    what an importer must keep until all sources are read, under the importer's name.
    """

    def __init__(self, options: SourceOptions | None = None) -> None:
        """Start with nothing known; `options` are what the user said about the sources."""
        self.options = options or SourceOptions()
        self.data: dict[str, dict[str, object]] = {}
        self.source = ""
        self.remarks: dict[Remark, None] = {}
        self.state: dict[str, dict[str, object]] = {}
        self.tree = Tree(self)
        self.keys = KeyRing()
        self.places = Places()
        self.managed: dict[str, dict[str, object]] = {}
        """Documents of AWS managed policies that a source holds, by ARN."""
        self.lost: list[dict[str, object]] = []
        """Markers of sources that are lost."""
        self.scope = ANYTHING
        """Of what the source that is being read tells."""
        self.broken: str | None = None
        """Why the source that is being read is not all of it."""
        self.doubted: list[tuple[str, Reach, str]] = []
        """Sources of which a part is lost, with what that can bear on, and why."""
        self.unread: set[str] = set()
        """Paths of sources that no importer knows."""
        self.counted: dict[tuple[str, str, str], tuple[int, str]] = {}
        """What AWS counts in an account: principals of a kind, or (with the field of a principal)
        attachments of a policy and uses as a boundary, with the source that says so."""
        self.named: dict[tuple[str, str, str], str] = {}
        """Principals (account, kind, name) named without their policies, with the source."""
        self.told: set[tuple[str, str, str]] = set()
        """Principals of which another source tells more."""
        self.complete: set[tuple[str, str, str, str]] = set()
        """Fields of named principals of which a call says all that there is."""
        self.unverified: set[str] = set()
        """Paths of sources of which no list of sums says that they are whole."""
        self.reader = ""
        """The name of the importer that is reading."""
        self.told_by: dict[str, set[str]] = {}
        """The importers that tell of a resource, by its ARN."""
        self.homeless: dict[str, object] = {}
        """Resources whose account is not known yet, by ARN."""
        self._documents: dict[str, dict[str, object] | None] = {}
        self._owners: dict[str, str] = {}
        self._origins: dict[int, str] = {}

    def remark(
        self, code: str, message: str, place: str = "", severity: Severity = "skipped"
    ) -> None:
        """Note something about the source that is being read; a repeated remark counts once."""
        self.remarks[Remark(self.source, place, code, message, severity)] = None

    def unreadable(self, message: str, place: str = "") -> None:
        """Note a record that can't be read: what it held may be missing everywhere."""
        self.remark("record-not-readable", message, place, "unknown")
        self.lose(f"a record can't be read: {message}" + (f" ({place})" if place else ""))

    @property
    def file(self) -> str:
        """The name of the file that is being read, without its folders."""
        return self.source.rpartition("/")[2]

    @property
    def plain(self) -> dict[str, object]:
        """The plain data, as the reader of worlds takes it."""
        return cast("dict[str, object]", self.data)

    def lose(
        self,
        why: str,
        services: Iterable[str] | None = None,
        kinds: Iterable[str] = (),
        account: str | None = None,
    ) -> None:
        """Say that a source, or a part of one, is lost: what it held is unknown. With `services` it
        was the policy of a resource of one of them, and nothing else; else something of the `kinds`
        or of those that the source tells of. Principals and settings are of the `account`, else of
        that which the path names: a call prints those of one account."""
        entry = marker(why, self.file)
        services = self.scope.services if services is None and not kinds else services
        kinds = kinds or self.scope.kinds
        if services is not None:
            entry["services"] = sorted(services)
        elif kinds:
            entry["kinds"] = sorted(kinds)
            account = account or self.scope.account
            if account is not None and OF_ACCOUNT.issuperset(kinds):
                entry["accounts"] = [account]
        if entry not in self.lost:
            self.lost.append(entry)

    def doubt(self, why: str, reach: Reach) -> None:
        """Say that a part of the source is lost, and what of all that the source makes it may be
        attached to: the policies of those are doubted."""
        if (self.source, reach, why) not in self.doubted:
            self.doubted.append((self.source, reach, why))

    def account(self, account_id: str) -> Record:
        """The account of an id (twelve digits; raises `ValueError` for anything else)."""
        if not is_account_id(account_id):
            raise ValueError(account_id)
        accounts = self.data.setdefault("accounts", {})
        return self._record(f"the account `{account_id}`", accounts, account_id)

    def user(self, account_id: str, name: str) -> Record:
        """The user of a name."""
        return self._principal(account_id, "users", "user", name)

    def group(self, account_id: str, name: str) -> Record:
        """The group of a name."""
        return self._principal(account_id, "groups", "group", name)

    def role(self, account_id: str, name: str) -> Record:
        """The role of a name."""
        return self._principal(account_id, "roles", "role", name)

    def permission_set(self, account_id: str, name: str) -> Record:
        """The permission set of a name, as provisioned into an account."""
        return self._part(account_id, "permission_sets", "permission set", name)

    def vpc_endpoint(self, account_id: str, endpoint_id: str) -> Record:
        """The VPC endpoint of an id."""
        return self._part(account_id, "vpc_endpoints", "VPC endpoint", endpoint_id)

    def resource(self, arn: str, account_id: str | None = None) -> Record:
        """The resource of an ARN.

        Its account is the one that the ARN or the user names, else the one given. Where neither
        says (S3), it waits for another source to say; see `settle`.
        """
        found = find_arn(arn)
        if found is None:
            raise ValueError(arn)
        self.told_by.setdefault(arn, set()).add(self.reader)
        owner = self.options.owners.get(arn, account_id)
        owner = found.account if is_account_id(found.account) else owner
        what = f"the resource {quote(arn)}"
        known = self._owners.get(arn)
        if known is not None and owner is not None and known != owner:
            self.remark(
                "import-conflict",
                f"{what} is said to be of {quote(owner)}; {quote(known)} was said before",
                severity="conflict",
            )
            if not is_account_id(found.account):
                record = self._part(known, "resources", "resource", arn)
                record.data["account"] = marker(IN_CONFLICT, self.file)
        owner = known or owner
        if owner is None:
            return self._record(what, self.homeless, arn)
        self._owners[arn] = owner
        record = self._part(owner, "resources", "resource", arn)
        waiting = self.homeless.pop(arn, None)
        if isinstance(waiting, dict):
            record.fill(waiting)
        return record

    def encrypt(self, arn: str, key: str | None, place: str = "", *, assumed: bool = False) -> None:
        """Note the key that encrypts a resource, as `key_settings.find_key` gives it.

        `None` is a key that is not known. What is `assumed` counts where no source says more.
        """
        self.keys.claim(arn, Claim(key, self.source, place, assumed))

    def customer_policy(
        self,
        account_id: str,
        name: str,
        document: object,
        *,
        path: str | None = None,
        place: str = "",
    ) -> None:
        """Add a customer managed policy with its document (text and URL-encoded text are read)."""
        account = self.account(account_id)
        account.entry("policies", name, self.document(document, place), place)
        if path not in (None, "/"):
            account.entry("policy_paths", name, path, place)

    def shared_policy(self, name: str, document: dict[str, object], place: str = "") -> None:
        """Add a document under the top-level `policies`."""
        Record(self, "the shared policies", self.data.setdefault("policies", {})).set(
            name, document, place
        )

    def organization(self) -> Record:
        """The organization; its tree is in `tree`."""
        return Record(self, ORGANIZATION, self.data.setdefault("organization", {}))

    def document(self, value: object, place: str = "") -> dict[str, object]:
        """Read a policy document: an object, its JSON text, or that text URL-encoded.

        What is none is marked as unknown, with a remark. Equal texts give the same object.
        """
        if isinstance(value, dict):
            return value
        source = ": ".join(part for part in (self.file, place) if part)
        if not isinstance(value, str):
            self.remark("policy-not-readable", "there is no policy document here", place)
            return marker("there is no policy document where it should be", source)
        if value not in self._documents:
            text = unquote(value) if value.startswith(URL_ENCODED_START) else value
            unique = UniqueKeys()
            try:
                if text.startswith(ESCAPED_START):
                    text = unique.decoder.decode(f'"{text}"')
                found = unique.decoder.decode(text)
            except (ValueError, RecursionError):
                found = None
            for key in unique.repeated:
                why = f"the key {quote(key)} stands twice in an object: what that says is not known"
                self.remark("key-repeated", why, place, "unknown")
            self._documents[value] = found if isinstance(found, dict) else None
        policy = self._documents[value]
        if policy is None:
            self.remark("policy-not-readable", "this text is no policy document", place)
            return marker("the text in its place is no policy document", source)
        return policy

    def _principal(self, account_id: str, key: str, kind: str, name: str) -> Record:
        if self.reader in NAME_PRINCIPALS:
            self.named.setdefault((account_id, key, name), self.source)
        else:
            self.told.add((account_id, key, name))
        return self._part(account_id, key, kind, name)

    def _part(self, account_id: str, key: str, kind: str, name: str) -> Record:
        parts = self.account(account_id).data.setdefault(key, {})
        assert isinstance(parts, dict)  # noqa: S101 - the draft makes these maps itself
        return self._record(f"the {kind} {quote(name)} of `{account_id}`", parts, name)

    def _record(self, what: str, records: dict[str, object], name: str) -> Record:
        data = records.setdefault(name, {})
        assert isinstance(data, dict)  # noqa: S101 - the draft makes these maps itself
        self._origins.setdefault(id(data), self.source)
        return Record(self, what, data)

    def source_of(self, record: object) -> str:
        """Give the source that first spoke of a record."""
        return self._origins.get(id(record), "")

    def origin(self, path: tuple[str | int, ...]) -> str:
        """Give the source that first spoke of what stands at a path of the data."""
        holder: object = self.data
        found = ""
        for step in path:
            if not isinstance(holder, dict):
                break
            holder = holder.get(step)
            found = self._origins.get(id(holder), found)
        return found


def read_tags(value: object) -> dict[str, object] | None:
    """Read tags as a map or as AWS's list of pairs, with markers of values that are not known;
    `None` for what is neither."""
    if isinstance(value, dict):
        known = {key: "" if text is None else text for key, text in value.items()}
        return {key: text for key, text in known.items() if _is_tag(text)}
    if not isinstance(value, list):
        return None
    tags: dict[str, object] = {}
    for pair in value:
        if isinstance(pair, dict):
            folded = {str(key).lower(): item for key, item in pair.items()}
            key = folded.get("key", folded.get("tagkey"))
            absent = "" if len(folded) == 1 else None  # under another name it is not known
            text = folded.get("value", folded.get("tagvalue", absent))
            if isinstance(key, str) and _is_tag(text):
                tags[key] = text
    return tags


def _is_tag(value: object) -> bool:
    """Whether something is the value of a tag, or the marker of one that is not known."""
    return isinstance(value, str) or find_marker(value) is not None
