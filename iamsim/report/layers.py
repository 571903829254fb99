"""The layers of an answer, one line each, in the order in which AWS looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from iamsim.core.answer import Answer
from iamsim.core.data_class import NamedTuple
from iamsim.core.decision import Layer, Outcome
from iamsim.core.explanation import LayerExplanation
from iamsim.core.reason import Reason
from iamsim.core.ways import is_absent
from iamsim.words.sentences import REASONS, layer_name, level_text
from iamsim.words.wording import joined, place_text, shortened, statement_text

_NAMED_POLICIES = 3
_LONGEST_RESIDUAL = 160  # characters of the short form


class LayerRow(NamedTuple):
    """One line about a layer: its name, what it says, and why."""

    name: str
    outcome: Outcome
    detail: str

    @property
    def quiet(self) -> bool:
        """Whether the layer just does not allow, which matters only where it decides."""
        return self.outcome is Outcome.IMPLICIT_DENY


def layer_rows(answer: Answer, *, all_levels: bool = False) -> list[LayerRow]:
    """Give a row for each layer that is there; levels that allow share one unless `all_levels`,
    and then absent layers have rows as well."""
    rows: list[LayerRow] = []
    for name, entries in _grouped(answer):
        if all_levels:
            rows += [_level_row(name, entry, in_full=True) for entry in entries]
        elif not all(map(is_absent, entries)):
            rows += _short_rows(name, entries)
    return rows


def deciding_names(answer: Answer) -> set[str]:
    """The names of the layers that decided."""
    action = answer.request.action
    deciders = answer.explanation.decided_by
    return {layer_name(decider.layer, action, decider.level) for decider in deciders}


def absent_text(answer: Answer) -> str:
    """Name the layers that are not there, in one line; nothing where all are."""
    absent = [name for name, entries in _grouped(answer) if all(map(is_absent, entries))]
    return f"not there: {', '.join(dict.fromkeys(absent))}" if absent else ""


def _grouped(answer: Answer) -> Iterator[tuple[str, tuple[LayerExplanation, ...]]]:
    """The levels of each layer together, under the layer's name."""
    action = answer.request.action
    named = groupby(
        answer.explanation.layers,
        key=lambda entry: layer_name(entry.layer, action, entry.level),
    )
    for name, entries in named:
        yield name, tuple(entries)


def _short_rows(name: str, entries: tuple[LayerExplanation, ...]) -> list[LayerRow]:
    """The levels that do not allow one by one, and those that allow together."""
    allowing = [entry for entry in entries if entry.outcome is Outcome.ALLOW]
    others = [_level_row(name, entry) for entry in entries if entry.outcome is not Outcome.ALLOW]
    if not allowing:
        return others
    if len(allowing) == 1:
        return [*others, _level_row(name, allowing[0])]
    levels = ", ".join(entry.level or "" for entry in allowing)
    which = "the other" if others else "all"
    detail = f"at {which} {len(allowing)} levels: {levels}"
    return [*others, LayerRow(name, Outcome.ALLOW, detail)]


def _level_row(name: str, entry: LayerExplanation, *, in_full: bool = False) -> LayerRow:
    level = level_text(entry.level).lstrip()
    if entry.owner is not None:
        level = f"{level} of account {entry.owner}".lstrip()
    detail = _residual(entry)
    if not detail or (len(detail) > _LONGEST_RESIDUAL and not in_full):
        detail = _detail(entry)
    detail = f"{level}: {detail}" if level else detail
    return LayerRow(name, entry.outcome, detail)


def _residual(entry: LayerExplanation) -> str:
    """What an undecided layer depends on: when it allows, and when it denies explicitly."""
    if entry.residual is None:
        return ""
    sentences = [residual.sentence for residual in entry.residual if residual is not None]
    if entry.residual.allows is None:  # what may deny does not always allow
        sentences.insert(0, "does not allow")
    return "; ".join(sentences)


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
