"""Asking the questions of `iamsim explain`, writing the answers, and judging them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamsim.cli.ask import text_of, with_time
from iamsim.cli.output import terminal_width, wants_color
from iamsim.core.overall import overall_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamsim.cli.options import Options
    from iamsim.core.answer import Answer
    from iamsim.core.decision import Verdict
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.world.model import World

__all__ = ["answer_question", "answers_text", "colored", "exit_code", "json_text"]


def answer_question(question: Question, world: CompiledWorld | None) -> Answer:
    """Ask the engine; it has no clock, so the time comes from here where a policy asks for it."""
    from iamsim.symbolic.partial import answer  # noqa: PLC0415 - `--help` needs no engine

    answered = answer(question, world)
    timed = with_time(question, answered)
    return answered if timed is question else answer(timed, world)


def answers_text(
    answers: Sequence[Answer],
    options: Options,
    model: World | None,
    questions: Sequence[Question] = (),
) -> str:
    """Write answers in the form that the options ask for; `questions` are those that they answer,
    where asking these again gives the same."""
    form = text_of(options, "format")
    if form == "aws":
        from iamsim.cli.simulate_answer import aws_text  # noqa: PLC0415 - text needs none

        return aws_text(answers, model, text_of(options, "principal"))
    if form == "json":
        from iamsim.report.data import answer_to_dict, answers_to_dict  # noqa: PLC0415

        data = answer_to_dict(answers[0]) if len(answers) == 1 else answers_to_dict(answers)
        return json_text(data)
    overall = overall_verdict(answer.decision.verdict for answer in answers)
    if options["quiet"]:
        return f"{overall.value}\n"
    if form == "html":
        from iamsim.cli.explain_html import html_text  # noqa: PLC0415 - text needs none

        return html_text(answers, options, questions)
    verbose = bool(options["verbose"])
    if form == "markdown":
        from iamsim.report.markdown import render_markdown  # noqa: PLC0415 - text needs none

        return "\n".join(render_markdown(answer, verbose=verbose) for answer in answers)
    from iamsim.report.text import render_answers  # noqa: PLC0415 - JSON needs none

    draw = None
    if verbose or options["picture"] is not None:
        from iamsim.cli.explain_picture import drawing_of  # noqa: PLC0415 - most answers need none

        draw = drawing_of(answers, options, model, color=colored(options))
    return render_answers(
        answers, verbose=verbose, color=colored(options), width=terminal_width(), draw=draw
    )


def json_text(data: object) -> str:
    """Write plain data as `--format json` does."""
    import json  # noqa: PLC0415 - text needs none

    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def colored(options: Options) -> bool:
    """Whether to use color, as `--color`, the terminal and `-o` say."""
    return wants_color(
        text_of(options, "color") or "auto", to_file=text_of(options, "output") is not None
    )


def exit_code(verdict: Verdict, expected: str | None) -> int:
    """Compare the verdict with what `--expect` says: 1, and a line on standard error, when it
    differs."""
    if expected is None:
        return 0
    if verdict.value == expected or (expected == "denied" and verdict.value.endswith("Deny")):
        return 0
    import sys  # noqa: PLC0415 - only where something is said on standard error

    sys.stderr.write(f"expected {expected}, got {verdict.value}\n")
    return 1
