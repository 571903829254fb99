"""What a graph is made of: nodes, arrows, and a headline."""

from __future__ import annotations

from typing import NamedTuple

from iamsim.draw.style import State


class Node(NamedTuple):
    """A node: `key` names it in edges, `kind` (user, role, resource, ...) gives its outline and is
    written on it. `cluster` is the key of its account; `state` marks it as open or closed."""

    key: str
    title: str
    kind: str = ""
    lines: tuple[str, ...] = ()
    cluster: str | None = None
    state: State | None = None


class Edge(NamedTuple):
    """An arrow, with what it stands for; of several between two nodes one is drawn."""

    source: str
    target: str
    label: str = ""
    state: State = State.OPEN


class Headline(NamedTuple):
    """What a graph is about, and what came of it: a verdict in a word, a sentence, its state."""

    title: str = ""
    word: str = ""
    sentence: str = ""
    state: State = State.BYPASSED
    remark: str = ""
