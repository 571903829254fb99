"""The layers of an answer with their policies: each statement, and where its clauses stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from iamsim.core.answer import Answer
from iamsim.core.explanation import (
    ClauseExplanation,
    Element,
    LayerExplanation,
    PolicyExplanation,
    StatementExplanation,
)
from iamsim.core.reason import Reason
from iamsim.core.span import Span
from iamsim.core.ways import is_absent
from iamsim.report.document import Badge, Document, Marked, Part, Prose
from iamsim.report.html.page import anchor
from iamsim.report.html.parts import outcome_badge
from iamsim.report.html.policy_text import Anchor, Block, Remark, TextMark, policy_blocks
from iamsim.report.quote import failure_marks, match_marks
from iamsim.report.trace import clause_text, statement_depends
from iamsim.words.sentences import NOTES, REASONS, layer_name, level_text
from iamsim.words.wording import failure_text, joined, statement_text

_NEGATED = frozenset({Element.NOT_ACTION, Element.NOT_RESOURCE, Element.NOT_PRINCIPAL})
# What the badge of a layer says already.
_TOLD = frozenset({Reason.STATEMENT_ALLOWS, Reason.STATEMENT_DENIES, Reason.NO_STATEMENT_ALLOWS})
_FEW = 3  # policies of an answer that are all shown open


class StatementView(NamedTuple):
    """A line about a statement, which leads to its text. `part` says whether it decides."""

    name: str
    title: str
    effect: str
    badge: Badge
    because: str
    part: str | None


def statement_names(answer: Answer, prefix: str) -> dict[int, str]:
    """The element ids of the statements of an answer, by the identity of each."""
    return {
        id(statement): anchor(prefix, "layer", number, position, statement.index + 1)
        for number, layer in enumerate(answer.explanation.layers, 1)
        for position, policy in enumerate(layer.policies, 1)
        for statement in policy.statements
    }


def layer_parts(answer: Answer, prefix: str) -> tuple[Part, ...]:
    """Lay out all layers that are there; `prefix` starts the ids of one answer."""
    layers = answer.explanation.layers
    parts = _parts(answer)
    names = statement_names(answer, prefix)
    few = sum(len(layer.policies) for layer in layers) <= _FEW
    return tuple(
        _layer(layer, answer, anchor(prefix, "layer", number), _Shown(parts, names, few))
        for number, layer in enumerate(layers, 1)
        if layer.policies or not is_absent(layer)
    )


class _Shown(NamedTuple):
    """What is known of statements beside themselves."""

    parts: dict[int, str]
    names: dict[int, str]
    all_open: bool


def _parts(answer: Answer) -> dict[int, str]:
    """The statements that decide, and those that came closest."""
    parts: dict[int, str] = {}
    for decider in answer.explanation.decided_by:
        if decider.near is not None:
            parts.setdefault(id(decider.near.statement), "closest to allowing it")
        if decider.statement is not None:
            parts[id(decider.statement)] = "decides"
    return parts


def _layer(layer: LayerExplanation, answer: Answer, name: str, shown: _Shown) -> Part:
    title = layer_name(layer.layer, answer.request.action, layer.level) + level_text(layer.level)
    residuals = () if layer.residual is None else layer.residual
    texts = [residual.sentence for residual in residuals if residual is not None]
    texts += [f"note: {NOTES[note]}" for note in layer.notes]
    policies = [
        _policy(policy, answer, anchor(name, number), shown)
        for number, policy in enumerate(layer.policies, 1)
    ]
    document = Document(
        "",
        (Prose(f"{name}-more", "", tuple(texts)), *policies),
        verdict=outcome_badge(layer.outcome),
        summary="" if layer.reason in _TOLD else REASONS[layer.reason],
    )
    return Part(name, title, document, named=True)


def _policy(policy: PolicyExplanation, answer: Answer, name: str, shown: _Shown) -> Marked:
    matching = sum(statement.matched for statement in policy.statements)
    depending = sum(map(statement_depends, policy.statements))
    number = len(policy.statements)
    verb = "statement matches" if number == 1 else "statements match"
    count = f"{matching} of {number} {verb}"
    denies = any(
        statement.matched and statement.effect == "Deny" for statement in policy.statements
    )
    badge = Badge("no" if denies else "yes" if matching else "none", count)
    if depending:
        badge = Badge("open", f"{count}, {depending} depend")
    return Marked(
        name,
        policy.name,
        lambda: tuple(_blocks(policy, answer.request.action, shown)),
        badge,
        "" if policy.source.name == policy.name else policy.source.name,
        shown.all_open or any(id(statement) in shown.parts for statement in policy.statements),
        tuple(_statement(statement, shown) for statement in policy.statements),
    )


def _blocks(policy: PolicyExplanation, action: str, shown: _Shown) -> Iterator[Block]:
    """The text of a policy, and of its statements that are written elsewhere."""
    stretches: list[tuple[Span, list[StatementExplanation]]] = [(policy.source.span(()), [])]
    for statement in policy.statements:
        span = statement.span
        around = (inside for outer, inside in stretches if _holds(outer, span))
        inside = next(around, None)
        if inside is None:
            inside = []
            stretches.append((span, inside))
        inside.append(statement)
    for stretch, statements in stretches:
        if not statements and len(stretches) > 1:
            continue
        near = [(statement, id(statement) in shown.parts) for statement in statements]
        yield from policy_blocks(
            stretch,
            [mark for entry, closely in near for mark in _marks(entry, action, closely=closely)],
            [
                remark
                for entry, closely in near
                for remark in _remarks(entry, action, closely=closely)
            ],
            [_anchor(statement, shown) for statement in statements],
        )


def _holds(outer: Span, span: Span) -> bool:
    """Whether a stretch is inside of another one, of the same text."""
    same = outer.source.name == span.source.name
    return same and outer.start <= span.start and span.end <= outer.end


def _statement(statement: StatementExplanation, shown: _Shown) -> StatementView:
    badge = _badge(statement)
    failures = [failure_text(statement, element) for element in statement.failed_elements]
    because = [] if statement.matched else [joined(failures)]
    because += [f"note: {NOTES[note]}" for note in statement.notes]
    return StatementView(
        shown.names[id(statement)],
        statement_text(statement.index, statement.sid),
        statement.effect,
        badge,
        "; ".join(because),
        shown.parts.get(id(statement)),
    )


def _badge(statement: StatementExplanation) -> Badge:
    if statement_depends(statement):
        return Badge("open", "depends")
    if statement.matched:
        return Badge("yes" if statement.effect == "Allow" else "no", "matches")
    return Badge("none", "does not match")


def _anchor(statement: StatementExplanation, shown: _Shown) -> Anchor:
    span = statement.span
    name = shown.names[id(statement)]
    decides = id(statement) in shown.parts
    return Anchor(span.start, span.end, name, _badge(statement).kind, decides)


def _marks(statement: StatementExplanation, action: str, *, closely: bool) -> list[TextMark]:
    """A mark for each clause, where it stands. A pattern that plainly does not match says so by
    its look; more is said of it where the statement decides or came close."""
    holding = {element for element, holds in statement.elements if holds}
    marks = []
    for clause in statement.clauses:
        span = clause.span
        kind = _kind(clause, element_holds=clause.element in holding)
        plain = clause.reason is Reason.PATTERN_MISMATCH and clause.resolved is None
        title = None if plain and not closely else clause_text(clause, action)
        marks.append(TextMark(span.start, span.end, kind, title))
    return marks


def _kind(clause: ClauseExplanation, *, element_holds: bool) -> str:
    """Whether a clause helps its element or makes it fail; an entry of a list without effect, where
    another one matches, does neither."""
    if clause.reason is Reason.DEPENDS_ON_UNKNOWN:
        return "open"
    if clause.element is Element.CONDITION:
        return "yes" if clause.matched else "no"
    if clause.matched is not (clause.element in _NEGATED):
        return "yes"
    return "none" if element_holds or (clause.element in _NEGATED and not clause.matched) else "no"


def _remarks(statement: StatementExplanation, action: str, *, closely: bool) -> list[Remark]:
    """Sentences below the lines: of a statement that decides or came close about all that matters,
    of another one about the first element that fails."""
    if statement.matched:
        marks = match_marks(statement, action) if closely else ()
    else:
        failed = statement.failed_elements
        marks = failure_marks(statement, failed if closely else failed[:1], action)
    return [Remark(mark.line, "no" if mark.failed else "yes", mark.remark) for mark in marks]
