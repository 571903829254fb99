"""The accounts of a search, each looked at when it is first asked for.

A search in several processes sends no account from one to the other: each looks at those that it
needs, and keeps them for the next part of the work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from iamsim.query.escalation.beside import home_with
from iamsim.query.escalation.gains import Gains
from iamsim.query.escalation.home import KINDS, Home, Trusting, make_home

if TYPE_CHECKING:
    from iamsim.query.batch import Batch, Candidate
    from iamsim.query.escalation.model import Blocked


class Beside(NamedTuple):
    """An account once more, as it is when some of its principals have got something besides (see
    `Home`)."""

    account: str
    besides: str
    principals: tuple[str, ...]
    added: int


class Homes(Mapping[str, Home]):
    """The accounts with principals, by their ids and in their order.

    `candidates` are all principals, and whoever of other accounts was found to be trusted. Pickling
    keeps what was asked for; where it is read again in the same process, it is the same object.
    """

    def __init__(self, batch: Batch, region: str, *, blocked: bool) -> None:
        """Take what is asked; no account is looked at yet."""
        self.batch = batch
        self.region = region
        self.candidates: dict[str, Candidate] = {}
        self.gains = Gains(batch, region, self.candidates)
        self.trusting = Trusting(batch)
        self._blocked = blocked
        self._key = str(uuid4())
        self._made: dict[str, Home] = {}
        self._beside: dict[tuple[str, str, tuple[str, ...]], Home] = {}
        some: dict[str, list[Candidate]] = {}
        for candidate in batch.candidates:
            if candidate.kind in KINDS and candidate.account is not None:
                some.setdefault(candidate.account, []).append(candidate)
        self._by_account = dict(sorted(some.items()))
        for candidates in self._by_account.values():
            self.candidates.update((candidate.principal, candidate) for candidate in candidates)

    def __reduce__(self) -> tuple[object, ...]:
        """Name what is asked."""
        return _homes_here, (self._key, self.batch, self.region, self._blocked)

    def __getitem__(self, account: str) -> Home:
        """Look at an account."""
        home = self._made.get(account)
        if home is None:
            home = self._made[account] = make_home(
                self.batch,
                self.batch.world.model.accounts[account],
                self._by_account[account],
                self.gains,
                self.region,
                blocked=self._blocked,
            )
        return home

    def __contains__(self, account: object) -> bool:
        """Whether an account has principals."""
        return account in self._by_account

    def __iter__(self) -> Iterator[str]:
        """The ids of the accounts."""
        return iter(self._by_account)

    def __len__(self) -> int:
        """How many accounts there are."""
        return len(self._by_account)

    def keep_beside(self, home: Home) -> Beside:
        """Keep an account in which some have got something besides, and name it."""
        besides = home.besides or ""
        principals = tuple(candidate.principal for candidate in home.candidates)
        self._beside[home.account.id, besides, principals] = home
        return Beside(home.account.id, besides, principals, home.added or 0)

    def beside(self, named: Beside) -> Home:
        """Find such an account, or look at it again."""
        key = named.account, named.besides, named.principals
        home = self._beside.get(key)
        if home is None:
            home = self._beside[key] = home_with(
                self[named.account], named.besides, named.principals, self.region, named.added
            )
        return home

    def take_blocked(self, account: str) -> list[Blocked]:
        """What was found to be in the way in an account, since this was last asked."""
        taker = self[account].taker
        found, taker.blocked = taker.blocked, []
        return found


_here: dict[str, Homes] = {}  # of the last search that another process has sent


def _homes_here(key: str, batch: Batch, region: str, blocked: bool) -> Homes:
    """The accounts of a search in this process: those that it has looked at, or new ones."""
    homes = _here.get(key)
    if homes is None:
        _here.clear()
        homes = _here[key] = Homes(batch, region, blocked=blocked)
    return homes
