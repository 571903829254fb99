"""A request before and after edits, and whether its verdict changes as is looked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.errors import InputError
from iamsim.engine.authorize import Prepared, prepare

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld


class Side(NamedTuple):
    """A question and the world that it is asked in."""

    question: Question
    world: CompiledWorld

    def prepared(self) -> Prepared:
        """The question, ready to be decided; raises `InputError` where it can't be asked."""
        return prepare(self.question, self.world)

    def allows(
        self,
        *,
        resource: str | None = None,
        principal: str | None = None,
        action: str | None = None,
    ) -> bool:
        """Whether the request would be allowed for another resource, principal or action."""
        question = self.question
        asked = replace(
            question,
            action=action or question.action,
            resource=resource or question.resource,
            principal=principal or question.principal,
        )
        try:
            return prepare(asked, self.world).decide().allowed
        except InputError:
            return False


class PreparedSides(NamedTuple):
    """Both sides, ready for the actions of one service on one resource.

    `gaining` is the side on which a verdict that is looked for is an allow, `losing` the other.
    """

    gaining: Prepared
    losing: Prepared

    def differ(self, action: str) -> bool:
        """Whether an action has the verdicts that are looked for."""
        return _allows(self.gaining, action) and not _allows(self.losing, action)

    def signature(self, action: str) -> tuple[object, ...]:
        """Which statements an action meets on both sides: those of the same signature are decided
        alike."""
        met = tuple(
            id(statement)
            for side in self
            for station in side.situation.arrange(side.request.action).stations
            if station.policies is not None
            for _, statement in station.policies.candidates(action)
        )
        service = action.partition(":")[0]
        return id(self.gaining), service in self.gaining.situation.rcp_services, met


class Sides(NamedTuple):
    """The same request before and after edits that are to open (`opens`) or to close."""

    before: Side
    after: Side
    opens: bool

    @property
    def gaining(self) -> Side:
        """The side on which a request that changes is allowed."""
        return self.after if self.opens else self.before

    @property
    def losing(self) -> Side:
        """The side on which a request that changes is not allowed."""
        return self.before if self.opens else self.after

    def change(self, *, resource: str, action: str | None = None) -> bool:
        """Whether the verdict about another resource, and action, changes."""
        return self.gaining.allows(resource=resource, action=action) and not self.losing.allows(
            resource=resource, action=action
        )

    def prepared(self, action: str) -> PreparedSides | None:
        """Both sides ready for an action; `None` where it can't be asked of this resource."""
        try:
            gaining, losing = (
                prepare(replace(side.question, action=action), side.world)
                for side in (self.gaining, self.losing)
            )
        except InputError:
            return None
        return PreparedSides(gaining, losing)


def _allows(prepared: Prepared, action: str) -> bool:
    """Whether an action is allowed in the situation of another one."""
    return prepared.situation.decide(replace(prepared.request, action=action)).allowed
