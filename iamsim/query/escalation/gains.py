"""What somebody would be with other policies of their own: an administrator, or not yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.decision import PolicyType
from iamsim.query.escalation.administrators import (
    ADMINISTRATOR_ACCESS,
    PROBES,
    as_policy,
    is_administrator_with,
)
from iamsim.query.escalation.targets import policies_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamsim.query.batch import Batch, BatchAnswer, Candidate
    from iamsim.query.escalation.targets import Statements
    from iamsim.syntax.ast import Policy
    from iamsim.world.model import Account, AnyPolicy, Group, Role, User

__all__ = ["Gains", "parsed_policies"]


class Gains:
    """Answers about principals with changed policies, remembered."""

    def __init__(self, batch: Batch, region: str, candidates: Mapping[str, Candidate]) -> None:
        """Take what is asked, where, and everybody whose policies might change."""
        self.candidates = candidates
        self._batch = batch
        self._region = region
        self._everything: dict[object, BatchAnswer] = {}

    def with_everything(self, statements: Statements, candidate: Candidate) -> BatchAnswer:
        """Whether somebody whose own policies allow everything is an administrator; principals that
        neither boundary nor guardrails tell apart are asked for once."""
        entity = candidate.entity
        names = statements.tells_names_apart
        key = (
            candidate.account,
            type(entity),
            candidate.principal if names else None,
            id(getattr(entity, "boundary", None)),
            tuple(sorted(getattr(entity, "tags", {}).items())),
        )
        known = self._everything.get(key)
        if known is None:
            known = self._everything[key] = is_administrator_with(
                self._batch, candidate, [ADMINISTRATOR_ACCESS], self._region
            )
        return known

    def enough(self, own: int, group: Group) -> bool:
        """Whether own policies and a group's are about all that an administrator is asked for."""
        universe = self._batch.universe
        found = own | self.about(group.policies)
        return not universe.mask_of(action for action, _ in PROBES) & ~found

    def about(self, policies: tuple[AnyPolicy, ...]) -> int:
        """The actions (a mask) that some Allow of these policies is about."""
        universe = self._batch.universe
        found = 0
        compiled = self._batch.world.policies.policy_set(policies, PolicyType.IDENTITY)
        for policy in compiled.policies:
            for statement in policy.statements:
                if not statement.denies:
                    found |= universe.mask(statement.actions)
        return found


def parsed_policies(account: Account, *entities: User | Role | Group | None) -> list[Policy]:
    """The parsed policies of some entities together."""
    return [
        as_policy(policy)
        for entity in entities
        if entity is not None
        for policy in policies_of(account, entity)
    ]
