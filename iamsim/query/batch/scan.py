"""Policies that can't be about an action, found in their plain data, before they are compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamsim.compile.action import action_test, is_action_pattern
from iamsim.world.model import PolicyDocument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamsim.world.model import AnyPolicy

__all__ = ["ActionScan", "action_texts"]


@dataclass(slots=True)
class ActionScan:
    """Looks through documents for one action, in lower case.

    Only a document whose every statement has an Action element of plain texts, none of which covers
    the action, is left out; whatever else it holds, the compiler has to read.
    """

    action: str
    _policies: dict[PolicyDocument, bool] = field(default_factory=dict)

    def may_find(self, policies: Iterable[AnyPolicy]) -> bool:
        """Whether one of the policies could have a statement about the action."""
        return any(self._may_cover(policy) for policy in policies)

    def _may_cover(self, policy: AnyPolicy) -> bool:
        """The same for one policy, which many callers may share."""
        if not isinstance(policy, PolicyDocument):
            return True  # one of AWS's; there are few of them
        known = self._policies.get(policy)
        if known is None:
            texts = action_texts(policy.document)
            known = texts is None or any(action_test(text)(self.action) for text in texts)
            self._policies[policy] = known
        return known


def action_texts(document: Mapping[str, object]) -> list[str] | None:
    """The entries of a document's Action elements; `None` where some statement has no such element
    of texts that the compiler can read: what it can't may mean any action."""
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list):
        return None
    found: list[str] = []
    for statement in statements:
        entries = statement.get("Action") if isinstance(statement, Mapping) else None
        entries = [entries] if isinstance(entries, str) else entries
        if not isinstance(entries, list):
            return None
        for entry in entries:
            if not isinstance(entry, str) or not is_action_pattern(entry):
                return None
            found.append(entry)
    return found
