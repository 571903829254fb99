"""`iamsim context`: every context key of a request, and the statements that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.ask import load_worlds, questions_of, text_of, with_time
from iamsim.cli.commands import Command
from iamsim.cli.explain_options import ANSWER_FIELDS, CALL_FIELDS, EXPLAIN_OPTIONS, WHAT_IF_FIELDS
from iamsim.cli.output import wants_color, write_answer
from iamsim.cli.terminal_hints import NamingPrincipals, write_hints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options

__all__ = ["COMMAND"]

_LEFT_OUT = frozenset({"denied", *CALL_FIELDS, *ANSWER_FIELDS, *WHAT_IF_FIELDS})
_OPTIONS = tuple(
    option._replace(choices=("text", "json"))
    if option.field == "format"
    else option._replace(help="Only the keys that the request lacks.")
    if option.field == "quiet"
    else option
    for option in EXPLAIN_OPTIONS
    if option.field not in _LEFT_OUT
)


def _run(options: Options, _arguments: Sequence[str]) -> int:
    """Work out the context of every pair of action and resource, and write it."""
    from iamsim.engine.authorize import explain  # noqa: PLC0415 - `--help` needs no engine
    from iamsim.engine.world import CompiledWorld  # noqa: PLC0415
    from iamsim.report.keys import key_rows, keys_data, keys_text  # noqa: PLC0415
    from iamsim.report.other_keys import other_keys, other_keys_text  # noqa: PLC0415
    from iamsim.report.paint import Paint  # noqa: PLC0415

    whole: Options = {option.field: option.empty for option in EXPLAIN_OPTIONS} | options
    model = load_worlds(whole)
    world = None if model is None else CompiledWorld.checked(model)
    found = []
    with NamingPrincipals(text_of(whole, "principal"), model):
        for question in questions_of(whole, model):
            answer = explain(question, world)
            dated = with_time(question, answer)
            if dated is not question:
                answer = explain(dated, world)
            unknown = frozenset(key.lower() for key in question.unknown)
            found.append((answer, key_rows(answer, unknown, partial=question.partial)))
    others = [other_keys(answer.request.action, rows) for answer, rows in found]
    data = [
        {**keys_data(answer, rows), "not_knowable": list(keys)}
        for (answer, rows), keys in zip(found, others, strict=True)
    ]
    paint = Paint(
        wants_color(
            text_of(options, "color") or "auto", to_file=text_of(options, "output") is not None
        )
    )
    lacking = sorted(
        {row.key for _, rows in found for row in rows if row.entry is None}, key=str.lower
    )
    code = write_answer(
        options,
        data[0] if len(data) == 1 else {"requests": data},
        lambda width: "\n".join(
            keys_text(answer, rows, paint, width) + other_keys_text(keys, paint, width)
            for (answer, rows), keys in zip(found, others, strict=True)
        ),
        quiet="".join(f"{key}\n" for key in lacking),
    )
    answers = [answer for answer, _ in found]
    write_hints(answers, whole, model, ("context", "unset", "unknown"))
    return code


COMMAND = Command(
    "context",
    "List the context keys of a request, and which statements read them.\n\n"
    "Each key is given, derived (and from what), unknown, or absent: read by a statement that is"
    " about the request, but not there. What else such a request may carry stands at the end.",
    _OPTIONS,
    _run,
)
