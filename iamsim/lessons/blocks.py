"""Lessons as blocks: what a sheet or a screen holds, before anybody says how it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from iamsim.core.decision import Layer, Verdict
from iamsim.core.layer_names import layer_name
from iamsim.lessons.prediction import LAYER_CHOICES, LayerChoice, NoLayer
from iamsim.lessons.shown import changed_lines, request_facts, shown_parts

if TYPE_CHECKING:
    from iamsim.core.answer import Answer
    from iamsim.lessons.lesson import Lesson, Outcome, Step
    from iamsim.words.language import Say

VERDICT_WORDS = {
    Verdict.ALLOWED: "allowed",
    Verdict.EXPLICIT_DENY: "denied explicitly",
    Verdict.IMPLICIT_DENY: "denied implicitly",
    Verdict.CONDITIONAL: "conditional",
}
BOXES = "☐ allowed   ☐ denied explicitly   ☐ denied implicitly"
# Asked of every step: to leave it out where several layers allow together would tell.
_LAYER_BOX = "The layer that decides (or: several together, or none): ______________________"


class Heading(NamedTuple):
    """A heading; level 1 is a lesson, or the answers as a whole."""

    level: int
    text: str


class Prose(NamedTuple):
    """A paragraph in which backticks mark code; `label` stands in front of it."""

    text: str
    label: str = ""


class Code(NamedTuple):
    """A text as it is written, under a title; `language` is ``json``, ``yaml`` or ``diff``."""

    title: str
    text: str
    language: str


class Facts(NamedTuple):
    """Names and values under a title."""

    title: str
    facts: Sequence[tuple[str, str]]


class Items(NamedTuple):
    """A list under a title."""

    title: str
    items: Sequence[str]


class Explanation(NamedTuple):
    """An answer with its layers and its picture."""

    answer: Answer


class Break(NamedTuple):
    """What comes next is on another page."""


Plain = Heading | Prose | Code | Facts | Items | Break
Block = Plain | Explanation


def introduction(lesson: Lesson) -> Iterator[Block]:
    """The title and the sentences of a lesson."""
    yield Heading(1, f"{lesson.number}. {lesson.title}")
    yield Prose(lesson.topic, "about")
    # A folded text (`>`) has one line for each paragraph; a literal one (`|`) blank lines between.
    gap = "\n\n" if "\n\n" in lesson.text else "\n"
    for paragraph in lesson.text.split(gap):
        if paragraph.strip():
            yield Prose(" ".join(paragraph.split()))


def step_blocks(lesson: Lesson, step: Step) -> Iterator[Block]:
    """What one sees before the question: policies and request, or what changed; the question."""
    parts = shown_parts(lesson, step)
    first = lesson.steps[0]
    if step.change is not None:
        yield Heading(2, f"Variation {lesson.steps.index(step)}")
        yield Prose(step.change)
        parts = changed_lines(shown_parts(lesson, first), parts)
    for part in parts:
        yield Code(part.title, part.text, part.language)
    facts = request_facts(step)
    if step is first or facts != request_facts(first):
        yield Facts("the request", facts)
    yield Prose(step.question, "question")


def outcome_text(outcome: Outcome, action: str) -> str:
    """The decision, and the layer where one decides, in words; without an action, that of the
    question that decides."""
    action = action or outcome.answer.request.action
    word = VERDICT_WORDS[outcome.verdict]
    if outcome.layer is None:
        return word
    if isinstance(outcome.layer, NoLayer):
        return f"{word}, by no policy"
    article = "" if outcome.layer is Layer.S3_BLOCK_PUBLIC_ACCESS else "the "
    return f"{word}, by {article}{layer_name(outcome.layer, action)}"


def answer_blocks(step: Step, outcome: Outcome) -> Iterator[Block]:
    """The decision with its explanation, and what it shows; of a call, first all that it asks."""
    if step.request.call is not None:
        asked = zip(step.request.call.asked, outcome.answers, strict=True)
        yield Facts(
            "what the call asks",
            [
                (VERDICT_WORDS[answer.decision.verdict], f"{called.action} on {called.resource}")
                for called, answer in asked
            ],
        )
    yield Explanation(outcome.answer)
    yield Prose(step.learned, "learned")


def spoken_blocks(blocks: Iterable[Block], say: Say) -> Iterator[Block]:
    """Blocks in another language; texts of policies, names and values stay as they are."""
    for block in blocks:
        match block:
            case Heading(_, text) | Prose(text, _):
                yield block._replace(text=say(text))
            case Code(title, text, language):
                remark = language == "text" and "\n" not in text  # such as that nothing is left
                yield Code(say(title), say(text) if remark else text, language)
            case Facts(title, facts):
                yield Facts(say(title), [(say(name), value) for name, value in facts])
            case Items(title, items):
                yield Items(say(title), tuple(map(say, items)))
            case _:
                yield block


def layer_names(action: str) -> list[tuple[LayerChoice, str]]:
    """All choices of a layer by the names that they have for an action, in their order."""
    return [
        (layer, "none of these" if isinstance(layer, NoLayer) else layer_name(layer, action))
        for layer in LAYER_CHOICES
    ]


def sheet(lessons: Iterable[Lesson], *, questions: bool, answers: bool) -> Iterator[Block]:
    """The lessons to be printed: first all questions with their hints, then all answers."""
    lessons = tuple(lessons)
    if questions:
        for number, lesson in enumerate(lessons):
            if number:
                yield Break()
            yield from introduction(lesson)
            for step in lesson.steps:
                yield from step_blocks(lesson, step)
                yield Prose(BOXES)
                yield Prose(_LAYER_BOX)
                if step.hints:
                    yield Items("hints", step.hints)
    if not answers:
        return
    if questions:
        yield Break()
    for number, lesson in enumerate(lessons):
        if number:
            yield Break()
        yield Heading(1, f"Answers to {lesson.number}. {lesson.title}")
        for place, step in enumerate(lesson.steps):
            outcome = lesson.outcome(step)
            title = f"Variation {place}" if place else "The question"
            yield Heading(2, f"{title}: {outcome_text(outcome, step.action)}")
            if step.change is not None:
                yield Prose(step.change)
            yield from answer_blocks(step, outcome)
        yield Items("AWS says so", lesson.see)
