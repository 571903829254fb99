"""Sources laid over a world: a Terraform plan, a template, or anything else that can be imported.

Of a plan both sides are read, before and after, so that what it takes away is known. Names that the
sources only mention (a policy to attach, a group, a unit) are looked up in the world below.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.errors import WorldError
from iamsim.core.span import Source as TextSource
from iamsim.importers.frame import Imported, Source, import_sources
from iamsim.importers.listed import BELOW
from iamsim.importers.options import SourceOptions
from iamsim.importers.slots import policy_slots
from iamsim.importers.terraform.changes import removals
from iamsim.importers.terraform.instances import is_plan
from iamsim.importers.tree import KINDS, OrganizationPolicy, PolicyKind
from iamsim.importers.unwritten import documents_of
from iamsim.world.documents import Document
from iamsim.world.items import PolicyDocument
from iamsim.world.laying import State, lay_over
from iamsim.world.laying_tree import node_ids
from iamsim.world.load import load_world_documents

if TYPE_CHECKING:
    from iamsim.importers.draft import Draft, Remark
    from iamsim.world.model import World

Key = tuple[str, str, str]


def overlay_world(
    world: World,
    paths: Iterable[str | os.PathLike[str]],
    *,
    options: SourceOptions | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    remarked: Callable[[tuple[Remark, ...]], object] | None = None,
) -> World:
    """Lay sources over a world, each over those before it; the world itself stays as it is.

    What no source says the account of is taken to be of the only account of the world, if it has
    just one. Raises what `import_sources` raises.
    """
    for path in [os.fspath(path) for path in paths]:
        below = _Below(world)
        told = replace(
            options or SourceOptions(),
            account=(options.account if options else None) or below.only_account,
            owners=below.owners,
        )
        label = path.replace(os.sep, "/")
        after, state = _state(label, path, told, below, progress)
        if remarked is not None:
            remarked(after.remarks)
        before, removed = None, frozenset[str]()
        if below.plans:
            removed = frozenset(_identifiers(below.plans))
            before = _before(label, path, replace(told, planned=False), below)
        world = lay_over(world, state, before, removed)
    return world


def _state(
    label: str,
    path: str,
    options: SourceOptions,
    below: _Below,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Imported, State]:
    """Import one side of what is laid over."""
    below.start()
    imported = import_sources([path], options=options, progress=progress, known=below)
    documents, files = documents_of(imported.data, imported.places)
    # Documents say that they come from what is laid over: the files of the world may be alike.
    named = {
        name: Document(file.data, _renamed(file.source, f"{label}: {name}"), file.folder)
        for name, file in files.items()
    }
    worlds = [
        Document(
            document.data,
            _renamed(document.source, f"{label}: {document.source.name}"),
            document.folder,
        )
        for document in documents
    ]
    model = load_world_documents(*worlds, files=named)
    return imported, State(model, dict(_said(imported.data)), frozenset(below.borrowed))


def _renamed(source: TextSource, name: str) -> TextSource:
    """The source under another name; one of a template has its own."""
    if source.evaluated is not None:
        return source
    return TextSource(name, source.text, source.locate_all)


def _before(label: str, path: str, options: SourceOptions, below: _Below) -> State | None:
    """The state that a plan starts from; a plan that makes everything anew has none."""
    below.plans_only = True
    try:
        return _state(label, path, options, below)[1]
    except WorldError as error:
        if error.code != "nothing-to-import":
            raise
        return None


def _said(data: dict[str, dict[str, object]]) -> Iterator[tuple[Key, frozenset[str]]]:
    """The fields that the records of accounts have."""
    for account_id, account in data.get("accounts", {}).items():
        for kind, records in account.items() if isinstance(account, dict) else ():
            for name, record in records.items() if isinstance(records, dict) else ():
                if isinstance(record, dict) and kind != "policies":
                    yield (account_id, str(kind), str(name)), frozenset(map(str, record))


def _identifiers(plans: Iterable[dict[str, object]]) -> Iterator[str]:
    """The ARNs and ids of what plans delete or replace."""
    for plan in plans:
        for change in removals(plan):
            values = change.before or {}
            yield from (
                text for text in (values.get("arn"), values.get("id")) if isinstance(text, str)
            )


@dataclass(slots=True)
class _Below:
    """What an import may take from the world that it is laid over."""

    world: World
    borrowed: set[Key] = field(default_factory=set)
    plans: list[dict[str, object]] = field(default_factory=list)
    plans_only: bool = False

    @property
    def only_account(self) -> str | None:
        """The account of a world that has just one."""
        return next(iter(self.world.accounts)) if len(self.world.accounts) == 1 else None

    @property
    def owners(self) -> dict[str, str]:
        """The accounts of resources whose ARNs name none."""
        return {
            arn: resource.account
            for account in self.world.accounts.values()
            for arn, resource in account.resources.items()
            if (found := find_arn(arn)) is not None and not found.account
        }

    def start(self) -> None:
        """Begin with another import."""
        self.borrowed.clear()

    def takes(self, source: Source) -> bool:
        """Whether a source counts: before a plan there is nothing but its own past."""
        plan = source.data if is_plan(source.data) and isinstance(source.data, dict) else None
        if plan is not None and not self.plans_only:
            self.plans.append(plan)
        return plan is not None or not self.plans_only

    def prepare(self, draft: Draft) -> None:
        """Tell which control policies there are, by their ids."""
        for policy_id, kind, _ in self._control_policies():
            draft.tree.policies.setdefault(policy_id, OrganizationPolicy(kind=kind))

    def place(self, draft: Draft) -> None:
        """Put the units and accounts of the world into the tree, where no source has them."""
        tree = draft.tree
        for policy_id, _, document in self._control_policies():
            policy = tree.policies.setdefault(policy_id, OrganizationPolicy())
            if policy.document is None:
                policy.document, policy.name = dict(document.document), document.name
        organization = self.world.organization
        if organization is None or organization.root is None:
            return
        root = next((name for name in sorted(tree.nodes) if name.startswith("r-")), None)
        identifiers = {id(node): name for node, name in node_ids(organization.root, root)}
        gone = frozenset(_identifiers(self.plans)) - tree.nodes.keys()
        for node, name in node_ids(organization.root, root):
            if name in gone:
                continue
            if not tree.nodes.get(name):
                tree.nodes[name] = node.name
            for account_id in node.accounts:
                tree.parents.setdefault(account_id, name)
            if node.parent is not None:
                tree.parents.setdefault(name, identifiers[id(node.parent)])

    def complete(self, draft: Draft) -> None:
        """Add to what was read the things that it names and does not have."""
        for account_id, account in list(draft.data.get("accounts", {}).items()):
            if isinstance(account, dict):
                self._lend_groups(account_id, account, draft)
        self._lend_policies(draft)
        for account in self.world.accounts.values():
            for arn in account.resources:
                if arn in draft.told_by:
                    draft.told_by[arn].add(BELOW)
        draft.keys.elsewhere.update(
            arn
            for account in self.world.accounts.values()
            for arn, resource in account.resources.items()
            if arn.split(":")[2:3] == ["kms"] and resource.policy is not None
        )

    def _control_policies(self) -> Iterator[tuple[str, PolicyKind, PolicyDocument]]:
        """The attached control policies whose ids are known."""
        organization = self.world.organization
        root = organization.root if organization is not None else None
        holders: list[object] = [] if root is None else [node for node, _ in node_ids(root)]
        for holder in (*holders, *self.world.accounts.values()):
            for kind in KINDS:
                for policy in getattr(holder, kind) or ():
                    if isinstance(policy, PolicyDocument) and policy.arn is not None:
                        identifier = policy.arn.rpartition("/")[2]
                        if not identifier.endswith("FullAWSAccess"):
                            yield identifier, kind, policy

    def _lend_groups(self, account_id: str, account: dict[str, object], draft: Draft) -> None:
        """Add the groups that users join."""
        below = self.world.accounts.get(account_id)
        users = account.get("users")
        for user in users.values() if isinstance(users, dict) and below is not None else ():
            for name in filter(_is_text, user.get("groups") or ()):
                groups = account.get("groups")
                known = groups if isinstance(groups, dict) else {}
                if below is not None and name in below.groups and name not in known:
                    draft.group(account_id, name)
                    self.borrowed.add((account_id, "groups", name))

    def _lend_policies(self, draft: Draft) -> None:
        """Add the customer managed policies that are attached."""
        for slot in list(policy_slots(draft.plain)):
            if not isinstance(slot.value, str) or slot.account is None:
                continue
            name = slot.value.rpartition("/")[2]
            below = self.world.accounts.get(slot.account)
            policy = None if below is None else below.policies.get(name)
            if not isinstance(policy, PolicyDocument) or slot.value not in (name, policy.arn):
                continue
            account = draft.account(slot.account)
            policies = account.data.setdefault("policies", {})
            if isinstance(policies, dict) and name not in policies:
                policies[name] = dict(policy.document)
                self.borrowed.add((slot.account, "policies", name))
                path = below.policy_paths.get(name) if below is not None else None
                if path is not None:
                    account.entry("policy_paths", name, path)


def _is_text(name: object) -> bool:
    """Whether a name is one: a damaged source may hold anything."""
    return isinstance(name, str)
