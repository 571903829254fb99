"""Policies compiled as if some documents were others, without a copy of the world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from iamsim.engine.documents import PolicyLibrary
from iamsim.world.model import AnyPolicy, PolicyDocument, Resource

if TYPE_CHECKING:
    from iamsim.compile.policy import CompiledPolicy, PolicySet
    from iamsim.core.decision import PolicyType


class EditedLibrary(PolicyLibrary):
    """Gives for each changed document the new one, wherever it is used; what does not change is
    compiled once for all libraries that share one."""

    def __init__(self, shared: PolicyLibrary, changed: Mapping[int, PolicyDocument]) -> None:
        """Take the new documents by the identity of the old one's data."""
        super().__init__()
        self._shared = shared
        self._changed = changed

    def _is_changed(self, policy: AnyPolicy) -> bool:
        return isinstance(policy, PolicyDocument) and id(policy.document) in self._changed

    def compiled(self, policy: AnyPolicy, policy_type: PolicyType) -> CompiledPolicy:
        """Compile the document that stands for this one; raises what `PolicyLibrary` raises."""
        if isinstance(policy, PolicyDocument):
            policy = self._changed.get(id(policy.document), policy)
        return self._shared.compiled(policy, policy_type)

    def policy_set(self, policies: tuple[AnyPolicy, ...], policy_type: PolicyType) -> PolicySet:
        """A set of policies; one in which nothing changes is shared."""
        if any(map(self._is_changed, policies)):
            return super().policy_set(policies, policy_type)
        return self._shared.policy_set(policies, policy_type)

    def grants(self, key: Resource) -> PolicySet:
        """The grants of a KMS key, which no edit changes."""
        return self._shared.grants(key)
