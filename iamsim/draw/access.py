"""Graphs of who reaches what: `who-can`, escalation paths, and who may assume which role.

Each account is a frame. Everybody is drawn once, and what goes several ways between two nodes is
one arrow.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from iamsim.core.arn import find_arn
from iamsim.core.decision import Verdict
from iamsim.core.identity_center import permission_set_of
from iamsim.core.layer_names import layer_name
from iamsim.draw.graph import GRAPH_LIMIT, draw_graph
from iamsim.draw.lettering import shortened
from iamsim.draw.nodes import Edge, Headline, Node
from iamsim.query.escalation.model import Edge as Way
from iamsim.query.escalation.model import Escalations, split_node
from iamsim.words.labels import short_arn
from iamsim.words.state import VERDICT_STATES, State

if TYPE_CHECKING:
    from iamsim.draw.picture import Picture
    from iamsim.query.batch import BatchAnswer, Candidate
    from iamsim.query.escalation.routes import Chain
    from iamsim.query.role_chains import TrustedRole
    from iamsim.query.who_can import WhoCan
    from iamsim.world.model import World

_CONDITION = 90  # characters of a condition on an arrow
_TITLE = 100


class _Plan:
    """Nodes and edges in the order in which they were met, which is the order of importance."""

    def __init__(self, model: World) -> None:
        self.model = model
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []

    def somebody(self, arn: str, kind: str, more: tuple[str, ...] = ()) -> str:
        """Make sure that a principal, resource or goal is there; gives its key."""
        if arn not in self.nodes:
            name, where = short_arn(arn)
            name = permission_set_of(name.rpartition("/")[2]) or name
            found = find_arn(arn)
            owner = self.model.account_of_resource(arn) if kind == "resource" else None
            account = owner or (None if found is None else found.account)
            cluster = account if account in self.model.accounts else None
            lines = (where,) if where and cluster is None else ()
            self.nodes[arn] = Node(arn, name, kind, (*lines, *more), cluster)
        return arn

    def beside(self, key: str, candidate: Candidate, besides: str) -> str:
        """Make sure that somebody with a group or a policy besides is there, on their own."""
        if key not in self.nodes:
            self.somebody(candidate.principal, candidate.kind.value)
            own = self.nodes[candidate.principal]
            more = (*own.lines, f"with {short_arn(besides)[0]}")
            self.nodes[key] = own._replace(key=key, lines=more)
        return key

    def candidate(self, candidate: Candidate) -> str:
        """Make sure that somebody is there, with the word for what it is."""
        return self.somebody(candidate.principal, candidate.kind.value)

    def arrow(self, source: str, target: str, words: str, answer: BatchAnswer) -> None:
        """Draw what an answer allows, with its condition."""
        condition = _condition(answer)
        text = f"{words}\n{condition}" if condition else words
        self.edges.append(Edge(source, target, text, VERDICT_STATES[answer.verdict]))

    def picture(self, headline: Headline, limit: int) -> Picture:
        """Draw it."""
        accounts = sorted(self.model.accounts.values(), key=lambda account: account.id)
        clusters = {
            account.id: f"{account.name} ({account.id})" if account.name else account.id
            for account in accounts
        }
        nodes = list(self.nodes.values())
        headline = headline._replace(title=shortened(headline.title, _TITLE))
        return draw_graph(nodes, self.edges, clusters, headline=headline, limit=limit)


def _condition(answer: BatchAnswer) -> str:
    """What an answer depends on, in short."""
    if answer.verdict is not Verdict.CONDITIONAL or answer.residual is None:
        return ""
    return shortened(answer.residual.sentence.removeprefix("allowed "), _CONDITION)


def draw_who_can(found: WhoCan, model: World, *, limit: int = GRAPH_LIMIT) -> Picture:
    """Draw who can do something to a resource: directly, by assuming roles first, or kept out.

    Whoever a guardrail keeps out has an arrow that is closed, with the layers.
    """
    plan = _Plan(model)
    resource = plan.somebody(found.resource, "resource")
    for access in found.accesses:
        source = plan.candidate(access.candidate)
        for role, hop in zip(access.roles, access.hops, strict=False):
            target = plan.somebody(role, "role")
            plan.arrow(source, target, "assumes", hop)
            source = target
        plan.arrow(source, resource, access.action, access.answer)
    for access in found.denied_by_key:
        source = plan.candidate(access.candidate)
        for dependency in access.dependencies:
            key = plan.somebody(dependency.resource, "resource")
            plan.arrow(source, key, dependency.action, dependency.answer)
    for blocked in found.blocked or ():
        source = plan.candidate(blocked.candidate)
        names = [layer_name(blocker.layer, blocked.action) for blocker in blocked.blockers]
        words = "\n".join((blocked.action, *names))
        plan.edges.append(Edge(source, resource, words, VERDICT_STATES[Verdict.IMPLICIT_DENY]))
    question = f"{', '.join(found.actions)} on {found.resource}"
    if found.blocked is not None:  # who can was not asked
        kept = {blocked.candidate.principal for blocked in found.blocked}
        word = f"{len(kept)} kept out" if kept else "nobody"
        title = f"who only guardrails keep from {question}"
        return plan.picture(
            Headline(title, word, state=State.CLOSED if kept else State.BYPASSED), limit
        )
    title = f"who can {question}"
    answers = {access.candidate.principal: access.answer.verdict for access in found.accesses}
    freely = sum(verdict is Verdict.ALLOWED for verdict in answers.values())
    texts = [f"{freely} can"] if freely else []
    if len(answers) > freely:
        texts.append(f"{len(answers) - freely} under a condition")
    return plan.picture(_headline(title, answers.values(), ", ".join(texts)), limit)


def draw_paths(
    found: Escalations,
    chains: Sequence[Chain],
    model: World,
    *,
    goal: str,
    limit: int = GRAPH_LIMIT,
) -> Picture:
    """Draw escalation paths: each way is an arrow from who goes it to whom it makes of them.

    `goal` says in words where the chains lead; chains are drawn in their order, short ones first.
    """
    plan = _Plan(model)
    for chain in chains:
        for hop in chain.hops:
            source = _principal(plan, hop.source, found)
            target = _principal(plan, hop.target, found)
            calls = [cleared.taken.step.action for cleared in hop.edge.cleared]
            then = [f"then {', '.join(dict.fromkeys(calls))}"] if calls else []
            words = "\n".join((hop.edge.way.title, *then, *_conditions(hop.edge)))
            plan.edges.append(Edge(source, target, words, VERDICT_STATES[hop.edge.verdict]))
    verdicts = [hop.edge.verdict for chain in chains for hop in chain.hops]
    starts = {chain.hops[0].source for chain in chains if chain.hops}
    sentence = f"{_counted(len(chains), 'path')}, from {_counted(len(starts), 'principal')}"
    return plan.picture(_headline(f"who can become {goal}", verdicts, sentence), limit)


def _conditions(way: Way) -> list[str]:
    """What the steps of a way depend on."""
    answers = [taken.answer for taken in way.taken]
    answers += [cleared.taken.answer for cleared in way.cleared]
    answers += [] if way.gained is None else [way.gained]
    return [text for text in map(_condition, answers) if text]


def _principal(plan: _Plan, name: str, found: Escalations) -> str:
    principal, besides = split_node(name)
    candidate = found.candidates.get(principal)
    if candidate is None:
        return plan.somebody(name, "goal")
    if besides is not None:
        return plan.beside(name, candidate, besides)
    lines = ("is administrator",) if name in found.administrators else ()
    return plan.somebody(name, candidate.kind.value, lines)


def draw_trust(roles: Sequence[TrustedRole], model: World, *, limit: int = GRAPH_LIMIT) -> Picture:
    """Draw who may assume which role, as the engine decided it: by trust policies, the caller's own
    policies and all that limits them."""
    plan = _Plan(model)
    for role in roles:
        target = plan.somebody(role.arn, "role")
        for candidate, answer in role.callers:
            plan.arrow(plan.candidate(candidate), target, "", answer)
    verdicts = [
        Verdict.ALLOWED if edge.state is State.OPEN else Verdict.CONDITIONAL for edge in plan.edges
    ]
    sentence = f"{len({edge.target for edge in plan.edges})} of {len(roles)} roles can be assumed"
    return plan.picture(_headline("who may assume which role", verdicts, sentence), limit)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _headline(title: str, verdicts: Collection[Verdict], sentence: str) -> Headline:
    """The verdict over a graph: whether anybody can, and whether freely."""
    if Verdict.ALLOWED in verdicts:
        return Headline(title, "somebody can", sentence, State.OPEN)
    if verdicts:
        return Headline(title, "under conditions", sentence, State.DEPENDS)
    return Headline(title, "nobody can", sentence, State.CLOSED)
