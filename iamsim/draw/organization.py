"""The organization as a tree: root, units and accounts, with the SCPs and RCPs at each.

With an answer, the levels that the request had to pass are marked, and the one that blocks it.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer, Outcome, Verdict
from iamsim.core.errors import RequestError
from iamsim.draw.style import State
from iamsim.words.gates import Level, gates_of
from iamsim.world.builtin import FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.world.model import AnyPolicy, Node, World

ACCOUNT_LIMIT = 12  # accounts that are named of those that are alike
FEW = 3  # accounts that are drawn although they are alike
_KINDS = {
    Layer.SERVICE_CONTROL_POLICY: "SCP",
    Layer.RESOURCE_CONTROL_POLICY: "RCP",
}


class Attached(NamedTuple):
    """The policies of one kind at one node: their names, how the level stands, and why."""

    kind: str
    policies: tuple[str, ...]
    state: State | None = None
    lines: tuple[str, ...] = ()


class Branch(NamedTuple):
    """A node of the tree with what hangs below it. `kind` is root, unit, account or accounts:
    several that are `alike`, which are their names."""

    kind: str
    name: str
    id: str
    attached: tuple[Attached, ...] = ()
    branches: tuple[Branch, ...] = ()
    alike: tuple[str, ...] = ()

    @property
    def state(self) -> State | None:
        """The worst state of its levels; `None` where the request does not pass here."""
        states = [attached.state for attached in self.attached if attached.state is not None]
        for state in (State.CLOSED, State.DEPENDS, State.OPEN):
            if state in states:
                return state
        return None


class Tree(NamedTuple):
    """An organization to draw: its title, what the marks are about, its root, and where a request
    is drawn its verdict and why."""

    title: str
    about: str
    root: Branch
    verdict: Verdict | None = None
    sentence: str = ""


def tree_of(world: World, answer: Answer | None = None, *, limit: int = ACCOUNT_LIMIT) -> Tree:
    """Take the organization of a world apart; raises `RequestError` where there is none."""
    organization = world.organization
    if organization is None or organization.root is None:
        raise RequestError(
            "no-organization",
            "the world has no organization to draw",
            hint="give it one under `organization:`",
        )
    planting = _Planting(world, _marks(world, answer), limit)
    title = f"organization {organization.id}" if organization.id else "organization"
    root = planting.node(organization.root)
    if answer is None:
        return Tree(title, "", root)
    return Tree(title, _about(answer), root, answer.decision.verdict, gates_of(answer).sentence)


Marks = dict[tuple[int | str, Layer], "Level"]


def _about(answer: Answer) -> str:
    request = answer.request
    return f"{request.action} by {request.principal} on {request.resource}"


def _marks(world: World, answer: Answer | None) -> Marks:
    """How each level of an answer stands: by node, or by the id of an account."""
    marks: Marks = {}
    if answer is None:
        return marks
    entries = answer.explanation.layers
    for gate in gates_of(answer).guardrails:
        layer = gate.place.layer
        if layer not in _KINDS or not gate.levels:
            continue
        path = world.organization_path(gate.levels[-1].name)
        applies = any(
            entry.layer is layer and entry.outcome is not Outcome.NOT_APPLICABLE
            for entry in entries
        )
        if path is None or len(path) + 1 != len(gate.levels) or not applies:
            continue
        keys: Sequence[int | str] = (*map(id, path), gate.levels[-1].name)
        marks.update(((key, layer), level) for key, level in zip(keys, gate.levels, strict=True))
    return marks


class _Planting:
    """Makes branches of nodes."""

    def __init__(self, world: World, marks: Marks, limit: int) -> None:
        self.world = world
        self.marks = marks
        self.limit = limit

    def node(self, node: Node) -> Branch:
        """The branch of the root or a unit."""
        kind = "root" if node.parent is None else "unit"
        accounts = list(node.accounts)
        organization = self.world.organization
        manager = None if organization is None else organization.management_account
        if node.parent is None and manager is not None and self.world.node_of(manager) is node:
            accounts = [*dict.fromkeys((*accounts, manager))]
        branches = self._grouped([self._account(account) for account in accounts])
        return Branch(
            kind,
            node.name,
            node.id or "",
            self._attached(id(node), node.scps, node.rcps),
            (*branches, *map(self.node, node.units)),
        )

    def _grouped(self, branches: Sequence[Branch]) -> list[Branch]:
        """Accounts of one node: those that can't differ are one branch where they are more than a
        few, the first of which are named."""
        alike: dict[object, list[Branch]] = {}
        for branch in branches:
            own = branch.state is not None or branch.kind != "account"
            alike.setdefault((branch.id, branch.name) if own else branch.attached, []).append(
                branch
            )
        found = []
        for group in alike.values():
            if len(group) <= FEW:
                found += group
                continue
            names = [branch.name for branch in group[: self.limit]]
            names += [f"and {len(group) - self.limit} more"] if len(group) > self.limit else []
            title = f"{len(group)} accounts alike"
            found.append(Branch("accounts", title, "", group[0].attached, (), tuple(names)))
        return found

    def _account(self, account_id: str) -> Branch:
        account = self.world.accounts.get(account_id)
        name = (account.name if account is not None else None) or account_id
        manages = self.world.is_management(account_id)
        scps, rcps = (None, None) if account is None else (account.scps, account.rcps)
        return Branch(
            "management account" if manages else "account",
            name,
            account_id if name != account_id else "",
            self._attached(account_id, scps, rcps),
        )

    def _attached(
        self,
        key: int | str,
        scps: tuple[AnyPolicy, ...] | None,
        rcps: tuple[AnyPolicy, ...] | None,
    ) -> tuple[Attached, ...]:
        """The policies of both kinds; one that was not said is the one that AWS attaches."""
        attached = []
        for layer, given, default in (
            (Layer.SERVICE_CONTROL_POLICY, scps, FULL_AWS_ACCESS),
            (Layer.RESOURCE_CONTROL_POLICY, rcps, RCP_FULL_AWS_ACCESS),
        ):
            policies = (default,) if given is None else given
            mark = self.marks.get((key, layer))
            attached.append(
                Attached(
                    _KINDS[layer],
                    _names(policies),
                    None if mark is None else mark.state,
                    () if mark is None or mark.state is State.OPEN else mark.lines,
                )
            )
        return tuple(attached)


def _names(policies: Iterable[AnyPolicy]) -> tuple[str, ...]:
    return tuple(policy.name for policy in policies)
