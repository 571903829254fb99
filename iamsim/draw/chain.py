"""A chain of roles as a picture: who assumes which role, what each call needs, where it ends.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.overall import overall_verdict
from iamsim.draw.dot import dot_text, edge_style, label, new_graph, panel_style, state_style
from iamsim.draw.lettering import wrapped
from iamsim.draw.style import SIZES, State, Theme, palette_of
from iamsim.draw.svg import BADGE_HEIGHT, Sheet
from iamsim.draw.verdict import VERDICT_STATES
from iamsim.words.gates import deciding_texts, gates_of
from iamsim.words.labels import VERDICTS, short_arn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphviz import Digraph

    from iamsim.core.answer import Answer
    from iamsim.query.chains import Chain

__all__ = ["ChainSteps", "Permission", "Step", "chain_dot", "chain_svg", "steps_of"]

_MARGIN = 24
_WIDTH = 640
_ARN_HEIGHT = 44
_DROP = 26  # the line between two boxes
_INDENT = 40
_INNER = _WIDTH - _INDENT - 2 * SIZES.padding


class Permission(NamedTuple):
    """One permission that a call needs, whether it is there, and why."""

    action: str
    state: State
    reasons: tuple[str, ...]


class Step(NamedTuple):
    """One call: who makes it, what it needs, and what comes of it."""

    title: str
    caller: str
    permissions: tuple[Permission, ...]
    target: str
    state: State


class ChainSteps(NamedTuple):
    """A chain to draw. `left` says how many calls were never made."""

    title: str
    steps: tuple[Step, ...]
    left: int


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
    return ChainSteps(title, tuple(steps), planned - len(chain.hops))


def _permission(answer: Answer) -> Permission:
    gates = gates_of(answer)
    state = VERDICT_STATES[answer.decision.verdict]
    return Permission(answer.request.action, state, tuple(deciding_texts(gates)))


def chain_svg(chain: ChainSteps, theme: Theme = Theme.AUTO) -> str:
    """Draw a chain from top to bottom, so that whole ARNs find their place."""
    sheet = Sheet()
    sheet.text(_MARGIN, _MARGIN + 12, chain.title, "title")
    y: float = _MARGIN + 30
    alive = True
    last = ""
    for step in chain.steps:
        if step.caller != last:
            y = _end(sheet, step.caller, y)
        y = _line(sheet, y, live=alive)
        y = _call(sheet, step, y)
        alive = alive and step.state is not State.CLOSED
        y = _line(sheet, y, live=alive)
        y = _end(sheet, step.target, y)
        last = step.target
    if chain.left:
        text = f"{chain.left} more hop{'s' if chain.left > 1 else ''} that the chain never reaches"
        sheet.text(_MARGIN, y + 22, text, "quiet")
        y += 22
    width = _WIDTH + 2 * _MARGIN
    return sheet.document(width, round(y + _MARGIN, 1), chain.title, theme)


def _line(sheet: Sheet, y: float, *, live: bool) -> float:
    x = _MARGIN + _INDENT + 24
    sheet.path(f"M{x:g} {y:g} V{y + _DROP:g}", live=live)
    if live:
        sheet.put(f'<path class="head" d="M{x:g} {y + _DROP:g} l-5 -9 l10 0 z"/>')
    return y + _DROP


def _end(sheet: Sheet, arn: str, y: float) -> float:
    """Draw a principal or a resource with its whole ARN."""
    name, where = short_arn(arn)
    sheet.open_group("end", arn)
    sheet.box(_MARGIN, y, _WIDTH, _ARN_HEIGHT, "panel")
    x = _MARGIN + SIZES.padding
    head = wrapped(
        f"{name} ({where})" if where else name, _WIDTH - 20, SIZES.text, most=1, bold=True
    )
    sheet.lines(x, y + 18, head, "bold")
    sheet.lines(x, y + 35, wrapped(arn, _WIDTH - 20, SIZES.small, most=1), "small quiet")
    sheet.close_group()
    return y + _ARN_HEIGHT


def _reason_lines(permission: Permission) -> list[str]:
    return [
        line
        for text in permission.reasons
        for line in wrapped(text, _INNER - 24, SIZES.small, most=3)
    ]


def _call(sheet: Sheet, step: Step, y: float) -> float:
    """Draw what a call needs: one gate, in which each permission has a line with its reasons."""
    title = wrapped(step.title, _INNER, SIZES.text, most=2, bold=True)
    height = 2 * SIZES.padding + len(title) * SIZES.leading
    for permission in step.permissions:
        height += BADGE_HEIGHT + 4 + len(_reason_lines(permission)) * SIZES.leading + 6
    sheet.open_group(f"gate {step.state.css}", f"{step.title}: {step.state.value}")
    x = _MARGIN + _INDENT
    sheet.box(x, y, _WIDTH - _INDENT, height)
    left = x + SIZES.padding
    base = sheet.lines(left, y + SIZES.padding + 11, title, "bold")
    for permission in step.permissions:
        sheet.put(f'<g class="permission {permission.state.css}">')
        taken = sheet.badge(left, base - 9, permission.state)
        sheet.text(left + taken + 8, base + 5, permission.action, "bold")
        base = sheet.lines(left + 12, base + 26, _reason_lines(permission), "small") + 4
        sheet.put("</g>")
    sheet.close_group()
    return y + height


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
            lines += _reason_lines(permission)
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
