"""`iamsim learn --exam`: questions of the corpus, one try each, a score, and what was wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from iamsim.cli.learn_session import ask
from iamsim.core.errors import RequestError
from iamsim.lessons.blocks import Heading, Items, Prose, layer_names, outcome_text, step_blocks
from iamsim.lessons.exam import PASS_MARK, SIZE, ExamQuestion, draw_exam
from iamsim.lessons.prediction import LayerChoice, read_layer, read_verdict
from iamsim.lessons.progress import ExamResult, Progress
from iamsim.lessons.replies import layer_reply, verdict_reply
from iamsim.lessons.text import blocks_text

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.lessons.blocks import Block
    from iamsim.report.paint import Paint

_MOST = 60
_ASK_VERDICT = "[a]llowed, denied [e]xplicitly or [i]mplicitly?  (q quit) "
_ASK_LAYER = "which layer decides? (a number; q quit) "


def exam_questions(options: Options) -> tuple[int, tuple[ExamQuestion, ...]]:
    """The seed and the questions that options ask for; raises `RequestError` for no number."""
    seed = _number(options, "seed", 1, 1_000_000_000)
    size = _number(options, "size", SIZE, _MOST)
    return seed, draw_exam(seed, size)


def _number(options: Options, field: str, default: int, most: int) -> int:
    text = options[field]
    if not isinstance(text, str):
        return default
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:10]) <= most:
        raise RequestError("invalid-number", f"`--{field}` takes a number from 1 to {most}")
    return int(text[:10])


def take_exam(
    seed: int, questions: Sequence[ExamQuestion], progress: Progress, paint: Paint, width: int
) -> int:
    """Ask all questions, one try each; 0 where the pass mark is reached, else 1."""
    right = 0
    for number, question in enumerate(questions, 1):
        title = Heading(1, f"Question {number} of {len(questions)}: {question.lesson.title}")
        _show([title, *step_blocks(question.lesson, question.step)], paint, width)
        reply = _asked(question)
        if reply is None:
            sys.stdout.write("\nthe exam is not finished, and does not count\n")
            return 1
        outcome = question.lesson.outcome(question.step)
        right += not reply
        word = paint.bad("not so") if reply else paint.good("right")
        sys.stdout.write(f"{word}: {outcome_text(outcome, question.step.action)}\n")
        wrong: list[Block] = (
            [Prose(reply), Items("AWS says so", question.lesson.see)] if reply else []
        )
        _show(wrong, paint, width)
        sys.stdout.write("\n")
    passed = 100 * right >= PASS_MARK * len(questions)
    progress.note_exam(ExamResult(seed, len(questions), right))
    sys.stdout.write(
        f"{right} of {len(questions)} right: the exam is {'passed' if passed else 'not passed'}"
        f" ({PASS_MARK} % are asked for)\n"
    )
    return 0 if passed else 1


def _asked(exam_question: ExamQuestion) -> str | None:
    """Ask once: the reason where the answer is wrong, nothing where it is right, `None` for
    somebody who quits."""
    outcome = exam_question.lesson.outcome(exam_question.step)
    verdict = ask(_ASK_VERDICT, read_verdict, "a, e or i, please")
    if verdict is None:
        return None
    if verdict is not outcome.verdict:
        return verdict_reply(outcome.answer, verdict)
    if outcome.layer is None:
        return ""
    for number, (_, name) in enumerate(layer_names(exam_question.step.action), 1):
        sys.stdout.write(f"  {number} {name}\n")
    layer = cast("LayerChoice | None", ask(_ASK_LAYER, read_layer, "a number of the list, please"))
    if layer is None:
        return None
    return "" if layer is outcome.layer else layer_reply(outcome.answer, layer)


def _show(blocks: Sequence[Block], paint: Paint, width: int) -> None:
    sys.stdout.write(blocks_text(blocks, paint, width))
