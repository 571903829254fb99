"""What is written alike in both worlds, seen before anything is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.engine.facts import organization_of
from iamsim.engine.inventory import identity_policies
from iamsim.world.model import AnyPolicy, Level, PolicyDocument, World

if TYPE_CHECKING:
    from iamsim.query.batch import Candidate


def same_policy(one: AnyPolicy | None, other: AnyPolicy | None) -> bool:
    """Whether two policies are one, or have the same text."""
    if isinstance(one, PolicyDocument) and isinstance(other, PolicyDocument):
        return one is other or one.document == other.document
    return one == other


def same_policies(one: Sequence[AnyPolicy], other: Sequence[AnyPolicy]) -> bool:
    """The same for policies in a row; in another order they may come to the same all the same."""
    return len(one) == len(other) and all(map(same_policy, one, other))


class Unchanged:
    """Says of principals whether all that they bring to a request is written alike."""

    def __init__(self, before: World, after: World) -> None:
        """Take two worlds; accounts are compared when they are first asked for."""
        self._before, self._after = before, after
        self._accounts: dict[str, bool] = {}

    def principal(self, candidate: Candidate) -> bool:
        """Whether a principal of both worlds is the same; `False` for what only policies name."""
        account = candidate.account
        return account is not None and self.account(account) and self.entity(candidate)

    def entity(self, candidate: Candidate) -> bool:
        """Whether it is the same but for its account: its policies, boundary and tags."""
        mine = self._before.find_principal(candidate.principal)
        theirs = self._after.find_principal(candidate.principal)
        if mine is None and theirs is None:
            return candidate.principal.endswith(":root")
        if mine is None or theirs is None or type(mine) is not type(theirs):
            return False
        return (
            mine.id == theirs.id
            and mine.tags == theirs.tags
            and getattr(mine, "service_linked", False) is getattr(theirs, "service_linked", False)
            and same_policy(mine.boundary, theirs.boundary)
            and same_policies(
                identity_policies(mine, self._before), identity_policies(theirs, self._after)
            )
        )

    def account(self, account: str) -> bool:
        """Whether an account stands in the same place, under the same control policies."""
        known = self._accounts.get(account)
        if known is None:
            first, second = (
                (
                    model.accounts[account].partition if account in model.accounts else None,
                    organization_of(model, account),
                    model.is_management(account),
                    _assumes_root(model, account),
                )
                for model in (self._before, self._after)
            )
            known = self._accounts[account] = (
                first == second
                and first[0] is not None
                and _same_levels(self._before.scp_levels(account), self._after.scp_levels(account))
            )
        return known


def _assumes_root(model: World, account: str) -> object:
    """What of an organization bears on privileged root sessions."""
    organization = model.organization
    return organization is None or account in organization.delegated_administrators


def _same_levels(one: tuple[Level, ...] | None, other: tuple[Level, ...] | None) -> bool:
    """Whether two rows of levels have the same policies."""
    if one is None or other is None:
        return one is other
    return len(one) == len(other) and all(
        same_policies(mine, theirs) for (_, mine), (_, theirs) in zip(one, other, strict=True)
    )
