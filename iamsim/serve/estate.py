"""What a server answers from: worlds, compiled once, and who the keys of requests belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from threading import RLock
from typing import Any

from iamsim.core.errors import RequestError
from iamsim.engine.world import CompiledWorld
from iamsim.world.model import Account, World


class Estate:
    """A world with all its accounts. `account` is the one that callers are in whose key no account
    lists; `now` is the time (ISO 8601) of every request, by which access is unused."""

    def __init__(self, model: World, now: str, account: str | None = None) -> None:
        """Compile every policy; raises `InputError` for a broken one, and for an account that the
        world does not have."""
        self.model = model
        self.compiled = CompiledWorld.checked(model)
        self.now = now
        self.default = _default_account(model, account)
        self.members = _members(model)
        self.callers = dict(_callers(model))
        self._kept: dict[object, Any] = {}
        self._lock = RLock()

    @cached_property
    def unknowns(self) -> int:
        """How many parts of the world are not known."""
        return len(self.compiled.unknowns()) + len(self.model.lost) + len(self.model.unlisted)

    def caller_of(self, key: str | None, *, manages: bool = False) -> tuple[Account, str, bool]:
        """Who calls with a key: the account, the ARN, and whether the world lists the key.

        A key that is the id of an account calls as its root user. One that nobody lists is of the
        account that answers for the others, or that `manages` the organization.
        """
        known = self.callers.get(key or "")
        if known is not None:
            return known[0], known[1], True
        account = self.model.accounts.get(key or "") or self.members.get(key or "")
        if account is None:
            organization = self.model.organization
            number = organization.management_account if organization and manages else None
            account = self.members.get(number or "", self.default)
        return account, f"arn:{account.partition}:iam::{account.id}:root", key == account.id

    def kept(self, key: object, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it makes
        """What was made before, else what `make` gives; the world never changes."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            return self._kept[key]


def _default_account(model: World, account: str | None) -> Account:
    """The account that is meant, else the management account, else the first."""
    if account is not None:
        found = model.accounts.get(account)
        if found is None:
            raise RequestError(
                "unknown-account",
                f"the world has no account `{account}`",
                hint=f"accounts are {', '.join(model.accounts)}" if model.accounts else None,
            )
        return found
    if not model.accounts:
        raise RequestError("no-account", "the world has no account to answer for")
    organization = model.organization
    management = organization.management_account if organization is not None else None
    return model.accounts.get(management or "") or next(iter(model.accounts.values()))


def _members(model: World) -> dict[str, Account]:
    """The accounts of the organization: those of which the world says no more have nothing."""
    organization = model.organization
    waiting = [] if organization is None or organization.root is None else [organization.root]
    numbers = [organization.management_account] if organization is not None else []
    while waiting:
        node = waiting.pop()
        numbers += node.accounts
        waiting += node.units
    return {
        number: model.accounts.get(number) or Account(id=number) for number in numbers if number
    }


def _callers(model: World) -> list[tuple[str, tuple[Account, str]]]:
    """Every access key that the world lists, with its account and its owner."""
    callers = []
    for account in model.accounts.values():
        owners = [(user.arn, user.access_keys) for user in account.users.values()]
        if account.root_user is not None:
            arn = f"arn:{account.partition}:iam::{account.id}:root"
            owners.append((arn, account.root_user.access_keys))
        for arn, keys in owners:
            for key in keys or ():
                identifier = key.get("id") if isinstance(key, Mapping) else key
                if isinstance(identifier, str):
                    callers.append((identifier, (account, arn)))
    return callers
