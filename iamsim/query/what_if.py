"""What if a policy were there, or gone: the same questions in a world that differs a little.

A change is applied where the policies of one request meet, so it holds for what a world attaches
and for what a question brings alike, and everything else keeps its name and place. Layers are left
out first, then policies and statements, then policies are added: a policy that is taken away and
put back is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.core.remember import remember
from iamsim.engine.world import REMEMBERED, CompiledWorld
from iamsim.query.changed_layers import AppliedChange, Change

if TYPE_CHECKING:
    from iamsim.core.request import Caller
    from iamsim.engine.facts import CallerFacts, ResourceFacts
    from iamsim.engine.question import Question
    from iamsim.engine.situation import Situation
    from iamsim.world.model import World


class ChangedWorld(CompiledWorld):
    """A world that answers as if changes had been made, one after the other; the model stays as it
    is."""

    def __init__(self, model: World | None = None, *changes: Change) -> None:
        """Compile what the changes add; raises `PolicyError` for what has no meaning."""
        super().__init__(model)
        self.changes = changes
        self._applied = tuple(AppliedChange(change, self.policies) for change in changes)
        self._changed_callers: dict[int, tuple[CallerFacts, CallerFacts]] = {}
        self._changed_resources: dict[int, tuple[ResourceFacts, ResourceFacts]] = {}

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle world and changes; what was worked out is made anew."""
        return ChangedWorld, (self.model, *self.changes)

    def caller_facts(self, question: Question) -> CallerFacts:
        """The caller's side after the changes; raises `RequestError` for a policy that this caller
        can't have."""
        for applied in self._applied:
            question = applied.question(question)
        known = super().caller_facts(question)
        kept = self._changed_callers.get(id(known))
        if kept is None:
            changed = known
            for applied in self._applied:
                changed = applied.caller(changed)
            kept = changed, known
            remember(self._changed_callers, id(known), kept, REMEMBERED)
        return kept[0]

    def resource_facts(self, question: Question, caller: Caller) -> ResourceFacts:
        """The resource's side after the changes."""
        known = super().resource_facts(question, caller)
        kept = self._changed_resources.get(id(known))
        if kept is None:
            changed = known
            for applied in self._applied:
                changed = applied.resource(question, changed, caller, self.model)
            kept = changed, known
            remember(self._changed_resources, id(known), kept, REMEMBERED)
        return kept[0]

    def situation(
        self, question: Question, caller: CallerFacts, resource: ResourceFacts
    ) -> Situation:
        """Caller before resource, with the endpoint between them after the changes."""
        made = super().situation(question, caller, resource)
        for applied in self._applied:
            made = applied.situation(made)
        return made
