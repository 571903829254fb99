"""The work that one proof may take, in steps: the same question always ends alike."""

from __future__ import annotations

from dataclasses import dataclass

TEXT_STATES = 400_000
NODES = 60_000
DEPTH = 300


class OutOfBudgetError(Exception):
    """A proof took more steps than it was given; `what` says of which kind."""

    def __init__(self, what: str) -> None:
        """Say what ran out."""
        super().__init__(what)
        self.what = what


@dataclass(slots=True)
class Budget:
    """The steps left: states of text searches, and nodes of the search over conditions."""

    states: int = TEXT_STATES
    nodes: int = NODES

    def spend_states(self, steps: int) -> None:
        """Take steps of a text search; raises `OutOfBudgetError`."""
        self.states -= steps
        if self.states < 0:
            raise OutOfBudgetError(f"more than {TEXT_STATES:,} states of text patterns")

    def spend_node(self, depth: int) -> None:
        """Take one step of the search over conditions, so many choices deep; raises
        `OutOfBudgetError`."""
        if depth > DEPTH:
            raise OutOfBudgetError(f"more than {DEPTH} choices in a row")
        self.nodes -= 1
        if self.nodes < 0:
            raise OutOfBudgetError(f"more than {NODES:,} combinations of conditions")
