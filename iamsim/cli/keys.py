"""`iamsim keys`: which context keys can influence a request, and the values worth trying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.ask import load_worlds, questions_of, text_of
from iamsim.cli.commands import Command, output_options
from iamsim.cli.explain_options import ANSWER_FIELDS, EXPLAIN_OPTIONS, WHAT_IF_FIELDS
from iamsim.cli.output import write_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.core.decision import StatementReference
    from iamsim.engine.question import Question
    from iamsim.symbolic.influence import InfluencingKey

__all__ = ["COMMAND"]

_LEFT_OUT = frozenset({"unknown", "partial", "denied", *ANSWER_FIELDS, *WHAT_IF_FIELDS})
_OUTPUT = frozenset({"format", "quiet", "output", "color"})
_ABSENT = "(absent)"
_SHOWN_STATEMENTS = 5


def _run(options: Options, _arguments: Sequence[str]) -> int:
    """Ask for the keys of every pair of action and resource, and write them."""
    from iamsim.engine.world import CompiledWorld  # noqa: PLC0415 - `--help` needs no engine
    from iamsim.symbolic.influence import influencing_keys  # noqa: PLC0415

    whole: Options = {option.field: option.empty for option in EXPLAIN_OPTIONS}
    whole.update(options)
    model = load_worlds(whole)
    world = None if model is None else CompiledWorld.checked(model)
    found = [
        (question, influencing_keys(question, world)) for question in questions_of(whole, model)
    ]
    if text_of(options, "format") == "json":
        import json  # noqa: PLC0415 - text needs none

        text = json.dumps([_data(*pair) for pair in found], indent=2, ensure_ascii=False) + "\n"
    elif options["quiet"]:
        names = dict.fromkeys(key.key for _, keys in found for key in keys)
        text = "".join(f"{name}\n" for name in names)
    else:
        text = "\n".join(_text(*pair) for pair in found)
    write_output(text, text_of(options, "output"))
    return 0


def _data(question: Question, keys: Sequence[InfluencingKey]) -> dict[str, object]:
    return {
        "request": {
            "principal": question.principal,
            "action": question.action,
            "resource": question.resource,
        },
        "keys": [
            {
                "key": key.key,
                "flips": key.flips,
                "can_matter": key.can_matter,
                "values": [
                    {
                        "value": list(one.value) if isinstance(one.value, tuple) else one.value,
                        "decision": one.verdict.value,
                    }
                    for one in key.values
                ],
                "beside": {
                    name: list(value) if isinstance(value, tuple) else value
                    for name, value in key.beside.items()
                },
                "statements": [_statement_data(statement) for statement in key.statements],
            }
            for key in keys
        ],
    }


def _statement_data(statement: StatementReference) -> dict[str, object]:
    span = statement.span
    return {
        "layer": statement.layer.value,
        "policy": statement.policy,
        "statement": statement.index,
        "sid": statement.sid,
        "effect": statement.effect,
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
    }


def _text(question: Question, keys: Sequence[InfluencingKey]) -> str:
    asked = f"{question.principal} {question.action} {question.resource}"
    if not keys:
        return f"{asked}\n  no statement about this request reads a context key\n"
    return "\n".join([asked, *(line for key in keys for line in _key_lines(key))]) + "\n"


def _shown(value: str | tuple[str, ...] | None) -> str:
    """A value as one text."""
    if value is None:
        return _ABSENT
    if isinstance(value, tuple):
        return ", ".join(value) or "(no value)"
    return value or "(empty)"


def _key_lines(key: InfluencingKey) -> list[str]:
    if key.flips:
        role = "alone gives another answer"
    elif key.can_matter:
        role = "matters only together with others"
    else:
        role = "is read, but no value gives another answer"
    lines = ["", f"  {key.key}: {role}"]
    if key.beside:
        beside = "; ".join(f"{name} = {_shown(value)}" for name, value in key.beside.items())
        lines.append(f"    tried with {beside}")
    shown = [_shown(one.value) for one in key.values]
    width = max(map(len, shown), default=0)
    for text, one in zip(shown, key.values, strict=True):
        lines.append(f"    {text:<{width}}  {one.verdict.value}")
    for statement in key.statements[:_SHOWN_STATEMENTS]:
        name = f"`{statement.sid}`" if statement.sid else f"statement {statement.index + 1}"
        span = statement.span
        lines.append(f"    read by {statement.effect} {name} ({span.source.name}:{span.line})")
    more = len(key.statements) - _SHOWN_STATEMENTS
    if more > 0:
        lines.append(f"    and by {more} more")
    return lines


COMMAND = Command(
    "keys",
    "List the context keys that can influence a request, and the values worth trying.\n\n"
    "For each key: the statements that read it, one value of each kind that they tell apart, and "
    "the decision that it gives with everything else as asked.",
    (
        *(
            option
            for option in EXPLAIN_OPTIONS
            if option.field not in _LEFT_OUT and option.field not in _OUTPUT
        ),
        *output_options("text", "json", quiet="Print the names of the keys alone."),
    ),
    _run,
)
