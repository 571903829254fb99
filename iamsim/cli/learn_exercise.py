"""`iamsim learn --exercise`: lists exercises, shows one, lays its files out, and grades them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from iamsim.cli.learn_edit import open_editor
from iamsim.cli.output import not_writable, terminal_width
from iamsim.cli.world_options import paint_for, write_answer
from iamsim.core.caret import render_error
from iamsim.core.errors import IamsimError, RequestError
from iamsim.lessons.course import all_exercises, all_lessons, find_exercise
from iamsim.lessons.exercise_sheet import exercise_list, exercise_sheet
from iamsim.lessons.graded import grade_data, graded_document, verdict_line
from iamsim.lessons.grading import grade
from iamsim.lessons.progress import Progress, state_folder
from iamsim.lessons.solution import find_solution
from iamsim.lessons.teaching import exercise as exercise_data
from iamsim.lessons.workplace import lay_out, read_work, unwritten
from iamsim.report.document import Document, Prose
from iamsim.report.writers.text import to_text

if TYPE_CHECKING:
    from iamsim.cli.grammar import Options
    from iamsim.lessons.exercise import Exercise

_ASK = "e edit, g grade, h hint, w world and cases, s solution, q quit: "


def run_exercise(options: Options, arguments: Sequence[str], *, talks: bool) -> int:
    """List exercises, or show, lay out and grade one; 1 where the goal is not reached."""
    progress = Progress()
    if not arguments:
        exercises = all_exercises()
        return write_answer(
            options,
            lambda: exercise_list(exercises, progress),
            lambda: {"exercises": [_entry(exercise, progress) for exercise in exercises]},
            lambda: [exercise.name for exercise in exercises],
        )
    if len(arguments) > 1:
        raise RequestError("unexpected-argument", f"`--exercise` does not take `{arguments[1]}`")
    exercise = find_exercise(arguments[0])
    if options["solution"]:
        return _show_files(options, exercise, find_solution(exercise).files)
    if options["hint"]:
        return _show_hint(options, exercise, progress)
    folder = options["folder"]
    if isinstance(folder, str):
        return _in_folder(options, exercise, Path(folder), progress)
    if talks:
        return ExerciseSession(exercise, progress, options).run()
    return write_answer(
        options,
        lambda: exercise_sheet(exercise),
        lambda: exercise_data(exercise.name),
        lambda: [exercise.goal],
    )


def _entry(exercise: Exercise, progress: Progress) -> dict[str, object]:
    return {
        "number": exercise.number,
        "name": exercise.name,
        "title": exercise.title,
        "topic": exercise.topic,
        "goal": exercise.goal,
        "progress": progress.exercise_word(exercise.name),
    }


def _show_files(options: Options, exercise: Exercise, files: Mapping[str, str]) -> int:
    document = Document(
        f"A solution of {exercise.number}. {exercise.title}",
        tuple(
            Prose(f"file-{number}", name, (text,), code=True, language="json")
            for number, (name, text) in enumerate(files.items(), 1)
        ),
    )
    return write_answer(
        options, lambda: document, lambda: {"files": dict(files)}, lambda: list(files.values())
    )


def _show_hint(options: Options, exercise: Exercise, progress: Progress) -> int:
    """One hint more than the last time; after the last one it stays."""
    told = min(progress.hints_of(exercise.name) + 1, len(exercise.hints))
    progress.note_hint(exercise.name)
    hint = exercise.hints[told - 1]
    left = len(exercise.hints) - told
    title = f"Hint {told} of {len(exercise.hints)}"
    return write_answer(
        options,
        lambda: Document(title, (Prose("hint", title, (hint,)),)),
        lambda: {"hint": hint, "number": told, "left": left},
        lambda: [hint],
    )


def _in_folder(options: Options, exercise: Exercise, folder: Path, progress: Progress) -> int:
    """Lay the files out where none is; grade them where all are."""
    missing = unwritten(exercise, folder)
    if missing == tuple(exercise.start):
        try:
            written = lay_out(exercise, folder)
        except OSError as error:
            raise not_writable(f"to `{folder}`", error) from error
        text = f"{exercise.goal}\nWrite {', '.join(exercise.start)}, and grade with the same call."
        return write_answer(
            options,
            lambda: Document(
                f"{exercise.number}. {exercise.title}",
                (Prose("written", f"Written to {folder}", tuple(written)),),
                summary=text,
            ),
            lambda: {"exercise": exercise.name, "written": list(written)},
            lambda: list(written),
        )
    graded = grade(exercise, read_work(exercise, folder))
    progress.note_grade(exercise.name, passed=graded.passed)
    write_answer(
        options,
        lambda: graded_document(graded),
        lambda: grade_data(graded),
        lambda: [verdict_line(graded)],
    )
    return 0 if graded.passed else 1


class ExerciseSession:
    """An exercise in a terminal: edit, grade, and again, until the goal is reached."""

    def __init__(self, exercise: Exercise, progress: Progress, options: Options) -> None:
        """The files are kept in the state folder, so that one can go on another day."""
        self.exercise = exercise
        self.progress = progress
        self.options = options
        state = state_folder()
        if state is None:
            raise RequestError(
                "state-not-writable",
                "there is no place to keep the files",
                hint="name a folder with `--folder`",
            )
        self.folder = state / "exercises" / exercise.name

    def run(self) -> int:
        """Talk until somebody quits or the goal is reached."""
        try:
            lay_out(self.exercise, self.folder)
        except OSError as error:
            raise RequestError(
                "state-not-writable",
                f"can't write to `{self.folder}`",
                hint="name another folder with `--folder`",
            ) from error
        self._before()
        self._show(exercise_sheet(self.exercise))
        sys.stdout.write(f"\nyour files are in {self.folder}\n")
        while True:
            sys.stdout.flush()
            try:
                word = input(_ASK).strip().lower()
            except EOFError:
                word = "q"
            if word in {"q", "quit"}:
                sys.stdout.write("\nuntil next time: your files are kept\n")
                return 0
            if self._done(word):
                return 0

    def _before(self) -> None:
        """Say which lessons come before, where they are not done."""
        lessons = {lesson.name: lesson for lesson in all_lessons()}
        missing = [
            lessons[name]
            for name in self.exercise.after
            if name in lessons and not self.progress.standing(lessons[name]).done
        ]
        if missing:
            names = ", ".join(f"`iamsim learn {lesson.number}`" for lesson in missing)
            sys.stdout.write(f"before this exercise come lessons that are not done: {names}\n\n")

    def _done(self, word: str) -> bool:
        """Do what was asked for; true where the goal is reached."""
        match word:
            case "e" | "edit":
                try:
                    open_editor([self.folder / name for name in self.exercise.start])
                except IamsimError as error:
                    sys.stdout.write(f"{render_error(error)}\n")
                    return False
                return self._grade()
            case "g" | "grade":
                return self._grade()
            case "h" | "hint":
                told = min(self.progress.hints_of(self.exercise.name), len(self.exercise.hints) - 1)
                self.progress.note_hint(self.exercise.name)
                sys.stdout.write(f"hint: {self.exercise.hints[told]}\n")
            case "w" | "world":
                self._show(exercise_sheet(self.exercise))
            case "s" | "solution":
                for name, text in find_solution(self.exercise).files.items():
                    sys.stdout.write(f"{name}\n{text}")
            case _:
                sys.stdout.write("e, g, h, w, s or q, please\n")
        return False

    def _grade(self) -> bool:
        graded = grade(self.exercise, read_work(self.exercise, self.folder))
        self.progress.note_grade(self.exercise.name, passed=graded.passed)
        self._show(graded_document(graded))
        return graded.passed

    def _show(self, document: Document) -> None:
        sys.stdout.write(to_text(document, paint_for(self.options), terminal_width()))
