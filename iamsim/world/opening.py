"""Opening a world that an import wrote: the organization at once, accounts on demand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from iamsim.core.errors import WorldError
from iamsim.world.build import WorldBuilder, find_partitions
from iamsim.world.fields import Fields, Problems
from iamsim.world.index import WorldIndex, read_index
from iamsim.world.load import load_world, raise_problems, read_record, world_file
from iamsim.world.on_demand import AccountsOnDemand
from iamsim.world.policies import Policies

if TYPE_CHECKING:
    from iamsim.world.model import Account, World


def open_world(path: str) -> World:
    """Load a world as `load_world` does, but only what a question touches, where the index beside
    it stands for every world file.

    What was found wrong in a file of a policy stands in `World.lost` once that was read.
    """
    index = read_index(world_file(path))
    if index is None or not index.is_whole():
        return load_world(path)
    return _Opened(index).world


class _Opened:
    """A world of which accounts are read by its index."""

    def __init__(self, index: WorldIndex) -> None:
        """Read the file that includes the others."""
        self.index = index
        self.problems = Problems()
        self.homes = {
            account_id: path for path, entry in index.files.items() for account_id in entry.accounts
        }
        self.records: dict[str, Fields] = {}
        self.partitions: dict[str, str] = {}
        self.policies = Policies(
            self.problems, self.partitions, gather_account=self._gather_account
        )
        self.builder = WorldBuilder(self.policies, self.partitions, self.problems)
        top = self._record("world.yaml")
        self.world = self.builder.world(top)
        names = {
            account_id: told
            for entry in index.files.values()
            for account_id, told in entry.accounts.items()
        }
        self.world.accounts = AccountsOnDemand(names, self._account)
        self.world.lost = self.problems.lost
        self.world.find_resources_in(index.resources)
        raise_problems(self.problems.found)

    def _record(self, path: str) -> Fields:
        """Read a world file; one that changed since the world was opened is an error."""
        known = self.records.get(path)
        if known is not None:
            return known
        file = os.path.join(self.index.folder, *path.split("/"))  # noqa: PTH118
        document = self.index.document(file)
        record = None if document is None else read_record(document, self.problems)
        if record is None:
            raise WorldError(
                "world-changed", f"`{file}` was changed while it was read", hint="ask again"
            )
        self.records[path] = record
        self.partitions.update(find_partitions([record]))
        self.policies.gather(record)
        return record

    def _gather_account(self, account_id: str) -> None:
        """Take in the names of policies of an account."""
        path = self.homes.get(account_id)
        if path is not None:
            self._record(path)

    def _account(self, account_id: str) -> Account:
        record = self._record(self.homes[account_id])
        account = self.builder.world(record).accounts[account_id]
        raise_problems(self.problems.found)
        return account
