"""`iamsim explain --edits`: the answer, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iamsim.cli.ask import load_worlds, questions_of, timed
from iamsim.cli.explain_answers import (
    answer_question,
    answers_text,
    colored,
    document_text,
    exit_code,
)
from iamsim.cli.explain_options import EXPLAIN_OPTIONS, WHAT_IF_FIELDS
from iamsim.cli.explain_picture import drawing_of
from iamsim.cli.output import write_output
from iamsim.cli.standard_error import say
from iamsim.cli.terminal_hints import write_hints
from iamsim.core.errors import RequestError
from iamsim.core.overall import overall_verdict
from iamsim.engine.world import CompiledWorld
from iamsim.query.edits.search import suggest_edits
from iamsim.questions.near_misses import NamingPrincipals
from iamsim.report.cleaning import to_json
from iamsim.report.document import Part
from iamsim.report.edits import UNTRIED, edits_to_dict
from iamsim.report.explained import explained, explained_together
from iamsim.words.wording import request_text

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.core.answer import Answer
    from iamsim.query.edits.model import EditReport
    from iamsim.world.model import World


def explain_edits(options: Options) -> int:
    """Answer, find the edits of each answer, write both, and give the exit code."""
    _refuse_options(options)
    model = load_worlds(options)
    world = CompiledWorld() if model is None else CompiledWorld(model)
    with NamingPrincipals(options.text("principal"), model):
        questions = questions_of(options, model)
        answers = [answer_question(question, world) for question in questions]
    quiet = bool(options["quiet"]) and options.text("format") != "json"
    reports = [] if quiet else [suggest_edits(timed(question), world) for question in questions]
    if not quiet and options.text("format") == "html":
        from iamsim.cli.explain_html import html_text

        text = html_text(answers, options, questions, reports)
    else:
        text = _written(answers, reports, options, model)
    write_output(text, options.text("output"))
    write_hints(answers, options, model)
    overall = overall_verdict(answer.decision.verdict for answer in answers)
    code = exit_code(overall, options, questions, model)
    return code if options["expect"] is None else max(code, _code_of_search(reports))


def _code_of_search(reports: Sequence[EditReport]) -> int:
    """1, and why on standard error, where an assertion comes with edits of which not all were
    tried."""
    if not any(report.untried for report in reports):
        return 0
    say(f"failed: {UNTRIED}", "hint: leave `--edits` out to assert the decision alone")
    return 1


def _refuse_options(options: Options) -> None:
    """Say which options do not go together with `--edits`."""
    fields = set(WHAT_IF_FIELDS)
    other = next(
        (
            explain_option.names[-1]
            for explain_option in EXPLAIN_OPTIONS
            if explain_option.field in fields and options[explain_option.field]
        ),
        "--format aws" if options["format"] == "aws" else None,
    )
    if other is not None:
        raise RequestError(
            "option-with-edits",
            f"the option `{other}` can't be used together with `--edits`",
            hint="`--edits` is about a request as it is made, in the world as it is",
        )


def _written(
    answers: Sequence[Answer],
    reports: Sequence[EditReport],
    options: Options,
    model: World | None,
) -> str:
    """Write the answers, and behind each what would change it."""
    if options.text("format") == "json":
        return to_json(_data(answers, reports))
    if options["quiet"]:
        return answers_text(answers, options, model)
    verbose = bool(options["verbose"])
    draw = drawing_of(answers, options, model, color=colored(options)) if verbose else None
    documents = [
        explained(answer, verbose=verbose, draw=draw, edits=report)
        for answer, report in zip(answers, reports, strict=True)
    ]
    if len(documents) > 1:
        names = [request_text(answer.request) for answer in answers]
        parts = tuple(map(Part, names, names, documents))
        whole = explained_together(answers)
        documents = [replace(whole, blocks=(*whole.blocks, *parts))]
    return document_text(documents[0], options)


def _data(answers: Sequence[Answer], reports: Sequence[EditReport]) -> dict[str, object]:
    from iamsim.report.data import answer_to_dict

    several = [
        {**answer_to_dict(answer), "edits": edits_to_dict(report)}
        for answer, report in zip(answers, reports, strict=True)
    ]
    if len(several) == 1:
        return several[0]
    verdict = overall_verdict(answer.decision.verdict for answer in answers)
    return {"decision": verdict.value, "answers": several}
