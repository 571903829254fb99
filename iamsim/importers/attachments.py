"""Which control policies hang where, from lists by policy and lists by target.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamsim.core.caret import quote
from iamsim.importers.tree import FULL_ACCESS, KINDS_BY_TYPE, PolicyKind
from iamsim.world.builtin import find_built_in

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

TYPES: dict[PolicyKind, str] = {kind: name for name, kind in KINDS_BY_TYPE.items()}
LISTING = "aws organizations list-policies-for-target --target-id {{target}} --filter {type}"


@dataclass(slots=True)
class Attachments:
    """Collects both kinds of lists; `finish` tells the tree of the draft."""

    draft: Draft
    by_policy: dict[str, list[str]] = field(default_factory=dict)
    by_target: dict[PolicyKind, dict[str, list[str]]] = field(
        default_factory=lambda: {"scps": {}, "rcps": {}}
    )

    ended: set[str] = field(default_factory=set)
    """Policies of whose targets the last page is there."""

    def of_policy(self, policy_id: str, targets: list[str], *, more: bool = False) -> None:
        """Take a list of all targets of a policy, or a page of it; `more` says that one follows."""
        self.by_policy.setdefault(policy_id, []).extend(targets)
        if not more:
            self.ended.add(policy_id)

    def of_target(self, target: str, policy_type: str, policy_ids: list[str]) -> None:
        """Take a list of all policies of a type that are attached to a target, or a page of it."""
        kind = KINDS_BY_TYPE.get(policy_type)
        if kind is not None:
            self.by_target[kind].setdefault(target, []).extend(policy_ids)

    def finish(self) -> None:
        """Bring both together."""
        for kind in FULL_ACCESS:
            for target, policy_ids in self.by_target[kind].items():
                self.draft.tree.attach_all(policy_ids, target, kind)
        for policy_id, targets in self.by_policy.items():
            kind_of_policy = self._kind(policy_id)
            if kind_of_policy is not None:
                for target in targets:
                    self.draft.tree.attach(policy_id, target, kind_of_policy)
        for kind in FULL_ACCESS:
            self._complete(kind)

    def _kind(self, policy_id: str) -> PolicyKind | None:
        """Find the kind of a policy; one that nothing describes is left out."""
        for kind, full in FULL_ACCESS.items():
            if policy_id == full:
                return kind
        policy = self.draft.tree.policies.get(policy_id)
        if policy is None or policy.kind is None:
            why = f"nothing says what {quote(policy_id)} is"
            self.draft.remark("policy-missing", f"{why}: it may be any", severity="unknown")
            for target in self.by_policy[policy_id]:
                for kind in FULL_ACCESS:
                    self.draft.tree.doubt(target, kind, why)
            return None
        return policy.kind

    def _complete(self, kind: PolicyKind) -> None:
        """Find out whether all attachments of a kind are known; say what is not."""
        tree = self.draft.tree
        ours = {policy_id for policy_id, policy in tree.policies.items() if policy.kind == kind}
        listed = {policy_id for policy_id in self.by_policy if self._is(policy_id, kind)}
        if not self.by_target[kind]:
            for policy_id in sorted(ours - listed):
                if find_built_in(policy_id.removeprefix("p-")) is None:
                    why = f"where {quote(policy_id)} is attached is not known"
                    self.draft.remark("targets-missing", why, severity="unknown")
                    tree.doubt_root(kind, why)
        if not listed:
            tree.doubt_unlisted(kind, LISTING.format(type=TYPES[kind]))
            return
        for policy_id in sorted(listed - self.ended):
            why = f"not all targets of {quote(policy_id)} are there: the last page is missing"
            self.draft.remark("page-missing", why, severity="unknown")
            tree.doubt_root(kind, why)
        if FULL_ACCESS[kind] in listed & self.ended:
            tree.complete.add(kind)
            return
        if kind == "scps":
            self._assume_full_access()

    def _assume_full_access(self) -> None:
        """Attach `FullAWSAccess`, as AWS does, where the list of its own targets is not there."""
        tree = self.draft.tree
        targets = {*tree.nodes, *tree.parents, *tree.accounts, *(t for t, _ in tree.attached)}
        for target in sorted(targets - self.by_target["scps"].keys()):
            tree.attach(FULL_ACCESS["scps"], target, "scps")
        why = "where `p-FullAWSAccess` is attached is not known"
        self.draft.remark("targets-missing", f"{why}: everywhere is assumed", severity="unknown")
        tree.doubt_root("scps", why)

    def _is(self, policy_id: str, kind: PolicyKind) -> bool:
        policy = self.draft.tree.policies.get(policy_id)
        return policy_id == FULL_ACCESS[kind] or (policy is not None and policy.kind == kind)
