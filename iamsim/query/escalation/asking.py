"""Single calls, each decided once for all targets and contexts that no policy tells apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.query.role_chains import assume_action

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Step
    from iamsim.query.batch import Batch, BatchAnswer, Candidate
    from iamsim.query.escalation.targets import Entity, Statements

ASSUME_ROLE = "sts:AssumeRole"
IAM = "iam:"
POLICY = ":policy/"


class Asker:
    """Asks the engine who can do a call, and remembers it; see the module.

    `statements` are those of the account whose principals ask, and which owns the targets.
    """

    def __init__(self, batch: Batch, statements: Statements, *, denied: bool) -> None:
        """With `denied` the answers of those who can't are there, too."""
        self._batch = batch
        self._statements = statements
        self._denied = denied
        self._known: dict[tuple[object, ...], dict[str, BatchAnswer | None]] = {}

    def ask(
        self, step: Step, resource: str, sources: Sequence[Candidate], target: Entity | None
    ) -> dict[str, BatchAnswer]:
        """The answers of everybody who asked, by principal."""
        action = step.action
        if action == ASSUME_ROLE and target is not None and sources:
            action = assume_action(sources[0])
        context = dict(step.context)
        key = (action, self._class_of(action, resource, target), *self._read(action, context))
        known = self._known.setdefault(key, {})
        missing = [source for source in sources if source.principal not in known]
        if missing:
            known.update((candidate.principal, None) for candidate in missing)
            holders = self._batch.who(action, resource, missing, context, denied=self._denied)
            known.update((holder.principal, holder.answer) for holder in holders)
        found = {source.principal: known[source.principal] for source in sources}
        return {principal: answer for principal, answer in found.items() if answer is not None}

    def forget(self) -> None:
        """Let go of all answers."""
        self._known.clear()

    def _class_of(self, action: str, resource: str, target: Entity | None) -> object:
        """What of a resource policies see. Callers of other accounts assume roles, whose policies
        are not among the statements: these are told apart by name."""
        if not action.startswith(IAM):
            return resource
        if target is not None and target.arn == resource:
            return type(target), self._statements.class_of(action, target)
        if POLICY in resource and self._batch.world.model.find_resource(resource) is None:
            return POLICY, self._statements.fits(action, resource)
        return resource

    def _read(self, action: str, context: dict[str, str]) -> list[tuple[str, str]]:
        """The pinned keys that some policy reads. Nothing but the statements bears on IAM's own
        actions: users, groups and policies have no policies of their own, and a trust policy is
        about assuming the role."""
        if not action.startswith(IAM):
            return sorted(context.items())
        keys = self._statements.keys(action)
        return sorted(parts for parts in context.items() if parts[0].lower() in keys)
