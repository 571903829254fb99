"""A policy where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy
    from iamsim.core.decision import PolicyType
    from iamsim.engine.formula import Slot
    from iamsim.syntax.ast import Policy
    from iamsim.world.model import PolicyDocument

    Origin = PolicyDocument | Policy


class Place(NamedTuple):
    """A policy where it stands, or the place for one that is to be made (`policy` is `None`).

    `origin` is the document behind it: of the world, or brought along by the question. `uses` is
    how often the world attaches that document.
    """

    slot: Slot
    level: str | None
    policy_type: PolicyType
    policy: CompiledPolicy | None
    origin: Origin | None
    uses: int = 1

    @property
    def key(self) -> tuple[object, ...]:
        """What tells this place from others: a shared document is one place."""
        if self.origin is not None:
            return (id(self.origin),)
        return (self.slot, self.level, None if self.policy is None else self.policy.arn)

    @property
    def editable(self) -> bool:
        """Whether the policy is one that a customer writes."""
        return self.origin is not None
