"""`iamsim explain`: one request, or the requests of scenario files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.ask import load_worlds, questions_of, text_of, with_time
from iamsim.cli.explain_options import EXPLAIN_OPTIONS
from iamsim.cli.options import did_you_mean
from iamsim.cli.output import terminal_width, wants_color, write_output
from iamsim.core.errors import RequestError
from iamsim.core.overall import overall_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.core.answer import Answer
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import World

__all__ = ["run_explain"]

_WITH_SCENARIOS = frozenset({"format", "verbose", "quiet", "output", "color"})


def run_explain(options: Options, files: Sequence[str]) -> int:
    """Answer, write the answer, and give the exit code."""
    if files:
        return _explain_scenarios(options, files)
    if options["denied"] is not None:
        from iamsim.cli.explain_denial import explain_denial  # noqa: PLC0415 - needs lark

        return explain_denial(options)
    from iamsim.engine.world import CompiledWorld  # noqa: PLC0415 - `--help` needs no engine

    model = load_worlds(options)
    world = None if model is None else CompiledWorld.checked(model)
    answers = [_answer(question, world) for question in questions_of(options, model)]
    write_output(_written(answers, options, model), text_of(options, "output"))
    return _exit_code(answers, text_of(options, "expect"))


def _answer(question: Question, world: CompiledWorld | None) -> Answer:
    """Ask the engine; it has no clock, so the time comes from here where a policy asks for it."""
    from iamsim.symbolic.partial import answer  # noqa: PLC0415 - `--help` needs no engine

    answered = answer(question, world)
    timed = with_time(question, answered)
    return answered if timed is question else answer(timed, world)


def _written(answers: Sequence[Answer], options: Options, model: World | None) -> str:
    form = text_of(options, "format")
    if form == "aws":
        from iamsim.cli.simulate_answer import aws_text  # noqa: PLC0415 - text needs none

        return aws_text(answers, model, text_of(options, "principal"))
    if form == "json":
        import json  # noqa: PLC0415 - text needs none

        from iamsim.report.data import answer_to_dict, answers_to_dict  # noqa: PLC0415

        data = answer_to_dict(answers[0]) if len(answers) == 1 else answers_to_dict(answers)
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    overall = overall_verdict(answer.decision.verdict for answer in answers)
    if options["quiet"]:
        return f"{overall.value}\n"
    verbose = bool(options["verbose"])
    if form == "markdown":
        from iamsim.report.markdown import render_markdown  # noqa: PLC0415 - text needs none

        return "\n".join(render_markdown(answer, verbose=verbose) for answer in answers)
    from iamsim.report.text import render_answers  # noqa: PLC0415 - JSON needs none

    color = wants_color(
        text_of(options, "color") or "auto", to_file=text_of(options, "output") is not None
    )
    return render_answers(answers, verbose=verbose, color=color, width=terminal_width())


def _exit_code(answers: Sequence[Answer], expected: str | None) -> int:
    if expected is None:
        return 0
    import sys  # noqa: PLC0415 - only where something is said on standard error

    verdict = overall_verdict(answer.decision.verdict for answer in answers)
    if verdict.value == expected or (expected == "denied" and verdict.value.endswith("Deny")):
        return 0
    sys.stderr.write(f"expected {expected}, got {verdict.value}\n")
    return 1


def _explain_scenarios(options: Options, files: Sequence[str]) -> int:
    """Answer the requests of scenario files; 1 when one does not meet its expectation."""
    _refuse_request_options(options, files)
    if options["format"] == "aws":
        raise RequestError(
            "option-with-scenario",
            f"the format `aws` can't be used together with a scenario file (`{files[0]}`)",
            hint="use `--format json`, or ask by options",
        )
    from iamsim.cli.explain_scenarios import explain_scenarios  # noqa: PLC0415 - needs pydantic

    color = wants_color(
        text_of(options, "color") or "auto", to_file=text_of(options, "output") is not None
    )
    text, all_met = explain_scenarios(
        files,
        form=text_of(options, "format") or "text",
        verbose=bool(options["verbose"]),
        quiet=bool(options["quiet"]),
        color=color,
        width=terminal_width(),
    )
    write_output(text, text_of(options, "output"))
    return 0 if all_met else 1


def _refuse_request_options(options: Options, files: Sequence[str]) -> None:
    for option in EXPLAIN_OPTIONS:
        if option.field in _WITH_SCENARIOS or options[option.field] == option.empty:
            continue
        name = option.names[-1]
        words = (name for option in EXPLAIN_OPTIONS for name in option.names)
        raise RequestError(
            "option-with-scenario",
            f"the option `{name}` can't be used together with a scenario file (`{files[0]}`)",
            hint=did_you_mean(files[0], words) or "ask by options, or write it into the scenario",
        )
