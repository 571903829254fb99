"""The tree of an organization under a layer: its nodes are matched by id.

The tree of the layer is complete: units and accounts of the world below are in it, put there before
it was made, so that what a plan attaches to a unit finds that unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from iamsim.core.data_class import replace

if TYPE_CHECKING:
    from iamsim.world.items import AnyPolicy, Node

    Attached = tuple[AnyPolicy, ...] | None
    Combine = Callable[[Attached, Attached, Attached], Attached]

STAND_IN = "ou-not-known-"  # begins the ids of nodes that have none


def lay_tree(
    base: Node | None, new: Node | None, old: Node | None, combine: Combine
) -> Node | None:
    """Lay the tree of a layer over another; `combine` says what is attached in the end."""
    if base is None:
        return new
    if new is None:
        if old is None:
            return base
        new = _bare(base, None, dict(_ids(base, old.id)))  # all that it says is gone
    known = {identifier: node for node, identifier in node_ids(base, new.id)}
    past = {} if old is None else {node.id: node for node, _ in node_ids(old)}
    return _node(new, None, (known, past), combine)


def _ids(base: Node, root_id: str | None) -> Iterator[tuple[int, str]]:
    return ((id(node), identifier) for node, identifier in node_ids(base, root_id))


def _bare(node: Node, parent: Node | None, identifiers: dict[int, str]) -> Node:
    """A tree of the same nodes that says nothing of what is attached."""
    made = replace(node, id=identifiers[id(node)], scps=None, rcps=None, parent=parent)
    made.units = tuple(_bare(unit, made, identifiers) for unit in node.units)
    return made


def _node(
    new: Node,
    parent: Node | None,
    trees: tuple[dict[str, Node], dict[str | None, Node]],
    combine: Combine,
) -> Node:
    """Lay a node and all below it."""
    known, past = trees
    base = known.get(new.id or "")
    before = past.get(new.id)
    made = replace(new if base is None else base, parent=parent, accounts=new.accounts)
    units = list(new.units)
    if base is not None:
        kept = [account for account in base.accounts if account in new.accounts]
        made.accounts = tuple(dict.fromkeys((*kept, *new.accounts)))
        places = {unit: number for number, unit in enumerate(map(id, base.units))}
        units.sort(key=lambda unit: places.get(id(known.get(unit.id or "")), len(places)))
        renamed = before is not None and before.name != new.name
        made.name = new.name if renamed else base.name
        made.scps = combine(base.scps, new.scps, before.scps if before else None)
        made.rcps = combine(base.rcps, new.rcps, before.rcps if before else None)
    made.units = tuple(_node(unit, made, trees, combine) for unit in units)
    return made


def node_ids(root: Node, root_id: str | None = None) -> Iterator[tuple[Node, str]]:
    """The nodes of a tree, top down, each with its id; where it has none, with one that stands in.

    `root_id` is the id of a root that does not say its own.
    """
    waiting = [(root, root.id or root_id or "r-0000")]
    count = 0
    while waiting:
        node, identifier = waiting.pop(0)
        yield node, identifier
        for unit in node.units:
            count += 1
            waiting.append((unit, unit.id or f"{STAND_IN}{count}"))
