"""Whom resources that differ can concern, known by name before anything of a caller is compiled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple

from iamsim.compile.principal import PrincipalTest

if TYPE_CHECKING:
    from iamsim.query.batch import Candidate
    from iamsim.query.changes.resources import ListedResource

EVERYONE = "*"


class Touches(NamedTuple):
    """`accounts` are those whose principals are concerned whoever they are, `names` what policies
    name; `None` where somebody else than those named may be meant."""

    accounts: frozenset[str]
    names: frozenset[str] | None

    @classmethod
    def of(cls, touched: Iterable[ListedResource], control: Collection[str]) -> Touches:
        """Look at the resources that differ and at the accounts whose control policies do."""
        accounts = set(control)
        names: set[str] = set()
        everybody = False
        for resource in touched:
            if resource.tags_differ or resource.anything:
                accounts.add(resource.account)
            all_count = resource.tags_differ or resource.anything or resource.account in control
            for test in [
                some.principals
                for some in (resource.statements if all_count else resource.difference.statements)
            ]:
                if isinstance(test, PrincipalTest):
                    names |= test.names
                else:
                    everybody = True
        return cls(frozenset(accounts), None if everybody else frozenset(names))

    def may_concern(self, candidate: Candidate) -> bool:
        """Whether a principal of a world may be meant."""
        if self.names is None or candidate.account in self.accounts or EVERYONE in self.names:
            return True
        if not self.names:
            return False
        entity = candidate.entity
        if entity is None or candidate.principal != entity.arn:
            return True
        account = f"account:{entity.account}"
        if not self.names.isdisjoint((account, f"aws:{entity.arn}", f"aws:{entity.id}")):
            return True
        # Whose canonical user id it is, only the world says.
        return any(name.startswith("canonicaluser:") for name in self.names)
