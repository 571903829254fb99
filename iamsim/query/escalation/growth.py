"""What one part of a search adds to the graph: edges, and nodes in between that join many of them.

Parts are made apart and put together afterwards, so none looks at what another has found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from iamsim.query.escalation.model import Edge, Taken

if TYPE_CHECKING:
    from iamsim.checks.escalation_paths import Way

NOTHING = 0  # the weight of an edge that is no step of its own


class Growth:
    """Edges by their ends; of two ways between the same the nearer one is kept."""

    def __init__(self, place: str) -> None:
        """Take what tells the inner nodes of this part from those of others."""
        self._place = place
        self._hubs = 0
        self.edges: dict[tuple[object, object], tuple[int, Edge | None]] = {}

    def same(self, source: object, target: object) -> None:
        """Whoever is the one is the other as well."""
        self.edges[source, target] = NOTHING, None

    def edge(self, source: object, target: object, edge: Edge) -> None:
        """Add a way."""
        if source == target:
            return
        known = self.edges.get((source, target))
        if known is None or known[0] > edge.weight:
            self.edges[source, target] = edge.weight, edge

    def hub(
        self, way: Way, takers: Mapping[str, tuple[Taken, ...]], targets: Iterable[object]
    ) -> None:
        """Everybody who can take a way can reach every target: by a node in between."""
        some = list(targets)
        if not takers or not some:
            return
        if len(some) == 1 or len(takers) == 1:
            for principal, taken in takers.items():
                for target in some:
                    self.edge(principal, target, Edge(way, taken))
            return
        self._hubs += 1
        node = (way.id, self._place, self._hubs)
        for principal, taken in takers.items():
            self.edge(principal, node, Edge(way, taken))
        for target in some:
            self.same(node, target)

    def add_to(self, graph: Any) -> None:  # noqa: ANN401 - networkx has no types
        """Add all of it to a `networkx.DiGraph`."""
        for (source, target), (weight, edge) in self.edges.items():
            if graph.has_edge(source, target) and graph[source][target]["weight"] <= weight:
                continue
            if edge is None:
                graph.add_edge(source, target, weight=weight)
            else:
                graph.add_edge(source, target, weight=weight, edge=edge)
