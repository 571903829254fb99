"""The layers of an answer, one line each, in the order in which AWS looks at them."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer, Outcome
from iamsim.core.reason import Reason
from iamsim.report.sentences import OUTCOMES, REASONS, layer_name
from iamsim.report.wording import joined, place_text, shortened, statement_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamsim.core.answer import Answer
    from iamsim.core.explanation import LayerExplanation
    from iamsim.report.paint import Paint

__all__ = ["ABSENT_REASONS", "LayerRow", "layer_lines", "layer_rows"]

ABSENT_REASONS = frozenset({Reason.NOT_PRESENT, Reason.ABSENT_LAYER_ALLOWS})
_NAME_WIDTH = 23
_OUTCOME_WIDTH = 14
_NAMED_POLICIES = 3


class LayerRow(NamedTuple):
    """One line about a layer: its name, what it says, and why."""

    name: str
    outcome: Outcome
    detail: str


def layer_rows(answer: Answer, *, all_levels: bool = False) -> list[LayerRow]:
    """Give a row for each layer that is there; levels that all allow share one unless
    `all_levels`, and then absent layers have rows as well."""
    rows: list[LayerRow] = []
    for name, entries in _grouped(answer):
        if not all_levels and _is_absent(entries):
            continue
        if not all_levels and len(entries) > 1 and _all_allow(entries):
            levels = ", ".join(entry.level or "" for entry in entries)
            rows.append(LayerRow(name, Outcome.ALLOW, f"at all {len(entries)} levels: {levels}"))
            continue
        for entry in entries:
            level = f"at level {entry.level}: " if entry.level is not None else ""
            rows.append(LayerRow(name, entry.outcome, level + _detail(entry)))
    return rows


def layer_lines(answer: Answer, paint: Paint, width: int, *, verbose: bool) -> list[str]:
    """Give the rows as aligned text; the absent layers share one line unless `verbose`."""
    lines = [_line(row, paint, width) for row in layer_rows(answer, all_levels=verbose)]
    absent = [name for name, entries in _grouped(answer) if _is_absent(entries)]
    if absent and not verbose:
        text = f"not there: {', '.join(absent)}"
        lines += [paint.quiet(f"  {part}") for part in textwrap.wrap(text, width - 2)]
    return lines


def _grouped(answer: Answer) -> Iterator[tuple[str, tuple[LayerExplanation, ...]]]:
    """The levels of each layer together, under the layer's name."""
    for layer, entries in groupby(answer.explanation.layers, key=lambda entry: entry.layer):
        yield layer_name(layer, answer.request.action).one, tuple(entries)


def _is_absent(entries: tuple[LayerExplanation, ...]) -> bool:
    return all(entry.reason in ABSENT_REASONS for entry in entries)


def _all_allow(entries: tuple[LayerExplanation, ...]) -> bool:
    return all(entry.outcome is Outcome.ALLOW for entry in entries)


def _line(row: LayerRow, paint: Paint, width: int) -> str:
    word = paint.outcome(f"{OUTCOMES[row.outcome]:<{_OUTCOME_WIDTH}}", row.outcome)
    room = max(width - _NAME_WIDTH - _OUTCOME_WIDTH - 6, 30)
    return f"  {row.name:<{_NAME_WIDTH}}  {word}  {shortened(row.detail, room)}".rstrip()


def _detail(entry: LayerExplanation) -> str:
    """What decided within the layer: a statement, or the reason in words."""
    effect = {Outcome.ALLOW: "Allow", Outcome.EXPLICIT_DENY: "Deny"}.get(entry.outcome)
    matching = [
        (policy, statement)
        for policy in entry.policies
        for statement in policy.statements
        if statement.matched and statement.effect == effect
    ]
    if matching and entry.reason in {Reason.STATEMENT_ALLOWS, Reason.STATEMENT_DENIES}:
        policy, statement = matching[0]
        more = f" and {len(matching) - 1} more" if len(matching) > 1 else ""
        name = statement_text(statement.index, statement.sid)
        place = place_text(statement.span)
        named = f" of `{shortened(policy.name, 50)}`" if policy.name not in place else ""
        return f"{name}{named} ({place}){more}"
    if entry.reason is Reason.NO_STATEMENT_ALLOWS and entry.policies:
        return _unmatched(entry)
    if entry.reason is Reason.NO_POLICY and entry.layer is Layer.IDENTITY_BASED_POLICY:
        return "the caller has none"
    if entry.reason is Reason.NO_POLICY and entry.layer is Layer.RESOURCE_BASED_POLICY:
        return "the resource has none"
    return REASONS[entry.reason]


def _unmatched(entry: LayerExplanation) -> str:
    statements = sum(len(policy.statements) for policy in entry.policies)
    named = [f"`{shortened(policy.name, 40)}`" for policy in entry.policies[:_NAMED_POLICIES]]
    more = len(entry.policies) - len(named)
    if more:
        named.append(f"{more} more")
    what = f"none of {statements} statements allows it"
    if statements == 1:
        what = "its one statement does not allow it"
    return f"{what} ({joined(named)})"
