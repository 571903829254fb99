"""`iamsim explain --denied`: whether the world explains what AWS said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.cli.ask import denied_text, load_worlds, questions_of, text_of, texts_of, with_time
from iamsim.cli.output import terminal_width, wants_color, write_output
from iamsim.core.errors import RequestError
from iamsim.engine.authorize import explain
from iamsim.engine.world import CompiledWorld
from iamsim.query.denial import complete_message, examine, missing_part
from iamsim.report.denial import denials_to_dict, render_denials, render_denials_markdown
from iamsim.syntax.denial import find_denials

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.query.denial import DenialReport
    from iamsim.syntax.denial import DenialMessage
    from iamsim.world.model import World

__all__ = ["explain_denial"]

# A denial is compared with one verdict; what is expected is that it is explained.
_NOT_TOGETHER = ("expect", "partial", "unknown")


def explain_denial(options: Options) -> int:
    """Answer every message in the text of `--denied`; the exit code is 1 when the world does not
    explain one of them."""
    _refuse_options(options)
    denials = find_denials(denied_text(options))
    model = load_worlds(options)
    world = CompiledWorld() if model is None else CompiledWorld.checked(model)
    reports = [_report(message, options, model, world) for message in denials.messages]
    write_output(_written(reports, options, more=denials.more), text_of(options, "output"))
    return 0 if all(report.explained for report in reports) else 1


def _refuse_options(options: Options) -> None:
    """Say that some options mean nothing here."""
    given = [f"--{field}" for field in _NOT_TOGETHER if options[field]]
    if options["format"] == "aws":
        given.append("--format aws")
    for option in given:
        raise RequestError(
            "option-with-denied",
            f"the option `{option}` can't be used together with `--denied`",
            hint="the exit code is 1 when the world does not explain the denial",
        )


def _report(
    message: DenialMessage, options: Options, model: World | None, world: CompiledWorld
) -> DenialReport:
    """Ask the question of a message; what options say wins over what it says."""
    message = complete_message(message, model)
    actions, resources = texts_of(options, "actions"), texts_of(options, "resources")
    asked = replace(
        message,
        principal=text_of(options, "principal") or message.principal,
        action=actions[0] if actions else message.action,
        resource=resources[0] if resources else message.resource,
    )
    missing = missing_part(asked, model)
    if missing is not None:
        raise missing
    filled: Options = {
        **options,
        "principal": asked.principal,
        "actions": (asked.action or "",),
        "resources": () if asked.resource is None else (asked.resource,),
    }
    (question,) = questions_of(filled, model)
    question = replace(question, context={**message.context, **question.context})
    timed = with_time(question, explain(question, world))
    return examine(message, timed, world)


def _written(reports: Sequence[DenialReport], options: Options, *, more: bool) -> str:
    form = text_of(options, "format")
    if form == "json":
        import json  # noqa: PLC0415 - text needs none

        return json.dumps(denials_to_dict(reports, more=more), indent=2, ensure_ascii=False) + "\n"
    if options["quiet"]:
        explained = all(report.explained for report in reports)
        return "explained\n" if explained else "not explained\n"
    verbose = bool(options["verbose"])
    if form == "markdown":
        return render_denials_markdown(reports, more=more, verbose=verbose)
    color = wants_color(
        text_of(options, "color") or "auto", to_file=text_of(options, "output") is not None
    )
    return render_denials(reports, more=more, verbose=verbose, color=color, width=terminal_width())
