"""The tree of an organization in the making: nodes, parents and attachments, in any order.

See https://docs.aws.amazon.com/organizations/latest/userguide/orgs_getting-started_concepts.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from iamsim.core.arn import is_account_id
from iamsim.core.caret import quote
from iamsim.core.errors import WorldError
from iamsim.core.stand_in import is_organization_stand_in
from iamsim.importers.unknown import IN_CONFLICT, marker
from iamsim.world.builtin import find_built_in

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft

PolicyKind = Literal["scps", "rcps"]
KINDS: tuple[PolicyKind, ...] = ("scps", "rcps")
FULL_ACCESS: dict[PolicyKind, str] = {"scps": "p-FullAWSAccess", "rcps": "p-RCPFullAWSAccess"}
WORDS: dict[PolicyKind, str] = {
    "scps": "service control policies",
    "rcps": "resource control policies",
}
KINDS_BY_TYPE: dict[str, PolicyKind] = {
    "SERVICE_CONTROL_POLICY": "scps",
    "RESOURCE_CONTROL_POLICY": "rcps",
}


PARENT = "aws organizations list-parents --child-id {child}"
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
NODE = r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}"
is_node = re.compile(NODE).fullmatch
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Policy.html
is_policy_id = re.compile(r"p-[0-9a-zA-Z_]{8,128}").fullmatch


@dataclass(slots=True)
class OrganizationPolicy:
    """A service or resource control policy; the parts come from different calls of AWS."""

    name: str | None = None
    kind: PolicyKind | None = None
    document: dict[str, object] | None = None


@dataclass(slots=True)
class Tree:
    """What is known of an organization's tree, by ids; `finish` makes it plain data.

    `attached` holds, for root, unit or account and kind, the ids of policies that hang there. A
    target that is in `attached` lists everything that is attached to it, one that is not says
    nothing.
    """

    draft: Draft
    nodes: dict[str, str | None] = field(default_factory=dict)
    """Names of the root and the units, by id."""
    accounts: set[str] = field(default_factory=set)
    """Accounts that are members, wherever they stand."""
    parents: dict[str, str] = field(default_factory=dict)
    """The node above each unit and account."""
    policies: dict[str, OrganizationPolicy] = field(default_factory=dict)
    attached: dict[tuple[str, PolicyKind], list[str]] = field(default_factory=dict)
    enabled: set[PolicyKind] | None = None
    """The policy types that are enabled on the root; `None` where no source says."""
    complete: set[PolicyKind] = field(default_factory=set)
    """Kinds of which all attachments are known: what is not attached is not there."""
    doubts: dict[tuple[str, PolicyKind], list[dict[str, object]]] = field(default_factory=dict)
    """Markers of what may be attached to a target besides, or instead where nothing is known."""
    contested: set[str] = field(default_factory=set)
    """Units and accounts of which two records say different parents."""
    members_lost: bool = False
    """Whether a source is lost that says which accounts and units there are, and where."""
    administrators_lost: dict[str, object] | None = None
    """The marker of a source that is lost and says which accounts administer services."""
    lost_places: dict[str, dict[str, object]] = field(default_factory=dict)
    """The marker of each unit and account of which nobody knows what node it is in."""
    doubts_of_root: dict[PolicyKind, list[dict[str, object]]] = field(default_factory=dict)

    def node(self, node_id: str, name: str | None = None) -> None:
        """Add the root or a unit; the name may come later."""
        known = self.nodes.get(node_id)
        if known and name and known != name:
            self._conflict(f"the name of {quote(node_id)}")
        self.nodes[node_id] = known or name

    def place(self, child: str, parent: str, place: str = "") -> None:
        """Say which node a unit or an account is in."""
        if not is_account_id(child):
            self.node(child)
        self.node(parent)
        if self.parents.setdefault(child, parent) != parent:
            self._conflict(f"the parent of {quote(child)}", place)
            self.contested.add(child)

    def policy(
        self,
        policy_id: str,
        *,
        name: str | None = None,
        policy_type: str | None = None,
        document: object = None,
        place: str = "",
    ) -> None:
        """Add what is known of a policy; types other than the two control policies are left out."""
        kind = KINDS_BY_TYPE.get(policy_type or "")
        if policy_type is not None and kind is None:
            return
        policy = self.policies.setdefault(policy_id, OrganizationPolicy())
        policy.name = policy.name or name
        policy.kind = policy.kind or kind
        if document is not None:
            found = self.draft.document(document, place)
            if policy.document not in (None, found):
                self._conflict(f"the document of {quote(policy_id)}", place)
                found = policy.document = marker(IN_CONFLICT, self.draft.file)
            policy.document = policy.document or found

    def attach(self, policy_id: str, target: str, kind: PolicyKind) -> None:
        """Say that a policy is attached to a root, unit or account."""
        listed = self.attached.setdefault((target, kind), [])
        if policy_id not in listed:
            listed.append(policy_id)

    def attach_all(self, policy_ids: Iterable[str], target: str, kind: PolicyKind) -> None:
        """Say all that is attached to a root, unit or account, if it is nothing."""
        self.attached.setdefault((target, kind), [])
        for policy_id in policy_ids:
            self.attach(policy_id, target, kind)

    def doubt(self, target: str, kind: PolicyKind, why: str) -> None:
        """Say that it is not known what (else) is attached to a root, unit or account."""
        self.doubts.setdefault((target, kind), []).append(marker(why, self.draft.file))

    def doubt_root(self, kind: PolicyKind, why: str) -> None:
        """Say that it is not known what is attached somewhere: at the root it bears on all."""
        self.doubts_of_root.setdefault(kind, []).append(marker(why, self.draft.file))

    def doubt_placeless(self, kind: PolicyKind, doubt: dict[str, object]) -> None:
        """Doubt what is attached above accounts that no source places."""
        known = self.draft.data.get("accounts", {}).keys()
        for target in sorted(known - self.parents.keys() - {self._management}):
            self.attached.setdefault((target, kind), [FULL_ACCESS[kind]])
            doubts = self.doubts.setdefault((target, kind), [])
            doubts.extend([] if doubt in doubts else [doubt])

    def doubt_unlisted(self, kind: PolicyKind, call: str) -> None:
        """Doubt what is attached to targets of which no source lists it, where the kind is in use;
        `call` is what would say it."""
        in_use = any(known == kind for _, known in self.attached)
        if self.enabled is not None:
            in_use = kind in self.enabled
        if not in_use or kind in self.complete:
            return
        management = self._management
        targets = {*self.nodes, *self.parents, *self.accounts} - {management}
        for target in sorted(targets):
            if (target, kind) not in self.attached:
                why = f"no source lists the {WORDS[kind]} that are attached to {quote(target)}"
                self.doubts.setdefault((target, kind), []).append(
                    marker(why, call.format(target=target))
                )
                self.draft.remark("targets-missing", f"{why}: unknown", severity="unknown")

    def enable(self, policy_types: Iterable[str | None]) -> None:
        """Say which policy types are enabled on the root, and that others are not."""
        kinds = {
            KINDS_BY_TYPE[policy_kind]
            for policy_kind in policy_types
            if policy_kind in KINDS_BY_TYPE
        }
        self.enabled = (self.enabled or set()) | kinds

    @property
    def _management(self) -> str | None:
        """The management account, where some source says it."""
        said = self.draft.organization().data.get("management_account")
        return said if isinstance(said, str) else None

    def _conflict(self, what: str, place: str = "") -> None:
        self.draft.remark(
            "import-conflict", f"{what} differs from what another record says", place, "conflict"
        )

    def finish(self) -> None:
        """Put the tree into the plain data of the draft, with remarks for what does not fit."""
        self._doubt_members()
        if self.administrators_lost is not None:
            administrators = self.draft.organization().data
            administrators["delegated_administrators"] = self.administrators_lost
        if not (self.nodes or self.attached or self.policies or self.accounts):
            return
        self._drop_disabled()
        root = self._root()
        self._doubt_everywhere(root)
        names = self._name_policies()
        if root is None:
            for account_id in sorted(self.accounts):
                why = "no source holds the tree of the organization"
                self._doubt_above(account_id, why)
                self._doubt_place(account_id, why)
        else:
            self._place_orphans(root)
            self.draft.organization().set("root", self._node(root, names, set()))
        for policy_id, name in sorted(names.items()):
            is_known = is_policy_id(policy_id) and not is_organization_stand_in(policy_id)
            if is_known and find_built_in(name) is None:
                self.draft.organization().entry("policies", name, {"id": policy_id})
        for target, kind in sorted({*self.attached, *self.doubts}):
            if is_account_id(target):
                account = self.draft.account(target)
                account.set(kind, self._attached(target, kind, names))
        for kind in sorted(self.complete):
            for account_id in sorted(self.parents):
                if is_account_id(account_id):
                    self.draft.account(account_id).data.setdefault(kind, [])

    def _doubt_members(self) -> None:
        """Doubt what is attached above accounts that no source places."""
        why = "a source that says where accounts are in the organization is lost"
        for account_id in self.draft.data.get("accounts", {}) if self.members_lost else ():
            if account_id not in self.parents:
                self._doubt_place(account_id, why)
                for kind in KINDS:
                    if self.enabled is None or kind in self.enabled:
                        self.attached.setdefault((account_id, kind), [FULL_ACCESS[kind]])
                        self.doubts.setdefault((account_id, kind), []).append(marker(why))

    def _doubt_everywhere(self, root: str | None) -> None:
        """Doubt what is attached to the root, to accounts that no source places below it, and above
        what two records place differently."""
        for child in sorted(self.contested):
            self._doubt_above(child, IN_CONFLICT)
            self._doubt_place(child, IN_CONFLICT)
        for kind, doubts in self.doubts_of_root.items():
            if root is not None:
                self.attached.setdefault((root, kind), [FULL_ACCESS[kind]])
                self.doubts.setdefault((root, kind), []).extend(doubts)
            for doubt in doubts:
                self.doubt_placeless(kind, doubt)

    def _drop_disabled(self) -> None:
        """Forget attachments of a type that the root has not enabled: they have no effect."""
        for kind in KINDS:
            if self.enabled is not None and kind not in self.enabled:
                self.complete.discard(kind)
                self.doubts_of_root.pop(kind, None)
                self.attached = {
                    key: value for key, value in self.attached.items() if key[1] != kind
                }
                self.doubts = {key: doubt for key, doubt in self.doubts.items() if key[1] != kind}

    def _place_orphans(self, root: str) -> None:
        """Put units and accounts of which nobody knows where they are directly under the root."""
        # What hangs under another root is of another organization.
        reached = {root, *(node for node in self.nodes if node.startswith("r-"))}
        waiting = list(reached)
        below: dict[str, list[str]] = {}
        for child, parent in self.parents.items():
            below.setdefault(parent, []).append(child)
        while waiting:
            children = [child for child in below.get(waiting.pop(), ()) if child not in reached]
            reached.update(children)
            waiting += children
        for node_id in sorted(self.nodes.keys() - reached):
            if node_id not in self.parents or self._above_itself(node_id):
                self._adopt(node_id, root, "unit")
        management = self._management
        for account_id in sorted(self.accounts - self.parents.keys() - {management}):
            self._adopt(account_id, root, "account")

    def _adopt(self, child: str, root: str, what: str) -> None:
        self.parents[child] = root
        why = "which node of the organization it is in is not known"
        self._doubt_above(child, why)
        self._doubt_place(child, why)
        self.draft.remark(
            "node-without-parent",
            f"which node the {what} {quote(child)} is in is not known: taken to be in the root",
            severity="unknown",
        )

    def _doubt_place(self, child: str, why: str) -> None:
        """Say that nobody knows which node a unit or an account is in."""
        lost = self.lost_places.setdefault(child, marker(why, PARENT.format(child=child)))
        if is_account_id(child):
            self.draft.account(child).data.setdefault("parent", lost)

    def _doubt_above(self, child: str, why: str) -> None:
        """Doubt what is attached above a unit or an account of which nobody knows where it is."""
        for kind in KINDS:
            if kind in self.complete or any(known == kind for _, known in self.attached):
                self.attached.setdefault((child, kind), [FULL_ACCESS[kind]])
                self.doubts.setdefault((child, kind), []).append(marker(why))

    def _above_itself(self, node_id: str) -> bool:
        """Say whether the way up from a unit leads back to it."""
        seen = {node_id}
        above = self.parents.get(node_id)
        while above is not None and above not in seen:
            seen.add(above)
            above = self.parents.get(above)
        return above == node_id

    def _root(self) -> str | None:
        """Find the root: the node named so by its id, else the only one that has no parent."""
        roots = sorted(node for node in self.nodes if node.startswith("r-"))
        roots = roots or sorted(node for node in self.nodes if node not in self.parents)
        if len(roots) > 1:
            raise WorldError(
                "several-organizations",
                f"the sources have several roots, {' and '.join(map(quote, roots))}, and a world"
                " has one organization",
                hint="import what is of one organization at a time",
            )
        if not roots and (self.nodes or self.accounts):
            self.draft.remark(
                "node-without-parent", "no root of the organization was found", severity="unknown"
            )
        return roots[0] if roots else None

    def _node(self, node_id: str, names: dict[str, str], placed: set[str]) -> dict[str, object]:
        """Make a node with all below it; each node once, whatever circles the sources draw."""
        placed.add(node_id)
        data: dict[str, object] = {} if is_organization_stand_in(node_id) else {"id": node_id}
        name = self.nodes[node_id]
        if name is not None:
            data["name"] = name
        if node_id in self.lost_places:
            data["parent"] = self.lost_places[node_id]
        for kind in KINDS:
            known = (node_id, kind) in self.attached or kind in self.complete
            if known or (node_id, kind) in self.doubts:
                data[kind] = self._attached(node_id, kind, names)
        below = sorted(child for child, parent in self.parents.items() if parent == node_id)
        accounts = [child for child in below if is_account_id(child)]
        if accounts:
            data["accounts"] = accounts
        units: dict[str, object] = {}
        for child in below:
            if is_account_id(child) or child in placed:
                continue
            unit = self._node(child, names, placed)
            key = str(unit.get("name", child))
            if key in units:
                key = f"{key} ({child})"
            else:
                unit.pop("name", None)
            units[key] = unit
        if units:
            data["units"] = units
        return data

    def _attached(self, target: str, kind: PolicyKind, names: dict[str, str]) -> list[object]:
        """List the names of what is attached, with what is not known of it."""
        listed: list[object] = [names[text] for text in self.attached.get((target, kind), ())]
        doubts = self.doubts.get((target, kind), [])
        if doubts and (target, kind) not in self.attached and kind not in self.complete:
            return list(doubts)
        return [*sorted(listed, key=str), *doubts]

    def _lost(self, policy_id: str, targets: Iterable[str]) -> dict[str, object]:
        """Remark that the document of a policy is not there, and give what stands for it."""
        why = f"the document of {quote(policy_id)} is not there"
        for target in targets:
            self.draft.remark(
                "policy-missing",
                f"the document of {quote(policy_id)}, attached to {quote(target)}, is not"
                " there: what it says is unknown",
                severity="unknown",
            )
        return marker(why, f"aws organizations describe-policy {policy_id}")

    def _name_policies(self) -> dict[str, str]:
        """Put the documents under the shared policies, and give the name of each by id."""
        names: dict[str, str] = {}
        # What an account names is looked up among its own policies first.
        accounts = self.draft.data.get("accounts", {}).values()
        taken = {name for account in accounts for name in _policy_names(account)}
        attached: dict[str, list[str]] = {}
        for (target, _), listed in sorted(self.attached.items()):
            for policy_id in listed:
                attached.setdefault(policy_id, []).append(target)
        for policy_id in sorted(self.policies.keys() | attached.keys()):
            built_in = find_built_in(policy_id.removeprefix("p-"))
            policy = self.policies.get(policy_id)
            if built_in is not None:
                names[policy_id] = built_in.name
                continue
            document = None if policy is None else policy.document
            targets = [] if document is not None else attached.get(policy_id, [])
            if document is not None or targets:
                name = (policy and policy.name) or policy_id
                name = f"{name} ({policy_id})" if name in taken or find_built_in(name) else name
                taken.add(name)
                names[policy_id] = name
                if document is None:
                    document = self._lost(policy_id, targets)
                self.draft.shared_policy(name, document)
        return names


def _policy_names(account: object) -> Iterable[str]:
    """The names of an account's customer managed policies."""
    policies = account.get("policies") if isinstance(account, dict) else None
    return policies if isinstance(policies, dict) else ()
