"""Parts of a world that are read when somebody asks for them: accounts, resources, policies.

They are what other worlds have, a dict of accounts and policies. Whoever goes through all of them
reads all.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from typing import TYPE_CHECKING

from iamsim.world.items import Account, PolicyDocument, Resource

if TYPE_CHECKING:
    from iamsim.core.span import Source
    from iamsim.world.index import AccountNames


class PolicyOnDemand(PolicyDocument):
    """A policy whose file is read when somebody asks for its document or its source."""

    __slots__ = ("_path", "_read")
    _path: str
    _read: Callable[[], PolicyDocument]

    @classmethod
    def of(
        cls, name: str, path: str, read: Callable[[], PolicyDocument], arn: str | None = None
    ) -> PolicyOnDemand:
        """Make one; `read` gives what its file holds."""
        made = cls.__new__(cls)
        made.name, made.arn = name, arn
        made._path, made._read = path, read  # noqa: SLF001 - its own
        return made

    def __getattr__(self, name: str) -> Mapping[str, object] | Source:
        """Read the file: only what was not read yet is asked for here."""
        if name not in ("document", "source"):
            raise AttributeError(name)
        document = self._read()
        self.document, self.source = document.document, document.source
        return self.document if name == "document" else self.source

    @property
    def file(self) -> str:
        """The path of its file."""
        return self._path

    def called(self, name: str, arn: str | None) -> PolicyDocument:
        """The same under another name, its file read once for both."""

        def read() -> PolicyDocument:
            return self

        return PolicyOnDemand.of(name, self._path, read, arn)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as a policy that was read."""
        return PolicyDocument, (self.name, self.document, self.source, self.arn)


class AccountsOnDemand(dict[str, Account]):
    """Accounts by their ids, each read when it is asked for."""

    def __init__(self, names: Mapping[str, AccountNames], read: Callable[[str], Account]) -> None:
        """Know the ids in their order, and some names; `read` gives an account."""
        self.names = names
        self._unread = dict.fromkeys(names)
        self._read = read
        super().__init__(self._unread)  # type: ignore[arg-type]  # what was not read is `None`

    def __getitem__(self, account_id: str) -> Account:
        if account_id in self._unread:
            self[account_id] = self._read(account_id)
            del self._unread[account_id]
        return super().__getitem__(account_id)

    def get(self, account_id: str, default: object = None) -> Account | None:  # type: ignore[override]
        """The account, or `None`."""
        if super().get(account_id, self) is self:
            return default  # type: ignore[return-value]
        return self[account_id]

    def __iter__(self) -> Iterator[str]:
        """The ids. Python copies dicts with such a method by what this class gives."""
        return iter(super().keys())

    def values(self) -> ValuesView[Account]:  # type: ignore[override]
        """All accounts, each read as it comes."""
        return ValuesView(self)

    def items(self) -> ItemsView[str, Account]:  # type: ignore[override]
        """The same, with their ids."""
        return ItemsView(self)

    def copy(self) -> dict[str, Account]:
        """All of them, as a plain dict."""
        return dict(self.items())

    def __or__(self, others: Mapping[str, Account]) -> dict[str, Account]:  # type: ignore[override]
        """All of them with others, as a plain dict."""
        return {**self.copy(), **others}

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as a plain dict."""
        return dict, (self.copy(),)


class ResourcesOnDemand:
    """Resources by a key, found in the accounts that list them."""

    def __init__(
        self,
        homes: Mapping[str, str],
        accounts: Mapping[str, Account],
        key_of: Callable[[Resource], str],
    ) -> None:
        """Know the account of each key; `key_of` gives the key of a resource of an account."""
        self._homes, self._accounts, self._key_of = homes, accounts, key_of
        self._known: dict[str, Resource] = {}

    def get(self, key: str) -> Resource | None:
        """The resource, or `None`; reads its account."""
        home = self._homes.get(key)
        if home is not None and key not in self._known:
            listed = self._accounts[home].resources.values()
            self._known.update((self._key_of(resource), resource) for resource in listed)
        return self._known.get(key)
