"""A lesson in a terminal: one reads, predicts, sees what AWS decides, and goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from iamsim.cli.learn_edit import before_and_after, open_editor
from iamsim.core.caret import render_error
from iamsim.core.errors import IamsimError
from iamsim.lessons.blocks import (
    Block,
    Items,
    Prose,
    answer_blocks,
    introduction,
    layer_names,
    outcome_text,
    step_blocks,
)
from iamsim.lessons.course import all_lessons, lesson_files
from iamsim.lessons.editing import EditedCopy
from iamsim.lessons.prediction import read_layer, read_verdict
from iamsim.lessons.replies import layer_reply, verdict_reply
from iamsim.lessons.text import blocks_text

if TYPE_CHECKING:
    from iamsim.lessons.lesson import Lesson, Outcome, Step
    from iamsim.lessons.progress import Progress
    from iamsim.report.paint import Paint

Choice = TypeVar("Choice", bound=object)

_ASK_VERDICT = "[a]llowed, denied [e]xplicitly or [i]mplicitly?  (h hint, s show, q quit) "
_ASK_LAYER = "which layer decides? (a number; h hint, s show, q quit) "
_ASK_ON = "Enter to go on, e to edit the policies and ask again, q to quit "


class _QuitError(Exception):
    """Somebody has had enough for today."""


class _ShownError(Exception):
    """Somebody wants to see the answer."""


class LearnSession:
    """Teaches lessons, and keeps what was answered."""

    def __init__(
        self, progress: Progress, paint: Paint, width: int, ascii_only: bool = False
    ) -> None:
        """`ascii_only` draws pictures with the lines that every terminal knows."""
        self.progress = progress
        self.paint = paint
        self.width = width
        self.ascii_only = ascii_only
        self._warned = False
        _edit_lines()

    def teach(self, lesson: Lesson) -> bool:
        """Teach one lesson; false where somebody quit."""
        self._show(introduction(lesson))
        self._before(lesson)
        try:
            for step in lesson.steps:
                sys.stdout.write("\n")
                self._step(lesson, step)
        except (_QuitError, EOFError):
            sys.stdout.write("\nuntil next time: what you answered is kept\n")
            return False
        standing = self.progress.standing(lesson)
        done = f"lesson done: {standing.right} of {standing.questions} right at once"
        if lesson.number < len(lesson_files()):
            done += f"; the next is `iamsim learn {lesson.number + 1}`"
        self._show([Items("AWS says so", lesson.see), Prose(done)])
        return True

    def _before(self, lesson: Lesson) -> None:
        """Say which lessons come before, where they are not done."""
        lessons = {lesson.name: lesson for lesson in all_lessons()} if lesson.after else {}
        known = [lessons[name] for name in lesson.after if name in lessons]
        missing = [lesson for lesson in known if not self.progress.standing(lesson).done]
        if missing:
            names = ", ".join(f"`iamsim learn {lesson.number}`" for lesson in missing)
            self._show([Prose(f"Before this lesson come some that are not done: {names}.")])

    def _step(self, lesson: Lesson, step: Step) -> None:
        """Ask until the answer is right or shown, and explain."""
        self._show(step_blocks(lesson, step))
        sys.stdout.write("\n")
        outcome = lesson.outcome(step)
        at_once = self._predicted(step, outcome)
        if not self.progress.note(lesson, step.name, right=at_once) and not self._warned:
            self._warned = True
            sys.stderr.write("note: the progress can't be kept: the state folder is not writable\n")
        sys.stdout.write("\n")
        self._show(answer_blocks(step, outcome))
        sys.stdout.write("\n")
        self._edited(lesson, step, outcome)

    def _predicted(self, step: Step, outcome: Outcome) -> bool:
        """Ask for the decision, then for the layer; whether both were right at once."""
        hints = list(step.hints)
        try:
            right = self._asked(
                _ASK_VERDICT,
                read_verdict,
                outcome.verdict,
                hints,
                "a, e or i, please",
                lambda said: verdict_reply(outcome.answer, said),
            )
            if outcome.layer is None:
                return right
            sys.stdout.write("\n")
            for number, (_, name) in enumerate(layer_names(step.action), 1):
                sys.stdout.write(f"  {number} {name}\n")
            return (
                self._asked(
                    _ASK_LAYER,
                    read_layer,
                    outcome.layer,
                    hints,
                    "a number of the list, please",
                    lambda said: layer_reply(outcome.answer, said),
                )
                and right
            )
        except _ShownError:
            sys.stdout.write(f"{outcome_text(outcome, step.action)}\n")
            return False

    def _asked(
        self,
        prompt: str,
        read: Callable[[str], Choice | None],
        wanted: Choice,
        hints: list[str],
        otherwise: str,
        reply: Callable[[Choice], str],
    ) -> bool:
        """Ask until the right thing is said; whether it was the first that was said. What is wrong
        gets its reason."""
        tries = 0
        while True:
            word = self._input(prompt)
            if word in {"h", "hint"}:
                hint = hints.pop(0) if hints else "there is no further hint: try it, or s to see"
                self._show([Prose(f"hint: {hint}")])
                continue
            if word in {"s", "show"}:
                raise _ShownError
            said = read(word)
            if said is None:
                sys.stdout.write(f"{otherwise}\n")
            elif said is wanted:
                sys.stdout.write(f"{self.paint.good('right')}\n")
                return tries == 0
            else:
                tries += 1
                sys.stdout.write(f"{self.paint.bad('not so')}\n")
                self._show([Prose(reply(said))])

    def _edited(self, lesson: Lesson, step: Step, before: Outcome) -> None:
        """Let somebody edit the policies and ask again, until they go on."""
        if self._input(_ASK_ON) not in {"e", "edit"}:
            return
        with TemporaryDirectory(prefix="iamsim-") as folder:
            copy = EditedCopy(lesson, step, Path(folder))
            while True:
                try:
                    open_editor(copy.files)
                    after = copy.outcome()
                    self._show(before_and_after(step, before, after))
                except IamsimError as error:
                    sys.stdout.write(f"{render_error(error)}\n")
                if self._input(_ASK_ON) not in {"e", "edit"}:
                    return

    def _input(self, prompt: str) -> str:
        """Read a line; raises `_QuitError` for `q`, and `EOFError` at the end of the input."""
        sys.stdout.flush()
        word = input(prompt).strip().lower()
        if word in {"q", "quit"}:
            raise _QuitError
        return word

    def _show(self, blocks: Iterable[Block]) -> None:
        sys.stdout.write(blocks_text(blocks, self.paint, self.width, ascii_only=self.ascii_only))


def ask(prompt: str, read: Callable[[str], Choice | None], otherwise: str) -> Choice | None:
    """Ask until something is said that can be read; `None` for somebody who quits."""
    while True:
        sys.stdout.flush()
        try:
            word = input(prompt).strip().lower()
        except EOFError:
            return None
        if word in {"q", "quit"}:
            return None
        said = read(word)
        if said is not None:
            return said
        sys.stdout.write(f"{otherwise}\n")


def _edit_lines() -> None:
    """Let `input` edit lines, where the system has what it takes."""
    from contextlib import suppress

    with suppress(ImportError):
        import readline  # noqa: F401 - its import is its effect
