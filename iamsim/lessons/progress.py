"""What somebody has learned, kept between runs in a file of the user's state folder.

The folder is the one that ``IAMSIM_STATE`` names, else ``iamsim`` below ``XDG_STATE_HOME``, else
``~/.local/state/iamsim`` (https://specifications.freedesktop.org/basedir-spec/latest/).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from iamsim.files.reading import read_bytes
from iamsim.files.writing import write_folder

if TYPE_CHECKING:
    from iamsim.lessons.lesson import Lesson

FILE = "lessons.json"
_DONE, _BEGUN, _NEW = "done", "begun", "new"


def state_folder() -> Path | None:
    """The folder that progress is kept in; `None` where the user has no home."""
    own = os.environ.get("IAMSIM_STATE")
    if own:
        return Path(own)
    shared = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(shared):  # noqa: PTH117 - an empty text is no path
        return Path(shared) / "iamsim"
    try:
        return Path.home() / ".local" / "state" / "iamsim"
    except RuntimeError:
        return None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far somebody is with a lesson: questions in all, answered, and right at once."""

    questions: int
    answered: int
    right: int

    @property
    def done(self) -> bool:
        """Whether every question was answered."""
        return self.answered == self.questions

    @property
    def word(self) -> str:
        """`done`, `begun` or `new`."""
        if self.done:
            return _DONE
        return _BEGUN if self.answered else _NEW


class ExamResult(NamedTuple):
    """How an exam went: its seed, questions in all, and those that were right."""

    seed: int
    questions: int
    right: int


@dataclass(slots=True)
class Progress:
    """Which questions were answered, and whether right at once; which exercises were tried, passed,
    and with how many hints; and exams. Of a question the first answer counts.

    A file that can't be read or written is as good as none: lessons work all the same.
    """

    folder: Path | None = field(default_factory=state_folder)
    _answers: dict[str, dict[str, bool]] = field(default_factory=dict)
    _exercises: dict[str, dict[str, int]] = field(default_factory=dict)
    _exams: list[ExamResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read what an earlier run left."""
        if self.folder is None:
            return
        try:
            data = json.loads(read_bytes(self.folder / FILE))
        except (OSError, ValueError, RecursionError):
            return
        if isinstance(data, dict):
            self._take(data)

    @classmethod
    def of(cls, data: Mapping[str, object]) -> Progress:
        """What plain data says, such as that of another learner; nothing is kept of it."""
        progress = cls(None)
        progress._take(data)
        return progress

    def _take(self, data: Mapping[str, object]) -> None:
        """Take what fits; the rest is passed over."""
        self._answers = {
            name: {key: value for key, value in some.items() if isinstance(value, bool)}
            for name, some in _maps(data.get("lessons"))
        }
        self._exercises = {
            name: {key: value for key, value in some.items() if type(value) is int}
            for name, some in _maps(data.get("exercises"))
        }
        exams = data.get("exams")
        for exam in exams if isinstance(exams, list) else ():
            numbers = isinstance(exam, list) and all(type(part) is int for part in exam)
            if numbers and len(exam) == 3:  # noqa: PLR2004 - as written below
                self._exams.append(ExamResult(*exam))

    def standing(self, lesson: Lesson) -> Standing:
        """Say how far somebody is with a lesson; questions that it no longer has don't count."""
        own: Mapping[str, bool] = self._answers.get(lesson.name, {})
        answers = [own[step.name] for step in lesson.steps if step.name in own]
        return Standing(len(lesson.steps), len(answers), sum(answers))

    def note(self, lesson: Lesson, question: str, *, right: bool) -> bool:
        """Keep the answer to a question; false where it can't be written."""
        self._answers.setdefault(lesson.name, {}).setdefault(question, right)
        return self._store()

    def exercise_word(self, name: str) -> str:
        """`done`, `begun` or `new`."""
        noted = self._exercises.get(name)
        if not noted:
            return _NEW
        return _DONE if noted.get("passed") else _BEGUN

    def hints_of(self, name: str) -> int:
        """How many hints of an exercise were asked for."""
        return self._exercises.get(name, {}).get("hints", 0)

    def note_hint(self, name: str) -> bool:
        """One more hint of an exercise was asked for; false where it can't be written."""
        noted = self._exercises.setdefault(name, {})
        noted["hints"] = noted.get("hints", 0) + 1
        return self._store()

    def note_grade(self, name: str, *, passed: bool) -> bool:
        """An exercise was graded; false where it can't be written."""
        noted = self._exercises.setdefault(name, {})
        noted["tries"] = noted.get("tries", 0) + 1
        noted["passed"] = int(passed or bool(noted.get("passed")))
        return self._store()

    @property
    def best_exam(self) -> ExamResult | None:
        """The exam that went best, if there was one."""
        return max(self._exams, key=lambda exam: exam.right / exam.questions, default=None)

    def note_exam(self, result: ExamResult) -> bool:
        """An exam was taken; false where it can't be written."""
        self._exams.append(result)
        return self._store()

    def forget(self) -> bool:
        """Start afresh; false where the file can't be written."""
        self._answers, self._exercises, self._exams = {}, {}, []
        return self._store()

    def _store(self) -> bool:
        if self.folder is None:
            return False
        data: dict[str, object] = {"lessons": self._answers}
        if self._exercises:
            data["exercises"] = self._exercises
        if self._exams:
            data["exams"] = self._exams
        text = json.dumps(data, indent=1, sort_keys=True) + "\n"
        try:
            write_folder(self.folder, {FILE: text})
        except OSError:
            return False
        return True


def _maps(value: object) -> list[tuple[str, dict[str, object]]]:
    if not isinstance(value, dict):
        return []
    return [(name, member) for name, member in value.items() if isinstance(member, dict)]
