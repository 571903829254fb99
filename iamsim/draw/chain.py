"""A chain of roles as a picture: who assumes which role, what each call needs, where it ends.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Verdict
from iamsim.core.overall import overall_verdict
from iamsim.draw.dot import dot_text, edge_style, label, new_graph, panel_style, state_style
from iamsim.draw.lettering import shortened, wrapped
from iamsim.draw.style import SIZES, State, Theme, palette_of
from iamsim.draw.svg import BADGE_HEIGHT, Sheet
from iamsim.words.gates import deciding_texts, gates_of
from iamsim.words.labels import VERDICTS, short_arn
from iamsim.words.state import VERDICT_STATES

if TYPE_CHECKING:
    from graphviz import Digraph

    from iamsim.core.answer import Answer
    from iamsim.query.chains import Chain

_MARGIN = 24
WIDTH = 688
_DROP = 26  # the line between two boxes
_INDENT = 40
_INNER = 560  # pixels of a line in the graph
_ROOM, _BOLD_ROOM = 0.87, 0.8  # fonts of viewers differ from the one that is measured


class Permission(NamedTuple):
    """One permission that a call needs, whether it is there, and why: in a sentence, and gate by
    gate."""

    action: str
    state: State
    reasons: tuple[str, ...]
    sentence: str


class Step(NamedTuple):
    """One call: who makes it, what it needs, and what comes of it."""

    title: str
    caller: str
    permissions: tuple[Permission, ...]
    target: str
    state: State


class ChainSteps(NamedTuple):
    """A chain to draw: its verdict, and a sentence about where it ends. `left` says how many calls
    were never made."""

    title: str
    steps: tuple[Step, ...]
    left: int
    verdict: Verdict
    sentence: str


def steps_of(chain: Chain, answers: Sequence[Answer]) -> ChainSteps:
    """Take a chain apart, with the answers to the questions at its end."""
    steps = []
    planned = len(chain.plan.hops)
    for number, hop in enumerate(chain.hops, start=1):
        steps.append(
            Step(
                f"hop {number} of {planned}: assumes {hop.plan.role}",
                hop.plan.caller,
                tuple(map(_permission, hop.answers)),
                hop.plan.principal,
                VERDICT_STATES[hop.verdict],
            )
        )
    for answer in answers:
        permission = _permission(answer)
        request = answer.request
        title = f"asks for {request.action}"
        steps.append(
            Step(title, request.principal, (permission,), request.resource, permission.state)
        )
    verdict = overall_verdict([chain.verdict, *(answer.decision.verdict for answer in answers)])
    title = f"chain of roles: {VERDICTS[verdict]}"
    left = planned - len(chain.hops)
    return ChainSteps(title, tuple(steps), left, verdict, _sentence(steps, verdict))


def _sentence(steps: Sequence[Step], verdict: Verdict) -> str:
    """Where a chain ends, and why."""
    last = steps[-1]
    stopped = next((step for step in steps if step.state is State.CLOSED), None)
    if stopped is not None:
        name, _ = short_arn(stopped.caller)
        lacking = [
            permission for permission in stopped.permissions if permission.state is State.CLOSED
        ]
        why = f": {lacking[0].sentence}" if lacking and lacking[0].sentence else ""
        return f"{name} {stopped.title.partition(': ')[2] or stopped.title}, and may not{why}"
    way = "under conditions " if verdict is Verdict.CONDITIONAL else ""
    return f"{way}every call of the chain is allowed, up to {short_arn(last.target)[0]}"


def _permission(answer: Answer) -> Permission:
    gates = gates_of(answer)
    state = VERDICT_STATES[answer.decision.verdict]
    texts = tuple(deciding_texts(gates))
    return Permission(answer.request.action, state, texts, gates.sentence)


def chain_svg(chain: ChainSteps, theme: Theme = Theme.AUTO, width: float = WIDTH) -> str:
    """Draw a chain from top to bottom, so that whole ARNs find their place."""
    return _Drawing(chain, width).document(theme)


class _Drawing:
    """One picture while it is drawn, downwards."""

    def __init__(self, chain: ChainSteps, width: float) -> None:
        self.chain = chain
        self.width = width
        self.full = width - 2 * _MARGIN
        self.inner = self.full - _INDENT - 2 * SIZES.padding
        self.sheet = Sheet()

    def document(self, theme: Theme) -> str:
        """Draw everything."""
        chain, sheet = self.chain, self.sheet
        state = VERDICT_STATES[chain.verdict]
        texts = VERDICTS[chain.verdict], chain.sentence
        y = sheet.headline(_MARGIN, _MARGIN, self.full, state, texts) + 6
        alive = True
        last = ""
        for step in chain.steps:
            if step.caller != last:
                y = self._end(step.caller, y)
            y = self._line(y, live=alive)
            y = self._call(step, y)
            alive = alive and step.state is not State.CLOSED
            y = self._line(y, live=alive)
            y = self._end(step.target, y, live=alive)
            last = step.target
        if chain.left:
            text = (
                f"{chain.left} more hop{'s' if chain.left > 1 else ''} that the chain never reaches"
            )
            y = (
                sheet.lines(
                    _MARGIN, y + 22, wrapped(text, self.full * _ROOM, SIZES.text, most=2), "quiet"
                )
                - 16
            )
        return sheet.document(self.width, round(y + _MARGIN, 1), chain.title, theme, chain.sentence)

    def _line(self, y: float, *, live: bool) -> float:
        x = _MARGIN + _INDENT + 24
        self.sheet.path(f"M{x:g} {y:g} V{y + _DROP:g}", live=live)
        if live:
            self.sheet.put(f'<path class="head" d="M{x:g} {y + _DROP:g} l-5 -9 l10 0 z"/>')
        return y + _DROP

    def _end(self, arn: str, y: float, *, live: bool = True) -> float:
        """Draw a principal or a resource with its whole ARN; grey where nobody comes."""
        sheet = self.sheet
        name, where = short_arn(arn)
        room = (self.full - 2 * SIZES.padding) * _ROOM
        text = f"{name} ({where})" if where else name
        head = wrapped(text, room, SIZES.text, most=2, bold=True)
        rest = wrapped(arn, room, SIZES.small, most=3)
        height = 2 * SIZES.padding + (len(head) + len(rest)) * SIZES.leading - 2
        sheet.open_group("end" if live else "end unreached", arn)
        sheet.box(_MARGIN, y, self.full, height, "panel")
        x = _MARGIN + SIZES.padding
        base = sheet.lines(x, y + SIZES.padding + 11, head, "bold")
        sheet.lines(x, base, rest, "small quiet")
        sheet.close_group()
        return y + height

    def _call(self, step: Step, y: float) -> float:
        """Draw what a call needs: one gate, in which each permission has a line with its
        reasons."""
        sheet = self.sheet
        title = wrapped(step.title, self.inner * _BOLD_ROOM, SIZES.text, most=3, bold=True)
        reasons = [self._reasons(permission) for permission in step.permissions]
        height = 2 * SIZES.padding + len(title) * SIZES.leading
        height += sum(BADGE_HEIGHT + 10 + len(lines) * SIZES.leading for lines in reasons)
        sheet.open_group(f"gate {step.state.css}", f"{step.title}: {step.state.value}")
        x = _MARGIN + _INDENT
        sheet.box(x, y, self.full - _INDENT, height)
        left = x + SIZES.padding
        base = sheet.lines(left, y + SIZES.padding + 11, title, "bold")
        for permission, lines in zip(step.permissions, reasons, strict=True):
            sheet.put(f'<g class="permission {permission.state.css}">')
            taken = sheet.badge(left, base - 9, permission.state)
            most = int((self.inner - taken - 8) / 8)
            sheet.text(left + taken + 8, base + 5, shortened(permission.action, most), "bold")
            base = sheet.lines(left + 12, base + 26, lines, "small") + 4
            sheet.put("</g>")
        sheet.close_group()
        return y + height

    def _reasons(self, permission: Permission) -> list[str]:
        return _reason_lines(permission, (self.inner - 12) * _ROOM)


def _reason_lines(permission: Permission, room: float) -> list[str]:
    return [
        line for text in permission.reasons for line in wrapped(text, room, SIZES.small, most=4)
    ]


def chain_dot(chain: ChainSteps, theme: Theme = Theme.LIGHT) -> str:
    """Write a chain as a graph."""
    palette = palette_of(theme)
    graph = new_graph(chain.title, palette, direction="TB")
    last, name, alive = "", "start", True
    for number, step in enumerate(chain.steps):
        if step.caller != last:
            _dot_end(graph, name, step.caller, panel_style(palette))
        lines = []
        for permission in step.permissions:
            lines.append(f"{permission.action}: {permission.state.value}")
            lines += _reason_lines(permission, _INNER)
        titles = wrapped(step.title, _INNER, SIZES.text, most=2)
        gate, target = f"call{number}", f"end{number}"
        graph.node(gate, label=label(titles, lines), **state_style(step.state, palette))
        graph.edge(name, gate, **edge_style(palette, live=alive))
        alive = alive and step.state is not State.CLOSED
        _dot_end(graph, target, step.target, panel_style(palette))
        graph.edge(gate, target, **edge_style(palette, live=alive))
        last, name = step.target, target
    return dot_text(graph)


def _dot_end(graph: Digraph, name: str, arn: str, look: dict[str, str]) -> None:
    first, where = short_arn(arn)
    head = wrapped(f"{first} ({where})" if where else first, _INNER, SIZES.text, most=2)
    graph.node(name, label=label(head, wrapped(arn, _INNER, SIZES.small, most=2)), **look)
