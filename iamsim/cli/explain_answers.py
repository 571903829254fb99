"""Asking the questions of `iamsim explain`, writing the answers, and judging them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iamsim.cli.ask import with_time
from iamsim.cli.output import terminal_width, wants_color
from iamsim.core.overall import overall_verdict
from iamsim.report.cleaning import to_json

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.core.answer import Answer
    from iamsim.core.decision import Verdict
    from iamsim.core.hint import Hint
    from iamsim.engine.question import Question
    from iamsim.engine.world import CompiledWorld
    from iamsim.report.document import Document
    from iamsim.world.model import World


def answer_question(question: Question, world: CompiledWorld | None) -> Answer:
    """Ask the engine; it has no clock, so the time comes from here where a policy asks for it."""
    from iamsim.symbolic.partial import answer

    answered = answer(question, world)
    timed = with_time(question, answered)
    if timed is not question:
        answered = answer(timed, world)
    model = None if world is None else world.model
    answered.check = lambda: _problems(question, model)
    return answered


def _problems(question: Question, model: World | None) -> tuple[Hint, ...]:
    """What is wrong with a question; found out when an answer is shown."""
    from iamsim.questions.check import QuestionCheck

    return QuestionCheck(model).of_questions([question])


def answers_text(
    answers: Sequence[Answer],
    options: Options,
    model: World | None,
    questions: Sequence[Question] = (),
) -> str:
    """Write answers in the form that the options ask for; `questions` are those that they answer,
    where asking these again gives the same."""
    form = options.text("format")
    if form == "aws":
        from iamsim.cli.simulate_answer import aws_text

        return aws_text(answers, model, options.text("principal"))
    if form == "json":
        from iamsim.report.data import answer_to_dict, answers_to_dict

        data = answer_to_dict(answers[0]) if len(answers) == 1 else answers_to_dict(answers)
        return to_json(data)
    overall = overall_verdict(answer.decision.verdict for answer in answers)
    if options["quiet"]:
        return f"{overall.value}\n"
    if form == "html":
        from iamsim.cli.explain_html import html_text

        return html_text(answers, options, questions)
    verbose = bool(options["verbose"])
    if form == "markdown":
        from iamsim.report.markdown import render_markdown

        return "\n".join(render_markdown(answer, verbose=verbose) for answer in answers)
    from iamsim.report.text import render_answers

    draw = None
    if verbose or options["picture"] is not None:
        from iamsim.cli.explain_picture import drawing_of

        draw = drawing_of(answers, options, model, color=colored(options))
    return render_answers(
        answers, verbose=verbose, color=colored(options), width=terminal_width(), draw=draw
    )


def document_text(document: Document, options: Options) -> str:
    """Write a document as text or Markdown, as the options ask."""
    if options.text("format") == "markdown":
        from iamsim.report.writers.markdown import to_markdown

        return to_markdown(document)
    from iamsim.report.paint import Paint
    from iamsim.report.writers.text import to_text

    return to_text(document, Paint(colored(options)), terminal_width())


def with_inputs(
    text: str, answers: Sequence[Answer], options: Options, questions: Sequence[Question]
) -> str:
    """Where arguments were recognised: say above the answer what they were taken for, and below it
    what to fetch next."""
    if "taken" not in options:
        return text
    from iamsim.cli.explain_anything import given_layers, surrounded
    from iamsim.report.next_step import after_answer

    step = None
    for answer, question in zip(answers, questions, strict=False):
        given = given_layers(question)
        step = step or after_answer(answer, given, in_world=bool(options["worlds"]))
    return surrounded(text, options, step)


def colored(options: Options) -> bool:
    """Whether to use color, as `--color`, the terminal and `-o` say."""
    return wants_color(options.text("color") or "auto", to_file=options.text("output") is not None)


def exit_code(
    verdict: Verdict,
    options: Options,
    questions: Sequence[Question] = (),
    model: World | None = None,
) -> int:
    """Compare the verdict with what `--expect` says: 1, and a line on standard error, when it
    differs, and when the questions can't be meant, so that it would prove nothing."""
    expected = options.text("expect")
    if expected is None:
        return 0
    from iamsim.cli.standard_error import say

    if verdict.value != expected and not (expected == "denied" and verdict.value.endswith("Deny")):
        say(f"expected {expected}, got {verdict.value}")
        return 1
    from iamsim.questions.sentences import problem_text
    from iamsim.suites.meaning import MeaningCheck

    check = MeaningCheck(model, allow_unknown_names=bool(options["allow_unknown_names"]))
    problems = check.problems(questions, verdict)
    for problem in problems:
        say(
            f"{expected} as expected, but the question can't be meant: {problem_text(problem)}"
            f" [{problem.kind.value}]"
        )
    if problems:
        say("hint: --allow-unknown-names asserts it all the same")
    return 1 if problems else 0
