"""The shortest chains of ways: to an administrator, to a principal, or to who can do something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from iamsim.core.decision import Verdict
from iamsim.core.overall import overall_verdict
from iamsim.query.escalation.model import (
    Edge,
    Escalations,
    administrator_of,
    is_administrator,
)


class Hop(NamedTuple):
    """One way of a chain: who goes it, and whom or what it reaches."""

    source: str
    target: str
    edge: Edge


class Chain(NamedTuple):
    """How somebody gets to a target: the ways in their order."""

    source: str
    target: str
    hops: tuple[Hop, ...]

    @property
    def verdict(self) -> Verdict:
        """Allowed when every way is; else conditional."""
        return overall_verdict([hop.edge.verdict for hop in self.hops])

    @property
    def is_presumed(self) -> bool:
        """Whether something has to be there that no world lists."""
        return any(hop.edge.way.presumes is not None for hop in self.hops)


def administrators(found: Escalations) -> set[str]:
    """The nodes that stand for everything in an account."""
    return {
        *(administrator_of(candidate.account or "") for candidate in found.candidates.values()),
        # Of an account without any principal, too, where there is a way to it.
        *(node for node in found.graph if isinstance(node, str) and is_administrator(node)),
    }


def shortest_chains(
    found: Escalations, targets: Iterable[str], sources: Iterable[str] | None = None
) -> list[Chain]:
    """The shortest chain of everybody (or of `sources`) who can get to one of the targets.

    Fewer ways come first, then those that are certain; who is there already has no chain. Sorted by
    length and name.
    """
    from networkx import multi_source_dijkstra

    # In their order: of goals that are equally near it is always the same one.
    goals = sorted({target for target in targets if target in found.graph})
    if not goals:
        return []
    _, paths = multi_source_dijkstra(found.graph.reverse(copy=False), goals)
    wanted = set(found.candidates) if sources is None else set(sources)
    chains = []
    for source in wanted:
        nodes = list(reversed(paths.get(source, ())))
        hops = tuple(_hops(found, nodes))
        if hops:
            chains.append(Chain(source, str(nodes[-1]), hops))
    return sorted(chains, key=lambda chain: (len(chain.hops), chain.source))


def _hops(found: Escalations, nodes: list[object]) -> Iterator[Hop]:
    """The ways on a list of nodes; inner nodes are left out."""
    graph = found.graph
    for position in range(len(nodes) - 1):
        data = graph[nodes[position]][nodes[position + 1]]
        edge = data.get("edge")
        if edge is None:
            continue
        end = nodes[position + 1]
        if isinstance(end, tuple):
            end = nodes[position + 2]
        yield Hop(str(nodes[position]), str(end), edge)
