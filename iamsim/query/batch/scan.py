"""Policies that can't be about an action, found in their plain data, before they are compiled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from iamsim.compile.action import action_test
from iamsim.symbolic.action_texts import action_texts
from iamsim.world.model import AnyPolicy, PolicyDocument


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
