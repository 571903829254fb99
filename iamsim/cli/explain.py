"""`iamsim explain`: one request, or the requests of scenario files."""

from __future__ import annotations

from collections.abc import Sequence

from iamsim.cli.ask import load_worlds, questions_of
from iamsim.cli.default_world import with_examples, with_world
from iamsim.cli.explain_answers import (
    answer_question,
    answers_text,
    colored,
    exit_code,
    with_inputs,
)
from iamsim.cli.explain_options import (
    ARGUMENT_HELP,
    EXPLAIN_HELP,
    EXPLAIN_OPTIONS,
    WHAT_IF_FIELDS,
)
from iamsim.cli.grammar import Argument, Command, Options
from iamsim.cli.output import terminal_width, write_output
from iamsim.cli.picture_options import refuse_pictures, wants_picture
from iamsim.cli.terminal_hints import write_hints
from iamsim.core.answer import Answer
from iamsim.core.decision import Verdict
from iamsim.core.errors import RequestError
from iamsim.core.overall import overall_verdict
from iamsim.core.suggest import did_you_mean
from iamsim.questions.near_misses import NamingPrincipals

_WITH_SCENARIOS = frozenset({"format", "verbose", "quiet", "output", "color"})


def run_explain(options: Options, files: Sequence[str]) -> int:
    """Answer, write the answer, and give the exit code."""
    if options.get("live"):
        from iamsim.cli.explain_live import explain_live

        return explain_live(options, files, run_explain)
    if options.get("profile"):
        raise RequestError(
            "option-without-another",
            "`--profile` is for `--live`",
            hint="without `--live` no credentials are needed: iamsim reads files",
        )
    options, files = with_examples(options, files)
    if files:
        from iamsim.cli.explain_anything import put_in_place

        options, scenarios = put_in_place(options, files)
        refuse_pictures(options, scenarios)
        if scenarios:
            return _explain_scenarios(options, scenarios)
    else:
        refuse_pictures(options, files)
    options = with_world(options)
    if options["call"] is not None or options["event"] is not None:
        from iamsim.cli.explain_call import explain_call

        return explain_call(options)
    if options["edits"] and options["denied"] is None:
        from iamsim.cli.explain_edits import explain_edits

        return explain_edits(options)
    if options["denied"] is not None:
        from iamsim.cli.explain_denial import explain_denial

        return explain_denial(options)
    if any(options[field] for field in WHAT_IF_FIELDS):
        from iamsim.cli.explain_what_if import explain_what_if

        return explain_what_if(options)
    from iamsim.engine.world import CompiledWorld

    model = load_worlds(options, on_demand=True)
    world = None if model is None else CompiledWorld(model)
    with NamingPrincipals(options.text("principal"), model):
        questions = questions_of(options, model)
        answers = [answer_question(question, world) for question in questions]
    if wants_picture(options):
        from iamsim.cli.explain_picture import write_explanation

        write_explanation(answers, options, model)
        return exit_code(_overall(answers), options, questions, model)
    text = answers_text(answers, options, model, questions)
    write_output(with_inputs(text, answers, options, questions), options.text("output"))
    write_hints(answers, options, model)
    return exit_code(_overall(answers), options, questions, model)


def _overall(answers: Sequence[Answer]) -> Verdict:
    return overall_verdict(answer.decision.verdict for answer in answers)


def _explain_scenarios(options: Options, files: Sequence[str]) -> int:
    """Answer the requests of scenario files; 1 when one does not meet its expectation."""
    _refuse_request_options(options, files)
    if options["format"] == "aws":
        raise RequestError(
            "option-with-scenario",
            f"the format `aws` can't be used together with a scenario file (`{files[0]}`)",
            hint="use `--format json`, or ask by options",
        )
    from iamsim.cli.explain_scenarios import explain_scenarios

    text, all_met = explain_scenarios(
        files,
        form=options.text("format") or "text",
        verbose=bool(options["verbose"]),
        quiet=bool(options["quiet"]),
        color=colored(options),
        width=terminal_width(),
    )
    write_output(text, options.text("output"))
    return 0 if all_met else 1


def _refuse_request_options(options: Options, files: Sequence[str]) -> None:
    for option in EXPLAIN_OPTIONS:
        if option.field in _WITH_SCENARIOS or options[option.field] == option.empty:
            continue
        name = option.names[-1]
        words = (name for option in EXPLAIN_OPTIONS for name in option.all_names)
        raise RequestError(
            "option-with-scenario",
            f"the option `{name}` can't be used together with a scenario file (`{files[0]}`)",
            hint=did_you_mean(files[0], words) or "ask by options, or write it into the scenario",
        )


COMMAND = Command(
    "explain", EXPLAIN_HELP, EXPLAIN_OPTIONS, run_explain, Argument("ANYTHING", ARGUMENT_HELP)
)
