"""`iamsim explain --denied`: whether the world explains what AWS said."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.cli.ask import denied_text, load_worlds, questions_of, with_time
from iamsim.cli.explain_answers import document_text
from iamsim.cli.explain_options import EXPLAIN_OPTIONS, WHAT_IF_FIELDS
from iamsim.cli.grammar import Options
from iamsim.cli.output import write_output
from iamsim.core.caret import printable, render_error
from iamsim.core.decision import Layer
from iamsim.core.errors import InputError, RequestError
from iamsim.core.reason import Note
from iamsim.engine.authorize import explain
from iamsim.engine.world import CompiledWorld
from iamsim.query.denial import (
    Agreement,
    DenialReport,
    complete_message,
    examine,
    missing_part,
)
from iamsim.report.cleaning import to_json
from iamsim.report.denial import denials_document, denials_to_dict, denials_word
from iamsim.report.edits import with_edits
from iamsim.syntax.denial import DenialMessage, find_denials

if TYPE_CHECKING:
    from iamsim.engine.question import Question
    from iamsim.query.edits.model import EditReport
    from iamsim.world.model import World

OF_THE_CALLER = frozenset({Layer.IDENTITY_BASED_POLICY, Layer.PERMISSIONS_BOUNDARY})
# A denial is compared with one verdict; what is expected is that it is explained.
_NOT_TOGETHER = ("expect", "partial", "unknown")
_NOT_ASKED = 2


def explain_denial(options: Options) -> int:
    """Answer every message in the text of `--denied`; the exit code is 1 when the world does not
    explain one of them, and 2 when one can't be asked.

    Such a message is told on standard error, and the others are answered. Raises its error where
    there are no others.
    """
    _refuse_options(options)
    denials = find_denials(denied_text(options))
    given = options.text("principal")
    callers = [given or message.principal for message in denials.messages]
    model = load_worlds(options, on_demand=True, callers=callers)
    world = CompiledWorld() if model is None else CompiledWorld(model)
    asked, refused = _all_asked(denials.messages, options, model, world)
    reports = [
        _honest(examine(message, question, world), question, model) for message, question in asked
    ]
    edits: list[EditReport] = []
    if options["edits"] and not options["quiet"]:
        from iamsim.query.edits.search import suggest_edits

        denied = (
            report for report in zip(asked, reports, strict=True) if not report[1].answer.allowed
        )
        edits = [suggest_edits(question, world) for (_, question), _ in denied]
    written = _written(reports, edits, options, more=denials.more)
    if "taken" in options:
        written = _with_inputs(written, reports, asked, options)
    write_output(written, options.text("output"))
    if refused:
        sys.stdout.flush()
        sys.stderr.writelines(refused)
        return _NOT_ASKED
    return 0 if all(report.explained for report in reports) else 1


def _refuse_options(options: Options) -> None:
    """Say that some options mean nothing here."""
    names = {option.field: option.names[-1] for option in EXPLAIN_OPTIONS}
    for field in WHAT_IF_FIELDS:
        if options[field]:
            raise RequestError(
                "option-with-denied",
                f"the option `{names[field]}` can't be used together with `--denied`",
                hint="ask the question of the message with -p, -a and -r",
            )
    given = [names[field] for field in _NOT_TOGETHER if options[field]]
    if options["format"] == "aws":
        given.append("--format aws")
    for option in given:
        raise RequestError(
            "option-with-denied",
            f"the option `{option}` can't be used together with `--denied`",
            hint="the exit code is 1 when the world does not explain the denial",
        )


def _all_asked(
    messages: Sequence[DenialMessage], options: Options, model: World | None, world: CompiledWorld
) -> tuple[list[tuple[DenialMessage, Question]], list[str]]:
    """Make the questions of messages, and say of each of the others why it has none."""
    asked: list[tuple[DenialMessage, Question]] = []
    errors: list[tuple[DenialMessage, InputError]] = []
    for message in messages:
        try:
            asked.append(_asked(message, options, model, world))
        except InputError as error:
            errors.append((message, error))
    if errors and not asked:
        raise errors[-1][1]
    return asked, [f"{printable(entry.text)}\n{render_error(error)}\n" for entry, error in errors]


def _asked(
    message: DenialMessage, options: Options, model: World | None, world: CompiledWorld
) -> tuple[DenialMessage, Question]:
    """Complete a message, and make its question; what options say wins over what it says."""
    message = complete_message(message, model)
    actions, resources = options.texts("actions"), options.texts("resources")
    asked = replace(
        message,
        principal=options.text("principal") or message.principal,
        action=actions[0] if actions else message.action,
        resource=resources[0] if resources else message.resource,
    )
    missing = missing_part(asked, model)
    if missing is not None:
        raise missing
    filled = Options(
        {
            **options,
            "principal": asked.principal,
            "actions": (asked.action or "",),
            "resources": () if asked.resource is None else (asked.resource,),
        }
    )
    (question,) = questions_of(filled, model)
    from iamsim.cli.explain_anything import given_layers

    if model is None and "taken" not in options and not given_layers(question):
        raise RequestError(
            "denial-without-policies",
            "neither a world nor a policy is given, so nothing can explain the denial",
            hint="give a world with `--world`: `iamsim import --recipe` prints the calls of the AWS"
            " CLI that collect one",
        )
    question = replace(question, context={**message.context, **question.context})
    return message, with_time(question, explain(question, world))


def _honest(report: DenialReport, question: Question, model: World | None) -> DenialReport:
    """A denial by a layer that nobody gave proves nothing, nor one by the policies of a caller whom
    the world does not list."""
    from iamsim.cli.explain_anything import given_layers

    given = given_layers(question)
    unproved = report.explained and report.answer.decision.layer not in {None, *given}
    told = report.answer.decision
    stranger = (
        Note.UNKNOWN_PRINCIPAL_IN_WORLD in (told.notes or ())
        and told.layer in OF_THE_CALLER - given
    )
    if (model is None and (unproved or not given)) or (report.explained and stranger):
        return DenialReport(report.message, report.answer, Agreement.NOT_GIVEN)
    return report


def _with_inputs(
    text: str,
    reports: Sequence[DenialReport],
    asked: Sequence[tuple[DenialMessage, Question]],
    options: Options,
) -> str:
    """Say what arguments were taken for, and what to fetch next."""
    from iamsim.cli.explain_anything import given_layers, surrounded
    from iamsim.report.next_step import after_denial

    in_world = bool(options["worlds"])
    steps = [
        (report.explained, after_denial(report, given_layers(question), in_world=in_world))
        for report, (_, question) in zip(reports, asked, strict=True)
    ]
    steps.sort(key=lambda step: step[0])
    return surrounded(text, options, steps[0][1] if steps else None)


def _written(
    reports: Sequence[DenialReport],
    edits: Sequence[EditReport],
    options: Options,
    *,
    more: bool,
) -> str:
    form = options.text("format")
    if form == "json":
        data = denials_to_dict(reports, more=more)
        return to_json(with_edits(data, edits) if edits else data)
    if options["quiet"]:
        return f"{denials_word(reports)}\n"
    if form == "html":
        from iamsim.cli.explain_html import denials_html

        return denials_html(reports, edits, more=more)
    verbose = bool(options["verbose"])
    # What to fetch next is said at the end where arguments were told apart.
    fetch = "taken" not in options
    document = denials_document(reports, more=more, verbose=verbose, edits=edits, fetch=fetch)
    return document_text(document, options)
